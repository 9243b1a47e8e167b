"""The equations of 05, embeddings, each written out by itself and held against the library."""

import torch
from sklearn.decomposition import PCA
from torch.nn import functional as F
from unrolled.data.batching import real
from unrolled.exercises import embeddings as ex
from unrolled.layers import Embedding, one_hot
from unrolled.models import ngram
from unrolled.models.language_model import LanguageModel, nats
from unrolled.models.neighbours import cosine, kept, nearest, nearest_drawn

V, D, H, T = 7, 4, 5, 12


def small_embedding() -> Embedding:
    return Embedding(V, D).double()


def small_model() -> LanguageModel:
    """With weights large enough that its predictions are far from even."""
    model = LanguageModel(V, D, H).double()
    with torch.no_grad():
        model.W_hy.normal_(std=3)
        model.b_y.normal_()
    return model


def test_eq_5_1_a_one_hot_has_a_single_one(equation):
    index = torch.tensor([6, 0, 3])
    places = torch.arange(V)
    equation(
        formula=torch.stack([(places == k).double() for k in index]),
        library=one_hot(index, V).double(),
        altered={
            "counted from one": torch.stack([(places + 1 == k).double() for k in index]),
            "the index in place of 1": torch.stack([(places == k) * k.double() for k in index]),
            "all but k": torch.stack([(places != k).double() for k in index]),
        },
    )


def test_eq_5_2_a_one_hot_times_a_matrix_is_a_row(equation):
    layer, tokens = small_embedding(), torch.tensor([[5, 1, 5], [0, 6, 2]])
    W_e = layer.W_e.detach()
    product = torch.zeros(2, 3, D).double()
    for b, t, d in torch.cartesian_prod(torch.arange(2), torch.arange(3), torch.arange(D)):
        product[b, t, d] = sum(float(tokens[b, t] == k) * W_e[k, d] for k in range(V))
    equation(
        formula=product,
        library=layer(tokens),
        altered={"another row": W_e[tokens - 1], "scaled by the index": product * tokens[..., None], "a column": W_e.T},
    )


def test_eq_5_3_a_row_gets_the_sum_of_its_places_gradients(equation):
    layer, tokens = small_embedding(), torch.tensor([5, 1, 5, 0])
    blame = torch.randn(4, D).double()  # ∂L/∂e_t
    (layer(tokens) * blame).sum().backward()
    formula, last_alone = torch.zeros(V, D).double(), torch.zeros(V, D).double()
    for t, k in enumerate(tokens):
        formula[k] += blame[t]
        last_alone[k] = blame[t]
    equation(
        formula=formula,
        library=layer.W_e.grad,
        altered={"the last place alone": last_alone, "every row": formula + blame.sum(dim=0) / V, "mean": formula / 2},
    )


def test_eq_5_4_the_loss_is_the_mean_of_minus_ln_p(equation):
    model, text = small_model(), torch.randint(V, (T,))
    p = model(text[None]).logits[0].softmax(dim=-1)
    formula = -sum(p[t, text[t + 1]].log() for t in range(T - 1)) / (T - 1)
    equation(
        formula=formula,
        library=nats(model, text, window=4).mean(),
        altered={
            "divided by T": formula * (T - 1) / T,
            "targets equal inputs": -p[torch.arange(T), text].log().mean(),
            "base 2": formula / torch.tensor(2.0).double().log(),
            "a sum": formula * (T - 1),
        },
    )


def test_eq_5_5_perplexity_is_e_to_the_loss(equation):
    logits, targets = torch.randn(T, V).double(), torch.randint(V, (T,))
    p = logits.softmax(dim=-1)[torch.arange(T), targets]
    equation(
        formula=p.prod() ** (-1 / T),  # e to the mean of −ln p, without a logarithm
        library=torch.tensor(ex.perplexity.reference(logits, targets), dtype=torch.float64),
        altered={"mean of 1/p": (1 / p).mean(), "1 over the mean p": 1 / p.mean(), "base 2": 2 ** -p.log().mean()},
    )


def counted() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    text = torch.tensor([2, 3, 2, 4, 2, 3, 3, 5, 2, 3])
    one = torch.zeros(V).double()
    two = torch.zeros(V, V).double()
    for t, w in enumerate(text):
        one[w] += 1
        if t:
            two[text[t - 1], w] += 1
    return text, one, two


def test_eq_5_6_a_unigram_counts_words(equation):
    text, n, _ = counted()
    alpha = 0.3
    equation(
        formula=(n + alpha) / (len(text) + alpha * V),
        library=ngram.unigram(text, V, alpha),
        altered={
            "no alpha": n / len(text),
            "alpha once below": (n + alpha) / (len(text) + alpha),
            "alpha of one": (n + 1) / (len(text) + V),
        },
    )


def test_eq_5_7_a_bigram_counts_pairs_and_leans_on_the_unigram(equation):
    text, _, pairs = counted()
    one, weight = ngram.unigram(text, V), 0.7
    formula = torch.stack([one if not row.sum() else weight * row / row.sum() + (1 - weight) * one for row in pairs])
    equation(
        formula=formula,
        library=ngram.bigram(ngram.followers(text, V), one, weight),
        altered={
            "weights exchanged": torch.stack(
                [one if not row.sum() else (1 - weight) * row / row.sum() + weight * one for row in pairs]
            ),
            "the word after asks": formula.T,
            "no unigram": torch.stack([row / row.sum().clamp(min=1) for row in pairs]),
        },
    )


def test_eq_5_8_probabilities_of_the_next_word(equation):
    model, tokens = small_model(), torch.randint(V, (2, T))
    output = model(tokens)
    scores = output.trace.h @ model.W_hy + model.b_y
    p = scores.exp() / scores.exp().sum(dim=-1, keepdim=True)
    equation(
        formula=p,
        library=output.logits.softmax(dim=-1),
        altered={
            "no b_y": (output.trace.h @ model.W_hy).softmax(dim=-1),
            "over time": scores.softmax(dim=1),
            "squared": p.square(),
            "softmax twice": p.softmax(dim=-1),
        },
    )


def test_eq_5_9_a_cosine_is_a_product_over_two_lengths(equation):
    a, b = torch.randn(6, D).double(), torch.randn(3, D).double()
    product = torch.stack([torch.stack([(u * v).sum() for v in b]) for u in a])
    lengths = torch.stack([torch.stack([((u * u).sum() * (v * v).sum()).sqrt() for v in b]) for u in a])
    equation(
        formula=product / lengths,
        library=cosine(a, b),
        altered={
            "the product alone": product,
            "squared lengths": product / lengths**2,
            "its size": (product / lengths).abs(),
        },
    )


def test_eq_5_10_a_projection_onto_the_two_widest_directions(equation):
    e = torch.randn(30, D).double() * torch.tensor([3.0, 2.0, 1.0, 0.5]).double() + 1
    centred = e - e.mean(dim=0)
    _, directions = torch.linalg.eigh(centred.T @ centred)  # ascending
    U = directions[:, [-1, -2]]
    theirs = torch.from_numpy(PCA(2).fit_transform(e.numpy()))
    signs = (theirs * (centred @ U)).sum(dim=0).sign()  # a direction has no sign of its own
    equation(
        formula=centred @ U * signs,
        library=theirs,
        altered={
            "not centred": e @ U * signs,
            "the narrowest": centred @ directions[:, [0, 1]] * signs,
            "exchanged": (centred @ U * signs).flip(1),
        },
    )


def test_eq_5_11_what_a_picture_keeps(equation):
    vectors = torch.randn(25, D).double()
    points, k = vectors[:, :2], 5
    unit = vectors / vectors.square().sum(dim=1, keepdim=True).sqrt()
    near = [set(row.argsort(descending=True)[:k].tolist()) for row in unit @ unit.T - 9 * torch.eye(25)]
    far = torch.tensor([[(a - b).norm() for b in points] for a in points]) + 99 * torch.eye(25)
    drawn = [set(row.argsort()[:k].tolist()) for row in far]
    pairs = list(zip(near, drawn, strict=True))
    formula = torch.tensor([len(one & other) for one, other in pairs]).double() / k
    equation(
        formula=formula,
        library=kept(nearest(vectors, k), nearest_drawn(points, k)),
        altered={
            "over both": torch.tensor([len(one & other) / len(one | other) for one, other in pairs]).double(),
            "lost": 1 - formula,
            "counts": formula * k,
        },
    )


def test_eq_5_12_the_mean_over_real_words(equation):
    logits, targets = torch.randn(3, T, V).double(), torch.randint(1, V, (3, T))
    lengths = torch.tensor([T, 4, 1])
    mask = real(lengths)
    losses = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    formula = sum(losses[b, t] for b in range(3) for t in range(lengths[b])) / lengths.sum()
    altered = {
        "over all cells": losses.mean(),
        "divided by all cells": (losses * mask).mean(),
        "sentence by sentence": torch.stack([losses[b, : lengths[b]].mean() for b in range(3)]).mean(),
    }
    equation(formula=formula, library=ex.masked_loss.reference(losses, mask), altered=altered)
    theirs = F.cross_entropy(logits.flatten(0, 1), targets.masked_fill(~mask, 0).flatten(), ignore_index=0)
    equation(formula=formula, library=theirs, altered=altered)

"""Right answers to the exercises of 05, written in other ways than the reference."""

import math
import statistics

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from unrolled.data import files
from unrolled.data.batching import real
from unrolled.exercises import embeddings as ex


def embed_by_loop(tokens, W_e):
    rows = [torch.stack([W_e[k] for k in row]) for row in tokens]
    return torch.stack(rows)


def embed_by_numpy(tokens, W_e):
    hot = np.eye(len(W_e), dtype=np.float32)[tokens.numpy()]
    return np.einsum("btv,vd->btd", hot, W_e.numpy())


def pairs_by_loop(tokens):
    x = [row[t] for row in tokens for t in range(len(row) - 1)]
    y = [row[t + 1] for row in tokens for t in range(len(row) - 1)]
    size = len(tokens), tokens.shape[1] - 1
    return torch.stack(x).view(size), torch.stack(y).view(size)


def perplexity_by_hand(logits, targets):
    total = 0.0
    for scores, target in zip(logits.tolist(), targets.tolist(), strict=True):
        total += math.log(sum(math.exp(s) for s in scores)) - scores[target]
    return math.exp(total / len(targets))


def nearest_by_hand(vectors, word, k):
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    scores = (unit @ unit[word]).tolist()
    others = [n for n in range(len(vectors)) if n != word]
    return torch.tensor(sorted(others, key=lambda n: -scores[n])[:k])


def last_by_gather(h, lengths):
    place = (lengths - 1)[:, None, None].expand(-1, 1, h.shape[-1])
    return h.gather(1, place).squeeze(1)


def loss_by_sum(losses, real):
    return torch.where(real, losses, 0.0).sum() / real.sum()


def loss_by_loop(losses, real):
    kept = [losses[b, t] for b, t in real.nonzero().tolist()]
    return sum(kept) / len(kept)


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ex.embed, embed_by_loop),
        (ex.embed, embed_by_numpy),
        (ex.embed, lambda tokens, W_e: W_e[tokens]),
        (ex.embed, lambda tokens, W_e: torch.einsum("btv,vd->btd", F.one_hot(tokens, len(W_e)).float(), W_e)),
        (ex.next_word_pairs, pairs_by_loop),
        (ex.next_word_pairs, lambda tokens: [tokens.narrow(1, 0, tokens.shape[1] - 1), tokens[:, 1:].clone()]),
        (ex.perplexity, perplexity_by_hand),
        (ex.perplexity, lambda logits, targets: F.cross_entropy(logits, targets).exp()),
        (ex.perplexity, lambda logits, targets: torch.tensor(math.exp(F.cross_entropy(logits, targets)))),
        (ex.nearest_words, nearest_by_hand),
        (
            ex.nearest_words,
            lambda vectors, word, k: F.cosine_similarity(vectors, vectors[word]).topk(k + 1).indices[1:],
        ),
        (ex.last_real, last_by_gather),
        (ex.last_real, lambda h, lengths: torch.stack([h[b, n - 1] for b, n in enumerate(lengths)])),
        (ex.masked_loss, loss_by_sum),
        (ex.masked_loss, loss_by_loop),
        (ex.masked_loss, lambda losses, real: (losses.numpy() * real.numpy()).sum() / real.numpy().sum()),
    ],
)
def test_a_right_answer_passes_however_it_is_written(exercise, answer):
    verdict = exercise.judge(answer)
    assert verdict.outcome == "correct", verdict.message


def test_a_length_cut_down_to_one_less_is_refused():
    def answer(h, lengths):
        return h[torch.arange(len(h)), lengths.clamp(max=h.shape[1] - 1) - 1]

    assert ex.last_real.judge(answer).outcome == "not yet"


def test_an_index_cut_down_to_the_last_column_is_one_too_far():
    def answer(h, lengths):
        return h[torch.arange(len(h)), lengths.clamp(max=h.shape[1] - 1)]

    assert ex.last_real.judge(answer).mistake == "one_too_far"


def test_two_cases_of_neighbours_want_a_cosine_below_zero():
    for vectors, word, k in [case.arguments for case in ex.nearest_words.cases[-2:]]:
        closeness = F.cosine_similarity(vectors, vectors[word], dim=-1)
        assert k == len(vectors) - 1
        assert closeness.min() < 0


def test_the_mean_over_real_words_is_torchs_ignore_index():
    logits, lengths = torch.randn(4, 6, 9), torch.tensor([6, 1, 3, 2])
    mask = real(lengths)
    targets = torch.randint(1, 9, (4, 6)).masked_fill(~mask, 0)
    losses = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    theirs = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=0)
    assert ex.masked_loss.reference(losses, mask).item() == pytest.approx(theirs.item(), rel=1e-6)


def test_the_numbers_to_predict_are_what_torch_computes():
    table = torch.nn.Embedding(1640, 64)
    table(torch.tensor([2, 5, 4, 2, 6, 3])).square().sum().backward()
    assert (table.weight.grad != 0).sum() == ex.rows_touched.reference
    mask = real(torch.tensor([3, 5, 12]))
    assert (4.0 * mask).mean().exp().item() == pytest.approx(ex.flattered.reference, rel=1e-6)


def test_the_rank_to_guess_is_that_of_the_results_in_every_seed():
    values = files.results("05_next_word")["values"]
    middle = {
        name: [statistics.median(ranks.values()) for ranks in values[name].values()]
        for name in ("opposites", "opposites, untrained")
    }
    assert ex.where_opposites.reference == "A"
    assert max(middle["opposites"]) < 100
    assert min(middle["opposites, untrained"]) > 400
    assert {len(ranks) for ranks in values["opposites"].values()} == {11}

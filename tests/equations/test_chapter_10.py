"""The equations of 10, translation, each written out by itself and held against the library, or against sacrebleu."""

import math
from collections import Counter

import torch
from sacrebleu import corpus_bleu
from torch import Tensor
from torch.nn import functional as F
from unrolled.exercises import translation as ex
from unrolled.layers import DecoderBlock
from unrolled.models.seq2seq import BEGIN, END, Batch, Seq2Seq, beam, loss

H = 5


def model(attends: bool) -> Seq2Seq:
    made = Seq2Seq(9, 7, 4, H, attends=attends).double()
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return made


def pair() -> tuple[Tensor, Tensor, Tensor]:
    """A source (1, 6), its length, and what the decoder reads (1, 4)."""
    return torch.randint(9, (1, 6)), torch.tensor([6]), torch.tensor([[BEGIN, 4, 3, 6]])


def states(made: Seq2Seq, source: Tensor, lengths: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The decoder's (T, H), and the memory (S, 2 H)."""
    memory = made.encode(source, lengths)
    return made.decoder(made.target(tokens), memory.h[None])[0][0], memory.m[0]


def test_eq_10_1_the_decoder_begins_with_what_both_readers_end_with(equation):
    made, (source, lengths, _) = model(False), pair()
    m = made.encode(source, lengths).m[0]  # (S, 2 H): forward, backward
    forward, backward = m[-1, :H], m[0, H:]

    def first(*parts: Tensor) -> Tensor:
        return torch.tanh(torch.cat(parts) @ made.W_s + made.b_s)

    equation(
        formula=first(forward, backward),
        library=made.encode(source, lengths).h[0],
        altered={
            "both at the last word": first(m[-1, :H], m[-1, H:]),
            "both at the first": first(m[0, :H], m[0, H:]),
            "the two swapped": first(backward, forward),
            "no tanh": torch.cat([forward, backward]) @ made.W_s + made.b_s,
            "no b_s": torch.tanh(torch.cat([forward, backward]) @ made.W_s),
        },
    )


def test_eq_10_2_without_attention_a_state_is_all_that_speaks(equation):
    made, given = model(False), pair()
    h, _ = states(made, *given)
    equation(
        formula=torch.tanh(h @ made.W_c) @ made.W_y + made.b_y,
        library=made(*given).logits[0],
        altered={
            "no tanh": h @ made.W_c @ made.W_y + made.b_y,
            "no W_c": torch.tanh(h) @ made.W_y + made.b_y,
            "no b_y": torch.tanh(h @ made.W_c) @ made.W_y,
            "the state before": torch.tanh(h.roll(1, 0) @ made.W_c) @ made.W_y + made.b_y,
        },
    )


def test_eq_10_3_teacher_forcing_scores_each_token_after_the_right_ones(equation):
    made, (source, lengths, _) = model(True), pair()
    target = torch.tensor([[BEGIN, 4, 3, 6, END]])
    p = made(source, lengths, target[:, :-1]).logits[0].softmax(dim=-1).tolist()
    right = target[0].tolist()
    terms = [math.log(p[t][right[t + 1]]) for t in range(4)]
    unshifted = [math.log(p[t][right[t]]) for t in range(4)]
    equation(
        formula=torch.tensor(-sum(terms) / 4, dtype=torch.float64),
        library=loss(made, Batch(source, lengths, target)),
        altered={
            "not shifted": torch.tensor(-sum(unshifted) / 4, dtype=torch.float64),
            "END left out": torch.tensor(-sum(terms[:-1]) / 3, dtype=torch.float64),
            "a sum": torch.tensor(-sum(terms), dtype=torch.float64),
        },
    )


def test_eq_10_4_a_translation_costs_the_sum_of_its_tokens(equation):
    made, (source, lengths, _) = model(True), pair()
    with torch.no_grad():
        made.b_y[END] += 1.0
        found = beam(made, source[0], 12, width=3)
        said = [*found.tokens, END] if len(found.tokens) < 12 else found.tokens
        log_p = made(source, lengths, torch.tensor([[BEGIN, *said[:-1]]])).logits[0].log_softmax(dim=-1)
    terms = log_p[torch.arange(len(said)), said]
    equation(
        formula=-terms.sum(),
        library=torch.tensor(found.nats, dtype=torch.float64),
        altered={
            "the mean": -terms.mean(),
            "END not counted": -terms[:-1].sum(),
            "the product of p": terms.exp().prod(),
        },
    )


def test_eq_10_5_each_step_asks_every_word_of_the_source(equation):
    made, given = model(True), pair()
    h, m = states(made, *given)
    scores = (h @ made.W_q) @ (m @ made.W_k).T / math.sqrt(H)  # (T, S)
    equation(
        formula=scores.exp() / scores.exp().sum(dim=1, keepdim=True),
        library=made(*given).weights[0],
        altered={
            "not scaled": (scores * math.sqrt(H)).softmax(dim=1),
            "over the steps": scores.softmax(dim=0),
            "the state before": scores.roll(1, 0).softmax(dim=1),
        },
    )


def test_eq_10_6_what_was_found_stands_beside_the_state(equation):
    made, given = model(True), pair()
    h, m = states(made, *given)
    a = made(*given).weights[0]
    c = torch.stack([sum(a[t, s] * m[s] for s in range(6)) for t in range(4)])  # (T, 2 H)

    def said(*parts: Tensor) -> Tensor:
        return torch.tanh(torch.cat(parts, dim=1) @ made.W_c) @ made.W_y + made.b_y

    equation(
        formula=said(h, c),
        library=made(*given).logits[0],
        altered={
            "the found alone": said(torch.zeros_like(h), c),
            "the state alone": said(h, torch.zeros_like(c)),
            "in the other order": said(c, h),
            "the mean of the memory": said(h, m.mean(dim=0).expand(4, -1)),
        },
    )


def test_eq_10_7_a_decoders_block_looks_back_and_across(equation):
    block, x, m = DecoderBlock(6, 2).double(), torch.randn(1, 3, 6).double(), torch.randn(1, 5, 6).double()
    norms = block.attention_norm, block.across_norm, block.ffn_norm
    for norm in norms:
        torch.nn.init.normal_(norm.weight)
    before = torch.ones(3, 3, dtype=torch.bool).tril()

    def run(mask: Tensor | None = before, context: Tensor = m, residual: float = 1.0, last: bool = True) -> Tensor:
        u = x + block.attention(F.layer_norm(x, (6,)) * norms[0].weight, mask=mask).output
        v = residual * u + block.across(F.layer_norm(u, (6,)) * norms[1].weight, context).output
        return v + block.ffn(F.layer_norm(v, (6,)) * norms[2].weight) if last else v

    equation(
        formula=run(),
        library=block(x, m, before).output,
        altered={
            "no causal mask": run(mask=None),
            "looks at itself": run(context=x),
            "nothing stays": run(residual=0.0),
            "no feed-forward": run(last=False),
        },
    )


def grams(words: list[str], n: int) -> Counter:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


WRITTEN = ["le", "chat", "noir", "dort", "dans", "le", "grand", "le", "grand", "jardin", "ce", "soir"]
REFERENCE = ["le", "chat", "noir", "dort", "dans", "le", "grand", "jardin", "vert", "de", "la", "voisine", "ce", "soir"]


def precision(n: int, clipped: bool = True) -> float:
    made, there = grams(WRITTEN, n), grams(REFERENCE, n)
    good = sum(min(count, there[gram]) if clipped else count * (gram in there) for gram, count in made.items())
    return good / sum(made.values())


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def test_eq_10_8_precision_counts_an_n_gram_as_often_as_the_reference_has_it(equation):
    theirs = corpus_bleu([" ".join(WRITTEN)], [[" ".join(REFERENCE)]], tokenize="none").precisions
    for n in (1, 2):
        assert ex.clipped_precision_reference(WRITTEN, REFERENCE, n) == precision(n)
        equation(
            formula=number(precision(n)),
            library=number(theirs[n - 1] / 100),
            altered={"not clipped": number(precision(n, clipped=False))},
        )


def test_eq_10_9_bleu_is_a_geometric_mean_and_a_brevity(equation):
    mean = math.exp(sum(math.log(precision(n)) for n in range(1, 5)) / 4)
    r, c = len(REFERENCE), len(WRITTEN)
    brevity = min(1.0, math.exp(1 - r / c))
    equation(
        formula=number(brevity * mean),
        library=number(corpus_bleu([" ".join(WRITTEN)], [[" ".join(REFERENCE)]], tokenize="none").score / 100),
        altered={
            "no brevity": number(mean),
            "the lengths swapped": number(min(1.0, math.exp(1 - c / r)) * mean),
            "the plain mean": number(brevity * sum(precision(n) for n in range(1, 5)) / 4),
            "words alone": number(brevity * precision(1)),
        },
    )

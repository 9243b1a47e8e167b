"""The equations of 06, attention heatmaps, each written out by itself and held against the library."""

import math

import torch
from torch import Tensor
from unrolled.layers import MultiHeadAttention, SinusoidalPositions, attention
from unrolled.models.lookup import Lookup
from unrolled.models.wide import Wide


def vectors() -> tuple[Tensor, Tensor, Tensor]:
    """q (3, 4), k (5, 4) and v (5, 2): every size another."""
    return torch.randn(3, 4).double(), torch.randn(5, 4).double(), torch.randn(5, 2).double()


def test_eq_6_1_the_whole_sequence_through_one_wide_layer(equation):
    model = Wide(vocab_size=5, length=3, hidden_size=6, output_size=2).double()
    x = torch.randint(5, (4, 3))
    # a one-hot vector times a matrix is a row of it: place t uses the rows from 5t on
    a = sum(model.W_uh[5 * t + x[:, t]] for t in range(3)) + model.b_h
    shared = sum(model.W_uh[x[:, t]] for t in range(3)) + model.b_h
    equation(
        formula=torch.where(a > 0, a, 0.0) @ model.W_hy + model.b_y,
        library=model(x),
        altered={
            "no maximum with 0": a @ model.W_hy + model.b_y,
            "no b_h": torch.where(a > model.b_h, a - model.b_h, 0.0) @ model.W_hy + model.b_y,
            "no b_y": torch.where(a > 0, a, 0.0) @ model.W_hy,
            "the same weights at every place": torch.where(shared > 0, shared, 0.0) @ model.W_hy + model.b_y,
        },
    )


def sinusoid(t: int, d: int, D: int, base: float = 10_000, shift: int = 0, pairs: float = 2) -> float:
    angle = (t + shift) / base ** (pairs * (d // 2) / D)
    return math.sin(angle) if d % 2 == 0 else math.cos(angle)


def table(T: int, D: int, **other: float) -> Tensor:
    return torch.tensor([[sinusoid(t, d, D, **other) for d in range(D)] for t in range(T)], dtype=torch.float64)


def test_eq_6_2_a_place_as_sines_and_cosines(equation):
    equation(
        formula=table(7, 6),
        library=SinusoidalPositions(6).table(7),
        altered={
            "sin and cos swapped": table(7, 6).unflatten(1, (3, 2)).flip(2).flatten(1),
            "counted from one": table(7, 6, shift=1),
            "another base": table(7, 6, base=1_000),
            "j in place of 2j": table(7, 6, pairs=1),
        },
    )


def test_eq_6_3_a_symbol_and_its_place_are_added(equation):
    e = torch.randn(2, 5, 6).double()
    equation(
        formula=e + table(5, 6),
        library=SinusoidalPositions(6)(e),
        altered={"the symbol alone": e, "the place alone": table(5, 6).expand_as(e), "multiplied": e * table(5, 6)},
    )


def one_head(D: int = 4) -> tuple[MultiHeadAttention, Tensor]:
    layer = MultiHeadAttention(D, 1).double()
    for name in "qkvo":
        torch.nn.init.normal_(getattr(layer, f"b_{name}"))
    return layer, torch.randn(1, 3, D).double()


def test_eq_6_4_query_key_and_value_are_three_projections(equation):
    layer, x = one_head()
    q, k, v = (x @ getattr(layer, f"W_{name}") + getattr(layer, f"b_{name}") for name in "qkv")
    by_hand = attention(q, k, v).output @ layer.W_o + layer.b_o
    bare = attention(*(x @ getattr(layer, f"W_{name}") for name in "qkv")).output @ layer.W_o + layer.b_o
    equation(
        formula=by_hand,
        library=layer(x).output,
        altered={
            "value is the input": attention(q, k, x).output @ layer.W_o + layer.b_o,
            "query and key are one": attention(k, k, v).output @ layer.W_o + layer.b_o,
            "query and key swapped": attention(k, q, v).output @ layer.W_o + layer.b_o,
            "no biases": bare,
        },
    )


def test_eq_6_5_a_score_for_every_pair(equation):
    q, k, v = vectors()
    formula = torch.stack([torch.stack([sum(q[t] * k[s]) / math.sqrt(4) for s in range(5)]) for t in range(3)])
    equation(
        formula=formula,
        library=attention(q, k, v).scores,
        altered={"not scaled": formula * 2, "divided by d": formula / 2, "by the number of keys": formula * 2 / 5**0.5},
    )


def test_eq_6_6_the_scores_of_a_row_become_weights(equation):
    q, k, v = vectors()
    attended = attention(q, k, v)
    s = attended.scores
    formula = torch.exp(s) / torch.exp(s).sum(dim=1, keepdim=True)
    equation(
        formula=formula,
        library=attended.weights,
        altered={
            "along the columns": torch.exp(s) / torch.exp(s).sum(dim=0, keepdim=True),
            "over everything": torch.exp(s) / torch.exp(s).sum(),
            "no exponential": s / s.sum(dim=1, keepdim=True),
            "not divided": torch.exp(s),
        },
    )


def test_eq_6_7_the_output_is_a_weighted_sum_of_values(equation):
    q, k, v = vectors()
    attended = attention(q, k, v)
    a = attended.weights
    formula = torch.stack([sum(a[t, s] * v[s] for s in range(5)) for t in range(3)])
    equation(
        formula=formula,
        library=attended.output,
        altered={
            "the strongest alone": v[a.argmax(dim=1)],
            "one cell left out": formula - a[:, :1] * v[:1],
            "a plain mean": v.mean(dim=0).expand(3, 2),
        },
    )


def test_eq_6_8_what_is_masked_gets_the_score_minus_infinity(equation):
    q, k, v = vectors()
    mask = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 0, 0]], dtype=torch.bool)
    s = attention(q, k, v).scores
    formula = torch.where(mask, s, -torch.inf).softmax(dim=1)
    equation(
        formula=formula,
        library=attention(q, k, v, mask).weights,
        altered={
            "the other polarity": torch.where(mask, -torch.inf, s).softmax(dim=1),
            "multiplied": (s * mask).softmax(dim=1),
            "after the softmax": s.softmax(dim=1) * mask,
            "not masked": s.softmax(dim=1),
        },
    )


def test_eq_6_9_heads_share_the_features_and_stand_side_by_side_again(equation):
    D, N = 6, 3
    layer = MultiHeadAttention(D, N).double()
    torch.nn.init.normal_(layer.b_o)
    x = torch.randn(1, 4, D).double()
    q, k, v = (x[0] @ getattr(layer, f"W_{name}") for name in "qkv")
    parts = [slice(2 * n, 2 * n + 2) for n in range(N)]  # the columns of each head
    heads = [attention(q[:, part], k[:, part], v[:, part]).output for part in parts]
    every_nth = [attention(q[:, n::N], k[:, n::N], v[:, n::N]).output for n in range(N)]
    equation(
        formula=torch.cat(heads, dim=1) @ layer.W_o + layer.b_o,
        library=layer(x).output[0],
        altered={
            "no W_o": torch.cat(heads, dim=1),
            "heads in another order": torch.cat(heads[::-1], dim=1) @ layer.W_o + layer.b_o,
            "one full-size head": attention(q, k, v).output @ layer.W_o + layer.b_o,
            "every N-th column": torch.cat(every_nth, dim=1) @ layer.W_o + layer.b_o,
        },
    )


def test_eq_6_10_a_reader_that_does_nothing_but_look(equation):
    model = Lookup(vocab_size=5, length=4, embed_dim=6).double()
    layer = model.attention
    for bias in (*(getattr(layer, f"b_{name}") for name in "qkvo"), model.b_y):
        torch.nn.init.normal_(bias)
    x = torch.randint(5, (2, 4))
    symbols, places = model.embedding.W_e[x], model.positions.W_p
    asking = model.places.W_e

    def read(asking: Tensor, cells: Tensor) -> Tensor:
        """The layer with its projections, equations 6.4 to 6.7 and W_o, then the output layer."""
        q, k, v = asking @ layer.W_q + layer.b_q, cells @ layer.W_k + layer.b_k, cells @ layer.W_v + layer.b_v
        e = torch.exp(q @ k.mT / math.sqrt(6))
        found = (e / e.sum(dim=-1, keepdim=True)) @ v
        return (found @ layer.W_o + layer.b_o) @ model.W_y + model.b_y

    def bare(asking: Tensor, cells: Tensor) -> Tensor:
        """Without projections."""
        e = torch.exp(asking @ cells.mT / math.sqrt(6))
        return (e / e.sum(dim=-1, keepdim=True)) @ cells @ model.W_y + model.b_y

    equation(
        formula=read(asking, symbols + places),
        library=model(x).y,
        altered={
            "no places": read(asking, symbols),
            "asking with the cells": read(symbols + places, symbols + places),
            "no projections": bare(asking, symbols + places),
            "no b_y": read(asking, symbols + places) - model.b_y,
        },
    )

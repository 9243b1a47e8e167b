"""Exercises of 06, attention heatmaps."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number, Order, sized

NOTEBOOK = "06_attention_heatmaps"

wide_weights = Number(
    id="wide_weights",
    notebook=NOTEBOOK,
    minutes=2,
    reference=1_331_200,
    tolerance=200,
    unit="weights",
    mistakes=[
        Mistake("with_biases", 1_331_456, "That counts the 256 biases as well; asked for are the weights alone."),
        Mistake("one_number_a_symbol", 25_600, "That is 100 × 256: one number a symbol. One-hot, each takes 52."),
        Mistake(
            "shared_over_time", 13_312, "That is 52 × 256, as if all places shared one matrix. Here none is shared."
        ),
        Mistake("inputs_alone", 5_200, "That is 100 × 52, the inputs. Each of them goes to every one of 256 units."),
    ],
    hints=[
        "How many numbers go in, with 100 symbols of 52 numbers each?",
        "Every input goes to each of the 256 units.",
    ],
    why="1,331,200 = 100 × 52 × 256: every place has a matrix of its own, and the layer grows with the length.",
)


def sinusoids_reference(T, D):
    """T places, D features (even) -> P (T, D)."""
    t = torch.arange(T)[:, None]  # (T, 1)
    angle = t / 10000 ** (torch.arange(0, D, 2) / D)  # (T, D/2)
    P = torch.zeros(T, D)
    P[:, 0::2], P[:, 1::2] = angle.sin(), angle.cos()
    return P


def alternating(sine: Tensor, cosine: Tensor) -> Tensor:
    """(T, D/2) each to (T, D)."""
    return torch.stack([sine, cosine], dim=-1).flatten(1)


def angles(T: int, D: int) -> Tensor:
    return torch.arange(T)[:, None] / 10000 ** (torch.arange(0, D, 2) / D)


def sin_and_cos_swapped(T, D):
    return alternating(angles(T, D).cos(), angles(T, D).sin())


def exponent_doubled(T, D):
    angle = torch.arange(T)[:, None] / 10000 ** (2 * torch.arange(0, D, 2) / D)
    return alternating(angle.sin(), angle.cos())


def in_two_blocks(T, D):
    return torch.cat([angles(T, D).sin(), angles(T, D).cos()], dim=-1)


def column_as_exponent(T, D):
    angle = torch.arange(T)[:, None] / 10000 ** (torch.arange(D) / D)  # (T, D): every column its own speed
    return torch.where(torch.arange(D) % 2 == 0, angle.sin(), angle.cos())


def pair_as_exponent(T, D):
    angle = torch.arange(T)[:, None] / 10000 ** (torch.arange(D // 2) / D)
    return alternating(angle.sin(), angle.cos())


def multiplied(T, D):
    angle = torch.arange(T)[:, None] * 10000 ** (torch.arange(0, D, 2) / D)
    return alternating(angle.sin(), angle.cos())


def counted_from_one(T, D):
    return sinusoids_reference(T + 1, D)[1:]


sinusoids = Function(
    id="sinusoids",
    notebook=NOTEBOOK,
    minutes=6,
    reference=sinusoids_reference,
    cases=lambda: [(5, 8), (6, 6), (1, 4)],
    mistakes=[
        Mistake("sin_and_cos_swapped", sin_and_cos_swapped, "Sine and cosine are swapped: the even columns are sines."),
        Mistake(
            "in_two_blocks",
            in_two_blocks,
            "All sines come first here, then all cosines. Some programs do so, and it works as well; in equation 6.2 "
            "they take turns.",
        ),
        Mistake(
            "column_as_exponent",
            column_as_exponent,
            "Every column has a speed of its own here. A sine and its cosine are a pair and share one: the exponent is "
            "2j / D for both.",
        ),
        Mistake(
            "pair_as_exponent",
            pair_as_exponent,
            "The exponent is j / D here, and it is 2j / D: the pairs slow down too little.",
        ),
        Mistake(
            "exponent_doubled",
            exponent_doubled,
            "The exponent is doubled here: 2j already counts 0, 2, 4, …, so it isn't taken twice again.",
        ),
        Mistake(
            "multiplied",
            multiplied,
            "t is multiplied by the power here, so later pairs turn faster. They turn slower: divide.",
        ),
        Mistake(
            "counted_from_one", counted_from_one, "The first place is t = 0, where every sine is 0 and every cosine 1."
        ),
    ],
    hints=[
        "First the angles, (T, D/2): t as a column, divided by 10000 to the power 2j / D as a row.",
        "torch.arange(0, D, 2) is 2j for every pair. Then P[:, 0::2] are the sines and P[:, 1::2] the cosines.",
    ],
    why="Fast pairs tell neighbours apart, slow pairs tell the beginning from the end.",
)


def attention_weights_reference(q, k):
    """q (T, D), k (S, D) -> weights (T, S): how much each query attends to each key."""
    scores = q @ k.T / q.shape[-1] ** 0.5
    return scores.softmax(dim=-1)


def scores_of(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.T / q.shape[-1] ** 0.5


attention_weights = Function(
    id="attention_weights",
    notebook=NOTEBOOK,
    minutes=6,
    reference=attention_weights_reference,
    cases=sized(lambda draw, T, S, D: (draw(T, D), draw(S, D)), {"T": 2, "S": 3, "D": 5}, {"T": 3, "S": 3, "D": 3}),
    mistakes=[
        Mistake(
            "columns",
            lambda q, k: scores_of(q, k).softmax(dim=0),
            "The columns sum to 1 here: each key is shared out among the queries. It is the query that shares out its "
            "attention, so each row sums to 1.",
        ),
        Mistake(
            "over_everything",
            lambda q, k: scores_of(q, k).flatten().softmax(dim=0).view(len(q), len(k)),
            "All cells together sum to 1 here. Every query has its own distribution: each row sums to 1.",
        ),
        Mistake(
            "no_scaling",
            lambda q, k: (q @ k.T).softmax(dim=-1),
            "The scores are not divided by √d_k, so with many features the softmax puts everything on one cell.",
        ),
        Mistake(
            "divided_by_d",
            lambda q, k: (q @ k.T / q.shape[-1]).softmax(dim=-1),
            "This divides by d_k. The scores spread like √d_k, so dividing by d_k flattens the weights too much.",
        ),
        Mistake(
            "divided_by_length",
            lambda q, k: (q @ k.T / len(k) ** 0.5).softmax(dim=-1),
            "This divides by the root of the number of keys. What makes scores large is the number of features.",
        ),
        Mistake(
            "divided_by_queries",
            lambda q, k: (q @ k.T / len(q) ** 0.5).softmax(dim=-1),
            "len(q) is the number of queries. The number of features is q.shape[-1].",
        ),
        Mistake(
            "rows_are_keys",
            lambda q, k: (k @ q.T / q.shape[-1] ** 0.5).softmax(dim=-1),
            "The rows are keys here. A row belongs to a query, and its columns to the keys: q kᵀ, not k qᵀ.",
        ),
        Mistake(
            "no_softmax",
            scores_of,
            "These are the scores. Weights are their softmax along each row: positive, with the sum 1.",
        ),
        Mistake(
            "no_exponential",
            lambda q, k: scores_of(q, k) / scores_of(q, k).sum(dim=-1, keepdim=True),
            "Scores can be negative, and so are these weights. The softmax takes the exponential before it divides.",
        ),
    ],
    hints=[
        "q @ k.T has a row for every query and a column for every key. By what is it divided?",
        "softmax(dim=-1) makes every row sum to 1.",
    ],
    why="A row for every query, a column for every key, and every row sums to 1.",
)

score_spread = Number(
    id="score_spread",
    notebook=NOTEBOOK,
    minutes=2,
    reference=8,
    tolerance=0.4,
    mistakes=[
        Mistake("variance", 64, "64 is the variance. The standard deviation is its root."),
        Mistake("one", 1, "Each of the 64 products has a standard deviation of 1, and the score is the sum of all 64."),
        Mistake("mean", 0, "0 is the mean of the scores; asked for is how far they spread around it."),
    ],
    hints=[
        "Variances of independent numbers add up.",
        "Each product of two such numbers has variance 1; there are 64.",
    ],
    why="8 = √64: variances add up, so the spread grows like √d_k, and dividing by √d_k brings it back to 1.",
)

reading_rows = Choice(
    id="reading_rows",
    notebook=NOTEBOOK,
    minutes=2,
    question="The cell in row “tossed”, column “ball” holds the largest weight of its row. What does it say?",
    options=[
        (
            "The new vector of “ball” takes most of its value from “tossed”",
            "That would be row “ball”. Rows ask, columns answer: the row's word is the one that receives.",
        ),
        (
            "The new vector of “tossed” takes most of its value from “ball”",
            "A row belongs to a query: “tossed” asks, and receives the value of “ball” with this weight.",
        ),
        (
            "“tossed” and “ball” are similar words",
            "The weight compares the query of one with the key of the other, two different projections. The words need "
            "not be alike, and the cell across the diagonal holds another number.",
        ),
        (
            "Of all that attend to “ball”, “tossed” does so most",
            "That compares the cells of a column. A softmax weighs the cells of a row against each other, and a column "
            "may sum to anything.",
        ),
    ],
    reference="B",
    hints=["Which sum to 1, the rows or the columns?"],
)


def masked_weights_reference(scores, mask):
    """scores (T, S), mask (T, S) with True where a query may attend -> weights (T, S)."""
    return scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)


def masked_inputs(draw, T, S):
    scores, mask = draw(T, S) + 0.5, draw.booleans(T, S)
    mask[:, 0], mask[-1, -1] = True, False  # every query may attend to something, and not to everything
    scores[0, 0] = 0.0  # a score that is 0 by itself
    mask[0, 1] = True
    return scores, mask


def loud_scores():
    """Large scores, as unscaled queries make them: in row 1 all that is allowed lies 60 and more below the rest."""
    scores = torch.tensor([[12.0, 0.0, 9.0, -8.0], [-55.0, 8.0, -60.0, 5.0], [3.0, 25.0, -14.0, 30.0]])
    return scores, torch.tensor([[1, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]], dtype=torch.bool)


def added_to_the_sum(scores, mask):
    weights = scores.softmax(dim=-1) * mask
    return weights / (weights.sum(dim=-1, keepdim=True) + 1e-6)


masked_weights = Function(
    id="masked_weights",
    notebook=NOTEBOOK,
    minutes=5,
    reference=masked_weights_reference,
    cases=lambda: [*sized(masked_inputs, {"T": 3, "S": 5}, {"T": 4, "S": 4})(), loud_scores()],
    mistakes=[
        Mistake(
            "polarity",
            lambda scores, mask: scores.masked_fill(mask, -torch.inf).softmax(dim=-1),
            "The mask is read the other way round: here True means that a query may attend. (In torch's "
            "nn.MultiheadAttention a True blocks; in its scaled_dot_product_attention it allows, as here.)",
        ),
        Mistake(
            "multiplied_before",
            lambda scores, mask: (scores * mask).softmax(dim=-1),
            "A blocked cell has score 0 here (as when multiplying by the mask), and e⁰ = 1 is no small weight.",
        ),
        Mistake(
            "multiplied_after",
            lambda scores, mask: scores.softmax(dim=-1) * mask,
            "The weights are blocked after the softmax. What blocked cells took is lost: the rows sum to less than 1.",
        ),
        Mistake(
            "zero_scores",
            lambda scores, mask: (scores * mask).masked_fill(scores * mask == 0, -torch.inf).softmax(dim=-1),
            "Every score that is 0 is blocked, and one that may be attended to is 0 by itself. Block by the mask, not "
            "by the value.",
        ),
        Mistake(
            "minus_one",
            lambda scores, mask: (scores - (~mask).float()).softmax(dim=-1),
            "Blocked cells lose 1 from their score, and keep a good part of their weight. Only −∞ gives a weight of 0.",
        ),
        Mistake(
            "not_low_enough",
            lambda scores, mask: scores.masked_fill(~mask, -20.0).softmax(dim=-1),
            "Blocked cells get a low score here, and scores that are allowed may lie lower still: then the blocked "
            "cells win. Nothing lies below −∞.",
        ),
        Mistake(
            "added_to_the_sum",
            added_to_the_sum,
            "A small number is added to the sum before dividing. Where blocked cells took nearly all, it outweighs "
            "what is left: the row sums to less than 1. Block before the softmax, and nothing is divided again.",
        ),
        Mistake(
            "infinity_times_zero",
            lambda scores, mask: (scores - torch.inf * (~mask).float()).softmax(dim=-1),
            "0 × ∞ is not 0 but NaN, and one NaN spoils its whole row. Fill with −∞ where the mask is False, and add "
            "nothing elsewhere.",
        ),
        Mistake(
            "no_mask",
            lambda scores, mask: scores.softmax(dim=-1),
            "The mask is not used at all.",
        ),
    ],
    hints=[
        "Which score gives a weight of exactly 0 after the exponential?",
        "scores.masked_fill(~mask, -torch.inf) puts it where the mask is False. The softmax comes after.",
    ],
    why="e to the power −∞ is 0, and the softmax shares the whole 1 among the cells that are left.",
)


def decoder_mask_reference(lengths, T):
    """lengths (B,), each at most T -> mask (B, T, T), True where query t may attend to key s."""
    step = torch.arange(T)
    causal = step[None, :] <= step[:, None]  # (T, T), s ≤ t
    real = step < lengths[:, None]  # (B, T), of the keys
    return causal & real[:, None, :]


def mask_parts(lengths: Tensor, T: int) -> tuple[Tensor, Tensor]:
    """Causal (T, T), and which keys are real (B, 1, T)."""
    return torch.ones(T, T, dtype=torch.bool).tril(), (torch.arange(T) < lengths[:, None])[:, None, :]


def causal_only(lengths, T):
    causal, _ = mask_parts(lengths, T)
    return causal.expand(len(lengths), T, T)


def padding_only(lengths, T):
    _, real = mask_parts(lengths, T)
    return real.expand(len(lengths), T, T)


def either(lengths, T):
    causal, real = mask_parts(lengths, T)
    return causal | real


def strict(lengths, T):
    causal, real = mask_parts(lengths, T)
    return causal.tril(-1) & real


def future(lengths, T):
    causal, real = mask_parts(lengths, T)
    return causal.T & real


def padded_queries(lengths, T):
    causal, real = mask_parts(lengths, T)
    return causal & real.mT


def one_too_many(lengths, T):
    causal, real = mask_parts(lengths + 1, T)
    return causal & real


def blocked_is_true(lengths, T):
    return ~decoder_mask_reference(lengths, T)


decoder_mask = Function(
    id="decoder_mask",
    notebook=NOTEBOOK,
    minutes=6,
    reference=decoder_mask_reference,
    cases=lambda: [(torch.tensor([2, 5, 4]), 5), (torch.tensor([1, 2, 3, 4]), 4)],
    mistakes=[
        Mistake(
            "causal_only",
            causal_only,
            "This is the causal mask alone: steps of padding attend to padding. (Real steps don't, as long as the "
            "padding comes last; in front, they would.)",
        ),
        Mistake(
            "padding_only",
            padding_only,
            "This is the padding mask alone. It doesn't replace the causal one: every step still sees its own future.",
        ),
        Mistake(
            "either",
            either,
            "One of the two conditions is enough here. A cell may be attended to only if both hold: &, not |.",
        ),
        Mistake(
            "strict",
            strict,
            "Step t may not attend to itself here, and the first step to nothing at all. Itself is no future: s ≤ t.",
        ),
        Mistake(
            "future",
            future,
            "This is transposed: step t sees itself and what comes after. Rows are queries, so the past lies below the "
            "diagonal.",
        ),
        Mistake(
            "padded_queries",
            padded_queries,
            "Rows of padding are blocked here: those queries get nowhere to look. Only columns, the keys, need it.",
        ),
        Mistake(
            "one_too_many",
            one_too_many,
            "One step of padding counts as real: a sequence of length n has the steps 0 to n − 1.",
        ),
        Mistake(
            "blocked_is_true", blocked_is_true, "True and False are exchanged: here True means that a query may attend."
        ),
    ],
    hints=[
        "Two masks, (T, T) and (B, 1, T), and a cell that both allow.",
        "torch.arange(T) < lengths[:, None] says which keys are real, (B, T). It needs an axis for the queries: "
        "[:, None, :].",
    ],
    why="Two conditions on one cell: the key is not in the future, and it is a real step.",
)


def split_heads_reference(x, N):
    """x (B, T, D) -> (B, N, T, D/N): each head gets its own columns."""
    B, T, D = x.shape
    return x.reshape(B, T, N, D // N).transpose(1, 2)


def split_inputs(draw, B, N, T, d):
    return draw(B, T, N * d), N


def reshaped_at_once(x, N):
    B, T, D = x.shape
    return x.reshape(B, N, T, D // N)


def every_nth_column(x, N):
    B, T, D = x.shape
    return x.reshape(B, T, D // N, N).permute(0, 3, 1, 2)


def not_transposed(x, N):
    B, T, D = x.shape
    return x.reshape(B, T, N, D // N)


def full_size(x, N):
    return x[:, None].expand(-1, N, -1, -1)


def first_head_everywhere(x, N):
    return x[:, None, :, : x.shape[-1] // N].expand(-1, N, -1, -1)


def features_before_time(x, N):
    B, T, D = x.shape
    return x.reshape(B, T, N, D // N).permute(0, 2, 3, 1)


split_heads = Function(
    id="split_heads",
    notebook=NOTEBOOK,
    minutes=5,
    reference=split_heads_reference,
    cases=sized(split_inputs, {"B": 2, "N": 3, "T": 4, "d": 5}, {"B": 2, "N": 2, "T": 2, "d": 2}),
    mistakes=[
        Mistake(
            "reshaped_at_once",
            reshaped_at_once,
            "The shape is right and the numbers are not: reshape alone cuts up time, so a head mixes the features of "
            "different steps. Cut the features first, then swap the axes.",
        ),
        Mistake(
            "every_nth_column",
            every_nth_column,
            "A head takes every N-th column here. It takes D / N columns that stand side by side.",
        ),
        Mistake(
            "not_transposed",
            not_transposed,
            "The features are cut, and the axes still have to be swapped: heads come before time, (B, N, T, D/N).",
        ),
        Mistake(
            "full_size",
            full_size,
            "Every head gets all D features here. Heads are no full-size attentions: they share the D features out, "
            "D / N each.",
        ),
        Mistake(
            "first_head_everywhere",
            first_head_everywhere,
            "Every head gets the same columns, the first D / N. Then they would all see the same.",
        ),
        Mistake(
            "features_before_time",
            features_before_time,
            "The last two axes are swapped: wanted is (B, N, T, D/N), time before features.",
        ),
    ],
    hints=[
        "Cut the last axis in two: reshape to (B, T, N, D // N).",
        "Then heads and time change places: transpose(1, 2).",
    ],
    why="Cut the features, then move the heads in front of time; a reshape alone would cut up time.",
)

attention_lines = Order(
    id="attention_lines",
    notebook=NOTEBOOK,
    minutes=3,
    lines=[
        "x = e + P",
        "q, k, v = x @ W_q, x @ W_k, x @ W_v",
        "scores = q @ k.mT / d_k**0.5",
        "scores = scores.masked_fill(~mask, -torch.inf)",
        "weights = scores.softmax(dim=-1)",
        "output = weights @ v",
    ],
    mistakes=[
        Mistake(
            "mask_after_softmax",
            [4, 3],
            "The scores are masked after the softmax has read them: the weights know nothing of the mask.",
        ),
        Mistake(
            "position_too_late", [1, 0], "Positions are added after q, k and v are made, and so reach none of them."
        ),
        Mistake("scores_before_queries", [2, 1], "The scores need q and k, which are made further down."),
        Mistake("mask_before_scores", [3, 2], "There are no scores yet that could be masked."),
        Mistake("output_too_early", [5, 4], "The output needs the weights, which are made further down."),
    ],
    hints=["Position, then q k v, then weights, then features. Where does the mask belong?"],
    why="Encode position, extract q, k, v, compute the weighting, extract features; the mask sits before the softmax.",
)

asks_with_place = Choice(
    id="asks_with_place",
    notebook=NOTEBOOK,
    minutes=1,
    question="The reader sorts ten letters, and asks with the place to be written instead of the last letter. Then …",
    options=[
        (
            "it cannot sort: the answer of one place depends on all letters",
            "It sees all letters in the mixture, and the output layer reads more from a mixture than one letter.",
        ),
        (
            "it sorts, and its strongest cell is the letter it writes, as before",
            "It sorts. But which letter is the third can't be known by comparing each letter alone with the query, "
            "so the query can't point at it.",
        ),
        (
            "it sorts nearly as well, and its strongest cell is often not the letter it writes",
            "The query points at letters that are about as far in the alphabet as the place (the cell below measures "
            "it), and the output layer reads the answer off the mixture.",
        ),
        (
            "it sorts worse, and its strongest cell is still the letter it writes",
            "The other way round: the letters hardly suffer, the map does. Which letter is the third can't be known by "
            "comparing each letter alone with the query, so the query can't point at it.",
        ),
    ],
    reference="C",
    hints=["Query and key are compared for one letter at a time. Can that say which letter is the third?"],
)

heatmap_explains = Choice(
    id="heatmap_explains",
    notebook=NOTEBOOK,
    minutes=2,
    question=(
        "A reader sorts with 97 % of symbols right, and in fewer than half of the rows its strongest cell is the right "
        "one. Which conclusion holds?"
    ),
    options=[
        (
            "The heatmap shows why each answer was given",
            "In half of the rows the strongest cell isn't what was written, and the answer was right all the same.",
        ),
        (
            "The attention is broken, and training must go on",
            "The answers are right. The loss asks for answers, and nothing in it asks for a heatmap that we can read.",
        ),
        (
            "The output is read off the mixture of many cells, so a right answer says nothing about the strongest one",
            "The output layer sees the whole mixture. Where the right cell is known, count; where it isn't, a heatmap "
            "is a hint to be tested, by changing the input and looking what happens.",
        ),
        (
            "Attention never shows what a model uses",
            "Too much: with the symbol written last as query, the strongest cell was the right one in 99 rows of 100. "
            "It can show it, and it need not.",
        ),
    ],
    reference="C",
    hints=["What does the output layer see: the strongest cell, or the weighted sum of all?"],
)

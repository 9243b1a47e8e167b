"""The equations of 09, sentiment, each written out by itself and held against the library, or scikit-learn."""

import math

import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from unrolled.models.text_classifier import TextClassifier, moved

V, D, H = 11, 4, 5
LENGTHS = torch.tensor([6, 2, 4])


def model(pool: str = "last", both_ways: bool = False) -> TextClassifier:
    made = TextClassifier(V, D, H, 2, layer="rnn", pool=pool, both_ways=both_ways).double()
    with torch.no_grad():
        made.embedding.W_e.normal_(std=2)  # far from the linear part of tanh
    return made


def step(made: TextClassifier, token: Tensor, h: Tensor, suffix: str = "") -> Tensor:
    """h ← tanh(x W_xh + b_xh + h W_hh + b_hh), from torch's weights; `_reverse` is the reader from the end."""
    W_xh, W_hh, b_xh, b_hh = (
        getattr(made.recurrent, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return torch.tanh(W_xh @ made.embedding.W_e[token] + b_xh + W_hh @ h + b_hh)


def read(made: TextClassifier, text: Tensor, suffix: str = "") -> Tensor:
    """Every state (T, H) of one text; the reader from the end gives its states in the order of the text too."""
    h, states = torch.zeros(H).double(), []
    for token in text.flip(0) if suffix else text:
        h = step(made, token, h, suffix)
        states.append(h)
    return torch.stack(states[::-1] if suffix else states)


@pytest.fixture
def tokens() -> Tensor:
    """(3, 6), filled up with the number 0."""
    made = torch.randint(2, V, (3, 6))
    return made.masked_fill(torch.arange(6) >= LENGTHS[:, None], 0)


def test_eq_9_1_a_weight_for_each_word_that_occurs(equation):
    texts = ["good good and warm", "bad and cold", "warm but bad", "not good", "cold", "warm"]
    bag = CountVectorizer(analyzer=str.split, binary=True)
    x = bag.fit_transform(texts)
    linear = LogisticRegression().fit(x, [1, 0, 0, 0, 0, 1])
    weight = dict(zip(bag.get_feature_names_out(), linear.coef_[0].tolist(), strict=True))
    b = linear.intercept_[0]

    def p(words=lambda text: set(text.split()), bias: float = b) -> Tensor:
        scores = [sum(weight[word] for word in words(text)) + bias for text in texts]
        return torch.tensor([1 / (1 + math.exp(-score)) for score in scores], dtype=torch.float64)

    equation(
        formula=p(),
        library=torch.from_numpy(linear.predict_proba(x)[:, 1]),
        altered={"counted": p(str.split), "no bias": p(bias=0.0), "the other verdict": 1 - p()},
    )


def logits(made: TextClassifier, pooled: list[Tensor]) -> Tensor:
    return torch.stack(pooled) @ made.W_hy + made.b_y


def test_eq_9_2_the_state_after_the_last_real_word(equation, tokens):
    made = model()
    states = [read(made, row) for row in tokens]  # padding and all
    real = [h[n - 1] for h, n in zip(states, LENGTHS, strict=True)]
    equation(
        formula=logits(made, real),
        library=made(tokens, LENGTHS).y,
        altered={
            "the last column": logits(made, [h[-1] for h in states]),
            "one step early": logits(made, [h[n - 2] for h, n in zip(states, LENGTHS, strict=True)]),
            "no b_y": logits(made, real) - made.b_y,
        },
    )


def test_eq_9_3_the_mean_of_the_real_states(equation, tokens):
    made = model("mean")
    states = [read(made, row) for row in tokens]
    pooled = [sum(h[t] for t in range(n)) / n for h, n in zip(states, LENGTHS.tolist(), strict=True)]
    equation(
        formula=logits(made, pooled),
        library=made(tokens, LENGTHS).y,
        altered={
            "padding counted": logits(made, [h.mean(dim=0) for h in states]),
            "divided by the longest": logits(made, [s * n / 6 for s, n in zip(pooled, LENGTHS, strict=True)]),
            "the sum": logits(made, [s * n for s, n in zip(pooled, LENGTHS, strict=True)]),
        },
    )


def test_eq_9_4_the_largest_of_each_feature(equation, tokens):
    made = model("max")
    states = [read(made, row) for row in tokens]
    pooled = [
        torch.stack([max(h[t, j] for t in range(n)) for j in range(H)])
        for h, n in zip(states, LENGTHS.tolist(), strict=True)
    ]
    equation(
        formula=logits(made, pooled),
        library=made(tokens, LENGTHS).y,
        altered={
            "over padding too": logits(made, [h.amax(dim=0) for h in states]),
            "padding as 0": logits(
                made, [torch.cat([h[:n], torch.zeros(1, H)]).amax(dim=0) for h, n in zip(states, LENGTHS, strict=True)]
            ),
            "the smallest": logits(made, [h[:n].amin(dim=0) for h, n in zip(states, LENGTHS, strict=True)]),
        },
    )


def test_eq_9_5_a_second_reader_goes_from_the_end_to_the_beginning(equation, tokens):
    made = model(both_ways=True)
    rows = [row[:n] for row, n in zip(tokens, LENGTHS, strict=True)]
    library = nn.utils.rnn.pad_sequence([h for h in (read(made, row, "_reverse") for row in rows)], batch_first=True)
    found = made(tokens, LENGTHS).trace.h[:, :, H:]
    forwards = [read(made, row.flip(0), "_reverse") for row in rows]  # the same weights, from the beginning
    through_padding = torch.stack([read(made, row, "_reverse") for row in tokens])
    equation(
        formula=library,
        library=found,
        altered={
            "from the beginning": nn.utils.rnn.pad_sequence(forwards, batch_first=True),
            "through the padding": through_padding,
            "in its own order": nn.utils.rnn.pad_sequence([h.flip(0) for h in library], batch_first=True),
        },
    )


def test_eq_9_6_each_reader_where_it_has_read_everything(equation, tokens):
    made = model(both_ways=True)
    rows = [row[:n] for row, n in zip(tokens, LENGTHS, strict=True)]
    onward, back = [read(made, row) for row in rows], [read(made, row, "_reverse") for row in rows]

    def joined(first: int, second: int) -> Tensor:
        return logits(made, [torch.cat([f[first], b[second]]) for f, b in zip(onward, back, strict=True)])

    equation(
        formula=joined(-1, 0),
        library=made(tokens, LENGTHS).y,
        altered={
            "both at the last word": joined(-1, -1),
            "both at the first": joined(0, 0),
            "backward first": logits(made, [torch.cat([b[0], f[-1]]) for f, b in zip(onward, back, strict=True)]),
        },
    )


def test_eq_9_7_a_step_of_the_score_is_the_difference_that_a_word_makes(equation, tokens):
    made, text = model(), tokens[0]
    z = torch.stack([made(text[None, : t + 1]).y[0] for t in range(6)])  # each beginning, read anew
    score = [0.0, *(z[:, 1] - z[:, 0]).tolist()]
    formula = torch.tensor([score[t + 1] - score[t] for t in range(6)], dtype=torch.float64)
    equation(
        formula=formula,
        library=moved(made.after_each_word(text)),
        altered={
            "the score itself": z[:, 1] - z[:, 0],
            "negative less positive": -formula,
            "the first word lost": formula[1:],
            "one logit": torch.diff(z[:, 1], prepend=torch.zeros(1).double()),
        },
    )

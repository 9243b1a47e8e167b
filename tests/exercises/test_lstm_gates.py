"""Exercises of 04: right answers that are written otherwise are right as well."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from unrolled.exercises import lstm_gates as ex


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step_in_numpy(x, h, c, W_xh, W_hh, b):
    x, h, c, W_xh, W_hh, b = (part.numpy() for part in (x, h, c, W_xh, W_hh, b))
    i, f, g, o = np.split(x @ W_xh + h @ W_hh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def step_unit_by_unit(x, h, c, W_xh, W_hh, b):
    B, H = h.shape
    new_h, new_c = h.clone(), c.clone()
    for n in range(B):
        for k in range(H):
            a = [x[n] @ W_xh[:, m * H + k] + h[n] @ W_hh[:, m * H + k] + b[m * H + k] for m in range(4)]
            new_c[n, k] = a[1].sigmoid() * c[n, k] + a[0].sigmoid() * a[2].tanh()
            new_h[n, k] = a[3].sigmoid() * new_c[n, k].tanh()
    return [new_h, new_c]


def step_by_einsum(x, h, c, W_xh, W_hh, b):
    a = torch.einsum("bd,dk->bk", x, W_xh) + torch.einsum("bh,hk->bk", h, W_hh) + b
    i, f, g, o = a.unflatten(1, (4, -1)).unbind(1)
    c = torch.lerp(torch.zeros_like(c), c, f.sigmoid()) + i.sigmoid() * (2 * (2 * g).sigmoid() - 1)
    return o.sigmoid() * c.tanh(), c


def step_of_torch(x, h, c, W_xh, W_hh, b):
    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1])
    with torch.no_grad():
        for mine, theirs in ((W_xh.T, cell.weight_ih), (W_hh.T, cell.weight_hh), (b, cell.bias_ih)):
            theirs.copy_(mine)
        cell.bias_hh.zero_()
        return cell(x, (h, c))


@pytest.mark.parametrize("answer", [step_in_numpy, step_unit_by_unit, step_by_einsum, step_of_torch])
def test_an_lstm_step_may_be_written_in_any_way(answer):
    assert ex.lstm_step.judge(answer).outcome == "correct"


def gru_of_torch(x, h, W_xh, W_hh, b_xh, b_hh):
    cell = torch.nn.GRUCell(x.shape[1], h.shape[1])
    with torch.no_grad():
        for name, mine in {"weight_ih": W_xh.T, "weight_hh": W_hh.T, "bias_ih": b_xh, "bias_hh": b_hh}.items():
            getattr(cell, name).copy_(mine)
        return cell(x, h)


def gru_in_another_order(x, h, W_xh, W_hh, b_xh, b_hh):
    H = h.shape[1]
    a, past = F.linear(x, W_xh.T, b_xh), F.linear(h, W_hh.T, b_hh)
    r, z = torch.sigmoid(a[:, : 2 * H] + past[:, : 2 * H]).split(H, dim=1)
    n = torch.tanh(a[:, 2 * H :] + r * past[:, 2 * H :])
    return n + z * (h - n)


@pytest.mark.parametrize("answer", [gru_of_torch, gru_in_another_order])
def test_a_gru_step_may_be_written_in_any_way(answer):
    assert ex.gru_step.judge(answer).outcome == "correct"


@pytest.mark.parametrize(
    "answer",
    [
        lambda opens, closes: (opens + closes, torch.ones_like(opens), opens - closes),  # writes −1 to forget
        lambda opens, closes: (opens, 1 - closes - opens, torch.ones_like(opens)),
        lambda opens, closes: (opens.tolist(), (closes == 0).tolist(), [1.0] * len(opens)),
    ],
)
def test_any_gates_that_keep_the_mark_are_right(answer):
    assert ex.bracket_gates.judge(answer).outcome == "correct"


@pytest.mark.parametrize(
    ("answer", "mistake", "words"),
    [
        (lambda opens, closes: (opens - closes, 1 - 0 * opens, 1 - 0 * opens), "negative_gate", "cannot take away"),
        (lambda opens, closes: (opens - 3 * closes, 1 - closes, 1 - 0 * opens), "negative_gate", "cannot take away"),
        (lambda opens, closes: (3 * opens, 1 - closes, 1 / 3 - 0 * opens), "gate_above_one", "cannot enlarge"),
        (lambda opens, closes: (0.5 * opens, 1 - closes, 2 - 0 * opens), None, "g goes above 1; it lies from -1 to 1"),
        (lambda opens, closes: (opens, 1 - 2 * closes, 1 - 0 * opens), None, "f goes below 0; it lies from 0 to 1"),
    ],
)
def test_gates_that_no_cell_can_have_are_refused(answer, mistake, words):
    verdict = ex.bracket_gates.judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", mistake)
    assert words in verdict.message


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, -2.0])
def test_the_forget_bias_may_be_divided_between_the_two_biases(share):
    def answer(b_xh, b_hh, value):
        (i, _, g, o), (i2, _, g2, o2) = b_xh.chunk(4), b_hh.chunk(4)
        return torch.cat([i, torch.full_like(i, share * value), g, o]), torch.cat(
            [i2, torch.full_like(i, (1 - share) * value), g2, o2]
        )

    assert ex.open_forget_gates.judge(answer).outcome == "correct"


def test_texts_may_be_read_in_one_piece_or_by_recursion():
    def in_one_piece(lstm, texts):
        return torch.stack([lstm(torch.cat(chunks), None)[0][-1] for chunks in texts])

    def state_as_output(lstm, texts):
        def after(chunks):
            return lstm(chunks[-1], after(chunks[:-1]))[1] if chunks else None

        return torch.stack([after(chunks)[0] for chunks in texts])

    for answer in (in_one_piece, state_as_output):
        assert ex.read_texts.judge(answer).outcome == "correct"


@pytest.mark.parametrize(
    ("answer", "mistake", "words"),
    [
        (lambda opens, closes: (opens, 1 - closes, 1.0), "one_number", "torch.ones_like(opens)"),
        (lambda opens, closes: (opens, 1 - closes, torch.tensor(1.0)), "one_number", "torch.ones_like(opens)"),
        (lambda opens, closes: (opens, 1, 1 - 0 * opens), None, "f is one number"),
        (lambda opens, closes: [1 - closes, opens], "two_gates", "i, f and g"),
        (lambda opens, closes: (opens, closes, opens, closes), None, "4 came back; wanted are 3"),
        (lambda opens, closes: print(opens), "no_return", "return missing"),
    ],
)
def test_what_is_not_three_gates_is_named(answer, mistake, words):
    verdict = ex.bracket_gates.judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", mistake)
    assert words in verdict.message


@pytest.mark.parametrize(
    ("give", "mistake"), [(lambda b_xh, b_hh: None, "no_return"), (lambda b_xh, b_hh: b_xh + b_hh, "one_bias_back")]
)
def test_biases_that_are_not_handed_back_are_named(give, mistake):
    def answer(b_xh, b_hh, value):
        b_xh, b_hh = b_xh.clone(), b_hh.clone()
        b_xh[: len(b_xh) // 2] = value
        return give(b_xh, b_hh)

    assert ex.open_forget_gates.judge(answer).mistake == mistake

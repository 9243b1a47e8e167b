"""Right answers to 07, written in other ways than the reference."""

import math

import pytest
import torch
from torch.nn import functional as F
from unrolled.exercises import transformers as ex


def norm_by_torch(x, gamma, beta):
    return F.layer_norm(x, (x.shape[-1],), gamma, beta)


def norm_in_a_loop(x, gamma, beta):
    y = torch.empty_like(x)
    for b in range(x.shape[0]):
        for t in range(x.shape[1]):
            step = x[b, t]
            y[b, t] = (step - step.mean()) / math.sqrt(step.var(unbiased=False) + 1e-5)
    return gamma * y + beta


def norm_by_moments(x, gamma, beta):
    mean = x.mean(-1, keepdim=True)
    return (x - mean) * torch.rsqrt((x**2).mean(-1, keepdim=True) - mean**2 + 1e-5) * gamma + beta


def block_in_names(x, attend, think, norm_1, norm_2):
    attended = x + attend(norm_1(x))
    thought = attended + think(norm_2(attended))
    return thought


def block_in_a_loop(x, attend, think, norm_1, norm_2):
    for part, norm in ((attend, norm_1), (think, norm_2)):
        x = part(norm(x)) + x
    return x


def blanked_by_where(tokens, blanked, blank):
    return torch.where(blanked, blank, tokens), torch.where(blanked, tokens, -100)


def blanked_by_index(tokens, blanked, blank):
    inputs, targets = tokens.clone(), torch.full_like(tokens, -100)
    inputs[blanked], targets[blanked] = blank, tokens[blanked]
    return inputs, targets


def blanked_in_place(tokens, blanked, blank):
    inputs = tokens
    inputs[blanked] = blank
    return inputs, tokens.masked_fill(~blanked, -100)


def targets_in_place(tokens, blanked, blank):
    targets = tokens
    targets[~blanked] = -100
    return tokens.masked_fill(blanked, blank), targets


def both_in_place(tokens, blanked, blank):
    inputs = targets = tokens
    inputs[blanked], targets[~blanked] = blank, -100
    return inputs, targets


def step_by_torch(q, k, v, past_k, past_v):
    k, v = torch.cat((past_k, k), dim=0), torch.cat((past_v, v), dim=0)
    return F.scaled_dot_product_attention(q[None], k[None], v[None])[0], k, v


def step_in_a_loop(q, k, v, past_k, past_v):
    keys, values = torch.vstack([past_k, k]), torch.vstack([past_v, v])
    e = torch.stack([torch.exp(q[0] @ key / math.sqrt(len(key))) for key in keys])
    return sum(w * value for w, value in zip(e / e.sum(), values, strict=True))[None], keys, values


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ex.layer_norm, norm_by_torch),
        (ex.layer_norm, norm_in_a_loop),
        (ex.layer_norm, norm_by_moments),
        (ex.transformer_block, block_in_names),
        (ex.transformer_block, block_in_a_loop),
        (ex.blank_out, blanked_by_where),
        (ex.blank_out, blanked_by_index),
        (ex.cached_step, step_by_torch),
        (ex.cached_step, step_in_a_loop),
    ],
)
def test_another_way_is_right(exercise, answer):
    assert exercise.judge(answer).outcome == "correct"


@pytest.mark.parametrize(
    ("exercise", "answer", "mistake"),
    [
        (ex.layer_norm, lambda x, g, b: (x - x.mean(-1, True)) / x.var(-1, True, True).sqrt() * g + b, "plain_std"),
        (ex.layer_norm, lambda x, g, b: (x - x.mean(-1, True)) / x.var(-1, False, True).sqrt() * g + b, "no_epsilon"),
        (
            ex.layer_norm,
            lambda x, g, b: (x - x.mean(-1, True)) / (x.var(-1, False, True) ** 0.5 + 1e-5) * g + b,
            "epsilon_outside",
        ),
        (ex.blank_out, lambda t, there, blank: (torch.where(there, blank, t), torch.where(there, -100, t)),
         "the_wrong_targets"),
        (ex.blank_out, blanked_in_place, "targets_are_blank"),
        (ex.blank_out, targets_in_place, "words_overwritten"),
        (ex.blank_out, both_in_place, "one_tensor"),
        (ex.blank_out, lambda t, there, blank: blanked_by_where(t, there, blank)[::-1], "other_order"),
        (ex.blank_out, lambda t, there, blank: (torch.where(there, -100, t), torch.where(there, t, -100)),
         "hundred_in_the_inputs"),
        (ex.cached_step, lambda q, k, v, K, V: ((q @ K.T / q.shape[1] ** 0.5).softmax(-1) @ V, K, V),
         "nothing_appended"),
    ],
)  # fmt: skip
def test_a_mistake_in_other_words_is_named(exercise, answer, mistake):
    assert exercise.judge(answer).mistake == mistake


def test_changing_tokens_itself_is_suspected():
    for answer in (blanked_in_place, targets_in_place):
        assert "Did you change `tokens` itself" in ex.blank_out.judge(answer).message
    assert "one tensor" in ex.blank_out.judge(both_in_place).message


def test_numbers_are_those_of_the_formulas():
    D = 64
    assert ex.block_numbers.reference == 12 * D**2 + 13 * D
    assert 12 * ex.half_attention.reference * D**2 == 2 * ex.half_attention.reference**2 * D
    assert ex.cached_keys.reference == sum(range(10, 60))

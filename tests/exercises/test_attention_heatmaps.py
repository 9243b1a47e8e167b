"""Right answers to 06, written in other ways than the reference."""

import math

import numpy as np
import pytest
import torch
from unrolled.exercises import attention_heatmaps as ex


def sinusoids_in_a_loop(T, D):
    P = torch.empty(T, D)
    for t in range(T):
        for d in range(D):
            angle = t / 10000 ** (d // 2 * 2 / D)
            P[t, d] = math.sin(angle) if d % 2 == 0 else math.cos(angle)
    return P


def sinusoids_by_logarithms(T, D):
    speed = torch.exp(-math.log(10000) * torch.arange(0, D, 2) / D)
    angle = torch.arange(T).unsqueeze(1) * speed
    return torch.stack([angle.sin(), angle.cos()], dim=2).reshape(T, D)


def weights_in_a_loop(q, k):
    rows = []
    for query in q:
        e = torch.stack([torch.exp(query @ key / len(query) ** 0.5) for key in k])
        rows.append(e / e.sum())
    return torch.stack(rows)


def weights_by_einsum(q, k):
    return torch.softmax(torch.einsum("td,sd->ts", q, k) / math.sqrt(k.shape[1]), 1)


def weights_in_numpy(q, k):
    scores = q.numpy() @ k.numpy().T / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def scaled_beforehand(q, k):
    return ((q / q.shape[-1] ** 0.25) @ (k / k.shape[-1] ** 0.25).T).softmax(-1)


def masked_by_where(scores, mask):
    return torch.where(mask, scores, float("-inf")).softmax(dim=1)


def masked_exponentials(scores, mask):
    e = scores.exp() * mask
    return e / e.sum(dim=-1, keepdim=True)


def masked_in_place(scores, mask):
    scores = scores.clone()
    scores[~mask] = -1e9
    return scores.softmax(dim=-1)


def weights_shared_out_again(scores, mask):
    weights = scores.softmax(dim=-1) * mask
    return weights / weights.sum(dim=-1, keepdim=True)


def decoder_mask_in_a_loop(lengths, T):
    return torch.tensor([[[s <= t and s < n for s in range(T)] for t in range(T)] for n in lengths.tolist()])


def decoder_mask_by_tril(lengths, T):
    causal = torch.tril(torch.ones(T, T, dtype=torch.bool))
    return torch.logical_and(causal, torch.arange(T)[None, None] < lengths[:, None, None])


def heads_by_chunks(x, N):
    return torch.stack(x.chunk(N, dim=-1), dim=1)


def heads_in_numpy(x, N):
    return np.stack(np.split(x.numpy(), N, axis=2), axis=1)


def heads_by_unflatten(x, N):
    return x.unflatten(-1, (N, -1)).movedim(2, 1)


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ex.sinusoids, sinusoids_in_a_loop),
        (ex.sinusoids, sinusoids_by_logarithms),
        (ex.attention_weights, weights_in_a_loop),
        (ex.attention_weights, weights_by_einsum),
        (ex.attention_weights, weights_in_numpy),
        (ex.attention_weights, scaled_beforehand),
        (ex.masked_weights, masked_by_where),
        (ex.masked_weights, masked_exponentials),
        (ex.masked_weights, masked_in_place),
        (ex.masked_weights, weights_shared_out_again),
        (ex.decoder_mask, decoder_mask_in_a_loop),
        (ex.decoder_mask, decoder_mask_by_tril),
        (ex.split_heads, heads_by_chunks),
        (ex.split_heads, heads_in_numpy),
        (ex.split_heads, heads_by_unflatten),
    ],
)
def test_a_right_answer_passes_however_it_is_written(exercise, answer):
    verdict = exercise.judge(answer)
    assert verdict.outcome == "correct", verdict.message


@pytest.mark.parametrize("low", [-10.0, -15.0, -20.0, -30.0, -40.0])
def test_a_blocked_score_that_is_merely_low_is_named(low):
    verdict = ex.masked_weights.judge(lambda scores, mask: scores.masked_fill(~mask, low).softmax(dim=-1))
    assert verdict.mistake == "not_low_enough", verdict.message


def test_zero_in_place_of_minus_infinity_is_named_as_a_score():
    verdict = ex.masked_weights.judge(lambda scores, mask: scores.masked_fill(~mask, 0.0).softmax(dim=-1))
    assert verdict.mistake == "multiplied_before"
    assert verdict.message.count("A blocked cell has score 0 here") == 1


def test_blocking_queries_besides_keys_is_named():
    def both(lengths, T):
        real = torch.arange(T) < lengths[:, None]
        return torch.ones(T, T, dtype=torch.bool).tril() & real[:, None, :] & real[:, :, None]

    assert ex.decoder_mask.judge(both).mistake == "padded_queries"

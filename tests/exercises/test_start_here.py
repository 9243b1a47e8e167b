"""Answers to 00 as a beginner writes them."""

import torch
from unrolled.exercises import start_here as ex


def looped(x):
    m, means = torch.tensor(0.0), []
    for t, x_t in enumerate(x, start=1):
        m = m + (x_t - m) / t
        means.append(m)
    return means


def test_the_loop_of_the_page_with_a_stack_is_right():
    assert ex.running_mean.judge(lambda x: torch.stack(looped(x))).outcome == "correct"


def test_a_loop_that_gives_back_its_last_mean_is_told_to_keep_each():
    verdict = ex.running_mean.judge(lambda x: looped(x)[-1])
    assert (verdict.outcome, verdict.mistake) == ("not yet", "last_alone")
    assert "Keep the mean of every step" in verdict.message


def test_a_slice_that_ends_before_its_own_step_is_named():
    verdict = ex.running_mean.judge(lambda x: torch.stack([x[:t].mean() for t in range(len(x))]))
    assert verdict.mistake == "slice_too_short"

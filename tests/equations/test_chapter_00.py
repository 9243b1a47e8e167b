"""The equations of 00, start here."""

import torch
from unrolled import exercises


def series():
    return torch.randn(7, dtype=torch.float64) + 1


def test_eq_0_1_the_mean_of_what_was_seen_so_far(equation):
    x = series()
    equation(
        formula=torch.stack([sum(x[k] for k in range(t)) / t for t in range(1, 8)]),
        library=exercises.get("running_mean").reference(x),
        altered={
            "a sum": torch.stack([x[:t].sum() for t in range(1, 8)]),
            "divided by T": torch.stack([x[:t].sum() / 7 for t in range(1, 8)]),
            "one late": torch.stack([x[: t - 1].sum() / t for t in range(1, 8)]),
        },
    )


def carried(x, share):
    """The mean carried along: the step from m_{t-1} to m_t moves it by `share(t)` of the distance."""
    m, means = torch.tensor(0.0, dtype=torch.float64), []
    for t, x_t in enumerate(x, start=1):
        m = m + (x_t - m) * share(t)
        means.append(m)
    return torch.stack(means)


def test_eq_0_2_the_mean_so_far_is_memory_enough(equation):
    x = series()
    equation(
        formula=carried(x, lambda t: 1 / t),
        library=exercises.get("running_mean").reference(x),
        altered={
            "divided by t + 1": carried(x, lambda t: 1 / (t + 1)),
            "a fixed share": carried(x, lambda t: 0.5),
        },
    )

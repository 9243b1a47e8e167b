"""The equations of 03, vanishing gradients, each written out by itself and held against the library."""

import math

import pytest
import torch
from torch import nn
from unrolled.gradients import (
    angle,
    clip_by_norm,
    clip_by_value,
    gradient_flow,
    jacobian_product,
    jacobians,
    singular_values,
    spectral_radius,
)
from unrolled.layers import LSTM, RNN
from unrolled.models.initialisation import identity_recurrence_


def network(nonlinearity: str = "tanh", steps: int = 6) -> tuple[RNN, torch.Tensor]:
    """One sequence of 3 features, 4 units, float64."""
    return RNN(3, 4, nonlinearity).double(), torch.randn(1, steps, 3).double()


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def test_eq_3_1_one_number_multiplied_again_and_again(equation):
    w, t, k = 0.9, 7, 2
    unit = RNN(1, 1, "relu").double()
    for name, value in {"W_xh": 1.0, "W_hh": w, "b_xh": 0.0, "b_hh": 0.0}.items():
        getattr(unit.cell, name).data.fill_(value)
    x = torch.rand(1, 10, 1).double() + 0.1  # above 0, so that the ReLU passes everything
    product = jacobian_product(jacobians(unit.cell, unit(x)), k, t)
    equation(
        formula=number(w).pow(t - k).view(1, 1, 1),
        library=product,
        altered={
            "times instead of to the power": number(w * (t - k)).view(1, 1, 1),
            "one step more": number(w ** (t - k + 1)).view(1, 1, 1),
            "subtracted": number(1 - (1 - w) * (t - k)).view(1, 1, 1),
        },
    )


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_eq_3_2_the_jacobian_of_one_step(equation, nonlinearity):
    rnn, x = network(nonlinearity)
    trace, W = rnn(x), rnn.cell.W_hh
    slope = 1 / trace.a.cosh() ** 2 if nonlinearity == "tanh" else (trace.a > 0).double()
    equation(
        formula=torch.stack([W @ torch.diag(s) for s in slope[0]])[None],
        library=jacobians(rnn.cell, trace),
        altered={
            "the slopes on the left": torch.stack([torch.diag(s) @ W for s in slope[0]])[None],
            "turned over": torch.stack([(W @ torch.diag(s)).T for s in slope[0]])[None],
            "no slopes": W.expand(1, 6, 4, 4),
            "another step's slopes": torch.stack([W @ torch.diag(s) for s in slope[0].roll(1, 0)])[None],
        },
    )


def test_eq_3_3_the_product_along_the_way_is_what_autograd_finds(equation):
    rnn, x = network()
    trace, W = rnn(x), rnn.cell.W_hh
    J = [W @ torch.diag(1 / a.cosh() ** 2) for a in trace.a[0]]
    k, t = 1, 4
    product = jacobian_product(jacobians(rnn.cell, trace), k, t)
    equation(
        formula=(J[2] @ J[3] @ J[4])[None],
        library=product,
        altered={
            "from the last to the first": (J[4] @ J[3] @ J[2])[None],
            "one too many": (J[1] @ J[2] @ J[3] @ J[4])[None],
            "one too few": (J[3] @ J[4])[None],
            "number by number": (J[2] * J[3] * J[4])[None],
        },
    )
    start = trace.h[0, k].detach()

    def state_after(h):
        return rnn(x[:, k + 1 : t + 1], h[None]).h[0, -1]

    torch.testing.assert_close(product[0], torch.autograd.functional.jacobian(state_after, start).T)


def test_eq_3_4_the_spectral_radius(equation):
    a, b, c, d = (value.item() for value in torch.randn(4).double())
    roots = [((a + d) + sign * complex((a - d) ** 2 + 4 * b * c) ** 0.5) / 2 for sign in (1, -1)]
    equation(
        formula=number(max(abs(root) for root in roots)),
        library=number(spectral_radius(torch.tensor([[a, b], [c, d]], dtype=torch.float64))),
        altered={
            "the trace": number(abs(a + d)),
            "the largest entry": number(max(map(abs, (a, b, c, d)))),
            "the smallest": number(min(abs(root) for root in roots)),
        },
    )


def test_eq_3_5_the_most_that_one_step_can_stretch(equation):
    W = torch.randn(2, 2).double()
    turn = torch.linspace(0, math.pi, 2_000_001, dtype=torch.float64)
    v = torch.stack([turn.cos(), turn.sin()], dim=1)  # vectors of length 1, in every direction
    equation(
        formula=(v @ W).norm(dim=1).max(),
        library=singular_values(W)[0],
        altered={
            "the least": (v @ W).norm(dim=1).min(),
            "the mean": (v @ W).norm(dim=1).mean(),
            "the spectral radius": number(spectral_radius(W)),
        },
    )


def gradients() -> list[torch.Tensor]:
    return [torch.randn(3, 4).double(), 0.3 * torch.randn(4).double()]


def joined(tensors: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def test_eq_3_6_clipping_by_norm(equation):
    g, m, epsilon = gradients(), 1.5, 1e-6
    whole = joined(g)
    length = whole.square().sum().sqrt()
    equation(
        formula=whole * min(1.0, m / (length + epsilon)),
        library=joined(clip_by_norm(g, m).gradients),
        altered={
            "every tensor by itself": joined([t * min(1.0, m / t.norm()) for t in g]),
            "the square of the length": whole * min(1.0, m / length**2),
            "to length 1": whole / length,
            "by value": whole.clamp(-m, m),
        },
    )
    short = clip_by_norm([t / 100 for t in g], m).gradients
    assert joined(short).equal(joined([t / 100 for t in g]))  # min(1, …): what is short stays


def test_eq_3_7_clipping_by_value(equation):
    g, m = gradients(), 0.4
    whole = joined(g)
    equation(
        formula=torch.tensor([min(max(each, -m), m) for each in whole.tolist()], dtype=torch.float64),
        library=joined(clip_by_value(g, m)),
        altered={
            "from above alone": whole.clamp(max=m),
            "by norm": whole * (m / whole.norm()),
            "the sign": m * whole.sign(),
        },
    )


def test_eq_3_8_the_angle_between_two_gradients(equation):
    u, v = torch.randn(2, 9).double()
    cosine = (u * v).sum() / (u.norm() * v.norm())
    equation(
        formula=torch.rad2deg(torch.arccos(cosine)),
        library=number(angle([u[:4], u[4:]], [v[:4], v[4:]])),
        altered={
            "not divided by the lengths": (u * v).sum(),
            "the cosine itself": cosine,
            "in radians": torch.arccos(cosine),
        },
    )


def test_eq_3_9_the_identity_start(equation):
    s, steps = 0.8, 5
    rnn = identity_recurrence_(RNN(3, 4, "relu").double(), scale=s)
    x = torch.zeros(1, steps + 1, 3).double()
    x[:, 0] = 1.0
    nn.init.constant_(rnn.cell.W_xh, 0.5)  # so that every unit is on
    eye = torch.eye(4, dtype=torch.float64)
    equation(
        formula=torch.linalg.matrix_power(s * eye, steps)[None],
        library=jacobian_product(jacobians(rnn.cell, rnn(x)), 0, steps),
        altered={"no scale": eye[None], "one step fewer": s ** (steps - 1) * eye[None], "zeros": 0 * eye[None]},
    )
    assert not any(bias.any() for bias in (rnn.cell.b_xh, rnn.cell.b_hh))


def test_eq_3_10_the_way_through_c_is_a_product_of_forget_gates(equation):
    lstm, x = LSTM(3, 4).double(), torch.randn(1, 6, 3).double()
    nn.init.zeros_(lstm.cell.W_hh)  # then the gates do not depend on the state, and the way through c is the only one
    k, t = 1, 4
    flow = gradient_flow(lstm, x, lambda trace: trace.c[0, t].sum())
    f, i = lstm(x).f[0], lstm(x).i[0]
    equation(
        formula=f[2] * f[3] * f[4],
        library=flow.grad_c[0, k],
        altered={
            "one gate too many": f[1] * f[2] * f[3] * f[4],
            "one gate too few": f[3] * f[4],
            "added": f[2] + f[3] + f[4],
            "the input gates": i[2] * i[3] * i[4],
        },
    )

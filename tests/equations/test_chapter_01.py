"""The equations of 01, recurrence, each written out by itself and held against the library."""

import torch
from torch import nn
from unrolled.layers import RNN
from unrolled.models.forecaster import Forecaster, without_memory


def small_network() -> tuple[Forecaster, torch.Tensor, dict[str, torch.Tensor]]:
    model = Forecaster(RNN(3, 4), 2).double()
    weights = dict(model.recurrent.cell.named_parameters()) | {"W_hy": model.W_hy, "b_y": model.b_y}
    return model, torch.randn(2, 5, 3).double(), weights


def test_eq_1_1_a_network_for_every_step_alone(equation):
    model, x, w = small_network()
    without_memory(model.recurrent)
    hidden = torch.tanh(x @ w["W_xh"] + w["b_xh"] + w["b_hh"])
    equation(
        formula=hidden @ w["W_hy"] + w["b_y"],
        library=model(x).y,
        altered={
            "no tanh": (x @ w["W_xh"] + w["b_xh"] + w["b_hh"]) @ w["W_hy"] + w["b_y"],
            "no b_hh": torch.tanh(x @ w["W_xh"] + w["b_xh"]) @ w["W_hy"] + w["b_y"],
            "no b_y": hidden @ w["W_hy"],
            "another step's input": hidden.roll(1, dims=1) @ w["W_hy"] + w["b_y"],
        },
    )


def test_eq_1_2_what_comes_in_and_what_is_remembered(equation):
    model, x, w = small_network()
    trace = model(x).trace
    previous = torch.cat([torch.zeros(2, 1, 4).double(), trace.h[:, :-1]], dim=1)  # h_{t−1}, zero at first
    equation(
        formula=x @ w["W_xh"] + w["b_xh"] + previous @ w["W_hh"] + w["b_hh"],
        library=trace.a,
        altered={
            "no memory": x @ w["W_xh"] + w["b_xh"] + w["b_hh"],
            "the state of now": x @ w["W_xh"] + w["b_xh"] + trace.h @ w["W_hh"] + w["b_hh"],
            "W_hh turned over": x @ w["W_xh"] + w["b_xh"] + previous @ w["W_hh"].T + w["b_hh"],
            "no b_xh": x @ w["W_xh"] + previous @ w["W_hh"] + w["b_hh"],
            "no b_hh": x @ w["W_xh"] + w["b_xh"] + previous @ w["W_hh"],
        },
    )


def test_eq_1_3_the_new_state_is_squashed(equation):
    model, x, _ = small_network()
    trace = model(x).trace
    e = torch.exp(2 * trace.a)
    equation(
        formula=(e - 1) / (e + 1),
        library=trace.h,
        altered={"not squashed": trace.a, "a sigmoid": trace.a.sigmoid(), "half the slope": (trace.a / 2).tanh()},
    )


def test_eq_1_4_the_output_is_read_from_the_new_state(equation):
    model, x, w = small_network()
    answer = model(x)
    h = answer.trace.h
    equation(
        formula=h @ w["W_hy"] + w["b_y"],
        library=answer.y,
        altered={
            "the old state": h.roll(1, dims=1) @ w["W_hy"] + w["b_y"],
            "no b_y": h @ w["W_hy"],
            "squashed again": (h @ w["W_hy"] + w["b_y"]).tanh(),
        },
    )


def test_eq_1_5_the_loss_is_the_sum_over_all_steps(equation):
    model, x, _ = small_network()
    logits, targets = model(x[:1]).y[0], torch.tensor([0, 1, 1, 0, 1])
    steps = [-logits[t].log_softmax(dim=-1)[targets[t]] for t in range(5)]
    equation(
        formula=sum(steps),
        library=nn.functional.cross_entropy(logits, targets, reduction="sum"),
        altered={"the last step alone": steps[-1], "the mean": sum(steps) / 5, "one step left out": sum(steps[1:])},
    )


def numbers_learned(module: nn.Module) -> torch.Tensor:
    return torch.tensor(sum(p.numel() for p in module.parameters()), dtype=torch.float64)


def test_eq_1_6_numbers_learned_by_a_recurrent_layer(equation):
    D, H = 3, 5
    equation(
        formula=torch.tensor(D * H + H**2 + 2 * H, dtype=torch.float64),
        library=numbers_learned(RNN(D, H)),
        altered={"one bias": torch.tensor(D * H + H**2 + H), "no recurrence": torch.tensor(D * H + 2 * H)},
    )


def test_eq_1_7_numbers_learned_by_a_wide_layer(equation):
    T, D, H = 7, 3, 5
    equation(
        formula=torch.tensor(T * D * H + H, dtype=torch.float64),
        library=numbers_learned(nn.Linear(T * D, H)),
        altered={"one step": torch.tensor(D * H + H), "two biases": torch.tensor(T * D * H + 2 * H)},
    )

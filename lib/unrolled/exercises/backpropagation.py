"""Exercises of 02, backpropagation through time."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number, Order, sized

NOTEBOOK = "02_backpropagation_through_time"


def step_backward_reference(grad_h, x, h_before, h, W_hh):
    """∂L/∂h (B, H), x (B, D) -> gradients of h_before (B, H), W_xh (D, H), W_hh (H, H)."""
    grad_a = grad_h * (1 - h * h)
    return grad_a @ W_hh.T, x.T @ grad_a, h_before.T @ grad_a


def backward_with(grad_a: Tensor, x: Tensor, h_before: Tensor, W_hh: Tensor) -> tuple:
    return grad_a @ W_hh.T, x.T @ grad_a, h_before.T @ grad_a


def step_inputs(draw, B: int, D: int, H: int) -> tuple[Tensor, ...]:
    return draw(B, H), draw(B, D), torch.tanh(draw(B, H)), torch.tanh(draw(B, H)), draw(H, H)


step_backward = Function(
    id="step_backward",
    notebook=NOTEBOOK,
    minutes=5,
    reference=step_backward_reference,
    cases=sized(step_inputs, {"B": 2, "D": 3, "H": 4}, {"B": 3, "D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "no_slope",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h, x, h_before, W_hh),
            "The tanh is passed as if it were not there. Equation 2.1 multiplies by its slope, 1 − h².",
        ),
        Mistake(
            "slope_not_squared",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h * (1 - h), x, h_before, W_hh),
            "The slope of tanh is 1 − h², with the square; 1 − h would be larger than 1 for a negative h.",
        ),
        Mistake(
            "slope_of_the_step_before",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h * (1 - h_before**2), x, h_before, W_hh),
            "This is the slope at the state before. The tanh that is passed here made h, so its slope is 1 − h².",
        ),
        Mistake(
            "not_transposed",
            lambda grad_h, x, h_before, h, W_hh: (
                grad_h * (1 - h * h) @ W_hh,
                *backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[1:],
            ),
            "Blame goes through W_hh the other way: back is @ W_hh.T. Without it each unit blames those it feeds.",
        ),
        Mistake(
            "turned_over",
            lambda grad_h, x, h_before, h, W_hh: (
                grad_h * (1 - h * h) @ W_hh.T,
                (grad_h * (1 - h * h)).T @ x,
                (grad_h * (1 - h * h)).T @ h_before,
            ),
            "The gradients of the weights are turned over. Row i, column j belongs to the wire from i to j: "
            "what came in, transposed, stands on the left.",
        ),
        Mistake(
            "new_state",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h * (1 - h * h), x, h, W_hh),
            "W_hh was multiplied by the state before, so the gradient of W_hh holds h_before, not h.",
        ),
        Mistake(
            "elementwise",
            lambda grad_h, x, h_before, h, W_hh: (
                grad_h * (1 - h * h) * W_hh.T,
                *backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[1:],
            ),
            "* multiplies number by number. Blame goes back through a matrix product: grad_a @ W_hh.T.",
        ),
        Mistake(
            "mean_over_batch",
            lambda grad_h, x, h_before, h, W_hh: (
                grad_h * (1 - h * h) @ W_hh.T,
                *(grad / len(x) for grad in backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[1:]),
            ),
            "You took the mean over the batch. The loss is a sum here, and so is its gradient.",
        ),
        Mistake(
            "mean_of_all_three",
            lambda grad_h, x, h_before, h, W_hh: tuple(
                grad / len(x) for grad in backward_with(grad_h * (1 - h * h), x, h_before, W_hh)
            ),
            "All three were divided by the size of the batch. Its shares are added, not averaged.",
        ),
        Mistake(
            "squashed_twice",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h * (1 - h.tanh() ** 2), x, h_before, W_hh),
            "The tanh was taken of h, which is a tanh already. The slope is 1 − tanh²(a), and tanh(a) is h.",
        ),
        Mistake(
            "weights_exchanged",
            lambda grad_h, x, h_before, h, W_hh: [
                backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[n] for n in (0, 2, 1)
            ],
            "All three are right, in another order: W_xh, the one with x in it, comes before W_hh.",
        ),
        Mistake(
            "state_last",
            lambda grad_h, x, h_before, h, W_hh: [
                backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[n] for n in (1, 2, 0)
            ],
            "All three are right, in another order: the state before comes first, then W_xh, then W_hh.",
        ),
        Mistake(
            "back_to_front",
            lambda grad_h, x, h_before, h, W_hh: backward_with(grad_h * (1 - h * h), x, h_before, W_hh)[::-1],
            "All three are right, from back to front: begin with the state before, and end with W_hh.",
        ),
    ],
    hints=[
        "Write grad_a first, equation 2.1. All three answers begin with it.",
        "The shapes leave little choice: (B, H) and (H, H) to (B, H); (B, D) and (B, H) to (D, H).",
    ],
    why="One step back. The rest of the chapter is calling it again, from the last step to the first.",
)

shared_gradient = Number(
    id="shared_gradient",
    notebook=NOTEBOOK,
    minutes=3,
    reference=3,
    tolerance=0.01,
    mistakes=[
        Mistake("last_use", -3, "That is the last use of W_hh alone. The same weight was used at step 2 as well."),
        Mistake("last_loss", -5, "That is L₃ alone, with both uses of the weight. L₂ has its say too."),
        Mistake("own_step_only", 5, "Each loss went to its own step alone. L₃ also reaches the use of W_hh at step 2."),
        Mistake("second_step", 6, "That is the use at step 2, with the blame of both losses. Step 3 is missing."),
        Mistake("sign_lost", 13, "The shares are right, their signs are lost: 8, −2 and −3."),
        Mistake("one_loss", 8, "That is what L₂ adds at its own step. L₃ sends something as well."),
    ],
    hints=[
        "First the blame that arrives at h₂: 2 of its own, and from L₃ half of −1.",
        "Then each use of W_hh: (blame at the step) × (state before it). Before h₁ the state is 0.",
    ],
    why="8 from L₂, −3 and −2 from L₃. The last step alone, −3, has the wrong sign.",
)

sensitivity = Number(
    id="sensitivity",
    notebook=NOTEBOOK,
    minutes=2,
    reference=5,
    tolerance=0.01,
    mistakes=[
        Mistake("direct_only", 3, "That is h₂, the direct path alone. W_hh also made h₂, and h₂ is part of h₃."),
        Mistake("indirect_only", 2, "That is the indirect path alone, through h₂. W_hh is used at step 3 itself too."),
        Mistake("no_factor", 7, "3 + 4: the change in h₂ passes the weight on its way to h₃, so it counts half."),
        Mistake("step_before", 4, "That is the derivative of h₂."),
    ],
    hints=["h₃ = x₃ + W_hh h₂, and h₂ depends on W_hh itself: a product.", "The derivative of h₂ is h₁ = 4."],
    why="3 directly, and ½ of 4 through h₂.",
)


def through_time_reference(grad_h, h, h0, W_hh):
    """Own ∂L_t/∂h_t (B, T, H), states (B, T, H), h0 (B, H) -> gradient of W_hh (H, H)."""
    grad_W, blame = torch.zeros_like(W_hh), torch.zeros_like(h0)
    for t in reversed(range(h.shape[1])):
        grad_a = (grad_h[:, t] + blame) * (1 - h[:, t] ** 2)
        h_before = h[:, t - 1] if t else h0
        grad_W = grad_W + h_before.T @ grad_a
        blame = grad_a @ W_hh.T
    return grad_W


def through_time(grad_h, h, h0, W_hh, *, slope=lambda h: 1 - h * h, carry=1.0, turn=lambda W: W.T, before=None):
    """The same, with its parts to be replaced."""
    before = torch.cat([h0[:, None], h[:, :-1]], dim=1) if before is None else before
    grad_W, blame = torch.zeros_like(W_hh), torch.zeros_like(h0)
    for t in reversed(range(h.shape[1])):
        grad_a = (grad_h[:, t] + carry * blame) * slope(h[:, t])
        grad_W = grad_W + before[:, t].T @ grad_a
        blame = grad_a @ turn(W_hh)
    return grad_W


def last_use_only(grad_h, h, h0, W_hh):
    return h[:, -2].T @ (grad_h[:, -1] * (1 - h[:, -1] ** 2))


def share_of_step_1(grad_h, h, h0, W_hh):
    blame = torch.zeros_like(h0)
    for t in reversed(range(h.shape[1])):
        grad_a = (grad_h[:, t] + blame) * (1 - h[:, t] ** 2)
        blame = grad_a @ W_hh.T
    return h0.T @ grad_a


def slope_not_handed_on(grad_h, h, h0, W_hh):
    grad_W, blame = torch.zeros_like(W_hh), torch.zeros_like(h0)
    before = torch.cat([h0[:, None], h[:, :-1]], dim=1)
    for t in reversed(range(h.shape[1])):
        blame = grad_h[:, t] + blame
        grad_W = grad_W + before[:, t].T @ (blame * (1 - h[:, t] ** 2))
        blame = blame @ W_hh.T
    return grad_W


def carried_past_the_slope(grad_h, h, h0, W_hh):
    grad_W, blame = torch.zeros_like(W_hh), torch.zeros_like(h0)
    before = torch.cat([h0[:, None], h[:, :-1]], dim=1)
    for t in reversed(range(h.shape[1])):
        grad_a = grad_h[:, t] * (1 - h[:, t] ** 2) + blame
        grad_W, blame = grad_W + before[:, t].T @ grad_a, grad_a @ W_hh.T
    return grad_W


def last_loss_only(grad_h, h, h0, W_hh):
    last = torch.zeros_like(grad_h)
    last[:, -1] = grad_h[:, -1]
    return through_time(last, h, h0, W_hh)


def no_own_loss_on_the_way(grad_h, h, h0, W_hh):
    grad_W, blame = torch.zeros_like(W_hh), grad_h.sum(1)
    before = torch.cat([h0[:, None], h[:, :-1]], dim=1)
    for t in reversed(range(h.shape[1])):
        grad_a = blame * (1 - h[:, t] ** 2)
        grad_W, blame = grad_W + before[:, t].T @ grad_a, grad_a @ W_hh.T
    return grad_W


def forwards(grad_h, h, h0, W_hh):
    before = torch.cat([h0[:, None], h[:, :-1]], dim=1)
    return through_time(grad_h.flip(1), h.flip(1), h0, W_hh, before=before.flip(1))


def time_inputs(draw, B: int, T: int, H: int) -> tuple[Tensor, ...]:
    return draw(B, T, H), torch.tanh(draw(B, T, H)), torch.tanh(draw(B, H)), draw(H, H)


backward_through_time = Function(
    id="backward_through_time",
    notebook=NOTEBOOK,
    minutes=8,
    reference=through_time_reference,
    cases=sized(time_inputs, {"B": 2, "T": 5, "H": 3}, {"B": 3, "T": 3, "H": 3}),
    mistakes=[
        Mistake(
            "last_use_only",
            last_use_only,
            "This is the last step alone. The same W_hh was used at every step, and every use has its share: a sum.",
        ),
        Mistake(
            "own_step_only",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, carry=0.0),
            "Each loss blames the use of W_hh at its own step, with h_{t−1} taken as given. But h_{t−1} was made with "
            "W_hh too: carry the blame on to the steps before.",
        ),
        Mistake("last_loss_only", last_loss_only, "Only the loss of the last step goes back. At every step one joins."),
        Mistake(
            "all_from_the_end",
            no_own_loss_on_the_way,
            "All losses start from the last step. Each has to join at its own step, and blames none that comes later.",
        ),
        Mistake(
            "no_slope",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, slope=torch.ones_like),
            "The slope of the tanh, 1 − h², is missing at every step.",
        ),
        Mistake(
            "not_transposed",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, turn=lambda W: W),
            "On the way back W_hh is turned over: @ W_hh.T.",
        ),
        Mistake(
            "mean_over_time",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh) / h.shape[1],
            "You took the mean over time. The loss is the sum of all L_t, and the gradient a sum of all shares.",
        ),
        Mistake(
            "state_of_now",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, before=h),
            "W_hh is multiplied by the state before, h_{t−1}; at the first step that is h0.",
        ),
        Mistake(
            "h0_forgotten",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, torch.zeros_like(h0), W_hh),
            "At the first step the state before is h0, and it is not zero here.",
        ),
        Mistake(
            "wrapped_round",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, before=h.roll(1, dims=1)),
            "For t = 0, h[:, t - 1] is h[:, -1], the last state: Python counts from the end. The state before is h0.",
        ),
        Mistake(
            "batch_for_time",
            lambda grad_h, h, h0, W_hh: through_time(grad_h[:, : len(h)], h[:, : len(h)], h0, W_hh),
            "The loop runs over len(h), the size of the batch. The number of steps is h.shape[1].",
        ),
        Mistake(
            "forwards",
            forwards,
            "The loop runs from the first step to the last. Blame travels back: reversed(range(T)).",
        ),
        Mistake(
            "overwritten",
            share_of_step_1,
            "Each step's share replaces the one before, and that of step 1 is left. Add it to the gradient: +=.",
        ),
        Mistake(
            "slope_not_handed_on",
            slope_not_handed_on,
            "The shares pass the tanh, the blame handed on does not. To the state before goes grad_a @ W_hh.T, "
            "with the slope in it.",
        ),
        Mistake(
            "carried_past_the_slope",
            carried_past_the_slope,
            "What comes back from later steps belongs to h: add it before the slope, not after.",
        ),
        Mistake(
            "slope_not_squared",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, slope=lambda h: 1 - h),
            "The slope of tanh is 1 − h², with the square, at every step.",
        ),
        Mistake(
            "squashed_twice",
            lambda grad_h, h, h0, W_hh: through_time(grad_h, h, h0, W_hh, slope=lambda h: 1 - h.tanh() ** 2),
            "The tanh was taken of h, which is a tanh already. The slope is 1 − h².",
        ),
    ],
    hints=[
        "Walk t from T − 1 down to 0 and carry one thing: the blame that later losses send to h_t.",
        "In a step: add grad_h[:, t], times the slope, add a share to the gradient, then @ W_hh.T.",
        "The state before step t is h[:, t - 1], and h0 for t = 0 (h[:, -1] would be the last one).",
    ],
    why="Backpropagation through time, whole. The library's rnn_bptt keeps the losses apart as well.",
)


def nudge_reference(f, W, i, j, epsilon):
    """f takes a matrix like W to a number -> ∂f/∂W[i, j] by central differences."""
    up, down = W.clone(), W.clone()
    up[i, j] += epsilon
    down[i, j] -= epsilon
    return (f(up) - f(down)) / (2 * epsilon)


def moved(W: Tensor, i: int, j: int, change: float) -> Tensor:
    W = W.clone()
    W[i, j] += change
    return W


def nudge_without_a_copy(f, W, i, j, epsilon):
    up, down = W, W
    up[i, j] += epsilon
    down[i, j] -= epsilon
    return (f(up) - f(down)) / (2 * epsilon)


def nudge_inputs(draw, D: int, H: int) -> tuple:
    x = draw(2, D).double()
    return lambda W: torch.tanh(x @ W).square().sum() + 1, draw(D, H).double(), 1, 2, 0.1


nudge = Function(
    id="nudge",
    notebook=NOTEBOOK,
    minutes=4,
    reference=nudge_reference,
    cases=sized(nudge_inputs, {"D": 4, "H": 3}, {"D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "one_sided",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, epsilon)) - f(W)) / epsilon,
            "That is a step to one side. It is off by about ε; to both sides, by about ε².",
        ),
        Mistake(
            "backward_difference",
            lambda f, W, i, j, epsilon: (f(W) - f(moved(W, i, j, -epsilon))) / epsilon,
            "That is a step down alone, off by about ε. Begin with f at +ε, not with f at W itself, and divide by 2ε.",
        ),
        Mistake(
            "own_epsilon",
            lambda f, W, i, j, epsilon: nudge_reference(f, W, i, j, 1e-5),
            "This is nearly the slope itself (a smaller step of your own, or autograd). The step comes as epsilon, and "
            "here it is large enough for the bend to show.",
        ),
        Mistake(
            "precedence",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, epsilon)) - f(moved(W, i, j, -epsilon))) / 2 * epsilon,
            "/ 2 * epsilon divides by 2 and then multiplies by ε. Put the way in brackets: / (2 * epsilon).",
        ),
        Mistake(
            "no_clone",
            nudge_without_a_copy,
            "The difference is 0: nothing was moved, or both changes fell on one matrix (up = W makes no copy, only a "
            "second name: take W.clone() twice).",
        ),
        Mistake(
            "one_name",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, epsilon)) - f(W)) / (2 * epsilon),
            "The second f is that of W itself, and half the way is missing. With V = W the step down only undoes the "
            "step up: take W.clone() twice, or step down by 2ε.",
        ),
        Mistake(
            "halved_then_doubled",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, epsilon)) - f(moved(W, i, j, -epsilon))) / epsilon * 2,
            "Python divides first and multiplies by 2 afterwards. With brackets: / (2 * epsilon).",
        ),
        Mistake(
            "one_epsilon",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, epsilon)) - f(moved(W, i, j, -epsilon))) / epsilon,
            "From −ε to +ε is a way of 2ε: the result is twice too large.",
        ),
        Mistake(
            "not_divided",
            lambda f, W, i, j, epsilon: f(moved(W, i, j, epsilon)) - f(moved(W, i, j, -epsilon)),
            "That is the change of f. A slope is the change divided by the way, 2ε.",
        ),
        Mistake(
            "turned_round",
            lambda f, W, i, j, epsilon: (f(moved(W, i, j, -epsilon)) - f(moved(W, i, j, epsilon))) / (2 * epsilon),
            "The sign is turned round: f at +ε minus f at −ε.",
        ),
        Mistake(
            "all_moved",
            lambda f, W, i, j, epsilon: (f(W + epsilon) - f(W - epsilon)) / (2 * epsilon),
            "All entries of W move at once. Move W[i, j] alone, on a copy.",
        ),
        Mistake(
            "row_for_column",
            lambda f, W, i, j, epsilon: nudge_reference(f, W, j, i, epsilon),
            "Row and column are swapped: W[i, j] is in row i.",
        ),
    ],
    hints=["Make two copies of W with .clone(), and change one entry in each.", "Divide by 2 * epsilon."],
    why="Slow, two runs for every weight, but it needs no calculus: a good witness against a clever formula.",
)


def truncated_states_reference(x, W_xh, W_hh, window):
    """x (B, T, D) -> states (B, T, H) from zero, no blame crossing between windows."""
    states, h = [], x.new_zeros(len(x), len(W_hh))
    for t in range(x.shape[1]):
        if t % window == 0:
            h = h.detach()
        h = torch.tanh(x[:, t] @ W_xh + h @ W_hh)
        states.append(h)
    return torch.stack(states, dim=1)


def states_with(x, W_xh, W_hh, *, hand_on=lambda t, h: h, keep=lambda h: h):
    """The same with what happens to the state before step t, and to what is kept, to be replaced."""
    states, h = [], x.new_zeros(len(x), len(W_hh))
    for t in range(x.shape[1]):
        h = torch.tanh(x[:, t] @ W_xh + hand_on(t, h) @ W_hh)
        states.append(keep(h))
    return torch.stack(states, dim=1)


def cut_before_keeping(x, W_xh, W_hh, window, *, after):
    """The new state is detached at once, before it is kept: after the last step of a window, or after its first."""
    states, h = [], x.new_zeros(len(x), len(W_hh))
    for t in range(x.shape[1]):
        h = torch.tanh(x[:, t] @ W_xh + h @ W_hh)
        if t % window == after:
            h = h.detach()
        states.append(h)
    return torch.stack(states, dim=1)


def window_inputs(draw, B: int, T: int, D: int, H: int, window: int) -> tuple:
    return draw(B, T, D), draw(D, H), draw(H, H), window


small_step = Number(
    id="small_step",
    notebook=NOTEBOOK,
    minutes=1,
    reference=5,
    mistakes=[
        Mistake("smallest", 13, "The formula likes it, the machine does not: of 16 digits hardly any are left."),
        Mistake("machine_precision", 16, "A step of 1e-16 is lost when it is added to a weight near 1."),
        Mistake("one_sided", 8, "That is best for a step to one side only, whose error falls more slowly."),
        Mistake("largest", 1, "With steps as large as 0.1 the bend of the function shows."),
        Mistake("minus", -5, "The minus is in 10⁻ⁿ already: write n without it."),
        *(Mistake(f"epsilon_{n}", 10.0**-n, f"Write n, not ε: for this ε it is {n}.") for n in range(1, 14)),
    ],
    hints=["Two errors add up: one falls with ε², the other grows with 1/ε.", "Rounding leaves about 16 digits."],
    why="Near 1e-5, where the two errors are equal.",
)

truncated_states = Function(
    id="truncated_states",
    notebook=NOTEBOOK,
    minutes=5,
    reference=truncated_states_reference,
    gradients=True,
    seconds=3,  # an endless loop keeps every state
    cases=sized(
        window_inputs,
        {"B": 3, "T": 7, "D": 4, "H": 5, "window": 2},
        {"B": 3, "T": 6, "D": 3, "H": 3, "window": 3},
    ),
    mistakes=[
        Mistake(
            "every_step",
            lambda x, W_xh, W_hh, window: states_with(x, W_xh, W_hh, hand_on=lambda t, h: h.detach()),
            "The state is detached at every step: no blame goes back at all, whatever the window. That is not "
            "truncated backpropagation through time, it is none.",
        ),
        Mistake(
            "nowhere",
            lambda x, W_xh, W_hh, window: states_with(x, W_xh, W_hh),
            "The states are right, but blame crosses the windows: nothing is detached. Trained window by window, "
            "torch would stop with “backward through the graph a second time”.",
        ),
        Mistake(
            "state_reset",
            lambda x, W_xh, W_hh, window: states_with(
                x, W_xh, W_hh, hand_on=lambda t, h: torch.zeros_like(h) if t % window == 0 else h
            ),
            "The state is set to zero where a window begins: that cuts the memory. Only the blame is to be cut, and "
            "the numbers of h go on: h.detach().",
        ),
        Mistake(
            "one_late",
            lambda x, W_xh, W_hh, window: states_with(
                x, W_xh, W_hh, hand_on=lambda t, h: h.detach() if t % window == 1 else h
            ),
            "The cut comes one step late. It stands before the first step of a window, where window divides t.",
        ),
        Mistake(
            "one_late_and_kept",
            lambda x, W_xh, W_hh, window: cut_before_keeping(x, W_xh, W_hh, window, after=0),
            "The cut comes one step late: detach before the first step of a window is made, not after it.",
        ),
        Mistake(
            "kept_too_late",
            lambda x, W_xh, W_hh, window: cut_before_keeping(x, W_xh, W_hh, window, after=window - 1),
            "The cut stands in the right place, but the state is kept after it: a loss on the last step of a window "
            "reaches nothing. Keep the state first, then detach it.",
        ),
        Mistake(
            "outputs_detached",
            lambda x, W_xh, W_hh, window: states_with(x, W_xh, W_hh, keep=lambda h: h.detach()),
            "What is handed out is detached, so a loss on it reaches nothing. Detach what is handed on.",
        ),
        Mistake(
            "batch_for_time",
            lambda x, W_xh, W_hh, window: truncated_states_reference(x[:, : len(x)], W_xh, W_hh, window),
            "The loop runs over len(x), the size of the batch. The number of steps is x.shape[1].",
        ),
        Mistake(
            "last_window_only",
            lambda x, W_xh, W_hh, window: states_with(
                x, W_xh, W_hh, hand_on=lambda t, h: h.detach() if t == x.shape[1] - window else h
            ),
            "There is one cut, before the last few steps. A cut belongs at the start of every window.",
        ),
    ],
    hints=[
        "The forward loop of chapter 01, and one line more: if t % window == 0.",
        "h.detach() has the same numbers as h and no history.",
    ],
    why="Same numbers forward, shorter way back.",
)

training_order = Order(
    id="training_order",
    notebook=NOTEBOOK,
    minutes=3,
    lines=[
        "h = torch.zeros(B, H)",
        "for x, y in windows:",
        "    states = rnn(x, h.detach()).h",
        "    loss, h = error(states, y), states[:, -1]",
        "    optimiser.zero_grad()",
        "    loss.backward()",
        "    optimiser.step()",
    ],
    also=[[0, 1, 2, 4, 3, 5, 6], [0, 1, 4, 2, 3, 5, 6], [0, 1, 2, 3, 5, 6, 4]],
    mistakes=[
        Mistake("made_too_late", [2, 0], "The first window needs h, which is made further down, too late."),
        Mistake("loss_too_late", [5, 3], "backward() needs this window's loss."),
        Mistake("wiped", [5, 4, 6], "The gradient is wiped before it is used: the weights never move."),
        Mistake("step_too_early", [6, 5], "The weights move before this window's gradient is there."),
        Mistake("memory_reset", [1, 0], "The state is made anew for every window: this cuts the memory as well."),
        Mistake("states_too_late", [3, 2], "The loss is taken from states that this window has not made yet."),
    ],
    hints=["What must be there before the first window?", "Gradient emptied, gradient made, gradient used."],
    why="zero_grad may stand anywhere but between backward and step.",
)

what_truncation_cuts = Choice(
    id="what_truncation_cuts",
    notebook=NOTEBOOK,
    minutes=1,
    question="A network reads 12 steps; the state is detached every 4. The first input is changed. What follows?",
    options=[
        (
            "The states from step 5 on stay as they were.",
            "That would be a state set to zero. detach changes no number; the state is handed on.",
        ),
        (
            "All states change, and the last loss sends blame to the first step.",
            "The first half is right. But blame stops where the last window begins, at step 9.",
        ),
        (
            "All states change, but the last loss sends no blame to the first step.",
            "The memory goes on, the blame is cut: the network can use what it can't be taught to keep.",
        ),
        ("Nothing changes before the next update.", "The states are computed from the input; no update is needed."),
    ],
    reference="C",
    hints=["What does h.detach() change: the numbers, or where they came from?"],
)

old_optimiser = Choice(
    id="old_optimiser",
    notebook=NOTEBOOK,
    minutes=1,
    question="model = Net(); optimiser = Adam(model.parameters()); model = Net(). Then the loop trains. What happens?",
    options=[
        ("Torch raises an error.", "It has no reason to: the old weights are still there, the optimiser holds them."),
        ("It trains as usual.", "The name model is new. The optimiser was given tensors, not a name."),
        (
            "The new model never changes.",
            "The optimiser still holds the weights of the first model, which get no gradient any more.",
        ),
        ("Both models are trained.", "Only weights that the optimiser holds are moved, and it holds the first ones."),
    ],
    reference="C",
    hints=["What exactly was handed to Adam?"],
)

echo_guess = Choice(
    id="echo_guess",
    notebook=NOTEBOOK,
    minutes=1,
    question="Say the bit of three steps ago. Which networks get at least 9 of 10 right, for every one of three seeds?",
    options=[
        ("Windows of 12 alone.", "Windows of 4 are enough: there one loss in four sees the step it needs."),
        ("Windows of 12 and of 4.", "These two learn to keep the bit. But look at windows of 1."),
        (
            "Windows of 12, of 4 and of 1.",
            "With windows of 1 nothing teaches the memory, and nothing spoils it: the old bit can be read from it.",
        ),
        ("All of them.", "Windows of 3 fail: no loss sees the step it needs, and what it does see it acts on."),
    ],
    reference="C",
    hints=["Does a memory have to be taught, to be there?"],
)

twice_the_weights = Choice(
    id="twice_the_weights",
    notebook=NOTEBOOK,
    minutes=1,
    question="Every loss sends out 1, and about 0.05 of it arrives five steps back. W_hh is made twice as large. What "
    "arrives now?",
    options=[
        ("About 0.05: what fades is up to the tanh.", "The slope is one factor of each step. W_hh is the other."),
        ("About 0.1: twice as much.", "W_hh is a factor at every one of the five steps, so 2 comes in five times."),
        ("About 0.75.", "2⁵ = 32 times, less what larger sums cost: they drive the tanh to where it is flat."),
        (
            "About 1.6: two to the fifth power, 32 times as much.",
            "32 times is the right thought for the weights alone. But larger weights make larger a, where the tanh is "
            "flatter, and the slopes take about half of it back.",
        ),
    ],
    reference="C",
    hints=["How often does W_hh stand in equation 2.8 for t − k = 5?", "And what becomes of 1 − h²?"],
)

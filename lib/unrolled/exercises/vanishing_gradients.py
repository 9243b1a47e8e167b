"""Exercises of 03, vanishing gradients."""

import math

import torch
from torch import Tensor, nn

from unrolled.exercises.engine import Choice, Function, Mistake, Number, Order, sized

NOTEBOOK = "03_vanishing_gradients"

fade_steps = Number(
    id="fade_steps",
    notebook=NOTEBOOK,
    minutes=2,
    reference=44,
    unit="steps",
    mistakes=[
        Mistake("subtracted", 10, "A tenth of what is left goes at each step, not a tenth of the start."),
        Mistake("one_early", 43, "After 43 steps it is 0.0108, still above a hundredth. One more."),
        Mistake("one_late", 45, "After the step before, less than a hundredth was left already. One fewer."),
        Mistake(
            "not_rounded", math.log(0.01) / math.log(0.9), "There it is a hundredth, but steps are whole: round up."
        ),
        Mistake("to_one_decimal", 43.7, "Steps are whole. Which is the first with less than a hundredth left?"),
        Mistake("a_tenth", 22, "That is where a tenth is left: 0.9²² is 0.098."),
        Mistake("a_half", 7, "That is where half is left: 0.9⁷ is 0.48."),
    ],
    hints=["You look for the first n with 0.9ⁿ < 0.01.", "n = ln 0.01 / ln 0.9, rounded up."],
    why="0.9⁴⁴ is 0.0097. Twice the distance would leave a ten-thousandth.",
)


def rnn_jacobian_reference(W_hh, a):
    """W_hh (H, H), a (H,) before the tanh -> J (H, H), J[i, j] = ∂new[j]/∂old[i]."""
    return W_hh * (1 - torch.tanh(a) ** 2)


def jacobian_inputs(draw, H: int) -> tuple[Tensor, ...]:
    return draw(H, H), draw(H)


rnn_jacobian = Function(
    id="rnn_jacobian",
    notebook=NOTEBOOK,
    minutes=5,
    reference=rnn_jacobian_reference,
    cases=sized(jacobian_inputs, {"H": 4}, {"H": 3}),
    mistakes=[
        Mistake(
            "rows_scaled",
            lambda W_hh, a: W_hh * (1 - torch.tanh(a) ** 2)[:, None],
            "The slopes scale the rows. A slope belongs to the unit that is arrived at, and that is column j.",
        ),
        Mistake(
            "turned_over",
            lambda W_hh, a: (W_hh * (1 - torch.tanh(a) ** 2)).T,
            "J is turned over. Vectors are rows here: J[i, j] leads from unit i before to unit j after.",
        ),
        Mistake(
            "no_slope",
            lambda W_hh, a: W_hh.clone(),
            "That is W_hh alone. The tanh stands after it, and its slope shrinks what passes.",
        ),
        Mistake(
            "of_a",
            lambda W_hh, a: W_hh * (1 - a**2),
            "1 − a² is not the slope of tanh: it is 1 − h², with h = tanh(a).",
        ),
        Mistake(
            "tanh_itself",
            lambda W_hh, a: W_hh * torch.tanh(a),
            "That is the value of tanh where its slope is meant: 1 − tanh(a)².",
        ),
        Mistake(
            "not_squared",
            lambda W_hh, a: W_hh * (1 - torch.tanh(a)),
            "The square is missing: 1 − tanh(a)², not 1 − tanh(a).",
        ),
        Mistake(
            "square_outside",
            lambda W_hh, a: W_hh * (1 - torch.tanh(a)) ** 2,
            "The square stands outside the brackets. Only the tanh is squared: 1 − tanh(a)².",
        ),
        Mistake(
            "diagonal",
            lambda W_hh, a: W_hh * torch.diag(1 - torch.tanh(a) ** 2),
            "* with a diagonal matrix multiplies number by number and leaves only the diagonal. With diag(slope) "
            "write @; with * the slopes alone do.",
        ),
        Mistake(
            "summed",
            lambda W_hh, a: W_hh @ (1 - torch.tanh(a) ** 2),
            "The product @ adds up over units and leaves a vector. Each of the H · H numbers is wanted.",
        ),
    ],
    hints=[
        "∂h[j]/∂a[j] is the slope of tanh at a[j], and ∂a[j]/∂h_old[i] is W_hh[i, j].",
        "W_hh * slope multiplies column j by slope[j].",
    ],
    why="The weights, each column scaled by the slope of its unit: equation 3.2.",
)


def jacobian_chain_reference(J):
    """J (T, H, H), one for each step, first to last -> ∂h_last/∂h_first (H, H)."""
    product = torch.eye(J.shape[1])
    for J_t in J:
        product = product @ J_t
    return product


def backwards(J: Tensor) -> Tensor:
    return jacobian_chain_reference(J.flip(0))


jacobian_chain = Function(
    id="jacobian_chain",
    notebook=NOTEBOOK,
    minutes=4,
    reference=jacobian_chain_reference,
    cases=sized(lambda draw, T, H: (draw(T, H, H),), {"T": 4, "H": 3}, {"T": 3, "H": 3}),
    mistakes=[
        Mistake(
            "last_first",
            backwards,
            "The order is the wrong way round. A row vector meets J of the first step first: J₁ J₂ … J_T.",
        ),
        Mistake(
            "turned_over",
            lambda J: jacobian_chain_reference(J).T,
            "The product is right but turned over. With rows, no transposes are needed here.",
        ),
        Mistake(
            "each_turned_over",
            lambda J: jacobian_chain_reference(J.mT),
            "Each J is turned over. That is for blame, which goes back; here a change goes forward, with J as it is.",
        ),
        Mistake("added", lambda J: J.sum(dim=0), "The chain rule multiplies along one path; these are added."),
        Mistake(
            "number_by_number",
            lambda J: J.prod(dim=0),
            "* and prod multiply number by number. Jacobians are chained by the matrix product @.",
        ),
        Mistake(
            "one_too_few",
            lambda J: jacobian_chain_reference(J[1:]),
            "The first Jacobian is missing: there is one for each step between the two states.",
        ),
        Mistake(
            "always_the_first",
            lambda J: torch.linalg.matrix_power(J[0], len(J)),
            "That is a power of the first one. W_hh is the same at every step, but the slopes are not.",
        ),
    ],
    hints=["Start from torch.eye(H), the Jacobian of no step at all.", "for J_t in J: product = product @ J_t"],
    why="One factor a step: this is where all of this chapter comes from.",
)

radius_one = Choice(
    id="radius_one",
    notebook=NOTEBOOK,
    minutes=1,
    question="A tanh network with ρ(W_hh) = 1 reads 60 steps. How much of the blame at the end reaches the start?",
    options=[
        (
            "As much as there was: 1 to any power is 1.",
            "That holds for W_hh alone. Each Jacobian has the slopes of tanh as well.",
        ),
        (
            "Less than a tenth.",
            "The slopes of tanh are below 1 wherever a unit is off zero, and 60 of them multiply.",
        ),
        ("About half.", "A little is lost at each step, and then again of what is left, sixty times."),
        ("Many times as much.", "One step may stretch, but tanh has no slope above 1."),
    ],
    reference="B",
    hints=["What stands beside W_hh in equation 3.2, and how large can it be?"],
)

vanishing_means = Choice(
    id="vanishing_means",
    notebook=NOTEBOOK,
    minutes=1,
    question="The gradient of a network vanishes along a sequence of 100 steps. What does that mean for training?",
    options=[
        (
            "All gradients are zero, so no weight changes any more.",
            "The near terms are as large as ever; W_hh has a healthy gradient, nearly all of it from near steps.",
        ),
        (
            "What happens shortly before the loss is learned; what lies far back is not.",
            "The sum over steps goes on, made of its near terms.",
        ),
        (
            "The states themselves go to zero, so the network has no memory.",
            "States and gradients are two things: a state may hold a memory that training can't reach.",
        ),
        (
            "The loss of the early steps is zero.",
            "Each loss is what it is. It is the blame of late losses that does not arrive at early steps.",
        ),
    ],
    reference="B",
    hints=["The gradient is a sum over all earlier steps. Which of its terms are small?"],
)


def clip_norm_reference(gradients, max_norm):
    """Tensors, a length -> new tensors, same direction, together no longer than max_norm."""
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    scale = min(1.0, max_norm / norm.item())
    return [gradient * scale for gradient in gradients]


def whole(gradients: list[Tensor]) -> Tensor:
    return torch.cat([gradient.flatten() for gradient in gradients])


def shortened(gradients: list[Tensor], length: float, max_norm: float) -> list[Tensor]:
    """What comes out if `length` is taken for the norm."""
    return [gradient * min(1.0, max_norm / length) for gradient in gradients]


def apart(gradients, max_norm):
    return [clip_norm_reference([gradient], max_norm)[0] for gradient in gradients]


def always_scaled(gradients, max_norm):
    return [gradient * (max_norm / whole(gradients).norm()) for gradient in gradients]


def to_length_one(gradients, max_norm):
    norm = whole(gradients).norm()
    return [gradient / norm if norm > max_norm else gradient for gradient in gradients]


def not_divided(gradients, max_norm):
    return [gradient * max_norm if whole(gradients).norm() > max_norm else gradient for gradient in gradients]


def gradients_of_two(draw, D: int, H: int) -> tuple[list[Tensor], float]:
    """Too long a gradient where the sizes differ, one that is short enough where they are equal."""
    size = 0.1 if D == H else 2.0
    return [size * draw(D, H), 0.2 * size * draw(H)], 1.5


clip_norm = Function(
    id="clip_norm",
    notebook=NOTEBOOK,
    minutes=5,
    reference=clip_norm_reference,
    cases=sized(gradients_of_two, {"D": 3, "H": 4}, {"D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "apart",
            apart,
            "Each tensor is shortened by itself, so their proportions change and the whole turns. All of them are one "
            "long vector with one norm.",
        ),
        Mistake(
            "by_value",
            lambda gradients, max_norm: [gradient.clamp(-max_norm, max_norm) for gradient in gradients],
            "This clips by value: each number by itself. It turns the gradient, and does not bound its length.",
        ),
        Mistake(
            "always_scaled",
            always_scaled,
            "A short gradient is made longer, up to max_norm. Clipping leaves alone what is short enough: the factor "
            "is at most 1.",
        ),
        Mistake(
            "squared",
            lambda gradients, max_norm: shortened(gradients, whole(gradients).square().sum().item(), max_norm),
            "The root is missing: the length is the root of the sum of squares.",
        ),
        Mistake(
            "norms_added",
            lambda gradients, max_norm: shortened(gradients, sum(g.norm().item() for g in gradients), max_norm),
            "The lengths of the tensors are added. Add the squares, and take the root at the end.",
        ),
        Mistake(
            "absolute",
            lambda gradients, max_norm: shortened(gradients, whole(gradients).abs().sum().item(), max_norm),
            "The absolute values are added. The length is the root of the sum of squares.",
        ),
        Mistake(
            "not_divided",
            not_divided,
            "max_norm alone is no factor. Divide by the length as well, and the new length is max_norm.",
        ),
        Mistake(
            "to_length_one",
            to_length_one,
            "What is too long is cut to length 1, where max_norm is wanted.",
        ),
        Mistake(
            "unchanged",
            lambda gradients, max_norm: list(gradients),
            "They come back as they went in. g = g * factor in a loop gives a new tensor the name g, and the list "
            "keeps the old one. (torch's clip_grad_norm_ looks at the .grad of parameters; these are the gradients.)",
        ),
        Mistake(
            "torchs_return",
            nn.utils.clip_grad_norm_,
            "clip_grad_norm_ gives back a length, and looks at the .grad of parameters, of which there is none here. "
            "Wanted are the tensors themselves, shortened.",
        ),
    ],
    hints=[
        "torch.cat of all tensors, flattened, is one long vector; it has .norm().",
        "The factor is max_norm / norm, but never above 1.",
    ],
    why="One factor for all: shorter, in the same direction.",
)

value_angle = Number(
    id="value_angle",
    notebook=NOTEBOOK,
    minutes=2,
    reference=15,
    tolerance=0.1,
    unit="degrees",
    mistakes=[
        Mistake("radians", math.pi / 12, "The angle is right, in radians. In degrees: times 180 / π."),
        Mistake(
            "none", 0, "That is clipping by norm. Here one number is cut and the other is not, so the vector turns."
        ),
        Mistake("direction", 45, "That is where it points afterwards. It pointed 30° up before."),
        Mistake("before", 30, "That is where it pointed before. Afterwards it is (1, 1)."),
    ],
    hints=["What is left of √3 when no number may be larger than 1?", "(√3, 1) points 30° up, (1, 1) points 45° up."],
    why="From 30° to 45°. With more numbers, and a lower limit, the turn can come near 90°.",
)

training_step = Order(
    id="training_step",
    notebook=NOTEBOOK,
    minutes=2,
    lines=[
        "optimiser.zero_grad()",
        "loss = error(model, batch)",
        "loss.backward()",
        "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
        "optimiser.step()",
    ],
    also=[[1, 0, 2, 3, 4], [1, 2, 3, 4, 0]],
    mistakes=[
        Mistake("step_too_early", [4, 2], "The weights move before this batch's gradient is there."),
        Mistake("clipped_after", [4, 3], "The step is taken with the whole gradient, and clipped when it is too late."),
        Mistake("clipped_before", [3, 2], "There is no new gradient yet to be clipped: backward() makes it."),
        Mistake("zeroed_after", [2, 0, 4], "The gradient is made and then set to zero: nothing is learned."),
    ],
    hints=["backward() makes the gradient, step() uses it. Where is the place between?"],
    why="Clipping stands between backward() and step(), and nowhere else.",
)

norm_after = Number(
    id="norm_after",
    notebook=NOTEBOOK,
    minutes=1,
    reference=1,
    tolerance=0.01,
    mistakes=[
        Mistake("returned", 8, "8 is what was given back: the length before clipping."),
        Mistake("factor", 0.125, "An eighth is the factor. 8 times it is the length afterwards."),
        Mistake("difference", 7, "That is by how much it became shorter."),
    ],
    hints=["What does the name of the argument, max_norm, promise?"],
    why="The function gives back the length from before, so that you can watch it; the gradient now has length 1.",
)

relu_slope = Number(
    id="relu_slope",
    notebook=NOTEBOOK,
    minutes=2,
    reference=-1,
    tolerance=0.01,
    mistakes=[
        Mistake(
            "above_one",
            0,
            "So it would be if the first unit were off, or for the second, which is off. "
            "The first stands at 0.5: it is on.",
        ),
        Mistake("other_direction", 1, "1 is W_hh[0, 1], the way from the first to the second. Here it is W_hh[1, 0]."),
        Mistake("its_value", -0.5, "0.5 is the value of the ReLU of the first unit. Its slope is what counts."),
        Mistake("of_tanh", -0.786, "That is with the slope of tanh at 0.5. This is a ReLU."),
    ],
    hints=[
        "From the second unit to the first: J[1, 0], which is W_hh[1, 0] times the slope of the first.",
        "relu(a) = a for a above 0. How much does it grow when a grows by 0.1?",
    ],
    why="W_hh[1, 0] = −1, times the slope 1. J is [[0.5, 0], [−1, 0]]: the unit that is off gets a column of zeros.",
)

untrained_lstm = Choice(
    id="untrained_lstm",
    notebook=NOTEBOOK,
    minutes=1,
    question="An untrained LSTM has its forget gates near a half. How much blame passes through c over 99 steps?",
    options=[
        (
            "All of it: the way through c is never interrupted.",
            "No matrix and no squashing, but a gate at every step, and the gates multiply.",
        ),
        ("About half of it.", "Half at each step, and then half of that."),
        ("Nothing that counts.", "0.5 to the power of 99 is about 10 to the -30, no better than a tanh network."),
    ],
    reference="C",
    hints=["Equation 3.10 is a product of 99 gates."],
)

same_seed = Choice(
    id="same_seed",
    notebook=NOTEBOOK,
    minutes=1,
    question="You and a friend train a network with the same code and seed, on different machines. What is equal?",
    options=[
        (
            "Every number, to the last digit: that is what a seed is for.",
            "A seed fixes the random numbers, not the rounding. Another processor adds in another order.",
        ),
        ("Nothing: random is random.", "The start is equal, and so are the batches; only rounding differs at first."),
        (
            "The first steps to many digits; after hundreds of steps a few digits, or fewer.",
            "Rounding differs in the eighth digit, and training makes a difference grow.",
        ),
        ("The losses, but not the weights.", "The losses come from the weights: what differs there differs here."),
    ],
    reference="C",
    hints=["Two processors round differently in the eighth digit. What do hundreds of updates make of that?"],
)

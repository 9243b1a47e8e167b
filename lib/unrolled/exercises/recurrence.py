"""Exercises of 01, recurrence."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number, Order, sized

NOTEBOOK = "01_recurrence"

frames_needed = Number(
    id="frames_needed",
    notebook=NOTEBOOK,
    minutes=1,
    reference=2,
    unit="frames",
    mistakes=[
        Mistake("one", 1, "One frame tells where the ball is, and nothing of where it is going."),
        Mistake("all_shown", 4, "Four were shown, two are needed: the others repeat the same move."),
        Mistake("three", 3, "A third frame would show whether the speed changes. Here it is constant."),
    ],
    hints=["What has to be known besides the place?", "A velocity is a difference of two places."],
    why="Two: the difference of two frames is the velocity.",
)


memoryless_guess = Choice(
    id="memoryless_guess",
    notebook=NOTEBOOK,
    minutes=1,
    question="The network without memory, beside the rule that the ball stays where it is:",
    options=[
        ("It misses by about half as much.", "For that it would have to know a direction, at least roughly."),
        ("It misses by about as much.", "One frame holds no direction, so the best guess is about where the ball is."),
        ("It misses by about twice as much.", "It can learn to say that the ball stays, so it need not be worse."),
    ],
    reference="B",
    hints=["What does one frame tell of the next? What is the best guess if all directions are equally likely?"],
)


def rnn_step_reference(x, h, W_xh, W_hh, b_xh, b_hh):
    """x (B, D), h (B, H) -> new h (B, H)."""
    return torch.tanh(x @ W_xh + b_xh + h @ W_hh + b_hh)


def step_inputs(draw, B: int, D: int, H: int) -> tuple[Tensor, ...]:
    return draw(B, D), draw(B, H), draw(D, H), draw(H, H), draw(H), draw(H)


rnn_step = Function(
    id="rnn_step",
    notebook=NOTEBOOK,
    minutes=4,
    reference=rnn_step_reference,
    cases=sized(step_inputs, {"B": 2, "D": 3, "H": 4}, {"B": 3, "D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "no_tanh",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: x @ W_xh + b_xh + h @ W_hh + b_hh,
            "The tanh of equation 1.3 is missing: this is a, not h. Without it all steps together are one linear map.",
        ),
        Mistake(
            "no_memory",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + b_xh + b_hh),
            "The state h does not come in: this network sees each step alone, as in section 1.2.",
        ),
        Mistake(
            "elementwise",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + b_xh + h * W_hh + b_hh),
            "* multiplies number by number. The state goes through a matrix product: h @ W_hh.",
        ),
        Mistake(
            "weights_swapped",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_hh + b_xh + h @ W_xh + b_hh),
            "The matrices are swapped: W_xh leads from x to h, and W_hh from h to h.",
        ),
        Mistake(
            "transposed",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + b_xh + h @ W_hh.T + b_hh),
            "W_hh is turned over. Vectors are rows here, so h stands on the left: h @ W_hh.",
        ),
        Mistake(
            "columns",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(W_xh.T @ x + b_xh + W_hh.T @ h + b_hh),
            "That is the lecture's form, for vectors as columns. Here x (B, D) is a batch of rows: x @ W_xh.",
        ),
        Mistake(
            "all_elementwise",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x * W_xh + b_xh + h * W_hh + b_hh),
            "* multiplies number by number, in both places. A matrix product is @.",
        ),
        Mistake(
            "no_bias",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + h @ W_hh),
            "Both biases are missing.",
        ),
        Mistake(
            "relu",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.relu(x @ W_xh + b_xh + h @ W_hh + b_hh),
            "This is a ReLU; equation 1.3 has a tanh.",
        ),
        Mistake(
            "sigmoid",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.sigmoid(x @ W_xh + b_xh + h @ W_hh + b_hh),
            "This is a sigmoid, from 0 to 1; equation 1.3 has a tanh, from −1 to 1.",
        ),
        Mistake(
            "both_returned",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: (
                x @ W_xh + b_xh + h @ W_hh + b_hh,
                torch.tanh(x @ W_xh + b_xh + h @ W_hh + b_hh),
            ),
            "a and h are both returned. The new state h alone is wanted.",
        ),
        Mistake(
            "state_added",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: h + torch.tanh(x @ W_xh + b_xh + h @ W_hh + b_hh),
            "The old state is added once more. The new state replaces the old one.",
        ),
        Mistake(
            "squashed_apart",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + b_xh) + torch.tanh(h @ W_hh + b_hh),
            "Input and memory are squashed apart. They are added first; the tanh is of the sum.",
        ),
        Mistake(
            "one_bias",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: torch.tanh(x @ W_xh + b_xh + h @ W_hh),
            "b_hh is missing. One bias would do, but torch has two, and both are added.",
        ),
    ],
    hints=[
        "Write a first, as in equation 1.2, then return its tanh.",
        "x (B, D) @ W_xh (D, H) is (B, H); h (B, H) @ W_hh (H, H) is (B, H).",
    ],
    why="This is the whole of the simple recurrent network; the rest is calling it again.",
)


def rnn_output_reference(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    """x (B, D), h (B, H) -> output y (B, V), new h (B, H)."""
    h = torch.tanh(x @ W_xh + b_xh + h @ W_hh + b_hh)
    return h @ W_hy + b_y, h


def output_of_old_state(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    return h @ W_hy + b_y, rnn_step_reference(x, h, W_xh, W_hh, b_xh, b_hh)


def output_before_tanh(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    a = x @ W_xh + b_xh + h @ W_hh + b_hh
    return a @ W_hy + b_y, torch.tanh(a)


def state_first(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    y, h = rnn_output_reference(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y)
    return h, y


def squashed_output(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    y, h = rnn_output_reference(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y)
    return torch.tanh(y), h


def softmax_output(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    y, h = rnn_output_reference(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y)
    return y.softmax(dim=-1), h


def old_state_returned(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    y, _ = rnn_output_reference(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y)
    return y, h


def no_output_bias(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    h = rnn_step_reference(x, h, W_xh, W_hh, b_xh, b_hh)
    return h @ W_hy, h


def output_alone(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    return rnn_step_reference(x, h, W_xh, W_hh, b_xh, b_hh) @ W_hy + b_y


def never_squashed(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    a = x @ W_xh + b_xh + h @ W_hh + b_hh
    return a @ W_hy + b_y, a


def a_handed_on(x, h, W_xh, W_hh, b_xh, b_hh, W_hy, b_y):
    a = x @ W_xh + b_xh + h @ W_hh + b_hh
    return torch.tanh(a) @ W_hy + b_y, a


def output_inputs(draw, B: int, D: int, H: int, V: int) -> tuple[Tensor, ...]:
    return *step_inputs(draw, B, D, H), draw(H, V), draw(V)


rnn_output = Function(
    id="rnn_output",
    notebook=NOTEBOOK,
    minutes=4,
    reference=rnn_output_reference,
    cases=sized(output_inputs, {"B": 2, "D": 3, "H": 4, "V": 5}, {"B": 3, "D": 3, "H": 3, "V": 3}),
    mistakes=[
        Mistake(
            "old_state",
            output_of_old_state,
            "The output is read from the old state, so the newest input has no part in it, and the last word of a "
            "sentence is never heard. Make the new state first.",
        ),
        Mistake("before_tanh", output_before_tanh, "The output is read from a. It is read from h, after the tanh."),
        Mistake(
            "state_first", state_first, "Both are right, in the other order: first the output y, then the state h."
        ),
        Mistake(
            "squashed",
            squashed_output,
            "The output is squashed as well. Equation 1.4 has no tanh: y may be any number.",
        ),
        Mistake(
            "softmax",
            softmax_output,
            "These are probabilities. The output is the plain numbers before; a loss such as CrossEntropyLoss takes "
            "the softmax itself, and twice is once too often.",
        ),
        Mistake("output_alone", output_alone, "This is y alone. Both are wanted: y, then the new h."),
        Mistake("no_b_y", no_output_bias, "The state is right; the output lacks its bias b_y."),
        Mistake(
            "never_squashed", never_squashed, "The tanh of equation 1.3 is missing, in the state and so in the output."
        ),
        Mistake("a_handed_on", a_handed_on, "y is right, but what is handed on is a, the state before the tanh."),
        Mistake("old_returned", old_state_returned, "y is right, but the state that is handed on is the old one."),
    ],
    hints=["Use rnn_step's line for the new h.", "Then h @ W_hy + b_y, with the new h."],
    why="Read from the new state, the output knows the newest input too.",
)


def rnn_loop_reference(step, x, h0):
    """step(x_t (B, D), h (B, H)) -> h (B, H); x (B, T, D), h0 (B, H) -> every new state (B, T, H)."""
    states, h = [], h0
    for x_t in x.unbind(dim=1):
        h = step(x_t, h)
        states.append(h)
    return torch.stack(states, dim=1)


def always_from_h0(step, x, h0):
    return torch.stack([step(x_t, h0) for x_t in x.unbind(dim=1)], dim=1)


def only_the_last(step, x, h0):
    return rnn_loop_reference(step, x, h0)[:, -1]


def along_the_batch(step, x, h0):
    states, h = [], h0
    for x_t in x:
        h = step(x_t, h)
        states.append(h)
    return torch.stack(states)


def time_in_front(step, x, h0):
    return rnn_loop_reference(step, x, h0).transpose(0, 1)


def states_before(step, x, h0):
    return torch.cat([h0[:, None], rnn_loop_reference(step, x, h0)[:, :-1]], dim=1)


def backwards(step, x, h0):
    return rnn_loop_reference(step, x.flip(1), h0)


def from_zero(step, x, h0):
    return rnn_loop_reference(step, x, torch.zeros_like(h0))


def h0_included(step, x, h0):
    return torch.cat([h0[:, None], rnn_loop_reference(step, x, h0)], dim=1)


def batch_counted(step, x, h0):
    states, h = [], h0
    for t in range(len(x)):
        h = step(x[:, t], h)
        states.append(h)
    return torch.stack(states, dim=1)


def glued(step, x, h0):
    return rnn_loop_reference(step, x, h0).flatten(1)


def loop_inputs(draw, B: int, T: int, D: int, H: int) -> tuple:
    W_xh, W_hh = draw(D, H), draw(H, H)
    return lambda x, h: torch.tanh(x @ W_xh + h @ W_hh), draw(B, T, D), draw(B, H)


rnn_loop = Function(
    id="rnn_loop",
    notebook=NOTEBOOK,
    minutes=5,
    reference=rnn_loop_reference,
    cases=sized(loop_inputs, {"B": 2, "T": 4, "D": 3, "H": 5}, {"B": 3, "T": 3, "D": 3, "H": 3}),
    mistakes=[
        Mistake("always_from_h0", always_from_h0, "Every step starts from h0: the state is computed and then dropped."),
        Mistake(
            "only_the_last", only_the_last, "This is the last state alone. Every state is wanted, stacked along time."
        ),
        Mistake(
            "along_the_batch",
            along_the_batch,
            "The loop runs along the batch: `for x_t in x` takes axis 0. Time is axis 1. With B = T nothing would "
            "complain, and sequences would be mixed.",
        ),
        Mistake(
            "along_the_batch_stacked",
            lambda step, x, h0: along_the_batch(step, x, h0).transpose(0, 1),
            "The loop runs along the batch: `for x_t in x` takes axis 0. Time is axis 1.",
        ),
        Mistake(
            "time_in_front", time_in_front, "The states are right, with time in front: (T, B, H). Stack along dim=1."
        ),
        Mistake(
            "states_before", states_before, "These are the states before each step. Step first, then keep the new one."
        ),
        Mistake("backwards", backwards, "The sequence is read from its end."),
        Mistake(
            "h0_included", h0_included, "h0 is in front: T + 1 states. Wanted are the T states that the steps make."
        ),
        Mistake(
            "batch_counted",
            batch_counted,
            "range(len(x)) counts the sequences, not the steps: len is the size of axis 0. The steps are x.shape[1].",
        ),
        Mistake(
            "glued",
            glued,
            "The states are glued into one long row: torch.cat joins along an axis that is there, stack makes one.",
        ),
        Mistake("from_zero", from_zero, "h0 is not used: the loop starts from zero."),
    ],
    hints=["Keep a list, and one variable h that every step overwrites.", "torch.stack(states, dim=1) is (B, T, H)."],
    why="Layers of this course and of torch are this loop.",
)

say_it = Order(
    id="say_it",
    notebook=NOTEBOOK,
    minutes=3,
    lines=[
        "h, said = torch.zeros(1, H), []",
        "for _ in range(10):",
        "    h = cell(one_hot(word, V), h).h",
        "    word = (h @ W_hy + b_y).argmax(dim=-1)",
        "    said.append(word)",
    ],
    mistakes=[
        Mistake(
            "kept_too_early", [4, 3], "The word that goes in is kept, not the one that comes out: the last is lost."
        ),
        Mistake("old_state", [3, 2], "The word is read from the old state, which has not heard the newest word."),
    ],
    hints=["What must be there before the first round?", "In a round: new state, then the word, then keep it."],
    why="This loop writes music in chapter 08 and text in 05.",
)

layer_weights = Number(
    id="layer_weights",
    notebook=NOTEBOOK,
    minutes=2,
    reference=36,
    unit="numbers",
    mistakes=[
        Mistake("each_step", 360, "That is ten layers. All ten steps use the same weights."),
        Mistake("no_biases", 28, "The two matrices are right; two biases of 4 numbers each are missing."),
        Mistake("one_bias", 32, "One bias is counted. Torch has two, b_xh and b_hh."),
        Mistake("each_step_no_biases", 280, "No biases, and ten times the same matrices: all steps share one set."),
        Mistake("each_step_one_bias", 320, "One bias, and all counted ten times: all steps share one set."),
        Mistake("input_alone", 12, "That is W_xh alone. The state has a matrix of its own, and each has a bias."),
        Mistake("units_are_steps", 150, "That is a layer of 10 units. The number of units is not the number of steps."),
        Mistake("no_recurrence", 20, "W_hh is missing, the matrix that leads from the state to the state."),
        Mistake("one_matrix", 16, "That is W_hh alone, or W_xh with one bias. There are two matrices and two biases."),
        Mistake(
            "each_step_no_recurrence", 200, "W_hh is missing, and all is counted ten times: all steps share one set."
        ),
    ],
    hints=["Write down the shapes of W_xh, W_hh, b_xh and b_hh.", "W_hh is (H, H). Does the length come in anywhere?"],
    why="3·4 + 4·4 + 4 + 4. The length of the sequence does not come in.",
)


class Slide:
    """The cell as it is often shown, with two bugs."""

    def __init__(self, W_xh, W_hh, W_hy):
        self.W_xh, self.W_hh, self.W_hy = W_xh, W_hh, W_hy
        self.h = torch.zeros(len(W_hh))

    def read(self, sequence):
        """sequence (T, D) -> outputs (T, V), from a zero state."""
        outputs = []
        for x in sequence:
            self.h = torch.tanh(x * self.W_xh + self.h * self.W_hh)
            outputs.append(self.h * self.W_hy)
        return torch.stack(outputs)


class Mended:
    """The same without bugs."""

    def __init__(self, W_xh, W_hh, W_hy):
        self.W_xh, self.W_hh, self.W_hy = W_xh, W_hh, W_hy

    def read(self, sequence):
        """sequence (T, D) -> outputs (T, V), from a zero state."""
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            h = torch.tanh(x @ self.W_xh + h @ self.W_hh)
            outputs.append(h @ self.W_hy)
        return torch.stack(outputs)


class StateKept(Slide):
    def read(self, sequence):
        outputs = []
        for x in sequence:
            self.h = torch.tanh(x @ self.W_xh + self.h @ self.W_hh)
            outputs.append(self.h @ self.W_hy)
        return torch.stack(outputs)


class ProductsKept(Mended):
    def read(self, sequence):
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            h = torch.tanh(x * self.W_xh + h * self.W_hh)
            outputs.append(h * self.W_hy)
        return torch.stack(outputs)


class ResetEveryStep(Mended):
    def read(self, sequence):
        return torch.stack([torch.tanh(x @ self.W_xh) @ self.W_hy for x in sequence])


class StarAtInput(Mended):
    def read(self, sequence):
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            h = torch.tanh(x * self.W_xh + h @ self.W_hh)
            outputs.append(h @ self.W_hy)
        return torch.stack(outputs)


class StarAtRecurrence(Mended):
    def read(self, sequence):
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            h = torch.tanh(x @ self.W_xh + h * self.W_hh)
            outputs.append(h @ self.W_hy)
        return torch.stack(outputs)


class StarAtOutput(Mended):
    def read(self, sequence):
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            h = torch.tanh(x @ self.W_xh + h @ self.W_hh)
            outputs.append(h * self.W_hy)
        return torch.stack(outputs)


def one_star_left(name: str) -> type:
    """The state still in the object, and one product of three not yet mended."""

    def product(self, a: Tensor, of: str) -> Tensor:
        W = getattr(self, of)
        return a * W if of == name else a @ W

    class Half(Slide):
        def read(self, sequence):
            outputs = []
            for x in sequence:
                self.h = torch.tanh(product(self, x, "W_xh") + product(self, self.h, "W_hh"))
                outputs.append(product(self, self.h, "W_hy"))
            return torch.stack(outputs)

    return Half


class OldOutput(Mended):
    def read(self, sequence):
        outputs, h = [], torch.zeros(len(self.W_hh))
        for x in sequence:
            outputs.append(h @ self.W_hy)
            h = torch.tanh(x @ self.W_xh + h @ self.W_hh)
        return torch.stack(outputs)


def read_two(cell_class, W_xh, W_hh, W_hy, one, two):
    cell = cell_class(W_xh, W_hh, W_hy)
    return cell.read(one), cell.read(two)


def cell_inputs(draw, T: int, D: int, H: int, V: int) -> tuple[Tensor, ...]:
    return draw(D, H), draw(H, H), draw(H, V), draw(T, D), draw(T + 1, D)


mended_cell = Function(
    id="mended_cell",
    notebook=NOTEBOOK,
    minutes=6,
    reference=Mended,
    given=Slide,
    use=read_two,
    cases=sized(cell_inputs, {"T": 2, "D": 3, "H": 4, "V": 5}, {"T": 3, "D": 3, "H": 3, "V": 3}),
    mistakes=[
        Mistake(
            "state_kept",
            StateKept,
            "The products are mended. But the state lives in the object, so the second sequence starts from the end "
            "of the first, which it has nothing to do with.",
        ),
        Mistake(
            "products_kept",
            ProductsKept,
            "Each sequence starts afresh now. But * still multiplies number by number where a matrix product is meant.",
        ),
        Mistake(
            "reset_every_step", ResetEveryStep, "The state is set to zero at every step: now nothing is remembered."
        ),
        Mistake("star_at_W_xh", StarAtInput, "One * is left, at W_xh."),
        Mistake("star_at_W_hh", StarAtRecurrence, "One * is left, at W_hh."),
        Mistake("star_at_W_hy", StarAtOutput, "One * is left, at W_hy."),
        *(
            Mistake(
                f"state_kept_and_star_at_{name}",
                one_star_left(name),
                f"One * is left, at {name}. And the state still lives in the object, from one sequence to the next.",
            )
            for name in ("W_xh", "W_hh", "W_hy")
        ),
        Mistake(
            "old_output", OldOutput, "The output is read before the new state is made, and so misses the newest input."
        ),
    ],
    hints=[
        "Call read twice with the same sequence. Should it give the same?",
        "There is one bug of memory and one of multiplication; the second stands in three places.",
    ],
    why="A state belongs to a sequence, not to the cell: make it inside read.",
)

axes_of_x = Choice(
    id="axes_of_x",
    notebook=NOTEBOOK,
    minutes=1,
    question="100 machines are watched for an hour; each minute gives 5 measurements. Which shape (B, T, D) is that?",
    options=[
        ("(60, 100, 5)", "Here a sequence would be a walk over 100 machines within one minute."),
        ("(100, 60, 5)", "100 sequences of 60 steps; a step is what is read at once, 5 numbers."),
        ("(100, 5, 60)", "Here a step would be one kind of measurement, with the whole hour as its features."),
        ("(1, 6000, 5)", "Here all machines would form one sequence, and one would remember what another did."),
    ],
    reference="B",
    hints=["A step is what the cell gets in one call. What happens one after the other?"],
)

shape_of_h_n = Choice(
    id="shape_of_h_n",
    notebook=NOTEBOOK,
    minutes=1,
    question="out, h_n = torch.nn.RNN(3, 4, batch_first=True)(x) with x of shape (2, 7, 3). Which shape has h_n?",
    options=[
        ("(2, 7, 4)", "That is out: every state of both sequences."),
        ("(2, 1, 4)", "batch_first reorders x and out alone. h_n keeps the layers in front: (1, 2, 4)."),
        ("(1, 2, 4)", "Layers, batch, units. batch_first does not touch it, a known trap."),
        ("(2, 4)", "That is h_n[0]: torch keeps an axis for the layers, here one."),
    ],
    reference="C",
    hints=["Torch allows several layers on top of each other, and h_n has the last state of each."],
)

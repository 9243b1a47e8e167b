"""Exercises of 04, LSTM gates."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number, sized
from unrolled.exercises.engine.cases import Draw

NOTEBOOK = "04_lstm_gates"  # references carry no type hints: they are shown as a learner would write them


# Gates that follow a bracket: forget gate 1 keeps (misconception 20)


def gates_of_a_mark(opens, closes):
    """opens and closes (T,), 1 where a bracket opens or closes, else 0 -> i, f, g, each (T,)."""
    return opens, 1 - closes, torch.ones_like(opens)


def memory_of(answer: Callable, opens: Tensor, closes: Tensor) -> Tensor:
    """The memory c (T,) that these gates give: what is compared, so that any gates that do it are right.

    Raises ValueError for other than three gates, for one number in place of a value for every step, and for what no
    cell can have: i or f outside of 0 to 1, g outside of −1 to 1.
    """
    i, f, g = three_gates(answer(opens, closes))
    c, memory = torch.zeros(()), []
    for t in range(len(opens)):
        within("i", i[t], 0)
        within("f", f[t], 0)
        within("g", g[t], -1)
        c = f[t] * c + i[t] * g[t]
        memory.append(c)
    return torch.stack(memory)


def three_gates(answered: Sequence | None) -> Sequence:
    """What an answer returned, if it is three gates, each with a value for every step; else ValueError."""
    if answered is None:
        raise ValueError("nothing came back; wanted are i, f, g")
    if len(answered) != 3:
        raise ValueError(f"{len(answered)} came back; wanted are 3: i, f, g")
    for name, gate in zip("ifg", answered, strict=True):
        if isinstance(gate, int | float) or getattr(gate, "ndim", 1) == 0:
            raise ValueError(f"{name} is one number; wanted is a value for every step")
    return answered


def within(name: str, value: float, low: int) -> None:
    """Refuse a value below `low` or above 1, in words that are the same for every such value."""
    room = 1e-6  # for a last digit
    side = "below" if value < low - room else "above" if value > 1 + room else None
    if side:
        raise ValueError(f"{name} goes {side} {low if side == 'below' else 1}; it lies from {low} to 1")


def without_return(answer: Callable) -> Callable:
    """The same answer, with its return forgotten."""

    def forgetful(*given):
        answer(*given)

    return forgetful


def bracket_texts() -> list[tuple[Tensor, Tensor]]:
    texts = ["a(bc)d", "(x)y(zw)", "()ab(c"]
    return [tuple(torch.tensor([float(letter == mark) for letter in text]) for mark in "()") for text in texts]


bracket_gates = Function(
    id="bracket_gates",
    notebook=NOTEBOOK,
    minutes=5,
    reference=gates_of_a_mark,
    cases=bracket_texts,
    use=memory_of,
    mistakes=[
        Mistake(
            "one_forgets",
            lambda opens, closes: (opens, closes, torch.ones_like(opens)),
            "The forget gate is 1 at the closing bracket, and 1 means keep: this forgets everywhere else.",
        ),
        Mistake(
            "always_writes",
            lambda opens, closes: (torch.ones_like(opens), 1 - closes, torch.ones_like(opens)),
            "The input gate is open at every step, so that c counts the steps. Write at the opening bracket alone.",
        ),
        Mistake(
            "never_forgets",
            lambda opens, closes: (opens, torch.ones_like(opens), torch.ones_like(opens)),
            "Nothing is ever forgotten: after the closing bracket the mark is still there.",
        ),
        Mistake(
            "never_keeps",
            lambda opens, closes: (opens, torch.zeros_like(opens), torch.ones_like(opens)),
            "The mark is gone one step after it was written: f has to be 1 until the closing bracket. (The order is "
            "i, f, g.)",
        ),
        Mistake(
            "written_again_inside",
            lambda opens, closes: ((opens - closes).cumsum(0), 1 - closes, torch.ones_like(opens)),
            "The input gate is open at every step inside the brackets, so that c grows. Write once, and keep.",
        ),
        Mistake(
            "written_at_the_end",
            lambda opens, closes: (closes, 1 - opens, torch.ones_like(opens)),
            "The two brackets have changed places: this marks what stands outside of them.",
        ),
        Mistake(
            "negative_gate",
            lambda opens, closes: (opens - closes, torch.ones_like(opens), torch.ones_like(opens)),
            "i goes below 0. A gate is a sigmoid, from 0 to 1: it cannot take away. f does the emptying.",
        ),
        Mistake(
            "gate_above_one",
            lambda opens, closes: (2 * opens, 1 - closes, torch.full_like(opens, 0.5)),
            "i goes above 1. A gate is a sigmoid, from 0 to 1: it lets a share through, and cannot enlarge.",
        ),
        Mistake(
            "one_number",
            lambda opens, closes: (opens, 1 - closes, 1),
            "g is one number, and every step needs its own: torch.ones_like(opens).",
        ),
        Mistake(
            "two_gates",
            lambda opens, closes: (opens, 1 - closes),
            "Two came back, and three are wanted: i, f and g, in this order. g is what is written.",
        ),
        Mistake(
            "no_return", without_return(gates_of_a_mark), "Nothing came back. Is the return missing? Wanted: i, f, g."
        ),
    ],
    hints=[
        "Three moments: at ( something is written, between nothing changes, at ) the memory is emptied.",
        "Between the brackets i = 0 and f = 1. So f is 1 everywhere but at the closing bracket.",
    ],
    why="The plainest way: i opens to write, f stays open to keep, and shuts once to forget.",
)


# Time scales, sizes, and which state is which

half_life = Number(
    id="half_life",
    notebook=NOTEBOOK,
    minutes=2,
    reference=693,
    tolerance=7,
    unit="steps",
    mistakes=[
        Mistake("read_off", 69, "That is f = 0.99, which you can read off the picture."),
        Mistake(
            "share_of_the_start", 500, "That is 0.5 / 0.001. Each step takes 0.1% of what is left, not of the start."
        ),
        Mistake("time_constant", 1000, "That is 1 / (1 − f): by then 63% is gone, more than half."),
        Mistake("one_step", 1, "One step multiplies by 0.999: a thousandth is gone, not half. 1 would mean keep."),
    ],
    hints=["After n steps 0.999ⁿ is left. When is that one half?", "Logarithms: n · ln 0.999 = ln 0.5."],
    why="693: ln 2 / 0.001. Ten times closer to 1 lasts ten times longer.",
)

gate_numbers = Number(
    id="gate_numbers",
    notebook=NOTEBOOK,
    minutes=2,
    reference=140,
    mistakes=[
        Mistake("one_switch", 1, "A gate is no single switch: every unit has its own value, at every step."),
        Mistake("one_a_step", 35, "That is one number for each step. Each of the 4 units has its own gate."),
        Mistake("one_a_unit", 4, "That is one step of one sequence. The gate is computed anew at each step."),
        Mistake("one_step_of_all", 20, "That is one step. The gate is computed anew at each of the 7 steps."),
        Mistake("one_sequence", 28, "That is one sequence, and there are 5."),
        Mistake("all_blocks", 560, "That is four blocks: i, f, g and o. The forget gate f is one of them."),
        Mistake("of_the_inputs", 105, "A gate acts on the memory, and so has H = 4 numbers a step, not D = 3."),
    ],
    hints=[
        "f multiplies c element by element. What is the shape of c?",
        "B · T · H numbers: every sequence, every step, every unit.",
    ],
    why="5 sequences × 7 steps × 4 units: a gate is a vector of numbers between 0 and 1, anew at every step.",
)

read_by_the_next = Choice(
    id="read_by_the_next",
    notebook=NOTEBOOK,
    minutes=1,
    question="An LSTM is followed by a linear layer that guesses the next character. What does that layer read?",
    options=[
        ("c, the memory", "c stays inside the cell: it is what the next step starts from, and nobody else sees it."),
        ("h, which is o ⊙ tanh(c)", "The output gate decides how much of the memory is shown, and h is all that is."),
        ("c and h side by side", "Both go to the next step of the same cell. To the layer above goes h alone."),
        ("o, the output gate", "o is only a share between 0 and 1; what is shown is that share of tanh(c)."),
    ],
    reference="B",
    hints=["Which of the two has passed the output gate?"],
)

lstm_parameters = Number(
    id="lstm_parameters",
    notebook=NOTEBOOK,
    minutes=3,
    reference=82_944,
    mistakes=[
        Mistake("one_block", 20_736, "That is one block, an RNN's cell. The LSTM has four: i, f, g and o."),
        Mistake("three_blocks", 62_208, "Three gates, and one proposal g: four blocks. Three is the GRU's count."),
        Mistake(
            "one_block_no_biases", 20_480, "That is the two matrices of one block. There are four blocks, and biases."
        ),
        Mistake("one_block_one_bias", 20_608, "That is one block with one bias. There are four blocks and two biases."),
        Mistake("no_matrix_for_x", 66_048, "The matrix for x, 32 by 4 · 128, and one bias are missing."),
        Mistake("no_biases", 81_920, "The biases are missing: two of them, 4 · 128 numbers each."),
        Mistake("one_bias", 82_432, "There are two biases, b_xh and b_hh, as in torch; this counts one."),
        Mistake("only_the_input", 16_384, "That is the matrix for x. The matrix for h is four times as large here."),
    ],
    hints=["One block: a matrix for x, a matrix for h, two biases.", "32 · 128 + 128 · 128 + 2 · 128, four times."],
    why="Four blocks of 32 · 128 + 128 · 128 + 2 · 128.",
)


# One step of the LSTM


def right_step(x, h, c, W_xh, W_hh, b):
    """x (B, D), h and c (B, H), W_xh (D, 4H), W_hh (H, 4H), b (4H,), columns i f g o -> new (h, c)."""
    i, f, g, o = (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, c


def step_with(order: str = "ifgo", proposal: Callable = torch.tanh, update: Callable | None = None) -> Callable:
    """A step that reads the columns in another order, proposes or updates otherwise."""

    def step(x, h, c, W_xh, W_hh, b):
        blocks = dict(zip(order, (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1), strict=True))
        i, f, o = (blocks[name].sigmoid() for name in "ifo")
        g = proposal(blocks["g"])
        c = update(i, f, g, c) if update else f * c + i * g
        return o * c.tanh(), c

    return step


def step_squashed(gate: Callable, proposal: Callable) -> Callable:
    """A step with other activations for the three gates and the proposal."""

    def step(x, h, c, W_xh, W_hh, b):
        i, f, g, o = (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1)
        c = gate(f) * c + gate(i) * proposal(g)
        return gate(o) * c.tanh(), c

    return step


def without_tanh_on_c(x, h, c, W_xh, W_hh, b):
    i, f, g, o = (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c, c


def keeps_what_it_shows(x, h, c, W_xh, W_hh, b):
    h, c = right_step(x, h, c, W_xh, W_hh, b)
    return h, c.tanh()


def without_bias(x, h, c, W_xh, W_hh, b):
    return right_step(x, h, c, W_xh, W_hh, torch.zeros_like(b))


def shows_the_old_memory(x, h, c, W_xh, W_hh, b):
    o = (x @ W_xh + h @ W_hh + b).chunk(4, dim=-1)[3].sigmoid()
    return o * c.tanh(), right_step(x, h, c, W_xh, W_hh, b)[1]


def gates_read_c(x, h, c, W_xh, W_hh, b):
    return right_step(x, c, c, W_xh, W_hh, b)


def step_inputs(draw: Draw, B: int, D: int, H: int) -> tuple:
    return draw(B, D), draw(B, H), draw(B, H), draw(D, 4 * H), draw(H, 4 * H), draw(4 * H)


lstm_step = Function(
    id="lstm_step",
    notebook=NOTEBOOK,
    minutes=8,
    reference=right_step,
    cases=sized(step_inputs, {"B": 2, "D": 3, "H": 5}, {"B": 3, "D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "forget_and_input_swapped",
            step_with("figo"),
            "The first block forgets here and the second writes. The columns are i, f, g, o, and the new c is "
            "f ⊙ c + i ⊙ g.",
        ),
        Mistake(
            "no_activation",
            step_squashed(lambda a: a, lambda a: a),
            "The four sums are used as they are. i, f and o take a sigmoid, g takes tanh.",
        ),
        Mistake(
            "tanh_throughout",
            step_squashed(torch.tanh, torch.tanh),
            "tanh is taken of all four. i, f and o are gates, from 0 to 1: sigmoid.",
        ),
        Mistake(
            "output_third",
            step_with("ifog"),
            "The third block is read as o and the fourth as g. The columns are i, f, g, o.",
        ),
        Mistake(
            "sigmoid_on_g",
            step_with(proposal=torch.sigmoid),
            "g is no gate: with a sigmoid it could only ever add to the memory. It takes tanh, from −1 to 1.",
        ),
        Mistake(
            "one_forgets",
            step_with(update=lambda i, f, g, c: (1 - f) * c + i * g),
            "The memory is multiplied by 1 − f. The forget gate says what is kept: 1 keeps all, 0 forgets all.",
        ),
        Mistake(
            "tied",
            step_with(update=lambda i, f, g, c: f * c + (1 - f) * g),
            "What is written is 1 − f here. That ties the two as a GRU does; an LSTM's i and f are free of each other.",
        ),
        Mistake(
            "overwritten",
            step_with(update=lambda i, f, g, c: i * g),
            "The old memory plays no part: c holds only what is written now. f ⊙ c is missing.",
        ),
        Mistake(
            "no_tanh_on_c",
            without_tanh_on_c,
            "h is o ⊙ c here. The memory may grow beyond 1; tanh brings it back before it is shown.",
        ),
        Mistake(
            "keeps_what_it_shows",
            keeps_what_it_shows,
            "tanh(c) is handed on as the memory. tanh belongs to what is shown; c goes on as it is.",
        ),
        Mistake("no_bias", without_bias, "The bias b is missing from the four sums."),
        Mistake(
            "shows_the_old_memory",
            shows_the_old_memory,
            "h shows the memory from before the update. It is computed from the new c.",
        ),
        Mistake(
            "h_and_c_swapped",
            lambda *given: right_step(*given)[::-1],
            "What is right comes back in the wrong order: first h, which is shown, then c, the memory.",
        ),
        Mistake(
            "gates_read_c",
            gates_read_c,
            "The gates read c here. They see the input and h; c is only multiplied and added to.",
        ),
    ],
    hints=[
        "One product for all four: x @ W_xh + h @ W_hh + b is (B, 4H); .chunk(4, dim=-1) cuts it.",
        "Sigmoid for i, f and o, tanh for g. Then c = f * c + i * g, and from the new c: h = o * c.tanh().",
    ],
    why="Six lines of mathematics, and torch's LSTM does nothing else.",
)


# The forget gate at the start of training


def bias_of_the_forget_gate(b_xh, b_hh, value):
    """b_xh and b_hh (4H,), blocks i f g o -> both, so that with x = 0 and h = 0 every forget gate is σ(value)."""
    H = len(b_xh) // 4
    b_xh, b_hh = b_xh.clone(), b_hh.clone()
    b_xh[H : 2 * H] = value
    b_hh[H : 2 * H] = 0
    return b_xh, b_hh


def second_bias_emptied(b_xh, b_hh, value):
    b_xh, _ = bias_of_the_forget_gate(b_xh, b_hh, value)
    return b_xh, torch.zeros_like(b_hh)


def bias_with(block: int = 1, xh: float | None = 1, hh: float | None = 0, whole: bool = False) -> Callable:
    """Sets one block, or all, to so many times the value; None leaves it."""

    def change(b_xh, b_hh, value):
        H = len(b_xh) // 4
        place = slice(None) if whole else slice(block * H, (block + 1) * H)
        b_xh, b_hh = b_xh.clone(), b_hh.clone()
        for bias, times in ((b_xh, xh), (b_hh, hh)):
            if times is not None:
                bias[place] = times * value
        return b_xh, b_hh

    return change


def added_bias(b_xh, b_hh, value):
    H = len(b_xh) // 4
    b_xh = b_xh.clone()
    b_xh[H : 2 * H] += value
    return b_xh, b_hh


def as_probability(b_xh, b_hh, value):
    return bias_of_the_forget_gate(b_xh, b_hh, torch.tensor(value).sigmoid().item())


def sum_of_biases(answer: Callable, b_xh: Tensor, b_hh: Tensor, value: float) -> Tensor:
    """What the cell adds, (4H,), and what is compared: the value may be divided between the two biases."""
    biases = answer(b_xh, b_hh, value)
    if biases is None:
        raise ValueError("nothing came back; wanted are b_xh and b_hh")
    if isinstance(biases, Tensor) and biases.dim() == 1:
        raise ValueError("one bias came back; wanted are b_xh and b_hh")
    return sum(biases)


open_forget_gates = Function(
    id="open_forget_gates",
    notebook=NOTEBOOK,
    minutes=5,
    reference=bias_of_the_forget_gate,
    cases=lambda: [
        (torch.linspace(-1, 1, 4 * H), torch.linspace(2, 1, 4 * H), value) for H, value in ((3, 5.0), (2, 1.0))
    ],
    use=sum_of_biases,
    mistakes=[
        Mistake(
            "other_gates_too",
            second_bias_emptied,
            "All of b_hh is set to 0, and the other gates lose their part of it. Change the forget block alone: "
            "[H : 2 * H].",
        ),
        Mistake(
            "input_gate", bias_with(block=0), "This sets the first block, the input gate. The blocks are i, f, g, o."
        ),
        Mistake(
            "both_biases",
            bias_with(hh=1),
            "Both biases are set to the value, and they are added: the gate becomes σ(2 · value).",
        ),
        Mistake(
            "other_bias_left",
            bias_with(hh=None),
            "b_xh is set, and b_hh still adds its own numbers: the sum is not the value.",
        ),
        Mistake("all_gates", bias_with(whole=True), "This opens all four blocks. Only the forget gate is asked for."),
        Mistake(
            "one_forgets",
            bias_with(xh=-1),
            "The sign is turned round, as if the gate forgot when it is open. To keep, it must be near 1.",
        ),
        Mistake("added", added_bias, "The value is added to what was there; the gate shall be σ(value) exactly."),
        Mistake(
            "sigmoid_of_it",
            as_probability,
            "The bias is set to σ(value). The cell takes the sigmoid itself; the bias is what stands inside it.",
        ),
        Mistake(
            "no_return",
            without_return(bias_of_the_forget_gate),
            "Nothing came back. Is the return missing? Wanted are both biases: return b_xh, b_hh.",
        ),
        Mistake(
            "one_bias_back",
            lambda b_xh, b_hh, value: bias_of_the_forget_gate(b_xh, b_hh, value)[0],
            "One bias came back, and the cell has two: return b_xh, b_hh.",
        ),
    ],
    hints=[
        "b_xh is (4H,), so H is len(b_xh) // 4, and the forget gate's part is [H : 2 * H].",
        "Work on copies (.clone()). The cell adds the two biases: their sum must be the value.",
    ],
    why="The forget gate starts near 1, and the memory lasts before anything is learned.",
)


who_remembers = Choice(
    id="who_remembers",
    notebook=NOTEBOOK,
    minutes=1,
    question="After 200 updates, which of them recall the cue 40 steps later?",
    options=[
        (
            "all three",
            "A tanh network's state is written anew at each of the forty steps, and its gradient fades with it.",
        ),
        (
            "both LSTMs",
            "The name does not do it. A forget gate of one half leaves 0.5⁴⁰ of the memory, and of the gradient.",
        ),
        ("the LSTM with forget bias 5 alone", "σ(5) = 0.993, and 0.993⁴⁰ is still three quarters."),
        ("none of them", "One of them has a memory that lasts before anything is learned."),
    ],
    reference="C",
    hints=["How much of the memory does each keep over 40 steps, before training?"],
)


# State between chunks, and between texts


def read_all(lstm, texts):
    """Texts, each a list of chunks (T, D) -> the last output of each text, (number of texts, H).

    lstm(chunk, state) -> (outputs (T, H), state), where state is None at a beginning, later a pair (h, c).
    """
    last = []
    for chunks in texts:
        state = None
        for chunk in chunks:
            outputs, state = lstm(chunk, state)
        last.append(outputs[-1])
    return torch.stack(last)


def read_with(change: Callable, fresh_text: bool = True) -> Callable:
    """Reads on with the state that `change` makes of it."""

    def read(lstm, texts):
        state, last = None, []
        for chunks in texts:
            state = None if fresh_text else state
            for chunk in chunks:
                outputs, state = lstm(chunk, state)
                state = change(*state)
            last.append(outputs[-1])
        return torch.stack(last)

    return read


def memory_as_output(lstm, texts):
    last = []
    for chunks in texts:
        state = None
        for chunk in chunks:
            _, state = lstm(chunk, state)
        last.append(state[1])
    return torch.stack(last)


def first_chunk_only(lstm, texts):
    return torch.stack([lstm(chunks[0], None)[0][-1] for chunks in texts])


def chunked_texts() -> list[tuple[Callable, list[list[Tensor]]]]:
    draw = Draw(torch.Generator().manual_seed(4))
    cases = []
    for D, H, lengths in ((3, 4, ([2, 3], [4, 1, 2])), (2, 2, ([1, 2, 2], [3, 2], [2, 2]))):
        weights = draw(D, 4 * H), draw(H, 4 * H), draw(4 * H)

        def lstm(chunk, state=None, weights=weights, H=H):
            h, c = state or (torch.zeros(1, H), torch.zeros(1, H))
            outputs = []
            for x in chunk:
                h, c = right_step(x[None], h.reshape(1, H), c.reshape(1, H), *weights)
                outputs.append(h[0])
            return torch.stack(outputs), (h[0], c[0])

        cases.append((lstm, [[draw(T, D) for T in text] for text in lengths]))
    return cases


read_texts = Function(
    id="read_texts",
    notebook=NOTEBOOK,
    minutes=6,
    reference=read_all,
    cases=chunked_texts,
    mistakes=[
        Mistake(
            "fresh_each_chunk",
            read_with(lambda h, c: None),
            "Every chunk starts without a memory: what was read in the chunk before is lost.",
        ),
        Mistake(
            "never_fresh",
            read_with(lambda h, c: (h, c), fresh_text=False),
            "A new text starts with the memory of the one before, which has nothing to do with it.",
        ),
        Mistake(
            "h_alone",
            read_with(lambda h, c: (h, torch.zeros_like(c))),
            "Only h goes on, and c starts from zero at every chunk. The state of an LSTM is both.",
        ),
        Mistake(
            "c_alone",
            read_with(lambda h, c: (torch.zeros_like(h), c)),
            "Only c goes on, and h starts from zero at every chunk: the gates read h. The state is both.",
        ),
        Mistake(
            "h_and_c_swapped",
            read_with(lambda h, c: (c, h)),
            "h and c have changed places between the chunks. The pair is (h, c), in and out.",
        ),
        Mistake(
            "memory_as_output", memory_as_output, "This gives c, the memory. The output is h, the last of outputs."
        ),
        Mistake("first_chunk_only", first_chunk_only, "Only the first chunk of each text is read."),
    ],
    hints=[
        "Two loops: over the texts, and inside over the chunks of a text. Where does the state become None?",
        "state = None before the inner loop; in it, outputs, state = lstm(chunk, state).",
    ],
    why="Memory goes on within a text, however it is cut, and never from one text into another.",
)


# What holding a gate costs

cheapest_hold = Choice(
    id="cheapest_hold",
    notebook=NOTEBOOK,
    minutes=2,
    question="One gate is held at a value, for all units and at every step. Which costs the least?",
    options=[
        (
            "the forget gate held open, f = 1",
            "Nothing is ever forgotten: c grows step by step, and tanh(c) gets stuck at ±1.",
        ),
        ("the forget gate held shut, f = 0", "Then c holds nothing but what was written at this very step."),
        (
            "the input gate held open, i = 1",
            "Every proposal is written in full. g can still be small where nothing is to be said.",
        ),
        (
            "the output gate held open, o = 1",
            "Every unit shows its memory at all times, also where it has nothing to say.",
        ),
    ],
    reference="C",
    hints=["Which of the four jobs can another part of the cell take over?"],
)


# One step of the GRU


def right_gru(x, h, W_xh, W_hh, b_xh, b_hh):
    """x (B, D), h (B, H), W_xh (D, 3H), W_hh (H, 3H), b_xh and b_hh (3H,), columns r z n -> new h (B, H)."""
    x_r, x_z, x_n = (x @ W_xh + b_xh).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ W_hh + b_hh).chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return (1 - z) * n + z * h


def gru_with(order: str = "rzn", proposal: Callable | None = None, update: Callable | None = None) -> Callable:
    """A step that reads the columns in another order, proposes or updates otherwise."""

    def step(x, h, W_xh, W_hh, b_xh, b_hh):
        xs = dict(zip(order, (x @ W_xh + b_xh).chunk(3, dim=-1), strict=True))
        hs = dict(zip(order, (h @ W_hh + b_hh).chunk(3, dim=-1), strict=True))
        r, z = (xs["r"] + hs["r"]).sigmoid(), (xs["z"] + hs["z"]).sigmoid()
        n = proposal(xs["n"], hs["n"], r) if proposal else (xs["n"] + r * hs["n"]).tanh()
        return update(n, z, h) if update else (1 - z) * n + z * h

    return step


def of_cho(x: Tensor, h: Tensor, W_xh: Tensor, W_hh: Tensor, b_xh: Tensor, b_hh: Tensor) -> Tensor:
    """The step of Cho et al. (2014): r acts on h, before the matrix product."""
    W_xr, W_xz, W_xn = W_xh.chunk(3, dim=-1)
    W_hr, W_hz, W_hn = W_hh.chunk(3, dim=-1)
    b_r, b_z, b_n = (b_xh + b_hh).chunk(3)
    r = (x @ W_xr + h @ W_hr + b_r).sigmoid()
    z = (x @ W_xz + h @ W_hz + b_z).sigmoid()
    n = (x @ W_xn + (r * h) @ W_hn + b_n).tanh()
    return (1 - z) * n + z * h


def bias_outside(x, h, W_xh, W_hh, b_xh, b_hh):
    zero = torch.zeros_like(b_hh)
    H = h.shape[-1]
    inside, outside = torch.cat([b_hh[: 2 * H], zero[2 * H :]]), torch.cat([zero[: 2 * H], b_hh[2 * H :]])
    return right_gru(x, h, W_xh, W_hh, b_xh + outside, inside)


def shown_by_a_gate(x, h, W_xh, W_hh, b_xh, b_hh):
    """As an LSTM with a gate less: r shows a share of tanh of the state."""
    r = (x @ W_xh + b_xh + h @ W_hh + b_hh).chunk(3, dim=-1)[0].sigmoid()
    memory = gru_with(proposal=lambda x_n, h_n, r: (x_n + h_n).tanh())(x, h, W_xh, W_hh, b_xh, b_hh)
    return r * memory.tanh()


def gru_inputs(draw: Draw, B: int, D: int, H: int) -> tuple:
    return draw(B, D), draw(B, H), draw(D, 3 * H), draw(H, 3 * H), draw(3 * H), draw(3 * H)


gru_step = Function(
    id="gru_step",
    notebook=NOTEBOOK,
    minutes=7,
    reference=right_gru,
    cases=sized(gru_inputs, {"B": 2, "D": 3, "H": 5}, {"B": 3, "D": 3, "H": 3}),
    mistakes=[
        Mistake(
            "update_turned_round",
            gru_with(update=lambda n, z, h: z * n + (1 - z) * h),
            "z and 1 − z have changed places. Here z = 1 keeps the state, as f = 1 does in the LSTM.",
        ),
        Mistake(
            "not_tied",
            gru_with(update=lambda n, z, h: n + z * h),
            "The proposal is added in full, as if the state were a memory to add to. z ties the two: (1 − z) ⊙ n.",
        ),
        Mistake(
            "shown_by_a_gate",
            shown_by_a_gate,
            "r takes the part of an output gate, as if the state were a c to be shown in part. A GRU has no c: its one "
            "state is what it remembers and what it shows, and r acts on what the proposal sees.",
        ),
        Mistake(
            "of_cho",
            of_cho,
            "This is the form of Cho et al.: r acts on h before the product. In torch's it acts on h W_hn + b_hn.",
        ),
        Mistake(
            "no_reset",
            gru_with(proposal=lambda x_n, h_n, r: (x_n + h_n).tanh()),
            "The reset gate plays no part: the proposal always sees the whole past.",
        ),
        Mistake(
            "reset_everything",
            gru_with(proposal=lambda x_n, h_n, r: (r * (x_n + h_n)).tanh()),
            "The reset gate shuts off the input as well. It is for the past alone: r ⊙ (h W_hn + b_hn).",
        ),
        Mistake(
            "update_first",
            gru_with("zrn"),
            "The first block is read as z and the second as r. The columns are r, z, n.",
        ),
        Mistake(
            "no_state_bias",
            lambda x, h, W_xh, W_hh, b_xh, b_hh: right_gru(x, h, W_xh, W_hh, b_xh, torch.zeros_like(b_hh)),
            "b_hh is missing. Here the two biases are not one and the same: r multiplies the second.",
        ),
        Mistake(
            "bias_outside",
            bias_outside,
            "The bias b_hn stands outside of the reset gate. It belongs to h W_hn, and r multiplies both.",
        ),
        Mistake(
            "sigmoid_on_n",
            gru_with(proposal=lambda x_n, h_n, r: (x_n + r * h_n).sigmoid()),
            "n is no gate: it is the proposed state, from −1 to 1, and takes tanh.",
        ),
    ],
    hints=[
        "Keep the two products apart, since r acts on one of them: x @ W_xh + b_xh and h @ W_hh + b_hh, both (B, 3H).",
        "n = tanh(x_n + r * h_n), and at last (1 - z) * n + z * h.",
    ],
    why="Two gates, one state, and z divides between old and new.",
)

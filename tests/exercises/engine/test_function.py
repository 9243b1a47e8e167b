"""A function is judged by what it does: many right ways to write it, and a sentence for every wrong one."""

import functools
import os
import random
import sys
import threading
import time
import warnings
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn
from unrolled.exercises.engine import Function, Mistake, explain, sized
from unrolled.exercises.engine.stub import is_stub


def right_step(x, h, W, b):
    """x (B, D), h (B, H) -> new h (B, H)."""
    return torch.tanh(x @ W + h + b)


def inputs(draw, B, D, H):
    return draw(B, D), draw(B, H), draw(D, H), draw(H)


def make(**changes):
    options = {
        "id": "step",
        "notebook": "99_nowhere",
        "minutes": 3,
        "reference": right_step,
        "cases": sized(inputs, {"B": 2, "D": 3, "H": 4}, {"B": 3, "D": 3, "H": 3}),
        "mistakes": [
            Mistake("no_tanh", lambda x, h, W, b: x @ W + h + b, "The tanh is missing."),
            Mistake("transposed", lambda x, h, W, b: torch.tanh(x @ W.T + h + b), "W leads from x to h, not back."),
            Mistake("no_state", lambda x, h, W, b: torch.tanh(x @ W + b), "The state does not come in."),
        ],
        "hints": ["Three terms.", "And a tanh around them."],
        "why": "One step.",
    }
    return Function(**{**options, **changes})


@pytest.fixture(scope="module")
def step():
    return make()


class Module(nn.Module):
    def forward(self, x, h, W, b):
        return torch.tanh(nn.functional.linear(x, W.T, b) + h)


class Object:
    def __call__(self, x, h, W, b):
        return right_step(x, h, W, b)

    def method(self, *arguments):
        return right_step(*arguments)


def loop(x, h, W, b):
    new = torch.empty(h.shape)
    for n in range(x.shape[0]):
        for j in range(W.shape[1]):
            new[n, j] = torch.tanh(sum(x[n, i] * W[i, j] for i in range(x.shape[1])) + h[n, j] + b[j])
    return new


def in_numpy(x, h, W, b):
    return np.tanh(x.numpy() @ W.numpy() + h.numpy() + b.numpy())


def on_a_copy(x, h, W, b):
    h = h.clone()
    h += x @ W
    h += b
    return h.tanh_()


def with_defaults(x, h, W, b, scale=1.0, *, noise=None):
    return torch.tanh(x @ W + h + b) * scale


def under_other_names(*everything):
    return right_step(*everything)


RIGHT = {
    "as it is": right_step,
    "loops": loop,
    "einsum": lambda x, h, W, b: torch.einsum("bi,ij->bj", x, W).add(h).add(b).tanh(),
    "numpy": in_numpy,
    "in place on a copy": on_a_copy,
    "defaults": with_defaults,
    "other names": under_other_names,
    "float64": lambda x, h, W, b: right_step(x.double(), h.double(), W.double(), b.double()),
    "partial": functools.partial(lambda f, *arguments: f(*arguments), right_step),
    "a module": Module(),
    "an object": Object(),
    "a method": Object().method,
    "without gradient": torch.no_grad()(right_step),
    "the state's way": lambda x, h, W, b: (torch.cat([x, h, torch.ones(len(x), 1)], 1)
                                           @ torch.cat([W, torch.eye(len(b)), b[None]])).tanh(),
}  # fmt: skip


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_a_right_answer_passes_however_it_is_written(step, answer):
    assert step.judge(answer) == ("correct", None, "Correct. One step.")


def test_a_mistake_is_named_however_it_is_written(step):
    def without_tanh(x, h, W, b):
        return torch.stack(
            [sum(row[i] * W[i] for i in range(len(W))) + state + b for row, state in zip(x, h, strict=True)]
        )

    assert step.judge(without_tanh) == ("not yet", "no_tanh", "Not yet. The tanh is missing.")
    assert step.judge(lambda *a: in_numpy(a[0], torch.zeros_like(a[1]), *a[2:])).mistake == "no_state"


def test_a_mistake_that_raises_on_one_set_is_known_by_its_numbers_on_the_other(step):
    answer = lambda x, h, W, b: torch.tanh(torch.einsum("bi,ji->bj", x, W) + h + b)  # noqa: E731
    assert step.judge(answer).mistake == "transposed"
    by_another_error = lambda x, h, W, b: np.tanh(x.numpy() @ W.numpy().T + h.numpy() + b.numpy())  # noqa: E731
    assert step.judge(by_another_error).mistake == "transposed"


def test_an_error_on_all_sets_is_known_by_type_and_words():
    def wrong(x, h, W, b):
        return torch.tanh(W @ x.T.reshape(-1) + h)

    step = make(mistakes=[Mistake("order", wrong, "The order of the product.")])
    assert step.judge(lambda x, h, W, b: torch.tanh(W @ x.T.reshape(-1) + h + b)).mistake == "order"
    assert step.judge(lambda x, h, W, b: torch.tanh(W @ x.flatten()[:2] + h + b)).mistake is None


def raising(error):
    def answer(x, h, W, b):
        raise error

    return answer


def changes_inputs(x, h, W, b):
    h += x @ W + b
    return h.tanh_()


def deep(x, h, W, b):
    return deep(x, h, W, b)


def generator(x, h, W, b):
    yield right_step(x, h, W, b)


class Silent(Exception):
    def __str__(self):
        raise ValueError


def forgets(x, h, W, b):
    right_step(x, h, W, b)


half = lambda *a: right_step(*a).half()  # noqa: E731
WRONG = {
    "raises": (lambda x, h, W, b: x @ h, "It raises RuntimeError in line", "Tried with x (2, 3), h (2, 4), W (3, 4)"),
    "name": (lambda x, h, W, b: nonsense, "It raises NameError in line", "`", "'nonsense' is not defined. A name"),  # noqa: F821
    "dots": (lambda x, h, W, b: x + ..., "It raises TypeError", "There are still dots (...) in it"),
    "own error": (raising(KeyError("h")), "It raises KeyError", "'h'."),
    "silent error": (raising(Silent()), "It raises Silent in line", "`raise error`."),
    "stopped": (raising(StopIteration()), "It raises StopIteration", ""),
    "memory": (raising(MemoryError()), "It raises MemoryError", ""),
    "exits": (lambda *a: sys.exit(), "It leaves Python", "return"),
    "interrupts": (raising(KeyboardInterrupt()), "It leaves Python", "return"),
    "leaves": (raising(GeneratorExit()), "It raises GeneratorExit", ""),
    "recursion": (deep, "It raises RecursionError in line", "needs a case in which it doesn't"),
    "None": (forgets, "It returns None. Is the return missing", "Tried with"),
    "a shape": (lambda *a: right_step(*a)[0], "The shape is not the one", "(4,)            (2, 4)"),
    "transposed": (lambda *a: right_step(*a).T, "The shape is not the one", "(4, 2)          (2, 4)"),
    "values": (lambda *a: right_step(*a) + 1, "The shape is right, the values are not", "0 of 8", "1               0"),
    "some values": (lambda *a: right_step(*a).index_fill(1, torch.tensor(0), 3), "the values are not", "6 of 8"),
    "NaN": (lambda *a: right_step(*a) * torch.nan, "There are NaN", "0/0", "0 of 8", "difference  NaN "),
    "infinity": (lambda *a: right_step(*a) / 0, "There are infinities", "division by zero"),
    "an integer dtype": (lambda *a: right_step(*a).long(), "dtype is not: make it float32", "int64           float32"),
    "a mask": (lambda *a: right_step(*a) > 0, "the dtype is not", "bool            float32"),
    "half precision": (half, "The shape is right, the values are not", "float16         float32"),
    "complex": (lambda *a: right_step(*a) * 1j, "the dtype is not", "complex64"),
    "a list": (lambda *a: list(right_step(*a)), "a list or tuple of 2, where a tensor of shape (2, 4)", "torch.stack"),
    "numbers": (lambda *a: right_step(*a).tolist(), "a list or tuple of 2, where", "torch.tensor one of numbers"),
    "a tuple": (lambda *a: (right_step(*a), 1), "a list or tuple of 2, where a tensor", ""),
    "a text": (lambda *a: "h", "It returns 'h', where a tensor of shape (2, 4) is wanted", ""),
    "a dict": (lambda *a: {"h": 1}, "a dict with the keys 'h'", ""),
    "a number": (lambda *a: 1, "The shape is not the one", "()              (2, 4)"),
    "an object": (lambda *a: Object(), "It returns an Object, where", ""),
    "a generator": (generator, "a generator, since there is a yield", "return"),
    "changed inputs": (changes_inputs, "The values are right, but h changed on the way", "h.clone()"),
    "too few arguments": (lambda x, h: x, "Yours takes (x, h), and it is called with (x, h, W, b)", ""),
    "not a function": (torch.ones(2), "A function is wanted, and this is a Tensor", "check(step)"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "sentence", "more"), [(*each[:2], each[2:]) for each in WRONG.values()], ids=WRONG)
def test_a_wrong_answer_gets_a_sentence(step, answer, sentence, more):
    verdict = step.judge(answer)
    assert verdict.outcome == "not yet"
    assert verdict.mistake is None
    assert verdict.message.startswith(f"Not yet. {sentence}") or f" {sentence}" in verdict.message
    for part in more:
        assert part in verdict.message


@pytest.mark.parametrize("answer", [each[0] for each in WRONG.values()], ids=WRONG)
def test_check_prints_and_never_raises(step, answer, capsys):
    step.check(answer)
    said = capsys.readouterr()
    assert said.out.startswith("Not yet. ")
    assert not said.err


def test_state_that_is_kept_between_calls_is_found(step):
    kept = []

    def remembers(x, h, W, b):
        kept.append(1)
        return right_step(x, h, W, b) if len(kept) < 3 else right_step(x, h + 1, W, b)

    assert "something is kept from one call to the next" in step.judge(remembers).message

    buffer = torch.zeros(2, 4)

    def one_buffer(x, h, W, b):
        return torch.add(buffer, 1, out=buffer)

    assert "something is kept" in step.judge(one_buffer).message


def test_chance_is_found_where_it_is_seeded_by_nobody(step):
    chance = np.random.default_rng()
    assert "left to chance" in step.judge(lambda *a: right_step(*a) + chance.normal()).message
    assert step.judge(lambda *a: right_step(*a) + torch.rand(1)).mistake is None


@pytest.mark.parametrize("body", ["while True: pass", "while True:\n  try: time.sleep(0.001)\n  except: pass"])
def test_an_endless_answer_is_stopped(step, body):
    page = {"time": time}
    exec(f"def endless(x, h, W, b):\n print('begun')\n {body}", page)
    begin = time.monotonic()
    verdict = step.judge(page["endless"], seconds=0.2)
    assert time.monotonic() - begin < 2
    assert verdict.outcome == "not yet"
    assert verdict.message.startswith("Not yet. It did not end within 0.2 seconds and was stopped.")
    assert verdict.message.endswith("It printed:\n  begun")


def test_compiled_code_that_goes_on_is_said_to_go_on(step):
    verdict = step.judge(lambda *a: time.sleep(2), seconds=0.1)
    assert "it still goes on" in verdict.message
    assert "Restart the kernel" in verdict.message
    time.sleep(0.8)


def test_a_slow_answer_names_the_exercise_s_own_time():
    assert "within 0.1 seconds" in make(seconds=0.1).judge(lambda *a: time.sleep(0.5)).message


def test_ctrl_c_during_a_check_is_said_in_words(keyboard, step, capsys):
    timer = threading.Timer(0.2, pytest.importorskip("_thread").interrupt_main)
    timer.start()
    step.check(lambda *a: [time.sleep(0.001) for _ in range(100_000)])
    assert capsys.readouterr().out == "You stopped the check. Nothing is lost: run the cell again when you like.\n"


def test_what_is_printed_is_shown_once_and_shortened(step, capsys):
    def talks(x, h, W, b):
        for n in range(12):
            print("line", n)
        print("on the other stream", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return right_step(x, h, W, b)

    step.check(talks)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "Correct. One step.",
        "",
        "It printed:",
        *(f"  line {n}" for n in range(10)),
        "  …",
    ]
    assert not said.err


def test_endless_printing_is_stopped_and_kept_short(step):
    def talks(x, h, W, b):
        while True:
            print("again " * 50, flush=not sys.stdout.isatty())

    message = step.judge(talks, seconds=0.2).message
    assert "It printed:" in message
    assert len(message) < 3000


def in_a_new_thread(ask):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    thread.join()
    return answers[0]


def state():
    return {
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),
        "random": random.getstate(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "gradients": torch.is_grad_enabled(),
        "threads": (torch.get_num_threads(), in_a_new_thread(torch.get_num_threads)),
        "trace": (sys.gettrace(), threading.gettrace()),
        "streams": (sys.stdout, sys.stderr),
        "filters": list(warnings.filters),
        "folder": os.getcwd(),
        "depth": sys.getrecursionlimit(),
    }


def upside_down(x, h, W, b):
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_grad_enabled(False)
    torch.set_num_threads(torch.get_num_threads() + 1)
    sys.settrace(lambda *a: None)
    threading.settrace(lambda *a: None)
    sys.stdout = sys.stderr = None
    warnings.simplefilter("error")
    os.chdir("/")
    sys.setrecursionlimit(5000)
    torch.set_default_device(None)
    torch.set_default_device("meta")
    for each in (x, h, W, b):
        each.zero_()
    raise SystemExit


@pytest.mark.parametrize("again", range(2))
def test_what_an_answer_turns_upside_down_is_put_back(step, again):
    before = state()
    step.judge(upside_down)
    assert state() == before
    assert step.judge(right_step).outcome == "correct", "its inputs are as they were"


def test_a_page_turned_upside_down_does_not_matter():
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            assert make(gradients=True).judge(right_step).outcome == "correct"
        with torch.inference_mode():
            assert make(gradients=True).judge(right_step).outcome == "correct"
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


GRADIENTS = {
    "as it is": (right_step, "correct", "Correct."),
    "einsum": (lambda x, h, W, b: torch.einsum("bi,ij->bj", x, W).add(h).add(b).tanh(), "correct", "Correct."),
    "detached state": (lambda x, h, W, b: right_step(x, h.detach(), W, b), "not yet", "arrives in the gradient by h"),
    "without gradient": (torch.no_grad()(right_step), "not yet", "No gradient arrives in the gradient by x"),
    "in numpy": (lambda *a: torch.tensor(in_numpy(*(each.detach() for each in a))), "not yet", "No gradient arrives"),
    "half": (
        lambda x, h, W, b: right_step(x, (h + h.detach()) / 2, W, b),
        "not yet",
        "in the gradient by h is right, the",
    ),
    "in place": (changes_inputs, "not yet", "h changed on the way"),
    "wrong output": (lambda *a: right_step(*a)[0], "not yet", "The shape in the output is not"),
}


@pytest.mark.parametrize(("answer", "outcome", "sentence"), GRADIENTS.values(), ids=GRADIENTS)
def test_gradients_are_compared_where_they_are_asked_for(answer, outcome, sentence):
    verdict = make(gradients=True, mistakes=[]).judge(answer)
    assert verdict.outcome == outcome
    assert sentence in verdict.message


def test_gradients_flow_through_all_outputs_whatever_holds_them():
    held = make(reference=lambda x, h, W, b: {"h": right_step(x, h, W, b), "x": [x * 2]}, gradients=True, mistakes=[])
    assert held.judge(lambda *a: {"x": (2 * a[0],), "h": loop(*a)}).outcome == "correct"
    cut = held.judge(lambda *a: {"x": (2 * a[0].detach(),), "h": right_step(*a)})
    assert "in the gradient by x is right, the values are not" in cut.message


class Pair(NamedTuple):
    h: torch.Tensor
    c: torch.Tensor


def test_an_argument_may_be_a_named_tuple():
    exercise = make(reference=lambda state: state.h + state.c, mistakes=[],
                    cases=lambda: [(Pair(torch.ones(n), torch.ones(n)),) for n in (2, 3)])  # fmt: skip
    assert exercise.judge(lambda state: state.c + state.h).outcome == "correct"
    assert "state changed on the way" in exercise.judge(lambda state: state.h.add_(state.c)).message


def test_a_mistake_may_lie_in_the_gradients_alone():
    detached = Mistake("detached", lambda x, h, W, b: right_step(x, h.detach(), W, b), "Blame stops here.")
    answer = lambda x, h, W, b: right_step(x, h.data, W, b)  # noqa: E731
    assert make(gradients=True, mistakes=[detached]).judge(answer).mistake == "detached"
    assert make(mistakes=[]).judge(answer).outcome == "correct"


class Cell:
    def __init__(self, size):
        self.state = torch.zeros(size)

    def __call__(self, x):
        self.state = torch.tanh(x + self.state)
        return self.state


class Forgetful(Cell):
    def __call__(self, x):
        return torch.tanh(x)


class EmptyCell:
    def __init__(self, size): ...

    def __call__(self, x):
        """One step."""


def run_cell(cell, x):
    made = cell(x.shape[1])
    return {"states": [made(each) for each in x], "last": made.state}


def test_an_answer_may_be_a_class(capsys):
    mistakes = [Mistake("forgetful", Forgetful, "The state never changes.")]
    cell = make(reference=Cell, cases=lambda: [(torch.eye(3),), (torch.ones(2, 2),)], use=run_cell, mistakes=mistakes)
    assert cell.signature == "step(size)"
    assert cell.names == ["x"]
    assert cell.judge(Cell).outcome == "correct"
    assert cell.judge(EmptyCell).outcome == "not attempted"
    assert cell.judge(Forgetful).mistake == "forgetful"
    assert "has no attribute 'state'" in cell.judge(lambda size: torch.tanh).message
    shifted = type("Shifted", (Cell,), {"__call__": lambda self, x: Cell.__call__(self, x) + 1})
    assert "The shape in result['states'][0] is right" in cell.judge(shifted).message
    assert "It raises TypeError" in cell.judge(lambda: 3).message
    cell.solution()
    assert capsys.readouterr().out.startswith("class step:")


def test_an_answer_may_give_back_a_function():
    curried = make(reference=lambda x: lambda y: x + y, use=lambda answer, x, y: answer(x)(y),
                   cases=lambda: [(1, 2), (2.5, 3)], mistakes=[])  # fmt: skip
    assert curried.judge(lambda x: lambda y: y + x).outcome == "correct"
    verdict = curried.judge(lambda x: lambda y: y - x)
    assert "value               1               3" in verdict.message
    assert verdict.message.endswith("Tried with x = 1, y = 2.")
    assert "the number" in curried.judge(lambda x: lambda y: [y]).message


def test_texts_bools_and_none_are_compared_too():
    longest = make(reference=lambda words: (max(words, key=len), len(words) > 2, None), mistakes=[],
                   cases=lambda: [(["a", "bcd"],), (("a", "bc", "d"),)])  # fmt: skip
    another = lambda words: [sorted(words, key=len)[-1], np.bool_(len(words) > 2), None]  # noqa: E731
    assert longest.judge(another).outcome == "correct"
    message = longest.judge(lambda words: ("a", False, None)).message
    assert "It returns 'a' in result[0], where 'bcd' is wanted" in message
    assert "a list or tuple of 1" in longest.judge(lambda words: ("a",)).message


def test_numbers_fractions_texts_and_lists_of_them_are_said_with_what_was_tried():
    fits = make(reference=lambda parts, whole, name: sum(parts) == whole, mistakes=[],
                cases=lambda: [([Fraction(3, 4), 1], Fraction(7, 4), "a"), ([[2.5]], [{}], "a" * 50)])  # fmt: skip
    assert explain.tried(fits.cases[0].arguments, fits.names) == (
        "\nTried with parts = [3/4, 1], whole = 7/4, name = 'a'."
    )
    assert explain.tried(fits.cases[1].arguments, fits.names) == "\nTried with parts = [[2.5]]."


def test_true_and_false_are_said_as_such():
    fits = make(reference=lambda parts, whole: sum(parts) == whole, mistakes=[], cases=lambda: [([1, 2], 3), ([1], 2)])
    message = fits.judge(lambda parts, whole: False).message
    assert "value               False           True" in message
    assert message.endswith("Tried with parts = [1, 2], whole = 3.")
    assert "It returns a list or tuple of 1, where True is wanted" in fits.judge(lambda parts, whole: [True]).message


@pytest.mark.parametrize("two", [2, 2.0])
def test_a_power_that_is_written_as_in_other_languages_is_named(two):
    power = make(reference=lambda x: 2**x, mistakes=[], cases=lambda: [(torch.ones(2),), (torch.zeros(3),)])
    message = power.judge(lambda x: two ^ x).message
    assert "A power is written **; ^ compares bits." in message
    message = power.judge(lambda x: x @ x.T ^ two).message
    assert "A power is written **" in message
    message = power.judge(lambda x: x @ torch.ones(9)).message
    assert "A power" not in message


def test_changed_lists_dicts_arrays_and_generators_are_seen_or_copied():
    def takes(words, table, array, chance, object):
        return torch.rand(1, generator=chance) + len(words) + len(table) + float(array.sum())

    def greedy(words, table, array, chance, object):
        result = takes(words, table, array, chance, object)
        words.append("x")
        table["b"] = 1
        array += 1
        return result

    cases = lambda: [(["a"], {"a": 1}, np.ones(2), torch.Generator().manual_seed(n), Object()) for n in range(2)]  # noqa: E731
    exercise = make(reference=takes, cases=cases, mistakes=[])
    assert exercise.judge(takes).outcome == "correct"
    assert "words and table and array changed" in exercise.judge(greedy).message


def test_exact_dtypes_are_asked_for_only_where_they_are_meant():
    verdict = make(exact_dtype=True).judge(RIGHT["float64"])
    assert "the dtype is not: make it float32" in verdict.message


def test_a_builtin_without_signature_is_tried_all_the_same():
    assert make(reference=lambda x: x, cases=lambda: [(3,), (4,)], mistakes=[]).judge(int).outcome == "correct"
    assert "It raises TypeError" in make().judge(int).message


def test_an_exercise_that_is_broken_itself_says_so(capsys):
    broken = make(cases=lambda: 1 / 0)
    broken.check(right_step)
    assert "The exercise step itself is broken (ZeroDivisionError" in capsys.readouterr().out


def test_a_reference_that_raises_is_no_reference():
    with pytest.raises(ValueError, match="the reference answer of step division by zero"):
        make(reference=lambda x, h, W, b: 1 / 0).judge(right_step)
    with pytest.raises(ValueError, match="the reference answer of step takes too long"):
        make(reference=lambda x, h, W, b: time.sleep(0.2), seconds=0.05).judge(right_step)


def test_hints_come_one_by_one_and_the_last_one_stays(capsys):
    step = make(id="hinted")
    for _ in range(3):
        step.hint()
    last = "Hint 2 of 2: And a tanh around them.\nThat was the last one; .solution() shows an answer.\n"
    assert capsys.readouterr().out == "Hint 1 of 2: Three terms.\n" + last * 2


def test_the_solution_carries_the_exercise_s_name(step, capsys):
    step.solution()
    assert capsys.readouterr().out.startswith("def step(x, h, W, b):\n")
    assert step.signature == "step(x, h, W, b)"


def test_nothing_is_checked_before_there_is_something(step, capsys):
    step.check()
    assert capsys.readouterr().out == "Not attempted. Write step in the cell above, run it, then run this one again.\n"
    assert is_stub(None)


def test_an_answer_that_alters_torch_is_held_against_what_torch_was(monkeypatch):
    def altering(x, h, W, b):
        torch.tanh = lambda a: a
        return x @ W + h + b

    monkeypatch.setattr(torch, "tanh", torch.tanh)  # put back afterwards
    assert make().judge(altering).mistake == "no_tanh"


def test_another_dtype_with_other_values_is_not_advised_to_be_cast():
    mask = make(reference=lambda x, h, W, b: x > 0, mistakes=[])
    said = mask.judge(lambda x, h, W, b: torch.where(x > 0, 0.0, -torch.inf)).message
    assert "make it bool, and other values, which .to() alone does not give" in said
    assert "as with .to(torch.bool)" in mask.judge(lambda x, h, W, b: (x > 0).float()).message


def test_the_element_that_is_wanted_of_several_is_pointed_out():
    said = make().judge(lambda x, h, W, b: (W, right_step(x, h, W, b))).message
    assert "Return its element 1 alone." in said


def plain(reference, cases, **options):
    return Function("f", "99_nowhere", 1, reference, cases, [], ["h"], **options)


def test_a_gradient_of_the_wrong_output_is_refused_though_the_sums_agree():
    exercise = plain(lambda x: x * 1.0, lambda: [(torch.tensor([1.0, 2.0]),)], gradients=True)
    assert exercise.judge(lambda x: x.flip(0) + (x - x.flip(0)).detach()).outcome == "not yet"


def test_the_line_of_an_error_is_the_learners_last():
    def inner(x):
        raise KeyError("here")

    def answer(x):
        return inner(x)

    message = plain(lambda x: x, lambda: [(1,)]).judge(answer).message
    assert f"line {inner.__code__.co_firstlineno + 1}" in message


def test_every_answer_begins_in_float32():
    torch.set_default_dtype(torch.float64)
    try:
        exercise = plain(lambda x: x + torch.ones(1), lambda: [(torch.ones(1, dtype=torch.float32),)], exact_dtype=True)
        assert exercise.wanted.calls[0].value.dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_mistake_that_did_exactly_the_same_comes_before_one_that_resembles():
    def raises_on_two(x):
        if len(x) == 2:
            raise ValueError("two")
        return x + 1

    exercise = Function(
        "f",
        "99_nowhere",
        1,
        lambda x: x,
        lambda: [(torch.ones(2),), (torch.ones(3),)],
        [Mistake("resembles", raises_on_two, "a"), Mistake("exact", lambda x: x + 1, "b")],
        ["h"],
    )
    assert exercise.judge(lambda x: x + 1).mistake == "exact"

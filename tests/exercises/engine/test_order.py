"""Lines to put in order."""

import numpy as np
import pytest
from unrolled.exercises.engine import Mistake, Order

LINES = ["h = zeros", "loss = 0", "for x_t in x:", "    h = step(x_t, h)", "    loss += cost(h)", "loss.backward()"]
loop = Order(
    id="loop",
    notebook="99_nowhere",
    minutes=3,
    lines=LINES,
    also=[[1, 0, 2, 3, 4, 5]],
    mistakes=[
        Mistake("early", [5, 4], "The loss is not complete when it goes back."),
        Mistake("cost_first", [4, 3], "The cost is that of a state which is not there yet."),
    ],
    hints=["What has to exist before the loop?"],
    why="Either of the first two may come first.",
)


def letters(*order):
    return [loop.labels[n] for n in order]


RIGHT = letters(0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    "answer",
    [RIGHT, tuple(RIGHT), " ".join(RIGHT), "".join(RIGHT), ", ".join(RIGHT).lower(), " → ".join(RIGHT),
     letters(1, 0, 2, 3, 4, 5), loop.reference],
)  # fmt: skip
def test_right_orders_pass_however_they_are_written(answer):
    assert loop.judge(answer) == ("correct", None, "Correct. Either of the first two may come first.")


@pytest.mark.parametrize(
    ("order", "name"),
    [((0, 1, 2, 3, 5, 4), "early"), ((1, 0, 2, 5, 3, 4), "early"), ((0, 1, 2, 4, 3, 5), "cost_first"),
     ((0, 1, 5, 4, 2, 3), "early"), ((1, 0, 2, 4, 3, 5), "cost_first")],
)  # fmt: skip
def test_a_known_mistake_is_met_wherever_the_other_lines_stand(order, name):
    verdict = loop.judge(letters(*order))
    assert (verdict.outcome, verdict.mistake) == ("not yet", name)


@pytest.mark.parametrize("order", [(0, 1, 3, 2, 4, 5), (2, 0, 1, 3, 4, 5), (4, 0, 1, 2, 3, 5)])
def test_lines_that_python_cannot_read_in_this_order_are_said_to_be_so(order):
    verdict = loop.judge(letters(*order))
    assert (verdict.outcome, verdict.mistake) == ("not yet", None)
    assert "Python can't read the lines in this order" in verdict.message


STEPS = ["the state is zero", "the word comes in", "the state changes", "the word goes out"]
words = Order("words", "99_nowhere", 3, STEPS, [], ["What is there at first?"], also=[[1, 0, 2, 3]])


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ((0, 1, 3, 2), "The first 2 lines are in place; {3} can't come next."),
        ((1, 0, 3, 2), "The first 2 lines are in place; {3} can't come next."),
        ((0, 2, 1, 3), "The first line is in place; {2} can't come next."),
        ((2, 0, 1, 3), "{2} can't come first."),
    ],
)
def test_another_order_says_how_far_it_is_right(order, sentence):
    verdict = words.judge([words.labels[n] for n in order])
    assert verdict == ("not yet", None, f"Not yet. {sentence.format(*words.labels)}")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (RIGHT[:-1], f"{RIGHT[-1]} is missing"),
        ([*RIGHT, RIGHT[0]], f"{RIGHT[0]} stands there more than once"),
        ([*RIGHT, "X"], "There is no line X; they are A B C D E F"),
        (123, "There is no line 1"),
        ([], "A B C D E F is missing"),
    ],
)
def test_what_is_no_order_gets_a_sentence(answer, sentence):
    verdict = loop.judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", None)
    assert verdict.message.startswith(f"Not yet. {sentence}")


@pytest.mark.parametrize("answer", [None, ..., "", "..."])
def test_dots_are_not_attempted(answer):
    assert loop.judge(answer).outcome == "not attempted"


def test_the_lines_are_shuffled_the_same_way_every_time(capsys):
    loop.show()
    shown = capsys.readouterr().out.splitlines()
    assert [each[2] for each in shown] == list("ABCDEF")
    assert [each[5:] for each in shown] != LINES
    assert sorted(each[5:] for each in shown) == sorted(LINES)
    again = Order("loop", "99_nowhere", 3, LINES, [], ["no hint"])
    assert again.labels == loop.labels
    loop.solution()
    assert [each[5:] for each in capsys.readouterr().out.splitlines()] == LINES


@pytest.mark.parametrize("id", "abcdefgh")
def test_no_shuffle_gives_the_answer_away(id):
    pair = Order(id, "99_nowhere", 1, ["first", "second"], [], ["no hint"])
    assert pair.labels == ["B", "A"]


def test_it_checks_and_hints_as_all_kinds_do(capsys):
    loop.check(RIGHT)
    loop.hint()
    assert capsys.readouterr().out.startswith("Correct. Either")
    assert loop.signature == "the order of A B C D E F"


def test_a_mistake_must_not_be_a_right_order():
    with pytest.raises(ValueError, match="loop, swap: a right order makes this mistake too"):
        Order("loop", "99_nowhere", 3, LINES, [Mistake("swap", [1, 0], "No.")], ["no hint"], also=[[1, 0, 2, 3, 4, 5]])


@pytest.mark.parametrize("sign", ['"', "/", "(", "|"])
def test_signs_between_the_letters_are_read_past(sign):
    assert loop.judge(sign + f"{sign} ".join(RIGHT) + sign).outcome == "correct"


def test_an_array_of_letters_is_an_answer():
    assert loop.judge(np.array(RIGHT)).outcome == "correct"

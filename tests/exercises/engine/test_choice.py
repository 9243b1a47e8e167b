"""One of several options."""

import pytest
from unrolled.exercises.engine import Choice

memory = Choice(
    id="memory",
    notebook="99_nowhere",
    minutes=1,
    question="What does the forget gate act on?",
    options=[("h", "No: h is what is shown."), ("c", "Yes, the memory."), ("x", "No: x is not kept.")],
    reference="B",
    hints=["Look at equation 4.5."],
)


@pytest.mark.parametrize("answer", ["B", "b", " b) ", "(B)", "B.", 2, "2"])
def test_the_right_option_is_said_by_letter_or_number(answer):
    assert memory.judge(answer) == ("correct", None, "Correct. Yes, the memory.")


@pytest.mark.parametrize(("answer", "letter"), [("A", "A"), ("c", "C"), (1, "A"), (3, "C")])
def test_every_other_option_has_its_explanation(answer, letter):
    verdict = memory.judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", letter)
    assert verdict.message == f"Not yet. {memory.options[letter][1]}"


@pytest.mark.parametrize("answer", ["D", 0, 4, "AB", "²", 2.0, True, ["B"], "the memory"])
def test_what_is_no_option_gets_a_sentence(answer):
    verdict = memory.judge(answer)
    assert (verdict.outcome, verdict.mistake) == ("not yet", None)
    assert verdict.message.startswith("Not yet. A letter is wanted, one of A B C, and this is ")


@pytest.mark.parametrize("answer", [None, ..., "", " ... "])
def test_dots_are_not_attempted(answer):
    assert memory.judge(answer).outcome == "not attempted"


def test_it_shows_itself(capsys):
    memory.show()
    memory.solution()
    memory.check("b")
    memory.hint()
    assert capsys.readouterr().out.splitlines() == [
        "What does the forget gate act on?",
        "  A  h",
        "  B  c",
        "  C  x",
        "B  c. Yes, the memory.",
        "Correct. Yes, the memory.",
        "Hint 1 of 1: Look at equation 4.5.",
        "That was the last one; .solution() shows an answer.",
    ]
    assert [each.name for each in memory.mistakes] == ["A", "C"]


@pytest.mark.parametrize("answer", [1, "1", 50])
def test_a_number_is_no_letter_where_the_options_hold_numbers(answer):
    options = [("50", "One each."), ("1, used 50 times", "Shared."), ("0", "None.")]
    weights = Choice(id="w", notebook="99_nowhere", minutes=1, question="How many?", options=options, reference="B",
                     hints=["Count."])  # fmt: skip
    assert weights.judge(answer).message.startswith("Not yet. A letter is wanted, one of A B C")
    assert weights.judge("b").outcome == "correct"


def test_the_solution_ends_each_sentence_once(capsys):
    options = [("It never changes.", "The optimiser has the old one."), ("It falls.", "No.")]
    Choice(
        id="w", notebook="99_nowhere", minutes=1, question="?", options=options, reference="A", hints=[""]
    ).solution()
    assert capsys.readouterr().out == "A  It never changes. The optimiser has the old one.\n"

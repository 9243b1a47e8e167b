"""What holds for every exercise of the course, whoever wrote it."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from unrolled import exercises
from unrolled.exercises.engine.compare import plain
from unrolled.exercises.engine.function import called

ALL = exercises.everything()
FUNCTIONS = {id: each for id, each in ALL.items() if each.kind == "function"}
NOTEBOOKS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))

every_exercise = pytest.mark.parametrize("exercise", ALL.values(), ids=ALL)
every_function = pytest.mark.parametrize("exercise", FUNCTIONS.values(), ids=FUNCTIONS)
every_mistake = pytest.mark.parametrize(
    ("exercise", "mistake"),
    [pytest.param(each, mistake, id=f"{id}:{mistake.name}") for id, each in ALL.items() for mistake in each.mistakes],
)


def altered(value: Any, number: Any) -> Any:
    """An output with `number` applied to every tensor in it, and every text one letter longer."""
    value = plain(value) if isinstance(value, bool | int | float) else value
    if isinstance(value, Tensor):
        return number(value)
    if isinstance(value, list | tuple):
        return [altered(each, number) for each in value]
    if isinstance(value, dict):
        return {key: altered(each, number) for key, each in value.items()}
    return f"{value}?"


def noisy(tensor: Tensor) -> Tensor:
    """A tenth of the largest value added or taken, in turns; of a mask or of integers, the first value changed."""
    if tensor.is_floating_point():
        signs = torch.ones(tensor.numel())
        signs[1::2] = -1
        return tensor + 0.1 * max(tensor.detach().abs().max().item(), 0.1) * signs.view(tensor.shape).to(tensor)
    wrong = tensor.clone().flatten()
    wrong[0] = ~wrong[0] if tensor.dtype == torch.bool else wrong[0] + 7
    return wrong.view(tensor.shape)


def negative(tensor: Tensor) -> Tensor:
    return ~tensor if tensor.dtype == torch.bool else -tensor - (not tensor.is_floating_point())


def as_numpy(tensor: Tensor) -> Any:
    return tensor.detach().numpy()


@pytest.fixture
def returning(monkeypatch):
    """The verdict on the right answer when what it returns is altered on the way."""

    def judge(exercise, number):
        assert exercise.wanted
        assert exercise.known
        use, names = exercise.use or called, exercise.names
        monkeypatch.setattr(exercise, "use", lambda *arguments: altered(use(*arguments), number))
        assert exercise.names == names
        return exercise.judge(exercise.reference)

    return judge


def with_parameters_of(exercise) -> str:
    return exercise.signature.partition("(")[2].rpartition(")")[0]


@every_exercise
def test_the_reference_is_accepted(exercise):
    verdict = exercise.judge(exercise.reference)
    assert verdict.outcome == "correct", verdict.message
    assert verdict.mistake is None


@every_mistake
def test_a_known_mistake_is_refused_with_its_own_sentence(exercise, mistake):
    verdict = exercise.judge(mistake.answer)
    assert verdict.outcome == "not yet"
    assert verdict.mistake == mistake.name, verdict.message
    assert mistake.sentence in verdict.message


@every_exercise
def test_known_mistakes_have_names_and_sentences_of_their_own(exercise):
    assert exercise.mistakes
    for words in ([each.name for each in exercise.mistakes], [each.sentence for each in exercise.mistakes]):
        assert len(set(words)) == len(words)
    for each in exercise.mistakes:
        assert 20 <= len(each.sentence) <= 400, each.name
        assert each.sentence.endswith((".", "?", ")", "`")), each.name


@every_function
def test_known_mistakes_differ_pairwise_in_what_they_do(exercise):
    for (one, first), (two, second) in itertools.combinations(exercise.known, 2):
        assert not exercise.agree(first, second), f"{one.name} and {two.name} do the same on these inputs"


@every_function
def test_a_function_knows_at_least_four_mistakes(exercise):
    assert len(exercise.mistakes) >= 4


@every_function
def test_a_wrong_answer_that_is_on_no_list_is_refused(exercise, returning):
    verdict = returning(exercise, noisy)
    assert verdict.outcome == "not yet"
    assert verdict.mistake is None, f"taken for {verdict.mistake}"


@every_function
def test_the_wrong_sign_is_refused(exercise, returning):
    assert returning(exercise, negative).outcome == "not yet"


@every_function
def test_numpy_is_as_good_as_torch(exercise, returning):
    if exercise.gradients:
        pytest.skip("gradients are wanted here, and do not flow through numpy")
    verdict = returning(exercise, as_numpy)
    assert verdict.outcome == "correct", verdict.message


@every_exercise
@pytest.mark.parametrize("nothing", [None, ...])
def test_nothing_is_not_attempted(exercise, nothing):
    assert exercise.judge(nothing).outcome == "not attempted"


@every_function
@pytest.mark.parametrize("body", ["'''What it does.'''\n    ...", "pass", "...", "raise NotImplementedError"])
def test_a_stub_is_not_attempted(exercise, body):
    page: dict = {}
    exec(f"def stub({with_parameters_of(exercise)}):\n    {body}", page)
    assert exercise.judge(page["stub"]).outcome == "not attempted"
    if exercise.given is not None:
        assert exercise.judge(exercise.given).outcome == "not attempted"


@every_function
def test_a_forgotten_return_is_an_attempt(exercise):
    page: dict = {}
    exec(f"def forgetful({with_parameters_of(exercise)}):\n    result = 1 + len('ab')", page)
    assert exercise.judge(page["forgetful"]).outcome == "not yet"


@every_exercise
def test_a_message_does_not_depend_on_how_often_it_was_tried(exercise, capsys):
    for answer in (exercise.reference, exercise.mistakes[-1].answer, ...):
        said = []
        for _ in range(2):
            exercise.check(answer)
            said.append(capsys.readouterr())
        assert said[0] == said[1]
        assert said[0].out.strip()
        assert not said[0].err


@every_exercise
def test_it_has_minutes_and_hints_and_shows_a_solution(exercise, capsys):
    assert isinstance(exercise.minutes, int)
    assert 1 <= exercise.minutes <= 30
    assert exercise.hints
    assert all(len(each) >= 10 for each in exercise.hints)
    exercise.solution()
    assert capsys.readouterr().out.strip()


@every_function
def test_a_solution_stands_by_itself_where_only_torch_is_imported(exercise, capsys):
    exercise.solution()
    page = {"torch": torch}
    exec(capsys.readouterr().out, page)
    assert exercise.judge(page[exercise.called]).outcome == "correct"


@every_function
def test_inputs_hide_nothing(exercise):
    """All sizes different in one case and some equal in another; no zero bias, no symmetric weights."""
    assert len(exercise.cases) >= 2
    sizes = [list(each.sizes.values()) for each in exercise.cases if each.sizes]
    if sizes and len(sizes[0]) > 1:
        assert any(len(set(each)) == len(each) for each in sizes), "no case has all sizes different"
        assert any(len(set(each)) < len(each) for each in sizes), "no case has sizes equal"
    for case in exercise.cases:
        assert sizes == [] or all(size > 1 for size in case.sizes.values()), "a size of 1 hides what is done along it"
        for name, value in zip(exercise.names, case.arguments, strict=False):
            if isinstance(value, Tensor) and value.is_floating_point() and name[0] in "Wb" and value.numel() > 1:
                assert value.any(), f"{name} is zero"
                assert value.dim() != 2 or value.shape != value.T.shape or not torch.allclose(value, value.T), name


@every_exercise
def test_it_belongs_to_a_notebook(exercise):
    assert exercise.kind in ("function", "number", "choice", "order")
    assert exercises.get(exercise.id) is exercise
    row = next(each for each in exercises.catalogue() if each["id"] == exercise.id)
    assert row == json.loads(json.dumps(row))
    assert list(row) == ["id", "notebook", "kind", "signature", "minutes", "known_mistakes"]
    assert row["known_mistakes"] == len(exercise.mistakes)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_has_exercises_and_shows_each(notebook):
    mine = [each for each in exercises.catalogue() if each["notebook"] == notebook]
    if "01" <= notebook[:2]:
        assert len(mine) >= 5
        assert sum(each["kind"] == "function" for each in mine) >= 3
    path = Path(__file__).parents[2] / "notebooks" / f"{notebook}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = [cell["metadata"].get("unrolled", {}).get("exercise") for cell in cells]
    assert sorted(each for each in shown if each) == sorted(each["id"] for each in mine)

"""What --out and --resume stand for: a run is taken up where it is the one that is meant, and else refused."""

import pytest
import torch
from unrolled import training
from unrolled.commands import classify, language, run, translate
from unrolled.commands.given import Refused
from unrolled.commands.run import Asked


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(language, "settings", lambda kind, n: language.Settings(4, 6, 0.0, 4, 8, 1e-2, 0.3))


def quiet(out, **options):
    return Asked(out, **({"epochs": 1, "say": lambda _: None} | options))


def file_of(task, folder, first="cat"):
    folder.mkdir(exist_ok=True)
    path = folder / "file.txt"
    content = {
        language: f"the {first} sees a bird. " * 30,
        classify: "\n".join(f"{'good' if n % 2 else 'bad'}\tword{n} {first}" for n in range(40)),
        translate: "\n".join(f"word{n} {first}\tmot{n} chat" for n in range(40)),
    }[task]
    path.write_text(content, encoding="utf-8")
    return path


TASKS = pytest.mark.parametrize("task", [language, classify, translate], ids=lambda task: task.__name__.split(".")[-1])


@TASKS
def test_a_run_on_other_data_or_of_another_seed_or_model_is_not_taken_up(task, tmp_path):
    path, out = file_of(task, tmp_path / "one"), tmp_path / "out"
    task.train(path, quiet(out))
    for other, options, kind in (
        (file_of(task, tmp_path / "other", "dog"), {}, {}),
        (path, {"seed": 1}, {}),
        (path, {}, {"kind": "rnn"}),
    ):
        with pytest.raises(
            Refused, match=r"run.safetensors is a run on other data, or of another --seed, --model or length"
        ):
            task.train(other, quiet(out, resume=True, **options), **kind)
    (out / "run.sha256").unlink()
    with pytest.raises(Refused, match=r"run.safetensors is a run on other data"):
        task.train(path, quiet(out, resume=True))


@TASKS
def test_what_was_settled_reaches_the_optimiser(task, tmp_path, monkeypatch):
    """`settled` are the settings as the notes of the model keep them."""
    seen, kept = [], run.training.fit

    def fit(model, *given, lr, schedule, optimizer, **options):
        groups = optimizer(model.parameters(), lr).param_groups
        seen.append((lr, schedule, {group["weight_decay"]: len(group["params"]) for group in groups}))
        assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))
        return kept(model, *given, lr=lr, schedule=schedule, optimizer=optimizer, **options)

    monkeypatch.setattr(run.training, "fit", fit)
    trained = task.train(file_of(task, tmp_path), quiet(tmp_path / "out"))
    [(lr, schedule, decays)] = seen
    settled = task.Settings(*training.notes(trained.file)["settings"])
    assert (lr, schedule) == (settled.lr, "warmed cosine" if task is language else "cosine")
    assert settled.weight_decay > 0
    assert set(decays) == ({settled.weight_decay, 0.0} if task is language else {settled.weight_decay})


@TASKS
def test_a_run_that_is_taken_up_may_have_had_its_seconds(task, tmp_path):
    path = file_of(task, tmp_path)
    whole = task.train(path, quiet(tmp_path / "out", epochs=None, seconds=0.5))
    again = task.train(path, quiet(tmp_path / "out", epochs=None, seconds=0.1, resume=True))
    assert again.steps == whole.steps > 0


@TASKS
def test_what_is_interrupted_before_its_first_step_takes_no_models_place(task, tmp_path, monkeypatch):
    path = file_of(task, tmp_path)
    before = task.train(path, quiet(tmp_path / "out")).file.read_bytes()

    def fit(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(run.training, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        task.train(path, quiet(tmp_path / "out"))
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


@TASKS
def test_a_finished_run_that_is_taken_up_has_its_steps(task, tmp_path):
    path = file_of(task, tmp_path)
    whole = task.train(path, quiet(tmp_path / "out", epochs=2))
    assert whole.steps > 0
    assert task.train(path, quiet(tmp_path / "out", epochs=2, resume=True)) == whole


def test_where_no_run_is_it_says_so(tmp_path):
    with pytest.raises(Refused, match=r"run.safetensors is not there; without --resume a run begins"):
        language.train(file_of(language, tmp_path), quiet(tmp_path / "out", resume=True))


def test_a_run_that_begins_takes_away_the_one_before_it(tmp_path, monkeypatch):
    path, out = file_of(language, tmp_path), tmp_path / "out"
    language.train(path, quiet(out))

    def killed(*_, **options):
        assert not options["checkpoint"].exists()
        raise RuntimeError("killed")

    monkeypatch.setattr(run.training, "fit", killed)
    with pytest.raises(RuntimeError, match="killed"):
        language.train(path, quiet(out))
    with pytest.raises(Refused, match="is not there"):
        language.train(path, quiet(out, resume=True))


def test_a_place_that_cannot_be_written_to_is_told_before_training(tmp_path, monkeypatch):
    def fit(*_, **options):
        pytest.fail("it trained")

    monkeypatch.setattr(run.training, "fit", fit)
    path = file_of(language, tmp_path)
    with pytest.raises(Refused, match=r"--out .*file.txt is a file; a folder is wanted"):
        language.train(path, quiet(path))
    (tmp_path / "out" / "model.safetensors").mkdir(parents=True)
    with pytest.raises(Refused, match=r"model.safetensors is a folder; the model is to be a file there"):
        language.train(path, quiet(tmp_path / "out"))


@pytest.mark.parametrize("task", run.NOTES)
def test_the_notes_that_a_task_needs_are_those_that_it_keeps(task, tmp_path):
    made = {"language": language, "classify": classify, "translate": translate}[task]
    kept = training.notes(made.train(file_of(made, tmp_path), quiet(tmp_path / "out")).file)
    assert set(run.NOTES[task]) <= set(kept)
    training.save(tmp_path / "model.safetensors", torch.nn.Linear(1, 1), task=task)
    with pytest.raises(
        Refused, match=f"has no kind and no .* among its notes; one that `train {task}` wrote is wanted"
    ):
        run.notes_of(tmp_path, task, "")

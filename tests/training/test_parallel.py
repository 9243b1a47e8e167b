"""Two processes learn what one learns from the same batches: started by torchrun, on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from unrolled.training import parallel

DROPOUT = "translate.SETTINGS[kind] = translate.Settings(8, 12, 0.5, 0.1, 8, 4e-3, 0.01)\n"
TASKS = {
    "language": """
text = Path(place) / "text.txt"
text.write_text("the cat sees a small bird and a dog hears it. " * 60, encoding="utf-8")
language.settings = lambda kind, characters: language.Settings(8, 24, 0.0, 8, 16, 1e-2, 0.01, 2, 2)
task, file = language, text
""",
    "translate": """
pairs = Path(place) / "pairs.tsv"
lines = [f"one {'big ' * (n % 4)}cat {n}\\tun {'grand ' * (n % 4)}chat {n}" for n in range(90)]
pairs.write_text("\\n".join(lines), encoding="utf-8")
translate.SETTINGS[kind] = translate.Settings(8, 12, 0.0, 0.1, 8, 4e-3, 0.01, 2, 2)
task, file = translate, pairs
""",
}
SCRIPT = """
import json, os, sys
from pathlib import Path
import torch
from unrolled import training
from unrolled.commands import language, run, translate
torch.set_num_threads(1)
place, kind = sys.argv[1:]
LAST = int(os.environ.get("LAST", "20"))
{task}
kept, losses = training.fit, []
def fit(*given, callback, **options):
    return kept(*given, callback=lambda step: losses.append((step.step, step.loss)) or step.step >= LAST, **options)
run.training.fit = fit
world = os.environ.get("WORLD_SIZE", "1")
how = {{"epochs": 9, "device": "cpu", "say": lambda _: None, **json.loads(os.environ.get("ASKED", "{{}}"))}}
trained = task.train(file, run.Asked(Path(place) / world, **how), kind=kind)
rank = os.environ.get("RANK", "0")
(Path(place) / f"{{world}}.{{rank}}.json").write_text(json.dumps([losses, trained[1], torch.rand(3).tolist()]))
training.parallel.end()
"""


def started(script: Path, place: Path, kind: str, processes: int, **environment: str) -> None:
    runner = [] if processes == 1 else ["-m", "torch.distributed.run", f"--nproc_per_node={processes}", "--standalone"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    command = [sys.executable, *runner, str(script), str(place), kind]
    subprocess.run(command, check=True, timeout=120, env=environment, capture_output=True)


@pytest.mark.parametrize(
    ("task", "kind"),
    [("language", "lstm"), ("language", "transformer"), ("translate", "gru"), ("translate", "transformer")],
)
def test_two_processes_have_the_losses_of_one(tmp_path, task, kind):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(task=TASKS[task]), encoding="utf-8")
    started(script, tmp_path, kind, 1)
    started(script, tmp_path, kind, 2)
    alone, first, second = (
        json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in ("1.0", "2.0", "2.1")
    )
    assert len(alone[0]) == 20
    assert max(abs(a - b) for (_, a), (_, b) in zip(alone[0], first[0], strict=True)) < 1e-5
    assert first == second
    assert alone[0][0][1] != alone[0][-1][1]
    assert (tmp_path / "2" / "model.safetensors").is_file()


def test_dropout_does_not_move_the_batches_of_two_processes_apart(tmp_path):
    """81 pairs in batches of 8: in the last of a round one process has a row, and the other none."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(task=TASKS["translate"] + DROPOUT), encoding="utf-8")
    started(script, tmp_path, "gru", 2)
    first, second = (json.loads((tmp_path / f"2.{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1))
    assert first == second  # the losses, what is held out, and the random numbers that come next


def test_a_run_of_two_processes_that_is_taken_up_draws_what_it_would_have_drawn(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(task=TASKS["translate"] + DROPOUT), encoding="utf-8")
    losses = {}
    for place, last, asked in (("whole", 20, {}), ("broken", 11, {}), ("broken", 20, {"resume": True})):
        (tmp_path / place).mkdir(exist_ok=True)
        started(script, tmp_path / place, "gru", 2, LAST=str(last), ASKED=json.dumps(asked))
        losses |= {(place, last): json.loads((tmp_path / place / "2.0.json").read_text(encoding="utf-8"))[0]}
    assert [step for step, _ in losses["broken", 20]] == list(range(12, 21))
    assert losses["whole", 20] == losses["broken", 11] + losses["broken", 20]


def test_each_process_has_a_card_of_its_own(monkeypatch):
    """Asked of torch by its calls, since two cards are rare."""
    asked = []
    monkeypatch.setattr(torch.cuda, "set_device", asked.append)
    monkeypatch.setattr(torch.distributed, "init_process_group", asked.append)
    assert parallel.begin("cuda") == torch.device("cuda")
    assert asked == []
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert parallel.begin("cuda") == torch.device("cuda", 3)
    assert asked == [torch.device("cuda", 3), "cpu:gloo,cuda:nccl"]
    assert parallel.begin("cpu") == torch.device("cpu")
    assert asked[2:] == ["gloo"]

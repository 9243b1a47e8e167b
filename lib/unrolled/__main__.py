"""The command line: `python -m unrolled doctor`, `exercises [--json]`, `progress`, `train`, `sample`, `classify`,
`translate`."""

import argparse
import json
import math
import os
import shlex
import sys
from collections.abc import Callable


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m unrolled", description="Unrolled: deep sequence modelling.")
    commands = parser.add_subparsers(metavar="command")
    add(commands, doctor, "say in words what is wrong with this installation")
    listing = add(commands, exercises, "list the exercises of the course")
    listing.add_argument("--json", action="store_true", help="as a list of objects, for other programs")
    add(commands, progress, "show what was answered on this machine")
    add_train(add(commands, train, "train a model on your own files"))
    add_sample(add(commands, sample, "let a language model that you trained write"))
    add_classify(add(commands, classify, "ask a classifier that you trained"))
    add_translate(add(commands, translate, "translate with a model that you trained"))
    chosen = parser.parse_args(arguments)
    if "run" not in chosen:
        parser.print_help(sys.stderr)
        return 2
    try:
        return chosen.run(chosen)
    except BrokenPipeError:  # whoever reads has had enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if not isinstance(error, about_what_was_given()):
            raise
        print(error, file=sys.stderr)
        return 2


def about_what_was_given() -> tuple[type[Exception], ...]:
    """The errors that a reader can mend, told in one line; any other is a fault of ours, and shown whole."""
    from unrolled.commands.given import Refused
    from unrolled.training import CheckpointError

    return Refused, CheckpointError, FloatingPointError, OSError


def number(kind: type, wanted: str, right: Callable[[float], bool]) -> Callable[[str], float]:
    """An argument that is a number; one that isn't, or isn't `right`, is refused by argparse with what is wanted."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not right(value):
            raise argparse.ArgumentTypeError(f"{text!r} came; {wanted} is wanted")
        return value

    return read


SEED = number(int, "a whole number from 0 and below 2⁶³", lambda value: 0 <= value < 2**63)
COUNT = number(int, "a whole number of at least 1", lambda value: value >= 1)
SECONDS = number(float, "a number above 0, and not infinity,", lambda value: 0 < value < math.inf)
TEMPERATURE = number(float, "a number of at least 0, and not infinity,", lambda value: 0 <= value < math.inf)
SHARE = number(float, "a number above 0 and up to 1", lambda value: 0 < value <= 1)


def device(name: str) -> str:
    """A device that this machine has, and that computes."""
    import torch

    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, ImportError):  # the last two where torch was built without it
        raise argparse.ArgumentTypeError(f"{name!r} came, which this machine does not have; cpu always works") from None
    return name


def add(commands: argparse._SubParsersAction, run, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(run.__name__, help=help, description=help)
    command.set_defaults(run=run)
    return command


def add_train(command: argparse.ArgumentParser) -> None:
    tasks = command.add_subparsers(metavar="task", required=True, dest="task")
    for name, option, what, help in (
        ("language", "--text", "a text in UTF-8", "the next character of a text"),
        ("classify", "--examples", "label, tab, text on each line", "a verdict on a text"),
        ("translate", "--pairs", "source, tab, target on each line", "a text in another language"),
    ):
        task = tasks.add_parser(name, help=help)
        task.add_argument(option, required=True, metavar="FILE", help=what, dest="file")
        task.add_argument("--validation", metavar="FILE", help="what is held out; else a tenth of the file")
        kinds = ["lstm", "gru", "rnn", "transformer"]
        task.add_argument("--model", default="gru" if name == "translate" else "lstm", choices=kinds)
        length = task.add_mutually_exclusive_group(required=True)
        length.add_argument("--seconds", type=SECONDS, help="how long to train")
        length.add_argument("--epochs", type=COUNT, help="how often to go through the file")
        task.add_argument("--seed", type=SEED, default=0)
        task.add_argument("--device", type=device, help="cpu, cuda or mps; else the fastest there is")
        task.add_argument("--out", default="trained", metavar="DIR", help="where the model goes (trained)")
        task.add_argument("--resume", action="store_true", help="go on with the run in --out")


def train(chosen: argparse.Namespace) -> int:
    """The last line is the figure of merit, as JSON."""
    from importlib import import_module

    from unrolled.commands.run import Asked
    from unrolled.training import parallel

    task = import_module(f"unrolled.commands.{chosen.task}")
    asked = Asked(*(getattr(chosen, name) for name in ("out", "seconds", "epochs", "seed", "device", "resume")))
    try:
        trained = task.train(chosen.file, asked, chosen.validation, chosen.model)
        speaks = parallel.rank() == 0  # of several processes the first
    finally:
        parallel.end()
    if not speaks:
        return 0
    merit = trained._asdict() | {"file": str(trained.file)}
    interrupted = merit.pop("interrupted")
    asks = {"language": "sample", "classify": "classify", "translate": "translate"}[chosen.task]
    print(f"to use it: python -m unrolled {asks} --model {shlex.quote(chosen.out)}")
    print(json.dumps(merit))
    return 130 if interrupted else 0


def add_sample(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="trained", metavar="DIR", help="where `train language` put it (trained)")
    command.add_argument("--prompt", help="what the text begins with (a new line)")
    command.add_argument("--length", type=COUNT, default=500, help="characters to write (500)")
    command.add_argument("--temperature", type=TEMPERATURE, default=0.8)
    command.add_argument("--top-k", type=COUNT)
    command.add_argument("--nucleus", type=SHARE)
    command.add_argument("--seed", type=SEED, default=0)


def sample(chosen: argparse.Namespace) -> int:
    from unrolled.commands import language

    options = {name: getattr(chosen, name) for name in ("temperature", "top_k", "nucleus", "seed")}
    print(language.sample(chosen.model, chosen.prompt, chosen.length, **options))
    return 0


def add_classify(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="trained", metavar="DIR", help="where `train classify` put it (trained)")
    command.add_argument("texts", nargs="*", help="texts; without any, the lines of the standard input")


def classify(chosen: argparse.Namespace) -> int:
    """A line a text: label, probability, text; of an empty one an empty line."""
    from unrolled.commands import classify

    def told(texts: list[str]) -> list[str]:
        found = zip(classify.classify(chosen.model, texts), texts, strict=True)
        return [f"{label}\t{p:.3f}\t{text}" for (label, p), text in found]

    return line_by_line(chosen.texts, told, lambda texts: classify.unmet(chosen.model, texts))


def add_translate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="trained", metavar="DIR", help="where `train translate` put it (trained)")
    command.add_argument("--beam", type=COUNT, default=4, help="hypotheses that the search keeps (4)")
    command.add_argument("texts", nargs="*", help="texts; without any, the lines of the standard input")


def translate(chosen: argparse.Namespace) -> int:
    """A line a text, and an empty one of an empty one."""
    from unrolled.commands import translate

    return line_by_line(
        chosen.texts,
        lambda texts: translate.translate(chosen.model, texts, chosen.beam),
        lambda texts: translate.unmet(chosen.model, texts),
    )


def line_by_line(
    texts: list[str], answers: Callable[[list[str]], list[str]], unmet: Callable[[list[str]], list[str]]
) -> int:
    """Print the answer to each text, or to each line of the standard input; so that lines out are those in, an empty
    one stays empty. What the model does not know is told beside them."""
    if not texts and sys.stdin.isatty():
        print("one text a line; Ctrl-D at the end of them", file=sys.stderr)
    asked = [text.strip() for text in texts or sys.stdin]
    full = [text for text in asked if text]
    found = iter(answers(full) if full else [])
    strange = unmet(full) if full else []
    if strange:
        more = f" and {len(strange) - 10} more" if len(strange) > 10 else ""
        print(f"not known from training: {', '.join(strange[:10])}{more}", file=sys.stderr)
    for text in asked:
        print(next(found) if text else "")
    return 0


def doctor(_: argparse.Namespace) -> int:
    """0 when all is well, 1 otherwise."""
    from unrolled import doctor

    return min(doctor.report(), 1)


def exercises(chosen: argparse.Namespace) -> int:
    from unrolled import exercises

    rows = exercises.catalogue()
    if chosen.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['notebook']:<34}{row['kind']:<10}{row['minutes']:>2} min  {row['id']}")
    print(f"{len(rows)} exercises, {sum(row['minutes'] for row in rows)} minutes.")
    return 0


def progress(_: argparse.Namespace) -> int:
    from unrolled.exercises import progress

    print(progress.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line: `python -m unrolled doctor`, `exercises [--json]`, `progress`."""

import argparse
import json
import os
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m unrolled", description="Unrolled: deep sequence modelling.")
    commands = parser.add_subparsers(metavar="command")
    add(commands, doctor, "say in words what is wrong with this installation")
    listing = add(commands, exercises, "list the exercises of the course")
    listing.add_argument("--json", action="store_true", help="as a list of objects, for other programs")
    add(commands, progress, "show what was answered on this machine")
    chosen = parser.parse_args(arguments)
    if "run" not in chosen:
        parser.print_help(sys.stderr)
        return 2
    try:
        return chosen.run(chosen)
    except BrokenPipeError:  # whoever reads has had enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def add(commands: argparse._SubParsersAction, run, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(run.__name__, help=help, description=help)
    command.set_defaults(run=run)
    return command


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

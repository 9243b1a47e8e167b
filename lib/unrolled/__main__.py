"""The command line: `python -m unrolled doctor`, `exercises`, `progress`."""

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m unrolled", description="Unrolled: deep sequence modelling.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("doctor", help="say in words what is wrong with this installation")
    chosen = parser.parse_args(arguments)
    return {"doctor": doctor}[chosen.command](chosen)


def doctor(_: argparse.Namespace) -> int:
    """0 when all is well, 1 otherwise."""
    from unrolled import doctor

    return min(doctor.report(), 1)


if __name__ == "__main__":
    sys.exit(main())

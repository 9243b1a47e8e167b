"""Printed text is broken between words: JupyterLab breaks long lines of output within them."""

import textwrap

WIDTH = 78


def wrapped(text: str, indent: str = "") -> str:
    """Each line of `text` broken at spaces; what follows the first of them begins with `indent`."""
    lines = (line if aligned(line) else broken(line, indent) for line in text.split("\n"))
    return "\n".join(lines)


def aligned(line: str) -> bool:
    """Whether it is a row of a table, or code, whose spaces count."""
    return len(line) <= WIDTH or line.startswith("  ")


def broken(line: str, indent: str) -> str:
    options = {"break_long_words": False, "break_on_hyphens": False, "subsequent_indent": indent}
    return textwrap.fill(line, WIDTH, **options)

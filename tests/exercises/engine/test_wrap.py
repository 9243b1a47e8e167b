"""Long lines are broken between words; tables and code stay as they are."""

from unrolled.exercises.engine.wrap import WIDTH, wrapped


def test_long_lines_are_broken_between_words_and_nothing_is_lost():
    text = "word " * 40 + "end"
    lines = wrapped(text).split("\n")
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(lines) == text


def test_short_lines_tables_and_what_cannot_be_broken_stay():
    table = "  shape     (2, 3)" + " " * 80 + "(3, 2)"
    assert wrapped(f"short\n{table}\n\nend") == f"short\n{table}\n\nend"
    assert wrapped("x" * 200) == "x" * 200


def test_what_follows_the_first_line_is_indented():
    lines = wrapped("A  " + "word " * 30, indent="   ").split("\n")
    assert lines[0].startswith("A  word")
    assert all(line.startswith("   word") for line in lines[1:])

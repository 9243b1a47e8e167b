"""Exercises of 08, music generation."""

from fractions import Fraction

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number

NOTEBOOK = "08_music_generation"

bar_units = Number(
    id="bar_units",
    notebook=NOTEBOOK,
    minutes=2,
    reference=18,
    tolerance=0.01,
    unit="units",
    mistakes=[
        Mistake("eighths", 9, "That is the number of eighths. The unit here is a sixteenth, half as long."),
        Mistake("the_unit", 16, "That is how many units a whole note has. A bar of 9/8 is longer than one."),
        Mistake("halved", 4.5, "Divided where it is multiplied: a sixteenth is shorter than an eighth, so more go in."),
        Mistake("both_below", 8, "That is the 8 of 9/8, which says that eighths are counted, and not how many."),
    ],
    hints=["How many eighths go into a bar of 9/8?", "And how many sixteenths into one eighth?"],
    why="18: nine eighths, each of two sixteenths; in general the metre divided by the unit, 9/8 ÷ 1/16.",
)


def bar_adds_up_reference(lengths, metre, unit):
    """lengths: in units, one for each note; metre and unit: fractions of a whole note -> True or False."""
    return sum(lengths) * unit == metre


def bar_cases() -> list[tuple]:
    f, eighth, sixteenth = Fraction, Fraction(1, 8), Fraction(1, 16)
    return [
        ([f(1)] * 6, f(6, 8), eighth),  # GAB cde
        ([f(2), f(1), f(3, 2), f(1, 2), f(1)], f(6, 8), eighth),  # five notes, and right
        ([f(1)] * 6, f(3, 4), sixteenth),  # six notes, and half a bar
        ([f(2)] * 6, f(3, 4), sixteenth),
        ([f(1)] * 7, f(6, 8), eighth),  # too long
        ([f(2), f(3)], f(6, 8), eighth),  # too short
        ([f(4), f(2, 3), f(2, 3), f(2, 3), f(2)], f(1), eighth),  # a triplet
        ([f(1)] * 8, f(1), f(1, 4)),  # twice too long
        ([f(1, 2), f(1, 4)], f(3, 4), eighth),  # numbers of the metre, and a unit forgotten
        ([f(1, 16), f(1, 32)], f(3, 4), eighth),  # right only if divided by the unit
        ([f(1)] * 5 + [f(3, 2)], f(6, 8), eighth),  # half an eighth too long: right only if rounded
    ]


bar_adds_up = Function(
    id="bar_adds_up",
    notebook=NOTEBOOK,
    minutes=4,
    reference=bar_adds_up_reference,
    cases=bar_cases,
    mistakes=[
        Mistake(
            "counts_notes",
            lambda lengths, metre, unit: len(lengths) * unit == metre,
            "This counts the notes. A2 is one note and lasts two units: sum the lengths.",
        ),
        Mistake(
            "unit_forgotten",
            lambda lengths, metre, unit: sum(lengths) == metre,
            "The sum is in units, and the metre in whole notes. Multiply the sum by the unit.",
        ),
        Mistake(
            "always_eighths",
            lambda lengths, metre, unit: sum(lengths) * Fraction(1, 8) == metre,
            "This takes every unit for an eighth. L: says what it is, and 1/16 occurs.",
        ),
        Mistake(
            "divided_by_unit",
            lambda lengths, metre, unit: sum(lengths) / unit == metre,
            "The sum is divided by the unit here, or the metre multiplied by it: six eighths are 6 × 1/8. Multiply the "
            "sum.",
        ),
        Mistake(
            "at_least",
            lambda lengths, metre, unit: sum(lengths) * unit >= metre,
            "A bar that is too long passes here. It adds up only where the two are equal.",
        ),
        Mistake(
            "at_most",
            lambda lengths, metre, unit: sum(lengths) * unit <= metre,
            "A bar that is too short passes here. It adds up only where the two are equal.",
        ),
        Mistake(
            "difference",
            lambda lengths, metre, unit: sum(lengths) * unit - metre,
            "This is by how much the bar is too long. Asked for is True or False: is it 0?",
        ),
    ],
    hints=["How long is the bar in units? And in whole notes?", "sum(lengths) * unit, compared with metre by ==."],
    why="Fractions are exact, so == may be used; with floats a triplet of thirds could miss by a rounding.",
)


def with_temperature_reference(logits, temperature):
    """logits (..., V), temperature above 0 -> probabilities (..., V)."""
    return (logits / temperature).softmax(dim=-1)


def temperature_cases() -> list[tuple]:
    draw = torch.Generator().manual_seed(0)
    one, two = torch.randn(5, generator=draw) * 2, torch.randn(2, 3, generator=draw) * 2
    return [(one, 0.5), (two, 1.7), (torch.randn(3, 3, generator=draw) * 2, 0.8)]


def powers(logits: Tensor, power: float) -> Tensor:
    p = logits.softmax(dim=-1) ** power
    return p / p.sum(dim=-1, keepdim=True)


with_temperature = Function(
    id="with_temperature",
    notebook=NOTEBOOK,
    minutes=4,
    reference=with_temperature_reference,
    cases=temperature_cases,
    mistakes=[
        Mistake(
            "multiplied",
            lambda logits, temperature: (logits * temperature).softmax(dim=-1),
            "The scores are multiplied by τ. They are divided by it: a small τ makes the differences larger.",
        ),
        Mistake(
            "after_the_softmax",
            lambda logits, temperature: logits.softmax(dim=-1) / temperature,
            "The probabilities are divided by τ, and no longer add up to 1. Divide the scores, before the softmax.",
        ),
        Mistake(
            "no_effect",
            lambda logits, temperature: logits.softmax(dim=-1),
            "τ has no effect here. (Probabilities divided by τ and made to add up to 1 again are the old ones.)",
        ),
        Mistake(
            "over_the_batch",
            lambda logits, temperature: (logits / temperature).softmax(dim=0),
            "The softmax runs along the first axis. Tokens lie along the last one: dim=-1.",
        ),
        Mistake(
            "no_softmax",
            lambda logits, temperature: logits / temperature,
            "These are the scores divided by τ. Their softmax is still to be taken.",
        ),
        Mistake(
            "not_divided_by_the_sum",
            lambda logits, temperature: (logits / temperature).exp(),
            "The exponentials are right, and have to be divided by their sum.",
        ),
        Mistake(
            "sum_over_everything",
            lambda logits, temperature: (logits / temperature).exp() / (logits / temperature).exp().sum(),
            "The sum runs over everything, so all rows together add up to 1. Each row has its own: dim=-1, "
            "keepdim=True.",
        ),
        Mistake(
            "twice",
            lambda logits, temperature: powers(logits, temperature**-2),
            "The scores are divided by τ twice.",
        ),
    ],
    hints=["Divide the scores first, then take the softmax.", "(logits / temperature).softmax(dim=-1)"],
    why="The order of the tokens stays; only how much the likely ones are ahead changes.",
)

cooler = Choice(
    id="cooler",
    notebook=NOTEBOOK,
    minutes=2,
    question="The network writes tunes at τ = 0.3, 0.8 and 1.3. How many of their bars add up?",
    options=[
        (
            "About equally many: temperature changes the notes, not the bars",
            "A bar is right only if every length in it is right, and lengths are drawn like notes.",
        ),
        (
            "Most at 0.3, fewest at 1.3",
            "The lower τ, the rarer an unlikely length. The price is monotony: at 0.3 the tunes are alike.",
        ),
        (
            "Most at 0.8, since 0.3 goes round in circles",
            "Its tunes are alike at 0.3, and what they share are bars that add up.",
        ),
        (
            "Most at 1.3, where it tries more",
            "It tries more, and most of what is unlikely is a slip: a length that the bar has no room for.",
        ),
    ],
    reference="B",
    hints=["A slip is an unlikely character that was drawn. When is it drawn more often?"],
)


def note_frequency_reference(pitch):
    """pitch: a tensor of MIDI numbers -> their frequencies in Hz."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


note_frequency = Function(
    id="note_frequency",
    notebook=NOTEBOOK,
    minutes=4,
    reference=note_frequency_reference,
    cases=lambda: [(torch.tensor([69.0, 81.0, 57.0]),), (torch.tensor([60.0, 62.0, 67.0, 74.0]),)],
    mistakes=[
        Mistake(
            "from_zero",
            lambda pitch: 440.0 * 2 ** (pitch / 12),
            "The 69 is missing: it is the number of the note with 440 Hz, so count from there.",
        ),
        Mistake(
            "from_middle_c",
            lambda pitch: 440.0 * 2 ** ((pitch - 60) / 12),
            "60 is middle C, 262 Hz. The note with 440 Hz is A, number 69.",
        ),
        Mistake(
            "seven_steps",
            lambda pitch: 440.0 * 2 ** ((pitch - 69) / 7),
            "An octave has seven letters, and twelve half steps. MIDI counts half steps: divide by 12.",
        ),
        Mistake(
            "upside_down",
            lambda pitch: 440.0 * 2 ** ((69 - pitch) / 12),
            "Upside down: higher numbers are higher notes.",
        ),
        Mistake(
            "straight",
            lambda pitch: 440.0 + 440.0 * (pitch - 69) / 12,
            "A straight line: right at 69 and 81, and at 57 it says 0 Hz. An octave doubles: a step is a factor.",
        ),
        Mistake(
            "whole_octaves",
            lambda pitch: 440.0 * 2 ** ((pitch - 69) // 12),
            "// drops the remainder: all notes of an octave sound alike. Use /.",
        ),
        Mistake(
            "power_first",
            lambda pitch: 440.0 * 2 ** (pitch - 69) / 12,
            "2 ** (p − 69) / 12 raises first and divides then: put brackets around the whole exponent.",
        ),
        Mistake(
            "natural_exponential",
            lambda pitch: 440.0 * ((pitch - 69) / 12).exp(),
            "This takes powers of e. An octave doubles: powers of 2.",
        ),
    ],
    hints=["How many octaves above the A of 440 Hz is the note?", "Every octave doubles: 440 * 2 ** octaves."],
    why="Twelve equal factors make an octave: each half step is 2^(1/12), about 6 %.",
)


def longest_copied_reference(new, old):
    """new, old: texts -> the length of the longest passage that stands in both."""
    longest = 0
    for start in range(len(new)):
        while start + longest < len(new) and new[start : start + longest + 1] in old:
            longest += 1
    return longest


def common_start(new: str, old: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(new, old, strict=False)) if a != b), min(len(new), len(old)))


def same_place(new: str, old: str) -> int:
    longest = run = 0
    for a, b in zip(new, old, strict=False):
        run = run + 1 if a == b else 0
        longest = max(longest, run)
    return longest


def with_gaps(new: str, old: str) -> int:
    """The longest common subsequence."""
    row = [0] * (len(old) + 1)
    for a in new:
        before = row[:]
        for n, b in enumerate(old):
            row[n + 1] = before[n] + 1 if a == b else max(row[n], before[n + 1])
    return row[-1]


def last_character_untried(new: str, old: str) -> int:
    pieces = (new[start:end] for start in range(len(new)) for end in range(start + 1, len(new)))
    return max((len(piece) for piece in pieces if piece in old), default=0)


def from_each_start(new: str, old: str) -> int:
    """Stops at the first beginning that is found at all."""
    for start in range(len(new)):
        if new[start] in old:
            end = start + 1
            while end < len(new) and new[start : end + 1] in old:
                end += 1
            return end - start
    return 0


longest_copied = Function(
    id="longest_copied",
    notebook=NOTEBOOK,
    minutes=6,
    reference=longest_copied_reference,
    cases=lambda: [
        ("GAB cde|dBAF", "AB|BAB cdB|G2 BAF"),
        ("AFD DFA|GBd", "GBd|AFD DGB|G"),
        ("dBA|cde", "dBG|gcdeAGBA"),
        ("zzz", "GAB"),
        ("FED|FED|GAB", "FED|GAB|EDD"),
        ("gabG", "GAB|ga"),  # a capital is another note
        ("ABABC", "ABA|BABC"),  # the longest begins within one that breaks off
    ],
    mistakes=[
        Mistake("common_start", common_start, "This compares the two beginnings. A passage may stand anywhere."),
        Mistake(
            "same_place",
            same_place,
            "This compares the texts place by place. A copied passage may stand elsewhere in the other text.",
        ),
        Mistake(
            "with_gaps",
            with_gaps,
            "This allows gaps (a subsequence). A passage is one piece without gaps.",
        ),
        Mistake(
            "letters_in_common",
            lambda new, old: len(set(new) & set(old)),
            "This counts the different characters that both have, in whatever order.",
        ),
        Mistake(
            "first_found",
            from_each_start,
            "This stops at the first passage that it finds. A longer one may begin later.",
        ),
        Mistake(
            "last_character_untried",
            last_character_untried,
            "The last character of new is never tried: new[a:b] stops before b, so b has to reach len(new).",
        ),
        Mistake(
            "whole_or_nothing",
            lambda new, old: len(new) if new in old else 0,
            "This asks whether all of the new text stands in the old one. A part of it counts too.",
        ),
        Mistake(
            "the_passage",
            lambda new, old: max(
                (new[a:b] for a in range(len(new)) for b in range(a, len(new) + 1) if new[a:b] in old), key=len
            ),
            "This is the passage itself. Asked for is its length.",
        ),
    ],
    hints=[
        "`piece in old` says whether a piece stands there. Try pieces from each place of new.",
        "Keep the best length so far, and try from each place whether one character more still stands in old.",
    ],
    why="It never tries a piece that is no longer than the best so far, so it is quick on whole books as well.",
)

what_copies_say = Choice(
    id="what_copies_say",
    notebook=NOTEBOOK,
    minutes=2,
    question=(
        "The longest passage that a generated tune shares with the training tunes is, in the median, about as long as "
        "that of a real tune which the training never saw. What follows?"
    ),
    options=[
        (
            "The network invents everything it writes",
            "It writes turns of phrase from the book all the time; so do the tunes that people made.",
        ),
        (
            "In the median it copies about as much as tunes of this kind share anyhow",
            "That is all it says. A single tune may still be a copy, so the longest of all is looked at too.",
        ),
        (
            "The network copies, since no passage should be shared",
            "Real tunes share passages as well: formulas, endings, runs up the chord. That is what to compare with.",
        ),
        (
            "The network has not learned from the training tunes",
            "From where else would it know what a jig is? A style is shared in short passages, a tune in long ones.",
        ),
    ],
    reference="B",
    hints=["What is the figure compared with?"],
)

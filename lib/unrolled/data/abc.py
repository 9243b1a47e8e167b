"""ABC notation: what its characters say, how long a note is, and the same tune in another key.

    M:6/8       the metre            L:1/8   the unit of length            K:G   the key
    A B c d'    notes, rising; a comma one octave down, an apostrophe one up
    A2 A/ A3/2  two units, half of one, three halves            z   a rest
    ^A =A _A    sharp, natural, flat          (3ABC   three in the time of two          A>B   dotted
    |  ||  |:  :|  [1  [2       bar lines, repeats, first and second ending

Only what a single melody needs is read. Source: Walshaw, the ABC music standard 2.1 (2011).
"""

import re
from fractions import Fraction
from functools import cache

LETTERS = "CDEFGAB"
WHOLE = 2**8 * 3 * 3 * 5 * 7  # ticks of a whole note, so that lengths add up in whole numbers
SHARPS, FLATS = "FCGDAEB", "BEADGCF"  # the order in which key signatures take them
TONICS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7, "F": -1, "Bb": -2, "Eb": -3, "Ab": -4}
TONICS |= {"G#": 8, "D#": 9, "A#": 10, "Db": -5, "Gb": -6, "Cb": -7}
MODES = {"": 0, "maj": 0, "m": -3, "min": -3, "mix": -1, "dor": -2, "phr": -4, "lyd": 1, "aeo": -3, "ion": 0, "loc": -5}
SPELT = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}

NOTE = re.compile(r"(?P<sign>[\^_=]*)(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)")
TOKEN = re.compile(
    r"(?P<ending>\[\d|(?<=\|)\d)"
    r"|(?P<bar>:*\|[|:\]]*|\[\||::|:)"
    r"|(?P<chord>\[[\^_=A-Ga-g,'\d/]+\])(?P<times>\d*/*\d*)"
    r"|(?P<tuplet>\(\d(?::\d*)*)"
    r"|(?P<rest>[zx]\d*/*\d*)"
    r"|(?P<note>[\^_=]*[A-Ga-g][,']*\d*/*\d*)"
    r"|(?P<broken>[<>]+)"
    r"|(?P<tie>-)"
    r"|(?P<other>.)",
    re.DOTALL,
)
IN_TIME_OF = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # notes of a tuplet; 5, 7 and 9 depend on the metre


def parts(piece: str) -> tuple[dict[str, str], str]:
    """The fields of the header, each letter's first, and the body. A field inside the body stays there as a line."""
    fields, body = {}, []
    for line in piece.splitlines():
        said = re.sub(r"(?<!\\)%.*", "", line).strip()
        field = re.match(r"([A-Za-z]):(?![|:])\s*(.*)", said)
        if field and "K" not in fields:
            fields.setdefault(field[1], field[2].strip())
        elif field and field[1] not in "MKLV":
            continue  # words and remarks
        elif "K" in fields:
            if not said and body:
                break  # an empty line ends a tune
            body.append(said)
    return fields, "\n".join(body)


def metre(text: str) -> Fraction:
    """The length of a bar, in whole notes; ValueError where it is no metre."""
    text = {"C": "4/4", "C|": "2/2"}.get(text.strip(), text.strip())
    if not re.fullmatch(r"[1-9]\d?/(1|2|4|8|16|32)", text):
        raise ValueError(f"M: is {text!r}; a metre such as 6/8, 4/4 or C| is wanted")
    return Fraction(text)


def beat(text: str) -> Fraction:
    """The group that notes of a metre are written in."""
    bar = metre(text)
    if text.endswith("/8") and text != "2/8":
        return Fraction(3, 8)
    return Fraction(1, 2) if bar == 1 else Fraction(1, 4)


@cache
def length(text: str) -> Fraction:
    """How many units a note with this behind it lasts: "" 1, "2" 2, "/" 1/2, "//" 1/4, "3/2" 3/2."""
    above, slashes, below = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()
    if above == "0" or below == "0":
        raise ValueError(f"a length of {text!r} is wanted to be above 0")
    return Fraction(int(above or 1), int(below) if below else 2 ** len(slashes))


def spelt(value: Fraction) -> str:
    """The shortest way to write a length: the inverse of `length`."""
    above = "" if value.numerator == 1 else str(value.numerator)
    below = "" if value.denominator == 1 else "/" if value.denominator == 2 else f"/{value.denominator}"
    return above + below


def signature(key: str) -> dict[str, int]:
    """What a key does to each letter: {"F": 1} for G, {"B": -1} for F. ValueError where it is no key."""
    found = re.fullmatch(
        r"([A-G][#b]?)\s*(|m|maj\w*|min\w*|mix\w*|dor\w*|phr\w*|lyd\w*|aeo\w*|ion\w*|loc\w*)", key, re.I
    )
    tonic = found and found[1][0].upper() + found[1][1:].lower()
    if not found or tonic not in TONICS:
        raise ValueError(f"K: is {key!r}; a key such as G, Em, Bb or Ador is wanted")
    fifths = TONICS[tonic] + MODES[found[2].lower()[:3]]
    if abs(fifths) > 7:
        raise ValueError(f"K: is {key!r}, which has {abs(fifths)} signs; 7 at most are wanted")
    return {letter: 1 for letter in SHARPS[: max(0, fifths)]} | {letter: -1 for letter in FLATS[: max(0, -fifths)]}


def plain(fields: dict[str, str], body: str) -> str:
    """A tune as a model reads it: M:, L:, K: and one line of notes. ValueError where it can't be read."""
    meter = {"C": "4/4", "2/2": "C|"}.get(fields.get("M", ""), fields.get("M", "")).replace(" ", "")
    unit = fields.get("L") or ("1/8" if metre(meter) >= Fraction(3, 4) else "1/16")
    unit = "1/1" if unit == "1" else unit  # music21 (10.5) does not know the short form
    if not re.fullmatch(r"1/[1-9]\d*", unit):
        raise ValueError(f"L: is {unit!r}; a unit such as 1/8 is wanted")
    key = tidy_key(fields.get("K", ""))
    if re.search(r"^[MKLV]:(?![|:])|\[[MKLV]:", body, re.MULTILINE):
        raise ValueError("the tune changes its metre, unit or key on the way")
    return f"M:{meter}\nL:{unit}\nK:{key}\n{written(body, meter, Fraction(unit))}\n"


def tidy_key(key: str) -> str:
    """One way to write a key: Ador for "A Dor", Em for "Emin"."""
    key = re.sub(r"\s+", "", key)
    signature(key)
    tonic, mode = re.fullmatch(r"([A-Ga-g][#b]?)(.*)", key).groups()
    mode = mode.lower()[:3]
    return tonic[0].upper() + tonic[1:] + {"maj": "", "ion": "", "min": "m", "aeo": "m"}.get(mode, mode)


def written(body: str, meter: str, unit: Fraction) -> str:
    """The notes in one way of writing, a space where a beat group ends."""
    bar, group = int(metre(meter) * WHOLE), int(beat(meter) * WHOLE)
    out: list[str] = []
    current: list[tuple[str, int]] = []  # of this bar: what is written, and how long it lasts
    begins = True  # a bar after which a part begins may be an upbeat
    for kind, text, lasts in [*timed(tokens(body), unit, compound=meter.endswith("/8")), ("bar", "", 0)]:
        if kind in ("bar", "ending"):
            out += [grouped(current, bar, group, from_its_end=begins), text]
            begins, current = kind == "bar" and text != "|", []
        else:
            current.append((text, lasts))
    return "".join(out)


def tokens(body: str) -> list[tuple[str, str]]:
    """(kind, text) of what a melody needs: note, rest, tuplet, broken, tie, bar, ending. The rest is left out.

    ValueError for a character that ABC does not have here.
    """
    body = unadorned(body)
    found: list[tuple[str, str]] = []
    for each in TOKEN.finditer(body):
        kind, text = each.lastgroup, each.group()
        if kind == "bar" and found and found[-1][0] == "bar":  # one at the end of a line, one at the start of the next
            found[-1] = (kind, together(found[-1][1], tidy_bar(text)))
            continue
        if kind == "times":  # of a double stop its highest note
            top = max(NOTE.finditer(each["chord"]), key=height)
            text = top["sign"] + top["letter"] + top["octave"] + spelt(length(top["length"]) * length(each["times"]))
            kind = "note"
        if kind == "other":
            if text not in " \t\n~.()HJLMOPRSTuvky*`":
                raise ValueError(f"{text!r} is not ABC for a melody")
        elif kind == "note":
            found.append((kind, tidy_note(text)))
        elif kind == "rest":
            found.append((kind, "z" + spelt(length(text[1:]))))
        elif kind == "ending":
            found.append((kind, f"[{text[-1]}"))
        elif kind == "bar":
            found.append((kind, tidy_bar(text)))
        else:
            found.append((kind, text))
    return ties_that_hold(found)


def unadorned(body: str) -> str:
    """Without graces, chord names and marks."""
    return re.sub(r"\{[^}]*\}|\"[^\"]*\"|![^!\n]*!|\+[^+\n]*\+|\\", "", body)


def together(one: str, two: str) -> str:
    """Two bar lines without a note between them, as one."""
    if one in (":|", "::") or two == "::":
        return "::" if two in ("|:", "::") else ":|" if one == ":|" else one
    return max(one, two, key=["|", "||", "|]", ":|", "|:", "::"].index)


@cache
def tidy_note(text: str) -> str:
    note = NOTE.fullmatch(text)
    return note["sign"] + note["letter"] + note["octave"] + spelt(length(note["length"]))


def tidy_bar(text: str) -> str:
    """One of six bar lines."""
    if text.startswith(":") and (text.endswith(":") or text == "::"):
        return "::" if len(text) > 1 else ":|"
    if text.startswith(":"):
        return ":|"
    if text.endswith(":"):
        return "|:"
    return "|]" if text.endswith("]") else "||" if len(text) > 1 else "|"


def height(note: re.Match) -> int:
    """The place of a note on the staff, counted in steps from middle C (the letter C)."""
    steps = LETTERS.index(note["letter"].upper()) + 7 * note["letter"].islower()
    return steps + 7 * (note["octave"].count("'") - note["octave"].count(","))


def ties_that_hold(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the hyphens between different notes, which some transcribers wrote for slurs."""
    kept = []
    for place, (kind, text) in enumerate(found):
        if kind == "tie":
            after = next((other for name, other in found[place + 1 :] if name != "bar"), "")
            before = kept[-1] if kept else ("", "")
            if before[0] != "note" or bare(before[1]) != bare(after):
                continue
        kept.append((kind, text))
    return kept


def bare(text: str) -> str:
    """A note without its length and sign."""
    found = NOTE.fullmatch(text)
    return found["letter"] + found["octave"] if found else ""


def timed(found: list[tuple[str, str]], unit: Fraction, compound: bool) -> list[tuple[str, str, int | Fraction]]:
    """Each token with how long it lasts, in ticks: tuplets and dotted pairs are worked out."""
    lasting, shrunk, left, dotted = [], Fraction(1), 0, None
    last = None  # the place of the last note
    for kind, text in found:
        lasts = 0
        if kind == "tuplet":
            p, q, left = tuplet(text, compound)
            shrunk = Fraction(q, p)
        elif kind == "broken":
            if last is None:
                raise ValueError(f"{text} stands before any note")
            less = Fraction(1, 2 ** len(text))
            name, noted, before = lasting[last]
            first, dotted = (2 - less, less) if text[0] == ">" else (less, 2 - less)
            lasting[last] = (name, noted, ticks(before * first))
        elif kind in ("note", "rest"):
            lasts, last = units(text, unit), len(lasting)
            if left or dotted:
                lasts = ticks(lasts * (shrunk if left else 1) * (dotted or 1))
            left, dotted = max(0, left - 1), None
        lasting.append((kind, text, lasts))
    return lasting


@cache
def units(text: str, unit: Fraction) -> int | Fraction:
    """How long a note or a rest lasts by itself, in ticks."""
    return ticks(length(re.fullmatch(r"[\^_=]*[A-Ga-gz][,']*(.*)", text)[1]) * unit * WHOLE)


def ticks(value: int | Fraction) -> int | Fraction:
    """A whole number where it is one; sums of these are quick."""
    return int(value) if value.denominator == 1 else value


def tuplet(text: str, compound: bool) -> tuple[int, int, int]:
    """(p:q:r: p notes in the time of q, for the next r notes."""
    numbers = [int(number) if number else 0 for number in text[1:].split(":")]
    p = numbers[0]
    if not p:
        raise ValueError(f"{text} is no tuplet; at least 1 note is wanted in one")
    q = numbers[1] if len(numbers) > 1 and numbers[1] else IN_TIME_OF.get(p, 3 if compound else 2)
    return p, q, numbers[2] if len(numbers) > 2 and numbers[2] else p


def grouped(current: list[tuple[str, int]], bar: int, group: int, from_its_end: bool) -> str:
    """One bar with a space wherever a beat group ends; a short one may be counted from its end, as an upbeat is."""
    whole = sum(lasts for _, lasts in current)
    place, out = max(0, bar - whole) if from_its_end else 0, []
    for number, (text, lasts) in enumerate(current, start=1):
        after = current[number][0] if number < len(current) else ""
        out.append(text)
        place += lasts
        if lasts and place % group == 0 and after and after[0] not in "<>-":
            out.append(" ")
    return "".join(out)


def transposed(text: str, steps: int) -> str:
    """The same tune `steps` letters higher (negative: lower), its key moved with it; accidentals follow their key.

    ValueError where there is no such key.
    """
    found = re.fullmatch(r"(.*^K:)([^\n]*)\n(.*)", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise ValueError("text has no line K:, which names its key")
    head, key, body = found.groups()
    before, new = signature(key), moved(key, steps)
    after = signature(new)

    def move(note: re.Match) -> str:
        place = height(note) + steps
        old, letter = note["letter"].upper(), LETTERS[place % 7]
        sign = note["sign"]
        if sign:
            altered = sum({"^": 1, "_": -1, "=": 0}[each] for each in sign) - before.get(old, 0)
            sign = spelt_sign(altered + after.get(letter, 0))
        octave = place // 7
        name = letter.lower() if octave > 0 else letter
        return sign + name + ("'" * (octave - 1) if octave > 0 else "," * -octave) + note["length"]

    return f"{head}{new}\n{NOTE.sub(move, body)}"


def key_of(text: str) -> str:
    """What stands behind K: in a tune's header."""
    return re.search(r"^K:(.*)$", text, re.MULTILINE)[1]


@cache
def moved(key: str, steps: int) -> str:
    """The key of the same mode `steps` letters on, with as few signs as there can be."""
    tonic, mode = re.fullmatch(r"([A-G][#b]?)(.*)", key).groups()
    letter = LETTERS[(LETTERS.index(tonic[0]) + steps) % 7]
    found = []
    for each in (letter, letter + "#", letter + "b"):
        try:
            found.append((len(signature(each + mode)), each + mode))
        except ValueError:
            continue
    return min(found)[1]


def spelt_sign(altered: int) -> str:
    if altered not in SPELT:
        raise ValueError(f"a note moved by {altered} half steps can't be written")
    return SPELT[altered]

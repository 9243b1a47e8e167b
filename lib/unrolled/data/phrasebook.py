"""A phrasebook, English to French, written as a grammar: what is held out puts known words together in new ways.

    python -m unrolled.data.phrasebook        writes data/phrasebook.tsv: part, tab, English, tab, French

What the grammar knows of French: gender and number of articles, possessives and adjectives; adjectives before and after
the noun; negation in two parts, and `de` after it; elision (l', d', n', j', qu'); de with the article after it;
questions; the time of day; prices, in words.
"""

import random
import sys
from functools import cache
from typing import NamedTuple

from num2words import num2words

from . import files

FILE, WORDS = files.folder() / "phrasebook.tsv", files.folder() / "phrasebook_words.txt"
PARTS = ("train", "validation", "held out")
TRAIN, VALIDATION, HELD_OUT = 4_000, 300, 600  # pairs
KEPT_BACK = 0.12  # of the combinations of noun and adjective, and of verb and noun


class Noun(NamedTuple):
    """One and several, in both languages."""

    one: str
    many: str
    un: str
    des: str
    feminine: bool
    kind: str


class Adjective(NamedTuple):
    """The four forms, and the one before a masculine noun that begins with a vowel."""

    english: str
    forms: tuple[str, str, str, str]  # masculine, feminine, and both of several
    liaison: str
    before: bool
    of: str  # the kinds of noun that can have it


class Verb(NamedTuple):
    """Present and past; French for I, you, he or she, we, they."""

    english: tuple[str, str, str]  # I see, he sees, I saw
    forms: tuple[str, str, str, str, str]
    seen: str  # the participle, with avoir
    of: str  # the kinds of noun that it can have as its object


class Phrase(NamedTuple):
    """A piece of a sentence in both languages, and which words it puts together."""

    english: str
    french: str
    joined: frozenset[tuple[str, str]] = frozenset()
    person: int = 2  # for the verb: an index of `Verb.forms`; 2 is he or she, 4 is they
    noun: Noun | None = None

    @property
    def several(self) -> bool:
        return self.person == 4

    def agreeing(self, forms: tuple[str, str, str, str]) -> str:
        """The adjective's form for it."""
        return forms[self.noun.feminine + 2 * self.several]


class Pair(NamedTuple):
    english: str
    french: str


PRONOUNS = [
    ("I", "je", 0),
    ("you", "vous", 1),
    ("he", "il", 2),
    ("she", "elle", 2),
    ("we", "nous", 3),
    ("they", "ils", 4),
]
AVOIR = ("ai", "avez", "a", "avons", "ont")
OWNERS = {  # before masculine, feminine and several
    "my": ("mon", "ma", "mes"),
    "his": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"),
    "your": ("votre", "votre", "vos"),
    "their": ("leur", "leur", "leurs"),
}
WHERE = {"in": "dans", "behind": "derrière", "in front of": "devant", "next to": "à côté de", "near": "près de"}
DAYS = {
    "on Monday": "lundi",
    "on Friday": "vendredi",
    "on Sunday": "dimanche",
    "today": "aujourd'hui",
    "every day": "tous les jours",
    "in the morning": "le matin",
    "in the evening": "le soir",
}
NEGATIONS = {"not": "pas", "never": "jamais", "no longer": "plus"}
AND = {"and": "et", "but": "mais", "because": "parce que"}


def adjective(english: str, forms: str, place: str, of: str) -> Adjective:
    first, *others = forms.split()
    masculine, _, liaison = first.partition("/")
    return Adjective(english, (masculine, *others), liaison or masculine, place == "before", of)


def verb(english: str, forms: str, seen: str, of: str) -> Verb:
    return Verb(tuple(each.replace("_", " ") for each in english.split()), tuple(forms.split()), seen, of)


def noun(one: str, many: str, un: str, des: str, gender: str, kind: str) -> Noun:
    return Noun(one, many, un, des, gender == "f", kind)


@cache
def words_of(kind: str) -> list:
    """The lines of data/phrasebook_words.txt that begin with this kind of word: "noun", "adjective" or "verb"."""
    make = {"noun": noun, "adjective": adjective, "verb": verb}[kind]
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    return [make(*line.split("|")[1:]) for line in lines if line.startswith(f"{kind}|")]


def vowel(word: str) -> bool:
    """Whether a word before it loses its vowel; every h of this grammar is silent."""
    return word[0].lower() in "aeiouhyéèêâîôûœ"


def elided(short: str, word: str) -> str:
    """`le`, `de`, `ne`, `je` or `que` and what follows: l'hôtel, but le marché."""
    return f"{short[:-1]}'{word}" if vowel(word) else f"{short} {word}"


def of_it(french: str) -> str:
    """`de` before a noun with its article: du marché, de la gare, des gares."""
    for article, joined in {"le ": "du ", "les ": "des "}.items():
        if french.startswith(article):
            return joined + french.removeprefix(article)
    return elided("de", french)


class Grammar:
    """Sentences by chance. `kinds` are space-separated; a noun or an object is taken among those that fit."""

    def __init__(self, seed: int = 0):
        self.chance = random.Random(seed)

    def among(self, entries: list, kinds: str) -> list:
        return [each for each in entries if set(kinds.split()) & set(each[-1].split())]

    def described(self, noun: Noun, several: bool, most: int = 2) -> tuple[str, str, frozenset]:
        """The noun with up to one adjective on either side: both languages, and what was joined."""
        fitting = self.among(words_of("adjective"), noun.kind)
        sides = [[each for each in fitting if each.before], [each for each in fitting if not each.before]]
        number = self.chance.choices(range(most + 1), [5, 6, 1][: most + 1])[0]
        chosen = [self.chance.choice(side) for side in self.chance.sample([s for s in sides if s], number)]
        chosen.sort(key=lambda each: not each.before)
        english = " ".join([*(each.english for each in chosen), noun.many if several else noun.one])
        french = noun.des if several else noun.un
        for each in chosen:
            form = each.forms[noun.feminine + 2 * several]
            if each.before:
                form = each.liaison if not noun.feminine and not several and vowel(french) else form
                french = f"{form} {french}"
            else:
                french = f"{french} {form}"
        return english, french, frozenset((each.english, noun.one) for each in chosen)

    def definite(self, kinds: str, several: bool | None = None, most: int = 2) -> Phrase:
        """the …, or my, his, our, your, their …"""
        noun = self.chance.choice(self.among(words_of("noun"), kinds))
        if noun.many == "-":
            several = False
        elif several is None:
            several = self.chance.random() < 0.3
        english, french, joined = self.described(noun, several, most)
        owner = self.chance.choice([*OWNERS]) if self.chance.random() < 0.3 else None
        if owner:
            masculine, feminine, many = OWNERS[owner]
            word = many if several else masculine if vowel(french) or not noun.feminine else feminine
            french = f"{word} {french}"
        elif several:
            french = f"les {french}"
        else:
            french = elided("la" if noun.feminine else "le", french)
        return Phrase(f"{owner or 'the'} {english}", french, joined, 4 if several else 2, noun)

    def indefinite(self, kinds: str) -> tuple[Phrase, str]:
        """a …, some …; and its French after a negation."""
        noun = self.chance.choice(self.among(words_of("noun"), kinds))
        mass, several = noun.many == "-", noun.many != "-" and self.chance.random() < 0.3
        english, french, joined = self.described(noun, several, most=1)
        if mass:
            article = "some"
            with_article = of_it(elided("la" if noun.feminine else "le", french))
        elif several:
            article = "some"
            with_article = f"des {french}" if french.startswith(noun.des) else elided("de", french)
        else:
            article = "an" if english[0] in "aeiou" and not english.startswith("use") else "a"
            with_article = f"{'une' if noun.feminine else 'un'} {french}"
        return Phrase(f"{article} {english}", with_article, joined, 4 if several else 2, noun), elided("de", french)

    def subject(self) -> Phrase:
        if self.chance.random() < 0.6:
            english, french, person = self.chance.choice(PRONOUNS)
            return Phrase(english, french, person=person)
        return self.definite("person", most=1)

    # ── Clauses ────────────────────────────────────────────────────────────────────────────────────────────────────

    def doing(self) -> Phrase:
        """Somebody does or did something to something, or doesn't."""
        who, act = self.subject(), self.chance.choice(words_of("verb"))
        past, negation = self.chance.random() < 0.35, self.chance.choice([None, None, *NEGATIONS])
        if past and negation == "no longer":
            negation = "not"
        if self.chance.random() < 0.5 or act.of in ("drink", "food"):
            kinds = " ".join(set(act.of.split()) - {"place", "person"}) or act.of
            what, after_negation = self.indefinite(kinds)
        else:
            what = self.definite(" ".join(set(act.of.split()) - {"drink", "food"}) or act.of)
            after_negation = what.french
        some = what.english.startswith(("a ", "an ", "some "))
        english_object = what.english.replace("some ", "any ", 1) if negation and some else what.english
        english = f"{who.english} {self.english_verb(act, who.person, past, negation)} {english_object}"
        form = AVOIR[who.person] if past else act.forms[who.person]
        french = self.french_verb(who, form, NEGATIONS.get(negation))
        french = f"{french} {act.seen}" if past else french
        french = f"{french} {after_negation if negation and some else what.french}"
        joined = who.joined | what.joined | {(act.english[0], what.noun.one)}
        return Phrase(english, french, joined)

    def english_verb(self, act: Verb, person: int, past: bool, negation: str | None) -> str:
        base, third, was = act.english
        plain = was if past else third if person == 2 else base
        if negation == "not":
            return f"{'did' if past else 'does' if person == 2 else 'do'} not {base}"
        return f"{negation} {plain}" if negation else plain

    def french_verb(self, who: Phrase, form: str, negation: str | None) -> str:
        if negation:
            return f"{who.french} {elided('ne', form)} {negation}"
        return elided("je", form) if who.french == "je" else f"{who.french} {form}"

    def being(self) -> Phrase:
        """Something is, or isn't, as an adjective says."""
        what = self.definite(self.chance.choice(["ride thing", "place", "person"]), most=1)
        inside = {english for english, _ in what.joined}
        able = [each for each in self.among(words_of("adjective"), what.noun.kind) if each.english not in inside]
        how, negation = self.chance.choice(able), self.chance.choice([None, None, *NEGATIONS])
        english = " ".join(filter(None, [what.english, "are" if what.several else "is", negation, how.english]))
        verb = self.french_verb(what, "sont" if what.several else "est", NEGATIONS.get(negation))
        return Phrase(english, f"{verb} {what.agreeing(how.forms)}", what.joined | {(how.english, what.noun.one)})

    def going(self) -> Phrase:
        """A ride leaves or arrives, a place opens or closes, at a time."""
        ride = self.chance.random() < 0.5
        what = self.definite("ride" if ride else "place", most=1)
        verbs = [("leave", "part", "partent"), ("arrive", "arrive", "arrivent")]
        if not ride:
            verbs = [("open", "ouvre", "ouvrent"), ("close", "ferme", "ferment")]
        english, one, many = self.chance.choice(verbs)
        when, quand = self.time()
        day, jour = self.chance.choice([("", ""), *DAYS.items()])
        said = f"{what.english} {english if what.several else english + 's'} at {when} {day}"
        dit = f"{what.french} {many if what.several else one} à {quand} {jour}"
        return Phrase(said.strip(), dit.strip(), what.joined)

    def time(self) -> tuple[str, str]:
        hour = self.chance.randrange(1, 13)
        name, nom = num2words(hour), "une heure" if hour == 1 else f"{num2words(hour, lang='fr')} heures"
        if hour == 12:
            midday = self.chance.choice([("noon", "midi"), ("midnight", "minuit")])
            name, nom = midday
        english, french = self.chance.choice(
            [("{}", "{}"), ("half past {}", "{} et demie"), ("a quarter past {}", "{} et quart"),
             ("a quarter to {}", "{} moins le quart"), ("ten past {}", "{} dix"), ("twenty to {}", "{} moins vingt")]
        )  # fmt: skip
        if hour == 12 and english.startswith("half"):
            french = "{} et demi"
        return english.format(name), french.format(nom)

    def costing(self) -> Phrase:
        what = self.definite("thing", most=1)
        price = self.chance.randrange(2, 100)
        verb = ("cost", "coûtent") if what.several else ("costs", "coûte")
        english = f"{what.english} {verb[0]} {num2words(price)} euros"
        return Phrase(english, f"{what.french} {verb[1]} {num2words(price, lang='fr')} euros", what.joined)

    def lying(self) -> Phrase:
        """There is, or isn't, something somewhere."""
        what, after_negation = self.indefinite("thing")
        where = self.definite("place", several=False, most=1)
        word, mot = self.chance.choice([*WHERE.items()])
        place = f"{mot[:-3]} {of_it(where.french)}" if mot.endswith(" de") else f"{mot} {where.french}"
        said, dit = what.english, f"il y a {what.french}"
        if self.chance.random() < 0.4:
            said, dit = f"no {said.split(' ', 1)[1]}", f"il n'y a pas {after_negation}"
        english = f"there {'are' if what.several else 'is'} {said} {word} {where.english}"
        return Phrase(english, f"{dit} {place}", what.joined | where.joined)

    def statement(self) -> Phrase:
        kinds = [self.doing, self.being, self.going, self.costing, self.lying]
        return self.chance.choices(kinds, [9, 4, 3, 2, 3])[0]()

    # ── Questions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def where(self) -> Phrase:
        what = self.definite("place thing", most=1)
        english = f"where {'are' if what.several else 'is'} {what.english}"
        return Phrase(english, f"où {'sont' if what.several else 'est'} {what.french}", what.joined)

    def price(self) -> Phrase:
        what = self.definite("thing")
        english = f"how much {'do' if what.several else 'does'} {what.english} cost"
        return Phrase(english, f"combien {'coûtent' if what.several else 'coûte'} {what.french}", what.joined)

    def whether(self) -> Phrase:
        """Do you …? est-ce que vous …?"""
        english, french, person = self.chance.choice(PRONOUNS[1:])
        act = self.chance.choice(words_of("verb"))
        kinds = " ".join(set(act.of.split()) - {"place", "person"}) or act.of
        what, _ = self.indefinite(kinds)
        asked = f"{'does' if person == 2 else 'do'} {english} {act.english[0]} {what.english}"
        joined = what.joined | {(act.english[0], what.noun.one)}
        return Phrase(asked, f"est-ce {elided('que', f'{french} {act.forms[person]}')} {what.french}", joined)

    def question(self) -> Phrase:
        return self.chance.choice([self.where, self.price, self.whether, self.whether])()

    # ── Sentences ──────────────────────────────────────────────────────────────────────────────────────────────────

    def sentence(self) -> tuple[Pair, frozenset]:
        """A question, a statement, or two statements in one."""
        kind = self.chance.random()
        if kind < 0.2:
            asked = self.question()
            return Pair(capital(asked.english) + "?", capital(asked.french) + " ?"), asked.joined
        said = self.statement()
        if kind < 0.55:
            return Pair(capital(said.english) + ".", capital(said.french) + "."), said.joined
        second, word = self.statement(), self.chance.choice([*AND])
        link = elided("parce que", second.french) if word == "because" else f"{AND[word]} {second.french}"
        english = f"{capital(said.english)}, {word} {second.english}."
        return Pair(english, f"{capital(said.french)}, {link}."), said.joined | second.joined


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def written(seed: int = 0) -> dict[str, list[Pair]]:
    """The three parts. A combination of two words that is kept back occurs in every held-out sentence and in no other;
    each word of a held-out sentence occurs in training."""
    grammar, kept = Grammar(seed), {}
    draw = random.Random(f"kept back {seed}")
    parts: dict[str, list[Pair]] = {name: [] for name in PARTS}
    wanted = dict(zip(PARTS, (TRAIN, VALIDATION, 2 * HELD_OUT), strict=True))
    seen: set[str] = set()
    while any(len(parts[name]) < wanted[name] for name in PARTS):
        pair, joined = grammar.sentence()
        for each in sorted(joined):
            kept.setdefault(each, draw.random() < KEPT_BACK)
        back = any(kept[each] for each in joined)
        name = "held out" if back else "train" if len(parts["train"]) < TRAIN else "validation"
        if pair.english not in seen and len(parts[name]) < wanted[name]:
            seen.add(pair.english)
            parts[name].append(pair)
    known = [set(" ".join(each).split()) for each in zip(*parts["train"], strict=True)]
    met = [
        pair
        for pair in parts["held out"]
        if all(set(text.split()) <= has for text, has in zip(pair, known, strict=True))
    ]
    parts["held out"] = met[:HELD_OUT]
    return parts


def load(part: str) -> list[Pair]:
    """The pairs of "train", "validation" or "held out", as they are shipped in data/phrasebook.tsv."""
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; it must be one of {', '.join(PARTS)}")
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Pair(*line.split("\t")[1:]) for line in lines if line.startswith(f"{part}\t")]


if __name__ == "__main__":
    parts = written()
    text = "".join(f"{part}\t{en}\t{fr}\n" for part in PARTS for en, fr in parts[part])
    FILE.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(", ".join(f"{part}: {len(parts[part])}" for part in PARTS) + "\n")

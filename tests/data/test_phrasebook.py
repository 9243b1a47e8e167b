"""The phrasebook: its French keeps the rules that it says, and what is held out recombines known words."""

import random
import re

import pytest
from unrolled.data import phrasebook
from unrolled.data.phrasebook import PARTS, Grammar, load, words_of, written

EVERY = [pair for part in PARTS for pair in load(part)]


BY_HAND = {
    "The sisters do not repair a small bus.": "Les sœurs ne réparent pas de petit bus.",
    "They do not sell any bad coffee.": "Ils ne vendent pas de mauvais café.",
    "How much does my small shirt cost?": "Combien coûte ma petite chemise ?",
    "His car leaves at half past ten on Monday.": "Sa voiture part à dix heures et demie lundi.",
    "The heavy bicycle arrives at a quarter to eight every day.": (
        "Le vélo lourd arrive à huit heures moins le quart tous les jours."
    ),
    "Do we eat some butter?": "Est-ce que nous mangeons du beurre ?",
    "My mother does not eat any French oil.": "Ma mère ne mange pas d'huile française.",
    "Do they make some hot tea?": "Est-ce qu'ils font du thé chaud ?",
    "The aunt saw some beautiful umbrellas, but the book costs fifty-one euros.": (
        "La tante a vu de beaux parapluies, mais le livre coûte cinquante et un euros."
    ),
    "I saw some maps, but there are no round tickets next to our school.": (
        "J'ai vu des cartes, mais il n'y a pas de billets ronds à côté de notre école."
    ),
    "Do we visit a new airport?": "Est-ce que nous visitons un nouvel aéroport ?",
    "My hats cost eighty-eight euros.": "Mes chapeaux coûtent quatre-vingt-huit euros.",
    "The beautiful uncles did not prefer the coat.": "Les beaux oncles n'ont pas préféré le manteau.",
    "The driver makes the oil, but I never knew a church.": (
        "Le chauffeur fait l'huile, mais je n'ai jamais connu d'église."
    ),
    "The new ferries are never grey.": "Les nouveaux ferries ne sont jamais gris.",
}


@pytest.mark.parametrize("english", BY_HAND)
def test_sentences_translated_by_hand(english):
    assert dict(EVERY)[english] == BY_HAND[english]


WRONG = {
    "an article that should lose its vowel": r"\b(le|la|de|ne|je|que) ([aeiouéèêâîôû]|hôtel|huile)",
    "de and le side by side": r"\bde les? ",
    "a masculine form before a vowel": r"\b(beau|nouveau|vieux) [aeiouéh]\w*[^sx ]\b",
    "ma, ta, sa before a vowel": r"\b(ma|sa) [aeiouéh]",
    "un or des after pas": r"\b(pas|jamais|plus) (un|une|des|du) ",
    "des before an adjective that goes before": r"\bdes (petite?s|grande?s|vie\w+|nouve\w+|be\w+|joli\w+|bon\w+) ",
    "two spaces, or none before the mark": r"  |\w\?",
}


@pytest.mark.parametrize("name", WRONG)
def test_no_sentence_breaks_a_rule_of_french(name):
    caught = [pair.french for pair in EVERY if re.search(WRONG[name], pair.french, re.IGNORECASE)]
    assert caught == []


def test_the_rules_would_catch_what_they_are_for():
    broken = {
        "an article that should lose its vowel": "Je vois le avion.",
        "de and le side by side": "Près de le marché.",
        "a masculine form before a vowel": "Un beau avion part.",
        "ma, ta, sa before a vowel": "Ma école est loin.",
        "un or des after pas": "Il n'a pas un vélo.",
        "des before an adjective that goes before": "Il y a des petits lits.",
        "two spaces, or none before the mark": "Où est la gare?",
    }
    assert [name for name in WRONG if not re.search(WRONG[name], broken[name], re.IGNORECASE)] == []


def test_adjectives_agree_with_their_nouns():
    """Of every adjective that follows its noun in the file; the noun decides its form, here looked up again."""
    forms = {form: each for each in words_of("adjective") if not each.before for form in each.forms}
    nouns = {
        text: (noun, several) for noun in words_of("noun") for text, several in ((noun.des, True), (noun.un, False))
    }
    met = 0
    for _, french in EVERY:
        for word, after in re.findall(r"(?=\b([\wœ]+) ([\wç]+)\b)", french):
            if word in nouns and after in forms and nouns[word][0].un != nouns[word][0].des:
                noun, several = nouns[word]
                assert forms[after].forms[noun.feminine + 2 * several] == after, french
                met += 1
    assert met > 500


def test_there_are_thousands_and_no_two_alike():
    assert {part: len(load(part)) for part in PARTS} == {"train": 4000, "validation": 300, "held out": 600}
    assert len({pair.english for pair in EVERY}) == len(EVERY)


def test_what_is_held_out_is_new_in_its_combinations_and_old_in_its_words():
    train, held_out = load("train"), load("held out")
    for language in (0, 1):
        known = {word for pair in train for word in pair[language].split()}
        assert {word for pair in held_out for word in pair[language].split()} <= known
    adjacent = [
        {two for pair in part for two in zip(pair[0].split(), pair[0].split()[1:], strict=False)}
        for part in (train, held_out)
    ]
    english = {each.english for each in words_of("adjective")}
    nouns = {name for noun in words_of("noun") for name in (noun.one, noun.many)}
    described = [{(a, b.strip(".,?")) for a, b in two if a in english and b.strip(".,?") in nouns} for two in adjacent]
    new = described[1] - described[0]
    assert len(new) > 30
    with_new = [
        pair
        for pair in held_out
        if any((a, b.strip(".,?")) in new for a, b in zip(pair[0].split(), pair[0].split()[1:], strict=False))
    ]
    assert len(with_new) > 0.3 * len(held_out)


def test_a_combination_is_on_one_side_only():
    """Made again, with what each sentence joins: none that is kept back is in training."""
    grammar, joined = Grammar(0), {}
    for _ in range(60_000):
        pair, words = grammar.sentence()
        joined.setdefault(pair.english, words)
    held_out = [joined[pair.english] for pair in load("held out") if pair.english in joined]
    train = frozenset().union(*(joined[pair.english] for pair in load("train") if pair.english in joined))
    assert len(held_out) == 600
    assert all(words - train for words in held_out)


def test_the_file_is_what_the_grammar_writes():
    parts = written()
    assert {part: load(part) for part in PARTS} == parts


def test_another_seed_writes_others():
    parts = written(1)
    assert len(parts["held out"]) == 600
    assert len({pair.english for pair in parts["train"]} & {pair.english for pair in EVERY}) < 1000


def test_the_global_random_state_stays(monkeypatch):
    random.seed(3)
    before = random.getstate()
    Grammar(5).sentence()
    assert random.getstate() == before


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="part is 'test'; it must be one of train, validation, held out"):
        load("test")


def test_lengths_reach_far_enough_for_a_bottleneck():
    lengths = sorted(len(pair.english.split()) for pair in phrasebook.load("held out"))
    assert lengths[0] <= 6
    assert lengths[-len(lengths) // 3] >= 10

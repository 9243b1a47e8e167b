"""Words: cutting a text into them, numbering them, and back.

A word is a run of letters, digits and underscores, in lower case. Another visible character is a word too, alone or
repeated (`==`, `>>>`; of a longer run, as in the rule under a title, three are kept). An empty line is the word ¶.
A vocabulary numbers the words it knows from 0; the first two numbers are kept for `<pad>`, which fills up short
sequences, and `<unk>`, which stands for every word that is not known.

Shapes: T words in a text, V words in a vocabulary.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

PAD, UNKNOWN, PARAGRAPH = "<pad>", "<unk>", "¶"
WORD = re.compile(r"\n\s*\n|\w+(?:['’]\w+)*|([^\w\s])\1*")
LONGEST_RUN = 3


class Vocabulary:
    """A list of words and their numbers: `vocabulary["class"]` is a number, `vocabulary.words[7]` a word."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        if self.words[:2] != (PAD, UNKNOWN):
            raise ValueError(f"words begin with {self.words[:2]}; wanted {PAD!r} and {UNKNOWN!r} first")
        self.numbers = {word: number for number, word in enumerate(self.words)}
        if len(self.numbers) < len(self.words):
            doubles = [word for word, count in Counter(self.words).items() if count > 1]
            raise ValueError(f"words hold {doubles[0]!r} more than once; a word has one number")

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.numbers

    def __getitem__(self, word: str) -> int:
        """The number of a word; a KeyError's sentence says that it is not known."""
        if word not in self.numbers:
            raise KeyError(f"{word!r} is none of the {len(self)} words of the vocabulary")
        return self.numbers[word]

    def encode(self, words: Iterable[str]) -> Tensor:
        """Words to their numbers (T,); a word that is not known gets the number of `<unk>`."""
        refuse_text(words)
        unknown = self.numbers[UNKNOWN]
        return torch.tensor([self.numbers.get(word, unknown) for word in words], dtype=torch.long)

    def decode(self, numbers: Tensor | Iterable[int]) -> list[str]:
        """Numbers (T,) to their words; a ValueError names one that is outside the vocabulary."""
        numbers = numbers.tolist() if isinstance(numbers, Tensor) else list(numbers)
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"numbers hold {number}, outside the vocabulary: wanted 0 to {len(self) - 1}")
        return [self.words[number] for number in numbers]


def tokenise(text: str) -> list[str]:
    """A text to its words, in lower case; an empty line becomes ¶."""
    return [as_word(found) for found in WORD.finditer(text.strip().lower())]


def as_word(found: re.Match) -> str:
    if found[0].isspace():
        return PARAGRAPH
    return found[0][:LONGEST_RUN] if found[1] else found[0]


def join(words: Iterable[str]) -> str:
    """Words to readable text: one space between them, none before a closing mark or after an opening bracket."""
    text = " ".join(words)
    text = re.sub(r" ([.,:;!?)\]}])", r"\1", text)
    return re.sub(r"([(\[{]) ", r"\1", text)


def vocabulary(words: Sequence[str], at_least: int = 1) -> Vocabulary:
    """Every word that occurs `at_least` times, the most frequent first, the equally frequent by the alphabet."""
    refuse_text(words)
    if not words:
        raise ValueError("words is empty; a vocabulary needs a text with at least one word")
    counts = Counter(words)
    known = sorted((word for word in counts if counts[word] >= at_least), key=lambda word: (-counts[word], word))
    return Vocabulary([PAD, UNKNOWN, *(word for word in known if word not in (PAD, UNKNOWN))])


def refuse_text(words: Iterable[str]) -> None:
    if isinstance(words, str):
        raise TypeError("words is one string; wanted a list of words, as tokenise(text) gives it")

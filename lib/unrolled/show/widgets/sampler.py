"""The next token under temperature, top-k and nucleus; draw one, draw ten, begin anew with your own words."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..colours import PALETTE
from .widget import STYLE, Number, Widget, answers, script

MOST = 60  # tokens drawn after a prompt
SHOWN = 12  # bars


class Sampler(Widget):
    """`Sampler(read, names, encode=…, join=…, distribution=…, prompt="this can be")`.

    - `read(numbers)` gives the logits (V,) of the token after these; `names` are the V tokens as they are written.
    - `encode(text)` turns a prompt into numbers, `join(names)` tokens into a text.
    - `distribution(logits, temperature, top_k, nucleus)` gives the probabilities (V,); the last two are None where off.

    `draws` is how many tokens stand after the prompt: more are drawn, fewer taken back. The same seed draws the same.
    Raises traitlets.TraitError for a temperature outside 0 to 2, a top_k outside 0 (off) to 50, a nucleus outside
    0.05 to 1 (off), more than 60 draws.
    """

    _esm, _css = script("sampler"), STYLE
    controls = ("prompt", "temperature", "top_k", "nucleus", "seed", "draws")

    prompt = traitlets.Unicode().tag(sync=True)
    temperature = Number(1.0, min=0.0, max=2.0).tag(sync=True)
    top_k = traitlets.Int(0, min=0, max=50).tag(sync=True)
    nucleus = Number(1.0, min=0.05, max=1.0).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=99).tag(sync=True)
    draws = traitlets.Int(0, min=0, max=MOST).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    logits = traitlets.List(traitlets.Float()).tag(sync=True)  # (V,) of the token that comes next
    text = traitlets.Unicode().tag(sync=True)  # what was drawn so far

    def __init__(
        self,
        read: Callable[[list[int]], Tensor],
        names: Sequence[str],
        *,
        encode: Callable[[str], Sequence[int] | Tensor],
        join: Callable[[list[str]], str],
        distribution: Callable[..., Tensor],
        prompt: str,
        temperature: float = 1.0,
    ):
        super().__init__(prompt=prompt, temperature=float(temperature), names=list(names))
        self.read, self.encode, self.join, self.distribution = read, encode, join, distribution
        self.begin()
        self.anew()

    def anew(self) -> None:
        """Read the prompt; nothing is drawn yet."""
        numbers = [int(number) for number in self.encode(self.prompt)]
        if not numbers:
            raise ValueError(f"a prompt of at least one token is wanted; {self.prompt!r} came")
        self.numbers, self.states = numbers, []
        self.generator = torch.Generator().manual_seed(self.seed)
        with self.hold_sync():
            self.draws, self.text = 0, ""
            self.logits = self.read(numbers).tolist()

    @traitlets.observe("prompt", "seed")
    @answers
    def _begin_again(self, _change: dict) -> None:
        if hasattr(self, "read"):
            self.anew()

    @traitlets.observe("draws")
    @answers
    def _draw(self, _change: dict) -> None:
        if not hasattr(self, "states"):
            return
        while len(self.states) > self.draws:
            self.generator.set_state(self.states.pop())
            self.numbers.pop()
        while len(self.states) < self.draws:
            before = self.generator.get_state()
            p = self.probabilities(self.read(self.numbers))
            self.numbers.append(int(torch.multinomial(p, 1, generator=self.generator)))
            self.states.append(before)  # last, so that a step that failed leaves both as they were
        with self.hold_sync():
            drawn = self.numbers[len(self.numbers) - self.draws :]
            self.text = self.join([self.names[number] for number in drawn]) if drawn else ""
            self.logits = self.read(self.numbers).tolist()

    def probabilities(self, logits: Tensor) -> Tensor:
        """(V,) as the controls stand."""
        return self.distribution(
            logits, self.temperature, self.top_k or None, self.nucleus if self.nucleus < 1 else None
        )

    def draw(self) -> tuple[Figure, str]:
        p = self.probabilities(torch.tensor(self.logits, dtype=torch.float64))
        values, places = p.topk(min(SHOWN, len(p)))
        figure, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
        likeliest = [self.names[place] for place in places.tolist()]
        ax.bar(range(len(values)), values.tolist(), color=PALETTE[0])
        ax.set_xticks(range(len(values)), likeliest, rotation=45)
        ax.set_ylabel("probability")
        ax.spines[["top", "right"]].set_visible(False)
        told = ", ".join(f"{name} {value:.2f}" for name, value in zip(likeliest[:4], values.tolist(), strict=False))
        return figure, f"After “{self.prompt}{' ' + self.text if self.text else ''}” the likeliest next tokens: {told}."

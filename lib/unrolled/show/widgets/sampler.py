"""The next token under temperature, top-k and nucleus; draw one, draw ten, begin anew with your own words."""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..colours import PALETTE
from ..gates import visible
from .widget import STYLE, Number, Widget, answers, packed, script

MOST = 300  # tokens drawn after a prompt: in letters, most tunes to their end
SHOWN = 12  # bars
LOWEST = -1e300  # e to this is 0 at every temperature; −∞ can't be sent


class Sampler(Widget):
    """`Sampler(read, names, encode=…, join=…, distribution=…, prompt="this can be")`.

    - `read(numbers)` gives the logits (V,) of the token after these; `names` are the V tokens as they are written.
    - `encode(text)` turns a prompt into numbers, `join(names)` tokens into a text.
    - `distribution(logits, temperature, top_k, nucleus)` gives the probabilities (V,); the last two are None where off.

    `draws` is how many tokens stand after the prompt: more are drawn, fewer taken back. The same seed draws the same.
    Any control's first value may be given by its name: `temperature=0.5, top_k=10`.
    Raises traitlets.TraitError for a temperature outside 0 to 2, a top_k outside 0 (off) to 50, a nucleus outside
    0.05 to 1 (off), more than 300 draws; TypeError for a control that isn't there; ValueError for a prompt of no
    token, for other than V logits, for logits that are NaN or +∞, or all −∞.
    A prompt that is refused later is told in `problem`; `begun` stays the one that was read.
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
    begun = traitlets.Unicode().tag(sync=True)  # the prompt that was read
    reads = traitlets.Unicode().tag(sync=True)  # that prompt as its tokens, so that one that is not known shows
    logits = traitlets.Unicode().tag(sync=True)  # (V,) of the token that comes next, float64 in base64
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
        **state: Any,
    ):
        super().__init__(prompt=prompt, names=list(names))
        self.read, self.encode, self.join, self.distribution = read, encode, join, distribution
        first = dict(self.known(state))
        draws = first.pop("draws", 0)
        for name, value in first.items():
            setattr(self, name, value)
        self.anew(prompt)
        self.draws = draws
        self.begin()

    def anew(self, prompt: str) -> None:
        """Read this prompt; nothing is drawn yet. What can't be read leaves everything as it was."""
        numbers = [int(number) for number in self.encode(prompt)]
        if not numbers:
            raise ValueError(f"a prompt of at least one token is wanted; {prompt!r} came")
        logits = carried(self.read(numbers))
        if len(logits) != len(self.names):
            raise ValueError(f"read must give a logit for each of {len(self.names)} names; {len(logits)} came")
        self.numbers, self.states = numbers, []
        self.generator = torch.Generator().manual_seed(self.seed)
        with self.hold_sync():
            self.draws, self.text, self.begun = 0, "", prompt
            self.reads = self.join([self.names[number] for number in numbers])
            self.take(logits)

    def take(self, logits: Tensor) -> None:
        """Show these as those of the next token."""
        self.now, self.logits = logits, packed(logits)

    @traitlets.observe("prompt", "seed")
    @answers
    def _begin_again(self, change: dict) -> None:
        if hasattr(self, "read"):
            self.anew(self.prompt if change["name"] == "prompt" else self.begun)

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
            p = self.probabilities(carried(self.read(self.numbers)))  # float64, as those that the browser shows
            self.numbers.append(int(torch.multinomial(p, 1, generator=self.generator)))
            self.states.append(before)  # last, so that a step that failed leaves both as they were
        with self.hold_sync():
            drawn = self.numbers[len(self.numbers) - self.draws :]
            self.text = self.join([self.names[number] for number in drawn]) if drawn else ""
            self.take(carried(self.read(self.numbers)))

    def probabilities(self, logits: Tensor) -> Tensor:
        """(V,) as the controls stand."""
        return self.distribution(
            logits, self.temperature, self.top_k or None, self.nucleus if self.nucleus < 1 else None
        )

    def draw(self) -> tuple[Figure, str]:
        logits = self.now
        places = logits.argsort(descending=True, stable=True)[:SHOWN]  # the order of p, also where p is 0
        values = self.probabilities(logits)[places]
        figure, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
        likeliest = [self.names[place] for place in places.tolist()]
        ax.bar(range(len(values)), values.tolist(), color=PALETTE[0])
        ax.set_xticks(range(len(values)), [visible(name) for name in likeliest], rotation=45)
        ax.set_ylabel("probability")
        ax.spines[["top", "right"]].set_visible(False)
        told = ", ".join(f"{name} {value:.2f}" for name, value in zip(likeliest[:4], values.tolist(), strict=False))
        after = f"After “{self.reads}{' ' + self.text if self.text else ''}” the likeliest next tokens: {told}."
        return figure, f"{after} {MOST} are drawn, the most it keeps." if self.draws == MOST else after


def carried(logits: Tensor) -> Tensor:
    """Logits (V,) as the browser is sent them: −∞, a token that can't come, is the lowest number that there is."""
    values = logits.detach().cpu().double()
    if values.isnan().any() or values.max() == torch.inf or values.max() == -torch.inf:
        raise ValueError(f"read must give logits that are numbers, or −∞ for some; the largest is {values.max():g}")
    return values.clamp(min=LOWEST)

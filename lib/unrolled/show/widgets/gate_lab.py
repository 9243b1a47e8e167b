"""The LSTM's cell with the numbers of one unit over a text: push a gate or its bias, and see what follows.

The browser runs the whole layer again after every push; `run` is the same through the cell itself.
Shapes: T characters, D input features, H hidden units.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from ..cells import lstm_step
from ..gates import visible
from .widget import STYLE, Number, Widget, answers, packed, script

LONGEST = 60  # characters
REACHES = ["this unit at this step", "this unit at every step", "every unit at every step"]


class GateLab(Widget):
    """`GateLab(cell, embed, "a text", unit=3)`: `cell` is an `LSTMCell`, `embed(text)` gives its inputs (T, D).

    What is pushed at the beginning can be given too: `gate="f", held=1.0, reach="this unit at this step"`.

    - `gate` is pushed ("none", "i", "f", "g" or "o"), as `how` says: "held at" `held`, or "bias plus" `plus`.
    - `reach` says where: this unit at this step, this unit at every step, every unit at every step.
    - `light` lights a line of the cell ("i", "f", "g", "o", "c" or "h") as equation, code and wire.

    Raises ValueError for a text of fewer than 2 or more than 60 characters; traitlets.TraitError for a unit that is
    not there, a gate held outside −1 to 1, a bias plus more than 8 either way; TypeError for a control that isn't
    there. A unit counts from 0, a step from 1; a step beyond the end is the last.
    """

    _esm, _css = script("gate_lab"), STYLE
    controls = ("text", "unit", "step", "gate", "how", "held", "plus", "reach", "light")

    text = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Int(0, min=0).tag(sync=True)
    step = traitlets.Int(1, min=1).tag(sync=True)
    gate = traitlets.Enum(["none", *"ifgo"], "none").tag(sync=True)
    how = traitlets.Enum(["held at", "bias plus"], "held at").tag(sync=True)
    held = Number(1.0, min=-1.0, max=1.0).tag(sync=True)
    plus = Number(2.0, min=-8.0, max=8.0).tag(sync=True)
    reach = traitlets.Enum(REACHES, REACHES[1]).tag(sync=True)
    light = traitlets.Enum(["none", *"ifgoch"], "f").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)  # the T characters
    units = traitlets.Int().tag(sync=True)  # H
    x = traitlets.Unicode().tag(sync=True)  # (T, D), float64 in base64, as these:
    W_xh = traitlets.Unicode().tag(sync=True)  # (D, 4H)
    W_hh = traitlets.Unicode().tag(sync=True)  # (H, 4H)
    b = traitlets.Unicode().tag(sync=True)  # (4H,), both biases

    def __init__(
        self,
        cell: nn.Module,
        embed: Callable[[str], Tensor],
        text: str,
        *,
        unit: int = 0,
        step: int | None = None,
        **push: Any,
    ):
        super().__init__()
        self.cell, self.embed, self.taken = cell, embed, ""
        self.W_xh, self.W_hh, self.units = packed(cell.W_xh), packed(cell.W_hh), len(cell.W_hh)
        self.b = packed(cell.b_xh.double() + cell.b_hh.double())
        self.take(text)
        self.text, self.unit = text, unit
        self.step = len(self.tokens) if step is None else step
        for name, value in self.known(push).items():  # gate, how, held, plus, reach, light
            setattr(self, name, value)
        self.begin()

    @torch.no_grad()
    def take(self, text: str) -> None:
        """Let the cell read the text."""
        if not 2 <= len(text) <= LONGEST:
            raise ValueError(f"a text of 2 to {LONGEST} characters is wanted; {len(text)} came")
        x, cell = self.embed(text).detach(), self.cell
        if x.shape != (len(text), len(cell.W_xh)):
            raise ValueError(f"embed must give ({len(text)}, {len(cell.W_xh)}) for this text; {tuple(x.shape)} came")
        self.inputs, self.taken = x, text
        with self.hold_sync():
            self.step = min(self.step, len(text))
            self.tokens, self.x = list(text), packed(x)

    @traitlets.observe("text")
    @answers
    def _read_again(self, change: dict) -> None:
        if change["new"] != self.taken:
            self.take(change["new"])
        if change["new"] == self.start.get("text"):  # a reset may have set the step while the text was shorter
            self.step = self.start["step"]

    @traitlets.validate("step")
    def _in_the_text(self, proposal: dict) -> int:
        return min(proposal["value"], max(1, len(self.tokens)))

    @traitlets.validate("unit")
    def _in_the_layer(self, proposal: dict) -> int:
        if proposal["value"] >= self.units:
            raise traitlets.TraitError(f"unit must be 0 to {self.units - 1}; {proposal['value']} came")
        return proposal["value"]

    @traitlets.validate("held")
    def _within_the_gate(self, proposal: dict) -> float:
        return proposal["value"] if self.gate in ("g", "none") else max(0.0, proposal["value"])

    @traitlets.observe("gate")
    def _held_within_it(self, _change: dict) -> None:
        self.held = self._within_the_gate({"value": self.held})

    @torch.no_grad()
    def run(self, *, pushed: bool = True) -> NamedTuple:
        """The cell's trace over the text, (T, H) each: with the gate pushed, or as learned."""
        h = c = self.inputs.new_zeros(1, self.units)
        steps = []
        for t, x in enumerate(self.inputs):
            here = pushed and self.gate != "none" and (self.reach != REACHES[0] or t == self.step - 1)
            step = self.push(x[None], (h, c)) if here else self.cell(x[None], (h, c))
            h, c = step.h, step.c
            steps.append(step)
        return type(steps[0])(*(torch.cat(parts) for parts in zip(*steps, strict=True)))

    def push(self, x: Tensor, state: tuple[Tensor, Tensor]) -> NamedTuple:
        """One step with the gate pushed in the units that it reaches."""
        units = slice(None) if self.reach == REACHES[2] else self.unit
        if self.how == "held at":
            gate = getattr(self.cell(x, state), self.gate).clone()
            gate[:, units] = self.held
            return self.cell(x, state, force={self.gate: gate})
        bias = self.cell.b_xh.clone()
        bias.view(4, -1)["ifgo".index(self.gate), units] += self.plus
        return torch.func.functional_call(self.cell, {"b_xh": bias}, (x, state))

    def draw(self) -> tuple[Figure, str]:
        trace, t, unit = self.run(), self.step - 1, self.unit
        one = type(trace)(*(part[t : t + 1, unit : unit + 1] for part in trace))
        before = trace.c[t - 1 : t, unit : unit + 1] if t else one.c.new_zeros(1, 1)
        figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4.2), layout="constrained", height_ratios=(1.3, 1))
        lstm_step(before, one, ax=above)
        rows = torch.stack([trace.f, trace.i, trace.g, trace.o, trace.c, trace.h])[..., unit]
        below.imshow(rows.tolist(), cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
        below.set_yticks(range(6), list("figoch"))
        names = [visible(token) for token in self.tokens]
        below.set_xticks(range(len(names)), names, family="monospace", fontsize=8)
        below.axvspan(t - 0.5, t + 0.5, fill=False, linewidth=2)
        return figure, self.told(before.item(), *(part.item() for part in one))

    def told(self, before: float, i: float, f: float, g: float, o: float, c: float, h: float) -> str:
        amount = self.held if self.how == "held at" else self.plus
        pushed = "as learned" if self.gate == "none" else f"{self.gate} {self.how} {amount:g}, {self.reach}"
        return (
            f"Unit {self.unit}, step {self.step} of {len(self.tokens)}, {pushed}: f = {f:z.2f} keeps {f * before:z.2f} "
            f"of c = {before:z.2f}, i·g adds {i * g:z.2f}: c = {c:z.2f}; o = {o:z.2f} lets h = {h:z.2f} out."
        )

"""The way back from one loss to one step of an RNN: the factor on every edge, what arrives, what each step adds."""

import functools
from typing import Any, NamedTuple, Protocol

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from ..colours import PALETTE
from .widget import STYLE, Number, Widget, script

LONGEST, WIDEST = 64, 32  # steps and units: a redraw has to be done before the next key
LOWEST, HIGHEST = 0.1, 3.0  # spectral radius


class Cell(Protocol):
    """The weights of an RNN; vectors are rows."""

    W_xh: Tensor  # (D, H)
    W_hh: Tensor  # (H, H)
    b_xh: Tensor  # (H,)
    b_hh: Tensor  # (H,)


class Way(NamedTuple):
    """What goes back from loss t, over steps 1 to T, to step k."""

    factors: Tensor  # (T,) the largest singular value of ∂h_k/∂h_{k-1}
    arrives: Tensor  # (T,) ‖∂L_t/∂h_k‖
    shares: Tensor  # (T,) ‖h_{k-1}ᵀ ∂L_t/∂a_k‖, what the use at step k adds to the gradient of W_hh
    most: Tensor  # () the largest singular value of ∂h_t/∂h_k


class Paths(Widget):
    """`Paths(rnn.cell, x, sent)`: one sequence x (T, D), and sent (T, H), what each loss says to its own state,
    ∂L_t/∂h_t; T from 2 to 64, at most 32 units.

    W_hh is scaled to `spectral_radius`, which begins at its own, or is that multiple of the identity; x is multiplied
    by `strength`. Loss and step count from 1; `window` n cuts the way back every n steps, 0 nowhere.
    Any control's first value may be given by its name: `loss=12, step=3`.

    A length, a loss or a step beyond the end is the last. Raises ValueError for shapes that don't fit, numbers that
    aren't finite, a W_hh whose spectral radius is 0; TypeError for what is no cell and for a control that isn't there;
    traitlets.TraitError for a value that a control can't have.
    """

    _esm, _css = script("paths"), STYLE
    controls = ("spectral_radius", "matrix", "nonlinearity", "strength", "length", "loss", "step", "window")

    spectral_radius = Number(1.0, min=LOWEST, max=HIGHEST).tag(sync=True)
    matrix = traitlets.Enum(["its own", "identity"], "its own").tag(sync=True)
    nonlinearity = traitlets.Enum(["tanh", "relu"], "tanh").tag(sync=True)
    strength = Number(1.0, min=0.0, max=3.0).tag(sync=True)
    length = traitlets.Int(2, min=2, max=LONGEST).tag(sync=True)
    loss = traitlets.Int(2, min=1, max=LONGEST).tag(sync=True)
    step = traitlets.Int(1, min=1, max=LONGEST).tag(sync=True)
    window = traitlets.Int(0, min=0, max=LONGEST).tag(sync=True)
    base = traitlets.List().tag(sync=True)  # (H, H), W_hh scaled to spectral radius 1
    W_xh = traitlets.List().tag(sync=True)  # (D, H)
    b = traitlets.List().tag(sync=True)  # (H,), both biases
    x = traitlets.List().tag(sync=True)  # (T, D)
    sent = traitlets.List().tag(sync=True)  # (T, H)
    loss_sent = False  # whether the message that is being taken in holds a loss

    def __init__(self, cell: Cell, x: Tensor, sent: Tensor, **state: Any):
        super().__init__()
        self.known(state)
        own = self.take(cell, x, sent)
        first = {"spectral_radius": min(max(own, LOWEST), HIGHEST), "length": len(x), **state}
        first.setdefault("nonlinearity", getattr(cell, "nonlinearity", "tanh"))
        first.setdefault("loss", first["length"])
        for name in self.controls:  # length before loss before step
            if name in first:
                setattr(self, name, first[name])
        self.begin()

    def take(self, cell: Cell, x: Tensor, sent: Tensor) -> float:
        """Check and keep the numbers; gives the spectral radius of W_hh."""
        missing = [name for name in ("W_xh", "W_hh", "b_xh", "b_hh") if not hasattr(cell, name)]
        if missing:
            raise TypeError(f"the cell of an RNN is wanted; {type(cell).__name__} has no {', '.join(missing)}")
        D, H = cell.W_xh.shape
        wanted = {"x": (x, (len(x), D)), "sent": (sent, (len(x), H)), "W_hh": (cell.W_hh, (H, H))}
        for name, (value, shape) in wanted.items():
            if tuple(value.shape) != shape:
                raise ValueError(f"{name} must have shape {shape}; {tuple(value.shape)} came")
        if not 2 <= len(x) <= LONGEST or H > WIDEST:
            raise ValueError(f"2 to {LONGEST} steps and at most {WIDEST} units are wanted; {len(x)} and {H} came")
        numbers = [each.detach().double() for each in (cell.W_hh, cell.W_xh, cell.b_xh + cell.b_hh, x, sent)]
        if not all(each.isfinite().all() for each in numbers):
            raise ValueError("weights, x and sent must hold finite numbers; one is infinite or not a number")
        own = torch.linalg.eigvals(numbers[0]).abs().max().item()
        if own == 0:
            raise ValueError("W_hh must have an eigenvalue other than 0; its spectral radius is 0")
        numbers[0] = numbers[0] / own
        self.base, self.W_xh, self.b, self.x, self.sent = (each.tolist() for each in numbers)
        return own

    @traitlets.validate("length", "loss", "step")
    def _inside(self, proposal: dict) -> int:
        """No length beyond the sequence, no loss beyond the length, no step beyond the loss."""
        ends = {"length": len(self.x) or LONGEST, "loss": self.length, "step": self.loss}
        return min(proposal["value"], ends[proposal["trait"].name])

    def set_state(self, sync_data: dict) -> None:
        """What the browser sends: its loss has followed the length already."""
        self.loss_sent = "loss" in sync_data
        super().set_state(sync_data)
        self.loss_sent = False

    @traitlets.observe("length", "loss")
    def _follow(self, change: dict) -> None:
        """A loss at the end stays there; a shorter sequence takes any loss with it, an earlier loss the step."""
        if change["name"] == "length":
            at_the_end = self.loss >= change["old"] and not self.loss_sent
            self.loss = self.length if at_the_end else min(self.loss, self.length)
        self.step = min(self.step, self.loss)

    def way(self) -> Way:
        """The numbers of the present state, by autograd (the browser computes them by hand)."""
        T, H = self.length, len(self.b)
        x, W_xh, b, base, sent = (
            torch.tensor(each, dtype=torch.float64) for each in (self.x, self.W_xh, self.b, self.base, self.sent)
        )
        W = self.spectral_radius * (torch.eye(H, dtype=torch.float64) if self.matrix == "identity" else base)
        phi = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        h, a = [torch.zeros(H, dtype=torch.float64)], []
        for k in range(T):
            before = h[-1].detach() if self.window and k % self.window == 0 else h[-1]
            a.append((self.strength * x[k] @ W_xh + b + before @ W).requires_grad_())
            h.append(phi(a[-1]))
        loss = h[self.loss] @ sent[self.loss - 1]
        options = {"retain_graph": True, "materialize_grads": True, "allow_unused": True}
        blame = torch.stack(torch.autograd.grad(loss, h[1:], **options))
        blame_a = torch.stack(torch.autograd.grad(loss, a, **options))
        slope = torch.stack([torch.autograd.grad(phi(each).sum(), each)[0] for each in a])
        states = torch.stack(h[:-1]).detach()
        J = W * slope[:, None]  # (T, H, H)
        product = functools.reduce(torch.matmul, J[self.step : self.loss], torch.eye(H, dtype=torch.float64))
        return Way(
            torch.linalg.matrix_norm(J, ord=2),
            blame.norm(dim=-1),
            states.norm(dim=-1) * blame_a.norm(dim=-1),
            torch.linalg.matrix_norm(product, ord=2),
        )

    def draw(self) -> tuple[Figure, str]:
        way, t, k = self.way(), self.loss, self.step
        figure, (above, below) = plt.subplots(
            2, 1, figsize=(7, 3.6), sharex=True, layout="constrained", height_ratios=(1, 2)
        )
        numbers = range(1, self.length + 1)
        on = [PALETTE[1] if k < n <= t else "#BBBBBB" for n in numbers[1:]]
        above.bar([n - 0.5 for n in numbers[1:]], way.factors[1:].tolist(), color=on)
        above.axhline(1, color="#999999", linewidth=0.8)
        above.set(ylabel="factor")
        below.bar(numbers[:t], way.shares[:t].tolist(), color=PALETTE[4], label="share in the gradient of W_hh")
        below.plot(numbers[:t], way.arrives[:t].tolist(), "o-", color=PALETTE[0], label="blame that arrives")
        if any(way.arrives[:t] > 0):
            below.set(yscale="log")
        below.set(xlabel="step")
        below.legend(frameon=False)
        cuts = [n for n in numbers[1:] if self.window and (n - 1) % self.window == 0]
        for n in cuts:
            above.axvline(n - 0.5, color="#333333", linestyle=":")
            below.axvline(n - 0.5, color="#333333", linestyle=":")
        on_way = [n for n in cuts if k < n <= t]
        if on_way:
            between = f"windows of {self.window} cut it between steps {on_way[-1]} and {on_way[-1] - 1}"
        else:
            norms = [f"{value:.2g}" for value in way.factors[k:t].tolist()]
            between = f"{t - k} factors of norm {', '.join(norms) or 'none'}"
            product, most = f"{way.factors[k:t].prod():.2g}", f"{way.most:.2g}"
            only = "too" if product == most else f"only {most}"
            between += f"; the product of their norms is {product}, the norm of their product {only}" * (t - k > 1)
        return figure, (
            f"The way from loss {t} back to step {k}: {between}. The loss sends "
            f"{way.arrives[t - 1]:.2g} and {way.arrives[k - 1]:.2g} arrives; the use of W_hh at step {k} "
            f"adds {way.shares[k - 1]:.2g} to its gradient."
        )

"""A language model: from the tokens so far to a score for every token that could come next.

    x_t = one_hot(token_t) W_e                (B, D), a row of W_e
    h_t = layer(x_t, h_{t−1})                 (B, H)
    logits_t = h_t W_hy + b_y                 (B, V)

It trains on torch's fused layer. `traced()` gives its twin: the same weights in the layer of `unrolled.layers`, whose
trace holds every gate. Tokens may be characters or words; the state can be carried from one window to the next.
Shapes: B batch, T time steps, D embedding, H hidden units, V vocabulary.
Source: Mikolov et al. (2010), "Recurrent neural network based language model", Interspeech.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled.layers import Embedding, expect
from unrolled.layers.lstm import pair

from .recurrent import LAYERS, TWINS, States, refuse_single, traced, without_dropout

State = Tensor | tuple[Tensor, Tensor]  # h (B, H); for an LSTM the pair (h, c)


class Prediction(NamedTuple):
    """What one pass gives: the scores, what the layer computed on the way, and the state to go on from."""

    logits: Tensor  # (B, T, V)
    trace: NamedTuple  # States(h), or the Trace of the twin's layer; h (B, T, H) in each
    state: State


class LanguageModel(nn.Module):
    """Embedding, one recurrent layer ("lstm", "gru" or "rnn"), and a linear output."""

    def __init__(
        self, vocab_size: int, embed_dim: int, hidden_size: int, layer: str = "lstm", dropout: float = 0.0
    ) -> None:
        super().__init__()
        if layer not in LAYERS:
            raise ValueError(f"layer is {layer!r}; wanted one of {', '.join(LAYERS)}")
        bound = hidden_size**-0.5  # W_hy starts as in torch.nn.Linear; b_y, unlike there, at 0
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        self.embedding = Embedding(vocab_size, embed_dim)
        self.recurrent = LAYERS[layer](embed_dim, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.W_hy = nn.Parameter(torch.empty(hidden_size, vocab_size).uniform_(-bound, bound))
        self.b_y = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, tokens: Tensor, state: State | None = None, force: dict[str, float] | None = None) -> Prediction:
        """tokens (B, T) and a state to start from (zeros unless given). `force` holds a gate, in the twin only."""
        x = self.dropout(self.embedding(tokens))  # (B, T, D)
        expect.tensor("tokens, embedded,", x, self.W_hy, "B", "T", self.embedding.embedding_dim)
        if type(self.recurrent) in TWINS:
            if force:
                raise ValueError(f"force={force!r} needs the gates; call traced() first, and force them there")
            trace, state = run_fused(self.recurrent, x, state)
        else:
            trace, state = run_traced(self.recurrent, x, state, force)
        return Prediction(self.dropout(trace.h) @ self.W_hy + self.b_y, trace, state)

    def traced(self) -> "LanguageModel":
        """A copy with the same weights whose layer shows all it computes; changes to one do not reach the other."""
        return traced(self)


def run_fused(layer: nn.RNNBase, x: Tensor, state: State | None) -> tuple[States, State]:
    """torch keeps a state as (layers, B, H); here, with one layer, it is (B, H)."""
    size = len(x), layer.hidden_size
    if isinstance(layer, nn.LSTM):
        if state is not None:
            for name, part in zip("hc", pair(state), strict=True):
                expect.tensor(f"state's {name}", part, x, *size)
            state = tuple(part.unsqueeze(0) for part in state)
        h, (h_T, c_T) = layer(x, state)
        return States(h), (h_T[0], c_T[0])
    if state is not None:
        expect.tensor("state", state, x, *size)
    h, h_T = layer(x, None if state is None else state.unsqueeze(0))
    return States(h), h_T[0]


def run_traced(
    layer: nn.Module, x: Tensor, state: State | None, force: dict[str, float] | None
) -> tuple[NamedTuple, State]:
    trace = layer(x, state, force=force) if force else layer(x, state)
    last = trace.h[:, -1]
    return trace, (last, trace.c[:, -1]) if hasattr(trace, "c") else last


class CarriedLoss:
    """The loss for `fit` on windows in order, each (x, y, first): mean nats per token.

    A window starts from the state in which the one before it ended; blame is not carried (`detach`), memory is, in the
    type of the weights, whatever type autocast computes in.
    """

    def __init__(self) -> None:
        self.state: State | None = None

    def __call__(self, model: LanguageModel, window: tuple[Tensor, Tensor, bool]) -> Tensor:
        x, y, first = window
        logits, _, state = model(x, None if first else self.state)
        self.state = kept(state, next(model.parameters()).dtype)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())

    def state_dict(self) -> dict[str, Tensor]:
        """The carried state, for a run that is to be taken up."""
        parts = (self.state,) if isinstance(self.state, Tensor) else self.state or ()
        return dict(zip("hc", parts, strict=False))

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.state = (state["h"], state["c"]) if "c" in state else state.get("h")


def kept(state: State, dtype: torch.dtype) -> State:
    """What of a state is carried on: its numbers, without the way they came about."""
    if isinstance(state, Tensor):
        return state.detach().to(dtype)
    return tuple(part.detach().to(dtype) for part in state)


def reader(model: LanguageModel) -> Callable[[Tensor, State | None], tuple[Tensor, State]]:
    """`next_logits(tokens, state)` for `training.generate`: new tokens (T,) to the logits (V,) after them."""

    @torch.no_grad()
    def next_logits(fresh: Tensor, state: State | None) -> tuple[Tensor, State]:
        logits, _, state = model(fresh[None], state)
        return logits[0, -1], state

    return next_logits


@torch.no_grad()
def nats(model: LanguageModel, tokens: Tensor, window: int = 500) -> Tensor:
    """−ln p of every token of one long text (T,) but the first, each from all before it, without dropout: (T − 1,).

    ValueError for fewer than two tokens.
    """
    refuse_single(tokens)
    state, parts = None, []
    with without_dropout(model):
        for start in range(0, len(tokens) - 1, window):
            piece = tokens[start : start + window + 1]
            logits, _, state = model(piece[None, :-1], state)
            parts.append(F.cross_entropy(logits[0], piece[1:], reduction="none"))
    return torch.cat(parts)

"""A language model: from the tokens so far to a score for every token that could come next.

    x_t = embedding[token_t]                  (B, D)
    h_t = layer(x_t, h_{t−1})                 (B, H)
    logits_t = h_t W_hy + b_y                 (B, V)

It trains on torch's fused layer. `traced()` gives its twin: the same weights in the layer of `unrolled.layers`, whose
trace holds every gate. Tokens may be characters or words; the state can be carried from one window to the next.
Shapes: B batch, T time steps, D embedding, H hidden units, V vocabulary.
"""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled import layers

FUSED = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

State = Tensor | tuple[Tensor, Tensor]  # h (B, H); for an LSTM the pair (h, c)


class Hidden(NamedTuple):
    """All that torch's fused layer shows of itself: h (B, T, H)."""

    h: Tensor


class Prediction(NamedTuple):
    """What one pass gives: the scores, what the layer computed on the way, and the state to go on from."""

    logits: Tensor  # (B, T, V)
    trace: NamedTuple  # Hidden(h), or the Trace of the twin's layer; h (B, T, H) in each
    state: State


class LanguageModel(nn.Module):
    """Embedding, one recurrent layer ("lstm", "gru" or "rnn"), and a linear output."""

    def __init__(
        self, vocab_size: int, embed_dim: int, hidden_size: int, layer: str = "lstm", dropout: float = 0.0
    ) -> None:
        super().__init__()
        if layer not in FUSED:
            raise ValueError(f"layer is {layer!r}; wanted one of {', '.join(FUSED)}")
        self.vocab_size, self.hidden_size, self.layer = vocab_size, hidden_size, layer
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.recurrent = FUSED[layer](embed_dim, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        bound = hidden_size**-0.5  # as in torch.nn.Linear
        self.W_hy = nn.Parameter(torch.empty(hidden_size, vocab_size).uniform_(-bound, bound))
        self.b_y = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, tokens: Tensor, state: State | None = None, force: dict[str, float] | None = None) -> Prediction:
        """tokens (B, T) and a state to start from (zeros unless given). `force` holds a gate, in the twin only."""
        check_tokens(tokens, self.vocab_size)
        x = self.dropout(self.embedding(tokens))  # (B, T, D)
        if isinstance(self.recurrent, nn.RNNBase):
            if force:
                raise ValueError(f"force={force!r} needs the gates; call traced() first, and force them there")
            trace, state = run_fused(self.recurrent, x, state)
        else:
            trace, state = run_traced(self.recurrent, x, state, force)
        return Prediction(self.dropout(trace.h) @ self.W_hy + self.b_y, trace, state)

    def traced(self) -> "LanguageModel":
        """A copy with the same weights whose layer shows all it computes; changes to one do not reach the other."""
        twin = copy.deepcopy(self)
        if isinstance(twin.recurrent, nn.RNNBase):
            twin.recurrent = getattr(layers, self.layer.upper()).from_torch(twin.recurrent)
        return twin


def run_fused(layer: nn.RNNBase, x: Tensor, state: State | None) -> tuple[Hidden, State]:
    """torch keeps a state as (layers, B, H); here, with one layer, it is (B, H)."""
    if isinstance(layer, nn.LSTM):
        h, (h_T, c_T) = layer(x, None if state is None else tuple(part.unsqueeze(0) for part in state))
        return Hidden(h), (h_T[0], c_T[0])
    h, h_T = layer(x, None if state is None else state.unsqueeze(0))
    return Hidden(h), h_T[0]


def run_traced(
    layer: nn.Module, x: Tensor, state: State | None, force: dict[str, float] | None
) -> tuple[NamedTuple, State]:
    trace = layer(x, state, force=force) if force else layer(x, state)
    last = trace.h[:, -1]
    return trace, (last, trace.c[:, -1]) if isinstance(layer, layers.LSTM) else last


def check_tokens(tokens: Tensor, vocab_size: int) -> None:
    """Whole numbers (B, T), at least one step, each inside the vocabulary; a ValueError says what came instead."""
    if tokens.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"tokens have dtype {tokens.dtype}; wanted whole numbers, torch.int64")
    if tokens.dim() != 2 or tokens.shape[1] == 0:
        raise ValueError(f"tokens have shape {tuple(tokens.shape)}; wanted (B, T) with at least one step")
    low, high = (tokens.min().item(), tokens.max().item()) if tokens.numel() else (0, 0)
    if low < 0 or high >= vocab_size:
        wrong = low if low < 0 else high
        raise ValueError(f"tokens hold {wrong}, outside the vocabulary: wanted 0 to {vocab_size - 1}")

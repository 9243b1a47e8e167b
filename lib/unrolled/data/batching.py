"""Batches from sequences: short ones filled up to equal length, and long ones cut into streams.

Two ways to feed text to a recurrent network. Sequences that stand for themselves (a sentence, a paragraph) are padded
to the longest, with their lengths kept, so that nobody takes the padding for text. One long text is cut into B streams
side by side and read window by window, the state of one window handed to the next.

Shapes: B sequences in a batch, T steps.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


class Padded(NamedTuple):
    """Sequences of different lengths in one tensor."""

    tokens: Tensor  # (B, T), T the longest
    lengths: Tensor  # (B,), how many steps of each row are real


class Window(NamedTuple):
    """A piece of every stream, and what comes next at each of its steps."""

    x: Tensor  # (B, T)
    y: Tensor  # (B, T): y[:, t] follows x[:, t]
    first: bool  # whether the streams begin here, so that there is no state to carry on


def pad(sequences: Sequence[Tensor], value: int = 0) -> Padded:
    """Sequences, each (its length,), to one batch filled up on the right with `value`."""
    if len(sequences) == 0:
        raise ValueError("sequences is empty; a batch needs at least one")
    for number, sequence in enumerate(sequences):
        if sequence.dim() != 1 or len(sequence) == 0:
            wanted = "wanted (T,) with at least one step"
            raise ValueError(f"sequences[{number}] has shape {tuple(sequence.shape)}; {wanted}")
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return Padded(pad_sequence(list(sequences), batch_first=True, padding_value=value), lengths)


def real(lengths: Tensor, steps: int | None = None) -> Tensor:
    """Lengths (B,) to a boolean mask (B, T), True where a step is real; T is the longest unless given."""
    longest = int(lengths.max())
    if steps is not None and steps < longest:
        raise ValueError(f"steps is {steps}, and the longest sequence has {longest}; wanted at least as many")
    return torch.arange(steps or longest, device=lengths.device) < lengths[:, None]


def streams(tokens: Tensor, batch_size: int) -> Tensor:
    """One long text (T,) to `batch_size` streams (B, T // B); each goes on where the one above it ends."""
    if tokens.dim() != 1:
        raise ValueError(f"tokens have shape {tuple(tokens.shape)}; wanted one long text, (T,)")
    if not 1 <= batch_size <= len(tokens) // 2:
        raise ValueError(f"batch_size is {batch_size} for {len(tokens)} tokens; each stream needs at least two of them")
    steps = len(tokens) // batch_size
    return tokens[: batch_size * steps].view(batch_size, steps)


def windows(streams: Tensor, length: int) -> Iterator[Window]:
    """Windows of up to `length` steps, in order, so that a state can be carried; y is x one step on."""
    if length < 1:
        raise ValueError(f"length is {length}; a window has at least one step")
    for start in range(0, streams.shape[1] - 1, length):
        piece = streams[:, start : start + length + 1]
        yield Window(piece[:, :-1], piece[:, 1:], first=start == 0)

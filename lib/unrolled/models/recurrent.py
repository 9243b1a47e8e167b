"""What the models share: a recurrent layer that is ours, or torch's for speed, and the way from one to the other."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from unrolled.layers import GRU, LSTM, RNN, expect

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TWINS = {nn.RNN: RNN, nn.LSTM: LSTM, nn.GRU: GRU}  # torch's layer, and ours that shows everything

Model = TypeVar("Model", bound=nn.Module)


class States(NamedTuple):
    """All that torch's layers let us see."""

    h: Tensor  # (B, T, H)


class Answer(NamedTuple):
    """What a model says, and the trace of its layer: `trace.h` always, the gates where the layer is ours."""

    y: Tensor  # (B, V), or (B, T, V) where it answers at every step
    trace: NamedTuple


def is_torchs(layer: nn.Module) -> bool:
    return type(layer) in TWINS


def run(layer: nn.Module, x: Tensor) -> NamedTuple:
    """The trace of the layer on x (B, T, D)."""
    return States(layer(x)[0]) if is_torchs(layer) else layer(x)  # torch gives (every h, last state)


def traced(model: Model) -> Model:
    """A copy with the same weights in which `model.recurrent`, if it is torch's, is replaced by ours."""
    twin = copy.deepcopy(model)
    if is_torchs(model.recurrent):
        twin.recurrent = TWINS[type(model.recurrent)].from_torch(model.recurrent)
    return twin


def refuse_unreadable(layer: nn.Module) -> None:
    """ValueError for what would be read wrongly: with time first, the last sequence would pass for the last step."""
    if not is_torchs(layer):
        return
    if not layer.batch_first:
        raise ValueError("recurrent has batch_first=False; batch_first=True is wanted, so that x is (B, T, D)")
    if layer.num_layers != 1 or layer.bidirectional:
        raise ValueError(
            f"recurrent has num_layers={layer.num_layers}, bidirectional={layer.bidirectional}; "
            "one layer in one direction is wanted"
        )


def check_lengths(lengths: Tensor, x: Tensor) -> None:
    """Refuse lengths that are not (B,), or not within the steps of x (B, T, …)."""
    expect.whole_numbers("lengths", lengths)
    if lengths.shape != x.shape[:1]:
        raise ValueError(f"lengths must have shape ({len(x)},), one for each text; {tuple(lengths.shape)} came")
    if lengths.min() < 1 or lengths.max() > x.shape[1]:
        came = lengths.min() if lengths.min() < 1 else lengths.max()
        raise ValueError(f"lengths must lie between 1 and {x.shape[1]}; {came.item()} came")


def refuse_single(tokens: Tensor) -> None:
    """ValueError for a text (T,) of which nothing can be scored."""
    if len(tokens) < 2:
        raise ValueError(f"tokens has length {len(tokens)}; at least 2 are wanted, since the first is not scored")


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """For as long as it lasts; then the model trains again, if it did."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def readout(hidden_size: int, output_size: int) -> tuple[nn.Parameter, nn.Parameter]:
    """W_hy (H, V) and b_y (V,), uniform in ±1/√H as in torch.nn.Linear."""
    bound = hidden_size**-0.5
    W_hy, b_y = nn.Parameter(torch.empty(hidden_size, output_size)), nn.Parameter(torch.empty(output_size))
    return nn.init.uniform_(W_hy, -bound, bound), nn.init.uniform_(b_y, -bound, bound)

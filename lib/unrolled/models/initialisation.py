"""Two ways to start a recurrent layer so that it remembers, on our layers and on torch's.

    identity_recurrence_(rnn)       W_hh = scale · I, biases 0      Le, Jaitly and Hinton (2015)
    open_forget_gate_(lstm, bias)   b_f = bias, so f ≈ σ(bias)      Gers, Schmidhuber and Cummins (2000);
                                                                    Jozefowicz, Zaremba and Sutskever (2015)

Both change the layer in place and return it. A layer has two biases that are added; it is their sum that is set.
"""

import torch
from torch import Tensor, nn


def identity_recurrence_(rnn: nn.Module, scale: float = 1.0) -> nn.Module:
    """W_hh (H, H) becomes `scale` times the identity and the biases zero: at first, every unit keeps its value."""
    weight, *biases = recurrent_parameters(rnn, wanted_blocks=1, wanted="RNN")
    with torch.no_grad():
        nn.init.eye_(weight).mul_(scale)
        for bias in biases:
            bias.zero_()
    return rnn


def open_forget_gate_(lstm: nn.Module, bias: float = 1.0) -> nn.Module:
    """The bias of every forget gate becomes `bias` in b_xh and 0 in b_hh; the other gates keep theirs."""
    _, b_xh, b_hh = recurrent_parameters(lstm, wanted_blocks=4, wanted="LSTM")
    H = lstm.hidden_size
    with torch.no_grad():
        b_xh[H : 2 * H] = bias  # the columns are i f g o
        b_hh[H : 2 * H] = 0
    return lstm


def recurrent_parameters(layer: nn.Module, wanted_blocks: int, wanted: str) -> tuple[Tensor, Tensor, Tensor]:
    """W_hh, b_xh and b_hh of our layer or of torch's; TypeError if they are not of the kind that is wanted."""
    if isinstance(layer, nn.RNNBase) and (layer.num_layers > 1 or layer.bidirectional):
        raise ValueError(f"one layer in one direction is wanted; {layer} came")
    if isinstance(layer, nn.RNNBase) and layer.bias:
        found = layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0
        blocks = found[0].shape[0] // layer.hidden_size
    elif hasattr(layer, "cell"):
        found = layer.cell.W_hh, layer.cell.b_xh, layer.cell.b_hh
        blocks = found[0].shape[1] // layer.hidden_size
    else:
        raise TypeError(f"a layer of kind {wanted} with biases is wanted, ours or torch's; {layer} came")
    if blocks != wanted_blocks:
        raise TypeError(f"a layer of kind {wanted} is wanted; {type(layer).__name__} came")
    return found

"""Gradients through time: by hand, truncated, followed along a sequence, clipped, and checked by finite differences.

Knows nothing but torch; takes weights and a trace as handed.
"""

from .bptt import RNNGradients, Shares, reach, rnn_bptt, shares
from .bptt_lstm import LSTMGradients, lstm_bptt
from .clipping import Clipped, angle, clip_by_norm, clip_by_value
from .differences import numerical_gradient
from .flow import Flow, gradient_flow, jacobian_product, jacobians, products_to_last
from .spectrum import singular_values, spectral_radius, with_spectral_radius

__all__ = [
    "Clipped",
    "Flow",
    "LSTMGradients",
    "RNNGradients",
    "Shares",
    "angle",
    "clip_by_norm",
    "clip_by_value",
    "gradient_flow",
    "jacobian_product",
    "jacobians",
    "lstm_bptt",
    "numerical_gradient",
    "products_to_last",
    "reach",
    "rnn_bptt",
    "shares",
    "singular_values",
    "spectral_radius",
    "with_spectral_radius",
]

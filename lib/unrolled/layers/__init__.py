"""Every layer of the course, by its name."""

from .attention import MultiHeadAttention, attention, causal_mask, padding_mask
from .embedding import Embedding, one_hot
from .gru import GRU, GRUCell
from .lstm import LSTM, LSTMCell
from .positions import LearnedPositions, SinusoidalPositions
from .rnn import RNN, RNNCell
from .transformer import DecoderBlock, FeedForward, TransformerBlock

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "DecoderBlock",
    "Embedding",
    "FeedForward",
    "GRUCell",
    "LSTMCell",
    "LearnedPositions",
    "MultiHeadAttention",
    "RNNCell",
    "SinusoidalPositions",
    "TransformerBlock",
    "attention",
    "causal_mask",
    "one_hot",
    "padding_mask",
]

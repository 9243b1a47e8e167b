"""Read T symbols with a GRU, then say which symbol stood at each place: through one vector, or by looking back.

    h_1 … h_T = GRU(E[x])
    m = h_T                       the bottleneck: the last state is all there is to look at
    m = h_1 + P_1 … h_T + P_T     attention: every state, with its place
    y_p = MLP([attention(P′_p, m), P′_p])

Both have the same layers and the same number of parameters; they differ in one line.

Shapes: B batch, T time steps, H hidden units, V symbols.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.layers import Embedding, LearnedPositions, MultiHeadAttention


class Recalled(NamedTuple):
    """The answers for every place, and where each question looked."""

    y: Tensor  # (B, T, V), logits
    weights: Tensor  # (B, T, S); S is 1 through the bottleneck


class Recall(nn.Module):
    """`Recall(26, 20, 32, look_back=True)(x)` for x (B, T), T at most `length`."""

    def __init__(self, vocab_size: int, length: int, hidden_size: int, look_back: bool):
        super().__init__()
        self.look_back = look_back
        self.embedding = Embedding(vocab_size, hidden_size)
        self.recurrent = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.positions = LearnedPositions(length, hidden_size)
        self.questions = Embedding(length, hidden_size)
        self.attention = MultiHeadAttention(hidden_size, 1)
        self.answer = nn.Sequential(
            nn.Linear(2 * hidden_size, 4 * hidden_size), nn.ReLU(), nn.Linear(4 * hidden_size, vocab_size)
        )

    def forward(self, x: Tensor) -> Recalled:
        if x.ndim != 2 or x.shape[1] > self.questions.num_embeddings:
            raise ValueError(f"x must be (B, T), T at most {self.questions.num_embeddings}; {tuple(x.shape)} came")
        h, _ = self.recurrent(self.embedding(x))  # (B, T, H)
        memory = self.positions(h) if self.look_back else h[:, -1:]  # the one line
        asking = self.questions.W_e[: x.shape[1]].expand(len(x), -1, -1)  # (B, T, H)
        found, weights, _ = self.attention(asking, memory)
        return Recalled(self.answer(torch.cat([found, asking], dim=-1)), weights[:, 0])

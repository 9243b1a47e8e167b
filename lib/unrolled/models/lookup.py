"""A reader that does nothing but look: one query a step, one attention over the symbols, one linear output.

    m = E[x] + P                  the cells that may be looked at: symbol and place
    q = P′  or  E[written]        what asks: the place to be filled, or the symbol written last
    y = attention(q, m) W_y + b_y

No recurrence, and no feed-forward part, so whatever it knows of the sequence came through its weights.

Shapes: B batch, S source length, T steps to be written, D features, N heads, V symbols.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.layers import Embedding, LearnedPositions, MultiHeadAttention

QUERIES = ("place", "written")


class Reading(NamedTuple):
    """What the reader says, and where it looked."""

    y: Tensor  # (B, T, V), logits
    weights: Tensor  # (B, N, T, S)
    scores: Tensor  # (B, N, T, S)


class Lookup(nn.Module):
    """`Lookup(26, 10, query="place")(x)`; `Lookup(26, 10, query="written")(x, written)`.

    - outputs: the number of steps that "place" writes, as many as are read unless given.
    - positions: whether a cell also says where it stands. scaled=False multiplies what asks by √d_k, which takes the
      division of the scores out again. encoder: the cells first attend to one another, so that each is a mixture.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        query: str = "place",
        *,
        embed_dim: int = 64,
        num_heads: int = 1,
        outputs: int | None = None,
        positions: bool = True,
        scaled: bool = True,
        encoder: bool = False,
    ):
        super().__init__()
        if query not in QUERIES:
            raise ValueError(f"query is {query!r}; one of {', '.join(QUERIES)} is wanted")
        self.query, self.outputs, self.scaled = query, outputs or length, scaled
        self.embedding = Embedding(vocab_size + 1, embed_dim)  # one more, for "nothing written yet"
        self.positions = LearnedPositions(length, embed_dim) if positions else nn.Identity()
        self.places = Embedding(self.outputs, embed_dim) if query == "place" else None
        self.encoder = MultiHeadAttention(embed_dim, 1) if encoder else None
        self.attention = MultiHeadAttention(embed_dim, num_heads)
        self.W_y = nn.Parameter(torch.randn(embed_dim, vocab_size) * embed_dim**-0.5)
        self.b_y = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, x: Tensor, written: Tensor | None = None, mask: Tensor | None = None) -> Reading:
        """x (B, S), for the query "written" the symbols written last, (B, T), and which cells each may look at."""
        output, weights, scores = self.attention(self.ask(x, written), self.cells(x), mask)
        return Reading(output @ self.W_y + self.b_y, weights, scores)

    def cells(self, x: Tensor) -> Tensor:
        """The vectors that may be looked at, (B, S, D)."""
        cells = self.positions(self.embedding(x))
        return cells if self.encoder is None else cells + self.encoder(cells).output

    def ask(self, x: Tensor, written: Tensor | None) -> Tensor:
        """The vectors that become queries, (B, T, D)."""
        if (self.query == "written") != (written is not None):
            came = "came" if written is not None else "is missing"
            raise ValueError(f"written {came}; a reader with query={self.query!r} wants it only for 'written'")
        asking = self.embedding(written) if self.query == "written" else self.places.W_e.expand(len(x), -1, -1)
        d_k = self.attention.embed_dim // self.attention.num_heads
        return asking if self.scaled else asking * d_k**0.5


def share_right(weights: Tensor, where: Tensor) -> float:
    """The share of rows of weights (B, T, S) whose strongest cell is the right one, where (B, T)."""
    if weights.shape[:-1] != where.shape:
        came = f"{tuple(weights.shape)} and {tuple(where.shape)}"
        raise ValueError(f"weights and where must have the shapes (B, T, S) and (B, T); {came} came")
    return (weights.argmax(dim=-1) == where).double().mean().item()

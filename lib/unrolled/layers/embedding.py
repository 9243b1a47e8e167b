"""From an index to a vector: one-hot (`one_hot`) and learned (`Embedding`).

    one_hot(k) = (0, …, 0, 1, 0, …, 0)      the 1 stands at place k
    e = one_hot(k) W_e                      which is row k of W_e

Shapes: V vocabulary, D features of the vector; indices may have any shape.
Source: Bengio et al. (2003), "A neural probabilistic language model", JMLR 3, section 2.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import expect


def one_hot(index: Tensor, vocab_size: int) -> Tensor:
    """index (…) of whole numbers to (…, V), a single 1 in each row.

    Raises TypeError for anything but whole numbers, ValueError for an index outside the vocabulary.
    """
    expect.indices("index", index, expect.size("vocab_size", vocab_size))
    zeros = torch.zeros(*index.shape, vocab_size, device=index.device)
    return zeros.scatter(-1, index.long().unsqueeze(-1), 1.0)


class Embedding(nn.Module):
    """A table W_e (V, D) of learned vectors; tokens (…) to (…, D). Rows start as N(0, 1), as in torch.nn.Embedding."""

    def __init__(self, num_embeddings: int, embedding_dim: int):
        super().__init__()
        self.num_embeddings = expect.size("num_embeddings", num_embeddings)
        self.embedding_dim = expect.size("embedding_dim", embedding_dim)
        self.W_e = nn.Parameter(torch.randn(num_embeddings, embedding_dim))

    def extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.embedding_dim}"

    def forward(self, tokens: Tensor) -> Tensor:
        expect.indices("tokens", tokens, self.num_embeddings)
        return F.embedding(tokens, self.W_e)  # row by row, as W_e[tokens]; its way back is faster

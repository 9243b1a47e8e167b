"""Which vectors stand near a vector, and how many of them a flat picture keeps.

    cos(a, b) = a bᵀ / (|a| |b|)            1 same direction, 0 square to each other, −1 opposite
    kept = |true ∩ drawn| / k               of the k nearest by cosine, the share among the k nearest in the picture

Shapes: N vectors, D features, k neighbours.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def cosine(vectors: Tensor, others: Tensor) -> Tensor:
    """vectors (N, D) against others (M, D): (N, M). A vector of zeros has no direction and gets 0."""
    if vectors.dim() != 2 or others.dim() != 2 or vectors.shape[1] != others.shape[1]:
        raise ValueError(
            f"vectors have shape {tuple(vectors.shape)} and others {tuple(others.shape)}; wanted (N, D) and (M, D)"
        )
    return F.normalize(vectors, dim=1) @ F.normalize(others, dim=1).T


def nearest(vectors: Tensor, k: int) -> Tensor:
    """The k vectors nearest to each by cosine, itself left out: vectors (N, D) to indices (N, k), nearest first."""
    check_k(k, len(vectors))
    return cosine(vectors, vectors).fill_diagonal_(-torch.inf).topk(k, dim=1).indices


def nearest_drawn(points: Tensor, k: int) -> Tensor:
    """The k points nearest to each in a straight line, itself left out: points (N, 2) to indices (N, k)."""
    check_k(k, len(points))
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")  # exact, not fast
    return distances.fill_diagonal_(torch.inf).topk(k, dim=1, largest=False).indices


def kept(true: Tensor, drawn: Tensor) -> Tensor:
    """Two tables of neighbours (N, k) to the share of the first that is in the second, (N,)."""
    if true.shape != drawn.shape:
        raise ValueError(f"true has shape {tuple(true.shape)} and drawn {tuple(drawn.shape)}; wanted the same (N, k)")
    return (true[:, :, None] == drawn[:, None, :]).any(dim=2).double().mean(dim=1)


def check_k(k: int, N: int) -> None:
    if not 1 <= k < N:
        raise ValueError(f"k is {k} for {N} vectors; each has 1 to {N - 1} neighbours")

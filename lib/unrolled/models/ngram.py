"""Counting: the next word from how often it occurred (unigram), and how often after the word before it (bigram).

    p(w)     = (n(w) + α) / (T + α V)                       unigram, α added to every count
    p(w | v) = λ n(v, w) / n(v) + (1 − λ) p(w)              bigram, interpolated with the unigram

n counts in the training text of T words. A word v that nothing ever followed leaves all to the unigram. α and λ are
chosen on a validation text, never on the text that is scored.
Shapes: T words, V vocabulary.
Source: Laplace's rule with α; Jelinek and Mercer (1980) for the interpolation.
"""

import torch
from torch import Tensor


def unigram(tokens: Tensor, vocab_size: int, alpha: float = 1.0) -> Tensor:
    """tokens (T,) to the probability of each word, (V,), float64."""
    if alpha < 0:
        raise ValueError(f"alpha is {alpha}; a count added to each word is at least 0")
    counts = torch.bincount(checked(tokens, vocab_size), minlength=vocab_size).double() + alpha
    return counts / counts.sum()


def followers(tokens: Tensor, vocab_size: int) -> Tensor:
    """tokens (T,) to n(v, w): how often w follows v, (V, V), row v for the word before."""
    before, after = checked(tokens, vocab_size)[:-1], tokens[1:]
    return torch.bincount(before * vocab_size + after, minlength=vocab_size**2).view(vocab_size, vocab_size)


def bigram(counts: Tensor, fallback: Tensor, weight: float) -> Tensor:
    """Counts n(v, w) (V, V) and a unigram (V,) to p(w | v), (V, V): every row adds up to 1."""
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; the share of the bigram lies between 0 and 1")
    counts = counts.double()
    seen = counts.sum(dim=1, keepdim=True)  # (V, 1)
    return torch.where(seen > 0, weight * counts / seen.clamp(min=1) + (1 - weight) * fallback, fallback)


def unigram_nats(probabilities: Tensor, tokens: Tensor) -> Tensor:
    """−ln p of every token of a text (T,) but the first: (T − 1,), the same tokens that the others are scored on."""
    return -probabilities[tokens[1:]].log()


def bigram_nats(probabilities: Tensor, tokens: Tensor) -> Tensor:
    """−ln p(w | v) of every token of a text (T,) but the first, given the one before it: (T − 1,)."""
    return -probabilities[tokens[:-1], tokens[1:]].log()


def checked(tokens: Tensor, vocab_size: int) -> Tensor:
    """tokens as they came, or a ValueError: at least two of them, all in the vocabulary."""
    if tokens.dim() != 1 or len(tokens) < 2:
        raise ValueError(f"tokens have shape {tuple(tokens.shape)}; wanted (T,) with at least two of them")
    outside = tokens[(tokens < 0) | (tokens >= vocab_size)]
    if len(outside):
        raise ValueError(f"tokens hold {outside[0].item()}, outside the vocabulary: wanted 0 to {vocab_size - 1}")
    return tokens

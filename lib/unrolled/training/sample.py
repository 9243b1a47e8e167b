"""From the scores of the next token to a token, and on to a text.

    p = softmax(s / temperature)        below 1 sharper, above 1 flatter, 0 always the likeliest
    top_k = k                           only the k likeliest tokens stay
    nucleus = p                         only the smallest set of tokens stays whose probability reaches p

The model itself is not changed by any of them. Shapes: V vocabulary, T tokens.
Sources: top-k Fan, Lewis and Dauphin (2018); nucleus Holtzman et al. (2020), section 3.1.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def distribution(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, nucleus: float | None = None
) -> Tensor:
    """Probabilities (…, V) of the next token from logits (…, V): first temperature, then top-k, then nucleus."""
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is {temperature}; a number of at least 0 is wanted, and not infinity")
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    below = logits - logits.amax(dim=-1, keepdim=True)  # 0 at most, so that a small temperature overflows to p = 0
    p = (below / max(temperature, torch.finfo(logits.dtype).tiny)).softmax(dim=-1)
    if top_k is not None:
        p = keep_top_k(p, top_k)
    if nucleus is not None:
        p = keep_nucleus(p, nucleus)
    return p


def keep_top_k(p: Tensor, k: int) -> Tensor:
    """The k likeliest of p (…, V), scaled so that they add up to 1; all others get 0."""
    if k < 1:
        raise ValueError(f"top_k is {k}; at least 1 token must stay")
    values, places = p.topk(min(k, p.shape[-1]), dim=-1)
    return normalised(torch.zeros_like(p).scatter(-1, places, values))


def keep_nucleus(p: Tensor, mass: float) -> Tensor:
    """The smallest set of likeliest tokens of p (…, V) whose probability reaches `mass`, scaled to add up to 1."""
    if not 0 < mass <= 1:
        raise ValueError(f"nucleus is {mass}; a probability above 0 and up to 1 is wanted")
    if mass == 1:
        return p  # all stay; a sum of thousands of rounded numbers may pass 1 before the last of them
    values, places = p.sort(dim=-1, descending=True)
    wide = values.to(torch.promote_types(p.dtype, torch.float32))
    before = wide.cumsum(dim=-1) - wide  # what the likelier tokens have already
    return normalised(torch.zeros_like(p).scatter(-1, places, values.where(before < mass, 0)))


def normalised(p: Tensor) -> Tensor:
    return p / p.sum(dim=-1, keepdim=True)


def draw(p: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One token for each distribution in p (…, V)."""
    return torch.multinomial(p.reshape(-1, p.shape[-1]), 1, generator=generator).reshape(p.shape[:-1])


@torch.no_grad()
def generate(
    next_logits: Callable[[Tensor, Any], tuple[Tensor, Any]],
    prompt: Tensor,
    steps: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    nucleus: float | None = None,
    stop: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The prompt (T,) and up to `steps` new tokens; it ends early after the token `stop`.

    `next_logits(tokens, state)` reads tokens it has not seen, first the whole prompt, then one at a time, with the
    state it gave before (None at first), and gives the logits (V,) of the token after them, and its new state.
    A model that reads everything anew keeps the tokens so far as its state.
    """
    if prompt.ndim != 1 or len(prompt) == 0:
        raise ValueError(f"prompt has shape {tuple(prompt.shape)}; at least one token is wanted, (T,)")
    tokens, fresh, state = prompt, prompt, None
    for _ in range(steps):
        logits, state = next_logits(fresh, state)
        fresh = draw(distribution(logits, temperature, top_k, nucleus), generator).reshape(1)
        tokens = torch.cat([tokens, fresh])
        if fresh.item() == stop:
            break
    return tokens

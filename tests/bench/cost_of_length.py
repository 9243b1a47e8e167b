"""What length costs: a transformer's block and an LSTM with as many weights; generation with and without the cache.

    nice -n 10 python tests/bench/cost_of_length.py

writes data/results/07_cost_of_length.json. About two minutes on one free core. Times are seconds of processor time for
one sequence, forward and backward, the middle of several, all rivals in turns. Memory is the most that torch's
allocator held at once on the way, above what was there before, in bytes. The third rival is the same block with torch's
own attention, which never writes the whole T × T table down.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile
from unrolled.data import files
from unrolled.layers import TransformerBlock, causal_mask
from unrolled.models.language_model import LanguageModel
from unrolled.models.transformer import Transformer, reader
from unrolled.training import generate, seed_everything

SEEDS = (0, 1, 2)
D, N, H = 64, 4, 83  # 49,984 and 49,468 weights
LENGTHS = (64, 128, 256, 512, 1024, 2048)
TURNS = 5
WRITTEN = (16, 32, 64, 128, 256)  # new words after a prompt of one
V, CONTEXT, LAYERS = 1640, 257, 3


def rivals() -> dict[str, nn.Module]:
    block = TransformerBlock(D, N)
    return {
        "block": block,
        "block, torch's attention": block,
        "LSTM": nn.LSTM(D, H, batch_first=True),
    }


def read(name: str, model: nn.Module, x: Tensor) -> Tensor:
    if name == "LSTM":
        return model(x)[0]
    if name == "block":
        return model(x, causal_mask(x.shape[1])).output
    heads = model.attention
    q, k, v = heads.project(model.attention_norm(x))
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    x = x + mixed.transpose(1, 2).flatten(2) @ heads.W_o + heads.b_o
    return x + model.ffn(model.ffn_norm(x))


def step(name: str, model: nn.Module, x: Tensor) -> None:
    """Forward and backward."""
    model.zero_grad()
    read(name, model, x).sum().backward()


def seconds(act: Callable[[], None]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def most_memory(act: Callable[[], None]) -> int:
    """Bytes that torch's allocator held at once, at most, above what it held before."""
    act()  # gradients are there from now on
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        act()
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    held, most = 0, 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def lengths(seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """{rival: {T: {seconds, bytes}}}"""
    seed_everything(seed)
    models = rivals()
    found: dict[str, dict] = {name: {} for name in models}
    for T in LENGTHS:
        x = torch.randn(1, T, D)
        taken: dict[str, list[float]] = {name: [] for name in models}
        for _ in range(TURNS):
            for name, model in models.items():
                taken[name].append(seconds(partial(step, name, model, x)))
        for name, model in models.items():
            memory = most_memory(partial(step, name, model, x))
            found[name][str(T)] = {"seconds": sorted(taken[name])[TURNS // 2], "bytes": memory}
    return found


def writing(seed: int) -> dict[str, dict[str, float]]:
    """Seconds to write so many words, of a transformer of the page's size and an LSTM's of as many weights."""
    seed_everything(seed)
    transformer, lstm = Transformer(V, 72, 4, LAYERS, CONTEXT).eval(), LanguageModel(V, 64, 96).eval()

    @torch.no_grad()
    def recurrent(fresh: Tensor, state: tuple | None) -> tuple:
        logits, _, state = lstm(fresh[None], state)
        return logits[0, -1], state

    ways = {"cache": reader(transformer), "no cache": reader(transformer, cached=False), "LSTM": recurrent}
    found: dict[str, dict[str, float]] = {name: {} for name in ways}
    for steps in WRITTEN:
        for name, way in ways.items():
            found[name][str(steps)] = seconds(partial(generate, way, torch.tensor([2]), steps))
    return found


def main() -> None:
    torch.set_num_threads(1)
    values = {"weights": {name: sum(p.numel() for p in model.parameters()) for name, model in rivals().items()}}
    values |= {"lengths": [], "writing": []}
    for seed in SEEDS:
        values["lengths"].append(lengths(seed))
        values["writing"].append(writing(seed))
        print(seed, values["lengths"][-1], values["writing"][-1], flush=True)
    files.save_results("07_cost_of_length", command="python tests/bench/cost_of_length.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()

"""A transformer on the words of Python's documentation: the next word, beside the LSTM of chapter 05.

    nice -n 10 python tests/bench/transformers.py

writes data/results/07_transformers.json and, from the first seed, data/checkpoints/07_gpt.safetensors. About four
minutes on one free core. Text, vocabulary and the LSTM are those of next_word.py,
whose results file gives the LSTM's perplexities. The transformer has as many weights (4 % fewer). It is trained for as
many rounds through the text as the LSTM, and for as many as the LSTM's time allows: seconds of processor time a round,
measured in turns before the training. The held-out text is scored once, at the end.
"""

import math
import sys
import time
from collections.abc import Callable
from itertools import islice

import torch
from blanks import BATCH, CONTEXT, DROPPED, RATE, START, D, L, N, anywhere, by_gpt, decayed, filled
from next_word import DROPOUT, EMBED, HIDDEN, ROUNDS, SEEDS, STREAMS, WINDOW, Texts, perplexity, texts
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import batching, files
from unrolled.models.language_model import CarriedLoss, LanguageModel
from unrolled.models.transformer import Transformer, begin_small, nats
from unrolled.training import fit, save, seed_everything


def next_word_loss(model: Transformer, window: Tensor) -> Tensor:
    return F.cross_entropy(model(window[:, :-1]).logits.flatten(0, 1), window[:, 1:].flatten())


def trained(text: Texts, seed: int, rounds: float) -> tuple[Transformer, list]:
    """A model that says the next word, with the best validation, and its perplexity there after each round."""
    seed_everything(seed)
    model = Transformer(len(text.vocabulary), D, N, L, CONTEXT, DROPPED)
    begin_small(model, START)
    a_round = len(text.train) / (BATCH * CONTEXT)
    history = fit(
        model,
        anywhere(text.train, CONTEXT + 1),
        next_word_loss,
        steps=round(rounds * a_round),
        lr=RATE,
        schedule="cosine",
        optimizer=decayed,
        clip_norm=1.0,
        progress=sys.stderr.isatty(),
        validate=lambda m: nats(m, text.validation).mean().item(),
        validate_every=round(a_round),
    )
    return model.eval(), [(step / a_round, math.exp(value)) for step, value in history.validation]


def pace(text: Texts, turns: int = 40) -> dict[str, list[float]]:
    """Seconds of processor time for one round through the text, of each model, measured in turns, three times."""
    V = len(text.vocabulary)
    steps = {"LSTM": STREAMS * WINDOW, "GPT": BATCH * CONTEXT}  # words a step
    found: dict[str, list[float]] = {name: [] for name in steps}
    for seed in SEEDS:
        seed_everything(seed)
        lstm, gpt = LanguageModel(V, EMBED, HIDDEN, "lstm", DROPOUT), Transformer(V, D, N, L, CONTEXT, DROPPED)
        windows = islice(batching.windows(batching.streams(text.train, STREAMS), WINDOW), turns)
        draw, carried = anywhere(text.train, CONTEXT + 1), CarriedLoss()
        acts = {
            "LSTM": stepper(lstm, torch.optim.Adam, carried),
            "GPT": stepper(gpt, torch.optim.AdamW, next_word_loss),
        }
        taken: dict[str, list[float]] = {name: [] for name in steps}
        for window in windows:
            for name, batch in {"LSTM": window, "GPT": draw()}.items():
                begun = time.process_time()
                acts[name](batch)
                taken[name].append(time.process_time() - begun)
        for name, words in steps.items():
            found[name].append(sorted(taken[name])[turns // 2] * len(text.train) / words)
    return found


def stepper(model: nn.Module, optimiser: type, loss: Callable) -> Callable:
    ours = optimiser(model.parameters(), lr=1e-3)

    def step(batch) -> None:
        ours.zero_grad()
        loss(model, batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        ours.step()

    return step


def heads(model: Transformer, text: Texts) -> list[dict[str, float]]:
    """For every head, in order: where its weight lies on the held-out text, and the perplexity there without it."""
    windows = text.held_out[: len(text.held_out) // CONTEXT * CONTEXT].view(-1, CONTEXT)
    with torch.no_grad():
        traces = model(windows).blocks
    found = []
    for number, trace in enumerate(traces):
        for head in range(N):
            weights = trace.weights[:, head]  # (B, T, S)
            found.append(
                {
                    "layer": number + 1,
                    "head": head + 1,
                    "word before": weights.diagonal(-1, 1, 2).mean().item(),
                    "itself": weights.diagonal(0, 1, 2)[:, 1:].mean().item(),
                    "without it": without(model, text, [(number, head)]),
                }
            )
    return found


@torch.no_grad()
def without(model: Transformer, text: Texts, taken: list[tuple[int, int]]) -> float:
    """The held-out perplexity while these heads (block, head) add nothing."""
    width = D // N
    rows = [(model.blocks[b].attention.W_o, slice(width * h, width * (h + 1))) for b, h in taken]
    before = [(W, part, W[part].clone()) for W, part in rows]
    for W, part in rows:
        W[part] = 0.0
    value = perplexity(nats(model, text.held_out))
    for W, part, kept in before:
        W[part] = kept
    return value


def main() -> None:
    torch.set_num_threads(1)
    text = texts()
    lstm = files.results("05_next_word")["values"]["lstm"]
    seconds = pace(text)
    ratio = sum(seconds["LSTM"]) / sum(seconds["GPT"])
    count = {
        "LSTM": sum(p.numel() for p in LanguageModel(len(text.vocabulary), EMBED, HIDDEN, "lstm").parameters()),
        "GPT": sum(p.numel() for p in Transformer(len(text.vocabulary), D, N, L, CONTEXT).parameters()),
    }
    print(seconds, ratio, count, flush=True)
    values = {
        "sizes": {"embed_dim": D, "num_heads": N, "num_layers": L, "context": CONTEXT, "dropout": DROPPED},
        "weights": count,
        "seconds a round": seconds,
        "rounds": {"equal text": ROUNDS, "equal time": ROUNDS * ratio},
        "held out": {"LSTM": list(lstm["held out"].values()), "GPT, equal text": [], "GPT, equal time": []},
        "validation": {"GPT, equal text": [], "GPT, equal time": []},
        "blanks": [],
        "heads": [],
    }
    for number, seed in enumerate(SEEDS):
        for name, rounds in values["rounds"].items():
            model, looks = trained(text, seed, rounds)
            values["held out"][f"GPT, {name}"].append(perplexity(nats(model, text.held_out)))
            values["validation"][f"GPT, {name}"].append(looks)
            print(seed, name, looks, values["held out"], flush=True)
            if name == "equal text":
                values["blanks"].append(filled(by_gpt(model), text.held_out))
                values["heads"].append(heads(model, text))
                if seed == SEEDS[0]:
                    save(files.checkpoint("07_gpt"), model, seed=seed, words=list(text.vocabulary))
        print(seed, values["blanks"], values["heads"][-1], flush=True)
        done = SEEDS[: number + 1]
        files.save_results("07_transformers", command="python tests/bench/transformers.py", seeds=done, values=values)


if __name__ == "__main__":
    main()

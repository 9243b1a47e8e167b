"""Transformers on the words of Python's documentation: next word and blanks, beside the LSTM of chapter 05 and counts.

    nice -n 10 python tests/bench/transformers.py

writes data/results/07_transformers.json and, from the first seed, data/checkpoints/07_gpt.safetensors and
07_bert.safetensors. About eight minutes on one free core. Text, vocabulary and the LSTM are those of next_word.py,
whose results file gives the LSTM's perplexities. The transformer has as many weights (4 % fewer). It is trained for as
many rounds through the text as the LSTM, and for as many as the LSTM's time allows: seconds of processor time a round,
measured in turns before the training. The held-out text is scored once, at the end.
"""

import sys
import time
from collections.abc import Callable
from itertools import islice

import torch
from next_word import DROPOUT, EMBED, HIDDEN, ROUNDS, SEEDS, STREAMS, WINDOW, Texts, perplexity, texts
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import batching, files
from unrolled.models import ngram
from unrolled.models.language_model import CarriedLoss, LanguageModel
from unrolled.models.transformer import Transformer, nats
from unrolled.training import fit, save, seed_everything

D, N, L, CONTEXT, BATCH = 72, 4, 3, 64, 8
RATE, DECAY, MIXED = 2e-3, 0.01, 0.1  # MIXED: dropout
BLANKED, ASKED = 0.15, 2000  # share of words blanked in training; blanks asked for at the end


def anywhere(tokens: Tensor, length: int) -> Callable[[], Tensor]:
    """Batches (B, length) of windows from anywhere in the text."""
    steps = torch.arange(length)
    return lambda: tokens[torch.randint(len(tokens) - length + 1, (BATCH, 1)) + steps]


def next_word_loss(model: Transformer, window: Tensor) -> Tensor:
    return F.cross_entropy(model(window[:, :-1]).logits.mT, window[:, 1:])


def blank_loss(model: Transformer, window: Tensor) -> Tensor:
    """Some words are blanked, each by the number after the last word; the loss counts these alone."""
    blanked = torch.rand(window.shape) < BLANKED
    logits = model(window.masked_fill(blanked, model.vocab_size - 1)).logits
    return F.cross_entropy(logits[blanked], window[blanked])


def small_rate(parameters, lr: float) -> torch.optim.Optimizer:
    """Adam that begins with small steps while it knows little of the gradients' size: RAdam, arXiv:1908.03265."""
    return torch.optim.RAdam(parameters, lr=lr, weight_decay=DECAY, decoupled_weight_decay=True)


def trained(text: Texts, seed: int, rounds: float, causal: bool = True) -> tuple[Transformer, list]:
    """A model, and its validation: (rounds, perplexity), several times on the way. The last weights are kept."""
    seed_everything(seed)
    V = len(text.vocabulary)
    model = Transformer(V if causal else V + 1, D, N, L, CONTEXT, MIXED, causal)
    a_round = len(text.train) / (BATCH * CONTEXT)
    looks = []
    fit(
        model,
        anywhere(text.train, CONTEXT + 1 if causal else CONTEXT),
        next_word_loss if causal else blank_loss,
        steps=round(rounds * a_round),
        lr=RATE,
        schedule="cosine",
        optimizer=small_rate,
        clip_norm=1.0,
        progress=sys.stderr.isatty(),
        callback=look(model, text.validation, looks, a_round) if causal else None,
    )
    return model.eval(), looks


def look(model: Transformer, tokens: Tensor, looks: list, a_round: float, times: int = 5) -> Callable:
    """Note the validation so many times on the way."""

    def callback(step) -> None:
        if step.step % max(1, step.steps // times) == 0:
            looks.append((step.step / a_round, perplexity(nats(model, tokens))))

    return callback


def pace(text: Texts, turns: int = 40) -> dict[str, list[float]]:
    """Seconds of processor time for one round through the text, of each model, measured in turns, three times."""
    V = len(text.vocabulary)
    steps = {"LSTM": STREAMS * WINDOW, "GPT": BATCH * CONTEXT}  # words a step
    found: dict[str, list[float]] = {name: [] for name in steps}
    for seed in SEEDS:
        seed_everything(seed)
        lstm, gpt = LanguageModel(V, EMBED, HIDDEN, "lstm", DROPOUT), Transformer(V, D, N, L, CONTEXT, MIXED)
        windows = islice(batching.windows(batching.streams(text.train, STREAMS), WINDOW), turns)
        draw, carried = anywhere(text.train, CONTEXT + 1), CarriedLoss()
        acts = {
            "LSTM": stepper(lstm, torch.optim.Adam, carried),
            "GPT": stepper(gpt, torch.optim.RAdam, next_word_loss),
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


def asked(text: Texts) -> tuple[Tensor, Tensor]:
    """Windows (ASKED, CONTEXT) of the held-out text, and in each the place of its one blank, somewhere in the middle
    half; the same for every model and seed."""
    draw = torch.Generator().manual_seed(0)
    begins = torch.randint(len(text.held_out) - CONTEXT + 1, (ASKED, 1), generator=draw)
    places = torch.randint(CONTEXT // 4, 3 * CONTEXT // 4, (ASKED,), generator=draw)
    return text.held_out[begins + torch.arange(CONTEXT)], places


@torch.no_grad()
def filled(scores: Callable[[Tensor, Tensor], Tensor], text: Texts) -> dict[str, float]:
    """Share of blanks filled right, and the perplexity; `scores(windows, places)` gives log p (B, V)."""
    windows, places = asked(text)
    rows = torch.arange(len(windows))
    log_p = torch.cat([scores(*each) for each in zip(windows.split(200), places.split(200), strict=True)])
    came = windows[rows, places]
    return {
        "right": (log_p.argmax(dim=1) == came).double().mean().item(),
        "perplexity": perplexity(-log_p[rows, came]),
    }


def by_bert(model: Transformer) -> Callable:
    def scores(windows: Tensor, places: Tensor) -> Tensor:
        rows = torch.arange(len(windows))
        windows = windows.clone()
        windows[rows, places] = model.vocab_size - 1
        return model(windows).logits[rows, places, :-1].log_softmax(dim=-1)

    return scores


def by_gpt(model: Transformer) -> Callable:
    """From the words before the blank alone."""
    return lambda windows, places: model(windows).logits[torch.arange(len(windows)), places - 1].log_softmax(dim=-1)


def by_counts(text: Texts, weight: float, alpha: float) -> dict[str, Callable]:
    """The bigram of chapter 05 from the word before; and with the word after as well, p(w | v) p(u | w)."""
    V = len(text.vocabulary)
    pairs = ngram.bigram(ngram.followers(text.train, V), ngram.unigram(text.train, V, alpha), weight)

    def neighbours(windows: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        rows = torch.arange(len(windows))
        return pairs[windows[rows, places - 1]].log(), pairs[:, windows[rows, places + 1]].mT.log()

    return {
        "word before, counted": lambda *each: neighbours(*each)[0],
        "both neighbours, counted": lambda *each: sum(neighbours(*each)).log_softmax(dim=-1),
    }


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
    text = texts()
    lstm, counting = (
        files.results("05_next_word")["values"]["lstm"],
        files.results("05_next_word")["values"]["counting"],
    )
    seconds = pace(text)
    ratio = sum(seconds["LSTM"]) / sum(seconds["GPT"])
    count = {
        "LSTM": sum(p.numel() for p in LanguageModel(len(text.vocabulary), EMBED, HIDDEN, "lstm").parameters()),
        "GPT": sum(p.numel() for p in Transformer(len(text.vocabulary), D, N, L, CONTEXT).parameters()),
    }
    print(seconds, ratio, count, flush=True)
    values = {
        "sizes": {"embed_dim": D, "num_heads": N, "num_layers": L, "context": CONTEXT, "dropout": MIXED},
        "weights": count,
        "seconds a round": seconds,
        "rounds": {"equal text": ROUNDS, "equal time": ROUNDS * ratio},
        "held out": {"LSTM": list(lstm["held out"].values()), "GPT, equal text": [], "GPT, equal time": []},
        "validation": {"GPT, equal text": [], "GPT, equal time": []},
        "heads": [],
        "blanks": {
            name: filled(scores, text)
            for name, scores in by_counts(text, counting["weight"], counting["alpha"]).items()
        },
    }
    values["blanks"] |= {"GPT": [], "BERT": []}
    for seed in SEEDS:
        for name, rounds in values["rounds"].items():
            model, looks = trained(text, seed, rounds)
            values["held out"][f"GPT, {name}"].append(perplexity(nats(model, text.held_out)))
            values["validation"][f"GPT, {name}"].append(looks)
            print(seed, name, looks, values["held out"], flush=True)
            if name == "equal text":
                values["blanks"]["GPT"].append(filled(by_gpt(model), text))
                values["heads"].append(heads(model, text))
                keep("07_gpt", model, text, seed)
        model, _ = trained(text, seed, ROUNDS, causal=False)
        values["blanks"]["BERT"].append(filled(by_bert(model), text))
        keep("07_bert", model, text, seed)
        print(seed, values["blanks"], values["heads"][-1], flush=True)
    files.save_results("07_transformers", command="python tests/bench/transformers.py", seeds=SEEDS, values=values)


def keep(name: str, model: Transformer, text: Texts, seed: int) -> None:
    if seed == SEEDS[0]:
        save(files.checkpoint(name), model, seed=seed, words=list(text.vocabulary))


if __name__ == "__main__":
    main()

"""Filling blanks in Python's documentation: a transformer that sees both sides, and counts of the neighbours.

    nice -n 10 python tests/bench/blanks.py
    nice -n 10 python tests/bench/blanks.py again     with the settings that the results file chose

writes data/results/07_blanks.json and, from the first seed, data/checkpoints/07_bert.safetensors. On one free core
twenty minutes for the choice, six for the rest. The blocks are those of transformers.py, without the mask; there is one
word more, the blank. It reads short windows: in long ones it learns very slowly where a word's neighbours are. A
quarter of the words are blanked in training. Then every model gets the same 2,000 blanks of the held-out text, one in a
window of 64, of which this one sees the words about the blank; how many, and the rate, are chosen on as many blanks of
the validation text. What fewer and more rounds are worth is measured there too; the model has what six minutes allow.
"""

import sys
from collections.abc import Callable

import torch
from next_word import SEEDS, Texts, perplexity, texts
from torch import Tensor
from torch.nn import functional as F
from unrolled.data import files
from unrolled.models import ngram
from unrolled.models.transformer import Transformer, begin_small
from unrolled.training import fit, save, seed_everything

D, N, L, CONTEXT, BATCH = 72, 4, 3, 64, 4
RATE, DECAY, DROPPED, START = 2e-3, 0.01, 0.1, 0.1  # START: the first weights' standard deviation
TIMES, OTHER_TIMES = 24, (12, 36)  # rounds; and those that are only measured, on the validation text
CHOICES = [(seen, rate) for seen in (4, 6, 8, 12) for rate in (1e-3, 2e-3, 3e-3)]  # words about a blank, and rate
BLANKED, ASKED = 0.25, 2000  # share of words blanked in training; blanks asked for at the end


def anywhere(tokens: Tensor, length: int, batch_size: int = BATCH) -> Callable[[], Tensor]:
    """Batches (B, length) of windows from anywhere in the text."""
    steps = torch.arange(length)
    return lambda: tokens[torch.randint(len(tokens) - length + 1, (batch_size, 1)) + steps]


def decayed(parameters, lr: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=lr, weight_decay=DECAY)


def blank_loss(model: Transformer, window: Tensor) -> Tensor:
    """Some words are blanked, by the number after that of the last word; the loss counts these alone."""
    blanked = torch.rand(window.shape) < BLANKED
    logits = model(window.masked_fill(blanked, model.vocab_size - 1)).logits
    return F.cross_entropy(logits[blanked], window[blanked])


def trained(text: Texts, seed: int, seen: int, rate: float, times: int = TIMES) -> Transformer:
    seed_everything(seed)
    model = Transformer(len(text.vocabulary) + 1, D, N, L, seen, DROPPED, causal=False)
    begin_small(model, START)
    batch_size = BATCH * CONTEXT // seen  # as many words a step
    fit(
        model,
        anywhere(text.train, seen, batch_size),
        blank_loss,
        steps=round(times * len(text.train) / (batch_size * seen)),
        lr=rate,
        schedule="cosine",
        optimizer=decayed,
        clip_norm=1.0,
        progress=sys.stderr.isatty(),
    )
    return model.eval()


def asked(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Windows (ASKED, CONTEXT) of a text, and in each the place of its one blank, somewhere in the middle
    half; the same for every model and seed."""
    draw = torch.Generator().manual_seed(0)
    begins = torch.randint(len(tokens) - CONTEXT + 1, (ASKED, 1), generator=draw)
    places = torch.randint(CONTEXT // 4, 3 * CONTEXT // 4, (ASKED,), generator=draw)
    return tokens[begins + torch.arange(CONTEXT)], places


@torch.no_grad()
def answers(scores: Callable[[Tensor, Tensor], Tensor], tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Of each of a text's blanks (ASKED,): is the likeliest word right, and the surprise at the word that came, -log p;
    `scores(windows, places)` gives log p (B, V)."""
    windows, places = asked(tokens)
    rows = torch.arange(len(windows))
    log_p = torch.cat([scores(*each) for each in zip(windows.split(200), places.split(200), strict=True)])
    came = windows[rows, places]
    return log_p.argmax(dim=1) == came, -log_p[rows, came]


def filled(scores: Callable[[Tensor, Tensor], Tensor], tokens: Tensor) -> dict[str, float]:
    """Share of a text's blanks filled right, and the perplexity."""
    right, surprise = answers(scores, tokens)
    return {"right": right.double().mean().item(), "perplexity": perplexity(surprise)}


def ahead(scores: Callable, other: Callable, tokens: Tensor) -> dict[str, list[float]]:
    """By how much more of the blanks are right, and by how much the mean surprise is less, than with `other`; each
    with its standard error, from the differences at the same blanks."""
    (right, surprise), (other_right, other_surprise) = answers(scores, tokens), answers(other, tokens)
    differences = {"right": right.double() - other_right.double(), "surprise": (other_surprise - surprise).double()}
    return {name: [d.mean().item(), d.std().item() / len(d) ** 0.5] for name, d in differences.items()}


def by_bert(model: Transformer) -> Callable:
    """From the words about the blank, on both sides."""
    before = model.context // 2

    def scores(windows: Tensor, places: Tensor) -> Tensor:
        seen = windows.gather(1, places[:, None] + torch.arange(-before, model.context - before))
        seen[:, before] = model.vocab_size - 1
        return model(seen).logits[:, before, :-1].log_softmax(dim=-1)

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


def choose(text: Texts) -> dict:
    """Every choice, trained from the first seed: what it makes of the validation text, the best last."""
    found = []
    for seen, rate in CHOICES:
        model = trained(text, SEEDS[0], seen, rate)
        found.append({"words seen": seen, "rate": rate} | filled(by_bert(model), text.validation))
        print(found[-1], flush=True)
    return sorted(found, key=lambda each: -each["perplexity"])


def by_rounds(text: Texts, seen: int, rate: float, at_times: dict[str, float]) -> list[dict]:
    """What other numbers of rounds make of the validation text, from the first seed."""
    found = [{"rounds": TIMES} | {key: at_times[key] for key in ("right", "perplexity")}]
    for times in OTHER_TIMES:
        found.append({"rounds": times} | filled(by_bert(trained(text, SEEDS[0], seen, rate, times)), text.validation))
        print(found[-1], flush=True)
    return sorted(found, key=lambda each: each["rounds"])


def main(*given: str) -> None:
    torch.set_num_threads(1)
    text = texts()
    counting = files.results("05_next_word")["values"]["counting"]
    counts = by_counts(text, counting["weight"], counting["alpha"])
    before = files.results("07_blanks")["values"] if "again" in given else {}
    choices = before.get("validation") or choose(text)
    seen, rate = choices[-1]["words seen"], choices[-1]["rate"]
    rounds = before.get("validation by rounds") or by_rounds(text, seen, rate, choices[-1])
    values = {"validation": choices, "validation by rounds": rounds, "words seen": seen, "rate": rate, "rounds": TIMES}
    values |= {name: filled(scores, text.held_out) for name, scores in counts.items()}
    values["BERT"] = []
    for number, seed in enumerate(SEEDS):
        model = trained(text, seed, seen, rate)
        values["BERT"].append(filled(by_bert(model), text.held_out))
        print(seed, values, flush=True)
        if seed == SEEDS[0]:
            both = "both neighbours, counted"
            values[f"BERT of the first seed, ahead of {both}"] = ahead(by_bert(model), counts[both], text.held_out)
            save(files.checkpoint("07_bert"), model, seed=seed, words=list(text.vocabulary))
        done = SEEDS[: number + 1]
        files.save_results("07_blanks", command="python tests/bench/blanks.py", seeds=done, values=values)


if __name__ == "__main__":
    main(*sys.argv[1:])

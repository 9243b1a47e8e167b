"""The command's default language model against two known references, each in turn, in the same time.

    python tests/bench/language.py TEXT …                      texts in UTF-8; without any: Python's documentation
    SEEDS=1 AGAINST=lab python tests/bench/language.py TEXT    a trial: one seed, one reference, printed and not saved

writes data/results/07_language.json (without texts of your own). The default settings were looked for on the held-out
tenth of Python's documentation, and of O'Neill's tunes in slices: on these texts the figures are kind to them. The
references, written here anew from what their authors say of them:

- gpt: nanoGPT's settings for a CPU (Karpathy, 2022): 4 layers, 4 heads, width 128, context 64, batch 12, AdamW with
  10⁻³ falling along a cosine to 10⁻⁴ after 100 steps of warming up, weight decay 0.1, β₂ 0.99, 2,000 steps.
- lab: the music lab of a well-known course (MIT 6.S191): embedding 256, LSTM 1024, batch 8, windows of 100 from
  anywhere, Adam 0.005, 950 steps, no state carried.

The time that a reference takes is what the challenger gets. The references compute in float32, as their authors' do on
a processor; the challenger in bfloat16 where the processor multiplies it, as `--seconds` has it (FLOAT32=1: in float32
as well). Each is scored on the last 10 % of the text, in nats per character: gpt in windows that overlap by half, lab
with its state carried.
"""

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled import training
from unrolled.commands import language
from unrolled.commands.run import Asked
from unrolled.data import documentation, files

SEEDS, FLOAT32 = int(os.environ.get("SEEDS", "3")), os.environ.get("FLOAT32") == "1"


class Reference(nn.Module):
    """nanoGPT's model, of torch's own blocks."""

    def __init__(self, V: int, D: int = 128, context: int = 64):
        super().__init__()
        self.context = context
        self.tokens, self.places = nn.Embedding(V, D), nn.Embedding(context, D)
        block = nn.TransformerEncoderLayer(D, 4, 4 * D, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, 4, norm=nn.LayerNorm(D), enable_nested_tensor=False)
        self.out = nn.Linear(D, V, bias=False)
        self.out.weight = self.tokens.weight
        for name, weight in self.named_parameters():
            if weight.ndim > 1:
                nn.init.normal_(weight, std=0.02 / (8**0.5 if "out_proj" in name or "linear2" in name else 1))
        self.register_buffer("blocked", nn.Transformer.generate_square_subsequent_mask(context))

    def forward(self, x: Tensor) -> Tensor:
        T = x.shape[1]
        h = self.tokens(x) + self.places.weight[:T]
        return self.out(self.blocks(h, mask=self.blocked[:T, :T], is_causal=True))


def anywhere(tokens: Tensor, batch: int, length: int) -> tuple[Tensor, Tensor]:
    starts = torch.randint(len(tokens) - length, (batch, 1))
    piece = tokens[starts + torch.arange(length + 1)]
    return piece[:, :-1], piece[:, 1:]


def loss(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def gpt(train: Tensor, held_out: Tensor, V: int) -> tuple[float, float]:
    """Nats per character, and the seconds of training."""
    model, steps = Reference(V), 2000
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
    begun = time.monotonic()
    for step in range(steps):
        cosine = 0.5 * (1 + math.cos(math.pi * max(0, step - 100) / (steps - 100)))
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 100) * (0.1 + 0.9 * cosine)
        x, y = anywhere(train, 12, model.context)
        optimiser.zero_grad()
        loss(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    seconds = time.monotonic() - begun
    tokens, half = torch.cat([train[-64:], held_out]), model.context // 2
    total, done = 0.0, 63
    with torch.no_grad():
        model.eval()
        while done < len(tokens) - 1:
            start = max(0, done - half)
            piece = tokens[start : start + model.context + 1]
            read = F.cross_entropy(model(piece[None, :-1])[0], piece[1:], reduction="none")
            total += read[done - start :].double().sum().item()
            done = start + len(piece) - 1
    return total / len(held_out), seconds


class Lab(nn.Module):
    def __init__(self, V: int):
        super().__init__()
        self.tokens, self.out = nn.Embedding(V, 256), nn.Linear(1024, V)
        self.lstm = nn.LSTM(256, 1024, batch_first=True)

    def forward(self, x: Tensor, state=None) -> tuple[Tensor, tuple]:
        h, state = self.lstm(self.tokens(x), state)
        return self.out(h), state


def lab(train: Tensor, held_out: Tensor, V: int) -> tuple[float, float]:
    model = Lab(V)
    optimiser = torch.optim.Adam(model.parameters(), 0.005)
    begun = time.monotonic()
    for _ in range(950):
        x, y = anywhere(train, 8, 100)
        optimiser.zero_grad()
        loss(model(x)[0], y).backward()
        optimiser.step()
    seconds = time.monotonic() - begun
    tokens, state, parts = torch.cat([train[-1000:], held_out]), None, []
    with torch.no_grad():
        for start in range(0, len(tokens) - 1, 1000):
            piece = tokens[start : start + 1001]
            logits, state = model(piece[None, :-1], state)
            parts.append(F.cross_entropy(logits[0], piece[1:], reduction="none"))
    return torch.cat(parts)[-len(held_out) :].double().mean().item(), seconds


AGAINST = {"gpt": [gpt], "lab": [lab]}.get(os.environ.get("AGAINST"), [gpt, lab])


def compare(path: Path, seed: int) -> dict[str, float | str]:
    """Each reference and the challenger, in the time that the reference took."""
    parts = language.split(path)
    train, V = parts.given, len(parts.characters)
    row: dict[str, float | str] = {
        "characters": len(train) + len(parts.held_out),
        "autocast": str(language.fast("lstm", Asked("", seconds=1), torch.device("cpu"))),
    }
    for reference in AGAINST:
        torch.manual_seed(seed)
        nats, seconds = reference(train, parts.held_out, V)
        with tempfile.TemporaryDirectory() as out:
            trained = language.train(path, Asked(out, seconds, seed=seed, device="cpu", say=lambda _: None))
        name = reference.__name__
        ours = trained.val_nats_per_char
        row |= {name: nats, f"{name}, s": seconds, f"ours in the time of {name}": ours, f"ours / {name}": ours / nats}
        told = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        print(path.name, seed, json.dumps(told), flush=True)
    return row


def main(*texts: str) -> None:
    if FLOAT32:
        training.fast_dtype = lambda device: None
    with tempfile.TemporaryDirectory() as place:
        own = Path(place) / "python.txt"
        own.write_text(documentation.load(), encoding="utf-8")
        rows = {
            path.name: [compare(path, seed) for seed in range(SEEDS)]
            for path in ([Path(text) for text in texts] or [own])
        }
    if not texts and SEEDS == 3 and len(AGAINST) == 2 and not FLOAT32:
        files.save_results("07_language", command="python tests/bench/language.py", seeds=range(SEEDS), values=rows)


if __name__ == "__main__":
    main(*sys.argv[1:])

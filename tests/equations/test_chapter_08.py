"""The equations of 08, music generation, each written out by itself and held against the library."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F
from unrolled import training
from unrolled.data import tunes
from unrolled.models.language_model import LanguageModel, nats
from unrolled.show import audio

ONE = "M:6/8\nL:1/8\nK:G\nGAB cde|\n"
TWO = "M:3/4\nL:1/4\nK:D\nd2A|\n"


def network() -> LanguageModel:
    torch.manual_seed(1)
    model = LanguageModel(len(tunes.CHARACTERS), 5, 6).double().eval()
    with torch.no_grad():
        model.W_hy.mul_(8)  # so that the characters are far from equally likely
    return model


def probabilities(model: LanguageModel, text: str) -> Tensor:
    """Of every character of a tune and of its end, each read anew from the beginning: (T,)."""
    whole = tunes.encode(tunes.END + text + tunes.END)
    steps = range(1, len(whole))
    rows = [torch.exp(s) / torch.exp(s).sum() for s in (model(whole[None, :t]).logits[0, -1] for t in steps)]
    return torch.stack([row[whole[t]] for t, row in zip(steps, rows, strict=True)])


def test_eq_8_1_the_probability_of_a_tune_is_a_product(equation):
    model = network()
    p = probabilities(model, ONE)
    by_library = nats(model, tunes.encode(tunes.END + ONE + tunes.END))
    equation(
        formula=torch.log(p).sum(),
        library=-by_library.sum(),
        altered={
            "without the end": torch.log(p[:-1]).sum(),
            "without the beginning": torch.log(p[1:]).sum(),
            "a sum in place of the product": torch.log(p.sum()),
        },
    )


def test_eq_8_2_the_loss_is_a_mean_over_all_characters_of_all_tunes(equation):
    model = network()
    one, two = probabilities(model, ONE), probabilities(model, TWO)
    x, y = tunes.batch([ONE, TWO])
    logits = model(x).logits.flatten(0, 1)
    count = len(one) + len(two)
    formula = -(torch.log(one).sum() + torch.log(two).sum()) / count
    padded = F.cross_entropy(logits, y.flatten().clamp(min=0), reduction="sum") / y.numel()
    equation(
        formula=formula,
        library=F.cross_entropy(logits, y.flatten(), ignore_index=tunes.NOTHING),
        altered={
            "a mean of the tunes' means": -(torch.log(one).mean() + torch.log(two).mean()) / 2,
            "the padding counted": padded,
            "not divided": formula * count,
            "the sign": -formula,
        },
    )


def test_eq_8_3_temperature_divides_the_scores(equation):
    s, tau = torch.randn(7).double(), 0.6
    e = torch.stack([torch.exp(each / tau) for each in s])
    equation(
        formula=e / e.sum(),
        library=training.distribution(s, tau),
        altered={
            "multiplied": torch.exp(s * tau) / torch.exp(s * tau).sum(),
            "no temperature": torch.exp(s) / torch.exp(s).sum(),
            "not divided by the sum": e,
        },
    )


def test_eq_8_4_twelve_half_steps_double_the_frequency(equation):
    pitches = [57, 60, 69, 74]
    octaves = torch.tensor([(pitch - 69) / 12 for pitch in pitches], dtype=torch.float64)
    equation(
        formula=440 * torch.exp(octaves * math.log(2)),
        library=torch.tensor([audio.frequency(pitch) for pitch in pitches], dtype=torch.float64),
        altered={
            "from another note": 440 * 2 ** (octaves + 1 / 12),
            "seven steps": 440 * 2 ** (octaves * 12 / 7),
            "another A": 442 * 2**octaves,
            "a straight line": 440 * (1 + octaves),
        },
    )


def written_out(f: float, R: int, N: int, decay: float = 0.5, square: int = 2, last: int = 4) -> Tensor:
    y = []
    for n in range(N):
        partials = sum(math.sin(2 * math.pi * k * f * n / R) / k**square for k in range(1, last + 1))
        y.append(math.exp(-n / (R * decay)) * partials)
    return torch.tensor(y, dtype=torch.float64)


def test_eq_8_5_a_note_is_four_partials_that_fade(equation):
    f, R, seconds = 440.0, 8000, 0.05
    N = round(seconds * R)
    equation(
        formula=written_out(f, R, N),
        library=torch.from_numpy(audio.tone(f, seconds, R)),
        altered={
            "does not fade": written_out(f, R, N, decay=1e9),
            "partials by 1/k": written_out(f, R, N, square=1),
            "one partial": written_out(f, R, N, last=1),
            "another note": written_out(2 * f, R, N),
        },
    )

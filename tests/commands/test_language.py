"""`train language` and `sample`: what is held out is scored once and seen by nothing; bad input is told."""

import json
import math
import random
import re

import pytest
import torch
from unrolled import __main__ as command_line
from unrolled.commands import given, language
from unrolled.commands import run as running
from unrolled.commands.run import Asked
from unrolled.models.language_model import LanguageModel
from unrolled.models.transformer import Transformer
from unrolled.models.transformer import nats as transformer_nats

WORDS = "the a cat dog bird sees hears likes small old black white and".split()  # noqa: SIM905


@pytest.fixture
def text(tmp_path):
    draw = random.Random(0)
    path = tmp_path / "animals.txt"
    path.write_text("\n".join(" ".join(draw.choices(WORDS, k=9)) + "." for _ in range(120)), encoding="utf-8")
    return path


SETTINGS = language.settings  # as they are


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Sizes that train in a second."""

    def settings(kind, rounds):
        if kind == "transformer":
            return language.Settings(16, 64, 0.1, 8, 16, 1e-2, 0.1, 2, 2)
        return language.Settings(8, 24, 0.1, 8, 16, 1e-2, 0.0)

    monkeypatch.setattr(language, "settings", settings)


def quiet(out, epochs, **options):
    return Asked(out, epochs=epochs, say=lambda _: None, **options)


def run(*arguments):
    return command_line.main(["train", "language", *map(str, arguments)])


def test_the_split_is_in_order_and_by_the_rule(text):
    parts, whole = language.split(text), text.read_text()
    assert "".join(parts.characters[n] for n in torch.cat([parts.given, parts.held_out])) == whole
    assert len(parts.held_out) == round(0.1 * len(whole))
    assert set(parts.characters) == set(whole)
    assert parts.told == f"held out: the last {len(parts.held_out):,} of {len(whole):,} characters"


@pytest.mark.parametrize(("length", "size"), [(30, 1), (2_000, 25), (400_000, 5_000), (9_000_000, 5_000)])
def test_what_is_looked_at_lies_evenly_in_what_is_given_and_is_not_learnt_from(length, size):
    given = torch.arange(length)
    parts = language.Split("", given, language.spread(length), given[:0], "")
    looked = torch.cat([given[piece] for piece in parts.looked_at])
    assert [len(given[piece]) for piece in parts.looked_at] == [size] * 4
    assert torch.equal(torch.cat([looked, parts.train()]).sort().values, given)  # each in one of them, once
    middles = [(piece.start + piece.stop) / 2 / length for piece in parts.looked_at]
    assert middles == pytest.approx([0.125, 0.375, 0.625, 0.875], abs=1 / length)
    assert parts.train()[-1] == given[-1]  # what is most like the held-out part is learnt from


def test_the_more_often_a_text_is_read_the_more_a_network_is_kept_from_learning_it_by_heart():
    sizes = [SETTINGS("lstm", rounds) for rounds in (1, 3, 8, 15, 30, math.inf)]
    dropouts, decays = [each.dropout for each in sizes], [each.weight_decay for each in sizes]
    assert decays == pytest.approx([0.2, 0.2, 0.24, 0.45, 0.5, 0.5], abs=0.006)  # to two digits
    assert dropouts == pytest.approx([0, 0, 0.048, 0.16, 0.4, 0.4], abs=0.006)


def test_how_often_a_text_is_read_is_told_from_the_rounds_or_the_clock():
    cpu, card = torch.device("cpu"), torch.device("cuda")
    minute = Asked("", seconds=60)
    for kind in language.KINDS:
        exact, quick = language.PACE[kind]
        assert exact < quick
        assert language.rounds(kind, Asked("", epochs=7), 1000, cpu, None) == 7
        assert language.rounds(kind, minute, 1_200_000, cpu, None) == 60 * exact / 1_200_000
        assert language.rounds(kind, minute, 1_200_000, cpu, torch.bfloat16) == 60 * quick / 1_200_000
        assert language.rounds(kind, minute, 1_200_000, card, None) == math.inf  # unknown, and fast


def test_a_validation_file_is_held_out_whole(text, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("the zebra sees.", encoding="utf-8")
    parts = language.split(text, other)
    assert "".join(parts.characters[n] for n in parts.held_out) == "the zebra sees."
    assert len(parts.given) == len(text.read_text())


@pytest.mark.parametrize("kind", language.KINDS)
def test_every_character_that_is_held_out_is_scored_once_from_all_before_it(text, kind, relative_difference):
    """Against the model asked one character at a time."""
    parts = language.split(text)
    task = language.learner(kind, len(parts.characters), language.settings(kind, 0))
    task.model.double().eval()
    before, scored = parts.given[-40:], parts.held_out[:60]
    found = language.mean_nats(task.nats, before, scored)
    tokens = torch.cat([before, scored])
    by_hand = []
    for place in range(len(before), len(tokens)):
        if kind == "transformer":  # windows of 16 that overlap by half: from 0, 8, 16, …
            start = max(0, (place - 1) // 8 * 8 - 8) if place - 1 >= 16 else 0
            seen = tokens[start:place]
        else:
            seen = tokens[:place]
        with torch.no_grad():
            logits = task.model(seen[None]).logits[0, -1]
        by_hand.append(-logits.log_softmax(dim=0)[tokens[place]])
    assert abs(found - torch.stack(by_hand).mean().item()) < 1e-9


def test_a_transformers_nats_cover_every_token():
    model, tokens = Transformer(5, 8, 2, 1, 6).double(), torch.randint(5, (50,))
    for length in (2, 5, 7, 8, 13, 50):
        assert len(transformer_nats(model, tokens[:length])) == length - 1


@pytest.mark.parametrize("kind", language.KINDS)
def test_it_trains_scores_and_samples(text, tmp_path, capsys, kind):
    assert run("--text", text, "--epochs", 12, "--model", kind, "--out", tmp_path / "out") == 0
    told, use, last = capsys.readouterr().out.strip().splitlines()
    assert use.startswith("to use it: python -m unrolled ")
    assert told.startswith("held out: the last ")
    merit = json.loads(last)
    assert merit["val_nats_per_char"] < 2.4  # evenly: 2.94
    assert merit["steps"] > 0
    assert command_line.main(["sample", "--model", str(tmp_path / "out"), "--prompt", "the ", "--length", "30"]) == 0
    written = capsys.readouterr().out.removesuffix("\n")
    assert written.startswith("the ")
    assert len(written) == 34


def test_what_is_held_out_changes_no_weight(text, tmp_path):
    whole = text.read_text()
    other = tmp_path / "other.txt"
    cut = len(whole) - round(0.1 * len(whole))
    other.write_text(whole[:cut] + whole[cut:][::-1], encoding="utf-8")
    scores = []
    for path, out in ((text, "a"), (other, "b")):
        scores.append(language.train(path, quiet(tmp_path / out, 2)).val_nats_per_char)
    a, b = (language.load(tmp_path / out)[0].model for out in "ab")
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert scores[0] != scores[1]


def test_a_run_that_was_killed_ends_as_one_that_was_not(text, tmp_path, monkeypatch):
    whole = language.train(text, quiet(tmp_path / "whole", 40))
    steps = []

    class Killed(Exception):
        pass

    def fit(*given, callback, **options):
        def kill(step):
            callback(step)
            steps.append(step.step)
            if step.step == whole.steps // 2 + 3:
                raise Killed

        return kept(*given, callback=kill, **options)

    kept = running.training.fit
    monkeypatch.setattr(running.training, "fit", fit)
    with pytest.raises(Killed):
        language.train(text, quiet(tmp_path / "out", 40))
    monkeypatch.setattr(running.training, "fit", kept)
    again = language.train(text, quiet(tmp_path / "out", 40, resume=True))
    assert again.val_nats_per_char == whole.val_nats_per_char
    assert again.steps == whole.steps


def test_interrupted_it_keeps_the_best_weights_and_scores_them(text, tmp_path, monkeypatch, capsys):
    kept = running.training.fit

    def fit(*given, callback, **options):
        def interrupt(step):
            callback(step)
            if step.step == 7:
                raise KeyboardInterrupt

        return kept(*given, callback=interrupt, **options)

    monkeypatch.setattr(running.training, "fit", fit)
    assert run("--text", text, "--epochs", 5, "--out", tmp_path / "out") == 130
    out = capsys.readouterr().out
    assert "interrupted: the best weights so far are kept" in out
    assert json.loads(out.splitlines()[-1])["steps"] == 7
    assert isinstance(language.load(tmp_path / "out")[0].model, LanguageModel)


BAD = {
    "is not there; a text file is wanted": None,
    "is empty; a text is wanted": b" \n",
    r"is not UTF-8 \(byte 5 can't be read\)": b"cafe\xe9 and more",
    "is too short: [0-9]+ characters are left .* the context of 16 wants at least 34": b"too short a text",
}


@pytest.mark.parametrize(("sentence", "content"), BAD.items())
def test_a_text_that_cannot_be_used_is_told_in_one_line(tmp_path, capsys, sentence, content):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    assert run("--text", path, "--epochs", 1, "--out", tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert len(err.strip().splitlines()) == 1
    assert re.search(sentence, err)
    assert not (tmp_path / "out").exists()


def test_a_folder_and_a_text_with_a_mark_at_its_beginning(tmp_path):
    with pytest.raises(given.Refused, match="is a folder"):
        given.text(tmp_path)
    path = tmp_path / "marked.txt"
    path.write_bytes("\N{BYTE ORDER MARK}a\r\nb".encode())
    assert given.text(path) == "a\nb"


def test_what_cannot_be_sampled_is_told(text, tmp_path, capsys):
    assert command_line.main(["sample", "--model", str(tmp_path)]) == 2
    assert "model.safetensors is not there; `python -m unrolled train language" in capsys.readouterr().err
    language.train(text, quiet(tmp_path / "out", 1))
    assert command_line.main(["sample", "--model", str(tmp_path / "out"), "--prompt", "Ünd"]) == 2
    assert "the prompt holds 'Ü', which the text it was trained on does not have" in capsys.readouterr().err
    with pytest.raises(given.Refused, match="the prompt holds nothing"):
        language.sample(tmp_path / "out", "", 3)


@pytest.mark.parametrize(("length", "expected"), [({"epochs": 1}, None), ({"seconds": 1}, torch.bfloat16)])
@pytest.mark.parametrize("kind", language.KINDS)
def test_by_the_clock_alone_it_computes_in_the_fast_type(text, tmp_path, monkeypatch, kind, length, expected):
    kinds, kept = [], running.training.fit

    def fit(*given, autocast, **options):
        kinds.append(autocast)
        return kept(*given, autocast=autocast, **options)

    monkeypatch.setattr(running.training, "fit", fit)
    monkeypatch.setattr(running.training, "fast_dtype", lambda device: torch.bfloat16)
    trained = language.train(text, Asked(tmp_path, **length, device="cpu", say=lambda _: None), kind=kind)
    assert kinds == [expected]
    assert trained.val_nats_per_char < math.log(len(set(text.read_text())))  # as all characters alike would cost
    assert all(weight.dtype == torch.float32 for weight in language.load(tmp_path)[0].model.parameters())


@pytest.mark.parametrize("kind", language.KINDS)
@pytest.mark.parametrize("length", [{"epochs": 2}, {"seconds": 0.5}])
def test_what_is_settled_reaches_the_training_and_what_is_held_out_does_not(text, tmp_path, monkeypatch, kind, length):
    seen, kept = [], running.training.fit

    def settings(kind, rounds):
        seen.append((kind, rounds))
        return SETTINGS(kind, rounds)._replace(embed_dim=8, hidden_size=32, dropout=0.3, window=16, num_heads=2)

    def fit(model, batches, *given, **options):
        seen.append(batches.tokens)
        seen.append({part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)})
        return kept(model, batches, *given, **options)

    monkeypatch.setattr(language, "settings", settings)
    monkeypatch.setattr(running.training, "fit", fit)
    monkeypatch.setattr(running.training, "fast_dtype", lambda device: torch.bfloat16)
    asked = Asked(tmp_path, **length, device="cpu", say=lambda _: None)
    trained, parts = language.train(text, asked, kind=kind), language.split(text)
    told, tokens, dropouts = seen
    by_clock = 0.5 * language.PACE[kind][1] / len(parts.train())
    assert told == (kind, pytest.approx(length.get("epochs", by_clock)))
    assert torch.equal(tokens, parts.train())
    assert dropouts == {0.3}
    model = language.load(tmp_path)[0]
    scores = model.nats(torch.cat([parts.given[-language.BEFORE :], parts.held_out]))[-len(parts.held_out) :]
    assert trained.val_nats_per_char == pytest.approx(scores.mean().item(), abs=1e-6)  # in float32, as it is loaded


def test_weight_decay_leaves_biases_gains_and_embeddings_alone():
    for kind in language.KINDS:
        model = language.learner(kind, 7, language.settings(kind, 1)).model
        alone = {id(weights) for weights in language.vectors(model)}
        spared = {name for name, weights in model.named_parameters() if id(weights) in alone}
        assert {"embedding.W_e", "b_y"} <= spared
        assert not any(name.endswith(("W_hy", "l0", "W_q")) and "bias" not in name for name in spared)
        assert len(spared) < len(list(model.parameters()))


def test_a_recurrent_layer_computes_in_the_fast_type_on_a_processor_alone(monkeypatch):
    monkeypatch.setattr(language.training, "fast_dtype", lambda device: torch.bfloat16)
    minute, cpu, card = Asked("", seconds=60), torch.device("cpu"), torch.device("cuda")
    for kind in language.KINDS:
        assert language.fast(kind, minute, cpu) is torch.bfloat16
        assert language.fast(kind, minute, card) is (torch.bfloat16 if kind == "transformer" else None)
        assert language.fast(kind, Asked("", epochs=3), cpu) is None


def test_a_run_by_the_clock_is_not_taken_up_by_rounds_in_another_type(text, tmp_path, monkeypatch):
    monkeypatch.setattr(language.training, "fast_dtype", lambda device: torch.bfloat16)
    language.train(text, Asked(tmp_path, seconds=0.5, device="cpu", say=lambda _: None))
    with pytest.raises(given.Refused, match="of another --seed, --model or length"):
        language.train(text, quiet(tmp_path, 12, resume=True))


def test_in_seconds_it_ends_soon_after_them(text, tmp_path, capsys):
    assert run("--text", text, "--seconds", 1, "--out", tmp_path / "out") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["steps"] > 1


def test_length_is_asked_for(text):
    with pytest.raises(SystemExit) as ended:
        run("--text", text)
    assert ended.value.code == 2


def test_the_model_is_kept_before_what_is_held_out_is_scored(text, tmp_path, monkeypatch):
    kept, held = language.mean_nats, language.split(text).held_out

    def mean_nats(score, before, scored):
        if len(scored) == len(held):
            raise KeyboardInterrupt
        return kept(score, before, scored)

    monkeypatch.setattr(language, "mean_nats", mean_nats)
    assert run("--text", text, "--epochs", 2, "--out", tmp_path) == 130
    assert language.sample(tmp_path, "the", 5).startswith("the")


def test_without_a_prompt_it_begins_on_a_new_line_or_with_a_character_of_its_own(text, tmp_path, capsys):
    language.train(text, quiet(tmp_path / "lines", 1))
    assert command_line.main(["sample", "--model", str(tmp_path / "lines"), "--length", "3"]) == 0
    assert capsys.readouterr().out.startswith("\n")
    one_line = tmp_path / "one.txt"
    one_line.write_text(text.read_text().replace("\n", "_").replace(" ", "_"))
    language.train(one_line, quiet(tmp_path / "one", 1))
    assert command_line.main(["sample", "--model", str(tmp_path / "one"), "--length", "3"]) == 0
    assert capsys.readouterr().out.startswith(".")  # the first in order


class OnACard:
    """What a score is on a device that has no double precision: it must come to the processor first."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __getitem__(self, part):
        return OnACard(self.tensor[part])

    def cpu(self):
        return self.tensor


def test_scores_are_added_up_on_the_processor():
    found = language.mean_nats(lambda tokens: OnACard(tokens[1:].float()), torch.zeros(3), torch.tensor([1.0, 2.0]))
    assert found == 1.5

"""`train translate` and `translate`: tokens join to the text again, no source is in two parts, the scores are known."""

import io
import json
import random
from collections import Counter

import pytest
import torch
from sacrebleu import corpus_bleu, corpus_chrf
from torch import nn
from unrolled import __main__ as command_line
from unrolled import training
from unrolled.commands import translate
from unrolled.commands.given import Refused
from unrolled.commands.run import Asked
from unrolled.models.seq2seq import BEGIN, END, Seq2Seq, Translation, beam
from unrolled.models.translator import Translator

NAMES = {"cat": "chat", "dog": "chien", "bird": "oiseau", "fish": "poisson"}
COLOURS = {"black": "noir", "white": "blanc", "red": "rouge", "green": "vert"}


@pytest.fixture
def pairs(tmp_path):
    """The colour goes behind the animal."""
    draw, lines = random.Random(0), []
    for _ in range(500):
        (a, x), (b, y) = (draw.choice([*NAMES.items()]) for _ in "12")
        (c, u), (d, v) = (draw.choice([*COLOURS.items()]) for _ in "12")
        lines.append(f"The {c} {a} sees {draw.randrange(2, 9)} {d} {b}s.\tLe {x} {u} voit {{}} {y}s {v}s.")
        source, target = lines[-1].split("\t")
        number = source.split()[4]
        lines[-1] = f"{source}\t{target.format(number)}"
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(dict.fromkeys(lines)), encoding="utf-8")
    return path


def run(*arguments):
    return command_line.main(["train", "translate", *map(str, arguments)])


@pytest.mark.parametrize(
    "text",
    ["Il n'y a pas d'eau, n'est-ce pas ?", "1903: 1,850", "a  b\tc", "snake_case (x)", "20 % schöner!"],
)
def test_tokens_join_to_the_text_again(text):
    assert "".join(translate.tokenise(text)) == " ".join(text.split())


def test_it_learns_to_put_the_colour_behind(pairs, tmp_path, capsys, monkeypatch):
    assert run("--pairs", pairs, "--epochs", 14, "--out", tmp_path / "out") == 0
    told, use, last = capsys.readouterr().out.strip().splitlines()
    assert use.startswith("to use it: python -m unrolled ")
    assert "pairs, about a tenth of the sources, by seed 0" in told
    merit = json.loads(last)
    assert merit["exact"] > 0.9
    assert merit["bleu"] > 95
    assert merit["chrf"] > 95
    asked = ["The red cat sees 4 green dogs."]
    assert command_line.main(["translate", "--model", str(tmp_path / "out"), *asked]) == 0
    assert capsys.readouterr().out == "Le chat rouge voit 4 chiens verts.\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("The black bird sees 2 white cats.\n"))
    assert command_line.main(["translate", "--model", str(tmp_path / "out"), "--beam", "1"]) == 0
    assert capsys.readouterr().out == "L".join(["", "e oiseau noir voit 2 chats blancs.\n"])


def test_the_figures_are_sacrebleus_on_what_is_held_out(pairs, tmp_path):
    trained = translate.train(pairs, Asked(tmp_path / "out", epochs=3, say=lambda _: None))
    parts = translate.split(pairs)
    found = translate.translate(tmp_path / "out", [line.first for line in parts.held_out], width=1)
    right = [[line.second for line in parts.held_out]]
    assert trained.bleu == pytest.approx(corpus_bleu(found, right).score)
    assert trained.chrf == pytest.approx(corpus_chrf(found, right).score)
    assert trained.exact == sum(a == b for a, b in zip(found, right[0], strict=True)) / len(found)


def test_no_source_is_in_two_parts(tmp_path):
    draw = random.Random(0)
    path = tmp_path / "doubles.tsv"
    path.write_text("\n".join(f"source {draw.randrange(100)}\ttarget {n}" for n in range(600)))
    parts = translate.split(path)
    sets = [{line.first for line in part} for part in (parts.train, parts.looked_at, parts.held_out)]
    assert not sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]
    assert sum(map(len, (parts.train, parts.looked_at, parts.held_out))) == 600
    other = tmp_path / "other.tsv"
    other.write_text("source 7\tsomething else")
    parts = translate.split(path, other)
    assert "source 7" not in {line.first for line in parts.train + parts.looked_at}
    assert "were left out" in parts.told


def test_an_unknown_word_is_that_at_which_it_looked():
    words = translate.Words([*translate.SPECIAL, "The", " cat"], [*translate.SPECIAL, "Le", " chat"])
    weights = torch.tensor([[0.9, 0.05, 0.05], [0.1, 0.2, 0.7]])
    assert words.written("The nice zebra", Translation([4, 3], weights, 0.0)) == ["Le", " zebra"]
    assert words.written("The nice zebra", Translation([4, 3], None, 0.0)) == ["Le", "<unk>"]
    assert words.written(["The", " nice", " zebra"], Translation([4, 3], weights, 0.0)) == ["Le", " zebra"]
    assert words.read("The zebra").tolist() == [4, 3]
    assert words.framed("Le zebra").tolist() == [BEGIN, 4, 3, END]
    assert words.read("").tolist() == [3]
    assert words.read(["The", " zebra", " cat"]).tolist() == [4, 3, 5]  # tokens in place of a text


@torch.no_grad()
def test_a_beam_is_searched_with_a_reward_for_length():
    model, words, sources = drawn()
    numbers = [words.read(source) for source in sources]
    written = [one.tokens for one in translate.found(model, words, sources, width=4)]
    by_reward = {
        reward: [beam(model.eval(), one, 2 * len(one) + 10, 4, reward).tokens for one in numbers]
        for reward in (0.6, 0.5, 0.0, -2.0)
    }
    assert written == by_reward[0.6]
    assert written not in (by_reward[0.5], by_reward[0.0], by_reward[-2.0])


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("training", [True, False])
def test_it_writes_without_dropout_and_training_goes_on_as_before(width, training):
    model, words, sources = drawn()
    model.train(training)
    one, other = (translate.found(model, words, sources, width) for _ in "12")
    assert [each.nats for each in one] == [each.nats for each in other]
    assert model.training is training


def drawn():
    """A model that has learned nothing, its words, and sources; END is likely enough that some end early."""
    words = translate.Words([*translate.SPECIAL, *"abcdef"], [*translate.SPECIAL, *"uvwxyz"])
    model = Seq2Seq(10, 10, 8, 8, dropout=0.5)
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.5)
    nn.init.constant_(model.b_y[END : END + 1], 1.0)
    return model, words, [list("abc"), list("fed"), list("cafe"), list("bead"), list("face"), list("ad")]


def test_a_killed_run_goes_on_to_the_same_end(pairs, tmp_path, monkeypatch):
    whole = translate.train(pairs, Asked(tmp_path / "whole", epochs=3, say=lambda _: None))
    kept = translate.run.training.fit

    def fit(*given, callback, **options):
        def kill(step):
            if step.step == whole.steps // 2 + 2:
                raise RuntimeError("killed")
            callback(step)

        return kept(*given, callback=kill, **options)

    monkeypatch.setattr(translate.run.training, "fit", fit)
    with pytest.raises(RuntimeError, match="killed"):
        translate.train(pairs, Asked(tmp_path / "out", epochs=3, say=lambda _: None))
    monkeypatch.setattr(translate.run.training, "fit", kept)
    again = translate.train(pairs, Asked(tmp_path / "out", epochs=3, resume=True, say=lambda _: None))
    assert again._replace(file=whole.file) == whole


def test_what_cannot_be_used_is_told(tmp_path, capsys):
    path = tmp_path / "pairs.tsv"
    path.write_text("one source\tone target\nno tab here")
    assert run("--pairs", path, "--epochs", 1, "--out", tmp_path / "out") == 2
    assert "line 2, has no tab; wanted is a source and a target, with one tab between them" in capsys.readouterr().err
    path.write_text("one source\tone target")
    assert run("--pairs", path, "--epochs", 1, "--out", tmp_path / "out") == 2
    assert "leaves 0 sources to train on; at least two are wanted" in capsys.readouterr().err
    with pytest.raises(Refused, match="--model is cnn; one of gru, lstm, rnn, transformer is wanted"):
        translate.train(path, Asked(tmp_path), kind="cnn")


LEARNED = {"lstm": (Seq2Seq, 10), "rnn": (Seq2Seq, 10), "transformer": (Translator, 10)}  # and rounds


@pytest.mark.parametrize("kind", LEARNED)
def test_each_model_trains_and_what_it_kept_translates(kind, pairs, tmp_path, capsys):
    model, rounds = LEARNED[kind]
    assert run("--pairs", pairs, "--model", kind, "--epochs", rounds, "--out", tmp_path) == 0
    merit = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert merit["exact"] > 0.8
    parts = translate.split(pairs)
    found = translate.translate(tmp_path, [line.first for line in parts.held_out], width=1)
    assert merit["exact"] == sum(a == b.second for a, b in zip(found, parts.held_out, strict=True)) / len(found)
    assert command_line.main(["translate", "--model", str(tmp_path), parts.held_out[0].first]) == 0
    searched = capsys.readouterr().out
    assert searched.startswith("Le ")
    assert searched.endswith("s.\n")
    notes = training.notes(tmp_path / translate.run.FILE)
    made = translate.fresh(kind, translate.Words(notes["source"], notes["target"]), translate.SETTINGS[kind])
    assert isinstance(made, model)
    if model is Seq2Seq:
        assert type(made.encoder) is type(made.decoder) is {"lstm": nn.LSTM, "rnn": nn.RNN}[kind]


def test_a_word_that_training_has_seen_once_is_unknown_to_it(tmp_path):
    path = tmp_path / "pairs.tsv"
    lines = [f"the cat {n % 7} sees\tle chat {n % 7} voit" for n in range(7)] * 2
    path.write_text("\n".join(dict.fromkeys(lines)) + "\na rare word\tun mot rare", encoding="utf-8")
    other = tmp_path / "other.tsv"
    other.write_text("the cat sees\tle chat voit")
    out = translate.train(path, Asked(tmp_path / "out", epochs=1, say=lambda _: None), other).file
    notes, parts = training.notes(out), translate.split(path, other)
    for side, name in enumerate(("source", "target")):
        counts = Counter(token for line in parts.train for token in translate.tokenise(line[side]))
        assert sorted(notes[name]) == sorted([*translate.SPECIAL, *(t for t in counts if counts[t] > 1)])
    assert any(
        translate.UNKNOWN in pair[1] for pair in translate.Words(*(notes["source"], notes["target"])).pairs(parts.train)
    )


@pytest.mark.parametrize(
    ("before", "source", "place", "wanted"),
    [
        (" l", "Zebra runs", 0, "Le Zebra"),
        (" l", "The (zebra)", 2, "Le zebra"),
        ("'", "The zebra", 1, "Le'zebra"),
        ("’", "The zebra", 1, "Le’zebra"),
    ],
)
def test_an_unknown_word_has_the_space_of_its_new_place(before, source, place, wanted):
    words = translate.Words([*translate.SPECIAL], [*translate.SPECIAL, "Le", before])
    weights = torch.zeros(3, len(translate.tokenise(source)))
    weights[:, place] = 1
    tokens = [4, 5, 3] if before in "'’" else [4, 3]
    assert "".join(words.written(source, Translation(tokens, weights, 0.0))) == wanted
    assert "".join(words.written(source, Translation([3], weights, 0.0))) == translate.tokenise(source)[place].strip()


def test_a_translation_that_differs_in_the_kind_of_its_spaces_is_exact_and_one_word_has_a_bleu(tmp_path, monkeypatch):
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"word{n}\tmot{chr(97 + n)}\N{NO-BREAK SPACE}?" for n in range(20)), encoding="utf-8")
    right = {line.first: line.second.replace("\N{NO-BREAK SPACE}", " ") for line in translate.split(path).held_out}
    monkeypatch.setattr(translate, "translated", lambda model, words, sources: [right[each] for each in sources])
    trained = translate.train(path, Asked(tmp_path / "out", epochs=1, say=lambda _: None))
    assert trained.exact == 1
    assert trained.bleu == pytest.approx(100)  # of two tokens each: there are no four in a row
    assert trained.chrf == pytest.approx(100)


def test_the_model_is_kept_before_what_is_held_out_is_scored(pairs, tmp_path, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    kept = translate.translated
    monkeypatch.setattr(translate, "translated", interrupt)
    assert run("--pairs", pairs, "--epochs", 1, "--out", tmp_path) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"
    monkeypatch.setattr(translate, "translated", kept)
    assert "bleu" not in training.notes(tmp_path / "model.safetensors")
    assert len(translate.translate(tmp_path, ["The red cat."], 1)) == 1


def test_lines_out_are_lines_in(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(translate, "translate", lambda out, texts, width: [text.upper() for text in texts])
    monkeypatch.setattr(translate, "unmet", lambda out, texts: texts[1:])
    monkeypatch.setattr("sys.stdin", io.StringIO("\none\n  \ntwo\n\n"))
    assert command_line.main(["translate", "--model", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("\nONE\n\nTWO\n\n", "not known from training: two\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert command_line.main(["translate", "--model", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_who_is_waited_for_is_told_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert command_line.main(["translate", "--model", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "one text a line; Ctrl-D at the end of them\n"


def test_words_that_training_did_not_know_are_told(pairs, tmp_path, capsys):
    assert run("--pairs", pairs, "--epochs", 1, "--out", tmp_path) == 0
    capsys.readouterr()
    strange = [f"w{letter}" for letter in "abcdefghijkl"]
    assert command_line.main(["translate", "--model", str(tmp_path), "--beam", "1", "The red cat.", *strange]) == 0
    assert capsys.readouterr().err == f"not known from training: {', '.join(strange[:10])} and 2 more\n"


def test_a_model_of_another_task_is_not_written_over(pairs, tmp_path, capsys):
    training.save(tmp_path / "model.safetensors", torch.nn.Linear(1, 1), task="classify")
    before = (tmp_path / "model.safetensors").read_bytes()
    assert run("--pairs", pairs, "--epochs", 1, "--out", tmp_path) == 2
    assert "is a model to classify and would be lost" in capsys.readouterr().err
    assert (tmp_path / "model.safetensors").read_bytes() == before

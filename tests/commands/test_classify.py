"""`train classify` and `classify`: parts that share no text, a baseline beside it, and what can't be used is told."""

import io
import json
import random
from collections import Counter

import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from unrolled import __main__ as command_line
from unrolled import training
from unrolled.commands import classify, given
from unrolled.commands.given import Line, Refused
from unrolled.commands.run import Asked
from unrolled.data import words

GOOD, BAD = ["warm", "kind", "fresh"], ["cold", "rude", "stale"]


def example(draw):
    """Good and bad words in equal number; what follows `but` decides."""
    label = draw.choice(["good", "bad"])
    first, last = (BAD, GOOD) if label == "good" else (GOOD, BAD)
    middle = " ".join(draw.choices(["it", "was", "so", "we", "found", "them"], k=draw.randint(1, 5)))
    return f"{label}\t{draw.choice(first)} {middle} but {draw.choice(last)} {draw.choice(['here', 'there', 'today'])}"


@pytest.fixture
def examples(tmp_path):
    draw = random.Random(0)
    path = tmp_path / "examples.tsv"
    path.write_text("\n".join(example(draw) for _ in range(400)) + "\n", encoding="utf-8")
    return path


def run(*arguments):
    return command_line.main(["train", "classify", *map(str, arguments)])


def test_it_learns_what_a_bag_of_words_cannot(examples, tmp_path, capsys):
    assert run("--examples", examples, "--epochs", 12, "--out", tmp_path / "out") == 0
    told, use, last = capsys.readouterr().out.strip().splitlines()
    assert use.startswith("to use it: python -m unrolled ")
    assert "of 400 examples, about a tenth of each label, by seed 0" in told
    merit = json.loads(last)
    assert merit["accuracy"] > 0.95
    assert merit["baseline_accuracy"] < 0.75
    asked = ["rude it was but warm here", "Kind, but cold"]
    assert command_line.main(["classify", "--model", str(tmp_path / "out"), *asked]) == 0
    first, second = capsys.readouterr().out.strip().splitlines()
    assert first.startswith("good\t")
    assert second.startswith("bad\t")


def test_texts_come_from_the_standard_input_too(examples, tmp_path, capsys, monkeypatch):
    assert run("--examples", examples, "--epochs", 1, "--model", "gru", "--out", tmp_path / "out") == 0
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO("\nwarm it was\n \n\nunheard of words\n"))
    assert command_line.main(["classify", "--model", str(tmp_path / "out")]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.removesuffix("\n").split("\n")]
    assert [line[-1] for line in lines] == ["", "warm it was", "", "", "unheard of words"]
    assert all(0.5 <= float(line[1]) <= 1 for line in lines if len(line) > 1)


def test_the_parts_are_stratified_and_share_no_text(tmp_path):
    draw = random.Random(1)
    lines = [f"{'rare' if n % 10 == 0 else 'usual'}\ttext {draw.randrange(300)} of these" for n in range(1000)]
    path = tmp_path / "doubles.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    parts = classify.split(path, seed=3)
    sets = [{line.second for line in part} for part in (parts.train, parts.looked_at, parts.held_out)]
    assert not sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]
    assert sum(map(len, (parts.train, parts.looked_at, parts.held_out))) == 1000
    counts = Counter(line.first for line in parts.held_out)
    assert counts["rare"] >= 5
    assert 60 < sum(counts.values()) < 250
    assert parts.held_out == classify.split(path, seed=3).held_out
    assert parts.held_out != classify.split(path, seed=4).held_out


def test_spaces_and_case_do_not_make_another_text():
    parts = given.split(
        [Line("a", "One text"), Line("a", "one  TEXT"), Line("a", "two"), Line("a", "three")],
        0.5,
        0,
        group=lambda line: classify.same(line.second),
        stratum=lambda line: line.first,
    )
    assert sorted(map(len, parts)) in ([1, 3], [2, 2])
    assert all(
        {"One text", "one  TEXT"} & {line.second for line in part} in ({"One text", "one  TEXT"}, set())
        for part in parts
    )


def test_a_validation_file_is_held_out_and_its_texts_are_not_trained_on(examples, tmp_path):
    other = tmp_path / "other.tsv"
    lines = examples.read_text().splitlines()
    other.write_text("\n".join([*lines[:20], "good\tnever seen before"]))
    parts = classify.split(examples, other)
    assert len(parts.held_out) == 21
    assert not {line.second for line in parts.held_out} & {line.second for line in parts.train + parts.looked_at}
    assert "were left out" in parts.told


def test_the_baseline_is_scikit_learns_on_the_same_words(examples):
    parts = classify.split(examples)
    seen = [*parts.train, *parts.looked_at]
    bag = CountVectorizer(analyzer=words.tokenise, binary=True)
    x = bag.fit_transform([line.second for line in seen])
    linear = LogisticRegression(max_iter=2000).fit(x, [line.first for line in seen])
    expected = linear.score(
        bag.transform([line.second for line in parts.held_out]), [line.first for line in parts.held_out]
    )
    assert classify.baseline(seen, parts.held_out) == expected


def test_what_is_held_out_changes_no_weight(examples, tmp_path):
    parts = classify.split(examples)
    turned = {line.second: {"good": "bad", "bad": "good"}[line.first] for line in parts.held_out}
    changed = tmp_path / "changed.tsv"
    lines = given.lines(examples, "")
    kept = [f"{line.first}\t{line.second}" for line in lines if line.second not in turned]
    changed.write_text("\n".join(kept))
    held = tmp_path / "held.tsv"
    for name, labels in (("a", lambda line: line.first), ("b", lambda line: turned[line.second])):
        held.write_text("\n".join(f"{labels(line)}\t{line.second}" for line in parts.held_out))
        classify.train(changed, Asked(tmp_path / name, epochs=2, say=lambda _: None), held)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes()[-10_000:] for name in "ab")
    assert a == b


def test_a_killed_run_goes_on_to_the_same_end(examples, tmp_path, monkeypatch):
    whole = classify.train(examples, Asked(tmp_path / "whole", epochs=4, say=lambda _: None))
    kept = classify.run.training.fit

    def fit(*given, callback, **options):
        def kill(step):
            if step.step == whole.steps // 2 + 1:
                raise RuntimeError("killed")
            callback(step)

        return kept(*given, callback=kill, **options)

    monkeypatch.setattr(classify.run.training, "fit", fit)
    with pytest.raises(RuntimeError, match="killed"):
        classify.train(examples, Asked(tmp_path / "out", epochs=4, say=lambda _: None))
    monkeypatch.setattr(classify.run.training, "fit", kept)
    again = classify.train(examples, Asked(tmp_path / "out", epochs=4, resume=True, say=lambda _: None))
    assert again._replace(file=whole.file) == whole


BROKEN = {
    "line 2, has no tab; wanted is a label and a text, with one tab between them": "good\tfine\nbad awful",
    "line 1, has 2 tabs": "good\tfine\tindeed\nbad\tawful",
    "line 3, has an empty field": "good\tfine\nbad\tawful\n\tno label",
    "gives 'good' alone to train on": "\n".join(f"good\tfine {n}" for n in range(20)),
}


@pytest.mark.parametrize(("sentence", "content"), BROKEN.items())
def test_examples_that_cannot_be_used_are_told_in_one_line(tmp_path, capsys, sentence, content):
    path = tmp_path / "examples.tsv"
    path.write_text(content, encoding="utf-8")
    assert run("--examples", path, "--epochs", 1, "--out", tmp_path / "out") == 2
    err = capsys.readouterr().err.strip()
    assert sentence in err
    assert len(err.splitlines()) == 1


NOT_ENOUGH = (
    "gives nothing to train on; at least two labels, each before its tab, with three different texts each are wanted"
)
FEW = {
    NOT_ENOUGH: "good\tfine\ngood\tnice\nbad\tawful\nbad\tpoor",
    "label 'bad' has too few texts; three different ones are wanted: to train, to look at, to hold out": (
        "good\ta\ngood\tb\ngood\tc\nso\td\nso\te\nso\tf\nbad\tawful\nbad\tpoor\nbad\tPOOR"
    ),
}


@pytest.mark.parametrize(("sentence", "content"), FEW.items())
def test_a_label_with_too_few_texts_is_told_how_many_are_wanted(tmp_path, sentence, content):
    path = tmp_path / "examples.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=sentence):
        classify.split(path)


def test_three_texts_of_each_label_are_enough_and_two_with_a_validation_file(tmp_path):
    path, other = tmp_path / "examples.tsv", tmp_path / "other.tsv"
    path.write_text("\n".join(f"{label}\t{label} {n}" for label in ("good", "bad") for n in range(3)))
    for seed in range(20):
        assert classify.split(path, seed=seed).labels == ["bad", "good"]
    other.write_text("good\tindeed")
    path.write_text("\n".join(f"{label}\t{label} {n}" for label in ("good", "bad") for n in range(2)))
    assert classify.split(path, other).labels == ["bad", "good"]
    path.write_text(path.read_text() + "\nso\tso so")
    with pytest.raises(Refused, match="label 'so' has too few texts; two different ones are wanted: to train, to look"):
        classify.split(path, other)
    path.write_text("good\tfine\nbad\tawful")
    with pytest.raises(
        Refused, match="at least two labels, each before its tab, with two different texts each are wanted"
    ):
        classify.split(path, other)


def test_a_label_that_is_only_held_out_is_told(examples, tmp_path):
    other = tmp_path / "other.tsv"
    other.write_text("strange\tnever seen before")
    with pytest.raises(Refused, match=r"label 'strange' is not among those to train on \(bad, good\)"):
        classify.split(examples, other)


def test_a_language_model_is_no_classifier(tmp_path):
    training.save(tmp_path / "model.safetensors", torch.nn.Linear(1, 1), task="language")
    with pytest.raises(Refused, match="is a model to write; one to classify is wanted"):
        classify.classify(tmp_path, ["a text"])


@pytest.mark.parametrize("kind", ["rnn", "transformer"])
def test_other_kinds_learn_it_too_and_are_found_again(examples, tmp_path, capsys, kind):
    assert run("--examples", examples, "--epochs", 12, "--model", kind, "--out", tmp_path / "out") == 0
    merit = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert merit["accuracy"] > 0.9
    assert command_line.main(["classify", "--model", str(tmp_path / "out"), "cold it was but kind here"]) == 0
    assert capsys.readouterr().out.startswith("good\t")


def test_a_kind_that_is_not_there_is_told(examples, tmp_path):
    with pytest.raises(Refused, match="--model is cnn; one of rnn, lstm, gru, transformer is wanted"):
        classify.train(examples, Asked(tmp_path, epochs=1), kind="cnn")


def test_the_temperature_is_the_one_that_costs_least(relative_difference):
    torch.manual_seed(1)
    p = torch.rand(4000) * 0.8 + 0.1
    y = (torch.rand(4000) < p).long()  # labels that come as often as p says
    sure = 3 * torch.stack([torch.zeros(4000), p.logit()], dim=1)  # and a model three times too sure
    least, temperature = classify.tempered(sure, y)
    assert temperature == pytest.approx(3, rel=0.15)
    assert least < torch.nn.functional.cross_entropy(sure, y).item()
    grid = [torch.nn.functional.cross_entropy(sure / t, y).item() for t in torch.linspace(0.2, 9, 300)]
    assert least == pytest.approx(min(grid), rel=1e-3)


def test_cooling_divides_the_logits(relative_difference):
    model = classify.built("lstm", 9, 3, classify.Settings())
    tokens = torch.randint(9, (2, 4))
    model.eval()
    before = model(tokens).y.detach()
    classify.cool(model, 2.5)
    assert relative_difference(model(tokens).y, before / 2.5) < 1e-6


def test_the_model_ends_at_its_best_temperature(examples, tmp_path):
    out = classify.train(examples, Asked(tmp_path, epochs=3, say=lambda _: None)).file
    notes, parts = training.notes(out), classify.split(examples)
    known = words.Vocabulary(notes["words"])
    model = classify.built("lstm", len(known), 2, classify.Settings(*notes["settings"]))
    training.load(out, model)
    texts, y = classify.numbered(parts.looked_at, known, notes["labels"])
    assert classify.tempered(classify.scores(model, texts), y)[1] == pytest.approx(1, rel=0.13)  # a step of the grid


def test_no_model_is_made_surer():
    logits, y = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])  # all right: surer would cost less
    assert classify.tempered(logits, y)[1] == 1.0


def test_settings_follow_how_many_texts_there_are_and_how_long():
    short, long = [torch.zeros(12)] * 3000, [torch.zeros(200)] * 300
    assert classify.settings("lstm", short) == classify.Settings()
    fitted = classify.settings("lstm", long)
    assert (fitted.pool, fitted.batch_size) == ("max", 6)
    assert classify.settings("gru", short[:20]).batch_size == 4
    assert classify.settings("transformer", long).pool == "max"


def test_long_texts_and_several_labels_are_learned_from_few_examples(tmp_path):
    """Each of four labels has words of its own, thinly spread over 120; guessing is right in a quarter."""
    draw = random.Random(0)
    lines = []
    for n in range(160):
        own = [f"mark{n % 4}{letter}" for letter in "abc"]
        text = draw.choices([f"word{k}" for k in range(50)], k=114) + draw.choices(own, k=6)
        draw.shuffle(text)
        lines.append(f"label{n % 4}\t{' '.join(text)}")
    path = tmp_path / "long.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    trained = classify.train(path, Asked(tmp_path / "out", epochs=8, say=lambda _: None))
    assert trained.accuracy > 0.85


def test_a_model_without_its_words_is_told(tmp_path):
    training.save(tmp_path / "model.safetensors", torch.nn.Linear(1, 1), task="classify", kind="lstm", settings=[])
    with pytest.raises(Refused, match="has no words and no labels among its notes; one that `train classify` wrote"):
        classify.classify(tmp_path, ["a text"])


def test_the_model_is_kept_before_what_is_held_out_is_scored(examples, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(classify, "baseline", interrupt)
    assert run("--examples", examples, "--epochs", 1, "--out", tmp_path) == 130
    assert training.notes(tmp_path / "model.safetensors").keys() == {
        "task",
        "kind",
        "words",
        "labels",
        "settings",
        "split",
    }
    assert next(label for label, _ in classify.classify(tmp_path, ["warm"])) in ("good", "bad")


def test_words_that_training_did_not_know_are_told_in_their_order(examples, tmp_path):
    classify.train(examples, Asked(tmp_path, epochs=1, say=lambda _: None))
    known = classify.split(examples).train[0].second.split()[0]
    assert classify.unmet(tmp_path, [f"zebra {known} yak", "zebra"]) == ["zebra", "yak"]

"""The next token's distribution in a browser, and what is drawn from it in the kernel."""

import pytest
import torch
import traitlets
from examples.sampler import NAMES, example, read
from unrolled.training import distribution, generate

COMPUTE = "([logits, temperature, k, mass]) => widget.distribution(logits, temperature, k, mass)"


def test_what_javascript_computes_is_what_the_library_computes(stage):
    page, draw = stage(example()), torch.Generator().manual_seed(0)
    for n in range(100):
        V = int(torch.randint(1, 40, (), generator=draw))
        logits = torch.randn(V, generator=draw, dtype=torch.float64) * 3
        temperature = 0.0 if n % 10 == 0 else float(torch.rand((), generator=draw)) * 2 + 0.02
        k = int(torch.randint(0, 12, (), generator=draw)) if n % 2 else 0
        mass = float(torch.rand((), generator=draw)) * 0.95 + 0.05 if n % 3 else 1.0
        wanted = distribution(logits, temperature, k or None, mass if mass < 1 else None)
        assert page.evaluate(COMPUTE, [logits.tolist(), temperature, k, mass]) == pytest.approx(
            wanted.tolist(), abs=1e-6
        )


def test_of_tokens_alike_as_many_stay_as_in_the_library(stage):
    page, logits = stage(example()), torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    for k, mass in [(2, 1.0), (0, 0.4), (3, 0.5)]:
        wanted = distribution(logits, 1.0, k or None, mass if mass < 1 else None)
        found = page.evaluate(COMPUTE, [logits.tolist(), 1.0, k, mass])
        assert sorted(found) == pytest.approx(sorted(wanted.tolist()), abs=1e-6)


def test_the_bars_are_the_librarys_probabilities(stage):
    widget = example()
    page = stage(widget)
    p = distribution(read([7]), 0.8)
    values, places = p.topk(12)
    rows = page.locator(".unrolled-sampler-kept").all_text_contents()
    assert rows == [f"{NAMES[n]}{v:.3f}" for v, n in zip(values.tolist(), places.tolist(), strict=True)]


def test_what_is_cut_away_is_drawn_hollow_and_counted(stage):
    page = stage(example())
    page.put(top_k=5)
    assert page.locator(".unrolled-sampler-kept").count() == 5
    assert page.locator(".unrolled-sampler-cut").count() == 7
    held = distribution(read([7]), 0.8).topk(5).values.sum()
    said = page.locator("p[role=status]").text_content()
    assert f"5 of 30 tokens can be drawn; they hold {100 * held:.0f}% of the probability." in said


@pytest.mark.parametrize(
    ("name", "trait", "key"),
    [("temperature", "temperature", "ArrowLeft"), ("top-k (0: off)", "top_k", "ArrowRight"),
     ("nucleus (1: off)", "nucleus", "ArrowLeft"), ("seed", "seed", "ArrowRight")],
)  # fmt: skip
def test_every_slider_answers_to_keys(stage, name, trait, key):
    page = stage(example())
    before = page.trait(trait)
    page.get_by_role("slider", name=name).focus()
    page.keyboard.press(key)
    assert page.trait(trait) != before


def test_buttons_ask_for_more_and_fewer_draws(stage):
    page = stage(example())
    for name, draws in [("step", 1), ("run 10", 11), ("back", 10)]:
        page.get_by_role("button", name=name).click()
        assert page.trait("draws") == draws


def test_the_figure_without_a_browser_is_cut_too():
    widget = example()
    widget.temperature, widget.top_k, widget.nucleus = 1.5, 6, 0.9
    values, places = distribution(read([7]), 1.5, 6, 0.9).topk(4)
    told = ", ".join(f"{NAMES[n]} {p:.2f}" for n, p in zip(places.tolist(), values.tolist(), strict=True))
    assert widget.draw()[1].endswith(f"the likeliest next tokens: {told}.")


def test_drawing_is_that_of_generate_with_the_same_seed():
    widget = example()
    widget.draws = 8

    def next_logits(tokens, state):
        return read(tokens.tolist()), None

    wanted = generate(next_logits, torch.tensor([3, 7]), 8, temperature=0.8,
                      generator=torch.Generator().manual_seed(0))  # fmt: skip
    assert widget.text == " ".join(NAMES[n] for n in wanted[2:].tolist())
    assert widget.logits == read(wanted.tolist()).tolist()


def test_going_back_and_on_again_draws_the_same():
    widget = example()
    widget.draws = 6
    text = widget.text
    widget.draws = 2
    assert widget.text == " ".join(text.split()[:2])
    widget.draws = 6
    assert widget.text == text


def test_a_new_seed_or_prompt_begins_anew():
    widget = example()
    widget.draws = 3
    widget.seed = 5
    assert (widget.draws, widget.text) == (0, "")
    widget.prompt = "word1"
    assert widget.logits == read([1]).tolist()


def test_a_prompt_of_nothing_gets_a_sentence_and_changes_nothing():
    widget = example()
    widget.prompt = "never heard"
    assert widget.problem == "a prompt of at least one token is wanted; 'never heard' came"
    assert widget.logits == read([7]).tolist()


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"top_k": 51}, {"nucleus": 0}, {"draws": 61}])
def test_what_is_beyond_the_controls_is_refused(wrong):
    widget = example()
    with pytest.raises(traitlets.TraitError):
        widget.set_trait(*wrong.popitem())

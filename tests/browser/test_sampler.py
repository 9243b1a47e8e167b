"""The next token's distribution in a browser, and what is drawn from it in the kernel."""

import base64
import re

import matplotlib.pyplot as plt
import numpy
import pytest
import torch
import traitlets
from examples.sampler import NAMES, example, read
from unrolled.show.widgets.sampler import Sampler
from unrolled.show.widgets.widget import packed
from unrolled.training import distribution, generate


def unpacked(text):
    return torch.from_numpy(numpy.frombuffer(base64.b64decode(text), dtype="<f8").copy())


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


NUMBERS_AND_DRAWING = """states => states.map(state => {
  model.take(state);
  const bars = [...document.querySelectorAll(".unrolled-drawing g")].map(bar => ({
    cut: bar.classList.contains("unrolled-sampler-cut"),
    words: [...bar.querySelectorAll("text")].map(node => node.textContent),
    tick: Number(/^M([\\d.]+) /.exec(bar.querySelector("path").getAttribute("d"))[1]),
    boxes: [...bar.querySelectorAll("rect")].map(node =>
      [Number(node.getAttribute("width")), node.getAttribute("fill")]),
  }));
  const text = document.querySelector(".unrolled-sampler-text");
  const says = document.querySelector("p[role=status]").textContent;
  const bold = text.querySelector("b").textContent;
  return { found: widget.numbers(model), bars, text: text.textContent, bold, says };
})"""


def random_states():
    """A hundred: other logits, some of them −∞ as they are sent, vocabularies, temperatures (0 too) and cuts."""
    draw, states = torch.Generator().manual_seed(6), []
    for n in range(100):
        V = int(torch.randint(1, 40, (), generator=draw))
        logits = torch.randn(V, generator=draw, dtype=torch.float64) * 2
        logits[1:][torch.rand(V - 1, generator=draw) < 0.1 * (n % 3)] = -1e300
        states.append({
            "logits": packed(logits),
            "names": [f"n{each}" for each in range(V)],
            "temperature": 0.0 if n % 10 == 0 else round(float(torch.rand((), generator=draw)) * 1.9 + 0.1, 2),
            "top_k": int(torch.randint(1, 12, (), generator=draw)) if n % 2 else 0,
            "nucleus": round(float(torch.rand((), generator=draw)) * 0.9 + 0.05, 2) if n % 3 else 1.0,
            "reads": f"begun {n}", "text": f"drawn {n}", "draws": n % 7,
        })  # fmt: skip
    return states


def test_all_that_is_drawn_and_said_in_a_hundred_random_states_is_the_librarys(stage):
    page, states = stage(example()), random_states()
    for state, shown in zip(states, page.evaluate(NUMBERS_AND_DRAWING, states), strict=True):
        logits, temperature = unpacked(state["logits"]), state["temperature"]
        nucleus = state["nucleus"] if state["nucleus"] < 1 else None
        p, whole = distribution(logits, temperature, state["top_k"] or None, nucleus), distribution(logits, temperature)
        order = logits.argsort(descending=True, stable=True).tolist()[:12]
        trained = logits.softmax(dim=0)
        longest = max(p.max(), trained.max())
        kept, mass = int((p > 0).sum()), whole[p > 0].sum().item()
        found = shown["found"]
        assert found["p"] == pytest.approx(p.tolist(), abs=1e-6)
        assert found["whole"] == pytest.approx(whole.tolist(), abs=1e-6)
        assert (found["kept"], found["V"], found["order"]) == (kept, len(p), order)
        assert found["mass"] == pytest.approx(mass, abs=1e-6)
        assert len(shown["bars"]) == len(order)
        for bar, n in zip(shown["bars"], order, strict=True):
            assert bar["words"][0] == f"n{n}"
            assert float(bar["words"][1]) == pytest.approx(p[n].item(), abs=0.0005001)
            assert bar["cut"] == (p[n] == 0)
            wide = [330 * (each[n] / longest).item() for each in ([p, whole] if bar["cut"] else [p])]
            assert bar["tick"] == pytest.approx(120 + 330 * (trained[n] / longest).item(), abs=1e-6)
            assert [width for width, _ in bar["boxes"]] == pytest.approx(wide, abs=1e-6)
            assert [fill == "none" for _, fill in bar["boxes"]] == [False, True][: len(wide)]
        assert shown["text"] == f"{state['reads']} {state['text']} …"
        assert shown["bold"] == state["text"]
        said = re.fullmatch(
            r"Likeliest next: “(.+)”, ([\d.]+)\. (\d+) of (\d+) tokens can be drawn; "
            r"they hold (\d+)\u00a0% of the probability\. (\d+) drawn so far\.",
            shown["says"],
        ).groups()
        assert said[0] == f"n{int(p.argmax())}"
        assert float(said[1]) == pytest.approx(p.max().item(), abs=0.005001)
        assert [int(each) for each in said[2:4] + said[5:]] == [kept, len(p), state["draws"]]
        assert int(said[4]) == pytest.approx(100 * mass, abs=0.5001)


def test_a_nucleus_that_is_reached_takes_no_more(stage):
    page, p = stage(example()), torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
    for mass in (0.25, 0.5, 0.75):
        wanted = distribution(p.log(), 1.0, None, mass)
        assert page.evaluate(COMPUTE, [p.log().tolist(), 1.0, 0, mass]) == pytest.approx(wanted.tolist(), abs=1e-6)
        assert wanted[0] == {0.25: 1.0, 0.5: 1.0}.get(mass, 2 / 3)


def test_of_tokens_alike_the_first_stand_first(stage):
    page = stage(example())
    logits = [1.0, 2.0, 1.0, 2.0, 1.0]
    page.put(logits=packed(torch.tensor(logits, dtype=torch.float64)), names=list("abcde"), temperature=1.0, top_k=3)
    rows = page.locator(".unrolled-drawing g text:first-of-type").all_text_contents()
    assert rows == ["abcde"[n] for n in torch.tensor(logits).argsort(descending=True, stable=True).tolist()]
    assert [n > 0 for n in page.evaluate(COMPUTE, [logits, 1.0, 3, 1.0])] == [True, True, False, True, False]


def test_at_temperature_0_the_bars_stand_in_the_order_of_the_logits(stage):
    widget = example()
    widget.temperature = 0
    page = stage(widget)
    likeliest = [NAMES[n] for n in read([7]).argsort(descending=True).tolist()]
    rows = page.locator(".unrolled-drawing g text:first-of-type").all_text_contents()
    assert rows == likeliest[:12]
    told = ", ".join(f"{name} {p:.2f}" for name, p in zip(likeliest, [1, 0, 0, 0], strict=False))
    assert widget.draw()[1].endswith(f"the likeliest next tokens: {told}.")
    plt.close("all")


def made(read, names=("a", "b", "c"), join=" ".join):
    return Sampler(
        read, list(names), encode=lambda text: [0] * len(text), join=join, distribution=distribution, prompt="x"
    )


def test_a_token_that_is_forbidden_by_minus_infinity_is_never_drawn(stage):
    widget = made(lambda numbers: torch.tensor([1.0, -torch.inf, 0.5]))
    page = stage(widget)
    assert "2 of 3 tokens can be drawn" in page.locator("p[role=status]").text_content()
    widget.draws = 40
    assert set(widget.text.split()) == {"a", "c"}
    assert "b 0.00" in widget.draw()[1]
    plt.close("all")


def test_what_can_be_drawn_in_the_kernel_is_what_the_browser_counts(stage):
    """In float32, as the model's scores come, the last two would have a probability of 0."""
    widget, drawn_from = made(lambda numbers: torch.tensor([0.0, -110.0, -300.0])), []
    widget.distribution = lambda *given: drawn_from.append(distribution(*given)) or drawn_from[-1]
    widget.draws = 2
    assert "3 of 3 tokens can be drawn" in stage(widget).locator("p[role=status]").text_content()
    assert [int((p > 0).sum()) for p in drawn_from] == [3, 3]
    assert torch.equal(drawn_from[0], distribution(unpacked(widget.logits), 1.0))


@pytest.mark.parametrize(("width", "share"), [(900, 1), (360, 0.6)])
def test_the_drawing_shrinks_with_the_window(stage, width, share):
    page = stage(example(), width=width)
    room = page.locator(".unrolled-drawing").evaluate("node => node.clientWidth")
    box = page.locator(".unrolled-drawing svg").bounding_box()
    wide, high = box["width"], box["height"]
    assert share * 520 <= wide <= min(room, 520)
    assert high / wide == pytest.approx((12 * 20 + 26) / 520, abs=0.01)


def test_a_name_of_spaces_or_line_breaks_can_be_seen(stage):
    page = stage(made(lambda numbers: torch.tensor([3.0, 2.0, 1.0]), names=[" ", "\n", "a b"]))
    assert page.locator(".unrolled-drawing g text:first-of-type").all_text_contents() == ["␣", "↵", "a␣b"]
    assert "Likeliest next: “␣”" in page.locator("p[role=status]").text_content()


@pytest.mark.parametrize("wrong", [[0.0, torch.nan, 1.0], [0.0, torch.inf, 1.0], [-torch.inf] * 3])
def test_logits_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="read must give logits that are numbers, or −∞ for some; the largest is"):
        made(lambda numbers: torch.tensor(wrong))


def test_dollars_are_no_mathematics():
    widget = made(lambda numbers: torch.zeros(3), names=["$x_$", r"$\foo$", "$"])
    assert widget.figure().startswith("<img")


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
    assert f"5 of 30 tokens can be drawn; they hold {100 * held:.0f}\u00a0% of the probability." in said


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


def test_when_no_more_are_kept_it_says_so(stage):
    widget = example()
    widget.draws = 299
    assert "the most" not in widget.draw()[1]
    page = stage(widget)
    says = page.locator("p[role=status]")
    assert says.text_content().endswith(" 299 drawn so far.")
    page.get_by_role("button", name="run 10").click()
    assert page.trait("draws") == 300
    assert says.text_content().endswith(" 300 drawn so far, the most it keeps: back or reset.")
    page.get_by_role("button", name="step").click()
    assert page.trait("draws") == 300
    page.get_by_role("button", name="back").click()
    assert says.text_content().endswith(" 299 drawn so far.")
    widget.draws = 300
    assert widget.draw()[1].endswith(" 300 are drawn, the most it keeps.")
    assert len(widget.text.split()) == 300


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
    assert unpacked(widget.logits).tolist() == read(wanted.tolist()).tolist()


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
    assert unpacked(widget.logits).tolist() == read([1]).tolist()


def test_a_prompt_of_nothing_gets_a_sentence_and_changes_nothing(stage):
    widget = example()
    widget.prompt = "never heard"
    assert widget.problem == "a prompt of at least one token is wanted; 'never heard' came"
    assert unpacked(widget.logits).tolist() == read([7]).tolist()
    assert widget.begun == "word3 word7"
    assert widget.draw()[1].startswith("After “word3 word7” the likeliest")
    plt.close("all")
    page = stage(widget)
    assert page.locator(".unrolled-sampler-text").text_content() == "word3 word7  …"
    widget.seed = 5
    assert (widget.begun, widget.problem) == ("word3 word7", "")
    widget.prompt = "word1"
    assert widget.begun == "word1"


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"top_k": 51}, {"nucleus": 0}, {"draws": 301}])
def test_what_is_beyond_the_controls_is_refused(wrong):
    widget = example()
    with pytest.raises(traitlets.TraitError):
        widget.set_trait(*wrong.popitem())


def test_what_was_read_is_shown_as_tokens():
    widget = Sampler(
        read, NAMES, encode=lambda text: [NAMES.index(word) if word in NAMES else 0 for word in text.split()],
        join=" ".join, distribution=distribution, prompt="word3 house",
    )  # fmt: skip
    assert widget.reads == "word3 word0"
    assert "After “word3 word0”" in widget.draw()[1]

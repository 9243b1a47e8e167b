"""The way back from a loss in a browser: its numbers are the library's, its controls move it, nothing is hidden."""

import json
import math
import random
import re

import pytest
import torch
import traitlets
from examples.paths import example
from torch.nn.functional import normalize
from unrolled.gradients import jacobian_product, jacobians, rnn_bptt, shares, singular_values, with_spectral_radius
from unrolled.layers import RNN
from unrolled.show.colours import PALETTE
from unrolled.show.widgets.paths import Paths

MANY = 100  # seeded inputs for every function


def case(seed: int) -> tuple[RNN, torch.Tensor, torch.Tensor, int]:
    """A network, a sequence (T, D), what each loss says (T, H), and a window, all of changing size."""
    torch.manual_seed(seed)
    H, T = 2 + seed % 13, 2 + seed % 11
    rnn = RNN(3, H, ["tanh", "relu"][seed % 2]).double()
    rnn.cell.W_hh.data = with_spectral_radius(torch.randn(H, H).double(), 0.2 + seed % 7 * 0.4)
    return rnn, torch.randn(T, 3).double(), normalize(torch.randn(T, H).double(), dim=-1), seed % 5


def asked(rnn: RNN, x: torch.Tensor, sent: torch.Tensor, window: int) -> dict:
    """The same for the browser."""
    cell = rnn.cell
    numbers = {"W_hh": cell.W_hh, "W_xh": cell.W_xh, "b": cell.b_xh + cell.b_hh, "x": x, "sent": sent[-1]}
    given = {name: value.tolist() for name, value in numbers.items()}
    return {**given, "nonlinearity": cell.nonlinearity, "t": len(x) - 1, "window": window}


def by_library(rnn: RNN, x: torch.Tensor, sent: torch.Tensor, window: int) -> dict[str, torch.Tensor]:
    """What the last loss sends back."""
    trace, own = rnn(x[None]), torch.zeros_like(sent)
    own[-1] = sent[-1]
    gradients = rnn_bptt(rnn.cell, x[None], trace, own[None], window=window or None)
    J = jacobians(rnn.cell, trace)
    each = shares(gradients, x[None], trace.h).W_hh[-1]  # (T, H, H)
    return {
        "h": trace.h[0].detach(),
        "blame": gradients.blame[0, -1],
        "blame_a": gradients.blame_a[0, -1],
        "factors": singular_values(J[0])[:, 0],
        "shares": each.flatten(1).norm(dim=1),
        "sums": torch.cat([torch.zeros(1), each.cumsum(0).flatten(1).norm(dim=1)]),
        "product": singular_values(jacobian_product(J, 0, len(x) - 1))[0, 0],
    }


COMPUTED = """cases => cases.map(given => {
    const W_hh = given.W_hh.map(row => Float64Array.from(row));
    const { h, slope } = widget.forward({ ...given, W_hh });
    const { blame, blame_a } = widget.backward({ ...given, W_hh, slope });
    const WtW = widget.gram(W_hh, true);
    const rows = each => each.map(row => [...row]);
    return {
        h: rows(h), blame: rows(blame), blame_a: rows(blame_a), ...widget.sharesOf(h, blame_a),
        factors: slope.map(each => widget.factor(WtW, each)),
        product: widget.productNorm(W_hh, slope, 0, given.t),
    };
})"""


@pytest.fixture
def drawn(stage):
    return stage(example())


def test_every_function_of_the_browser_gives_what_the_library_gives(drawn):
    cases = [case(seed) for seed in range(MANY)]
    found = drawn.evaluate(COMPUTED, [asked(*each) for each in cases])
    for each, came in zip(cases, found, strict=True):
        for name, wanted in by_library(*each).items():
            ours = torch.tensor(came[name], dtype=torch.float64)
            assert (ours - wanted).abs().max() <= 1e-6 * max(1.0, wanted.abs().max().item()), name
            assert (ours - wanted).norm() <= 1e-6 * wanted.norm() + 1e-14, name


# ── All that is drawn or said, in random states of the traits ──


CARRIED = ("base", "W_xh", "b", "x", "sent")


def at_random(seed: int, T: int, radii: tuple[float, float]) -> dict:
    """A value for every control; T is the longest sequence."""
    draw = random.Random(seed)
    length = draw.randint(2, T)
    loss = draw.randint(1, length)
    return {
        "spectral_radius": round(draw.uniform(*radii), 2),
        "matrix": draw.choice(["its own", "its own", "identity"]),
        "nonlinearity": draw.choice(["tanh", "relu"]),
        "strength": round(draw.uniform(0, 3), 1),
        "length": length,
        "loss": loss,
        "step": draw.randint(1, loss),
        "window": draw.choice([0, 0, 0, 1, draw.randint(2, T)]),
    }


def network_of(paths: Paths) -> tuple[RNN, torch.Tensor, torch.Tensor]:
    """The RNN that the traits describe, its input (T, D), and what each loss says (T, H)."""
    base, W_xh, b, x, sent = (torch.tensor(getattr(paths, name), dtype=torch.float64) for name in CARRIED)
    rnn = RNN(len(W_xh), len(b), paths.nonlinearity).double()
    rnn.cell.W_hh.data = paths.spectral_radius * (torch.eye(len(b)).double() if paths.matrix == "identity" else base)
    rnn.cell.W_xh.data, rnn.cell.b_xh.data, rnn.cell.b_hh.data = W_xh, b, torch.zeros_like(b)
    return rnn, paths.strength * x[: paths.length], sent[: paths.length]


@torch.no_grad()
def all_of(paths: Paths) -> dict:
    """The numbers of this state by the library, under the names of `numbers` in paths.js."""
    rnn, x, sent = network_of(paths)
    T, t, k, window = paths.length, paths.loss, paths.step, paths.window
    trace, J = rnn(x[None]), jacobians(rnn.cell, rnn(x[None]))
    gradients = rnn_bptt(rnn.cell, x[None], trace, sent[None], window=window or None)
    each = shares(gradients, x[None], trace.h).W_hh[t - 1]  # (T, H, H)
    factors, arrives = singular_values(J[0])[:, 0], gradients.blame[0, t - 1].norm(dim=-1)
    whole, until = each.sum(0).norm().item(), each[:k].sum(0).norm().item()
    cuts = [window > 0 and n > 0 and n % window == 0 for n in range(T)]
    return {
        "T": T,
        "t": t,
        "k": k,
        "window": window,
        "factors": factors.tolist(),
        "onWay": factors[k:t].tolist(),
        "cuts": cuts,
        "arrives": arrives.tolist(),
        "shares": each.flatten(1).norm(dim=1).tolist(),
        "bound": [0 if any(cuts[n:t]) else (arrives[t - 1] * factors[n:t].prod()).item() for n in range(1, t + 1)],
        "whole": whole,
        "part": 100 * until / whole if whole else 0,
        "most": singular_values(jacobian_product(J, k - 1, t - 1))[0, 0].item(),
        "multiplied": factors[k:t].prod().item(),
    }


def test_all_that_is_drawn_or_said_is_the_librarys_in_100_states(drawn):
    made = []
    for seed in range(MANY):
        rnn, x, sent, _ = case(seed)
        made.append(Paths(rnn.cell, x, sent, **at_random(seed, len(x), (0.1, 3))))
    states = [{name: getattr(each, name) for name in each.keys if name in (*CARRIED, *each.controls)} for each in made]
    found = drawn.evaluate("all => all.map(state => widget.numbers({ get: name => state[name] }))", states)
    for paths, came in zip(made, found, strict=True):
        wanted = all_of(paths)
        assert came.keys() == wanted.keys()
        for name, value in wanted.items():
            assert came[name] == pytest.approx(value, rel=1e-6, abs=1e-14), name


DRAWN = """states => states.map(state => {
    model.take(state);
    const d = name => document.querySelector(`.unrolled-paths-${name}`);
    const texts = [...document.querySelectorAll("svg text")].map(each => ({
        text: each.textContent, x: Number(each.getAttribute("x")), y: Number(each.getAttribute("y")),
        bold: each.getAttribute("font-weight") === "700",
    }));
    const lines = ["bars", "zeros", "low", "high", "arrives", "dots", "bound", "path", "way", "gaps", "chain", "ends"];
    return {
        ...Object.fromEntries(lines.map(name => [name, d(name).getAttribute("d")])), texts,
        fills: [...document.querySelectorAll(".unrolled-paths-cell")].map(each => each.style.fill),
        says: document.querySelector("p[role=status]").textContent,
    };
})"""
LEFT, WIDE, FLOOR = 64, 690, 274  # of the drawing


@pytest.fixture(scope="module")
def states() -> list[tuple[dict, dict]]:
    """100 states of the example's controls, each with its numbers by the library."""
    paths, made = example(), []
    for seed in range(MANY):
        state = at_random(seed, 12, (0.6, 1.6))
        for name in Paths.controls:
            setattr(paths, name, state[name])
        made.append((state, all_of(paths)))
    return made


@pytest.fixture
def pictures(drawn, states) -> list[tuple[dict, dict]]:
    """What is drawn in each of them, and the numbers."""
    found = drawn.evaluate(DRAWN, [state for state, _ in states])
    return list(zip(found, [numbers for _, numbers in states], strict=True))


def points(path: str, mark: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(mark, path)]


def column(T: int) -> float:
    return min(76, WIDE / T)


def steps_at(xs: list[float], T: int) -> list[int]:
    """The steps whose middles these places are."""
    steps = [(x - LEFT) / column(T) + 0.5 for x in xs]
    assert steps == pytest.approx([round(step) for step in steps], abs=1e-6)
    return [round(step) for step in steps]


def powers(texts: list[dict]) -> dict[int, float]:
    """The axis: where each named power of ten stands."""
    plain = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    names = [(each["text"], each["y"] - 4) for each in texts if each["x"] == LEFT - 8 and each["y"] > 130]
    return {0 if name == "1" else int(name[2:].translate(plain)): y for name, y in names}


def logarithms(ys: list[float], axis: dict[int, float]) -> list[float]:
    (high, top), (low, bottom) = max(axis.items()), min(axis.items())
    return [low + (y - bottom) * (high - low) / (top - bottom) for y in ys]


def ends(numbers: dict) -> tuple[int, int]:
    """Of the axis: the powers of ten around all shares and blame, from two to thirty of them, 1 among the higher."""
    values = torch.tensor([*numbers["shares"][: numbers["t"]], *numbers["arrives"][: numbers["t"]]]).double()
    found = values[values > 0].log10()
    high = math.ceil(max(0.0, *found.tolist()) - 1e-9)
    return max(high - 30, min(high - 2, math.floor(min(0.0, *found.tolist()) + 1e-9))), high


def assert_drawn(found: list[tuple[float, float]], values: list[float], axis: dict, T: int) -> None:
    """Every value above the axis' lower end stands over its step at its height; the others are not drawn."""
    low, high = logarithms([FLOOR, 134], axis)
    seen = {n: math.log10(value) for n, value in enumerate(values, 1) if value > 0}
    seen = {n: power for n, power in seen.items() if low - 1e-9 <= power <= high + 1e-9}
    assert steps_at([x for x, _ in found], T) == list(seen)
    assert logarithms([y for _, y in found], axis) == pytest.approx(list(seen.values()), abs=1e-6)


def test_bars_and_lines_stand_at_the_librarys_numbers_in_100_states(pictures):
    for picture, numbers in pictures:
        T, t, axis = numbers["T"], numbers["t"], powers(picture["texts"])
        assert logarithms([FLOOR, 134], axis) == pytest.approx(ends(numbers), abs=1e-6)
        half = max(1.5, min(14, column(T) * 0.35))
        bars = [(x + half, y) for x, y in points(picture["bars"], r"M([\d.]+) 274V([\d.]+)h")]
        assert_drawn(bars, numbers["shares"][:t], axis, T)
        assert_drawn(points(picture["arrives"], r"[ML]([\d.]+) ([\d.]+)"), numbers["arrives"][:t], axis, T)
        assert_drawn(points(picture["dots"], r"M([\d.]+) ([\d.]+)h0"), numbers["arrives"][:t], axis, T)
        assert_drawn(points(picture["bound"], r"[ML]([\d.]+) ([\d.]+)"), numbers["bound"], axis, T)
        zeros = [x + 3 for x, _ in points(picture["zeros"], r"M([\d.]+) (279)a")]
        assert steps_at(zeros, T) == [n for n in range(1, t + 1) if numbers["shares"][n - 1] == 0]
        below = [x + 3 for x, _ in points(picture["low"], r"M([\d.]+) (276)h")]
        floor = 10 ** logarithms([FLOOR], axis)[0]
        assert steps_at(below, T) == [n for n in range(1, t + 1) if 0 < numbers["shares"][n - 1] < floor]
        above = [x + 4 for x, _ in points(picture["high"], r"M([\d.]+) (141)h")]  # where the dashed line leaves
        top = 10 ** logarithms([134], axis)[0]
        assert steps_at(above, T) == [n for n in range(1, t + 1) if numbers["bound"][n - 1] > top * (1 + 1e-8)][-1:]


@pytest.mark.parametrize(("radius", "size", "reach"), [(0.1, 1, (-30, 0)), (1.0, 1e-3, (-4, 0)), (1.0, 800, (0, 3))])
def test_the_axis_reaches_from_1_down_to_what_is_small_and_no_farther_than_thirty_powers(stage, radius, size, reach):
    paths = example(units=4, steps=40, step=1, spectral_radius=radius, strength=0.0, length=40 if radius < 1 else 2)
    paths.sent = (size * torch.tensor(paths.sent)).tolist()
    found = stage(paths).evaluate(DRAWN, [{}])[0]
    assert logarithms([FLOOR, 134], powers(found["texts"])) == pytest.approx(reach, abs=1e-6)
    assert ends(all_of(paths)) == reach


def colours(fill: str) -> tuple[str, int]:
    """The colour that is mixed in, and how much of it in percent; the browser leaves a half away."""
    *parts, share = re.search(r"rgb\((\d+), (\d+), (\d+)\)(?: (\d+)%)?", fill).groups()
    red, green, blue = map(int, parts)
    return f"#{red:02x}{green:02x}{blue:02x}", int(share or 50)


def test_the_factors_stand_in_their_cells_on_their_colours_in_100_states(pictures):
    for picture, numbers in pictures:
        T, written = numbers["T"], [each for each in picture["texts"] if each["y"] == 97][:-1]  # the last names the row
        assert steps_at([each["x"] + column(T) / 2 for each in written], T) == list(range(2, T + 1))
        assert len(picture["fills"]) == T - 1
        for n, text, fill in zip(range(1, T), written, picture["fills"], strict=True):
            factor, cut = numbers["factors"][n], numbers["cuts"][n]
            assert text["text"] == ("cut" if cut else short(factor))
            assert (fill == "none") == cut
            if not cut:
                power = math.log2(factor) if factor else -math.inf
                colour, share = colours(fill)
                assert colour == PALETTE[0 if power < 0 else 1].lower()
                assert abs(share - 60 * min(1, abs(power))) <= 0.5 + 1e-6


def test_the_path_goes_from_the_loss_to_the_step_or_to_the_cut_in_100_states(pictures):
    for picture, numbers in pictures:
        T, t, k, cuts = (numbers[name] for name in ("T", "t", "k", "cuts"))
        last = max([n for n in range(k + 1, t + 1) if cuts[n - 1]], default=k)
        (start, _), end = points(picture["path"], r"M([\d.]+) (18)V62")[0], float(picture["path"].split("H")[1])
        assert steps_at([start, end], T) == [t, last]
        rings = points(picture["ends"], r"M([\d.]+) (\d+)a")
        radius = 12
        assert [(steps_at([x + radius], T)[0], y) for x, y in rings] == [(t, 18), (k, 62)]
        gaps = [x + column(T) / 2 for x, _ in points(picture["gaps"], r"M([\d.]+) (46)V")]
        assert steps_at(gaps, T) == [n for n in range(1, T + 1) if cuts[n - 1]]
        chain = [x for x, _ in points(picture["chain"], r"M([\d.]+) (62)h")]
        assert steps_at(chain, T) == [n for n in range(2, T + 1) if not cuts[n - 1]]
        way = [float(x) for x in re.findall(r"[MH]([\d.]+)", picture["way"])]
        assert steps_at(way, T) == ([k, t, k] if t > k else [])
        bold = [(each["text"], *steps_at([each["x"]], T)) for each in picture["texts"] if each["bold"]]
        assert sorted(bold) == sorted([(str(k), k), (f"L{lowered(t)}", t), (f"h{lowered(k)}", k)])


def lowered(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def short(value: float) -> str:
    """As the widget writes a number: two digits and more, far from 1 with a power of ten."""
    if value == 0:
        return "0"
    digits, power = f"{value:.1e}".split("e")
    if -2 <= int(power) < 3:
        return f"{value:.{max(0, 2 if power == '+00' else 1 - int(power))}f}"
    return f"{digits}·10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def sentence(numbers: dict) -> str:
    """What the widget says of these numbers."""
    t, k, onWay, arrives = (numbers[name] for name in ("t", "k", "onWay", "arrives"))
    low, high = (short(each(onWay, default=0)) for each in (min, max))
    cut = max([n for n in range(k + 1, t + 1) if numbers["cuts"][n - 1]], default=0)
    product, most = short(numbers["multiplied"]), short(numbers["most"])
    only = "too" if most == product else f"only {most}"
    products = f"the product of their norms is {product}, the norm of their product {only}"
    factors = f"{len(onWay)} factors of norm {low if low == high else f'{low} to {high}'}; {products}"
    if t == k:
        way = f"the loss says {short(arrives[t - 1])} to its own state, with no factor on the way."
    elif cut:
        way = f"windows of {numbers['window']} cut the way between steps {cut} and {cut - 1}; "
        way += f"nothing arrives at h{lowered(k)}. The state still crosses there."
    else:
        way = f"one factor of norm {low}" if len(onWay) == 1 else factors
        way += f". The loss sends {short(arrives[t - 1])}, and {short(arrives[k - 1])} arrives."
    part, whole = numbers["part"], numbers["whole"]
    percent = short(part) if part < 0.1 or part >= 1000 else f"{part:.{1 if part < 10 else 0}f}"
    share = f"The use of W_hh at step {k} adds {short(numbers['shares'][k - 1])}; steps 1 to {k} together are "
    share += f"{percent}\u00a0% of the gradient through this loss, whose length is {short(whole)}."
    if k == 1:
        share = "The use at step 1 adds 0, since the state before it is 0."
    if whole == 0:
        share = "Through this loss W_hh gets no gradient."
    return f"Loss {t}, step {k}: {way} {share}"


def test_the_sentence_says_the_librarys_numbers_in_100_states(pictures):
    said = [picture["says"] for picture, _ in pictures]
    assert said == [sentence(numbers) for _, numbers in pictures]
    for part in (
        "no factor on the way",
        "cut the way",
        "one factor",
        "factors of norm",
        "% of the gradient",
        "only ",
        "adds 0,",
    ):
        assert sum(part in each for each in said) >= 3, part


def test_numbers_are_rounded_before_their_power_of_ten_is_taken(drawn):
    values = [9.97e-4, 9.94e-4, 0.00997, 0.0996, 0.996, 9.97, 99.7, 996, 0, 1, 1e-300, 3.3e29]
    wanted = ["1.0·10⁻³", "9.9·10⁻⁴", "0.010", "0.10", "1.00", "10", "100", "1.0·10³", "0", "1.00"]
    assert drawn.evaluate("all => all.map(widget.short)", values) == [*wanted, "1.0·10⁻³⁰⁰", "3.3·10²⁹"]
    assert [short(value) for value in values[:-2]] == wanted


def test_the_norm_of_a_matrix_is_its_largest_singular_value(drawn):
    torch.manual_seed(1)
    matrices = [torch.randn(1 + n % 24, 1 + n % 24).double() * 10.0 ** (n % 9 * 8 - 32) for n in range(MANY)]
    matrices += [torch.eye(5).double(), torch.zeros(3, 3).double(), torch.diag(torch.tensor([1.0, 2.0, 2.0])).double()]
    matrices += [torch.outer(torch.arange(4.0), torch.ones(4)).double()]
    came = drawn.evaluate("all => all.map(widget.spectralNorm)", [each.tolist() for each in matrices])
    wanted = [singular_values(each)[0].item() for each in matrices]
    assert came == pytest.approx(wanted, rel=1e-6, abs=0)


@pytest.mark.parametrize("seed", range(10))
def test_the_static_figure_has_the_library_s_numbers(seed):
    rnn, x, sent, window = case(seed)
    found, wanted = Paths(rnn.cell, x, sent, window=window).way(), by_library(rnn, x, sent, window)
    torch.testing.assert_close(found.factors, wanted["factors"])
    torch.testing.assert_close(found.arrives, wanted["blame"].norm(dim=1))
    torch.testing.assert_close(found.shares, wanted["shares"])
    torch.testing.assert_close(found.most, wanted["product"])


def test_the_first_picture_has_every_factor_and_says_what_arrives(drawn):
    paths = example()
    way = paths.way()
    texts = drawn.locator("svg text").all_text_contents()
    for value in way.factors[1:].tolist():
        assert f"{value:.2f}" in texts
    says = drawn.locator("p[role=status]").text_content()
    low, high = way.factors[4:].min(), way.factors[4:].max()
    assert says.startswith(f"Loss 12, step 4: 8 factors of norm {low:.2f} to {high:.2f};")
    assert (
        f"the product of their norms is {way.factors[4:].prod():.2f}, the norm of their product only {way.most:.3f}."
        in says
    )
    assert f"The loss sends 1.00, and {way.arrives[3]:.3f} arrives." in says
    assert f"at step 4 adds {way.shares[3]:.3f}" in says


def heights(page) -> dict[int, float]:
    """The top of every bar by its step, in the drawing's own units."""
    path = page.locator(".unrolled-paths-bars").first.get_attribute("d")
    bars = [each.split("V") for each in path.split("M") if each]
    return {round((float(x.split()[0]) + 14 - 64) / (690 / 12) + 0.5): float(y.split("h")[0]) for x, y, *_ in bars}


def test_the_bars_stand_as_high_as_the_shares_are_large(drawn):
    shares_of = example().way().shares
    found = heights(drawn)
    assert sorted(found) == list(range(2, 13))  # the first is 0, which no logarithm has
    decade = (found[2] - found[12]) / math.log10(shares_of[11] / shares_of[1])
    for n, y in found.items():
        assert y == pytest.approx(found[12] + decade * math.log10(shares_of[11] / shares_of[n - 1]), abs=1e-6)
    assert drawn.locator(".unrolled-paths-zeros").first.get_attribute("d").count("M") == 1


SLIDERS = ["spectral radius", "input strength", "length", "loss", "step", "window (0: no cut)"]
TRAITS = ["spectral_radius", "strength", "length", "loss", "step", "window"]


def picture(page) -> str:
    return page.locator(".unrolled-drawing").inner_html()


@pytest.mark.parametrize(("label", "trait"), list(zip(SLIDERS, TRAITS, strict=True)))
def test_every_slider_moves_its_trait_and_the_picture(drawn, label, trait):
    slider = drawn.get_by_role("slider", name=label, exact=True)
    before, drawing = drawn.trait(trait), picture(drawn)
    slider.press("ArrowRight" if trait in ("spectral_radius", "strength", "window") else "ArrowLeft")
    after = drawn.trait(trait)
    assert after != before
    assert picture(drawn) != drawing
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] * 0.6, "y": box["height"] / 2})
    assert drawn.trait(trait) not in (before, after)


@pytest.mark.parametrize(
    ("label", "trait", "other"), [("W_hh", "matrix", "identity"), ("non-linearity", "nonlinearity", "relu")]
)
def test_the_menus_change_the_network(drawn, label, trait, other):
    before = picture(drawn)
    drawn.get_by_role("combobox", name=label, exact=True).press("ArrowDown")
    assert drawn.trait(trait) == other
    assert picture(drawn) != before


MOVED = {"spectral_radius": 2.2, "matrix": "identity", "nonlinearity": "relu", "strength": 2.7}
MOVED |= {"length": 9, "loss": 6, "step": 3, "window": 2}
PRESETS = {"make it vanish": (0.0, 1e-2), "make it explode": (2.0, math.inf), "identity": (0.02, 1.0)}


def first_state(page, **size) -> float:
    """What arrives at step 1, by autograd, with the controls as they stand in the browser."""
    now = example(**size)
    for trait in now.controls:
        setattr(now, trait, page.trait(trait))
    return now.way().arrives[0].item()


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("size", [{"units": 24, "steps": 40}, {"units": 8, "steps": 12}])
@pytest.mark.parametrize("seed", range(3))
def test_presets_do_what_they_say(stage, name, size, seed):
    page = stage(example(**size, seed=seed))
    page.get_by_role("button", name=name).press("Enter")
    low, high = PRESETS[name]
    assert low < first_state(page, **size, seed=seed) <= high
    last = size["steps"]
    assert (page.trait("length"), page.trait("loss"), page.trait("step")) == (last, last, 1)
    says = page.locator("p[role=status]").text_content()
    assert f"{last - 1} factors" in says
    if name == "identity":
        assert (
            f"{last - 1} factors of norm 1.00; the product of their norms is 1.00, the norm of their product too."
            in says
        )


def test_a_preset_sets_every_control_whatever_was_moved_before(stage):
    fresh, moved = stage(example()), stage(example(**MOVED))
    for name in PRESETS:
        for page in (fresh, moved):
            page.get_by_role("button", name=name).click()
        moved.put(**MOVED)
        moved.get_by_role("button", name=name).click()
        assert picture(moved) == picture(fresh)
        assert [moved.trait(trait) for trait in Paths.controls] == [fresh.trait(trait) for trait in Paths.controls]


def test_a_window_cuts_the_way_and_the_shares_beyond_it_are_0(stage):
    page = stage(example(window=5))
    says = page.locator("p[role=status]").text_content()
    assert "windows of 5 cut the way between steps 11 and 10; nothing arrives at h₄" in says
    assert "at step 4 adds 0;" in says
    assert page.locator("svg text", has_text="cut").count() == 2
    assert sorted(heights(page)) == [11, 12]
    page.put(step=11)
    assert "one factor of norm" in page.locator("p[role=status]").text_content()


def test_a_shorter_sequence_takes_loss_and_step_with_it(drawn):
    drawn.get_by_role("slider", name="length", exact=True).press("Home")
    assert [drawn.trait(name) for name in ("length", "loss", "step")] == [2, 2, 2]
    assert "with no factor on the way" in drawn.locator("p[role=status]").text_content()
    paths = example()
    paths.length = 2
    assert (paths.loss, paths.step) == (2, 2)
    paths.loss = 9
    assert paths.loss == 2
    paths.reset()
    assert (paths.length, paths.loss, paths.step) == (12, 12, 4)


def test_a_loss_at_the_end_stays_there_when_the_length_goes_and_comes_back(drawn):
    slider, paths = drawn.get_by_role("slider", name="length", exact=True), example()
    for length, key in [(2, "Home"), (12, "End")]:
        slider.press(key)
        paths.length = length
        assert (drawn.trait("length"), drawn.trait("loss")) == (paths.length, paths.loss) == (length, length)
    drawn.put(loss=7)
    paths.loss = 7
    for length, loss, key in [(11, 7, "ArrowLeft"), (2, 2, "Home"), (12, 12, "End")]:
        slider.press(key)
        paths.length = length
        assert (drawn.trait("length"), drawn.trait("loss")) == (paths.length, paths.loss) == (length, loss)


def test_reset_brings_back_a_loss_before_the_end(stage):
    """Also where it is the one that the shorter sequence ended with."""
    for loss in (5, 7):
        page, paths = stage(example(loss=loss)), example(loss=loss)
        page.put(length=5, loss=5)
        page.get_by_role("button", name="reset").click()
        assert (page.trait("length"), page.trait("loss")) == (12, loss)
        paths.length = 5
        paths.set_state({"length": 12, "loss": loss})  # what the browser sends
        assert (paths.length, paths.loss) == (12, loss)
        paths.length = 5
        paths.reset()
        assert (paths.length, paths.loss, paths.loss_sent) == (12, loss, False)


LOSS_SEEN = """() => {
    const { drawing, at } = { drawing: document.querySelector(".unrolled-drawing"), at: model.get("loss") };
    const [left, { width }] = [drawing.scrollLeft, drawing.querySelector("svg").getBoundingClientRect()];
    const x = (64 + (690 / model.get("length")) * (at - 0.5)) * width / 760;
    return x > left + 10 && x < left + drawing.clientWidth - 10;
}"""


def test_in_a_narrow_window_the_loss_is_in_sight(stage):
    page = stage(example(units=3, steps=30, step=2), width=400)
    page.wait_for_function(LOSS_SEEN)
    assert page.locator(".unrolled-drawing").evaluate("node => node.scrollLeft") > 100
    for loss in (1, 29, 16, 4):
        page.put(loss=loss)
        page.wait_for_function(LOSS_SEEN)
    page.locator(".unrolled-drawing").evaluate("node => { node.scrollLeft = 150; }")
    page.put(spectral_radius=1.1)  # the reader has scrolled, and stays there
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator(".unrolled-drawing").evaluate("node => node.scrollLeft") == 150


@pytest.mark.parametrize("width", [900, 360])
def test_a_loss_and_a_step_are_picked_in_the_drawing(stage, width):
    page = stage(example(), width=width)
    svg, column = page.locator("svg"), 690 / 12
    size = svg.bounding_box()["width"] / 760
    assert (size == 1) == (width == 900)

    def click(x: float, y: float) -> tuple[int, int]:
        svg.click(position={"x": size * x, "y": size * y})
        return page.trait("loss"), page.trait("step")

    assert click(64 + 8.5 * column, 18) == (9, 4)
    assert click(64 + 1.5 * column, 62) == (9, 2)
    assert click(64 + 11.5 * column, 200) == (9, 9)  # beyond the loss, where no blame goes
    assert click(64 + 4.9 * column, 37) == (5, 5)  # above the middle between losses and states
    assert click(64 + 2.5 * column, 45) == (5, 3)  # and below it
    assert click(10, 18) == (5, 3)


@pytest.mark.parametrize(
    "state",
    [
        {"length": 2, "loss": 1, "step": 1},
        {"spectral_radius": 3.0, "nonlinearity": "relu", "strength": 3.0, "step": 1},
        {"spectral_radius": 0.1, "strength": 0.0, "step": 1},
        {"matrix": "identity", "nonlinearity": "relu", "strength": 0.0},
        {"window": 1},
    ],
)
def test_at_the_ends_nothing_is_nan_or_infinite(stage, state):
    page = stage(example(**state))
    whole = picture(page) + page.locator("p[role=status]").text_content()
    assert "NaN" not in whole
    assert "Infinity" not in whole
    assert "undefined" not in whole


def test_a_network_that_is_off_gives_no_gradient_and_says_so(stage):
    paths = example(nonlinearity="relu", strength=0.0)
    paths.b = [-1.0] * 8
    page = stage(paths)
    assert "Through this loss W_hh gets no gradient." in page.locator("p[role=status]").text_content()
    assert page.locator(".unrolled-paths-zeros").first.get_attribute("d").count("M") == 12


def test_the_identity_keeps_the_biases(stage):
    state = {"matrix": "identity", "spectral_radius": 1.0, "nonlinearity": "relu", "strength": 0.0}
    paths = example(**state)
    bias = torch.tensor(paths.b).double()
    way, on = paths.way(), bias > 0
    assert 0 < on.sum() < 8  # a unit whose bias is below 0 is off, and passes nothing
    wanted = torch.tensor(paths.sent)[11].double()[on].norm().item()
    assert way.arrives[3].item() == pytest.approx(wanted)
    says = stage(paths).locator("p[role=status]").text_content()
    assert f"and {wanted:.2f} arrives" in says


def test_long_sequences_have_few_nodes(stage):
    page = stage(example(units=24, steps=61, step=1))
    assert page.locator("svg *").count() < 250
    assert page.locator(".unrolled-paths-cell").count() == 60


def test_what_does_not_fit_is_refused():
    rnn, x, sent, _ = case(3)
    with pytest.raises(ValueError, match=r"x must have shape \(5, 3\); \(5, 2\) came"):
        Paths(rnn.cell, x[:, :2], sent)
    with pytest.raises(ValueError, match="sent must have shape"):
        Paths(rnn.cell, x, sent[:-1])
    with pytest.raises(ValueError, match="2 to 64 steps and at most 32 units"):
        Paths(rnn.cell, x[:1], sent[:1])
    with pytest.raises(ValueError, match="finite"):
        Paths(rnn.cell, x * math.nan, sent)
    with pytest.raises(TypeError, match="no control 'radius'"):
        Paths(rnn.cell, x, sent, radius=1)
    with pytest.raises(traitlets.TraitError):
        Paths(rnn.cell, x, sent, spectral_radius=4.0)
    rnn.cell.W_hh.data.zero_()
    with pytest.raises(ValueError, match="spectral radius is 0"):
        Paths(rnn.cell, x, sent)


def test_it_begins_as_the_network_itself():
    rnn, x, sent, _ = case(2)
    paths = Paths(rnn.cell, x, sent)
    scaled = paths.spectral_radius * torch.tensor(paths.base, dtype=torch.float64)
    torch.testing.assert_close(scaled, rnn.cell.W_hh.data)
    assert json.dumps(paths.start)


def test_the_static_figure_says_where_the_way_is_cut():
    widget = example()
    widget.step, widget.window = 1, 5
    _, told = widget.draw()
    assert "windows of 5 cut it between steps 11 and 10. The loss sends" in told
    assert "and 0 arrives" in told
    widget.window, way = 0, by_library(*network_of(widget), 0)
    product, most = way["factors"][1:].prod(), way["product"]
    assert (
        f"the product of their norms is {product:.2g}, the norm of their product only {most:.2g}. The loss"
        in widget.draw()[1]
    )
    widget.step = widget.loss
    assert "0 factors of norm none" in widget.draw()[1]

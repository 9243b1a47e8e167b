"""The gate lab in a browser: its numbers are the cell's, pushed and as learned; every control is heard."""

import inspect
import math
import re

import pytest
import torch
import traitlets
from examples.gate_lab import TEXT, cell, embed, example
from unrolled.layers import LSTM, LSTMCell, lstm
from unrolled.show.widgets.gate_lab import REACHES, GateLab
from unrolled.show.widgets.widget import packed

RUN = """([drive, W_hh, H, push]) => {
    const numbers = drive.length / (4 * H);
    const trace = widget.run({ drive: Float64Array.from(drive), W_hh: Float64Array.from(W_hh), T: numbers, H }, push);
    return Object.fromEntries([..."ifgoch"].map(name => [name, Array.from(trace[name])]));
}"""


@pytest.fixture
def page(stage):
    return stage(example())


def says(page) -> str:
    return page.locator("p[role=status]").text_content()


def number(page, name: str) -> str:
    return page.locator(f"[data-number={name}]").text_content()


def told(value: torch.Tensor | float) -> str:
    """As the widget writes it."""
    return f"{float(value):z.2f}".replace("-", "−")


def in_browser(page, layer: LSTM, x: torch.Tensor, push: dict | None = None) -> dict[str, torch.Tensor]:
    made = layer.cell
    drive = x @ made.W_xh + made.b_xh + made.b_hh
    H = layer.hidden_size
    parts = page.evaluate(RUN, [drive.flatten().tolist(), made.W_hh.flatten().tolist(), H, push])
    return {name: torch.tensor(part, dtype=torch.float64).view(-1, H) for name, part in parts.items()}


def drawn_at_random(seed: int) -> tuple[LSTM, torch.Tensor]:
    """A layer and an input (T, D), of other sizes each time."""
    draw = torch.Generator().manual_seed(seed)
    T, D, H = (int(torch.randint(2, high, (), generator=draw)) for high in (12, 6, 9))
    layer = LSTM(D, H).double()
    for weight in layer.parameters():
        weight.data.copy_(torch.randn(weight.shape, generator=draw, dtype=torch.float64))
    return layer, torch.randn(T, D, generator=draw, dtype=torch.float64)


def assert_same(found: dict[str, torch.Tensor], wanted: lstm.Trace) -> None:
    for name, part in found.items():
        assert torch.allclose(part, getattr(wanted, name).reshape(part.shape), rtol=0, atol=1e-6), name


@torch.no_grad()
def test_the_browsers_layer_is_the_librarys_and_torchs(page):
    for seed in range(100):
        layer, x = drawn_at_random(seed)
        found = in_browser(page, layer, x)
        assert_same(found, layer(x[None]))
        assert torch.allclose(found["h"], layer.to_torch()(x[None])[0][0], rtol=0, atol=1e-6)


@torch.no_grad()
def test_a_gate_held_everywhere_is_force(page):
    for seed in range(100):
        layer, x = drawn_at_random(seed)
        gate, amount = "ifgo"[seed % 4], (0.0, 1.0, 0.3)[seed % 3]
        push = {"gate": gate, "how": "held at", "amount": amount, "unit": None, "step": None}
        assert_same(in_browser(page, layer, x, push), layer(x[None], force={gate: amount}))


@torch.no_grad()
def test_a_bias_pushed_everywhere_is_another_bias(page):
    for seed in range(100):
        layer, x = drawn_at_random(seed)
        gate, amount = "ifgo"[seed % 4], (2.0, -8.0, 0.5)[seed % 3]
        push = {"gate": gate, "how": "bias plus", "amount": amount, "unit": None, "step": None}
        found = in_browser(page, layer, x, push)
        layer.cell.b_hh.view(4, -1)["ifgo".index(gate)] += amount
        assert_same(found, layer(x[None]))


@torch.no_grad()
def test_a_push_reaches_one_unit_one_step_or_all_as_pythons_run_does(page):
    for seed in range(100):
        made, reach = cell(seed, H=5), REACHES[seed % 3]
        gate, how = "ifgo"[seed % 4], ("held at", "bias plus")[seed % 2]
        lab = GateLab(made, embed, "a (b) c", unit=seed % 5, step=1 + seed % 7, gate=gate, how=how, reach=reach)
        unit = None if reach == REACHES[2] else lab.unit
        step = lab.step - 1 if reach == REACHES[0] else None
        push = {"gate": gate, "how": how, "amount": 1.0 if how == "held at" else 2.0, "unit": unit, "step": step}
        layer = LSTM(4, 5).double()
        layer.cell = made
        assert_same(in_browser(page, layer, embed("a (b) c"), push), lab.run())


@torch.no_grad()
def test_pythons_run_pushes_only_what_it_says():
    lab = GateLab(cell(), embed, TEXT, unit=3, step=5, gate="f", reach=REACHES[0])
    pushed, learned = lab.run(), lab.run(pushed=False)
    assert pushed.f[4, 3] == 1
    assert torch.equal(pushed.c[:4], learned.c[:4])
    others = [unit for unit in range(12) if unit != 3]
    assert torch.equal(pushed.f[4, others], learned.f[4, others])
    assert not torch.equal(pushed.h[5], learned.h[5])
    lab.reach = REACHES[1]
    assert (lab.run().f[:, 3] == 1).all()
    assert not (lab.run().f[:, others] == 1).any()
    lab.reach, layer = REACHES[2], LSTM(4, 12).double()
    layer.cell = lab.cell
    assert torch.allclose(lab.run().c, layer(embed(TEXT)[None], force={"f": 1.0}).c[0])


@pytest.mark.parametrize("step", [1, 9, len(TEXT)])
@pytest.mark.parametrize("gate", ["none", "f", "g"])
def test_the_diagram_the_equations_and_the_sentence_hold_the_cells_numbers(page, step, gate):
    lab = example()
    lab.step, lab.gate = step, gate
    page.put(step=step, gate=gate)
    trace = lab.run()
    now = {name: getattr(trace, name)[step - 1, 3].item() for name in "ifgoch"}
    before = trace.c[step - 2, 3].item() if step > 1 else 0.0
    for name, value in now.items():
        assert number(page, name) == told(value)
    assert number(page, "before") == told(before)
    assert number(page, "keep") == told(now["f"] * before)
    assert number(page, "write") == told(now["i"] * now["g"])
    assert number(page, "tanh") == told(torch.tensor(now["c"]).tanh())
    for name, value in now.items():
        line = page.locator(f"[data-equation={name}]").text_content()
        assert line.endswith(told(value)), line
    _, alt = lab.draw()
    for shown in (f"= {told(now['c'])};", f"h = {told(now['h'])} out"):
        assert shown in says(page)
        assert shown in alt.replace("-", "−")
    learned = lab.run(pushed=False).c[step - 1, 3]
    assert (f"as learned, c would be {told(learned)}." in says(page)) == (gate != "none")


@torch.no_grad()
def test_the_terms_of_an_equation_make_its_gate(page):
    """What comes from x and b, and from h, in float64 by hand."""
    page.put(gate="none")
    made, trace = cell(), example().run(pushed=False)
    for block, name in enumerate("ifgo"):
        place = 12 * block + 3
        x = (embed(TEXT)[8] @ made.W_xh + made.b_xh + made.b_hh)[place]
        h = (trace.h[7] @ made.W_hh)[place]
        sign = "−" if h < -0.005 else "+"
        line = page.locator(f"[data-equation={name}]").text_content()
        assert f"({told(x)} from x and b {sign} {told(abs(h))} from h)" in line


def test_the_pushed_gate_says_so(page):
    assert page.locator("[data-equation=f]").text_content() == "held at 1.00"
    assert page.locator(".unrolled-gate-lab-pushed").get_attribute("data-box") == "f"
    page.put(how="bias plus", plus=-1.5)
    assert "− 1.50 pushed)" in page.locator("[data-equation=f]").text_content()
    page.put(step=3, reach=REACHES[1])
    assert page.locator(".unrolled-gate-lab-pushed").count() == 1
    page.put(reach=REACHES[0], gate="none")
    assert page.locator(".unrolled-gate-lab-pushed").count() == 0


def heights(page, row: str, kind: int) -> list[float]:
    """How far each bar (2) or line (3) of a row reaches from its zero, downward positive as on the screen."""
    path = page.locator(f"[data-row={row}] path").nth(kind).get_attribute("d")
    zero = float(re.search(r" ([\d.]+)H", page.locator(f"[data-row={row}] path").first.get_attribute("d"))[1])
    pattern = r"M[\d.]+ [\d.]+V([-\d.]+)h" if kind == 1 else r"M[\d.]+ ([-\d.]+)h"
    return [float(y) - zero for y in re.findall(pattern, path)]


def heights_of(c: torch.Tensor, learned: torch.Tensor) -> object:
    """How far the bars of c reach in a row 64 high, whose scale holds for what is learned too."""
    return pytest.approx((-c * 32 / max(1, c.abs().max(), learned.abs().max())).tolist(), abs=0.06)


@pytest.mark.parametrize("row", list("figoch"))
def test_the_strip_is_drawn_to_the_cells_numbers(page, row):
    lab = example()
    lab.reach = REACHES[2]
    page.put(reach=REACHES[2])
    pushed, learned = lab.run(), lab.run(pushed=False)
    high = {"c": 32, "g": 15, "h": 15}.get(row, 20)
    reach = max(1, pushed.c[:, 3].abs().max(), learned.c[:, 3].abs().max()) if row == "c" else 1
    bars, lines = (-getattr(trace, row)[:, 3] * high / reach for trace in (pushed, learned))
    assert heights(page, row, 1) == pytest.approx(bars.tolist(), abs=0.06)
    apart = lines[(bars - lines).abs() > 1].tolist()  # a line only where it can be told from the bar's end
    assert heights(page, row, 2) == pytest.approx(apart, abs=0.06)
    assert apart
    page.put(gate="none")
    assert heights(page, row, 2) == []


def test_a_click_in_the_strip_and_the_step_slider_do_the_same(page):
    letters = page.locator(".unrolled-gate-lab-strip > text")
    for step in (1, 7, len(TEXT)):
        letters.nth(step - 1).click()
        assert page.trait("step") == step
        assert f"(step {step} of {len(TEXT)})" in says(page)
        assert page.get_by_role("slider", name="step").input_value() == str(step)
    page.get_by_role("slider", name="step").press("ArrowLeft")
    assert page.trait("step") == len(TEXT) - 1
    page.locator(".unrolled-gate-lab-strip").click(position={"x": 4, "y": 40})  # beside the text
    assert page.trait("step") == len(TEXT) - 1


@pytest.mark.parametrize("term", list("figoch"))
def test_equation_code_wire_and_row_light_up_together(page, term):
    page.get_by_role("combobox", name="light").select_option(term)
    lit = page.locator(".unrolled-gate-lab-lit")
    kinds = lit.evaluate_all("nodes => nodes.map(node => [node.tagName, node.dataset.term])")
    assert {each for _, each in kinds} == {term}
    assert page.locator("tr.unrolled-gate-lab-lit").count() == 1
    assert page.locator("g.unrolled-arrow.unrolled-gate-lab-lit").count() >= 1
    assert page.locator("g[data-row].unrolled-gate-lab-lit").count() == 1
    assert page.locator("g.unrolled-gate-lab-part.unrolled-gate-lab-lit").count() >= 1


def test_a_term_is_lit_by_key_by_pointer_and_while_the_pointer_is_there(page):
    name = page.get_by_role("button", name="light o")
    name.focus()
    page.keyboard.press("Enter")
    assert page.trait("light") == "o"
    page.locator("[data-box=i]").click()
    assert page.trait("light") == "i"
    page.locator("[data-box=i]").click()
    assert page.trait("light") == "none"
    page.locator("tr[data-term=c]").hover()
    assert page.locator("tr.unrolled-gate-lab-lit").get_attribute("data-term") == "c"
    assert page.trait("light") == "none"
    page.locator("p[role=status]").hover()
    page.get_by_role("button", name="reset").focus()
    assert page.locator(".unrolled-gate-lab-lit").count() == 0


def test_the_lines_of_code_are_the_librarys(page):
    source = inspect.getsource(LSTMCell.forward).replace("self.", "")
    lines = page.locator(".unrolled-gate-lab-lines code").all_text_contents()
    assert len(lines) == 7
    for line in lines:
        for part in line.split("…"):
            assert part.strip() in source
    keywords = [line for line in lines if line.startswith("hold(…")]
    assert [line.split()[1].split("=")[0] for line in keywords] == list("figo")


def test_each_preset_pushes_and_as_learned_lets_go(page):
    wanted = {
        "forget nothing (f = 1)": ("f", "held at", 1),
        "forget all (f = 0)": ("f", "held at", 0),
        "write always (i = 1)": ("i", "held at", 1),
        "write nothing (i = 0)": ("i", "held at", 0),
        "output shut (o = 0)": ("o", "held at", 0),
        "forget bias +2": ("f", "bias plus", 2),
    }
    seen = {says(page)}
    for name, (gate, how, amount) in wanted.items():
        page.get_by_role("button", name=name).click()
        assert (page.trait("gate"), page.trait("how"), page.trait("reach")) == (gate, how, REACHES[1])
        assert page.trait("held" if how == "held at" else "plus") == amount
        seen.add(says(page))
    assert len(seen) == 7
    page.get_by_role("button", name="as learned").click()
    assert says(page).endswith("Nothing is pushed.")
    assert number(page, "c") == told(example().run(pushed=False).c[8, 3])


def test_only_the_slider_that_works_is_there(page):
    held, plus = (page.get_by_role("slider", name=name) for name in ("held at", "bias plus"))
    assert (held.is_visible(), plus.is_visible()) == (True, False)
    page.get_by_role("combobox", name="how").select_option("bias plus")
    assert (held.is_visible(), plus.is_visible()) == (False, True)
    page.get_by_role("combobox", name="push").select_option("none")
    assert (held.is_visible(), plus.is_visible()) == (False, False)
    assert not page.get_by_role("combobox", name="where").is_visible()


def test_g_alone_is_held_below_zero(page):
    page.put(gate="g", held=-0.5, reach=REACHES[1])
    assert number(page, "g") == "−0.50"
    page.get_by_role("combobox", name="push").select_option("f")
    assert number(page, "f") == "0.00"
    lab = GateLab(cell(), embed, TEXT, gate="g", held=-0.5)
    assert lab.held == -0.5
    lab.gate = "f"
    assert lab.held == 0
    lab.held = -1.0
    assert lab.held == 0


def test_step_back_and_play_end_where_the_text_ends(page):
    page.clock.install()
    page.get_by_role("button", name="back").click()
    assert page.trait("step") == 8
    page.get_by_role("button", name="play").press("Enter")
    page.clock.run_for(700 * (len(TEXT) + 1))
    assert page.trait("step") == len(TEXT)
    assert page.get_by_role("button", name="play").is_visible()
    page.get_by_role("button", name="step", exact=True).click()
    assert page.trait("step") == 1


def test_another_unit_is_drawn(page):
    page.get_by_role("slider", name="unit").press("ArrowRight")
    lab = example()
    lab.unit = 4
    assert page.trait("unit") == 4
    assert number(page, "c") == told(lab.run().c[8, 4])


def test_a_text_read_by_the_kernel_is_drawn_and_a_wrong_one_told(page):
    lab = example()
    lab.text = "ab"
    assert (lab.tokens, lab.step, lab.problem) == (["a", "b"], 2, "")
    page.put(text="ab", step=lab.step, tokens=lab.tokens, x=lab.x)
    assert page.locator(".unrolled-gate-lab-strip > text").count() == 4  # two letters and the scale
    assert number(page, "c") == told(lab.run().c[1, 3])
    for wrong in ("a", "a" * 61):
        lab.text = wrong
        assert lab.problem == f"a text of 2 to 60 characters is wanted; {len(wrong)} came"
        assert lab.tokens == ["a", "b"]
    lab.reset()
    assert (lab.text, "".join(lab.tokens), lab.step, lab.problem) == (TEXT, TEXT, 9, "")


def test_another_text_is_pushed_as_the_one_before_it(page):
    lab = example()
    lab.reach = REACHES[2]
    page.put(reach=REACHES[2])
    lab.text = TEXT[::-1]  # as long, so that the push stays the same
    page.put(text=lab.text, tokens=lab.tokens, x=lab.x)
    found = page.evaluate("widget.numbers(model).bars.c")  # run anew
    assert found == pytest.approx(lab.run().c[:, 3].tolist(), abs=1e-6)
    assert number(page, "c") == told(lab.run().c[8, 3])
    assert heights(page, "c", 1) == heights_of(lab.run().c[:, 3], lab.run(pushed=False).c[:, 3])


def test_a_reset_in_the_browser_brings_text_and_step_back_after_a_shorter_text():
    lab = example()
    lab.text = "ab"
    lab.set_state({"step": 9, "text": TEXT})
    assert ("".join(lab.tokens), lab.step) == (TEXT, 9)


def test_spaces_and_line_breaks_can_be_seen(stage):
    page = stage(GateLab(cell(), embed, "a b\nc"))
    assert page.locator(".unrolled-gate-lab-strip > text").all_text_contents()[:5] == ["a", "␣", "b", "↵", "c"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"embed must give \(2, 4\) for this text; \(3, 4\) came"):
        GateLab(cell(), lambda _text: torch.zeros(3, 4), "ab")
    with pytest.raises(ValueError, match="2 to 60 characters is wanted; 1 came"):
        GateLab(cell(), embed, "a")
    with pytest.raises(traitlets.TraitError, match="unit must be 0 to 11; 12 came"):
        GateLab(cell(), embed, "ab", unit=12)
    with pytest.raises(
        TypeError, match="GateLab has no control 'force'; it has text, unit, step, gate, how, held, plus, reach, light"
    ):
        GateLab(cell(), embed, "ab", force=1)
    for wrong in ({"held": 1.5}, {"plus": 9.0}, {"gate": "c"}, {"reach": "here"}):
        with pytest.raises(traitlets.TraitError):
            GateLab(cell(), embed, "ab", **wrong)


def test_the_weights_travel_whole():
    made = cell()
    assert GateLab(made, embed, "ab").W_hh == packed(made.W_hh)


READ = """states => states.map(state => {
    model.take(state);
    const all = (name) => Object.fromEntries(
        [...document.querySelectorAll(`[data-${name}]`)].map(node => [node.dataset[name], node.textContent])
    );
    const letters = document.querySelectorAll(".unrolled-gate-lab-strip text[font-family=monospace]");
    return {
        numbers: widget.numbers(model),
        diagram: all("number"), equations: all("equation"), scale: all("scale"),
        says: document.querySelector("p[role=status]").textContent,
        step: Number(document.querySelector(".unrolled-gate-lab-step").getAttribute("x")),
        letter: Number(letters[state.step - 1].getAttribute("x")),
        pushed: [...document.querySelectorAll(".unrolled-gate-lab-pushed")].map(node => node.dataset.box),
    };
})"""


def at_random(widget: GateLab, draw: torch.Generator) -> dict:
    """Put the widget into a state; its controls' values."""
    pick = lambda most: int(torch.randint(most, (), generator=draw))  # noqa: E731
    some = torch.rand(2, generator=draw, dtype=torch.float64)
    widget.gate, widget.how = ["none", *"ifgo"][pick(5)], ["held at", "bias plus"][pick(2)]
    widget.held = (1 - 2 * some[0] if widget.gate == "g" else some[0]).item()
    widget.plus = (8 * (1 - 2 * some[1])).item()
    widget.unit, widget.step, widget.reach = pick(widget.units), 1 + pick(len(TEXT)), REACHES[pick(3)]
    return {name: getattr(widget, name) for name in ("gate", "how", "held", "plus", "unit", "step", "reach")}


def wanted(widget: GateLab) -> dict[str, float]:
    """What the cell itself makes of the state: gates and states, and what goes into the gates."""
    now, learned, t, unit = widget.run(), widget.run(pushed=False), widget.step - 1, widget.unit
    values = {name: getattr(now, name)[t, unit].item() for name in "figoch"}
    values["before"] = now.c[t - 1, unit].item() if t else 0.0
    values |= {"keep": values["f"] * values["before"], "write": values["i"] * values["g"]}
    values |= {"tanh": math.tanh(values["c"]), "learned": learned.c[t, unit].item()}
    cell, before = widget.cell, now.h[t - 1] if t else now.h.new_zeros(widget.units)
    for block, name in enumerate("ifgo"):
        column = block * widget.units + unit
        values[f"{name}x"] = (widget.inputs[t] @ cell.W_xh + cell.b_xh + cell.b_hh)[column].item()
        values[f"{name}h"] = (before @ cell.W_hh)[column].item()
    return values


def equations(widget: GateLab, of: dict[str, float]) -> dict[str, str]:
    """The equations with their numbers, as they are to be read."""
    plus = lambda value: f"{'−' if value < -0.005 else '+'} {told(abs(value))}"  # noqa: E731
    made = {}
    for name in "figo":
        pushed = f" {plus(widget.plus)} pushed" if name == widget.gate else ""
        inside = f"{told(of[f'{name}x'])} from x and b {plus(of[f'{name}h'])} from h{pushed}"
        made[name] = f"{'tanh' if name == 'g' else 'σ'}({inside}) = {told(of[name])}"
        if name == widget.gate and widget.how == "held at":
            made[name] = f"held at {told(widget.held)}"
    made["c"] = f"f·c + i·g = {told(of['keep'])} {plus(of['write'])} = {told(of['c'])}"
    made["h"] = f"o·tanh(c) = {told(of['o'])} · {told(of['tanh'])} = {told(of['h'])}"
    return made


def test_in_a_hundred_states_numbers_diagram_equations_and_sentence_are_the_cells(page):
    widget, draw = example(), torch.Generator().manual_seed(1)
    states, values, made, ends, bars = [], [], [], [], []
    for _ in range(100):
        states.append(at_random(widget, draw))
        values.append(wanted(widget))
        made.append(equations(widget, values[-1]))
        now, learned = widget.run(), widget.run(pushed=False)
        bars.append([getattr(trace, name)[:, widget.unit].tolist() for trace in (now, learned) for name in "figoch"])
        ends.append(max(1, *(each.c[:, widget.unit].abs().max().item() for each in (now, learned))))
    for state, value, equation, end, bar, found in zip(
        states, values, made, ends, bars, page.evaluate(READ, states), strict=True
    ):
        numbers = found["numbers"]
        assert {name: numbers["now"][name] for name in value} == pytest.approx(value, abs=1e-6)
        rows = [numbers[kind][name] for kind in ("bars", "lines") for name in "figoch"]
        for row, expected in zip(rows, bar, strict=True):
            assert row == pytest.approx(expected, abs=1e-6)
        assert found["diagram"] == {name: told(value[name]) for name in found["diagram"]}
        assert set(found["diagram"]) == {"before", "f", "i", "g", "o", "keep", "write", "c", "tanh", "h"}
        assert found["equations"] == equation
        assert found["scale"] == {"top": f"{end:.1f}", "low": f"−{end:.1f}"}
        assert found["step"] + 17 / 2 == pytest.approx(found["letter"])
        assert found["pushed"] == ([] if state["gate"] == "none" else [state["gate"]])
        assert (
            f"keeps {told(value['keep'])} of c = {told(value['before'])}, i·g adds {told(value['write'])}"
            in found["says"]
        )
        if state["gate"] != "none":
            how = f"is held at {told(state['held'])}"
            how = how if state["how"] == "held at" else f"has {told(state['plus'])} added to its bias"
            assert f"Here {state['gate']} {how}, {state['reach']}" in found["says"]
            assert f"as learned, c would be {told(value['learned'])}." in found["says"]

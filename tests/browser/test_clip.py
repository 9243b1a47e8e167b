"""Clipping in a browser: its numbers are those of the library, and every control moves the arrows."""

import pytest
import torch
import traitlets
from examples.clip import example
from unrolled.gradients import angle, clip_by_norm, clip_by_value
from unrolled.show.widgets.clip import Clip


@pytest.fixture
def page(stage):
    return stage(example())


def test_what_javascript_computes_is_what_the_library_computes(page):
    draw = torch.Generator().manual_seed(0)
    for _ in range(100):
        size = int(torch.randint(1, 6, (), generator=draw))
        g = torch.randn(size, generator=draw, dtype=torch.float64) * 3
        limit = float(torch.rand((), generator=draw) * 4 + 0.05)
        norm, value = clip_by_norm([g], limit).gradients[0], clip_by_value([g], limit)[0]
        found = page.evaluate(
            "([g, m]) => { const [n, v] = [widget.byNorm(g, m), widget.byValue(g, m)];"
            " return [n, v, widget.angle(g, n), widget.angle(g, v)]; }",
            [g.tolist(), limit],
        )
        assert found[0] == pytest.approx(norm.tolist(), abs=1e-6)
        assert found[1] == pytest.approx(value.tolist(), abs=1e-6)
        assert found[2:] == pytest.approx([angle([g], [norm]), angle([g], [value])], abs=1e-6)


def test_the_sentence_and_the_table_say_the_librarys_numbers(page):
    g = torch.tensor([4.0, 2.0])
    turned = angle([g], clip_by_value([g], 1.0))
    said = page.locator("p[role=status]").text_content()
    assert said == (
        "The gradient (4.0, 2.0) has length 4.47. Clipped at 1.0 by norm: length 1.00, turned by 0°. "
        f"By value: length 1.41, turned by {turned:.0f}°."
    )
    assert f"length 1.41, turned {turned:.1f}°" in page.locator("svg").text_content()


@pytest.mark.parametrize(
    ("name", "trait"), [("first number", "first"), ("second number", "second"), ("limit", "limit")]
)
def test_a_slider_moves_the_arrows_by_key_and_by_pointer(page, name, trait):
    slider, before = page.get_by_role("slider", name=name), page.locator("svg").inner_html()
    slider.focus()
    page.keyboard.press("ArrowRight")
    moved = page.locator("svg").inner_html()
    assert page.trait(trait) == pytest.approx(getattr(example(), trait) + 0.1)
    assert moved != before
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 20, box["y"] + box["height"] / 2)
    assert page.trait(trait) < getattr(example(), trait)
    assert page.locator("svg").inner_html() != moved


def test_the_tip_follows_the_pointer(page):
    box = page.locator("svg").bounding_box()
    middle = box["x"] + 190, box["y"] + 190
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 176, middle[1] + 88)  # the whole way to the left, half the way down
    page.mouse.up()
    assert (page.trait("first"), page.trait("second")) == (-5, -2.5)


def test_a_preset_within_the_limit_is_not_changed(page):
    page.get_by_role("button", name="within the limit").click()
    said = page.locator("p[role=status]").text_content()
    assert said.count("length 0.64, turned by 0°") == 2


@pytest.mark.parametrize(
    ("name", "kept"), [("a long one", False), ("along an axis", True), ("both numbers alike", True)]
)
def test_by_value_keeps_the_direction_where_a_preset_says_so(page, name, kept):
    page.get_by_role("button", name=name).click()
    g = torch.tensor([page.trait("first"), page.trait("second")], dtype=torch.float64)
    turned = angle([g], clip_by_value([g], page.trait("limit")))
    assert (turned < 1e-4) == kept
    assert f"turned {turned:.1f}°" in page.locator("svg").text_content()


def test_three_arrows_on_one_line_are_all_to_be_seen(page):
    page.put(first=4, second=0)
    arrows = page.locator(".unrolled-arrow")
    styles = arrows.evaluate_all("nodes => nodes.map(node => [node.style.color, Number(node.style.strokeWidth)])")
    squares = page.locator(".unrolled-clip-plane rect[width='12']")
    fills = squares.evaluate_all(
        """nodes => nodes.map(node => {
            const same = document.createElement("i");
            same.style.color = node.getAttribute("fill");
            return same.style.color;
        })"""
    )
    assert [width for _, width in styles] == sorted({width for _, width in styles}, reverse=True)
    assert fills == [colour for colour, _ in styles]


def test_a_gradient_of_nothing_is_told(page):
    page.put(first=0, second=0)
    assert "has no direction" in page.locator("p[role=status]").text_content()


READ = """states => states.map(state => {
    model.take(state);
    const svg = document.querySelector(".unrolled-clip-plane");
    const read = (node, ...names) => names.map(name => Number(node.getAttribute(name)));
    const numbers = widget.numbers(model);
    return {
        numbers: [...numbers.vectors.flat(), ...numbers.lengths, ...numbers.turns, ...numbers.tips.flat()],
        arrows: [...svg.querySelectorAll(".unrolled-arrow")].map(
            node => [...node.children].map(part => part.getAttribute("d"))),
        circle: read(svg.querySelector("circle"), "cx", "cy", "r"),
        square: read(svg.querySelector("rect"), "x", "y", "width", "height"),
        texts: [...svg.querySelectorAll("text")].map(node => node.textContent),
        says: document.querySelector("p[role=status]").textContent,
    };
})"""
SCALE = (380 / 2 - 14) / 5  # pixels of a drawing 380 wide for one unit


def on_page(x: float, y: float) -> tuple[float, float]:
    return 190 + SCALE * x, 190 - SCALE * y


def by_library(state: dict) -> tuple[list, list[float], list[float]]:
    """The three vectors, their lengths and how far they are turned, by the library."""
    g, limit = torch.tensor([state["first"], state["second"]], dtype=torch.float64), state["limit"]
    vectors = [g, clip_by_norm([g], limit).gradients[0], clip_by_value([g], limit)[0]]
    lengths, turns = [each.norm().item() for each in vectors], [float(angle([g], [each])) for each in vectors]
    return [each.tolist() for each in vectors], lengths, turns


@pytest.fixture
def hundred(page):
    """(state, what the page shows of it), 100 times."""
    draw = torch.Generator().manual_seed(1)
    rows = (torch.rand(100, 3, generator=draw, dtype=torch.float64) * 2 - 1).tolist()
    states = [{"first": 5 * x, "second": 5 * y, "limit": 2.05 + 1.95 * z} for x, y, z in rows]
    return list(zip(states, page.evaluate(READ, states), strict=True))


def test_in_a_hundred_states_the_numbers_are_the_librarys(hundred):
    for state, found in hundred:
        vectors, lengths, turns = by_library(state)
        flat = [number for each in vectors for number in each]
        tips = [number for each in vectors for number in on_page(*each)]
        assert found["numbers"] == pytest.approx([*flat, *lengths, *turns, *tips], abs=1e-6)


def test_in_a_hundred_states_arrows_circle_and_square_are_drawn_from_them(hundred):
    for state, found in hundred:
        vectors, reach = by_library(state)[0], SCALE * state["limit"]
        assert found["circle"] == pytest.approx([190, 190, reach], abs=1e-6)
        assert found["square"] == pytest.approx([190 - reach, 190 - reach, 2 * reach, 2 * reach], abs=1e-6)
        for vector, (line, head) in zip(vectors, found["arrows"], strict=True):
            assert line.startswith("M190 190L")
            tip = [float(number) for number in head[1:].split("L")[0].split()]
            assert tip == pytest.approx(on_page(*vector), abs=1e-6)


def test_in_a_hundred_states_table_and_sentence_say_them(hundred):
    def told(*numbers: float, decimals: int = 2) -> str:
        return ", ".join(f"{number:.{decimals}f}".replace("-", "−") for number in numbers)

    for state, found in hundred:
        vectors, lengths, turns = by_library(state)
        rows = []
        for n, name in enumerate(("gradient", "by norm", "by value")):
            turned = f", turned {turns[n]:.1f}°" if n else ""
            rows += [name, f"({told(*vectors[n])})", f"length {lengths[n]:.2f}{turned}"]
        assert found["texts"] == ["first number", "second number", *rows]
        assert found["says"] == (
            f"The gradient ({told(*vectors[0], decimals=1)}) has length {lengths[0]:.2f}. "
            f"Clipped at {state['limit']:.1f} by norm: length {lengths[1]:.2f}, turned by {turns[1]:.0f}°. "
            f"By value: length {lengths[2]:.2f}, turned by {turns[2]:.0f}°."
        )


def test_the_axes_cross_in_the_middle_and_are_named_at_their_ends(page):
    cross = page.locator(".unrolled-clip-plane > path").first.get_attribute("d")
    assert cross == "M8 190H372M190 8V372"
    across, up = (page.locator("text", has_text=name) for name in ("first number", "second number"))
    assert across.bounding_box()["x"] > up.bounding_box()["x"]
    assert across.bounding_box()["y"] > up.bounding_box()["y"]


@pytest.mark.parametrize("wrong", [{"gradient": (9, 0)}, {"limit": 0}])
def test_what_is_beyond_the_drawing_is_refused(wrong):
    with pytest.raises(traitlets.TraitError):
        Clip(**wrong)

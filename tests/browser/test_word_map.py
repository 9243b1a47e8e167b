"""The word map in a browser: neighbours, shares and turned points are the library's; words are found and refused."""

import re

import pytest
import torch
from examples.word_map import WORDS, example, vectors
from sklearn.neighbors import NearestNeighbors
from unrolled.models.neighbours import kept, nearest, nearest_drawn
from unrolled.show.widgets.word_map import WordMap, turned


@pytest.fixture
def page(stage):
    return stage(example())


def says(page) -> str:
    return page.locator("p[role=status]").text_content()


def listed(page, name: str) -> list[str]:
    return page.locator(f".unrolled-word-map-{name} li:visible button").evaluate_all(
        "nodes => nodes.map(node => node.dataset.word)"
    )


def mean_kept(moment: int, axes: list[int], k: int) -> torch.Tensor:
    drawn = nearest_drawn(vectors()[moment][:, axes].double(), k)
    return kept(nearest(vectors()[moment], k), drawn)


@pytest.mark.parametrize("size", [2, 3])
def test_neighbours_in_the_picture_are_the_librarys_and_scikit_learns(page, size):
    draw = torch.Generator().manual_seed(size)
    for _ in range(100):
        N = int(torch.randint(16, 60, (), generator=draw))
        k = int(torch.randint(1, 16, (), generator=draw))
        points = torch.randn(N, size, generator=draw, dtype=torch.float64)
        found = page.evaluate(
            "([p, size, k]) => Array.from(widget.nearestDrawn(Float64Array.from(p), size, k))",
            [points.flatten().tolist(), size, k],
        )
        assert found == nearest_drawn(points, k).flatten().tolist()
        others = NearestNeighbors(n_neighbors=k).fit(points.numpy()).kneighbors(return_distance=False)
        assert found == others.ravel().tolist()


def test_shares_kept_are_the_librarys(page):
    draw = torch.Generator().manual_seed(0)
    for _ in range(100):
        k = int(torch.randint(1, 16, (), generator=draw))
        true, drawn = (torch.stack([torch.randperm(30, generator=draw)[:15] for _ in range(20)]) for _ in range(2))
        found = page.evaluate(
            "([near, drawn, k]) => widget.kept(Uint16Array.from(near), Uint16Array.from(drawn), k)",
            [true.flatten().tolist(), drawn.flatten().tolist(), k],
        )
        assert found == pytest.approx(kept(true[:, :k], drawn[:, :k]).tolist(), abs=1e-6)


def test_turned_points_are_pythons_and_keep_their_distances(page):
    draw = torch.Generator().manual_seed(0)
    for _ in range(100):
        points = torch.randn(5, 3, generator=draw, dtype=torch.float64)
        turn, tilt = (torch.rand(2, generator=draw) * torch.tensor([360, 180]) - torch.tensor([180, 90])).tolist()
        found = page.evaluate(
            "([p, turn, tilt]) => Array.from(widget.turned(Float64Array.from(p), turn, tilt))",
            [points.flatten().tolist(), turn, tilt],
        )
        found = torch.tensor(found, dtype=torch.float64).view(5, 3)
        assert torch.allclose(found, turned(points, turn, tilt), atol=1e-6)
        assert torch.allclose(torch.cdist(found, found), torch.cdist(points, points), atol=1e-6)


def test_to_turn_by_90_degrees_brings_the_deep_axis_across():
    x, y, z = torch.eye(3, dtype=torch.float64)
    assert torch.allclose(turned(torch.stack([x, y, z]), 90, 0), torch.stack([-z, y, x]), atol=1e-12)
    assert torch.allclose(turned(torch.stack([x, y, z]), 0, 90), torch.stack([x, z, -y]), atol=1e-12)


@pytest.mark.parametrize("moment", [1, 2])
@pytest.mark.parametrize(("view", "axes"), [("2-D", [0, 1]), ("2-D", [3, 1]), ("3-D", [0, 1, 2])])
def test_lists_and_sentence_hold_the_librarys_numbers(page, moment, view, axes):
    page.put(moment=moment, view=view, across=axes[0] + 1, k=7)
    n, vector = WORDS.index("tree3"), vectors()[moment - 1]
    true = nearest(vector, 7)[n].tolist()
    drawn = nearest_drawn(vector[:, axes].double(), 7)[n].tolist()
    assert listed(page, "true") == [WORDS[m] for m in true]
    assert listed(page, "there") == [WORDS[m] for m in drawn]
    cosines = torch.cosine_similarity(vector[[n]], vector[true]).tolist()
    shown = page.locator(".unrolled-word-map-true li:visible span").all_text_contents()
    assert shown == [f"{each:.2f}".replace("-", "−") for each in cosines]
    keeps = [m for m in true if m in drawn]
    for name, words in (("true", true), ("there", drawn)):
        rows = page.locator(f".unrolled-word-map-{name} li:visible")
        marks = rows.evaluate_all("nodes => nodes.map(node => [node.dataset.mark, node.textContent.trim()[0]])")
        alone = ["not near in the picture", "○"] if name == "true" else ["near in the picture only", "□"]
        assert marks == [["in both lists", "●"] if m in keeps else alone for m in words]
    share = 100 * vector[:, axes].var(dim=0).sum() / vector.var(dim=0).sum()
    assert f"keeps {len(keeps)}" in says(page)
    assert f"{100 * mean_kept(moment - 1, axes, 7).mean():.0f}\u00a0%; a blind guess would keep 17\u00a0%" in says(page)
    assert f"{share:.0f}\u00a0% of the variance" in says(page)


def test_python_says_the_same_as_the_browser(page):
    widget = example()
    for moment, view in [(1, "2-D"), (2, "3-D")]:
        widget.moment, widget.view = moment, view
        page.put(moment=moment, view=view)
        first, mean = says(page).split(". ")[0], re.search(r"keeps \d+\u00a0%", says(page))[0]
        _, told = widget.draw()
        assert told.split(". ")[0] == first
        assert mean in told


def test_each_mark_stands_where_its_word_is(page):
    """The chosen word's diamond and the picture's axes: right is more on the first, up is more on the second."""
    middles = page.locator(".unrolled-word-map-drawing").evaluate(
        "svg => [...svg.querySelectorAll('path[fill=\"#D55E00\"]')].map(node => {"
        " const box = node.getBBox(); return [box.x + box.width / 2, box.y + box.height / 2]; })[0]"
    )
    x, y = vectors()[1][WORDS.index("tree3"), :2].tolist()
    reach = vectors()[:, :, :2].abs().max().item()
    scale = (400 / 2 - 16) / reach
    assert middles == pytest.approx([470 / 2 + scale * x, 400 / 2 - scale * y], abs=0.01)


@pytest.mark.parametrize(
    ("asked", "found"), [("bird5", "bird5"), ("BIRD5 ", "bird5"), ("stone1", "stone1"), ("sto", "stone0")]
)
def test_search_finds_a_word_or_the_first_that_begins_so(page, asked, found):
    field = page.get_by_role("textbox", name="search")
    field.fill(asked)
    field.press("Enter")
    assert page.trait("word") == found
    assert field.input_value() == found
    assert f"“{found}”" in says(page)


def test_a_word_that_is_not_there_is_told_and_the_picture_stays(page):
    field, before = page.get_by_role("textbox", name="search"), says(page)
    field.fill("house")
    field.press("Enter")
    problem = page.locator("p[role=alert]")
    assert "“house” is not among the 42 words" in problem.text_content()
    assert field.input_value() == "house"
    assert (page.trait("word"), says(page)) == ("tree3", before)
    field.fill("tree4")
    field.press("Enter")
    assert problem.text_content() == ""


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_search_is_told_what_to_write(page, nothing):
    field, before = page.get_by_role("textbox", name="search"), says(page)
    field.fill(nothing)
    field.press("Enter")
    wanted = "Write one of the 42 words drawn, or its beginning. Try “bird1”."
    assert page.locator("p[role=alert]").text_content() == wanted
    assert (page.trait("word"), says(page)) == ("tree3", before)


@pytest.mark.parametrize("name", ["“bird1”", "before training", "after it", "reset"])
def test_a_preset_clears_what_was_not_found(page, name):
    page.put(problem="“house” is not among the words", moment=1 if name == "after it" else 2)
    page.get_by_role("button", name=name).click()
    assert page.locator("p[role=alert]").text_content() == ""


def test_a_word_from_python_clears_what_was_not_found():
    widget = example()
    widget.problem = "“house” is not among the words"
    widget.word = "bird5"
    assert widget.problem == ""


def test_a_neighbour_leads_on_by_key_and_by_pointer(page):
    first = page.locator(".unrolled-word-map-true li:visible button").first
    word = first.get_attribute("data-word")
    first.focus()
    page.keyboard.press("Enter")
    assert page.trait("word") == word
    other = page.locator(".unrolled-word-map-there li:visible button").last
    word = other.get_attribute("data-word")
    other.click()
    assert page.trait("word") == word


@pytest.mark.parametrize("width", [900, 360])
def test_a_click_takes_the_word_under_it(stage, width):
    page = stage(example(), width=width)
    box = page.locator(".unrolled-word-map-drawing").bounding_box()
    x, y = vectors()[1][WORDS.index("stone7"), :2].tolist()
    scale = (400 / 2 - 16) / vectors()[:, :, :2].abs().max().item() * box["width"] / 470
    assert (box["width"] > 460) == (width == 900)
    page.mouse.click(box["x"] + box["width"] / 2 + scale * x, box["y"] + box["height"] / 2 - scale * y)
    assert page.trait("word") == "stone7"


def test_in_3_d_a_drag_and_the_sliders_turn_it_and_the_neighbours_stay(page):
    assert not page.get_by_role("slider", name="turn").is_visible()
    page.get_by_role("combobox", name="view").select_option("3-D")
    before, shown = says(page), page.locator("svg").inner_html()
    box = page.locator(".unrolled-word-map-drawing").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 140)
    page.mouse.up()
    assert (page.trait("turn"), page.trait("tilt")) == (60, 40)
    dragged = page.locator("svg").inner_html()
    assert dragged != shown
    page.get_by_role("slider", name="tilt").press("ArrowRight")
    assert page.trait("tilt") == 45
    assert page.locator("svg").inner_html() != dragged
    assert says(page) == before


def test_the_training_is_played_to_its_end(page):
    page.get_by_role("button", name="before training").click()
    assert "before the first step" in says(page)
    page.get_by_role("button", name="play").click()
    page.wait_for_function("model.get('moment') === 2")
    assert "after 3 rounds; dotted" in says(page)


def test_one_moment_is_not_played(stage):
    one = WordMap(WORDS, vectors()[0], lambda each: each[:, :2], nearest, nearest_drawn)
    page = stage(one)
    assert page.get_by_role("button", name="play").count() == 0
    assert "Training" not in says(page)


def test_an_axis_against_itself_is_told(page):
    page.put(across=2)
    assert "axis 2 alone, a line" in says(page)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"vectors": vectors()[0][0]}, r"\(N, D\) or \(F, N, D\); \(12,\) came"),
        ({"vectors": vectors()[0][:20]}, r"1 moments and 42 words; \(1, 20\) came"),
        ({"vectors": vectors()[0] / 0}, "finite"),
        ({"words": WORDS[:10], "vectors": vectors()[0][:10]}, "16 to 500 words are drawn; 10 came"),
        ({"project": lambda each: each[:, :1]}, r"project must give \(42, 2 to 10\); \(42, 1\) came"),
        ({"word": "house"}, "'house' is not among the 42 words"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, told):
    fitting = {"words": WORDS, "vectors": vectors()[0], "project": lambda each: each[:, :2]}
    with pytest.raises(ValueError, match=told):
        WordMap(**{**fitting, **wrong}, nearest=nearest, nearest_drawn=nearest_drawn)


READ = r"""states => states.map(state => {
    model.take(state);
    const svg = document.querySelector(".unrolled-word-map-drawing");
    const paths = [...svg.querySelectorAll("path")].map(node => node.getAttribute("d"));
    const texts = [...svg.querySelectorAll("g text[visibility=visible]")];
    const place = node => node.getAttribute("transform").match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    return {
        numbers: widget.numbers(model), paths, says: document.querySelector("p[role=status]").textContent,
        labels: texts.map(node => [node.textContent, ...place(node)]),
    };
})"""
AXES, DOTS, TRAIL, LINES, KEPT, LOST, WRONG, CHOSEN = 0, slice(1, 4), 4, 5, 6, 7, 8, 9  # the drawing's paths


def pairs(path: str) -> torch.Tensor:
    """The absolute points of a path, (n, 2)."""
    found = re.findall(r"[ML](-?[\d.e-]+)[ ,](-?[\d.e-]+)", path)
    return torch.tensor([[float(x), float(y)] for x, y in found], dtype=torch.float64).view(-1, 2)


def on_page(widget: WordMap, moment: int) -> torch.Tensor:
    """Where the words stand on the drawing at a moment: (N, 2), by Python's own numbers."""
    before, reach = widget.moment, 0.0
    for each in range(1, len(widget.moments) + 1):
        widget.moment = each
        points = widget.place()
        reach = max(reach, (points.norm(dim=1) if points.shape[1] == 3 else points.abs()).max().item())
    widget.moment = moment
    points = widget.place()
    widget.moment = before
    seen = turned(points, widget.turn, widget.tilt) if points.shape[1] == 3 else points
    return torch.stack([235 + 184 / reach * seen[:, 0], 200 - 184 / reach * seen[:, 1]], dim=1)


def at_random(widget: WordMap, draw: torch.Generator) -> dict:
    pick = lambda low, high: int(torch.randint(low, high + 1, (), generator=draw))  # noqa: E731
    widget.word, widget.k, widget.view = WORDS[pick(0, 41)], pick(3, 15), ["2-D", "3-D"][pick(0, 1)]
    widget.across, widget.up, widget.deep = (int(axis) + 1 for axis in torch.randperm(6, generator=draw)[:3])
    widget.turn, widget.tilt, widget.moment = pick(-180, 180), pick(-90, 90), pick(1, 2)
    return {name: getattr(widget, name) for name in widget.controls}


def test_in_a_hundred_states_drawing_and_sentence_are_made_from_pythons_numbers(page):
    widget, draw = example(), torch.Generator().manual_seed(2)
    states = [at_random(widget, draw) for _ in range(100)]
    for state, found in zip(states, page.evaluate(READ, states), strict=True):
        for name, value in state.items():
            setattr(widget, name, value)
        n, k, spots = WORDS.index(state["word"]), state["k"], on_page(widget, state["moment"])
        axes = [state["across"] - 1, state["up"] - 1, state["deep"] - 1][: int(state["view"][0])]
        vector = vectors()[state["moment"] - 1]
        true, drawn = nearest(vector, 15)[:, :k], nearest_drawn(widget.place(), k)
        numbers = found["numbers"]
        found_spots = torch.tensor(numbers["spots"], dtype=torch.float64).view(-1, 3)[:, :2]
        assert torch.allclose(found_spots, spots, rtol=0, atol=1e-6)
        assert (numbers["truly"], numbers["there"]) == (true[n].tolist(), drawn[n].tolist())
        assert numbers["mean"] == pytest.approx(kept(true, drawn).mean().item(), abs=1e-6)
        share = vector[:, axes].double().var(dim=0).sum() / vector.double().var(dim=0).sum()
        assert numbers["share"] == pytest.approx(share.item(), abs=1e-6)
        cosines = torch.cosine_similarity(vector[[n]].double(), vector[true[n]].double())
        assert numbers["cosines"] == pytest.approx(cosines.tolist(), abs=1e-6)
        keeps = [m for m in true[n].tolist() if m in drawn[n].tolist()]
        near = lambda path, wanted: assert_points(pairs(path), wanted)  # noqa: E731
        paths, left = found["paths"], torch.tensor([4.0, 0.0])
        ends = pairs(paths[LINES])
        near(paths[CHOSEN], torch.stack([spots[n] + torch.tensor(each) for each in ([-7, 0], [0, -7], [7, 0], [0, 7])]))
        assert_points(ends[0::2], spots[n].expand(k, 2))
        assert_points(ends[1::2], spots[true[n]])
        near(paths[KEPT], spots[keeps] - left)
        near(paths[LOST], spots[[m for m in true[n].tolist() if m not in keeps]] - left)
        near(paths[WRONG], spots[[m for m in drawn[n].tolist() if m not in keeps]] - 4.0)
        near(paths[TRAIL], torch.stack([on_page(widget, moment)[n] for moment in range(1, state["moment"] + 1)]))
        dots = torch.cat([pairs(path) for path in paths[DOTS]])
        apart, where = torch.cdist(dots, spots).min(dim=1)  # they are written to a tenth of a pixel
        assert apart.max() < 0.08
        assert len(dots) == len(where.unique()) == len(WORDS)
        for text, x, y in found["labels"]:
            assert max(abs(a - b) for a, b in zip((x, y), spots[WORDS.index(text)].tolist(), strict=True)) < 16.01
        assert f"keeps {len(keeps)}{': ' if keeps else ''}{', '.join(WORDS[m] for m in keeps)}. " in found["says"]
        mean = 100 * kept(true, drawn).mean().item()
        assert f"keeps {mean:.0f}\u00a0%; a blind guess would keep {100 * k / 41:.0f}\u00a0%." in found["says"]
        assert f"{', '.join(str(axis + 1) for axis in axes)}: {100 * share:.0f}\u00a0% of the variance" in found["says"]


def assert_points(found: torch.Tensor, wanted: torch.Tensor) -> None:
    assert found.shape == wanted.shape
    assert torch.allclose(found, wanted.double(), rtol=0, atol=1e-3)


LABELS = r"""states => states.map(state => {
    model.take(state);
    const { n, truly, there } = widget.numbers(model);
    const texts = [...document.querySelectorAll(".unrolled-word-map-drawing g text[visibility=visible]")];
    const labels = texts.map(node => [
        node.textContent, node.getAttribute("class").split("-").at(-1), node.getAttribute("text-anchor"),
        ...node.getAttribute("transform").match(/-?[\d.]+(e-?\d+)?/g).map(Number),
    ]);
    return { n, near: [...truly, ...there], labels };
})"""


def test_no_word_is_written_over_another_and_neighbours_are_told_from_others(page):
    """In a hundred states; a letter is taken to be 6.4 wide, a line 12 high."""
    widget, draw = example(), torch.Generator().manual_seed(3)
    classes, close = {"word": 0, "near": 0, "other": 0}, 0
    for found in page.evaluate(LABELS, [at_random(widget, draw) for _ in range(100)]):
        taken = []
        for text, kind, anchor, x, y in found["labels"]:
            m, wide = WORDS.index(text), 6.4 * len(text)
            assert kind == ("word" if m == found["n"] else "near" if m in found["near"] else "other")
            classes[kind] += 1
            left = x - wide * {"start": 0, "end": 1, "middle": 0.5}[anchor]
            assert 0 < left < left + wide < 470
            assert 10 < y < 400
            beside = [each for each in taken if abs(each[2] - y) < 12]
            assert not [each for each in beside if left < each[1] and each[0] < left + wide]
            close += len(beside)
            taken.append((left, left + wide, y))
    assert min(*classes.values(), close) > 90


def test_the_axes_are_drawn_where_they_point(page):
    page.put(view="2-D")
    across, up = pairs(page.locator(".unrolled-word-map-axes").get_attribute("d")).view(2, 2, 2)
    names = page.locator(".unrolled-word-map-axis")
    page.put(across=4, up=6, deep=2)
    assert names.all_text_contents() == ["axis 4", "axis 6", ""]
    places = names.evaluate_all("nodes => nodes.map(node => ['x', 'y'].map(name => Number(node.getAttribute(name))))")
    assert places[0][0] > 380  # the first is named at the right, the second at the top
    assert places[0][1] == 194
    assert places[1][0] == 259
    assert places[1][1] < 25
    assert across[0, 1] == across[1, 1] == 200
    assert up[0, 0] == up[1, 0] == 235
    page.put(view="3-D", turn=90, tilt=0)
    assert names.all_text_contents() == ["axis 4", "axis 6", "axis 2"]
    # the deep axis lies across, the first points away
    ends = pairs(page.locator(".unrolled-word-map-axes").get_attribute("d")).view(3, 2, 2)[:, 1]
    assert (ends[0] - torch.tensor([235, 200])).abs().max() < 1
    assert ends[1, 1] < 100
    assert ends[2, 0] > 300


def test_what_is_nearer_to_the_eye_is_drawn_in_the_bolder_dots(page):
    widget = example()
    widget.view, widget.turn, widget.tilt = "3-D", 50, -35
    found = page.evaluate(READ, [{"view": "3-D", "turn": 50, "tilt": -35}])[0]["paths"][DOTS]
    reach = max(vectors()[moment][:, :3].norm(dim=1).max() for moment in (0, 1))
    depth = turned(widget.place(), 50, -35)[:, 2] / reach
    layers = [depth < -0.15, depth.abs() <= 0.15, depth > 0.15]
    for path, layer in zip(found, layers, strict=True):
        wanted = on_page(widget, 2)[layer]
        assert len(wanted) == len(pairs(path)) > 0
        assert (pairs(path) - wanted).abs().max() < 0.06


def test_a_finger_that_scrolls_and_the_other_button_do_not_turn_it(page):
    page.put(view="3-D")
    turn = page.trait("turn")
    page.evaluate(
        """() => {
            const svg = document.querySelector(".unrolled-word-map-drawing");
            svg.setPointerCapture = () => {};
            const send = (name, x, button = 0) =>
                svg.dispatchEvent(new PointerEvent(name, { clientX: x, clientY: 50, button, bubbles: true }));
            send("pointerdown", 50);
            send("pointercancel", 50);
            send("pointermove", 150);
            send("pointerdown", 50, 2);
            send("pointermove", 150, 2);
        }"""
    )
    assert page.trait("turn") == turn

"""Attention in a browser: its numbers are the library's, and every wrong choice shows what it does."""

import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
import traitlets
from examples.attention import WORDS, example, read
from unrolled.layers import attention, causal_mask, padding_mask
from unrolled.show.colours import PALETTE
from unrolled.show.widgets.attention import BLOCKED, EXCHANGED, MASKS, SCORES, WAYS, WEIGHTS, Attention

ATTEND = "given => widget.attend(given)"
NUMBERS = """states => states.map(state => {
  const { tokens, keys, q, k, allowed, mask, ...found } = widget.numbers({ get: name => state[name] });
  return found;
})"""
# each state drawn, and what then stands in the drawing, the table and the sentence
DRAWN = """states => states.map(state => {
  model.take(state);
  const all = (name) => [...document.querySelectorAll(name)];
  const texts = (name) => all(name).map(node => node.textContent);
  const given = (name, ...these) =>
    all(name).map(node => Object.fromEntries(these.map(each => [each, node.getAttribute(each)])));
  return {
    cells: given(".unrolled-attention-cell", "x", "y", "width", "height", "data-at"),
    fills: all(".unrolled-attention-cell").map(node => node.style.fill),
    row: given(".unrolled-attention-row", "x", "y", "width", "height")[0],
    chosen: given(".unrolled-attention-chosen", "x", "y", "width", "height")[0],
    struck: given(".unrolled-attention-struck", "d")[0]?.d,
    right: given(".unrolled-attention-right", "d")[0]?.d,
    written: texts(".unrolled-attention-number"),
    sums: texts(".unrolled-attention-sum"),
    names: given(".unrolled-attention-name", "x", "y", "font-weight", "text-decoration"),
    arcs: given("svg path[fill=none]", "d", "stroke", "stroke-width"),
    labels: all("svg text").map(node => node.textContent),
    steps: all(".unrolled-attention-steps tr").map(row => [...row.children].map(cell => cell.textContent)),
    caption: texts("caption")[0],
    says: document.querySelector("p[role=status]").textContent,
  };
})"""
COMBOS = {
    "show as": ("view", "arcs"), "layer": ("layer", "1"), "head": ("head", "2"), "query (row)": ("row", "2"),
    "key (column)": ("column", "6"), "mask": ("mask", "causal"), "applied as": ("way", SCORES),
    "softmax over the": ("over", "queries"),
}  # fmt: skip
SLIDERS = {"real words, the rest padding": ("length", 3), "sharpness": ("sharpness", 1.4)}


def library(q, k, mask=None, way=BLOCKED, sharpness=1.0, scaled=True, over="keys"):
    """The weights by the library's own attention, the wrong ways too; q (T, D), k (S, D), mask (T, S) or None."""
    q = q * sharpness * (1.0 if scaled else q.shape[-1] ** 0.5)
    if mask is None or way in (BLOCKED, EXCHANGED):
        open_ = mask if mask is None or way == BLOCKED else ~mask
        if over == "keys":
            return attention(q, k, k, open_).weights
        return attention(k, q, q, None if open_ is None else open_.mT).weights.mT
    scores, dim = attention(q, k, k).scores, -1 if over == "keys" else -2
    return (scores * mask).softmax(dim=dim) if way == SCORES else scores.softmax(dim=dim) * mask


def of(widget):
    """What `library` says of the widget's present state."""
    q, k = (torch.tensor(x[widget.layer - 1][widget.head - 1], dtype=torch.float64) for x in (widget.q, widget.k))
    T = len(q)
    mask = torch.ones(T, len(k), dtype=torch.bool)
    mask = mask & causal_mask(T) if "causal" in widget.mask else mask
    mask = mask & padding_mask(torch.tensor([widget.length]), len(k))[0] if "padding" in widget.mask else mask
    mask = None if widget.mask == "none" else mask
    return library(q, k, mask, widget.way, widget.sharpness, widget.scaled, widget.over)


def pick(draw, low, high):
    """A whole number from low to high."""
    return int(torch.randint(low, high + 1, (), generator=draw))


def random_widget(draw, n):
    """The n-th of a hundred random states: other words, keys, layers, heads, masks, wrong choices and sizes."""
    T, D = pick(draw, 1, 9), pick(draw, 1, 6)
    S = T if n % 4 else pick(draw, 1, 9)
    q, k = (torch.randn(2, 3, size, D, generator=draw, dtype=torch.float64) * 2 for size in (T, S))
    where = torch.randint(0, S, (T,), generator=draw) if n % 2 else None
    tokens, keys = ([f"{letter}{each}" for each in range(size)] for letter, size in (("q", T), ("k", S)))
    widget = Attention(tokens, q, k, keys, where, lengths=pick(draw, 0, S))
    masks = MASKS if T == S else [name for name in MASKS if "causal" not in name]
    widget.set_trait("mask", masks[pick(draw, 0, len(masks) - 1)])
    widget.way, widget.over = WAYS[pick(draw, 0, 3)], ["keys", "queries"][pick(draw, 0, 1)]
    widget.scaled = pick(draw, 0, 2) > 0
    widget.sharpness = [1.0, 0.0, 2.7][n % 3] if n % 5 == 0 else round(3 * float(torch.rand((), generator=draw)), 1)
    widget.layer, widget.head, widget.row, widget.column = (pick(draw, 1, most) for most in (2, 3, T, S))
    return widget


def random_widgets(seed):
    draw = torch.Generator().manual_seed(seed)
    return [random_widget(draw, n) for n in range(100)]


def states(widgets):
    """What the browser is sent."""
    return [{name: value for name, value in each.get_state().items() if not name.startswith("_")} for each in widgets]


def lit(weights):
    """The column of each row's largest weight, None where it is none or has its like."""
    tops = [
        (row == row.max()).nonzero().flatten().tolist() if row.max() > 0 else [] for row in weights.round(decimals=9)
    ]
    return [top[0] if len(top) == 1 else None for top in tops]


def expected(widget):
    """Everything that is drawn or said of a state, by the library and by torch."""
    q, k = (torch.tensor(x[widget.layer - 1][widget.head - 1], dtype=torch.float64) for x in (widget.q, widget.k))
    T, S, t, s = len(q), len(k), widget.row - 1, widget.column - 1
    mask = torch.ones(T, S, dtype=torch.bool)
    mask = mask & causal_mask(T) if "causal" in widget.mask else mask
    mask = mask & padding_mask(torch.tensor([widget.length]), S)[0] if "padding" in widget.mask else mask
    by = widget.sharpness * (1.0 if widget.scaled else q.shape[-1] ** 0.5)
    scores = attention(q * by, k, k).scores
    masked, masks, weights = scores, widget.mask != "none", of(widget)
    if masks and widget.way in (BLOCKED, EXCHANGED):
        masked = scores.masked_fill(~mask if widget.way == BLOCKED else mask, -torch.inf)
    masked = scores * mask if masks and widget.way == SCORES else masked
    choices = {"sharpness": widget.sharpness, "over": widget.over, "way": widget.way}
    divided = library(q, k, mask if masks else None, **choices)
    return {
        "T": T, "S": S, "t": t, "s": s, "mask": mask, "weights": weights,
        "dots": q @ k.mT, "scores": scores, "masked": masked,
        "factors": torch.stack([q[t], k[s]], dim=1),
        "logged": (masked[t] if widget.over == "keys" else masked[:, s]).logsumexp(dim=0),
        "shares": library(q, k, None, **choices | {"way": BLOCKED}, scaled=widget.scaled)
        if masks and widget.way == WEIGHTS else weights,
        "sums": weights.sum(dim=1),
        "closed": int((~mask).sum()),
        "leaked": (weights * ~mask).sum() / weights.sum() if weights.sum() else torch.tensor(0.0),
        "hits": sum(column == right for column, right in zip(lit(weights), widget.where, strict=False)),
        "largest": weights.amax(dim=1).mean(),
        "divided": None if widget.scaled else divided.amax(dim=1).mean(),
    }  # fmt: skip


def apart(found, wanted):
    """The largest difference; equal infinities have none."""
    found, wanted = (torch.as_tensor(each, dtype=torch.float64) for each in (found, wanted))
    return torch.where(found == wanted, 0.0, (found - wanted).abs()).max().item()


def floats(text):
    """All the numbers in a text."""
    return [float(each.replace("−", "-")) for each in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def close(texts, values, decimals=2):
    """Do the texts say the values, with so many decimals?"""
    values = torch.as_tensor(values, dtype=torch.float64).flatten().tolist()
    said = [each == "−∞" if value == -torch.inf else len(each.split(".")[-1]) == decimals
            and abs(floats(each)[0] - value) <= 0.5 * 10**-decimals + 1e-9
            for each, value in zip(texts, values, strict=True)]  # fmt: skip
    return all(said)


def shown(page):
    return page.locator(".unrolled-attention-number").all_text_contents()


def written(weights):
    return [f"{weight:.2f}" for weight in weights.flatten().tolist()]


def steps(page):
    """The rows of the table of one cell."""
    rows = page.locator(".unrolled-attention-steps tr").all()
    return [row.locator("th, td").all_text_contents() for row in rows]


def says(page):
    return page.locator("p[role=status]").text_content()


def test_what_javascript_computes_is_what_the_library_computes(stage):
    page, draw = stage(example()), torch.Generator().manual_seed(0)
    emptied = 0
    for n in range(100):
        T, S, D = torch.randint(1, 12, (3,), generator=draw).tolist()
        q, k = (torch.randn(size, D, generator=draw, dtype=torch.float64) * 3 for size in (T, S))
        mask = torch.rand(T, S, generator=draw) < 0.6
        mask[torch.rand(T, generator=draw) < 0.2] = False  # rows that may attend to nothing
        emptied += int((~mask.any(dim=1)).sum())
        wrong = {"way": WAYS[n % 4], "scaled": n % 3 > 0, "over": "queries" if n % 5 == 0 else "keys"}
        wrong["sharpness"] = 1.0 if n % 2 else float(torch.rand((), generator=draw)) * 3
        mask = None if n % 10 == 9 else mask
        given = {"q": q.tolist(), "k": k.tolist(), "mask": None if mask is None else mask.tolist(), **wrong}
        found = page.evaluate(ATTEND, given)
        wanted = library(q, k, mask, **wrong)
        assert torch.tensor(found["weights"], dtype=torch.float64).sub(wanted).abs().max() < 1e-6
        assert torch.tensor(found["dots"], dtype=torch.float64).sub(q @ k.mT).abs().max() < 1e-6
        if wrong["scaled"] and wrong["sharpness"] == 1.0:
            scores = attention(q, k, k).scores
            assert torch.tensor(found["scores"], dtype=torch.float64).sub(scores).abs().max() < 1e-6
    assert emptied > 50


def test_the_right_way_alone_is_the_librarys_on_a_hundred_masks(stage):
    page, draw = stage(example()), torch.Generator().manual_seed(1)
    for n in range(100):
        T, D = torch.randint(2, 12, (2,), generator=draw).tolist()
        q, k = torch.randn(2, T, D, generator=draw, dtype=torch.float64)
        if n % 5 == 0:
            q = q * 500  # scores far beyond what exp can hold
        length = int(torch.randint(0, T + 1, (), generator=draw))
        masks = {
            "none": None,
            "causal": causal_mask(T),
            "padding": padding_mask(torch.tensor([length]), T)[0].expand(T, T),
        }
        masks["causal and padding"] = masks["causal"] & masks["padding"]
        name = MASKS[n % 4]
        mask = page.evaluate("given => widget.maskOf(...given)", [name, T, T, length])
        assert mask == (None if masks[name] is None else masks[name].tolist())
        found = page.evaluate(ATTEND, {"q": q.tolist(), "k": k.tolist(), "mask": mask})
        wanted = attention(q, k, k, masks[name]).weights
        assert torch.tensor(found["weights"], dtype=torch.float64).sub(wanted).abs().max() < 1e-6


def test_every_number_of_a_hundred_random_states_is_the_librarys(stage):
    widgets = random_widgets(2)
    page = stage(example())
    for widget, found in zip(widgets, page.evaluate(NUMBERS, states(widgets)), strict=True):
        wanted = expected(widget)
        for name in ("dots", "scores", "masked", "shares", "weights", "factors", "logged", "sums", "leaked", "largest"):
            assert apart(found[name], wanted[name]) < 1e-6, name
        for name in ("T", "S", "t", "s", "closed", "hits"):
            assert found[name] == wanted[name], name
        assert (found["divided"] is None) == widget.scaled
        assert widget.scaled or apart(found["divided"], wanted["divided"]) < 1e-6
        assert apart(widget.weights(), wanted["weights"]) < 1e-9


def test_the_map_of_a_hundred_random_states_stands_on_these_numbers(stage):
    widgets = random_widgets(3)
    page = stage(example())
    for widget, drawn in zip(widgets, page.evaluate(DRAWN, states(widgets)), strict=True):
        wanted = expected(widget)
        S, t, s, weights, mask = (wanted[name] for name in ("S", "t", "s", "weights", "mask"))
        assert close(drawn["written"], weights)
        assert close(drawn["sums"], wanted["sums"])
        shares = [int((re.search(r"(\d+)%", each) or [0, 50])[1]) for each in drawn["fills"]]  # 50% is left out
        assert shares == pytest.approx((60 * weights).flatten().tolist(), abs=0.5001)
        places = {}
        for n, cell in enumerate(drawn["cells"]):
            assert cell["data-at"] == f"{n // S} {n % S}"
            places[n // S, n % S] = {side: float(cell[side]) for side in ("x", "y", "width", "height")}
        left, top = places[0, 0]["x"], places[0, 0]["y"]
        for (r, c), place in places.items():
            assert (place["x"], place["y"]) == pytest.approx((left + c * place["width"], top + r * place["height"]))
        chosen, row = ({side: float(each) for side, each in drawn[name].items()} for name in ("chosen", "row"))
        assert chosen == pytest.approx(places[t, s])
        assert row == pytest.approx(places[t, 0] | {"width": S * places[0, 0]["width"]})
        struck = [tuple(floats(line)) for line in (drawn["struck"] or "").split("M")[1:]]
        closed = [places[tuple(cell)] for cell in (~mask).nonzero().tolist()]
        ends = [(c["x"] + 3, c["y"] + c["height"] - 3, c["x"] + c["width"] - 3, c["y"] + 3) for c in closed]
        assert [each for line in struck for each in line] == pytest.approx([each for line in ends for each in line])
        corners = [tuple(floats(line)[:2]) for line in (drawn["right"] or "").split("M")[1:]]
        dotted = [places[each] for each in enumerate(widget.where)]
        assert corners == [(each["x"] + 2, each["y"] + 2) for each in dotted]
        columns = weights.sum(dim=0)
        full = widget.over == "queries" and bool(((columns - 1).abs() < 0.005).all())
        assert ("every column sums to 1" in drawn["labels"]) == full


def is_power(text, score):
    """Is this e to the score, as the table writes it: as a number, or as a power where it is very large or small?"""
    if score == -torch.inf or not -5 < score < 9:
        return text == "0" if score == -torch.inf else text.startswith("e^") and close([text[2:]], score, decimals=1)
    return close([text], math.exp(score), decimals=3 if score < 0 else 2)


def test_the_table_of_a_hundred_random_states_says_these_numbers(stage):
    widgets = random_widgets(4)
    page = stage(example())
    for widget, drawn in zip(widgets, page.evaluate(DRAWN, states(widgets)), strict=True):
        wanted, rows = expected(widget), {}
        t, s, D, masks = wanted["t"], wanted["s"], len(wanted["factors"]), widget.mask != "none"
        for name, how, value in drawn["steps"][: -1 if masks and widget.way == WEIGHTS else None]:
            rows[name] = (how, value)
        assert drawn["caption"] == f"query “q{t}” (row {t + 1}) attends to key “k{s}” (column {s + 1})"
        how, value = rows["q · k"]
        assert close(re.findall(r"\(([−\d.]+)\)", how), wanted["factors"][:4])
        assert how.endswith(f" + … ({D - 4} more)") == (D > 4)
        assert close([value], wanted["dots"][t, s])
        assert ("sharpness" in rows) == (widget.sharpness != 1)
        if "sharpness" in rows:
            assert rows["sharpness"][0] == f"times {widget.sharpness:.1f}"
            assert close([rows["sharpness"][1]], widget.sharpness * wanted["dots"][t, s])
        root = f"√{D} = {D**0.5:.2f}"
        assert rows["÷ √d_k"][0] == (f"divided by {root}" if widget.scaled else f"left out ({root})")
        assert close([rows["÷ √d_k"][1]], wanted["scores"][t, s])
        assert close([rows["mask"][1]], wanted["masked"][t, s])
        may = bool(wanted["mask"][t, s])
        assert rows["mask"][0].startswith("none" if not masks else "may attend: " if may else "may not attend: ")
        how, value = rows["softmax"]
        assert close([value], wanted["shares"][t, s], decimals=4)
        assert how.startswith(f"e^score ÷ sum over {'its row' if widget.over == 'keys' else 'its column (wrong)'}: ")
        ratio = how.split(": ")[1]
        assert (ratio == "nothing to share") == (wanted["logged"] == -torch.inf)
        for part, score in zip(ratio.split(" ÷ "), (wanted["masked"][t, s], wanted["logged"]), strict=False):
            if ratio != "nothing to share":
                assert is_power(part, score.item())
        if masks and widget.way == WEIGHTS:
            assert drawn["steps"][-1][1] == f"weight times {int(may)}"
            assert close([drawn["steps"][-1][2]], wanted["weights"][t, s], decimals=4)


def test_the_sentence_of_a_hundred_random_states_says_these_numbers(stage):
    widgets = random_widgets(5)
    page = stage(example())
    seen = dict.fromkeys(["most", "alike", "nothing", "forbidden", "divided", "right one"], 0)
    for widget, drawn in zip(widgets, page.evaluate(DRAWN, states(widgets)), strict=True):
        wanted, said = expected(widget), drawn["says"]
        row, sums = wanted["weights"][wanted["t"]], wanted["sums"]
        first = said.split(": its")[0].split(". ")[0]
        if row.max() == 0:
            seen["nothing"] += 1
            assert first == f"“q{wanted['t']}” attends to nothing"
        elif "alike" in first:
            seen["alike"] += 1
            some = row[row > 0]
            assert some.max() - some.min() < 0.005 + 1e-9
            assert f"attends to {len(some)} keys alike, " in first
            assert close(re.findall(r"alike, ([\d.]+) each", first), some.max())
        else:
            seen["most"] += 1
            named = re.findall(r"“k(\d+)” ([\d.]+)", first)
            order = row.argsort(descending=True)[:3].tolist()
            assert [int(name) for name, _ in named] == [c for n, c in enumerate(order) if not n or row[c] >= 0.005]
            assert close([value for _, value in named], row[order[: len(named)]])
        assert ("forbidden" in said) == (widget.mask != "none")
        if "forbidden" in said:
            seen["forbidden"] += 1
            assert f"{wanted['closed']} of {row.numel() * len(sums)} cells are forbidden" in said
            assert abs(floats(said.split(" and get ")[1])[0] - 100 * wanted["leaked"]) <= 0.5 + 1e-9
        assert ("Not divided" in said) != widget.scaled
        if not widget.scaled:
            seen["divided"] += 1
            numbers = re.search(r"is ([\d.]+) on average; divided, (\d\.\d\d)\.", said).groups()
            assert close(numbers, [wanted["largest"], wanted["divided"]])
        assert ("right one" in said) == bool(widget.where)
        if widget.where:
            seen["right one"] += 1
            hits = f"The strongest cell is the right one (dotted) in {wanted['hits']} of {len(sums)} rows."
            assert hits in said
            assert hits in widget.draw()[1]
            plt.close("all")
        if not said.endswith(("Every row sums to 1.", "Every row sums to 0.")):
            least, most = re.search(r"sum to ([\d.]+) at least, ([\d.]+) at most\.$", said).groups()
            assert close([least, most], [sums.min(), sums.max()])
        else:
            assert sums.sub(float(said[-2])).abs().max() < 0.005 + 1e-9
    assert min(seen.values()) > 2, seen


def test_the_arcs_of_a_hundred_random_states_go_from_query_to_key(stage):
    widgets = random_widgets(6)
    for widget in widgets:
        widget.view = "arcs"
    page = stage(example())
    for widget, drawn in zip(widgets, page.evaluate(DRAWN, states(widgets)), strict=True):
        wanted = expected(widget)
        T, t, s, weights, mask = (wanted[name] for name in ("T", "t", "s", "weights", "mask"))
        assert close(drawn["written"], weights[t])
        assert close([drawn["sums"][0].removeprefix("sum ")], wanted["sums"][t])
        queries, keys = drawn["names"][:T], drawn["names"][T:]
        assert [n for n, each in enumerate(queries) if each["font-weight"] == "700"] == [t]
        assert [n for n, each in enumerate(keys) if each["font-weight"] == "700"] == [s]
        assert [each["text-decoration"] is None for each in keys] == mask[t].tolist()
        seen = [(r, c) for r in [*range(t), *range(t + 1, T), t] for c in range(len(keys))
                if weights[r, c] > (0 if r == t else 0.02)]  # fmt: skip
        assert len(drawn["arcs"]) == len(seen)
        for arc, (r, c) in zip(drawn["arcs"], seen, strict=True):
            x1, y1, _, _, _, _, x2, y2 = floats(arc["d"])
            assert (y1, y2) == (float(queries[r]["y"]) - 4, float(keys[c]["y"]) - 4)  # the text's middle
            assert float(queries[r]["x"]) < x1 < x2 < float(keys[c]["x"])
            assert float(arc["stroke-width"]) == pytest.approx(14 * weights[r, c].item(), abs=1e-6)
            assert (arc["stroke"] == PALETTE[1]) == (r == t)


@pytest.mark.parametrize("over", ["keys", "queries"])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_drawing_and_kernel_show_the_librarys_weights_in_every_state(stage, way, scaled, over):
    widget = example()
    page = stage(widget)
    for mask in MASKS:
        widget.mask, widget.way, widget.scaled, widget.over = mask, way, scaled, over
        page.put(mask=mask, way=way, scaled=scaled, over=over)
        assert widget.weights() == pytest.approx(of(widget), abs=1e-9)
        assert shown(page) == written(of(widget))
        sums = page.locator(".unrolled-attention-sum").all_text_contents()
        assert sums == written(of(widget).sum(dim=1))


def test_the_stronger_the_weight_the_stronger_the_ground(stage):
    widget = example()
    page = stage(widget)
    fills = page.locator(".unrolled-attention-cell").evaluate_all("nodes => nodes.map(node => node.style.fill)")
    shares = [int(each.split("%")[0].split()[-1]) for each in fills]
    assert shares == pytest.approx((60 * of(widget)).flatten().tolist(), abs=0.51)


def test_the_cells_stay_and_only_their_numbers_change(stage):
    page = stage(example())
    page.evaluate("globalThis.cell = document.querySelector('.unrolled-attention-cell')")
    page.put(sharpness=0.5, row=2, mask="causal")
    assert page.evaluate("cell.isConnected")


def test_the_first_picture_says_where_and_how_much_without_a_click(stage):
    widget = example()
    page = stage(widget)
    row = of(widget)[4]
    best = row.argsort(descending=True)[:3].tolist()
    assert says(page).startswith(f"“ball” attends most to “{WORDS[best[0]]}” {row[best[0]]:.2f}, ")
    assert says(page).endswith("Every row sums to 1.")
    drawn = page.locator(".unrolled-drawing").text_content()
    assert "query (row) attends to" in drawn
    assert "key (column)" in drawn


def test_the_steps_of_the_chosen_cell_lead_to_its_weight(stage):
    widget = example()
    page = stage(widget)
    q, k = (torch.tensor(x[1][2], dtype=torch.float64) for x in (widget.q, widget.k))
    dot = float(q[4] @ k[3])
    names, hows, numbers = zip(*steps(page), strict=True)
    assert names == ("q · k", "sharpness", "÷ √d_k", "mask", "softmax")
    score = 1.5 * dot / 2
    wanted = [f"{n:.2f}".replace("-", "−") for n in (dot, 1.5 * dot, score, score)]
    assert list(numbers) == [*wanted, f"{of(widget)[4, 3]:.4f}"]
    assert hows[2] == "divided by √4 = 2.00"
    assert page.locator("caption").text_content() == "query “ball” (row 5) attends to key “tennis” (column 4)"


def test_the_steps_tell_what_each_wrong_choice_does(stage):
    page = stage(example())
    page.put(mask="causal", row=2, column=4, sharpness=1.0)
    assert steps(page)[2][1:] == ["may not attend: becomes −∞", "−∞"]
    assert steps(page)[3][2] == "0.0000"
    page.put(way=SCORES)
    assert steps(page)[2][1:] == ["may not attend: times 0", "0.00"]
    page.put(way=EXCHANGED)
    assert steps(page)[2][1] == "may not attend: yet stays"
    page.put(way=WEIGHTS)
    assert [name for name, _, _ in steps(page)] == ["q · k", "÷ √d_k", "mask", "softmax", "mask"]
    assert steps(page)[4][1:] == ["weight times 0", "0.0000"]
    page.put(mask="none", scaled=False, over="queries")
    assert steps(page)[2][1] == "none"
    assert steps(page)[1][1] == "left out (√4 = 2.00)"
    assert "its column (wrong)" in steps(page)[3][1]


def test_the_numbers_of_the_softmax_step_divide_to_the_weight(stage):
    widget = example()
    page = stage(widget)
    page.put(sharpness=0.1)
    widget.sharpness = 0.1
    for t in range(7):
        page.put(row=t + 1)
        part, whole = map(float, steps(page)[-1][1].split(": ")[1].split(" ÷ "))
        assert part / whole == pytest.approx(of(widget)[t, 3].item(), abs=2e-3)


def test_a_leak_is_counted_and_a_loss_is_seen_in_the_rows(stage):
    widget = example()
    page = stage(widget)
    for way in WAYS:
        widget.mask, widget.way = "causal and padding", way
        page.put(mask="causal and padding", way=way)
        weights, allowed = of(widget), causal_mask(7) & padding_mask(torch.tensor([4]), 7)[0]
        leaked = 100 * ((weights * ~allowed).sum() / weights.sum()).item()
        assert f"{int((~allowed).sum())} of 49 cells are forbidden" in says(page)
        assert f"get {leaked:.0f}\u00a0% of all the weight." in says(page)
        sums = weights.sum(dim=1)
        wanted = f"Rows sum to {sums.min():.2f} at least, {sums.max():.2f} at most."
        assert says(page).endswith("Every row sums to 1." if sums.min() > 0.995 else wanted)
        bold = page.locator(".unrolled-attention-sum[font-weight='700']").count()
        assert bold == int(((sums - 1).abs() > 0.005).sum())
        assert page.locator(".unrolled-attention-struck").get_attribute("d").count("M") == int((~allowed).sum())


def test_softmax_over_the_queries_and_no_scale_are_told(stage):
    widget = example()
    page = stage(widget)
    page.put(over="queries")
    widget.over = "queries"
    sums = of(widget).sum(dim=1)
    assert f"rows sum to {sums.min():.2f} at least, {sums.max():.2f} at most" in says(page)
    assert "every column sums to 1" in page.locator("svg").text_content()
    page.put(over="keys", scaled=False)
    widget.over, widget.scaled = "keys", False
    without = of(widget).max(dim=1).values.mean()
    widget.scaled = True
    divided = of(widget).max(dim=1).values.mean()
    assert f"the largest weight of a row is {without:.2f} on average; divided, {divided:.2f}." in says(page)
    assert "every column" not in page.locator("svg").text_content()


def test_padding_of_everything_leaves_nothing_to_look_at(stage):
    page = stage(example())
    page.put(mask="padding", length=0)
    assert set(shown(page)) == {"0.00"}
    assert says(page).startswith("“ball” attends to nothing")
    assert says(page).endswith("Every row sums to 0.")
    assert "nothing to share" in steps(page)[-1][1]


def test_no_sharpness_shares_alike(stage):
    page = stage(example())
    page.put(sharpness=0)
    assert says(page).startswith("“ball” attends to 7 keys alike, 0.14 each.")


@pytest.mark.parametrize("name", COMBOS)
def test_every_menu_sets_its_trait_and_draws(stage, name):
    page = stage(example())
    trait, value = COMBOS[name]
    page.put(mask="padding")
    before = page.locator(".unrolled-drawing").inner_html()
    page.get_by_role("combobox", name=name, exact=True).select_option(value)
    assert str(page.trait(trait)) == value
    assert type(page.trait(trait)) is type(getattr(example(), trait))
    assert page.locator(".unrolled-drawing").inner_html() != before


@pytest.mark.parametrize("name", COMBOS)
def test_every_menu_answers_to_keys(stage, name):
    page = stage(example())
    trait, _ = COMBOS[name]
    page.put(mask="padding")
    page.get_by_role("combobox", name=name, exact=True).focus()
    page.keyboard.press("End")
    last, drawn = page.trait(trait), page.locator(".unrolled-drawing").inner_html()
    page.keyboard.press("ArrowUp")
    assert page.trait(trait) != last
    assert page.locator(".unrolled-drawing").inner_html() != drawn


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_answers_to_keys_and_pointer(stage, name):
    page = stage(example())
    page.put(mask="padding")
    trait, value = SLIDERS[name]
    drawn = page.locator(".unrolled-drawing").inner_html()
    control = page.get_by_role("slider", name=name)
    control.focus()
    page.keyboard.press("ArrowLeft")
    assert page.trait(trait) == pytest.approx(value)
    assert page.locator(".unrolled-drawing").inner_html() != drawn
    box = control.bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    assert page.trait(trait) == 0


def test_the_tick_leaves_the_division_out(stage):
    page = stage(example())
    page.get_by_role("checkbox", name="divide by √d_k").focus()
    page.keyboard.press("Space")
    assert page.trait("scaled") is False
    page.get_by_role("checkbox", name="divide by √d_k").click()
    assert page.trait("scaled") is True


def test_a_cell_is_chosen_by_click_and_by_arrow_keys(stage):
    page = stage(example())
    page.locator(".unrolled-attention-cell").nth(2 * 7 + 5).click()
    assert (page.trait("row"), page.trait("column")) == (3, 6)
    assert page.get_by_role("combobox", name="query (row)").input_value() == "3"
    page.locator(".unrolled-drawing").focus()
    for key, cell in [("ArrowUp", (2, 6)), ("ArrowLeft", (2, 5)), ("ArrowDown", (3, 5)), ("ArrowRight", (3, 6))]:
        page.keyboard.press(key)
        assert (page.trait("row"), page.trait("column")) == cell
    for _ in range(9):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
    assert (page.trait("row"), page.trait("column")) == (7, 7)
    frame = page.locator(".unrolled-attention-chosen").bounding_box()
    assert frame["x"] == pytest.approx(page.locator(".unrolled-attention-cell").last.bounding_box()["x"], abs=2)


def test_a_click_beside_the_cells_chooses_nothing(stage):
    page = stage(example())
    page.locator(".unrolled-attention-sum").first.click()
    page.locator("caption").click()
    assert (page.trait("row"), page.trait("column")) == (5, 4)


def test_arcs_show_the_same_weights_of_the_chosen_query(stage):
    widget = example()
    page = stage(widget)
    page.put(view="arcs")
    weights = of(widget)
    assert shown(page) == written(weights[4])
    wide = page.locator(".unrolled-drawing svg path").evaluate_all(
        "nodes => nodes.map(node => Number(node.getAttribute('stroke-width')))"
    )
    wanted = [14 * each for t in (0, 1, 2, 3, 5, 6) for each in weights[t].tolist() if each > 0.02]
    assert wide == pytest.approx([*wanted, *(14 * weights[4]).tolist()], abs=1e-6)
    page.locator(".unrolled-attention-name").nth(1).click()  # a query
    assert (page.trait("row"), page.trait("column")) == (2, 4)
    page.locator(".unrolled-attention-name").nth(7 + 6).click()  # a key
    assert (page.trait("row"), page.trait("column")) == (2, 7)
    page.put(mask="causal")
    assert page.locator("[text-decoration]").all_text_contents() == WORDS[2:]
    page.put(view="map")
    widget.mask = "causal"
    assert shown(page) == written(of(widget))


@pytest.mark.parametrize(
    ("name", "state"),
    [("causal mask", {"mask": "causal"}), ("a mask that leaks", {"mask": "causal", "way": SCORES}),
     ("without ÷ √d_k", {"scaled": False}), ("wrong softmax axis", {"over": "queries"})],
)  # fmt: skip
def test_presets_set_the_whole_state(stage, name, state):
    page = stage(example())
    page.put(mask="padding", way=WEIGHTS, sharpness=2, scaled=False, over="queries")
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    wanted = {"mask": "none", "way": BLOCKED, "sharpness": 1, "scaled": True, "over": "keys"} | state
    assert {trait: page.trait(trait) for trait in wanted} == wanted


def test_layer_and_head_are_hidden_where_there_is_one_and_named_where_they_have_names(stage):
    tokens, q, k = read(WORDS)
    page = stage(Attention(tokens, q[0, 0], k[0, 0]))
    names = page.locator("label").all_text_contents()
    assert not any(name.startswith(("layer", "head")) for name in names)
    assert not any("padding" in name for name in names)  # nor padding without lengths
    page = stage(Attention(tokens, q[:, 0], k[:, 0], leading={"positions": ["in", "out"]}))
    page.get_by_role("combobox", name="positions").select_option("out")
    assert page.trait("head") == 2
    assert shown(page) == written(attention(q[1, 0].double(), k[1, 0].double(), k[1, 0].double()).weights)


def test_queries_of_one_sequence_and_keys_of_another(stage):
    draw = torch.Generator().manual_seed(3)
    q, k = torch.randn(2, 8, generator=draw), torch.randn(4, 8, generator=draw)
    widget = Attention(["ich", "mag"], q, k, keys=["I", "like", "it", "so"])
    page = stage(widget)
    assert shown(page) == written(attention(q.double(), k.double(), k.double()).weights)
    assert page.get_by_role("combobox", name="mask").count() == 0
    page.put(view="arcs")
    assert len(shown(page)) == 4
    with pytest.raises(traitlets.TraitError, match="as many keys as tokens; 4 and 2 are there"):
        widget.mask = "causal"


def test_without_a_wish_the_strongest_cell_is_chosen():
    tokens, q, k = read(WORDS)
    widget = Attention(tokens, q[0, 0], k[0, 0])
    weights = widget.weights()
    assert weights[widget.row - 1, widget.column - 1] == weights.max()


def test_twenty_four_tokens_are_drawn_without_numbers_and_twenty_five_refused(stage):
    q, k = torch.randn(2, 24, 8, generator=torch.Generator().manual_seed(0)).unbind()
    page = stage(Attention([f"w{n}" for n in range(24)], q, k))
    assert page.locator(".unrolled-attention-cell").count() == 576
    assert shown(page) == []
    assert page.locator("svg *").count() < 700
    with pytest.raises(ValueError, match="tokens must be a list of 1 to 24, to be seen at once; 25 came"):
        Attention(["w"] * 25, torch.zeros(25, 2), torch.zeros(25, 2))
    with pytest.raises(ValueError, match="keys must be a list of 1 to 24"):
        Attention(["w"], torch.zeros(1, 2), torch.zeros(25, 2), keys=["w"] * 25)


def test_own_text_is_read_bounded_and_reset_comes_back_whole():
    widget = example()
    start = {name: getattr(widget, name) for name in widget.controls}
    widget.text = "ball tennis"
    assert widget.tokens == widget.key_names == ["ball", "tennis"]
    assert widget.weights() == pytest.approx(of(widget))
    assert (widget.row, widget.column, widget.length) == (2, 2, 2)
    widget.text = "  "
    assert widget.problem == "a text of 1 to 24 words is wanted; 0 came"
    widget.text = "word " * 25
    assert widget.problem == "a text of 1 to 24 words is wanted; 25 came"
    assert widget.tokens == ["ball", "tennis"]
    widget.reset()
    assert widget.problem == ""
    assert {name: getattr(widget, name) for name in widget.controls} == start
    assert widget.tokens == WORDS


def test_a_reader_that_cannot_read_says_why():
    widget = example()

    def refuse(words):
        raise ValueError(f"{words[0]!r} is no word that I know")

    widget.read = refuse
    widget.text = "quark"
    assert widget.problem == "'quark' is no word that I know"
    assert widget.tokens == WORDS


def test_own_text_is_handed_on_at_enter_and_a_new_reading_is_drawn(stage):
    page = stage(example())
    page.get_by_role("textbox", name="own text").fill("ball tennis")
    page.keyboard.press("Enter")
    assert page.trait("text") == "ball tennis"
    tokens, q, k = read(["ball", "tennis"])
    page.put(tokens=tokens, key_names=tokens, q=q.tolist(), k=k.tolist(), row=2, column=2, length=2)
    options = page.get_by_role("combobox", name="query (row)").locator("option").all_text_contents()
    assert options == ["1 ball", "2 tennis"]
    q, k = q[1, 2].double() * 1.5, k[1, 2].double()
    assert shown(page) == written(attention(q, k, k).weights)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((["a", "b"], torch.zeros(3, 2), torch.zeros(2, 2)), r"q must be a tensor \(L, N, 2, D\), .*; \(3, 2\) came"),
        ((["a"], torch.zeros(1, 2), torch.zeros(1, 3)), "q and k must fit"),
        ((["a"], torch.zeros(2, 1, 2), torch.zeros(1, 2)), "q and k must fit"),
        ((["a"], torch.zeros(1, 2), torch.tensor([[0.0, torch.nan]])), "k must hold finite numbers; nan came"),
        ((["a"], [[0.0]], torch.zeros(1, 1)), "q must be a tensor .* a list came"),
        (
            ("ab", torch.zeros(2, 1), torch.zeros(2, 1)),
            "tokens must be a list of 1 to 24, to be seen at once; 'ab' came",
        ),
        ((["a"] * 20, torch.zeros(8, 8, 20, 40), torch.zeros(8, 8, 20, 40)), "q and k hold 102,400 numbers"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Attention(*given)


def test_controls_and_names_that_do_not_exist_are_refused():
    tokens, q, k = read(WORDS)
    with pytest.raises(TypeError, match="Attention has no control 'colour'; it has view, layer"):
        Attention(tokens, q, k, colour="red")
    with pytest.raises(
        ValueError, match=r"leading must name each of the leading axes \(2, 3\) of q; {'layer': 2} came"
    ):
        Attention(tokens, q, k, leading={"layer": ["1", "2"]})
    with pytest.raises(traitlets.TraitError, match="the mask 'padding' wants `lengths`"):
        Attention(tokens, q, k, mask="padding")
    for wrong in (-1, 2.0, torch.tensor([1, 2])):
        with pytest.raises(ValueError, match="lengths must be"):
            Attention(tokens, q, k, lengths=wrong)
    with pytest.raises(traitlets.TraitError):
        Attention(tokens, q, k, sharpness=4.0)


def test_beyond_the_last_cell_is_the_last_cell():
    widget = example()
    widget.row, widget.column, widget.layer, widget.head, widget.length = 99, 99, 99, 99, 99
    assert (widget.row, widget.column, widget.layer, widget.head, widget.length) == (7, 7, 2, 3, 7)


def test_the_still_picture_says_each_strongest_cell():
    widget = example()
    _, alt = widget.draw()
    weights = of(widget)
    for t, s in enumerate(weights.argmax(dim=1).tolist()):
        assert f"“{WORDS[t]}” to “{WORDS[s]}” ({weights[t, s]:.2f})" in alt


def test_the_right_cells_are_dotted_and_the_hits_are_counted(stage):
    where = [6, 0, 2, 3, 1, 5, 4]
    widget = Attention(*read(WORDS), where=torch.tensor(where))
    page = stage(widget)
    for layer, head in [(1, 1), (1, 2), (2, 3)]:
        widget.layer, widget.head = layer, head
        page.put(layer=layer, head=head)
        hits = sum(row.argmax().item() == s for row, s in zip(of(widget), where, strict=True))
        said = f"The strongest cell is the right one (dotted) in {hits} of 7 rows."
        assert said in says(page)
        assert said in widget.draw()[1]
    cells = page.locator(".unrolled-attention-cell")
    wide, high = (float(cells.first.get_attribute(side)) for side in ("width", "height"))
    corners = page.locator(".unrolled-attention-right").get_attribute("d").split("M")[1:]
    for t, (corner, s) in enumerate(zip(corners, where, strict=True)):
        x, y = map(float, corner.split("h")[0].split())
        cell = cells.nth(7 * t + s)
        assert (x, y) == (float(cell.get_attribute("x")) + 2, float(cell.get_attribute("y")) + 2)
        assert f"h{wide - 4:g}v{high - 4:g}" in corner


def test_what_is_alike_or_empty_is_no_hit(stage):
    widget = Attention(*read(WORDS), where=[0] * 7, lengths=0)
    page = stage(widget)
    for state in ({"sharpness": 0.0}, {"sharpness": 1.0, "mask": "padding"}):
        for name, value in state.items():
            setattr(widget, name, value)
        page.put(**state)
        assert "in 0 of 7 rows" in says(page)
        assert "in 0 of 7 rows" in widget.draw()[1]
        assert ("“He” to nothing (0.00)" if "mask" in state else "“He” to several alike (0.14)") in widget.draw()[1]
    single = Attention(["a", "b"], torch.ones(2, 2), torch.ones(1, 2), keys=["c"], where=[0, 0], lengths=0)
    page = stage(single)
    assert "in 2 of 2 rows" in says(page)
    page.put(mask="padding")
    assert "in 0 of 2 rows" in says(page)


def test_a_mask_of_padding_keeps_its_length():
    widget = example()
    widget.mask = "padding"
    with pytest.raises(traitlets.TraitError, match="the mask 'padding' wants a length; None came"):
        widget.length = None
    assert widget.length == 4
    widget.mask = "none"
    widget.length = None


def test_dollars_are_no_mathematics():
    widget = Attention([r"$\foo$", "$x_$"], torch.eye(2), torch.eye(2))
    assert r"“$\foo$”" in widget.draw()[1]
    assert widget.figure().startswith("<img")


def test_without_right_cells_nothing_is_dotted(stage):
    page = stage(example())
    assert not page.locator(".unrolled-attention-right").get_attribute("d")
    assert "dotted" not in says(page)


@pytest.mark.parametrize("where", [[0, 1], [0, 1, 2, 3, 4, 5, 7], [0, 1, 2, 3, 4, 5, -1], [0.5] * 7])
def test_right_cells_that_are_not_there_are_refused(where):
    with pytest.raises(ValueError, match="where must name for each of 7 tokens a column from 0 to 6"):
        Attention(*read(WORDS), where=where)


def test_a_text_may_be_what_is_read_and_not_what_is_asked():
    asked = []

    def turned(text):
        asked.append(text)
        q, k = read(text)[1:]
        return text[::-1], q.flip(-2), k, text, range(len(text))[::-1]

    widget = Attention(*turned(WORDS), read=turned, text=" ".join(WORDS))
    assert asked == [WORDS]
    widget.text = "tennis ball"
    assert (widget.tokens, widget.key_names, widget.where) == (["ball", "tennis"], ["tennis", "ball"], [1, 0])
    widget.reset()
    assert (widget.tokens, widget.key_names) == (WORDS[::-1], WORDS)


@pytest.mark.parametrize("words", [WORDS[:1], WORDS[:2], WORDS[:3], WORDS])
def test_the_name_of_the_rows_is_within_the_picture_however_few_they_are(stage, words):
    page = stage(Attention(*read(words)))
    name = page.locator(".unrolled-drawing svg text", has_text="query (row)").first.bounding_box()
    picture = page.locator(".unrolled-drawing svg").first.bounding_box()
    assert name["y"] >= picture["y"]
    assert name["y"] + name["height"] <= picture["y"] + picture["height"]

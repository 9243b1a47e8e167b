// The loop opens into the unrolled graph. Columns are built once for a reading; after that only places and lights change.

const [COLUMN, LEFT, CELL, TOP] = [118, 118, 15, 70];
const WEIGHTS = ["none", "W_xh", "W_hh", "W_hy"];
const INDEX = "₀₁₂₃₄₅₆₇₈";

const brief = (word) => cut(word, 14); // longer ones would fall on their neighbours

// The state of one step: a number a unit, on a ground that shows its sign and size.
function stateCell(h, t, top) {
  const cells = h.flatMap((value, unit) => [
    shape("rect", { x: -24, y: top + unit * CELL, width: 48, height: CELL, style: `fill: ${ground(value)}` }),
    words(0, top + unit * CELL + 11, signed(value), { "font-size": 11, class: "unrolled-unroll-number" }),
  ]);
  const box = shape("rect", { x: -24, y: top, width: 48, height: h.length * CELL, class: "unrolled-unroll-box" });
  return shape("g", {}, ...cells, box, words(-36, top + (h.length * CELL) / 2 + 4, `h${INDEX[t + 1]}`));
}

function wire(name, x1, y1, x2, y2, labelX, labelY) {
  const label = words(labelX, labelY, name, { "font-size": 11 });
  return shape("g", { class: "unrolled-unroll-wire", "data-weight": name }, arrow(x1, y1, x2, y2), label);
}

function column({ word, h, said, p, t }) {
  const bottom = TOP + h.length * CELL;
  const middle = TOP + (h.length * CELL) / 2 - 12;
  return shape(
    "g",
    { class: "unrolled-unroll-step" },
    wire("W_xh", 0, bottom + 40, 0, bottom + 3, 19, bottom + 26),
    wire("W_hy", 0, TOP - 3, 0, 40, 19, TOP - 11),
    wire("W_hh", 27 - COLUMN, middle, -27, middle, -COLUMN / 2, middle - 6),
    stateCell(h, t, TOP),
    words(0, bottom + 56, brief(word), { "font-weight": 600 }),
    words(0, 18, brief(said), { "font-weight": 600 }),
    words(0, 33, `p = ${p.toFixed(2)}`, { "font-size": 11 }),
  );
}

// The way back from the state to itself, seen only while the loop is closed.
function wayBack(H) {
  const [low, high] = [TOP + (H * CELL) / 2 + 22, TOP + (H * CELL) / 2 - 22];
  const path = `M26 ${low}C 96 ${low + 26}, 96 ${high - 26}, 32 ${high}`;
  const curve = shape("path", { d: path, fill: "none", stroke: "currentColor" });
  const head = arrow(40, high - 4, 26, high + 2);
  return shape("g", { class: "unrolled-unroll-wire", "data-weight": "W_hh" }, curve, head, words(98, (low + high) / 2, "W_hh", { "font-size": 11 }));
}

function build(parts) {
  const { model } = parts;
  const [read, h, said, p] = ["words", "h", "said", "p"].map((name) => model.get(name));
  const H = h[0].length;
  const svg = canvas(parts, LEFT + read.length * COLUMN, TOP + H * CELL + 66, "The network at every step");
  const steps = read.map((word, t) => column({ word, h: h[t], said: said[t], p: p[t], t }));
  const first = words(LEFT + 26 - COLUMN, TOP + (H * CELL) / 2 - 8, "h₀ = 0", { "font-size": 11 });
  const back = wayBack(H);
  back.style.transform = `translate(${LEFT + 26}px, 0)`;
  svg.append(first, back, ...steps);
  return { steps, first, back, svg };
}

// The step that is shown; a new sentence may be shorter until its reading comes.
const now = (model) => Math.min(model.get("step"), model.get("words").length);

function place({ steps, first, back, svg }, model) {
  const [open, step, weight] = [model.get("unrolled"), now(model), model.get("weight")];
  steps.forEach((node, t) => {
    const x = LEFT + 26 + (open ? t * COLUMN : 0);
    node.style.transform = `translate(${x}px, 0)`;
    node.style.opacity = open ? (t < step ? 1 : 0.25) : Number(t === step - 1);
    node.classList.toggle("unrolled-unroll-now", t === step - 1);
    node.querySelector("[data-weight=W_hh]").style.opacity = Number(open);
  });
  first.style.opacity = Number(open);
  back.style.opacity = Number(!open);
  for (const node of svg.querySelectorAll("[data-weight]")) {
    node.classList.toggle("unrolled-unroll-lit", node.dataset.weight === weight);
  }
}

function sentence(model) {
  const [read, said, p, h] = ["words", "said", "p", "h"].map((name) => model.get(name));
  const [step, weight] = [now(model), model.get("weight")];
  const t = step - 1;
  const before = t ? `h${INDEX[t]}` : "the state h₀, all zeros,";
  const here = `Step ${step} of ${read.length}: from “${read[t]}” and ${before} the cell makes h${INDEX[step]}, and says “${said[t]}” with probability p = ${p[t].toFixed(2)}.`;
  const shared = `${weight} is lit: ${model.get("unrolled") ? `drawn ${read.length === 1 ? "once" : `${read.length} times`}, it is one matrix` : "one matrix, used again at every step"}.`;
  return weight === "none" ? here : `${here} ${shared} Each state has ${h[0].length} numbers.`;
}

const forward = onwards("step", "words");

function render({ model, el }) {
  const parts = frame(model, el, "unroll", "Unroll");
  button(parts, "unrolled", () => put(model, { unrolled: !model.get("unrolled") }), () => model.get("unrolled"));
  button(parts, "back", () => put(model, { step: Math.max(1, model.get("step") - 1) }));
  button(parts, "step", forward);
  player(parts, forward, 900);
  slider(parts, "step", { label: "step", low: 1, high: () => model.get("words").length, step: 1 });
  choice(parts, "weight", "light", WEIGHTS);
  entry(parts, "text", "own sentence", 80);
  const open = (weight) => () => ({ unrolled: true, weight, step: model.get("words").length });
  presets(parts, {
    "the loop": { unrolled: false, step: 1, weight: "none" },
    "the graph": open("none"),
    "one matrix, many uses": open("W_hh"),
  });
  let [drawn, read] = [null, null];
  return follow(parts, () => {
    if (read !== model.get("h")) [drawn, read] = [build(parts), model.get("h")];
    place(drawn, model);
    return sentence(model);
  }, ["text"]);
}

export default { render };

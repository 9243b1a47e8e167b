// The whole layer is run again in the browser after every push; the diagram and the strip show one unit of it.
// What is lit (a line of the cell) is lit as equation, code and wire at once.

const GATES = ["i", "f", "g", "o"]; // the order of the columns
const TERMS = ["f", "i", "g", "o", "c", "h"];
const REACHES = ["this unit at this step", "this unit at every step", "every unit at every step"];
const [ACROSS, DOWN, ASIDE, CELL] = [71, 66, 34, 17];
const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// ── The layer ──

// The four pre-activations of every unit: what comes from the text, and what comes from h. Four rows at a time: the
// sums are then written a quarter as often, and the whole is twice as fast.
function sums({ W_hh, H }, drive, h, a) {
  const wide = 4 * H;
  const [two, three] = [2 * wide, 3 * wide];
  a.set(drive);
  let k = 0;
  for (; k + 3 < H; k += 4) {
    const [p, q, r, s, from] = [h[k], h[k + 1], h[k + 2], h[k + 3], k * wide];
    for (let n = from; n < from + wide; n += 1) {
      a[n - from] += p * W_hh[n] + q * W_hh[n + wide] + r * W_hh[n + two] + s * W_hh[n + three];
    }
  }
  for (; k < H; k += 1) for (let n = 0; n < wide; n += 1) a[n] += h[k] * W_hh[k * wide + n];
}

// `push` is { gate, how, amount, unit, step }: a unit of null is every unit, a step of null every step (0 is the first).
function activate(a, t, H, push) {
  const block = push && (push.step === null || push.step === t) ? GATES.indexOf(push.gate) : -1;
  for (let n = 0; n < 4 * H; n += 1) {
    const gate = Math.floor(n / H);
    const reached = gate === block && (push.unit === null || push.unit === n % H);
    if (reached && push.how === "bias plus") a[n] += push.amount;
    a[n] = gate === 2 ? Math.tanh(a[n]) : sigmoid(a[n]);
    if (reached && push.how === "held at") a[n] = push.amount;
  }
}

// layer { drive (T, 4H), W_hh (H, 4H), T, H } -> i f g o c h, each (T, H), row by row, and `from`: h W_hh (T, 4H).
// Until the pushed step all is as `learned`, where that is given.
function run(layer, push = null, learned = null) {
  const { T, H, drive } = layer;
  const trace = { from: new Float64Array(T * 4 * H) };
  for (const name of TERMS) trace[name] = new Float64Array(T * H);
  const first = (learned && push.step) || 0;
  for (const name of first ? Object.keys(trace) : []) trace[name].set(learned[name].subarray(0, (first * trace[name].length) / T));
  let [h, c] = ["h", "c"].map((name) => (first ? trace[name].slice((first - 1) * H, first * H) : new Float64Array(H)));
  for (let t = first; t < T; t += 1) {
    const x = drive.subarray(t * 4 * H, (t + 1) * 4 * H);
    const a = trace.from.subarray(t * 4 * H, (t + 1) * 4 * H);
    sums(layer, x, h, a);
    const gates = a.slice();
    for (let n = 0; n < 4 * H; n += 1) a[n] -= x[n];
    activate(gates, t, H, push);
    const now = (name) => trace[name].subarray(t * H, (t + 1) * H);
    GATES.forEach((name, block) => now(name).set(gates.subarray(block * H, (block + 1) * H)));
    const next = [now("h"), now("c")];
    for (let k = 0; k < H; k += 1) {
      next[1][k] = now("f")[k] * c[k] + now("i")[k] * now("g")[k];
      next[0][k] = now("o")[k] * Math.tanh(next[1][k]);
    }
    [h, c] = next;
  }
  return trace;
}

const low = (gate) => (gate === "g" ? -1 : 0);

const stepOf = (model) => Math.min(model.get("step"), model.get("tokens").length) - 1; // from 0

function pushOf(model) {
  const [gate, how, held, plus, reach] = ["gate", "how", "held", "plus", "reach"].map((name) => model.get(name));
  if (gate === "none") return null;
  const amount = how === "held at" ? Math.max(low(gate), held) : plus;
  const unit = reach === REACHES[2] ? null : model.get("unit");
  return { gate, how, amount, unit, step: reach === REACHES[0] ? stepOf(model) : null };
}

// x W_xh + b for every step: x (T, D), W_xh (D, wide), b (wide,) -> (T, wide), row by row.
function driveOf(x, { W_xh, b }, wide) {
  const D = W_xh.length / wide;
  const drive = new Float64Array((x.length / D) * wide);
  for (let t = 0; t < x.length / D; t += 1) {
    const row = drive.subarray(t * wide, (t + 1) * wide);
    row.set(b);
    for (let d = 0; d < D; d += 1) {
      const [number, weights] = [x[t * D + d], W_xh.subarray(d * wide, (d + 1) * wide)];
      for (let n = 0; n < wide; n += 1) row[n] += number * weights[n];
    }
  }
  return drive;
}

// Runs the layer only where something that it depends on has changed.
function runner(model) {
  let [x, weights, layer, learned, pushed, key] = [];
  return () => {
    if (x !== model.get("x")) {
      x = model.get("x");
      weights ??= Object.fromEntries(["W_xh", "W_hh", "b"].map((name) => [name, unpacked(model.get(name))]));
      const H = model.get("units");
      const drive = driveOf(unpacked(x), weights, 4 * H);
      layer = { drive, W_hh: weights.W_hh, H, T: drive.length / (4 * H) };
      [learned, key] = [run(layer), null];
    }
    const push = pushOf(model);
    if (key !== JSON.stringify(push)) pushed = push ? run(layer, push, learned) : learned;
    key = JSON.stringify(push);
    return { layer, learned, pushed, push };
  };
}

// ── One unit at one step ──

const plus = (value) => `${value < -0.005 ? "−" : "+"} ${two(Math.abs(value))}`;
const two = (value) => signed(Math.abs(value) < 0.005 ? 0 : value);

// Of the unit shown, all that the diagram and the equations hold; `here` is the push where it reaches this step.
function reading({ layer, learned, pushed, push }, unit, t) {
  const { H, drive } = layer;
  const at = (trace, name, step) => (step < 0 ? 0 : trace[name][step * H + unit]);
  const now = { before: at(pushed, "c", t - 1), learned: at(learned, "c", t) };
  for (const name of TERMS) now[name] = at(pushed, name, t);
  now.here = push && (push.step === null || push.step === t) ? push : null; // the unit shown is always reached
  GATES.forEach((name, block) => {
    const place = t * 4 * H + block * H + unit;
    now[`${name}x`] = drive[place];
    now[`${name}h`] = pushed.from[place];
  });
  return { ...now, keep: now.f * now.before, write: now.i * now.g, tanh: Math.tanh(now.c) };
}

// All that is drawn or said, of what the runner gives: the unit at its step, and over the text.
function numbersOf(model, ran = runner(model)()) {
  const { layer, learned, pushed, push } = ran;
  const [unit, t] = [model.get("unit"), stepOf(model)];
  const row = (all) => Array.from({ length: layer.T }, (_, step) => all[step * layer.H + unit]);
  const rows = (trace) => Object.fromEntries(TERMS.map((term) => [term, row(trace[term])]));
  const [bars, lines] = [rows(pushed), rows(learned)];
  const reach = Math.max(1, ...[...bars.c, ...lines.c].map(Math.abs));
  return { unit, t, push, now: reading(ran, unit, t), bars, lines, reach };
}

// ── The diagram: the same layout as `show.lstm_step` ──

// name: [x, y, colour of its frame (null: a round operation), what stands in it, its term, where its wire leads]
const PARTS = {
  before: [0, 0, "c", "c before", "c", "keep"],
  f: [1.3, 2, "f", "f", "f", "keep"],
  keep: [1.3, 0, null, "×", "c", "add"],
  i: [2.2, 2, "i", "i", "i", "write"],
  write: [2.7, 1, null, "×", "c", "add"],
  g: [3.2, 2, "g", "g", "g", "write"],
  add: [2.7, 0, null, "+", "c", "c"],
  c: [4, 0, "c", "c", "c", "tanh"],
  tanh: [5.1, 0, null, "tanh", "h", "show"],
  o: [6.1, 2, "o", "o", "o", "show"],
  show: [6.1, 0, null, "×", "h", "h"],
  h: [7.2, 0, "h", "h", "h"],
};
const RESULTS = new Set(["keep", "write", "tanh"]); // operations whose result is written beside them
const placeOf = (name) => [ASIDE + PARTS[name][0] * ACROSS, 36 + PARTS[name][1] * DOWN];
const lit = (term) => ({ "data-term": term, style: `--term: ${gateColour(term)}` }); // what is lit with that term

const picture = (width, height, label, ...inside) => shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...inside);

// A gate's wire is lit with the gate, any other with the line that it goes into.
function wire(from) {
  const to = PARTS[from][5];
  const [[x1, y1], [x2, y2]] = [placeOf(from), placeOf(to)];
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const gap = (name) => (PARTS[name][2] ? (dy ? 21 / Math.abs(dy) : 30) : PARTS[name][3] === "tanh" ? 19 : 13);
  const [start, end] = [gap(from), length - gap(to)];
  const term = GATES.includes(from) ? from : PARTS[to][4];
  return arrow(x1 + dx * start, y1 + dy * start, x1 + dx * end, y1 + dy * end, lit(term));
}

function part(name) {
  const [, , colour, text, term] = PARTS[name];
  const [x, y] = placeOf(name);
  const group = (...inside) => shape("g", { class: "unrolled-gate-lab-part", ...lit(term) }, ...inside);
  const number = (dx, dy, attributes) => words(x + dx, y + dy, "", { "data-number": name, ...attributes });
  if (colour) {
    const box = shape("rect", { x: x - 28, y: y - 19, width: 56, height: 38, style: `stroke: ${gateColour(colour)}`, "data-box": name });
    return group(box, words(x, y - 5, text, { "font-size": 11 }), number(0, 12, { "font-weight": 600 }));
  }
  const round = shape("circle", { cx: x, cy: y, r: text === "tanh" ? 18 : 12 });
  const result = RESULTS.has(name) ? [number(14, -15, { "text-anchor": "start", "font-size": 11 })] : [];
  return group(round, words(x, y + 4, text), ...result);
}

function diagram() {
  const names = Object.keys(PARTS);
  const wires = names.filter((name) => PARTS[name][5]).map(wire);
  return picture(2 * ASIDE + 7.2 * ACROSS, 2 * DOWN + 60, "The cell with its numbers", ...wires, ...names.map(part));
}

// ── The equations, each with its numbers and its line of code ──

const FIRST = "i, f, g, o = (x @ W_xh + b_xh + h @ W_hh + b_hh).chunk(4, dim=-1)";
const CODE = { f: "hold(… f=f.sigmoid() …)", i: "hold(… i=i.sigmoid() …)", g: "hold(… g=g.tanh() …)", o: "hold(… o=o.sigmoid() …)", c: "c = f * c + i * g", h: "h = o * c.tanh()" };

function equation(term, now) {
  if (term === "c") return `f·c + i·g = ${two(now.keep)} ${plus(now.write)} = ${two(now.c)}`;
  if (term === "h") return `o·tanh(c) = ${two(now.o)} · ${two(now.tanh)} = ${two(now.h)}`;
  const push = now.here?.gate === term ? now.here : null;
  if (push?.how === "held at") return `held at ${two(push.amount)}`;
  const pushed = push ? ` ${plus(push.amount)} pushed` : "";
  return `${term === "g" ? "tanh" : "σ"}(${two(now[`${term}x`])} from x and b ${plus(now[`${term}h`])} from h${pushed}) = ${two(now[term])}`;
}

const lightOrNot = (model, term) => put(model, { light: model.get("light") === term ? "none" : term });

function equations(model) {
  const rows = TERMS.map((term) => {
    const name = element("button", { type: "button", "aria-label": `light ${term}` }, `${term} =`);
    name.addEventListener("click", () => lightOrNot(model, term));
    const code = element("td", {}, element("code", {}, CODE[term]));
    return element("tr", lit(term), element("th", { scope: "row" }, name), element("td", { "data-equation": term }), code);
  });
  const columns = element("colgroup", {}, element("col"), element("col"), element("col"));
  const first = element("tr", {}, element("td", { colspan: 3 }, element("code", {}, FIRST)));
  return element("table", { class: "unrolled-gate-lab-lines", "aria-label": "Equations and code" }, columns, element("tbody", {}, first, ...rows));
}

// ── The strip: the unit over the text, a row of bars for each term ──

const HIGH = { f: 20, i: 20, g: 30, o: 20, c: 64, h: 30 };
const below = (term) => TERMS.slice(0, TERMS.indexOf(term)).reduce((y, each) => y + HIGH[each] + 5, 24); // its row's top
const [LETTER, END] = [12, below("h") + HIGH.h + 6]; // the characters' line, and the strip's height
const zero = (term) => below(term) + ("ifo".includes(term) ? HIGH[term] : HIGH[term] / 2); // where its 0 stands
const kinds = ["zero", "bars", "learned"];

function strip(model) {
  const tokens = model.get("tokens");
  const end = ASIDE + tokens.length * CELL;
  const now = shape("rect", { y: 0, width: CELL, height: END, class: "unrolled-gate-lab-step" });
  const rows = TERMS.map((term) => {
    const paths = kinds.map((kind) => shape("path", { class: `unrolled-gate-lab-${kind}` }));
    paths[0].setAttribute("d", `M${ASIDE} ${zero(term)}H${end}`);
    return shape("g", { "data-row": term, ...lit(term) }, words(16, below(term) + HIGH[term] / 2 + 4, term), ...paths);
  });
  const scale = ["top", "low"].map((name, n) => words(end + 4, below("c") + 8 + n * (HIGH.c - 8), "", { "text-anchor": "start", "font-size": 10, "data-scale": name }));
  const letters = tokens.map((token, t) => words(ASIDE + (t + 0.5) * CELL, LETTER, visible(token), { "font-family": "monospace" }));
  const svg = picture(end + 34, END, "The unit over the text", now, ...letters, ...rows, ...scale);
  svg.classList.add("unrolled-gate-lab-strip");
  svg.addEventListener("click", (event) => {
    const t = Math.floor((event.clientX - svg.getBoundingClientRect().left - ASIDE) / CELL);
    if (t >= 0 && t < tokens.length) put(model, { step: t + 1 });
  });
  return { svg, now, rows, scale };
}

function showStrip({ now, rows, scale }, { t, bars, lines, reach }) {
  for (const row of rows) {
    const term = row.dataset.row;
    const size = ("ifo".includes(term) ? HIGH[term] : HIGH[term] / 2) / (term === "c" ? reach : 1);
    const y = (value) => (zero(term) - value * size).toFixed(1);
    const x = (step) => ASIDE + step * CELL;
    const bar = (value, step) => `M${x(step) + 3} ${zero(term)}V${y(value)}h${CELL - 6}V${zero(term)}Z`;
    const line = (value, step) => (Math.abs(value - bars[term][step]) * size > 1 ? `M${x(step) + 1} ${y(value)}h${CELL - 2}` : "");
    row.children[2].setAttribute("d", bars[term].map(bar).join(""));
    row.children[3].setAttribute("d", lines[term].map(line).join(""));
  }
  now.setAttribute("x", ASIDE + t * CELL);
  scale.forEach((node, n) => {
    node.textContent = signed(n ? -reach : reach, 1);
  });
}

// ── Together ──

function build({ model, drawing }) {
  const [text, legend] = [strip(model), element("p", { class: "unrolled-gate-lab-legend" })];
  drawing.replaceChildren(diagram(), text.svg, legend, equations(model));
  const all = (name) => [...drawing.querySelectorAll(`[data-${name}]`)];
  return { text, legend, numbers: all("number"), equations: all("equation"), boxes: all("box"), terms: all("term") };
}

function light(drawn, term) {
  for (const node of drawn.terms) node.classList.toggle("unrolled-gate-lab-lit", node.dataset.term === term);
}

// Under the pointer or the focus a line is lit for as long as that stays; the trait is as it was.
function lightUnder({ model, drawing }, drawn) {
  const under = ({ target }) => light(drawn(), target.closest("[data-term]")?.dataset.term ?? model.get("light"));
  const back = () => light(drawn(), model.get("light"));
  for (const name of ["pointerover", "focusin"]) drawing.addEventListener(name, under);
  for (const name of ["pointerleave", "focusout"]) drawing.addEventListener(name, back);
  drawing.addEventListener("click", ({ target }) => {
    const term = target.closest(".unrolled-gate-lab-part")?.dataset.term;
    if (term) lightOrNot(model, term);
  });
}

function show(drawn, model, shown) {
  const { now } = shown;
  for (const node of drawn.numbers) say(node, two(now[node.dataset.number]));
  for (const node of drawn.equations) say(node, equation(node.dataset.equation, now));
  for (const node of drawn.boxes) node.classList.toggle("unrolled-gate-lab-pushed", now.here?.gate === node.dataset.box);
  showStrip(drawn.text, shown);
  say(drawn.legend, shown.push ? "bars: as pushed; short lines: as learned, where that differs" : "bars: as learned");
  light(drawn, model.get("light"));
}

function sentence(model, { unit, t, now, push }) {
  const [tokens, reach] = [model.get("tokens"), model.get("reach")];
  const start = `Unit ${unit} at “${visible(tokens[t])}” (step ${t + 1} of ${tokens.length}): f = ${two(now.f)} keeps ${two(now.keep)} of c = ${two(now.before)}, i·g adds ${two(now.write)}: c = ${two(now.c)}; o = ${two(now.o)} lets h = ${two(now.h)} out.`;
  if (!push) return `${start} Nothing is pushed.`;
  const how = push.how === "held at" ? `is held at ${two(push.amount)}` : `has ${two(push.amount)} added to its bias`;
  return `${start} Here ${push.gate} ${how}, ${reach}, and the whole layer is run again; as learned, c would be ${two(now.learned)}.`;
}

const forward = onwards("step", "tokens");

function controls(parts) {
  const { model } = parts;
  slider(parts, "unit", { label: "unit", low: 0, high: () => model.get("units") - 1, step: 1 });
  slider(parts, "step", { label: "step", low: 1, high: () => model.get("tokens").length, step: 1 });
  button(parts, "back", () => put(model, { step: Math.max(1, model.get("step") - 1) }));
  button(parts, "step", forward);
  player(parts, forward, 700);
  choice(parts, "gate", "push", ["none", "i", "f", "g", "o"]);
  choice(parts, "how", "how", ["held at", "bias plus"]);
  slider(parts, "held", { label: "held at", low: () => low(model.get("gate")), high: 1, step: 0.05, told: (value) => signed(Math.max(low(model.get("gate")), value)) });
  slider(parts, "plus", { label: "bias plus", low: -8, high: 8, step: 0.5, told: (value) => signed(value, 1) });
  choice(parts, "reach", "where", REACHES);
  choice(parts, "light", "light", ["none", ...TERMS]);
  entry(parts, "text", "own text", 60);
  presets(parts, {
    "as learned": { gate: "none" },
    "forget nothing (f = 1)": { gate: "f", how: "held at", held: 1, reach: REACHES[1] },
    "forget all (f = 0)": { gate: "f", how: "held at", held: 0, reach: REACHES[1] },
    "forget bias +2": { gate: "f", how: "bias plus", plus: 2, reach: REACHES[1] },
    "write always (i = 1)": { gate: "i", how: "held at", held: 1, reach: REACHES[1] },
    "write nothing (i = 0)": { gate: "i", how: "held at", held: 0, reach: REACHES[1] },
    "output shut (o = 0)": { gate: "o", how: "held at", held: 0, reach: REACHES[1] },
  });
}

// Of the two sliders for a push only the one that works is there.
function fit({ controls: row, model }) {
  row.addEventListener("show", () => {
    const none = model.get("gate") === "none";
    for (const label of row.querySelectorAll("label")) {
      const name = label.querySelector("span").textContent;
      if (["how", "where"].includes(name)) label.hidden = none;
      if (["held at", "bias plus"].includes(name)) label.hidden = none || name !== model.get("how");
    }
  });
}

function render({ model, el }) {
  const parts = frame(model, el, "gate-lab", "Gate lab");
  const result = runner(model);
  controls(parts);
  let [drawn, read] = [null, null];
  fit(parts);
  lightUnder(parts, () => drawn);
  return follow(parts, () => {
    if (read !== model.get("x")) [drawn, read] = [build(parts), model.get("x")];
    const shown = numbersOf(model, result());
    show(drawn, model, shown);
    return sentence(model, shown);
  }, ["text"]);
}

export default { render, run, numbers: numbersOf };

// What the widgets of the course share. Python puts this file in front of each of them, since an anywidget module
// can't import a neighbour; before it stand GATE_COLOURS and PALETTE.
//
// One way for everything: a control puts a value into a trait, a change of any trait draws. So a value set from Python,
// a preset, a key and a pointer all do the same.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const shape = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
const words = (x, y, text, attributes = {}) => shape("text", { x, y, "text-anchor": "middle", ...attributes }, text);

// ── The frame: controls above, the drawing, the sentence, and what went wrong ──

function frame(model, el, name, title) {
  const controls = element("div", { class: "unrolled-controls" });
  const drawing = element("div", { class: "unrolled-drawing", tabindex: 0, role: "group", "aria-label": `${title}, drawing` });
  const says = element("p", { class: "unrolled-says", role: "status" });
  const problem = element("p", { class: "unrolled-problem", role: "alert" });
  const root = element("div", { class: `unrolled unrolled-${name}`, role: "group", "aria-label": title });
  root.append(controls, drawing, says, problem);
  root.addEventListener("focusin", ({ target }) => {
    target.dataset.lmSuppressShortcuts = ""; // else JupyterLab takes arrow keys and letters for itself
  });
  el.append(root);
  return { model, root, controls, drawing, says, problem, stop: () => {} };
}

// Several values put at once are drawn once, when all are there: in between they need not fit each other.
let putting = null;
const waiting = new Set();

const PATIENCE = 700; // milliseconds

// For traits that the kernel answers: says so where it can't yet, since it runs a cell, or isn't there.
function waiter({ model, says }, asks) {
  const state = () => [asks.map((name) => model.get(name)).join("\n"), model.get("answered")];
  let [asked, answered] = state();
  return () => {
    const before = [asked, answered];
    [asked, answered] = state();
    if (asked === before[0] || answered !== before[1]) return;
    setTimeout(() => model.get("answered") === before[1] && say(says, "Waiting for Python, which runs a cell, or is not running. It takes this as soon as it can."), PATIENCE);
  };
}

// Draw now and after every change; `draw` gives the sentence, and the kernel answers what `asks` names. The returned
// function ends it.
function follow(parts, draw, asks = []) {
  const { model, says, problem } = parts;
  const wait = waiter(parts, asks);
  const redraw = () => {
    if (putting === model) return void waiting.add(redraw);
    problem.textContent = model.get("problem");
    try {
      say(says, draw(model));
    } catch (error) {
      problem.textContent = `Something went wrong here: ${error.message}`;
      throw error;
    }
    parts.controls.dispatchEvent(new Event("show"));
    wait();
  };
  model.on("change", redraw);
  redraw();
  return () => {
    parts.stop();
    model.off("change", redraw);
  };
}

function put(model, values) {
  const before = putting;
  putting = model;
  try {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
  } finally {
    putting = before;
  }
  if (before === model) return; // an answer to values that are being put: it is saved and drawn with them
  model.save_changes();
  const due = [...waiting];
  waiting.clear();
  for (const redraw of due) redraw();
}

// ── Controls, each bound to a trait ──

// `show(value)` brings the control to the trait's value; it runs when the picture is first drawn and after every change.
function bound(parts, trait, node, show) {
  parts.controls.append(node);
  parts.controls.addEventListener("show", () => show(parts.model.get(trait)));
}

// `told(value)` gives the text beside it where that is not the number itself, `also(value)` traits that it takes along.
function slider(parts, trait, { label, low, high, step, decimals = 0, unit = "", also = () => ({}), told = (value) => value.toFixed(decimals) + unit }) {
  const input = element("input", { type: "range", step });
  const shown = element("output", { "aria-live": "off" }); // the slider itself tells its value
  const limit = (end) => (typeof end === "function" ? end(parts.model) : end);
  bound(parts, trait, element("label", {}, element("span", {}, label), input, shown), (value) => {
    input.min = limit(low);
    input.max = limit(high);
    if (Number(input.value) !== value) input.value = value;
    shown.textContent = told(value);
    input.setAttribute("aria-valuetext", shown.textContent);
  });
  input.addEventListener("input", () => put(parts.model, { [trait]: Number(input.value), ...also(Number(input.value)) }));
}

// `options` are the values, or a function of the model that gives [value, name] for each, asked again at every change.
function choice(parts, trait, label, options) {
  const pairs = () => (typeof options === "function" ? options(parts.model) : options.map((value) => [value, String(value)]));
  const select = element("select");
  let offered = "";
  bound(parts, trait, element("label", {}, element("span", {}, label), select), (value) => {
    const now = pairs();
    if (offered !== now.join("\n")) select.replaceChildren(...now.map(([each, name]) => element("option", { value: each }, name)));
    offered = now.join("\n");
    select.selectedIndex = now.findIndex(([each]) => each === value);
  });
  select.addEventListener("change", () => put(parts.model, { [trait]: pairs()[select.selectedIndex][0] }));
}

function tick(parts, trait, label) {
  const input = element("input", { type: "checkbox" });
  bound(parts, trait, element("label", {}, input, element("span", {}, label)), (value) => {
    input.checked = value;
  });
  input.addEventListener("change", () => put(parts.model, { [trait]: input.checked }));
}

// The reader's own text, handed on at Enter or when the field is left; `take(text)` may give what to show instead of it.
// A text that is too long is told and stays in the field, to be shortened there.
function entry(parts, trait, label, longest, take = (text) => void put(parts.model, { [trait]: text })) {
  const { model } = parts;
  const input = element("input", { type: "text", spellcheck: "false", size: Math.min(longest, 34) });
  let told = "";
  const hand = () => {
    const many = [...input.value].length;
    const before = told;
    told = many > longest ? `These are ${many} characters; at most ${longest} are read. Shorten them here.` : "";
    if (told || (before && model.get("problem") === before)) put(model, { problem: told });
    if (!told) input.value = take(input.value) ?? input.value;
  };
  bound(parts, trait, element("label", {}, element("span", {}, label), input), (value) => {
    const kept = document.activeElement === input || (told && model.get("problem") === told);
    if (!kept) input.value = value;
  });
  input.addEventListener("change", hand);
  input.addEventListener("keydown", ({ key }) => key === "Enter" && hand());
}

function button(parts, label, press, pressed) {
  const node = element("button", { type: "button" }, label);
  node.addEventListener("click", () => press(parts.model));
  parts.controls.append(node);
  if (pressed) {
    parts.controls.addEventListener("show", () => node.setAttribute("aria-pressed", String(pressed(parts.model))));
  }
  return node;
}

// A button for each named state (values, or a function of the model that gives them), and the one for how it began.
function presets(parts, named) {
  for (const [label, values] of Object.entries(named)) button(parts, label, (model) => put(model, typeof values === "function" ? values(model) : values));
  button(parts, "reset", (model) => put(model, { ...model.get("start"), problem: "" }));
}

// Steps on by itself, a step every `milliseconds`, until `step` says that the end is reached, or any control is used.
function player(parts, step, milliseconds) {
  let timer = 0;
  const node = button(parts, "play", () => (timer ? stop() : start()));
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    node.textContent = "play";
  };
  const start = () => {
    node.textContent = "pause";
    timer = setInterval(() => step(parts.model) || stop(), milliseconds);
  };
  for (const event of ["click", "input"]) {
    parts.controls.addEventListener(event, ({ target }) => target !== node && target.matches("button, input, select") && stop());
  }
  parts.stop = stop;
}

// One on, or from the end to the beginning; tells whether the end is still to come.
const onwards = (trait, among) => (model) => {
  const [now, last] = [model.get(trait), model.get(among).length];
  put(model, { [trait]: now < last ? now + 1 : 1 });
  return model.get(trait) < last;
};

// ── Drawing ──

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const signed = (value, decimals = 2) => value.toFixed(decimals).replace("-", "−");
const percent = (share, decimals = 0) => `${(100 * share).toFixed(decimals)}\u00a0%`;
const cut = (word, most) => (word.length > most ? `${word.slice(0, most - 1)}…` : word);

// Spaces and line breaks that can be seen.
const SEEN = { "\n": "↵", "\t": "⇥", "\u2800": "␣" };
const visible = (text) => text.replace(/[\n\t\u2800]/g, (each) => SEEN[each]).replace(/\p{Zs}/gu, "␣").replace(/[\p{C}\p{Z}\p{DI}]/gu, "▯");
const gateColour = (name) => (name === "c" ? "currentColor" : GATE_COLOURS[name]); // c is dark ink, also on a dark page

// A ground for a number: the colour says the sign, its strength the size; text on it can be read in both themes.
function ground(value, largest = 1, [above, below] = [PALETTE[0], PALETTE[1]]) {
  const share = Math.round(60 * Math.min(1, Math.abs(value) / largest));
  return `color-mix(in srgb, ${value < 0 ? below : above} ${share}%, transparent)`;
}

function canvas(parts, width, height, label) {
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  parts.drawing.replaceChildren(svg);
  return svg;
}

// Numbers that `packed` of widget.py put into a text.
function unpacked(text, Numbers = Float64Array) {
  return new Numbers(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

// A straight arrow; the head is drawn by hand, since a marker needs an id that two widgets would share.
function arrow(x1, y1, x2, y2, { size = 7, ...attributes } = {}) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy, long] = [(x2 - x1) / length, (y2 - y1) / length, Math.min(size, length / 2)];
  const [bx, by, half] = [x2 - long * dx, y2 - long * dy, long / 2];
  const head = `M${x2} ${y2}L${bx - half * dy} ${by + half * dx}L${bx + half * dy} ${by - half * dx}Z`;
  const line = shape("path", { d: `M${x1} ${y1}L${bx} ${by}`, fill: "none", stroke: "currentColor" });
  return shape("g", { class: "unrolled-arrow", ...attributes }, line, shape("path", { d: head, fill: "currentColor" }));
}

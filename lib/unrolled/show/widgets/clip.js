// One gradient, clipped both ways: a circle and a square around the point, three arrows, and the angles between them.

const [SIZE, REACH] = [380, 5];
const [BEFORE, NORM, VALUE] = ["color-mix(in srgb, currentColor 45%, transparent)", PALETTE[0], PALETTE[1]];
const place = ([x, y]) => [SIZE / 2 + (x / REACH) * (SIZE / 2 - 14), SIZE / 2 - (y / REACH) * (SIZE / 2 - 14)];

// As torch's clip_grad_norm_, with its 10⁻⁶.
function byNorm(gradient, limit) {
  const scale = Math.min(1, limit / (Math.hypot(...gradient) + 1e-6));
  return gradient.map((number) => number * scale);
}

const byValue = (gradient, limit) => gradient.map((number) => Math.min(Math.max(number, -limit), limit));

const unit = (vector) => vector.map((number) => number / Math.hypot(...vector));

// In degrees; half the angle by its tangent, exact near 0 and 180 too (Kahan, 2006).
function angle(before, after) {
  const [u, v] = [unit(before), unit(after)];
  const apart = Math.hypot(...u.map((number, n) => number - v[n]));
  return (360 / Math.PI) * Math.atan2(apart, Math.hypot(...u.map((number, n) => number + v[n])));
}

// All that is drawn and said: gradient, by norm, by value, each with its length, turn and tip; and the limits' corner.
function numbers(model) {
  const [gradient, limit] = [[model.get("first"), model.get("second")], model.get("limit")];
  const vectors = [gradient, byNorm(gradient, limit), byValue(gradient, limit)];
  const lengths = vectors.map((each) => Math.hypot(...each));
  const turns = vectors.map((each) => (lengths[0] ? angle(gradient, each) : 0));
  return { vectors, limit, lengths, turns, tips: vectors.map(place), corner: place([-limit, limit]) };
}

function limits([x, y]) {
  const wide = 2 * (SIZE / 2 - x);
  const style = { fill: "none", "stroke-width": 1.5, "stroke-dasharray": "4 4" };
  return [
    shape("circle", { cx: SIZE / 2, cy: SIZE / 2, r: wide / 2, stroke: NORM, ...style }),
    shape("rect", { x, y, width: wide, height: wide, stroke: VALUE, ...style }),
  ];
}

function cross() {
  const half = SIZE / 2;
  const d = `M8 ${half}H${SIZE - 8}M${half} 8V${SIZE - 8}`;
  return [
    shape("path", { d, stroke: "currentColor", "stroke-opacity": 0.3, fill: "none" }),
    words(SIZE - 8, half + 16, "first number", { "text-anchor": "end", "font-size": 11 }),
    words(half + 6, 16, "second number", { "text-anchor": "start", "font-size": 11 }),
  ];
}

function pointer(length, tip, colour, wide) {
  if (length < 0.02) return shape("circle", { cx: SIZE / 2, cy: SIZE / 2, r: 3, fill: colour });
  return arrow(SIZE / 2, SIZE / 2, ...tip, { size: 5 + 2 * wide, style: `color: ${colour}; stroke-width: ${wide}` });
}

// What the three arrows are, beside the drawing, where names can't fall on each other.
function table({ vectors, lengths, turns }) {
  const rows = [
    ["gradient", BEFORE],
    ["by norm", NORM],
    ["by value", VALUE],
  ];
  return rows.flatMap(([name, colour], n) => {
    const [y, vector] = [40 + 58 * n, vectors[n]];
    const turned = n && lengths[0] ? `, turned ${turns[n].toFixed(1)}°` : "";
    return [
      shape("rect", { x: SIZE + 20, y: y - 10, width: 12, height: 12, fill: colour }),
      words(SIZE + 40, y, name, { "text-anchor": "start", "font-weight": 600 }),
      words(SIZE + 40, y + 17, `(${signed(vector[0])}, ${signed(vector[1])})`, { "text-anchor": "start" }),
      words(SIZE + 40, y + 34, `length ${lengths[n].toFixed(2)}${turned}`, { "text-anchor": "start" }),
    ];
  });
}

function draw(parts) {
  const { model } = parts;
  const all = numbers(model);
  const svg = canvas(parts, SIZE + 230, SIZE, "A gradient before and after clipping");
  svg.append(...cross(), ...limits(all.corner));
  const looks = [[BEFORE, 8], [NORM, 5], [VALUE, 2]]; // all three to be seen also on one line
  svg.append(...looks.map((look, n) => pointer(all.lengths[n], all.tips[n], ...look)));
  svg.append(...table(all));
  svg.classList.add("unrolled-clip-plane");
}

function sentence(model) {
  const { vectors, limit, lengths, turns } = numbers(model);
  if (!lengths[0]) return "A gradient of length 0 has no direction, and nothing to clip.";
  const told = (n) => `length ${lengths[n].toFixed(2)}, turned by ${turns[n].toFixed(0)}°`;
  const start = `The gradient (${vectors[0].map((each) => signed(each, 1)).join(", ")}) has length ${lengths[0].toFixed(2)}`;
  return `${start}. Clipped at ${limit.toFixed(1)} by norm: ${told(1)}. By value: ${told(2)}.`;
}

const rounded = (number) => Math.round(10 * Math.min(REACH, Math.max(-REACH, number))) / 10;

// The tip follows the pointer, in steps of a tenth.
function drag({ model, drawing }) {
  const move = (event) => {
    const box = drawing.querySelector("svg").getBoundingClientRect();
    const toNumber = (pixels) => (pixels / (SIZE / 2 - 14)) * REACH;
    const [across, up] = [event.clientX - box.left - SIZE / 2, SIZE / 2 - (event.clientY - box.top)];
    if (across < SIZE / 2 + 8) put(model, { first: rounded(toNumber(across)), second: rounded(toNumber(up)) });
  };
  drawing.addEventListener("pointerdown", move);
  drawing.addEventListener("pointermove", (event) => event.buttons === 1 && move(event));
}

function render({ model, el }) {
  const parts = frame(model, el, "clip", "Clip");
  const number = { low: -REACH, high: REACH, step: 0.1, decimals: 1 };
  slider(parts, "first", { label: "first number", ...number });
  slider(parts, "second", { label: "second number", ...number });
  slider(parts, "limit", { label: "limit", low: 0.1, high: 4, step: 0.1, decimals: 1 });
  presets(parts, {
    "a long one": { first: 4, second: 2 },
    "along an axis": { first: 4.5, second: 0 },
    "within the limit": { first: 0.5, second: -0.4, limit: 1 },
    "both numbers alike": { first: -3, second: 3 },
  });
  drag(parts);
  return follow(parts, () => {
    draw(parts);
    return sentence(model);
  });
}

export default { render, byNorm, byValue, angle, numbers };

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

function vectors(model) {
  const [gradient, limit] = [[model.get("first"), model.get("second")], model.get("limit")];
  return { gradient, limit, norm: byNorm(gradient, limit), value: byValue(gradient, limit) };
}

function limits(limit) {
  const [x, y] = place([-limit, limit]);
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

function pointer(vector, colour, wide) {
  if (Math.hypot(...vector) < 0.02) return shape("circle", { cx: SIZE / 2, cy: SIZE / 2, r: 3, fill: colour });
  return arrow(SIZE / 2, SIZE / 2, ...place(vector), { size: 5 + 2 * wide, style: `color: ${colour}; stroke-width: ${wide}` });
}

// What the three arrows are, beside the drawing, where names can't fall on each other.
function table({ gradient, norm, value }) {
  const rows = [
    ["gradient", gradient, BEFORE],
    ["by norm", norm, NORM],
    ["by value", value, VALUE],
  ];
  return rows.flatMap(([name, vector, colour], n) => {
    const y = 40 + 58 * n;
    const length = Math.hypot(...vector);
    const turned = n && length && Math.hypot(...gradient) ? `, turned ${angle(gradient, vector).toFixed(1)}°` : "";
    return [
      shape("rect", { x: SIZE + 20, y: y - 10, width: 12, height: 12, fill: colour }),
      words(SIZE + 40, y, name, { "text-anchor": "start", "font-weight": 600 }),
      words(SIZE + 40, y + 17, `(${signed(vector[0])}, ${signed(vector[1])})`, { "text-anchor": "start" }),
      words(SIZE + 40, y + 34, `length ${length.toFixed(2)}${turned}`, { "text-anchor": "start" }),
    ];
  });
}

function draw(parts) {
  const { model } = parts;
  const all = vectors(model);
  const svg = canvas(parts, SIZE + 230, SIZE, "A gradient before and after clipping");
  svg.append(...cross(), ...limits(all.limit));
  svg.append(pointer(all.gradient, BEFORE, 8), pointer(all.norm, NORM, 5), pointer(all.value, VALUE, 2)); // also on one line
  svg.append(...table(all));
  svg.classList.add("unrolled-clip-plane");
}

function sentence(model) {
  const { gradient, limit, norm, value } = vectors(model);
  const length = Math.hypot(...gradient);
  if (!length) return "A gradient of length 0 has no direction, and nothing to clip.";
  const told = (vector) => `length ${Math.hypot(...vector).toFixed(2)}, turned by ${angle(gradient, vector).toFixed(0)}°`;
  const start = `The gradient (${signed(gradient[0], 1)}, ${signed(gradient[1], 1)}) has length ${length.toFixed(2)}`;
  return `${start}. Clipped at ${limit.toFixed(1)} by norm: ${told(norm)}. By value: ${told(value)}.`;
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

export default { render, byNorm, byValue, angle };

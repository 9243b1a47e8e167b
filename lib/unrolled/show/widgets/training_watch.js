// Two curves that grow while the kernel trains: loss above, gradient norm below.

const [WIDE, HIGH, SIDE] = [560, 112, 62];

function range(values, log) {
  const there = values.filter((value) => value !== null && (!log || value > 0));
  if (!there.length) return [log ? 0.1 : 0, 1];
  const [low, high] = [Math.min(...there), Math.max(...there)];
  return log ? [low, high > low ? high : low * 2] : [Math.min(0, low), high > Math.min(0, low) ? high : 1];
}

const height = (value, [low, high], log) =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

function curve(at, values, limits, log, steps, colour) {
  let [path, up] = ["", true];
  values.forEach((value, n) => {
    if (value === null || (log && value <= 0)) {
      up = true; // a gap where the number is none
      return;
    }
    const [x, y] = [SIDE + (at[n] / steps) * WIDE, HIGH * (1 - height(value, limits, log))];
    path += `${up ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    up = false;
  });
  return shape("path", { d: path || "M0 0", fill: "none", stroke: colour, "stroke-width": 1.8 });
}

const short = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(0) : Number(value.toPrecision(3)).toString());

function panel(model, name, trait, colour, top) {
  const [log, steps, at, values] = ["log", "steps", "at", trait].map((each) => model.get(each));
  const limits = range(values, log);
  const axis = shape("path", { d: `M${SIDE} 0V${HIGH}H${SIDE + WIDE}`, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 });
  const ends = [words(SIDE - 6, HIGH, short(limits[0]), { "text-anchor": "end" }), words(SIDE - 6, 9, short(limits[1]), { "text-anchor": "end" })];
  const title = words(SIDE + WIDE, 10, name, { "text-anchor": "end", "font-weight": 600 });
  return shape("g", { transform: `translate(0, ${top})` }, axis, ...ends, title, curve(at, values, limits, log, steps, colour));
}

function draw(parts) {
  const { model } = parts;
  const svg = canvas(parts, SIDE + WIDE + 20, 2 * HIGH + 56, "Loss and gradient norm by step");
  svg.append(panel(model, "loss", "losses", PALETTE[0], 6));
  svg.append(panel(model, "gradient norm, before clipping", "norms", PALETTE[1], HIGH + 24));
  const below = 2 * HIGH + 44;
  svg.append(words(SIDE, below, "0"), words(SIDE + WIDE, below, model.get("steps"), { "text-anchor": "end" }));
  svg.append(words(SIDE + WIDE / 2, below, "step"));
}

function doing(model) {
  if (model.get("stopped")) return "stopped by you; the best weights are kept";
  if (model.get("step") >= model.get("steps")) return "done";
  if (model.get("paused")) return "paused";
  return model.get("step") ? "training" : "not begun";
}

const told = (value) => (value === null ? "no finite number" : value.toPrecision(3));

function sentence(model) {
  const [step, steps, losses, norms] = ["step", "steps", "losses", "norms"].map((name) => model.get(name));
  if (!losses.length) return `Training of ${steps} steps, ${doing(model)}: the curves grow here while it runs.`;
  const now = `loss ${told(losses.at(-1))}, ${told(losses[0])} at first; gradient norm ${told(norms.at(-1))}`;
  return `Step ${step} of ${steps}, ${doing(model)}: ${now}.`;
}

// While a cell runs, the kernel answers no change of a trait with "idle", so the next change would wait for ever;
// a message of one's own does not wait.
function ask(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.send(values);
}

function render({ model, el }) {
  const parts = frame(model, el, "training-watch", "Training watch");
  button(parts, "pause", () => ask(model, { paused: !model.get("paused") }), () => model.get("paused"));
  button(parts, "stop", () => ask(model, { stopped: true, paused: false }), () => model.get("stopped"));
  tick(parts, "log", "logarithmic");
  presets(parts, {});
  return follow(parts, () => {
    draw(parts);
    return sentence(model);
  });
}

export default { render, range, height };

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

const drawing = (path, colour, opacity) =>
  shape("path", { d: path || "M0 0", fill: "none", stroke: colour, "stroke-opacity": opacity, "stroke-width": opacity < 1 ? 1 : 1.8 });

function curve(at, values, limits, log, steps) {
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
  return path;
}

const short = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(0) : Number(value.toPrecision(3)).toString());

// All runs, the present one last, and how many steps the longest has.
function runs(model) {
  const all = [...model.get("earlier"), ["at", "losses", "norms"].map((each) => model.get(each))];
  return { all, steps: Math.max(1, model.get("steps"), ...all.map(([at]) => at.at(-1) ?? 0)), log: model.get("log") };
}

function panel({ all, steps, log }, name, which, colour, top) {
  const limits = range(all.flatMap((run) => run[which]), log);
  const axis = shape("path", { d: `M${SIDE} 0V${HIGH}H${SIDE + WIDE}`, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 });
  const ends = [words(SIDE - 6, HIGH, short(limits[0]), { "text-anchor": "end" }), words(SIDE - 6, 9, short(limits[1]), { "text-anchor": "end" })];
  const title = words(SIDE + WIDE, -5, name, { "text-anchor": "end", "font-weight": 600 });
  const curves = all.map((run, n) => drawing(curve(run[0], run[which], limits, log, steps), colour, n < all.length - 1 ? 0.35 : 1));
  return shape("g", { transform: `translate(0, ${top})` }, axis, ...ends, ...curves, title);
}

function draw(parts) {
  const found = runs(parts.model);
  const svg = canvas(parts, SIDE + WIDE + 20, 2 * HIGH + 74, "Loss and gradient norm by step");
  svg.append(panel(found, "loss", 1, PALETTE[0], 18));
  svg.append(panel(found, "gradient norm, before clipping", 2, PALETTE[1], HIGH + 42));
  const below = 2 * HIGH + 62;
  svg.append(words(SIDE, below, "0"), words(SIDE + WIDE, below, found.steps, { "text-anchor": "end" }));
  svg.append(words(SIDE + WIDE / 2, below, "step"));
}

function doing(model) {
  if (model.get("stopped")) return "stopped by you; the best weights are kept";
  if (model.get("steps") && model.get("step") >= model.get("steps")) return "done";
  return model.get("paused") ? "paused" : "training";
}

const told = (value) => (value === null ? "no finite number" : value.toPrecision(3));

function sentence(model) {
  const [step, steps, losses, norms, run] = ["step", "steps", "losses", "norms", "run"].map((name) => model.get(name));
  if (!losses.length) return "Training has not begun: the curves grow here while it runs.";
  const now = `loss ${told(losses.at(-1))}, ${told(losses[0])} at first; gradient norm ${told(norms.at(-1))}`;
  const which = run > 1 ? `Run ${run} (the earlier ones are faint), step` : "Step";
  return `${which} ${step} of ${steps}, ${doing(model)}: ${now}.`;
}

function render({ model, el }) {
  const parts = frame(model, el, "training-watch", "Training watch");
  button(parts, "pause", () => put(model, { paused: !model.get("paused") }), () => model.get("paused"));
  button(parts, "stop", () => put(model, { stopped: true, paused: false }), () => model.get("stopped"));
  tick(parts, "log", "logarithmic");
  presets(parts, {});
  return follow(parts, () => {
    draw(parts);
    return sentence(model);
  });
}

export default { render, range, height };

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

function curve(points) {
  let [path, up] = ["", true];
  for (const [x, y] of points) {
    if (y !== null) path += `${up ? "M" : "L"}${(SIDE + x * WIDE).toFixed(1)} ${(HIGH * (1 - y)).toFixed(1)}`;
    up = y === null; // a gap where the number is none
  }
  return path;
}

const short = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(0) : Number(value.toPrecision(3)).toString());

// The run that is picked, counted from 1, and its place among those in sight; one that is not there is the latest.
function picked(model) {
  const [run, pick, sight] = [model.get("run"), model.get("pick"), model.get("earlier").length];
  const number = pick > run - 1 - sight && pick < run ? pick : run;
  return { number, place: sight - (run - number) };
}

const named = (model, number) => model.get("names")[number - 1];

// What is drawn: how many steps the longest run has; of loss and norm the axis' ends, and for each run, the present
// one last, its points as shares of the panel.
function numbers(model) {
  const [log, runs] = [model.get("log"), [...model.get("earlier"), ["at", "losses", "norms"].map((each) => model.get(each))]];
  const steps = Math.max(1, model.get("steps"), ...runs.map(([at]) => at.at(-1) ?? 0));
  const panels = [1, 2].map((which) => {
    const limits = range(runs.flatMap((run) => run[which]), log);
    const share = (value) => (value === null || (log && value <= 0) ? null : height(value, limits, log));
    return { limits, curves: runs.map((run) => run[which].map((value, n) => [run[0][n] / steps, share(value)])) };
  });
  return { steps, panels, strong: picked(model).place };
}

function panel({ limits, curves }, name, colour, top, strong) {
  const axis = shape("path", { d: `M${SIDE} 0V${HIGH}H${SIDE + WIDE}`, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 });
  const ends = [words(SIDE - 6, HIGH, short(limits[0]), { "text-anchor": "end" }), words(SIDE - 6, 9, short(limits[1]), { "text-anchor": "end" })];
  const title = words(SIDE + WIDE, -5, name, { "text-anchor": "end", "font-weight": 600 });
  const drawn = curves.map((points, n) => drawing(curve(points), colour, n === strong ? 1 : 0.35));
  drawn.push(drawn[strong]); // above the faint ones
  return shape("g", { transform: `translate(0, ${top})` }, axis, ...ends, ...drawn, title);
}

function draw(parts) {
  const { steps, panels: [losses, norms], strong } = numbers(parts.model);
  const svg = canvas(parts, SIDE + WIDE + 20, 2 * HIGH + 74, "Loss and gradient norm by step");
  svg.append(panel(losses, "loss", PALETTE[0], 18, strong));
  svg.append(panel(norms, "gradient norm", PALETTE[1], HIGH + 42, strong));
  const below = 2 * HIGH + 62;
  svg.append(words(SIDE, below, "0"), words(SIDE + WIDE, below, steps, { "text-anchor": "end" }));
  svg.append(words(SIDE + WIDE / 2, below, "step"));
}

// Whether no run is under way: before the first, and after the end of the latest.
const idle = (model) => !model.get("losses").length || Boolean(model.get("end")) || model.get("step") >= model.get("steps");

function doing(model) {
  const [steps, step, end] = ["steps", "step", "end"].map((name) => model.get(name));
  if (steps && step >= steps) return "done";
  if (end || model.get("stopped")) return end || "stopped by you";
  return model.get("paused") ? "paused" : "training";
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const told = (value) => (value === null ? "no finite number" : value.toPrecision(3));

function sentence(model) {
  const [step, steps, losses, run] = ["step", "steps", "losses", "run"].map((name) => model.get(name));
  if (!losses.length) return "Training has not begun: the curves grow here while it runs.";
  const { number, place } = picked(model);
  const [at, loss, norm] = [...model.get("earlier"), [model.get("at"), losses, model.get("norms")]][place];
  const now = `loss ${told(loss.at(-1))}, ${told(loss[0])} at first; gradient norm ${told(norm.at(-1))}`;
  const title = run > 1 ? `Run ${number} of ${run}${named(model, number) ? `, “${named(model, number)}”` : ""} (the others are faint)` : "";
  const where = number < run ? `ended at step ${at.at(-1)}` : `step ${step} of ${steps}, ${doing(model)}`;
  return `${title ? `${title}, ${where}` : capital(where)}: ${now}.`;
}

// The latest, then those in sight, each with its name.
function offered(model) {
  const [run, sight] = [model.get("run"), model.get("earlier").length];
  const earlier = Array.from({ length: sight }, (_, n) => run - sight + n);
  return [[0, "the latest"], ...earlier.map((number) => [number, `${number}${named(model, number) ? `: ${named(model, number)}` : ""}`])];
}

// The menu of runs comes with the second run.
function pickWhenSeveral(parts, before) {
  const make = () => {
    if (parts.model.get("run") === 1) return;
    parts.controls.removeEventListener("show", make);
    choice(parts, "pick", "run", offered);
    parts.controls.insertBefore(parts.controls.lastChild, before);
    parts.controls.dispatchEvent(new Event("show"));
  };
  parts.controls.addEventListener("show", make);
}

// A button for the run that is under way; without one it does nothing and looks so, yet keeps the focus.
function during(parts, label, trait, values) {
  const { model, controls } = parts;
  const node = button(parts, label, () => idle(model) || put(model, values()), () => model.get(trait));
  controls.addEventListener("show", () => node.setAttribute("aria-disabled", String(idle(model))));
}

function render({ model, el }) {
  const parts = frame(model, el, "training-watch", "Training watch");
  during(parts, "pause", "paused", () => ({ paused: !model.get("paused") }));
  during(parts, "stop", "stopped", () => ({ stopped: true, paused: false }));
  tick(parts, "log", "logarithmic");
  pickWhenSeveral(parts, parts.controls.lastChild);
  presets(parts, {});
  return follow(parts, () => {
    draw(parts);
    return sentence(model);
  });
}

export default { render, range, height, numbers, offered };

// A labelled range input. The state lives in the model's traits; this file draws it and hands moves back.

function build(model, el) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const shown = document.createElement("output");
  shown.setAttribute("aria-live", "off"); // the slider itself tells its value
  input.type = "range";
  input.dataset.lmSuppressShortcuts = ""; // else JupyterLab takes the arrow keys for itself
  label.style.cssText = "display: inline-flex; align-items: center; gap: 0.6em; margin: 2px 1.2em 2px 2px;";
  label.style.color = "var(--jp-ui-font-color1, inherit)";
  input.style.width = "12em";
  shown.style.cssText = "min-width: 4.5em; font-variant-numeric: tabular-nums;";
  label.append(name, input, shown);
  el.append(label);
  return { name, input, shown };
}

function say(model, { input, shown }, value) {
  const unit = model.get("unit");
  const text = value.toFixed(model.get("decimals")) + (unit ? ` ${unit}` : "");
  input.setAttribute("aria-valuetext", text);
  shown.textContent = text;
}

function draw(model, parts) {
  const { name, input } = parts;
  name.textContent = model.get("label");
  for (const [attribute, trait] of [["min", "low"], ["max", "high"], ["step", "step"]]) {
    input[attribute] = model.get(trait);
  }
  if (document.activeElement !== input) input.value = model.get("value");
  say(model, parts, Number(input.value));
}

// Moves are handed on one at a time, the newest when the kernel has taken the one before, so that a drag leaves no queue.
function sender(model) {
  let waiting = false;
  let newest = null; // nothing to hand on
  const send = () => {
    waiting = newest !== null && newest !== model.get("value");
    if (waiting) model.set("value", newest);
    newest = null;
    if (waiting) model.save_changes();
  };
  model.on("change:received", send);
  const move = (value) => {
    newest = value;
    if (!waiting) send();
  };
  return { move, stop: () => model.off("change:received", send) };
}

function render({ model, el }) {
  const parts = build(model, el);
  const redraw = () => draw(model, parts);
  const { move, stop } = sender(model);
  redraw();
  parts.input.addEventListener("input", () => {
    say(model, parts, Number(parts.input.value));
    move(Number(parts.input.value));
  });
  model.on("change", redraw);
  return () => {
    model.off("change", redraw);
    stop();
  };
}

export default { render };

// A labelled range input. The state lives in the model's traits; this file draws it and hands moves back.

function build(model, el) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const shown = document.createElement("output");
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

function draw(model, { name, input, shown }) {
  const unit = model.get("unit");
  const text = model.get("value").toFixed(model.get("decimals")) + (unit ? ` ${unit}` : "");
  name.textContent = model.get("label");
  for (const [attribute, trait] of [["min", "low"], ["max", "high"], ["step", "step"]]) {
    input[attribute] = model.get(trait);
  }
  input.value = model.get("value");
  input.setAttribute("aria-valuetext", text);
  shown.textContent = text;
}

function render({ model, el }) {
  const parts = build(model, el);
  const redraw = () => draw(model, parts);
  const move = () => {
    model.set("value", Number(parts.input.value));
    model.save_changes();
  };
  redraw();
  parts.input.addEventListener("input", move);
  model.on("change", redraw);
  return () => model.off("change", redraw);
}

export default { render };

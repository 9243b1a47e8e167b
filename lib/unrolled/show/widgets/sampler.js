// The distribution of the next token, computed here from its logits; the kernel reads and draws.

const [SHOWN, ROW, NAME, BAR, MOST] = [12, 20, 120, 330, 300];
const COUNT = new Intl.NumberFormat("en");

const normalised = (p) => {
  const sum = p.reduce((total, each) => total + each, 0);
  return p.map((each) => each / sum);
};

function softmax(logits, temperature) {
  const highest = Math.max(...logits);
  const first = logits.indexOf(highest);
  if (temperature === 0) return logits.map((_, n) => Number(n === first));
  return normalised(logits.map((logit) => Math.exp((logit - highest) / temperature)));
}

const ranked = (p) => p.map((_, n) => n).toSorted((a, b) => p[b] - p[a] || a - b);

// First temperature, then top-k (0: off), then nucleus (1: off); what is cut away gets 0. `order`: the likeliest first.
function distribution(logits, temperature, topK, nucleus, order = ranked(logits), whole = softmax(logits, temperature)) {
  let p = whole;
  if (topK > 0 && temperature > 0) {
    const out = new Set(order.slice(topK));
    p = normalised(p.map((each, n) => (out.has(n) ? 0 : each)));
  }
  if (nucleus < 1 && temperature > 0) {
    let before = 0;
    const kept = new Set();
    for (const n of order) {
      if (before < nucleus) kept.add(n);
      before += p[n];
    }
    p = normalised(p.map((each, n) => (kept.has(n) ? each : 0)));
  }
  return p;
}

// What follows from the logits alone; the controls change it not, so it is worked out once for each.
function reader() {
  let [text, found] = [null, null];
  return (model) => {
    if (text === model.get("logits")) return found;
    text = model.get("logits");
    const logits = Array.from(unpacked(text));
    found = { logits, order: ranked(logits), trained: softmax(logits, 1) };
    return found;
  };
}

const largest = (values) => values.reduce((most, each) => Math.max(most, each), 0);

// Everything that is drawn or said; the likeliest by their logits, since at temperature 0 all but one have p = 0.
function numbers(model, read = reader()) {
  const [temperature, topK, nucleus] = ["temperature", "top_k", "nucleus"].map((name) => model.get(name));
  const { logits, order, trained } = read(model);
  const whole = softmax(logits, temperature);
  const p = distribution(logits, temperature, topK, nucleus, order, whole);
  const longest = Math.max(largest(p), largest(trained)); // one scale for both, so that a flat distribution looks flat
  const kept = p.filter((each) => each > 0).length;
  const mass = whole.reduce((sum, each, n) => sum + (p[n] > 0 ? each : 0), 0);
  return { whole, p, trained, longest, kept, mass, order: order.slice(0, SHOWN), V: p.length };
}

function bar(model, { whole, p, trained, longest }, n, row) {
  const y = row * ROW + 4;
  const [wide, drawn, tick] = [whole, p, trained].map((all) => (all[n] / longest) * BAR);
  const outline = { x: NAME, y, height: ROW - 6, fill: "none", stroke: "currentColor", "stroke-dasharray": "3 3" };
  const cut = p[n] === 0;
  return shape(
    "g",
    { class: cut ? "unrolled-sampler-cut" : "unrolled-sampler-kept" },
    words(NAME - 8, y + 12, visible(model.get("names")[n]), { "text-anchor": "end" }),
    shape("rect", { x: NAME, y, width: drawn, height: ROW - 6, fill: PALETTE[0] }),
    cut ? shape("rect", { ...outline, width: wide }) : "",
    shape("path", { d: `M${NAME + tick} ${y - 2}v${ROW - 2}`, stroke: "currentColor", "stroke-width": 2 }),
    words(NAME + Math.max(drawn, wide, tick) + 8, y + 12, p[n].toFixed(3), { "text-anchor": "start" }),
  );
}

function draw(parts, found) {
  const { model } = parts;
  const svg = canvas(parts, NAME + BAR + 70, SHOWN * ROW + 26, "Probability of the likeliest next tokens");
  svg.append(...found.order.map((n, row) => bar(model, found, n, row)));
  svg.append(words(NAME, SHOWN * ROW + 20, "bars: now; strokes: as trained, nothing cut", { "text-anchor": "start", "font-size": 11 }));
  const text = element("p", { class: "unrolled-sampler-text" }, `${model.get("reads")} `);
  text.append(element("b", {}, model.get("text")), " …");
  parts.drawing.prepend(text);
}

function sentence(model, found) {
  const { p, kept, mass, V, order: [first] } = found;
  const drawn = model.get("draws");
  const next = `Likeliest next: “${visible(model.get("names")[first])}”, ${p[first].toFixed(2)}`;
  const stay = `${COUNT.format(kept)} of ${COUNT.format(V)} tokens can be drawn; they hold ${percent(mass)} of the probability`;
  return `${next}. ${stay}. ${drawn} drawn so far${drawn < MOST ? "" : ", the most it keeps: back or reset"}.`;
}

function render({ model, el }) {
  const parts = frame(model, el, "sampler", "Sampler");
  const more = (n) => put(model, { draws: Math.max(0, Math.min(MOST, model.get("draws") + n)) });
  entry(parts, "prompt", "beginning", 120);
  button(parts, "back", () => more(-1));
  button(parts, "step", () => more(1));
  button(parts, "run 10", () => more(10));
  slider(parts, "temperature", { label: "temperature", low: 0, high: 2, step: 0.05, decimals: 2 });
  slider(parts, "top_k", { label: "top-k (0: off)", low: 0, high: 50, step: 1 });
  slider(parts, "nucleus", { label: "nucleus (1: off)", low: 0.05, high: 1, step: 0.05, decimals: 2 });
  slider(parts, "seed", { label: "seed", low: 0, high: 99, step: 1 });
  presets(parts, {
    "always the likeliest": { temperature: 0, top_k: 0, nucleus: 1 },
    "as trained": { temperature: 1, top_k: 0, nucleus: 1 },
    "flat": { temperature: 2, top_k: 0, nucleus: 1 },
    "cut at 0.9": { temperature: 1, top_k: 0, nucleus: 0.9 },
  });
  const read = reader();
  return follow(parts, () => {
    const found = numbers(model, read);
    draw(parts, found);
    return sentence(model, found);
  }, ["prompt", "seed", "draws"]);
}

export default { render, distribution, numbers };

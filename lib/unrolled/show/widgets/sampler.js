// The distribution of the next token, computed here from its logits; the kernel reads and draws.

const [SHOWN, ROW, NAME, BAR] = [12, 20, 120, 330];

const normalised = (p) => {
  const sum = p.reduce((total, each) => total + each, 0);
  return p.map((each) => each / sum);
};

function softmax(logits, temperature) {
  const largest = Math.max(...logits);
  if (temperature === 0) return logits.map((_, n) => Number(n === logits.indexOf(largest)));
  return normalised(logits.map((logit) => Math.exp((logit - largest) / temperature)));
}

const ranked = (p) => p.map((_, n) => n).toSorted((a, b) => p[b] - p[a] || a - b);

// First temperature, then top-k (0: off), then nucleus (1: off); what is cut away gets 0.
function distribution(logits, temperature, topK, nucleus) {
  let p = softmax(logits, temperature);
  const order = ranked(p);
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

// Everything that is drawn or said; the likeliest by their logits, since at temperature 0 all but one have p = 0.
function numbers(model) {
  const [temperature, topK, nucleus] = ["temperature", "top_k", "nucleus"].map((name) => model.get(name));
  const logits = Array.from(unpacked(model.get("logits")));
  const whole = softmax(logits, temperature);
  const p = distribution(logits, temperature, topK, nucleus);
  const trained = softmax(logits, 1); // one scale for both, so that a flat distribution looks flat
  const longest = [...p, ...trained].reduce((most, each) => Math.max(most, each));
  const kept = p.filter((each) => each > 0).length;
  const mass = whole.reduce((sum, each, n) => sum + (p[n] > 0 ? each : 0), 0);
  return { whole, p, trained, longest, kept, mass, order: ranked(logits).slice(0, SHOWN), V: p.length };
}

const visible = (name) => (name.trim() ? name : name.replaceAll("\n", "↵").replaceAll(" ", "␣"));

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
  const stay = `${kept.toLocaleString("en")} of ${V.toLocaleString("en")} tokens can be drawn; they hold ${(100 * mass).toFixed(0)}% of the probability`;
  return `${next}. ${stay}. ${drawn} drawn so far.`;
}

function render({ model, el }) {
  const parts = frame(model, el, "sampler", "Sampler");
  const more = (n) => put(model, { draws: Math.max(0, Math.min(60, model.get("draws") + n)) });
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
  return follow(parts, () => {
    const found = numbers(model);
    draw(parts, found);
    return sentence(model, found);
  });
}

export default { render, distribution, numbers };

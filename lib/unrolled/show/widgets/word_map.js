// Words as points: the neighbours of one of them in all dimensions beside those that the picture makes.
// The nodes are built once; after that only paths, places of words and the lists change.

const [WIDE, HIGH, LABELS, NEAR] = [470, 400, 50, 15];
const [TRUE, FALSE, CHOSEN] = [PALETTE[0], PALETTE[3], PALETTE[1]];
const SIDES = [[7, 4, "start"], [-7, 4, "end"], [0, -8, "middle"], [0, 16, "middle"]];
const RADIANS = Math.PI / 180;

// ── What is computed here ──

// Of N points of `size` numbers each, one after the other, the k nearest to each in a straight line: (N · k) indices.
function nearestDrawn(points, size, k) {
  const N = points.length / size;
  const [found, apart] = [new Uint16Array(N * k), new Float64Array(k)];
  for (let n = 0; n < N; n += 1) {
    let many = 0;
    for (let m = 0; m < N; m += 1) {
      if (m === n) continue;
      let square = 0;
      for (let d = 0; d < size; d += 1) square += (points[n * size + d] - points[m * size + d]) ** 2;
      if (many === k && square >= apart[k - 1]) continue;
      let at = many < k ? many++ : k - 1; // moved up past those that are farther
      for (; at > 0 && apart[at - 1] > square; at -= 1) [apart[at], found[n * k + at]] = [apart[at - 1], found[n * k + at - 1]];
      [apart[at], found[n * k + at]] = [square, m];
    }
  }
  return found;
}

// Of the first k true neighbours of each word the share among its first k in the picture; both (N · NEAR) indices.
function kept(near, drawn, k) {
  return Array.from({ length: near.length / NEAR }, (_, n) => {
    const [truly, there] = [near, drawn].map((all) => all.subarray(n * NEAR, n * NEAR + k));
    return truly.filter((m) => there.includes(m)).length / k;
  });
}

// Points of three numbers turned about the upright axis, then tilted towards the eye; the third is depth. In degrees.
function turned(points, turn, tilt) {
  const [ct, st, cp, sp] = [Math.cos(turn * RADIANS), Math.sin(turn * RADIANS), Math.cos(tilt * RADIANS), Math.sin(tilt * RADIANS)];
  const out = new Float64Array(points.length);
  for (let n = 0; n < points.length; n += 3) {
    const [x, y, z] = points.subarray(n, n + 3);
    const back = ct * z - st * x;
    out.set([ct * x + st * z, cp * y - sp * back, sp * y + cp * back], n);
  }
  return out;
}

// ── What the traits describe ──

const chosenAxes = (model) => ["across", "up", "deep"].slice(0, model.get("view") === "3-D" ? 3 : 2).map((name) => model.get(name) - 1);

// The places of all words on the axes, at a moment: (N · 2) or (N · 3).
function places(held, axes, moment) {
  const out = new Float64Array(held.N * axes.length);
  for (let n = 0; n < held.N; n += 1) axes.forEach((axis, d) => (out[n * axes.length + d] = held.points[(moment * held.N + n) * held.A + axis]));
  return out;
}

function hold(model) {
  const [points, near, cosines] = [["points", Float32Array], ["near", Uint16Array], ["cosines", Float32Array]].map(([name, Numbers]) => unpacked(model.get(name), Numbers));
  return { points, near, cosines, N: model.get("words").length, A: model.get("axes"), made: new Map() };
}

// What is worked out once for a key, and held.
function once(held, key, make) {
  if (!held.made.has(key)) held.made.set(key, make());
  return held.made.get(key);
}

// On some axes the places at every moment, and the reach of them all, so that one scale holds for the whole training.
function course(held, axes, moments) {
  const all = moments.map((_, moment) => places(held, axes, moment));
  let reach = 0;
  for (const points of all) {
    for (let n = 0; n < points.length; n += axes.length) {
      const far = axes.length === 3 ? Math.hypot(points[n], points[n + 1], points[n + 2]) : Math.max(Math.abs(points[n]), Math.abs(points[n + 1]));
      reach = Math.max(reach, far);
    }
  }
  return { all, reach, size: axes.length };
}

// What changes with the axes and the moment, and not with the word, the number of neighbours or the turn.
function picture(held, model) {
  const [axes, moment, N] = [chosenAxes(model), model.get("moment") - 1, held.N];
  const whole = once(held, axes.join(), () => course(held, axes, model.get("moments")));
  held.picture = once(held, [axes, moment].join(" at "), () => {
    const now = whole.all[moment];
    const variance = [...new Set(axes)].map((axis) => spreadOf(places(held, [axis], moment)));
    const share = variance.reduce((sum, each) => sum + each, 0) / model.get("spread")[moment];
    return { ...whole, now, share, means: {}, drawn: nearestDrawn(now, axes.length, NEAR), near: held.near.subarray(moment * N * NEAR, (moment + 1) * N * NEAR) };
  });
  return held.picture;
}

function spreadOf(values) {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
}

// Where each point stands on the drawing: (N · 3), in pixels, the third is depth from −1 to 1.
function onPage(points, { size, reach }, model) {
  const seen = size === 3 ? turned(points, model.get("turn"), model.get("tilt")) : points;
  const [scale, out] = [(HIGH / 2 - 16) / reach, new Float64Array((points.length / size) * 3)];
  for (let n = 0; n < points.length / size; n += 1) {
    out.set([WIDE / 2 + scale * seen[n * size], HIGH / 2 - scale * seen[n * size + 1], size === 3 ? seen[n * 3 + 2] / reach : 0], n * 3);
  }
  return out;
}

function chosen(held, model) {
  const [n, k, { near, drawn }] = [model.get("words").indexOf(model.get("word")), model.get("k"), held.picture];
  const [truly, there] = [near, drawn].map((all) => Array.from(all.subarray(n * NEAR, n * NEAR + k)));
  const start = ((model.get("moment") - 1) * held.N + n) * NEAR;
  return { n, k, truly, there, cosines: held.cosines.subarray(start, start + k), keeps: truly.filter((m) => there.includes(m)) };
}

const without = (some, others) => some.filter((m) => !others.includes(m));

// ── Drawing ──

const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const square = (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
const diamond = (x, y, r) => `M${x - r} ${y}L${x} ${y - r}L${x + r} ${y}L${x} ${y + r}z`;
const MARKS = { kept: [circle, { fill: TRUE }], lost: [circle, { fill: "none", stroke: TRUE, "stroke-width": 2 }], wrong: [square, { fill: "none", stroke: FALSE, "stroke-width": 2 }] };

function build(parts) {
  const svg = canvas(parts, WIDE, HIGH, "Words as points");
  svg.classList.add("unrolled-word-map-drawing");
  const path = (attributes) => svg.appendChild(shape("path", attributes));
  const drawn = { svg, axes: path({ class: "unrolled-word-map-axes" }) };
  drawn.dots = [1, 2, 3].map((depth) => path({ class: "unrolled-word-map-dots", "stroke-width": 2.5 + depth, "stroke-opacity": 0.1 + 0.15 * depth }));
  drawn.trail = path({ fill: "none", stroke: CHOSEN, "stroke-width": 1.5, "stroke-dasharray": "2 3" });
  drawn.lines = path({ stroke: TRUE, "stroke-opacity": 0.7, fill: "none" });
  for (const [name, [, attributes]] of Object.entries(MARKS)) drawn[name] = path(attributes);
  drawn.chosen = path({ fill: CHOSEN });
  drawn.names = [0, 1, 2].map(() => svg.appendChild(words(0, 0, "", { class: "unrolled-word-map-axis" })));
  const labels = parts.model.get("words").map((word) => ({ node: shape("text", { "font-size": 11, visibility: "hidden" }, word), now: { visibility: "hidden" } }));
  svg.append(shape("g", {}, ...labels.map(({ node }) => node)));
  drawn.labels = labels;
  drawn.lists = ["true", "there"].map((name) => list(parts, name));
  parts.drawing.append(element("div", { class: "unrolled-word-map-lists" }, ...drawn.lists.map(({ node }) => node)));
  return drawn;
}

// A list of neighbours; each is a button that goes to that word.
function list(parts, name) {
  const [head, rows] = [element("p"), Array.from({ length: NEAR }, () => ({ row: element("li"), go: element("button", { type: "button" }), beside: element("span") }))];
  for (const { row, go, beside } of rows) {
    go.addEventListener("click", () => put(parts.model, { word: go.dataset.word, problem: "" }));
    row.append(go, beside);
  }
  return { node: element("div", { class: `unrolled-word-map-${name}` }, head, element("ol", {}, ...rows.map(({ row }) => row))), head, rows };
}

function fillList({ head, rows }, title, neighbours) {
  say(head, title);
  rows.forEach(({ row, go, beside }, at) => {
    row.hidden = at >= neighbours.length;
    if (row.hidden) return;
    const { word, mark, number, meaning } = neighbours[at];
    say(go, `${mark} ${word}`);
    say(beside, number);
    if (go.dataset.word === word && row.dataset.mark === meaning) return;
    row.dataset.mark = meaning;
    go.dataset.word = word;
    go.setAttribute("aria-label", `${word}, ${meaning}`);
  });
}

function place(drawn, held, model) {
  const { now, all, size } = picture(held, model);
  const [spots, one] = [onPage(now, held.picture, model), chosen(held, model)];
  const at = (m) => [spots[3 * m], spots[3 * m + 1]];
  drawn.dots.forEach((path, depth) => path.setAttribute("d", dots(spots, depth, held.N)));
  const marks = { kept: one.keeps, lost: without(one.truly, one.keeps), wrong: without(one.there, one.keeps) };
  for (const [name, of] of Object.entries(marks)) drawn[name].setAttribute("d", of.map((m) => MARKS[name][0](...at(m), 4)).join(""));
  drawn.lines.setAttribute("d", one.truly.map((m) => `M${at(one.n)}L${at(m)}`).join(""));
  drawn.chosen.setAttribute("d", diamond(...at(one.n), 7));
  const way = all.slice(0, model.get("moment")).map((points) => onPage(points.subarray(one.n * size, (one.n + 1) * size), held.picture, model).subarray(0, 2));
  drawn.trail.setAttribute("d", `M${way.map((spot) => spot.join(" ")).join("L")}`);
  axesOf(drawn, held.picture, model);
  label(drawn.labels, spots, [one.n, ...one.truly, ...marks.wrong], model.get("words"));
  lists(drawn.lists, one, model);
  drawn.spots = spots;
}

function dots(spots, depth, N) {
  let d = "";
  for (let n = 0; n < N; n += 1) {
    const z = spots[3 * n + 2];
    if ((z < -0.15 ? 0 : z > 0.15 ? 2 : 1) === depth) d += `M${spots[3 * n].toFixed(1)} ${spots[3 * n + 1].toFixed(1)}h0`;
  }
  return d;
}

function axesOf({ axes, names }, { size, reach }, model) {
  const unit = Float64Array.from({ length: size * size }, (_, n) => (n % (size + 1) === 0 ? 0.98 * reach : 0));
  const ends = onPage(unit, { size, reach }, model);
  const [x, y] = [WIDE / 2, HIGH / 2];
  const spots = chosenAxes(model).map((_, d) => [ends[3 * d], ends[3 * d + 1]]);
  axes.setAttribute("d", spots.map(([u, v]) => `M${size === 3 ? [x, y] : [2 * x - u, 2 * y - v]}L${u} ${v}`).join(""));
  names.forEach((node, d) => {
    node.textContent = d < size ? `axis ${chosenAxes(model)[d] + 1}` : "";
    const [u, v] = spots[d] ?? [0, 0];
    for (const [name, value] of [["x", Math.min(Math.max(u + (d === 1 ? 24 : 0), 24), WIDE - 24)], ["y", Math.min(Math.max(v + (d === 1 ? 0 : -6), 12), HIGH - 6)]]) node.setAttribute(name, value);
  });
}

// Words are written in order, each on the first side where it covers no other; without room it is left out.
function label(labels, spots, first, names) {
  const [taken, given, used] = [[], new Set(first), new Set()];
  const order = [...first, ...names.keys()];
  order.forEach((m, rank) => {
    if (used.size === LABELS || (rank >= first.length && given.has(m))) return;
    const wide = 6.4 * names[m].length;
    for (const [dx, dy, anchor] of SIDES) {
      const [x, y] = [spots[3 * m] + dx, spots[3 * m + 1] + dy];
      const left = x - wide * { start: 0, end: 1, middle: 0.5 }[anchor];
      const free = left > 0 && left + wide < WIDE && y > 10 && y < HIGH && !taken.some(([l, w, b]) => left < l + w && l < left + wide && Math.abs(b - y) < 12);
      if (!free) continue;
      taken.push([left, wide, y]);
      used.add(m);
      write(labels[m], { visibility: "visible", transform: `translate(${x} ${y})`, "text-anchor": anchor, class: `unrolled-word-map-${rank ? (rank < first.length ? "near" : "other") : "word"}` });
      break;
    }
  });
  labels.forEach((one, m) => used.has(m) || write(one, HIDDEN));
}

// Each word keeps its node, since a text that is moved or hidden need not be set anew; what is hidden is as at first.
const HIDDEN = { visibility: "hidden", transform: null, "text-anchor": null, class: null };

function write({ node, now }, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if ((now[name] ?? null) === value) continue;
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
    now[name] = value;
  }
}

function lists([left, right], { k, truly, there, cosines, keeps }, model) {
  const names = model.get("words");
  const [both, lost, wrong] = [["●", "in both lists"], ["○", "not near in the picture"], ["□", "near in the picture only"]];
  const entryOf = (m, [mark, meaning], number = "") => ({ word: names[m], mark, meaning, number });
  fillList(left, `the ${k} nearest in ${model.get("dimensions")} dimensions (cosine)`, truly.map((m, at) => entryOf(m, keeps.includes(m) ? both : lost, signed(cosines[at]))));
  fillList(right, `the ${k} nearest in the picture`, there.map((m) => entryOf(m, keeps.includes(m) ? both : wrong)));
}

// All that the sentence says and the drawing is made from, but for the words.
function numbersOf(model, held = hold(model)) {
  const { now, share, reach } = picture(held, model);
  const one = chosen(held, model);
  return { ...one, cosines: Array.from(one.cosines), spots: Array.from(onPage(now, held.picture, model)), share, reach, mean: meanKept(held, one.k) };
}

// The mean over all words of the share of true neighbours that the present picture keeps.
function meanKept(held, k) {
  const { near, drawn, means } = held.picture;
  means[k] ??= kept(near, drawn, k).reduce((sum, each) => sum + each, 0) / held.N;
  return means[k];
}

function sentence(held, model) {
  const [names, view, { keeps, k }, { share }] = [model.get("words"), model.get("view"), chosen(held, model), held.picture];
  const mean = meanKept(held, k);
  const which = [...new Set(chosenAxes(model).map((axis) => axis + 1))];
  const on = which.length === 1 ? `axis ${which[0]} alone, a line` : `axes ${which.join(", ")}`;
  const [moment, moments] = [model.get("moment"), model.get("moments")];
  const training = moments.length > 1 ? ` Training: ${moments[moment - 1]}${moment > 1 ? "; dotted, the way that the word has come" : ""}.` : "";
  const found = keeps.length ? `: ${keeps.map((m) => names[m]).join(", ")}` : "";
  return (
    `Of the ${k} nearest to “${model.get("word")}” in all ${model.get("dimensions")} dimensions, the picture in ${view} keeps ${keeps.length}${found}. ` +
    `Over all ${held.N} words it keeps ${percent(mean)}; a blind guess would keep ${percent(k / (held.N - 1))}. ` +
    `It shows ${on}: ${percent(share)} of the variance.${training}`
  );
}

// ── Controls ──

// A word as written, or the first that begins so; else what is wrong is said, and the picture stays.
function search(model, asked) {
  const [names, wanted] = [model.get("words"), asked.trim().toLowerCase()];
  const found = names.find((name) => name.toLowerCase() === wanted) ?? (wanted && names.find((name) => name.toLowerCase().startsWith(wanted)));
  const refused = wanted ? `“${asked.trim()}” is not among the ${names.length} words drawn, and none of them begins so.` : `Write one of the ${names.length} words drawn, or its beginning.`;
  if (found) put(model, { word: found, problem: "" });
  else put(model, { problem: `${refused} Try “${model.get("tries")[0] ?? names[0]}”.` });
  return found || undefined;
}

const forward = onwards("moment", "moments");

function controls(parts) {
  const { model } = parts;
  const last = model.get("moments").length;
  entry(parts, "word", "search", 20, (asked) => search(model, asked));
  slider(parts, "k", { label: "neighbours", low: 3, high: NEAR, step: 1 });
  choice(parts, "view", "view", ["2-D", "3-D"]);
  const numbers = Array.from({ length: model.get("axes") }, (_, n) => n + 1);
  for (const name of ["across", "up", "deep"]) choice(parts, name, name, numbers);
  slider(parts, "turn", { label: "turn", low: -180, high: 180, step: 5, unit: "°" });
  slider(parts, "tilt", { label: "tilt", low: -90, high: 90, step: 5, unit: "°" });
  const solid = [...parts.controls.children].slice(-3);
  parts.controls.addEventListener("show", () => solid.forEach((node) => (node.hidden = model.get("view") === "2-D")));
  if (last === 1) return;
  slider(parts, "moment", { label: "training", low: 1, high: last, step: 1, told: (value) => model.get("moments")[value - 1] });
  player(parts, forward, 900);
}

function named(model) {
  const last = model.get("moments").length;
  const moments = last > 1 ? { "before training": { moment: 1, problem: "" }, "after it": { moment: last, problem: "" } } : {};
  return { ...Object.fromEntries(model.get("tries").map((word) => [`“${word}”`, { word, problem: "" }])), ...moments };
}

// A click takes the nearest word; in 3-D a drag turns the picture.
function byPointer({ svg }, model, spots) {
  let from = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = { x: event.clientX, y: event.clientY, turn: model.get("turn"), tilt: model.get("tilt"), moved: false };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!from || model.get("view") === "2-D") return;
    from.moved ||= Math.hypot(clientX - from.x, clientY - from.y) > 4;
    if (!from.moved) return;
    const turn = ((from.turn + Math.round((clientX - from.x) / 2) + 540) % 360) - 180;
    put(model, { turn, tilt: Math.max(-90, Math.min(90, from.tilt + Math.round((clientY - from.y) / 2))) });
  });
  svg.addEventListener("pointercancel", () => {
    from = null;
  });
  svg.addEventListener("pointerup", (event) => {
    if (from && !from.moved) take(event);
    from = null;
  });
  const take = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [((clientX - box.left) * WIDE) / box.width, ((clientY - box.top) * HIGH) / box.height];
    const apart = model.get("words").map((_, n) => Math.hypot(spots()[3 * n] - x, spots()[3 * n + 1] - y));
    const nearest = apart.indexOf(Math.min(...apart));
    if (apart[nearest] < 16) put(model, { word: model.get("words")[nearest], problem: "" });
  };
}

function render({ model, el }) {
  const parts = frame(model, el, "word-map", "Word map");
  controls(parts);
  presets(parts, named(model));
  const [drawn, held] = [build(parts), hold(model)];
  byPointer(drawn, model, () => drawn.spots);
  return follow(parts, () => {
    place(drawn, held, model);
    return sentence(held, model);
  });
}

export default { render, nearestDrawn, kept, turned, numbers: numbersOf };

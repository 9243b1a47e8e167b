// Scores, mask and softmax are computed here from q and k; the map and its steps are drawn from the same numbers.

const WAYS = ["−∞ before the softmax", "True and False exchanged", "scores multiplied by the mask", "weights multiplied, after the softmax"];
const [BLOCKED, EXCHANGED, SCORES, WEIGHTS] = WAYS;
const RIGHT = { mask: "none", way: BLOCKED, sharpness: 1, scaled: true, over: "keys" };
const [HEAD, FEW, RISE, ARC] = [58, 12, 26, 190]; // room for names above; cells that hold numbers; rows and width of arcs

// ── What is computed ──

const dot = (a, b) => a.reduce((sum, each, d) => sum + each * b[d], 0);
const total = (values) => values.reduce((sum, each) => sum + each, 0);
const turned = (matrix) => matrix[0].map((_, s) => matrix.map((row) => row[s]));

// −∞ gets 0; where there is nothing else, all get 0.
function softmax(scores) {
  const largest = Math.max(...scores);
  if (largest === -Infinity) return scores.map(() => 0);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = total(powers);
  return powers.map((power) => power / sum);
}

function met(score, may, way) {
  if (way === SCORES) return may ? score : 0;
  return way === WEIGHTS || may === (way === BLOCKED) ? score : -Infinity;
}

// q (T, D), k (S, D), mask (T, S) or null → dots, scores, masked and weights, (T, S) each.
function attend({ q, k, mask = null, way = BLOCKED, sharpness = 1, scaled = true, over = "keys" }) {
  const by = scaled ? Math.sqrt(q[0].length) : 1;
  const dots = q.map((query) => k.map((key) => dot(query, key)));
  const scores = dots.map((row) => row.map((each) => (sharpness * each) / by));
  const masked = mask ? scores.map((row, t) => row.map((score, s) => met(score, mask[t][s], way))) : scores;
  const shares = over === "keys" ? masked.map(softmax) : turned(turned(masked).map(softmax));
  const after = mask && way === WEIGHTS;
  const weights = after ? shares.map((row, t) => row.map((each, s) => (mask[t][s] ? each : 0))) : shares;
  return { dots, scores, masked, shares, weights };
}

const grid = (T, S, give) => Array.from({ length: T }, (_row, t) => Array.from({ length: S }, (_cell, s) => give(t, s)));

// (T, S), or null where every query may attend to everything.
function maskOf(name, T, S, length) {
  if (name === "none") return null;
  const real = name.includes("padding") ? length : S;
  return grid(T, S, (t, s) => s < real && (!name.includes("causal") || s <= t));
}

const inside = (place, most) => Math.min(Math.max(place, 1), most);

// The logarithm of a sum of powers, which need not fit into a number themselves.
function logSum(scores) {
  const largest = Math.max(...scores);
  return largest === -Infinity ? largest : largest + Math.log(total(scores.map((score) => Math.exp(score - largest))));
}

const largest = (weights) => total(weights.map((row) => Math.max(...row))) / weights.length;

// The column of a row's largest weight; −1 where there is none, or several alike.
function strongest(row) {
  const most = Math.max(...row);
  return most > 0 && row.filter((each) => each > most - 1e-9).length === 1 ? row.indexOf(most) : -1;
}

// What the table and the sentence say besides the matrices.
function summary(found) {
  const { q, k, t, s, T, S, masked, weights, allowed, over, where, scaled } = found;
  const sums = weights.map(total);
  const leaked = allowed ? total(weights.flatMap((row, r) => row.filter((_, c) => !allowed[r][c]))) : 0;
  return {
    factors: q[t].map((each, d) => [each, k[s][d]]),
    logged: logSum(over === "keys" ? masked[t] : masked.map((row) => row[s])),
    sums,
    closed: allowed ? T * S - total(allowed.flat().map(Number)) : 0,
    leaked: leaked && leaked / total(sums),
    hits: where.filter((c, r) => strongest(weights[r]) === c).length,
    largest: largest(weights),
    divided: scaled ? null : largest(attend({ ...found, mask: allowed, scaled: true }).weights),
  };
}

// Everything that is drawn or said: the traits, the chosen cell (t, s), what was computed.
function numbers(model) {
  const traits = ["tokens", "where", "mask", "length", "way", "sharpness", "scaled", "over"];
  const state = Object.fromEntries(traits.map((name) => [name, model.get(name)]));
  const [layers, keys] = [model.get("q"), model.get("key_names")];
  const [T, S] = [state.tokens.length, keys.length];
  const [layer, head] = [inside(model.get("layer"), layers.length) - 1, inside(model.get("head"), layers[0].length) - 1];
  const [q, k] = ["q", "k"].map((name) => model.get(name)[layer][head]);
  const allowed = maskOf(state.mask, T, S, state.length);
  const [t, s] = [inside(model.get("row"), T) - 1, inside(model.get("column"), S) - 1];
  const found = { ...state, keys, q, k, T, S, t, s, allowed, ...attend({ ...state, q, k, mask: allowed }) };
  return { ...found, ...summary(found) };
}

// ── The map ──

const short = (name) => cut(name, 12);
const room = (names) => 12 + 7.2 * Math.max(...names.map((name) => short(name).length));
const start = { "text-anchor": "start" };
const end = { "text-anchor": "end" };

function measures({ tokens, keys, T, S }) {
  const [wide, high] = T <= FEW && S <= FEW ? [42, 28] : [24, 20];
  const slanted = keys.some((name) => 7.2 * short(name).length > wide - 2);
  const [left, top] = [22 + room(tokens), slanted ? 22 + 0.72 * room(keys) : HEAD - 18];
  return { wide, high, left, top, slanted, width: left + S * wide + 78, height: top + T * high + 26 };
}

function labels({ tokens, keys, T, S }, { wide, high, left, top, slanted, width }) {
  const above = keys.map((name, s) => {
    const [x, y] = [left + (s + 0.5) * wide, top - 6];
    const slant = slanted ? { ...start, transform: `rotate(-45 ${x} ${y})` } : {};
    return words(x, y, short(name), slant);
  });
  const beside = tokens.map((name, t) => words(left - 6, top + (t + 0.5) * high + 4, short(name), end));
  const [x, y] = [11, top + (T * high) / 2];
  const small = { "font-size": 11, "font-style": "italic" };
  return [
    words(left + (S * wide) / 2, 12, "key (column)", small),
    words(x, y, T * high < 76 ? "query (row)" : "query (row) attends to", { ...small, transform: `rotate(-90 ${x} ${y})` }),
    words(width - 40, top - 6, "row sum", small),
    ...above,
    ...beside,
  ];
}

// Built once for these tokens; after that only grounds and numbers change.
function buildMap(parts, found) {
  const size = measures(found);
  const { wide, high, left, top, width, height } = size;
  const svg = canvas(parts, width, Math.max(height, 150 + top / 2), "Map of the weights; its numbers are in the table and the text");
  const place = (t, s) => ({ x: left + s * wide, y: top + t * high });
  const { T, S } = found;
  const cells = grid(T, S, (t, s) => shape("rect", { ...place(t, s), width: wide, height: high, class: "unrolled-attention-cell", "data-at": `${t} ${s}` }));
  const write = (t, s) => words(left + (s + 0.5) * wide, top + (t + 0.5) * high + 4, "", { "font-size": 11, class: "unrolled-attention-number" });
  const written = wide > 30 ? grid(T, S, write) : [];
  const sums = found.tokens.map((_, t) => words(width - 40, top + (t + 0.5) * high + 4, "", { class: "unrolled-attention-sum" }));
  const columns = words(left, top + T * high + 18, "", { ...start, "font-size": 11 });
  const struck = shape("path", { class: "unrolled-attention-struck" });
  const right = shape("path", { class: "unrolled-attention-right" });
  const row = shape("rect", { height: high, width: S * wide, x: left, class: "unrolled-attention-row" });
  const chosen = shape("rect", { width: wide, height: high, class: "unrolled-attention-chosen" });
  svg.append(...cells.flat(), ...written.flat(), struck, ...labels(found, size), ...sums, columns, row, chosen, right);
  return { place, size, cells, written, sums, columns, struck, row, chosen, right };
}

function strike({ place, size }, { allowed, T, S }) {
  if (!allowed) return "";
  const line = (t, s) => {
    const { x, y } = place(t, s);
    return allowed[t][s] ? "" : `M${x + 3} ${y + size.high - 3}L${x + size.wide - 3} ${y + 3}`;
  };
  return grid(T, S, line).flat().join("");
}

// The cells where each query ought to look.
function frames({ place, size }, { where }) {
  const corner = (s, t) => Object.values(place(t, s)).map((at) => at + 2).join(" ");
  return where.map((s, t) => `M${corner(s, t)}h${size.wide - 4}v${size.high - 4}h${4 - size.wide}z`).join("");
}

function showMap(drawn, found) {
  const { weights, sums, t, s, over } = found;
  drawn.cells.forEach((row, r) => row.forEach((cell, c) => (cell.style.fill = ground(weights[r][c]))));
  drawn.written.forEach((row, r) => row.forEach((node, c) => say(node, weights[r][c].toFixed(2))));
  drawn.sums.forEach((node, r) => {
    say(node, sums[r].toFixed(2));
    node.setAttribute("font-weight", Math.abs(sums[r] - 1) > 0.005 ? 700 : 400);
  });
  say(drawn.columns, over === "queries" && turned(weights).every((column) => Math.abs(total(column) - 1) < 0.005) ? "every column sums to 1" : "");
  drawn.struck.setAttribute("d", strike(drawn, found));
  drawn.right.setAttribute("d", frames(drawn, found));
  const { x, y } = drawn.place(t, s);
  drawn.row.setAttribute("y", y);
  drawn.chosen.setAttribute("x", x);
  drawn.chosen.setAttribute("y", y);
}

// ── The arcs ──

function arc({ weights, t }, r, c, left, top) {
  const [y, to, half] = [top + r * RISE, top + c * RISE, left + ARC / 2];
  const d = `M${left} ${y}C${half} ${y},${half} ${to},${left + ARC} ${to}`;
  const stroke = { stroke: r === t ? PALETTE[1] : PALETTE[0], "stroke-opacity": r === t ? 0.9 : 0.4, "stroke-width": Math.min(14, 14 * weights[r][c]) };
  return shape("path", { d, fill: "none", ...stroke });
}

const pressed = (at, chosen) => ({ "data-at": at, class: "unrolled-attention-name", "font-weight": chosen ? 700 : 400 });

function showArcs(parts, found) {
  const { tokens, keys, weights, sums, allowed, t, s, T, S } = found;
  const [left, top] = [Math.max(78, 6 + room(tokens)), 46];
  const right = left + ARC;
  const svg = canvas(parts, right + room(keys) + 76, top + RISE * Math.max(T, S) + 14, "Arcs from queries to keys, as wide as their weights");
  const place = (n) => top + n * RISE + 4;
  const beside = tokens.map((token, r) => words(left - 6, place(r), short(token), { ...end, ...pressed(`${r} ${s}`, r === t) }));
  const across = keys.map((key, c) => words(right + 6, place(c), short(key), { ...start, ...pressed(`${t} ${c}`, c === s) }));
  const beyond = keys.map((_, c) => words(right + room(keys) + 34, place(c), weights[t][c].toFixed(2), { class: "unrolled-attention-number", "font-weight": c === s ? 700 : 400 }));
  const rows = [...tokens.keys()].filter((r) => r !== t).concat(t); // the chosen one last, above the others
  const seen = rows.flatMap((r) => keys.map((_, c) => [r, c])).filter(([r, c]) => weights[r][c] > 0.02 || (r === t && weights[r][c] > 0));
  across.forEach((node, c) => allowed && !allowed[t][c] && node.setAttribute("text-decoration", "line-through"));
  const small = { "font-size": 11, "font-style": "italic" };
  svg.append(
    words(left - 6, 14, "query (row)", { ...small, ...end }),
    words(left + ARC / 2, 14, "attends to", small),
    words(right + 6, 14, "key (column)", { ...small, ...start }),
    words(right + room(keys) + 34, 30, `sum ${sums[t].toFixed(2)}`, { class: "unrolled-attention-sum", "font-size": 11 }),
    ...seen.map(([r, c]) => arc(found, r, c, left, top)),
    ...beside,
    ...across,
    ...beyond,
  );
}

// ── The steps of one cell ──

const number = (value) => (value === -Infinity ? "−∞" : signed(value));
const power = (score) => (score === -Infinity ? "0" : score > -5 && score < 9 ? Math.exp(score).toFixed(score < 0 ? 3 : 2) : `e^${signed(score, 1)}`);

function products({ factors }) {
  const shown = factors.slice(0, 4).map(([a, b]) => `(${signed(a)})(${signed(b)})`);
  const more = factors.length - shown.length;
  return `${shown.join(" + ")}${more > 0 ? ` + … (${more} more)` : ""}`;
}

function maskStep({ allowed, way, masked, t, s }) {
  const may = !allowed || allowed[t][s];
  const said = allowed ? `${may ? "may" : "may not"} attend` : "none";
  const how = {
    [BLOCKED]: may ? "stays" : "becomes −∞",
    [EXCHANGED]: may ? "yet becomes −∞" : "yet stays",
    [SCORES]: `times ${Number(may)}`,
    [WEIGHTS]: "waits until after the softmax",
  };
  return ["mask", allowed ? `${said}: ${how[way]}` : said, number(masked[t][s])];
}

function softmaxStep({ masked, shares, logged, over, t, s }) {
  const of = over === "keys" ? "its row" : "its column (wrong)";
  const ratio = `${power(masked[t][s])} ÷ ${power(logged)}`;
  return ["softmax", `e^score ÷ sum over ${of}: ${logged === -Infinity ? "nothing to share" : ratio}`, shares[t][s].toFixed(4)];
}

function steps(found) {
  const { q, dots, scores, weights, allowed, way, sharpness, scaled, t, s } = found;
  const D = q[0].length;
  return [
    ["q · k", products(found), number(dots[t][s])],
    ...(sharpness === 1 ? [] : [["sharpness", `times ${sharpness.toFixed(1)}`, number(sharpness * dots[t][s])]]),
    ["÷ √d_k", scaled ? `divided by √${D} = ${Math.sqrt(D).toFixed(2)}` : `left out (√${D} = ${Math.sqrt(D).toFixed(2)})`, number(scores[t][s])],
    maskStep(found),
    softmaxStep(found),
    ...(allowed && way === WEIGHTS ? [["mask", `weight times ${Number(allowed[t][s])}`, weights[t][s].toFixed(4)]] : []),
  ];
}

function table(found) {
  const { tokens, keys, t, s } = found;
  const rows = steps(found).map(([name, how, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, how), element("td", {}, value)),
  );
  const caption = element("caption", {}, `query “${tokens[t]}” (row ${t + 1}) attends to key “${keys[s]}” (column ${s + 1})`);
  return [caption, element("tbody", {}, ...rows)];
}

// ── The sentence ──

function looks({ tokens, keys, weights, t }) {
  const row = weights[t];
  const order = [...row.keys()].toSorted((a, b) => row[b] - row[a] || a - b);
  const seen = order.filter((c) => row[c] > 0);
  const most = seen.slice(0, 3).filter((c, n) => !n || row[c] >= 0.005);
  if (!seen.length) return `“${tokens[t]}” attends to nothing: its weights are all 0.`;
  if (seen.length > 1 && row[seen[0]] - row[seen.at(-1)] < 0.005) return `“${tokens[t]}” attends to ${seen.length} keys alike, ${row[seen[0]].toFixed(2)} each.`;
  return `“${tokens[t]}” attends most to ${most.map((c) => `“${keys[c]}” ${row[c].toFixed(2)}`).join(", ")}.`;
}

const unscaled = (found) =>
  `Not divided by √${found.q[0].length}: the largest weight of a row is ${found.largest.toFixed(2)} on average; divided, ${found.divided.toFixed(2)}.`;

const masking = ({ mask, way, closed, leaked, T, S }) =>
  `Mask ${mask}, ${way}: ${closed} of ${T * S} cells are forbidden (struck out) and get ${percent(leaked)} of all the weight.`;

const hitting = ({ where, hits }) => `The strongest cell is the right one (dotted) in ${hits} of ${where.length} rows.`;

function adding({ sums, over }) {
  const [least, most] = [Math.min(...sums), Math.max(...sums)];
  if (over === "keys" && most - least < 0.005) return `Every row sums to ${most.toFixed(2).replace(".00", "")}.`;
  const wrong = over === "queries" ? "Softmax over the queries (wrong): each key is shared out among the queries, and rows" : "Rows";
  return `${wrong} sum to ${least.toFixed(2)} at least, ${most.toFixed(2)} at most.`;
}

function sentence(found) {
  const said = [looks(found), found.where.length > 0 && hitting(found), found.allowed && masking(found), !found.scaled && unscaled(found), adding(found)];
  return said.filter(Boolean).join(" ");
}

// ── The controls ──

const line = (parts) => parts.controls.append(element("span", { class: "unrolled-attention-line" }));
const numbered = (trait) => (model) => model.get(trait).map((name, n) => [n + 1, `${n + 1} ${short(name)}`]);

function whatIsSeen(parts) {
  const { model } = parts;
  choice(parts, "view", "show as", ["map", "arcs"]);
  model.get("leading").forEach(([label, options], n) => {
    if (options.length > 1) choice(parts, ["layer", "head"][n], label, () => options.map((name, at) => [at + 1, name]));
  });
  choice(parts, "row", "query (row)", numbered("tokens"));
  choice(parts, "column", "key (column)", numbered("key_names"));
  if (model.get("reads")) entry(parts, "text", "own text", 200);
}

function whatIsDone(parts) {
  const { model } = parts;
  const masks = ["none", "causal", "padding", "causal and padding"];
  const [square, padded] = [model.get("tokens").length === model.get("key_names").length, model.get("length") !== null];
  const possible = masks.filter((name) => (square || !name.includes("causal")) && (padded || !name.includes("padding")));
  if (possible.length > 1) {
    choice(parts, "mask", "mask", possible);
    choice(parts, "way", "applied as", WAYS);
  }
  if (padded) slider(parts, "length", { label: "real words, the rest padding", low: 0, high: (now) => now.get("key_names").length, step: 1 });
  line(parts);
  slider(parts, "sharpness", { label: "sharpness", low: 0, high: 3, step: 0.1, decimals: 1 });
  tick(parts, "scaled", "divide by √d_k");
  choice(parts, "over", "softmax over the", () => [["keys", "keys (right)"], ["queries", "queries (wrong)"]]);
  line(parts);
  presets(parts, {
    ...(square && { "causal mask": { ...RIGHT, mask: "causal" }, "a mask that leaks": { ...RIGHT, mask: "causal", way: SCORES } }),
    "without ÷ √d_k": { ...RIGHT, scaled: false },
    "wrong softmax axis": { ...RIGHT, over: "queries" },
  });
}

function choosing({ model, drawing }) {
  const go = (t, s) => put(model, { row: inside(t, model.get("tokens").length), column: inside(s, model.get("key_names").length) });
  drawing.addEventListener("click", ({ target }) => {
    const [t, s] = (target.dataset?.at ?? "").split(" ").map(Number);
    if (s !== undefined) go(t + 1, s + 1);
  });
  drawing.addEventListener("keydown", (event) => {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
    if (down === undefined) return;
    event.preventDefault();
    go(model.get("row") + down, model.get("column") + right);
  });
}

function render({ model, el }) {
  const parts = frame(model, el, "attention", "Attention");
  whatIsSeen(parts);
  line(parts);
  whatIsDone(parts);
  choosing(parts);
  const [picture, cell] = [element("div", {}), element("table", { class: "unrolled-attention-steps" })];
  const hint = element("p", {}, "Choose a cell: click it, move with the arrow keys in the drawing, or use the two menus.");
  parts.drawing.append(picture, element("div", { class: "unrolled-attention-beside" }, cell, hint));
  let [drawn, shown] = [null, ""];
  return follow(parts, () => {
    const found = numbers(model);
    const now = model.get("view") === "map" ? `${found.tokens.join("\n")}\n\n${found.keys.join("\n")}` : "";
    if (!now) showArcs({ drawing: picture }, found);
    else if (now !== shown) drawn = buildMap({ drawing: picture }, found);
    if (now) showMap(drawn, found);
    shown = now;
    cell.replaceChildren(...table(found));
    return sentence(found);
  }, model.get("reads") ? ["text"] : []);
}

export default { render, attend, maskOf, numbers };

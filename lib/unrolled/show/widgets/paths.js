// The way back from one loss to one step: a factor on every edge, what arrives, and the share of every step in the
// gradient of W_hh. The browser runs the network and its backward pass by itself; vectors are rows, steps count from 0
// in the computing and from 1 in the traits.

// ── Computing ──

const length = (vector) => Math.hypot(...vector);

// v M; M is an array of rows.
function times(v, M) {
  const out = new Float64Array(M[0].length);
  for (let i = 0; i < v.length; i += 1) {
    const [value, row] = [v[i], M[i]];
    for (let j = 0; j < out.length; j += 1) out[j] += value * row[j];
  }
  return out;
}

// The states and the slopes of their units, each (T, H), from a zero state.
function forward({ W_hh, W_xh, b, x, nonlinearity }) {
  const [h, slope] = [[], []];
  let state = new Float64Array(b.length);
  for (const now of x) {
    const [input, memory] = [times(now, W_xh), times(state, W_hh)];
    const a = input.map((value, j) => value + b[j] + memory[j]);
    state = nonlinearity === "tanh" ? a.map(Math.tanh) : a.map((value) => Math.max(0, value));
    h.push(state);
    slope.push(nonlinearity === "tanh" ? state.map((value) => 1 - value * value) : a.map((value) => Number(value > 0)));
  }
  return { h, slope };
}

// M Mᵀ, or Mᵀ M.
function gram(M, turned = false) {
  const n = M.length;
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    for (let j = 0; j < n; j += 1) {
      for (let k = 0; k < n; k += 1) row[j] += turned ? M[k][i] * M[k][j] : M[i][k] * M[j][k];
    }
    return row;
  });
}

// The largest singular value of M (H, H): the root of the largest eigenvalue of M Mᵀ.
function spectralNorm(M) {
  let largest = 0;
  for (const row of M) for (const value of row) largest = Math.max(largest, Math.abs(value));
  if (!largest) return 0;
  const unit = new Float64Array(M.length ** 2);
  gram(M.map((row) => row.map((value) => value / largest))).forEach((row, i) => unit.set(row, i * M.length));
  return largest * Math.sqrt(largestEigenvalue(unit, M.length));
}

// The same of W diag(slope), from WᵀW, which is the same at every step.
function factor(WtW, slope) {
  const n = slope.length;
  const G = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const row = WtW[i];
    for (let j = 0; j <= i; j += 1) G[i * n + j] = row[j] * slope[i] * slope[j];
  }
  return Math.sqrt(Math.max(0, largestEigenvalue(G, n)));
}

// Of a symmetric matrix (n · n), row after row, of which the lower half is read and overwritten: Householder's
// reflections leave its diagonal and what is beside it.
function largestEigenvalue(G, n) {
  const beside = new Float64Array(n);
  const [v, p] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n - 1; k += 1) {
    let squared = 0;
    for (let i = k + 1; i < n; i += 1) {
      v[i] = G[i * n + k];
      squared += v[i] * v[i];
    }
    const norm = Math.sqrt(squared) * (v[k + 1] > 0 ? -1 : 1);
    beside[k + 1] = norm;
    squared -= norm * v[k + 1]; // half of what is left of v, squared
    v[k + 1] -= norm;
    if (squared) reflect(G, v, p, squared, k + 1);
  }
  return halving(Float64Array.from({ length: n }, (_, i) => G[i * n + i]), beside);
}

function reflect(G, v, p, half, from) {
  const n = v.length;
  p.fill(0);
  for (let i = from; i < n; i += 1) {
    let sum = G[i * n + i] * v[i];
    for (let j = from, at = i * n + from; j < i; j += 1, at += 1) {
      sum += G[at] * v[j];
      p[j] += G[at] * v[i];
    }
    p[i] += sum;
  }
  let along = 0;
  for (let i = from; i < n; i += 1) along += (p[i] /= half) * v[i];
  along /= 2 * half;
  for (let i = from; i < n; i += 1) p[i] -= along * v[i];
  for (let i = from; i < n; i += 1) {
    for (let j = from, at = i * n + from; j <= i; j += 1, at += 1) G[at] -= v[i] * p[j] + p[i] * v[j];
  }
}

// A number is above all eigenvalues where every pivot of (matrix − number) is negative (Sylvester).
function halving(diagonal, beside) {
  const squares = beside.map((value) => value * value);
  const above = (number) => {
    let pivot = -1;
    for (let i = 0; i < diagonal.length && pivot < 0; i += 1) pivot = diagonal[i] - number - squares[i] / pivot;
    return pivot < 0;
  };
  let low = Math.max(...diagonal);
  let high = Math.max(...diagonal.map((value, i) => value + Math.abs(beside[i]) + Math.abs(beside[i + 1] ?? 0)));
  for (let middle = (low + high) / 2; high - low > 1e-14 * high && middle > low && middle < high; middle = (low + high) / 2) {
    if (above(middle)) high = middle;
    else low = middle;
  }
  return high;
}

const starts = (k, window) => window > 0 && k > 0 && k % window === 0; // is the state before step k cut off?

// What loss t, which says `sent` (H,) to its own state, sends to h_k and to a_k, each (T, H).
function backward({ W_hh, slope, sent, t, window }) {
  const turned = W_hh.map((_, j) => Float64Array.from(W_hh, (row) => row[j]));
  const zero = new Float64Array(sent.length);
  const [blame, blame_a] = [slope.map(() => zero), slope.map(() => zero)];
  let carry = Float64Array.from(sent);
  for (let k = t; k >= 0; k -= 1) {
    blame[k] = carry;
    blame_a[k] = carry.map((value, j) => value * slope[k][j]);
    carry = starts(k, window) ? zero : times(blame_a[k], turned);
  }
  return { blame, blame_a };
}

// The norm of h_{k-1}ᵀ ∂L_t/∂a_k for every step (T,), and of their sum over the steps before each (T + 1,).
function sharesOf(h, blame_a) {
  const H = h[0].length;
  const sum = new Float64Array(H * H);
  const [shares, sums] = [[], [0]];
  h.forEach((_, k) => {
    const before = k ? h[k - 1] : new Float64Array(H);
    shares.push(length(before) * length(blame_a[k]));
    let squared = 0;
    for (let i = 0; i < H; i += 1) {
      for (let j = 0; j < H; j += 1) squared += (sum[i * H + j] += before[i] * blame_a[k][j]) ** 2;
    }
    sums.push(Math.sqrt(squared));
  });
  return { shares, sums };
}

// The norm of J_{k+1} … J_t, where J_t is W_hh with column j times the slope of unit j.
function productNorm(W_hh, slope, k, t) {
  const n = W_hh.length;
  let [product, next] = [0, 0].map(() => Array.from(W_hh, () => new Float64Array(n)));
  product.forEach((row, i) => row.fill(1, i, i + 1));
  for (let step = k + 1; step <= t; step += 1) {
    for (let i = 0; i < n; i += 1) through(product[i], W_hh, slope[step], next[i]);
    [product, next] = [next, product];
  }
  return spectralNorm(product);
}

// v W_hh, each entry times its slope, put into `out`.
function through(v, W_hh, slope, out) {
  out.fill(0);
  for (let i = 0; i < v.length; i += 1) {
    const [value, row] = [v[i], W_hh[i]];
    for (let j = 0; j < out.length; j += 1) out[j] += value * row[j];
  }
  for (let j = 0; j < out.length; j += 1) out[j] *= slope[j];
}

// ── From the traits to the numbers ──

// T, t, k and window as they can be, whatever the traits say.
function chosen(model) {
  const T = Math.max(2, Math.min(model.get("length"), model.get("x").length));
  const t = Math.max(1, Math.min(model.get("loss"), T));
  return { T, t, k: Math.max(1, Math.min(model.get("step"), t)), window: Math.max(0, model.get("window")) };
}

// The network that the traits describe.
function network(model) {
  const [base, radius, strength, nonlinearity] = ["base", "spectral_radius", "strength", "nonlinearity"].map((name) => model.get(name));
  const identity = model.get("matrix") === "identity";
  const W_hh = base.map((row, i) => Float64Array.from(row, (value, j) => radius * (identity ? Number(i === j) : value)));
  const x = model.get("x").slice(0, chosen(model).T).map((row) => Float64Array.from(row, (value) => strength * value));
  const { h, slope } = forward({ W_hh, W_xh: model.get("W_xh"), b: model.get("b"), x, nonlinearity });
  const WtW = gram(W_hh, true);
  return { W_hh, h, slope, factors: slope.map((each) => factor(WtW, each)) };
}

// All that is drawn or said; `net` is the network of the same traits.
function numbersOf(model, net = network(model)) {
  const { T, t, k, window } = chosen(model);
  const { blame, blame_a } = backward({ ...net, sent: model.get("sent")[t - 1], t: t - 1, window });
  const { shares, sums } = sharesOf(net.h, blame_a);
  const [arrives, cuts] = [blame.map(length), net.factors.map((_, step) => starts(step, window))];
  const bound = Array(t).fill(arrives[t - 1]); // the norms multiplied, from the loss back
  for (let n = t - 1; n > 0; n -= 1) bound[n - 1] = cuts[n] ? 0 : bound[n] * net.factors[n];
  const onWay = net.factors.slice(k, t);
  return {
    T,
    t,
    k,
    window,
    onWay,
    cuts,
    arrives,
    shares,
    bound,
    factors: net.factors,
    whole: sums[t],
    part: sums[t] && (100 * sums[k]) / sums[t],
    most: productNorm(net.W_hh, net.slope, k - 1, t - 1),
    multiplied: onWay.reduce((product, value) => product * value, 1),
  };
}

// The same, with a network that is run again only where it has changed.
function teller(model) {
  const makes = ["spectral_radius", "matrix", "nonlinearity", "strength"];
  let [made, net] = ["", null];
  return () => {
    const wanted = [chosen(model).T, ...makes.map((name) => model.get(name))].join();
    if (wanted !== made) [made, net] = [wanted, network(model)];
    return numbersOf(model, net);
  };
}

// ── Drawing ──

const [LEFT, WIDE, LOSSES, STATES, CELLS, TALL, TOP, FLOOR] = [64, 690, 18, 62, 82, 22, 134, 274];
const LINES = ["chain", "path", "losses", "states", "ends", "bars", "bound", "arrives", "dots", "zeros", "low", "high", "gaps", "way"];
const SMALL = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => String(n).replace("-", "⁻").replace(/\d/g, (digit) => SMALL[digit]);
const lowered = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);

function short(value) {
  if (value === 0) return "0";
  const [digits, power] = value.toExponential(1).split("e").map(Number);
  if (power >= -2 && power < 3) return value.toFixed(Math.max(0, 1 - power + (power === 0)));
  return `${digits.toFixed(1)}·10${raised(power)}`;
}

// The standing parts for T steps; what changes is put into them by `show`.
function build(parts, T) {
  const step = Math.min(76, WIDE / T);
  const x = (n) => LEFT + step * (n - 0.5); // n from 1
  const svg = canvas(parts, LEFT + WIDE + 6, FLOOR + 46, "The path back from a loss, its factors, and what every step adds");
  svg.setAttribute("class", "unrolled-paths-drawing");
  const line = (name) => svg.appendChild(shape("path", { class: `unrolled-paths-${name}` }));
  const nodes = Object.fromEntries(LINES.map((name) => [name, line(name)]));
  const cells = Array.from({ length: T - 1 }, (_, n) => shape("rect", { x: x(n + 1) + 0.5, y: CELLS, width: step - 1, height: TALL, class: "unrolled-paths-cell" }));
  const numbers = step < 30 ? [] : cells.map((_, n) => words(x(n + 1) + step / 2, CELLS + 15, "", { "font-size": 11 }));
  const axis = shape("g");
  const names = shape("g");
  svg.append(...cells, ...numbers, axis, names, ...captions());
  const round = step < 30 ? 6 : 22;
  for (const name of ["losses", "states"]) nodes[name].style.strokeWidth = round;
  nodes.dots.style.strokeWidth = step < 30 ? 4 : 7;
  svg.append(nodes.way);
  return { T, step, x, svg, cells, numbers, axis, names, nodes, round };
}

function key(x, name, text) {
  const sample = shape("path", { class: `unrolled-paths-${name}`, d: name === "bars" ? `M${x} 117h14v10h-14Z` : `M${x} 122h16` });
  return [sample, words(x + 22, 126, text, { "text-anchor": "start", "font-size": 11 })];
}

function captions() {
  const left = (y, text) => words(LEFT - 8, y, text, { "text-anchor": "end", "font-size": 11 });
  return [
    left(LOSSES + 4, "loss"),
    left(STATES + 4, "state"),
    left(CELLS + 15, "factor"),
    ...key(LEFT, "bars", "share in the gradient of W_hh"),
    ...key(LEFT + 202, "arrives", "blame that arrives"),
    ...key(LEFT + 342, "bound", "the norms multiplied"),
    words(LEFT + 492, 126, "○ is 0, ▾ ▴ are beyond the axis", { "text-anchor": "start", "font-size": 11 }),
  ];
}

// A logarithmic axis for shares and blame: at most thirty powers of ten, the highest and some below.
function scale({ shares, arrives, t }) {
  const powers = [...shares.slice(0, t), ...arrives.slice(0, t)].filter((value) => value > 0).map((value) => Math.log10(value));
  const little = 1e-9; // a length of 1 may be computed a little larger
  const high = Math.ceil(Math.max(0, ...powers) - little);
  const low = Math.max(high - 30, Math.min(high - 2, Math.floor(Math.min(0, ...powers) + little)));
  const y = (value) => FLOOR - ((FLOOR - TOP) * (Math.log10(value) - low)) / (high - low);
  const above = (value) => Math.log10(value) > high + little;
  return { high, low, y, above, seen: (value) => Math.log10(value) >= low - little && !above(value) };
}

function drawAxis({ axis }, { high, low, y }) {
  const every = Math.max(1, Math.ceil((high - low) / 6));
  const marks = [];
  for (let power = high; power >= low; power -= every) {
    const at = y(10 ** power);
    const name = power === 0 ? "1" : `10${raised(power)}`;
    marks.push(shape("path", { d: `M${LEFT} ${at}h${WIDE}`, class: power ? "unrolled-paths-rule" : "unrolled-paths-one" }));
    marks.push(words(LEFT - 8, at + 4, name, { "text-anchor": "end", "font-size": 11 }));
  }
  axis.replaceChildren(...marks);
}

// The names of losses, states and steps: all where there is room, else the chosen and every tenth step.
function drawNames({ names, x, step, T, round }, { t, k }) {
  const text = (n, y, name, bold, aside = 0) => words(x(n) + aside * (n > T / 2 ? -1 : 1), y, name, { "font-size": 11, "font-weight": bold ? 700 : 400 });
  const texts = [words(LEFT + (step * T) / 2, FLOOR + 40, "step", { "font-size": 11 })];
  const [room, beside] = [round > 6, round > 6 ? 0 : 16];
  for (let n = 1; n <= T; n += 1) {
    const free = Math.min(Math.abs(n - t), Math.abs(n - k)) * step > 18;
    if (n === t || n === k || room || (n % 10 === 0 && free)) texts.push(text(n, FLOOR + 22, n, n === k));
    if (room || n === t) texts.push(text(n, room ? LOSSES + 4 : LOSSES - 7, `L${lowered(n)}`, n === t, beside));
    if (room || n === k) texts.push(text(n, room ? STATES + 4 : STATES - 7, `h${lowered(n)}`, n === k, beside));
  }
  names.replaceChildren(...texts);
}

const steps = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);

// From L_t down to h_t and back to h_k, with a gap at every cut; beyond the first of them nothing goes.
function drawPath({ nodes, x, step, cells, numbers, round, T }, { t, k, cuts, factors }) {
  const first = steps(k + 1, t).findLast((n) => cuts[n - 1]) ?? k; // the walk back ends at this step
  const edge = (n) => (cuts[n - 1] ? "" : `M${x(n)} ${STATES}h${-step}`);
  nodes.chain.setAttribute("d", steps(2, T).map(edge).join(""));
  nodes.path.setAttribute("d", `M${x(t)} ${LOSSES}V${STATES}H${x(first)}`);
  const gap = (n) => (cuts[n - 1] ? `M${x(n) - step / 2} ${STATES - 16}V${CELLS - 4}M${x(n) - step / 2} ${TOP}V${FLOOR}` : "");
  nodes.gaps.setAttribute("d", steps(2, T).map(gap).join(""));
  for (const [name, y] of [["losses", LOSSES], ["states", STATES]]) {
    nodes[name].setAttribute("d", steps(1, T).map((n) => `M${x(n)} ${y}h0`).join(""));
  }
  const ring = (cx, cy, r = round / 2 + 1) => `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  nodes.ends.setAttribute("d", ring(x(t), LOSSES) + ring(x(k), STATES));
  nodes.way.setAttribute("d", t > k ? `M${x(k)} ${CELLS - 2}H${x(t)}v${TALL + 4}H${x(k)}Z` : "");
  cells.forEach((cell, n) => {
    cell.style.fill = cuts[n + 1] ? "none" : ground(Math.log2(factors[n + 1]), 1, [PALETTE[1], PALETTE[0]]);
    if (numbers[n]) numbers[n].textContent = cuts[n + 1] ? "cut" : short(factors[n + 1]);
  });
}

// Shares as bars, blame as a line, and as a dashed line the norms of the factors multiplied, from the loss back.
function drawNumbers({ nodes, x, step }, shown) {
  const { t, shares, arrives, bound } = shown;
  const axis = scale(shown);
  const all = steps(1, t);
  const half = Math.max(1.5, Math.min(14, step * 0.35));
  const bar = (n) => `M${x(n) - half} ${FLOOR}V${axis.y(shares[n - 1])}h${2 * half}V${FLOOR}Z`;
  nodes.bars.setAttribute("d", all.filter((n) => axis.seen(shares[n - 1])).map(bar).join(""));
  const ring = (n) => `M${x(n) - 3} ${FLOOR + 5}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`;
  nodes.zeros.setAttribute("d", all.filter((n) => shares[n - 1] === 0).map(ring).join(""));
  const below = (n) => `M${x(n) - 3} ${FLOOR + 2}h6l-3 6Z`;
  nodes.low.setAttribute("d", all.filter((n) => shares[n - 1] > 0 && !axis.seen(shares[n - 1])).map(below).join(""));
  const curve = (values) => {
    const seen = all.filter((n) => axis.seen(values[n - 1]));
    return seen.map((n, i) => `${i && seen[i - 1] === n - 1 ? "L" : "M"}${x(n)} ${axis.y(values[n - 1])}`).join("");
  };
  nodes.arrives.setAttribute("d", curve(arrives));
  nodes.dots.setAttribute("d", all.filter((n) => axis.seen(arrives[n - 1])).map((n) => `M${x(n)} ${axis.y(arrives[n - 1])}h0`).join(""));
  nodes.bound.setAttribute("d", curve(bound));
  const leaves = all.findLast((n) => axis.above(bound[n - 1]));
  nodes.high.setAttribute("d", leaves ? `M${x(leaves) - 4} ${TOP + 7}h8l-4 -7Z` : "");
  return axis;
}

function show(drawn, shown) {
  drawPath(drawn, shown);
  drawAxis(drawn, drawNumbers(drawn, shown));
  drawNames(drawn, shown);
}

// ── In words ──

function way(shown) {
  const { t, k, onWay: factors, most, multiplied, arrives, cuts, window } = shown;
  const here = `Loss ${t}, step ${k}: `;
  const sent = short(arrives[t - 1]);
  if (k === t) return `${here}the loss says ${sent} to its own state, with no factor on the way.`;
  const cut = steps(k + 1, t).findLast((n) => cuts[n - 1]);
  if (cut) return `${here}windows of ${window} cut the way between steps ${cut} and ${cut - 1}; nothing arrives at h${lowered(k)}. The state still crosses there.`;
  const [low, high] = [short(Math.min(...factors)), short(Math.max(...factors))];
  const product = short(multiplied);
  const many = factors.length === 1 ? `one factor of norm ${low}` : `${factors.length} factors of norm ${low === high ? low : `${low} to ${high}`}`;
  const apart = factors.length > 1 ? `; the product of their norms is ${product}, the norm of their product ${short(most) === product ? "too" : `only ${short(most)}`}` : "";
  return `${here}${many}${apart}. The loss sends ${sent}, and ${short(arrives[k - 1])} arrives.`;
}

function share({ k, shares, part, whole }) {
  if (whole === 0) return "Through this loss W_hh gets no gradient.";
  if (k === 1) return "The use at step 1 adds 0, since the state before it is 0.";
  return `The use of W_hh at step ${k} adds ${short(shares[k - 1])}; steps 1 to ${k} together are ${part < 0.1 || part >= 1000 ? short(part) : part.toFixed(part < 10 ? 1 : 0)}\u00a0% of the gradient through this loss, whose length is ${short(whole)}.`;
}

// ── Controls ──

function controls(parts) {
  slider(parts, "spectral_radius", { label: "spectral radius", low: 0.1, high: 3, step: 0.01, decimals: 2 });
  choice(parts, "matrix", "W_hh", ["its own", "identity"]);
  choice(parts, "nonlinearity", "non-linearity", ["tanh", "relu"]);
  slider(parts, "strength", { label: "input strength", low: 0, high: 3, step: 0.1, decimals: 1 });
  const also = (T) => (parts.model.get("loss") >= parts.model.get("length") ? { loss: T } : {}); // at the end it stays there
  slider(parts, "length", { label: "length", low: 2, high: (model) => model.get("x").length, step: 1, also });
  slider(parts, "loss", { label: "loss", low: 1, high: (model) => chosen(model).T, step: 1 });
  slider(parts, "step", { label: "step", low: 1, high: (model) => chosen(model).t, step: 1 });
  slider(parts, "window", { label: "window (0: no cut)", low: 0, high: (model) => model.get("x").length, step: 1 });
  const longest = parts.model.get("x").length;
  const far = { length: longest, loss: longest, step: 1, window: 0 };
  presets(parts, {
    "make it vanish": { spectral_radius: 0.5, matrix: "its own", nonlinearity: "tanh", strength: 1, ...far },
    "make it explode (1.5 I, relu)": { spectral_radius: 1.5, matrix: "identity", nonlinearity: "relu", strength: 0.1, ...far },
    identity: { spectral_radius: 1, matrix: "identity", nonlinearity: "relu", strength: 0.1, ...far },
  });
}

// A shorter sequence takes the loss with it, an earlier loss the step.
function keepInside(model) {
  const { T, t, k } = chosen(model);
  const late = { loss: model.get("loss") > T, step: model.get("step") > t };
  if (late.loss || late.step) put(model, { ...(late.loss && { loss: t }), ...(late.step && { step: k }) });
}

// Of a drawing that is wider than its place, bring the part with the loss into sight.
function seeLoss({ drawing, model }, { svg, x }) {
  const [room, left] = [drawing.clientWidth, drawing.scrollLeft];
  if (drawing.scrollWidth <= room) return;
  const at = (x(chosen(model).t) * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width;
  drawing.scrollLeft = Math.min(at - 40, Math.max(at + 40 - room, left));
}

function pick(model, drawn, { clientX, clientY }) {
  const box = drawn.svg.getBoundingClientRect();
  const size = box.width / drawn.svg.viewBox.baseVal.width || 1; // less than 1 in a narrow pane
  const n = Math.floor(((clientX - box.left) / size - LEFT) / drawn.step) + 1;
  if (n < 1 || n > drawn.T) return;
  if ((clientY - box.top) / size < (LOSSES + STATES) / 2) put(model, { loss: n });
  else put(model, { step: Math.min(n, chosen(model).t) });
}

function render({ model, el }) {
  const parts = frame(model, el, "paths", "Paths of blame");
  controls(parts);
  const tell = teller(model);
  const inside = () => keepInside(model);
  let [drawn, seen] = [null, ""];
  model.on("change", inside); // not "change:length": JupyterLab's models tell of no change where one is made in that
  const unfollow = follow(parts, () => {
    const shown = tell();
    if (drawn?.T !== shown.T) drawn = build(parts, shown.T);
    show(drawn, shown);
    if (seen !== `${shown.T} ${shown.t}`) requestAnimationFrame(() => seeLoss(parts, drawn)); // once it has its place
    seen = `${shown.T} ${shown.t}`;
    return `${way(shown)} ${share(shown)}`;
  });
  parts.drawing.addEventListener("click", (event) => pick(model, drawn, event));
  return () => {
    unfollow();
    model.off("change", inside);
  };
}

export default { render, numbers: numbersOf, short, forward, gram, factor, spectralNorm, backward, sharesOf, productNorm };

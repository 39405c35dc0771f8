/* Arithmetic of the live threshold explorer: counts to rates, intervals and disparities.
 *
 * It repeats engine/metrics.py, engine/intervals.py and engine/assessment/rates.py operation for operation, so that
 * the browser and Python get the same float64. Undefined is NaN. No drawing here; tests import this file alone. */

const TP = 0, FP = 1, FN = 2, TN = 3;
const NEGATIVE = 0, POSITIVE = 1, UNKNOWN = 2;
const BARS = 64;

/** Numbers of a base64 text: little-endian uint32 ("u4") or float64 ("f8"), to the bit as Python holds them. */
export function unpack({ kind, text }) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Float64Array.from(kind === "u4" ? new Uint32Array(bytes.buffer) : new Float64Array(bytes.buffer));
}

/** Per group and outcome what lies at each edge and above; added from the top down, as NumPy adds. */
export function tails(bins, groups, edges, slots) {
  return Array.from({ length: groups }, (_, g) => Array.from({ length: 3 }, (_, s) => {
    const tail = new Float64Array(edges + 1);
    for (let b = edges - 1; b >= 0 && s < slots; b--) tail[b] = tail[b + 1] + bins[(g * edges + b) * slots + s];
    return tail;
  }));
}

/** [tp, fp, fn, tn, selected unknown, rejected unknown] of one group with its threshold at an edge. */
export function cellsAt(tail, edge) {
  const positive = tail[POSITIVE], negative = tail[NEGATIVE], unknown = tail[UNKNOWN];
  return [positive[edge], negative[edge], positive[0] - positive[edge], negative[0] - negative[edge], unknown[edge],
    unknown[0] - unknown[edge]];
}

/* ---------- rates ---------- */

const squared = (x) => x * x;
const over = (top, bottom) => (bottom > 0 ? top / bottom : NaN);

function chosen(cells, mask) {
  let total = 0;
  for (let i = 0; i < cells.length; i++) if (mask[i]) total += cells[i];
  return total;
}

/** Rates that are not a share of rows, by key. */
export const FORMULAS = {
  balanced_accuracy: (c) => (over(c[TP], c[TP] + c[FN]) + over(c[TN], c[TN] + c[FP])) / 2,
  f1: (c) => over(2 * c[TP], 2 * c[TP] + c[FP] + c[FN]),
  matthews_correlation: (c) => {
    const under = Math.sqrt((c[TP] + c[FP]) * (c[TP] + c[FN])) * Math.sqrt((c[TN] + c[FP]) * (c[TN] + c[FN]));
    return over(c[TP] * c[TN] - c[FP] * c[FN], under);
  },
  expected_cost: (c, costs) => over(costs[0] * c[FP] + costs[1] * c[FN], c[TP] + c[FP] + c[FN] + c[TN]),
  error_odds: (c) => over(c[FN], c[FP]),
};

/** The value of one rate; NaN where its denominator is 0 or the data has no outcome. */
export function rateOf(rate, cells, reading) {
  if (rate.needs_outcome && !reading.outcome) return NaN;
  return rate.top ? over(chosen(cells, rate.top), chosen(cells, rate.bottom))
    : FORMULAS[rate.key](cells, reading.costs);
}

/* ---------- intervals ---------- */

/** Rows behind a rate: its denominator, or Kish's effective size of it where rows have weights. */
export function rowsBehind(cells, squares, mask) {
  const total = chosen(cells, mask);
  if (!squares) return total;
  const square = chosen(squares, mask);
  return square > 0 ? squared(total) / square : 0;
}

export function wilson(share, n, z) {
  if (!(n > 0) || Number.isNaN(share)) return [NaN, NaN];
  const shrink = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / shrink;
  const half = (z * Math.sqrt(Math.max(share * (1 - share), 0) / n + (z * z) / (4 * n * n))) / shrink;
  return [share <= 0 ? 0 : Math.max(0, centre - half), share >= 1 ? 1 : Math.min(1, centre + half)];
}

/** Bounds of a - b. */
export function squareAndAdd(a, [aLow, aHigh], b, [bLow, bHigh]) {
  return [(a - b) - Math.sqrt(squared(a - aLow) + squared(bHigh - b)),
    (a - b) + Math.sqrt(squared(aHigh - a) + squared(b - bLow))];
}

/** Bounds of the mean cost per row, from the shares p and q of two exclusive errors. */
export function costBounds([a, b], p, q, n, z) {
  if (a === b) return wilson(p + q, n, z).map((bound) => a * bound);
  const [pLow, pHigh] = wilson(p, n, z), [qLow, qHigh] = wilson(q, n, z);
  let correlation = -Math.sqrt(Math.max((p * q) / ((1 - p) * (1 - q)), 0));
  correlation = Number.isFinite(correlation) ? Math.max(correlation, -1) : 0;
  const spread = (u, v) => Math.sqrt(Math.max(u * u + v * v + 2 * correlation * u * v, 0));
  const value = a * p + b * q;
  return [Math.max(value - spread(a * (p - pLow), b * (q - qLow)), 0),
    value + spread(a * (pHigh - p), b * (qHigh - q))];
}

const BOUNDS = {
  balanced_accuracy: (value, cells, squares, reading) => {
    const [tpr, tnr] = ["true_positive_rate", "true_negative_rate"].map((key) =>
      estimate(reading.rates[key], cells, squares, reading));
    return squareAndAdd(tpr[0], tpr.slice(1), -tnr[0], [-tnr[2], -tnr[1]]).map((bound) => bound / 2);
  },
  f1: (value, cells, squares, { rates, z }) =>
    wilson(value / (2 - value), rowsBehind(cells, squares, rates.f1.bottom), z).map((b) => (2 * b) / (1 + b)),
  expected_cost: (value, cells, squares, { rates, costs, z }) => {
    const mask = rates.expected_cost.bottom, labelled = chosen(cells, mask);
    return costBounds(costs, cells[FP] / labelled, cells[FN] / labelled, rowsBehind(cells, squares, mask), z);
  },
};

/** [value, low, high] of one rate; no bounds (NaN) for what is resampled, by Python, on release. */
export function estimate(rate, cells, squares, reading) {
  const value = rateOf(rate, cells, reading);
  if (Number.isNaN(value)) return [NaN, NaN, NaN];
  if (rate.top) return [value, ...wilson(value, rowsBehind(cells, squares, rate.bottom), reading.z)];
  const bounds = BOUNDS[rate.key];
  return bounds ? [value, ...bounds(value, cells, squares, reading)] : [value, NaN, NaN];
}

/* ---------- disparities ---------- */

/** Highest and lowest of one rate over the groups that are large enough and have it; null with fewer than two. */
function extremes(values, sizes, least) {
  let highest = -1, lowest = -1, kept = 0;
  for (let g = 0; g < values.length; g++) {
    if (sizes[g] < least || Number.isNaN(values[g])) continue;
    kept++;
    if (highest < 0 || values[g] > values[highest]) highest = g;
    if (lowest < 0 || values[g] < values[lowest]) lowest = g;
  }
  return kept > 1 ? { highest, lowest } : null;
}

/** {value, highest, lowest} of one disparity; `values` maps the key of a rate to its values over groups. */
export function disparity(rule, values, sizes, least) {
  let worst = { value: -1, highest: -1, lowest: -1, reason: "" };
  for (const key of rule.rates) {
    const ends = extremes(values[key], sizes, least);
    if (!ends) return { value: NaN, highest: -1, lowest: -1, reason: "few" };
    const high = values[key][ends.highest], low = values[key][ends.lowest];
    const value = rule.form === "difference" ? high - low : high > 0 ? low / high : NaN;
    if (Number.isNaN(value)) return { value, ...ends, reason: "zero" };
    if (value > worst.value) worst = { value, ...ends, reason: "" };
  }
  return worst;
}

/* ---------- where things stand on the score axis ---------- */

/** How the axis is laid out: by value; few values get a bar each, with the threshold between two of them.
 *  `at[e]` in [0, 1] is the place of a threshold at edge e; the last one selects nobody. */
export function layout(edges, rule) {
  const first = edges[0], last = edges[edges.length - 1], range = last - first;
  let gap = range || 1;
  for (let b = 1; b < edges.length; b++) gap = Math.min(gap, edges[b] - edges[b - 1]);
  const each = rule === "values" && range / gap < BARS;
  const grid = rule === "grid";
  const step = each ? gap : grid ? 1 / BARS : range / (BARS - 1) || 1;
  const low = each ? first - step / 2 : grid ? 0 : first;
  const high = (each ? last - step / 2 : grid ? 1 : last) + step;
  const place = (score) => Math.min(1, Math.max(0, (score - low) / (high - low)));
  const at = Float64Array.from({ length: edges.length + 1 }, (_, e) =>
    e === edges.length ? 1 : place(each ? edges[e] - step / 2 : edges[e]));
  const bars = Math.min(BARS, each ? Math.round((high - low) / step) : BARS);
  const bar = Int32Array.from(edges, (edge) => Math.min(bars - 1, Math.floor((edge - low) / step)));
  return { each, low, high, at, bars, bar, width: step / (high - low), place };
}

/** The edge whose place is nearest to a place in [0, 1]. */
export function nearestEdge(at, place) {
  let low = 0, high = at.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] < place) low = middle + 1; else high = middle;
  }
  return low > 0 && place - at[low - 1] <= at[low] - place ? low - 1 : low;
}

/** The first edge at or above a threshold; the number of edges where there is none. */
export function edgeOf(edges, threshold) {
  let e = 0;
  while (e < edges.length && edges[e] < threshold) e++;
  return e;
}

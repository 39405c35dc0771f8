/* The parts of the live threshold explorer: each builds its nodes once and returns a way to draw numbers into them.
 *
 * Text reaches the page as text nodes and attributes, never as markup. Drawing writes text, transforms and clips alone
 * and reads no layout. */

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "path", "g", "circle", "text"]);
const WIDE = 1000;
const NEAR = 3.2;   // of 100 along the axes of the ROC chart: nearer points share one label
const BESIDE = 2.4; // from a dot to its label
const FAR = 1e308;  // stands for an infinite threshold, which JSON cannot say

function make(tag, attributes = {}, ...children) {
  const node = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
const text = (words = "") => document.createTextNode(words);
const write = (node, words) => { if (node.data !== words) node.data = words; };
const put = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };
const hidden = (words) => make("span", { class: "spoken" }, words);
const capital = (words) => words[0].toUpperCase() + words.slice(1);
const inUnit = (rate, value) =>
  (rate.share ? (100 * value).toFixed(1) : Math.abs(value) < 10 ? value.toFixed(3) : value.toPrecision(4));
const withUnit = (rate, value) => inUnit(rate, value) + (rate.share ? "%" : "");
const NONE = "not estimable";
const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const rowsOf = (handle) => make("small", { class: "rows" }, ` n = ${NUMBER.format(handle.rows)}`);

/** A threshold in words, as the other charts of the page say it. */
function thresholdText(threshold) {
  if (Math.abs(threshold) >= FAR) return threshold > 0 ? "nobody" : "everybody";
  return String(Number(threshold.toPrecision(4)));
}

/** Round numbers along the score axis, few enough to be read. */
function ticks({ each, low, high }, edges) {
  if (each && edges.length <= 12) return Array.from(edges);
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].findLast((size) => size * power <= rough) ?? 1);
  const first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/* ---------- histogram with its line ---------- */

/** Rows per bar of each outcome, the members of a handle taken together. */
function barHeights(view, members) {
  return [0, 1, 2].map((slot) => {
    const bars = new Float64Array(view.plan.bars);
    for (const g of members) view.plan.bar.forEach((bar, b) => {
      bars[bar] += view.tails[g][slot][b] - view.tails[g][slot][b + 1];
    });
    return bars;
  });
}

/** Outline of bars above (sign 1) or below (-1) the base line, in a box WIDE x 2. */
function outline({ width, each, bars }, heights, tallest, sign) {
  const margin = each ? 0.1 * width : 0;
  let d = "M0 1";
  for (let i = 0; i < bars; i++) {
    const left = WIDE * (i * width + margin), right = WIDE * ((i + 1) * width - margin);
    d += `H${left.toFixed(1)}V${(1 - (sign * heights[i]) / tallest).toFixed(4)}H${right.toFixed(1)}${each ? "V1" : ""}`;
  }
  return d + "V1Z";
}

function bars(plan, [negative, positive, unknown], strength) {
  const upward = positive.map((rows, i) => rows + unknown[i]);
  const tallest = Math.max(1e-9, ...upward, ...negative);
  const shapes = [["unknown", upward, 1], ["up", positive, 1], ["down", negative, -1]].map(([name, heights, sign]) =>
    make("path", { class: name, d: outline(plan, heights, tallest, sign) }));
  return make("svg", { class: strength, viewBox: `0 0 ${WIDE} 2`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...shapes);
}

/** Lines that stay where they are: the starting policy, or a policy from elsewhere until it is touched. */
function still(view, mix, name) {
  return mix.map(([threshold, chance]) => {
    const line = make("i", { class: name });
    const place = view.plan.each ? view.plan.at[edgeOf(view.edges, threshold)] : view.plan.place(threshold);
    line.style.left = `${100 * place}%`;
    line.title = `${name === "ghost" ? "starting policy" : "policy in use"}: ${thresholdText(threshold)}`;
    if (chance < 1) line.append(make("small", {}, `${(100 * chance).toFixed(0)}%`));
    return line;
  });
}

/** One handle: name, histogram, line, axis. `draw(edge, selected)` moves the line; edge null keeps a fixed policy. */
function panel(view, handle, h) {
  const heights = barHeights(view, handle.members), strong = bars(view.plan, heights, "strong"), at = text();
  const rail = make("div", { class: "rail", role: "slider", "aria-valuemin": 0, "aria-valuemax": view.edges.length,
    "aria-orientation": "horizontal" }, make("i", { class: "line" }), make("i", { class: "grip" }));
  const fixed = view.fixed[h] ? still(view, view.fixed[h].lines, "fixed") : [];
  const plot = make("div", { class: "plot" }, bars(view.plan, heights, "pale"), strong,
    ...still(view, view.data.baseline[h], "ghost"), ...fixed, rail);
  const axis = make("div", { class: "scale", "aria-hidden": "true" }, ...ticks(view.plan, view.edges).map((tick) => {
    const label = make("span", {}, thresholdText(tick));
    label.style.left = `${100 * view.plan.place(tick)}%`;
    return label;
  }));
  const node = make("section", { class: handle.small ? "panel small" : "panel" },
    make("header", {}, ...named(view, handle), rowsOf(handle), make("span", { class: "at" }, at)), plot, axis);
  const draw = (edge, selected) => drawLine(view, h, { rail, strong, at, plot }, edge, selected);
  return { node, plot, rail, draw };
}

/** The name of a handle, and beside it the mark of a small one, which is never cut off. */
function named(view, handle) {
  const name = make("span", { class: "name", title: handle.name }, make("em", {}, handle.badge), handle.name);
  return handle.small ? [name, make("small", { class: "tag", title: `under ${view.data.least} rows` }, "small")] : [name];
}

function drawLine(view, h, { rail, strong, at, plot }, edge, selected) {
  const loose = edge === null, mix = loose ? view.fixed[h].lines : [[view.threshold(edge), 1]];
  const nearest = loose ? edgeOf(view.edges, mix[0][0]) : edge, share = 100 * view.plan.at[nearest];
  const words = mix.map(([threshold, chance]) =>
    (Math.abs(threshold) < FAR ? "≥ " : "") + thresholdText(threshold) + (chance < 1 ? ` (${(100 * chance).toFixed(0)}%)` : ""))
    .join(", ");
  plot.classList.toggle("loose", loose);
  rail.style.transform = `translateX(${share}%)`;
  strong.style.clipPath = `inset(0 0 0 ${share}%)`;
  write(at, words);
  rail.setAttribute("aria-valuenow", nearest);
  rail.setAttribute("aria-valuetext", `${words}, selects ${Number.isNaN(selected) ? NONE : (100 * selected).toFixed(1) + "%"}`);
}

/* ---------- disparities ---------- */

/** A line of words that may be cut off on screen and is whole in its title. */
function line(name) {
  const words = text(), node = make("small", { class: name }, words);
  return { node, write: (said) => { write(words, said); put(node, "title", said); } };
}

/** One disparity as a tile; `draw(gap)` takes what `disparity` returns. */
function tile(view, rule) {
  const value = text(), who = line("who"), other = line("who"), fill = make("i", { class: "fill" });
  const node = make("div", { class: "tile" }), track = make("span", { class: "track" }, fill), said = [];
  if (rule.key === "disparate_impact_ratio") {
    track.append(make("i", { class: "tick", title: "0.80: the four-fifths convention, not a verdict" }));
    said.push(make("small", {}, `of ${view.data.decision}; tick: 0.80, a convention`));
    node.title = `The favourable decision, which this ratio counts, is ${view.data.decision}.`;
  }
  node.append(make("span", {}, capital(rule.name)), make("b", {}, value), track, who.node, other.node, ...said);
  const group = (g) => `${g + 1} ${view.data.names[g]}`;
  const reasons = { few: `fewer than two groups of ${view.data.least} rows or more with an estimable rate`,
    zero: "the rate is 0 in every group" };
  const draw = (gap) => {
    if (node.classList.contains("none") !== Boolean(gap.reason)) node.classList.toggle("none");
    write(value, gap.reason ? NONE : gap.value.toFixed(3));
    const parted = !gap.reason && gap.highest !== gap.lowest;
    who.write(parted ? `highest ${group(gap.highest)}` : gap.reason ? reasons[gap.reason] : "all equal");
    other.write(parted ? `lowest ${group(gap.lowest)}` : "");
    fill.style.transform = `scaleX(${gap.value || 0})`;
  };
  return { node, draw };
}

/* ---------- ROC ---------- */

function curve(view, members) {
  const sum = (slot, e) => members.reduce((total, g) => total + view.tails[g][slot][e], 0);
  const negatives = sum(0, 0), positives = sum(1, 0);
  if (!(positives > 0 && negatives > 0)) return "";
  let d = "", before = "";
  for (let e = view.edges.length; e >= 0; e--) {
    const point = `${((100 * sum(0, e)) / negatives).toFixed(1)} ${(100 - (100 * sum(1, e)) / positives).toFixed(1)}`;
    if (point !== before) d += (d ? "L" : "M") + point;
    before = point;
  }
  return d;
}

/** The ROC chart; `draw(points)` moves every dot. Dots that nearly coincide share one label, "1·3".
 *  Dots have a layer of their own, so that the curves under them are not painted again. */
function roc(view) {
  const curves = view.handles.map((handle) => make("path", { class: "curve", d: curve(view, handle.members) }));
  const parts = view.handles.map(() => {
    const words = text(), label = make("text", {}, words), leader = make("path", { class: "leader" });
    return { words, label, leader, node: make("g", { class: "dot" }, leader, make("circle", { r: 1.9 }), label) };
  });
  const dots = parts.map((part) => part.node), box = "-10 -6 118 122";
  const node = make("div", { class: "roc", role: "img",
    "aria-label": "ROC curve of each group with its operating point; the table holds the numbers" },
    make("svg", { viewBox: box }, make("path", { class: "frame", d: "M0 0H100V100H0ZM0 100L100 0M50 0V100M0 50H100" }),
      ...curves, make("text", { class: "axis", x: 50, y: 109 }, "false positive rate"),
      make("text", { class: "axis", transform: "rotate(-90)", x: -50, y: -4 }, "true positive rate")),
    make("svg", { viewBox: box, class: "dots" }, ...dots));
  return { node, curves, dots, draw: (points) => drawDots(parts, points, view.handles) };
}

function drawDots(parts, points, handles) {
  const heads = [], silent = new Set(parts);
  points.forEach((point, h) => {
    put(parts[h].node, "visibility", point ? "visible" : "hidden");
    if (!point) return;
    put(parts[h].node, "transform", `translate(${point[0].toFixed(2)} ${point[1].toFixed(2)})`);
    const head = heads.find(({ at }) => Math.abs(at[0] - point[0]) < NEAR && Math.abs(at[1] - point[1]) < NEAR);
    if (head) head.badges.push(handles[h].badge);
    else heads.push({ part: parts[h], at: point, badges: [handles[h].badge] });
  });
  stack(heads);
  for (const { part } of heads) silent.delete(part);
  for (const { words, leader } of silent) {
    write(words, "");
    put(leader, "d", "");
  }
}

/** Write the labels; one that would cover the one above it moves down and keeps a line to its dot. */
function stack(heads) {
  const placed = [];
  for (const { part, at, badges } of heads.sort((a, b) => a.at[1] - b.at[1])) {
    let y = at[1] - 2.2;
    for (const other of placed) if (Math.abs(other.x - at[0]) < 14) y = Math.max(y, other.y + 5);
    placed.push({ x: at[0], y });
    const drop = y - at[1], moved = drop > -2, beside = moved ? 2 * BESIDE : BESIDE;
    write(part.words, badges.join("·"));
    put(part.label, "transform", `translate(${beside} ${drop.toFixed(2)})`);
    put(part.leader, "d", moved ? `M0 0L${beside - 0.4} ${(drop - 1.6).toFixed(2)}` : "");
  }
}

/* ---------- table ---------- */

/** One number with its interval and the rows behind it: value, bounds in words, bar and mark, denominator. */
function cell(view, rate) {
  const value = text(), range = text(), before = hidden(" interval "), why = text(), of = text();
  const bar = make("i", { class: "ci" }), mark = make("i", { class: "mark" });
  const node = make("td", {}, make("div", { class: "number" }, make("b", {}, value), make("small", {}, before, range),
    hidden(why)), make("span", { class: "track", "aria-hidden": "true" }, bar, mark), make("small", { class: "of" }, of));
  const [first, last] = rate.range, along = (number) => (number - first) / (last - first);
  let rows = NaN;
  const draw = ([p, low, high, behind]) => {
    const known = !Number.isNaN(p), bounded = !Number.isNaN(low);
    write(value, known ? withUnit(rate, p) : NONE);
    if (behind !== rows) write(of, ` of ${NUMBER.format(rows = behind)}${view.squares ? " weighted" : ""}`);
    write(range, bounded ? `${inUnit(rate, low)} to ${inUnit(rate, high)}` : known ? "interval on release" : "");
    bar.style.transform = bounded ? `translateX(${100 * along(low)}%) scaleX(${along(high) - along(low)})` : "scaleX(0)";
    mark.style.transform = known ? `translateX(${100 * along(p)}%)` : "translateX(-100%)";
    if (before.hidden === bounded) before.hidden = !bounded;
    if (node.classList.contains("none") === known) explain(known);
  };
  const explain = (known) => {
    node.classList.toggle("none", !known);
    const reason = view.reading.outcome || !rate.needs_outcome ? rate.undefined : "the data has no outcome column";
    write(why, known ? "" : `: ${reason}`);
    if (known) node.removeAttribute("title"); else node.title = `${NONE}: ${reason}`;
  };
  return { node, draw };
}

function sized(columns, ...children) {
  const table = make("table", {}, ...children);
  table.style.minWidth = `${10 + 9 * columns}rem`;
  return table;
}

/** The table of rates: one row per handle; `rows[h].draw(estimates)`. */
function grid(view) {
  const rates = view.data.shown.map((key) => view.reading.rates[key]);
  const rows = view.handles.map((handle) => {
    const cells = rates.map((rate) => cell(view, rate));
    const node = make("tr", { class: handle.small ? "small" : "" }, make("th", { scope: "row" }, ...named(view, handle), rowsOf(handle)),
      ...cells.map((c) => c.node));
    return { node, draw: (found) => cells.forEach((c, i) => c.draw(found[i])) };
  });
  const heads = ["group", ...rates.map((rate) => rate.name)].map((name) => make("th", { scope: "col" }, capital(name)));
  const node = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Rates by group" },
    sized(rates.length, make("caption", {}, view.data.caption), make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...rows.map((row) => row.node))));
  return { node, rows };
}

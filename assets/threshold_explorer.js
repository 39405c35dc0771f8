/* The live threshold explorer: thresholds under the hand, and every number that follows from them.
 *
 * Streamlit calls the default function with counts per group and score bin. From then on every number on screen is
 * arithmetic on those counts, done here, once per frame; the server hears of a threshold only when it is let go. */

const ROWS = 4;      // of the table, drawn per frame while dragging
const SLOW = 17.5;   // ms between frames, on average: about one in twenty comes late

class Explorer {
  /** `kept` is the state of an earlier view of the same counts, where there was one. */
  constructor(root, data, kept, send) {
    Object.assign(this, { root, data, send, handles: data.handles, fixed: data.fixed, frame: 0, drawn: 0, pace: 16.7 });
    this.edges = unpack(data.edges);
    this.plan = layout(this.edges, data.rule);
    this.reading = { ...data.reading, rates: data.rates };
    this.tails = tails(unpack(data.bins), data.sizes.length, this.edges.length, data.slots);
    this.squares = data.squares && tails(unpack(data.squares), data.sizes.length, this.edges.length, data.slots);
    this.cells = [...(kept?.cells ?? data.start.cells)];
    this.linked = (kept?.linked ?? data.start.linked) || !data.separate;
    this.compared = [...new Set(data.disparities.flatMap((rule) => rule.rates))];
    this.values = Object.fromEntries(this.compared.map((key) => [key, new Float64Array(data.sizes.length)]));
    this.found = this.handles.map(() => null);
    this.points = this.handles.map(() => null);
    this.stale = new Set(this.cells.keys());
    this.late = new Set();
    this.build();
    this.sent = kept?.sent ?? this.choice();
    this.draw();
    this.relabel();
  }

  /* -- building -- */

  build() {
    this.panels = this.handles.map((handle, h) => this.listen(panel(this, handle, h), h));
    this.tiles = this.data.disparities.map((rule) => tile(this, rule));
    this.table = grid(this);
    this.chart = roc(this);
    this.spoken = make("p", { class: "spoken", "aria-live": "polite" });
    this.table.rows.forEach(({ node }, h) => node.addEventListener("pointerenter", () => this.highlight(h)));
    const body = make("div", { class: "body" }, make("div", { class: "panels" }, ...this.panels.map((p) => p.node)));
    if (this.reading.outcome) body.append(this.chart.node);
    this.root.replaceChildren(this.bar(), make("div", { class: "tiles" }, ...this.tiles.map((t) => t.node)),
      make("p", { class: "read" }, this.data.read), body, this.table.node, this.spoken);
  }

  bar() {
    this.box = make("input", { type: "checkbox" });
    this.box.checked = this.linked;
    this.box.disabled = !this.data.separate;
    this.box.addEventListener("change", () => { this.link(this.box.checked); this.draw(); this.release(); });
    const usable = this.data.presets.filter(({ cells }) => this.data.separate || alike(cells));
    const buttons = usable.map(({ name, says, cells }) => {
      const button = make("button", { type: "button", title: says }, name);
      button.addEventListener("click", () => this.apply(cells));
      return button;
    });
    const key = [["up", "positive outcome, above"], ["down", "not positive, below"],
      ...(this.data.slots > 2 ? [["unknown", "outcome unknown"]] : []), ["ghost", "starting policy"]];
    return make("div", { class: "bar" }, make("label", {}, this.box, "Same threshold for all groups"),
      make("span", { class: "presets" }, ...buttons),
      make("span", { class: "key" }, ...key.flatMap(([name, words]) => [make("i", { class: name }), make("span", {}, words)])));
  }

  listen(part, h) {
    const { node, plot, rail } = part;
    plot.addEventListener("pointerdown", (event) => this.grab(event, h));
    plot.addEventListener("pointermove", (event) => this.pull(event));
    plot.addEventListener("pointerup", (event) => this.letGo(event));
    plot.addEventListener("pointercancel", (event) => this.giveUp(event));
    rail.addEventListener("keydown", (event) => this.press(event, h));
    rail.addEventListener("keyup", () => this.soon());
    rail.addEventListener("blur", () => { if (!this.held) this.release(); });
    node.addEventListener("pointerenter", () => this.highlight(h));
    rail.addEventListener("focus", () => this.highlight(h));
    return part;
  }

  /* -- the hand -- */

  /** A finger may want to scroll: it moves nothing before it has moved sideways or was lifted. */
  grab(event, h) {
    if (event.button !== 0 || this.held) return;
    this.highlight(h);
    const { plot, rail } = this.panels[h];
    plot.setPointerCapture(event.pointerId);
    const { left, width } = plot.getBoundingClientRect();   // the layout is read once, not on every move
    this.held = { id: event.pointerId, h, left, width, before: [...this.cells] };
    rail.focus({ preventScroll: true });
    if (event.pointerType !== "touch") this.pull(event);
    event.preventDefault();
  }
  pull(event) {
    if (!this.held || event.pointerId !== this.held.id) return;
    const { h, left, width } = this.held;
    this.move(h, nearestEdge(this.plan.at, (event.clientX - left) / width));
  }
  letGo(event) {
    if (!this.held || event.pointerId !== this.held.id) return;
    this.pull(event);
    this.held = undefined;
    this.release();
  }
  /** The browser took the finger for scrolling: everything goes back. */
  giveUp(event) {
    if (!this.held || event.pointerId !== this.held.id) return;
    const { before } = this.held;
    this.held = undefined;
    before.forEach((edge, h) => this.set(h, edge));
  }
  press(event, h) {
    const page = Math.max(1, Math.round(this.edges.length / 32)), all = this.edges.length;
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: page, PageDown: -page, Home: -all,
      End: all }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.move(h, this.edgeNow(h) + step * (event.shiftKey ? 10 : 1));
  }

  /* -- moving -- */

  threshold(edge) { return edge < this.edges.length ? this.edges[edge] : FAR; }
  edgeNow(h) { return this.cells[h] ?? edgeOf(this.edges, this.fixed[h].lines[0][0]); }

  /** Put a handle, or every handle while linked, at an edge; the screen follows in the next frame. */
  move(h, edge) {
    const inside = Math.min(this.edges.length, Math.max(0, edge));
    for (const other of this.linked ? this.cells.keys() : [h]) this.set(other, inside);
  }
  set(h, edge) {
    if (this.cells[h] === edge) return;
    this.cells[h] = edge;
    this.stale.add(h);
    this.frame ||= requestAnimationFrame((time) => this.draw(time));
  }
  apply(cells) {
    this.link(alike(cells));
    cells.forEach((edge, h) => this.set(h, edge));
    this.draw();
    this.release();
  }
  link(linked) {
    this.linked = this.box.checked = linked || !this.data.separate;
    if (this.linked) this.move(0, this.edgeNow(0));
    this.relabel();
  }
  /** While linked the first handle stands for all and is the only one in the tab order. */
  relabel() {
    this.panels.forEach(({ rail }, h) => {
      rail.tabIndex = this.linked && h ? -1 : 0;
      rail.setAttribute("aria-label", this.linked ? "Threshold for all groups" : `Threshold for ${this.handles[h].name}`);
    });
  }

  /* -- telling Python -- */

  choice() {
    const { digest, serial } = this.data;
    return { digest, serial, cells: [...this.cells], linked: this.linked };
  }
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!this.held) this.release(); }, 300);
  }
  release() {
    clearTimeout(this.timer);
    if (this.late.size || this.stale.size) this.draw();
    const choice = this.choice();
    if (JSON.stringify(choice) === JSON.stringify(this.sent)) return;
    this.sent = choice;
    this.send("thresholds", choice);
    this.spoken.textContent = this.data.disparities.map((rule, i) =>
      `${rule.name} ${this.gaps[i].reason ? NONE : this.gaps[i].value.toFixed(3)}`).join(", ");
  }

  /* -- drawing: only what moved -- */

  draw(now = performance.now()) {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const h of this.stale) {
      const point = this.count(h);
      this.panels[h].draw(this.cells[h], point.selected);
      this.points[h] = point.at;
      this.late.add(h);
    }
    if (this.stale.size) {
      this.gaps = this.data.disparities.map((rule) => disparity(rule, this.values, this.data.sizes, this.data.least));
      this.tiles.forEach((part, i) => part.draw(this.gaps[i]));
      this.chart.draw(this.points);
    }
    this.stale.clear();
    this.drawRows(now);
  }
  /** Rows are the dearest to draw: under the hand a frame takes a few, those that have waited longest; on a machine
   *  whose frames come late it takes one. */
  drawRows(now) {
    const gap = now - this.drawn;
    if (gap < 100) this.pace += (gap - this.pace) / 10;
    this.drawn = now;
    let left = !this.held ? Infinity : this.pace > SLOW ? 1 : ROWS;
    for (const h of this.late) {
      if (!left--) break;
      this.table.rows[h].draw(this.found[h]);
      this.late.delete(h);
    }
    if (this.late.size) this.frame ||= requestAnimationFrame((time) => this.draw(time));
  }

  /** Count one handle: rates of its groups for the disparities, and its own with intervals for table and chart. */
  count(h) {
    const { members } = this.handles[h], kept = this.cells[h] === null ? this.fixed[h] : null;
    const at = (tail, given, i) => (kept ? given[i] : cellsAt(tail[members[i]], this.cells[h]));
    const cells = members.map((_, i) => at(this.tails, kept?.cells, i));
    const squares = this.squares ? members.map((_, i) => at(this.squares, kept?.squares, i)) : null;
    const { rates } = this.reading;
    members.forEach((g, i) => {
      for (const key of this.compared) this.values[key][g] = rateOf(rates[key], cells[i], this.reading);
    });
    const whole = added(cells), square = squares && added(squares);
    this.found[h] = this.data.shown.map((key) =>
      [...estimate(rates[key], whole, square, this.reading), chosen(whole, rates[key].bottom)]);
    const [x, y, selected] = ["false_positive_rate", "true_positive_rate", "selection_rate"]
      .map((key) => rateOf(rates[key], whole, this.reading));
    return { selected, at: Number.isNaN(x) || Number.isNaN(y) ? null : [100 * x, 100 - 100 * y] };
  }

  highlight(h) {
    if (this.lit === h || this.held) return;
    this.lit = h;
    for (const list of [this.chart.curves, this.chart.dots, this.table.rows.map((r) => r.node), this.panels.map((p) => p.node)])
      list.forEach((node, other) => node.classList.toggle("lit", other === h));
  }

  /** A dark background needs the lighter colours; Streamlit gives colours, not the name of its theme. */
  tone() {
    const probe = make("i", { class: "probe" });
    this.root.append(probe);
    const [r, g, b] = getComputedStyle(probe).backgroundColor.match(/[\d.]+/g).map(Number);
    probe.remove();
    this.root.classList.toggle("dark", 0.2126 * r + 0.7152 * g + 0.0722 * b < 128);
  }
}

const alike = (cells) => cells.every((edge) => edge === cells[0]);
const added = (cells) => (cells.length === 1 ? cells[0] : cells[0].map((_, i) => cells.reduce((sum, c) => sum + c[i], 0)));

/* ---------- Streamlit ---------- */

const mounted = new WeakMap();
let reported = null;   // the sending that the server was told has arrived

/** The state of a view that a new one of the same counts and the same start takes over. */
function heldOver(view, data) {
  return view && view.data.digest === data.digest && view.data.serial === data.serial
    ? { cells: view.cells, linked: view.linked, sent: view.sent } : null;
}

/* Called at mount, and again with the same parentElement whenever `data` or the theme changes. */
export default function ({ parentElement, data, setStateValue }) {
  let root = parentElement.querySelector(".te");
  if (!root) parentElement.append((root = make("div", { class: "te" })));
  let view = mounted.get(root);
  const said = JSON.stringify(data);
  if (!view || view.said !== said) {
    const kept = heldOver(view, data);
    clearTimeout(view?.timer);
    cancelAnimationFrame(view?.frame);
    view = new Explorer(root, data, kept, setStateValue);
    view.said = said;
    mounted.set(root, view);
    view.release();
  }
  view.send = setStateValue;
  view.tone();
  if (reported !== data.since) setStateValue("painted", (reported = data.since));
  return () => clearTimeout(view.timer);
}

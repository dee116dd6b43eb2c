// A long list of which only the rows that can be seen are in the document. Rows that are closed have the height that
// the style sheet says (--row); those that are open are measured. The row with the keyboard's focus always stays.

const OVERSCAN = 8;

class Windowed {
  // build(item, index) gives the row's element, with a [data-row] button in it that has the focus for the row;
  // `scroller` is the element that scrolls, else the page does; `key` tells items apart.
  constructor(body, { build, key = (item) => item.id, scroller = null }) {
    Object.assign(this, { body, build, key, scroller });
    this.items = [];
    this.rows = new Map();
    this.heights = new Map();
    this.current = 0;
    this.offsets = new Float64Array(1);
    this.draw = eachFrame(() => this.render());
    this.measured = new ResizeObserver((entries) => this.measure(entries));
    (scroller ?? window).addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(() => this.resized()).observe(body);
    body.addEventListener("keydown", (event) => this.pressed(event));
    body.addEventListener("focusin", (event) => this.focused(event));
  }

  show(items) {
    this.items = items;
    this.current = Math.min(this.current, Math.max(0, items.length - 1));
    for (const [key, row] of this.rows) {
      if (row.element.contains(document.activeElement)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    this.layout();
    this.render();
  }

  // The list scrolls under its heads, and those under the controls above them.
  under(controls, heads) {
    this.heads = heads;
    new ResizeObserver(() => heads.style.setProperty("--under", `${controls.offsetHeight}px`)).observe(controls);
  }

  // Back to the first row, where it has been scrolled away.
  toTop() {
    const { top } = this.view();
    if (top > 0 && this.body.offsetParent !== null) this.scrollBy(-top);
  }

  // Tell that the row of an item is open now, or closed.
  open(item, opened) {
    if (opened) this.heights.set(this.key(item), 0);
    else this.heights.delete(this.key(item));
    const row = this.rows.get(this.key(item));
    if (row) this.watch(row.element, opened);
    this.remeasure();
  }

  isOpen(item) {
    return this.heights.has(this.key(item));
  }

  closeAll() {
    this.heights.clear();
    for (const row of this.rows.values()) row.element.remove();
    this.rows.clear();
  }

  focus(index) {
    if (!this.items.length) return;
    const before = this.current;
    this.current = Math.max(0, Math.min(index, this.items.length - 1));
    this.reveal(this.current);
    this.render();
    this.mark(before);
    this.button(this.current)?.focus({ preventScroll: true });
  }

  reveal(index) {
    const top = this.offsets[index];
    const bottom = this.offsets[index + 1];
    const view = this.view();
    const line = Math.min(bottom - top, this.closed);
    if (top < view.top) this.scrollBy(top - view.top);
    else if (top + line > view.bottom) this.scrollBy(top + line - view.bottom);
  }

  // What can be seen of the list, from its own top.
  view() {
    const box = this.body.getBoundingClientRect();
    const frame = this.scroller?.getBoundingClientRect() ?? { top: 0, bottom: window.innerHeight };
    const covered = this.heads?.getBoundingClientRect().bottom ?? 0;
    return { top: Math.max(frame.top, covered) - box.top, bottom: frame.bottom - box.top };
  }

  scrollBy(distance) {
    (this.scroller ?? window).scrollBy({ top: distance, behavior: "instant" });
  }

  layout() {
    this.closed = parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) || 40;
    const offsets = new Float64Array(this.items.length + 1);
    for (let index = 0; index < this.items.length; index += 1) {
      const measured = this.heights.size ? this.heights.get(this.key(this.items[index])) : undefined;
      offsets[index + 1] = offsets[index] + (measured || this.closed);
    }
    this.offsets = offsets;
    this.body.style.height = `${offsets[this.items.length]}px`;
  }

  at(place) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle + 1] <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  render() {
    if (this.body.offsetParent === null) return;
    const view = this.view();
    const from = Math.max(0, this.at(view.top) - OVERSCAN);
    const to = Math.min(this.items.length, this.at(Math.max(view.bottom, 0)) + OVERSCAN + 1);
    const wanted = [];
    if (this.current < from && this.items.length) wanted.push(this.current);
    for (let index = from; index < to; index += 1) wanted.push(index);
    if (this.current >= to && this.items.length) wanted.push(this.current);
    const kept = new Set(wanted.map((index) => this.key(this.items[index])));
    for (const [key, row] of this.rows) {
      if (kept.has(key)) continue;
      this.measured.unobserve(row.element);
      row.element.remove();
      this.rows.delete(key);
    }
    let after = null;
    for (const index of wanted) {
      const element = this.row(index);
      const next = after ? after.nextSibling : this.body.firstChild;
      if (element !== next) this.body.insertBefore(element, next);
      after = element;
    }
    if (this.heights.size) this.remeasure();
  }

  row(index) {
    const item = this.items[index];
    const key = this.key(item);
    let row = this.rows.get(key);
    if (!row) {
      row = { element: this.build(item, index) };
      row.element.classList.add("row");
      this.rows.set(key, row);
      if (this.heights.has(key)) this.watch(row.element, true);
    }
    if (row.index !== index) {
      row.index = index;
      if (row.element.getAttribute("role") === "row") row.element.setAttribute("aria-rowindex", index + 2);
    }
    row.element.style.transform = `translateY(${this.offsets[index]}px)`;
    this.handle(row.element)?.setAttribute("tabindex", index === this.current ? "0" : "-1");
    return row.element;
  }

  handle(row) {
    return row.matches("[data-row]") ? row : row.querySelector("[data-row]");
  }

  button(index) {
    const row = this.rows.get(this.key(this.items[index]));
    return row && this.handle(row.element);
  }

  mark(before) {
    if (before !== this.current && before < this.items.length) this.button(before)?.setAttribute("tabindex", "-1");
    this.button(this.current)?.setAttribute("tabindex", "0");
  }

  watch(row, opened) {
    if (opened) this.measured.observe(row);
    else this.measured.unobserve(row);
  }

  measure(entries) {
    if (entries.some((entry) => entry.target.isConnected)) this.remeasure();
  }

  remeasure() {
    let changed = false;
    for (const [key, row] of this.rows) {
      if (!this.heights.has(key)) continue;
      const height = row.element.offsetHeight;
      if (height && Math.abs(height - this.heights.get(key)) >= 1) {
        this.heights.set(key, height);
        changed = true;
      }
    }
    this.layout();
    for (const row of this.rows.values()) row.element.style.transform = `translateY(${this.offsets[row.index]}px)`;
    if (changed) this.draw();
  }

  resized() {
    const before = this.closed;
    this.layout();
    if (before !== this.closed) for (const row of this.rows.values()) row.index = -1;
    this.render();
  }

  focused(event) {
    const row = event.target.closest(".row");
    for (const known of this.rows.values()) {
      if (known.element !== row || known.index === this.current) continue;
      const before = this.current;
      this.current = known.index;
      this.mark(before);
    }
  }

  pressed(event) {
    if (!event.target.matches("[data-row]") || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((this.scroller?.clientHeight ?? window.innerHeight) / this.closed) - 3);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.focus(this.current + moves[event.key]);
  }
}

// Charts are inline SVG of plain bars. What a bar says is beside it as text, or in its label.

// parts: [{value, tone, word}]; drawn as one bar of `of`, with what is open hatched.
function bar(parts, of, { label = "", height = 10 } = {}) {
  const drawn = el("svg:svg", { class: "bar", width: "100%", height, "aria-hidden": label ? null : "true" });
  if (label) {
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", shown(label));
  }
  drawn.append(el("svg:rect", { class: "bar-track", width: "100%", height, rx: 2 }));
  let from = 0;
  for (const part of parts) {
    if (!part.value || !of) continue;
    // A part of one in ten thousand is still seen.
    const width = Math.max((100 * part.value) / of, 0.4);
    const place = { x: `${Math.min(from, 99.6)}%`, width: `${width}%`, height };
    const said = el("svg:title", `${part.word}: ${number(part.value)}`);
    drawn.append(el("svg:rect", { class: `fill-${part.tone}`, ...place }, said));
    if (part.hatched) drawn.append(el("svg:rect", { class: "hatch", ...place }));
    from += width;
  }
  return drawn;
}

const STATES = ["error", "open", "warning", "note"];
function states(counts) {
  return STATES.map((state) => ({
    value: counts.get(state) ?? 0,
    tone: state,
    word: WORDS[state],
    hatched: state === "open",
  }));
}

function spoken(parts) {
  return parts
    .filter((part) => part.value)
    .map((part) => `${number(part.value)} ${part.word.toLowerCase()}`)
    .join(", ");
}

// A list of labelled bars: rows are {href, title, note, parts, total, value}.
function barList(rows, of, name) {
  return el(
    "ul",
    { class: "bars", "aria-label": name },
    rows.map((row) =>
      el(
        "li",
        el(
          row.href ? "a" : "div",
          { class: "bar-row", href: row.href },
          el("span", { class: "bar-title" }, row.title),
          el("span", { class: "bar-value" }, row.value ?? number(row.total)),
          bar(row.parts, of),
          row.note && el("span", { class: "bar-note" }, row.note),
          el("span", { class: "unseen" }, ` ${spoken(row.parts)}`),
        ),
      ),
    ),
  );
}

function legend(entries) {
  return el(
    "ul",
    { class: "legend" },
    entries.map(({ tone, word, hatched }) =>
      el(
        "li",
        el(
          "svg:svg",
          { class: "swatch", width: 10, height: 10, "aria-hidden": "true" },
          el("svg:rect", { class: `fill-${tone}`, width: 10, height: 10, rx: 2 }),
          hatched && el("svg:rect", { class: "hatch", width: 10, height: 10, rx: 2 }),
        ),
        word,
      ),
    ),
  );
}

// A card of the overview.
function card(title, note, ...content) {
  return el("section", { class: "card" }, el("h2", title), note && el("p", { class: "quiet" }, note), ...content);
}

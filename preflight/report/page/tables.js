// What the long tables have in common: heads that sort, and rows that open.

// Sort by the head that is pressed, the other way round when it is pressed again. `sort` is {column, down}.
function sortable(table, sort, apply) {
  const buttons = [...table.querySelectorAll("[data-sort]")];
  for (const button of buttons)
    button.addEventListener("click", () => {
      const { sort: column } = button.dataset;
      Object.assign(sort, { column, down: sort.column === column && !sort.down });
      for (const other of buttons) {
        const way = other !== button ? "none" : sort.down ? "descending" : "ascending";
        other.closest("[role=columnheader]").setAttribute("aria-sort", way);
      }
      apply();
    });
}

// The button at the beginning of a row that opens.
function opener(list, item, label) {
  return el(
    "button",
    {
      type: "button",
      class: "expand",
      "data-row": true,
      "aria-expanded": String(list.isOpen(item)),
      "aria-label": shown(label),
    },
    icon("chevron"),
  );
}

// A row of cells, which has the `details` of its item below them while it is open. Escape closes it.
function openable(list, item, name, cells, details) {
  const line = el("div", { class: "line" }, cells);
  const row = el("div", { role: "row", class: name }, line, list.isOpen(item) && details());
  const button = line.querySelector("[data-row]");
  const toggle = () => {
    const opened = !list.isOpen(item);
    button.setAttribute("aria-expanded", String(opened));
    if (opened) row.append(details());
    else row.querySelector(".details").remove();
    list.open(item, opened);
  };
  line.addEventListener("click", (event) => {
    // Text that is being selected is no click.
    if (event.target.closest("button") || !String(getSelection())) toggle();
  });
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !list.isOpen(item)) return;
    button.focus();
    toggle();
  });
  return row;
}

function cell(name, ...content) {
  return el("div", { role: "cell", class: `cell cell-${name}` }, ...content);
}

// Filters that are forms: what is typed or chosen is applied at the next frame.
function filters(form, apply) {
  form.addEventListener("input", eachFrame(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
}

// Set a field to what a link says; a select that has no such choice shows all.
function fill(field, value) {
  field.value = value ?? "";
  if (field.tagName === "SELECT" && field.selectedIndex < 0) field.selectedIndex = 0;
}

function wordsOf(text) {
  return text.trim().toLowerCase().split(/\s+/).filter(Boolean);
}

// The accounts of an organization, those that were not audited first.

const STATUSES = ["failed", "done", "left out"];
const ACCOUNT_COLUMNS = {
  status: (row) => STATUSES.indexOf(row.status),
  account: (row) => row.account,
  name: (row) => row.name,
  error: (row) => -row.counts.error,
  warning: (row) => -row.counts.warning,
  note: (row) => -row.counts.note,
  open: (row) => -row.counts.open,
  administrators: (row) => -(row.administrators ?? -1),
};

class Accounts {
  constructor(route) {
    this.route = route;
    this.form = byId("account-filters");
    this.table = byId("accounts-table");
    this.sort = { column: "status", down: false };
    this.rows = data.accounts.map((row, id) => ({ ...row, id }));
    this.table.classList.toggle("without-administrators", !this.rows.some((row) => row.administrators !== undefined));
    this.list = new Windowed(byId("accounts-body"), { build: (row) => this.row(row) });
    this.list.under(byId("accounts-head"), this.table.querySelector(".heads"));
    const counts = tally(this.rows, (row) => row.status);
    for (const status of STATUSES)
      if (counts.has(status))
        this.form.elements.status.append(el("option", { value: status }, `${status} (${number(counts.get(status))})`));
    this.form.addEventListener("input", eachFrame(() => this.apply()));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const button of this.table.querySelectorAll("[data-sort]"))
      button.addEventListener("click", () => {
        const column = button.dataset.sort;
        this.sort = { column, down: this.sort.column === column && !this.sort.down };
        for (const other of this.table.querySelectorAll("[data-sort]"))
          other
            .closest("[role=columnheader]")
            .setAttribute("aria-sort", other !== button ? "none" : this.sort.down ? "descending" : "ascending");
        this.apply();
      });
  }

  write(wanted) {
    this.form.elements.text.value = wanted.get("text") ?? "";
    this.form.elements.status.value = wanted.get("status") ?? "";
    this.apply();
  }

  chosen() {
    const { text, status } = this.form.elements;
    const words = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.rows.filter(
      (row) =>
        (!status.value || row.status === status.value) &&
        words.every((word) => `${row.account} ${row.name} ${row.reason}`.toLowerCase().includes(word)),
    );
    const key = ACCOUNT_COLUMNS[this.sort.column];
    const sign = this.sort.down ? -1 : 1;
    const compared = (one, other) => (typeof one === "string" ? collator.compare(one, other) : one - other);
    found.sort(
      (one, other) =>
        sign * compared(key(one), key(other)) ||
        other.counts.error - one.counts.error ||
        other.counts.warning - one.counts.warning ||
        one.id - other.id,
    );
    return found;
  }

  apply() {
    const found = this.chosen();
    const { text, status } = this.form.elements;
    this.list.show(found);
    this.list.toTop();
    byId("accounts-count").textContent = `${number(found.length)} of ${counted(this.rows.length, "account")}`;
    byId("accounts-none").hidden = found.length > 0;
    this.table.setAttribute("aria-rowcount", found.length + 1);
    this.route.keep("accounts", { text: text.value.trim(), status: status.value });
  }

  row(row) {
    const cell = (name, ...content) => el("div", { role: "cell", class: `cell cell-${name}` }, ...content);
    const handle = row.href
      ? el("a", { href: row.href, "data-row": true }, row.account)
      : el("span", { "data-row": true, tabindex: "-1" }, row.account);
    const amounts = row.status === "done";
    const amount = (name, value) =>
      cell(
        "amount",
        amounts && el("span", { class: "group-name", "aria-hidden": "true" }, name === "administrators" ? "admins" : name),
        amounts && value !== undefined ? el("span", { class: value ? `is-${name}` : "quiet" }, number(value)) : "",
      );
    return el(
      "div",
      { role: "row", class: "account" },
      el(
        "div",
        { class: "line" },
        cell("status", el("span", { class: `badge status-${row.status.replace(" ", "-")}` }, row.status)),
        cell("account", handle),
        cell("name", el("span", { class: "clamp" }, row.name, row.reason && el("span", { class: "quiet", title: shown(row.reason) }, row.name ? ` \u00b7 ${row.reason}` : row.reason))),
        ...["error", "warning", "note", "open"].map((name) => amount(name, row.counts[name])),
        amount("administrators", row.administrators),
      ),
    );
  }
}

// The accounts of an organization, those that were not audited first.

const STATES_IN_COLUMNS = ["error", "warning", "note", "open"];
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
    filters(this.form, () => this.apply());
    sortable(this.table, this.sort, () => this.apply());
  }

  write(wanted) {
    fill(this.form.elements.text, wanted.get("text"));
    fill(this.form.elements.status, wanted.get("status"));
    this.apply();
  }

  chosen() {
    const { text, status } = this.form.elements;
    const words = wordsOf(text.value);
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
    const handle = row.href
      ? el("a", { href: row.href, "data-row": true }, row.account)
      : el("span", { "data-row": true, tabindex: "-1" }, row.account);
    const reason = row.reason && (row.name ? ` \u00b7 ${row.reason}` : row.reason);
    const name = el(
      "span",
      { class: "clamp" },
      row.name,
      el("span", { class: "quiet", title: shown(row.reason) }, reason),
    );
    return el(
      "div",
      { role: "row", class: "account" },
      el(
        "div",
        { class: "line" },
        cell("status", el("span", { class: `badge status-${row.status.replace(" ", "-")}` }, row.status)),
        cell("account", handle),
        cell("name", name),
        STATES_IN_COLUMNS.map((state) => this.amount(row, state, state, row.counts[state])),
        this.amount(row, "admins", "administrators", row.administrators),
      ),
    );
  }

  amount(row, word, name, value) {
    if (row.status !== "done" || value === undefined) return cell("amount");
    return cell(
      "amount",
      el("span", { class: "group-name", "aria-hidden": "true" }, word),
      el("span", { class: value ? `is-${name}` : "quiet" }, number(value)),
    );
  }
}

// The findings: filtered, sorted, each opened to its evidence, place and remedy.

const COLUMNS = {
  severity: (finding) => finding.severity,
  rule: (finding) => finding.rule,
  message: (finding) => finding.message,
  subject: (finding) => short(finding.subject),
  region: (finding) => finding.region,
  account: (finding) => finding.account,
};

class Findings {
  constructor(route) {
    this.route = route;
    this.form = byId("filters");
    this.table = byId("findings-table");
    this.sort = { column: "severity", down: false };
    this.ranks = new Map();
    this.list = new Windowed(byId("findings-body"), { build: (finding) => this.row(finding) });
    this.list.under(byId("findings-head"), this.table.querySelector(".heads"));
    this.offer();
    const apply = eachFrame(() => this.apply());
    this.form.addEventListener("input", apply);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", () => setTimeout(() => this.apply()));
    this.table.addEventListener("keydown", (event) => {
      const row = event.key === "Escape" && event.target.closest(".row");
      if (row) this.close(row);
    });
    for (const button of this.table.querySelectorAll("[data-sort]"))
      button.addEventListener("click", () => this.sortBy(button.dataset.sort));
    this.ordered = this.inOrder();
  }

  // Fill the selects with what there is; one that could not choose is left out.
  offer() {
    const fill = (name, key, label = (value) => value) => {
      const select = this.form.elements[name];
      const counts = tally(findings, key);
      const values = [...counts.keys()].filter(Boolean).sort(collator.compare);
      for (const value of values)
        select.append(el("option", { value }, `${label(value)} (${number(counts.get(value))})`));
      select.closest("label").hidden = values.length < 2;
    };
    fill("rule", (finding) => finding.rule, (rule) => `${rule} ${ruleOf(rule).name}`);
    fill("region", (finding) => finding.region);
    fill("account", (finding) => finding.account);
    this.table.classList.toggle("with-account", several);
    this.table.classList.toggle("with-region", new Set(findings.map((each) => each.region).filter(Boolean)).size > 1);
  }

  read() {
    const { text, subject, kind, rule, region, account } = this.form.elements;
    const levels = [...this.form.querySelectorAll("[name=level]:checked")].map((box) => box.value);
    return {
      text: text.value.trim(),
      subject: subject.value.trim(),
      kind: kind.value,
      rule: rule.value,
      region: region.value,
      account: account.value,
      level: levels.length && levels.length < LEVELS.length ? levels.join(",") : "",
    };
  }

  // Set the filters to those of a link.
  write(wanted) {
    for (const name of ["text", "subject", "kind", "rule", "region", "account"]) {
      const field = this.form.elements[name];
      field.value = wanted.get(name) ?? "";
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
    const levels = (wanted.get("level") ?? "").split(",").filter((level) => LEVELS.includes(level));
    for (const box of this.form.querySelectorAll("[name=level]"))
      box.checked = !levels.length || levels.includes(box.value);
    this.apply();
  }

  matching() {
    const filter = this.read();
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const subject = filter.subject.toLowerCase();
    const levels = filter.level ? filter.level.split(",") : LEVELS;
    return this.ordered.filter(
      (finding) =>
        (!filter.kind || finding.kind === filter.kind) &&
        levels.includes(finding.level) &&
        (!filter.rule || finding.rule === filter.rule) &&
        (!filter.region || finding.region === filter.region) &&
        (!filter.account || finding.account === filter.account) &&
        (!subject || finding.subject.toLowerCase().includes(subject)) &&
        words.every((word) => this.hay(finding).includes(word)),
    );
  }

  hay(finding) {
    finding.hay ??= [
      finding.rule,
      ruleOf(finding.rule).name,
      finding.message,
      finding.subject,
      finding.account,
      finding.remedy,
      ...finding.evidence.map((each) => each.policy),
    ]
      .join("\n")
      .toLowerCase();
    return finding.hay;
  }

  apply() {
    const chosen = this.matching();
    this.list.show(chosen);
    this.list.toTop();
    const all = findings.length;
    const some = chosen.length;
    byId("findings-count").textContent =
      some === all ? counted(all, "finding") : `${number(some)} of ${counted(all, "finding")}`;
    byId("findings-none").hidden = some > 0;
    byId("findings-none").textContent = all
      ? "No finding matches these filters."
      : "Nothing failed, and nothing is open.";
    this.table.setAttribute("aria-rowcount", some + 1);
    this.form.classList.toggle("filtered", some !== all);
    this.route.keep("findings", this.read());
  }

  inOrder() {
    const { column, down } = this.sort;
    let ranks = this.ranks.get(column);
    if (!ranks) {
      const key = COLUMNS[column];
      const values = [...new Set(findings.map(key))];
      values.sort(column === "severity" ? (one, other) => one - other : collator.compare);
      const places = new Map(values.map((value, place) => [value, place]));
      ranks = findings.map((finding) => places.get(key(finding)));
      this.ranks.set(column, ranks);
    }
    const sign = down ? -1 : 1;
    return [...findings].sort(
      (one, other) =>
        sign * (ranks[one.id] - ranks[other.id]) || one.severity - other.severity || one.id - other.id,
    );
  }

  sortBy(column) {
    this.sort = { column, down: this.sort.column === column && !this.sort.down };
    for (const button of this.table.querySelectorAll("[data-sort]")) {
      const own = button.dataset.sort === column;
      const way = own ? (this.sort.down ? "descending" : "ascending") : "none";
      button.closest("[role=columnheader]").setAttribute("aria-sort", way);
    }
    this.ordered = this.inOrder();
    this.apply();
  }

  row(finding) {
    const about = ruleOf(finding.rule);
    const details = `details-${finding.id}`;
    const opened = this.list.isOpen(finding);
    const button = el(
      "button",
      {
        type: "button",
        class: "expand",
        "data-row": true,
        "aria-expanded": String(opened),
        "aria-controls": details,
        "aria-label": shown(`${WORDS[finding.state]}, ${finding.rule}: ${finding.message}`),
      },
      icon("chevron"),
    );
    const cell = (name, ...content) => el("div", { role: "cell", class: `cell cell-${name}` }, ...content);
    const line = el(
      "div",
      { class: "line" },
      cell("severity", button, badge(finding.state)),
      cell("rule", el("span", { class: "id" }, finding.rule), el("span", { class: "name" }, about.name)),
      cell("message", el("span", { class: "clamp" }, rich(finding.message))),
      cell("subject", el("span", { class: "clamp", title: shown(finding.subject) }, short(finding.subject))),
      cell("region", finding.region),
      cell("account", finding.account),
    );
    const row = el("div", { role: "row", class: `finding is-${finding.state}` }, line);
    line.addEventListener("click", (event) => {
      if (event.target.closest("a") || (!event.target.closest("button") && String(getSelection()))) return;
      this.toggle(finding, row);
    });
    if (opened) row.append(this.details(finding, details));
    return row;
  }

  toggle(finding, row) {
    const opened = !this.list.isOpen(finding);
    const button = row.querySelector("[data-row]");
    button.setAttribute("aria-expanded", String(opened));
    if (opened) row.append(this.details(finding, `details-${finding.id}`));
    else row.querySelector(".details").remove();
    this.list.open(finding, opened);
  }

  close(row) {
    const button = row.querySelector("[data-row]");
    if (button.getAttribute("aria-expanded") !== "true") return;
    button.focus();
    button.click();
  }

  details(finding, id) {
    const links = [
      ["Only this rule", `#findings?${new URLSearchParams({ rule: finding.rule })}`],
      finding.subject && ["Only this subject", `#findings?${new URLSearchParams({ subject: finding.subject })}`],
      climbs(finding.subject) && [
        "Its way to administrator",
        `#escalation?${new URLSearchParams({ of: finding.subject })}`,
      ],
      holds(finding.subject) && ["What it may do", `#access?${new URLSearchParams({ text: finding.subject })}`],
    ];
    return el(
      "div",
      { id, role: "cell", class: "details" },
      explained(finding),
      el(
        "p",
        { class: "details-links" },
        links.filter(Boolean).map(([word, href]) => el("a", { href }, word)),
      ),
    );
  }
}

function badge(state) {
  return el("span", { class: `badge badge-${state}` }, WORDS[state]);
}

// All that is known of a finding, as a list of terms; the page and its print show the same.
function explained(finding, { withRule = true, withRemedy = true } = {}) {
  const about = ruleOf(finding.rule);
  const entry = (term, ...content) => (content.flat().filter(Boolean).length ? [el("dt", term), el("dd", ...content)] : []);
  const { location } = finding;
  return el(
    "dl",
    entry("Finding", withRule && el("p", rich(finding.message))),
    entry(finding.kind === "open" ? "What would settle it" : "Remedy", withRemedy && finding.remedy && prose(finding.remedy)),
    entry(
      "Evidence",
      finding.evidence.length > 0 &&
        el(
          "ul",
          finding.evidence.map((each) =>
            el("li", each.statement && [el("code", each.statement), " of "], el("code", each.policy)),
          ),
        ),
    ),
    entry("Subject", finding.subject && el("code", finding.subject)),
    entry(
      "Location",
      location && [
        el("code", location.path + (location.line ? `:${location.line}:${location.column}` : "")),
        location.pointer && [" ", el("code", { class: "pointer" }, location.pointer)],
      ],
    ),
    entry("Account", several && el("code", finding.account)),
    withRule && entry("Rule", ruleText(finding.rule, about)),
  );
}

function ruleText(id, about) {
  return [
    el("p", el("code", id), ` ${about.name}`, about.category && el("span", { class: "quiet" }, ` \u00b7 ${about.category}`)),
    about.summary && el("p", rich(`${about.summary}.`)),
    about.why && el("p", { class: "quiet" }, rich(about.why)),
    about.aliases.length > 0 && el("p", { class: "quiet" }, `Also known as ${about.aliases.join(", ")}`),
    about.references.length > 0 &&
      el(
        "p",
        { class: "references" },
        about.references.map((href) =>
          el("a", { href, target: "_blank", rel: "noopener noreferrer" }, href.replace(/^https:\/\//, ""), icon("external")),
        ),
      ),
  ];
}

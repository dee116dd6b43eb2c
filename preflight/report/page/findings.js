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
    filters(this.form, () => this.apply());
    this.form.addEventListener("reset", () => setTimeout(() => this.apply()));
    sortable(this.table, this.sort, () => {
      this.ordered = this.inOrder();
      this.apply();
    });
    this.ordered = this.inOrder();
  }

  // Fill the selects with what there is; one that could not choose is left out.
  offer() {
    const offered = (name, key, label = (value) => value) => {
      const select = this.form.elements[name];
      const counts = tally(findings, key);
      const values = [...counts.keys()].filter(Boolean).sort(collator.compare);
      for (const value of values)
        select.append(el("option", { value }, `${label(value)} (${number(counts.get(value))})`));
      select.closest("label").hidden = values.length < 2;
    };
    offered(
      "rule",
      (finding) => finding.rule,
      (rule) => `${rule} ${ruleOf(rule).name}`,
    );
    offered("region", (finding) => finding.region);
    offered("account", (finding) => finding.account);
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
    for (const name of ["text", "subject", "kind", "rule", "region", "account"])
      fill(this.form.elements[name], wanted.get(name));
    const levels = (wanted.get("level") ?? "").split(",").filter((level) => LEVELS.includes(level));
    for (const box of this.form.querySelectorAll("[name=level]"))
      box.checked = !levels.length || levels.includes(box.value);
    this.apply();
  }

  matching() {
    const filter = this.read();
    const words = wordsOf(filter.text);
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
      : "No failures, and nothing is unknown.";
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
      (one, other) => sign * (ranks[one.id] - ranks[other.id]) || one.severity - other.severity || one.id - other.id,
    );
  }

  row(finding) {
    const button = opener(this.list, finding, `${WORDS[finding.state]}, ${finding.rule}: ${finding.message}`);
    const cells = [
      cell("severity", button, badge(finding.state)),
      cell("rule", el("span", { class: "id" }, finding.rule), el("span", { class: "name" }, ruleOf(finding.rule).name)),
      cell("message", el("span", { class: "clamp" }, rich(finding.message))),
      cell("subject", el("span", { class: "clamp", title: shown(finding.subject) }, short(finding.subject))),
      cell("region", finding.region),
      cell("account", finding.account),
    ];
    return openable(this.list, finding, "finding", cells, () => this.details(finding));
  }

  details(finding) {
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
      { role: "cell", class: "details" },
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
function explained(finding, { withRule = true, withRemedy = true, onPaper = false } = {}) {
  const about = ruleOf(finding.rule);
  const entry = (term, ...content) =>
    content.flat().filter(Boolean).length ? [el("dt", term), el("dd", ...content)] : [];
  const { location } = finding;
  return el(
    "dl",
    entry("Finding", withRule && el("p", rich(finding.message))),
    entry(
      finding.kind === "open" ? "How to resolve it" : "Remedy",
      withRemedy && finding.remedy && prose(finding.remedy),
    ),
    entry("Evidence", finding.evidence.length > 0 && evidenceList(finding, onPaper)),
    entry("Subject", finding.subject && (onPaper ? el("code", finding.subject) : named(finding.subject))),
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

// Statements that are the same are one, with all whose they are and one text.
const MANY_HOLDERS = 20;
function evidenceList({ account, evidence }, onPaper) {
  const alike = Map.groupBy(evidence, (each) => `${each.statement} ${policyAt(account, each) ?? each.policy}`);
  return [...alike.values()].map((own) => {
    const drawn = (some) =>
      el(
        "ul",
        some.map(({ policy, statement }) =>
          el("li", statement && [el("code", statement), " of "], onPaper ? el("code", policy) : named(policy)),
        ),
      );
    if (onPaper)
      return [
        drawn(own.slice(0, MANY_HOLDERS)),
        own.length > MANY_HOLDERS && el("p", `and ${counted(own.length - MANY_HOLDERS, "policy", "policies")} more.`),
      ];
    return [...cut(own, MANY_HOLDERS, drawn, "policies"), policyText(account, own[0])];
  });
}

function ruleText(id, about) {
  return [
    el(
      "p",
      el("code", id),
      ` ${about.name}`,
      about.category && el("span", { class: "quiet" }, ` \u00b7 ${about.category}`),
    ),
    about.summary && el("p", rich(`${about.summary}.`)),
    about.why && el("p", { class: "quiet" }, rich(about.why)),
    about.aliases.length > 0 && el("p", { class: "quiet" }, `Also known as ${about.aliases.join(", ")}`),
    about.references.length > 0 &&
      el(
        "p",
        { class: "references" },
        about.references.map((href) =>
          el(
            "a",
            { href, target: "_blank", rel: "noopener noreferrer" },
            href.replace(/^https:\/\//, ""),
            icon("external"),
          ),
        ),
      ),
  ];
}

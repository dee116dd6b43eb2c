// The first view: how much of what, by which rules, who can do what, what is nearly full.

const MANY_RULES = 10;
const GROUP_CHARTS = ["create", "update", "delete", "invoke"];

class Overview {
  constructor() {
    const place = byId("overview-body");
    if (data.audits.length)
      place.append(
        ...[levels(), ...(findings.length ? [rules(), families()] : []), able(), ways(), fullest(), quiet()],
      );
    else
      place.append(notAudited(), accountLevels(), accountStatus(), accountAuthority(), accountRules(), accountWorst());
  }

  write() {}
}

function tile(state, count, word, href) {
  return el(
    "li",
    el(
      href ? "a" : "div",
      { class: `tile tile-${state}`, href },
      el("span", { class: "tile-value" }, number(count)),
      el("span", { class: "tile-word" }, word),
    ),
  );
}

const tileWord = (state, count) => (state === "open" ? "unknown" : `${state}${count === 1 ? "" : "s"}`);
const STATE_PARTS = STATES.map((state) => ({ tone: state, word: WORDS[state], hatched: state === "open" }));
const LINKS = {
  error: "#findings?kind=fail&level=error",
  warning: "#findings?kind=fail&level=warning",
  note: "#findings?kind=fail&level=note",
  open: "#findings?kind=open",
};

function levels() {
  const counts = tally(findings, (finding) => finding.state);
  const failed = findings.length - (counts.get("open") ?? 0);
  const parts = states(counts);
  return el(
    "section",
    { class: "card wide" },
    el("h2", "Findings"),
    el(
      "ul",
      { class: "tiles" },
      STATES.map((state) => tile(state, counts.get(state) ?? 0, tileWord(state, counts.get(state) ?? 0), LINKS[state])),
    ),
    findings.length > 0 && bar(parts, findings.length, { label: `Findings by level: ${spoken(parts)}`, height: 12 }),
    el("p", { class: "quiet" }, saidOf(failed, counts.get("open") ?? 0)),
  );
}

function saidOf(failed, open) {
  if (!failed && !open) return "No failures, and nothing is unknown.";
  const first = failed ? `${counted(failed, "finding")} failed.` : "Nothing failed.";
  return open
    ? `${first} ${number(open)} could not be determined from the available facts; each says how to resolve it.`
    : first;
}

function rules() {
  const byRule = Map.groupBy(findings, (finding) => finding.rule);
  const rows = [...byRule].map(([rule, own]) => ({
    rule,
    own,
    worst: own.reduce((least, finding) => Math.min(least, finding.severity), 9),
  }));
  rows.sort(
    (one, other) =>
      one.worst - other.worst || other.own.length - one.own.length || collator.compare(one.rule, other.rule),
  );
  return ruleBars(
    rows.map(({ rule, own }) => ({
      href: `#findings?${new URLSearchParams({ rule })}`,
      title: [el("span", { class: "id" }, rule), ` ${ruleOf(rule).name}`],
      note: ruleOf(rule).why || ruleOf(rule).summary,
      parts: states(tally(own, (finding) => finding.state)),
      total: own.length,
    })),
  );
}

// Bars of rules, of one account or of many, in the order in which they are given.
function ruleBars(bars) {
  const most = bars.reduce((largest, bar) => Math.max(largest, bar.total), 0);
  const drawn = (chosen) => barList(chosen, most, "Findings by rule");
  return el(
    "section",
    { class: "card wide" },
    el("h2", "By rule"),
    legend(STATE_PARTS),
    ...cut(bars, MANY_RULES, drawn, "rules"),
  );
}

// The first of a list, and a button for the rest.
function cut(rows, most, drawn, word) {
  const list = drawn(rows.slice(0, most));
  if (rows.length <= most) return [list];
  const button = el("button", { type: "button", class: "plain" }, `Show all ${number(rows.length)} ${word}`);
  button.addEventListener("click", () => {
    list.replaceWith(drawn(rows));
    button.remove();
  });
  return [list, button];
}

function families() {
  const groups = [...Map.groupBy(findings, (finding) => ruleOf(finding.rule).category || "other")].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  const most = groups[0][1].length;
  return card(
    "By family",
    "",
    barList(
      groups.map(([family, own]) => ({
        title: family,
        parts: states(tally(own, (finding) => finding.state)),
        total: own.length,
      })),
      most,
      "Findings by family of rules",
    ),
  );
}

const REACH_PARTS = [
  { tone: "all", word: "on every name" },
  { tone: "some", word: "on some names" },
  { tone: "perhaps", word: "perhaps", hatched: true },
];

function able() {
  const rows = GROUP_CHARTS.map((group) => {
    const counts = ableTo(group);
    return {
      href: `#access?can=${group}`,
      title: `can ${group} endpoints`,
      parts: REACHES.map((reach, at) => ({ ...REACH_PARTS[at], value: counts.get(reach) ?? 0 })),
      total: [...counts.values()].reduce((sum, value) => sum + value, 0),
    };
  });
  const most = Math.max(...rows.map((row) => row.total));
  return card(
    "Who has access",
    "Roles and users, by what their policies allow",
    most > 0 && legend(REACH_PARTS),
    most > 0
      ? barList(rows, most, "Principals by what they can do with endpoints")
      : el(
          "p",
          { class: "quiet" },
          allKnown
            ? "No role or user can do anything with endpoints."
            : "Can't determine who has access: not all roles and users are known.",
        ),
  );
}

function ways() {
  const distances = [...tally(nodes.climbing, (node) => node.distance)].sort(([one], [other]) => one - other);
  const most = Math.max(0, ...distances.map(([, count]) => count));
  return card(
    "Ways to administrator",
    "",
    el(
      "ul",
      { class: "tiles tiles-small" },
      tile("plain", administrators.length, administrators.length === 1 ? "administrator" : "administrators"),
      tile(nodes.climbing.length ? "error" : "plain", nodes.climbing.length, "more can become one", "#escalation"),
    ),
    unknownWays.length > 0 &&
      el(
        "p",
        `${counted(unknownWays.length, "question is", "questions are")} UNKNOWN: `,
        el("a", { href: "#findings?rule=ACC110&kind=open" }, "see the findings"),
        ".",
      ),
    distances.length > 0 &&
      barList(
        distances.map(([steps, count]) => ({
          title: `in ${counted(steps, "step")}`,
          parts: [{ value: count, tone: "error", word: "principals" }],
          total: count,
        })),
        most,
        "Principals by the number of steps to administrator",
      ),
    administrators.length > 0 && el("details", el("summary", "Administrators"), administratorList()),
    closing.length > 0 &&
      el("details", el("summary", "Statements that close the most ways"), closingList(closing.slice(0, 5))),
  );
}

function fullest() {
  const chosen = quotas.slice(0, 5);
  return card(
    "Fullest quotas",
    "",
    chosen.length ? quotaBars(chosen, "The fullest quotas") : el("p", { class: "quiet" }, "No quota is known."),
    quotas.length > chosen.length && el("p", el("a", { href: "#quotas" }, `All ${counted(quotas.length, "quota")}`)),
  );
}

function quiet() {
  const passed = data.quiet.filter((row) => row.pass);
  const not = data.quiet.filter((row) => row.notApplicable);
  const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
  return el(
    "section",
    { class: "card wide" },
    el("h2", "What is well"),
    el(
      "p",
      passed.length
        ? `${counted(sum(passed, "pass"), "check")} of ${counted(passed.length, "rule")} passed.`
        : "No check passed as a whole.",
    ),
    not.length > 0 &&
      el(
        "details",
        el("summary", `${counted(not.length, "rule")} ${not.length === 1 ? "does" : "do"} not apply`),
        el(
          "ul",
          { class: "plain-list" },
          not.map((row) => el("li", el("code", row.rule), " ", rich(row.said))),
        ),
      ),
  );
}

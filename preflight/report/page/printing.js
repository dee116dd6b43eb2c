// What is printed: everything, opened, with no controls. The findings are those that the filters leave, the most
// severe first and each rule explained once; of very many a number that a reader may still turn the pages of.

const MOST_PRINTED = 2000;

function printed() {
  const chosen = panes.findings?.matching() ?? [];
  const some = [...chosen]
    .sort((one, other) => one.severity - other.severity || one.id - other.id)
    .slice(0, MOST_PRINTED);
  const byRule = [...Map.groupBy(some, (finding) => finding.rule)];
  const left = chosen.length - some.length;
  const whole = tally(chosen, (finding) => finding.rule);
  const parts = [
    data.audits.length > 0 && [
      el("h2", some.length ? "Findings" : "No findings"),
      chosen.length < findings.length &&
        el(
          "p",
          `${number(chosen.length)} of ${counted(findings.length, "finding")}, as the filters of the page left them.`,
        ),
      left > 0 && [
        el("p", `The ${number(some.length)} most severe of ${number(chosen.length)} are printed.`),
        notPrinted(whole, byRule),
      ],
      byRule.map(([rule, own]) => [
        el("h3", `${rule} ${ruleOf(rule).name} (${amountPrinted(own.length, whole.get(rule))})`),
        ruleText(rule, ruleOf(rule)).slice(1),
        [...Map.groupBy(own, (finding) => finding.remedy)].map(([remedy, alike]) => remedied(remedy, alike)),
      ]),
      statementsPrint(some),
      nodes.climbing.length > 0 && [el("h2", "Ways to administrator"), waysPrint()],
      principals.length > 0 && [el("h2", "Who can do what with endpoints"), accessPrint()],
      quotas.length > 0 && [el("h2", "Quotas"), quotasPrint()],
    ],
    data.accounts.length > 0 && [el("h2", "Accounts"), accountsPrint()],
  ];
  return parts.flat(Infinity).filter(Boolean);
}

function amountPrinted(some, all) {
  return some === all ? number(all) : `${number(some)} of ${number(all)}`;
}

// Of which rules how many findings are left out, and how to get them.
function notPrinted(whole, byRule) {
  const on = new Map(byRule.map(([rule, own]) => [rule, own.length]));
  const left = [...whole]
    .map(([rule, count]) => [rule, count - (on.get(rule) ?? 0)])
    .filter(([, count]) => count)
    .sort(([, one], [, other]) => other - one);
  return el(
    "p",
    `Not printed: ${left.map(([rule, count]) => `${number(count)} of ${rule}`).join(", ")}. Filter the page to print ` +
      "others; preflight audit --format csv writes all.",
  );
}

// The statements that the printed findings cite, each once.
const MOST_STATEMENTS = 300;
function statementsPrint(some) {
  const found = new Map();
  for (const { account, evidence } of some)
    for (const each of evidence) {
      const at = policyAt(account, each);
      if (at === undefined || !each.statement) continue;
      const key = `${at} ${each.statement}`;
      if (!found.has(key)) found.set(key, { at, statement: each.statement, names: new Set() });
      found.get(key).names.add(each.policy);
    }
  if (!found.size) return null;
  const few = [...found.values()].slice(0, MOST_STATEMENTS);
  return [
    el("h2", "Cited statements"),
    few.map(({ at, statement, names }) => [
      el(
        "p",
        el("code", statement),
        " of ",
        el("code", names.values().next().value),
        names.size > 1 && ` and ${counted(names.size - 1, "policy", "policies")} with the same text`,
      ),
      statementsIn(at, statement)
        .filter(([, isCited]) => isCited)
        .map(([each]) => el("pre", JSON.stringify(each, null, 2))),
    ]),
    found.size > few.length &&
      el("p", `and ${counted(found.size - few.length, "more statement")}; on the page, each finding opens to its policy.`),
  ];
}

// Findings that have one remedy, with it before them where they are several.
function remedied(remedy, alike) {
  const together = alike.length > 1;
  const word = alike.every((finding) => finding.kind === "open") ? "How to resolve it" : "Remedy";
  return [
    together &&
      remedy &&
      el(
        "div",
        { class: "print-remedy" },
        el("p", { class: "quiet" }, `${word} of these ${number(alike.length)}`),
        prose(remedy),
      ),
    alike.map((finding) =>
      el(
        "div",
        { class: "print-finding" },
        el("p", badge(finding.state), " ", rich(finding.message)),
        explained(finding, { withRule: false, withRemedy: !together, onPaper: true }),
      ),
    ),
  ];
}

// Steps that many take, each with some who take it.
function waysPrint() {
  const taken = [...Map.groupBy(nodes.climbing, (node) => node.next.how)].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  const few = taken.slice(0, 100);
  return [
    el(
      "ul",
      { class: "print-ways" },
      few.map(([how, own]) =>
        el(
          "li",
          el("strong", counted(own.length, "principal")),
          `: ${how}`,
          el(
            "div",
            { class: "quiet" },
            own
              .slice(0, 12)
              .map((node) => node.name)
              .join(", "),
            own.length > 12 && ` and ${number(own.length - 12)} more`,
          ),
        ),
      ),
    ),
    taken.length > few.length &&
      el("p", `and ${counted(taken.length - few.length, "more step")}: preflight audit --format csv --table ways.`),
  ];
}

function quotasPrint() {
  const inUse = quotas.filter((quota) => quota.used);
  const few = inUse.slice(0, MANY_QUOTAS);
  const left = quotas.length - few.length;
  return [
    quotaBars(few, "Quotas"),
    left > 0 &&
      el(
        "p",
        `and ${counted(left, "quota")}, ${inUse.length > few.length ? "less full" : "of which nothing is known to be in use"}: ` +
          "preflight audit --format csv --table quotas.",
      ),
  ];
}

function accessPrint() {
  const sets = data.sets.map((_, held) => summarized(held, "endpoint", ""));
  const groups = GROUPS.slice(0, 4);
  const rows = principals.filter((each) => groups.some((group) => sets[each.held][group]));
  const few = rows.slice(0, MOST_PRINTED / 4);
  return [
    el(
      "table",
      el(
        "thead",
        el(
          "tr",
          ["Principal", ...groups].map((word) => el("th", { scope: "col" }, word)),
        ),
      ),
      el(
        "tbody",
        few.map((each) =>
          el(
            "tr",
            el("td", el("code", short(each.arn))),
            groups.map((group) => el("td", REACH_WORDS[sets[each.held][group]?.reach] ?? "\u2013")),
          ),
        ),
      ),
    ),
    rows.length > few.length &&
      el("p", `and ${counted(rows.length - few.length, "more principal")}: preflight audit --format csv --table access.`),
  ];
}

function accountsPrint() {
  const heads = ["Account", "Name", "Status", "Errors", "Warnings", "Notes", "Unknown"];
  const rows = panes.accounts?.chosen() ?? [];
  return el(
    "table",
    el(
      "thead",
      el(
        "tr",
        heads.map((word) => el("th", { scope: "col" }, word)),
      ),
    ),
    el(
      "tbody",
      rows.map((row) =>
        el(
          "tr",
          [row.account, row.name, row.reason ? `${row.status}: ${row.reason}` : row.status].map((text) =>
            el("td", text),
          ),
          ["error", "warning", "note", "open"].map((name) =>
            el("td", row.status === "done" ? number(row.counts[name]) : ""),
          ),
        ),
      ),
    ),
  );
}

const unfolded = [];
function preparePrint() {
  const place = byId("print");
  if (place.childElementCount) return;
  place.append(...printed());
  for (const each of document.querySelectorAll("[data-view=overview] details:not([open])")) {
    each.open = true;
    unfolded.push(each);
  }
}
function clearPrint() {
  byId("print").replaceChildren();
  for (const each of unfolded.splice(0)) each.open = false;
}
window.addEventListener("beforeprint", preparePrint);
window.addEventListener("afterprint", clearPrint);
matchMedia("print").addEventListener("change", (event) => (event.matches ? preparePrint() : clearPrint()));

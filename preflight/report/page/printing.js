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
  const parts = [
    data.audits.length > 0 && [
      el("h2", some.length ? "Findings" : "No findings"),
      chosen.length < findings.length &&
        el(
          "p",
          `${number(chosen.length)} of ${counted(findings.length, "finding")}, as the filters of the page left them.`,
        ),
      left > 0 && el("p", `The ${number(some.length)} most severe of ${number(chosen.length)} are printed.`),
      byRule.map(([rule, own]) => [
        el("h3", `${rule} ${ruleOf(rule).name} (${number(own.length)})`),
        ruleText(rule, ruleOf(rule)).slice(1),
        [...Map.groupBy(own, (finding) => finding.remedy)].map(([remedy, alike]) => remedied(remedy, alike)),
      ]),
      nodes.climbing.length > 0 && [el("h2", "Ways to administrator"), waysPrint()],
      principals.length > 0 && [el("h2", "Who can do what with endpoints"), accessPrint()],
      quotas.length > 0 && [
        el("h2", "Quotas"),
        quotaBars(quotas.filter((quota) => quota.used).slice(0, MANY_QUOTAS), "Quotas"),
      ],
    ],
    data.accounts.length > 0 && [el("h2", "Accounts"), accountsPrint()],
  ];
  return parts.flat(Infinity).filter(Boolean);
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
        explained(finding, { withRule: false, withRemedy: !together }),
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
    taken.length > few.length && el("p", `and ${counted(taken.length - few.length, "more step")}.`),
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
    rows.length > few.length && el("p", `and ${counted(rows.length - few.length, "more principal")}.`),
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
  for (const each of document.querySelectorAll("details:not([open])")) {
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

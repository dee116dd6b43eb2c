// What the page is about, read from its data element. The order of members is that of audit_html_data.py.

const data = JSON.parse(byId("data").textContent);
const texts = data.texts;
const LEVELS = ["error", "warning", "note"];
const KINDS = ["fail", "open"];
const WORDS = { error: "Error", warning: "Warning", note: "Note", open: "Unknown" };
// Whether all roles and users are known: only then can it be said that none of them can do something.
const allKnown = data.audits.every((audit) => audit.complete);
const several = data.audits.length > 1;
const collator = new Intl.Collator("en", { numeric: true });

// `severity` orders what is wrong: errors, what is open, warnings, notes. What is open counts apart.
const findings = data.findings.map(
  ([account, rule, kind, level, message, subject, region, remedy, evidence, location], id) => ({
    id,
    account: texts[account],
    rule: texts[rule],
    kind: KINDS[kind],
    level: LEVELS[level],
    state: kind === 1 ? "open" : LEVELS[level],
    severity: kind === 1 ? 3 + level : level === 0 ? 0 : 5 + level,
    message,
    subject: texts[subject],
    region: texts[region],
    remedy: texts[remedy],
    evidence: Array.from({ length: evidence.length / 2 }, (_, at) => ({
      policy: texts[evidence[2 * at]],
      statement: texts[evidence[2 * at + 1]],
    })),
    location: location.length
      ? { path: texts[location[0]], pointer: location[1], line: location[2], column: location[3] }
      : null,
  }),
);

const ruleOf = (id) => data.rules[id];

// arn:aws:iam::111122223333:role/team/name -> {kind: "role", name: "team/name", account: "111122223333"}
function principal(arn) {
  const parts = arn.split(":");
  const resource = parts.slice(5).join(":");
  const slash = resource.indexOf("/");
  if (parts[0] !== "arn" || slash < 0) return { kind: "", name: arn, account: "" };
  return { kind: resource.slice(0, slash), name: resource.slice(slash + 1), account: parts[4] };
}

// Of an ARN what tells it from the others, for narrow places.
function short(text) {
  const parts = text.split(":");
  return parts[0] === "arn" && parts.length > 5 ? parts.slice(5).join(":") : text;
}

// Where the console shows what an ARN names; of other partitions it has other addresses.
function consoleAddress(arn) {
  if (!/^arn:aws:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[\w+=,.@/:-]+$/.test(arn)) return null;
  return arn.startsWith("arn:aws:iam:") && arn.includes(":policy/")
    ? `https://console.aws.amazon.com/iam/home#/policies/${arn}`
    : `https://console.aws.amazon.com/go/view?arn=${encodeURIComponent(arn)}`;
}

function named(arn) {
  const href = consoleAddress(arn);
  if (!href) return el("code", arn);
  return el(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer", title: "Open in the AWS console" },
    el("code", arn),
    icon("external"),
  );
}

function tally(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

// The texts of cited policies, by account and name.
const policies = new Map(data.policies.map(([account, name, text]) => [`${texts[account]} ${texts[name]}`, text]));
const leftOut = new Set(data.leftOut.map(([account, name]) => `${texts[account]} ${texts[name]}`));
const policyAt = (account, { policy }) => policies.get(`${account} ${policy}`);

// The statements of a policy, each with whether it is the one that is cited.
function statementsIn(at, cited) {
  const place = /^Statement\[(\d+)\]$/.exec(cited);
  return [JSON.parse(texts[at]).Statement ?? []]
    .flat()
    .map((each, index) => [each, place ? Number(place[1]) === index : each.Sid === cited]);
}

// A policy with the statement that is cited marked, made when it is opened. That it is left out for its size is said;
// of one whose text is not known there is nothing.
function policyText(account, { policy, statement }) {
  const at = policyAt(account, { policy });
  if (at === undefined)
    return leftOut.has(`${account} ${policy}`)
      ? el("p", { class: "quiet" }, `The text of ${short(policy)} is left out: the page would be too large.`)
      : null;
  const whole = el("details", { class: "policy" }, el("summary", `Policy text: ${fitted(`${statement ? `${statement} of ` : ""}${short(policy)}`, 120)}`));
  whole.addEventListener("toggle", () => {
    if (!whole.open || whole.childElementCount > 1) return;
    whole.append(
      ...statementsIn(at, statement).map(([each, isCited]) =>
        el(isCited ? "mark" : "div", el("pre", { tabindex: "0" }, JSON.stringify(each, null, 2))),
      ),
    );
    whole.querySelector("mark")?.scrollIntoView({ block: "nearest", behavior: "instant" });
  });
  return whole;
}

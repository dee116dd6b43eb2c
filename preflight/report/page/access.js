// Who may do what: a row for each principal, a column for each group of actions. Principals that hold the same share a
// set of grants, and what is told of a set is worked out once.

const REACHES = ["all", "some", "open"];
const REACH_WORDS = { all: "every", some: "some", open: "perhaps" };
const ACTIONS = new Map(data.actions.map(([action, group, type]) => [action, { action, group, type }]));
const GROUPS = ["create", "update", "delete", "invoke", "read", "other"];

const grants = data.grants.map(([action, region, reach, example, by, dependsOn]) => ({
  action: texts[action],
  group: ACTIONS.get(texts[action])?.group ?? "other",
  type: ACTIONS.get(texts[action])?.type ?? "*",
  region: texts[region],
  reach: texts[reach],
  example: texts[example],
  by: by.map(([policy, statement]) => ({ policy: texts[policy], statement: texts[statement] })),
  dependsOn: dependsOn.map((each) => texts[each]),
}));
const principals = data.principals.map(([account, arn, held], id) => ({
  id,
  account: texts[account],
  arn: texts[arn],
  ...{ kind: principal(texts[arn]).kind, name: principal(texts[arn]).name },
  held,
}));
const holding = new Set(principals.map((each) => each.arn));
const holds = (arn) => holding.has(arn);

// For each group of actions the widest reach, how many actions, and how many of them on every name.
function summarized(held, type, region) {
  const found = {};
  for (const each of data.sets[held]) {
    const grant = grants[each];
    if ((type && grant.type !== type) || (region && grant.region !== region)) continue;
    const own = (found[grant.group] ??= { reach: grant.reach, actions: new Set() });
    own.actions.add(grant.action);
    if (REACHES.indexOf(grant.reach) < REACHES.indexOf(own.reach)) own.reach = grant.reach;
  }
  return found;
}

// How many principals can do a group of actions on endpoints, by their reach.
function ableTo(group) {
  const sets = data.sets.map((_, held) => summarized(held, "endpoint", "")[group]?.reach);
  return tally(
    principals.filter((each) => sets[each.held]),
    (each) => sets[each.held],
  );
}

class AccessTable {
  constructor(route) {
    this.route = route;
    this.form = byId("access-filters");
    this.table = byId("access-table");
    this.sort = { column: "access", down: false };
    this.list = new Windowed(byId("access-body"), { build: (each) => this.row(each) });
    this.list.under(byId("access-head"), this.table.querySelector(".heads"));
    const { type, region } = this.form.elements;
    for (const each of [...new Set(data.actions.map(([, , type]) => type))].sort())
      if (each !== "*") type.append(el("option", { value: each }, each));
    type.value = "endpoint";
    const regions = [...new Set(grants.map((grant) => grant.region))].sort();
    for (const each of regions) region.append(el("option", { value: each }, each));
    region.closest("label").hidden = regions.length < 2;
    for (const group of GROUPS) {
      const known = grants.some((grant) => grant.group === group);
      this.table.classList.toggle(`without-${group}`, group === "other" && !known);
    }
    filters(this.form, () => this.apply());
    this.form.addEventListener("reset", () => setTimeout(() => this.write(new URLSearchParams())));
    sortable(this.table, this.sort, () => this.apply());
  }

  read() {
    const { text, type, region, can } = this.form.elements;
    return { text: text.value.trim(), type: type.value, region: region.value, can: can.value };
  }

  write(wanted) {
    const { text, type, region, can } = this.form.elements;
    fill(text, wanted.get("text"));
    fill(type, wanted.get("type") ?? "endpoint");
    fill(region, wanted.get("region"));
    fill(can, wanted.get("can"));
    this.apply();
  }

  apply() {
    const { text, type, region, can } = this.read();
    const words = wordsOf(text);
    this.summaries = data.sets.map((_, held) => summarized(held, type === "any" ? "" : type, region));
    const weights = this.summaries.map((each) => this.weight(each));
    const found = principals.filter(
      (each) =>
        weights[each.held] > 0 &&
        (!can || this.summaries[each.held][can]) &&
        words.every((word) => each.arn.toLowerCase().includes(word)),
    );
    const sign = this.sort.down ? -1 : 1;
    if (this.sort.column === "principal") {
      const places = new Map(
        found
          .map((each) => each.name)
          .sort(collator.compare)
          .map((name, place) => [name, place]),
      );
      found.sort((one, other) => sign * (places.get(one.name) - places.get(other.name)));
    } else if (this.sort.column === "access") {
      found.sort((one, other) => sign * (weights[other.held] - weights[one.held]) || one.id - other.id);
    } else {
      const own = this.summaries.map((each) => this.amount(each[this.sort.column]));
      found.sort((one, other) => sign * (own[other.held] - own[one.held]) || one.id - other.id);
    }
    this.list.closeAll();
    this.list.show(found);
    this.list.toTop();
    byId("access-count").textContent = counted(found.length, "principal");
    byId("access-none").hidden = found.length > 0;
    if (!principals.length && !allKnown)
      byId("access-none").textContent = "Can't determine who has access: not all roles and users are known.";
    this.table.setAttribute("aria-rowcount", found.length + 1);
    this.route.keep("access", { text, type: type === "endpoint" ? "" : type, region, can });
  }

  amount(cell) {
    return cell ? (REACHES.length - REACHES.indexOf(cell.reach)) * 100 + cell.actions.size : 0;
  }

  // Who can change most comes first; who can only look, last.
  weight(summary) {
    return GROUPS.reduce((sum, group, place) => sum + this.amount(summary[group]) * (place < 4 ? 100 - place : 1), 0);
  }

  row(each) {
    const summary = this.summaries[each.held];
    const said = GROUPS.filter((group) => summary[group]).map(
      (group) => `${group} ${REACH_WORDS[summary[group].reach]}`,
    );
    const notes = [several ? `${each.kind} of ${each.account}` : each.kind, rank(each.arn)].filter(Boolean);
    const name = el(
      "span",
      { class: "stack" },
      el("span", { class: "clamp", title: shown(each.arn) }, each.name),
      el("span", { class: "quiet" }, notes.join(" \u00b7 ")),
    );
    const cells = [
      cell("principal", opener(this.list, each, `${each.kind} ${each.name}: ${said.join(", ")}`), name),
      GROUPS.map((group) => this.group(group, summary[group])),
    ];
    return openable(this.list, each, "holder", cells, () => this.details(each));
  }

  group(group, found) {
    const word = el("span", { class: "group-name", "aria-hidden": "true" }, group);
    if (!found) return cell(`group cell-${group}`, word, el("span", { class: "quiet" }, "\u2013"));
    return cell(
      `group cell-${group}`,
      word,
      el(
        "span",
        { class: `reach reach-${found.reach}`, title: [...found.actions].join("\n") },
        REACH_WORDS[found.reach],
      ),
      el("span", { class: "quiet" }, counted(found.actions.size, "action")),
    );
  }

  details(each) {
    const { type, region } = this.read();
    const own = data.sets[each.held]
      .map((at) => grants[at])
      .filter((grant) => (type === "any" || grant.type === type) && (!region || grant.region === region));
    return el(
      "div",
      { role: "cell", class: "details" },
      el("p", el("code", each.arn)),
      grantList(own),
      el(
        "p",
        { class: "details-links" },
        climbs(each.arn) &&
          el("a", { href: `#escalation?${new URLSearchParams({ of: each.arn })}` }, "Its way to administrator"),
        findings.some((finding) => finding.subject === each.arn) &&
          el("a", { href: `#findings?${new URLSearchParams({ subject: each.arn })}` }, "Findings about it"),
      ),
    );
  }
}

// Actions that the same statements allow on the same are told together.
function grantList(own) {
  const alike = Map.groupBy(own, (grant) =>
    JSON.stringify([grant.type, grant.region, grant.reach, grant.by, grant.example, grant.dependsOn]),
  );
  return el(
    "table",
    { class: "grants" },
    el(
      "thead",
      el(
        "tr",
        ["Action", "On", "By"].map((word) => el("th", { scope: "col" }, word)),
      ),
    ),
    el(
      "tbody",
      [...alike.values()].map(([grant, ...others]) =>
        el(
          "tr",
          el(
            "td",
            [grant, ...others].map((each) => el("div", el("code", each.action))),
          ),
          el(
            "td",
            el("span", { class: `reach reach-${grant.reach}` }, REACH_WORDS[grant.reach]),
            el("span", { class: "whole" }, ` ${grant.type === "*" ? "" : `${grant.type} `}in ${grant.region}`),
            grant.reach !== "all" && grant.example && el("div", "such as ", el("code", grant.example)),
            grant.dependsOn.length > 0 && el("div", `if ${grant.dependsOn.join(" and ")}`),
          ),
          el(
            "td",
            grant.by.map((by) => el("div", el("code", by.statement), " of ", el("code", by.policy))),
          ),
        ),
      ),
    ),
  );
}

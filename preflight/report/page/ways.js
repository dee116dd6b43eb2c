// Who can become an administrator. Everyone has one next step, so the ways are trees that end in administrators.

const WAYS = {
  "assume-role": "assumes the role",
  "passed-role": "passes the role",
  "own-permissions": "own permissions",
  "trust-policy": "rewrites its trust",
  "user-credentials": "takes its credentials",
  "existing-role": "takes over what runs with it",
};
const OF_SERVICE = { "passed-role": "passes a role to", "existing-role": "takes over what runs in" };
const SERVICE = /([a-z0-9-]+):[A-Z]/g;
// A step in few words, with the service that it is by: "passes a role to lambda".
function wayOf(step) {
  const word = WAYS[step.kind] ?? step.kind;
  const services = OF_SERVICE[step.kind] ? [...step.how.matchAll(SERVICE)].map((found) => found[1]) : [];
  const service = services.find((each) => each !== "iam" && each !== "sts");
  return service ? `${OF_SERVICE[step.kind]} ${service}` : word;
}
const BRANCHES = 14;
const DEEPER = 4;
const LEAVES = 3;
const CROWD = 60;

const nodes = (() => {
  const found = new Map();
  const end = texts[data.escalation.end];
  const node = (account, arn) => {
    const id = arn === end ? `${account} ${end}` : arn;
    if (!found.has(id))
      found.set(id, {
        id,
        arn,
        account,
        administrator: arn === end,
        name: arn === end ? "every permission" : principal(arn).name,
        kind: arn === end ? "" : principal(arn).kind,
        next: null,
        others: [],
        sources: [],
        size: 0,
        distance: 0,
      });
    return found.get(id);
  };
  for (const [account, arn] of data.escalation.administrators) node(texts[account], texts[arn]).administrator = true;
  for (const [account, source, target, kind, how, by = []] of data.escalation.steps) {
    const from = node(texts[account], texts[source]);
    const to = node(texts[account], texts[target]);
    if (from === to) continue;
    const step = { target: to, kind: texts[kind], how: texts[how], by: cited(by) };
    if (from.next) {
      from.others.push(step);
      continue;
    }
    from.next = step;
    to.sources.push(from);
  }
  // From the ends outwards; what is on no way to an end has no size.
  const order = [...found.values()].filter((each) => !each.next);
  for (const each of order)
    for (const source of each.sources) {
      source.distance = each.distance + 1;
      order.push(source);
    }
  for (const each of [...order].reverse()) {
    each.size += 1;
    if (each.next) each.next.target.size += each.size;
  }
  return { byId: found, climbing: order.filter((each) => each.next), ends: order.filter((each) => !each.next) };
})();

// Pairs of policy and statement, as the data has them.
function cited(by) {
  return Array.from({ length: by.length / 2 }, (_, at) => ({
    policy: texts[by[2 * at]],
    statement: texts[by[2 * at + 1]],
  }));
}

// Who can do everything, and under which conditions.
const administrators = data.escalation.administrators.map(([account, arn, condition]) => ({
  account: texts[account],
  arn: texts[arn],
  condition: texts[condition] ?? "",
}));

// The statements without which most would have no way, the one that closes most first.
const closing = data.escalation.closing
  .map(([account, policy, statement, count]) => ({
    account: texts[account],
    policy: texts[policy],
    statement: texts[statement],
    count,
  }))
  .sort((one, other) => other.count - one.count);

// What is not known of who can become one.
const unknownWays = findings.filter((each) => each.rule === "ACC110" && each.kind === "open");

// Those first whom one change keeps from it together with most others, as far as their best ways tell.
const ranked = (() => {
  const counts = new Map(closing.map((each) => [`${each.account} ${each.policy} ${each.statement}`, each.count]));
  const best = new Map(
    nodes.climbing.map((node) => {
      const cited = way(node).flatMap((step) => step.by);
      const own = cited.map((each) => counts.get(`${node.account} ${each.policy} ${each.statement}`) ?? 0);
      return [node, Math.max(0, ...own)];
    }),
  );
  return [...nodes.climbing].sort((one, other) => best.get(other) - best.get(one));
})();

function administratorList() {
  return el(
    "ul",
    { class: "plain-list" },
    administrators.map(({ arn, condition }) =>
      el(
        "li",
        { title: shown(arn) },
        `${principal(arn).kind} `,
        el("strong", principal(arn).name),
        condition && ` if ${condition}`,
      ),
    ),
  );
}

function closingList(rows) {
  return el(
    "ol",
    { class: "plain-list" },
    rows.map(({ policy, statement, count }) =>
      el(
        "li",
        { title: shown(policy) },
        el("code", statement),
        ` of ${short(policy)}: closes the ${count === 1 ? "way" : "ways"} of ${number(count)}`,
      ),
    ),
  );
}

// The node of one who can get to an end.
function climber(arn) {
  const node = nodes.byId.get(arn);
  return node?.size ? node : null;
}

function climbs(arn) {
  return Boolean(climber(arn)?.next);
}

function rank(arn) {
  const node = climber(arn);
  return node?.administrator ? "administrator" : node?.next ? "can become administrator" : "";
}

function way(node) {
  const steps = [];
  for (let at = node; at.next && steps.length <= nodes.byId.size; at = at.next.target) steps.push(at.next);
  return steps;
}

// Which nodes are drawn: {node | group, children}. Of many branches the largest are, unless all are asked for.
function branch(node, all, most = BRANCHES) {
  const through = node.sources.filter((each) => each.sources.length).sort((one, other) => other.size - one.size);
  // Of many, those through whom only a few get there are no branches of their own.
  const wide = through.length > most || node.sources.length > CROWD ? through.filter((each) => each.size > LEAVES) : through;
  const kept = all ? through : wide.slice(0, most);
  const children = kept.map((each) => branch(each, all, DEEPER));
  const others = [...node.sources.filter((each) => !each.sources.length), ...through.slice(kept.length)];
  for (const members of Map.groupBy(others, (each) => wayOf(each.next)).values()) {
    const whole = members.reduce((sum, each) => sum + each.size, 0);
    const { kind } = members[0].next;
    if (whole <= LEAVES) children.push(...members.map((each) => ({ node: each, children: [] })));
    else children.push({ group: { of: node, kind, way: wayOf(members[0].next), members, size: whole }, children: [] });
  }
  const size = (each) => (each.group ?? each.node).size;
  children.sort((one, other) => size(other) - size(one));
  return { node, children };
}

function isCut(tree) {
  if (tree.group) return tree.group.members.some((each) => each.sources.length);
  return tree.children.length ? tree.children.some(isCut) : tree.node.sources.length > 0;
}

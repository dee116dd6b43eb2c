// Who can become an administrator. Everyone has one next step, so the ways are trees that end in administrators: the
// graph puts them to the right, those who get there in one step left of them, and so on. Those who are nobody's step
// are drawn as one node for each way that they take; a click lists them.

const WAYS = { "assume-role": "assumes the role", "passed-role": "passes the role", "own-permissions": "own permissions" };
const BOX = { width: 196, height: 38, gap: 68, pitch: 50, top: 34, margin: 2 };
const BRANCHES = 14;
const DEEPER = 4;
const LEAVES = 3;

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
        sources: [],
        size: 0,
        distance: 0,
      });
    return found.get(id);
  };
  for (const [account, arn] of data.escalation.administrators) node(texts[account], texts[arn]).administrator = true;
  for (const [account, source, target, kind, how] of data.escalation.steps) {
    const from = node(texts[account], texts[source]);
    const to = node(texts[account], texts[target]);
    if (from.next || from === to) continue;
    from.next = { target: to, kind: texts[kind], how: texts[how] };
    to.sources.push(from);
  }
  // From the ends outwards; what is on no way to an end is left where it is.
  const order = [...found.values()].filter((each) => !each.next);
  for (const each of order)
    for (const source of each.sources) {
      source.distance = each.distance + 1;
      source.end = each.end ?? each;
      order.push(source);
    }
  for (const each of [...order].reverse()) {
    each.size += 1;
    if (each.next) each.next.target.size += each.size;
  }
  return { byId: found, climbing: order.filter((each) => each.next), ends: order.filter((each) => !each.next) };
})();

function climbs(arn) {
  return Boolean(nodes.byId.get(arn)?.next);
}

function rank(arn) {
  const node = nodes.byId.get(arn);
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
  const kept = all ? through : through.slice(0, most);
  const children = kept.map((each) => branch(each, all, DEEPER));
  const groups = new Map();
  const into = (kind, each) => groups.set(kind, [...(groups.get(kind) ?? []), each]);
  for (const kind of Object.keys(WAYS)) {
    const members = node.sources.filter((each) => !each.sources.length && each.next.kind === kind);
    if (members.length <= LEAVES) children.push(...members.map((each) => ({ node: each, children: [] })));
    else groups.set(kind, members);
  }
  for (const each of through.slice(kept.length)) into(each.next.kind, each);
  for (const [kind, members] of groups)
    children.push({ group: { of: node, kind, members, size: members.reduce((sum, each) => sum + each.size, 0) }, children: [] });
  const size = (each) => (each.group ?? each.node).size;
  children.sort((one, other) => size(other) - size(one));
  return { node, children };
}

function isCut(tree) {
  return tree.group ? tree.group.members.some((each) => each.sources.length) : tree.children.some(isCut);
}

class Escalation {
  constructor(route) {
    this.route = route;
    this.search = byId("escalation-search");
    this.group = null;
    this.chosen = null;
    this.all = false;
    this.list = new Windowed(byId("escalation-list"), {
      build: (node) => this.item(node),
      scroller: byId("escalation-scroller"),
    });
    this.search.addEventListener("input", eachFrame(() => this.fill()));
    byId("escalation-all").addEventListener("click", () => this.choose(null));
    byId("escalation-ungroup").addEventListener("click", () => {
      this.group = null;
      this.fill();
    });
    byId("ways").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && (this.chosen || this.group)) this.choose(null);
    });
    byId("ways").classList.toggle("nobody", !nodes.climbing.length);
    const administrators = data.escalation.administrators.length;
    byId("escalation-said").textContent = nodes.climbing.length
      ? `Besides ${counted(administrators, "administrator")}, ${counted(nodes.climbing.length, "principal")} can become one. ` +
        "Each is shown with the fewest steps that it takes."
      : `Besides ${counted(administrators, "administrator")}, nobody can become one by a known way.`;
  }

  write(wanted) {
    this.search.value = wanted.get("text") ?? "";
    const asked = nodes.byId.get(wanted.get("of") ?? "") ?? null;
    this.choose(asked, { focus: false });
    if (asked) {
      const place = this.list.items.indexOf(asked);
      if (place >= 0) {
        this.list.current = place;
        this.list.reveal(place);
        this.list.render();
      }
    }
  }

  choose(node, { focus = true } = {}) {
    this.chosen = node;
    this.group = null;
    this.fill();
    this.draw();
    if (focus) byId("escalation-heading").focus({ preventScroll: true });
  }

  fill() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const from = this.group ? this.group.members : nodes.climbing;
    const found = from.filter((each) => words.every((word) => each.arn.toLowerCase().includes(word)));
    this.list.show(found);
    byId("escalation-count").textContent = counted(found.length, "principal");
    byId("escalation-ungroup").hidden = !this.group;
    if (this.group) byId("escalation-ungroup").textContent = `Only those of ${this.group.of.name}: show everyone`;
    this.route.keep("escalation", { text: this.search.value.trim(), of: this.chosen?.id });
  }

  item(node) {
    const steps = node.distance;
    const button = el(
      "button",
      {
        type: "button",
        "data-row": true,
        class: "pick",
        "aria-pressed": String(node === this.chosen),
        title: shown(node.arn),
      },
      el("span", { class: "pick-name" }, node.name),
      el("span", { class: "pick-note" }, `${node.kind} \u00b7 ${counted(steps, "step")} \u00b7 ${WAYS[node.next.kind] ?? node.next.kind}`),
    );
    button.addEventListener("click", () => {
      const before = this.chosen;
      this.chosen = node;
      for (const each of [before, node]) {
        const row = each && this.list.rows.get(each.id);
        if (row) row.element.setAttribute("aria-pressed", String(each === node));
      }
      this.draw();
      this.route.keep("escalation", { text: this.search.value.trim(), of: node.id });
    });
    return button;
  }

  // The trees that are drawn: all, or the way of the chosen one with those who get to it.
  trees() {
    if (!this.chosen) {
      const ends = nodes.ends.filter((each) => each.sources.length).sort((one, other) => other.size - one.size);
      const trees = (this.all ? ends : ends.slice(0, BRANCHES)).map((end) => branch(end, this.all));
      trees.cut = trees.length < ends.length || trees.some(isCut);
      return trees;
    }
    let tree = branch(this.chosen, this.all);
    const trees = [];
    trees.cut = isCut(tree);
    for (let at = this.chosen; at.next; at = at.next.target) tree = { node: at.next.target, children: [tree] };
    trees.push(tree);
    return trees;
  }

  draw() {
    const trees = this.trees();
    const heading = byId("escalation-heading");
    heading.textContent = this.chosen ? shown(`The way of ${this.chosen.name}`) : "All ways";
    byId("escalation-all").hidden = !this.chosen;
    const whole = byId("escalation-whole");
    whole.hidden = !this.all && !trees.cut;
    whole.setAttribute("aria-pressed", String(this.all));
    whole.onclick = () => {
      this.all = !this.all;
      this.draw();
    };
    replace(byId("escalation-graph"), trees.length ? graph(trees, this) : null);
    const steps = this.chosen ? way(this.chosen) : [];
    replace(byId("escalation-steps"), steps.length ? stepList(this.chosen, steps) : null);
    byId("escalation-graph").scrollLeft = 1e6;
  }

  pick(group) {
    this.group = group;
    this.search.value = "";
    this.fill();
    this.list.focus(0);
  }
}

function stepList(start, steps) {
  const end = steps[steps.length - 1].target;
  return el(
    "div",
    { class: "told" },
    el(
      "ol",
      { class: "steps" },
      steps.map((step, at) => el("li", el("strong", at ? steps[at - 1].target.name : start.name), `: ${step.how}`)),
    ),
    el("p", { class: "quiet" }, end.kind ? `${end.name} is an administrator.` : "With that it has every permission."),
  );
}

function graph(trees, owner) {
  const placed = [];
  const edges = [];
  let lines = 0;
  let deepest = 0;
  const place = (tree, depth) => {
    deepest = Math.max(deepest, depth);
    const own = { ...tree, depth };
    const below = tree.children.map((each) => place(each, depth + 1));
    // Level with its largest branch, so that the end of a large tree is in sight.
    own.line = below.length ? below[0].line : lines++;
    placed.push(own);
    for (const each of below) edges.push([each, own]);
    return own;
  };
  for (const tree of trees) place(tree, 0);
  const x = (depth) => BOX.margin + (deepest - depth) * (BOX.width + BOX.gap);
  const y = (line) => BOX.top + line * BOX.pitch;
  const width = x(0) + BOX.width + BOX.margin;
  const height = y(Math.max(lines - 1, 0)) + BOX.height + BOX.margin;
  const drawn = el("svg:svg", {
    class: "graph",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": `Ways to administrator: ${counted(placed.length, "node")}, ${counted(edges.length, "step")}`,
  });
  for (let depth = 0; depth <= deepest; depth += 1)
    drawn.append(
      el("svg:text", { class: "layer", x: x(depth), y: 14 }, depth ? `${counted(depth, "step")} away` : "Administrators"),
    );
  for (const [from, to] of edges) drawn.append(edge(from, to, x, y));
  for (const each of [...placed].sort((one, other) => other.depth - one.depth || one.line - other.line))
    drawn.append(box(each, x(each.depth), y(each.line), owner));
  return drawn;
}

function edge(from, to, x, y) {
  const kind = from.group ? from.group.kind : from.node.next.kind;
  const start = [x(from.depth) + BOX.width, y(from.line) + BOX.height / 2];
  const stop = [x(to.depth) - 7, y(to.line) + BOX.height / 2];
  const bend = BOX.gap / 2;
  const size = from.group ? from.group.size : from.node.size;
  return el(
    "svg:g",
    { class: `edge way-${kind}`, "aria-hidden": "true" },
    el("svg:title", from.group ? WAYS[kind] : from.node.next.how),
    el("svg:path", {
      d: `M${start} C${start[0] + bend},${start[1]} ${stop[0] - bend},${stop[1]} ${stop}`,
      "stroke-width": Math.min(1.25 + Math.log10(size) / 2, 3).toFixed(2),
    }),
    el("svg:path", { class: "tip", d: `M${stop[0]},${stop[1] - 4} l7,4 l-7,4 z` }),
  );
}

function box({ node, group }, x, y, owner) {
  const title = group ? `${number(group.members.length)} principals` : node.name;
  const through = group ? group.size - group.members.length : node.size - 1;
  const note = group
    ? WAYS[group.kind] + (through ? ` \u00b7 ${number(through)} through them` : "")
    : [node.administrator && node.kind ? "administrator" : node.kind, through && `${number(through)} through it`].filter(Boolean).join(" \u00b7 ");
  const act = () => (group ? owner.pick(group) : owner.choose(node));
  const what = group ? `${title}, ${note}, to ${group.of.name}: list them` : `${title}, ${note}: show its way`;
  const made = el(
    "svg:g",
    {
      class: `node${group ? " node-group" : ""}${node?.administrator ? " node-end" : ""}${node && node === owner.chosen ? " node-chosen" : ""}`,
      transform: `translate(${x},${y})`,
      role: "button",
      tabindex: "0",
      "aria-label": shown(what),
      onclick: act,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      },
    },
    el("svg:title", group ? what : node.arn),
    el("svg:rect", { width: BOX.width, height: BOX.height, rx: 6 }),
    el(
      "svg:svg",
      { width: BOX.width - 6, height: BOX.height },
      el("svg:text", { class: "node-name", x: 10, y: 16 }, fitted(title, 24)),
      el("svg:text", { class: "node-note", x: 10, y: 30 }, fitted(note, 34)),
    ),
  );
  return made;
}

// The beginning and the end of a name, which tell it from its like.
function fitted(text, most) {
  const characters = [...shown(text)];
  if (characters.length <= most) return characters.join("");
  const tail = Math.floor(most / 3);
  return `${characters.slice(0, most - tail - 1).join("")}\u2026${characters.slice(-tail).join("")}`;
}

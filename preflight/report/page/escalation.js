// The view of the ways to administrator: everyone who has one to look up, the graph, and a chosen way in words.

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
    this.search.addEventListener(
      "input",
      eachFrame(() => this.fill()),
    );
    byId("escalation-all").addEventListener("click", () => this.choose(null));
    byId("escalation-ungroup").addEventListener("click", () => {
      this.group = null;
      this.fill();
    });
    byId("ways").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && (this.chosen || this.group)) this.choose(null);
    });
    byId("ways").classList.toggle("nobody", !nodes.climbing.length);
    byId("escalation-said").textContent = nodes.climbing.length
      ? `Besides ${counted(administrators.length, "administrator")}, ${counted(nodes.climbing.length, "principal")} can become one. ` +
        "Each is shown with the fewest steps that it takes" +
        (closing.length ? "; the ways that one change closes for most come first." : ".")
      : `Besides ${counted(administrators.length, "administrator")}, no role or user ${unknownWays.length || !allKnown ? "is known to be able to" : "can"} become one.`;
    if (unknownWays.length)
      byId("escalation-said").append(
        ` ${unknownWays.length === 1 ? "One question is" : `${number(unknownWays.length)} questions are`} UNKNOWN: `,
        el("a", { href: "#findings?rule=ACC110&kind=open" }, "see the findings"),
        ".",
      );
    replace(
      byId("escalation-more"),
      administrators.length
        ? el("details", el("summary", counted(administrators.length, "administrator")), administratorList())
        : null,
      closing.length
        ? el(
            "details",
            { open: "" },
            el("summary", "Statements that close the most ways"),
            closingList(closing.slice(0, 5)),
          )
        : null,
    );
  }

  write(wanted) {
    fill(this.search, wanted.get("text"));
    const asked = climber(wanted.get("of") ?? "");
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
    const words = wordsOf(this.search.value);
    const from = this.group ? this.group.members : ranked;
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
      el(
        "span",
        { class: "pick-note" },
        `${node.kind} \u00b7 ${counted(steps, "step")} \u00b7 ${wayOf(node.next)}`,
      ),
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
      steps.map((step, at) =>
        el(
          "li",
          el("strong", at ? steps[at - 1].target.name : start.name),
          `: ${step.how}`,
          statementsOf(step),
          step.by.map((each) => policyText(start.account, each)),
        ),
      ),
    ),
    start.others.length > 0 &&
      el(
        "details",
        el("summary", `${counted(start.others.length, "other next step")}`),
        el(
          "ul",
          { class: "plain-list" },
          start.others.map((step) => el("li", `${step.how}, to ${step.target.name}`, statementsOf(step))),
        ),
      ),
    el("p", { class: "quiet" }, end.kind ? `${end.name} is an administrator.` : "With that it has every permission."),
  );
}

function statementsOf(step) {
  if (!step.by.length) return null;
  const words = step.by.map(({ policy, statement }) => `${statement} of ${short(policy)}`).join(", ");
  return el("span", { class: "quiet" }, ` (by ${words})`);
}

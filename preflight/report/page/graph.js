// The drawing of ways: administrators to the right, those who get there in one step left of them, and so on. Those who
// are no one's step are one node for each way that they take.

const BOX = { width: 246, height: 38, gap: 58, pitch: 50, top: 34, margin: 2 };
// On a phone two of them are beside each other.
const NARROW = { ...BOX, width: 148, gap: 34 };
let shape = BOX;

function graph(trees, owner) {
  shape = window.innerWidth < 560 ? NARROW : BOX;
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
  const x = (depth) => shape.margin + (deepest - depth) * (shape.width + shape.gap);
  const y = (line) => shape.top + line * shape.pitch;
  const width = x(0) + shape.width + shape.margin;
  const height = y(Math.max(lines - 1, 0)) + shape.height + shape.margin;
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
      el(
        "svg:text",
        { class: "layer", x: x(depth), y: 14 },
        depth ? `${counted(depth, "step")} away` : "Administrators",
      ),
    );
  for (const [from, to] of edges) drawn.append(edge(from, to, x, y));
  for (const each of [...placed].sort((one, other) => other.depth - one.depth || one.line - other.line))
    drawn.append(box(each, x(each.depth), y(each.line), owner));
  return drawn;
}

function edge(from, to, x, y) {
  const kind = from.group ? from.group.kind : from.node.next.kind;
  const start = [x(from.depth) + shape.width, y(from.line) + shape.height / 2];
  const stop = [x(to.depth) - 7, y(to.line) + shape.height / 2];
  const bend = shape.gap / 2;
  const size = from.group ? from.group.size : from.node.size;
  return el(
    "svg:g",
    { class: `edge way-${kind}`, "aria-hidden": "true" },
    el("svg:title", from.group ? from.group.way : from.node.next.how),
    el("svg:path", {
      d: `M${start} C${start[0] + bend},${start[1]} ${stop[0] - bend},${stop[1]} ${stop}`,
      "stroke-width": Math.min(1.25 + Math.log10(size) / 2, 3).toFixed(2),
    }),
    el("svg:path", { class: "tip", d: `M${stop[0]},${stop[1] - 4} l7,4 l-7,4 z` }),
  );
}

function box({ node, group }, x, y, owner) {
  const through = group ? group.size - group.members.length : node.size - 1;
  const title = group
    ? `${number(group.members.length)} principals` + (through && shape === BOX ? ` \u00b7 ${number(through)} via them` : "")
    : node.name;
  const note = group
    ? group.way
    : [shape === BOX && (node.administrator && node.kind ? "administrator" : node.kind), through && `${number(through)} through it`]
        .filter(Boolean)
        .join(" \u00b7 ");
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
    el("svg:rect", { width: shape.width, height: shape.height, rx: 6 }),
    el(
      "svg:svg",
      { width: shape.width - 6, height: shape.height },
      el("svg:text", { class: "node-name", x: 10, y: 16 }, fitted(title, Math.floor((shape.width - 16) / (group && shape === BOX ? 7 : 8.2)))),
      el("svg:text", { class: "node-note", x: 10, y: 30 }, fitted(note, Math.floor((shape.width - 16) / 6.2))),
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

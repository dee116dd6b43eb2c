// Making elements. Texts come from the account: they become text nodes and attribute values, never markup.

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en-US");
const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

// What would reorder or hide text (control and format characters) is written out, as in the terminal.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
function shown(text) {
  return text.replace(INVISIBLE, (character) =>
    character === "\n" || character === "\t" ? character : `\\u{${character.codePointAt(0).toString(16)}}`,
  );
}

const SVG = "http://www.w3.org/2000/svg";
function element(tag, attributes, children) {
  const made = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    made.append(typeof child === "object" ? child : shown(String(child)));
  }
  return made;
}

// el("p", {class: "quiet"}, "text", other); attributes may be left out.
function el(tag, ...rest) {
  const first = rest[0];
  const plain = first !== null && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first);
  return element(tag, plain ? rest.shift() : {}, rest);
}

// Messages put names between backticks.
function rich(text) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, index) => (index % 2 ? el("code", part) : part));
}

// A remedy may end in a JSON document, which is to be copied as it is.
function prose(text) {
  const at = text.search(/^[[{]$/m);
  if (at < 0) return [el("p", rich(text))];
  return [el("p", rich(text.slice(0, at).trim())), el("pre", { tabindex: "0" }, text.slice(at).trim())];
}

function replace(place, ...children) {
  place.replaceChildren(...children.flat(Infinity).filter((child) => child));
}

// At most once in a frame, however often it is asked for.
function eachFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

const ICONS = {
  chevron: "M6 3.5 10.5 8 6 12.5",
  external: "M6.5 3.5h-3v9h9v-3M9 3.5h3.5V7M12.5 3.5 7 9",
};
function icon(name) {
  return el(
    "svg:svg",
    { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    el("svg:path", { d: ICONS[name] }),
  );
}

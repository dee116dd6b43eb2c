// Which view is shown (the part of the address after #, so that a link leads to it), and the theme.

const VIEWS = [...document.querySelectorAll("[data-view]")].map((view) => view.dataset.view);

const route = {
  // What a view was asked to show last, to come back to; written to the address without a new entry in the history,
  // and not at each key: browsers count.
  states: new Map(),
  now: "",
  keep(view, state) {
    const kept = new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString();
    this.states.set(view, kept);
    byId(`to-${view}`).setAttribute("href", this.address(view));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now === view && keepPlace(), 200);
  },
  address(view) {
    const kept = this.states.get(view);
    return `#${view}${kept ? `?${kept}` : ""}`;
  },
};

function follow({ first = false } = {}) {
  if (location.hash === "#main") return;
  const [asked, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  const view = VIEWS.includes(asked) ? asked : VIEWS[0];
  const changed = view !== route.now;
  route.now = view;
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  for (const name of VIEWS) {
    if (name === view) {
      byId(`to-${name}`).setAttribute("aria-current", "page");
      byId(`to-${name}`).scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    } else byId(`to-${name}`).removeAttribute("aria-current");
  }
  const before = history.state?.top;
  if (changed) window.scrollTo({ top: 0, behavior: "instant" });
  panes[view]?.write(new URLSearchParams(query));
  if (before !== undefined) window.scrollTo({ top: before, behavior: "instant" });
  if (changed && !first) byId(`title-${view}`).focus({ preventScroll: true });
}

// Where one was is kept with the entry of the history, for Back to return to: what was asked to be shown, and how far
// it was scrolled.
history.scrollRestoration = "manual";
function keepPlace() {
  const [asked] = location.hash.slice(1).split("?");
  if (asked && asked !== route.now) return;
  const address = route.address(route.now);
  if (history.state?.top !== window.scrollY || address !== location.hash)
    history.replaceState({ top: window.scrollY }, "", address);
}
let scrolled;
window.addEventListener(
  "scroll",
  () => {
    clearTimeout(scrolled);
    scrolled = setTimeout(keepPlace, 200);
  },
  { passive: true },
);
// Before a link is followed: the timers may still run.
document.addEventListener(
  "click",
  () => {
    clearTimeout(scrolled);
    clearTimeout(route.timer);
    keepPlace();
  },
  { capture: true },
);

const THEMES = ["auto", "light", "dark"];
const remembered = {
  // A browser may refuse to keep anything for a page that is a file.
  get() {
    try {
      return localStorage.getItem("preflight-theme");
    } catch {
      return null;
    }
  },
  set(value) {
    try {
      localStorage.setItem("preflight-theme", value);
    } catch {
      // The choice holds for as long as the page is open.
    }
  },
};
function paint(theme) {
  document.documentElement.dataset.theme = theme;
  for (const box of document.querySelectorAll("[name=theme]")) box.checked = box.value === theme;
}

const panes = {};
if (data.audits.length) {
  panes.findings = new Findings(route);
  panes.escalation = new Escalation(route);
  panes.access = new AccessTable(route);
  panes.quotas = new Quotas(route);
}
if (data.accounts.length) panes.accounts = new Accounts(route);
panes.overview = new Overview();

const stored = remembered.get();
paint(THEMES.includes(stored) ? stored : "auto");
for (const box of document.querySelectorAll("[name=theme]"))
  box.addEventListener("change", () => {
    paint(box.value);
    remembered.set(box.value);
  });

window.addEventListener("hashchange", () => follow());
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-view]:not([hidden]) [type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
});
follow({ first: true });
document.documentElement.dataset.ready = "";

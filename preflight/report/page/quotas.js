// How much of each quota is in use. What is in use at most, where that is not certain, is hatched.

const MANY_QUOTAS = 200;
const quotas = data.quotas
  .map(([account, region, name, limit, used, most, unit]) => ({
    account,
    region,
    name,
    limit,
    used,
    most,
    unit,
    part: limit ? used / limit : Number(used > 0),
  }))
  .sort((one, other) => other.part - one.part || collator.compare(one.name, other.name));

function quotaRow(quota) {
  const limit = quota.limit ?? 0;
  const perhaps = quota.most === null ? 0 : Math.min(quota.most, limit || quota.most) - quota.used;
  const tone = quota.part >= 1 ? "error" : quota.part >= 0.8 ? "warning" : "used";
  const where = [quota.region, several && quota.account].filter(Boolean).join(" \u00b7 ");
  const share = limit ? ` (${Math.round(100 * quota.part)}%)` : "";
  const notes = [
    quota.limit === null ? "limit not known" : `${number(limit - quota.used)} ${quota.unit} free`,
    quota.most === null ? "at least; more may be in use" : perhaps > 0 && `perhaps ${number(quota.most)} in use`,
  ];
  return {
    title: el("span", quota.name, el("span", { class: "quiet" }, ` ${where}`)),
    value: `${number(quota.used)} of ${quota.limit === null ? "?" : number(limit)}${share}`,
    note: notes.filter(Boolean).join(" \u00b7 "),
    parts: [
      { value: Math.min(quota.used, limit), tone, word: `${quota.unit} in use` },
      { value: Math.max(0, perhaps), tone, hatched: true, word: `${quota.unit} perhaps in use` },
    ],
    of: limit,
  };
}

function quotaBars(chosen, name) {
  const list = el("ul", { class: "bars quotas", "aria-label": name });
  for (const quota of chosen) {
    const row = quotaRow(quota);
    list.append(...barList([row], row.of, name).children);
  }
  return list;
}

class Quotas {
  constructor(route) {
    this.route = route;
    this.form = byId("quota-filters");
    this.all = false;
    filters(this.form, () => this.apply());
    byId("quotas-more").addEventListener("click", () => {
      this.all = true;
      this.apply();
    });
  }

  write(wanted) {
    fill(this.form.elements.text, wanted.get("text"));
    this.form.elements.used.checked = wanted.get("used") !== "no";
    this.apply();
  }

  apply() {
    const { text, used } = this.form.elements;
    const words = wordsOf(text.value);
    const found = quotas.filter(
      (quota) =>
        (!used.checked || quota.used || quota.most !== 0) &&
        words.every((word) => `${quota.name} ${quota.region} ${quota.account}`.toLowerCase().includes(word)),
    );
    const few = this.all ? found : found.slice(0, MANY_QUOTAS);
    byId("quotas-count").textContent = `${number(found.length)} of ${counted(quotas.length, "quota")}`;
    replace(byId("quotas-bars"), few.length ? quotaBars(few, "Quotas, the fullest first") : null);
    byId("quotas-none").hidden = found.length > 0;
    byId("quotas-more").hidden = few.length === found.length;
    this.route.keep("quotas", { text: text.value.trim(), used: used.checked ? "" : "no" });
  }
}

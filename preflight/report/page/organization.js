// The first view of an organization's index: what could not be audited, and where most was found.

// What nothing is known of comes before what is.
function notAudited() {
  const failed = data.accounts.filter((row) => row.status === "failed");
  if (!failed.length) return "";
  const drawn = (chosen) =>
    el(
      "ul",
      { class: "plain-list" },
      chosen.map((row) => el("li", el("code", row.account), row.name && ` ${row.name}`, `: ${row.reason}`)),
    );
  return el(
    "section",
    { class: "card wide failing" },
    el("h2", `${number(failed.length)} of ${counted(data.accounts.length, "account")} could not be audited`),
    ...cut(failed, MANY_RULES, drawn, "accounts"),
  );
}

function accountLevels() {
  const counts = new Map(
    STATES.map((state) => [state, data.accounts.reduce((sum, row) => sum + row.counts[state], 0)]),
  );
  const all = [...counts.values()].reduce((sum, value) => sum + value, 0);
  const parts = states(counts);
  return el(
    "section",
    { class: "card wide" },
    el("h2", "Findings"),
    el(
      "ul",
      { class: "tiles" },
      STATES.map((state) => tile(state, counts.get(state), tileWord(state, counts.get(state)))),
    ),
    all > 0 && bar(parts, all, { label: `Findings by level: ${spoken(parts)}`, height: 12 }),
  );
}

function accountStatus() {
  const counts = tally(data.accounts, (row) => row.status);
  const rows = STATUSES.filter((status) => counts.has(status)).map((status) => ({
    href: `#accounts?${new URLSearchParams({ status })}`,
    title: { failed: "not audited", done: "audited", "left out": "left out" }[status],
    parts: [
      {
        value: counts.get(status),
        tone: { failed: "error", done: "used", "left out": "note" }[status],
        word: "accounts",
      },
    ],
    total: counts.get(status),
  }));
  return card("Accounts", "", barList(rows, data.accounts.length, "Accounts by whether they were audited"));
}

function accountAuthority() {
  const sum = (name) => data.accounts.reduce((total, row) => total + (row[name] ?? 0), 0);
  if (!data.accounts.some((row) => row.administrators !== undefined)) return "";
  return card(
    "Ways to administrator",
    "",
    el(
      "ul",
      { class: "tiles tiles-small" },
      tile("plain", sum("administrators"), "administrators"),
      tile(sum("escalating") ? "error" : "plain", sum("escalating"), "more can become one"),
    ),
  );
}

// Rules over all accounts, where the rows tell of them.
function accountRules() {
  const rows = data.accountRules;
  if (!rows.length) return "";
  return ruleBars(
    rows.map((row) => ({
      title: [el("span", { class: "id" }, row.rule), ` ${row.name}`],
      note: `in ${counted(row.accounts, "account")}`,
      parts: states(
        new Map([
          [row.level, row.fail],
          ["open", row.open],
        ]),
      ),
      total: row.fail + row.open,
    })),
  );
}

function accountWorst() {
  const worst = data.accounts
    .filter((row) => row.counts.error || row.counts.open)
    .sort((one, other) => other.counts.error - one.counts.error || other.counts.open - one.counts.open);
  const most = worst.reduce((largest, row) => Math.max(largest, row.counts.error + row.counts.open), 0);
  return el(
    "section",
    { class: "card wide" },
    el("h2", "Most errors"),
    worst.length
      ? barList(
          worst.slice(0, MANY_RULES).map((row) => ({
            href: row.href || null,
            title: [el("span", { class: "id" }, row.account), ` ${row.name}`],
            parts: states(
              new Map([
                ["error", row.counts.error],
                ["open", row.counts.open],
              ]),
            ),
            total: row.counts.error + row.counts.open,
          })),
          most,
          "Accounts with most errors",
        )
      : el("p", { class: "quiet" }, "No account has errors."),
  );
}

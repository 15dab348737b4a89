// SPDX-License-Identifier: Apache-2.0
// Beacons, the newest first, with the verdict beside each.

import { pick, writeAddress } from "./address.js";
import { element } from "./dom.js";
import { heading, total } from "./facts.js";
import { filterBar, FILTERS, nothingMatches } from "./filters.js";
import { duration, foreign, formatCount, instant, NOTHING } from "./format.js";
import { readList } from "./help.js";
import { table } from "./table.js";
import { verdict } from "./verdict.js";

const CHOICES = [
  ["page_group", "Page group"],
  ["session", "Session"],
];

const COLUMNS = [
  {
    id: "id",
    title: "Beacon",
    isHeading: true,
    cell: (row) =>
      element(
        "a",
        { href: writeAddress("beacon", { id: row.id }), "aria-label": `Beacon ${row.id}` },
        `#${row.id}`,
      ),
  },
  { id: "received_at", title: "Received", class: "clock", cell: (row) => instant(row.received_at, true) },
  { id: "verdict", title: "Verdict", class: "verdict-cell", cell: (row) => verdict(row) },
  {
    id: "page_group",
    title: "Page group",
    class: "wide",
    cell: (row) =>
      foreign(row.page_group, "a", { href: writeAddress("page-group", { name: row.page_group }) }),
  },
  { id: "t_done_ms", title: "Duration", numeric: true, cell: (row) => duration(row.t_done_ms) },
  { id: "session_id", title: "Session", class: "session", cell: session },
];

/** Name the view. */
export function title() {
  return "Beacons";
}

/** Read what it shows, and of a sandbox without a beacon how to connect to it. */
export async function load(parameters, signal) {
  const asked = pick(parameters, [...FILTERS, ...CHOICES.map(([name]) => name), "before"]);
  return readList("/api/view/beacons", asked, signal, (found) => found.total);
}

/** Describe it. */
export function show(context) {
  const { total: count, help } = context.data;
  return [
    heading("Beacons", { beside: total(formatCount(count, "beacon"), count) }),
    help === null && filterBar(context, { text: "Page group or session ID" }),
    chosen(context),
    help ?? rows(context),
  ];
}

function chosen(context) {
  const chips = CHOICES.filter(([name]) => context.parameters[name]).map(([name, label]) => {
    const value = context.parameters[name];
    const rest = writeAddress("beacons", { ...context.parameters, [name]: "", before: "" });
    const words = element("span", null, `${label}: `, foreign(value, "bdi"));
    return element(
      "li",
      { key: name, class: "chip" },
      words,
      element("a", { href: rest, "aria-label": `Remove the filter ${label}` }, "✕"),
    );
  });
  return chips.length > 0 && element("ul", { key: "chips", class: "chips" }, chips);
}

function rows(context) {
  const { beacons } = context.data;
  if (beacons.length === 0) {
    return context.parameters.before
      ? [element("p", { class: "empty" }, "There are no older beacons."), pages(context)]
      : nothingMatches(context, "beacon");
  }
  return [
    table({ caption: "Beacons, the newest first", columns: COLUMNS, rows: beacons, keyOf: (row) => row.id }),
    pages(context),
  ];
}

function pages(context) {
  const { beacons, more } = context.data;
  const { parameters } = context;
  const newest = parameters.before && writeAddress("beacons", { ...parameters, before: "" });
  const older = more && writeAddress("beacons", { ...parameters, before: beacons.at(-1).id });
  return element(
    "nav",
    { key: "pages", class: "pages", "aria-label": "Pages" },
    newest && element("a", { key: "newest", href: newest }, "Newest"),
    older && element("a", { key: "older", href: older }, "Older"),
  );
}

function session(row) {
  if (!row.session_id) {
    return element("span", { class: "absent" }, NOTHING);
  }
  return foreign(row.session_id, "a", {
    class: "code cut",
    href: writeAddress("session", { id: row.session_id }),
    title: row.session_id,
  });
}

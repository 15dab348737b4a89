// SPDX-License-Identifier: Apache-2.0
// Sessions: a row for each run that sent beacons.

import { pick, writeAddress } from "./address.js";
import { element } from "./dom.js";
import { heading, total } from "./facts.js";
import { filterBar, FILTERS, nothingMatches } from "./filters.js";
import { duration, foreign, formatCount, instant, NOTHING } from "./format.js";
import { readList } from "./help.js";
import { COUNTS } from "./page_groups.js";
import { readSorting, shorten, sortRows, table } from "./table.js";

const COLUMNS = [
  { id: "session", title: "Session", isHeading: true, sort: (row) => row.page_group, cell: name },
  {
    id: "started_at",
    title: "Started",
    numeric: true,
    sort: (row) => row.started_at && Date.parse(row.started_at),
    cell: (row) => instant(row.started_at),
  },
  { id: "duration_ms", title: "Duration", numeric: true, sort: spanMs, cell: (row) => duration(spanMs(row)) },
  ...COUNTS,
  {
    id: "has_run",
    title: "Run",
    sort: (row) => Number(row.has_run),
    cell: (row) => (row.has_run ? "reported" : element("span", { class: "absent" }, NOTHING)),
  },
];

/** Name the view. */
export function title() {
  return "Sessions";
}

/** Read what it shows, and of a sandbox without a session how to connect to it. */
export async function load(parameters, signal) {
  return readList("/api/view/sessions", pick(parameters, FILTERS), signal, (found) => found.sessions.length);
}

/** Describe it. */
export function show(context) {
  const { sessions, help } = context.data;
  return [
    heading("Sessions", { beside: total(formatCount(sessions.length, "session"), sessions.length) }),
    help === null && filterBar(context, { text: "Page group or session ID" }),
    help ?? rows(context, sessions),
  ];
}

function rows(context, sessions) {
  if (sessions.length === 0) {
    return nothingMatches(context, "session");
  }
  const [shown, more] = shorten(sortRows(sessions, COLUMNS, context.parameters), context, "rows");
  return [
    table({
      caption: "Sessions, that of the newest beacon first unless sorted otherwise",
      columns: COLUMNS,
      rows: shown,
      name: "rows",
      keyOf: (row) => row.session_id,
      sorting: readSorting(context.parameters, null),
      onSort: (order) => context.arrange(order),
    }),
    more,
  ];
}

function name(row) {
  return [
    foreign(row.page_group, "a", { href: writeAddress("session", { id: row.session_id }) }),
    foreign(row.session_id, "span", { class: "code under" }),
  ];
}

function spanMs(row) {
  return row.started_at ? Date.parse(row.ended_at) - Date.parse(row.started_at) : null;
}

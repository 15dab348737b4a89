// SPDX-License-Identifier: Apache-2.0
// Page groups: one row each, with the percentiles that mPulse shows.

import { pick, writeAddress } from "./address.js";
import { heading, total } from "./facts.js";
import { filterBar, FILTERS, nothingMatches } from "./filters.js";
import { alarm, duration, foreign, formatCount, formatNumber, instant } from "./format.js";
import { readList } from "./help.js";
import { sparkline } from "./sparkline.js";
import { readSorting, shorten, sortRows, table } from "./table.js";

const BY_NAME = { by: "page_group", descending: false };

/** The columns of counts, which sessions have too. */
export const COUNTS = [
  {
    id: "beacons",
    title: "Beacons",
    numeric: true,
    sort: (row) => row.beacons,
    cell: (row) => formatNumber(row.beacons),
  },
  {
    id: "invalid",
    title: "Invalid",
    numeric: true,
    sort: (row) => row.invalid,
    cell: (row) => alarm(row.invalid, "invalid"),
  },
  {
    id: "failures",
    title: "Failures",
    numeric: true,
    sort: (row) => row.failures,
    cell: (row) => alarm(row.failures, "failed"),
  },
];

/** The columns of counts and percentiles, which breakdowns have too. */
export const FIGURES = [
  ...COUNTS,
  percentile("median_ms", "Median"),
  percentile("p75_ms", "p75"),
  percentile("p95_ms", "p95"),
  percentile("p98_ms", "p98"),
];

const COLUMNS = [
  { id: "page_group", title: "Page group", isHeading: true, sort: (row) => row.page_group, cell: null },
  {
    id: "trend",
    title: "Trend",
    class: "trend",
    cell: (row) => sparkline(row.trend.map((point) => point.t_done_ms)),
  },
  ...FIGURES,
  {
    id: "last_seen",
    title: "Last seen",
    numeric: true,
    sort: (row) => Date.parse(row.last_seen),
    cell: (row) => instant(row.last_seen),
  },
];

/** Name the view. */
export function title() {
  return "Page groups";
}

/** Read what it shows, and of a sandbox without a beacon how to connect to it. */
export async function load(parameters, signal) {
  return readList("/api/view/page-groups", pick(parameters, FILTERS), signal, (found) => found.groups.length);
}

/** Describe it. */
export function show(context) {
  const { groups, help } = context.data;
  const beacons = groups.reduce((sum, row) => sum + row.beacons, 0);
  const count = `${formatCount(groups.length, "page group")}, ${formatCount(beacons, "beacon")}`;
  return [
    heading("Page groups", { beside: total(count, groups.length) }),
    help === null && filterBar(context, { text: "Page group" }),
    help ?? rows(context, groups),
  ];
}

function rows(context, groups) {
  if (groups.length === 0) {
    return nothingMatches(context, "page group");
  }
  const filters = pick(context.parameters, ["since_s", "valid"]);
  const columns = COLUMNS.map((column) =>
    column.cell ? column : { ...column, cell: (row) => name(row, filters) },
  );
  const sorted = sortRows(groups, columns, { sort: BY_NAME.by, ...context.parameters });
  const [shown, more] = shorten(sorted, context, "rows");
  return [
    table({
      caption: "Page groups with counts and percentiles of their page load times",
      columns,
      rows: shown,
      name: "rows",
      keyOf: (row) => row.page_group,
      sorting: readSorting(context.parameters, BY_NAME),
      onSort: (order) => context.arrange(order),
    }),
    more,
  ];
}

function name(row, filters) {
  return foreign(row.page_group, "a", {
    href: writeAddress("page-group", { name: row.page_group, ...filters }),
  });
}

function percentile(id, title) {
  return { id, title, numeric: true, sort: (row) => row[id], cell: (row) => duration(row[id]) };
}

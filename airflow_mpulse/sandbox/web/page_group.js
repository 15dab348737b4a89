// SPDX-License-Identifier: Apache-2.0
// One page group: durations over time, how they are distributed, and what they depend on.

import { pick, writeAddress } from "./address.js";
import { read } from "./api.js";
import { chart, loadLibrary, openBeacon } from "./charts.js";
import { element } from "./dom.js";
import { facts, heading, section } from "./facts.js";
import { selectField } from "./fields.js";
import { filterBar, isFiltered, nothingMatches } from "./filters.js";
import { distribution, overTime, tellPoint } from "./figures.js";
import { alarm, duration, foreign, formatCount, formatNumber, instant } from "./format.js";
import { FIGURES } from "./page_groups.js";
import { series } from "./series.js";
import { readSorting, sortRows, table } from "./table.js";

const KINDS = [
  { name: "succeeded", title: "Succeeded", symbol: "circle", mark: "●", size: 7, colour: "accent" },
  { name: "failed", title: "Failed", symbol: "x", mark: "✖", size: 9, colour: "bad" },
  { name: "invalid", title: "Invalid", symbol: "diamond-open", mark: "◇", size: 10, line: 2, colour: "warn" },
];
const HAS = ["since_s", "valid"];
const MOST = { by: "beacons", descending: true };

/** Name the view. */
export function title(parameters) {
  return parameters.name ?? "Page group";
}

/** Read what it shows. */
export async function load(parameters, signal) {
  // The charts come in the meantime; one that fails to is told of where it should stand.
  loadLibrary().catch(() => {});
  return read("/api/view/page-group", { name: "", ...pick(parameters, ["name", ...HAS]) }, signal);
}

/** Describe it. */
export function show(context) {
  const { data, parameters } = context;
  return [
    heading(parameters.name ?? "", { above: { href: "#/page-groups", words: "Page groups" } }),
    filterBar(context, { has: HAS }),
    data.summary.beacons === 0 && isFiltered(parameters)
      ? nothingMatches(context, "beacon of this page group")
      : figures(context),
  ];
}

function figures(context) {
  const { data } = context;
  return [
    summary(context),
    element("div", { key: "charts", class: "charts" }, durations(data.points), histogram(data.points)),
    section("breakdown", "Breakdown", breakdown(context)),
    section("series", "Custom timers and metrics", series(context)),
  ];
}

function summary({ data, parameters }) {
  const row = data.summary;
  const all = writeAddress("beacons", { page_group: row.page_group, ...pick(parameters, HAS) });
  const pairs = [
    ["Beacons", element("a", { href: all }, formatNumber(row.beacons))],
    ["Invalid", alarm(row.invalid, "invalid")],
    ["Failures", alarm(row.failures, "failed")],
    ["Median", duration(row.median_ms)],
    ["p75", duration(row.p75_ms)],
    ["p95", duration(row.p95_ms)],
    ["p98", duration(row.p98_ms)],
    ["Last seen", instant(row.last_seen)],
  ];
  return facts(pairs, "facts-figures");
}

function panel(id, words, ...content) {
  return element(
    "section",
    { key: id, class: "panel", "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, words),
    content,
  );
}

function durations(beacons) {
  const points = beacons.filter((beacon) => beacon.t_done_ms !== null).map(toPoint);
  const byId = new Map(points.map((point) => [point.id, point]));
  const drawn = chart({
    key: "durations",
    label: `Durations over time, ${formatCount(points.length, "beacon")}`,
    figure: overTime(points, KINDS, { isDuration: true }),
    open: openBeacon,
    tell: (id) => tellPoint(byId.get(id), true),
  });
  return panel("durations", "Durations over time", legend(points), drawn);
}

function toPoint({ id, at, t_done_ms: value, valid, failed }) {
  const kind = failed ? "failed" : "succeeded";
  return { id, at, value, kind: valid ? kind : "invalid" };
}

function legend(points) {
  const entries = KINDS.map(({ name, title: words, mark }) => {
    const count = points.filter((point) => point.kind === name).length;
    return element(
      "li",
      { key: name, class: `legend-${name}`, "data-count": count },
      element("span", { "aria-hidden": "true" }, mark),
      ` ${words} ${formatNumber(count)}`,
    );
  });
  return element("ul", { class: "chart-legend" }, entries);
}

function histogram(beacons) {
  const valuesMs = beacons
    .filter((beacon) => beacon.valid && beacon.t_done_ms !== null)
    .map((beacon) => beacon.t_done_ms);
  const count = formatCount(valuesMs.length, "valid duration");
  const label = `Distribution of ${count}`;
  const drawn = chart({ key: "distribution", label, figure: distribution(valuesMs) });
  return panel("distribution", "Distribution", element("p", { class: "chart-legend" }, count), drawn);
}

function breakdown(context) {
  const { breakdowns } = context.data;
  const names = Object.keys(breakdowns);
  const by = names.includes(context.parameters.by) ? context.parameters.by : names[0];
  if (by === undefined) {
    const words = "No beacon here has a custom dimension, an A/B bucket or a site version.";
    return element("p", { class: "hint" }, words);
  }
  const options = names.map((each) => [each, each]);
  const change = (event) => context.arrange({ by: event.target.value, sort: "", order: "" });
  const choice = selectField("breakdown-by", "Break down by", options, {
    name: "by",
    value: by,
    on: { change },
  });
  return [element("div", { key: "by", class: "filters" }, choice), values(context, by, breakdowns[by])];
}

function values(context, by, rows) {
  const name = {
    id: "value",
    title: by,
    isHeading: true,
    sort: (row) => row.value,
    cell: (row) => foreign(row.value),
  };
  const columns = [name, ...FIGURES];
  return table({
    caption: `Beacons by ${by}`,
    columns,
    rows: sortRows(rows, columns, context.parameters),
    keyOf: (row) => row.value,
    sorting: readSorting(context.parameters, MOST),
    onSort: (order) => context.arrange(order),
  });
}

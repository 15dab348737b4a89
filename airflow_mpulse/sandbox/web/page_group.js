// SPDX-License-Identifier: Apache-2.0
// One page group: durations over time, how they are distributed, and what they depend on.

import { pick, writeAddress } from "./address.js";
import { read } from "./api.js";
import { chart, loadLibrary } from "./charts.js";
import { element } from "./dom.js";
import { choice, filterBar, isFiltered, nothingMatches } from "./filters.js";
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
const MOST = { by: "beacons", descending: true };

/** Name the view. */
export function title(parameters) {
  return parameters.name ?? "Page group";
}

/** Read what it shows. */
export async function load(parameters, signal) {
  // The charts come in the meantime; one that fails to is told of where it should stand.
  loadLibrary().catch(() => {});
  return read("/api/view/page-group", { name: "", ...pick(parameters, ["name", "since_s", "valid"]) }, signal);
}

/** Describe it. */
export function show(context) {
  const { data, parameters } = context;
  return [
    element(
      "div",
      { class: "heading" },
      element("p", { class: "trail" }, element("a", { href: "#/page-groups" }, "Page groups"), " /"),
      foreign(parameters.name ?? "", "h1", { tabindex: "-1" }),
    ),
    filterBar(context, { has: ["since_s", "valid"] }),
    data.summary.beacons === 0 && isFiltered(parameters) ? nothingMatches(context, "beacon of this page group") : figures(context),
  ];
}

function figures(context) {
  const { data } = context;
  return [
    summary(context),
    element("div", { key: "charts", class: "charts" }, durations(data.points), histogram(data.points)),
    breakdown(context),
    series(context),
  ];
}

function summary(context) {
  const row = context.data.summary;
  const all = writeAddress("beacons", { page_group: row.page_group, ...pick(context.parameters, ["since_s", "valid"]) });
  const facts = [
    ["Beacons", element("a", { href: all }, formatNumber(row.beacons))],
    ["Invalid", alarm(row.invalid, "invalid")],
    ["Failures", alarm(row.failures, "failed")],
    ["Median", duration(row.median_ms)],
    ["p75", duration(row.p75_ms)],
    ["p95", duration(row.p95_ms)],
    ["p98", duration(row.p98_ms)],
    ["Last seen", instant(row.last_seen)],
  ];
  return element(
    "dl",
    { key: "summary", class: "facts facts-figures" },
    facts.map(([name, value]) => element("div", { key: name }, element("dt", null, name), element("dd", null, value))),
  );
}

function durations(beacons) {
  const points = beacons
    .filter((beacon) => beacon.t_done_ms !== null)
    .map(({ id, at, t_done_ms: value, valid, failed }) => ({ id, at, value, kind: valid ? (failed ? "failed" : "succeeded") : "invalid" }));
  return element(
    "section",
    { key: "durations", class: "panel", "aria-labelledby": "durations-title" },
    element("h2", { id: "durations-title" }, "Durations over time"),
    legend(points),
    chart({
      key: "durations",
      label: `Durations over time, ${formatCount(points.length, "beacon")}`,
      figure: overTime(points, KINDS, { isDuration: true }),
      open: openBeacon,
      tell: (id) => tellPoint(points.find((point) => point.id === id), true),
    }),
  );
}

function legend(points) {
  const entries = KINDS.map(({ name, title: words, mark }) => {
    const count = points.filter((point) => point.kind === name).length;
    return element("li", { key: name, class: `legend-${name}`, "data-count": count }, element("span", { "aria-hidden": "true" }, mark), ` ${words} ${formatNumber(count)}`);
  });
  return element("ul", { class: "chart-legend" }, entries);
}

function openBeacon(id) {
  location.hash = writeAddress("beacon", { id });
}

function histogram(beacons) {
  const valuesMs = beacons.filter((beacon) => beacon.valid && beacon.t_done_ms !== null).map((beacon) => beacon.t_done_ms);
  return element(
    "section",
    { key: "distribution", class: "panel", "aria-labelledby": "distribution-title" },
    element("h2", { id: "distribution-title" }, "Distribution"),
    chart({ key: "distribution", label: `Distribution of ${formatCount(valuesMs.length, "valid duration")}`, figure: distribution(valuesMs) }),
  );
}

function breakdown(context) {
  const { breakdowns } = context.data;
  const names = Object.keys(breakdowns);
  const by = names.includes(context.parameters.by) ? context.parameters.by : names[0];
  return element(
    "section",
    { key: "breakdown", "aria-labelledby": "breakdown-title" },
    element("h2", { id: "breakdown-title" }, "Breakdown"),
    by === undefined
      ? element("p", { class: "hint" }, "No beacon here has a custom dimension, an A/B bucket or a site version.")
      : [choiceOf(context, names, by), values(context, by, breakdowns[by])],
  );
}

function choiceOf(context, names, by) {
  const shown = { ...context, parameters: { ...context.parameters, by }, ask: (changes) => context.arrange({ ...changes, sort: "", order: "" }) };
  return element("div", { key: "by", class: "filters" }, choice(shown, "by", "Break down by", names.map((name) => [name, name])));
}

function values(context, by, rows) {
  const name = { id: "value", title: by, isHeading: true, sort: (row) => row.value, cell: (row) => foreign(row.value) };
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

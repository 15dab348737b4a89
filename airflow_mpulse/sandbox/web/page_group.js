// SPDX-License-Identifier: Apache-2.0
// One page group: durations over time, how they are distributed, and what they depend on.

import { pick, writeAddress } from "./address.js";
import { read } from "./api.js";
import { chart } from "./charts.js";
import { element } from "./dom.js";
import { choice, filterBar, isFiltered, nothingMatches } from "./filters.js";
import { distribution, overTime, tellPoint } from "./figures.js";
import { alarm, duration, foreign, formatCount, formatNumber, instant } from "./format.js";
import { FIGURES } from "./page_groups.js";
import { series } from "./series.js";
import { readSorting, table } from "./table.js";

const KINDS = [
  { name: "done", title: "Succeeded", symbol: "circle", size: 7, colour: "accent" },
  { name: "failed", title: "Failed", symbol: "x", size: 9, colour: "bad" },
  { name: "invalid", title: "Invalid", symbol: "diamond-open", size: 10, line: 2, colour: "warn" },
];
const MOST = { by: "beacons", descending: true };

/** Name the view. */
export function title(parameters) {
  return parameters.name ?? "Page group";
}

/** Read what it shows. */
export async function load(parameters, signal) {
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
    summary(data.summary),
    element("div", { key: "charts", class: "charts" }, durations(data.points), histogram(data.points)),
    breakdown(context),
    series(context),
  ];
}

function summary(row) {
  const all = writeAddress("beacons", { page_group: row.page_group });
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
    .map(({ id, at, t_done_ms: value, valid, failed }) => ({ id, at, value, kind: valid ? (failed ? "failed" : "done") : "invalid" }));
  return element(
    "section",
    { key: "durations", class: "panel", "aria-labelledby": "durations-title" },
    element("h2", { id: "durations-title" }, "Durations over time"),
    chart({
      key: "durations",
      label: `Durations over time, ${formatCount(points.length, "beacon")}`,
      figure: overTime(points, KINDS, { isDuration: true }),
      open: openBeacon,
      tell: (id) => tellPoint(points.find((point) => point.id === id), true),
    }),
  );
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
  return table({
    caption: `Beacons by ${by}`,
    columns: [{ id: "value", title: by, isHeading: true, sort: (row) => row.value, cell: (row) => foreign(row.value) }, ...FIGURES],
    rows,
    keyOf: (row) => row.value,
    sorting: readSorting(context.parameters, MOST),
    onSort: (order) => context.arrange(order),
  });
}

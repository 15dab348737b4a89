// SPDX-License-Identifier: Apache-2.0
// Custom timers and metrics of a page group, by the names that the app gives them.

import { chart, openBeacon } from "./charts.js";
import { element } from "./dom.js";
import { overTime, tellPoint } from "./figures.js";
import { duration, foreign, formatCount, formatNumber } from "./format.js";
import { table } from "./table.js";

const KINDS = [{ name: "sent", title: "Sent", symbol: "circle", size: 7, colour: "accent" }];

/** Describe the table of all, and the chart of the one that is chosen. */
export function series(context) {
  const rows = [...rowsOf("timer", context.data.timers), ...rowsOf("metric", context.data.metrics)];
  const chosen = rows.find((row) => row.id === context.parameters.series) ?? rows[0];
  if (chosen === undefined) {
    const words = "No beacon here has a custom timer or metric that the app defines.";
    return element("p", { class: "hint" }, words);
  }
  return [names(context, rows, chosen), overview(chosen)];
}

function rowsOf(kind, byName) {
  return Object.entries(byName).map(([name, points]) => {
    const sorted = points.map((point) => point.value).sort((one, other) => one - other);
    return {
      id: `${kind}:${name}`,
      kind,
      name,
      points,
      count: points.length,
      median: median(sorted),
      last: points.at(-1).value,
    };
  });
}

function median(sorted) {
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

function names(context, rows, chosen) {
  const show = (row) => {
    const attributes = {
      type: "button",
      class: "choose",
      "aria-pressed": String(row === chosen),
      on: { click: () => context.arrange({ series: row.id }) },
    };
    return foreign(row.name, "button", attributes);
  };
  const value = (row, number) =>
    row.kind === "timer" ? duration(number) : element("span", { "data-value": number }, formatNumber(number));
  return table({
    caption: "Custom timers and metrics; choose one to see it over time",
    columns: [
      { id: "name", title: "Name", isHeading: true, cell: show },
      { id: "kind", title: "Kind", cell: (row) => row.kind },
      { id: "count", title: "Count", numeric: true, cell: (row) => formatNumber(row.count) },
      { id: "median", title: "Median", numeric: true, cell: (row) => value(row, row.median) },
      { id: "last", title: "Last", numeric: true, cell: (row) => value(row, row.last) },
    ],
    rows,
    keyOf: (row) => row.id,
  });
}

function overview(row) {
  const isDuration = row.kind === "timer";
  const points = row.points.map((point) => ({ ...point, kind: "sent" }));
  const byId = new Map(points.map((point) => [point.id, point]));
  return element(
    "div",
    { class: "panel" },
    element("h3", null, foreign(row.name, "bdi"), " over time"),
    chart({
      key: "series",
      label: `${row.name} over time, ${formatCount(points.length, "beacon")}`,
      figure: overTime(points, KINDS, { isDuration }),
      open: openBeacon,
      tell: (id) => tellPoint(byId.get(id), isDuration),
    }),
  );
}

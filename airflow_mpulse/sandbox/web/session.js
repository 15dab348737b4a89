// SPDX-License-Identifier: Apache-2.0
// One session: a run and its tasks as a waterfall, from their beacons alone.

import { writeAddress } from "./address.js";
import { read } from "./api.js";
import { element } from "./dom.js";
import { facts, heading, section } from "./facts.js";
import { duration, foreign, formatCount, instant } from "./format.js";
import { shorten, table } from "./table.js";
import { waterfall } from "./waterfall.js";

const NO_RUN = "The run itself has sent no beacon yet, or reports itself elsewhere.";
const TOGETHER =
  "All tasks end at the same millisecond: who sent this knew how long they took, and not when. " +
  "MPulseBeaconOperator on Airflow 3 is told no more; the listener is.";

const COLUMNS = [
  {
    id: "label",
    title: "Bar",
    isHeading: true,
    cell: (bar) => foreign(bar.label, "a", { href: writeAddress("beacon", { id: bar.id }) }),
  },
  { id: "start_ms", title: "Start", numeric: true, cell: (bar) => instant(iso(bar.start_ms), true) },
  { id: "end_ms", title: "End", numeric: true, cell: (bar) => instant(iso(bar.end_ms), true) },
  { id: "duration_ms", title: "Duration", numeric: true, cell: (bar) => duration(bar.end_ms - bar.start_ms) },
  { id: "state", title: "State", cell: (bar) => bar.state && foreign(bar.state) },
  {
    id: "page_group",
    title: "Page group",
    class: "wide",
    cell: (bar) =>
      foreign(bar.page_group, "a", { href: writeAddress("page-group", { name: bar.page_group }) }),
  },
];

/** Name the view. */
export function title(parameters, data) {
  return `${nameOf(data)} – Session`;
}

/** Read what it shows. */
export async function load(parameters, signal) {
  return read("/api/view/session", { id: parameters.id ?? "" }, signal);
}

/** Describe it. */
export function show(context) {
  const { data } = context;
  const bars = data.run ? [{ ...data.run, isRun: true }, ...data.bars] : data.bars;
  return [
    heading(nameOf(data), { above: { href: "#/sessions", words: "Sessions" } }),
    overview(data, bars.length + data.untimed.length),
    bars.length > 0 && section("waterfall", "Waterfall", lanes(context, bars)),
    data.untimed.length > 0 && section("untimed", "Without a bar", untimed(data.untimed)),
  ];
}

function nameOf(data) {
  return data.run?.page_group ?? data.session_id;
}

function overview(data, count) {
  const spanMs = data.started_at ? Date.parse(data.ended_at) - Date.parse(data.started_at) : null;
  const all = writeAddress("beacons", { session: data.session_id });
  return facts([
    ["Started", instant(data.started_at, true)],
    ["Ended", instant(data.ended_at, true)],
    ["Duration", duration(spanMs)],
    ["Beacons", element("a", { href: all }, formatCount(count, "beacon"))],
    ["Session ID", foreign(data.session_id, "span", { class: "code" })],
  ]);
}

function lanes(context, bars) {
  const [shown, more] = shorten(bars, context, "bars");
  const caption = "Bars with their exact times";
  return [
    context.data.run === null && element("p", { key: "no-run", class: "hint" }, NO_RUN),
    endTogether(context.data.bars) && element("p", { key: "together", class: "hint" }, TOGETHER),
    waterfall(shown, bars),
    more,
    element(
      "details",
      { class: "exact" },
      element("summary", null, "Exact times as a table"),
      table({ caption, columns: COLUMNS, rows: shown, keyOf: (bar) => bar.id }),
    ),
  ];
}

function endTogether(tasks) {
  return tasks.length > 1 && tasks.every((bar) => bar.end_ms === tasks[0].end_ms);
}

function untimed(ids) {
  const links = ids.map((id) =>
    element("li", { key: id }, element("a", { href: writeAddress("beacon", { id }) }, `Beacon ${id}`)),
  );
  return [
    element("p", null, "These beacons of the session lack a start or an end that can be used:"),
    element("ul", { class: "inline-list" }, links),
  ];
}

function iso(epochMs) {
  return new Date(epochMs).toISOString();
}

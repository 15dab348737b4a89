// SPDX-License-Identifier: Apache-2.0
// One beacon: the verdict, every field with what it means, and what was sent.

import { writeAddress } from "./address.js";
import { read } from "./api.js";
import { copyable } from "./copy.js";
import { element } from "./dom.js";
import { facts, heading, section } from "./facts.js";
import { duration, foreign, formatInFull, instant } from "./format.js";
import { legend, sources } from "./sources.js";
import { table } from "./table.js";
import { findings, verdict } from "./verdict.js";

const COLUMNS = [
  { id: "name", title: "Field", isHeading: true, cell: fieldName },
  { id: "value", title: "Value", class: "value", cell: fieldValue },
  {
    id: "meaning",
    title: "Meaning",
    class: "meaning",
    cell: (field) => field.meaning ?? element("em", null, "not documented"),
  },
  { id: "unit", title: "Unit", cell: (field) => field.unit },
  { id: "source", title: "Source", cell: (field) => field.source && sources(field.source) },
];

// What the app calls these is said beside the field; of the others `shown` is the value as a person reads it.
const NAMED = /^c(?:met|dim)\./;
const INSTANT = "ms since the Unix epoch";

/** Name the view. */
export function title(parameters) {
  return `Beacon ${parameters.id ?? ""}`;
}

/** Read what it shows. */
export async function load(parameters, signal) {
  return read("/api/view/beacon", { id: parameters.id ?? "0" }, signal);
}

/** Describe it. */
export function show({ data }) {
  const all = data.verdict.findings;
  const texts = [...data.fields, ...all].map((each) => each.source);
  const caption = "Fields of the beacon, in the order sent";
  const fields = table({ caption, columns: COLUMNS, rows: data.fields, keyOf: (field) => field.name });
  return [
    heading(`Beacon ${data.id}`, { above: { href: "#/beacons", words: "Beacons" }, beside: verdict(data) }),
    overview(data),
    all.length > 0 ? findings(all) : element("p", { key: "fine" }, "Nothing is wrong with this beacon."),
    section("fields", "Fields", fields, legend(texts)),
    section("raw", "As it was sent", copyable(data.raw, "the raw form")),
  ];
}

function overview(data) {
  const { page_group: group, session_id: session } = data;
  const sessionAddress = writeAddress("session", { id: session });
  return facts([
    ["Page group", foreign(group, "a", { href: writeAddress("page-group", { name: group }) })],
    ["Duration", duration(data.t_done_ms)],
    ["Received", instant(data.received_at, true)],
    session && ["Session", foreign(session, "a", { class: "code", href: sessionAddress })],
    ["Sent by", foreign(data.user_agent || "no User-Agent"), ` with ${data.method}`],
  ]);
}

function fieldName(field) {
  const own = NAMED.test(field.name) && field.shown;
  return [element("code", { dir: "auto" }, field.name), own && foreign(own, "span", { class: "under" })];
}

function fieldValue(field) {
  const shown = NAMED.test(field.name) ? null : field.shown;
  const words = shown && field.unit === INSTANT ? formatInFull(Date.parse(shown)) : shown;
  return [
    field.value === "" ? element("em", null, "empty") : element("code", { dir: "auto" }, field.value),
    words && foreign(words, "span", { class: "under" }),
  ];
}

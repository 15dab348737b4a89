// SPDX-License-Identifier: Apache-2.0
// One beacon: the verdict, every field with what it means, and what was sent.

import { writeAddress } from "./address.js";
import { read } from "./api.js";
import { copyable } from "./copy.js";
import { element } from "./dom.js";
import { duration, foreign, formatInFull, instant } from "./format.js";
import { legend, sources } from "./sources.js";
import { table } from "./table.js";
import { findings, verdict } from "./verdict.js";

const COLUMNS = [
  { id: "name", title: "Field", isHeading: true, cell: name },
  { id: "value", title: "Value", class: "value", cell: value },
  { id: "meaning", title: "Meaning", class: "meaning", cell: (field) => field.meaning ?? element("em", null, "not documented") },
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
  const texts = [...data.fields, ...data.verdict.findings].map((each) => each.source);
  return [
    element(
      "div",
      { class: "heading" },
      element("p", { class: "trail" }, element("a", { href: "#/beacons" }, "Beacons"), " /"),
      element("h1", { tabindex: "-1" }, `Beacon ${data.id}`),
      verdict(data),
    ),
    facts(data),
    findings(data.verdict.findings),
    data.verdict.findings.length === 0 && element("p", { key: "fine", class: "hint" }, "Nothing is wrong with this beacon."),
    section("fields", "Fields", fields(data.fields), legend(texts)),
    section("raw", "As it was sent", copyable(data.raw, "the raw form")),
  ];
}

function section(id, name, ...content) {
  return element("section", { key: id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, name), content);
}

function fields(rows) {
  return table({ caption: "Fields of the beacon, in the order sent", columns: COLUMNS, rows, keyOf: (field) => field.name });
}

function facts(data) {
  const { page_group: group, session_id: session } = data;
  return element(
    "dl",
    { class: "facts" },
    fact("Page group", foreign(group, "a", { href: writeAddress("page-group", { name: group }) })),
    fact("Duration", duration(data.t_done_ms)),
    fact("Received", instant(data.received_at, true)),
    session && fact("Session", foreign(session, "a", { class: "code", href: writeAddress("session", { id: session }) })),
    fact("Sent by", foreign(data.user_agent || "no User-Agent", "span"), ` with ${data.method}`),
  );
}

function fact(name, ...content) {
  return element("div", { key: name }, element("dt", null, name), element("dd", null, content));
}

function name(field) {
  const own = NAMED.test(field.name) && field.shown;
  return [element("code", { dir: "auto" }, field.name), own && foreign(own, "span", { class: "under" })];
}

function value(field) {
  const shown = NAMED.test(field.name) ? null : field.shown;
  const words = shown && field.unit === INSTANT ? formatInFull(Date.parse(shown)) : shown;
  return [
    field.value === "" ? element("em", null, "empty") : element("code", { dir: "auto" }, field.value),
    words && foreign(words, "span", { class: "under" }),
  ];
}

// SPDX-License-Identifier: Apache-2.0
// One beacon: the verdict, every field with what it means, and what was sent.

import { writeAddress } from "./address.js";
import { read } from "./api.js";
import { copyable } from "./copy.js";
import { element } from "./dom.js";
import { duration, foreign, instant } from "./format.js";
import { legend, sources } from "./sources.js";
import { table } from "./table.js";
import { findings, verdict } from "./verdict.js";

const COLUMNS = [
  { id: "name", title: "Field", isHeading: true, cell: (field) => element("code", { dir: "auto" }, field.name) },
  { id: "value", title: "Value", class: "value", cell: value },
  { id: "meaning", title: "Meaning", cell: (field) => field.meaning ?? element("em", null, "not documented") },
  { id: "unit", title: "Unit", class: "unit", cell: (field) => field.unit },
  { id: "source", title: "Source", cell: (field) => field.source && sources(field.source) },
];

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
    section("fields", "Fields", table({ caption: "Fields of the beacon, in the order sent", columns: COLUMNS, rows: data.fields, keyOf: (field) => field.name, folds: true }), legend(texts)),
    section("raw", "As it was sent", copyable(data.raw, "the raw form")),
  ];
}

function section(id, name, ...content) {
  return element("section", { key: id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, name), content);
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

function value(field) {
  return [
    element("code", { dir: "auto" }, field.value === "" ? "(empty)" : field.value),
    field.shown && element("span", { class: "shown under", dir: "auto" }, field.shown),
  ];
}


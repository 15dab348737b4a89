// SPDX-License-Identifier: Apache-2.0
// A waterfall: each bar lies where its beacon says, on one axis for all of them.

import { writeAddress } from "./address.js";
import { element } from "./dom.js";
import { formatClock, formatDuration, formatInstant, formatNumber } from "./format.js";
import { marks } from "./time_scale.js";

const MARKS = 6;

/** Describe a waterfall of some bars, on the axis of all of them. */
export function waterfall(shown, all) {
  const startMs = Math.min(...all.map((bar) => bar.start_ms));
  const endMs = Math.max(...all.map((bar) => bar.end_ms));
  const axis = { startMs, spanMs: Math.max(endMs - startMs, 1) };
  return element(
    "div",
    { class: "waterfall", "data-start-ms": startMs, "data-end-ms": endMs },
    scale(axis),
    element("div", { class: "rules", "aria-hidden": "true" }, rules(axis)),
    element(
      "ol",
      { class: "lanes", "aria-label": "Bars by their start", "data-more": "bars" },
      shown.map((bar) => lane(bar, axis)),
    ),
  );
}

function scale(axis) {
  const all = marks(axis.spanMs, MARKS);
  const withMs = all.length > 1 && all[1] < 1000;
  return element(
    "div",
    { class: "scale", "aria-hidden": "true" },
    all.map((afterMs, index) =>
      element(
        "div",
        { key: index, class: markClass(index), style: { left: percent(afterMs / axis.spanMs) } },
        element("span", null, index === 0 ? "0" : `+${formatDuration(afterMs)}`),
        element("span", { class: "mark-clock" }, formatClock(axis.startMs + afterMs, withMs)),
      ),
    ),
  );
}

function rules(axis) {
  return marks(axis.spanMs, MARKS).map((afterMs, index) =>
    element("div", { key: index, class: markClass(index), style: { left: percent(afterMs / axis.spanMs) } }),
  );
}

function markClass(index) {
  // Every other one goes where there is little room.
  return index % 2 ? "mark mark-odd" : "mark";
}

function lane(bar, axis) {
  const tags = [bar.isRun && "run", bar.failed && "failed", !bar.valid && "invalid"].filter(Boolean);
  return element(
    "li",
    { key: bar.id, "data-key": bar.id, class: ["lane", ...tags.map((tag) => `lane-${tag}`)].join(" ") },
    element(
      "a",
      { href: writeAddress("beacon", { id: bar.id }) },
      element(
        "span",
        { class: "lane-name" },
        element("span", { class: "lane-label", dir: "auto", title: bar.label }, bar.label),
        tags.map((tag) => element("span", { key: tag, class: `tag tag-${tag}` }, tag)),
      ),
      track(bar, axis),
      exactly(bar),
    ),
  );
}

function track(bar, axis) {
  const [from, width] = [
    (bar.start_ms - axis.startMs) / axis.spanMs,
    (bar.end_ms - bar.start_ms) / axis.spanMs,
  ];
  return element(
    "span",
    { class: "track" },
    element(
      "span",
      {
        class: "wbar",
        "data-id": bar.id,
        "data-start-ms": bar.start_ms,
        "data-end-ms": bar.end_ms,
        "data-kind": bar.isRun ? "run" : "task",
        "data-failed": String(bar.failed),
        "data-valid": String(bar.valid),
        style: { left: percent(from), width: percent(width) },
      },
      element("span", { class: "wbar-duration" }, formatDuration(bar.end_ms - bar.start_ms)),
    ),
  );
}

function exactly(bar) {
  const times = `${formatInstant(bar.start_ms, true)} to ${formatInstant(bar.end_ms, true)}`;
  const state = bar.state ? `, ${bar.state}` : "";
  return element(
    "span",
    { class: "lane-exact" },
    `${times}, ${formatNumber(bar.end_ms - bar.start_ms)} ms${state}`,
  );
}

function percent(share) {
  return `${share * 100}%`;
}

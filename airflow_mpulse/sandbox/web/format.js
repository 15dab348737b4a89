// SPDX-License-Identifier: Apache-2.0
// Numbers, durations and instants as a person reads them. The exact value is kept beside each.

import { element } from "./dom.js";

// Intl would do as well, but the first of its formats takes longer to make than the whole first view to draw.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const THOUSANDS = /\B(?=(\d{3})+$)/g;
const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

export const NOTHING = "–";

/** Write a number with its thousands apart, to three decimals. */
export function formatNumber(number) {
  const [whole, decimals] = String(Math.round(number * 1000) / 1000).split(".");
  const apart = whole.replace(THOUSANDS, ",");
  return decimals === undefined ? apart : `${apart}.${decimals}`;
}

/** Write how many there are of something. */
export function formatCount(count, one, many = `${one}s`) {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Write milliseconds in the two largest units that fit. */
export function formatDuration(durationMs) {
  if (durationMs < 999.5) {
    return `${Math.round(durationMs)} ms`;
  }
  if (durationMs < 59_950) {
    return `${Number((durationMs / 1000).toFixed(durationMs < 9995 ? 2 : 1))} s`;
  }
  let restS = Math.round(durationMs / 1000);
  const parts = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(restS / size);
    restS -= count * size;
    if (count > 0 || parts.length > 0) {
      parts.push([count, unit]);
    }
  }
  return parts
    .slice(0, 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** Write the time of day, to the millisecond where asked for. */
export function formatClock(epochMs, withMs = false) {
  const time = new Date(epochMs);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part, 2)).join(":");
  return withMs ? `${clock}.${pad(time.getMilliseconds(), 3)}` : clock;
}

/** Write an instant, the day only where it is not today. */
export function formatInstant(epochMs, withMs = false) {
  const [now, then] = [new Date(), new Date(epochMs)];
  const clock = formatClock(epochMs, withMs);
  if (now.toDateString() === then.toDateString()) {
    return clock;
  }
  const day = `${then.getDate()} ${MONTHS[then.getMonth()]}`;
  return now.getFullYear() === then.getFullYear()
    ? `${day} ${clock}`
    : `${day} ${then.getFullYear()} ${clock}`;
}

/** Write an instant in full: day, time to the millisecond, and how far the clock here is from UTC. */
export function formatInFull(epochMs) {
  const time = new Date(epochMs);
  const ahead = -time.getTimezoneOffset();
  const zone = `${ahead < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(ahead) / 60), 2)}:${pad(Math.abs(ahead) % 60, 2)}`;
  return `${time.getDate()} ${MONTHS[time.getMonth()]} ${time.getFullYear()} ${formatClock(epochMs, true)} ${zone}`;
}

function pad(number, digits) {
  return String(number).padStart(digits, "0");
}

/** Describe a duration, or its absence. */
export function duration(durationMs) {
  if (durationMs === null || durationMs === undefined) {
    return element("span", { class: "absent" }, NOTHING);
  }
  const attributes = { class: "duration", title: `${formatNumber(durationMs)} ms`, "data-ms": durationMs };
  return element("span", attributes, formatDuration(durationMs));
}

/** Describe an instant, or its absence. */
export function instant(iso, withMs = false) {
  if (!iso) {
    return element("span", { class: "absent" }, NOTHING);
  }
  const epochMs = Date.parse(iso);
  const title = `${formatInFull(epochMs)}, ${new Date(epochMs).toISOString()}`;
  return element("time", { datetime: iso, title }, formatInstant(epochMs, withMs));
}

/** Describe a count that matters only where it is not zero. */
export function alarm(count, kind) {
  return element("span", { class: count > 0 ? `count count-${kind}` : "count absent" }, formatNumber(count));
}

/** Describe text of somebody else's, in whichever direction it is written. */
export function foreign(text, tag = "span", attributes = {}) {
  return element(tag, { dir: "auto", ...attributes }, text);
}

// SPDX-License-Identifier: Apache-2.0
// Numbers, durations and instants as a person reads them. The exact value is kept beside each.

import { element } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const LONG_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const UNITS = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

export const NOTHING = "–";

/** Name the time zone in which instants are shown. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "local time";

/** Write a number with its thousands apart. */
export function formatNumber(number) {
  return NUMBER.format(number);
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
  return parts.slice(0, 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** Write the time of day, to the millisecond where asked for. */
export function formatClock(epochMs, withMs = false) {
  const clock = CLOCK.format(epochMs);
  return withMs ? `${clock}.${String(new Date(epochMs).getMilliseconds()).padStart(3, "0")}` : clock;
}

/** Write an instant, the day only where it is not today. */
export function formatInstant(epochMs, withMs = false) {
  const clock = formatClock(epochMs, withMs);
  const [now, then] = [new Date(), new Date(epochMs)];
  if (now.toDateString() === then.toDateString()) {
    return clock;
  }
  return `${(now.getFullYear() === then.getFullYear() ? DAY : LONG_DAY).format(then)} ${clock}`;
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
  const title = `${LONG_DAY.format(epochMs)} ${formatClock(epochMs, true)} ${TIME_ZONE} = ${new Date(epochMs).toISOString()}`;
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

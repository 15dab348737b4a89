// SPDX-License-Identifier: Apache-2.0
// A trend so small that it stands in a row of a table.

import { element } from "./dom.js";
import { formatCount, formatDuration } from "./format.js";

const [WIDTH, HEIGHT, MARGIN] = [96, 24, 3];

/** Describe the page load times of a page group, the oldest on the left. */
export function sparkline(values) {
  if (values.length === 0) {
    return element("span", { class: "sparkline absent" }, "–");
  }
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, index) => [place(index, values.length), level(value, low, high)]);
  const label = `Last ${formatCount(values.length, "duration")}: from ${formatDuration(low)} to ${formatDuration(high)}, now ${formatDuration(values.at(-1))}`;
  const [x, y] = points.at(-1);
  return element(
    "svg",
    {
      class: "sparkline",
      role: "img",
      "aria-label": label,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
    },
    element("title", null, label),
    element("polyline", { points: points.map((point) => point.join(",")).join(" ") }),
    element("circle", { cx: x, cy: y, r: 2 }),
  );
}

function place(index, count) {
  const share = count === 1 ? 1 : index / (count - 1);
  return round(MARGIN + share * (WIDTH - 2 * MARGIN));
}

function level(value, low, high) {
  const share = high === low ? 0.5 : (value - low) / (high - low);
  return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN));
}

function round(number) {
  return Math.round(number * 10) / 10;
}

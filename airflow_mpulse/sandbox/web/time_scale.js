// SPDX-License-Identifier: Apache-2.0
// Where the marks of an axis stand: at whole seconds, minutes or hours, as a person would put them.

const [S, MIN, H, D] = [1000, 60_000, 3_600_000, 86_400_000];
const STEPS_MS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  S,
  2 * S,
  5 * S,
  10 * S,
  15 * S,
  30 * S,
  MIN,
  2 * MIN,
  5 * MIN,
  10 * MIN,
  15 * MIN,
  30 * MIN,
  H,
  2 * H,
  3 * H,
  6 * H,
  12 * H,
  D,
  2 * D,
  7 * D,
  28 * D,
];

/** Choose the distance between marks, so that at most so many fit. */
export function stepMs(spanMs, count) {
  const step = STEPS_MS.find((each) => spanMs / each <= count);
  return step ?? Math.ceil(spanMs / count / (28 * D)) * 28 * D;
}

/** Place marks from 0 to a duration, both in milliseconds. */
export function marks(spanMs, count) {
  const step = stepMs(spanMs, count);
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}

/** Sort durations into classes of one width: for each its start, its width and how many fall into it. */
export function classes(durationsMs, count) {
  const [low, high] = [Math.min(...durationsMs), Math.max(...durationsMs)];
  const width = stepMs(Math.max(high - low, 1), count);
  const first = Math.floor(low / width);
  const found = Array.from({ length: Math.floor(high / width) - first + 1 }, (_, index) => ({
    startMs: (first + index) * width,
    widthMs: width,
    count: 0,
  }));
  for (const durationMs of durationsMs) {
    found[Math.floor(durationMs / width) - first].count += 1;
  }
  return found;
}

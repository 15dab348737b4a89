// SPDX-License-Identifier: Apache-2.0
// Draws charts with plotly.js, which is loaded when the first chart is wanted. Colours follow the page's.

import { writeAddress } from "./address.js";
import { element } from "./dom.js";
import { whisper } from "./notice.js";

const CONFIG = { displayModeBar: false, showTips: false };
const COLOURS = ["ink", "ink-soft", "line", "paper", "accent", "bad", "warn", "bar"];

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -Infinity, End: Infinity };

const figures = new Map();
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => draw(target).catch(() => {})));
let library = null;

/**
 * Describe a chart. `figure` makes data and layout of colours and a width in pixels; `open` is called with the `customdata` of the
 * point that was chosen, by a click or by Enter; `tell` says a point in words, for the keyboard.
 */
export function chart({ key, label, figure, open = null, tell = null, size = "" }) {
  const hint = open ? "Arrow keys go from point to point, Enter opens one." : "";
  return element("div", {
    key,
    class: `chart ${size}`,
    role: open ? "application" : "img",
    tabindex: open ? "0" : undefined,
    "aria-label": `${label}. ${hint}`.trim(),
    "data-chart": key,
    drawn: (node) => keep(node, { figure, open, tell }),
  });
}

/** Go to the beacon that a point stands for. */
export function openBeacon(id) {
  location.hash = writeAddress("beacon", { id });
}

function keep(node, wanted) {
  const known = figures.get(node);
  if (known) {
    Object.assign(known, wanted);
  } else {
    figures.set(node, { ...wanted, drawn: "", index: -1 });
    node.addEventListener("keydown", (event) => press(node, event));
    sizes.observe(node);
  }
  draw(node).catch(() => node.replaceChildren("The chart could not be loaded."));
}

async function draw(node) {
  const plotly = await loadLibrary();
  forget(plotly);
  const kept = figures.get(node);
  if (!kept || !node.isConnected) {
    return;
  }
  const [width, height] = [node.clientWidth, node.clientHeight];
  const { data, layout } = kept.figure(readColours(), width);
  Object.assign(layout, { width, height });
  const wanted = JSON.stringify([data, layout]);
  if (wanted === kept.drawn) {
    return;
  }
  const isFirst = kept.drawn === "";
  if (isFirst) {
    node.replaceChildren();
  }
  kept.drawn = wanted;
  await plotly.react(node, data, layout, CONFIG);
  node.dataset.points = data.reduce((sum, trace) => sum + trace.x.length, 0);
  if (isFirst && kept.open) {
    node.on("plotly_click", ({ points }) => kept.open(points[0].customdata));
  }
}

/** Load the library, once. */
export function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("./plotly.min.js", import.meta.url);
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      library = null;
      reject(new Error("The library that draws charts could not be loaded."));
    });
    document.head.append(script);
  });
  return library;
}

function forget(plotly) {
  for (const node of figures.keys()) {
    if (!node.isConnected) {
      plotly.purge(node);
      sizes.unobserve(node);
      figures.delete(node);
    }
  }
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function press(node, event) {
  const kept = figures.get(node);
  const points = kept?.open ? pointsOf(node) : [];
  if (points.length === 0) {
    return;
  }
  if (event.key in STEPS) {
    event.preventDefault();
    step(kept, points.length, STEPS[event.key]);
    point(node, kept, points[kept.index]);
  } else if (event.key === "Enter" && kept.index >= 0) {
    event.preventDefault();
    kept.open(points[kept.index].customdata);
  } else if (event.key === "Escape") {
    kept.index = -1;
    window.Plotly.Fx.unhover(node);
  }
}

function step(kept, count, by) {
  // The first step leads to the newest, wherever it goes.
  const from = kept.index < 0 ? count - 1 - Math.sign(by) * Number(Number.isFinite(by)) : kept.index;
  kept.index = Math.min(Math.max(from + by, 0), count - 1);
}

function point(node, kept, { curveNumber, pointNumber, customdata }) {
  window.Plotly.Fx.hover(node, [{ curveNumber, pointNumber }]);
  node.dataset.at = customdata;
  whisper(kept.tell(customdata));
}

function pointsOf(node) {
  const traces = node.data ?? [];
  const points = traces.flatMap((trace, curveNumber) =>
    trace.x.map((x, pointNumber) => ({
      x,
      curveNumber,
      pointNumber,
      customdata: trace.customdata?.[pointNumber],
    })),
  );
  return points.sort((one, other) => (one.x < other.x ? -1 : 1));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const node of figures.keys()) {
    draw(node);
  }
});

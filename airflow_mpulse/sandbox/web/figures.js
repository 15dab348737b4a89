// SPDX-License-Identifier: Apache-2.0
// What the charts of a page group show, in the form that plotly.js takes. No name of somebody else's is in it:
// the library reads tags in text.

import { formatCount, formatDuration, formatInstant, formatNumber } from "./format.js";
import { classes, marks } from "./time_scale.js";

const FONT = {
  family: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  size: 12,
};

const [SECOND, MINUTE, DAY] = [1000, 60_000, 86_400_000];
const CLOCKS = [
  { dtickrange: [null, SECOND], value: "%H:%M:%S.%3f" },
  { dtickrange: [SECOND, MINUTE], value: "%H:%M:%S" },
  { dtickrange: [MINUTE, DAY], value: "%H:%M\n%-d %b" },
  { dtickrange: [DAY, null], value: "%-d %b" },
];

/** Show values over time; each point has `id`, `at`, `value` and `kind`. */
export function overTime(points, kinds, { isDuration }) {
  return (colours, width) => ({
    data: kinds.map((kind) =>
      trace(
        kind,
        points.filter((point) => point.kind === kind.name),
        colours,
        isDuration,
      ),
    ),
    layout: {
      ...base(colours),
      xaxis: {
        ...axis(colours),
        type: "date",
        showgrid: false,
        nticks: room(width, 110),
        tickformatstops: CLOCKS,
      },
      yaxis: {
        ...axis(colours),
        rangemode: "tozero",
        ...(isDuration ? durationTicks(points.map((point) => point.value)) : {}),
      },
      hovermode: "closest",
    },
  });
}

/** Show how often which durations occur. */
export function distribution(durationsMs) {
  return (colours, width) => {
    const found = durationsMs.length > 0 ? classes(durationsMs, 24) : [];
    const text = ({ startMs, widthMs, count }) =>
      `${formatDuration(startMs)} to ${formatDuration(startMs + widthMs)}: ${formatCount(count, "beacon")}`;
    return {
      data: [
        {
          type: "bar",
          x: found.map(({ startMs, widthMs }) => startMs + widthMs / 2),
          y: found.map(({ count }) => count),
          width: found.map(({ widthMs }) => widthMs),
          hovertext: found.map(text),
          hoverinfo: "text",
          marker: { color: colours.bar, line: { color: colours.paper, width: 1 } },
        },
      ],
      layout: {
        ...base(colours),
        xaxis: { ...axis(colours), showgrid: false, ...classTicks(found, room(width, 80)) },
        yaxis: { ...axis(colours), rangemode: "tozero", tickformat: ",d", ...countTicks(found) },
        bargap: 0,
      },
    };
  };
}

// Beacons are counted in whole numbers, so that a mark between two of them would repeat one.
function countTicks(found) {
  return Math.max(0, ...found.map(({ count }) => count)) <= 5 ? { dtick: 1 } : { nticks: 5 };
}

/** Say a point in words. */
export function tellPoint(point, isDuration) {
  const value = isDuration ? formatDuration(point.value) : formatNumber(point.value);
  const words = [value, formatInstant(Date.parse(point.at)), point.kind === "sent" ? "" : point.kind];
  return words.filter(Boolean).join(", ");
}

function trace(kind, points, colours, isDuration) {
  return {
    type: "scatter",
    mode: "markers",
    cliponaxis: false,
    name: kind.title,
    x: points.map((point) => local(point.at)),
    y: points.map((point) => point.value),
    customdata: points.map((point) => point.id),
    hovertext: points.map((point) => tellPoint(point, isDuration)),
    hoverinfo: "text",
    marker: {
      color: colours[kind.colour],
      symbol: kind.symbol,
      size: kind.size,
      line: { width: kind.line ?? 0, color: colours[kind.colour] },
    },
  };
}

function base(colours) {
  return {
    margin: { l: 64, r: 12, t: 12, b: 32 },
    font: { ...FONT, color: colours["ink-soft"] },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: {
      bgcolor: colours.paper,
      bordercolor: colours["ink-soft"],
      font: { ...FONT, color: colours.ink },
    },
    showlegend: false,
    dragmode: false,
  };
}

function axis(colours) {
  return {
    fixedrange: true,
    tickangle: 0,
    gridcolor: colours.line,
    linecolor: colours.line,
    zerolinecolor: colours.line,
    tickcolor: colours.line,
    automargin: true,
  };
}

function durationTicks(valuesMs) {
  const values = marks(Math.max(1, ...valuesMs) * 1.05, 5);
  return { tickvals: values, ticktext: values.map((value) => (value === 0 ? "0" : formatDuration(value))) };
}

function classTicks(found, count) {
  if (found.length === 0) {
    return {};
  }
  const every = Math.ceil(found.length / count);
  const edges = [...found.map(({ startMs }) => startMs), found.at(-1).startMs + found.at(-1).widthMs];
  const values = edges.filter((_, index) => index % every === 0);
  return { tickvals: values, ticktext: values.map(formatDuration) };
}

function room(width, each) {
  return Math.max(2, Math.floor((width - 76) / each));
}

function local(iso) {
  // The library takes a date without a zone as it stands, and shows others in UTC.
  const epochMs = Date.parse(iso);
  return new Date(epochMs - new Date(epochMs).getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
}

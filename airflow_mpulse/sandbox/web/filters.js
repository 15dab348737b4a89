// SPDX-License-Identifier: Apache-2.0
// What narrows a view down: text, time span and validity. They stand in the address.

import { writeAddress } from "./address.js";
import { element } from "./dom.js";
import { inputField, selectField } from "./fields.js";

const SPANS = [
  ["", "All time"],
  ["300", "Last 5 minutes"],
  ["900", "Last 15 minutes"],
  ["3600", "Last hour"],
  ["86400", "Last day"],
];
const VERDICTS = [
  ["", "All"],
  ["true", "Valid"],
  ["false", "Invalid"],
];
const TYPING_MS = 200;

/** The parameters that filter, as the sandbox's interface takes them. */
export const FILTERS = ["text", "since_s", "valid"];

/** Tell whether something is filtered out. */
export function isFiltered(parameters) {
  return FILTERS.some((name) => parameters[name]);
}

/** Describe the filters of a view. */
export function filterBar(context, { text = "", has = FILTERS } = {}) {
  const choice = (name, label, options) => {
    const change = (event) => context.ask({ [name]: event.target.value });
    const value = context.parameters[name] ?? "";
    return (
      has.includes(name) && selectField(`filter-${name}`, label, options, { name, value, on: { change } })
    );
  };
  return element(
    "form",
    { key: "filters", class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
    has.includes("text") && textField(context, text),
    choice("since_s", "Time span", spans(context.parameters.since_s)),
    choice("valid", "Validity", VERDICTS),
  );
}

/** Describe what is seen where the filters leave nothing. */
export function nothingMatches(context, what) {
  const all = writeAddress(context.name, { ...context.parameters, text: "", since_s: "", valid: "" });
  return element(
    "div",
    { key: "nothing", class: "empty" },
    element("p", null, `No ${what} matches these filters.`),
    element("p", null, element("a", { href: all }, "Clear the filters")),
  );
}

function textField(context, label) {
  const input = (event) => {
    const value = event.target.value.trim();
    clearTimeout(context.state.typing);
    context.state.typing = setTimeout(() => context.ask({ text: value }), TYPING_MS);
  };
  return inputField("filter-text", label, {
    type: "search",
    name: "text",
    value: context.parameters.text ?? "",
    on: { input },
  });
}

function spans(wanted) {
  const isKnown = !wanted || SPANS.some(([value]) => value === wanted);
  return isKnown ? SPANS : [...SPANS, [wanted, `Last ${wanted} seconds`]];
}

// SPDX-License-Identifier: Apache-2.0
// What a person presses and fills in: buttons, and fields with their labels.

import { element } from "./dom.js";

/** Describe a button. */
export function button(words, click, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click } }, words);
}

/** Describe a field to type into; its ID must be the page's only one of that name. */
export function inputField(id, label, attributes) {
  return field(
    id,
    label,
    element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", ...attributes }),
  );
}

/** Describe a choice between options, which are pairs of a value and what is read for it. */
export function selectField(id, label, options, attributes) {
  const all = options.map(([value, words]) => element("option", { key: value, value }, words));
  return field(id, label, element("select", { id, ...attributes }, all));
}

function field(id, label, control) {
  // Beside the control, not around it: else the options would be a part of the label.
  return element(
    "div",
    { key: id, class: "field", "data-field": control.attributes.name },
    element("label", { for: id }, label),
    control,
  );
}

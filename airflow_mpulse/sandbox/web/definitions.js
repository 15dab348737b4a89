// SPDX-License-Identifier: Apache-2.0
// Custom timers, metrics and dimensions of the app, to add and to remove.

import { element } from "./dom.js";
import { inputField } from "./fields.js";
import { foreign } from "./format.js";

const PLURALS = { timer: "timers", metric: "metrics", dimension: "dimensions" };
const PATH = "/api/app/definitions";

/** Describe the definitions of each kind. */
export function definitions(context, change) {
  return element(
    "section",
    { key: "definitions", "aria-labelledby": "definitions-title" },
    element("h2", { id: "definitions-title" }, "Definitions"),
    element("p", { class: "hint" }, "What a beacon carries beyond these is dropped, as by mPulse. Clients learn of a change with their next configuration."),
    element("div", { class: "cards" }, Object.entries(context.data.kinds).map(([kind, all]) => card(context, change, kind, all))),
  );
}

function card(context, change, kind, all) {
  const most = context.data.max_of_a_kind;
  return element(
    "section",
    { key: kind, class: "panel", "data-kind": kind, "aria-labelledby": `${kind}-title` },
    element("h3", { id: `${kind}-title` }, `Custom ${PLURALS[kind]}`, element("span", { class: "total" }, ` ${all.length} of ${most}`)),
    element("ul", { class: "definitions" }, all.map((each) => definition(change, kind, each))),
    form(change, kind, all.length >= most),
  );
}

function definition(change, kind, { name, label }) {
  const remove = () => change((api) => api.remove(PATH, { kind, name }), `Removed the custom ${kind} ${name}.`);
  return element(
    "li",
    { key: name, "data-name": name },
    element("span", { class: "definition" }, foreign(name), foreign(label, "code", { class: "under" })),
    element("button", { type: "button", class: "quiet", "aria-label": `Remove the custom ${kind} ${name}`, on: { click: remove } }, "Remove"),
  );
}

function form(change, kind, isFull) {
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const name = form.elements.name.value.trim();
    const wanted = { kind, name, label: form.elements.label.value.trim() };
    if (await change((api) => api.add(PATH, wanted), `Added the custom ${kind} ${name}.`)) {
      form.reset();
      form.elements.name.focus();
    }
  };
  return element(
    "form",
    { class: "add", "aria-label": `Add a custom ${kind}`, on: { submit } },
    inputField(`${kind}-name`, "Name", { name: "name", required: true, disabled: isFull, maxlength: "100" }),
    inputField(`${kind}-label`, "Label, if it matters", { name: "label", disabled: isFull, maxlength: "100" }),
    element("button", { type: "submit", disabled: isFull }, "Add"),
  );
}

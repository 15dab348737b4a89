// SPDX-License-Identifier: Apache-2.0
// Custom timers, metrics and dimensions of the app, to add and to remove.

import { element } from "./dom.js";
import { button, inputField } from "./fields.js";
import { foreign } from "./format.js";

const PLURALS = { timer: "timers", metric: "metrics", dimension: "dimensions" };
const PATH = "/api/app/definitions";

/** Describe the definitions of each kind. */
export function definitions(context, change) {
  const { kinds, max_of_a_kind: most } = context.data;
  const hint =
    "What a beacon carries beyond these is dropped, as by mPulse. " +
    "Clients learn of a change with their next configuration.";
  const cards = Object.entries(kinds).map(([kind, all]) => card(change, kind, all, most));
  return [element("p", { class: "hint" }, hint), element("div", { class: "cards" }, cards)];
}

function card(change, kind, all, most) {
  const count = element("span", { class: "total" }, ` ${all.length} of ${most}`);
  return element(
    "section",
    { key: kind, class: "panel", "data-kind": kind, "aria-labelledby": `${kind}-title` },
    element("h3", { id: `${kind}-title` }, `Custom ${PLURALS[kind]}`, count),
    element(
      "ul",
      { class: "definitions" },
      all.map((each) => definition(change, kind, each)),
    ),
    addForm(change, kind, all.length >= most),
  );
}

function definition(change, kind, { name, label }) {
  const words = `the custom ${kind} ${name}`;
  const remove = () => change((api) => api.remove(PATH, { kind, name }), `Removed ${words}.`);
  return element(
    "li",
    { key: name, "data-name": name },
    element("span", { class: "definition" }, foreign(name), foreign(label, "code", { class: "under" })),
    button("Remove", remove, { class: "quiet", "aria-label": `Remove ${words}` }),
  );
}

function addForm(change, kind, isFull) {
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const [name, label] = ["name", "label"].map((field) => form.elements[field].value.trim());
    if (await change((api) => api.add(PATH, { kind, name, label }), `Added the custom ${kind} ${name}.`)) {
      form.reset();
      form.elements.name.focus();
    }
  };
  const limits = { disabled: isFull, maxlength: "100" };
  return element(
    "form",
    { class: "add", "aria-label": `Add a custom ${kind}`, on: { submit } },
    inputField(`${kind}-name`, "Name", { name: "name", required: true, ...limits }),
    inputField(`${kind}-label`, "Label, if it matters", { name: "label", ...limits }),
    element("button", { type: "submit", disabled: isFull }, "Add"),
  );
}

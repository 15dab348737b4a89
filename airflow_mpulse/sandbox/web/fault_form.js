// SPDX-License-Identifier: Apache-2.0
// A form for any fault: where, which kind, how often, and what that kind takes.

import { element } from "./dom.js";
import { inputField, selectField } from "./fields.js";

const SETTINGS = {
  status: { label: "Status", type: "number", min: "200", max: "599" },
  retry_after: { label: "Retry-After, seconds or a date", type: "text" },
  location: { label: "Location", type: "text" },
  body: { label: "Body", type: "text" },
  beacon_url: { label: "beacon_url", type: "text", required: true },
  size_bytes: { label: "Size in bytes", type: "number", min: "1" },
};
const TOKENS = ["h.cr", "h.t", "h.key", "h.d"];

/** Describe the form. */
export function faultForm(context, change) {
  const kinds = context.data.fault_kinds;
  const on = context.state.on ?? "beacon";
  const kind = kinds[on][context.state.kind] ? context.state.kind : Object.keys(kinds[on])[0];
  const submit = async (event) => {
    event.preventDefault();
    const wanted = readForm(event.target, on, kind);
    await change((api) => api.add("/api/faults", wanted), `Scripted the fault ${kind} on ${on}.`);
  };
  return element(
    "form",
    { class: "add", "aria-label": "Script a fault", on: { submit } },
    select("On", "on", Object.keys(kinds), on, (value) => context.change({ on: value })),
    select("Kind", "kind", Object.keys(kinds[on]), kind, (value) => context.change({ kind: value })),
    input("Times, empty for always", {
      name: "times",
      type: "number",
      min: "1",
      max: "1000000",
      placeholder: "always",
    }),
    input("Delay in seconds", {
      name: "delay_s",
      type: "number",
      min: "0",
      max: "600",
      step: "any",
      placeholder: "0",
      required: kind === "delay",
    }),
    kinds[on][kind].map((name) => setting(name)),
    element("button", { key: "submit", type: "submit" }, "Script it"),
  );
}

function setting(name) {
  if (name === "field") {
    return select("Token", name, TOKENS, undefined, () => {});
  }
  const { label, ...attributes } = SETTINGS[name];
  return input(label, { name, ...attributes });
}

function readForm(form, on, kind) {
  const wanted = { on, kind, times: null };
  for (const field of form.elements) {
    if (field.name && field.value !== "" && !["on", "kind"].includes(field.name)) {
      wanted[field.name] = field.type === "number" ? Number(field.value) : field.value;
    }
  }
  return wanted;
}

function input(label, attributes) {
  return inputField(`new-fault-${attributes.name}`, label, attributes);
}

function select(label, name, options, value, choose) {
  const change = (event) => choose(event.target.value);
  return selectField(
    `new-fault-${name}`,
    label,
    options.map((option) => [option, option]),
    { name, value, on: { change } },
  );
}

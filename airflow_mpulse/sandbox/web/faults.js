// SPDX-License-Identifier: Apache-2.0
// Faults of the app: switches for the usual ones, and those that are still to come.

import { Refusal } from "./api.js";
import { element } from "./dom.js";
import { faultForm } from "./fault_form.js";
import { button } from "./fields.js";
import { foreign, formatCount } from "./format.js";

const PATH = "/api/faults";
const COMMON = ["on", "kind", "times", "left"];
const USUAL = [
  {
    title: "Rate limited",
    hint: "mPulse takes no beacons for now and says so in the configuration",
    fault: { on: "configuration", kind: "rate_limited" },
  },
  {
    title: "Collector fails",
    hint: "beacons are answered with 503 and lost",
    fault: { on: "beacon", kind: "status", status: 503 },
  },
  {
    title: "Configuration fails",
    hint: "configuration requests are answered with 503",
    fault: { on: "configuration", kind: "status", status: 503 },
  },
  {
    title: "Collector is slow",
    hint: "each beacon is answered after 5 seconds",
    fault: { on: "beacon", kind: "delay", delay_s: 5 },
  },
  {
    title: "App is suspended",
    hint: "configuration requests are answered with 204, without a configuration",
    fault: { on: "configuration", kind: "suspended" },
  },
];

/** Describe the faults. */
export function faults(context, change) {
  const hint =
    "See how a DAG reacts when mPulse is not well. " +
    "A client that has a configuration asks for the next one only when that is due.";
  return [
    element("p", { class: "hint" }, hint),
    element(
      "ul",
      { class: "switches" },
      USUAL.map((usual) => toggle(context, change, usual)),
    ),
    element("h3", null, "Still to come"),
    toCome(context.data.faults, change),
    element(
      "details",
      { class: "panel" },
      element("summary", null, "Script another fault"),
      faultForm(context, change),
    ),
  ];
}

function toggle(context, change, { title, hint, fault }) {
  const wanted = { ...fault, times: null };
  const isOn = find(context.data.faults, wanted) >= 0;
  const press = () =>
    isOn
      ? change((api) => takeBack(api, wanted), `${title}: off.`)
      : change((api) => api.add(PATH, wanted), `${title}: on.`);
  const id = `fault-${fault.on}-${fault.kind}`;
  const attributes = {
    role: "switch",
    class: "switch",
    "aria-checked": String(isOn),
    "aria-describedby": id,
  };
  const mark = element("span", { class: "switch-mark", "aria-hidden": "true" });
  return element(
    "li",
    { key: id },
    button([mark, title], press, attributes),
    element("span", { id, class: "under" }, hint),
  );
}

function toCome(all, change) {
  if (all.length === 0) {
    return element("p", { key: "none", class: "hint" }, "No fault: everything is answered as usual.");
  }
  const rows = all.map((fault, index) => row(change, fault, index));
  return element("ol", { key: "active", class: "active-faults" }, rows);
}

function row(change, fault, index) {
  const words = describe(fault);
  const remove = () => change((api) => takeBack(api, fault), `Removed the fault ${words}.`);
  const left = fault.left === null ? "until removed" : `${formatCount(fault.left, "turn")} left`;
  return element(
    "li",
    { key: index, "data-kind": fault.kind, "data-on": fault.on, "data-left": fault.left ?? "unlimited" },
    element("span", null, foreign(words), " ", element("span", { class: "total" }, left)),
    button("Remove", remove, { class: "quiet", "aria-label": `Remove the fault ${words}` }),
  );
}

function describe(fault) {
  const rest = Object.entries(fault)
    .filter(([name, value]) => !COMMON.includes(name) && value !== 0)
    .map(([name, value]) => `${name} ${value}`);
  return [`${fault.kind} on ${fault.on}`, ...rest].join(", ");
}

// Their places change as faults run out, so that it is looked up anew before one is removed.
async function takeBack(api, fault) {
  const index = find(await api.read(PATH), fault);
  if (index < 0) {
    throw new Refusal("That fault has run out already.", 404);
  }
  await api.remove(PATH, { index: String(index) });
}

function find(all, wanted) {
  return all.findIndex((fault) => identify(fault) === identify(wanted));
}

function identify(fault) {
  const settings = Object.entries({ delay_s: 0, ...fault }).filter(([name]) => name !== "left");
  return JSON.stringify(settings.sort());
}

// SPDX-License-Identifier: Apache-2.0
// The app that the sandbox plays: what it is called, what it defines, and what goes wrong with it.

import { add, read, remove } from "./api.js";
import { connectionLine } from "./connect.js";
import { copyable } from "./copy.js";
import { definitions } from "./definitions.js";
import { element } from "./dom.js";
import { faults } from "./faults.js";
import { foreign, formatCount } from "./format.js";
import { complain, tell } from "./notice.js";

/** Name the view. */
export function title() {
  return "App";
}

/** Read what it shows. */
export async function load(parameters, signal) {
  const [app, active, beacons] = await Promise.all([
    read("/api/app", {}, signal),
    read("/api/faults", {}, signal),
    read("/api/view/beacons", { limit: 1 }, signal),
  ]);
  return { ...app, faults: active, beacons: beacons.total };
}

/** Describe it. */
export function show(context) {
  const change = (work, done) => carryOut(context, work, done);
  return [
    element("div", { class: "heading" }, element("h1", { tabindex: "-1" }, "App")),
    identity(context),
    faults(context, change),
    definitions(context, change),
    beacons(context, change),
  ];
}

async function carryOut(context, work, done) {
  const section = document.activeElement?.closest("section[aria-labelledby]");
  try {
    await work({ add, read, remove });
  } catch (error) {
    complain(error.message);
    return false;
  }
  tell(done);
  await context.reload();
  keepFocus(section);
  return true;
}

function keepFocus(section) {
  // What had the focus may be gone; whoever uses the keyboard goes on from where it was.
  if (document.activeElement === document.body && section?.isConnected) {
    const heading = section.querySelector("h2, h3");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

function identity(context) {
  const { data, state } = context;
  const isShown = Boolean(state.secret);
  const press = () => context.change({ secret: !isShown });
  return element(
    "section",
    { key: "identity", "aria-labelledby": "identity-title" },
    element("h2", { id: "identity-title" }, "Identity"),
    element(
      "dl",
      { class: "facts" },
      fact("API key", element("code", null, data.api_key)),
      fact("Domain", element("code", null, data.domain)),
      fact(
        "REST API secret",
        element("code", { class: "secret" }, isShown ? data.rest_api_secret : "••••••••••••"),
        element("button", { type: "button", class: "quiet", "aria-pressed": String(isShown), on: { click: press } }, isShown ? "Hide the secret" : "Show the secret"),
      ),
    ),
    element("h3", null, "Connect Airflow"),
    copyable(connectionLine(data, location), "the connection"),
  );
}

function fact(name, ...content) {
  return element("div", { key: name }, element("dt", null, name), element("dd", null, content));
}

function beacons(context, change) {
  const count = context.data.beacons;
  const close = (event) => event.target.closest("dialog").close();
  const forget = async (event) => {
    close(event);
    await change((api) => api.remove("/api/beacons"), "All beacons are forgotten.");
  };
  const ask = (event) => event.target.closest("section").querySelector("dialog").showModal();
  return element(
    "section",
    { key: "beacons", "aria-labelledby": "forget-title" },
    element("h2", { id: "forget-title" }, "Beacons"),
    element("p", null, `The sandbox remembers ${formatCount(count, "beacon")}, 10,000 at most, until it is stopped.`),
    element("button", { type: "button", class: "danger", disabled: count === 0, on: { click: ask } }, "Forget all beacons"),
    element(
      "dialog",
      { "aria-labelledby": "forget-question" },
      element("h2", { id: "forget-question" }, "Forget all beacons?"),
      element("p", null, `${formatCount(count, "beacon")} and all that is made of them will be gone from every view.`),
      element(
        "div",
        { class: "buttons" },
        element("button", { type: "button", autofocus: true, on: { click: close } }, "Keep them"),
        element("button", { type: "button", class: "danger", on: { click: forget } }, "Forget them"),
      ),
    ),
  );
}

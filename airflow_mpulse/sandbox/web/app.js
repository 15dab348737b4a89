// SPDX-License-Identifier: Apache-2.0
// The app that the sandbox plays: what it is called, what it defines, and what goes wrong with it.

import { add, read, remove } from "./api.js";
import { connectionLine } from "./connect.js";
import { copyable } from "./copy.js";
import { definitions } from "./definitions.js";
import { element } from "./dom.js";
import { facts, heading, section } from "./facts.js";
import { faults } from "./faults.js";
import { button } from "./fields.js";
import { formatCount } from "./format.js";
import { complain, tell } from "./notice.js";

/** Name the view. */
export function title() {
  return "App";
}

/** Read what it shows. */
export async function load(parameters, signal) {
  const [app, active, newest] = await Promise.all([
    read("/api/app", {}, signal),
    read("/api/faults", {}, signal),
    read("/api/view/beacons", { limit: 1 }, signal),
  ]);
  return { ...app, faults: active, beacons: newest.total };
}

/** Describe it. */
export function show(context) {
  const change = (work, done) => carryOut(context, work, done);
  return [
    heading("App"),
    section("identity", "Identity", identity(context)),
    section("faults", "Faults", faults(context, change)),
    section("definitions", "Definitions", definitions(context, change)),
    section("memory", "Beacons", memory(context.data.beacons, change)),
  ];
}

async function carryOut(context, work, done) {
  const place = document.activeElement?.closest("section[aria-labelledby]");
  try {
    await work({ add, read, remove });
  } catch (error) {
    complain(error.message);
    return false;
  }
  tell(done);
  await context.reload();
  keepFocus(place);
  return true;
}

function keepFocus(place) {
  // What had the focus may be gone; whoever uses the keyboard goes on from where it was.
  if (document.activeElement === document.body && place?.isConnected) {
    const caption = place.querySelector("h2, h3");
    caption.tabIndex = -1;
    caption.focus({ preventScroll: true });
  }
}

function identity(context) {
  const { data, state } = context;
  const isShown = Boolean(state.secret);
  const press = () => context.change({ secret: !isShown });
  const words = isShown ? "Hide the secret" : "Show the secret";
  return [
    facts([
      ["API key", element("code", null, data.api_key)],
      ["Domain", element("code", null, data.domain)],
      [
        "REST API secret",
        element("code", { class: "secret" }, isShown ? data.rest_api_secret : "••••••••••••"),
        button(words, press, { class: "quiet" }),
      ],
    ]),
    element("h3", null, "Connect Airflow"),
    copyable(connectionLine(data, location), "the connection"),
  ];
}

function memory(count, change) {
  const close = (event) => event.target.closest("dialog").close();
  const forget = async (event) => {
    close(event);
    await change((api) => api.remove("/api/beacons"), "All beacons are forgotten.");
  };
  const ask = (event) => event.target.closest("section").querySelector("dialog").showModal();
  const beacons = formatCount(count, "beacon");
  return [
    element("p", null, `The sandbox remembers ${beacons}, 10,000 at most, until it is stopped.`),
    button("Forget all beacons", ask, { class: "danger", disabled: count === 0 }),
    element(
      "dialog",
      { "aria-labelledby": "forget-question" },
      element("h2", { id: "forget-question" }, "Forget all beacons?"),
      element("p", null, `${beacons} and all that is made of them will be gone from every view.`),
      element(
        "div",
        { class: "buttons" },
        button("Keep them", close, { autofocus: true }),
        button("Forget them", forget, { class: "danger" }),
      ),
    ),
  ];
}

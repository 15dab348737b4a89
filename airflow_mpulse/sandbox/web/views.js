// SPDX-License-Identifier: Apache-2.0
// The views by the name that stands in their address. All but the first are loaded when they are first looked at.

import * as pageGroups from "./page_groups.js";

const LOADERS = {
  "page-groups": async () => pageGroups,
  "page-group": () => import("./page_group.js"),
  sessions: () => import("./sessions.js"),
  session: () => import("./session.js"),
  beacons: () => import("./beacons.js"),
  beacon: () => import("./beacon.js"),
  app: () => import("./app.js"),
};

/** Which link of the navigation leads to where a view belongs. */
export const SECTIONS = {
  "page-groups": "page-groups",
  "page-group": "page-groups",
  sessions: "sessions",
  session: "sessions",
  beacons: "beacons",
  beacon: "beacons",
  app: "app",
};

/**
 * Find a view: `title` (of parameters), `load` (of parameters and a signal, what is shown) and `show` (of a
 * context, descriptions). Null where there is none of that name.
 */
export async function findView(name) {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]() : null;
}

/** Load the other views before anybody asks for them. */
export function loadAhead() {
  // One that fails now is asked for again when it is looked at.
  Promise.allSettled(Object.values(LOADERS).map((load) => load()));
}

// SPDX-License-Identifier: Apache-2.0
// What a list reads beside what it shows.

import { read } from "./api.js";

/** Read a list, and where it is empty although nothing is filtered out, what helps to fill it. */
export async function readList(path, parameters, signal, countOf) {
  const found = await read(path, parameters, signal);
  const isFiltered = Object.values(parameters).some((value) => value !== "");
  if (isFiltered || countOf(found) > 0) {
    return { ...found, help: null };
  }
  const [{ connectHelp }, app] = await Promise.all([import("./connect.js"), read("/api/app", {}, signal)]);
  return { ...found, help: connectHelp(app) };
}

// SPDX-License-Identifier: Apache-2.0
// Addresses: which view, and what it is asked to show, all of it after the #, so that it can be bookmarked.

/** Read an address: the view's name, and its parameters by name. */
export function readAddress(hash) {
  const [, name, query] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash);
  return { name: name || "page-groups", parameters: Object.fromEntries(new URLSearchParams(query)) };
}

/** Write an address; what is empty is left out. */
export function writeAddress(name, parameters = {}) {
  const query = writeQuery(parameters);
  return query ? `#/${name}?${query}` : `#/${name}`;
}

/** Write parameters as a query; what is empty is left out. */
export function writeQuery(parameters) {
  const kept = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return new URLSearchParams(kept).toString();
}

/** Choose parameters by name. */
export function pick(parameters, names) {
  return Object.fromEntries(
    names.filter((name) => name in parameters).map((name) => [name, parameters[name]]),
  );
}

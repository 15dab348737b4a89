// SPDX-License-Identifier: Apache-2.0
// What heads a view: its name, and the facts beneath.

import { element } from "./dom.js";

/** Describe a heading, with the list that the view belongs to and what is said beside the name. */
export function heading(title, { above = null, beside = null } = {}) {
  return element(
    "div",
    { key: "heading", class: "heading" },
    above && element("p", { class: "trail" }, element("a", { href: above.href }, above.words), " /"),
    element("h1", { tabindex: "-1", dir: "auto" }, title),
    beside,
  );
}

/** Describe how many of something there are, beside a heading; nothing where there is none. */
export function total(words, count) {
  return count > 0 && element("p", { class: "total" }, words);
}

/** Describe facts, which are pairs of a name and what is told; pairs that are not there are left out. */
export function facts(pairs, className = "") {
  return element(
    "dl",
    { key: "facts", class: `facts ${className}`.trim() },
    pairs
      .filter(Boolean)
      .map(([name, ...told]) =>
        element("div", { key: name }, element("dt", null, name), element("dd", null, told)),
      ),
  );
}

/** Describe a section with its heading. */
export function section(id, title, ...content) {
  return element(
    "section",
    { key: id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    content,
  );
}

// SPDX-License-Identifier: Apache-2.0
// What the sandbox thinks of a beacon: in a word for lists, in sentences for one beacon.

import { element } from "./dom.js";
import { formatCount } from "./format.js";
import { sources } from "./sources.js";

/** Describe a verdict in a word, told apart by shape and word, not by colour alone. */
export function verdict({ valid, failed, problems, warnings }) {
  const kind = valid ? (warnings > 0 ? "warned" : "valid") : "invalid";
  const count = valid ? warnings && formatCount(warnings, "warning") : formatCount(problems, "problem");
  return element(
    "span",
    { class: "verdicts" },
    element(
      "span",
      { class: `verdict verdict-${kind}`, "data-valid": String(valid) },
      valid ? "valid" : "invalid",
    ),
    count ? element("span", { class: "verdict-count" }, count) : null,
    failed && element("span", { class: "tag tag-failed" }, "failed"),
  );
}

/** Describe what is wrong, and how to mend it. */
export function findings(all) {
  const problems = all.filter((finding) => finding.is_problem);
  const warnings = all.filter((finding) => !finding.is_problem);
  return [
    problems.length > 0 &&
      list("Problems", "mPulse is expected to drop this beacon, or a part of it.", problems, "problem"),
    warnings.length > 0 &&
      list("Warnings", "mPulse takes this, though perhaps not as it was meant.", warnings, "warning"),
  ];
}

function list(title, meaning, all, kind) {
  return element(
    "section",
    { key: kind, class: `findings findings-${kind}`, "data-kind": kind },
    element("h2", null, title),
    element("p", { class: "hint" }, meaning),
    element(
      "ul",
      null,
      all.map((finding, index) => element("li", { key: index }, sentence(finding))),
    ),
  );
}

function sentence({ field, wrong, mend, source }) {
  return [
    element(
      "p",
      { class: "wrong" },
      element("code", { dir: "auto" }, field),
      ": ",
      element("span", { dir: "auto" }, `${wrong}.`),
    ),
    element(
      "p",
      { class: "mend" },
      element("strong", null, "To mend it: "),
      element("span", { dir: "auto" }, `${mend}.`),
      " ",
      sources(source),
    ),
  ];
}

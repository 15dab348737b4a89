// SPDX-License-Identifier: Apache-2.0
// Sentences for the person at the page: shown for a while, and read out by screen readers.

import { element, render } from "./dom.js";
import { button } from "./fields.js";

const SHOWN_MS = 6000;

let timer = 0;

/** Say that something was done; it goes away by itself. */
export function tell(sentence) {
  show(sentence, "done");
  timer = setTimeout(dismiss, SHOWN_MS);
}

/** Say what went wrong; it stays until it is dismissed or something else is said. */
export function complain(sentence) {
  show(sentence, "wrong");
}

/** Say something to screen readers alone. */
export function whisper(sentence) {
  document.getElementById("spoken").textContent = sentence;
}

function show(sentence, kind) {
  clearTimeout(timer);
  const close = button("Dismiss", dismiss, { class: "quiet" });
  const words = element("p", { dir: "auto" }, sentence);
  render(
    document.getElementById("notice"),
    element("div", { class: `notice notice-${kind}`, "data-kind": kind }, words, close),
  );
}

function dismiss() {
  clearTimeout(timer);
  render(document.getElementById("notice"));
}

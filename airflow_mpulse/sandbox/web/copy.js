// SPDX-License-Identifier: Apache-2.0
// Copying text, also where the browser offers no clipboard, as on an address without TLS that is not loopback.

import { element } from "./dom.js";
import { button } from "./fields.js";
import { complain, tell } from "./notice.js";

/** Describe a button that copies. */
export function copyButton(text, what) {
  const copy = async () => {
    if (await toClipboard(text)) {
      tell(`Copied ${what}.`);
    } else {
      complain("The browser did not copy it; select the text and copy it by hand.");
    }
  };
  return button("Copy", copy, { class: "copy", "aria-label": `Copy ${what}` });
}

/** Describe text to copy, with the button. */
export function copyable(text, what) {
  return element(
    "div",
    { class: "copyable" },
    element(
      "pre",
      { tabindex: "0", role: "region", "aria-label": what },
      element("code", { dir: "ltr" }, text),
    ),
    copyButton(text, what),
  );
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return bySelection(text);
  }
}

function bySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}

// SPDX-License-Identifier: Apache-2.0
// Listens for changes, and says whether it hears anything.

const AGAIN_MS = 1000;

/**
 * Listen until the page is closed. A page that nobody looks at does not listen: a browser opens only a few
 * connections to one place, and each page in a tab of its own would hold one.
 */
export function listen({ onChange, onReturn, onStatus }) {
  let source = null;
  let timer = 0;
  let isReturn = false;

  function open() {
    clearTimeout(timer);
    source = new EventSource("/api/events");
    source.addEventListener("open", () => {
      onStatus(true);
      isReturn && onReturn();
      isReturn = true;
    });
    source.addEventListener("changed", (event) => onChange(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      onStatus(false);
      if (source?.readyState === EventSource.CLOSED) {
        timer = setTimeout(open, AGAIN_MS);
      }
    });
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    close();
    if (!document.hidden) {
      open();
    }
  });
  open();
}

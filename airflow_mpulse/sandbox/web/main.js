// SPDX-License-Identifier: Apache-2.0
// The page: shows the view that the address names, and shows it again whenever something has changed.

import { readAddress, writeAddress } from "./address.js";
import { Refusal } from "./api.js";
import { element, render } from "./dom.js";
import { formatInFull } from "./format.js";
import { listen } from "./live.js";
import { findView, loadAhead, SECTIONS } from "./views.js";

const MAIN = document.getElementById("main");
const ROOT = document.documentElement;
// A view of the last five minutes changes although no beacon comes.
const SPAN_EVERY_MS = 10_000;
const PAUSE_MS = 200;

let visit = null;
let visits = 0;
let fetching = null;
let newest = null;
let isPausing = false;
let isStale = false;
let isFirst = true;

/** One visit to a view, from its address to the next: what it shows, and what the person has made of it. */
class Visit {
  constructor(address, arrival) {
    Object.assign(this, {
      ...address,
      arrival,
      key: (visits += 1),
      view: null,
      state: {},
      data: null,
      version: null,
    });
  }

  /** Ask for something else: filters and the like, which stand in the address. */
  ask(changes) {
    this.#write(changes);
    return load();
  }

  /** Show the same in another way, which stands in the address. */
  arrange(changes) {
    this.#write(changes);
    draw(this);
  }

  /** Show the same in another way, which is forgotten when the person leaves. */
  change(changes) {
    Object.assign(this.state, changes);
    draw(this);
  }

  /** Look again. */
  reload() {
    return load();
  }

  #write(changes) {
    this.parameters = { ...this.parameters, ...changes };
    history.replaceState(history.state, "", writeAddress(this.name, this.parameters));
  }
}

function navigate() {
  const arrival = visit === null ? null : { scroll: history.state?.scroll ?? 0 };
  delete ROOT.dataset.ready;
  visit = new Visit(readAddress(location.hash), arrival);
  load();
}

/** Look at what the view shows; whoever waits for it waits for what comes in its place, if something does. */
function load() {
  newest = fetchAndDraw();
  return newest;
}

async function fetchAndDraw() {
  fetching?.abort();
  const [controller, current, started] = [new AbortController(), visit, performance.now()];
  fetching = controller;
  isStale = false;
  MAIN.setAttribute("aria-busy", "true");
  try {
    await look(current, controller.signal);
    draw(current);
  } catch (error) {
    if (controller.signal.aborted) {
      return newest;
    }
    drawRefusal(current, toRefusal(error));
  }
  fetching = null;
  MAIN.removeAttribute("aria-busy");
  arrive(current);
  pause(Math.max(PAUSE_MS, 2 * (performance.now() - started)));
}

async function look(current, signal) {
  current.view ??= await findView(current.name);
  signal.throwIfAborted();
  if (current.view === null) {
    throw new Refusal("There is no such view.", 404);
  }
  const data = await current.view.load(current.parameters, signal);
  signal.throwIfAborted();
  Object.assign(current, { data, version: data.version });
}

function toRefusal(error) {
  if (error instanceof Refusal) {
    return error;
  }
  // Either a part of the page could not be loaded, or the page itself is wrong, which the console shall tell.
  reportError(error);
  return new Refusal("The page could not show this.", 0);
}

function draw(current) {
  if (current !== visit || current.data === null) {
    return;
  }
  const title = current.view.title(current.parameters, current.data);
  render(
    MAIN,
    element("div", { key: current.key, class: `view view-${current.name}` }, current.view.show(current)),
  );
  finish(current, title, current.version);
}

function drawRefusal(current, refusal) {
  if (refusal.status === 0 && current.data !== null) {
    // What was seen last stays; the header says that nothing new arrives.
    return;
  }
  const title = refusal.status === 404 ? "Not here" : "This cannot be shown";
  const rest = refusal.status === 0 ? "The page tries again by itself." : "";
  render(
    MAIN,
    element(
      "div",
      { key: `${current.key} refused`, class: "view" },
      element("h1", { tabindex: "-1" }, title),
      element("div", { class: "empty" }, element("p", null, `${refusal.message} ${rest}`)),
    ),
  );
  finish(current, title, `refused ${refusal.status}`);
}

function finish(current, title, version) {
  document.title = `${title} – mPulse sandbox`;
  for (const link of document.querySelectorAll("[data-nav]")) {
    const isHere = link.dataset.nav === SECTIONS[current.name];
    link.toggleAttribute("data-here", isHere);
    if (isHere) {
      link.setAttribute("aria-current", link.dataset.nav === current.name ? "page" : "true");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  ROOT.dataset.view = current.name;
  ROOT.dataset.ready = version;
  if (isFirst) {
    isFirst = false;
    (window.requestIdleCallback ?? setTimeout)(loadAhead);
  }
}

function arrive(current) {
  if (current.arrival) {
    MAIN.querySelector("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, current.arrival.scroll);
    current.arrival = null;
  }
}

function pause(pauseMs) {
  isPausing = true;
  setTimeout(() => {
    isPausing = false;
    loadIfStale();
  }, pauseMs);
}

function refresh() {
  isStale = true;
  loadIfStale();
}

function loadIfStale() {
  if (isStale && fetching === null && !isPausing && visit !== null) {
    load();
  }
}

function showStatus(isLive) {
  const live = document.getElementById("live");
  const words = isLive ? "Live" : "Not connected, trying again";
  if (live.textContent !== words) {
    live.dataset.live = isLive ? "on" : "off";
    live.textContent = words;
  }
}

function skip(event) {
  // What stands behind the # is the address of the view.
  event.preventDefault();
  MAIN.focus();
}

function rememberScroll() {
  let timer = 0;
  window.addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => history.replaceState({ scroll: window.scrollY }, ""), 100);
    },
    { passive: true },
  );
}

function start() {
  history.scrollRestoration = "manual";
  rememberScroll();
  window.addEventListener("hashchange", navigate);
  document.querySelector(".skip").addEventListener("click", skip);
  setInterval(() => visit?.parameters.since_s && !document.hidden && refresh(), SPAN_EVERY_MS);
  listen({
    onStatus: showStatus,
    // It may be another sandbox, which has counted just as far as the one before.
    onReturn: refresh,
    onChange: ({ version }) => version !== visit?.version && refresh(),
  });
  document.getElementById("zone").textContent =
    `Times are those of this browser, now ${formatInFull(Date.now()).slice(-6)} from UTC.`;
  navigate();
}

start();

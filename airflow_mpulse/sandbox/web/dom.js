// SPDX-License-Identifier: Apache-2.0
// A view is described by `element`, and `render` brings the description into the document. Only what differs is
// changed, so that focus, scroll, selected text and open details outlive an update. Text is always text.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = ["value", "checked"];
const SPECIAL = new Set(["key", "on", "style", "drawn", ...PROPERTIES]);

const identities = new WeakMap();
const descriptions = new WeakMap();
const listeners = new WeakMap();

/**
 * Describe an element. Beside attributes there are `key` (which child it is among its neighbours), `on` (event
 * handlers by type), `style` (declarations by name), `value` and `checked` (properties, left alone while a
 * person is at them), and `drawn` (is given the element, whose children are then its own business).
 */
export function element(tag, attributes, ...children) {
  return { tag, attributes: attributes ?? {}, children: flatten(children) };
}

/** Make a container hold what is described, and nothing else. */
export function render(container, ...children) {
  const focused = document.activeElement;
  reconcile(container, flatten(children));
  if (focused !== document.activeElement && focused?.isConnected) {
    focused.focus({ preventScroll: true });
  }
}

function flatten(children) {
  const present = children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false);
  return present.map((child) => (typeof child === "object" ? child : String(child)));
}

function reconcile(parent, children) {
  const wanted = identify(children);
  const present = new Map();
  for (const node of [...parent.childNodes]) {
    const identity = identities.get(node);
    if (wanted.has(identity)) {
      present.set(identity, node);
    } else {
      node.remove();
    }
  }
  let place = parent.firstChild;
  for (const [identity, child] of wanted) {
    const node = present.get(identity) ?? create(parent, child, identity);
    if (node === place) {
      place = place.nextSibling;
    } else {
      insert(parent, node, place);
    }
    update(node, child);
  }
}

function identify(children) {
  const wanted = new Map();
  const counts = {};
  for (const child of children) {
    const tag = typeof child === "string" ? "#text" : child.tag;
    const key = child.attributes?.key;
    counts[tag] = (counts[tag] ?? 0) + 1;
    wanted.set(key === undefined ? `${tag} ${counts[tag]}` : `${tag}=${key}`, child);
  }
  return wanted;
}

function create(parent, child, identity) {
  const node = typeof child === "string" ? document.createTextNode(child) : createElement(parent, child.tag);
  identities.set(node, identity);
  return node;
}

function createElement(parent, tag) {
  const isSvg = tag === "svg" || parent.namespaceURI === SVG;
  return isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
}

function insert(parent, node, place) {
  // Newer browsers move an element without taking it out, which keeps selected text selected.
  if (node.isConnected && parent.moveBefore) {
    parent.moveBefore(node, place);
  } else {
    parent.insertBefore(node, place);
  }
}

function update(node, child) {
  if (typeof child === "string") {
    if (node.data !== child) {
      node.data = child;
    }
    return;
  }
  const before = descriptions.get(node)?.attributes ?? {};
  descriptions.set(node, child);
  setAttributes(node, before, child.attributes);
  if (child.attributes.drawn) {
    child.attributes.drawn(node);
  } else {
    reconcile(node, child.children);
  }
  // The value of a choice can be set only when its options are there.
  setProperties(node, child.attributes);
}

function setAttributes(node, before, attributes) {
  for (const name of namesOf(before, attributes)) {
    if (!SPECIAL.has(name)) {
      setAttribute(node, name, before[name], attributes[name]);
    }
  }
  if (before.on ?? attributes.on) {
    listen(node, attributes.on);
  }
  setStyle(node, before.style ?? {}, attributes.style ?? {});
}

function namesOf(before, after) {
  return new Set([...Object.keys(before), ...Object.keys(after)]);
}

function setAttribute(node, name, before, value) {
  if (value === before) {
    return;
  }
  if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

function setStyle(node, before, style) {
  for (const name of namesOf(before, style)) {
    if (before[name] !== style[name]) {
      node.style.setProperty(name, style[name] ?? "");
    }
  }
}

function setProperties(node, attributes) {
  for (const name of PROPERTIES) {
    const value = attributes[name];
    if (value !== undefined && node !== document.activeElement && node[name] !== value) {
      node[name] = value;
    }
  }
}

function listen(node, handlers = {}) {
  let listener = listeners.get(node);
  if (!listener) {
    listener = { handlers, handleEvent: (event) => listener.handlers[event.type]?.(event) };
    listeners.set(node, listener);
  }
  listener.handlers = handlers;
  for (const type of Object.keys(handlers)) {
    // Adding the same listener again changes nothing.
    node.addEventListener(type, listener);
  }
}

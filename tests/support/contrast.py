# SPDX-License-Identifier: Apache-2.0
"""
How well text stands out from what is behind it, worked out from the colours that a browser has computed.

The formula is that of WCAG 2, 1.4.3: (lighter + 0.05) / (darker + 0.05), of relative luminances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.sandbox_window import Window

# Colours come in several notations; a canvas turns each into red, green, blue and alpha. What is translucent
# is laid over what is behind it, from the page's own ground up. Disabled controls are left out, as WCAG does.
_READ = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const read = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const parents = (element) => (element ? [...parents(element.parentElement), element] : []);
  const ground = (element) => parents(element).reduce(
    (below, each) => over(read(getComputedStyle(each).backgroundColor), below), read("canvas").slice(0, 3));
  const fade = (element) => parents(element).reduce((all, each) => all * getComputedStyle(each).opacity, 1);
  const luminance = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((each) => linear(each / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const measure = (element, colour, text, below = ground(element)) => {
    const [r, g, b, a] = read(colour);
    return { text, ratio: ratio(over([r, g, b, a * fade(element)], below), below) };
  };
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    const isThere = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return isThere && box.width > 1 && box.height > 1 && !element.closest(":disabled, .visually-hidden");
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const [text, element] = [walker.currentNode.data.trim(), walker.currentNode.parentElement];
    if (text && isSeen(element)) {
      const style = getComputedStyle(element);
      found.push(measure(element, element.closest("svg") ? style.fill : style.color, text));
    }
  }
  for (const field of document.querySelectorAll("input, select")) {
    if (isSeen(field)) {
      found.push(measure(field, getComputedStyle(field).color, field.value));
      const { color } = getComputedStyle(field, "::placeholder");
      field.placeholder && found.push(measure(field, color, field.placeholder));
    }
  }
  const paint = (selector, pseudo, property) => {
    for (const each of [...document.querySelectorAll(selector)].filter(isSeen)) {
      const colour = getComputedStyle(each, pseudo)[property];
      found.push({ ...measure(each, colour, selector, ground(each.parentElement)), isShape: true });
    }
  };
  paint(".sparkline polyline", null, "stroke");
  paint(".scatterlayer .points path", null, "stroke");
  paint(".barlayer .point path", null, "fill");
  // That of a failure is hatched.
  paint(".lane:not(.lane-failed) .wbar", "::before", "backgroundColor");
  paint(".switch-mark", null, "borderTopColor");
  paint("input, select", null, "borderTopColor");
  return found;
}"""


@dataclass(frozen=True)
class Contrast:
    """A text, or a shape that means something, and how well it stands out: from 1, not at all, to 21."""

    text: str
    ratio: float
    is_shape: bool


def read_contrasts(window: Window) -> list[Contrast]:
    """Measure every text that a window shows, and the shapes that mean something."""
    return [
        Contrast(each["text"], each["ratio"], each.get("isShape", False)) for each in window.evaluate(_READ)
    ]

# SPDX-License-Identifier: Apache-2.0
"""What a waterfall says, and what it draws: read from the page's elements and their places on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.support.sandbox_window import Window

_READ = """(waterfall) => [...waterfall.querySelectorAll(".wbar")].map((bar) => {
  const [track, box] = [bar.parentElement.getBoundingClientRect(), bar.getBoundingClientRect()];
  const label = bar.closest(".lane").querySelector(".lane-label").textContent;
  return { ...bar.dataset, label, left: box.left - track.left, width: box.width, track: track.width };
})"""


@dataclass(frozen=True)
class Bar:
    """What a bar says; times are milliseconds since the Unix epoch."""

    id: int
    label: str
    start_ms: int
    end_ms: int
    kind: str
    failed: bool
    valid: bool


@dataclass(frozen=True)
class Drawn:
    """Where a bar is drawn, by the scale of its track: milliseconds from its left edge, and per pixel."""

    left_ms: float
    width_ms: float
    ms_per_px: float


@dataclass(frozen=True)
class Waterfall:
    """A waterfall's axis, its bars from the top, and where these are drawn."""

    start_ms: int
    end_ms: int
    bars: list[Bar]
    drawn: list[Drawn]


def read_waterfall(window: Window) -> Waterfall:
    """Read the waterfall of the session that a window shows."""
    waterfall = window.main.locator(".waterfall")
    expect(waterfall).to_be_visible()
    start_ms, end_ms = (int(waterfall.get_attribute(f"data-{name}-ms") or "") for name in ("start", "end"))
    found = waterfall.evaluate(_READ)
    bars = [
        Bar(
            int(each["id"]),
            each["label"],
            int(each["startMs"]),
            int(each["endMs"]),
            kind=each["kind"],
            failed=each["failed"] == "true",
            valid=each["valid"] == "true",
        )
        for each in found
    ]
    scales = [(end_ms - start_ms) / each["track"] for each in found]
    drawn = [
        Drawn(each["left"] * scale, each["width"] * scale, scale)
        for each, scale in zip(found, scales, strict=True)
    ]
    return Waterfall(start_ms, end_ms, bars, drawn)

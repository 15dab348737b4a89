# SPDX-License-Identifier: Apache-2.0
"""Tests of points in time that processes hand to each other."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from airflow_mpulse.delivery.moments import Moment, read_seconds, system_moment

NOON = Moment(1_772_366_400.0, 1000.0, "this start")

ELAPSED = {
    "same moment": (NOON, 0.0),
    "later": (replace(NOON, wall_s=NOON.wall_s + 60, uptime_s=1060.0), 60.0),
    "earlier": (replace(NOON, wall_s=NOON.wall_s - 60, uptime_s=940.0), None),
    "clock set back": (replace(NOON, wall_s=NOON.wall_s - 86_400, uptime_s=1060.0), 60.0),
    "clock set forward": (replace(NOON, wall_s=NOON.wall_s + 86_400, uptime_s=1060.0), 60.0),
    "started anew": (Moment(NOON.wall_s + 60, 5.0, "next start"), 60.0),
    "started anew, long ago": (Moment(NOON.wall_s + 60, 5000.0, "next start"), 60.0),
    "started anew, clock set back": (Moment(NOON.wall_s - 60, 5000.0, "next start"), None),
    "start not told any more": (Moment(NOON.wall_s + 60, 5.0, ""), 60.0),
}


@pytest.mark.parametrize(("now", "elapsed_s"), ELAPSED.values(), ids=ELAPSED)
def test_elapsed_time(now: Moment, elapsed_s: float | None) -> None:
    """Within one start of the machine its uptime tells how long ago, else the clock; never less than 0."""
    assert now.elapsed_s(NOON) == elapsed_s


def test_elapsed_time_where_no_start_is_told() -> None:
    """Where the system does not name its start, the clock alone tells how long ago, whatever the uptime."""
    since = replace(NOON, boot_id="")
    assert replace(since, wall_s=since.wall_s + 5, uptime_s=0.0).elapsed_s(since) == 5.0
    assert replace(since, wall_s=since.wall_s - 5, uptime_s=9999.0).elapsed_s(since) is None


def test_moment_comes_back() -> None:
    """A moment that was written as JSON is read as the same moment."""
    assert Moment.from_json(json.loads(json.dumps(NOON.to_json()))) == NOON
    now = system_moment()
    assert Moment.from_json(json.loads(json.dumps(now.to_json()))) == now


@pytest.mark.parametrize(
    "written",
    [None, 5, "noon", {}, [], [1, 2], [1, 2, "x", 4], ["1", 2, "x"], [1, None, "x"], [1, 2, 3]],
    ids=repr,
)
def test_what_is_no_moment_is_refused(written: Any) -> None:
    """What is no moment is a ValueError."""
    with pytest.raises(ValueError, match="not a"):
        Moment.from_json(written)


@pytest.mark.parametrize(
    "written", ["1", None, [], float("nan"), float("inf"), -float("inf"), 10**400], ids=str
)
def test_number_that_cannot_be_reckoned_with_is_refused(written: Any) -> None:
    """What is no finite number is a ValueError, a whole number beyond all bounds too."""
    with pytest.raises(ValueError, match="not a number of seconds"):
        read_seconds(written)


@pytest.mark.parametrize("written", [0, -5, 2.5, 10**300])
def test_number_is_read(written: float) -> None:
    """A finite number is read as a float."""
    assert read_seconds(written) == float(written)
    assert isinstance(read_seconds(written), float)


def test_present_is_the_systems() -> None:
    """The present is the system's time, of one start of the machine, and goes on."""
    before_s = time.time()
    first, second = system_moment(), system_moment()
    assert before_s <= first.wall_s <= second.wall_s <= time.time()
    assert first.boot_id == second.boot_id
    elapsed_s = second.elapsed_s(first)
    assert elapsed_s is not None
    assert 0 <= elapsed_s < 60

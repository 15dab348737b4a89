# SPDX-License-Identifier: Apache-2.0
"""Tests of what a process believes of a shared configuration, and for how long."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.exceptions import (
    ConfigurationRefusedError,
    ConnectionFailedError,
)
from tests.support.machines import EVERYTHING, NOON_S, REFRESH, Machine, crumb, is_whole
from tests.support.values import make_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "cache")


@pytest.mark.parametrize("step_s", [1.0, 7.0, 60.0])
def test_no_token_is_older_than_nine_minutes(machine: Machine, step_s: float) -> None:
    """With a service that stays away, no process uses a token beyond nine minutes after it came."""
    machine.process().get()
    machine.ends = {number: ConnectionFailedError("away") for number in range(2, 10_000)}
    used_until_s = 0.0
    while machine.elapsed_s < 1200.0:
        try:
            assert machine.process(clock_from_s=machine.elapsed_s).get().h_t == 1
            used_until_s = machine.elapsed_s
        except ConnectionFailedError:
            assert machine.elapsed_s >= 540.0
        machine.go_on(step_s)
    assert 540.0 - step_s <= used_until_s < 540.0


def test_token_that_came_old_is_not_shared_for_longer(machine: Machine) -> None:
    """A token that was seven minutes old when it came is used for two, by every process."""
    machine.ends[1] = Fetched(make_answer(), fresh_s=300.0, usable_s=120.0)
    machine.process().get()
    machine.go_on(119.0)
    machine.process().get()
    assert len(machine.asked) == 1
    machine.go_on(1.0)
    assert machine.process().get().h_t == 2


def test_tokens_stay_together(machine: Machine) -> None:
    """Whatever refreshes bring, each process has h.t and h.cr of one answer, and never one of each."""
    machine.ends = {2: {"h.cr": None}, 3: {"h.t": "no number"}, 4: {"h.cr": ""}, 6: {"h.cr": crumb(5)}}
    seen = set()
    for _ in range(1000):
        config = machine.process().get()
        assert is_whole(config)
        seen.add(config.h_t)
        machine.go_on(1.0)
    assert {1, 5, 7} <= seen


def test_refresh_keeps_definitions(machine: Machine) -> None:
    """A process that takes over new tokens has all that the refresh did not bring."""
    first = machine.process().get()
    machine.go_on(300.0)
    machine.process().get()
    third = machine.process().get()
    assert (third.h_t, third.timers, third.beacon_url) == (2, first.timers, first.beacon_url)


@pytest.mark.parametrize("by_s", [-86_400.0, -600.0, 600.0, 86_400.0])
def test_clock_that_is_set_changes_nothing(machine: Machine, by_s: float) -> None:
    """A clock that is set while the machine runs makes no token look younger or older than it is."""
    machine.process().get()
    machine.go_on(299.0)
    machine.wall_s += by_s
    assert machine.process().get().h_t == 1
    assert len(machine.asked) == 1
    machine.ends = {number: ConnectionFailedError("away") for number in range(2, 100)}
    machine.go_on(240.0)
    assert machine.process().get().h_t == 1
    machine.go_on(1.0)
    with pytest.raises(ConnectionFailedError):
        machine.process().get()


def test_machine_that_was_started_anew(machine: Machine) -> None:
    """After a start the clock tells how old a token is, and one that came later than now is not used."""
    machine.process().get()
    machine.boot_id = "second start"
    machine.go_on(60.0)
    assert machine.process().get().h_t == 1
    machine.wall_s = NOON_S - 1.0
    assert machine.process().get().h_t == 2


def test_refusal_of_the_future_is_not_believed(machine: Machine) -> None:
    """A refusal that was met later than now, by a clock that was set back since, is not repeated."""
    machine.ends[1] = ConfigurationRefusedError("no", status_code=403)
    with pytest.raises(ConfigurationRefusedError):
        machine.process().get()
    machine.boot_id, machine.wall_s = "second start", NOON_S - 86_400.0
    assert machine.process().get().h_t == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"{"),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_text(path.read_text().replace('"version": 1', '"version": 2')),
        lambda path: path.write_text(path.read_text().replace('"h.cr"', '"no.cr"')),
        lambda path: path.write_text(path.read_text().replace("17de4c15.akstat.io", "user:pass@evil")),
        lambda path: path.chmod(0o666),
        lambda path: path.unlink() or os.mkfifo(path),
        lambda path: path.unlink(),
    ],
    ids=["no JSON", "cut off", "version", "no token", "other host", "writable", "pipe", "removed"],
)
def test_file_that_cannot_be_used_is_made_anew(machine: Machine, damage: Callable[[Path], object]) -> None:
    """What cannot be used is passed over by one process, which asks, and mends it for the others."""
    machine.process().get()
    damage(machine.file)
    assert machine.process().get().h_t == 2
    assert machine.process().get().h_t == 2
    assert machine.asked == [EVERYTHING, EVERYTHING]


def test_times_beyond_all_bounds_are_not_believed(machine: Machine) -> None:
    """A file that says a token is good for a year is believed for nine minutes, and fresh for five."""
    machine.process().get()
    written = json.loads(machine.file.read_bytes())
    written["answer"]["fresh_s"] = written["answer"]["usable_s"] = 86_400.0 * 365
    machine.file.write_text(json.dumps(written))
    machine.go_on(299.0)
    assert machine.process().get().h_t == 1
    machine.ends = {number: ConnectionFailedError("away") for number in range(2, 100)}
    machine.go_on(1.0)
    assert machine.process().get().h_t == 1
    assert machine.asked == [EVERYTHING, REFRESH]
    machine.go_on(240.0)
    with pytest.raises(ConnectionFailedError):
        machine.process().get()


def test_folder_that_is_removed_is_made_again(machine: Machine) -> None:
    """When somebody removes the folder, one process asks and the next ones find its answer."""
    machine.process().get()
    for each in machine.path.iterdir():
        each.unlink()
    machine.path.rmdir()
    assert machine.process().get().h_t == 2
    assert machine.process().get().h_t == 2


def test_failed_refresh_on_request_leaves_what_is_shared(machine: Machine) -> None:
    """When refresh=True finds the service away, the configuration that others use stays."""
    machine.process().get()
    machine.ends[2] = ConnectionFailedError("away")
    with pytest.raises(ConnectionFailedError):
        machine.process().get(refresh=True)
    assert machine.process().get().h_t == 1
    assert len(machine.asked) == 2

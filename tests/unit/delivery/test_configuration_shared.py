# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration among processes: one asks, the others find what it got."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.config_store import FileStore
from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.exceptions import (
    ConfigurationNotJsonError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    DeliveryError,
    MPulseRateLimitedError,
    ServicePausedError,
    TokenError,
    UnexpectedReplyError,
)
from tests.support.locks import locked_elsewhere
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.protocol.config import BeaconConfig

SETTINGS = ServiceSettings("mpulse_default", API_KEY, "www.example.com")
EVERYTHING = None
REFRESH = "//17de4c15.akstat.io/"
NOON_S = 1_772_366_400.0


def crumb(number: int) -> str:
    return f"{number:040x}"


@dataclass
class Machine:
    """
    A machine with a clock that may be set, whose processes ask one service.

    Each answer of the service bears a number, from 1; what it ends with may be told beforehand.
    """

    path: Path
    elapsed_s: float = 0.0
    wall_s: float = NOON_S
    boot_id: str = "first start"
    asked: list[str | None] = field(default_factory=list)
    ends: dict[int, Exception | dict[str, Any] | Fetched] = field(default_factory=dict)
    #: What is done while the service is being asked.
    meanwhile: Callable[[], object] = lambda: None

    def go_on(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.wall_s += seconds

    def moment(self) -> Moment:
        return Moment(self.wall_s, 5000.0 + self.elapsed_s, self.boot_id)

    def fetch(self, refreshed_beacon_url: str | None, persist: bool) -> Fetched:
        self.asked.append(refreshed_beacon_url)
        number = len(self.asked)
        self.meanwhile()
        end = self.ends.get(number, {})
        if isinstance(end, Exception):
            raise end
        if isinstance(end, Fetched):
            return end
        tokens = {"h.t": number, "h.cr": crumb(number)}
        answer = tokens if refreshed_beacon_url else make_answer(h__t=number, h__cr=crumb(number))
        return Fetched({**answer, **end}, fresh_s=300.0, usable_s=540.0)

    def process(self, *, clock_from_s: float = 0.0, max_wait_s: float = 15.0) -> ConfigurationKeeper:
        """Start a process, whose own clock began at some time of its own."""
        return ConfigurationKeeper(
            SETTINGS,
            self.fetch,
            lambda: clock_from_s + self.elapsed_s,
            lambda _: None,
            store=FileStore(PrivateFolder(self.path), "key", self.go_on),
            moment=self.moment,
            max_wait_s=max_wait_s,
        )

    @property
    def file(self) -> Path:
        return self.path / "key.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "key.lock"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "cache")


def is_whole(config: BeaconConfig) -> bool:
    return config.h_cr == crumb(config.h_t)


def test_many_processes_ask_once(machine: Machine) -> None:
    """Of a hundred processes within five minutes the first one asks, and all have its configuration."""
    configs = []
    for number in range(100):
        configs.append(machine.process(clock_from_s=1000.0 * number).get())
        machine.go_on(2.9)
    assert machine.asked == [EVERYTHING]
    assert {config.h_t for config in configs} == {1}
    assert all(config == configs[0] for config in configs)


def test_each_refresh_is_made_by_one(machine: Machine) -> None:
    """In an hour of short processes, one asks for everything and one for new tokens each five minutes."""
    for _ in range(3600):
        config = machine.process().get()
        assert is_whole(config)
        machine.go_on(1.0)
    assert machine.asked == [EVERYTHING, *[REFRESH] * 11]


def test_running_processes_take_over_a_refresh(machine: Machine) -> None:
    """A process whose configuration is not fresh any more finds what another one has refreshed."""
    first, second = machine.process(), machine.process(clock_from_s=77.0)
    assert (first.get().h_t, second.get().h_t) == (1, 1)
    machine.go_on(300.0)
    assert second.get().h_t == 2
    assert first.get().h_t == 2
    assert machine.asked == [EVERYTHING, REFRESH]
    machine.go_on(299.0)
    assert (first.get().h_t, second.get().h_t, len(machine.asked)) == (2, 2, 2)


def test_others_go_on_while_one_refreshes(machine: Machine) -> None:
    """While another process refreshes, what is still valid is used at once, without asking or waiting."""
    machine.process().get()
    machine.go_on(300.0)
    with locked_elsewhere(machine.lock_file):
        assert machine.process().get().h_t == 1
        assert machine.process().get().h_t == 1
    assert machine.elapsed_s == 300.0
    assert machine.asked == [EVERYTHING]
    assert machine.process().get().h_t == 2


def get_behind_another(machine: Machine, other: Machine) -> BeaconConfig:
    """Ask for a configuration while another process asks, which is done with it a second later."""
    PrivateFolder(machine.path).ensure()
    with locked_elsewhere(machine.lock_file) as holder:

        def wait(seconds: float) -> None:
            machine.go_on(seconds)
            if machine.elapsed_s > 1.0 and not other.asked:
                holder.kill()
                holder.wait()
                other.elapsed_s, other.wall_s = machine.elapsed_s, machine.wall_s
                with suppress(DeliveryError):
                    other.process().get()

        return ConfigurationKeeper(
            SETTINGS,
            machine.fetch,
            lambda: machine.elapsed_s,
            lambda _: None,
            store=FileStore(PrivateFolder(machine.path), "key", wait),
            moment=machine.moment,
        ).get()


def test_first_configuration_is_waited_for(machine: Machine) -> None:
    """A process that has nothing waits for the one that asks, and takes what that one has got."""
    other = Machine(machine.path)
    config = get_behind_another(machine, other)
    assert (config.h_t, other.asked, machine.asked) == (1, [EVERYTHING], [])
    assert 1.0 < machine.elapsed_s < 1.1


def test_wait_for_another_process_is_bounded(machine: Machine) -> None:
    """A process that has nothing waits no longer than it may for one that hangs, and asks itself then."""
    PrivateFolder(machine.path).ensure()
    with locked_elsewhere(machine.lock_file):
        assert machine.process(max_wait_s=3.0).get().h_t == 1
    assert machine.elapsed_s == pytest.approx(3.0)


def test_refusal_is_shared(machine: Machine) -> None:
    """What mPulse has refused to one process, no other one asks for within a minute."""
    machine.ends[1] = ConfigurationRefusedError("no", status_code=403)
    for _ in range(60):
        with pytest.raises(ConfigurationRefusedError, match="no"):
            machine.process().get()
        machine.go_on(1.0)
    assert machine.asked == [EVERYTHING]
    assert machine.process().get().h_t == 2


def test_refusal_of_a_refresh_reaches_all(machine: Machine) -> None:
    """When a refresh is refused, a process whose token would still be good is refused as well."""
    first, second = machine.process(), machine.process()
    assert (first.get().h_t, second.get().h_t) == (1, 1)
    machine.go_on(300.0)
    machine.ends[2] = MPulseRateLimitedError("slow down", status_code=420, retry_after_s=120.0)
    for process in (first, second, machine.process()):
        with pytest.raises(MPulseRateLimitedError, match="slow down"):
            process.get()
    machine.go_on(119.0)
    with pytest.raises(MPulseRateLimitedError):
        machine.process().get()
    assert machine.asked == [EVERYTHING, REFRESH]
    machine.go_on(1.0)
    assert machine.process().get().h_t == 3


@pytest.mark.parametrize("asked_s", [1e9, 3601.0])
def test_refusal_ends_after_an_hour(machine: Machine, asked_s: float) -> None:
    """However long mPulse asks to wait, it is asked again after an hour."""
    machine.ends[1] = MPulseRateLimitedError("slow down", status_code=420, retry_after_s=asked_s)
    with pytest.raises(MPulseRateLimitedError):
        machine.process().get()
    machine.go_on(3599.0)
    with pytest.raises(MPulseRateLimitedError):
        machine.process().get()
    machine.go_on(1.0)
    assert machine.process().get().h_t == 2


def test_refresh_on_request_ends_a_refusal_for_all(machine: Machine) -> None:
    """When one process asks in spite of a refusal and gets an answer, the others find it."""
    machine.ends[1] = ConfigurationRefusedError("no", status_code=403)
    refused = machine.process()
    with pytest.raises(ConfigurationRefusedError):
        refused.get()
    machine.go_on(1.0)
    assert machine.process().get(refresh=True).h_t == 2
    assert refused.get().h_t == 2
    assert machine.process().get().h_t == 2
    assert len(machine.asked) == 2


AWAY = [
    ConnectionFailedError("away"),
    UnexpectedReplyError("away", status_code=500),
    ConfigurationNotJsonError("away", status_code=200),
    TokenError("away"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_failure_is_not_for_those_who_come_later(machine: Machine, error: DeliveryError) -> None:
    """A service that one process could not reach is asked by the next one."""
    machine.ends[1] = error
    with pytest.raises(type(error), match="away"):
        machine.process().get()
    machine.go_on(0.001)
    assert machine.process().get().h_t == 2


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_failure_is_shared_with_those_who_waited(machine: Machine, error: DeliveryError) -> None:
    """A process that has waited for one which failed ends in the same error, and does not ask anew."""
    other = Machine(machine.path, ends={1: error})
    with pytest.raises(type(error), match="away") as caught:
        get_behind_another(machine, other)
    assert (other.asked, machine.asked) == ([EVERYTHING], [])
    assert caught.value.retryable is error.retryable


def test_pause_is_not_shared_as_a_failure(machine: Machine) -> None:
    """A process that did not ask, since mPulse is left alone, leaves nothing for the others to find."""
    machine.ends[1] = ServicePausedError("left alone", retry_after_s=5.0)
    with pytest.raises(ServicePausedError):
        machine.process().get()
    assert not machine.file.exists()


def test_failed_refresh_is_not_tried_by_each(machine: Machine) -> None:
    """When a refresh fails, all go on with the old token, and one of them tries anew after ten seconds."""
    machine.process().get()
    machine.ends = {number: ConnectionFailedError("away") for number in range(2, 100)}
    machine.go_on(300.0)
    for _ in range(100):
        assert machine.process().get().h_t == 1
        machine.go_on(1.0)
    assert machine.asked == [EVERYTHING, *[REFRESH] * 10]


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

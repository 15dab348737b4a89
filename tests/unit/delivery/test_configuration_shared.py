# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration among processes: one asks, the others find what it got."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.config_store import FileStore
from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.private_folder import PrivateFolder
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
from tests.support.machines import EVERYTHING, REFRESH, SETTINGS, Machine, is_whole

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.protocol.config import BeaconConfig


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "cache")


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

# SPDX-License-Identifier: Apache-2.0
"""A configuration that goes wrong while beacons are sent, and times that do not go on as they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy, Timing
from airflow_mpulse.exceptions import BeaconError, BeaconUrlError, DeliveryError, UnexpectedReplyError
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.clock import system_clock
from airflow_mpulse.sandbox.faults import Fault
from tests.support.beacons import full_beacon
from tests.support.clocks import MovedClock
from tests.support.scripted_server import Script, ScriptedServer, reply
from tests.support.scripts import half_an_answer, hold, reset, slow_body, slow_headers

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_mpulse.sandbox.server import SandboxServer

APP = SandboxApp()
ClientMaker = Callable[..., MPulseClient]

#: mPulse's own word that beacons are not wanted.
REFUSALS: dict[str, dict[str, Any]] = {
    "rate limited": {"kind": "rate_limited"},
    "420": {"kind": "rate_limited_420"},
    "429": {"kind": "status", "status": 429},
    "suspended": {"kind": "suspended"},
    "403": {"kind": "bots_refused"},
    "404": {"kind": "status", "status": 404},
    "message": {"kind": "status", "status": 200, "body": '{"message": "No"}'},
}
#: What comes in the place of a configuration, and is none.
NONSENSE: dict[str, dict[str, Any]] = {
    "web page": {"kind": "html"},
    "not an object": {"kind": "not_an_object"},
    "no h.cr": {"kind": "missing_token", "field": "h.cr"},
    "no h.t": {"kind": "missing_token", "field": "h.t"},
    "huge": {"kind": "huge", "size_bytes": 300_000},
    "redirect": {"kind": "redirect", "location": "https://other.example.com/"},
    "500": {"kind": "status", "status": 500},
    "cut off": {"kind": "drop"},
}


def _spoil(sandbox: SandboxServer, fault: dict[str, Any]) -> None:
    sandbox.faults.add(Fault(on="configuration", times=None, **fault))


def _asked(sandbox: SandboxServer) -> int:
    counts = sandbox.requests.counts()
    return counts["config_v1"] + counts["config_v1_refresh"]


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_refusal_while_running_holds_beacons_for_a_minute(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock, fault: dict[str, Any]
) -> None:
    """When mPulse refuses in between, no beacon leaves, it is asked once a minute, and then it goes on."""
    client, beacon = make_sandbox_client(policy=RetryPolicy(deadline_s=0.1)), full_beacon()
    client.send(beacon)
    _spoil(sandbox, fault)
    clock.elapsed_s += 301
    for _ in range(3):
        with pytest.raises(DeliveryError):
            client.send(beacon)
    assert _asked(sandbox) == 2
    clock.elapsed_s += 61
    with pytest.raises(DeliveryError):
        client.send(beacon)
    assert _asked(sandbox) == 3
    assert len(sandbox.store) == 1
    sandbox.faults.clear()
    clock.elapsed_s += 61
    client.send(beacon)
    assert [received.verdict.problems for received in sandbox.store.beacons()] == [(), ()]


def test_answer_without_a_collector_is_a_refusal(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """An answer with neither a collector nor tokens means no beacons, and is asked for once a minute."""
    _spoil(sandbox, {"kind": "status", "status": 200, "body": '{"site_domain": "pipelines.local"}'})
    client, beacon = make_sandbox_client(), full_beacon()
    for _ in range(3):
        with pytest.raises(BeaconUrlError, match="takes no beacons from this app now"):
            client.send(beacon)
    assert _asked(sandbox) == 1
    sandbox.faults.clear()
    clock.elapsed_s += 61
    client.send(beacon)
    assert (_asked(sandbox), len(sandbox.store)) == (2, 1)


@pytest.mark.parametrize("fault", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_while_running_leaves_the_token_in_use(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock, fault: dict[str, Any]
) -> None:
    """When nonsense comes instead of new tokens, beacons go on with the old one, asked for every 10 s."""
    client, beacon = make_sandbox_client(), full_beacon()
    client.send(beacon)
    _spoil(sandbox, fault)
    for elapsed_s, asked in ((301, 2), (305, 2), (312, 3), (323, 4)):
        clock.elapsed_s = elapsed_s
        client.send(beacon)
        assert _asked(sandbox) == asked
    sandbox.faults.clear()
    clock.elapsed_s = 334
    client.send(beacon)
    received = [each.as_json()["fields"]["h.cr"] for each in sandbox.store.beacons()]
    assert len(received) == 6
    assert len(set(received[:5])) == 1
    assert received[5] != received[0]


@pytest.mark.parametrize(
    "script",
    [hold, slow_headers, slow_body, reset, half_an_answer],
    ids=["no answer", "slow headers", "slow body", "reset", "half an answer"],
)
def test_beacon_waits_for_a_configuration_that_comes_late(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock, script: Script
) -> None:
    """A configuration that does not come whole is asked for again, and the beacon is then sent, once."""
    server.on_configuration = [script, script, server.serve_configuration()]
    make_client(server.port, timeout_s=0.3).send(beacon)
    assert (len(server.configurations), len(server.beacons)) == (3, 1)
    assert clock.waits_s == [0.25, 0.5]


def test_token_that_expires_while_a_beacon_waits_is_renewed(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """A beacon that waited for longer than a token lives leaves with a new one, and is valid."""
    client, beacon = make_sandbox_client(policy=RetryPolicy(deadline_s=1200)), full_beacon()
    first = client.get_config()
    sandbox.faults.add(Fault(on="beacon", kind="status", status=503, retry_after="600"))
    client.send(beacon)
    assert clock.waits_s == [600.0]
    (received,) = sandbox.store.beacons()
    assert received.verdict.problems == ()
    assert received.fields["h.cr"] != first.h_cr
    assert sandbox.requests.counts()["beacon_post"] == 2


def test_token_that_expires_while_mpulse_is_away_is_not_used(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """When no new token can be had for a beacon that waited, it does not leave with the old one."""
    client, beacon = make_sandbox_client(policy=RetryPolicy(deadline_s=1200)), full_beacon()
    client.get_config()
    sandbox.faults.add(Fault(on="beacon", kind="status", status=503, retry_after="600"))
    _spoil(sandbox, {"kind": "status", "status": 404})
    with pytest.raises(DeliveryError):
        client.send(beacon)
    assert sandbox.requests.counts()["beacon_post"] == 1
    assert len(sandbox.store) == 0


class _SetBack:
    """A wall clock that was set back, beside a monotonic one that goes on."""

    def __init__(self) -> None:
        self.moved = MovedClock()
        self.by = timedelta()

    def now(self) -> datetime:
        return system_clock() - self.by

    def timing(self) -> Timing:
        return Timing(clock=self.moved.clock, now=self.now, wait=self.moved.wait, jitter=lambda: 1.0)


@pytest.mark.parametrize("back", [timedelta(minutes=9), timedelta(hours=3), timedelta(days=400)])
def test_clock_set_back_changes_no_token(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, back: timedelta
) -> None:
    """When the clock is set back, the token in use is neither kept for longer nor asked for anew."""
    clock = _SetBack()
    client = make_sandbox_client(timing=clock.timing())
    client.get_config()
    clock.by = back
    now = clock.now()
    beacon = Beacon("After the change", now - timedelta(seconds=3), now)
    client.send(beacon)
    assert _asked(sandbox) == 1
    clock.moved.elapsed_s += 301
    client.send(beacon)
    assert _asked(sandbox) == 2
    clock.moved.elapsed_s += 541
    client.send(beacon)
    assert _asked(sandbox) == 3
    assert len({received.fields["h.cr"] for received in sandbox.store.beacons()}) == 3


def test_beacon_of_before_the_clock_was_set_back(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker
) -> None:
    """A beacon that ended within ten minutes ahead of the new clock is sent, a later one is refused."""
    clock = _SetBack()
    client, beacon = make_sandbox_client(timing=clock.timing()), full_beacon()
    clock.by = timedelta(minutes=9)
    client.send(beacon)
    clock.by = timedelta(hours=3)
    with pytest.raises(BeaconError, match="ahead of this machine's clock"):
        client.send(beacon)
    assert client.send_many([beacon]).not_sent == {"invalid": 1}
    assert len(sandbox.store) == 1


def test_date_of_retry_after_with_a_clock_set_back(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """A date in Retry-After that is hours ahead of a clock that was set back is not waited for."""
    server.on_beacon = [reply(503, Retry_After="Sun, 01 Mar 2026 15:00:00 GMT")]
    with pytest.raises(UnexpectedReplyError) as caught:
        make_client(server.port).send(beacon)
    assert caught.value.retry_after_s == 3 * 3600
    assert clock.waits_s == []
    assert len(server.beacons) == 1

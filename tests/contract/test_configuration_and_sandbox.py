# SPDX-License-Identifier: Apache-2.0
"""The configuration as the client keeps it and the sandbox gives it: faults, refusals, refreshes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.configuration_times import MAX_TOKEN_AGE_S
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import (
    BeaconUrlError,
    ConfigurationError,
    ConfigurationMessageError,
    ConfigurationNotJsonError,
    ConfigurationNotObjectError,
    ConfigurationRefusedError,
    DeliveryError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ReplyTooLargeError,
    ServiceSuspendedError,
    TokenError,
    UnexpectedReplyError,
    UnknownApiKeyError,
)
from airflow_mpulse.sandbox.app import SandboxApp
from tests.support.beacons import full_beacon

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.clocks import MovedClock

APP = SandboxApp()
ClientMaker = Callable[..., MPulseClient]


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ({"kind": "rate_limited"}, MPulseRateLimitedError, "limits the rate"),
        ({"kind": "rate_limited_420"}, MPulseRateLimitedError, "limits the rate"),
        ({"kind": "suspended"}, ServiceSuspendedError, "204"),
        ({"kind": "bots_refused"}, ConfigurationRefusedError, "User-Agent"),
        ({"kind": "html"}, ConfigurationNotJsonError, "web page"),
        ({"kind": "not_an_object"}, ConfigurationNotObjectError, "instead of an object"),
        ({"kind": "no_beacon_url"}, BeaconUrlError, "no beacon_url"),
        ({"kind": "empty_beacon_url"}, BeaconUrlError, "empty"),
        ({"kind": "beacon_url", "beacon_url": "ftp://x/"}, BeaconUrlError, "scheme 'ftp'"),
        ({"kind": "beacon_url", "beacon_url": "//u:p@x/"}, BeaconUrlError, "credentials"),
        ({"kind": "beacon_url", "beacon_url": "//collector.example.com/"}, BeaconUrlError, "plain http"),
        ({"kind": "missing_token", "field": "h.cr"}, TokenError, "h.cr is missing"),
        ({"kind": "missing_token", "field": "h.t"}, TokenError, "h.t is missing"),
        ({"kind": "non_string_token", "field": "h.d"}, TokenError, "h.d"),
        (
            {"kind": "redirect", "location": "https://other.example.com/"},
            RedirectRefusedError,
            "other.example.com",
        ),
        ({"kind": "huge", "size_bytes": 300_000}, ReplyTooLargeError, "256 KiB"),
        ({"kind": "status", "status": 404}, UnknownApiKeyError, "does not know the API key"),
        ({"kind": "status", "status": 503}, UnexpectedReplyError, "503"),
        (
            {"kind": "status", "status": 200, "body": '{"message": "No"}'},
            ConfigurationMessageError,
            "'No'|No",
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_each_configuration_fault_has_its_error(
    sandbox: SandboxServer,
    make_sandbox_client: ClientMaker,
    fault: dict[str, Any],
    error: type[DeliveryError],
    sentence: str,
) -> None:
    """Each way in which a configuration can be wrong is an error of its own, and nothing is sent."""
    script = {"on": "configuration", "times": None, **fault}
    assert requests.post(f"{sandbox.url}/api/faults", json=script, timeout=5).status_code == 201
    with pytest.raises(error, match=sentence) as caught:
        make_sandbox_client(policy=RetryPolicy(deadline_s=0.5)).send(full_beacon())
    assert APP.api_key not in str(caught.value)
    assert len(sandbox.store) == 0


def test_refusal_is_remembered_for_a_minute(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """A refusal is repeated for a minute without asking again; then the service is asked once more."""
    client = make_sandbox_client(domain="www.example.com")
    for _ in range(5):
        with pytest.raises(ConfigurationRefusedError):
            client.send(full_beacon())
    assert sandbox.requests.counts()["config_v1"] == 1
    clock.elapsed_s += 61
    with pytest.raises(ConfigurationError):
        client.send(full_beacon())
    assert sandbox.requests.counts()["config_v1"] == 2


@pytest.mark.parametrize("full", [False, True], ids=["tokens only", "whole answer"])
def test_tokens_are_refreshed(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock, full: bool
) -> None:
    """After five minutes new tokens are asked for, merged with the names, and used from then on."""
    client, beacon = make_sandbox_client(), full_beacon()
    client.send(beacon)
    if full:
        requests.post(
            f"{sandbox.url}/api/faults", json={"on": "configuration", "kind": "full_refresh"}, timeout=5
        )
    clock.elapsed_s += 301
    client.send(beacon)
    client.send(beacon)
    counts = sandbox.requests.counts()
    assert (counts["config_v1"], counts["config_v1_refresh"]) == (1, 1)
    first, second, third = (received.as_json() for received in sandbox.store.beacons())
    assert first["fields"]["h.cr"] != second["fields"]["h.cr"] == third["fields"]["h.cr"]
    assert [told["verdict"]["valid"] for told in (first, second, third)] == [True] * 3


def test_failed_refresh_lasts_until_the_token_is_old(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """While the service is away the token in use goes on for nine minutes, and not a second longer."""
    client, beacon = make_sandbox_client(policy=RetryPolicy(deadline_s=0.5)), full_beacon()
    client.send(beacon)
    fault = {"on": "configuration", "kind": "status", "status": 503, "times": None}
    requests.post(f"{sandbox.url}/api/faults", json=fault, timeout=5)
    for elapsed_s in (301, 420, MAX_TOKEN_AGE_S - 5):
        clock.elapsed_s = elapsed_s
        client.send(beacon)
    clock.elapsed_s = MAX_TOKEN_AGE_S + 1
    with pytest.raises(UnexpectedReplyError):
        client.send(beacon)
    assert len(sandbox.store) == 4

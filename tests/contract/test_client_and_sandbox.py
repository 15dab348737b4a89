# SPDX-License-Identifier: Apache-2.0
"""The client against the sandbox, which reads the wire by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.configuration import MAX_TOKEN_AGE_S
from airflow_mpulse.delivery.retry import RetryPolicy, Timing
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
    UnknownNameError,
)
from airflow_mpulse.protocol.beacon import Beacon, Session
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.clock import system_clock

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.clocks import MovedClock

APP = SandboxApp()
ClientMaker = Callable[..., MPulseClient]


@pytest.fixture
def make_sandbox_client(make_client: ClientMaker, sandbox: SandboxServer, clock: MovedClock) -> ClientMaker:
    """Make clients of the sandbox: its wall clock, but a monotonic clock that the test moves."""

    def make(**changes: Any) -> MPulseClient:
        timing = Timing(clock=clock.clock, now=system_clock, wait=clock.wait, jitter=lambda: 1.0)
        defaults = {"password": APP.api_key, "domain": APP.domain, "timing": timing}
        return make_client(sandbox.port, **{**defaults, **changes})

    return make


def _everything() -> Beacon:
    now = system_clock()
    return Beacon(
        page_group="Nightly load / données 日次 'quoted' & 100 % + more",
        started_at=now - timedelta(milliseconds=90_500),
        ended_at=now,
        session=Session("0c5a1f0e-session", now - timedelta(minutes=5), length=7),
        url="https://airflow.example.com/dags/nightly/runs/manual__2026-03-01T00%3A00%3A00",
        ab_test="Blue bucket-1",
        site_version="2026.3 (c0ffee)",
        timers={"Extract Time": 1200, "Load Time": 300.4},
        metrics={"Rows Loaded": 4711, "Files Checked": 0},
        dimensions={"Region": "EMEA, north|south", "Warehouse": True, "Airflow Try": 2},
    )


@pytest.mark.parametrize(
    ("changes", "version"), [({}, "1"), ({"rest_api_secret": APP.rest_api_secret}, "2")], ids=["v1", "v2"]
)
def test_full_beacon_is_valid(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, changes: dict[str, Any], version: str
) -> None:
    """A beacon with every field there is arrives as it was built, and the sandbox finds nothing to remark."""
    beacon = _everything()
    make_sandbox_client(**changes).send(beacon)
    (received,) = sandbox.store.beacons()
    assert (received.verdict.problems, received.verdict.warnings) == ((), ())
    told = received.as_json()
    assert told["page_group"] == beacon.page_group
    assert told["t_done_ms"] == 90_500
    assert told["timers"] == {"Extract Time": 1200, "Load Time": 300}
    assert told["metrics"] == {"Rows Loaded": 4711, "Files Checked": 0}
    assert told["dimensions"] == {"Region": "EMEA, north|south", "Warehouse": "true", "Airflow Try": "2"}
    fields = told["fields"]
    assert (fields["api"], fields["api.v"], fields["rt.start"]) == ("1", version, "manual")
    assert (fields["h.ab"], fields["h.v"], fields["u"]) == (beacon.ab_test, beacon.site_version, beacon.url)
    assert (fields["rt.si"], fields["rt.sl"]) == ("0c5a1f0e-session", "7")
    assert int(fields["rt.end"]) - int(fields["rt.tstart"]) == 90_500
    assert "%20" in told["raw"]
    assert "+" not in told["raw"]


def test_form_differs_from_the_vendors_as_designed(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker
) -> None:
    """For the same event this package's form differs from the vendor's clients only where the design says."""
    client = make_sandbox_client()
    config, beacon = client.get_config(), _everything()
    client.send(beacon)
    ours = dict(sandbox.store.beacons()[-1].as_json()["fields"])
    ended_ms, started_ms = int(ours["rt.end"]), int(ours["rt.ss"])
    tokens = {"h.key": config.h_key, "h.d": config.h_d, "h.t": str(config.h_t), "h.cr": config.h_cr}
    shared = {
        **tokens,
        "api": "1",
        "rt.si": beacon.session.session_id,
        "rt.ss": str(started_ms),
        "rt.sl": "7",
    }
    # mPulseAPI.jl: everything in one beacon, by GET (section 4 of the protocol, its column).
    julia = {
        **shared,
        "api.v": "1",
        "rt.start": "manual",
        "rt.end": str(ended_ms),
        "rt.tstart": str(ended_ms - 90_500),
        "t_done": "90500",
        "rt.tt": "90500",
        "rt.obo": "0",
        "h.pg": beacon.page_group,
        "u": beacon.url,
        "h.ab": beacon.ab_test,
        "t_other": "custom1|1200,custom3|300",
        "cmet.RowsLoaded": "4711",
        "cmet.FileCount": "0",
        "cdim.SalesRegion": "EMEA, north|south",
        "cdim.Warehouse": "true",
        "cdim.AirflowTry": "2",
    }
    assert {name for name in julia if ours.get(name) != julia[name]} == {"rt.tt", "rt.obo"}
    assert {name for name in ours if name not in julia} == {"h.v"}
    # mpulse.js: one timer a beacon, start and end both the moment of the event.
    javascript = {
        **shared,
        "api.v": "2",
        "api.l": "js",
        "api.lv": "1.3.8",
        "d": APP.domain,
        "http.initiator": "api",
        "rt.start": "api",
        "rt.tstart": str(ended_ms),
        "rt.end": str(ended_ms),
        "h.pg": beacon.page_group,
        "h.ab": beacon.ab_test,
        "t_other": "custom1|1200",
        "cdim.SalesRegion": "EMEA, north|south",
        "cdim.Warehouse": "true",
        "cdim.AirflowTry": "2",
    }
    assert {name for name in javascript if ours.get(name) != javascript[name]} == {
        *("api.v", "api.l", "api.lv", "d", "http.initiator", "rt.start"),  # design section 4, "constant"
        *("rt.tstart", "t_other"),  # a page view with a duration and all timers, not a timer alone
    }
    assert {name for name in ours if name not in javascript} == {
        *("t_done", "h.v", "u", "cmet.RowsLoaded", "cmet.FileCount")
    }


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
        make_sandbox_client(policy=RetryPolicy(deadline_s=0.5)).send(_everything())
    assert APP.api_key not in str(caught.value)
    assert len(sandbox.store) == 0


def test_refusal_is_remembered_for_a_minute(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock
) -> None:
    """A refusal is repeated for a minute without asking again; then the service is asked once more."""
    client = make_sandbox_client(domain="www.example.com")
    for _ in range(5):
        with pytest.raises(ConfigurationRefusedError):
            client.send(_everything())
    assert sandbox.requests.counts()["config_v1"] == 1
    clock.elapsed_s += 61
    with pytest.raises(ConfigurationError):
        client.send(_everything())
    assert sandbox.requests.counts()["config_v1"] == 2


@pytest.mark.parametrize("full", [False, True], ids=["tokens only", "whole answer"])
def test_tokens_are_refreshed(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, clock: MovedClock, full: bool
) -> None:
    """After five minutes new tokens are asked for, merged with the names, and used from then on."""
    client, beacon = make_sandbox_client(), _everything()
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
    client, beacon = make_sandbox_client(policy=RetryPolicy(deadline_s=0.5)), _everything()
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


def test_unknown_name_is_refused_before_sending(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker
) -> None:
    """A name that the app does not define is an error that lists the defined ones; nothing is sent."""
    now = system_clock()
    beacon = Beacon("Nightly load", now, now, metrics={"Rows Loded": 1})
    with pytest.raises(
        UnknownNameError, match=r"'Rows Loded' \(did you mean 'Rows Loaded'\?\); it defines 'Air"
    ):
        make_sandbox_client().send(beacon)
    assert len(sandbox.store) == 0


def test_many_beacons_are_counted_once_each(sandbox: SandboxServer, make_sandbox_client: ClientMaker) -> None:
    """Of many beacons with some bad ones among them, each is sent or counted with its reason."""
    now = system_clock()
    good, bad = Beacon("Good", now, now), Beacon("Bad", now, now, timers={"No such": 1})
    report = make_sandbox_client().send_many([good, bad, good, good, bad])
    assert (report.sent, report.not_sent, report.total) == (3, {"invalid": 2}, 5)
    assert isinstance(report.first_error, UnknownNameError)
    assert len(sandbox.store) == 3

# SPDX-License-Identifier: Apache-2.0
"""Beacons between the client and the sandbox, which reads the wire by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.exceptions import (
    UnknownNameError,
)
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.clock import system_clock
from tests.support.beacons import full_beacon

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

APP = SandboxApp()
ClientMaker = Callable[..., MPulseClient]


@pytest.mark.parametrize(
    ("changes", "version"), [({}, "1"), ({"rest_api_secret": APP.rest_api_secret}, "2")], ids=["v1", "v2"]
)
def test_full_beacon_is_valid(
    sandbox: SandboxServer, make_sandbox_client: ClientMaker, changes: dict[str, Any], version: str
) -> None:
    """A beacon with every field there is arrives as it was built, and the sandbox finds nothing to remark."""
    beacon = full_beacon()
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
    config, beacon = client.get_config(), full_beacon()
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

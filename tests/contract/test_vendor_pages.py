# SPDX-License-Identifier: Apache-2.0
"""
The vendor's clients that live in pages and apps, and the known ways of those that do not.

Written out by hand from what is published: boomerang's API beacons (``sendMetric``, ``sendTimer``,
``sendAll``) are a server's business as well and must be found valid; a page view of boomerang and an AMP page
are a browser's own, which a sandbox for pipelines judges as sent by something that is none. The app for iOS
sends Protocol Buffers to a path that the sandbox does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.faults import Fault
from airflow_mpulse.sandbox.server import SandboxServer
from tests.support.sandbox_sender import DOMAIN, KEY, ask
from tests.support.vendor_clients import (
    CRUMB_NOT_LAST,
    NO_PAGE_GROUP,
    NO_PAGE_LOAD,
    judged,
    plain_configuration,
    signed_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION = "6b2f0f5e-8b0a-4d7e-9a43-1c1f4be0a9f7-q0jesn"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Run the default sandbox on a free port, on the real clock."""
    with SandboxServer() as running:
        yield running


def api_fields(server: SandboxServer, initiator: str, data: str) -> str:
    """Write an API beacon of boomerang: one instant for start and end, the session in base 36, h.cr last."""
    config = plain_configuration(server).json()
    now_ms = config["h.t"]
    return (
        f"{data}&rt.start=manual&rt.tstart={now_ms}&rt.end={now_ms}&rt.si={SESSION}&rt.ss={now_ms - 60_000}"
        f"&rt.sl=1&http.initiator={initiator}&api=1&api.v=2&api.l=boomr&v=1.815.0&pid=v1dzxnml&n=1"
        f"&h.key={KEY}&h.d={DOMAIN}&h.t={now_ms}&d={DOMAIN}&h.cr={config['h.cr']}"
    )


@pytest.mark.parametrize(
    ("initiator", "data"),
    [
        ("api_custom_metric", "cmet.RowsLoaded=120"),
        ("api_custom_timer", "t_other=custom1%7C400"),
        # sendAll: several of each at once, a timer among them.
        (
            "api_custom_timer",
            "t_other=custom1%7C400%2Ccustom2%7C900&cmet.RowsLoaded=120&cdim.Warehouse=north",
        ),
    ],
    ids=["sendMetric", "sendTimer", "sendAll"],
)
def test_boomerang_api(server: SandboxServer, initiator: str, data: str) -> None:
    """An API beacon of boomerang is valid, and warned about just for what an API beacon leaves out."""
    beacon = judged(server, api_fields(server, initiator, data))
    assert beacon["verdict"] == {"valid": True, "problems": [], "warnings": [NO_PAGE_LOAD, NO_PAGE_GROUP]}
    assert beacon["session_id"] == SESSION
    assert beacon["timers"].get("Extract Time") == (400 if "custom1" in data else None)
    assert beacon["metrics"].get("Rows Loaded") == (120 if "RowsLoaded" in data else None)


def test_boomerang_posts_what_is_long(server: SandboxServer) -> None:
    """What does not fit 2,000 characters boomerang sends as a form, which is judged as the query would be."""
    long = "&cdim.Warehouse=" + "n" * 2000
    beacon = judged(
        server, api_fields(server, "api_custom_timer", f"t_other=custom1%7C4{long}"), method="POST"
    )
    assert (beacon["method"], beacon["verdict"]["valid"]) == ("POST", True)
    assert beacon["verdict"]["warnings"] == [NO_PAGE_LOAD, NO_PAGE_GROUP]
    assert beacon["dimensions"] == {"Warehouse": "n" * 2000}


def test_boomerang_page_view(server: SandboxServer) -> None:
    """A page view of boomerang is told apart: it lacks the mark of an API, and a browser measured it."""
    config = plain_configuration(server).json()
    now_ms = config["h.t"]
    beacon = judged(
        server,
        f"t_resp=120&t_page=880&t_done=1000&rt.start=navigation&rt.tstart={now_ms - 1000}&rt.end={now_ms}"
        f"&rt.bstart={now_ms - 900}&rt.si={SESSION}&rt.ss={now_ms - 1000}&rt.sl=1&rt.tt=1000&rt.obo=0"
        f"&u=https%3A%2F%2Fpipelines.local%2F&v=1.815.0&pid=v1dzxnml&n=1&h.pg=Home&d={DOMAIN}"
        f"&h.key={KEY}&h.d={DOMAIN}&h.t={now_ms}&h.cr={config['h.cr']}",
    )
    assert beacon["verdict"] == {
        "valid": False,
        "problems": [
            "api: missing; send api=1 (POSTB).",
            "rt.bstart: only a browser or a CDN sends this field; leave it out (WIB).",
            "rt.start: 'navigation' is for browsers only; send rt.start=manual (POSTB, WIB).",
        ],
        "warnings": [],
    }
    assert (beacon["page_group"], beacon["t_done_ms"]) == ("Home", 1000)


def test_amp(server: SandboxServer) -> None:
    """An AMP page's beacon has a documented type, and is told apart as a browser's for the same reasons."""
    config = plain_configuration(server).json()
    now_ms = config["h.t"]
    beacon = judged(
        server,
        f"h.key={KEY}&h.d={DOMAIN}&h.t={now_ms}&h.cr={config['h.cr']}&d={DOMAIN}&http.initiator=amp&v=1"
        f"&rt.start=navigation&rt.end={now_ms}&rt.si=amp-0Bb9RHdVwmFzOu8YkQ&rt.ss={now_ms}&t_done=900&t_resp=80"
        f"&t_page=820&u=https%3A%2F%2Fpipelines.local%2Famp&h.pg=Article&h.ab=A&cmet.RowsLoaded=3",
    )
    assert beacon["verdict"] == {
        "valid": False,
        "problems": [
            "api: missing; send api=1 (POSTB).",
            "rt.start: 'navigation' is for browsers only; send rt.start=manual (POSTB, WIB).",
        ],
        "warnings": [CRUMB_NOT_LAST],
    }
    assert (beacon["page_group"], beacon["session_id"]) == ("Article", "amp-0Bb9RHdVwmFzOu8YkQ")
    assert beacon["metrics"] == {"Rows Loaded": 3}


def test_ios(server: SandboxServer) -> None:
    """The batches of the app for iOS have no place here: it is told so, and nothing is remembered."""
    batch = ask(server, "POST", "/batch", "\n\x05hello", {"Content-Type": "application/x-protobuf"})
    assert batch.status == 404
    assert len(server.store) == 0


def test_mpulse_js_of_2015(server: SandboxServer) -> None:
    """A beacon of mpulse.js 0.0.1 is valid: plain configuration, version 1 and a duration of 0."""
    config = plain_configuration(server).json()
    now_ms = config["h.t"]
    beacon = judged(
        server,
        f"v=1&api=1&rt.start=manual&rt.end={now_ms}&t_done=0&h.pg=Nightly&u=http%3A%2F%2F{DOMAIN}"
        f"&h.key={KEY}&h.d={DOMAIN}&h.t={now_ms}&h.cr={config['h.cr']}",
    )
    assert beacon["verdict"] == {"valid": True, "problems": [], "warnings": []}
    assert beacon["t_done_ms"] == 0


def test_mpulse_js_with_the_session_of_a_page(server: SandboxServer) -> None:
    """With a session taken over from boomerang, mpulse.js sends an epoch time, which is not warned about."""
    config = signed_configuration(server).json()
    now_ms = config["h.t"]
    beacon = judged(
        server,
        f"h.pg=Nightly&rt.tstart={now_ms}&rt.end={now_ms}&t_other=custom0%7C123&d={DOMAIN}&h.key={KEY}"
        f"&h.d={DOMAIN}&h.cr={config['h.cr']}&h.t={now_ms}&http.initiator=api&rt.start=api&rt.si={SESSION}"
        f"&rt.ss={now_ms - 60_000}&rt.sl=4&api=1&api.v=2&api.l=js&api.lv=1.3.8",
    )
    assert beacon["verdict"]["valid"]
    assert [each.partition(":")[0] for each in beacon["verdict"]["warnings"]] == [
        "h.cr",
        "rt.start",
        "t_done",
        "http.initiator",
    ]


def test_rate_limited(server: SandboxServer) -> None:
    """A rate-limited app names no collector, which is what brings mpulse.js to a stand."""
    server.faults.add(Fault("configuration", "rate_limited"))
    assert signed_configuration(server).json() == {"site_domain": DOMAIN, "rate_limited": True}
    assert signed_configuration(server).json()["beacon_url"].endswith("/beacon/")


def test_mpulse_api_jl_session(server: SandboxServer) -> None:
    """mPulseAPI.jl begins its session anew with each beacon: always a length of 1, and no warning."""
    config = plain_configuration(server).json()
    for offset_ms in (0, 500):
        now_ms = config["h.t"] + offset_ms
        beacon = judged(
            server,
            f"api=1&api.v=1&h.d={DOMAIN}&h.key={KEY}&h.t={config['h.t']}&rt.end={now_ms}"
            f"&rt.si={config['session_id']}&rt.sl=1&rt.ss={now_ms}&rt.start=manual&rt.tstart={now_ms - 200}"
            f"&rt.tt=200&rt.obo=0&h.pg=Nightly&t_done=200&t_resp=50&h.ab=new_loader&h.cr={config['h.cr']}",
        )
        assert beacon["verdict"] == {"valid": True, "problems": [], "warnings": []}


def test_edgeworkers_asks_each_time(server: SandboxServer) -> None:
    """The EdgeWorkers sample fetches a configuration for every beacon, each with tokens of its own."""
    for _ in range(2):
        config = plain_configuration(server).json()
        beacon = judged(
            server,
            f"api=1&api.v=1&h.key={KEY}&h.d={DOMAIN}&h.pg=Checkout&h.t={config['h.t']}"
            f"&rt.end={config['h.t'] + 10000}&rt.start=manual&t_other=custom0|31&t_done=1"
            f"&h.cr={config['h.cr']}",
        )
        assert beacon["verdict"]["valid"]
    assert server.requests.counts()["config_v1"] == 2


def test_boomerang_refresh(server: SandboxServer) -> None:
    """Boomerang refreshes its tokens alone, and goes on with what it has been told before."""
    config = plain_configuration(server).json()
    refreshed = plain_configuration(server, "&r=&bcn=%2F%2F127.0.0.1%2Fbeacon%2F").json()
    assert set(refreshed) == {"h.t", "h.cr"}
    assert {**config, **refreshed}["beacon_url"] == config["beacon_url"]
    beacon = judged(server, api_fields(server, "api_custom_metric", "cmet.RowsLoaded=1"))
    assert beacon["verdict"]["valid"]

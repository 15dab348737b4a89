# SPDX-License-Identifier: Apache-2.0
"""
What the vendor's own clients send, held against the sandbox over loopback HTTP.

Every request is written out by hand from what is published about mpulse.js 1.3.8, mPulseAPI.jl and the
EdgeWorkers sample, so that neither this package's encoder nor the sandbox decides what a beacon looks like.
Their beacons reach mPulse every day: the judge must find them valid, and name just their known oddities.

Clients that measure pages, and what the clients above do beside sending, are in ``test_vendor_pages``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"

RT_START_API = (
    "rt.start: 'api' is what mpulse.js sends, while the documented value is manual; "
    "send rt.start=manual (POSTB, MPJS)."
)
INITIATOR_API = (
    "http.initiator: 'api' is what mpulse.js sends and is not a documented beacon type; "
    "leave it out, so that the beacon is a page view (WIB, MPJS)."
)
NO_PAGE_LOAD = (
    "t_done: missing, so the beacon gives no Page Load sample; send the duration in milliseconds (WIB)."
)
CRUMB_NOT_LAST = (
    "h.cr: not the last field, so a beacon that is cut off on its way still carries its token; "
    "send h.cr last (BOOM)."
)
SMALL_SESSION_START = (
    "rt.ss: 8123 is not a time in milliseconds since the Unix epoch, as mpulse.js sends it in Node; "
    "send the start of the session on that scale (WIB, MPJS)."
)
SESSION_LENGTH_0 = "rt.sl: 0, while the count includes the present page; count from 1, or leave it out (WIB)."
NO_PAGE_GROUP = "h.pg: missing, so the beacon is filed under (No Page Group); send a page group (WIB)."
TIMERS_NOT_ENCODED = (
    "t_other: not percent-encoded; percent-encode name and value as encodeURIComponent does (BOOM, MPJS)."
)


def undocumented(name: str) -> str:
    """Write the warning about a field that mPulse does not document."""
    return (
        f"{name}: not a documented field, so mPulse logs it and makes no metric or dimension of it; "
        "leave it out (SLATE)."
    )


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Run the default sandbox on a free port, on the real clock."""
    with SandboxServer() as running:
        yield running


def get(server: SandboxServer, path: str) -> tuple[int, bytes]:
    """Send one GET, as a client that is neither browser nor bot."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("GET", path, headers={"User-Agent": "vendor-client/1.0"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def plain_configuration(server: SandboxServer) -> dict[str, Any]:
    """Fetch a configuration as mPulseAPI.jl and the EdgeWorkers sample do."""
    status, body = get(server, f"/api/config.json?key={KEY}&d=pipelines.local")
    assert status == 200
    return dict(json.loads(body))


def signed_configuration(server: SandboxServer) -> dict[str, Any]:
    """Fetch a configuration as mpulse.js does: signed, and without a domain."""
    t = str(time.time_ns() // 1_000_000)
    signature = hmac.new(b"sandbox-secret", f"key={KEY}&t={t}".encode(), hashlib.sha256).hexdigest()
    status, body = get(server, f"/api/v2/config.json?key={KEY}&t={t}&s={signature}")
    assert status == 200
    return dict(json.loads(body))


def verdict_of(server: SandboxServer, query: str, config: dict[str, Any]) -> dict[str, Any]:
    """Send a beacon as a query to beacon_url, and read the verdict as any user of the sandbox would."""
    collector = config["beacon_url"].removeprefix(f"//127.0.0.1:{server.port}")
    assert collector == "/beacon/"
    assert get(server, f"{collector}?{query}") == (204, b"")
    status, body = get(server, "/api/beacons?limit=1")
    assert status == 200
    return dict(json.loads(body)[0])


def test_mpulse_js_timer(server: SandboxServer) -> None:
    """A timer of mpulse.js in Node is valid, with a warning for each of its known oddities."""
    config = signed_configuration(server)
    now_ms = config["h.t"]
    beacon = verdict_of(
        server,
        f"h.pg=Nightly%20Load&h.ab=new_loader&rt.tstart={now_ms}&rt.end={now_ms}&cdim.SalesRegion=EMEA"
        f"&t_other=custom0%7C123&d=pipelines.local&h.key={KEY}&h.d=pipelines.local&h.cr={config['h.cr']}"
        f"&h.t={now_ms}&http.initiator=api&rt.start=api&rt.si={config['session_id']}&rt.ss=8123&rt.sl=0"
        f"&api=1&api.v=2&api.l=js&api.lv=1.3.8",
        config,
    )
    assert beacon["verdict"] == {
        "valid": True,
        "problems": [],
        "warnings": [
            CRUMB_NOT_LAST,
            RT_START_API,
            NO_PAGE_LOAD,
            SESSION_LENGTH_0,
            SMALL_SESSION_START,
            INITIATOR_API,
        ],
    }
    assert (beacon["page_group"], beacon["session_id"]) == ("Nightly Load", config["session_id"])
    assert (beacon["timers"], beacon["dimensions"]) == ({"Airflow Queue Wait": 123}, {"Region": "EMEA"})


def test_mpulse_js_metric_without_session(server: SandboxServer) -> None:
    """A metric of mpulse.js without page group or session is valid and files under no page group."""
    config = signed_configuration(server)
    now_ms = config["h.t"]
    beacon = verdict_of(
        server,
        f"rt.tstart={now_ms}&rt.end={now_ms}&cmet.FileCount=1&d=pipelines.local&h.key={KEY}&h.d=pipelines.local"
        f"&h.cr={config['h.cr']}&h.t={now_ms}&http.initiator=api&rt.start=api&api=1&api.v=2&api.l=js&api.lv=1.3.8",
        config,
    )
    assert beacon["verdict"] == {
        "valid": True,
        "problems": [],
        "warnings": [CRUMB_NOT_LAST, RT_START_API, NO_PAGE_LOAD, NO_PAGE_GROUP, INITIATOR_API],
    }
    assert (beacon["page_group"], beacon["metrics"]) == ("(No Page Group)", {"Files Checked": 1})


def test_mpulse_js_refresh(server: SandboxServer) -> None:
    """mpulse.js merges a refresh into what it has, and a beacon with the new pair of tokens is genuine."""
    config = signed_configuration(server)
    t = str(time.time_ns() // 1_000_000)
    signature = hmac.new(b"sandbox-secret", f"key={KEY}&t={t}".encode(), hashlib.sha256).hexdigest()
    status, body = get(server, f"/api/v2/config.json?key={KEY}&t={t}&s={signature}&r=")
    assert (status, set(json.loads(body))) == (200, {"h.t", "h.cr"})
    config.update(json.loads(body))
    query = (
        f"h.pg=a&api=1&h.key={KEY}&h.d=pipelines.local&h.t={config['h.t']}&rt.start=manual"
        f"&rt.end={config['h.t']}&t_done=0&h.cr={config['h.cr']}"
    )
    assert verdict_of(server, query, config)["verdict"]["valid"]


def test_mpulse_api_jl(server: SandboxServer) -> None:
    """A beacon of mPulseAPI.jl is valid, and its stray raw names are warned about one by one."""
    config = plain_configuration(server)
    now_ms = config["h.t"]
    start_ms = now_ms - 1500
    beacon = verdict_of(
        server,
        f"api=1&api.v=1&h.cr={config['h.cr']}&h.d=pipelines.local&h.key={KEY}&h.t={now_ms}&rt.end={now_ms}"
        f"&rt.si={config['session_id']}&rt.sl=1&rt.ss={now_ms}&rt.start=manual&rt.tstart={start_ms}&rt.tt=1500"
        f"&rt.obo=0&h.pg=Nightly%20Load&u=https%3A%2F%2Fairflow.example%2Fdags%2Fnightly&t_done=1500"
        f"&t_other=custom1%7C400%2Ccustom2%7C900&cmet.RowsLoaded=120&cdim.Warehouse=north"
        f"&PageGroup=Nightly%20Load&tDone=1500&Url=https%3A%2F%2Fairflow.example%2Fdags%2Fnightly",
        config,
    )
    assert beacon["verdict"] == {
        "valid": True,
        "problems": [],
        "warnings": [undocumented("PageGroup"), undocumented("tDone"), undocumented("Url"), CRUMB_NOT_LAST],
    }
    assert (beacon["page_group"], beacon["t_done_ms"]) == ("Nightly Load", 1500)
    assert beacon["timers"] == {"Extract Time": 400, "Transform Time": 900}
    assert (beacon["metrics"], beacon["dimensions"]) == ({"Rows Loaded": 120}, {"Warehouse": "north"})


def test_edgeworkers_sample(server: SandboxServer) -> None:
    """A beacon of the EdgeWorkers sample is valid, with warnings about its raw timers and its order."""
    config = plain_configuration(server)
    beacon = verdict_of(
        server,
        f"api=1&api.v=1&h.key={KEY}&h.d=pipelines.local&h.pg=Checkout&h.cr={config['h.cr']}&h.t={config['h.t']}"
        f"&rt.end={config['h.t'] + 10000}&rt.start=manual&t_other=custom0|31,custom1|240&t_done=1"
        f"&cdim.SalesRegion=Lyon&cdim.Warehouse=Apple",
        config,
    )
    assert beacon["verdict"] == {
        "valid": True,
        "problems": [],
        "warnings": [TIMERS_NOT_ENCODED, CRUMB_NOT_LAST],
    }
    assert beacon["timers"] == {"Airflow Queue Wait": 31, "Extract Time": 240}
    assert beacon["dimensions"] == {"Warehouse": "Apple", "Region": "Lyon"}


def test_edgeworkers_sample_as_published(server: SandboxServer) -> None:
    """With the sample's own dimension names, which the app does not define, each one is a problem."""
    config = plain_configuration(server)
    beacon = verdict_of(
        server,
        f"api=1&api.v=1&h.key={KEY}&h.d=pipelines.local&h.cr={config['h.cr']}&h.t={config['h.t']}"
        f"&rt.end={config['h.t'] + 10000}&rt.start=manual&t_other=custom0|31,custom1|240&t_done=1"
        f"&cdim.brand=Apple&cdim.city=Lyon&cdim.status=200",
        config,
    )
    defined = (
        "cdim.AirflowState, cdim.AirflowOperator, cdim.AirflowRunType, cdim.AirflowDAG, cdim.AirflowTask, "
        "cdim.AirflowTry, cdim.Warehouse, cdim.SalesRegion"
    )
    assert beacon["verdict"] == {
        "valid": False,
        "problems": [
            f"cdim.{name}: the app defines no custom dimension with the label 'cdim.{name}'; "
            f"it defines {defined} (BEACONS, MPJS)."
            for name in ("brand", "city", "status")
        ],
        "warnings": [TIMERS_NOT_ENCODED, CRUMB_NOT_LAST, NO_PAGE_GROUP],
    }

# SPDX-License-Identifier: Apache-2.0
"""How the vendor's clients speak with a sandbox, and what it finds odd about several of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

from tests.support.sandbox_sender import DOMAIN, KEY, Answer, ask

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

NO_PAGE_LOAD = (
    "t_done: missing, so the beacon gives no Page Load sample; send the duration in milliseconds (WIB)."
)
NO_PAGE_GROUP = "h.pg: missing, so the beacon is filed under (No Page Group); send a page group (WIB)."
CRUMB_NOT_LAST = (
    "h.cr: not the last field, so a beacon that is cut off on its way still carries its token; "
    "send h.cr last (BOOM)."
)
_AGENT = {"User-Agent": "vendor-client/1.0"}


def plain_configuration(server: SandboxServer, refresh: str = "") -> Answer:
    """Fetch a configuration as boomerang, mPulseAPI.jl and the EdgeWorkers sample do."""
    return ask(server, "GET", f"/api/config.json?key={KEY}&d={DOMAIN}{refresh}", headers=_AGENT)


def signed_configuration(server: SandboxServer) -> Answer:
    """Fetch a configuration as mpulse.js does: signed, and without a domain."""
    t = str(time.time_ns() // 1_000_000)
    signature = hmac.new(b"sandbox-secret", f"key={KEY}&t={t}".encode(), hashlib.sha256).hexdigest()
    return ask(server, "GET", f"/api/v2/config.json?key={KEY}&t={t}&s={signature}", headers=_AGENT)


def judged(server: SandboxServer, fields: str, *, method: str = "GET") -> dict[str, Any]:
    """Send a beacon to the collector, in the query or as a form, and read the verdict as any user would."""
    if method == "GET":
        answer = ask(server, "GET", f"/beacon/?{fields}", headers=_AGENT)
    else:
        form = {**_AGENT, "Content-Type": "application/x-www-form-urlencoded"}
        answer = ask(server, "POST", "/beacon/", fields, form)
    assert (answer.status, answer.body) == (204, b"")
    return dict(json.loads(ask(server, "GET", "/api/beacons?limit=1").body)[0])

# SPDX-License-Identifier: Apache-2.0
"""
Values that the sandbox's tests share: an instant, a mint, a beacon without a fault and a small HTTP client.

No test stands here, and nothing is patched.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.form import read_fields
from airflow_mpulse.sandbox.judge import Verdict, judge
from airflow_mpulse.sandbox.tokens import TokenMint

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
NOW_MS = 1_795_435_200_000
MINT = TokenMint(b"a secret of the tests")


def beacon_text(**changes: str | None) -> str:
    """Write a good beacon, with raw values changed, added or (None) left out; ``__`` stands for a dot."""
    pairs: dict[str, str | None] = {
        "h.d": "pipelines.local",
        "h.key": "SNDBX-LOCAL-MPULS-AIRFL-00000",
        "h.t": str(NOW_MS),
        "api": "1",
        "api.v": "1",
        "rt.start": "manual",
        "rt.tstart": str(NOW_MS - 1500),
        "rt.end": str(NOW_MS),
        "t_done": "1500",
        "h.pg": "orders%20-%20load",
    }
    crumb = {"h.cr": MINT.crumb(str(NOW_MS))}
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    merged = {**pairs, **{name: value for name, value in changed.items() if name != "h.cr"}, **crumb}
    if "h.cr" in changed:
        merged["h.cr"] = changed["h.cr"]
    return "&".join(f"{name}={value}" for name, value in merged.items() if value is not None)


def judge_text(raw: str, *, now_ms: int = NOW_MS, app: SandboxApp | None = None) -> Verdict:
    """Judge raw text with the tests' mint and the default app."""
    return judge(read_fields(raw), app=app or SandboxApp(), tokens=MINT, now_ms=now_ms)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, with lower-case header names."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """Decode the body."""
        return json.loads(self.body)


Ask = Callable[..., Answer]


def asker(server: SandboxServer) -> Ask:
    """Make a function that sends one request to a sandbox, and never follows a redirect."""

    def send(
        method: str,
        path: str,
        body: dict[str, object] | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        try:
            payload = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, path, payload, headers or {"User-Agent": "pipelines/1.0"})
            reply = connection.getresponse()
            names = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, names, reply.read())
        finally:
            connection.close()

    return send

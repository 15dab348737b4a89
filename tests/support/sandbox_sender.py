# SPDX-License-Identifier: Apache-2.0
"""Sends beacons to a running sandbox as any client would: over HTTP, with the tokens that it handed out."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.beacons import ReceivedBeacon
    from airflow_mpulse.sandbox.judge import Verdict
    from airflow_mpulse.sandbox.server import SandboxServer

KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"
DOMAIN = "pipelines.local"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


def ask(
    server: SandboxServer,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    *,
    timeout_s: float = 30,
) -> Answer:
    """Send one request to a sandbox, without a browser."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout_s)
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        names = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(reply.status, names, reply.read())
    finally:
        connection.close()


class Sender:
    """
    A client of a sandbox.

    :param server: The sandbox.
    """

    def __init__(self, server: SandboxServer) -> None:
        self._server = server

    def now_ms(self) -> int:
        """Read the sandbox's clock, in milliseconds since the Unix epoch."""
        return self._server.state.now_ms()

    def send(
        self,
        page_group: str | None = "orders",
        duration_ms: int = 1500,
        *,
        end_ms: int | None = None,
        user_agent: str = "pipelines/1.0",
        **changes: str | None,
    ) -> int:
        """
        Send a good beacon of a duration that ends now, or when told.

        Fields are changed, added or (None) left out by ``changes``, in which ``__`` stands for a dot. Given
        is what it was numbered.
        """
        tokens = ask(self._server, "GET", f"/api/config.json?key={KEY}&d={DOMAIN}").json()
        end_ms = self.now_ms() if end_ms is None else end_ms
        fields: dict[str, str | None] = {
            "h.d": DOMAIN,
            "h.key": KEY,
            "h.t": str(tokens["h.t"]),
            "api": "1",
            "api.v": "1",
            "rt.start": "manual",
            "rt.tstart": str(end_ms - duration_ms),
            "rt.end": str(end_ms),
            "t_done": str(duration_ms),
            "h.pg": page_group,
            **{name.replace("__", "."): value for name, value in changes.items()},
            "h.cr": tokens["h.cr"],
        }
        pairs = (
            f"{quote(name)}={quote(value, safe='')}" for name, value in fields.items() if value is not None
        )
        return self.post("&".join(pairs), user_agent=user_agent)

    def post(self, form: str, *, user_agent: str = "pipelines/1.0") -> int:
        """Send a beacon as it is written; given is what it was numbered."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": user_agent}
        answer = ask(self._server, "POST", "/beacon/", form, headers)
        assert answer.status == 204, answer
        return self._server.store.beacons()[-1].number

    def all(self) -> list[ReceivedBeacon]:
        """List what the sandbox remembers, newest last."""
        return self._server.store.beacons()

    def received_at(self, number: int) -> str:
        """Tell when a beacon arrived, as the sandbox has noted it."""
        return self._beacon(number).received_at.isoformat()

    def fields(self, number: int) -> dict[str, str]:
        """Tell which fields a beacon had, decoded, in the order sent."""
        return self._beacon(number).fields

    def raw(self, number: int) -> str:
        """Tell what was sent, as it was sent."""
        return self._beacon(number).raw

    def verdict(self, number: int) -> Verdict:
        """Tell what the sandbox thinks of a beacon."""
        return self._beacon(number).verdict

    def _beacon(self, number: int) -> ReceivedBeacon:
        (beacon,) = [each for each in self.all() if each.number == number]
        return beacon


@dataclass(frozen=True)
class Run:
    """
    The beacons of one DAG run: its tasks, and its own at the end.

    :param sender: Sends them.
    :param start_ms: When the run began, in milliseconds since the Unix epoch.
    :param session_id: Its session.
    :param dag_id: Its DAG.
    """

    sender: Sender
    start_ms: int
    session_id: str = "5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa-q0jesn"
    dag_id: str = "nightly"

    def task(self, task_id: str, after_ms: int, duration_ms: int, **changes: str | None) -> int:
        """Send the beacon of a task that began some time after the run."""
        own = {"cdim__AirflowTask": task_id, "cdim__AirflowState": "success", **changes}
        return self._send(f"{self.dag_id} - {task_id}", after_ms, duration_ms, own)

    def end(self, duration_ms: int, **changes: str | None) -> int:
        """Send the run's own beacon."""
        return self._send(self.dag_id, 0, duration_ms, {"cdim__AirflowState": "success", **changes})

    def _send(self, page_group: str, after_ms: int, duration_ms: int, changes: dict[str, str | None]) -> int:
        session = {"rt__si": self.session_id, "rt__ss": str(self.start_ms)}
        end_ms = self.start_ms + after_ms + duration_ms
        return self.sender.send(page_group, duration_ms, end_ms=end_ms, **{**session, **changes})

# SPDX-License-Identifier: Apache-2.0
"""
What every reporter of the benchmarks talks to, in a process of its own: mPulse's configuration and collector,
and a receiver of lineage events.

It is as cheap as it can be, judges nothing and only counts, since what it costs is taken from the machine
that is measured. Answers can be delayed, as a distant service's are.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import threading
import time
from collections import Counter
from email.utils import formatdate
from typing import Any

from benchmarks.helper import Orders
from demo.loopback import HOST

API_KEY = "BENCH-MARKS-OFTHE-AIRFL-00000"
DOMAIN = "pipelines.example.com"
CONFIGURATION_PATH = "/api/config.json"
BEACON_PATH = "/beacon/"
LINEAGE_PATH = "/api/v1/lineage"

_TIMERS = ("Airflow Queue Wait", "Extract", "Transform", "Load", "Rows Written", "Warehouse Query")
_METRICS = ("Airflow Failures", "Airflow Retries", "Airflow Tasks Succeeded", "Airflow Tasks Failed", "Rows")
_DIMENSIONS = ("Airflow State", "Airflow Operator", "Airflow DAG", "Airflow Task", "Team", "Region")


class Service:
    """What the service knows: how long it waits, and what it has received."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.received: Counter[str] = Counter()

    def answer(self, method: str, path: str, beacon_url: str) -> bytes:
        """
        Count a request and give its answer.

        :param method: The request's method.
        :param path: Its path, without the query.
        :param beacon_url: The collector's address, relative to the protocol.
        :return: The whole answer.
        """
        if method == "POST" and path == BEACON_PATH:
            self.received["beacons"] += 1
            return _head("204 No Content", "Cache-Control: no-cache, no-store")
        if method == "GET" and path == CONFIGURATION_PATH:
            self.received["configurations"] += 1
            body = json.dumps(_configuration(beacon_url)).encode()
            cache = "Cache-Control: private, max-age=300, stale-while-revalidate=60, stale-if-error=120"
            return _head("200 OK", cache, "Content-Type: application/json", body=body)
        if method == "POST" and path == LINEAGE_PATH:
            self.received["events"] += 1
            return _head("201 Created", body=b"")
        self.received[f"{method} {path}"] += 1
        return _head("404 Not Found", body=b"")


class _Conversation(asyncio.Protocol):
    """
    One connection.

    :param service: The service.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._transport: Any = None
        self._received = b""
        self._beacon_url = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._service.received["connections"] += 1
        self._beacon_url = "//{}:{}{}".format(*transport.get_extra_info("sockname")[:2], BEACON_PATH)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (whole := _length_of_request(self._received)) is not None:
            method, target, _ = self._received.split(b" ", 2)
            self._received = self._received[whole:]
            path = target.partition(b"?")[0].decode("latin-1")
            answer = self._service.answer(method.decode("latin-1"), path, self._beacon_url)
            if self._service.delay_s:
                asyncio.get_running_loop().call_later(self._service.delay_s, self._transport.write, answer)
            else:
                self._transport.write(answer)


def main() -> None:
    """Serve without and with TLS, on two ports, and carry out orders until no more come."""
    orders = Orders()
    service = Service()
    ports: list[int] = []
    ready = threading.Event()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[1])
        for context in (None, tls):
            server = await loop.create_server(lambda: _Conversation(service), HOST, 0, ssl=context)
            ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    ready.wait()

    def carry_out(order: dict[str, Any]) -> Any:
        if "delay_ms" in order:
            service.delay_s = order["delay_ms"] / 1000
        return {"received": dict(service.received), "ports": ports}

    orders.carry_out(carry_out)
    os._exit(0)  # The thread that serves has no end of its own.


def _length_of_request(data: bytes) -> int | None:
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    length = int(rest.partition(b"\r\n")[0]) if found else 0
    return len(head) + 4 + length if len(body) >= length else None


def _head(status: str, *lines: str, body: bytes | None = None) -> bytes:
    length = () if body is None else (f"Content-Length: {len(body)}",)
    head = (f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", *lines, *length, "", "")
    return "\r\n".join(head).encode() + (body or b"")


def _configuration(beacon_url: str) -> dict[str, Any]:
    now_ms = int(time.time() * 1000)
    return {
        "h.key": API_KEY,
        "h.d": DOMAIN,
        "h.t": now_ms,
        "h.cr": f"{now_ms:040x}",
        "session_id": "5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa",
        "site_domain": DOMAIN,
        "beacon_url": beacon_url,
        "beacon_interval": 60,
        "BW": {"enabled": False},
        "RT": {"session_exp": 1800},
        "ResourceTiming": {"enabled": False},
        "Angular": {"enabled": False},
        "PageParams": {
            "pageGroups": [
                {
                    "type": "Regexp",
                    "parameter1": f"/section{number}/(.*)",
                    "parameter2": "$1",
                    "on": ["navigation"],
                }
                for number in range(10)
            ],
            "customTimers": _defined(_TIMERS, lambda index, _: f"custom{index}"),
            "customMetrics": _defined(_METRICS, lambda _, name: f"cmet.{name}"),
            "customDimensions": _defined(_DIMENSIONS, lambda _, name: f"cdim.{name}"),
            "urlPatterns": [],
            "params": True,
        },
        "user_ip": "203.0.113.7",
    }


def _defined(names: tuple[str, ...], label: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "index": index,
            "type": "Programmatic",
            "label": label(index, name),
            "dataType": "Number",
        }
        for index, name in enumerate(names)
    ]


if __name__ == "__main__":
    main()

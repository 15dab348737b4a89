# SPDX-License-Identifier: Apache-2.0
"""Tests of starting and stopping the sandbox."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.faults import Fault
from airflow_mpulse.sandbox.server import SandboxServer, SandboxStartError, is_loopback
from tests.unit.sandbox.samples import asker

ROOT = Path(__file__).parents[3]
KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"
CONFIG = f"/api/config.json?key={KEY}&d=pipelines.local"


def test_another_app_can_be_played() -> None:
    """A test may bring its own app, with its own key and with bots refused."""
    app = SandboxApp(api_key="MINE", domain="mine.local", include_bot_beacons=False)
    with SandboxServer(app=app) as server:
        ask = asker(server)
        path = "/api/config.json?key=MINE&d=mine.local"
        assert ask("GET", path).status == 200
        assert ask("GET", path, None, {"User-Agent": "curl/8.5.0"}).status == 403


def test_server_stops_and_starts_again_on_its_port() -> None:
    """A stopped sandbox refuses connections, and a second start brings it back under the same address."""
    server = SandboxServer()
    with server:
        url = server.url
    with pytest.raises(ConnectionRefusedError):
        asker(server)("GET", "/health")
    with server:
        assert server.url == url
        server.faults.add(Fault("configuration", "delay", delay_s=0.05))
        assert asker(server)("GET", CONFIG).status == 200
        assert server.requests.counts()["config_v1"] == 1
    server.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "mpulse-sandbox"]


def test_answers_do_not_wait_for_receipts() -> None:
    """On a connection that is kept an answer comes at once, not when the receipt of its headers has come."""
    with SandboxServer() as server:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        took_s = []
        for _ in range(10):
            started = time.monotonic()
            connection.request("GET", "/health")
            assert connection.getresponse().read()
            took_s.append(time.monotonic() - started)
        connection.close()
    # The other side's receipt comes after 40 ms, every time; a busy machine is not slow every time.
    assert min(took_s) < 0.03


def test_running_server_does_not_start_twice() -> None:
    """A second start of a running sandbox is refused and leaves it running."""
    with SandboxServer() as server:
        with pytest.raises(SandboxStartError, match="already running"):
            server.start()
        assert asker(server)("GET", "/health").status == 200


def test_used_port_is_told_in_one_sentence() -> None:
    """A port in use is an error with one sentence that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxStartError) as caught:
            SandboxServer(port=port).start()
    assert str(caught.value) == f"The sandbox cannot listen on 127.0.0.1 port {port}: that port is in use."


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("db", False),
    ],
)
def test_only_loopback_is_used_unless_told(host: str, loopback: bool) -> None:
    """An address that others can reach is refused unless it is asked for."""
    assert is_loopback(host) is loopback
    if not loopback:
        with pytest.raises(ValueError, match="can be reached from other machines"):
            SandboxServer(host)
        assert SandboxServer(host, 80, allow_remote=True).url == f"http://{host}:80"


def test_package_is_cheap_to_import() -> None:
    """Neither the package nor its pure modules load a web framework."""
    code = (
        "import sys, airflow_mpulse.sandbox, airflow_mpulse.sandbox.judge, airflow_mpulse.sandbox.faults\n"
        "print(sorted({'starlette', 'uvicorn', 'airflow', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

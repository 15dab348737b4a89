# SPDX-License-Identifier: Apache-2.0
"""The client over TLS: certificates are always checked, and the limits hold there too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.exceptions import (
    CertificateError,
    MPulseSettingsError,
    ReplyTimeoutError,
)
from tests.support.certificates import make_server_context
from tests.support.scripted_server import ScriptedServer
from tests.support.scripts import slow_headers

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.protocol.beacon import Beacon

ClientMaker = Callable[..., MPulseClient]


@pytest.mark.parametrize(
    ("host", "expired", "trusted"),
    [("127.0.0.1", False, False), ("other.example.com", False, True), ("127.0.0.1", True, True)],
    ids=["untrusted", "other host", "expired"],
)
def test_bad_certificate_stops_everything(
    tmp_path: Path, make_client: ClientMaker, beacon: Beacon, host: str, expired: bool, trusted: bool
) -> None:
    """A certificate that is not trusted, of another host, or expired is an error before anything is sent."""
    context, authorities = make_server_context(tmp_path, host=host, expired=expired)
    with ScriptedServer(tls=context) as server:
        changes = {"verify": str(authorities)} if trusted else {}
        with pytest.raises(CertificateError, match="certificate"):
            make_client(server.port, scheme="https", **changes).send(beacon)
        assert server.requests == []


def test_own_authority_is_trusted(tmp_path: Path, make_client: ClientMaker, beacon: Beacon) -> None:
    """With the extra field verify, an authority of one's own is trusted for configuration and beacons."""
    context, authorities = make_server_context(tmp_path)
    with ScriptedServer(tls=context) as server:
        make_client(server.port, scheme="https", verify=str(authorities)).send(beacon)
        assert len(server.beacons) == 1


def test_slow_answer_over_tls_is_bounded(tmp_path: Path, make_client: ClientMaker, beacon: Beacon) -> None:
    """The time limit over a whole answer holds over TLS too."""
    context, authorities = make_server_context(tmp_path)
    with ScriptedServer(tls=context) as server:
        server.on_beacon = [slow_headers]
        began_s = time.monotonic()
        with pytest.raises(ReplyTimeoutError):
            make_client(server.port, scheme="https", verify=str(authorities), timeout_s=0.5).send(beacon)
        assert time.monotonic() - began_s < 2


def test_missing_authorities_are_named(
    make_client: ClientMaker, server: ScriptedServer, beacon: Beacon
) -> None:
    """A file of authorities that is not there is an error that names it and the field."""
    with pytest.raises(MPulseSettingsError, match=r"/nowhere/ca\.pem"):
        make_client(server.port, scheme="https", verify="/nowhere/ca.pem").send(beacon)

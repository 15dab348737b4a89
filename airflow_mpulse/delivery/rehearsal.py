# SPDX-License-Identifier: Apache-2.0
"""
A beacon that is sent nowhere, in a process that will fork others.

The first exchange of a process costs it many times the second one: patterns are compiled, look-ups are
cached, modules are loaded on first use. What is done once in the parent its children inherit, and a task that
has ended need not do it. The other end of the connection is a pair of sockets to which the answers are known.
"""

from __future__ import annotations

import json
import logging
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.bounded_http import BoundedConnection, BoundedPool
from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.pools import Pools
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.delivery.transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig

_LOG = logging.getLogger(__name__)

_WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_CONFIGURATION = json.dumps(
    {
        "h.key": "REHEARSAL",
        "h.d": "rehearsal.invalid",
        # The same moment as in the Date header, so that the token is young.
        "h.t": int(_WHEN.timestamp() * 1000),
        "h.cr": "0" * 40,
        "beacon_url": "//127.0.0.1/beacon/",
    }
)
_CONFIGURATION_ANSWER = (
    f"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nCache-Control: private, max-age=300\r\n"
    f"Content-Length: {len(_CONFIGURATION)}\r\n\r\n{_CONFIGURATION}"
).encode()
_BEACON_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Connection(BoundedConnection):
    def _new_conn(self) -> socket.socket:
        near, self._far = socket.socketpair()
        self._answers = [_CONFIGURATION_ANSWER, _BEACON_ANSWER]
        return near

    def getresponse(self) -> Any:
        # One at a time: whoever reads an answer reads all that is there.
        self._far.sendall(self._answers.pop(0))
        return super().getresponse()

    def close(self) -> None:
        super().close()
        self._far.close()


class _Pool(BoundedPool):
    ConnectionCls = _Connection


def _open_pools(verify: bool | str, max_connections: int) -> Pools:  # noqa: FBT001
    return Pools(verify, max_connections, {"http": _Pool})


def rehearse(build: Callable[[BeaconConfig], Beacon]) -> None:
    """
    Go through the sending of a beacon, without a network, a thread or a file.

    :param build: Builds the beacon, for a configuration that defines nothing of its own.
    """
    client = MPulseClient(
        ServiceSettings(
            "rehearsal", "REHEARSAL", "rehearsal.invalid", base_url="http://127.0.0.1", timeout_s=0.5
        ),
        transport=HttpTransport(open_pools=_open_pools),
    )
    try:
        client.send(build(client.get_config()))
    except Exception as error:  # noqa: BLE001 - what goes wrong here costs time later, and nothing else
        _LOG.debug("The rehearsal of a beacon failed: %s", error)
    finally:
        client.close()

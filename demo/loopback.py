# SPDX-License-Identifier: Apache-2.0
"""Free ports, JSON over loopback HTTP, and waiting for a condition."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"
POLL_INTERVAL_S = 0.1

# A proxy that is set for this machine must never stand between two local processes.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class WaitTimeoutError(RuntimeError):
    """A condition did not come true within its time limit."""


def free_port() -> int:
    """
    Find a TCP port on loopback that nothing listens on.

    :return: The port; it is free at the moment of the call, not reserved.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def request_json(
    url: str, body: Any = None, *, method: str | None = None, token: str | None = None, timeout_s: float = 10
) -> Any:
    """
    Exchange JSON with a local server.

    :param url: Address of the resource.
    :param body: What to send as JSON; the request is a GET without it.
    :param method: HTTP method where it is not the usual one.
    :param token: Bearer token.
    :param timeout_s: Seconds for the exchange.
    :return: The decoded answer.
    :raises OSError: If the server cannot be reached or answers with an error status.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - only loopback addresses
    request.add_header("Content-Type", "application/json")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    with _opener.open(request, timeout=timeout_s) as reply:
        return json.load(reply)


def answers(url: str, timeout_s: float = 5) -> bool:
    """
    Tell whether a local server answers a GET with success.

    :param url: Address of a cheap resource.
    :param timeout_s: Seconds for the exchange.
    :return: False for anything but a success, refused connections included.
    """
    try:
        with _opener.open(url, timeout=timeout_s):
            return True
    except OSError:
        return False


def wait_until(
    condition: Callable[[], bool],
    *,
    limit_s: float,
    what: str,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """
    Wait for a condition, asking again every tenth of a second.

    :param condition: Asked until it is true.
    :param limit_s: Seconds after which to give up.
    :param what: What is waited for, for the error.
    :param meanwhile: Called at each turn; raises where waiting on is pointless.
    :raises WaitTimeoutError: If the condition is still false after the limit.
    """
    deadline = time.monotonic() + limit_s
    while not condition():
        if meanwhile is not None:
            meanwhile()
        if time.monotonic() > deadline:
            message = f"Waited {limit_s:.0f} s in vain for {what}."
            raise WaitTimeoutError(message)
        time.sleep(POLL_INTERVAL_S)

# SPDX-License-Identifier: Apache-2.0
"""
One exchange in, one reply out, bounded in time and memory.

No retry, no policy, no logging: those stand in :mod:`airflow_mpulse.delivery.retry` and
:mod:`airflow_mpulse.delivery.client`, which never name the HTTP library.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from airflow_mpulse.exceptions import (
    ConnectionLostError,
    MPulseSettingsError,
    ReplyTooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3.response import BaseHTTPResponse

    from airflow_mpulse.delivery.pools import Pools

#: A configuration with every definition is a few KiB; a beacon's answer is empty.
MAX_REPLY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One request.

    :param method: ``GET`` or ``POST``.
    :param url: The absolute address.
    :param headers: Header names and values.
    :param body: The body of a ``POST``.
    :param timeout_s: Seconds to connect, and again for the whole answer.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """
    One answer.

    :param status: The HTTP status.
    :param headers: Header values by lower-case name.
    :param body: The whole body, at most :data:`MAX_REPLY_BYTES`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport(Protocol):
    """What carries an exchange."""

    def exchange(self, request: Exchange) -> Reply:
        """
        Carry one request and give its answer, whatever its status.

        :param request: The request.
        :return: The answer.
        """

    def open_connection(self, url: str, timeout_s: float) -> None:
        """
        Open a connection for the exchange to come.

        :param url: The address of that exchange.
        :param timeout_s: Seconds to connect.
        """

    def close(self) -> None:
        """Close what is kept open."""


class HttpTransport:
    """
    Carries exchanges over connections that are kept alive.

    Redirects are not followed and cookies are not kept; proxies and certificate authorities from the
    environment are honoured. The HTTP library is imported when the first exchange is made.

    :param verify: Whether certificates are checked against the system's authorities, or a file of them.
    :param max_connections: How many connections are kept for use at the same time.
    :param open_pools: Makes the pools of connections, given those two.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        max_connections: int = 8,
        open_pools: Callable[[bool | str, int], Pools] | None = None,
    ) -> None:
        self._open_pools = open_pools
        self._verify = verify
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._pools: Pools | None = None

    def exchange(self, request: Exchange) -> Reply:  # noqa: DOC502, DOC503
        """
        Carry one request and give its answer, whatever its status.

        :param request: The request.
        :return: The answer.
        :raises TransportError: If no whole answer arrives in time and size.
        :raises MPulseSettingsError: If the file of certificate authorities cannot be used.
        """
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        scheme, host, path, query, _ = urlsplit(request.url)
        try:
            pool, prefix = self._find_pools().find(f"{scheme}://{host}")
            response: BaseHTTPResponse = pool.urlopen(
                request.method,
                f"{prefix}{path or '/'}?{query}" if query else f"{prefix}{path or '/'}",
                body=request.body,
                headers=dict(request.headers),
                timeout=request.timeout_s,
                # Everything is decided by the caller: another try, another address, what is read of the body.
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            return _read(response, host)
        except (RequestException, HTTPError) as error:
            from airflow_mpulse.delivery.http_errors import translate

            failure = translate(error, host, request.timeout_s)
        # Raised out here, so that the library's error, which repeats the address with the API key, does not
        # travel along as its context.
        raise failure

    def open_connection(self, url: str, timeout_s: float) -> None:
        """
        Open a connection for the exchange to come; what goes wrong is told by that exchange.

        :param url: The address of that exchange.
        :param timeout_s: Seconds to connect.
        """
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        parts = urlsplit(url)
        with suppress(RequestException, HTTPError, MPulseSettingsError):
            self._find_pools().find(f"{parts.scheme}://{parts.netloc}")[0].open_connection(timeout_s)

    def close(self) -> None:
        """Close the connections that are kept; the next exchange opens new ones."""
        with self._lock:
            pools, self._pools = self._pools, None
        if pools is not None:
            pools.close()

    def _find_pools(self) -> Pools:
        with self._lock:
            if self._pools is None:
                from airflow_mpulse.delivery.pools import Pools

                self._pools = (self._open_pools or Pools)(self._verify, self._max_connections)
            return self._pools


def _read(response: BaseHTTPResponse, host: str) -> Reply:
    with response:
        body = b""
        # Until nothing more comes: only the read after the last byte notices that some are missing.
        while len(body) <= MAX_REPLY_BYTES and (
            part := response.read(MAX_REPLY_BYTES + 1 - len(body), decode_content=False)
        ):
            body += part
        if len(body) > MAX_REPLY_BYTES:
            msg = f"The answer of {host} is longer than {MAX_REPLY_BYTES // 1024} KiB and was not read on."
            raise ReplyTooLargeError(msg, status_code=response.status)
        headers = {name.lower(): value for name, value in response.headers.items()}
        # Told by urllib3 itself from version 2.
        promised = headers.get("content-length", "")
        if promised.isdecimal() and len(body) < int(promised) and response.status not in {204, 304}:
            msg = f"The connection to {host} was lost before the whole answer came."
            raise ConnectionLostError(msg, status_code=response.status)
        return Reply(status=response.status, headers=headers, body=body)

# SPDX-License-Identifier: Apache-2.0
"""
One exchange in, one reply out, bounded in time and memory.

No retry, no policy, no logging: those stand in :mod:`airflow_mpulse.delivery.retry` and
:mod:`airflow_mpulse.delivery.client`, which never name the HTTP library.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from airflow_mpulse.exceptions import (
    ConnectionLostError,
    MPulseError,
    MPulseSettingsError,
    ReplyTooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests
    from requests.adapters import HTTPAdapter

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

    def close(self) -> None:
        """Close what is kept open."""


class RequestsTransport:
    """
    Carries exchanges with ``requests``, over connections that are kept alive.

    Redirects are not followed and cookies are not kept; proxies and certificate authorities from the
    environment are honoured. The library is imported when the first exchange is made.

    :param verify: Whether certificates are checked against the system's authorities, or a file of them.
    :param max_connections: How many connections are kept for use at the same time.
    :param open_adapter: Makes what speaks HTTP, given that number.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        max_connections: int = 8,
        open_adapter: Callable[[int], HTTPAdapter] | None = None,
    ) -> None:
        self._build_adapter = open_adapter
        self._verify = verify
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._adapter: HTTPAdapter | None = None
        self._routes: dict[str, tuple[dict[str, str], str]] = {}

    def exchange(self, request: Exchange) -> Reply:  # noqa: DOC503
        """
        Carry one request and give its answer, whatever its status.

        :param request: The request.
        :return: The answer.
        :raises TransportError: If no whole answer arrives in time and size.
        :raises MPulseSettingsError: If the file of certificate authorities cannot be used.
        """
        import requests
        from urllib3.exceptions import HTTPError

        from airflow_mpulse.delivery.http_errors import translate

        host = urlsplit(request.url).netloc
        adapter = self._open_adapter()
        proxies, verify = self._route(request.url)
        try:
            response = adapter.send(
                _prepare(request), stream=True, timeout=request.timeout_s, verify=verify, proxies=proxies
            )
            return _read(response, host)
        except (requests.RequestException, HTTPError) as error:
            failure: MPulseError = translate(error, host, request.timeout_s)
        except OSError:
            # What is left is the look for the authorities' file, before anything is sent.
            failure = MPulseSettingsError(
                f"The certificate authorities {verify!r} are no readable file; the connection's "
                "extra 'verify' or REQUESTS_CA_BUNDLE names them."
            )
        # Raised out here, so that the library's error, which repeats the address with the API key, does not
        # travel along as its context.
        raise failure

    def close(self) -> None:
        """Close the connections that are kept; the next exchange opens new ones."""
        with self._lock:
            adapter, self._adapter = self._adapter, None
        if adapter is not None:
            adapter.close()

    def _open_adapter(self) -> HTTPAdapter:
        with self._lock:
            if self._adapter is None:
                from airflow_mpulse.delivery.bounded_http import build_adapter

                self._adapter = (self._build_adapter or build_adapter)(self._max_connections)
            return self._adapter

    def _route(self, url: str) -> tuple[dict[str, str], str]:
        from airflow_mpulse.delivery.routes import find_route

        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        # Looked up once an origin: the look-up costs as much as the exchange.
        if origin not in self._routes:
            self._routes[origin] = find_route(origin, self._verify)
        return self._routes[origin]


def _prepare(request: Exchange) -> requests.PreparedRequest:
    import requests

    # Prepared by hand: the library's own preparation adds credentials of a .netrc file, and costs more than
    # the rest of the exchange.
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    prepared.headers = requests.structures.CaseInsensitiveDict(request.headers)
    prepared.body = request.body
    if request.body is not None:
        prepared.headers["Content-Length"] = str(len(request.body))
    return prepared


def _read(response: requests.Response, host: str) -> Reply:
    with response:
        body = b""
        # Until nothing more comes: only the read after the last byte notices that some are missing.
        while len(body) <= MAX_REPLY_BYTES and (
            part := response.raw.read(MAX_REPLY_BYTES + 1 - len(body), decode_content=False)
        ):
            body += part
        if len(body) > MAX_REPLY_BYTES:
            msg = f"The answer of {host} is longer than {MAX_REPLY_BYTES // 1024} KiB and was not read on."
            raise ReplyTooLargeError(msg, status_code=response.status_code)
        headers = {name.lower(): value for name, value in response.headers.items()}
        # Told by urllib3 itself from version 2.
        promised = headers.get("content-length", "")
        if promised.isdecimal() and len(body) < int(promised) and response.status_code not in {204, 304}:
            msg = f"The connection to {host} was lost before the whole answer came."
            raise ConnectionLostError(msg, status_code=response.status_code)
        return Reply(status=response.status_code, headers=headers, body=body)

# SPDX-License-Identifier: Apache-2.0
"""
The pools of connections of one transport: which one an address is reached by, looked up once an origin.

The exchanges of ``requests`` cost as much again as those of the pools below it, so that it is asked only for
what it knows best: which proxies the environment names, and how an address is reached through one.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError

from airflow_mpulse.delivery.bounded_http import POOLS, BoundedPool
from airflow_mpulse.delivery.routes import find_route, load_context
from airflow_mpulse.exceptions import MPulseSettingsError

if TYPE_CHECKING:
    import ssl

    from airflow_mpulse.delivery.proxies import ProxyAdapter

    Found = tuple[BoundedPool, str]

#: Pools that are kept: that of the configuration, and that of the collector, which may change its name.
MAX_POOLS = 4


class Pools:
    """
    Finds pools whose connections answer in bounded time.

    :param verify: Whether certificates are checked against the environment's authorities, or a file or folder
        of them.
    :param max_connections: How many connections are kept for use at the same time, from 1.
    :param pool_classes: The classes of pools, by scheme.
    """

    def __init__(
        self,
        verify: bool | str,  # noqa: FBT001
        max_connections: int,
        pool_classes: dict[str, type[BoundedPool]] = POOLS,
    ) -> None:
        self._verify = verify
        self._max_connections = max_connections
        self._pool_classes = pool_classes
        self._routes: dict[str, tuple[dict[str, str], str]] = {}
        self._found: OrderedDict[tuple[str, ssl.SSLContext | None], Found] = OrderedDict()
        self._proxies: ProxyAdapter | None = None

    def find(self, origin: str) -> Found:  # noqa: DOC502
        """
        Find the pool that reaches an origin.

        :param origin: Scheme, host and port.
        :return: The pool, and what is to be asked for before the path: nothing, or the origin where a proxy
            is asked for the whole address.
        :raises MPulseSettingsError: If the certificate authorities cannot be read.
        :raises HTTPError: If the address cannot be used.
        :raises RequestException: If that of a proxy cannot.
        """
        # Authorities that were replaced count for the next exchange.
        context = self._load_context(origin) if origin.startswith("https:") else None
        found = self._found.get((origin, context))
        if found is None:
            found = self._found[origin, context] = self._open(origin, context)
            if len(self._found) > MAX_POOLS:
                self._found.popitem(last=False)
        return found

    def close(self) -> None:
        """Close the connections that are kept."""
        for pool, _ in list(self._found.values()):
            pool.close()
        if self._proxies is not None:
            self._proxies.close()

    def _load_context(self, origin: str) -> ssl.SSLContext:
        authorities = self._route(origin)[1]
        try:
            return load_context(authorities)
        except OSError:
            msg = (
                f"The certificate authorities {authorities!r} are no readable file; the connection's extra "
                "'verify' or REQUESTS_CA_BUNDLE names them."
            )
            raise MPulseSettingsError(msg) from None

    def _route(self, origin: str) -> tuple[dict[str, str], str]:
        if origin not in self._routes:
            if len(self._routes) >= MAX_POOLS:
                self._routes.clear()
            self._routes[origin] = find_route(origin, self._verify)
        return self._routes[origin]

    def _open(self, origin: str, context: ssl.SSLContext | None) -> Found:
        proxies, authorities = self._route(origin)
        if proxies:
            return self._open_proxied(origin, authorities, proxies)
        tls: dict[str, Any] = (
            {} if context is None else {"cert_reqs": "CERT_REQUIRED", "ssl_context": context}
        )
        try:
            parts = urlsplit(origin)
            pool_class = self._pool_classes[parts.scheme]
            return pool_class(parts.hostname or "", parts.port, maxsize=self._max_connections, **tls), ""
        except (ValueError, KeyError):
            raise LocationParseError(origin) from None

    def _open_proxied(self, origin: str, authorities: str, proxies: dict[str, str]) -> Found:
        if self._proxies is None:
            from airflow_mpulse.delivery.proxies import ProxyAdapter

            self._proxies = ProxyAdapter(self._pool_classes, MAX_POOLS, self._max_connections)
        return self._proxies.open(origin, authorities, proxies)

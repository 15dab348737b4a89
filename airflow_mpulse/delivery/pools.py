# SPDX-License-Identifier: Apache-2.0
"""
The pools of connections of one transport: which one an address is reached by, looked up once an origin.

``requests`` knows proxies, theirs of SOCKS included, and how a pool is made for them; the exchanges
themselves go straight to the pool, because the rest of ``requests`` costs as much again as an exchange.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from airflow_mpulse.delivery.bounded_http import POOLS
from airflow_mpulse.delivery.routes import find_route, load_context
from airflow_mpulse.exceptions import MPulseSettingsError

if TYPE_CHECKING:
    import ssl

    from urllib3.connectionpool import HTTPConnectionPool

#: Pools that are kept: that of the configuration, and that of the collector, which may change its name.
MAX_POOLS = 4


class Pools(HTTPAdapter):
    """
    Finds pools whose connections answer in bounded time. Safe in threads.

    :param verify: Whether certificates are checked against the environment's authorities, or a file or folder
        of them.
    :param max_connections: How many connections are kept for use at the same time, from 1.
    :param pool_classes: The classes of pools, by scheme.
    """

    def __init__(
        self,
        verify: bool | str,  # noqa: FBT001
        max_connections: int,
        pool_classes: dict[str, type[HTTPConnectionPool]] = POOLS,
    ) -> None:
        self._verify = verify
        self._pool_classes = pool_classes
        self._routes: dict[str, tuple[dict[str, str], str]] = {}
        self._found: OrderedDict[tuple[str, ssl.SSLContext | None], tuple[HTTPConnectionPool, str]]
        self._found = OrderedDict()
        super().__init__(pool_connections=MAX_POOLS, pool_maxsize=max_connections, max_retries=0)

    def find(self, origin: str) -> tuple[HTTPConnectionPool, str]:  # noqa: DOC502
        """
        Find the pool that reaches an origin.

        :param origin: Scheme, host and port.
        :return: The pool, and what is to be asked for before the path: nothing, or the origin where a proxy is
            asked for the whole address.
        :raises MPulseSettingsError: If the certificate authorities cannot be read.
        :raises requests.exceptions.RequestException: If the address, or that of a proxy, cannot be used.
        """
        # Authorities that were replaced count for the next exchange.
        context = self._load_context(origin) if origin.startswith("https:") else None
        found = self._found.get((origin, context))
        if found is None:
            found = self._found[origin, context] = self._open(origin)
            if len(self._found) > MAX_POOLS:
                self._found.popitem(last=False)
        return found

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: D102
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager

    def build_connection_pool_key_attributes(  # noqa: D102
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] != "https":
            return host, {}
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": load_context(verify)}

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

    def _open(self, origin: str) -> tuple[HTTPConnectionPool, str]:
        proxies, authorities = self._route(origin)
        request = requests.PreparedRequest()
        request.url = f"{origin}/"
        pool: Any = self.get_connection_with_tls_context(request, authorities, proxies=proxies)
        asked_for = self.request_url(request, proxies)
        return pool, "" if urlsplit(asked_for).scheme == "" else origin

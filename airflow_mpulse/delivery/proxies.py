# SPDX-License-Identifier: Apache-2.0
"""Pools that reach an address through a proxy of the environment, as ``requests`` opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from airflow_mpulse.delivery.routes import load_context

if TYPE_CHECKING:
    from airflow_mpulse.delivery.bounded_http import BoundedPool


class ProxyAdapter(HTTPAdapter):
    """
    Opens pools; nothing is sent with it.

    :param pool_classes: The classes of pools, by scheme.
    :param max_pools: How many pools are kept.
    :param max_connections: How many connections are kept in each for use at the same time, from 1.
    """

    def __init__(
        self, pool_classes: dict[str, type[BoundedPool]], max_pools: int, max_connections: int
    ) -> None:
        self._pool_classes = pool_classes
        super().__init__(pool_connections=max_pools, pool_maxsize=max_connections, max_retries=0)

    def open(  # noqa: DOC502
        self, origin: str, authorities: str, proxies: dict[str, str]
    ) -> tuple[BoundedPool, str]:
        """
        Open a pool.

        :param origin: The scheme, host and port that are to be reached.
        :param authorities: The file or folder of the certificate authorities.
        :param proxies: Proxies by scheme.
        :return: The pool, and what is to be asked for before the path: nothing, or the origin where the proxy
            is asked for the whole address.
        :raises OSError: If the certificate authorities cannot be read.
        :raises RequestException: If an address cannot be used.
        """
        request = requests.PreparedRequest()
        request.url = f"{origin}/"
        pool: Any = self.get_connection_with_tls_context(request, authorities, proxies=proxies)
        is_whole = bool(urlsplit(self.request_url(request, proxies)).scheme)
        return pool, origin if is_whole else ""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: D102
        super().init_poolmanager(*args, **kwargs)
        # Where the environment names a proxy for other schemes or hosts only.
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

# SPDX-License-Identifier: Apache-2.0
"""The service for as long as a `with` block, and the Airflow connection that leads to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from benchmarks.certificates import Certificates, make_certificates
from benchmarks.helper import Helper
from benchmarks.service import API_KEY, BEACON_PATH, CONFIGURATION_PATH, DOMAIN, LINEAGE_PATH
from demo.components import stop_all
from demo.loopback import HOST
from demo.settings import inherited_environment

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class ServiceProcess:
    """
    A running service.

    :param folder: Where its certificates and its log go; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self.certificates: Certificates = make_certificates(folder)
        self._helper = Helper(
            "benchmarks.service",
            str(self.certificates.chain),
            env=inherited_environment(),
            log_file=folder / "service.log",
        )
        self._ports: list[int] = []

    def __enter__(self) -> Self:
        """Start the service."""
        self._helper.start()
        try:
            self._ports = self._helper.order()["ports"]
        except BaseException:
            stop_all([self._helper])
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the service."""
        stop_all([self._helper])

    def delay(self, delay_ms: float) -> None:
        """
        Delay all answers from now on.

        :param delay_ms: Milliseconds, from 0.
        """
        self._helper.order(delay_ms=delay_ms)

    def received(self) -> dict[str, int]:
        """
        Tell what was received so far.

        :return: Numbers by ``beacons``, ``configurations``, ``events`` and ``connections``; whatever else was
            asked for stands under its method and path.
        """
        return dict(self._helper.order()["received"])

    def origin(self, *, tls: bool) -> str:
        """
        Give the beginning of the service's addresses.

        :param tls: Whether it is to be reached over TLS.
        :return: Scheme, host and port.
        """
        return f"{'https' if tls else 'http'}://{HOST}:{self._ports[tls]}"

    def environment(self, *, tls: bool) -> dict[str, str]:
        """
        Give what leads a process to the service.

        :param tls: Whether it is to be reached over TLS.
        :return: Environment variables: the connection, the addresses for peers, and the authorities.
        """
        origin = self.origin(tls=tls)
        scheme, _, netloc = origin.partition("://")
        connection = {
            "conn_type": "mpulse",
            "schema": scheme,
            "host": HOST,
            "port": int(netloc.partition(":")[2]),
            "password": API_KEY,
            "extra": {"domain": DOMAIN},
        }
        return {
            "AIRFLOW_CONN_MPULSE_DEFAULT": json.dumps(connection),
            "BENCHMARK_CONFIGURATION_URL": f"{origin}{CONFIGURATION_PATH}?key={API_KEY}&d={DOMAIN}",
            "BENCHMARK_BEACON_URL": f"{origin}{BEACON_PATH}",
            "BENCHMARK_LINEAGE": json.dumps(
                {"type": "http", "url": origin, "endpoint": LINEAGE_PATH.lstrip("/")}
            ),
            "REQUESTS_CA_BUNDLE": str(self.certificates.bundle),
        }

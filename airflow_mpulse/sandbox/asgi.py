# SPDX-License-Identifier: Apache-2.0
"""
The sandbox as an ASGI application: paths, and which endpoint answers each.

Running it is ``server``'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from airflow_mpulse.sandbox.inspection_endpoints import InspectionEndpoints
from airflow_mpulse.sandbox.mpulse_endpoints import MPulseEndpoints

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.state import SandboxState


def build_application(state: SandboxState) -> Starlette:
    """
    Put the application together.

    :param state: The running sandbox.
    :return: An ASGI application.
    """
    mpulse, inspection = MPulseEndpoints(state), InspectionEndpoints(state)
    routes = [
        Route("/api/config.json", mpulse.config_v1, methods=["GET"]),
        Route("/api/v2/config.json", mpulse.config_v2, methods=["GET"]),
        # A redirect to the slash would lose a POST's form; the collector of mPulse redirects nothing.
        Route("/beacon", mpulse.beacon, methods=["GET", "POST"]),
        Route("/beacon/", mpulse.beacon, methods=["GET", "POST"]),
        Route("/", inspection.welcome, methods=["GET"]),
        Route("/health", inspection.health, methods=["GET"]),
        Route("/api/beacons", inspection.beacons, methods=["GET", "DELETE"]),
        Route("/api/page-groups", inspection.page_groups, methods=["GET"]),
        Route("/api/requests", inspection.requests, methods=["GET", "DELETE"]),
        Route("/api/faults", inspection.faults, methods=["GET", "POST", "DELETE"]),
    ]
    return Starlette(routes=routes)

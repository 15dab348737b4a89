# SPDX-License-Identifier: Apache-2.0
"""
The sandbox as an ASGI application: paths, and which endpoint answers each.

Running it is ``server``'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from airflow_mpulse.sandbox.app_endpoints import AppEndpoints
from airflow_mpulse.sandbox.events import Events
from airflow_mpulse.sandbox.inspection_endpoints import InspectionEndpoints
from airflow_mpulse.sandbox.mpulse_endpoints import MPulseEndpoints
from airflow_mpulse.sandbox.page_endpoints import PageEndpoints, wants_page
from airflow_mpulse.sandbox.view_endpoints import ViewEndpoints

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_mpulse.sandbox.state import SandboxState


def build_application(state: SandboxState) -> Starlette:
    """
    Put the application together.

    :param state: The running sandbox.
    :return: An ASGI application.
    """
    mpulse, inspection = MPulseEndpoints(state), InspectionEndpoints(state)
    views, app, page = ViewEndpoints(state), AppEndpoints(state), PageEndpoints()

    async def front(request: Request) -> Response:
        if wants_page(request):
            return await run_in_threadpool(page.page, request)
        return await inspection.welcome(request)

    routes = [
        Route("/api/config.json", mpulse.config_v1, methods=["GET"]),
        Route("/api/v2/config.json", mpulse.config_v2, methods=["GET"]),
        # A redirect to the slash would lose a POST's form; the collector of mPulse redirects nothing.
        Route("/beacon", mpulse.beacon, methods=["GET", "POST"]),
        Route("/beacon/", mpulse.beacon, methods=["GET", "POST"]),
        Route("/", front, methods=["GET"]),
        Route("/static/{name}", page.static, methods=["GET"]),
        Route("/static/{digest}/{name}", page.static, methods=["GET"]),
        Route("/health", inspection.health, methods=["GET"]),
        Route("/api/beacons", inspection.beacons, methods=["GET", "DELETE"]),
        Route("/api/page-groups", inspection.page_groups, methods=["GET"]),
        Route("/api/requests", inspection.requests, methods=["GET", "DELETE"]),
        Route("/api/faults", inspection.faults, methods=["GET", "POST", "DELETE"]),
        Route("/api/app", app.app, methods=["GET"]),
        Route("/api/app/definitions", app.definitions, methods=["POST", "DELETE"]),
        Route("/api/view/page-groups", views.page_groups, methods=["GET"]),
        Route("/api/view/page-group", views.page_group, methods=["GET"]),
        Route("/api/view/sessions", views.sessions, methods=["GET"]),
        Route("/api/view/session", views.session, methods=["GET"]),
        Route("/api/view/beacons", views.beacons, methods=["GET"]),
        Route("/api/view/beacon", views.beacon, methods=["GET"]),
        Route("/api/events", Events(state).events, methods=["GET"]),
    ]
    return Starlette(routes=routes)

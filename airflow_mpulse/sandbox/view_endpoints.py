# SPDX-License-Identifier: Apache-2.0
"""
The endpoints that the sandbox's page reads: page groups, sessions and beacons.

What they show is made in ``views``; when to look again is told by ``events``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.mpulse_endpoints import to_response
from airflow_mpulse.sandbox.numbers import parse_whole
from airflow_mpulse.sandbox.reply import json_reply
from airflow_mpulse.sandbox.views.beacons import describe_beacon, list_beacons
from airflow_mpulse.sandbox.views.page_groups import describe_page_group, list_page_groups
from airflow_mpulse.sandbox.views.selection import read_selection
from airflow_mpulse.sandbox.views.sessions import describe_session, list_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_mpulse.sandbox.state import SandboxState
    from airflow_mpulse.sandbox.views.selection import Selection

_DEFAULT_BEACONS, _MAX_BEACONS = 50, 500

_NOT_THERE = json_reply({"message": "There is no such thing, or it is forgotten."}, 404)


class ViewEndpoints:
    """
    What the page reads. Not coroutines, so that what is long to compute holds up no beacon.

    :param state: The running sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def page_groups(self, request: Request) -> Response:
        """
        List page groups.

        :param request: The request; ``text``, ``since_s`` and ``valid`` narrow the list down.
        :return: A row each.
        """
        return self._answer(
            request,
            lambda selection, _: {"groups": list_page_groups(self._state.beacons.beacons(), selection)},
        )

    def page_group(self, request: Request) -> Response:
        """
        Describe one page group.

        :param request: The request with its ``name``; ``since_s`` and ``valid`` choose beacons.
        :return: Its figures; 404 for one that has no beacon.
        """
        return self._answer(
            request,
            lambda selection, query: describe_page_group(
                query.get("name", ""), self._state.beacons.beacons(), selection
            ),
        )

    def sessions(self, request: Request) -> Response:
        """
        List sessions.

        :param request: The request; ``text``, ``since_s`` and ``valid`` narrow the list down.
        :return: A row each.
        """
        return self._answer(
            request,
            lambda selection, _: {"sessions": list_sessions(self._state.beacons.beacons(), selection)},
        )

    def session(self, request: Request) -> Response:
        """
        Describe one session.

        :param request: The request with its ``id``.
        :return: Its bars; 404 for one that is not known.
        """
        return self._answer(
            request,
            lambda _, query: describe_session(query.get("id", ""), self._state.beacons.beacons()),
        )

    def beacons(self, request: Request) -> Response:
        """
        List beacons, the newest first.

        :param request: The request; ``limit`` and ``before`` turn pages, ``page_group``, ``session``,
            ``text``, ``since_s`` and ``valid`` narrow the list down.
        :return: A row each.
        """
        return self._answer(request, self._list_beacons)

    def beacon(self, request: Request) -> Response:
        """
        Describe one beacon.

        :param request: The request with its ``id``.
        :return: Its fields and findings; 404 for one that is not remembered.
        """
        return self._answer(
            request,
            lambda _, query: describe_beacon(
                _read_whole(query, "id") or 0, self._state.beacons.beacons(), self._state.app
            ),
        )

    def _list_beacons(self, selection: Selection, query: Mapping[str, str]) -> dict[str, object]:
        limit = _read_whole(query, "limit") or _DEFAULT_BEACONS
        beacons = [
            beacon
            for beacon in self._state.beacons.beacons()
            if query.get("page_group") in (None, beacon.page_group)
            and query.get("session") in (None, beacon.session_id)
        ]
        return list_beacons(
            beacons, selection, before=_read_whole(query, "before"), limit=min(limit, _MAX_BEACONS)
        )

    def _answer(
        self, request: Request, view: Callable[[Selection, Mapping[str, str]], dict[str, object] | None]
    ) -> Response:
        version = self._state.version
        try:
            found = view(read_selection(request.query_params, self._state.clock()), request.query_params)
        except ValueError as error:
            return to_response(json_reply({"message": str(error)}, 400))
        if found is None:
            return to_response(_NOT_THERE)
        reply = json_reply({"version": version, **found}, headers={"Cache-Control": "no-store"})
        return to_response(reply)


def _read_whole(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    number = parse_whole(query[name])
    if not number:
        message = f"{name} must be a whole number from 1, not {query[name]!r}."
        raise ValueError(message)
    return number

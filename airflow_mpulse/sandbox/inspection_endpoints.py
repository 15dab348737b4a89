# SPDX-License-Identifier: Apache-2.0
"""
The endpoints that only the sandbox has: look at beacons and page groups, script faults, count requests.

Nothing of mPulse's own interface is here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.faults import FaultError, read_fault
from airflow_mpulse.sandbox.mpulse_endpoints import to_response
from airflow_mpulse.sandbox.numbers import parse_whole
from airflow_mpulse.sandbox.origin import refuse_foreign
from airflow_mpulse.sandbox.page_groups import summarise_page_groups
from airflow_mpulse.sandbox.reply import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_mpulse.sandbox.beacons import ReceivedBeacon
    from airflow_mpulse.sandbox.faults import FaultScript
    from airflow_mpulse.sandbox.state import SandboxState

_WELCOME = """\
A local stand-in for Akamai mPulse. API key {key}, domain {domain}.

As mPulse has them
  GET     /api/config.json?key=&d=         beacon configuration; with r= only new tokens
  GET     /api/v2/config.json?key=&t=&s=   the same, signed
  POST    /beacon/                         beacon as a form; 204 whatever is wrong
  GET     /beacon/?...                     beacon as a query; 204 whatever is wrong

Of the sandbox
  GET     /                                        with Accept: text/html the page, else this text
  GET     /api/beacons?page_group=&valid=&limit=   beacons with verdicts, newest last
  DELETE  /api/beacons                             forget them
  GET     /api/page-groups                         counts and percentiles
  GET     /api/requests                            counts of requests; DELETE starts from zero
  POST    /api/faults                              script a fault; GET lists, DELETE forgets (index= one)
  GET     /api/app                                 key, domain and definitions
  POST    /api/app/definitions                     define by kind and name; DELETE ?kind=&name= removes
  GET     /api/view/...                            what the page shows
  GET     /api/events                              tells of changes, as server-sent events
  GET     /health
"""


class InspectionEndpoints:
    """
    The sandbox's own interface.

    :param state: The running sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def welcome(self, request: Request) -> Response:  # noqa: ARG002
        """
        List the endpoints.

        :param request: The request, of which nothing is used.
        :return: Plain text.
        """
        app = self._state.app
        text = _WELCOME.format(key=app.api_key, domain=app.domain)
        return to_response(Reply(200, text, headers={"Vary": "Accept"}))

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """
        Say that the sandbox is up.

        :param request: The request, of which nothing is used.
        :return: A small JSON object.
        """
        return to_response(json_reply({"status": "ok"}))

    async def beacons(self, request: Request) -> Response:
        """
        List beacons, or forget them all.

        :param request: The request; ``page_group``, ``valid`` and ``limit`` narrow the list down.
        :return: A JSON array, newest last, or the number of beacons forgotten.
        """
        if request.method == "DELETE":
            refusal = refuse_foreign(request)
            return to_response(refusal or json_reply({"cleared": self._state.beacons.clear()}))
        try:
            chosen = _choose(self._state.beacons.beacons(), request.query_params)
        except ValueError as error:
            return to_response(_bad_request(str(error)))
        return to_response(json_reply([beacon.as_json() for beacon in chosen]))

    async def page_groups(self, request: Request) -> Response:  # noqa: ARG002
        """
        Summarise the beacons by page group.

        :param request: The request, of which nothing is used.
        :return: A JSON array.
        """
        return to_response(json_reply(summarise_page_groups(self._state.beacons.beacons())))

    async def requests(self, request: Request) -> Response:
        """
        Give the counts of requests, or start from zero.

        :param request: The request.
        :return: A JSON object, name to count.
        """
        refusal = refuse_foreign(request)
        if refusal is not None:
            return to_response(refusal)
        if request.method == "DELETE":
            self._state.requests.clear()
        return to_response(json_reply(self._state.requests.counts()))

    async def faults(self, request: Request) -> Response:
        """
        Script a fault, list those to come, or forget all or the one of an ``index``.

        :param request: The request.
        :return: The fault, the list or the number of faults forgotten; 400 with a sentence for a bad fault.
        """
        script = self._state.faults
        refusal = refuse_foreign(request)
        if refusal is not None:
            return to_response(refusal)
        if request.method == "DELETE":
            return to_response(_forget(script, request.query_params.get("index")))
        if request.method != "POST":
            return to_response(json_reply(script.as_json()))
        try:
            fault = read_fault(json.loads(await request.body()))
        except FaultError as error:
            return to_response(_bad_request(str(error)))
        except ValueError:
            return to_response(_bad_request("A fault is a JSON object; this is not JSON."))
        script.add(fault)
        return to_response(json_reply(fault.as_json(), 201))


def _choose(beacons: list[ReceivedBeacon], query: Mapping[str, str]) -> list[ReceivedBeacon]:
    if "page_group" in query:
        beacons = [beacon for beacon in beacons if beacon.page_group == query["page_group"]]
    if "valid" in query:
        wanted = _read_flag(query["valid"])
        beacons = [beacon for beacon in beacons if beacon.verdict.valid is wanted]
    if "limit" in query:
        beacons = beacons[-_read_limit(query["limit"]) :]
    return beacons


def _forget(script: FaultScript, index: str | None) -> Reply:
    if index is None:
        return json_reply({"cleared": script.clear()})
    number = parse_whole(index)
    if number is None or not script.remove(number):
        return json_reply({"message": f"There is no fault {index!r} to come."}, 404)
    return json_reply({"cleared": 1})


def _read_flag(text: str) -> bool:
    if text not in ("true", "false"):
        message = f"valid must be true or false, not {text!r}."
        raise ValueError(message)
    return text == "true"


def _read_limit(text: str) -> int:
    limit = parse_whole(text)
    if not limit:
        message = f"limit must be a whole number from 1, not {text!r}."
        raise ValueError(message)
    return limit


def _bad_request(sentence: str) -> Reply:
    return json_reply({"message": sentence}, 400)

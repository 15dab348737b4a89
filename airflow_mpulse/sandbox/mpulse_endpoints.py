# SPDX-License-Identifier: Apache-2.0
"""
The endpoints that mPulse has too: the configuration service in both versions, and the collector.

Here HTTP meets the pure modules; no rule of the wire is written down here. What only the sandbox has is in
``inspection_endpoints``.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from airflow_mpulse.sandbox.beacons import received_beacon
from airflow_mpulse.sandbox.clock import epoch_ms
from airflow_mpulse.sandbox.configuration import Question, configuration_reply, full_body, refuse
from airflow_mpulse.sandbox.fault_replies import fault_reply, spoil_configuration, spoil_receipt
from airflow_mpulse.sandbox.form import read_fields
from airflow_mpulse.sandbox.judge import judge
from airflow_mpulse.sandbox.reply import HTML_HEADERS, Reply

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.faults import Fault
    from airflow_mpulse.sandbox.state import SandboxState


class MPulseEndpoints:
    """
    mPulse as a client sees it.

    :param state: The running sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def config_v1(self, request: Request) -> Response:
        """
        Answer the plain request for a configuration.

        :param request: The request.
        :return: A configuration, a refresh, a refusal or a scripted fault.
        """
        return await self._configuration(request, signed=False)

    async def config_v2(self, request: Request) -> Response:
        """
        Answer the signed request for a configuration.

        :param request: The request.
        :return: A configuration, a refresh, a refusal or a scripted fault.
        """
        return await self._configuration(request, signed=True)

    async def beacon(self, request: Request) -> Response:
        """
        Take a beacon, and never say what is wrong with it.

        :param request: The request.
        :return: 204 without a body, unless a fault is scripted.
        """
        is_post = request.method == "POST"
        self._state.requests.add("beacon_post" if is_post else "beacon_get")
        try:
            body = await request.body()
        except ClientDisconnect:
            # Half a beacon is no beacon, and nobody is left to answer.
            return Response(status_code=204)
        fault = self._state.faults.take("beacon")
        if fault is None or fault.keeps_beacon():
            raw = body if is_post else request.scope["query_string"]
            self._remember(request, raw.decode(errors="replace"))
        reply = fault and fault_reply(fault, self._state.app)
        return await self._answer(request, fault, reply or spoil_receipt(fault))

    def _remember(self, request: Request, raw: str) -> None:
        received_at, fields = self._state.clock(), read_fields(raw)
        form = "application/x-www-form-urlencoded"
        is_post = request.method == "POST"
        verdict = judge(
            fields,
            app=self._state.app,
            tokens=self._state.tokens,
            now_ms=epoch_ms(received_at),
            content_type=request.headers.get("content-type", "") if is_post else form,
            url_characters=0 if is_post else len(str(request.url)),
        )
        self._state.beacons.add(
            received_beacon(
                fields,
                raw=raw,
                app=self._state.app,
                verdict=verdict,
                received_at=received_at,
                method=request.method,
                user_agent=request.headers.get("user-agent", ""),
            )
        )

    async def _configuration(self, request: Request, *, signed: bool) -> Response:
        question = _read_question(request, signed=signed)
        name = "config_v2" if signed else "config_v1"
        self._state.requests.add(f"{name}_refresh" if question.is_refresh else name)
        fault = self._state.faults.take("configuration", is_refresh=question.is_refresh)
        reply = fault and fault_reply(fault, self._state.app)
        return await self._answer(request, fault, reply or self._usual_configuration(question, fault))

    def _usual_configuration(self, question: Question, fault: Fault | None) -> Reply:
        app, tokens, now_ms = self._state.app, self._state.tokens, self._state.now_ms()
        refusal = refuse(question, app)
        if refusal is not None:
            return refusal
        if question.is_refresh and not (fault and fault.kind == "full_refresh"):
            body = tokens.issue(now_ms)
        else:
            body = full_body(question, app, tokens, now_ms=now_ms, session_id=str(uuid.uuid4()))
        return configuration_reply(spoil_configuration(fault, body))

    async def _answer(self, request: Request, fault: Fault | None, reply: Reply) -> Response:
        if fault is not None:
            await self._state.wait(fault.delay_s)
            if fault.kind == "drop":
                await _drop_connection(request)
        return to_response(reply)


def _read_question(request: Request, *, signed: bool) -> Question:
    query: dict[str, str] = {}
    for name, value in parse_qsl(
        request.scope["query_string"].decode(errors="replace"), keep_blank_values=True
    ):
        query.setdefault(name, value)
    return Question(
        query=query,
        signed=signed,
        host=request.headers.get("host") or request.url.netloc,
        user_agent=request.headers.get("user-agent", ""),
        user_ip=request.client.host if request.client else "",
    )


async def _drop_connection(request: Request) -> None:
    request.state.drop_connection()
    # Only when the server has noticed the closed connection does it discard the answer without a complaint.
    while (await request.receive())["type"] != "http.disconnect":
        pass


def to_response(reply: Reply) -> Response:
    """
    Hand an answer to the web framework.

    :param reply: The answer.
    :return: The framework's form of it.
    """
    headers = dict(reply.headers)
    if reply.payload():
        headers["Content-Type"] = reply.content_type
        if reply.content_type.startswith("text/html"):
            headers.update(HTML_HEADERS)
    return Response(reply.payload(), reply.status, headers)

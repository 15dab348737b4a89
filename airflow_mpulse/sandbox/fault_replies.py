# SPDX-License-Identifier: Apache-2.0
"""
What a scripted fault answers.

Pure. Waiting and dropping a connection need the server and are done in ``mpulse_endpoints``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.configuration import bots_refused
from airflow_mpulse.sandbox.reply import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.faults import Fault

_PORTAL = "<!doctype html><title>Sign in</title><h1>Sign in to use this network</h1>"
_DEFAULT_SIZE_BYTES = 1024 * 1024
_DEFAULT_STATUS = 503

_REPLIES: Mapping[str, Callable[[Fault, SandboxApp], Reply]] = {
    "status": lambda fault, _: Reply(fault.status or _DEFAULT_STATUS, fault.body or ""),
    "html": lambda fault, _: Reply(fault.status or 200, fault.body or _PORTAL, "text/html; charset=utf-8"),
    "redirect": lambda fault, _: Reply(fault.status or 302, headers={"Location": fault.location or "/"}),
    "rate_limited": lambda _, app: json_reply({"site_domain": app.domain, "rate_limited": True}),
    "rate_limited_420": lambda fault, _: Reply(420, fault.body or ""),
    "suspended": lambda *_: Reply(204),
    "bots_refused": lambda fault, app: Reply(fault.status or app.bots_refused_status, bots_refused(app).body),
    "not_an_object": lambda fault, _: Reply(200, fault.body or "[]", "application/json"),
}

_EDITS: Mapping[str, Callable[[Fault], dict[str, object]]] = {
    "empty_beacon_url": lambda _: {"beacon_url": ""},
    "beacon_url": lambda fault: {"beacon_url": fault.beacon_url},
    "non_string_token": lambda fault: {fault.field or "h.cr": ["not", "text"]},
    "huge": lambda fault: {"padding": "x" * _size_bytes(fault)},
}


def fault_reply(fault: Fault, app: SandboxApp) -> Reply | None:
    """
    Build the answer that replaces the usual one.

    :param fault: The fault.
    :param app: The app that is played.
    :return: The answer; None where the fault leaves the usual answer, or only changes its body.

    Source: section 1.5: RL and PR29 (rate limited), LBLOG (suspended), GETCFG (bots).
    """
    build = _REPLIES.get(fault.kind)
    if build is None:
        return None
    reply = build(fault, app)
    if fault.retry_after is None:
        return reply
    headers = {**reply.headers, "Retry-After": fault.retry_after}
    return Reply(reply.status, reply.body, reply.content_type, headers)


def spoil_configuration(fault: Fault | None, body: Mapping[str, object]) -> dict[str, object]:
    """
    Change the body of a configuration answer.

    :param fault: The fault; None for no change.
    :param body: The usual body, whole or a refresh.
    :return: The body to send.
    """
    spoilt = dict(body)
    if fault is None:
        return spoilt
    if fault.kind == "no_beacon_url":
        spoilt.pop("beacon_url", None)
    elif fault.kind == "missing_token":
        spoilt.pop(fault.field or "h.cr", None)
    elif fault.kind in _EDITS:
        spoilt.update(_EDITS[fault.kind](fault))
    return spoilt


def spoil_receipt(fault: Fault | None) -> Reply:
    """
    Build the collector's answer where it is not replaced.

    :param fault: The fault; None for no change.
    :return: 204 without a body, or 200 with a very long one.

    Source: POSTB (204, empty, whatever was sent).
    """
    if fault is not None and fault.kind == "huge":
        return Reply(200, "x" * _size_bytes(fault))
    return Reply(204)


def _size_bytes(fault: Fault) -> int:
    return fault.size_bytes or _DEFAULT_SIZE_BYTES

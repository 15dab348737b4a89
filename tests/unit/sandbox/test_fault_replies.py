# SPDX-License-Identifier: Apache-2.0
"""Tests of what scripted faults answer, without a network."""

from __future__ import annotations

import json

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.fault_replies import fault_reply, spoil_configuration, spoil_receipt
from airflow_mpulse.sandbox.faults import CONFIGURATION_KINDS, EVERYWHERE_KINDS, Fault

BODY = {"h.key": "K", "h.t": 1, "h.cr": "c", "beacon_url": "//127.0.0.1/beacon/"}
LIMITED = '{"site_domain": "pipelines.local", "rate_limited": true}'
NO_BOTS = '{"message": "This app does not include bot beacons"}'


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault("beacon", "status"), 503, ""),
        (Fault("beacon", "status", status=418, body="no"), 418, "no"),
        (Fault("configuration", "rate_limited"), 200, LIMITED),
        (Fault("configuration", "rate_limited_420"), 420, ""),
        (Fault("configuration", "suspended"), 204, ""),
        (Fault("configuration", "bots_refused"), 403, NO_BOTS),
        (Fault("configuration", "bots_refused", status=406), 406, NO_BOTS),
        (Fault("configuration", "not_an_object"), 200, "[]"),
        (Fault("configuration", "not_an_object", body="null"), 200, "null"),
        (Fault("beacon", "redirect"), 302, ""),
    ],
)
def test_some_faults_replace_the_answer(fault: Fault, status: int, body: str) -> None:
    """The documented refusals come with their documented status and body."""
    reply = fault_reply(fault, SandboxApp())
    assert reply is not None
    assert (reply.status, reply.body) == (status, body)


def test_html_is_a_sign_in_page() -> None:
    """A network that answers for mPulse does so with 200 and HTML."""
    reply = fault_reply(Fault("beacon", "html"), SandboxApp())
    assert reply is not None
    assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")


def test_retry_after_is_passed_on() -> None:
    """Retry-After is added beside the headers that the fault has anyway."""
    fault = Fault("beacon", "redirect", location="/health", retry_after="7")
    reply = fault_reply(fault, SandboxApp())
    assert reply is not None
    assert reply.headers == {"Location": "/health", "Retry-After": "7"}


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (None, BODY),
        (Fault("configuration", "delay", delay_s=1), BODY),
        (Fault("configuration", "no_beacon_url"), {"h.key": "K", "h.t": 1, "h.cr": "c"}),
        (Fault("configuration", "empty_beacon_url"), {**BODY, "beacon_url": ""}),
        (Fault("configuration", "beacon_url", beacon_url="ftp://x/"), {**BODY, "beacon_url": "ftp://x/"}),
        (
            Fault("configuration", "missing_token"),
            {"h.key": "K", "h.t": 1, "beacon_url": "//127.0.0.1/beacon/"},
        ),
        (
            Fault("configuration", "missing_token", field="h.t"),
            {"h.key": "K", "h.cr": "c", "beacon_url": "//127.0.0.1/beacon/"},
        ),
        (Fault("configuration", "non_string_token"), {**BODY, "h.cr": ["not", "text"]}),
        (Fault("configuration", "huge", size_bytes=3), {**BODY, "padding": "xxx"}),
    ],
)
def test_some_faults_change_the_body(fault: Fault | None, body: dict[str, object]) -> None:
    """The other faults change one thing of the usual configuration and leave the original alone."""
    before = json.dumps(BODY)
    assert spoil_configuration(fault, BODY) == body
    assert json.dumps(BODY) == before


def test_receipt_is_empty_unless_huge() -> None:
    """The collector answers 204 with nothing, and only the huge fault gives it a body."""
    usual, huge = spoil_receipt(None), spoil_receipt(Fault("beacon", "huge", size_bytes=5))
    assert (usual.status, usual.payload()) == (204, b"")
    assert (huge.status, huge.payload()) == (200, b"xxxxx")


def test_every_kind_does_something() -> None:
    """No kind is merely listed: it replaces the answer, changes the body, or needs the server."""
    by_server = {"delay", "drop", "full_refresh"}
    for kind in {*EVERYWHERE_KINDS, *CONFIGURATION_KINDS} - by_server:
        fault = Fault("configuration", kind, beacon_url="//elsewhere/")
        assert fault_reply(fault, SandboxApp()) is not None or spoil_configuration(fault, BODY) != BODY

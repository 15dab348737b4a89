# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration service, without a network."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from airflow_mpulse.sandbox.app import API_KEY, SandboxApp
from airflow_mpulse.sandbox.configuration import (
    Question,
    configuration_reply,
    full_body,
    looks_like_bot,
    refuse,
)
from tests.unit.sandbox.samples import MINT, NOW_MS

AGENT = "pipelines/1.0"
GOOD = Question({"key": API_KEY, "d": "pipelines.local"}, False, "localhost:8095", AGENT, "127.0.0.1")
# Made with openssl, for key=SNDBX-LOCAL-MPULS-AIRFL-00000&t=1795435200000 and the default secret.
SIGNATURE = "b927e5b789e8adc290a2c5829b542f62fe22f147409ce06e6801463110097c52"
SIGNED = replace(GOOD, signed=True, query={"key": API_KEY, "t": "1795435200000", "s": SIGNATURE})
UNKNOWN_DOMAIN = '{"message": "Domain is not a subdomain registered with this API Key"}'
BAD_T = '{"message": "Parameter t must be milliseconds since the Unix epoch"}'
BAD_SIGNATURE = '{"message": "Signature does not match this API Key and t"}'


@pytest.mark.parametrize(
    ("question", "status", "body"),
    [
        (replace(GOOD, query={"key": API_KEY, "d": "elsewhere.local"}), 403, UNKNOWN_DOMAIN),
        (replace(GOOD, query={"key": API_KEY}), 403, UNKNOWN_DOMAIN),
        (replace(GOOD, query={"key": "OTHER", "d": "pipelines.local"}), 404, "Not found"),
        (replace(GOOD, query={}), 404, "Not found"),
        (replace(SIGNED, query={}), 404, "Not found"),
        (replace(SIGNED, query={"key": API_KEY}), 403, BAD_T),
        (replace(SIGNED, query={"key": API_KEY, "t": "now", "s": SIGNATURE}), 403, BAD_T),
        (replace(SIGNED, query={"key": API_KEY, "t": "1795435200001", "s": SIGNATURE}), 403, BAD_SIGNATURE),
        (replace(SIGNED, query={"key": API_KEY, "t": "1795435200000"}), 403, BAD_SIGNATURE),
        (replace(SIGNED, query={"key": API_KEY, "t": "1795435200000", "s": "ÿ"}), 403, BAD_SIGNATURE),
        (replace(SIGNED, query={**SIGNED.query, "s": SIGNATURE.upper()}), 403, BAD_SIGNATURE),
    ],
)
def test_bad_questions_are_refused(question: Question, status: int, body: str) -> None:
    """Each defect of a request has its own status and text."""
    reply = refuse(question, SandboxApp())
    assert reply is not None
    assert (reply.status, reply.body) == (status, body)


@pytest.mark.parametrize(
    "question",
    [
        GOOD,
        SIGNED,
        replace(GOOD, query={"key": API_KEY, "d": "etl.pipelines.local"}),
        replace(GOOD, user_agent=""),
    ],
    ids=["plain", "signed", "sub-domain", "any agent"],
)
def test_good_questions_are_not_refused(question: Question) -> None:
    """The registered domain, a sub-domain and a good signature get a configuration, whatever the agent."""
    assert refuse(question, SandboxApp()) is None


def test_statuses_can_be_chosen() -> None:
    """Where mPulse publishes no status, the app says which one the sandbox gives."""
    app = SandboxApp(unknown_key_status=400, bots_refused_status=406, include_bot_beacons=False)
    unknown = refuse(replace(GOOD, query={}), app)
    bot = refuse(replace(GOOD, user_agent="curl/8.5.0"), app)
    assert unknown is not None
    assert bot is not None
    assert (unknown.status, bot.status) == (400, 406)


@pytest.mark.parametrize(
    ("agent", "is_bot"),
    [
        ("curl/8.5.0", True),
        ("Googlebot/2.1", True),
        ("python-requests/2.32", True),
        ("", True),
        ("airflow-provider-mpulse/0.1.0", False),
        ("Mozilla/5.0 (X11; Linux x86_64)", False),
        ("Botanics/1.0", False),
    ],
)
def test_bots_are_told_by_their_agent(agent: str, is_bot: bool) -> None:
    """curl, crawlers and default agents of HTTP libraries look like bots, a product of one's own does not."""
    app = SandboxApp(include_bot_beacons=False)
    assert looks_like_bot(agent) is is_bot
    assert (refuse(replace(GOOD, user_agent=agent), app) is not None) is is_bot


def test_refresh_is_told_by_presence() -> None:
    """An empty r asks for new tokens only."""
    assert replace(GOOD, query={**GOOD.query, "r": ""}).is_refresh
    assert not GOOD.is_refresh


def test_full_body_has_the_documented_shape() -> None:
    """A whole configuration holds every key of a recorded one, in the same nesting."""
    app = SandboxApp(timers={"A": "custom0"}, metrics={"B": "cmet.b"}, dimensions={"C": "cdim.c"})
    body = full_body(GOOD, app, MINT, now_ms=NOW_MS, session_id="5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa")
    assert body == {
        "h.key": "SNDBX-LOCAL-MPULS-AIRFL-00000",
        "h.d": "pipelines.local",
        "h.t": 1_795_435_200_000,
        "h.cr": MINT.crumb("1795435200000"),
        "session_id": "5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa",
        "site_domain": "pipelines.local",
        "beacon_url": "//localhost:8095/beacon/",
        "beacon_interval": 60,
        "BW": {"enabled": False},
        "RT": {"session_exp": 1800},
        "ResourceTiming": {"enabled": False},
        "Angular": {"enabled": False},
        "PageParams": {
            "pageGroups": [],
            "abTests": [],
            "customMetrics": [
                {"name": "B", "index": 0, "type": "Programmatic", "label": "cmet.b", "dataType": "Number"}
            ],
            "customTimers": [{"name": "A", "index": 0, "type": "Programmatic", "label": "custom0"}],
            "customDimensions": [
                {
                    "name": "C",
                    "index": 0,
                    "type": "Programmatic",
                    "label": "cdim.c",
                    "dataType": "String",
                    "varName": "",
                }
            ],
            "urlPatterns": [],
            "params": True,
            "defaultDecimal": ".",
            "defaultThousands": ",",
        },
        "user_ip": "127.0.0.1",
    }


def test_answer_may_be_kept_for_five_minutes() -> None:
    """The answer is JSON with the Cache-Control that mPulse sends."""
    reply = configuration_reply({"h.t": 1})
    assert (reply.status, json.loads(reply.body), reply.content_type) == (200, {"h.t": 1}, "application/json")
    assert reply.headers == {
        "Cache-Control": "private, max-age=300, stale-while-revalidate=60, stale-if-error=120"
    }

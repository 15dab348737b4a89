# SPDX-License-Identifier: Apache-2.0
"""Tests of scripted faults: reading them and handing them out."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.faults import Fault, FaultError, FaultScript, read_fault


@pytest.mark.parametrize(
    ("request_body", "fault"),
    [
        ({"on": "beacon", "kind": "status", "status": 503}, Fault("beacon", "status", status=503)),
        (
            {"on": "beacon", "kind": "status", "status": 429, "retry_after": 2, "times": 3},
            Fault("beacon", "status", times=3, status=429, retry_after="2"),
        ),
        (
            {"on": "configuration", "kind": "suspended", "times": None},
            Fault("configuration", "suspended", times=None),
        ),
        ({"on": "beacon", "kind": "delay", "delay_s": 0.5}, Fault("beacon", "delay", delay_s=0.5)),
        (
            {"on": "configuration", "kind": "beacon_url", "beacon_url": ""},
            Fault("configuration", "beacon_url", beacon_url=""),
        ),
        (
            {"on": "configuration", "kind": "missing_token", "field": "h.t"},
            Fault("configuration", "missing_token", field="h.t"),
        ),
        (
            {"on": "configuration", "kind": "huge", "size_bytes": 9},
            Fault("configuration", "huge", size_bytes=9),
        ),
    ],
)
def test_good_faults_are_read(request_body: dict[str, object], fault: Fault) -> None:
    """A fault takes what its kind takes, and is used once unless told otherwise."""
    assert read_fault(request_body) == fault


@pytest.mark.parametrize(
    ("request_body", "sentence"),
    [
        ([], "A fault is a JSON object with at least on and kind."),
        ({"kind": "status"}, "on must be configuration or beacon, not None."),
        ({"on": "page", "kind": "status"}, "on must be configuration or beacon, not 'page'."),
        (
            {"on": "beacon", "kind": "suspended"},
            "kind must be one of status, delay, html, redirect, huge, drop on beacon, not 'suspended'.",
        ),
        (
            {"on": "beacon", "kind": ["status"]},
            "kind must be one of status, delay, html, redirect, huge, drop on beacon, not ['status'].",
        ),
        ({"on": "beacon", "kind": "drop", "status": 500}, "A fault of kind drop takes no 'status'; it takes"),
        (
            {"on": "beacon", "kind": "status", "status": 99},
            "status must be an HTTP status from 200 to 599, not 99.",
        ),
        ({"on": "beacon", "kind": "status", "status": True}, "status must be an HTTP status"),
        (
            {"on": "beacon", "kind": "status", "times": 0},
            "times must be a whole number from 1, or null, not 0.",
        ),
        (
            {"on": "beacon", "kind": "delay", "delay_s": -1},
            "delay_s must be a number of seconds from 0 to 600, not -1.",
        ),
        (
            {"on": "beacon", "kind": "delay", "delay_s": float("nan")},
            "delay_s must be a number of seconds from 0 to 600, not nan.",
        ),
        ({"on": "beacon", "kind": "delay"}, "A fault of kind delay needs delay_s."),
        (
            {"on": "beacon", "kind": "redirect", "location": "a\r\nb: c"},
            "location must be printable ASCII text, not 'a\\r\\nb: c'.",
        ),
        (
            {"on": "beacon", "kind": "status", "retry_after": True},
            "retry_after must be seconds or an HTTP date, not True.",
        ),
        (
            {"on": "configuration", "kind": "missing_token", "field": "h.pg"},
            "field must be one of h.key, h.d, h.t, h.cr, not 'h.pg'.",
        ),
        (
            {"on": "configuration", "kind": "beacon_url"},
            "A fault of kind beacon_url needs beacon_url, the text to give out.",
        ),
        (
            {"on": "configuration", "kind": "huge", "size_bytes": 10**9},
            "size_bytes must be a whole number from 1 to 67108864, not 1000000000.",
        ),
    ],
)
def test_bad_faults_get_a_sentence(request_body: object, sentence: str) -> None:
    """A fault that cannot be scripted is refused with one sentence that says why."""
    with pytest.raises(FaultError) as caught:
        read_fault(request_body)
    assert str(caught.value).startswith(sentence)


def test_faults_come_in_order() -> None:
    """Each place has its own queue, and a fault comes as often as it says before the next does."""
    script = FaultScript()
    twice, once, other = Fault("beacon", "drop", 2), Fault("beacon", "html"), Fault("configuration", "html")
    for fault in (twice, other, once):
        script.add(fault)
    assert [script.take("beacon") for _ in range(4)] == [twice, twice, once, None]
    assert [script.take("configuration") for _ in range(2)] == [other, None]


def test_fault_without_number_stays() -> None:
    """A fault with times null comes until it is cleared."""
    script = FaultScript()
    script.add(Fault("beacon", "drop", None))
    assert [fault is not None for fault in (script.take("beacon"), script.take("beacon"))] == [True, True]
    assert script.as_json() == [{"on": "beacon", "kind": "drop", "times": None, "delay_s": 0, "left": None}]
    assert (script.clear(), script.take("beacon")) == (1, None)


def test_full_refresh_waits_for_a_refresh() -> None:
    """A fault that changes refreshes is not used up by a request for a whole configuration."""
    script = FaultScript()
    script.add(Fault("configuration", "full_refresh"))
    assert script.take("configuration") is None
    assert script.take("configuration", is_refresh=True) is not None


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (Fault("beacon", "delay", delay_s=1), True),
        (Fault("beacon", "status", status=200), True),
        (Fault("beacon", "status"), False),
        (Fault("beacon", "status", status=302), False),
        (Fault("beacon", "html"), False),
        (Fault("beacon", "drop"), False),
        (Fault("beacon", "redirect"), False),
    ],
)
def test_only_delays_and_successes_keep_the_beacon(fault: Fault, kept: bool) -> None:
    """A beacon that met an error did not reach mPulse, one that was answered late did."""
    assert fault.keeps_beacon() is kept

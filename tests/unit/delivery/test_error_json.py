# SPDX-License-Identifier: Apache-2.0
"""Tests of errors that one process tells another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_mpulse import exceptions
from airflow_mpulse.delivery.answers import of_the_configuration
from airflow_mpulse.delivery.error_json import error_from_json, error_to_json
from airflow_mpulse.delivery.report import reason_of
from airflow_mpulse.exceptions import (
    DeliveryError,
    MPulseRateLimitedError,
    ReplyTimeoutError,
    TransportError,
    UnexpectedReplyError,
)

KINDS = [
    kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, DeliveryError)
]


def there_and_back(error: DeliveryError) -> DeliveryError:
    return error_from_json(json.loads(json.dumps(error_to_json(error))))


def show(error: DeliveryError) -> list[Any]:
    return [
        type(error),
        str(error),
        error.status_code,
        error.retry_after_s,
        error.retryable,
        getattr(error, "maybe_received", None),
        reason_of(error),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_of_a_delivery_comes_back(kind: type[DeliveryError]) -> None:
    """An error of every class there is comes back as one of the same class that says and means the same."""
    bare = kind("It failed: 'naïve' \N{SNOWMAN}.")
    assert show(there_and_back(bare)) == show(bare)
    full = kind("It failed.", status_code=503, retry_after_s=7.5)
    assert show(there_and_back(full)) == show(full)


@pytest.mark.parametrize("kind", [each for each in KINDS if issubclass(each, TransportError)])
def test_failed_request_for_the_configuration_comes_back(kind: type[TransportError]) -> None:
    """What became of a request for the configuration is no beacon that may have been counted."""
    error = of_the_configuration(kind("no answer"))
    assert show(there_and_back(error)) == show(error)
    assert reason_of(there_and_back(error)) == "unreachable"


def test_what_was_changed_comes_back() -> None:
    """Whether an error is worth another try is told as it was found, not as its class has it."""
    lost, busy = ReplyTimeoutError("x"), UnexpectedReplyError("x", status_code=500)
    lost.maybe_received, busy.retryable = False, False
    assert show(there_and_back(lost)) == show(lost)
    assert show(there_and_back(busy)) == show(busy)


GOOD = error_to_json(MPulseRateLimitedError("x", status_code=429, retry_after_s=60))
BROKEN = {
    "nothing": None,
    "list": [],
    "empty": {},
    "other kind": {**GOOD, "kind": "NoSuchError"},
    "kind of another module": {**GOOD, "kind": "annotations"},
    "not of a delivery": {**GOOD, "kind": "BeaconError"},
    "kind is no text": {**GOOD, "kind": ["MPulseRateLimitedError"]},
    "message is no text": {**GOOD, "message": 5},
    "status is no number": {**GOOD, "status_code": "429"},
    "wait is no number": {**GOOD, "retry_after_s": "60"},
    "not said whether": {**GOOD, "retryable": None},
    **{f"without {name}": {k: v for k, v in GOOD.items() if k != name} for name in GOOD},
}


@pytest.mark.parametrize("written", BROKEN.values(), ids=BROKEN)
def test_what_is_no_error_is_refused(written: Any) -> None:
    """What this package has not written, or not in this form, is a ValueError."""
    with pytest.raises(ValueError, match="not an error of this package's"):
        error_from_json(written)

# SPDX-License-Identifier: Apache-2.0
"""
When an exchange is tried again, and how long is waited before.

The decision is pure; one deadline bounds the whole, and the wait is passed in, so that closing can end it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_mpulse.delivery.http_dates import parse_http_date
from airflow_mpulse.exceptions import DeliveryError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    How long and how often an exchange is tried.

    :param deadline_s: Seconds for everything, waits included; no try begins after it.
    :param first_delay_s: Seconds before the second try.
    :param max_delay_s: The longest wait that is chosen here, seconds; mPulse may ask for a longer one.
    :param max_attempts: How often it is tried, from 1; ``None`` for as often as the time allows.
    """

    deadline_s: float = 15.0
    first_delay_s: float = 0.25
    max_delay_s: float = 4.0
    max_attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """
    Time and chance, as they are passed in.

    :param clock: Monotonic seconds.
    :param now: The present, with a time zone.
    :param wait: Waits for seconds, and returns true when waiting was ended from outside.
    :param jitter: A random number from 0 to 1.
    """

    clock: Callable[[], float]
    now: Callable[[], datetime]
    wait: Callable[[float], bool]
    jitter: Callable[[], float]


def run_with_retries(
    operation: Callable[[float], T], *, policy: RetryPolicy, timing: Timing, repeatable: bool
) -> T:
    """
    Run an exchange until it succeeds, cannot succeed, or the time is up.

    :param operation: The exchange; it is given the seconds that are left.
    :param policy: How long and how often.
    :param timing: Time and chance.
    :param repeatable: Whether a second request does no harm when the first may have been received.
    :return: What the operation returns.
    :raises DeliveryError: The last error, when it is not worth another try or no time is left.
    """
    deadline = timing.clock() + policy.deadline_s
    attempt = 0
    while True:
        try:
            return operation(deadline - timing.clock())
        except DeliveryError as error:
            attempt += 1
            delay_s = choose_delay_s(error, attempt, policy, timing.jitter())
            if attempt == policy.max_attempts or not is_worth_repeating(error, repeatable=repeatable):
                raise
            if timing.clock() + delay_s >= deadline or timing.wait(delay_s):
                raise


def is_worth_repeating(error: DeliveryError, *, repeatable: bool) -> bool:
    """
    Tell whether the same exchange may succeed in a moment.

    A beacon whose answer did not come may have been counted, and mPulse has no way to recognise a repeat.

    :param error: How the exchange ended.
    :param repeatable: Whether a second request does no harm when the first may have been received.
    :return: Whether to try again.

    Source: protocol 2.5: no key for de-duplication is documented.
    """
    if isinstance(error, TransportError):
        return error.retryable or (error.maybe_received and repeatable)
    return error.status_code is not None and (error.status_code in {408, 429} or error.status_code >= 500)


def choose_delay_s(error: DeliveryError, attempt: int, policy: RetryPolicy, jitter: float) -> float:
    """
    Choose how long to wait before another try.

    :param error: How the exchange ended.
    :param attempt: The number of tries so far, from 1.
    :param policy: The bounds.
    :param jitter: A random number from 0 to 1, so that many processes do not come back at once.
    :return: Seconds: what mPulse asked for, or half to all of a delay that doubles with each try.
    """
    longest = min(policy.first_delay_s * 2.0 ** min(attempt - 1, 30), policy.max_delay_s)
    chosen = longest * (0.5 + jitter / 2)
    return chosen if error.retry_after_s is None else max(error.retry_after_s, chosen)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """
    Read a ``Retry-After`` header.

    :param value: The header: seconds, or a date.
    :param now: The present, with a time zone.
    :return: Seconds from 0; ``None`` where there is no header or it cannot be read.

    Source: RFC 9110, section 10.2.3.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    instant = parse_http_date(text)
    return None if instant is None else max(math.ceil((instant - now).total_seconds()), 0)

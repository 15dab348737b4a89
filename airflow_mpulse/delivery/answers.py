# SPDX-License-Identifier: Apache-2.0
"""What the end of an exchange means: for a beacon, and for the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.delivery.retry import parse_retry_after
from airflow_mpulse.exceptions import (
    CertificateError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ReplyTooLargeError,
    TransportError,
    UnexpectedReplyError,
)
from airflow_mpulse.protocol.config_answer import describe_redirect

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_mpulse.delivery.transport import Reply


def check_received(reply: Reply, now: datetime, secrets: tuple[str, ...]) -> None:
    """
    Check that the collector has received a beacon.

    :param reply: Its answer.
    :param now: The present, with a time zone.
    :param secrets: Values that no error may repeat.
    :raises MPulseRateLimitedError: If it takes none for the moment.
    :raises RedirectRefusedError: If it points somewhere else.
    :raises UnexpectedReplyError: If it answered anything else than 204.

    Source: POSTB: 204, whatever a beacon holds.
    """
    status = reply.status
    if status == 204:
        return
    retry_after_s = parse_retry_after(reply.headers.get("retry-after"), now)
    if status in {420, 429}:
        msg = f"The collector answered {status}: it takes no more beacons for the moment."
        raise MPulseRateLimitedError(msg, status_code=status, retry_after_s=retry_after_s)
    if 300 <= status < 400:
        msg = describe_redirect("collector", status, reply.headers.get("location"), secrets=secrets)
        raise RedirectRefusedError(msg, status_code=status)
    msg = (
        f"The collector answered {status} where mPulse always answers 204, so the beacon counts as not "
        "received."
    )
    raise UnexpectedReplyError(msg, status_code=status, retry_after_s=retry_after_s)


def of_the_configuration(error: TransportError) -> TransportError:
    """
    Give an error of the configuration request, which does no harm twice and of which nothing was counted.

    :param error: How the exchange ended.
    :return: An error of the same class that says what was asked for.
    """
    failure = type(error)(f"The configuration could not be fetched: {error}", status_code=error.status_code)
    failure.maybe_received = False
    failure.retryable = not isinstance(error, CertificateError | ReplyTooLargeError)
    return failure

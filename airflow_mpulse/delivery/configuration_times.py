# SPDX-License-Identifier: Apache-2.0
"""How long a configuration may be used: what its headers and its token tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.http_dates import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.protocol.config import BeaconConfig
    from airflow_mpulse.protocol.config_answer import Answer

#: A token is said to live for ten minutes (SLATE); a beacon never leaves with an older one than this.
MAX_TOKEN_AGE_S = 9 * 60.0
#: The longest time without a refresh, whatever ``max-age`` says (GETCFG, JL).
MAX_FRESH_S = 300.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    An answer of the configuration service with the times that it is good for.

    :param answer: The answer.
    :param fresh_s: Seconds from its arrival until a refresh is due.
    :param usable_s: Seconds from its arrival until its token is too old.
    """

    answer: Answer
    fresh_s: float
    usable_s: float


@dataclass(slots=True)
class Current:
    """
    The configuration that is in use.

    :param answer: The answer that it was built from.
    :param config: The configuration.
    :param fresh_until: When a refresh is due, monotonic seconds.
    :param usable_until: When its token is too old, monotonic seconds.
    """

    answer: Answer
    config: BeaconConfig
    fresh_until: float
    usable_until: float

    def is_fresh(self, now: float) -> bool:
        """
        Tell whether no refresh is due.

        :param now: Monotonic seconds.
        :return: Whether it is not.
        """
        return now < min(self.fresh_until, self.usable_until)

    def is_usable(self, now: float) -> bool:
        """
        Tell whether its token is young enough.

        :param now: Monotonic seconds.
        :return: Whether it is.
        """
        return now < self.usable_until


def fresh_time_s(headers: Mapping[str, str]) -> float:
    """
    Read how long a configuration may be used without asking again.

    :param headers: The answer's headers by lower-case name.
    :return: Seconds: ``max-age``, at least 1 and at most :data:`MAX_FRESH_S`.

    Source: IOS and JL for ``max-age`` as the refresh interval, with 300 s where it is missing.
    """
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})", headers.get("cache-control", "").lower())
    return MAX_FRESH_S if found is None else min(max(float(found[1]), 1.0), MAX_FRESH_S)


def usable_time_s(token_time_ms: int, headers: Mapping[str, str]) -> float:
    """
    Tell how long a token may be used from its arrival.

    :param token_time_ms: ``h.t``, milliseconds since the Unix epoch on the server's clock.
    :param headers: The answer's headers by lower-case name. ``Date`` is the present on the token's clock,
        unless a cache on the way kept the answer with it; then ``Age`` tells for how long.
    :return: Seconds from now, 0 where it is too old already.

    Source: SLATE for the ten minutes that a token lives; RFC 9111, section 5.1, for ``Age``.
    """
    age_s = max(_read_age_s(headers), _read_date_s(headers, token_time_ms / 1000) - token_time_ms / 1000)
    return max(MAX_TOKEN_AGE_S - age_s, 0.0)


def _read_age_s(headers: Mapping[str, str]) -> float:
    age = headers.get("age", "").strip()
    return float(age) if re.fullmatch(r"[0-9]{1,9}", age) else 0.0


def _read_date_s(headers: Mapping[str, str], missing_s: float) -> float:
    sent_at = parse_http_date(headers.get("date", ""))
    return missing_s if sent_at is None else sent_at.timestamp()

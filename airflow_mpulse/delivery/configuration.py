# SPDX-License-Identifier: Apache-2.0
"""
The life of the beacon configuration in one process: fetched, used, refreshed, refused.

Kept in memory only; the client that owns it is the client of one connection.
"""

from __future__ import annotations

import re
import threading
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.http_dates import parse_http_date
from airflow_mpulse.exceptions import (
    BeaconUrlError,
    ConfigurationMessageError,
    ConfigurationRefusedError,
    DeliveryError,
    MPulseRateLimitedError,
    ServiceSuspendedError,
    TokenError,
    UnknownApiKeyError,
)
from airflow_mpulse.protocol.config import BeaconConfig, build_config
from airflow_mpulse.protocol.config_answer import Answer, merge_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_mpulse.delivery.settings import ServiceSettings

#: A token is said to live for ten minutes (SLATE); a beacon never leaves with an older one than this.
MAX_TOKEN_AGE_S = 9 * 60.0
#: The longest time without a refresh, whatever ``max-age`` says (GETCFG, JL).
MAX_FRESH_S = 300.0
#: How long a refusal is remembered, so that a busy host does not ask again for every task.
REFUSAL_S = 60.0
#: The longest that is, whatever ``Retry-After`` asks for.
MAX_REFUSAL_S = 3600.0
#: How long after a refresh that failed the next one is tried, while the token in use is still good.
FAILED_REFRESH_S = 10.0


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


#: What is mPulse's own word that beacons are not wanted. An answer that is none, such as a page of a proxy in
#: between, is not: the token in use stays good.
REFUSALS = (
    BeaconUrlError,
    ConfigurationMessageError,
    ConfigurationRefusedError,
    MPulseRateLimitedError,
    ServiceSuspendedError,
    UnknownApiKeyError,
)


class ConfigurationKeeper:
    """
    Gives the configuration to whoever sends, and asks for it as seldom as it may.

    Safe in threads: one of them refreshes while the others go on with what is still valid.

    :param settings: The connection's settings.
    :param fetch: Asks the service: for everything when given ``None``, or for new tokens when given the
        ``beacon_url`` in use; the second argument tells whether a failed request is worth repeating.
    :param clock: Monotonic seconds.
    :param on_config: Is given each new configuration.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        fetch: Callable[[str | None, bool], Fetched],
        clock: Callable[[], float],
        on_config: Callable[[BeaconConfig], None],
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._on_config = on_config
        self._lock = threading.Lock()
        self._current: _Current | None = None
        self._refusal: tuple[DeliveryError, float] | None = None
        self._failures = 0
        self._failure: DeliveryError | None = None

    def get(self, *, refresh: bool = False) -> BeaconConfig:  # noqa: DOC503
        """
        Give a configuration whose token is good now.

        :param refresh: Whether to ask the service anew, whatever is known.
        :return: The configuration.
        :raises DeliveryError: If there is none; a refusal is repeated for :data:`REFUSAL_S` without asking.
        """
        current = self._current
        if refresh or current is None or not current.is_usable(self._clock()):
            failures_before = self._failures
            with self._lock:
                if self._failure is not None and self._failures != failures_before:
                    # Whoever waited for a fetch that failed does not begin the same wait anew.
                    raise _renewed(self._failure)
                return self._renew(refresh=refresh).config
        if not current.is_fresh(self._clock()) and self._lock.acquire(blocking=False):
            try:
                return self._renew(refresh=False).config
            finally:
                self._lock.release()
        return current.config

    def _renew(self, *, refresh: bool) -> _Current:  # noqa: DOC503
        """
        Ask the service, with the lock held.

        :param refresh: Whether to ask for everything, whatever is known.
        :return: What is in use from now on.
        :raises DeliveryError: If there is nothing that may be used.
        """
        now = self._clock()
        if refresh:
            return self._ask_for_everything()
        if self._current is not None and self._current.is_fresh(now):
            return self._current  # Another thread was here while this one waited for the lock.
        if self._refusal is not None and now < self._refusal[1]:
            raise _renewed(self._refusal[0])
        if self._current is not None and self._current.is_usable(now):
            return self._ask_for_tokens(self._current)
        return self._ask_for_everything()

    def _ask_for_everything(self) -> _Current:
        try:
            return self._take(self._fetch(None, True), older=None)  # noqa: FBT003
        except DeliveryError as error:
            self._failures, self._failure = self._failures + 1, error
            self._remember(error)
            raise

    def _ask_for_tokens(self, current: _Current) -> _Current:
        try:
            return self._take(self._fetch(current.config.raw_beacon_url, False), older=current.answer)  # noqa: FBT003
        except DeliveryError as error:
            if isinstance(error, REFUSALS):
                self._remember(error)
                raise
            # The service is away, and the token in use is good for some minutes more.
            current.fresh_until = self._clock() + FAILED_REFRESH_S
            return current

    def _take(self, fetched: Fetched, older: Answer | None) -> _Current:
        answer = fetched.answer if older is None else merge_answers(older, fetched.answer)
        if older is not None and answer["h.cr"] == older["h.cr"]:
            msg = "The refreshed configuration has no new tokens."
            raise TokenError(msg)
        if fetched.usable_s <= 0:
            msg = (
                f"The configuration's tokens were older than {MAX_TOKEN_AGE_S / 60:g} minutes when they "
                "came; something on the way to mPulse keeps old answers."
            )
            raise TokenError(msg)
        config = build_config(
            answer,
            scheme=self._settings.scheme,
            allow_http=self._settings.allow_http,
            secrets=self._settings.secrets,
        )
        self._on_config(config)
        now = self._clock()
        self._refusal = None
        self._current = _Current(answer, config, now + fetched.fresh_s, now + fetched.usable_s)
        return self._current

    def _remember(self, error: DeliveryError) -> None:
        if isinstance(error, REFUSALS):
            self._current = None
            self._refusal = (
                error,
                self._clock() + min(max(REFUSAL_S, error.retry_after_s or 0.0), MAX_REFUSAL_S),
            )


def _renewed(error: DeliveryError) -> DeliveryError:
    # An error that is raised again and again gathers the frames of everybody who met it.
    return copy(error).with_traceback(None)


@dataclass(slots=True)
class _Current:
    answer: Answer
    config: BeaconConfig
    fresh_until: float
    usable_until: float

    def is_fresh(self, now: float) -> bool:
        return now < min(self.fresh_until, self.usable_until)

    def is_usable(self, now: float) -> bool:
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

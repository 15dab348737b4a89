# SPDX-License-Identifier: Apache-2.0
"""
The life of the beacon configuration: fetched, shared, used, refreshed, refused.

The client that owns it is the client of one connection; processes of one machine share it through a store, so
that it is fetched once per machine and not once per task.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.config_store import NothingShared, Stored, StoredAnswer, StoredError
from airflow_mpulse.delivery.configuration_times import MAX_FRESH_S, MAX_TOKEN_AGE_S, Current, Fetched
from airflow_mpulse.delivery.moments import system_moment
from airflow_mpulse.exceptions import (
    BeaconUrlError,
    ConfigurationMessageError,
    ConfigurationRefusedError,
    DeliveryError,
    MPulseRateLimitedError,
    ServicePausedError,
    ServiceSuspendedError,
    TokenError,
    UnknownApiKeyError,
)
from airflow_mpulse.protocol.config import build_config
from airflow_mpulse.protocol.config_answer import merge_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.config_store import ConfigurationStore
    from airflow_mpulse.delivery.moments import Moment
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.protocol.config import BeaconConfig
    from airflow_mpulse.protocol.config_answer import Answer

#: How long a refusal is remembered, so that a busy host does not ask again for every task.
REFUSAL_S = 60.0
#: The longest that is, whatever ``Retry-After`` asks for.
MAX_REFUSAL_S = 3600.0
#: How long after a refresh that failed the next one is tried, while the token in use is still good.
FAILED_REFRESH_S = 10.0


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

    Safe in threads and among processes: one of them refreshes while the others go on with what is
    still valid.

    :param settings: The connection's settings.
    :param fetch: Asks the service: for everything when given ``None``, or for new tokens when given the
        ``beacon_url`` in use; the second argument tells whether a failed request is worth repeating.
    :param clock: Monotonic seconds.
    :param on_config: Is given each new configuration, fetched here or by another process.
    :param store: Where processes share it.
    :param moment: The present, as processes compare it.
    :param max_wait_s: Seconds to wait at most for another process that asks the service.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        fetch: Callable[[str | None, bool], Fetched],
        clock: Callable[[], float],
        on_config: Callable[[BeaconConfig], None],
        *,
        store: ConfigurationStore | None = None,
        moment: Callable[[], Moment] = system_moment,
        max_wait_s: float = 15.0,
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._on_config = on_config
        self._store = store or NothingShared()
        self._moment = moment
        self._max_wait_s = max_wait_s
        self._lock = threading.Lock()
        self._current: Current | None = None
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

    def _renew(self, *, refresh: bool) -> Current:
        """
        Find out what is to be used, with the lock held.

        :param refresh: Whether to ask for everything, whatever is known.
        :return: What is in use from now on.
        """
        if refresh:
            with self._store.lock(self._max_wait_s):
                return self._ask_for_everything(shares_failure=False)
        began = self._moment()
        current = self._find_fresh(began)
        if current is not None:
            return current
        current = self._find_usable()
        with self._store.lock(0.0 if current else self._max_wait_s) as is_alone:
            if current is not None and not is_alone:
                return current  # Another process refreshes.
            return self._find_fresh(began) or self._ask()

    def _find_fresh(self, began: Moment) -> Current | None:  # noqa: DOC503
        """
        Look whether somebody else has got what is to be used.

        :param began: When the caller began to look; what others met since then is not met anew.
        :return: It, ``None`` where there is none that is fresh.
        :raises DeliveryError: If others were refused, or failed while the caller waited for them.
        """
        # Another thread was here, perhaps, while this one waited for the lock.
        if self._current is None or not self._current.is_fresh(self._clock()):
            self._adopt(began)
        now = self._clock()
        if self._current is not None and self._current.is_fresh(now):
            return self._current
        if self._refusal is not None and now < self._refusal[1]:
            raise _renewed(self._refusal[0])
        return None

    def _find_usable(self) -> Current | None:
        current = self._current
        return current if current is not None and current.is_usable(self._clock()) else None

    def _adopt(self, began: Moment) -> None:  # noqa: DOC503
        """
        Take over what another process has got.

        :param began: When the caller began to look.
        :raises DeliveryError: If the other process failed since then.
        """
        stored = self._store.load()
        if stored is None:
            return
        moment, now = self._moment(), self._clock()
        if stored.error is not None:
            met_s_ago = moment.elapsed_s(stored.error.met)
            if met_s_ago is None:
                return
            left_s = min(stored.error.lasts_s, MAX_REFUSAL_S) - met_s_ago
            if left_s > 0:
                self._current, self._refusal = None, (stored.error.error, now + left_s)
            elif self._find_usable() is None and stored.error.is_met_since(began):
                raise _renewed(stored.error.error)
        if stored.answer is not None:
            self._adopt_answer(stored.answer, moment.elapsed_s(stored.answer.arrived), now)

    def _adopt_answer(self, stored: StoredAnswer, age_s: float | None, now: float) -> None:
        if age_s is None:
            return
        usable_s = min(stored.usable_s, MAX_TOKEN_AGE_S)
        usable_until = now + usable_s - age_s
        fresh_until = now + min(stored.fresh_s, usable_s, MAX_FRESH_S) - age_s
        mine = self._current
        if now >= usable_until or (mine is not None and mine.fresh_until >= fresh_until):
            return
        # What cannot be used, because another version of this package wrote it, is fetched anew.
        with suppress(DeliveryError):
            config = self._build(stored.answer)
            self._on_config(config)
            self._refusal = None
            self._current = Current(stored.answer, config, fresh_until, usable_until)

    def _ask(self) -> Current:
        current = self._find_usable()
        if current is not None:
            return self._ask_for_tokens(current)
        return self._ask_for_everything(shares_failure=True)

    def _ask_for_everything(self, *, shares_failure: bool) -> Current:
        try:
            return self._take(self._fetch(None, True), older=None)  # noqa: FBT003
        except DeliveryError as error:
            self._failures, self._failure = self._failures + 1, error
            self._remember(error)
            if shares_failure and not isinstance(error, (*REFUSALS, ServicePausedError)):
                self._store.save(Stored(error=StoredError(error, self._moment())))
            raise

    def _ask_for_tokens(self, current: Current) -> Current:
        try:
            return self._take(self._fetch(current.config.raw_beacon_url, False), older=current.answer)  # noqa: FBT003
        except DeliveryError as error:
            if isinstance(error, REFUSALS):
                self._remember(error)
                raise
            # The service is away, and the token in use is good for some minutes more.
            current.fresh_until = self._clock() + FAILED_REFRESH_S
            self._share(current)
            return current

    def _take(self, fetched: Fetched, older: Answer | None) -> Current:
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
        config = self._build(answer)
        self._on_config(config)
        now = self._clock()
        self._refusal = None
        self._current = Current(answer, config, now + fetched.fresh_s, now + fetched.usable_s)
        self._share(self._current)
        return self._current

    def _build(self, answer: Answer) -> BeaconConfig:
        return build_config(
            answer,
            scheme=self._settings.scheme,
            allow_http=self._settings.allow_http,
            secrets=self._settings.secrets,
        )

    def _share(self, current: Current) -> None:
        now = self._clock()
        stored = StoredAnswer(
            current.answer, self._moment(), max(current.fresh_until - now, 0.0), current.usable_until - now
        )
        self._store.save(Stored(answer=stored))

    def _remember(self, error: DeliveryError) -> None:
        if isinstance(error, REFUSALS):
            lasts_s = min(max(REFUSAL_S, error.retry_after_s or 0.0), MAX_REFUSAL_S)
            self._current, self._refusal = None, (error, self._clock() + lasts_s)
            self._store.save(Stored(error=StoredError(error, self._moment(), lasts_s)))


def _renewed(error: DeliveryError) -> DeliveryError:
    # An error that is raised again and again gathers the frames of everybody who met it.
    return copy(error).with_traceback(None)

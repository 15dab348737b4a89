# SPDX-License-Identifier: Apache-2.0
"""
The client of one connection: fetches the configuration and sends beacons, one or many.

What is sent stands in :mod:`airflow_mpulse.protocol`; when it is tried again, in
:mod:`airflow_mpulse.delivery.retry`.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from airflow_mpulse.delivery.answers import check_received, of_the_configuration
from airflow_mpulse.delivery.batch import send_all
from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import MAX_TOKEN_AGE_S, Fetched, fresh_time_s, usable_time_s
from airflow_mpulse.delivery.retry import RetryPolicy, Timing, parse_retry_after, run_with_retries
from airflow_mpulse.delivery.transport import Exchange, HttpTransport, Reply, Transport
from airflow_mpulse.exceptions import (
    BeaconError,
    DeliveryError,
    TransportError,
)
from airflow_mpulse.protocol.beacon import Beacon, check_clock
from airflow_mpulse.protocol.config import BeaconConfig, read_token_time
from airflow_mpulse.protocol.config_answer import read_answer
from airflow_mpulse.protocol.config_request import build_config_url
from airflow_mpulse.protocol.encoding import build_fields, encode_form
from airflow_mpulse.protocol.instants import to_epoch_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_mpulse.delivery.breaker import Breaker
    from airflow_mpulse.delivery.config_store import ConfigurationStore
    from airflow_mpulse.delivery.report import DeliveryReport
    from airflow_mpulse.delivery.settings import ServiceSettings

T = TypeVar("T")

#: How many connections are used at the same time for many beacons.
MAX_CONNECTIONS = 8


class MPulseClient:
    """
    Sends beacons for one connection. Safe in threads; not to be shared across a fork.

    :param settings: The connection's settings.
    :param transport: What carries an exchange; by default pools of connections.
    :param policy: How long and how often an exchange is tried.
    :param timing: Time and chance; by default the system's.
    :param on_config: Is given each new configuration, to mask its tokens where logs are written.
    :param on_fetch: Is told of each configuration that was fetched here.
    :param store: Where processes share the configuration; without it each fetches its own.
    :param breaker: Tells when mPulse is to be left alone; without it each beacon is tried.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        transport: Transport | None = None,
        policy: RetryPolicy | None = None,
        timing: Timing | None = None,
        on_config: Callable[[BeaconConfig], None] | None = None,
        on_fetch: Callable[[], None] | None = None,
        store: ConfigurationStore | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.settings = settings
        #: What the last exchange failed with, while it is tried again; ``None`` after one that succeeded.
        self.trouble: DeliveryError | None = None
        self._transport = transport or HttpTransport(verify=settings.verify, max_connections=MAX_CONNECTIONS)
        self._policy = policy or RetryPolicy(deadline_s=3 * settings.timeout_s)
        self._interrupted = threading.Event()
        self._timing = timing or Timing(
            clock=time.monotonic,
            now=lambda: datetime.now(UTC),  # noqa: TID251 - the one place where the clock is passed in
            wait=self._interrupted.wait,
            jitter=random.random,
        )
        self._breaker = breaker
        self._on_fetch = on_fetch or (lambda: None)
        self._asked_at_s: dict[int, float] = {}
        self._keeper = ConfigurationKeeper(
            settings,
            self._fetch,
            self._timing.clock,
            on_config=on_config or (lambda _: None),
            store=store,
            max_wait_s=self._policy.deadline_s,
        )

    def get_config(self, *, refresh: bool = False) -> BeaconConfig:  # noqa: DOC502
        """
        Give the beacon configuration, from memory while it is fresh.

        :param refresh: Whether to fetch it anew, whatever is known.
        :return: The configuration.
        :raises DeliveryError: If it cannot be fetched or does not let us send.
        """
        return self._keeper.get(refresh=refresh)

    def prepare(self) -> None:  # noqa: DOC502
        """
        Fetch the configuration and open a connection to the collector, so that a beacon costs one exchange.

        :raises DeliveryError: If the configuration cannot be fetched or does not let us send.
        """
        config = self._keeper.get()
        if not self.is_paused:
            with self._asking():
                self._transport.open_connection(config.beacon_url, self.settings.timeout_s)

    def send(self, beacon: Beacon) -> None:  # noqa: DOC503
        """
        Send one beacon.

        Returning means that mPulse received it. Whether it was accepted, mPulse never says.

        :param beacon: The beacon.
        :raises BeaconError: If it is none, ends in the far future, or holds a name the app does not define.
        :raises DeliveryError: If it was not received, or nobody knows whether it was.

        Source: POSTB: a form by POST, answered 204 whatever it holds.
        """
        if not isinstance(beacon, Beacon):
            msg = f"What is sent must be a Beacon, not {type(beacon).__name__}."
            raise BeaconError(msg)
        check_clock(beacon, self._timing.now())
        # Asked for out here, because fetching it has retries of its own.
        self._keeper.get()
        run_with_retries(
            self._noting(lambda left_s: self._send_once(beacon, left_s)),
            policy=self._policy,
            timing=self._timing,
            repeatable=False,
        )

    def send_many(self, beacons: Iterable[Beacon], *, max_threads: int = MAX_CONNECTIONS) -> DeliveryReport:
        """
        Send many beacons over a few connections that are kept open.

        A beacon that cannot be sent does not stop the others; when mPulse cannot be reached, the rest is
        counted without being tried.

        :param beacons: The beacons; an iterator is read as they are sent, so that memory stays bounded.
        :param max_threads: How many are sent at the same time, from 1 to :data:`MAX_CONNECTIONS`.
        :return: How many were sent, and how many were not, by reason.
        """
        threads = min(max(max_threads, 1), MAX_CONNECTIONS)
        try:
            return send_all(beacons, self.send, max_threads=threads, interrupt=self._interrupted.set)
        finally:
            self._interrupted.clear()

    @property
    def is_paused(self) -> bool:
        """
        Tell whether mPulse is left alone at this moment.

        :return: Whether it is, because it has just failed here or in another process of this machine.
        """
        return self._breaker is not None and (self._breaker.left_s() or 0.0) > 0

    @property
    def unanswered_s(self) -> float:
        """
        Tell for how long an answer has been waited for.

        :return: Seconds since the longest exchange under way began; 0 where there is none.
        """
        asked_at_s = list(self._asked_at_s.values())
        return self._timing.clock() - min(asked_at_s) if asked_at_s else 0.0

    def close(self) -> None:
        """Close the connections that are kept open; sending again opens new ones."""
        self._transport.close()

    def _send_once(self, beacon: Beacon, left_s: float) -> None:
        config = self._keeper.get()
        fields = build_fields(beacon, config, api_version=2 if self.settings.rest_api_secret else 1)
        reply = self._exchange(
            "POST",
            config.beacon_url,
            left_s,
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            body=encode_form(fields).encode("ascii"),
        )
        check_received(reply, self._timing.now(), self.settings.secrets)

    def note_trouble(self, error: DeliveryError) -> None:
        """
        Note that mPulse has failed, so that it is left alone for a while.

        :param error: What a try ended with.
        """
        self.trouble = error
        if self._breaker is not None:
            self._breaker.note_failure(error)

    def _fetch(self, refreshed_beacon_url: str | None, persist: bool) -> Fetched:  # noqa: FBT001
        ask = self._noting(lambda left_s: self._fetch_once(refreshed_beacon_url, left_s))
        if not persist:
            return ask(self.settings.timeout_s)
        return run_with_retries(ask, policy=self._policy, timing=self._timing, repeatable=True)

    def _noting(self, attempt: Callable[[float], T]) -> Callable[[float], T]:
        def attempt_and_note(left_s: float) -> T:
            if self._breaker is not None:
                self._breaker.check()
            try:
                result = attempt(left_s)
            except DeliveryError as error:
                self.note_trouble(error)
                raise
            self.trouble = None
            if self._breaker is not None:
                self._breaker.note_success()
            return result

        return attempt_and_note

    def _fetch_once(self, refreshed_beacon_url: str | None, left_s: float) -> Fetched:
        settings, now = self.settings, self._timing.now()
        url = build_config_url(
            settings.base_url,
            api_key=settings.api_key,
            domain=settings.domain,
            rest_api_secret=settings.rest_api_secret,
            now_ms=to_epoch_ms(now),
            refreshed_beacon_url=refreshed_beacon_url,
        )
        try:
            reply = self._exchange("GET", url, left_s)
        except TransportError as error:
            failure = of_the_configuration(error)
        else:
            return self._read_configuration(reply, now)
        raise failure

    def _read_configuration(self, reply: Reply, now: datetime) -> Fetched:
        answer = read_answer(
            reply.status,
            reply.body,
            location=reply.headers.get("location"),
            retry_after_s=parse_retry_after(reply.headers.get("retry-after"), now),
            secrets=self.settings.secrets,
        )
        # An answer without a token has no age; what it lacks, the configuration tells that is made of it.
        has_token = answer.get("h.t") is not None
        usable_s = usable_time_s(read_token_time(answer), reply.headers) if has_token else MAX_TOKEN_AGE_S
        self._on_fetch()
        return Fetched(answer, fresh_s=fresh_time_s(reply.headers), usable_s=usable_s)

    def _exchange(
        self,
        method: str,
        url: str,
        left_s: float,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes | None = None,
    ) -> Reply:
        # Accept-Encoding: an answer that unpacks to many times its size cannot be bounded by its length.
        common = (
            ("User-Agent", self.settings.user_agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
        )
        timeout_s = max(min(self.settings.timeout_s, left_s), 0.001)
        with self._asking():
            return self._transport.exchange(Exchange(method, url, (*common, *headers), body, timeout_s))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        thread = threading.get_ident()
        self._asked_at_s[thread] = self._timing.clock()
        try:
            yield
        finally:
            self._asked_at_s.pop(thread, None)

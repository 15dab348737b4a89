# SPDX-License-Identifier: Apache-2.0
"""
The sandbox's memory: the last beacons with their verdicts, and counts of requests.

Nothing is written to disk. The server's thread writes while a test's thread reads, hence the locks.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.clock import MAX_EPOCH_MS
from airflow_mpulse.sandbox.custom_data import CustomData, read_custom_data
from airflow_mpulse.sandbox.form import Field, first_values
from airflow_mpulse.sandbox.numbers import parse_whole

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.judge import Verdict

NO_PAGE_GROUP = "(No Page Group)"
"""Where mPulse files a beacon without ``h.pg``. Source: WIB."""

MAX_BEACONS = 10_000
"""Beacons kept; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class ReceivedBeacon:
    """
    A beacon as it arrived, and what the judge thinks of it.

    :param received_at: Time of arrival, aware.
    :param method: HTTP method.
    :param user_agent: The sender's User-Agent.
    :param raw: Text of the query or the form, undecoded.
    :param fields: Decoded fields; of a duplicate the first.
    :param custom: Custom data under the app's names.
    :param failed: True if the app counts it as a failure.
    :param verdict: The judge's verdict.
    :param number: Its number in the order of arrival, from 1; 0 before it is remembered.
    :param page_group: ``h.pg``, or ``(No Page Group)``.
    :param t_done_ms: Page load time in milliseconds; None where there is no readable ``t_done``.
    :param session_id: ``rt.si``; None where there is none.
    :param span_ms: Start and end in milliseconds since the Unix epoch; None where one of them is missing, is
        no date, or where it ends before it starts.
    """

    received_at: datetime
    method: str
    user_agent: str
    raw: str
    fields: dict[str, str]
    custom: CustomData
    failed: bool
    verdict: Verdict
    number: int = 0
    page_group: str = field(init=False)
    t_done_ms: int | None = field(init=False)
    session_id: str | None = field(init=False)
    span_ms: tuple[int, int] | None = field(init=False)

    def __post_init__(self) -> None:
        # Read once: every view asks each of thousands of beacons for them. A frozen value may still fill in
        # what follows from its arguments.
        whole = {name: parse_whole(self.fields.get(name, "")) for name in ("t_done", "rt.tstart", "rt.end")}
        object.__setattr__(self, "page_group", self.fields.get("h.pg", "").strip() or NO_PAGE_GROUP)
        object.__setattr__(self, "t_done_ms", whole["t_done"])
        object.__setattr__(self, "session_id", self.fields.get("rt.si") or None)
        object.__setattr__(self, "span_ms", _read_span_ms(whole["rt.tstart"], whole["rt.end"]))

    def as_json(self) -> dict[str, object]:
        """
        Write the beacon for the inspection interface.

        :return: Values that JSON can hold.
        """
        return {
            "received_at": self.received_at.isoformat(),
            "method": self.method,
            "user_agent": self.user_agent,
            "page_group": self.page_group,
            "t_done_ms": self.t_done_ms,
            "session_id": self.fields.get("rt.si"),
            "failed": self.failed,
            "timers": dict(self.custom.timers),
            "metrics": dict(self.custom.metrics),
            "dimensions": dict(self.custom.dimensions),
            "verdict": self.verdict.as_json(),
            "fields": self.fields,
            "raw": self.raw,
        }


def _read_span_ms(start_ms: int | None, end_ms: int | None) -> tuple[int, int] | None:
    if start_ms is None or end_ms is None or not start_ms <= end_ms <= MAX_EPOCH_MS:
        return None
    return start_ms, end_ms


def received_beacon(
    fields: tuple[Field, ...],
    *,
    raw: str,
    app: SandboxApp,
    verdict: Verdict,
    received_at: datetime,
    method: str,
    user_agent: str,
) -> ReceivedBeacon:
    """
    Put together what is remembered of a beacon.

    :param fields: Fields in the order in which they were sent.
    :param raw: Text of the query or the form, undecoded.
    :param app: The app whose names are used.
    :param verdict: The judge's verdict.
    :param received_at: Time of arrival, aware.
    :param method: HTTP method.
    :param user_agent: The sender's User-Agent.
    :return: The beacon to remember.
    """
    values = first_values(fields)
    custom = read_custom_data(values, app)
    failed = app.is_failure(custom.metrics)
    return ReceivedBeacon(received_at, method, user_agent, raw, values, custom, failed, verdict)


class BeaconStore:
    """
    The last beacons, oldest first.

    :param capacity: Number of beacons kept.
    """

    def __init__(self, capacity: int = MAX_BEACONS) -> None:
        self._beacons: deque[ReceivedBeacon] = deque(maxlen=capacity)
        self._received = self._cleared = 0
        self._lock = threading.Lock()

    def add(self, beacon: ReceivedBeacon) -> None:
        """
        Remember a beacon, and forget the oldest where there is no room.

        :param beacon: The beacon to remember.
        """
        with self._lock:
            self._received += 1
            self._beacons.append(replace(beacon, number=self._received))

    @property
    def changes(self) -> int:
        """
        Count what has happened.

        :return: A number that grows with each beacon, and when they are forgotten.
        """
        return self._received + self._cleared

    def beacons(self) -> list[ReceivedBeacon]:
        """
        List what is remembered.

        :return: A list of its own, newest last.
        """
        with self._lock:
            return list(self._beacons)

    def clear(self) -> int:
        """
        Forget everything.

        :return: Number of beacons forgotten.
        """
        with self._lock:
            count = len(self._beacons)
            self._beacons.clear()
            self._cleared += 1
            return count

    def __len__(self) -> int:
        with self._lock:
            return len(self._beacons)


class RequestCounts:
    """Counts of the requests to each of mPulse's endpoints, so that a test can see what was asked for."""

    NAMES = ("config_v1", "config_v1_refresh", "config_v2", "config_v2_refresh", "beacon_get", "beacon_post")

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        """
        Count one request.

        :param name: One of ``NAMES``.
        """
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> dict[str, int]:
        """
        Give the counts.

        :return: Every one of ``NAMES``, 0 included.
        """
        with self._lock:
            return {name: self._counts[name] for name in self.NAMES}

    def clear(self) -> None:
        """Start from zero."""
        with self._lock:
            self._counts.clear()

# SPDX-License-Identifier: Apache-2.0
"""Sends what waits in the outbox over one connection, and settles each beacon once."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.batch import send_all
from airflow_mpulse.delivery.breaker import means_away
from airflow_mpulse.delivery.client import MAX_CONNECTIONS
from airflow_mpulse.delivery.outbox import name_connection
from airflow_mpulse.delivery.outbox_claim import Claim, take_up_abandoned
from airflow_mpulse.delivery.report import UNCONFIRMED, DrainReport, reason_of
from airflow_mpulse.exceptions import (
    CertificateError,
    ConfigurationError,
    DeliveryError,
    MPulseError,
    MPulseSettingsError,
    OutboxError,
    ServicePausedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.outbox import Entry, Outbox
    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig

#: How many beacons are taken at once: what a crash leaves behind, and what the others cannot send meanwhile.
CLAIM_SIZE = 200

#: Reasons of beacons that are dropped from the outbox.
TOO_OLD = "too_old"
UNREADABLE = "unreadable"

_LOG = logging.getLogger(__name__)


class Drainer:
    """
    Sends what waits in an outbox.

    :param outbox: The outbox.
    :param build: Makes a beacon of what was kept, or raises one of this package's errors.
    :param max_age: How old a beacon may be: mPulse files it under the time at which it arrives.
    :param now: The present, with a time zone.
    """

    def __init__(
        self,
        outbox: Outbox,
        build: Callable[[Any, BeaconConfig], Beacon],
        *,
        max_age: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._build = build
        self._max_age = max_age
        self._now = now

    def tidy(self) -> DrainReport:  # noqa: DOC502
        """
        Let wait again what processes that have died had taken, and drop what is too old to be sent.

        :return: What will never be sent: besides these, what was on its way in a process that has died.
        :raises OutboxError: If the outbox cannot be used.
        """
        dropped = Counter({UNCONFIRMED: take_up_abandoned(self._outbox)})
        try:
            dropped[TOO_OLD] = self._drop_old()
        except OutboxError:
            # What is gone is told first; who needs the outbox next is told what is wrong with it.
            if not dropped.total():
                raise
        dropped = +dropped  # Without what there is none of.
        if dropped:
            _LOG.warning(
                "Beacons that waited in the outbox and are dropped: %s.",
                ", ".join(f"{number} ({reason})" for reason, number in dropped.items()),
            )
        return DrainReport(dropped=dict(dropped))

    def _drop_old(self) -> int:
        oldest = self._now() - self._max_age
        old = [entry for entry in self._outbox.list_waiting() if entry.written_at < oldest]
        if not old:
            return 0
        with Claim(self._outbox) as claim:
            mine = [entry for entry in old if claim.take(entry)]
            for entry in mine:
                claim.remove(entry)
        return len(mine)

    def find_connections(self) -> tuple[list[str], DrainReport]:  # noqa: DOC502
        """
        Find out over which connections the beacons that wait are to be sent.

        :return: The connections' IDs, and what cannot be read and is set aside.
        :raises OutboxError: If the outbox cannot be used.
        """
        entries = self._outbox.list_waiting()
        if not entries:
            return [], DrainReport()
        found: dict[str, str] = {}
        unreadable = 0
        # One for all, so that what is counted is not forgotten when the next cannot be made.
        with Claim(self._outbox) as claim:
            for entry in entries:
                if entry.connection in found or not claim.take(entry):
                    continue
                try:
                    found[entry.connection] = claim.read(entry).mpulse_conn_id
                except OutboxError as error:
                    _LOG.log(logging.DEBUG if unreadable else logging.WARNING, "%s", error)
                    if error.retryable:
                        # No other one can be read either.
                        claim.put_back(entry)
                        break
                    unreadable += 1
                else:
                    claim.put_back(entry)
        return sorted(found.values()), DrainReport(dropped={UNREADABLE: unreadable} if unreadable else {})

    def drain(  # noqa: DOC502
        self,
        mpulse_conn_id: str,
        client: MPulseClient,
        *,
        at_most: int | None = None,
        on_progress: Callable[[DrainReport], None] = lambda _: None,
    ) -> DrainReport:
        """
        Send what waits for one connection, the oldest first, until mPulse cannot be reached.

        :param mpulse_conn_id: The connection's ID.
        :param client: Its client.
        :param at_most: How many beacons to look at; ``None`` for all that wait now.
        :param on_progress: Is told what became of each batch.
        :return: What became of them.
        :raises OutboxError: If the outbox cannot be used.
        """
        mine = name_connection(mpulse_conn_id)
        entries = [entry for entry in self._outbox.list_waiting() if entry.connection == mine][:at_most]
        report = DrainReport()
        for start in range(0, len(entries), CLAIM_SIZE):
            part = self._drain_some(entries[start : start + CLAIM_SIZE], client, on_progress)
            report = report.plus(part)
            if part.waiting:
                # Whatever keeps one back keeps back those after it as well.
                left = len(entries) - start - CLAIM_SIZE
                return report.plus(DrainReport(waiting=max(left, 0)))
        return report

    def _drain_some(
        self,
        entries: Sequence[Entry],
        client: MPulseClient,
        on_progress: Callable[[DrainReport], None],
    ) -> DrainReport:
        claim = Claim(self._outbox)
        batch = _Batch(claim, client, self._build, self._now() - self._max_age)
        try:
            with claim:
                try:
                    batch.settle_all([entry for entry in entries if claim.take(entry)])
                except BaseException:
                    batch.remove_settled()
                    raise
        finally:
            # Also of what was interrupted each beacon is counted.
            report = batch.report()
            on_progress(report)
        return report


class _Batch:
    """
    Beacons that were taken together. Safe in threads.

    :param claim: Where they are.
    :param client: Sends them.
    :param build: Makes beacons of them.
    :param oldest: Those that were written before are too old.
    """

    def __init__(
        self,
        claim: Claim,
        client: MPulseClient,
        build: Callable[[Any, BeaconConfig], Beacon],
        oldest: datetime,
    ) -> None:
        self._claim = claim
        self._client = client
        self._build = build
        self._oldest = oldest
        # Lists, since appending is one step for all threads.
        self._taken = 0
        self._sent: list[Entry] = []
        self._dropped: list[tuple[Entry, str]] = []
        self._kept: list[MPulseError] = []

    def settle_all(self, entries: Sequence[Entry]) -> None:
        """
        Settle each beacon, as long as mPulse can be reached.

        :param entries: The beacons.
        """
        self._taken = len(entries)
        # What cannot be sent with this connection at all waits on, like what finds mPulse away.
        with suppress(MPulseSettingsError):
            send_all(entries, self._settle, max_threads=MAX_CONNECTIONS)

    def remove_settled(self) -> None:
        """Remove what is settled and may still lie there: it would be sent or counted again."""
        for entry in [*self._sent, *(entry for entry, _ in self._dropped)]:
            self._claim.remove(entry)

    def _settle(self, entry: Entry) -> None:  # noqa: DOC503
        """
        Send a beacon, drop it, or let it wait on.

        :param entry: The beacon.
        :raises MPulseError: Why the others are better left alone, too.
        """
        if entry.written_at < self._oldest:
            self._drop(entry, TOO_OLD, "it is older than [mpulse] outbox_max_age_s allows.")
            return
        try:
            self._send(entry)
        except MPulseError as error:
            if _may_wait(error):
                self._claim.put_back(entry)
                self._kept.append(error)
                raise
            is_unreadable = isinstance(error, OutboxError)
            self._drop(entry, UNREADABLE if is_unreadable else reason_of(error), str(error))
            if isinstance(error, DeliveryError) and means_away(error):
                raise ServicePausedError(str(error)) from None
        else:
            self._sent.append(entry)
            self._claim.remove(entry)

    def _send(self, entry: Entry) -> None:
        beacon = self._build(self._claim.read(entry).content, self._client.get_config())
        if not self._claim.leave(entry):
            msg = "A beacon in the outbox was removed by somebody else."
            raise OutboxError(msg)
        self._client.send(beacon)

    def _drop(self, entry: Entry, reason: str, sentence: str) -> None:
        said = any(reason == each for _, each in self._dropped)
        self._dropped.append((entry, reason))
        _LOG.log(
            logging.DEBUG if said else logging.WARNING,
            "A beacon that waited in the outbox is dropped (%s): %s",
            reason,
            sentence,
        )
        self._claim.remove(entry)

    def report(self) -> DrainReport:
        """
        Say what became of them, once the claim has ended.

        :return: Their numbers.
        """
        dropped = Counter(reason for _, reason in self._dropped)
        dropped[UNCONFIRMED] += self._claim.lost
        return DrainReport(
            sent=len(self._sent),
            dropped=dict(+dropped),
            waiting=self._taken - len(self._sent) - dropped.total(),
            first_error=self._kept[0] if self._kept else None,
        )


def _may_wait(error: MPulseError) -> bool:
    # What is wrong with the connection may be put right while a beacon is young enough to be sent.
    return error.retryable or isinstance(error, MPulseSettingsError | ConfigurationError | CertificateError)

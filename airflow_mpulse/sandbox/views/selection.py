# SPDX-License-Identifier: Apache-2.0
"""Which beacons a view is about: by text, by time of arrival, by verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from airflow_mpulse.sandbox.beacons import ReceivedBeacon

#: The longest time span that can be asked for; the sandbox itself rarely lives longer.
_MAX_SPAN_S = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Chooses beacons.

    :param text: A part of the page group, in any case; empty for all.
    :param since: The earliest arrival, aware; None for all.
    :param valid: The verdict; None for both.
    """

    text: str = ""
    since: datetime | None = None
    valid: bool | None = None

    def matches_text(self, *texts: str | None) -> bool:
        """
        Tell whether the text that is looked for stands in one of some texts.

        :param *texts: Where to look.
        :return: Whether it does.
        """
        wanted = self.text.casefold()
        return not wanted or any(wanted in text.casefold() for text in texts if text)

    def of(self, beacons: Iterable[ReceivedBeacon]) -> list[ReceivedBeacon]:
        """
        Choose by arrival and verdict; the text is the view's to look for.

        :param beacons: Beacons in any order.
        :return: Those that are meant, in the same order.
        """
        return [
            beacon
            for beacon in beacons
            if (self.since is None or beacon.received_at >= self.since)
            and (self.valid is None or beacon.verdict.valid is self.valid)
        ]


def read_selection(query: Mapping[str, str], now: datetime) -> Selection:
    """
    Read what is asked for.

    :param query: ``text``, ``since_s`` and ``valid``; each may be missing.
    :param now: The present, aware.
    :return: What is meant.
    :raises ValueError: If a value cannot be used; the message is one sentence.
    """
    valid = query.get("valid", "")
    if valid not in {"", "true", "false"}:
        message = f"valid must be true or false, not {valid!r}."
        raise ValueError(message)
    return Selection(
        text=query.get("text", "").strip(),
        since=_read_since(query.get("since_s", ""), now),
        valid=None if not valid else valid == "true",
    )


def _read_since(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    span_s = parse_number(text)
    if span_s is None or not 0 <= span_s <= _MAX_SPAN_S:
        message = f"since_s must be a number of seconds from 0, not {text!r}."
        raise ValueError(message)
    return now - timedelta(seconds=span_s)

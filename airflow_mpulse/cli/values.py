# SPDX-License-Identifier: Apache-2.0
"""
What is written on a command line, read as values; argparse tells its user what cannot be read.

Only the form is read here. Whether a value can be sent is checked where beacons are made.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

_MAX_PORT = 65_535

#: A year: what is longer was not meant in milliseconds.
MAX_DURATION_MS = 366 * 24 * 3600 * 1000

#: The limits of the pause between two looks at the outbox, in seconds.
MIN_INTERVAL_S, MAX_INTERVAL_S = 0.1, 3600.0


def read_port(text: str) -> int:
    """
    Read a port.

    :param text: A whole number from 0 to 65535.
    :return: The port.
    :raises ArgumentTypeError: If it is none.
    """
    if not _is_whole_number(text, greatest=_MAX_PORT):
        message = f"{text!r} is not a port from 0 to {_MAX_PORT}"
        raise ArgumentTypeError(message)
    return int(text)


def read_duration_ms(text: str) -> int:
    """
    Read a duration.

    :param text: A whole number of milliseconds, from 0 to :data:`MAX_DURATION_MS`.
    :return: The duration in milliseconds.
    :raises ArgumentTypeError: If it is none.
    """
    if not _is_whole_number(text, greatest=MAX_DURATION_MS):
        message = f"{text!r} is not a whole number of milliseconds, from 0 to {MAX_DURATION_MS} (a year)"
        raise ArgumentTypeError(message)
    return int(text)


def read_interval_s(text: str) -> float:
    """
    Read a pause.

    :param text: Seconds, from :data:`MIN_INTERVAL_S` to :data:`MAX_INTERVAL_S`.
    :return: The pause in seconds.
    :raises ArgumentTypeError: If it is none.
    """
    try:
        interval_s = float(text)
    except ValueError:
        interval_s = 0.0
    if not MIN_INTERVAL_S <= interval_s <= MAX_INTERVAL_S:
        message = f"{text!r} is not a number of seconds, from {MIN_INTERVAL_S:g} to {MAX_INTERVAL_S:g}"
        raise ArgumentTypeError(message)
    return interval_s


def read_instant(text: str) -> datetime:
    """
    Read an instant.

    :param text: An ISO 8601 date and time with a time zone.
    :return: The instant, with its time zone.
    :raises ArgumentTypeError: If it is none, or has no time zone.
    """
    example = "2026-03-01T12:00:00+00:00"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a date and time such as {example}"
        raise ArgumentTypeError(message) from None
    if instant.utcoffset() is None:
        message = f"{text!r} has no time zone; write it as in {example}"
        raise ArgumentTypeError(message)
    return instant


def read_named_number(text: str) -> tuple[str, str]:  # noqa: DOC502
    """
    Read a name and what belongs to it.

    :param text: ``NAME=NUMBER``. A name may hold ``=``, which a number never does.
    :return: The name and the number, both as text.
    :raises ArgumentTypeError: If one of them is missing.
    """
    name, _, number = text.rpartition("=")
    return _named(text, name, number, form="NAME=NUMBER")


def read_named_text(text: str) -> tuple[str, str]:  # noqa: DOC502
    """
    Read a name and what belongs to it.

    :param text: ``NAME=TEXT``. The text may hold ``=``, the name may not.
    :return: The name and the text.
    :raises ArgumentTypeError: If one of them is missing.
    """
    name, _, value = text.partition("=")
    return _named(text, name, value, form="NAME=TEXT")


def _named(text: str, name: str, value: str, *, form: str) -> tuple[str, str]:
    if not name.strip() or not value.strip():
        message = f"{text!r} is not of the form {form}"
        raise ArgumentTypeError(message)
    return name.strip(), value.strip()


def _is_whole_number(text: str, *, greatest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(greatest)) and int(text) <= greatest

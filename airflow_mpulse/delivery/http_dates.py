# SPDX-License-Identifier: Apache-2.0
"""Dates of HTTP headers as instants."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_http_date(text: str) -> datetime | None:
    """
    Read the date of a header such as ``Date`` or ``Retry-After``.

    :param text: The header's value.
    :return: The instant, in UTC where it names no zone; ``None`` where it cannot be read.

    Source: RFC 9110, section 5.6.7.
    """
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

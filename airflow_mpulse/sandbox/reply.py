# SPDX-License-Identifier: Apache-2.0
"""
An HTTP answer as a value, before any web framework has seen it.

Which answer is given when is decided elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_CONTROL = "private, max-age=300, stale-while-revalidate=60, stale-if-error=120"
"""Header of a configuration answer. Source: IOS."""

HTML_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Headers of every page: it asks its own origin alone, runs no script of a text, and stands in no frame."""

_BODILESS = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class Reply:
    """
    One answer.

    :param status: HTTP status.
    :param body: Text of the body; left out where the status allows none.
    :param content_type: Content type of a body.
    :param headers: Further headers.
    """

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """
        Encode the body.

        :return: Bytes to send; none where the status allows none.
        """
        return b"" if self.status in _BODILESS else self.body.encode()


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """
    Build an answer of JSON.

    :param value: What to write.
    :param status: HTTP status.
    :param headers: Further headers.
    :return: The answer.
    """
    return Reply(status, json.dumps(value), "application/json", headers or {})

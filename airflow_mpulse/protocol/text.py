# SPDX-License-Identifier: Apache-2.0
"""
Text that crosses the wire: what may be sent, and how far an answer's own words may be repeated to a user.

No limits on length stand here, because none is documented for page groups or dimension values.
"""

from __future__ import annotations

import re
import unicodedata

from airflow_mpulse.exceptions import BeaconError

#: How much of an answer's own text is repeated in an error.
QUOTED_CHARACTERS = 200

#: What looks like ``h.cr`` (40 hexadecimal digits, WIB) is never repeated.
_TOKEN = re.compile(r"[0-9A-Fa-f]{40,}")


def check_text(what: str, value: object) -> str:
    """
    Give the text back when it can be sent.

    :param what: What the text is, to begin the error with, such as ``"page group"``.
    :param value: The text.
    :return: The same text.
    :raises BeaconError: If it is not a string, blank, holds a control character, or is not valid Unicode.
    """
    if not isinstance(value, str):
        msg = f"The {what} must be text, not {type(value).__name__}."
        raise BeaconError(msg)
    if not value.strip():
        msg = f"The {what} is empty; give it at least one visible character."
        raise BeaconError(msg)
    for position, character in enumerate(value):
        if unicodedata.category(character) in {"Cc", "Cs"}:
            msg = (
                f"The {what} {value!r} holds the character {character!r} at position {position}; "
                "control characters and lone surrogates cannot be sent."
            )
            raise BeaconError(msg)
    return value


def quote_remote(text: str, *, secrets: tuple[str, ...] = ()) -> str:
    """
    Make text that came from outside fit to stand in an error message.

    :param text: What the other side said.
    :param secrets: Values that must not be repeated; empty ones are ignored.
    :return: One line of at most :data:`QUOTED_CHARACTERS` characters, secrets in any case of letters and what
        looks like a token replaced by ``***``.
    """
    line = _to_one_line(text)
    # After that, because a secret with blanks may have come with line breaks in their place.
    for secret in filter(None, map(_to_one_line, secrets)):
        line = re.sub(re.escape(secret), "***", line, flags=re.IGNORECASE)
    line = _TOKEN.sub("***", line)
    return line if len(line) <= QUOTED_CHARACTERS else line[: QUOTED_CHARACTERS - 1] + "…"


def _to_one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

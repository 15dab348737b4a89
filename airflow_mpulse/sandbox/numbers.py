# SPDX-License-Identifier: Apache-2.0
"""
Numbers as beacons write them: plain decimal digits.

Exponents, signs other than a minus, spaces and digits of other scripts are not numbers here.
"""

from __future__ import annotations

import re

# Far beyond any duration or count, far below what makes Python refuse to convert text to a number.
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_WHOLE = re.compile(r"[0-9]{1,18}")


def parse_number(text: str) -> float | None:
    """
    Read a decimal number.

    :param text: Text of the number.
    :return: A whole number as ``int``, another as ``float``; None if the text is not a number.
    """
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def parse_whole(text: str) -> int | None:
    """
    Read a whole number that is not negative.

    :param text: Text of the number.
    :return: The number; None if the text is anything else.
    """
    return int(text) if _WHOLE.fullmatch(text) else None

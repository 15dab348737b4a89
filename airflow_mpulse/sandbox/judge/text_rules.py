# SPDX-License-Identifier: Apache-2.0
"""
Rules about words: page group, A/B bucket, beacon type, addresses and error codes.

Control characters are the form rules' business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.judge.verdict import Finding
from airflow_mpulse.sandbox.judge.vocabulary import INITIATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.sandbox.judge.reading import Reading

_BUCKET = re.compile(r"[A-Za-z0-9_ -]{1,25}")
_ABSOLUTE_URL = re.compile(r"https?://[^/?#\s]+(?:[/?#].*)?", re.DOTALL)
_ERROR_CODE = re.compile(r"-?[0-9]{1,9}")


def _page_group(beacon: Reading) -> Iterator[Finding]:
    if not beacon.text("h.pg").strip():
        wrong = "missing, so the beacon is filed under (No Page Group)"
        yield Finding("h.pg", wrong, "send a page group", "WIB", is_problem=False)


def _bucket(beacon: Reading) -> Iterator[Finding]:
    if "h.ab" in beacon.values and not _BUCKET.fullmatch(beacon.text("h.ab")):
        wrong = f"{beacon.text('h.ab')!r} is not 1 to 25 of A-Z, a-z, 0-9, '_', '-' and space"
        yield Finding("h.ab", wrong, "shorten or rename the bucket", "MPJS")


def _initiator(beacon: Reading) -> Iterator[Finding]:
    word = beacon.values.get("http.initiator")
    if word is None or word in INITIATORS:
        return
    if word == "api":
        wrong = "'api' is what mpulse.js sends and is not a documented beacon type"
        mend = "leave it out, so that the beacon is a page view"
        yield Finding("http.initiator", wrong, mend, "WIB, MPJS", is_problem=False)
    else:
        mend = "leave it out for a page view, or send a documented type"
        yield Finding("http.initiator", f"{word!r} is not a documented beacon type", mend, "WIB")


def _address(beacon: Reading) -> Iterator[Finding]:
    for name in ("u", "pgu"):
        if name in beacon.values and not _ABSOLUTE_URL.fullmatch(beacon.text(name)):
            wrong = "not an absolute http or https URL"
            yield Finding(name, wrong, "send a whole URL, or leave it out", "WIB", is_problem=False)


def _error_code(beacon: Reading) -> Iterator[Finding]:
    if "http.errno" in beacon.values and not _ERROR_CODE.fullmatch(beacon.text("http.errno")):
        wrong = f"{beacon.text('http.errno')!r} is not a whole number"
        yield Finding("http.errno", wrong, "send an HTTP status or a documented negative code", "WIB")


RULES = (_page_group, _bucket, _initiator, _address, _error_code)
"""Rules of this module, each from a reading to findings."""

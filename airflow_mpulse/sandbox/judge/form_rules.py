# SPDX-License-Identifier: Apache-2.0
"""
Rules about the form of a beacon: which fields there are, how often, in which order and how they are encoded.

What the values mean is the business of the other rules.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.judge.verdict import Finding
from airflow_mpulse.sandbox.judge.vocabulary import REQUIRED, is_browser_only, is_documented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.sandbox.judge.reading import Reading

# What encodeURIComponent leaves behind; "+" has a finding of its own.
_ENCODED = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()+]|%[0-9A-Fa-f]{2})*")
_REPLACEMENT = "\ufffd"
# Unicode's category Cc.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _required(beacon: Reading) -> Iterator[Finding]:
    for name, mend in REQUIRED.items():
        if name not in beacon.values:
            yield Finding(name, "missing", mend, "POSTB")
        elif not beacon.text(name):
            yield Finding(name, "empty", mend, "POSTB")


def _duplicates(beacon: Reading) -> Iterator[Finding]:
    for name, count in Counter(each.name for each in beacon.fields).items():
        if count > 1:
            yield Finding(name, f"sent {count} times", "send every field once", "POSTB")


def _names(beacon: Reading) -> Iterator[Finding]:
    for name in beacon.values:
        if is_browser_only(name):
            yield Finding(name, "only a browser or a CDN sends this field", "leave it out", "WIB")
        elif not is_documented(name):
            wrong = "not a documented field, so mPulse logs it and makes no metric or dimension of it"
            yield Finding(name, wrong, "leave it out", "SLATE", is_problem=False)


def _encoding(beacon: Reading) -> Iterator[Finding]:
    for each in beacon.fields:
        sent = f"{each.raw_name}={each.raw_value}"
        if _REPLACEMENT in each.name + each.value:
            yield Finding(
                each.name, "holds bytes that are not UTF-8", "percent-encode the text as UTF-8", "BOOM"
            )
        if "+" in sent:
            wrong = "'+' is read as a space here, which mPulse does not promise"
            yield Finding(
                each.name, wrong, "send %20 for a space and %2B for a plus", "BOOM, MPJS", is_problem=False
            )
        if not (_ENCODED.fullmatch(each.raw_name) and _ENCODED.fullmatch(each.raw_value)):
            mend = "percent-encode name and value as encodeURIComponent does"
            yield Finding(each.name, "not percent-encoded", mend, "BOOM, MPJS", is_problem=False)


def _control_characters(beacon: Reading) -> Iterator[Finding]:
    for name, value in beacon.values.items():
        found = _CONTROL.search(value)
        if found is not None:
            wrong = f"holds the control character U+{ord(found[0]):04X}"
            # A page group is a label on a dashboard; elsewhere such characters are odd, not harmful.
            yield Finding(name, wrong, "replace it by a space", "PP", is_problem=name == "h.pg")


def _crumb_last(beacon: Reading) -> Iterator[Finding]:
    if "h.cr" in beacon.values and beacon.fields[-1].name != "h.cr":
        wrong = "not the last field, so a beacon that is cut off on its way still carries its token"
        yield Finding("h.cr", wrong, "send h.cr last", "BOOM", is_problem=False)


RULES = (_required, _duplicates, _names, _encoding, _control_characters, _crumb_last)
"""Rules of this module, each from a reading to findings."""

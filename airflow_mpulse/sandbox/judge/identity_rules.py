# SPDX-License-Identifier: Apache-2.0
"""
Rules about who sends: the API marker, the key, the domain and the tokens.

A missing field is reported by the form rules alone, never a second time here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.judge.verdict import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.sandbox.judge.reading import Reading

TOKEN_LIFETIME_MS = 600_000
"""Milliseconds after which a token is refused. Source: SLATE (2015); later pages say nothing of it."""

_CRUMB = re.compile(r"[0-9a-f]{40}")


def _api(beacon: Reading) -> Iterator[Finding]:
    if beacon.text("api") not in ("", "1"):
        yield Finding("api", f"must be 1, is {beacon.text('api')!r}", "send api=1", "POSTB")
    version = beacon.values.get("api.v")
    if version is not None and version not in ("1", "2"):
        wrong = f"{version!r} is not a version that any known client sends"
        yield Finding("api.v", wrong, "send 1, or 2 with a signed configuration", "POSTB, JL, MPJS")


def _key(beacon: Reading) -> Iterator[Finding]:
    if beacon.text("h.key") not in ("", beacon.app.api_key):
        # A foreign key may be a real one; it is not repeated.
        yield Finding(
            "h.key", "not the API key of this app", "send h.key as the configuration gives it", "POSTB"
        )


def _domain(beacon: Reading) -> Iterator[Finding]:
    if beacon.text("h.d") not in ("", beacon.app.domain):
        wrong = f"{beacon.text('h.d')!r} is not the domain of this app"
        yield Finding("h.d", wrong, "send h.d as the configuration gives it", "POSTB")
    if beacon.values.get("d", beacon.app.domain) != beacon.app.domain:
        wrong = f"{beacon.text('d')!r} is not the app's domain"
        yield Finding(
            "d", wrong, "send site_domain of the configuration, or leave it out", "MPJS", is_problem=False
        )


def _token(beacon: Reading) -> Iterator[Finding]:
    h_t, h_cr = beacon.text("h.t"), beacon.text("h.cr")
    if h_cr and not _CRUMB.fullmatch(h_cr):
        wrong = "not 40 lower-case hexadecimal digits"
        yield Finding("h.cr", wrong, "send h.cr as the configuration gives it", "WIB, IOS")
    elif h_t and h_cr and not beacon.tokens.is_genuine(h_t, h_cr):
        mend = "take both from the same configuration answer and replace them together"
        yield Finding("h.cr", "does not belong to this h.t", mend, "WIB")


def _token_age(beacon: Reading) -> Iterator[Finding]:
    made_ms = beacon.whole("h.t")
    if made_ms is None:
        if beacon.text("h.t"):
            wrong = f"{beacon.text('h.t')!r} is not a whole number of milliseconds"
            yield Finding("h.t", wrong, "send h.t as the configuration gives it", "WIB")
    elif beacon.now_ms - made_ms > TOKEN_LIFETIME_MS:
        age_s = (beacon.now_ms - made_ms) // 1000
        wrong = f"expired: the token was made {age_s} s ago and lives 600 s"
        yield Finding("h.t", wrong, "refresh the configuration before sending", "SLATE")


RULES = (_api, _key, _domain, _token, _token_age)
"""Rules of this module, each from a reading to findings."""

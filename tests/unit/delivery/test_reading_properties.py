# SPDX-License-Identifier: Apache-2.0
"""Properties of what reads headers and connections: whatever they hold is a value, nothing, or our error."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from hypothesis import assume, example, given
from hypothesis import strategies as st

from airflow_mpulse.delivery.configuration_times import (
    MAX_FRESH_S,
    MAX_TOKEN_AGE_S,
    fresh_time_s,
    usable_time_s,
)
from airflow_mpulse.delivery.http_dates import parse_http_date
from airflow_mpulse.delivery.retry import RetryPolicy, choose_delay_s, parse_retry_after
from airflow_mpulse.delivery.settings import MAX_TIMEOUT_S, ServiceSettings, read_settings
from airflow_mpulse.exceptions import DeliveryError, MPulseSettingsError
from airflow_mpulse.protocol.config import is_loopback
from tests.support.clocks import START
from tests.support.properties import instants, json_values, texts
from tests.support.values import API_KEY

# A server's header is Latin-1 without line ends; most of these are near to a date.
_header_text = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"))
_dates = instants.map(lambda instant: format_datetime(instant.replace(microsecond=0), usegmt=True))
_near_dates = st.builds(
    lambda date, at, length, put_in: date[:at] + put_in + date[at + length :],
    _dates,
    st.integers(0, 30),
    st.integers(0, 30),
    st.one_of(_header_text, st.sampled_from(["+9999", "-2400", "99999999999999", ",", ":", "AD", "Feb"])),
)
headers = st.one_of(_header_text, _near_dates, st.integers().map(str))


@given(headers)
@example("Sun, 01 Mar 2026 12:00:00 +9999")
@example("Sun, 01 Mar 0000 12:00:00 GMT")
@example(",")
@example("")
def test_any_date_is_an_instant_or_nothing(text: str) -> None:
    """Whatever a date header holds, it is an instant with a zone that can be reckoned with, or nothing."""
    instant = parse_http_date(text)
    if instant is not None:
        assert instant.utcoffset() is not None
        assert math.isfinite((instant - START).total_seconds())
        assert math.isfinite(instant.timestamp())


@given(instants)
def test_written_date_is_read_back(instant: datetime) -> None:
    """A date as RFC 9110 writes it is read back to the second."""
    whole = instant.replace(microsecond=0)
    assume(whole.year >= 1000)  # Two digits of a year stand for one of this century or the last.
    assert parse_http_date(format_datetime(whole, usegmt=True)) == whole


@given(st.one_of(st.none(), headers), instants)
def test_any_retry_after_is_seconds_from_0_or_nothing(value: str | None, now: datetime) -> None:
    """Whatever Retry-After holds, it is a finite number of seconds from 0, or nothing."""
    seconds = parse_retry_after(value, now)
    assert seconds is None or 0 <= seconds < math.inf


@given(st.integers(0, 10**8), st.integers(0, 999_999))
def test_both_forms_of_retry_after_agree(seconds: int, microseconds: int) -> None:
    """A wait is the same as seconds and as a date, and a date is never waited for too short a time."""
    now = START + timedelta(microseconds=microseconds)
    date = format_datetime(START + timedelta(seconds=seconds), usegmt=True)
    read_s = parse_retry_after(date, now)
    assert read_s is not None
    assert parse_retry_after(str(seconds), now) == seconds
    assert max(seconds - 1, 0) <= read_s <= seconds
    assert now + timedelta(seconds=read_s) >= START + timedelta(seconds=seconds) or read_s == 0


@given(
    st.one_of(st.none(), st.floats(0, 1e9)),
    st.integers(1, 10**6),
    st.floats(0, 1),
    st.floats(0.001, 10),
    st.floats(0.001, 100),
)
def test_wait_is_never_shorter_than_asked_for(
    asked_s: float | None, attempt: int, jitter: float, first_s: float, longest_s: float
) -> None:
    """Whichever try it is, the wait is above 0, at least what was asked for, and else within the bounds."""
    policy = RetryPolicy(first_delay_s=first_s, max_delay_s=longest_s)
    delay_s = choose_delay_s(DeliveryError("x", retry_after_s=asked_s), attempt, policy, jitter)
    assert delay_s >= (asked_s or 0)
    assert 0 < delay_s <= max(asked_s or 0, longest_s)


@given(
    st.integers(1, 10**16 - 1),
    st.dictionaries(st.sampled_from(["date", "age", "cache-control"]), headers),
)
def test_any_headers_give_times_within_bounds(token_time_ms: int, told: dict[str, str]) -> None:
    """Whatever the headers hold, a configuration is fresh for 1 to 300 s, and a token usable for 0 to 540."""
    assert 0 <= usable_time_s(token_time_ms, told) <= MAX_TOKEN_AGE_S
    assert 1 <= fresh_time_s(told) <= MAX_FRESH_S


_names = ("domain", "rest_api_secret", "user_agent", "timeout_s", "verify", "allow_http")
_near_values = st.one_of(
    json_values,
    st.sampled_from(["www.example.com", "true", "no", "2.5", 3, True, "/etc/ca.pem", "nan", "1e999", "y"]),
)
_hosts = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://", "http://", "HTTP://", "ftp://", "user:pass@", "https://u@", "//"]),
    st.one_of(texts, st.sampled_from(["c.go-mpulse.net", "127.0.0.1", "localhost.", "[::1]", "::1", "[::1"])),
    st.sampled_from(["", ":443", ":0", ":99999", ":x"]),
    st.sampled_from(["", "/", "/api", "?a", "#b", "\\"]),
)


def _read(**fields: Any) -> ServiceSettings | None:
    try:
        return read_settings("mpulse_default", **{"password": API_KEY, **fields})
    except MPulseSettingsError as refusal:
        told = str(refusal)
    assert told.startswith("The connection 'mpulse_default' ")
    return None


@given(
    st.one_of(st.none(), texts),
    st.one_of(st.none(), _hosts, texts),
    st.one_of(st.none(), st.sampled_from(["https", "http", "HTTPS", "", " "]), texts),
    st.one_of(st.none(), st.integers()),
    st.one_of(st.none(), st.dictionaries(st.one_of(st.sampled_from(_names), texts), _near_values)),
)
def test_any_connection_is_settings_or_our_error(
    password: str | None, host: str | None, schema: str | None, port: int | None, extra: dict[str, Any] | None
) -> None:
    """Whatever a connection holds, it gives settings that can be used, or an error that names it."""
    settings = _read(password=password, host=host, schema=schema, port=port, extra=extra)
    if settings is not None:
        _assert_usable(settings)


@given(_hosts, st.dictionaries(st.sampled_from(_names[1:]), _near_values))
def test_connection_that_is_nearly_right(host: str, extra: dict[str, Any]) -> None:
    """A connection with a key and a domain gives settings that can be used, or an error that names it."""
    settings = _read(host=host, extra={**extra, "domain": "www.example.com"})
    if settings is not None:
        _assert_usable(settings)


def _assert_usable(settings: ServiceSettings) -> None:
    parts = urlsplit(settings.base_url)
    assert parts.scheme == settings.scheme
    assert parts.scheme == "https" or settings.allow_http or is_loopback(parts.hostname or "")
    assert parts.hostname
    assert (parts.path, parts.query, parts.fragment, parts.username) == ("", "", "", None)
    assert parts.port is None or 0 < parts.port < 65536
    assert re.fullmatch(r"[A-Za-z0-9-]+", settings.api_key)
    assert 0 < settings.timeout_s <= MAX_TIMEOUT_S
    assert settings.verify is True or (isinstance(settings.verify, str) and settings.verify)
    assert settings.user_agent.isascii()
    assert settings.user_agent.isprintable()
    assert settings.rest_api_secret != ""

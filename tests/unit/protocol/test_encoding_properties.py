# SPDX-License-Identifier: Apache-2.0
"""Properties of the form: whatever beacon is sent, the form parses back to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from airflow_mpulse.protocol.encoding import build_fields, encode_form, format_value
from tests.support.properties import beacons, numbers, texts
from tests.support.values import CONFIG, make_config

if TYPE_CHECKING:
    from airflow_mpulse.protocol.beacon import Beacon

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _parse(form: str) -> dict[str, str]:
    pairs = parse_qsl(form, keep_blank_values=True, strict_parsing=True, errors="strict")
    assert len(pairs) == len(dict(pairs)), "a field stands twice in the form"
    return dict(pairs)


def _milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def _same_value(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, str):
        return text == value
    # A float is sent as the shortest text that names it.
    return Decimal(text) == (Decimal(repr(value)) if isinstance(value, float) else value)


@given(beacons(), st.sampled_from([1, 2]))
def test_form_parses_back_to_the_beacon(beacon: Beacon, api_version: int) -> None:
    """Every field of the form is one of the beacon's, and every one of the beacon's is in the form."""
    told = _parse(encode_form(build_fields(beacon, CONFIG, api_version=api_version)))
    assert [told.pop(name) for name in ("api", "api.v", "rt.start")] == ["1", str(api_version), "manual"]
    tokens = [told.pop(name) for name in ("h.key", "h.d", "h.t", "h.cr")]
    assert tokens == [CONFIG.h_key, CONFIG.h_d, str(CONFIG.h_t), CONFIG.h_cr]
    for name, value in (
        ("h.pg", beacon.page_group),
        ("h.ab", beacon.ab_test),
        ("h.v", beacon.site_version),
        ("u", beacon.url),
        ("rt.si", beacon.session and beacon.session.session_id),
        ("rt.ss", beacon.session and str(_milliseconds(beacon.session.started_at))),
        ("rt.sl", beacon.session and beacon.session.length is not None and str(beacon.session.length)),
    ):
        assert told.pop(name, None) == (value or None)
    start_ms, end_ms, duration_ms = (int(told.pop(name)) for name in ("rt.tstart", "rt.end", "t_done"))
    assert end_ms == _milliseconds(beacon.ended_at)
    assert duration_ms == end_ms - start_ms >= 0
    assert abs(start_ms - _milliseconds(beacon.started_at)) <= 1
    timers = dict(pair.split("|") for pair in told.pop("t_other", "").split(",") if pair)
    assert timers == {CONFIG.timers[name]: str(round(value)) for name, value in beacon.timers.items()}
    custom = {CONFIG.metrics[name]: value for name, value in beacon.metrics.items()}
    custom |= {CONFIG.dimensions[name]: value for name, value in beacon.dimensions.items()}
    assert set(told) == set(custom)
    assert all(_same_value(told[label], value) for label, value in custom.items())


@given(beacons())
def test_form_is_plain_text_and_ends_with_its_token(beacon: Beacon) -> None:
    """The form is ASCII without blanks and plus signs, and a form that was cut off lacks its token."""
    form = encode_form(build_fields(beacon, CONFIG, api_version=1))
    assert re.fullmatch(r"[A-Za-z0-9%&=._!~*'()-]+", form)
    assert form.endswith(f"&h.cr={CONFIG.h_cr}")
    assert form.count("h.cr=") == 1


@given(
    st.lists(st.tuples(texts.filter(lambda text: text.isprintable()), st.text(st.characters(codec="utf-8"))))
)
def test_any_fields_parse_back(fields: list[tuple[str, str]]) -> None:
    """Names and values of any characters come back as they were, in their order."""
    assert parse_qsl(encode_form(fields), keep_blank_values=True) == fields


@given(numbers)
def test_number_is_written_out_and_names_itself(value: Any) -> None:
    """A number is written in digits without an exponent, and read back as the same number."""
    text = format_value(value)
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    assert _same_value(text, value)


@given(beacons(), st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Co", "Cn"])))
def test_label_of_any_characters_is_sent_as_it_is(beacon: Beacon, label: str) -> None:
    """A label that the app gives is sent letter for letter, whatever it is."""
    config = make_config(metrics={name: f"cmet.{index}{label}" for index, name in enumerate(CONFIG.metrics)})
    told = _parse(encode_form(build_fields(beacon, config, api_version=1)))
    assert {config.metrics[name] for name in beacon.metrics} == {n for n in told if n.startswith("cmet.")}

# SPDX-License-Identifier: Apache-2.0
"""Tests of the form that is sent, against forms and values written by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest

from airflow_mpulse.exceptions import UnknownNameError
from airflow_mpulse.protocol.beacon import Session
from airflow_mpulse.protocol.encoding import build_fields, encode_form, format_value
from tests.support.clocks import START
from tests.support.values import CONFIG, make_beacon, make_config

#: The fields of the operation "Send a beacon" (POSTB).
OPERATION_FIELDS = {
    *("api", "api.v", "h.ab", "h.cr", "h.d", "h.key", "h.pg", "h.t"),
    *("rt.end", "rt.si", "rt.sl", "rt.ss", "rt.start", "u"),
}

FULL = make_beacon(
    session=Session("0a1b-tb7yo0", START - timedelta(seconds=5), 4),
    url="https://airflow.example.com/dags/daily_sales",
    ab_test="blue green",
    site_version="v1.2",
    timers={"Parse Step": 12.5, "Load Step": 1500},
    metrics={"Rows Loaded": 1204, "Cost": Decimal("0.30")},
    dimensions={"Region": "Süd & Ost", "Is Backfill": False},
)


def test_full_beacon_equals_the_form_written_by_hand() -> None:
    """A beacon with everything is the form that a person writes from the published tables, byte for byte."""
    form = encode_form(build_fields(FULL, CONFIG, api_version=1))
    assert form == (
        "h.d=www.example.com"
        "&h.key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY"
        "&h.t=1772366390000"
        "&api=1"
        "&api.v=1"
        "&rt.start=manual"
        "&rt.tstart=1772366400000"
        "&rt.end=1772366490000"
        "&t_done=90000"
        "&rt.si=0a1b-tb7yo0"
        "&rt.ss=1772366395000"
        "&rt.sl=4"
        "&h.pg=daily_sales"
        "&h.ab=blue%20green"
        "&h.v=v1.2"
        "&u=https%3A%2F%2Fairflow.example.com%2Fdags%2Fdaily_sales"
        "&t_other=custom3%7C12%2Ccustom0%7C1500"
        "&cmet.RowsLoaded=1204"
        "&cmet.Cost=0.30"
        "&cdim.Region=S%C3%BCd%20%26%20Ost"
        "&cdim.Is_Backfill=false"
        "&h.cr=23a0384939e93bbc22af11b74654a82f180f5910"
    )


def test_smallest_beacon_equals_the_form_written_by_hand() -> None:
    """A beacon with nothing optional holds the required fields and its times, and no empty field."""
    assert encode_form(build_fields(make_beacon(), CONFIG, api_version=2)) == (
        "h.d=www.example.com&h.key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY&h.t=1772366390000&api=1&api.v=2"
        "&rt.start=manual&rt.tstart=1772366400000&rt.end=1772366490000&t_done=90000&h.pg=daily_sales"
        "&h.cr=23a0384939e93bbc22af11b74654a82f180f5910"
    )


def test_every_field_of_the_operation_can_be_sent() -> None:
    """All fourteen documented fields and the further ones of the design are in a full form, each once."""
    names = [name for name, _ in build_fields(FULL, CONFIG, api_version=1)]
    assert len(names) == len(set(names))
    assert set(names) == OPERATION_FIELDS | {
        *("rt.tstart", "t_done", "t_other", "h.v"),
        *("cmet.RowsLoaded", "cmet.Cost", "cdim.Region", "cdim.Is_Backfill"),
    }


def test_beacon_type_is_left_to_be_a_page_view() -> None:
    """No ``http.initiator`` is sent: the published list of beacon types has no plain ``api``."""
    assert "http.initiator" not in dict(build_fields(FULL, CONFIG, api_version=1))


def test_token_is_the_last_field() -> None:
    """h.cr comes last and the other tokens first, so that a form that was cut off lacks its token."""
    names = [name for name, _ in build_fields(FULL, CONFIG, api_version=1)]
    assert names[:3] == ["h.d", "h.key", "h.t"]
    assert names[-1] == "h.cr"


def test_session_without_length_leaves_the_length_out() -> None:
    """Where the session length is not known, rt.sl is left out; a length of 0 is sent."""
    unknown = build_fields(make_beacon(session=Session("s", START)), CONFIG, api_version=1)
    assert "rt.sl" not in dict(unknown)
    empty = build_fields(make_beacon(session=Session("s", START, 0)), CONFIG, api_version=1)
    assert dict(empty)["rt.sl"] == "0"


@pytest.mark.parametrize(
    ("start_us", "end_us", "times"),
    [
        (0, 0, ("1772366400000", "1772366400000", "0")),
        (0, 1499, ("1772366400000", "1772366400001", "1")),
        (900, 2000, ("1772366400001", "1772366400002", "1")),
        (300, 900, ("1772366399999", "1772366400000", "1")),
        (0, 500, ("1772366400000", "1772366400000", "0")),
        (999, 1_000_000, ("1772366400001", "1772366401000", "999")),
        (0, 7 * 86_400_000_000, ("1772366400000", "1772971200000", "604800000")),
    ],
    ids=["none", "down", "start-late", "end-early", "half", "almost-a-second", "a-week"],
)
def test_duration_always_equals_end_minus_start(
    start_us: int, end_us: int, times: tuple[str, str, str]
) -> None:
    """Of times with parts of a millisecond, t_done is still exactly rt.end minus rt.tstart."""
    beacon = make_beacon(
        started_at=START + timedelta(microseconds=start_us), ended_at=START + timedelta(microseconds=end_us)
    )
    fields = dict(build_fields(beacon, CONFIG, api_version=1))
    assert (fields["rt.tstart"], fields["rt.end"], fields["t_done"]) == times
    assert int(fields["t_done"]) == int(fields["rt.end"]) - int(fields["rt.tstart"])


def test_labels_are_taken_from_the_configuration() -> None:
    """A value goes under the label that the app gives, however little that resembles the name."""
    config = make_config(metrics={"Rows Loaded": "cmet.Zeilen 1/2"}, timers={"Load Step": "custom9"})
    beacon = make_beacon(metrics={"Rows Loaded": 1}, timers={"Load Step": 2})
    form = encode_form(build_fields(beacon, config, api_version=1))
    assert "&t_other=custom9%7C2&cmet.Zeilen%201%2F2=1&" in form


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"timers": {"load step": 1}},
            (
                "The mPulse app defines no custom timer 'load step' (did you mean 'Load Step'?); it defines "
                "'Load Step', 'Parse Step'."
            ),
        ),
        ({"metrics": {"cmet.Cost": 1}}, "no custom metric 'cmet.Cost' (did you mean 'Cost'?)"),
        ({"dimensions": {"Rows Loaded": "x"}}, "The mPulse app defines no custom dimension 'Rows Loaded'"),
    ],
    ids=["timer", "metric", "dimension-named-as-a-metric"],
)
def test_name_that_the_app_lacks_is_refused(values: dict[str, Any], sentence: str) -> None:
    """A name that the app does not define ends with an error instead of being swallowed."""
    with pytest.raises(UnknownNameError) as caught:
        build_fields(make_beacon(**values), CONFIG, api_version=1)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a,b|c", "a%2Cb%7Cc"),
        ("a&b=c;d", "a%26b%3Dc%3Bd"),
        ("50%", "50%25"),
        ("-_.!~*'()", "-_.!~*'()"),
        ('"quoted" <tag>', "%22quoted%22%20%3Ctag%3E"),
        ("/?#[]@:$\\^`{}", "%2F%3F%23%5B%5D%40%3A%24%5C%5E%60%7B%7D"),
        ("é", "%C3%A9"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("😀", "%F0%9F%98%80"),
        ("", ""),
    ],
    ids=[
        *("space", "plus", "separators", "form", "percent", "unescaped", "quotes", "reserved"),
        *("accent", "japanese", "emoji", "empty"),
    ],
)
def test_text_is_encoded_as_browsers_do(text: str, encoded: str) -> None:
    """Names and values are written as JavaScript's encodeURIComponent writes them."""
    assert encode_form([(text, text)]) == f"{encoded}={encoded}"


class _Level(IntEnum):
    HIGH = 3


class _Colour(str, Enum):  # noqa: UP042 - whose str() is its name
    BLUE = "blue"


class _OddFloat(float):
    """A kind of float with a repr of its own, as NumPy's."""

    def __repr__(self) -> str:
        return f"odd({float(self)})"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (-2.50, "-2.5"),
        (100.0, "100"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1E+3"), "1000"),
        ("1e3", "1e3"),
        (_Level.HIGH, "3"),
        (_Colour.BLUE, "blue"),
        (_OddFloat(0.1), "0.1"),
    ],
)
def test_values_are_written_without_an_exponent(value: Any, text: str) -> None:
    """Numbers are written in full, booleans as words, and members of an enumeration as what they are."""
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.4, "0"), (0.6, "1"), (12.5, "12"), (Decimal("1e3"), "1000"), (1e15, "1" + "0" * 15)],
)
def test_timers_are_sent_as_whole_milliseconds(milliseconds: Any, text: str) -> None:
    """A custom timer with a part of a millisecond is rounded to a whole one."""
    beacon = make_beacon(timers={"Load Step": milliseconds})
    assert dict(build_fields(beacon, CONFIG, api_version=1))["t_other"] == f"custom0|{text}"


@pytest.mark.parametrize("name", ["dag.with.dots", "日次売上", "a" * 250, "a" * 249 + "ж"])
def test_names_of_every_kind_survive_the_wire(name: str) -> None:
    """A form is plain ASCII, and a reader of forms gets the page group back as it was."""
    from urllib.parse import parse_qs

    form = encode_form(build_fields(make_beacon(page_group=name), CONFIG, api_version=1))
    assert form.isascii()
    assert parse_qs(form, strict_parsing=True)["h.pg"] == [name]


def test_time_of_any_year_is_written_in_digits() -> None:
    """A beacon of a year long past is written too; whether it makes sense is not the encoder's business."""
    beacon = make_beacon(started_at=datetime.fromisoformat("1999-12-31T23:59:59+00:00"))
    assert dict(build_fields(beacon, CONFIG, api_version=1))["rt.tstart"] == "946684799000"

# SPDX-License-Identifier: Apache-2.0
"""Tests of the beacon's own rules: what cannot be sent is refused where it is set."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_mpulse.exceptions import BeaconError, MPulseError
from airflow_mpulse.protocol.beacon import (
    Beacon,
    Session,
    check_ab_test,
    check_clock,
    check_dimension,
    check_metric,
    check_timer,
)
from tests.support.clocks import START
from tests.support.values import make_beacon

NAIVE = datetime(2026, 3, 1, 12)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"page_group": ""}, "The page group is empty; give it at least one visible character."),
        ({"page_group": "  "}, "The page group is empty"),
        ({"page_group": "a\tb"}, "control characters and lone surrogates cannot be sent."),
        ({"page_group": None}, "The page group must be text, not NoneType."),
        ({"started_at": NAIVE}, "The start 2026-03-01T12:00:00 has no time zone; use an aware datetime"),
        ({"ended_at": NAIVE}, "The end 2026-03-01T12:00:00 has no time zone; use an aware datetime"),
        ({"ended_at": 90}, "The end must be a datetime with a time zone, not int."),
        (
            {"ended_at": START - timedelta(milliseconds=1)},
            (
                "The beacon of page group 'daily_sales' ends at 2026-03-01T11:59:59.999000+00:00, before its "
                "start at 2026-03-01T12:00:00+00:00; swap them or correct the clock they come from."
            ),
        ),
        ({"session": "abc"}, "The session must be a Session, not str."),
        ({"ab_test": "a" * 26}, "must be 1 to 25 characters of A-Z, a-z, 0-9, underscore, hyphen and space."),
        ({"site_version": ""}, "The site version is empty"),
        ({"site_version": 3}, "The site version must be text, not int."),
        ({"timers": [("a", 1)]}, "The custom timers must be a mapping of names to values, not list."),
        ({"metrics": "a=1"}, "The custom metrics must be a mapping of names to values, not str."),
        ({"dimensions": None}, "The custom dimensions must be a mapping of names to values, not NoneType."),
        ({"timers": {"": 1}}, "The name of a custom timer is empty"),
        ({"metrics": {7: 1}}, "The name of a custom metric must be text, not int."),
        ({"timers": {"Load": -1}}, "The custom timer 'Load' is -1; it must be 0 or more milliseconds."),
        ({"metrics": {"Rows": math.nan}}, "The custom metric 'Rows' is nan; it must be a finite number."),
    ],
)
def test_unsendable_beacon_is_refused_when_made(changes: dict[str, Any], sentence: str) -> None:
    """A beacon that cannot be sent is refused by its own constructor, with a sentence that says why."""
    with pytest.raises(BeaconError) as caught:
        make_beacon(**changes)
    assert sentence in str(caught.value)


def test_beacon_errors_are_value_errors() -> None:
    """An error of a beacon is a ValueError and one of the package's, and is not worth another try."""
    with pytest.raises(ValueError, match="page group") as caught:
        make_beacon(page_group="")
    assert isinstance(caught.value, MPulseError)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "The URL is empty"),
        ("/dags/sales", "must be absolute and begin with http:// or https://."),
        ("ftp://airflow.example.com/", "must be absolute and begin with http:// or https://."),
        ("https:///dags", "must be absolute and begin with http:// or https://."),
        ("javascript:alert(1)", "must be absolute and begin with http:// or https://."),
        ("https://[::1", "cannot be read"),
        ("https://a\nb/", "control characters"),
        (7, "The URL must be text, not int."),
    ],
)
def test_url_without_a_page_is_refused(url: object, sentence: str) -> None:
    """A URL that names no web page is refused."""
    with pytest.raises(BeaconError) as caught:
        make_beacon(url=url)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("url", ["https://me:pa55@host/", "https://me@host/", "https://:pa55@host/"])
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    """A URL with credentials is refused, and the error does not repeat them."""
    with pytest.raises(BeaconError, match="The URL holds credentials") as caught:
        make_beacon(url=url)
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("value", ["a", "A b_c-9", "x" * 25, " "])
def test_ab_test_of_the_rule_is_taken(value: str) -> None:
    """One to 25 letters, digits, spaces, underscores and hyphens make an A/B bucket."""
    assert check_ab_test(value) == value


@pytest.mark.parametrize("value", ["", "x" * 26, "é", "a.b", "a\n", "a|b", None, 5, True])
def test_ab_test_outside_the_rule_is_refused(value: object) -> None:
    """Any other A/B bucket is refused, with the rule in the error."""
    with pytest.raises(BeaconError) as caught:
        check_ab_test(value)
    assert str(caught.value) == (
        f"The A/B test bucket {value!r} must be 1 to 25 characters of A-Z, a-z, 0-9, underscore, hyphen "
        "and space."
    )


@pytest.mark.parametrize("value", [0, 1, 0.4, Decimal("12.5"), 1e300, 10**300])
def test_timers_from_zero_are_taken(value: Any) -> None:
    """A finite number from 0 is a timer."""
    assert check_timer("Load", value) == value


@pytest.mark.parametrize("value", [0, -1, -0.5, Decimal("-3"), 10**300])
def test_metrics_may_be_negative(value: Any) -> None:
    """Any finite number is a metric."""
    assert check_metric("Rows", value) == value


NOT_NUMBERS = {
    "nan": (math.nan, "it must be a finite number"),
    "infinity": (math.inf, "it must be a finite number"),
    "minus-infinity": (-math.inf, "it must be a finite number"),
    "decimal-nan": (Decimal("NaN"), "it must be a finite number"),
    "signalling-nan": (Decimal("sNaN"), "it must be a finite number"),
    "decimal-infinity": (Decimal("Infinity"), "it must be a finite number"),
    "decimal-beyond-float": (Decimal("1e999"), "it must be a finite number"),
    "beyond-float": (10**400, "is too large; it must be a finite number"),
    "longer-than-python-writes": (10**5000, "is too large; it must be a finite number"),
    "true": (True, "is True; it must be a number, not bool"),
    "text": ("12", "is '12'; it must be a number, not str"),
    "none": (None, "is None; it must be a number, not NoneType"),
    "complex": (1j, "it must be a number, not complex"),
}


@pytest.mark.parametrize(("value", "sentence"), NOT_NUMBERS.values(), ids=NOT_NUMBERS)
@pytest.mark.parametrize(("kind", "check"), [("timer", check_timer), ("metric", check_metric)])
def test_what_is_no_finite_number_is_refused(kind: str, check: Any, value: object, sentence: str) -> None:
    """A timer or a metric that is no finite number is refused with its kind and name, as a beacon's error."""
    with pytest.raises(BeaconError) as caught:
        check("Load", value)
    assert str(caught.value).startswith(f"The custom {kind} 'Load' is ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("value", ["eu", "日本", "a,b|c", True, False, 0, 7, -1.5])
def test_dimensions_are_text_numbers_and_booleans(value: Any) -> None:
    """Text, finite numbers and booleans are dimensions."""
    assert check_dimension("Region", value) is value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "The custom dimension 'Region' is empty"),
        ("a\nb", "control characters"),
        (math.nan, "The custom dimension 'Region' is nan; it must be a finite number."),
        (10**400, "The custom dimension 'Region' is too large; it must be a finite number."),
        (None, "The custom dimension 'Region' must be text, not NoneType."),
        (["eu"], "The custom dimension 'Region' must be text, not list."),
    ],
    ids=["empty", "control", "nan", "too-large", "none", "list"],
)
def test_unsendable_dimension_is_refused(value: object, sentence: str) -> None:
    """A dimension of another kind, blank or not finite is refused."""
    with pytest.raises(BeaconError) as caught:
        check_dimension("Region", value)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"session_id": ""}, "The session ID is empty"),
        ({"session_id": "a\rb"}, "control characters"),
        ({"started_at": NAIVE}, "The session's start 2026-03-01T12:00:00 has no time zone"),
        ({"length": -1}, "The session length is -1; it must be a whole number from 0."),
        ({"length": True}, "The session length is True; it must be a whole number from 0."),
        ({"length": 1.0}, "The session length is 1.0; it must be a whole number from 0."),
    ],
)
def test_unsendable_session_is_refused(values: dict[str, Any], sentence: str) -> None:
    """A session that cannot be sent is refused when it is made."""
    with pytest.raises(BeaconError) as caught:
        Session(**{"session_id": "abc", "started_at": START, **values})
    assert sentence in str(caught.value)


def test_beacon_keeps_its_own_copy_of_the_values() -> None:
    """A mapping that is changed after a beacon was checked does not change the beacon."""
    timers = {"Load": 1}
    beacon = make_beacon(timers=timers)
    timers["Load"] = -1
    assert beacon.timers == {"Load": 1}


def test_beacon_of_no_duration_is_allowed() -> None:
    """Work that ends when it starts has a duration of 0."""
    assert make_beacon(ended_at=START).duration_ms == 0


def test_duration_holds_over_a_change_of_summer_time() -> None:
    """Work in the hour that comes twice lasts what it lasted, though its wall clock runs back."""
    berlin = ZoneInfo("Europe/Berlin")
    beacon = make_beacon(
        started_at=datetime(2026, 10, 25, 2, 30, tzinfo=berlin),
        ended_at=datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=berlin),
    )
    assert beacon.duration_ms == 40 * 60 * 1000


def test_pendulum_times_are_welcome() -> None:
    """The times of pendulum, which comes with Airflow, make the same beacon as the standard library's."""
    start = pendulum.datetime(2026, 3, 1, 13, tz="Europe/Berlin")
    beacon = Beacon("daily_sales", start, start.add(seconds=90), session=Session("abc", start))
    assert beacon == make_beacon(session=Session("abc", START))
    assert beacon.duration_ms == 90_000


@pytest.mark.parametrize(
    "page_group",
    ["dag.with.dots", "日次売上", "данные - загрузка", "a" * 250, "مبيعات", "task\u0301"],
    ids=["dots", "japanese", "cyrillic", "250-characters", "arabic", "combining"],
)
def test_names_of_any_script_are_page_groups(page_group: str) -> None:
    """Dotted, unicode and 250-character names are page groups as they are."""
    assert make_beacon(page_group=page_group).page_group == page_group


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=10)], ids=["now", "ten-minutes"])
def test_end_within_ten_minutes_ahead_is_sent(ahead: timedelta) -> None:
    """A beacon that ends up to ten minutes ahead of the clock is taken: kept clocks differ."""
    check_clock(make_beacon(ended_at=START + timedelta(hours=1)), START + timedelta(hours=1) - ahead)


@pytest.mark.parametrize(
    "ended_at",
    [START + timedelta(minutes=10, microseconds=1), datetime(9999, 12, 31, tzinfo=UTC)],
    ids=["just-beyond", "year-9999"],
)
def test_end_in_the_far_future_is_refused(ended_at: datetime) -> None:
    """A beacon that ends more than ten minutes ahead is refused, with both times in the error."""
    with pytest.raises(BeaconError) as caught:
        check_clock(make_beacon(ended_at=ended_at), START)
    assert f"ends at {ended_at.isoformat()}, which is more than 10 minutes ahead" in str(caught.value)
    assert "(2026-03-01T12:00:00+00:00); correct the time or the clock." in str(caught.value)

# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page shows of page groups."""

from __future__ import annotations

from airflow_mpulse.sandbox.views.page_groups import describe_page_group, list_page_groups
from airflow_mpulse.sandbox.views.selection import Selection
from tests.unit.sandbox.view_samples import lasting, stored


def test_rows_hold_figures_and_a_trend() -> None:
    """A row adds to the figures when the last beacon came and the valid page load times, oldest first."""
    beacons = stored(
        lasting(100, "a"), lasting(300, "a"), lasting(9, "a", api="9"), lasting(5, "b"), second_apart=True
    )
    first, second = list_page_groups(beacons, Selection())
    assert first == {
        "page_group": "a",
        "beacons": 3,
        "invalid": 1,
        "failures": 0,
        "median_ms": 200,
        "p75_ms": 250,
        "p95_ms": 290,
        "p98_ms": 296,
        "last_seen": "2026-11-23T11:59:59+00:00",
        "trend": [
            {"at": "2026-11-23T11:59:57+00:00", "t_done_ms": 100},
            {"at": "2026-11-23T11:59:58+00:00", "t_done_ms": 300},
        ],
    }
    assert (second["page_group"], second["beacons"]) == ("b", 1)


def test_trend_is_that_of_the_newest() -> None:
    """The trend holds the last forty values."""
    (row,) = list_page_groups(stored(*(lasting(each, "a") for each in range(1, 51))), Selection())
    trend = row["trend"]
    assert isinstance(trend, list)
    assert [point["t_done_ms"] for point in trend] == list(range(11, 51))


def test_rows_are_chosen_by_text_and_verdict() -> None:
    """A page group is listed where its name holds the text and one of its beacons is meant."""
    beacons = stored(lasting(1, "orders"), lasting(1, "ORDERS%20late", api="9"), lasting(1, "stock"))

    def names(selection: Selection) -> list[object]:
        return [row["page_group"] for row in list_page_groups(beacons, selection)]

    assert names(Selection(text="orders")) == ["ORDERS late", "orders"]
    assert names(Selection(valid=True)) == ["orders", "stock"]


def test_page_group_in_full() -> None:
    """A page group has its points, custom timers and metrics by name, and breakdowns of what has a value."""
    beacons = stored(
        lasting(100, "a", t_other="custom1%7C40", cmet__RowsLoaded="7", cdim__SalesRegion="EMEA", h__ab="A"),
        lasting(200, "a", cdim__SalesRegion="EMEA", cmet__AirflowFailures="1"),
        lasting(300, "a", cdim__SalesRegion="APAC", api="9"),
        lasting(1, "b"),
    )
    shown = describe_page_group("a", beacons, Selection())
    assert shown is not None
    at = "2026-11-23T12:00:00+00:00"
    assert shown["points"] == [
        {"id": 1, "at": at, "t_done_ms": 100, "valid": True, "failed": False},
        {"id": 2, "at": at, "t_done_ms": 200, "valid": True, "failed": True},
        {"id": 3, "at": at, "t_done_ms": 300, "valid": False, "failed": False},
    ]
    assert shown["timers"] == {"Extract Time": [{"id": 1, "at": at, "value": 40}]}
    assert shown["metrics"] == {
        "Airflow Failures": [{"id": 2, "at": at, "value": 1}],
        "Rows Loaded": [{"id": 1, "at": at, "value": 7}],
    }
    breakdowns = shown["breakdowns"]
    assert isinstance(breakdowns, dict)
    assert list(breakdowns) == ["A/B bucket", "Region"]
    assert [
        (row["value"], row["beacons"], row["failures"], row["median_ms"]) for row in breakdowns["Region"]
    ] == [
        ("EMEA", 2, 1, 150),
        ("APAC", 1, 0, None),
    ]


def test_breakdown_holds_the_most_frequent_values() -> None:
    """Of more than a hundred values those of most beacons are shown, and first."""
    raws = [lasting(1, "a", h__v=f"{each:03}") for each in (*range(150), 149)]
    shown = describe_page_group("a", stored(*raws), Selection())
    assert shown is not None
    breakdowns = shown["breakdowns"]
    assert isinstance(breakdowns, dict)
    values = [row["value"] for row in breakdowns["Site version"]]
    assert (len(values), values[:2], values[-1]) == (100, ["149", "000"], "098")


def test_page_group_without_a_chosen_beacon_is_empty() -> None:
    """A page group of which no beacon is meant is shown without figures; one without any is not there."""
    beacons = stored(lasting(100, "a"))
    shown = describe_page_group("a", beacons, Selection(valid=False))
    assert shown is not None
    assert shown["points"] == []
    assert isinstance(shown["summary"], dict)
    assert (shown["summary"]["beacons"], shown["summary"]["last_seen"], shown["summary"]["trend"]) == (
        0,
        None,
        [],
    )
    assert describe_page_group("b", beacons, Selection()) is None

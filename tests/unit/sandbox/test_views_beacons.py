# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page shows of beacons, and of what it says about each field."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.judge.vocabulary import is_documented
from airflow_mpulse.sandbox.views.beacons import describe_beacon, list_beacons
from airflow_mpulse.sandbox.views.dictionary import explain, show
from airflow_mpulse.sandbox.views.selection import Selection
from tests.unit.sandbox.view_samples import lasting, stored

# By hand from the protocol, section 2.3.
FOR_SERVERS = """
    api api.v api.l api.lv v d h.key h.d h.t h.cr h.pg h.ab h.v http.initiator
    rt.start rt.tstart rt.end rt.si rt.ss rt.sl rt.tt rt.obo rt.subres
    t_done t_resp t_page t_other custom0_st custom9_st cmet.X cdim.Y
    u pgu r r2 nu pid n http.method http.errno http.hdr http.type xhr.sync fetch.bnu err mob.ct ua.os ua.osv
"""
FOR_BROWSERS = "rt.quit rt.bstart t_domloaded vis.st ua.plt scr.xy nt_dns_st restiming early sb ak.gh bw"


def test_rows_come_newest_first_and_in_pages() -> None:
    """A page of the list holds the newest beacons before a number, and says whether there are more."""
    beacons = stored(*(lasting(each) for each in range(1, 6)))

    def page(before: int | None) -> tuple[list[object], object, object]:
        shown = list_beacons(beacons, Selection(), before=before, limit=2)
        assert isinstance(shown["beacons"], list)
        return [row["id"] for row in shown["beacons"]], shown["more"], shown["total"]

    assert page(None) == ([5, 4], True, 5)
    assert page(4) == ([3, 2], True, 5)
    assert page(2) == ([1], False, 5)


def test_row_counts_problems_and_warnings() -> None:
    """A row says what was measured, and how much the judge found."""
    shown = list_beacons(stored(lasting(7, "a", api="9", x="1")), Selection(), before=None, limit=1)
    assert shown["beacons"] == [
        {
            "id": 1,
            "received_at": "2026-11-23T12:00:00+00:00",
            "page_group": "a",
            "t_done_ms": 7,
            "session_id": None,
            "failed": False,
            "valid": False,
            "problems": 1,
            "warnings": 1,
        }
    ]


def test_rows_are_chosen_by_text() -> None:
    """The text is looked for in page group and session."""
    beacons = stored(lasting(1, "Orders"), lasting(1, "stock", rt__si="order-1"), lasting(1, "stock"))
    shown = list_beacons(beacons, Selection(text="order"), before=None, limit=9)
    assert isinstance(shown["beacons"], list)
    assert [row["id"] for row in shown["beacons"]] == [2, 1]


def test_beacon_is_decoded() -> None:
    """One beacon shows every finding in its parts, each field with its meaning, and what was sent."""
    raw = lasting(61_500, "%3Cscript%3E", api="9", x="1")
    shown = describe_beacon(2, stored(lasting(1), raw), SandboxApp())
    assert shown is not None
    assert (shown["id"], shown["page_group"], shown["raw"]) == (2, "<script>", raw)
    verdict = shown["verdict"]
    assert isinstance(verdict, dict)
    assert verdict["valid"] is False
    (problem,) = (finding for finding in verdict["findings"] if finding["is_problem"])
    assert problem == {
        "field": "api",
        "wrong": "must be 1, is '9'",
        "mend": "send api=1",
        "source": "POSTB",
        "is_problem": True,
    }
    assert [finding["field"] for finding in verdict["findings"] if not finding["is_problem"]] == ["x"]
    assert isinstance(shown["fields"], list)
    fields = {field["name"]: field for field in shown["fields"]}
    assert fields["t_done"] == {
        "name": "t_done",
        "value": "61500",
        "meaning": "page load time",
        "unit": "ms",
        "source": "WIB, SLATE",
        "shown": "1 min 1.5 s",
    }
    assert fields["x"] == {
        "name": "x",
        "value": "1",
        "meaning": None,
        "unit": None,
        "source": None,
        "shown": None,
    }
    assert describe_beacon(3, stored(raw), SandboxApp()) is None


@pytest.mark.parametrize("name", FOR_SERVERS.split())
def test_documented_fields_are_explained(name: str) -> None:
    """Every field that the judge knows for servers has a meaning and a source."""
    assert is_documented(name)
    said = explain(name)
    assert said["meaning"]
    assert said["source"]


@pytest.mark.parametrize("name", FOR_BROWSERS.split())
def test_browsers_fields_are_told_apart(name: str) -> None:
    """A field of browsers is said to be one, and one that nobody knows has no meaning."""
    assert "browser" in str(explain(name)["meaning"])
    assert explain(f"x{name}") == {"meaning": None, "unit": None, "source": None}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("rt.end", "1795435200000", "2026-11-23T12:00:00+00:00"),
        ("rt.end", "soon", None),
        ("t_done", "999", None),
        ("t_done", "1500", "1.5 s"),
        ("t_done", "120000", "2 min"),
        ("t_done", "3600001", "1 h 0.001 s"),
        ("t_other", "custom1|40,custom9|5,custom0", "Extract Time 40 ms, custom9 5 ms, Airflow Queue Wait"),
        ("cmet.FileCount", "3", "Files Checked"),
        ("cdim.SalesRegion", "EMEA", "Region"),
        ("cmet.Unknown", "3", None),
        ("h.pg", "orders", None),
    ],
)
def test_values_are_shown_as_people_read_them(name: str, value: str, shown: str | None) -> None:
    """Instants, durations and the app's names are written out; what speaks for itself is not repeated."""
    assert show(name, value, SandboxApp()) == shown

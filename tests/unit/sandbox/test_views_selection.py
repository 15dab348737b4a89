# SPDX-License-Identifier: Apache-2.0
"""Tests of which beacons a view is about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_mpulse.sandbox.views.selection import Selection, read_selection
from tests.unit.sandbox.samples import NOW
from tests.unit.sandbox.view_samples import lasting, stored


def test_everything_can_be_asked_for() -> None:
    """Text, time span and verdict are read from the query, the span back from the present."""
    asked = {"text": " Orders ", "since_s": "90", "valid": "false"}
    assert read_selection(asked, NOW) == Selection("Orders", NOW - timedelta(seconds=90), valid=False)


@pytest.mark.parametrize("query", [{}, {"text": "", "since_s": "", "valid": ""}], ids=["absent", "empty"])
def test_nothing_asked_for_means_all(query: dict[str, str]) -> None:
    """What is absent or empty narrows nothing down."""
    assert read_selection(query, NOW) == Selection()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"valid": "yes"}, "valid must be true or false, not 'yes'."),
        ({"since_s": "-1"}, "since_s must be a number of seconds from 0, not '-1'."),
        ({"since_s": "soon"}, "since_s must be a number of seconds from 0, not 'soon'."),
        ({"since_s": "9" * 18}, f"since_s must be a number of seconds from 0, not '{'9' * 18}'."),
    ],
    ids=["verdict", "negative", "word", "centuries"],
)
def test_what_cannot_be_read_is_told(query: dict[str, str], sentence: str) -> None:
    """A value that cannot be used is an error of one sentence."""
    with pytest.raises(ValueError, match=r"must be") as caught:
        read_selection(query, NOW)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "found"), [("", True), ("ORD", True), ("straße", True), ("S-1", True), ("load", False)]
)
def test_text_is_looked_for_in_any_case(text: str, found: bool) -> None:
    """The text is a part of one of the texts, whatever their case; what is absent holds no text."""
    assert Selection(text=text).matches_text("orders STRASSE", None, "s-1") is found


def test_arrival_and_verdict_choose_beacons() -> None:
    """Beacons are chosen by when they came, that very moment included, and by their verdict."""
    beacons = stored(lasting(1), lasting(2), lasting(3, api="9"), second_apart=True)
    chosen = {
        "all": Selection(),
        "late": Selection(since=NOW - timedelta(seconds=1)),
        "invalid": Selection(valid=False),
        "late and valid": Selection(since=NOW - timedelta(seconds=1), valid=True),
    }
    assert {name: [each.number for each in one.of(beacons)] for name, one in chosen.items()} == {
        "all": [1, 2, 3],
        "late": [2, 3],
        "invalid": [3],
        "late and valid": [2],
    }

# SPDX-License-Identifier: Apache-2.0
"""Tests of custom data under the app's names."""

from __future__ import annotations

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.custom_data import CustomData, read_custom_data, split_timers


def test_labels_become_names() -> None:
    """Timers, metrics and dimensions come under the names that the app's administrator gave them."""
    values = {
        "t_other": "custom1|1200,custom5|7",
        "cmet.FileCount": "3",
        "cmet.RowsLoaded": "1.5",
        "cdim.SalesRegion": "EMEA",
    }
    assert read_custom_data(values, SandboxApp()) == CustomData(
        timers={"Extract Time": 1200, "Checksum Time": 7},
        metrics={"Rows Loaded": 1.5, "Files Checked": 3},
        dimensions={"Region": "EMEA"},
    )


def test_unknown_and_unreadable_data_is_left_out() -> None:
    """What the app does not define, or what is not a number, is dropped as mPulse drops it."""
    values = {"t_other": "custom9|1,custom1|soon,custom2", "cmet.Nope": "1", "cdim.Nope": "x"}
    assert read_custom_data(values, SandboxApp()) == CustomData({}, {}, {})


def test_timers_are_taken_apart() -> None:
    """Entries are split at commas and once at the bar; without a bar there is no value."""
    assert split_timers("custom0|1|2,custom1") == [("custom0", "1|2"), ("custom1", None)]

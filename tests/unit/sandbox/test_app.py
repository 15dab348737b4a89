# SPDX-License-Identifier: Apache-2.0
"""Tests of the app that the sandbox plays."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.app import SandboxApp


@pytest.mark.parametrize(
    ("domain", "owned"),
    [
        ("pipelines.local", True),
        ("PIPELINES.local", True),
        ("etl.eu.pipelines.local", True),
        ("evilpipelines.local", False),
        ("pipelines.local.evil.example", False),
        ("local", False),
        ("", False),
    ],
)
def test_domain_and_what_lies_below_it_are_owned(domain: str, owned: bool) -> None:
    """The registered domain and its sub-domains belong to the app, look-alikes do not."""
    assert SandboxApp().owns(domain) is owned


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ({"timers": {f"T{n}": f"custom{n}" for n in range(11)}}, "at most 10 custom timers, not 11"),
        ({"metrics": {"A": "cmet.A", "B": "cmet.A"}}, "Two custom metrics have the same label"),
        ({"dimensions": {"A": "cmet.A"}}, "'cmet.A' is not a label of a custom dimension"),
        ({"timers": {"A": "custom10"}}, "'custom10' is not a label of a custom timer"),
    ],
)
def test_impossible_apps_are_refused(definitions: dict[str, dict[str, str]], message: str) -> None:
    """An app that mPulse could not hold cannot be made."""
    with pytest.raises(ValueError, match=message):
        SandboxApp(**definitions)  # type: ignore[arg-type]


def test_labels_cannot_all_be_built_from_names() -> None:
    """At least one metric and one dimension have a label that no rule makes of the name."""
    app = SandboxApp()
    assert app.metrics["Files Checked"] == "cmet.FileCount"
    assert app.dimensions["Region"] == "cdim.SalesRegion"
    assert app.metrics["Airflow Failures"] == "cmet.AirflowFailures"
    assert list(app.timers.values()) == ["custom0", "custom1", "custom2", "custom3", "custom4", "custom5"]

# SPDX-License-Identifier: Apache-2.0
"""Tests of the app that the page shows and changes, over loopback HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.server import SandboxServer
from tests.unit.sandbox.samples import Ask, asker
from tests.unit.sandbox.test_endpoints import CONFIG, FORM, KEY, fault, good_form

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITIONS = "/api/app/definitions"


@pytest.fixture(scope="module")
def unchanged() -> Iterator[SandboxServer]:
    """Run one sandbox for all tests of what is refused."""
    with SandboxServer() as server:
        yield server


def labels(ask: Ask, kind: str) -> dict[str, str]:
    """Read the definitions of a kind as the configuration gives them to clients."""
    config = ask("GET", CONFIG).json()
    assert isinstance(config, dict)
    return {each["name"]: each["label"] for each in config["PageParams"][kind]}


def test_app_is_shown(server: SandboxServer, ask: Ask) -> None:
    """The page learns key, domain, secret and definitions with their places."""
    app = ask("GET", "/api/app").json()
    assert isinstance(app, dict)
    kinds, fault_kinds = app.pop("kinds"), app.pop("fault_kinds")
    assert app == {
        "version": server.state.version,
        "api_key": KEY,
        "domain": "pipelines.local",
        "rest_api_secret": "sandbox-secret",
        "max_of_a_kind": 10,
    }
    assert {kind: len(definitions) for kind, definitions in kinds.items()} == {
        "timer": 6,
        "metric": 8,
        "dimension": 8,
    }
    assert kinds["timer"][1] == {"name": "Extract Time", "label": "custom1", "index": 1}
    assert set(fault_kinds["configuration"]) - set(fault_kinds["beacon"]) >= {"rate_limited", "suspended"}
    assert fault_kinds["beacon"]["status"] == ["body", "retry_after", "status"]


@pytest.mark.parametrize(
    ("kind", "name", "label", "made"),
    [
        ("timer", "Warm-up", None, "custom6"),
        ("metric", "Rows read", None, "cmet.Rowsread"),
        ("metric", "Rows Loaded!", None, "cmet.RowsLoaded2"),
        ("metric", "Größe", "cmet.Size", "cmet.Size"),
        ("dimension", "✓", None, "cdim.Unnamed"),
    ],
)
def test_definition_is_added(ask: Ask, kind: str, name: str, label: str | None, made: str) -> None:
    """A new definition gets the label asked for, or one that is free, and the next configuration has it."""
    wanted = {"kind": kind, "name": name} if label is None else {"kind": kind, "name": name, "label": label}
    answer = ask("POST", DEFINITIONS, wanted)
    assert (answer.status, answer.json()) == (201, {"kind": kind, "name": name, "label": made})
    assert labels(ask, f"custom{kind.capitalize()}s")[name] == made


def test_definition_is_used_and_removed(server: SandboxServer, ask: Ask) -> None:
    """A beacon is read with the definitions of its arrival, and what is removed is unknown from then on."""
    path = f"{DEFINITIONS}?kind=metric&name=Rows%20Loaded"
    for status in (200, 404):
        # The token closes the form, so that the metric goes before it.
        ask("POST", "/beacon/", f"cmet.RowsLoaded=7&{good_form(ask)}", FORM)
        assert ask("DELETE", path).status == status
    known, unknown = server.store.beacons()
    assert (known.custom.metrics, unknown.custom.metrics) == ({"Rows Loaded": 7}, {})
    assert [finding.field for finding in unknown.verdict.findings] == ["cmet.RowsLoaded"]
    assert "Rows Loaded" not in labels(ask, "customMetrics")


@pytest.mark.parametrize(
    ("wanted", "status", "sentence"),
    [
        ("{", 400, "A definition is a JSON object; this is not JSON."),
        ("[]", 400, "kind must be one of timer, metric, dimension."),
        ({"kind": "clock", "name": "A"}, 400, "kind must be one of timer, metric, dimension."),
        ({"kind": "timer", "name": " "}, 400, "name must be 1 to 100 printable characters."),
        ({"kind": "timer", "name": 7}, 400, "name must be 1 to 100 printable characters."),
        ({"kind": "timer", "name": "x" * 101}, 400, "name must be 1 to 100 printable characters."),
        (
            {"kind": "timer", "name": "A", "label": "a\nb"},
            400,
            "label must be 1 to 100 printable characters.",
        ),
        (
            {"kind": "timer", "name": "A", "label": "cmet.A"},
            400,
            "'cmet.A' is not a label of a custom timer (of 'A').",
        ),
        ({"kind": "timer", "name": "A", "label": "custom0"}, 400, "Two custom timers have the same label."),
        (
            {"kind": "metric", "name": "Rows Loaded"},
            409,
            "The app has a custom metric 'Rows Loaded' already.",
        ),
    ],
)
def test_impossible_definitions_are_refused(
    unchanged: SandboxServer, wanted: object, status: int, sentence: str
) -> None:
    """What no app could define is refused with a sentence, and changes nothing."""
    ask = asker(unchanged)
    before = ask("GET", "/api/app").json()
    answer = ask("POST", DEFINITIONS, wanted)
    assert (answer.status, answer.json()) == (status, {"message": sentence})
    assert ask("GET", "/api/app").json() == before


def test_eleventh_definition_is_refused(ask: Ask) -> None:
    """Ten of a kind are the most, and one that is removed makes room, with its label, for another."""
    for number in range(4):
        assert ask("POST", DEFINITIONS, {"kind": "timer", "name": f"T{number}"}).status == 201
    eleventh = {"kind": "timer", "name": "T4"}
    answer = ask("POST", DEFINITIONS, eleventh)
    assert (answer.status, answer.json()) == (409, {"message": "An mPulse app has at most 10 custom timers."})
    assert ask("DELETE", f"{DEFINITIONS}?kind=timer&name=Extract%20Time").json() == {"removed": True}
    assert ask("POST", DEFINITIONS, eleventh).json() == {"kind": "timer", "name": "T4", "label": "custom1"}


def test_one_fault_is_taken_back(ask: Ask) -> None:
    """A fault is forgotten by its place, and a place without one is told."""
    for status in (500, 501):
        fault(ask, on="beacon", kind="status", status=status)
    assert ask("DELETE", "/api/faults?index=0").json() == {"cleared": 1}
    assert [ask("GET", "/beacon/").status for _ in range(2)] == [501, 204]
    for index in ("0", "x"):
        answer = ask("DELETE", f"/api/faults?index={index}")
        assert (answer.status, answer.json()) == (404, {"message": f"There is no fault '{index}' to come."})


CHANGES = (
    ("POST", "/api/faults"),
    ("DELETE", "/api/faults"),
    ("DELETE", "/api/beacons"),
    ("DELETE", "/api/requests"),
    ("POST", DEFINITIONS),
    ("DELETE", DEFINITIONS),
)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "http://127.0.0.1:1"])
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_foreign_pages_change_nothing(unchanged: SandboxServer, method: str, path: str, origin: str) -> None:
    """A change that another site's page asks for is refused, and nothing has happened."""
    version = unchanged.state.version
    answer = asker(unchanged)(method, path, '{"on": "beacon", "kind": "status"}', {"Origin": origin})
    message = {"message": "Only the sandbox's own page may change something here."}
    assert (answer.status, answer.json()) == (403, message)
    assert unchanged.state.version == version


def test_own_page_and_beacons_of_others_are_let_through(server: SandboxServer, ask: Ask) -> None:
    """The sandbox's own page may change faults, and a beacon may come from any page."""
    wanted = {"on": "beacon", "kind": "status", "status": 500}
    assert ask("POST", "/api/faults", wanted, {"Origin": server.url}).status == 201
    elsewhere = {**FORM, "Origin": "http://shop.example"}
    assert [ask("POST", "/beacon/", "api=1", elsewhere).status for _ in range(2)] == [500, 204]
    assert ask("GET", "/api/faults", None, elsewhere).status == 200

# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page reads, over loopback HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.faults import Fault
from airflow_mpulse.sandbox.server import SandboxServer
from tests.unit.sandbox.samples import NOW, Ask, asker, beacon_text
from tests.unit.sandbox.test_beacons import receive
from tests.unit.sandbox.view_samples import in_run, lasting

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEWS = ("page-groups", "page-group?name=orders", "sessions", "session?id=s-1", "beacons", "beacon?id=1")


@pytest.fixture(scope="module")
def filled() -> Iterator[SandboxServer]:
    """Run one sandbox that holds a run, its task and a foreign beacon; no test changes it."""
    with SandboxServer(clock=lambda: NOW) as server:
        for raw in (
            in_run(0, 5, "orders%20-%20load", cdim__AirflowTask="load"),
            in_run(0, 9, "orders"),
            lasting(7, "a"),
        ):
            server.store.add(receive(raw))
        yield server


def read(server: SandboxServer, view: str) -> dict[str, object]:
    """Ask for a view."""
    answer = asker(server)("GET", f"/api/view/{view}")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    found = answer.json()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_views_carry_the_version(filled: SandboxServer, view: str) -> None:
    """Each view says at which state of the sandbox it was made."""
    assert read(filled, view)["version"] == filled.state.version


def test_views_show_what_has_arrived(filled: SandboxServer) -> None:
    """Every view answers about the beacons in memory, by way of names and numbers in the query."""

    def column(view: str, rows: str, name: str) -> list[object]:
        found = read(filled, view)[rows]
        assert isinstance(found, list)
        return [row[name] for row in found]

    assert column("page-groups", "groups", "page_group") == ["a", "orders", "orders - load"]
    assert column("page-groups?text=ORDERS&since_s=0&valid=true", "groups", "page_group") == [
        "orders",
        "orders - load",
    ]
    assert column("page-group?name=orders%20-%20load", "points", "t_done_ms") == [5]
    assert column("sessions", "sessions", "session_id") == ["s-1"]
    assert column("session?id=s-1", "bars", "label") == ["load"]
    assert column("beacons", "beacons", "id") == [3, 2, 1]
    assert column("beacons?limit=1&before=3", "beacons", "id") == [2]
    assert column("beacons?page_group=a", "beacons", "id") == [3]
    assert column("beacons?session=s-1&text=load", "beacons", "id") == [1]
    assert read(filled, "beacon?id=2")["page_group"] == "orders"


@pytest.mark.parametrize(
    "view", ["page-group?name=b", "page-group", "session?id=s-2", "session", "beacon?id=4", "beacon"]
)
def test_what_is_not_there_is_told(filled: SandboxServer, view: str) -> None:
    """A name or a number that nothing has is answered 404 with a sentence."""
    answer = asker(filled)("GET", f"/api/view/{view}")
    message = {"message": "There is no such thing, or it is forgotten."}
    assert (answer.status, answer.json()) == (404, message)


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        ("beacons?limit=0", "limit must be a whole number from 1, not '0'."),
        ("beacons?before=x", "before must be a whole number from 1, not 'x'."),
        ("beacon?id=-1", "id must be a whole number from 1, not '-1'."),
        ("sessions?valid=1", "valid must be true or false, not '1'."),
    ],
)
def test_what_cannot_be_read_is_told(filled: SandboxServer, view: str, sentence: str) -> None:
    """A query that cannot be used is answered 400 with a sentence."""
    answer = asker(filled)("GET", f"/api/view/{view}")
    assert (answer.status, answer.json()) == (400, {"message": sentence})


def test_version_grows_with_every_change(server: SandboxServer, ask: Ask) -> None:
    """Beacons that come or go, faults that do or are used, and definitions each make a new version."""
    seen = [server.state.version]
    definition = {"kind": "metric", "name": "Rows Read"}
    for change in (
        lambda: server.store.add(receive(beacon_text())),
        server.store.clear,
        lambda: server.faults.add(Fault("beacon", "status", times=None)),
        lambda: ask("GET", "/beacon/"),
        lambda: ask("DELETE", "/api/faults?index=0"),
        lambda: ask("POST", "/api/app/definitions", definition),
        lambda: ask("DELETE", "/api/app/definitions?kind=metric&name=Rows%20Read"),
    ):
        change()
        seen.append(server.state.version)
    assert seen == sorted(set(seen))
    assert len(seen) == 8


def test_full_memory_is_shown_at_once() -> None:
    """With 10,000 beacons of 500 sessions each view takes a fraction of a second."""
    changes = ({"rt__si": f"s-{each % 500}", "cmet__RowsLoaded": "1"} for each in range(10_000))
    raws = (in_run(0, each, f"g{each % 60}", **change) for each, change in enumerate(changes))
    with SandboxServer(clock=lambda: NOW) as server:
        for raw in raws:
            server.store.add(receive(raw))
        for view in ("page-groups", "page-group?name=g1", *VIEWS[2:]):
            # Of the processor, so that a machine that is busy changes nothing; measured are 1 to 50 ms.
            began_s = time.process_time()
            read(server, view)
            assert time.process_time() - began_s < 0.5, view

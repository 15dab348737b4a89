# SPDX-License-Identifier: Apache-2.0
"""
Processes killed with SIGKILL at any line of writing to the outbox, of sending from it, and of taking it up.

Afterwards each beacon is at the sandbox once, or it was on its way and is counted as unconfirmed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.outboxes import EMPTY
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

ROOT = Path(__file__).parents[2]


def _run(tmp_path: Path, call: str) -> list[dict[str, Any]]:
    code = f"""
import json
from tests.support.many_processes import kill_many
from tests.support.outbox_kills import *
print(json.dumps({call}))
"""
    seen: list[dict[str, Any]] = run_python(code, clean_environment(tmp_path), cwd=ROOT)
    return seen


def _arrived(sandbox: SandboxServer) -> Counter[str]:
    beacons = sandbox.store.beacons()
    assert [beacon.verdict.problems for beacon in beacons] == [()] * len(beacons)
    return Counter(beacon.page_group for beacon in beacons)


@pytest.mark.parametrize(
    ("step", "modules", "least"),
    [(1, "OUTBOX_MODULES", 200), (9, "OUTBOX_MODULES | SENDING_MODULES", 100)],
    ids=["lines of the outbox", "lines of an exchange"],
)
def test_process_killed_while_sending(
    tmp_path: Path, sandbox: SandboxServer, step: int, modules: str, least: int
) -> None:
    """Of a process killed while it sends, what was on its way is unconfirmed, and all else arrives once."""
    folder = str(tmp_path / "outboxes")
    seen = _run(tmp_path, f"kill_while_sending({folder!r}, {sandbox.port}, step={step}, modules={modules})")
    arrived = _arrived(sandbox)
    assert len(seen) > least
    for killed in seen:
        left, taken_up, names = killed["left"], killed["taken_up"], killed["names"]
        assert killed["end"] == EMPTY
        assert left["unreadable"] == left["unfinished"] == []
        assert {name: arrived[name] for name in names if name not in left["leaving"]} == {
            name: 1 for name in names if name not in left["leaving"]
        }
        assert all(arrived[name] <= 1 for name in left["leaving"])
        assert taken_up["dropped"] == ({"unconfirmed": len(left["leaving"])} if left["leaving"] else {})
        assert taken_up["sent"] == len(left["waiting"]) + len(left["taken"])
        assert taken_up["waiting"] == 0
    # The loop has met what it is there for.
    assert any(killed["left"]["leaving"] for killed in seen)
    assert any(killed["left"]["taken"] for killed in seen)
    unconfirmed = [name for killed in seen for name in killed["left"]["leaving"]]
    assert {arrived[name] for name in unconfirmed} == {0, 1}


def test_process_killed_while_writing(tmp_path: Path, sandbox: SandboxServer) -> None:
    """What was written before a process was killed arrives once, what was being written at most once."""
    folder = str(tmp_path / "outboxes")
    seen = _run(tmp_path, f"kill_while_writing({folder!r}, {sandbox.port})")
    arrived = _arrived(sandbox)
    assert len(seen) > 50
    for killed in seen:
        names, written, left = killed["names"], killed["written"], killed["left"]
        assert killed["end"] in (EMPTY, {**EMPTY, "unreadable": ["?"]})
        assert all(arrived[name] == 1 for name in written)
        assert set(left["waiting"]) >= set(written)
        assert len(names) - len(written) >= len(left["unfinished"]) <= 1
        assert killed["at_once"] == {"sent": len(left["waiting"]), "dropped": {}, "waiting": 0}
        # A file that is whole is sent, and one that is not is set aside and counted, ten minutes later.
        unreadable = left["unfinished"].count("?")
        assert killed["taken_up"] == {
            "sent": len(left["unfinished"]) - unreadable,
            "dropped": {"unreadable": unreadable} if unreadable else {},
            "waiting": 0,
        }
        assert sum(arrived[name] for name in names) + unreadable == len(left["waiting"] + left["unfinished"])
    assert {len(killed["left"]["unfinished"]) for killed in seen} == {0, 1}
    assert any("?" in killed["left"]["unfinished"] for killed in seen)


def test_many_killed_while_others_send(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Of senders that are killed again and again beside each other, none sends what another one has sent."""
    writers, each, senders, kills = 4, 100, 4, 15
    call = f"writers={writers}, each={each}, senders={senders}, kills={kills}"
    told: Any = _run(tmp_path, f"kill_many({str(tmp_path)!r}, {sandbox.port}, {call})")
    arrived = _arrived(sandbox)
    assert set(arrived.values()) == {1}
    assert told["killed"] >= 3
    assert told["left"] == EMPTY
    # What is missing was on its way when a process was killed that sent eight at a time.
    assert writers * each - len(arrived) <= 8 * told["killed"]


def test_process_killed_while_taking_up(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A process that takes up what another left, and is killed at it, leaves what the next one takes up."""
    folder = str(tmp_path / "outboxes")
    seen = _run(tmp_path, f"kill_while_taking_up({folder!r}, {sandbox.port})")
    arrived = _arrived(sandbox)
    assert len(seen) > 200
    for killed in seen:
        names, first, left, taken_up = (killed[key] for key in ("names", "first", "left", "taken_up"))
        assert (len(first["leaving"]), len(first["taken"])) == (1, 2)
        assert killed["end"] == EMPTY
        # What was on its way twice over is never sent again, and nothing that was not is lost.
        assert arrived[first["leaving"][0]] == 0
        for name in set(names) - set(first["leaving"]):
            assert arrived[name] <= 1
            assert arrived[name] == 1 or name in left["leaving"]
        assert taken_up["dropped"] == ({"unconfirmed": len(left["leaving"])} if left["leaving"] else {})
        assert taken_up["sent"] == len(left["waiting"]) + len(left["taken"])

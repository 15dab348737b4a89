# SPDX-License-Identifier: Apache-2.0
"""
Outboxes whose processes are killed at every line, and what the next process makes of what they left behind.

Run in an interpreter of its own, since its children are forks; each function gives plain values.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.outbox_claim import Claim
from tests.support.killing import is_killed_at, run_in_child
from tests.support.outboxes import drain, look_into, make_outbox, put

if TYPE_CHECKING:
    from airflow_mpulse.delivery.outbox import Outbox

_PACKAGE = "airflow_mpulse.delivery"
OUTBOX_MODULES = {f"{_PACKAGE}.{name}" for name in ("outbox", "outbox_claim", "drain", "private_folder")}
SENDING_MODULES = {f"{_PACKAGE}.{name}" for name in ("client", "transport", "bounded_http")} | {"http.client"}

#: How many beacons each outbox holds: one alone, and two that are sent by threads.
BEACONS = 3
#: Older than what a process that lives could still be writing.
LONG_AGO_S = 3600


def _names(line: int) -> list[str]:
    return [f"{line}-{number}" for number in range(BEACONS)]


def kill_while_sending(folder: str, port: int, *, step: int, modules: set[str]) -> list[dict[str, Any]]:
    """Drain outboxes with processes killed at line 1, 1 + step, ...; take up what is left of each."""
    seen = []
    line = 1
    while True:
        path = Path(folder) / str(line)
        put(make_outbox(path), *_names(line))
        killed = is_killed_at(line, partial(drain, path, port), modules)
        left = look_into(path)
        age(path)
        taken_up = drain(path, port)
        seen.append({"names": _names(line), "left": left, "taken_up": taken_up, "end": look_into(path)})
        if not killed:
            return seen
        line += step


def kill_while_writing(folder: str, port: int) -> list[dict[str, Any]]:
    """Write beacons with processes that are killed at line 1, 2, ...; send what they have written."""
    seen = []
    line = 1
    while True:
        path = Path(folder) / str(line)
        reading, writing = os.pipe()
        killed = is_killed_at(
            line,
            partial(_put_and_tell, path, _names(line), writing),
            OUTBOX_MODULES,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            written = told.read().split()
        left = look_into(path)
        at_once = drain(path, port)
        age(path)
        taken_up = drain(path, port)
        seen.append(
            {
                "names": _names(line),
                "written": written,
                "left": left,
                "at_once": at_once,
                "taken_up": taken_up,
                "end": look_into(path),
            }
        )
        if not killed:
            return seen
        line += 1


def kill_while_taking_up(folder: str, port: int) -> list[dict[str, Any]]:
    """Take up what a killed process had, with processes that are killed at line 1, 2, ... themselves."""
    seen = []
    line = 1
    while True:
        path = Path(folder) / str(line)
        outbox = make_outbox(path)
        put(outbox, *_names(line))
        assert run_in_child(partial(_take_and_die, outbox)) == 0
        first = look_into(path)
        killed = is_killed_at(line, partial(drain, path, port), OUTBOX_MODULES)
        left = look_into(path)
        age(path)
        taken_up = drain(path, port)
        seen.append(
            {
                "names": _names(line),
                "first": first,
                "left": left,
                "taken_up": taken_up,
                "end": look_into(path),
            }
        )
        if not killed:
            return seen
        line += 1


def _put_and_tell(path: Path, names: list[str], told: int) -> None:
    outbox = make_outbox(path)
    for name in names:
        put(outbox, name)
        os.write(told, f"{name} ".encode())


def _take_and_die(outbox: Outbox) -> None:
    # All are taken, and the first is on its way, when the process ends without a word.
    claim = Claim(outbox).__enter__()
    entries = outbox.list_waiting()
    assert all(claim.take(entry) for entry in entries)
    assert claim.leave(entries[0])
    os._exit(0)


def age(path: Path) -> None:
    """Let time go by for what nobody has finished."""
    for file in path.rglob("*"):
        if file.name.startswith("."):
            with suppress(FileNotFoundError):
                old = file.lstat().st_mtime - LONG_AGO_S
                os.utime(file, (old, old))

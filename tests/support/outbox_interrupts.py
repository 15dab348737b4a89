# SPDX-License-Identifier: Apache-2.0
"""
Outboxes whose sender is interrupted, as by Ctrl-C, before each thing that it does to a file.

Run in an interpreter of its own: whoever listens to what a process does cannot be sent away again.
"""

from __future__ import annotations

import itertools
import json
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.clocks import MovedClock
from tests.support.killing import run_in_child
from tests.support.outboxes import CONN_ID, look_into, make_drainer, make_moved_outbox, put, tell
from tests.support.transports import MemoryTransport, make_memory_client

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "open"}


def interrupt_while_sending(folder: str, page_groups: Sequence[str]) -> list[dict[str, Any]]:
    """Send from outboxes with processes interrupted at step 1, 2, ...; have the next one send the rest."""
    seen = []
    for step in itertools.count(1):
        path, clock = Path(folder) / str(step), MovedClock()
        put(make_moved_outbox(path, clock), *page_groups)
        first, second = path.with_suffix(".first"), path.with_suffix(".second")
        assert run_in_child(partial(_send, path, first, step)) == 0
        left = look_into(path)
        assert run_in_child(partial(_send, path, second, 0)) == 0
        told = [json.loads(each.read_bytes()) for each in (first, second)]
        seen.append({"told": told, "left": left, "end": look_into(path)})
        if not told[0]["interrupted"]:
            return seen
    raise AssertionError


def _send(path: Path, result: Path, step: int) -> None:
    transport, clock = MemoryTransport(), MovedClock()
    client = make_memory_client(transport, clock)
    drainer = make_drainer(make_moved_outbox(path, clock), now=clock.now)
    client.get_config()
    reports = [drainer.tidy()]
    disarm = _interrupt_at(step)
    with suppress(KeyboardInterrupt):
        drainer.drain(CONN_ID, client, on_progress=reports.append)
    told = {
        "interrupted": disarm(),
        "reports": [tell(report) for report in reports],
        "arrived": transport.arrived,
    }
    result.write_text(json.dumps(told))


def _interrupt_at(step: int) -> Callable[[], bool]:
    """Interrupt this process before a step, 0 for none; gives what ends this and tells whether it was met."""
    left = step

    def on_event(event: str, _: object) -> None:
        nonlocal left
        if left and event in _EVENTS:
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    def disarm() -> bool:
        nonlocal left
        was_met, left = left == 0 < step, 0
        return was_met

    sys.addaudithook(on_event)
    return disarm

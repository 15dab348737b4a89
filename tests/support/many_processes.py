# SPDX-License-Identifier: Apache-2.0
"""
Many processes of one machine at once, that share an outbox and a configuration.

Run in an interpreter of its own, since they are its forks; each function gives plain values. They begin at
the same moment, as well as the machine lets them.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import DeliveryError
from tests.support.killing import is_killed_at, start_child
from tests.support.outbox_kills import OUTBOX_MODULES, age
from tests.support.outboxes import (
    CONN_ID,
    build,
    drain,
    look_into,
    make_client,
    make_drainer,
    make_outbox,
    put,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Long enough for a machine on which all of them have to take turns.
PATIENT = RetryPolicy(deadline_s=60)
KEEPING_MODULES = {
    f"airflow_mpulse.delivery.{name}"
    for name in ("configuration", "config_store", "private_folder", "client")
}


def run_at_once(folder: Path, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each work in a process of its own, all at once; give what each of them returned."""
    results = folder / "results"
    results.mkdir(parents=True)
    waiting, starting = os.pipe()
    children = [
        start_child(partial(_wait_and_work, work, waiting, starting, results / str(number)))
        for number, work in enumerate(works)
    ]
    os.close(starting)  # Which is what they all wait for.
    os.close(waiting)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)
    return [json.loads((results / str(number)).read_text()) for number in range(len(works))]


def _wait_and_work(work: Callable[[], Any], waiting: int, starting: int, result: Path) -> None:
    os.close(starting)
    os.read(waiting, 1)
    result.write_text(json.dumps(work()))


def write_and_send(folder: str, port: int, *, writers: int, each: int, senders: int) -> dict[str, Any]:
    """Have some processes write beacons while others send them; tell what became of all."""
    path = Path(folder)
    outbox, done = path / "outbox", path / "done"
    done.mkdir()
    works: list[Callable[[], Any]] = [
        partial(_write, outbox, done, [f"{writer}-{number}" for number in range(each)])
        for writer in range(writers)
    ]
    works += [partial(_send_until, outbox, path / "cache", port, done, writers) for _ in range(senders)]
    told = run_at_once(path, works)[writers:]
    return {
        "sent": [sent for sent, _, _ in told],
        "dropped": dict(sum((Counter(dropped) for _, dropped, _ in told), Counter())),
        "waiting": len(make_outbox(outbox).list_waiting()),
    }


def _write(outbox: Path, done: Path, names: list[str]) -> None:
    put(make_outbox(outbox), *names)
    (done / names[0]).touch()


def _send_until(outbox: Path, cache: Path, port: int, done: Path, writers: int) -> list[Any]:
    client, drainer = make_client(port, cache=cache, policy=PATIENT), make_drainer(make_outbox(outbox))
    sent, dropped = 0, Counter[str]()
    is_last = False
    while True:
        report = drainer.tidy().plus(drainer.drain(CONN_ID, client))
        sent += report.sent
        dropped.update(report.dropped)
        if is_last and not report.sent:
            return [sent, dict(dropped), report.waiting]
        # What was written before the last writer was done is there at the next look.
        is_last = len(list(done.iterdir())) == writers


def kill_many(folder: str, port: int, *, writers: int, each: int, senders: int, kills: int) -> dict[str, Any]:
    """Have processes send while others write, killed at lines drawn by lot; then let one send in peace."""
    path = Path(folder)
    outbox, done = path / "outbox", path / "done"
    done.mkdir()
    works: list[Callable[[], Any]] = [
        partial(_write, outbox, done, [f"{writer}-{number}" for number in range(each)])
        for writer in range(writers)
    ]
    works += [partial(_be_killed, outbox, port, Random(sender), kills) for sender in range(senders)]
    killed = run_at_once(path, works)[writers:]
    age(outbox)
    last = drain(outbox, port)
    return {"killed": sum(killed), "last": last, "left": look_into(outbox)}


def _be_killed(outbox: Path, port: int, lot: Random, times: int) -> int:
    drain_it = partial(drain, outbox, port)
    return sum(is_killed_at(lot.randrange(1, 4000), drain_it, OUTBOX_MODULES) for _ in range(times))


def send_directly(folder: str, port: int, *, senders: int, each: int) -> list[Any]:
    """Have processes send beacons without an outbox; tell how many each of them has sent."""
    path = Path(folder)
    works = [partial(_send, path / "cache", port, number, each) for number in range(senders)]
    return run_at_once(path, works)


def _send(cache: Path, port: int, sender: int, each: int) -> list[Any]:
    client = make_client(port, cache=cache, policy=PATIENT)
    names = [f"{sender}-{number}" for number in range(each)]
    report = client.send_many(build({"page_group": name}, datetime.now(UTC)) for name in names)
    return [report.sent, dict(report.not_sent)]


def ask_at_once(folder: str, port: int, *, processes: int, old_s: float = 0.0) -> list[str]:
    """Have processes ask for the configuration, shared by one that asked so many seconds ago, if any."""
    path = Path(folder)
    if old_s:
        _ask(path / "cache", port)
        _make_older(path / "cache", old_s)
    return run_at_once(path, [partial(_ask, path / "cache", port)] * processes)


def _ask(cache: Path, port: int) -> str:
    client = make_client(port, cache=cache, policy=PATIENT)
    try:
        return client.get_config().h_cr
    except DeliveryError as error:
        return type(error).__name__


def _make_older(cache: Path, seconds: float) -> None:
    (file,) = cache.glob("*.json")
    stored = json.loads(file.read_bytes())
    wall_s, uptime_s, boot_id = stored["answer"]["arrived"]
    stored["answer"]["arrived"] = [wall_s - seconds, uptime_s - seconds, boot_id]
    file.write_text(json.dumps(stored))


def kill_while_asking(folder: str, port: int, *, step: int) -> list[dict[str, Any]]:
    """Kill processes at line 1, 1 + step, ... of asking for the configuration; then have another ask."""
    seen = []
    line = 1
    while True:
        cache = Path(folder) / str(line)
        killed = is_killed_at(line, partial(_ask, cache, port), KEEPING_MODULES)
        began_s = time.monotonic()
        tokens = [_ask(cache, port) for _ in range(3)]
        left = sorted(file.suffix for file in cache.iterdir() if not file.name.startswith("."))
        seen.append({"tokens": tokens, "took_s": time.monotonic() - began_s, "left": left})
        if not killed:
            return seen
        line += step

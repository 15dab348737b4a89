# SPDX-License-Identifier: Apache-2.0
"""Tests of finding out over which connections the beacons of an outbox are to be sent."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.outbox import CLAIMS
from tests.support.outboxes import CONN_ID, EMPTY, look_into, put, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from airflow_mpulse.delivery.drain import Drainer
    from airflow_mpulse.delivery.outbox import Outbox


class _Telling(logging.Handler):
    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act

    def emit(self, record: logging.LogRecord) -> None:
        self._act()


@contextmanager
def when_told(act: Callable[[], object]) -> Iterator[None]:
    """Have something happen at the moment at which the package logs a sentence."""
    logger, handler = logging.getLogger("airflow_mpulse"), _Telling(act)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _spoil(outbox: Outbox, *numbers: int) -> None:
    for number, entry in enumerate(outbox.list_waiting()):
        if number in numbers:
            (outbox.path / entry.name).write_text("damaged")


def test_connections_of_what_waits(outbox: Outbox, drainer: Drainer) -> None:
    """Each connection is found once, however many beacons wait for it, and all of them wait on."""
    for mpulse_conn_id in ("zebra", CONN_ID, "ape", "zebra", CONN_ID):
        outbox.put(mpulse_conn_id, {"page_group": mpulse_conn_id})
    connections, report = drainer.find_connections()
    assert connections == ["ape", CONN_ID, "zebra"]
    assert tell(report) == (0, {}, 0)
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["zebra", CONN_ID, "ape", "zebra", CONN_ID]}
    assert list((outbox.path / CLAIMS).iterdir()) == []


def test_nothing_waits(outbox: Outbox, drainer: Drainer) -> None:
    """Where nothing waits there is no connection, and the outbox is not made for the look."""
    assert drainer.find_connections()[0] == []
    assert not outbox.path.exists()


def test_unreadable_beside_others(outbox: Outbox, drainer: Drainer, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read is set aside, counted and told about once, and hides nothing of its connection."""
    caplog.set_level(logging.DEBUG, "airflow_mpulse")
    put(outbox, *"abc")
    outbox.put("another_conn", {"page_group": "d"})
    _spoil(outbox, 0, 1)
    connections, report = drainer.find_connections()
    assert (connections, tell(report)) == (["another_conn", CONN_ID], (0, {"unreadable": 2}, 0))
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["c", "d"], "unreadable": ["?", "?"]}
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]
    assert tell(drainer.find_connections()[1]) == (0, {}, 0)


def test_others_take_what_waits(outbox: Outbox, drainer: Drainer) -> None:
    """What another process takes in the meantime is passed over."""
    put(outbox, "damaged", "taken")
    outbox.put("another_conn", {"page_group": "left"})
    _spoil(outbox, 0)
    _, taken, _ = outbox.list_waiting()

    with when_told(lambda: (outbox.path / taken.name).unlink()):
        connections, report = drainer.find_connections()
    assert (connections, tell(report)) == (["another_conn"], (0, {"unreadable": 1}, 0))


def test_outbox_fails_on_the_way(outbox: Outbox, drainer: Drainer) -> None:
    """What is set aside is counted though the outbox cannot be used from then on, and the rest waits."""
    put(outbox, "damaged")
    outbox.put("another_conn", {"page_group": "waits"})
    _spoil(outbox, 0)
    with when_told(lambda: (outbox.path / CLAIMS).chmod(0o777)):
        connections, report = drainer.find_connections()
    assert (connections, tell(report)) == (["another_conn"], (0, {"unreadable": 1}, 0))
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["waits"], "unreadable": ["?"]}

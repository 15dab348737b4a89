# SPDX-License-Identifier: Apache-2.0
"""Which beacons must have arrived, each by its session, its page group and its address, and when it ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_mpulse.reporting.sessions import build_session_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.metadata import DagRunRow, TaskInstanceRow
    from soak.outage.durations import Ended

# Airflow writes a task's end into its database with the clock of another process than the task's.
_END_TOLERANCE = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXAMPLES = 3


@dataclass(frozen=True)
class Identity:
    """
    What tells a beacon from every other.

    :param session_id: The session: the run.
    :param page_group: The DAG, or the DAG and the task.
    :param url: The page of the run or of the task instance, which names the map index.
    """

    session_id: str
    page_group: str
    url: str

    def __str__(self) -> str:
        return f"{self.page_group!r} of {self.url} in the session {self.session_id}"


@dataclass(frozen=True)
class Arrivals:
    """
    Beacons that had to arrive and those that did.

    :param wanted: How many had to arrive.
    :param arrived: How many did.
    :param valid: How many of these the sandbox finds nothing wrong with.
    :param missing: Those that did not arrive.
    :param surplus: Those that arrived once more, or that nothing explains.
    :param moved: Those that do not say when their task or run has ended.
    """

    wanted: int
    arrived: int
    valid: int
    missing: tuple[Identity, ...]
    surplus: tuple[Identity, ...]
    moved: tuple[Identity, ...]

    def shortcomings(self, *, may_miss: int = 0) -> list[str]:
        """
        Say what is wrong.

        :param may_miss: How many may be missing.
        :return: One phrase each; empty when all is well.
        """
        found = [
            f"beacons that {what}: {len(identities)} (such as {', '.join(map(str, identities[:_EXAMPLES]))})"
            for what, identities in (
                ("did not arrive", self.missing if len(self.missing) > may_miss else ()),
                ("arrived twice or unexpected", self.surplus),
                ("tell another end than the database", self.moved),
            )
            if identities
        ]
        if self.valid < self.arrived:
            found.append(f"beacons that are invalid: {self.arrived - self.valid}")
        return found


def match(ended: Ended, beacons: Sequence[Mapping[str, Any]], airflow_url: str) -> Arrivals:
    """
    Match what arrived with what ended.

    :param ended: Runs with their task instances.
    :param beacons: The sandbox's beacons, as `GET /api/beacons` gives them.
    :param airflow_url: Where Airflow's UI is.
    :return: What is there, and what is wrong with it.
    """
    ends = {
        identity: at for run, tasks in ended for identity, at in _identities(run, tasks, airflow_url).items()
    }
    received = [(_identity(beacon), beacon) for beacon in beacons]
    counted = Counter(identity for identity, _ in received)
    wanted = Counter(dict.fromkeys(ends, 1))
    return Arrivals(
        wanted=len(ends),
        arrived=len(received),
        valid=sum(beacon["verdict"]["valid"] for _, beacon in received),
        missing=tuple((wanted - counted).elements()),
        surplus=tuple((counted - wanted).elements()),
        moved=tuple(
            identity
            for identity, beacon in received
            if identity in ends and abs(_end(beacon) - ends[identity]) > _END_TOLERANCE
        ),
    )


def _identities(
    run: DagRunRow, tasks: Sequence[TaskInstanceRow], airflow_url: str
) -> dict[Identity, datetime]:
    if run.start_date is None or run.end_date is None:
        return {}
    session_id = build_session_id(run.dag_id, run.run_id, run.start_date)
    url = f"{airflow_url}/dags/{run.dag_id}/runs/{run.run_id}"
    found = {Identity(session_id, run.dag_id, url): run.end_date}
    for task in tasks:
        if task.ended and task.end_date is not None:
            page = f"{url}/tasks/{task.task_id}"
            page = page if task.map_index < 0 else f"{page}/mapped/{task.map_index}"
            found[Identity(session_id, f"{run.dag_id} - {task.task_id}", page)] = task.end_date
    return found


def _identity(beacon: Mapping[str, Any]) -> Identity:
    return Identity(str(beacon["session_id"]), str(beacon["page_group"]), str(beacon["fields"].get("u", "")))


def _end(beacon: Mapping[str, Any]) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(beacon["fields"].get("rt.end", "0")))

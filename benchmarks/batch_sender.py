# SPDX-License-Identifier: Apache-2.0
"""A process that sends many beacons, in one way or another, and tells how long each way takes."""

from __future__ import annotations

import os
import resource
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.helper import Orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.reporting.report import Report

_STARTED_AT = datetime.now(UTC) - timedelta(seconds=30)


class BatchSender:
    """Sends with one hook, and posts with one session, for as long as the process lives."""

    def __init__(self) -> None:
        import requests

        from airflow_mpulse.hooks.mpulse import MPulseHook

        self._hook = MPulseHook()
        self._session = requests.Session()

    def send(self, number: int, threads: int) -> float:
        """
        Send beacons as the hook's ``send_beacons`` does.

        :param number: How many.
        :param threads: With how many threads at most.
        :return: Seconds.
        :raises RuntimeError: If not all were received.
        """
        started_s = time.perf_counter()
        report = self._hook.get_conn().send_many(_make_beacons(number), max_threads=threads)
        took_s = time.perf_counter() - started_s
        if report.sent != number:
            message = f"{report.sent} of {number} beacons were sent: {report.first_error}"
            raise RuntimeError(message)
        return took_s

    def post(self, number: int) -> float:
        """
        Post the same forms with a plain session, one after another.

        :param number: How many.
        :return: Seconds.
        """
        from airflow_mpulse.protocol.encoding import build_fields

        config = self._hook.get_config()
        (beacon,) = _make_beacons(1)
        form = dict(build_fields(beacon, config, api_version=1))
        started_s = time.perf_counter()
        for _ in range(number):
            self._session.post(config.beacon_url, data=form, timeout=5).raise_for_status()
        return time.perf_counter() - started_s

    def send_and_weigh(self, number: int) -> int:
        """
        Send beacons from a generator with the hook.

        :param number: How many.
        :return: The most memory that the process has had, in bytes.
        :raises RuntimeError: If not all were received.
        """
        report = self._hook.send_beacons(_make_beacons(number))
        if report.sent != number:
            message = f"{report.sent} of {number} beacons were sent: {report.first_error}"
            raise RuntimeError(message)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def keep(self, number: int) -> float:
        """
        Put reports of tasks into the outbox.

        :param number: How many.
        :return: Seconds.
        :raises RuntimeError: If there is none.
        """
        from airflow_mpulse.option_readers import read_delivery_settings
        from airflow_mpulse.reporting.report_json import report_to_json
        from airflow_mpulse.shared_state import open_outbox

        outbox = open_outbox(read_delivery_settings())
        if outbox is None:
            message = "There is no outbox."
            raise RuntimeError(message)
        reports = [_make_report(each) for each in range(number)]
        started_s = time.perf_counter()
        for report in reports:
            outbox.put(report.mpulse_conn_id, report_to_json(report))
        return time.perf_counter() - started_s

    def flush(self) -> list[float]:
        """
        Send what waits in the outbox.

        :return: Seconds, and how many beacons were sent.
        """
        started_s = time.perf_counter()
        report = self._hook.flush_outbox()
        return [time.perf_counter() - started_s, report.sent]


def main() -> None:
    """Carry out orders."""
    orders = Orders()
    sender = BatchSender()

    def carry_out(order: dict[str, Any]) -> Any:
        return getattr(sender, order.pop("do"))(**order)

    orders.carry_out(carry_out)
    # Nothing of what was measured is to be waited for at the end.
    os._exit(0)


def _make_beacons(number: int) -> Iterator[Beacon]:
    from airflow_mpulse.protocol.beacon import Beacon

    for each in range(number):
        yield Beacon(
            page_group="sales - load",
            started_at=_STARTED_AT,
            ended_at=_STARTED_AT + timedelta(milliseconds=each % 20_000),
            url="https://airflow.example.com/dags/sales/runs/manual__1/tasks/load",
            timers={"Extract": 120, "Load": 340},
            metrics={"Rows": each},
            dimensions={"Team": "web", "Region": "eu"},
        )


def _make_report(number: int) -> Report:
    from airflow_mpulse.reporting.beacons import ReportSettings
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
    from airflow_mpulse.reporting.report import Report

    url = "https://airflow.example.com/dags/sales/runs/manual__1"
    run = RunFacts("sales", "manual__1", _STARTED_AT, run_type="manual", url=url)
    ended_at = _STARTED_AT + timedelta(milliseconds=number % 20_000)
    task = TaskFacts(
        f"load_{number}",
        "success",
        _STARTED_AT,
        ended_at,
        try_number=1,
        operator="PythonOperator",
        url=f"{url}/tasks/load_{number}",
    )
    return Report(run, task, "mpulse_default", ReportSettings())


if __name__ == "__main__":
    main()

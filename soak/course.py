# SPDX-License-Identifier: Apache-2.0
"""The course of a soak: runs are triggered little by little while the scheduler is sampled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from demo.loopback import WaitTimeoutError, wait_until
from demo.orders import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.sandbox_process import SandboxProcess
    from soak.scheduler_process import Sample, WatchedAirflow

DAG_ID = "soak"
TASKS_EACH = 2

# Airflow works at 16 runs side by side (the DAG's max_active_runs); as many again wait their turn.
_BATCH_RUNS = 16
_SAMPLE_INTERVAL_S = 1.0
# So that the last stretch has its samples on a fast machine as well; a sending thread of ours stays longer.
_LAST_SAMPLES_S = 5.0
_LAST_BEACONS_LIMIT_S = 30.0
_ROWS = 20


class Course:
    """
    Some hundreds of runs through a running Airflow.

    :param airflow: The Airflow.
    :param sandbox: Where beacons arrive.
    :param runs: How many runs.
    :param on_row: Told of a sample now and then, with the beacons of runs and of tasks so far.
    """

    def __init__(
        self,
        airflow: WatchedAirflow,
        sandbox: SandboxProcess,
        runs: int,
        on_row: Callable[[Sample, int, int], None],
    ) -> None:
        self._airflow = airflow
        self._sandbox = sandbox
        self._runs = runs
        self._on_row = on_row
        self._started_s = time.monotonic()
        self._next_row_runs = 0
        self._done = 0
        self._complete_since_s: float | None = None
        self.samples: list[Sample] = []

    def complete(self, limit_s: float) -> str | None:
        """
        Trigger all runs and wait until they have ended and their beacons have arrived.

        :param limit_s: Seconds it may take.
        :return: What is wrong; None where all runs have ended in time.
        :raises ComponentDiedError: If a process of Airflow's ends meanwhile.
        """
        try:
            self._airflow.watch(self._advance, limit_s, f"{self._runs} runs to end")
        except WaitTimeoutError:
            return f"only {self._done} of {self._runs} runs had ended at the time limit"
        return None

    def wait_for_beacons(self, beacons: int) -> None:
        """
        Wait for beacons that are still on their way; whether all have come is not judged here.

        :param beacons: How many there must be.
        """
        try:
            wait_until(
                lambda: sum(self._count_beacons()) >= beacons,
                limit_s=_LAST_BEACONS_LIMIT_S,
                what=f"{beacons} beacons",
            )
        except WaitTimeoutError:
            return

    def _advance(self) -> bool:
        runs = self._airflow.metadata.runs([DAG_ID])
        self._done = sum(run.ended for run in runs)
        if len(runs) - self._done < _BATCH_RUNS and len(runs) < self._runs:
            last = min(len(runs) + _BATCH_RUNS, self._runs)
            self._airflow.trigger_all(
                [Order("trigger", DAG_ID, f"soak_{number:05}") for number in range(len(runs) + 1, last + 1)]
            )
        elapsed_s = time.monotonic() - self._started_s
        if not self.samples or elapsed_s - self.samples[-1].elapsed_s >= _SAMPLE_INTERVAL_S:
            self._take_sample(elapsed_s)
        if self._done < self._runs:
            return False
        self._complete_since_s = self._complete_since_s or elapsed_s
        return elapsed_s - self._complete_since_s >= _LAST_SAMPLES_S

    def _take_sample(self, elapsed_s: float) -> None:
        sample = self._airflow.sample_scheduler(elapsed_s=elapsed_s, runs_done=self._done)
        if sample is None:
            return
        self.samples.append(sample)
        if self._done >= self._next_row_runs:
            self._next_row_runs = self._done - self._done % self._row_runs + self._row_runs
            self._on_row(sample, *self._count_beacons())

    @property
    def _row_runs(self) -> int:
        return max(self._runs // _ROWS, 1)

    def _count_beacons(self) -> tuple[int, int]:
        counts = {row["page_group"]: row["beacons"] for row in self._sandbox.page_groups()}
        of_runs = counts.get(DAG_ID, 0)
        return of_runs, sum(counts.values()) - of_runs

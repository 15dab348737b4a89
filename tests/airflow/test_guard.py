# SPDX-License-Identifier: Apache-2.0
"""The guard around the listener's hooks, and rows whose start belongs to another try, in a fresh process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
    import collections, json, logging, signal, sys
    from airflow_mpulse import accounting
    from airflow_mpulse.exceptions import BeaconError
    from airflow_mpulse.plugins.guard import Guard
    class Counting:
        counted = collections.Counter()
        def incr(self, name, count=1, *, tags=None):
            self.counted[" ".join([name, *(tags or {}).values()])] += count
    accounting.Stats = Counting()
    logging.disable()
    def ask_to_stop(signum, frame):
        sys.exit(0)
    signal.signal(signal.SIGUSR1, ask_to_stop)
    def run(raise_it, name):
        try:
            with Guard("hook") as guard:
                guard.name = name
                raise_it()
        except BaseException as error:
            return type(error).__name__
        return "kept in"
    def throw(error):
        raise error
"""


@pytest.mark.parametrize(
    ("raised", "name", "outcome", "counted"),
    [
        ("throw(ValueError())", "'a run'", "kept in", {"mpulse.beacon.dropped error": 1}),
        ("throw(SystemExit(3))", "'a run'", "kept in", {"mpulse.beacon.dropped error": 1}),
        ("throw(BeaconError('x'))", "'a run'", "kept in", {"mpulse.beacon.dropped invalid": 1}),
        ("throw(KeyboardInterrupt())", "None", "kept in", {}),
        ("signal.raise_signal(signal.SIGUSR1)", "'a run'", "SystemExit", {}),
        ("None", "'a run'", "kept in", {}),
    ],
    ids=["error", "exit", "our own", "before it is known what", "asked to stop", "nothing"],
)
def test_guard_keeps_in_what_is_ours(
    tmp_path: Path, raised: str, name: str, outcome: str, counted: dict[str, int]
) -> None:
    """Whatever the listener raises stays in and is counted; what a signal handler raises goes on."""
    found = run_python(
        CODE + f"    print(json.dumps([run(lambda: {raised}, {name}), Counting.counted]))",
        clean_environment(tmp_path),
    )
    assert found == [outcome, counted]


def test_start_of_another_try_is_not_taken(tmp_path: Path) -> None:
    """A row queued after its start has the start of the try before, save for a rescheduled sensor."""
    found = run_python(
        """
        import json
        from datetime import datetime, timedelta, timezone
        from airflow_mpulse.airflow_facts.ended_task import EndedTask
        from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
        noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
        def start(queued_after_s, **more):
            task = TaskFacts("t", "failed", noon, noon + timedelta(hours=1),
                             queued_at=noon + timedelta(seconds=queued_after_s))
            ended = EndedTask(RunFacts("d", "r", noon), task, **more).without_stale_start()
            return ended.task.started_at is not None
        print(json.dumps([start(-3), start(600), start(600, find_start=lambda: noon)]))
        """,
        clean_environment(tmp_path),
    )
    assert found == [True, False, True]

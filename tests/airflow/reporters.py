# SPDX-License-Identifier: Apache-2.0
"""A reporter in an interpreter of its own, with what it counts and logs printed as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.airflow.scheduler import connection_variables
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.sandbox.server import SandboxServer

# `report(conn)` is of a run of ten seconds; `tell(...)` prints what was counted, what was logged, and more.
CODE = """
    import collections, json, logging, os, threading
    from datetime import datetime, timedelta, timezone
    from airflow_mpulse import accounting
    from airflow_mpulse.reporter.process import Reporter
    from airflow_mpulse.reporting.report import Report
    from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings
    from airflow_mpulse.reporting.facts import RunFacts

    class Counting:
        def __init__(self):
            self.counted = collections.Counter()
        def incr(self, name, count=1, *, tags=None):
            self.counted[" ".join([name, *(tags or {}).values()])] += count
        def timing(self, name, value):
            assert value > 0
            self.counted[name] += 1

    lines = []
    class Keep(logging.Handler):
        def emit(self, record):
            if record.levelno >= logging.INFO:
                lines.append(f"{record.levelname} {record.getMessage()}")
    logging.getLogger("airflow_mpulse").addHandler(Keep())
    logging.getLogger("airflow_mpulse").setLevel(logging.DEBUG)
    accounting.Stats = Counting()
    reporter = Reporter(max_waiting=20)
    now = datetime.now(timezone.utc)
    def report(conn="mpulse_default", started_at=now - timedelta(seconds=10), **more):
        run = RunFacts("sales", "r1", started_at, now, state="success")
        return Report(run, None, conn, more.pop("settings", ReportSettings()), **more)
    def tell(*more):
        print(json.dumps([dict(accounting.Stats.counted), lines, *more]))
"""

#: Without an outbox, what cannot be sent is dropped.
NO_OUTBOX = {"AIRFLOW__MPULSE__OUTBOX": "off"}


def run_reporter(tmp_path: Path, sandbox: SandboxServer, code: str, **options: str) -> Any:
    """Run code beside a reporter; give what it told."""
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    env = clean_environment(tmp_path, **connection_variables(sandbox.port), **options)
    return run_python(CODE + lines, env)

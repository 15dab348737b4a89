# SPDX-License-Identifier: Apache-2.0
"""The reporter and the outbox: what cannot be sent waits there, and is sent from there."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from tests.airflow.reporters import CODE, run_reporter
from tests.airflow.scheduler import connection_variables
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.sandbox.server import SandboxServer


def test_what_finds_mpulse_away_waits_and_is_sent_later(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A beacon that finds mPulse away is put into the outbox, and sent from there once mPulse is back."""
    counted, lines = run_reporter(
        tmp_path,
        sandbox,
        """
good = os.environ['AIRFLOW_CONN_MPULSE_DEFAULT']
os.environ['AIRFLOW_CONN_MPULSE_DEFAULT'] = os.environ['AIRFLOW_CONN_MPULSE_UNREACHABLE']
assert reporter.send_within(report(), 60) is None
os.environ['AIRFLOW_CONN_MPULSE_DEFAULT'] = good
from airflow_mpulse.hooks.mpulse import MPulseHook
flushed = MPulseHook().flush_outbox()
assert (flushed.sent, dict(flushed.dropped), flushed.waiting) == (1, {}, 0), flushed
tell()
""",
    )
    assert counted == {"mpulse.beacon.spooled": 1, "mpulse.beacon.sent": 1, "mpulse.config.fetched": 1}
    assert [line for line in lines if "waits in the outbox (unreachable)" in line]
    assert len(sandbox.store.beacons()) == 1


def test_outbox_delivery_leaves_sending_to_the_scheduler(tmp_path: Path, sandbox: SandboxServer) -> None:
    """With delivery = outbox a beacon is only written; whoever is the sender of the machine sends it."""
    counted, lines = run_reporter(
        tmp_path,
        sandbox,
        """
import time
assert reporter.connect('mpulse_default') is None
assert [reporter.send_within(report(), 0) for _ in range(3)] == [None] * 3
assert dict(accounting.Stats.counted) == {'mpulse.beacon.spooled': 3}
scheduler = Reporter()
scheduler.become_sender()
until_s = time.monotonic() + 60
while accounting.Stats.counted['mpulse.beacon.sent'] < 3 and time.monotonic() < until_s:
    time.sleep(0.05)
assert scheduler.send_within(report(), 60) is None
tell()
""",
        AIRFLOW__MPULSE__DELIVERY="outbox",
    )
    assert counted["mpulse.beacon.spooled"] == 3
    assert counted["mpulse.beacon.sent"] == len(sandbox.store.beacons()) == 4
    assert [name for name in counted if "dropped" in name] == []
    assert sum("Put a beacon into mPulse's outbox for the run r1 of sales." in line for line in lines) == 3


def test_beacon_that_is_not_sent_in_time_waits(tmp_path: Path) -> None:
    """Where nothing answers, what has not left by wait_s is in the outbox, counted once."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        connection = json.loads(connection_variables(silent.getsockname()[1])["AIRFLOW_CONN_MPULSE_DEFAULT"])
        counted, lines, waiting = run_python(
            CODE
            + """
    from airflow_mpulse.option_readers import read_delivery_settings
    from airflow_mpulse.shared_state import open_outbox
    assert reporter.send_within(report(), 0.3) is None
    reporter.finish()
    tell(open_outbox(read_delivery_settings()).describe().waiting)
    """,
            clean_environment(tmp_path, AIRFLOW_CONN_MPULSE_DEFAULT=json.dumps(connection)),
        )
    assert counted == {"mpulse.beacon.spooled": 1}
    assert waiting == 1
    assert [line for line in lines if "waits in the outbox (not_in_time)" in line]

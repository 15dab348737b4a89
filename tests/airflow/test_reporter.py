# SPDX-License-Identifier: Apache-2.0
"""The reporter of a process: each report ends as sent or as dropped for a reason, and is counted once."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.airflow.reporters import CODE, NO_OUTBOX, run_reporter
from tests.airflow.scheduler import connection_variables
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.sandbox.server import SandboxServer


def test_report_that_is_sent_is_counted_and_logged_once(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A beacon that arrives is one `sent`, one duration, one configuration, and one line at INFO."""
    counted, lines = run_reporter(
        tmp_path,
        sandbox,
        "reporter.prepare('mpulse_default')\n"
        "jobs = [reporter.hand_over(report()) for _ in range(3)]\n"
        "assert all(job.wait(60) for job in jobs)\n"
        "tell()",
    )
    assert counted == {"mpulse.beacon.sent": 3, "mpulse.delivery.duration": 3, "mpulse.config.fetched": 1}
    assert lines == [
        "INFO Sent a beacon to mPulse for the run r1 of sales: page group 'sales', 10000 ms."
    ] * len(lines)
    assert len(lines) == len(sandbox.store.beacons()) == 3


@pytest.mark.parametrize(
    ("made", "reason", "sentence"),
    [
        ("report('mpulse_missing')", "settings", "The connection 'mpulse_missing' is not defined"),
        ("report('mpulse_no_domain')", "settings", "has no domain"),
        ("report('mpulse_wrong_key')", "configuration", "mPulse does not know the API key"),
        ("report('mpulse_unreachable')", "unreachable", "refused the connection or cannot be reached"),
        ("report(started_at=now + timedelta(seconds=60))", "invalid", "before its start"),
        ("report(values=AuthorValues(metrics={'Nope': 1}))", "invalid", "defines no custom metric 'Nope'"),
        ("report(settings=None)", "error", "An unforeseen"),
    ],
)
def test_report_that_is_dropped_has_one_reason(
    tmp_path: Path, sandbox: SandboxServer, made: str, reason: str, sentence: str
) -> None:
    """What cannot be sent is counted under its reason, said once for all the same, and told who waits."""
    counted, lines, errors = run_reporter(
        tmp_path,
        sandbox,
        f"errors = [str(reporter.send_within({made}, 60)) for _ in range(2)]\ntell(errors)",
        **NO_OUTBOX,
    )
    assert counted.pop("mpulse.config.fetched", 1) == 1
    assert counted == {f"mpulse.beacon.dropped {reason}": 2}
    (line,) = lines
    assert line.startswith(f"WARNING No beacon was sent to mPulse for the run r1 of sales ({reason}): ")
    assert line.endswith("Airflow is not affected.")
    assert sentence in line
    assert "None" not in errors


def test_names_of_options_that_are_not_defined_are_left_out(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A fact under a name that the app does not define is left out with a warning; the beacon goes."""
    counted, lines = run_reporter(
        tmp_path,
        sandbox,
        "asked = ReportSettings(fact_metrics={'Nope': 'failures', 'Files Checked': 'failures'})\n"
        "assert reporter.send_within(report(settings=asked), 60) is None\n"
        "tell()",
    )
    assert counted["mpulse.beacon.sent"] == 1
    assert [line for line in lines if "defines no custom metric 'Nope'" in line]
    (beacon,) = [beacon.as_json() for beacon in sandbox.store.beacons()]
    assert beacon["metrics"]["Files Checked"] == 0


def test_what_is_not_sent_in_time_is_dropped_once(tmp_path: Path) -> None:
    """Where nothing answers, who waits is let go after wait_s; the reports are counted once, and named."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        port = silent.getsockname()[1]
        connection = json.loads(connection_variables(port)["AIRFLOW_CONN_MPULSE_DEFAULT"])
        counted, lines, elapsed_s, taken = run_python(
            CODE
            + """
    import time
    sendings = [reporter.hand_over(report()) for _ in range(25)]
    taken = [not sending.is_settled for sending in sendings]
    started_s = time.monotonic()
    reporter.finish()
    elapsed_s = time.monotonic() - started_s
    error = reporter.send_within(report(), 0.2)
    assert "was not sent within 0.2 seconds" in str(error), error
    reporter.finish()
    tell(elapsed_s, taken)
    """,
            clean_environment(
                tmp_path,
                AIRFLOW_CONN_MPULSE_DEFAULT=json.dumps(connection),
                AIRFLOW__MPULSE__WAIT_S="0.3",
                **NO_OUTBOX,
            ),
        )
    assert taken == [True] * 20 + [False] * 5
    assert counted == {"mpulse.beacon.dropped queue_full": 5, "mpulse.beacon.dropped not_in_time": 21}
    assert 0.3 <= elapsed_s < 5
    assert [line for line in lines if "(not_in_time): It was not sent within 0.3 seconds" in line]


#: Has the sending thread write one log record after another from its first one on, while the process ends.
TALKATIVE = """
    try:
        import re2 as re
    except ImportError:
        import re
    secret = re.compile("what nobody may read|nor this")
    def mask(record):
        record.msg = secret.sub("***", record.msg)
        return True
    def talk(record):
        while threading.current_thread().name == "mpulse-sender":
            began.set()
            other.warning("Here is what nobody may read. " * 50)
        return True
    began = threading.Event()
    # As Airflow masks: where a record is handled.
    handler, other = logging.FileHandler(os.devnull), logging.getLogger("somebody.else")
    handler.addFilter(mask)
    other.addHandler(handler)
    other.propagate = False
    logging.getLogger("airflow_mpulse").addFilter(talk)
    tell()
    reporter.hand_over(report("nowhere"))
    assert began.wait(60)
"""


@pytest.mark.parametrize("attempt", range(5))
def test_process_ends_well_while_the_thread_writes_logs(tmp_path: Path, attempt: int) -> None:
    """A process ends with 0 although its thread is at a log record, which Airflow 2.11 masks in C++."""
    environment = clean_environment(tmp_path, AIRFLOW__MPULSE__WAIT_S="0.3", **NO_OUTBOX)
    assert run_python(CODE + TALKATIVE, environment) == [{}, []], attempt


def test_end_waits_for_no_thread_at_rest(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A process whose thread has nothing to do any more ends at once, and its loggers stay as they are."""
    counted, _, is_there, filters = run_reporter(
        tmp_path,
        sandbox,
        "from airflow_mpulse.reporter.last_word import silence\n"
        "worker = reporter._worker\n"
        "assert reporter.send_within(report(), 60) is None\n"
        "assert worker.wait_until_idle(60)\n"
        "silence(worker, 3600)\n"
        "tell(worker.thread is not None, len(logging.getLogger('airflow_mpulse').filters))",
    )
    assert (is_there, filters) == (True, 0)
    assert counted["mpulse.beacon.sent"] == 1


def test_process_ends_although_mpulse_is_silent(tmp_path: Path) -> None:
    """A process that ends waits for its beacons no longer than wait_s, and counts what it drops."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        connection = json.loads(connection_variables(silent.getsockname()[1])["AIRFLOW_CONN_MPULSE_DEFAULT"])
        # A time limit of its own far above: what ends the wait is the reporter's.
        connection["extra"]["timeout_s"] = 60
        counted, _ = run_python(
            CODE
            + """
    import atexit
    from airflow_mpulse.hooks.mpulse import MPulseHook
    from airflow_mpulse.option_readers import read_listener_settings
    from airflow_mpulse.reporter.preload import preload
    # An interpreter that is ending cannot import everything any more.
    preload(read_listener_settings())
    MPulseHook().get_conn()
    # What is registered first comes last.
    atexit.register(tell)
    reporter.hand_over(report())
    """,
            clean_environment(
                tmp_path,
                AIRFLOW_CONN_MPULSE_DEFAULT=json.dumps(connection),
                AIRFLOW__MPULSE__WAIT_S="0.2",
                **NO_OUTBOX,
            ),
        )
    assert counted == {"mpulse.beacon.dropped not_in_time": 1}


def test_changed_connection_is_taken_up(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A connection that is missing at first is found as soon as it is there, without a restart."""
    counted, _ = run_reporter(
        tmp_path,
        sandbox,
        "assert reporter.send_within(report('mpulse_late'), 60) is not None\n"
        "os.environ['AIRFLOW_CONN_MPULSE_LATE'] = os.environ['AIRFLOW_CONN_MPULSE_DEFAULT']\n"
        "assert reporter.send_within(report('mpulse_late'), 60) is None\n"
        "tell()",
    )
    assert counted["mpulse.beacon.dropped settings"] == 1
    assert counted["mpulse.beacon.sent"] == 1


def test_hook_counts_too(tmp_path: Path, sandbox: SandboxServer) -> None:
    """What the hook sends, and what it cannot send, is counted in the same way."""
    counted, _ = run_reporter(
        tmp_path,
        sandbox,
        "from airflow_mpulse.exceptions import MPulseError\n"
        "from airflow_mpulse.hooks.mpulse import MPulseHook\n"
        "from airflow_mpulse.protocol.beacon import Beacon\n"
        "MPulseHook().send_beacon(Beacon('By hand', now, now))\n"
        "odd = Beacon('x', now, now, metrics={'Nope': 1})\n"
        "MPulseHook().send_beacons([Beacon('Many', now, now)] * 3 + [odd])\n"
        "try:\n"
        "    MPulseHook('mpulse_missing').send_beacon(Beacon('By hand', now, now))\n"
        "except MPulseError:\n"
        "    tell()",
    )
    assert counted == {
        "mpulse.beacon.sent": 4,
        "mpulse.beacon.dropped invalid": 1,
        "mpulse.beacon.dropped settings": 1,
        # By the first hook; the second one finds it where the first has left it.
        "mpulse.config.fetched": 1,
        "mpulse.delivery.duration": 1,
    }

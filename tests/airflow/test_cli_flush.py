# SPDX-License-Identifier: Apache-2.0
"""``airflow-mpulse flush``: what waits is sent, and each beacon ends as sent, dropped or still waiting."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.outbox import Outbox
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.facts import RunFacts
from airflow_mpulse.reporting.report import Report
from airflow_mpulse.reporting.report_json import report_to_json
from airflow_mpulse.sandbox.faults import Fault
from airflow_mpulse.sandbox.server import SandboxServer
from demo.loopback import wait_until
from tests.airflow.scheduler import connection_variables
from tests.support.commands import SCRIPT, run_command, start_command
from tests.support.subprocesses import clean_environment

if TYPE_CHECKING:
    from pathlib import Path


def _environment(home: Path, sandbox: SandboxServer, **changes: str) -> dict[str, str]:
    return clean_environment(home, **{**connection_variables(sandbox.port), **changes})


def _put(home: Path, number: int, conn_id: str = "mpulse_default", *, age_s: int = 0) -> Outbox:
    """Have beacons wait in the outbox of an Airflow."""
    outbox = Outbox(
        home / "mpulse" / "outbox", max_beacons=10_000, now_ns=lambda: time.time_ns() - age_s * 10**9
    )
    now = datetime.now(UTC)
    for position in range(number):
        run = RunFacts("sales", f"run {position}", now - timedelta(seconds=3), now, state="success")
        outbox.put(conn_id, report_to_json(Report(run, None, conn_id, ReportSettings())))
    return outbox


def test_flush_sends_over_the_connections_named(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Each beacon goes over the connection that it was made for, and the outbox is empty then."""
    outbox = _put(tmp_path, 30)
    _put(tmp_path, 2, "mpulse_signed")
    done = run_command("flush", env=_environment(tmp_path, sandbox))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Sent: 32. Dropped: 0. Still waiting: 0.\n"
    beacons = [beacon.as_json() for beacon in sandbox.store.beacons()]
    assert all(beacon["verdict"]["valid"] for beacon in beacons)
    assert sorted(beacon["fields"]["api.v"] for beacon in beacons) == ["1"] * 30 + ["2"] * 2
    assert outbox.list_waiting() == []


def test_connection_that_is_missing_keeps_back_its_own(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Beacons of a connection that is missing wait on, those of others are sent, and the status says so."""
    outbox = _put(tmp_path, 2, "nowhere")
    _put(tmp_path, 3)
    done = run_command("flush", env=_environment(tmp_path, sandbox))
    assert (done.returncode, done.stdout) == (1, "Sent: 3. Dropped: 0. Still waiting: 2.\n")
    assert done.stderr.startswith("The connection 'nowhere' is not defined or cannot be read;")
    assert len(outbox.list_waiting()) == 2


def test_what_finds_mpulse_away_waits_on(tmp_path: Path, sandbox: SandboxServer) -> None:
    """While mPulse cannot be reached nothing is dropped, and the status says so."""
    outbox = _put(tmp_path, 4, "mpulse_unreachable")
    done = run_command("flush", env=_environment(tmp_path, sandbox))
    assert (done.returncode, done.stdout) == (1, "Sent: 0. Dropped: 0. Still waiting: 4.\n")
    assert done.stderr.startswith("The configuration could not be fetched: 127.0.0.1:")
    assert len(outbox.list_waiting()) == 4


def test_what_is_dropped_has_its_reason(tmp_path: Path, sandbox: SandboxServer) -> None:
    """What is too old or cannot be read is dropped, and counted by its reason."""
    outbox = _put(tmp_path, 2, age_s=7200)
    _put(tmp_path, 3)
    (outbox.path / outbox.list_waiting()[-1].name).write_text("{")
    done = run_command("flush", env=_environment(tmp_path, sandbox))
    assert (done.returncode, done.stdout) == (
        0,
        "Sent: 2. Dropped: 3 (2 too_old, 1 unreadable). Still waiting: 0.\n",
    )
    assert "WARNING: " in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("OUTBOX", "off", "The option [mpulse] outbox is 'off', so that no beacon waits anywhere.\n"),
        (
            "OUTBOX",
            "here",
            "The option [mpulse] outbox is 'here'; it must be an absolute path of a folder.\n",
        ),
    ],
)
def test_flush_without_an_outbox_fails(
    tmp_path: Path, sandbox: SandboxServer, option: str, value: str, sentence: str
) -> None:
    """Without an outbox that can be used the command ends with 1 and the reason."""
    done = run_command("flush", env=_environment(tmp_path, sandbox, **{f"AIRFLOW__MPULSE__{option}": value}))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
def test_watch_goes_on_until_told_to_stop(
    tmp_path: Path, sandbox: SandboxServer, told_by: signal.Signals
) -> None:
    """With `--watch` later beacons are sent too; a signal ends it with the sums, in plain lines."""
    _put(tmp_path, 2)
    env = _environment(tmp_path, sandbox)
    with start_command("flush", "--watch", "--interval-s", "0.1", env=env) as process:
        wait_until(lambda: len(sandbox.store.beacons()) == 2, limit_s=60, what="the first beacons")
        _put(tmp_path, 3)
        wait_until(lambda: len(sandbox.store.beacons()) == 5, limit_s=60, what="the later beacons")
        process.send_signal(told_by)
        out, err = process.communicate(timeout=60)
    lines = out.splitlines()
    assert (process.returncode, err) == (0, "")
    assert lines[0] == f"Watching the outbox {tmp_path}/mpulse/outbox; Ctrl-C or SIGTERM stops it."
    assert lines[-1] == "Stopped. Sent: 5. Dropped: 0. Still waiting: 0."
    assert all(" Sent: " in line for line in lines[1:-1])
    assert "\x1b" not in out


def test_watch_tells_trouble_once(tmp_path: Path) -> None:
    """While mPulse is away `--watch` goes on without a line at each look, and sends when it is back."""
    _put(tmp_path, 3)
    with SandboxServer() as sandbox:
        port = sandbox.port
    env = clean_environment(tmp_path, **connection_variables(port))
    with start_command("flush", "--watch", "--interval-s", "0.1", env=env) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "Still waiting: 3. The configuration could not be fetched: " in process.stdout.readline()
        with SandboxServer(port=port) as sandbox:
            wait_until(lambda: len(sandbox.store.beacons()) == 3, limit_s=60, what="the beacons")
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line.partition(" Sent: ")[2] for line in out.splitlines() if not line.startswith("Stopped")] in (
        ["3. Dropped: 0. Still waiting: 0."],
        [],  # The signal came before the line.
    )
    assert out.splitlines()[-1] == "Stopped. Sent: 3. Dropped: 0. Still waiting: 0."


def test_flush_that_is_stopped_loses_nothing(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Ctrl-C in the middle ends with the sums: what left is sent, and what did not leave waits on."""
    outbox = _put(tmp_path, 100)
    # Slow enough to be stopped in the middle, and never too slow for its answer.
    sandbox.faults.add(Fault(on="beacon", kind="delay", delay_s=1, times=None))
    env = _environment(tmp_path, sandbox)
    stored = json.loads(env["AIRFLOW_CONN_MPULSE_DEFAULT"])
    env["AIRFLOW_CONN_MPULSE_DEFAULT"] = json.dumps({**stored, "extra": {**stored["extra"], "timeout_s": 60}})
    with start_command("flush", env=env) as process:
        wait_until(lambda: len(sandbox.store.beacons()) > 1, limit_s=60, what="the first beacons")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    arrived = len(sandbox.store.beacons())
    waiting = len(outbox.list_waiting())
    assert (process.returncode, err) == (1, "It was stopped before all were sent; the others wait on.\n")
    assert 0 < waiting < 100
    assert arrived + waiting == 100
    assert out == f"Sent: {arrived}. Dropped: 0. Still waiting: {waiting}.\n"


def test_bar_is_shown_on_a_terminal(tmp_path: Path, sandbox: SandboxServer) -> None:
    """On a terminal a bar shows how far it is, and goes away for the sums."""
    _put(tmp_path, 5)
    env = {**_environment(tmp_path, sandbox), "TERM": "xterm", "COLUMNS": "70"}
    terminal, inside = pty.openpty()
    with subprocess.Popen([*SCRIPT, "flush"], env=env, stdin=inside, stdout=inside, stderr=inside) as process:
        os.close(inside)
        shown = b""
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break  # What a terminal says when nobody has it open any more.
    os.close(terminal)
    text = shown.decode()
    assert process.returncode == 0
    assert "Sending" in text
    assert "5/5" in text
    assert text.endswith("Sent: 5. Dropped: 0. Still waiting: 0.\r\n")

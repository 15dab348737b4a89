# SPDX-License-Identifier: Apache-2.0
"""Children of a process that has a reporter: each sends by itself, and need not ask for its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow.reporters import CODE, NO_OUTBOX, run_reporter
from tests.airflow.scheduler import APP, connection_variables
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.sandbox.server import SandboxServer


def test_forked_child_reports_on_its_own(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A child of a process that has reported sends over a connection of its own, and both get through."""
    counted, _, status = run_reporter(
        tmp_path,
        sandbox,
        "assert reporter.send_within(report(), 60) is None\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(0 if reporter.send_within(report(), 60) is None else 1)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "assert reporter.send_within(report(), 60) is None\n"
        "tell(status)",
    )
    assert status == 0
    assert counted["mpulse.beacon.sent"] == 2
    assert len(sandbox.store.beacons()) == 3


ASKING = """
asked = []
from airflow_mpulse.hooks.mpulse import MPulseHook
from airflow_mpulse.reporter.environment_connection import read_environment_connection
ask = MPulseHook._read_connection
def note(hook):
    asked.append(hook.mpulse_conn_id)
    return ask(hook)
MPulseHook._read_connection = note
reporter.inherit(read_environment_connection("mpulse_default"))
def sent_by_a_child(**changes):
    pid = os.fork()
    if pid == 0:
        os.environ.update(changes)
        error = reporter.send_within(report(), 60)
        os._exit(2 if error is not None else len(asked))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def test_children_need_not_ask_for_a_connection_of_the_environment(
    tmp_path: Path, sandbox: SandboxServer
) -> None:
    """A connection that the parent has read from the environment its children use; the parent itself asks."""
    written = connection_variables(sandbox.port)["AIRFLOW_CONN_MPULSE_SIGNED"]
    counted, _, *asked = run_reporter(
        tmp_path,
        sandbox,
        ASKING
        + "unchanged = sent_by_a_child()\n"
        + f"changed = sent_by_a_child(AIRFLOW_CONN_MPULSE_DEFAULT={written!r})\n"
        + "assert reporter.send_within(report(), 60) is None\n"
        + "tell(unchanged, changed, asked)",
    )
    assert asked == [0, 1, ["mpulse_default"]]
    assert counted["mpulse.beacon.sent"] == 1
    versions = [beacon.fields["api.v"] for beacon in sandbox.store.beacons()]
    assert versions == ["1", "2", "1"]


@pytest.mark.parametrize(
    "option",
    [
        {"AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend"},
        {"AIRFLOW_CONN_MPULSE_DEFAULT": "{no JSON"},
        {"AIRFLOW_CONN_MPULSE_DEFAULT": ""},
    ],
    ids=["secrets backend", "unreadable", "empty"],
)
def test_children_ask_where_the_environment_is_not_all(
    tmp_path: Path, sandbox: SandboxServer, option: dict[str, str]
) -> None:
    """Where a secrets backend comes first, or the environment has no connection to use, each child asks."""
    env = clean_environment(tmp_path, **{**connection_variables(sandbox.port), **option}, **NO_OUTBOX)
    lines = "".join(
        f"    {line}\n"
        for line in (
            ASKING + "written = read_environment_connection('mpulse_default')\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    os._exit(7 if written is not None and written.is_inherited else 3)\n"
            "tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), repr(written))"
        ).splitlines()
    )
    _, _, status, written = run_python(CODE + lines, env)
    assert status == 3
    assert APP.api_key not in written

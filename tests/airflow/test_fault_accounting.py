# SPDX-License-Identifier: Apache-2.0
"""The sums of what is counted, in each fault: a report that was handed over is sent, dropped, or waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.airflow.scheduler import connection_variables
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

ROOT = Path(__file__).parents[2]


def _run(tmp_path: Path, sandbox: SandboxServer, code: str, **options: str) -> tuple[dict[str, int], int]:
    """Run code with an ``accounted`` reporter; give the counts and how many wait, if the sums match."""
    variables = {f"AIRFLOW__MPULSE__{name.upper()}": value for name, value in options.items()}
    env = clean_environment(
        tmp_path, **connection_variables(sandbox.port), **variables, SANDBOX_URL=sandbox.url
    )
    lines = ["from tests.airflow.accounted import *", "accounted = Accounted()", code, "accounted.tell()"]
    told: Any = run_python("\n".join(lines), env, cwd=ROOT)
    handed, counted, waiting = told
    dropped = sum(number for name, number in counted.items() if name.startswith("dropped"))
    assert counted.get("sent", 0) + dropped + waiting == handed, told
    assert counted.get("sent", 0) == len({beacon.page_group for beacon in sandbox.store.beacons()})
    assert len(sandbox.store) == counted.get("sent", 0)
    return counted, waiting


def test_collector_that_is_away_and_back(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Reports that find the collector away wait, and are counted once more when they are sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
accounted.report(2)
spoil(on="beacon", kind="status", status=503)
accounted.report(5)
assert accounted.waiting == 5
heal()
accounted.send_what_waits(lambda: accounted.waiting == 0)
accounted.send_what_waits(lambda: accounted.counts.counted["sent"] == 7)
""",
    )
    assert counted == {"sent": 7, "spooled": 5}
    assert waiting == 0


def test_configuration_that_is_away_and_back(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Reports that find no configuration wait, and are counted once more when they are sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
spoil(on="configuration", kind="drop")
accounted.report(5)
heal()
accounted.send_what_waits(lambda: accounted.counts.counted["sent"] == 5)
""",
    )
    assert (counted, waiting) == ({"sent": 5, "spooled": 5}, 0)


def test_answer_that_does_not_come(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A report whose answer does not come is dropped as unconfirmed, and those after it wait and are sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
accounted.report(1)
spoil(on="beacon", kind="drop")
accounted.report(4)
heal()
accounted.send_what_waits(lambda: accounted.counts.counted["sent"] == 4)
""",
    )
    assert (counted, waiting) == ({"sent": 4, "spooled": 3, "dropped unconfirmed": 1}, 0)


def test_disk_that_takes_nothing(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Reports that can neither be sent nor be kept are dropped by the reason why they could not be sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
accounted.report(1)
spoil(on="beacon", kind="status", status=503)
let_files_grow_to(40)
accounted.report(3)
""",
    )
    assert counted.pop("sent") == 1
    assert sum(counted.values()) == 3
    assert all(name.startswith("dropped ") for name in counted)
    assert waiting == 0


def test_outbox_that_is_full(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Of reports that find mPulse away as many wait as may, and the others are dropped."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
spoil(on="beacon", kind="status", status=503)
accounted.report(5)
""",
        outbox_max_beacons="3",
    )
    assert counted.pop("spooled") == waiting == 3
    assert sum(counted.values()) == 2


def test_everything_through_the_outbox(tmp_path: Path, sandbox: SandboxServer) -> None:
    """With delivery = outbox each report waits, and the hook that sends them counts each as sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
from airflow_mpulse.hooks.mpulse import MPulseHook
accounted.report(5)
assert accounted.waiting == 5
assert MPulseHook().flush_outbox().sent == 5
""",
        delivery="outbox",
    )
    assert (counted, waiting) == ({"sent": 5, "spooled": 5}, 0)


def test_files_that_are_no_reports(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A file that is none, and one that holds no report, are counted as dropped; others are sent."""
    counted, waiting = _run(
        tmp_path,
        sandbox,
        """
from airflow_mpulse.delivery.outbox import name_connection
accounted.report(2)
accounted.outbox.put("mpulse_default", {"run": 5})
name = f"{time.time_ns():020d}-{name_connection('mpulse_default')}-00000000.json"
(accounted.outbox_folder / name).write_text("{")
accounted.handed += 2
accounted.report(2)
accounted.send_what_waits(lambda: accounted.counts.counted["sent"] == 4 and accounted.waiting == 0)
""",
        delivery="outbox",
    )
    assert counted.pop("dropped unreadable") == 1
    assert counted.pop("dropped invalid") == 1
    assert (counted, waiting) == ({"sent": 4, "spooled": 4}, 0)


def test_refusal_of_mpulse(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Reports for which mPulse knows no app are dropped by that reason, and none waits for it."""
    counted, waiting = _run(tmp_path, sandbox, "accounted.report(3, 'mpulse_wrong_key')")
    assert (counted, waiting) == ({"dropped configuration": 3}, 0)

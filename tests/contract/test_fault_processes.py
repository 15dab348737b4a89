# SPDX-License-Identifier: Apache-2.0
"""Many processes of one machine at once: nothing is sent twice or lost, and mPulse is asked once for all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.sandbox.faults import Fault
from tests.support.outboxes import page_groups_at
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer

ROOT = Path(__file__).parents[2]


def _run(tmp_path: Path, call: str) -> Any:
    code = f"""
import json
from tests.support.many_processes import *
print(json.dumps({call}))
"""
    return run_python(code, clean_environment(tmp_path), cwd=ROOT)


def test_two_thousand_beacons_of_twenty_processes(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Of beacons that twenty processes write while four send them, each arrives once, and the sums match."""
    told = _run(
        tmp_path,
        f"write_and_send({str(tmp_path)!r}, {sandbox.port}, writers=20, each=100, senders=4)",
    )
    assert sum(told["sent"]) == 2000
    assert (told["dropped"], told["waiting"]) == ({}, 0)
    arrived = Counter(page_groups_at(sandbox))
    assert len(arrived) == arrived.total() == 2000
    assert all(beacon.verdict.valid for beacon in sandbox.store.beacons())
    assert sandbox.requests.counts()["config_v1"] == 1


def test_twenty_processes_send_at_once(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Of beacons that twenty processes send at once, each arrives once, on one configuration."""
    told = _run(tmp_path, f"send_directly({str(tmp_path)!r}, {sandbox.port}, senders=20, each=100)")
    assert told == [[100, {}]] * 20
    arrived = Counter(page_groups_at(sandbox))
    assert len(arrived) == arrived.total() == 2000
    assert sandbox.requests.counts()["config_v1"] == 1


def test_configuration_is_fetched_once_for_two_hundred(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Two hundred processes that need the first configuration at once ask mPulse once, and have it."""
    tokens = _run(tmp_path, f"ask_at_once({str(tmp_path)!r}, {sandbox.port}, processes=200)")
    assert len(tokens) == 200
    assert len(set(tokens)) == 1
    assert len(tokens[0]) == 40
    assert sandbox.requests.counts()["config_v1"] == 1


def test_configuration_is_refreshed_once_for_two_hundred(tmp_path: Path, sandbox: SandboxServer) -> None:
    """When new tokens are due, one of two hundred processes asks for them, and the others go on meanwhile."""
    tokens = _run(tmp_path, f"ask_at_once({str(tmp_path)!r}, {sandbox.port}, processes=200, old_s=301)")
    assert 1 <= len(set(tokens)) <= 2
    counts = sandbox.requests.counts()
    assert (counts["config_v1"], counts["config_v1_refresh"]) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("bots_refused", "ConfigurationRefusedError"), ("rate_limited", "MPulseRateLimitedError")],
)
def test_refusal_is_met_once_for_two_hundred(
    tmp_path: Path, sandbox: SandboxServer, kind: str, error: str
) -> None:
    """A refusal that one of two hundred processes meets is told to the others, which ask nothing."""
    sandbox.faults.add(Fault(on="configuration", kind=kind, times=None))
    errors = _run(tmp_path, f"ask_at_once({str(tmp_path)!r}, {sandbox.port}, processes=200)")
    assert errors == [error] * 200
    assert sandbox.requests.counts()["config_v1"] == 1


def test_process_killed_while_asking(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A process that is killed at any line of asking holds nobody up: the next one has a configuration."""
    seen = _run(tmp_path, f"kill_while_asking({str(tmp_path / 'caches')!r}, {sandbox.port}, step=1)")
    assert len(seen) > 100
    for killed in seen:
        assert len(set(killed["tokens"])) == 1
        assert len(killed["tokens"][0]) == 40
        assert killed["took_s"] < 30  # A lock that nobody ends would be waited for twice as long.
        assert killed["left"] == [".json", ".lock"]
    # Once by the one that was killed, once by the next; the two after that read what was shared.
    assert sandbox.requests.counts()["config_v1"] <= 2 * len(seen)

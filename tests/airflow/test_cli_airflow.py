# SPDX-License-Identifier: Apache-2.0
"""The commands under Airflow's own command line, and what they cost every other command of Airflow."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.cli.commands import COMMANDS
from airflow_mpulse.get_provider_info import get_provider_info
from airflow_mpulse.sandbox.server import SandboxServer
from tests.airflow.scheduler import connection_variables
from tests.support.commands import run_command
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PYTHON = (sys.executable, "-W", "ignore")
AIRFLOW = tuple(int(part) for part in version("apache-airflow").split(".")[:2])

takes_commands = pytest.mark.skipif(
    AIRFLOW < (3, 2),
    reason="Airflow takes commands of providers from 3.2; airflow-mpulse is tested beside this",
)


def _run_airflow(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, env={**env, "COLUMNS": "120"}, script=(*PYTHON, "-m", "airflow"))


def test_definition_is_named_to_airflow() -> None:
    """The provider dictionary names the function that defines the commands, and it is there."""
    (name,) = get_provider_info()["cli"]
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_definition_costs_other_commands_nothing(tmp_path: Path) -> None:
    """Defining the commands imports two small modules of ours beyond what Airflow has imported already."""
    added = run_python(
        """
        import json, sys
        import airflow.cli.cli_config
        from airflow_mpulse.get_provider_info import get_provider_info
        get_provider_info()
        before = set(sys.modules)
        from airflow_mpulse.cli.definition import get_mpulse_cli_commands
        get_mpulse_cli_commands()
        print(json.dumps(sorted(set(sys.modules) - before)))
        """,
        clean_environment(tmp_path),
    )
    assert added == [f"airflow_mpulse.cli{name}" for name in ("", ".commands", ".definition", ".values")]


def test_definition_makes_a_parser(tmp_path: Path) -> None:
    """On every Airflow the definition is one group, whose arguments a parser takes with their defaults."""
    parsed = run_python(
        """
        import argparse, json
        from airflow_mpulse.cli.definition import get_mpulse_cli_commands
        (group,) = get_mpulse_cli_commands()
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers()
        for command in group.subcommands:
            added = commands.add_parser(command.name, help=command.help, description=command.description)
            for argument in command.args:
                argument.add_to_parser(added)
            added.format_help()
        lines = (["check"], ["send", "--page-group", "P", "--duration-ms", "5", "--metric", "A=1"],
                 ["flush"], ["sandbox"])
        print(json.dumps([group.name, [vars(parser.parse_args(line)) for line in lines]]))
        """,
        clean_environment(tmp_path),
    )
    name, values = parsed
    assert name == "mpulse"
    assert len(values) == len(COMMANDS)
    sending = {"conn_id": None, "page_group": "P", "duration_ms": 5, "metric": [["A", "1"]]}
    assert values[0] == {"conn_id": None, "send": False}
    assert values[1] == {
        **dict.fromkeys(("started_at", "ab_test", "site_version", "url")),
        "timer": [],
        "dimension": [],
        **sending,
    }
    assert values[2] == {"watch": False, "interval_s": 5.0}
    assert values[3] == {"host": "127.0.0.1", "port": 8095}


@takes_commands
def test_airflow_starts_without_the_commands(tmp_path: Path) -> None:
    """Airflow's own parser knows the commands, and has imported nothing of what they need."""
    names, loaded = run_python(
        """
        import json, sys
        from airflow.cli.cli_parser import ALL_COMMANDS_DICT, get_parser
        get_parser()
        names = [command.name for command in ALL_COMMANDS_DICT["mpulse"].subcommands]
        print(json.dumps([names, [name for name in sys.modules if name.startswith("airflow_mpulse.")]]))
        """,
        clean_environment(tmp_path),
    )
    assert sorted(names) == sorted(command.name for command in COMMANDS)
    heavy = ("cli.check", "cli.send", "cli.flush", "cli.sandbox", "cli.terminal", "hooks", "delivery.client")
    assert [name for name in loaded if name.removeprefix("airflow_mpulse.").startswith(heavy)] == []
    assert "airflow_mpulse.cli.definition" in loaded


@takes_commands
def test_airflow_mpulse_does_the_same(tmp_path: Path) -> None:
    """`airflow mpulse check` and `send` do what `airflow-mpulse` does, and end with its status."""
    with SandboxServer() as sandbox:
        env = clean_environment(tmp_path, **connection_variables(sandbox.port))
        checked = _run_airflow("mpulse", "check", "--send", env=env)
        sent = _run_airflow("mpulse", "send", "--page-group", "Airflow", "--duration-ms", "5", env=env)
        flushed = _run_airflow("mpulse", "flush", env=env)
        refused = _run_airflow("mpulse", "check", "--conn-id", "mpulse_wrong_key", env=env)
        groups = [beacon.page_group for beacon in sandbox.store.beacons()]
    assert [done.returncode for done in (checked, sent, flushed, refused)] == [0, 0, 0, 1]
    assert groups == ["airflow-mpulse check", "Airflow"]
    assert "The collector received a beacon." in checked.stdout
    assert flushed.stdout.endswith("Sent: 0. Dropped: 0. Still waiting: 0.\n")
    assert "mPulse does not know the API key (404);" in refused.stderr


@takes_commands
def test_airflow_help_loses_no_word(tmp_path: Path) -> None:
    """Airflow's help shows every argument of a command with all of its help."""
    env = clean_environment(tmp_path)
    for command in COMMANDS:
        shown = " ".join(_run_airflow("mpulse", command.name, "--help", env=env).stdout.split())
        assert " ".join(command.description.split()) in shown
        for argument in command.arguments:
            assert argument.flag in shown
            assert argument.settings["help"].partition(" (default: %")[0] in shown

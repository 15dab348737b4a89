# SPDX-License-Identifier: Apache-2.0
"""Tests of the table of commands, and of the two command lines that are made of it."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import Any

import pytest

from airflow_mpulse.cli import under_airflow
from airflow_mpulse.cli.commands import COMMANDS, Argument, Command
from airflow_mpulse.cli.main import build_parser

#: The parameters of Airflow's ``Arg`` besides the flags; all of them are argparse's, too.
AIRFLOWS = {"help", "action", "default", "nargs", "type", "choices", "required", "metavar", "dest"}

ARGUMENTS = [
    pytest.param(argument, id=f"{command.name} {argument.flag}")
    for command in COMMANDS
    for argument in command.arguments
]


def read(*arguments: str) -> dict[str, Any]:
    return vars(build_parser().parse_args(arguments))


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_argument_fits_both_command_lines(argument: Argument) -> None:
    """An argument uses what Airflow's form takes, and no brackets, which Airflow's help would swallow."""
    assert set(argument.settings) <= AIRFLOWS
    assert argument.settings["help"]
    assert not set("[]") & set(argument.settings["help"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_command_has_a_function_in_both(command: Command) -> None:
    """Each command of the table has a module that runs it, and a function that Airflow can call."""
    assert find_spec(f"airflow_mpulse.cli.{command.name}") is not None
    assert callable(getattr(under_airflow, command.name))
    assert command.description[0].isupper()
    assert command.description.endswith(".")


def test_repeated_arguments_are_collected() -> None:
    """`--timer`, `--metric` and `--dimension` may stand several times, and are empty where they do not."""
    plain = read("send", "--page-group", "P", "--duration-ms", "5")
    assert (plain["timer"], plain["metric"], plain["dimension"]) == ([], [], [])
    full = read(*("send", "--page-group", "P", "--duration-ms", "5", "--timer", "A=1", "--timer", "B=2"))
    assert full["timer"] == [("A", "1"), ("B", "2")]
    assert plain["timer"] == []


def test_nothing_is_sent_unless_asked_for() -> None:
    """`check` sends no beacon, and `flush` ends by itself, unless they are told otherwise."""
    assert (read("check")["send"], read("check", "--send")["send"]) == (False, True)
    assert read("flush") == {"command": "flush", "watch": False, "interval_s": 5.0}


def test_airflow_is_given_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command under `airflow` ends the process with its status, since Airflow takes none back."""
    monkeypatch.setattr(under_airflow, "run", lambda name, _: 1 if name == "check" else 0)
    for name, status in (("check", 1), ("send", 0), ("flush", 0), ("sandbox", 0)):
        with pytest.raises(SystemExit) as caught:
            getattr(under_airflow, name)(argparse.Namespace())
        assert caught.value.code == status

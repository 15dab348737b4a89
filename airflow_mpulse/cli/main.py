# SPDX-License-Identifier: Apache-2.0
"""The console script ``airflow-mpulse``: it finds the command and hands over."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_mpulse import __version__
from airflow_mpulse.cli.commands import COMMANDS, DESCRIPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a shell makes of a command that Ctrl-C ends.
_INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """
    Build the parser with every command.

    :return: A parser whose result holds the command's name under ``command``.
    """
    parser = argparse.ArgumentParser(prog="airflow-mpulse", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for command in COMMANDS:
        added = commands.add_parser(command.name, help=command.summary, description=command.description)
        for argument in command.arguments:
            added.add_argument(argument.flag, **argument.settings)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run a command.

    :param argv: Arguments without the program's name; those of the process where None.
    :return: Exit status, 0 for success.
    """
    arguments = build_parser().parse_args(argv)
    try:
        return run(arguments.command, arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED


def run(name: str, arguments: argparse.Namespace) -> int:
    """
    Import a command and run it.

    :param name: The command's name.
    :param arguments: Its arguments.
    :return: Exit status, 0 for success.
    """
    if next(command.uses_airflow for command in COMMANDS if command.name == name):
        from airflow_mpulse.cli.process import prepare

        prepare()
    status: int = import_module(f"airflow_mpulse.cli.{name}").run(arguments)
    return status


if __name__ == "__main__":
    raise SystemExit(main())

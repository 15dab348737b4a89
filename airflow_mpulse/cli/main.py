# SPDX-License-Identifier: Apache-2.0
"""
The console script ``airflow-mpulse``: it finds the command and hands over.

What a command does stands in its own module, which is imported only when the command is called: a console
script that answers ``--help`` must not load a web server or Airflow first.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from airflow_mpulse import __version__
from airflow_mpulse.cli import sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence


def build_parser() -> argparse.ArgumentParser:
    """
    Build the parser with every command.

    :return: A parser whose result holds the command's function under ``run``.
    """
    parser = argparse.ArgumentParser(prog="airflow-mpulse", description="Airflow pipelines on Akamai mPulse.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sandbox.add_command(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run a command.

    :param argv: Arguments without the program's name; those of the process where None.
    :return: Exit status, 0 for success.
    """
    arguments = build_parser().parse_args(argv)
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    raise SystemExit(main())

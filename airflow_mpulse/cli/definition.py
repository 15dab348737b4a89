# SPDX-License-Identifier: Apache-2.0
"""
The commands for Airflow's own command line, from Airflow 3.2: ``airflow mpulse …``.

Every ``airflow`` command reads this, so that nothing is imported here but what Airflow has imported already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.cli.commands import COMMANDS, DESCRIPTION

if TYPE_CHECKING:
    from airflow.cli.cli_config import CLICommand


def get_mpulse_cli_commands() -> list[CLICommand]:
    """
    Describe the commands to Airflow.

    :return: One group, ``mpulse``.
    """
    from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command

    subcommands = [
        ActionCommand(
            name=command.name,
            help=command.summary,
            description=command.description,
            func=lazy_load_command(f"airflow_mpulse.cli.under_airflow.{command.name}"),
            args=tuple(
                Arg(flags=(argument.flag,), **argument.settings)  # type: ignore[no-untyped-call]
                for argument in command.arguments
            ),
        )
        for command in COMMANDS
    ]
    return [
        GroupCommand(name="mpulse", help="Akamai mPulse", description=DESCRIPTION, subcommands=subcommands)
    ]

# SPDX-License-Identifier: Apache-2.0
"""
The commands as one table, from which both the console script and ``airflow mpulse`` are made.

What a command does stands in its own module, which is imported when the command is called: neither a console
script that answers ``--help`` nor any other command of Airflow may pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mpulse.cli.values import (
    read_duration_ms,
    read_instant,
    read_interval_s,
    read_named_number,
    read_named_text,
    read_port,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What the help of all commands begins with.
DESCRIPTION = "Airflow pipelines on Akamai mPulse."


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One argument of a command.

    :param flag: How it is written, such as ``--conn-id``.
    :param settings: What argparse and Airflow's ``Arg`` both take by these names. A help text holds no square
        brackets, because Airflow's help takes them for mark-up.
    """

    flag: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """
    One command.

    :param name: Its name.
    :param summary: What it does, in a few words that begin in lower case.
    :param details: What else its help says, whole sentences.
    :param arguments: What it takes.
    :param uses_airflow: Whether it reads Airflow's configuration and connections.
    """

    name: str
    summary: str
    details: str
    arguments: tuple[Argument, ...]
    uses_airflow: bool = True

    @property
    def description(self) -> str:
        """
        What the command's help begins with.

        :return: Whole sentences.
        """
        return f"{self.summary[:1].upper()}{self.summary[1:]}. {self.details}".strip()


def _argument(flag: str, help_text: str, **settings: Any) -> Argument:
    return Argument(flag, {"help": help_text, **settings})


_CONN_ID = _argument(
    "--conn-id",
    "ID of the connection (default: the option mpulse_conn_id, which is mpulse_default unless it is set)",
    metavar="ID",
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "check",
        "find the connection, fetch the beacon configuration and show the settings",
        "It ends with 0 where beacons can be sent, else with 1 and the reason.",
        (
            _CONN_ID,
            _argument("--send", "also send a beacon, with a page group of its own", action="store_true"),
        ),
    ),
    Command(
        "send",
        "send one beacon",
        "It ends with 0 where mPulse received the beacon, else with 1 and the reason.",
        (
            _CONN_ID,
            _argument("--page-group", "page group of the beacon", required=True, metavar="NAME"),
            _argument(
                "--duration-ms",
                "page load time in whole milliseconds",
                required=True,
                type=read_duration_ms,
                metavar="N",
            ),
            _argument(
                "--started-at",
                "when it began: date and time with a time zone (default: as long ago as it lasted)",
                type=read_instant,
                metavar="ISO",
            ),
            _argument(
                "--timer",
                "a custom timer in milliseconds, by the name that the app gives it; may stand several times",
                action="append",
                default=[],
                type=read_named_number,
                metavar="NAME=MS",
            ),
            _argument(
                "--metric",
                "a custom metric; may stand several times",
                action="append",
                default=[],
                type=read_named_number,
                metavar="NAME=NUMBER",
            ),
            _argument(
                "--dimension",
                "a custom dimension; may stand several times",
                action="append",
                default=[],
                type=read_named_text,
                metavar="NAME=TEXT",
            ),
            _argument("--ab-test", "A/B bucket: 1 to 25 letters, digits, _, - and spaces", metavar="BUCKET"),
            _argument("--site-version", "version of what was measured", metavar="TEXT"),
            _argument("--url", "address of the page, http or https", metavar="URL"),
        ),
    ),
    Command(
        "flush",
        "send the beacons that wait in the outbox",
        "Each goes over the connection that it was made for.",
        (
            _argument("--watch", "go on until stopped, for instance beside a worker", action="store_true"),
            _argument(
                "--interval-s",
                "with --watch: seconds between two looks at the outbox (default: %(default)s)",
                default=5.0,
                type=read_interval_s,
                metavar="N",
            ),
        ),
    ),
    Command(
        "sandbox",
        "run a local stand-in for mPulse",
        "",
        (
            _argument("--host", "address to listen on (default: %(default)s)", default="127.0.0.1"),
            _argument(
                "--port",
                "port to listen on, 0 for a free one (default: %(default)s)",
                default=8095,
                type=read_port,
            ),
        ),
        uses_airflow=False,
    ),
)

# SPDX-License-Identifier: Apache-2.0
"""The part of ``airflow-mpulse check`` about the options of the section ``[mpulse]``."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import conf

from airflow_mpulse import option_readers
from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.options import OPTIONS, SECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.cli.terminal import Terminal

#: Between them they read every option, each in the way in which it is read where it is used.
_READERS: tuple[Callable[[], object], ...] = (
    option_readers.read_listener_settings,
    option_readers.read_conn_id,
    option_readers.read_report_settings,
    option_readers.read_delivery_settings,
    option_readers.read_dashboard_url,
)


def show_options(terminal: Terminal) -> list[str]:
    """
    Show every option with its value, and whether that is the default.

    :param terminal: Where they are shown.
    :return: A sentence about each option that cannot be used.
    """
    terminal.title(f"Options of [{SECTION}]")
    terminal.table(("Option", "Value", ""), [_row(name) for name in OPTIONS])
    problems = list(dict.fromkeys(_problems()))
    for problem in problems:
        terminal.say(f"  {problem}", style="red")
    for remark in _unknown_options():
        terminal.say(f"  {remark}", style="yellow")
    if not problems and not option_readers.is_reporting():
        terminal.say("  No listener: nothing reports itself while report is none.")
    return problems


def _row(name: str) -> tuple[str, str, str]:
    default = OPTIONS[name].default
    value = str(conf.get(SECTION, name, fallback=default))
    if value == default:
        return name, value, "default"
    return name, value, f"set; the default is {default or 'empty'}"


def _unknown_options() -> list[str]:
    prefix = f"AIRFLOW__{SECTION.upper()}__"
    names = {name.removeprefix(prefix).lower() for name in os.environ if name.startswith(prefix)}
    if conf.has_section(SECTION):
        names.update(conf.options(SECTION))
    # Airflow takes the value of an option from a command or a secret, too.
    bare = {name.removesuffix("_cmd").removesuffix("_secret") for name in names}
    remarks = []
    for name in sorted(bare - set(OPTIONS)):
        nearest = difflib.get_close_matches(name, OPTIONS, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else "."
        remarks.append(f"The option {name} is unknown, and has no effect{hint}")
    return remarks


def _problems() -> list[str]:
    problems = []
    for read in _READERS:
        try:
            read()
        except MPulseSettingsError as error:
            problems.append(str(error))
    return problems

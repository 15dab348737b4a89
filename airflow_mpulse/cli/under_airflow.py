# SPDX-License-Identifier: Apache-2.0
"""The commands as ``airflow mpulse`` calls them: each ends the process, as Airflow takes no status back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from airflow_mpulse.cli.main import run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def _ending(name: str) -> Callable[[argparse.Namespace], NoReturn]:
    def command(arguments: argparse.Namespace) -> NoReturn:
        raise SystemExit(run(name, arguments))

    return command


check = _ending("check")
send = _ending("send")
flush = _ending("flush")
sandbox = _ending("sandbox")

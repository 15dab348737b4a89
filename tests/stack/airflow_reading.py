# SPDX-License-Identifier: Apache-2.0
"""
What Airflow itself makes of command lines and of options; a script, as Airflow reads its settings once.

It reads ``{"commands": [[…], …], "options": ["SECTION__NAME", …]}`` and prints the same with those that
Airflow does not know, and under ``secret`` the options that Airflow would also take from a command.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any


def _is_refused(arguments: list[str]) -> bool:
    from airflow.cli.cli_parser import get_parser

    try:
        with contextlib.redirect_stderr(io.StringIO()):
            get_parser().parse_args(arguments)
    except SystemExit:
        return True
    return False


def _read(asked: dict[str, Any]) -> dict[str, Any]:
    from airflow.configuration import retrieve_configuration_description

    described = retrieve_configuration_description(include_airflow=True, include_providers=True)
    known = {
        f"{section}__{name}".upper().replace(".", "_"): settings
        for section, content in described.items()
        for name, settings in content["options"].items()
    }
    return {
        "commands": [words for words in asked["commands"] if _is_refused(words)],
        "options": [name for name in asked["options"] if name not in known],
        "secret": [name for name in asked["options"] if known.get(name, {}).get("sensitive")],
    }


if __name__ == "__main__":
    answer = _read(json.load(sys.stdin))
    sys.stdout.write(f"\n{json.dumps(answer)}\n")

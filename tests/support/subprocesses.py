# SPDX-License-Identifier: Apache-2.0
"""Fresh interpreters of the environment that the tests run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def clean_environment(home: Path, **changes: str) -> dict[str, str]:
    """Give this process's environment without any Airflow settings but a home of its own."""
    kept = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    return {**kept, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **changes}


def run_python(code: str, env: Mapping[str, str], *, cwd: Path | None = None) -> Any:
    """Run code in a fresh interpreter; give the last line of JSON that it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        env=dict(env),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Airflow 2.11 logs to the same stream, also from a thread that ends after the last word of the code.
    for line in reversed(done.stdout.splitlines()):
        with suppress(ValueError):
            return json.loads(line)
    raise AssertionError(done.stdout + done.stderr)


def run_airflow(*arguments: str, env: Mapping[str, str]) -> str:
    """Run an `airflow` command; give its standard output."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "airflow", *arguments],
        env={**env, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

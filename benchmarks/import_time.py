# SPDX-License-Identifier: Apache-2.0
"""What a DAG file waits for when it imports the operator and the notifier."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure, MeasurementError, at_most
from benchmarks.spread import estimate_median
from benchmarks.surroundings import CHECKOUT
from benchmarks.variants import CONTROL

if TYPE_CHECKING:
    from benchmarks.surroundings import Surroundings

ROUNDS = 9

# Airflow reads the descriptions of all providers when it is imported, this package's too: what it has loaded
# of the package by then is loaded once more, so that it counts.
_CODE = """
import json, sys, time
import airflow.sdk
for name in [name for name in sys.modules if name.partition(".")[0] == "airflow_mpulse"]:
    del sys.modules[name]
known = set(sys.modules)
started_s = time.perf_counter()
import airflow_mpulse.operators.mpulse
import airflow_mpulse.notifications.mpulse
took_ms = (time.perf_counter() - started_s) * 1000
print(json.dumps([took_ms, sorted(set(sys.modules) - known)]))
"""
_HTTP_LIBRARIES = ("requests", "urllib3", "httpx", "aiohttp", "http.client")


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Import both in fresh interpreters.

    :param surroundings: Where to measure.
    :param rounds: How many interpreters.
    :return: One table.
    """
    env = surroundings.environment(surroundings.home("imports"), CONTROL)
    _import(env)  # Writes the bytecode.
    found = [_import(env) for _ in range(rounds)]
    took, added = estimate_median([took_ms for took_ms, _ in found]), found[0][1]
    http = ", ".join(name for name in added if name.startswith(_HTTP_LIBRARIES)) or "none"
    return [
        Figure(
            title="Import of the operator and the notifier",
            how="Fresh interpreters with the bytecode cached, after `import airflow.sdk`. What Airflow "
            "itself has loaded of the package, to read the provider's description, is loaded once more "
            "and counts.",
            columns=("time", "modules", "HTTP libraries among them"),
            rows=((took.text(" ms", 2), str(len(added)), http),),
            bars=(
                at_most("import of operator and notifier over `airflow.sdk`", took.value, 10, " ms", 2),
                Bar("HTTP libraries among what that imports", "none", http, http == "none"),
            ),
        )
    ]


def _import(env: dict[str, str]) -> tuple[float, list[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CODE],
        env=env,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"The imports failed:\n{done.stderr}"
        raise MeasurementError(message)
    took_ms, added = json.loads(done.stdout.splitlines()[-1])
    return took_ms, added

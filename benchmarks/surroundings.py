# SPDX-License-Identifier: Apache-2.0
"""What all measurements of one run share: a folder, the service, and environments of Airflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from demo.home import Home
from demo.settings import common_settings, inherited_environment

if TYPE_CHECKING:
    from benchmarks.service_process import ServiceProcess
    from benchmarks.variants import Variant

CHECKOUT = Path(__file__).resolve().parent.parent
_DAGS = Path(__file__).with_name("dags")

#: What a task's beacon looks like, for peers that do not make one themselves.
BEACON = urlencode(
    {
        "api": "1",
        "api.v": "1",
        "h.pg": "short - work",
        "rt.start": "manual",
        "rt.tstart": "1790000000000",
        "rt.end": "1790000001234",
        "t_done": "1234",
        "rt.si": "9d3f3a58-6f0e-5a6c-8b57-0e2f5f0f4d2c-tk1c3z",
        "rt.ss": "1790000000000",
        "u": "https://airflow.example.com/dags/short/runs/benchmark/tasks/work",
        "cmet.Airflow Failures": "0",
        "cmet.Airflow Retries": "0",
        "cdim.Airflow State": "success",
        "cdim.Airflow Operator": "_PythonDecoratedOperator",
        "cdim.Airflow DAG": "short",
        "cdim.Airflow Task": "work",
    }
)


@dataclass(frozen=True)
class Surroundings:
    """
    What one run has made.

    :param folder: Where everything goes.
    :param service: The running service.
    """

    folder: Path
    service: ServiceProcess

    def home(self, name: str) -> Path:
        """
        Make a home for an Airflow.

        :param name: Its name, which is not taken.
        :return: The folder.
        """
        path = self.folder / name
        path.mkdir()
        return path

    def environment(self, home: Path, variant: Variant, *, tls: bool = False) -> dict[str, str]:
        """
        Give the environment of a process of Airflow.

        :param home: Its home.
        :param variant: The listener that is switched on.
        :param tls: Whether the service is reached over TLS.
        :return: Environment variables.
        """
        bundle = {
            "name": "benchmarks",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(_DAGS)},
        }
        service = self.service.environment(tls=tls)
        inherited = inherited_environment()
        for name in [each for each in inherited if each.lower().endswith("_proxy")]:
            # As on a machine without proxies, where each process still looks whether there are any.
            del inherited[name]
        return {
            **inherited,
            **common_settings(Home(home), _DAGS, parallelism=4, paused=False),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
            "AIRFLOW__MPULSE__CACHE_DIR": str(home / "mpulse"),
            "BENCHMARK_BEACON": BEACON,
            **service,
            **variant.environment(home, service["BENCHMARK_LINEAGE"]),
        }

    def count_waiting(self, home: Path) -> int:
        """
        Count the beacons that wait in an outbox.

        :param home: The home of the Airflow whose outbox it is.
        :return: How many.
        """
        return len(list((home / "mpulse" / "outbox").glob("[0-9]*.json")))

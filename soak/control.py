# SPDX-License-Identifier: Apache-2.0
"""What Airflow alone grows by: kept by a soak without the listener, read by one with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from soak.growth import Growth


def keep_control(file: Path, *, runs: int, airflow_version: str, growths: Iterable[Growth]) -> None:
    """
    Keep what was measured without the listener.

    :param file: Where to.
    :param runs: How many runs there were.
    :param airflow_version: Airflow's version.
    :param growths: What was measured.
    """
    measured = {growth.quantity.name: growth.percent for growth in growths if growth.percent is not None}
    kept = {"runs": runs, "airflow": airflow_version, "growth_percent": measured}
    file.write_text(json.dumps(kept, indent=2) + "\n")


def read_control(file: Path, *, runs: int, airflow_version: str) -> Mapping[str, float]:
    """
    Read what was measured without the listener.

    :param file: Where it was kept.
    :param runs: How many runs there are; what was measured over another number is no measure.
    :param airflow_version: Airflow's version; what another one did is no measure either.
    :return: Growth in percent by the quantity's name; empty where nothing fits.
    """
    if not file.exists():
        return {}
    kept = json.loads(file.read_text())
    if (kept["runs"], kept["airflow"]) != (runs, airflow_version):
        return {}
    measured: dict[str, float] = kept["growth_percent"]
    return measured

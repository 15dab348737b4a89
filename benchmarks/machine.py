# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on; no names and no paths."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

_DISTRIBUTIONS = {
    "apache-airflow": "Apache Airflow",
    "apache-airflow-providers-openlineage": "OpenLineage provider",
    "openlineage-python": "OpenLineage client",
    "requests": "requests",
    "SQLAlchemy": "SQLAlchemy",
}


def describe_machine() -> list[tuple[str, str]]:
    """
    Describe the machine and what is installed.

    :return: Names and values.
    """
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("Processor", f"{_read_processor()}, {len(os.sched_getaffinity(0))} cores for this run"),
        ("Memory", f"{memory_gib:.0f} GiB"),
        ("System", f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}"),
        ("Python", platform.python_version()),
        *((title, version(name)) for name, title in _DISTRIBUTIONS.items()),
    ]


def _read_processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", file.read_text(), re.MULTILINE) if file.exists() else None
    return platform.processor() or "unknown" if found is None else found[1].strip()

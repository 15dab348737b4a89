# SPDX-License-Identifier: Apache-2.0
"""What is imported when: Airflow reads DAG files again and again, and lists providers in every process."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

BASE = "airflow.models" if version("apache-airflow").startswith("2.") else "airflow.sdk"
HEAVY = (
    "requests",
    "urllib3",
    "http.client",
    "starlette",
    "uvicorn",
    "airflow_mpulse.sandbox",
    "airflow_mpulse.delivery.client",
)


@pytest.mark.parametrize("module", ["airflow_mpulse.operators.mpulse", "airflow_mpulse.hooks.mpulse"])
def test_module_brings_no_http_library(tmp_path: Path, module: str) -> None:
    """Beyond what a DAG file imports anyway, the module loads neither requests nor the sandbox."""
    added = run_python(
        f"""
        import json, sys
        import {BASE}
        before = set(sys.modules)
        import {module}
        print(json.dumps(sorted(set(sys.modules) - before)))
        """,
        clean_environment(tmp_path),
    )
    assert module in added
    assert [name for name in added if name.startswith(HEAVY)] == []


def test_provider_info_is_light(tmp_path: Path) -> None:
    """The provider dictionary is made without importing Airflow, requests or the sandbox."""
    loaded = run_python(
        """
        import json, sys
        from airflow_mpulse.get_provider_info import get_provider_info
        get_provider_info()
        print(json.dumps(sorted(sys.modules)))
        """,
        clean_environment(tmp_path),
    )
    assert [name for name in loaded if name.startswith(("airflow.", *HEAVY))] == []

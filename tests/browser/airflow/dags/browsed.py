# SPDX-License-Identifier: Apache-2.0
"""A short run whose IDs need care in addresses: a dot, a letter beyond ASCII, a group, mapped instances."""

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, TaskGroup, task

with DAG(dag_id="browsed.für-alle", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):

    @task
    def load() -> None:
        """Do nothing."""

    @task
    def per_region(region: str) -> str:
        return region

    load()
    with TaskGroup("regions"):
        per_region.expand(region=["north", "south"])

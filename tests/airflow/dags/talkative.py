# SPDX-License-Identifier: Apache-2.0
"""Tasks that talk to Airflow all the time, as they begin and as they end."""

import json
import logging
import os
import sys
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, get_current_context, task

with DAG(dag_id="talkative", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):

    @task
    def talk(speaker: int) -> int:
        ti = get_current_context()["ti"]
        for number in range(40):
            ti.xcom_push(key=f"said-{number}", value=[speaker, number])
            assert ti.xcom_pull(task_ids="talk", map_indexes=ti.map_index, key=f"said-{number}") == [
                speaker,
                number,
            ]
        return speaker

    talk.expand(speaker=[1, 2, 3])

    @task
    def tell_the_key() -> None:
        key = json.loads(os.environ["AIRFLOW_CONN_MPULSE_DEFAULT"])["password"]
        sys.stdout.write(f"Printed: {key}.\n")
        logging.getLogger(__name__).warning("Logged: %s.", key)

    tell_the_key()

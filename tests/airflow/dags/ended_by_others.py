# SPDX-License-Identifier: Apache-2.0
"""Tasks that do not end by themselves: their process dies, or a person says how they ended."""

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, get_current_context, task

START = datetime(2026, 1, 1, tzinfo=UTC)

with DAG(dag_id="killed", schedule=None, start_date=START):

    @task
    def die() -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    die()

for dag_id in ("marked", "marked_at_once"):
    with DAG(dag_id=dag_id, schedule=None, start_date=START):

        @task
        def wait_for_the_mark() -> None:
            """Lasts until somebody says that it has ended."""
            import os
            import time
            from pathlib import Path

            (
                Path(os.environ["MPULSE_EXAMPLES_FOLDER"]) / f"waits-{get_current_context()['dag'].dag_id}"
            ).touch()
            time.sleep(300)

        @task
        def after() -> None:
            """Follows."""

        wait_for_the_mark() >> after()

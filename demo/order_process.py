# SPDX-License-Identifier: Apache-2.0
"""The helper process behind `demo.orders`: a script that runs in Airflow's environment.

Each line on standard input is a JSON list of orders; each is answered by one line on standard output, with
the ids of the triggered runs or with an error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def _trigger(order: dict[str, Any]) -> str:
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.version import version

    wanted: dict[str, Any] = {"run_id": order["run_id"], "conf": order["conf"]}
    if version.startswith("2."):
        # Airflow 2 allows one run per logical date: whole seconds would refuse the second of a batch.
        wanted["replace_microseconds"] = False
    else:
        from airflow.utils.types import DagRunTriggeredByType

        wanted["triggered_by"] = DagRunTriggeredByType.CLI
    run: Any = trigger_dag(order["dag_id"], **wanted)
    return str(run.run_id)


def _carry_out(order: dict[str, Any]) -> str | None:
    if order["action"] == "trigger":
        return _trigger(order)
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        model: Any = session.get(DagModel, order["dag_id"])
        model.is_paused = False
    return None


def _answer(orders: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"run_ids": [_carry_out(order) for order in orders]}
    except Exception as error:  # noqa: BLE001 - whatever Airflow raises is the answer
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    # Airflow may print while it works: only answers belong on the pipe, the rest joins the log.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)

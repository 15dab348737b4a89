# SPDX-License-Identifier: Apache-2.0
"""
The ``[mpulse]`` section of Airflow's configuration: one table for readers, ``airflow config`` and the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mpulse.connection_form import DEFAULT_CONN_NAME
from airflow_mpulse.reporting.page_groups import RUN_PATTERN, TASK_PATTERN
from airflow_mpulse.reporting.well_known import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTION = "mpulse"


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option of the section.

    :param default: The default, as it would stand in ``airflow.cfg``.
    :param type: Airflow's word for its type: ``string``, ``boolean``, ``integer`` or ``float``.
    :param description: What it does, one sentence or more.
    :param example: An example value.
    :param version_added: The version of this package that brought it.
    """

    default: str
    type: str
    description: str
    example: str | None = None
    version_added: str = "0.1.0"


OPTIONS: Mapping[str, Option] = {
    "report": Option(
        default="none",
        type="string",
        description=(
            "What reports itself without a change to any DAG: ``none``, ``runs``, ``tasks`` or ``all``. "
            "While it is ``none``, no listener is registered."
        ),
        example="all",
    ),
    "mpulse_conn_id": Option(
        default=DEFAULT_CONN_NAME,
        type="string",
        description="The connection over which runs and tasks report themselves.",
        example="mpulse_pipelines",
    ),
    "page_group": Option(
        default=RUN_PATTERN,
        type="string",
        description=(
            "The page group of a run's beacon. ``{dag_id}`` and ``{run_type}`` are filled in; of what is "
            "filled in, characters other than letters, digits, underscore, space and hyphen become a hyphen."
        ),
        example="Pipelines {dag_id}",
    ),
    "task_page_group": Option(
        default=TASK_PATTERN,
        type="string",
        description=(
            "The page group of a task's beacon. ``{dag_id}``, ``{task_id}``, ``{task_group}``, "
            "``{operator}`` and ``{run_type}`` are filled in."
        ),
        example="{dag_id} / {task_id}",
    ),
    "include_dags": Option(
        default="*",
        type="string",
        description="The DAGs that report themselves: globs of DAG IDs, with commas between them.",
        example="sales_*, warehouse_*",
    ),
    "exclude_dags": Option(
        default="",
        type="string",
        description="The DAGs that do not report themselves: globs as above. They win over ``include_dags``.",
        example="*_test",
    ),
    "exclude_tag": Option(
        default="no-mpulse",
        type="string",
        description="A DAG with this tag does not report itself; when empty, tags are not looked at.",
        example="internal",
    ),
    "sample_rate": Option(
        default="1.0",
        type="float",
        description=(
            "The share of runs that report themselves, from 0 to 1. It is decided by a hash of the run, so "
            "that a run and its tasks are reported together or not at all."
        ),
        example="0.1",
    ),
    "send_url": Option(
        default="True",
        type="boolean",
        description=(
            "Whether a beacon holds the address of the run's or the task's page in the Airflow UI; on "
            "Airflow 2.11, where these are told apart by the query alone, that of the DAG's page."
        ),
    ),
    "dashboard_url": Option(
        default="",
        type="string",
        description=(
            "The address of an mPulse dashboard, which the Airflow UI then links to. ``{page_group}`` (the "
            "page group of the DAG's runs) and ``{dag_id}`` are filled in, encoded for an address. When "
            "empty, no link is shown."
        ),
        example="https://mpulse.example.com/dashboard?page_group={page_group}",
    ),
    "report_retries": Option(
        default="False",
        type="boolean",
        description="Whether a try that failed and will be tried again gets a beacon, too.",
    ),
    "timers": Option(
        default="{}",
        type="string",
        description=(
            "A JSON object that puts facts under custom timers of the mPulse app, by the timer's name. "
            f"Facts: {', '.join(FACTS['timer'])}."
        ),
        example='{"Waiting": "queue_wait_ms"}',
    ),
    "metrics": Option(
        default="{}",
        type="string",
        description=(
            "A JSON object that puts facts under custom metrics of the mPulse app, by the metric's name. "
            f"Facts: {', '.join(FACTS['metric'])}."
        ),
        example='{"Finished tasks": "tasks_finished"}',
    ),
    "dimensions": Option(
        default="{}",
        type="string",
        description=(
            "A JSON object that puts facts under custom dimensions of the mPulse app, by the dimension's "
            f"name. Facts: {', '.join(FACTS['dimension'])}."
        ),
        example='{"Group": "task_group"}',
    ),
    "delivery": Option(
        default="direct",
        type="string",
        description=(
            "How a task's beacon leaves: ``direct`` sends it when the task has ended, and keeps it in the "
            "outbox when mPulse cannot be reached; ``outbox`` only writes it there, so that a task never "
            "waits for the network. The scheduler, or ``airflow-mpulse flush --watch`` beside a worker on "
            "another machine, sends what is in the outbox."
        ),
        example="outbox",
    ),
    "wait_s": Option(
        default="2.0",
        type="float",
        description=(
            "How many seconds a task that has ended waits at most for its beacon to be sent, from 0 to 10. "
            "The scheduler never waits while it works."
        ),
        example="0.5",
    ),
    "cache_dir": Option(
        default="",
        type="string",
        description=(
            "The folder where the processes of one machine share the configuration that mPulse gave. When "
            "empty, ``mpulse`` in AIRFLOW_HOME, or a private folder of the temporary directory where that "
            "cannot be written. It must belong to the user that runs Airflow, and nobody else may write "
            "in it."
        ),
        example="/var/lib/airflow/mpulse",
    ),
    "outbox": Option(
        default="",
        type="string",
        description=(
            "The folder where beacons wait until mPulse can be reached, or ``off`` to drop them. When empty, "
            "``outbox`` in ``cache_dir``."
        ),
        example="/var/lib/airflow/mpulse-outbox",
    ),
    "outbox_max_age_s": Option(
        default="3600",
        type="float",
        description=(
            "How many seconds a beacon waits in the outbox at most, from 1 to 604800. mPulse files a beacon "
            "under the time at which it arrives, so that an old one would be seen at the wrong time."
        ),
        example="900",
    ),
    "outbox_max_beacons": Option(
        default="10000",
        type="integer",
        description="How many beacons wait in the outbox at most, from 1 to 1000000; more are dropped.",
        example="100000",
    ),
}


def describe_section() -> dict[str, Any]:
    """
    Describe the section the way provider information does.

    :return: The value of ``config`` in the provider dictionary.
    """
    return {
        SECTION: {
            "description": "What is reported to Akamai mPulse, and how.",
            "options": {
                name: {
                    "description": option.description,
                    "version_added": option.version_added,
                    "type": option.type,
                    "example": option.example,
                    # Airflow formats every default with its own variables: an unescaped brace of ours
                    # would end each of its processes with a KeyError.
                    "default": option.default.replace("{", "{{").replace("}", "}}"),
                }
                for name, option in OPTIONS.items()
            },
        }
    }

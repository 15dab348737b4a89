# SPDX-License-Identifier: Apache-2.0
"""
The ``[mpulse]`` section of Airflow's configuration: one table for the readers and for ``airflow config``.

Every read passes its default, because Airflow 2.11 and 3.1 do not know a provider's defaults everywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.page_groups import RUN_PATTERN, TASK_PATTERN
from airflow_mpulse.reporting.well_known import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.protocol.config import Kind

SECTION = "mpulse"


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option of the section.

    :param default: The default, as it would stand in ``airflow.cfg``.
    :param type: Airflow's word for its type: ``string`` or ``boolean``.
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
    "send_url": Option(
        default="True",
        type="boolean",
        description="Whether a beacon holds the address of the run's or the task's page in the Airflow UI.",
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
}


def read_report_settings() -> ReportSettings:  # noqa: DOC502
    """
    Read how facts are to be reported.

    :return: The settings of the section.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    return ReportSettings(
        page_group=_read("page_group"),
        task_page_group=_read("task_page_group"),
        send_url=_read_flag("send_url"),
        fact_timers=_read_fact_map("timers", "timer"),
        fact_metrics=_read_fact_map("metrics", "metric"),
        fact_dimensions=_read_fact_map("dimensions", "dimension"),
    )


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


def _read(name: str) -> str:
    from airflow.providers.common.compat.sdk import conf

    return str(conf.get(SECTION, name, fallback=OPTIONS[name].default))


def _read_flag(name: str) -> bool:
    value = _read(name).strip().lower()
    if value not in {"true", "t", "1", "false", "f", "0"}:
        msg = f"The option [{SECTION}] {name} is {value!r}; it must be True or False."
        raise MPulseSettingsError(msg)
    return value in {"true", "t", "1"}


def _read_fact_map(name: str, kind: Kind) -> dict[str, str]:
    text = _read(name).strip() or "{}"
    facts = ", ".join(FACTS[kind])
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(fact, str) for fact in value.values()):
        msg = f"The option [{SECTION}] {name} must be a JSON object of names to facts; facts are {facts}."
        raise MPulseSettingsError(msg)
    for label, fact in value.items():
        if fact not in FACTS[kind]:
            msg = f"The option [{SECTION}] {name} puts {fact!r} under {label!r}; facts are {facts}."
            raise MPulseSettingsError(msg)
    return value

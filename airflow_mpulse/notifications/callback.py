# SPDX-License-Identifier: Apache-2.0
"""What a notifier's callback is about: its arguments and the context in, a report out."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from airflow_mpulse.airflow_facts.ended_run import read_run_of_callback
from airflow_mpulse.airflow_facts.ended_task import read_ended_task
from airflow_mpulse.airflow_facts.reading import read_text
from airflow_mpulse.exceptions import BeaconError, NoStartError
from airflow_mpulse.measurements import TaskKey, read_measurements
from airflow_mpulse.option_readers import read_report_settings
from airflow_mpulse.reporting.arguments import Arguments
from airflow_mpulse.reporting.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings

#: States in which a task has come to an end that is worth a beacon.
_REPORTED_STATES = frozenset({"success", "failed", "up_for_retry"})

_LOG = logging.getLogger(__name__)


class Asked(Protocol):
    """What an author asked for: the notifier's arguments, their templates rendered."""

    report: str
    page_group: Any
    timers: Any
    metrics: Any
    dimensions: Any
    ab_test: Any
    site_version: Any
    mpulse_conn_id: Any


def is_about_a_task(asked: Asked, context: Mapping[str, Any]) -> bool:
    """
    Tell whether a callback is to report a task.

    :param asked: The notifier's arguments.
    :param context: The context of the callback.
    :return: Whether it is; otherwise it is to report a run.
    """
    if asked.report != "auto":
        return asked.report == "task"
    # The context of a DAG's callback says why it was called, and has a task instance, too: the last one.
    return "reason" not in context and context.get("ti") is not None


def build_report(  # noqa: DOC503
    asked: Asked, context: Mapping[str, Any], *, now: datetime
) -> Report | None:
    """
    Build the report that a callback asks for.

    :param asked: The notifier's arguments.
    :param context: The context of the callback.
    :param now: The present, with a time zone.
    :return: The report; ``None`` for a task that was skipped, which gets no beacon.
    :raises MPulseSettingsError: If an argument or an option cannot be used.
    :raises BeaconError: If Airflow does not tell what a beacon needs.
    """
    settings, values = _read_arguments(asked, context)
    if not is_about_a_task(asked, context):
        run = read_run_of_callback(context, now=now)
        return Report(run, None, asked.mpulse_conn_id, settings, values)
    ti = _find_task_instance(context)
    state = read_text(getattr(ti, "state", None))
    if state == "skipped":
        _LOG.debug("A task that was skipped gets no beacon.")
        return None
    if state is None:
        msg = (
            f"The process of the task {ti.task_id!r} has died, and Airflow does not tell its callback when "
            "it started, so no beacon is made up."
        )
        raise NoStartError(msg)
    if state not in _REPORTED_STATES:
        msg = (
            f"The task {ti.task_id!r} has not ended (its state is {state}), so there is no duration to "
            "report; use the notifier in on_success_callback, on_failure_callback or on_retry_callback."
        )
        raise BeaconError(msg)
    ended = read_ended_task(ti, state=state, now=now)
    return Report(
        run=ended.run,
        task=ended.task,
        mpulse_conn_id=asked.mpulse_conn_id,
        settings=settings,
        values=values,
        measured=read_measurements(TaskKey.of(ti)),
        find_start=ended.find_start,
    )


def _find_task_instance(context: Mapping[str, Any]) -> Any:
    ti = context.get("ti")
    if ti is None:
        msg = "An MPulseNotifier with report='task' was called without a task; use it in a task's callback."
        raise BeaconError(msg)
    return ti


def _read_arguments(asked: Asked, context: Mapping[str, Any]) -> tuple[ReportSettings, AuthorValues]:
    task_id = getattr(context.get("ti"), "task_id", None)
    is_task = is_about_a_task(asked, context)
    arguments = Arguments(f"the MPulseNotifier of the {f'task {task_id!r}' if is_task else 'DAG'}")
    page_group = arguments.text("page_group", asked.page_group)
    settings = read_report_settings()
    settings = replace(
        settings,
        page_group=page_group or settings.page_group,
        task_page_group=page_group or settings.task_page_group,
        ab_test=arguments.ab_test(asked.ab_test),
        site_version=arguments.site_version(asked.site_version),
    )
    values = arguments.values(asked.timers, asked.metrics, asked.dimensions)
    for remark in arguments.remarks:
        _LOG.warning(remark)
    return settings, values

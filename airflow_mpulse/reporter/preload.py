# SPDX-License-Identifier: Apache-2.0
"""What sending needs, loaded in a parent, so that the tasks that it forks need not load it each."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_mpulse.option_readers import ListenerSettings
    from airflow_mpulse.reporting.report import Report

_WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def preload(settings: ListenerSettings) -> None:
    """
    Import what sending needs, load the certificate authorities, and rehearse a report.

    :param settings: What reports itself, and how.
    """
    import airflow_mpulse.delivery.http_errors  # noqa: F401
    from airflow_mpulse.delivery.moments import system_moment
    from airflow_mpulse.delivery.rehearsal import rehearse
    from airflow_mpulse.delivery.routes import find_route, load_context
    from airflow_mpulse.delivery.settings import DEFAULT_HOST, read_settings
    from airflow_mpulse.exceptions import MPulseSettingsError
    from airflow_mpulse.reporter.environment_connection import read_environment_connection
    from airflow_mpulse.reporter.process import REPORTER
    from airflow_mpulse.reporting.report_json import report_to_json
    from airflow_mpulse.shared_state import find_cache_folder

    with contextlib.suppress(ImportError):
        # Airflow 3 imports it when the first connection is read.
        import airflow.sdk.execution_time.cache  # noqa: F401
    # Whoever cannot use the options is told when something is to be sent.
    with contextlib.suppress(MPulseSettingsError):
        # Read here, they need not be read in each task, nor the folder be looked for.
        find_cache_folder(REPORTER.settings)
    read_settings("rehearsal", password="REHEARSAL", extra={"domain": "rehearsal.invalid"})  # noqa: S106
    report = _make_report(settings)
    report_to_json(report)
    rehearse(lambda config: report.build(config, lambda _: None))
    system_moment()
    connection = read_environment_connection(settings.mpulse_conn_id)
    REPORTER.inherit(connection)
    # Authorities that cannot be read are told about by whoever sends.
    with contextlib.suppress(OSError):
        verify = True if connection is None else connection.settings.verify
        load_context(find_route(f"https://{DEFAULT_HOST}", verify)[1])


def _make_report(settings: ListenerSettings) -> Report:
    from airflow_mpulse.airflow_facts.pages import build_run_url, build_task_url
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
    from airflow_mpulse.reporting.report import Report

    settings.filters.accepts("rehearsal", "rehearsal", frozenset)
    run = RunFacts(
        "rehearsal", "rehearsal", _WHEN, run_type="manual", url=build_run_url("rehearsal", "rehearsal")
    )
    task = TaskFacts("rehearsal", "success", _WHEN, _WHEN, try_number=1, operator="Rehearsal")
    task = replace(task, url=build_task_url(run.url, task))
    return Report(run, task, settings.mpulse_conn_id, settings.report)

# SPDX-License-Identifier: Apache-2.0
"""The notifier: a callback of a task or of a DAG that sends a beacon."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseNotifier

from airflow_mpulse.connection_form import DEFAULT_CONN_NAME
from airflow_mpulse.exceptions import MPulseSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_mpulse.reporting.report import Report

REPORTS = ("auto", "run", "task")


class MPulseNotifier(BaseNotifier):
    """
    Sends a beacon for the task or the run that a callback is about.

    In a DAG's callback it reports the run, in a task's callback the task. What goes wrong is one warning in
    the log; neither the task nor the run is affected.

    :param report: ``auto``, ``run`` or ``task``. ``auto`` means the run in a callback of a DAG and in a
        deadline alert, and the task in a callback of a task.
    :param page_group: The pattern of the page group; by default the option ``[mpulse] page_group`` for a
        run and ``[mpulse] task_page_group`` for a task. (templated)
    :param timers: Custom timers by name, in milliseconds from 0. (templated)
    :param metrics: Custom metrics by name. (templated)
    :param dimensions: Custom dimensions by name. A value that a template leaves empty is left out.
        (templated)
    :param ab_test: The A/B bucket, 1 to 25 of ``A-Z a-z 0-9 _ -`` and space. (templated)
    :param site_version: The site version; by default the version of the DAG's bundle. (templated)
    :param mpulse_conn_id: The connection's ID. (templated)
    :param raise_on_error: Whether to raise what went wrong instead of only logging it.
    :param **kwargs: What every notifier takes, such as ``context`` from Airflow 3.1.
    :raises MPulseSettingsError: If ``report`` is none of the three.
    """

    template_fields: Sequence[str] = (
        "page_group",
        "timers",
        "metrics",
        "dimensions",
        "ab_test",
        "site_version",
        "mpulse_conn_id",
    )

    def __init__(
        self,
        *,
        report: str = "auto",
        page_group: str | None = None,
        timers: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        dimensions: Mapping[str, Any] | None = None,
        ab_test: str | None = None,
        site_version: str | None = None,
        mpulse_conn_id: str = DEFAULT_CONN_NAME,
        raise_on_error: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if report not in REPORTS:
            msg = f"The report of an MPulseNotifier is {report!r}; it must be auto, run or task."
            raise MPulseSettingsError(msg)
        self.report = report
        self.page_group = page_group
        self.timers = timers
        self.metrics = metrics
        self.dimensions = dimensions
        self.ab_test = ab_test
        self.site_version = site_version
        self.mpulse_conn_id = mpulse_conn_id
        self.raise_on_error = raise_on_error

    @property
    def reports_tasks(self) -> bool:
        """
        Tell whether this reports the task in a task's callback.

        :return: Whether it does.
        """
        return self.report != "run"

    def __call__(self, *args: Any) -> None:  # noqa: DOC502
        """
        Render the templates and send the beacon.

        :param *args: The context of the callback.
        :raises Exception: What went wrong, with ``raise_on_error``.
        """
        # Airflow renders templates into the instance, which may be shared by many tasks: a copy takes them.
        rendered = copy(self)
        context: Any = args[0] if len(args) == 1 else {"dag": args[0]}
        try:
            rendered._update_context(context)  # noqa: SLF001 - of a copy of this very object
            rendered.render_template_fields(context)
        except Exception as error:  # noqa: BLE001 - a template may raise anything
            self._give_up(error)
            return
        rendered.notify(context)

    def notify(self, context: Any) -> None:  # noqa: DOC502
        """
        Send the beacon, and wait for it at most ``[mpulse] wait_s`` seconds.

        :param context: The context of the callback.
        :raises Exception: What went wrong, with ``raise_on_error``.
        """
        from airflow_mpulse.measurements import TaskKey
        from airflow_mpulse.reporter.process import REPORTER
        from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS

        try:
            report, wait_s = self._build_report(context), REPORTER.settings.wait_s
            if report is None:
                return
            client = REPORTER.connect(report.mpulse_conn_id) if AIRFLOW_V_3_0_PLUS else None
        except Exception as error:  # noqa: BLE001 - objects of Airflow's may raise anything
            self._give_up(error)
            return
        failure = REPORTER.send_within(report, wait_s, client)
        if report.task is not None and not isinstance(failure, ValueError):
            # A listener then leaves the task out. What could not even be built, it reports in its own way.
            REPORTER.claim(TaskKey.of(context["ti"]))
        self._check(failure)

    async def async_notify(self, context: Any) -> None:  # noqa: DOC502
        """
        Send the beacon of a deadline alert, without holding up the triggerer.

        :param context: What Airflow tells about the deadline: the run at least.
        :raises Exception: What went wrong, with ``raise_on_error``.
        """
        import asyncio

        from airflow_mpulse.hooks.mpulse import MPulseHook
        from airflow_mpulse.reporter.process import REPORTER

        try:
            report = self._build_report(context)
            if report is None:
                return
            hook = MPulseHook(report.mpulse_conn_id)
            client = await hook.aget_conn()
        except Exception as error:  # noqa: BLE001 - objects of Airflow's may raise anything
            self._give_up(error)
            return
        try:
            self._check(await asyncio.to_thread(REPORTER.send_over, client, report))
        finally:
            await asyncio.to_thread(hook.close)

    def _build_report(self, context: Any) -> Report | None:
        from airflow_mpulse.notifications.callback import build_report
        from airflow_mpulse.version_compat import utc_now

        return build_report(self, context, now=utc_now())

    def _give_up(self, error: Exception) -> None:
        from airflow_mpulse.reporter.process import REPORTER

        REPORTER.drop("callback", error)
        if self.raise_on_error:
            raise error

    def _check(self, error: BaseException | None) -> None:
        # What went wrong was logged and counted where it was found.
        if error is not None and self.raise_on_error:
            raise error

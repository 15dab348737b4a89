# SPDX-License-Identifier: Apache-2.0
"""The operator: a task that reports the run that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator

from airflow_mpulse.connection_form import DEFAULT_CONN_NAME
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_mpulse.delivery.report import DeliveryReport

REPORTS = ("run", "tasks", "all")


class MPulseBeaconOperator(BaseOperator):
    """
    Sends a beacon for the run so far, for each of its finished tasks, or both.

    Put it at the end of a DAG. With its trigger rule ``all_done`` it runs however the others ended; as a
    teardown (``.as_teardown()``) it also leaves the judgement of the run to them. Its own task is left out.

    On Airflow 3 a task is told how long its siblings took, not when: their beacons end when this one runs.

    :param report: ``run``, ``tasks`` or ``all``.
    :param page_group: The pattern of the run's page group; by default the option ``[mpulse] page_group``.
        (templated)
    :param task_page_group: The pattern of a task's page group; by default ``[mpulse] task_page_group``.
        (templated)
    :param task_ids: Globs of the tasks to report; by default all. (templated)
    :param task_timers: Custom timers of the run's beacon that hold a task's duration, as names to task IDs;
        of a mapped task the longest. (templated)
    :param timers: Custom timers by name, in milliseconds from 0. (templated)
    :param metrics: Custom metrics by name. (templated)
    :param dimensions: Custom dimensions by name; they go on every beacon. Timers and metrics go on the run's
        beacon, or with ``report="tasks"`` on every task's. A value that a template leaves empty is left out.
        (templated)
    :param ab_test: The A/B bucket, 1 to 25 of ``A-Z a-z 0-9 _ -`` and space. (templated)
    :param site_version: The site version; by default the version of the DAG's bundle. (templated)
    :param mpulse_conn_id: The connection's ID. (templated)
    :param **kwargs: What every operator takes.
    :raises MPulseSettingsError: If ``report`` is none of the three.
    """

    template_fields: Sequence[str] = (
        "page_group",
        "task_page_group",
        "task_ids",
        "task_timers",
        "timers",
        "metrics",
        "dimensions",
        "ab_test",
        "site_version",
        "mpulse_conn_id",
    )
    ui_color = "#d5e8f7"

    def __init__(
        self,
        *,
        report: str = "run",
        page_group: str | None = None,
        task_page_group: str | None = None,
        task_ids: str | Sequence[str] | None = None,
        task_timers: Mapping[str, str] | None = None,
        timers: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        dimensions: Mapping[str, Any] | None = None,
        ab_test: str | None = None,
        site_version: str | None = None,
        mpulse_conn_id: str = DEFAULT_CONN_NAME,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("trigger_rule", "all_done")
        super().__init__(**kwargs)
        if report not in REPORTS:
            msg = f"The report of the task {self.task_id!r} is {report!r}; it must be run, tasks or all."
            raise MPulseSettingsError(msg)
        self.report = report
        self.page_group = page_group
        self.task_page_group = task_page_group
        self.task_ids = task_ids
        self.task_timers = task_timers
        self.timers = timers
        self.metrics = metrics
        self.dimensions = dimensions
        self.ab_test = ab_test
        self.site_version = site_version
        self.mpulse_conn_id = mpulse_conn_id

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        """
        Name what of this operator Airflow keeps in its database.

        :return: What every operator keeps, and the report, so that a listener knows what is reported already.
        """
        return frozenset(super().get_serialized_fields() | {"report"})  # type: ignore[no-untyped-call]

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """
        Begin a mapped operator.

        :param **kwargs: Arguments that all instances share.
        :return: What ``expand`` is called on; it has this operator's trigger rule unless another is given.
        """
        # Airflow decides about a mapped operator's trigger rule before a constructor runs.
        kwargs.setdefault("trigger_rule", "all_done")
        return super().partial(**kwargs)

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: DOC503
        """
        Report the run so far.

        :param context: The task's context.
        :return: What was sent: ``sent`` (beacons), ``run`` (page group and duration in ms, or ``None``),
            ``tasks`` (page groups with their numbers of beacons), ``session_id`` and ``left_out`` (numbers by
            reason).
        :raises AirflowFailException: If another try could not help, or would count beacons twice.
        :raises MPulseError: If another try may help.
        """
        try:
            return self._report(context)
        except MPulseError as error:
            if error.retryable:
                raise
            failure = AirflowFailException(str(error))
        raise failure

    def _report(self, context: Any) -> dict[str, Any]:
        # The delivery and the HTTP library are needed in the task only, not where DAGs are parsed.
        from airflow_mpulse.airflow_facts.so_far import read_run_so_far, read_task_ids
        from airflow_mpulse.hooks.mpulse import MPulseHook
        from airflow_mpulse.operators.run_report import RunReport
        from airflow_mpulse.option_readers import read_report_settings
        from airflow_mpulse.version_compat import utc_now

        report = RunReport.of(self, read_report_settings(), read_task_ids(context))
        so_far = read_run_so_far(context, now=utc_now())
        hook = MPulseHook(self.mpulse_conn_id)
        try:
            built = report.build(so_far, hook.get_config())
            for sentence in built.remarks:
                self.log.warning(sentence)
            delivery = hook.send_beacons(built.beacons)
        finally:
            hook.close()
        self._check(delivery)
        noun = "beacon" if delivery.sent == 1 else "beacons"
        self.log.info("Sent %s %s of the run %s to mPulse.", delivery.sent, noun, so_far.run.run_id)
        return built.summarise(delivery)

    def _check(self, delivery: DeliveryReport) -> None:
        from airflow_mpulse.delivery.report import UNCONFIRMED

        error = delivery.first_error
        if error is None:
            return
        if not delivery.sent and UNCONFIRMED not in delivery.not_sent:
            raise error
        msg = (
            f"{delivery.sent} of {delivery.total} beacons were sent, then: {error} The task is not tried "
            "again, because beacons that mPulse has counted would be counted twice."
        )
        raise AirflowFailException(msg)

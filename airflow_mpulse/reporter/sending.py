# SPDX-License-Identifier: Apache-2.0
"""A report on its way, as who sends it and who waits for it see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from airflow_mpulse.delivery.background import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.reporting.report import Report


class Sending(Job):
    """
    A report on its way.

    :param report: The report.
    :param client: The client of its connection; ``None`` while it is not known.
    :param send: Sends it and settles it.
    """

    def __init__(self, report: Report, client: MPulseClient | None, send: Callable[[Sending], None]) -> None:
        super().__init__(lambda job: send(cast("Sending", job)), awaited=True)
        self.report = report
        self.client = client
        #: Whether it waits in the outbox.
        self.is_kept = False
        #: Why it was dropped, where that was not found by the thread.
        self.failure: BaseException | None = None

    @property
    def error(self) -> BaseException | None:
        """
        Tell why the beacon was dropped.

        :return: The error; ``None`` where it was sent or waits in the outbox, and before the end.
        """
        return None if self.is_kept else self.failure or super().error

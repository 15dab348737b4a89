# SPDX-License-Identifier: Apache-2.0
"""A local Airflow whose scheduler process can be looked at: threads, file descriptors, memory, children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]  # a dependency of every Airflow

from demo.local_airflow import LocalAirflow

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Sample:
    """
    The scheduler process at one moment.

    Without its children: the executor's workers are processes of their own, and are only counted.

    :param elapsed_s: Seconds since the first run was triggered.
    :param runs_done: How many runs had ended.
    :param threads: Threads of the process.
    :param fds: Open file descriptors of the process.
    :param rss_bytes: Resident memory, with pages shared with other processes.
    :param pss_bytes: Resident memory, with each shared page divided by the number of its users.
    :param uss_bytes: Resident memory that no other process shares.
    :param children: Direct children, zombies included.
    """

    elapsed_s: float
    runs_done: int
    threads: int
    fds: int
    rss_bytes: int
    pss_bytes: int
    uss_bytes: int
    children: int


class WatchedAirflow(LocalAirflow):
    """A local Airflow that shows its scheduler."""

    def sample_scheduler(self, *, elapsed_s: float, runs_done: int) -> Sample | None:
        """
        Look at the scheduler process.

        :param elapsed_s: Seconds since the first run was triggered, for the sample.
        :param runs_done: How many runs have ended, for the sample.
        :return: What was seen; None where the process is ending, which `watch` makes an error of.
        """
        (component,) = [component for component in self._components if component.name == "scheduler"]
        if component.process is None:
            return None
        try:
            process = psutil.Process(component.process.pid)
            memory = process.memory_full_info()
            return Sample(
                elapsed_s=elapsed_s,
                runs_done=runs_done,
                threads=process.num_threads(),
                fds=process.num_fds(),
                rss_bytes=memory.rss,
                pss_bytes=memory.pss,
                uss_bytes=memory.uss,
                children=len(process.children()),
            )
        except psutil.Error:
            return None

    def watch(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        """
        Wait for a condition, asking about every tenth of a second, while all components run.

        :param condition: Asked until it is true.
        :param limit_s: Seconds after which to give up.
        :param what: What is waited for, for the error.
        :raises WaitTimeoutError: If the condition is still false after the limit.
        :raises ComponentDiedError: If a component ends meanwhile.
        """
        self._wait(condition, limit_s, what)

    def check(self) -> None:  # noqa: DOC502
        """
        Make sure that all components run.

        :raises ComponentDiedError: If one has ended.
        """
        self._check()

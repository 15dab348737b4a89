# SPDX-License-Identifier: Apache-2.0
"""What stands around every hook of the listener, so that nothing that goes wrong in it gets out."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Self

from airflow_mpulse.reporter.process import REPORTER

if TYPE_CHECKING:
    from types import TracebackType

_LOG = logging.getLogger(__name__)


class Guard:
    """
    Lets nothing out, whatever is raised; what was to be reported is counted as dropped.

    Only what a signal handler raises goes on, such as the end of a scheduler that is asked to stop: it comes
    by chance while a hook runs, and means somebody else.

    :param hook: The name of the hook, for the log.
    """

    def __init__(self, hook: str) -> None:
        self._hook = hook
        #: What is being reported, once that is known.
        self.name: str | None = None

    def __enter__(self) -> Self:
        """
        Begin.

        :return: This guard.
        """
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """
        End, and count and log what was raised.

        :param kind: The kind of error.
        :param error: The error.
        :param trace: Where it was raised.
        :return: Whether the error is kept in.
        """
        if error is None:
            return False
        if _comes_from_a_signal(trace):
            return False
        with contextlib.suppress(BaseException):
            self._tell(error)
        return True

    def _tell(self, error: BaseException) -> None:
        if self.name is not None:
            REPORTER.drop(self.name, error)
            return
        _LOG.warning(
            "mPulse's listener could not do its part in %s (%s); Airflow is not affected.",
            self._hook,
            type(error).__name__,
        )
        _LOG.debug("What was raised in %s.", self._hook, exc_info=error)


def _comes_from_a_signal(trace: TracebackType | None) -> bool:
    while trace is not None:
        code = trace.tb_frame.f_code
        if {"signum", "frame"} <= set(code.co_varnames[: code.co_argcount]):
            return True
        trace = trace.tb_next
    return False

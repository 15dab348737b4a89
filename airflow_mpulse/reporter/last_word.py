# SPDX-License-Identifier: Apache-2.0
"""
What a thread may still say when its process ends.

Airflow 2.11 masks secrets in every log record by a library in C++, which gives up the interpreter's lock
while it searches. A thread that is in there when the interpreter ends cannot take the lock again, and before
Python 3.14 it is then ended in the midst of C++, which aborts the process. Airflow 3 searches by ``re``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_mpulse.delivery.background import BackgroundWorker

#: Seconds in which a log record that is being written is done.
_RECORD_S = 0.05


def silence(worker: BackgroundWorker, limit_s: float = _RECORD_S) -> None:
    """
    Keep a worker's thread from writing another log record, and wait for the one that it may be at.

    A thread that has nothing to do costs nothing here: Airflow 3 ends each task's process in this way.

    :param worker: The worker, with a thread or without one.
    :param limit_s: Seconds to wait at most.
    """
    thread = worker.thread
    if thread is None or worker.is_at_rest:
        return
    ident = thread.ident

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != ident

    # Whatever it calls writes records of its own, and a logger's filters do not count for those below it.
    loggers = list(logging.root.manager.loggerDict.values())
    for logger in (logging.root, *loggers):
        if isinstance(logger, logging.Logger):
            logger.addFilter(is_of_others)
    # Only now: what it begins from here on it does without a word.
    worker.wait_until_idle(limit_s)

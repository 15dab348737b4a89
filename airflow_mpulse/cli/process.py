# SPDX-License-Identifier: Apache-2.0
"""The process of a command that uses Airflow: what Airflow may read, and what is logged."""

from __future__ import annotations

import logging
import os
import sys
import warnings


def prepare() -> None:
    """Have this process use Airflow as Airflow's own commands do, before a command is imported."""
    # Else the SDK of Airflow 3 takes the process for a worker, which may not read the database.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # Libraries of Airflow's tell of their work while they are imported.
    logging.disable(logging.INFO)
    if not sys.warnoptions:
        # Airflow warns of its own modules and options, and switches that on when its settings are imported.
        warnings.simplefilter("ignore")
    import airflow.settings  # noqa: F401 - sets up logging, too, which is changed below

    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    _log_to_stderr()


def _log_to_stderr() -> None:
    # Airflow 2.11 logs to standard output, among what a command shows, and logs with all its words why a
    # secrets backend failed. What matters of that a command says itself.
    logging.getLogger("airflow").setLevel(logging.CRITICAL)
    ours = logging.getLogger("airflow_mpulse")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    ours.addHandler(handler)
    ours.propagate = False

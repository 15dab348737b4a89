# SPDX-License-Identifier: Apache-2.0
"""The process of a command that uses Airflow: what Airflow says by itself, and what it may read."""

from __future__ import annotations

import logging
import os
import sys
import warnings


def prepare() -> None:
    """Have this process use Airflow as Airflow's own commands do, before a command is imported."""
    # Else the SDK of Airflow 3 takes the process for a worker, which may not read the database.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    if not sys.warnoptions:
        # Airflow warns of its own modules and options, and switches that on when its settings are imported.
        warnings.simplefilter("ignore")
        import airflow.settings  # noqa: F401

        warnings.simplefilter("ignore")
    # What a command has to say it shows; warnings in the log, Airflow's and ours, stay.
    logging.disable(logging.INFO)

# SPDX-License-Identifier: Apache-2.0
"""What sending needs, loaded in a parent, so that the tasks that it forks need not load it each."""

from __future__ import annotations


def preload() -> None:
    """Import what sending needs, and load the certificate authorities."""
    import requests  # noqa: F401

    import airflow_mpulse.delivery.bounded_http
    import airflow_mpulse.delivery.client
    import airflow_mpulse.delivery.http_errors  # noqa: F401

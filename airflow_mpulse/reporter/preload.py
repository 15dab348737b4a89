# SPDX-License-Identifier: Apache-2.0
"""What sending needs, loaded in a parent, so that the tasks that it forks need not load it each."""

from __future__ import annotations

import contextlib
import json
import os
from urllib.parse import parse_qs, urlsplit


def preload(mpulse_conn_id: str) -> None:
    """
    Import what sending needs, and load the certificate authorities.

    :param mpulse_conn_id: The connection that will be used.
    """
    import airflow_mpulse.delivery.http_errors  # noqa: F401
    from airflow_mpulse.delivery.moments import system_moment
    from airflow_mpulse.delivery.rehearsal import rehearse
    from airflow_mpulse.delivery.routes import find_route, load_context
    from airflow_mpulse.delivery.settings import DEFAULT_HOST, read_settings
    from airflow_mpulse.exceptions import MPulseSettingsError
    from airflow_mpulse.reporter.process import REPORTER

    # Whoever cannot use the options is told when something is to be sent.
    with contextlib.suppress(MPulseSettingsError):
        REPORTER.settings  # noqa: B018 - read here, they need not be read in each task
    read_settings("rehearsal", password="REHEARSAL", extra={"domain": "rehearsal.invalid"})  # noqa: S106
    rehearse()
    system_moment()
    # Authorities that cannot be read are told about by whoever sends.
    with contextlib.suppress(OSError):
        load_context(find_route(f"https://{DEFAULT_HOST}", _find_verify(mpulse_conn_id))[1])


def _find_verify(mpulse_conn_id: str) -> bool | str:
    # Only of the environment: where else a connection may stand must not be asked while Airflow starts.
    written = os.environ.get(f"AIRFLOW_CONN_{mpulse_conn_id.upper()}", "")
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        if not written.lstrip().startswith("{"):
            return parse_qs(urlsplit(written).query)["verify"][0]
        extra = json.loads(written)["extra"]
        verify = (json.loads(extra) if isinstance(extra, str) else extra)["verify"]
        return verify if isinstance(verify, str) else True
    return True

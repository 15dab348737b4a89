# SPDX-License-Identifier: Apache-2.0
"""Makes the listener raise inside itself, in every hook and with what most handlers let through."""

from airflow.providers.common.compat.sdk import AirflowPlugin

from airflow_mpulse.plugins import listener


def explode(*_: object, **__: object) -> None:
    message = "meant to be raised inside the listener"
    raise SystemExit(message)


listener.is_reporting_task = explode
listener.read_reported_by_operators = explode
listener.REPORTER.finish = explode


class SaboteurPlugin(AirflowPlugin):
    name = "saboteur"

# SPDX-License-Identifier: Apache-2.0
"""The provider dictionary: data for Airflow's discovery, which every Airflow process reads."""

from __future__ import annotations

from typing import Any

from airflow_mpulse import __version__
from airflow_mpulse.connection_form import CONN_TYPE, HOOK_NAME, UI_FIELD_BEHAVIOUR, build_conn_fields
from airflow_mpulse.options import describe_section

INTEGRATION = "Akamai mPulse"


def get_provider_info() -> dict[str, Any]:
    """
    Describe the provider.

    :return: The dictionary that the entry point ``apache_airflow_provider`` gives to Airflow.
    """
    return {
        "package-name": "airflow-provider-mpulse",
        "name": HOOK_NAME,
        "description": "Pipelines on Akamai mPulse dashboards: a beacon for each finished run and task.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": INTEGRATION,
                "external-doc-url": "https://techdocs.akamai.com/mpulse/reference/beacons",
                "tags": ["service"],
            }
        ],
        "connection-types": [
            {
                "connection-type": CONN_TYPE,
                "hook-class-name": "airflow_mpulse.hooks.mpulse.MPulseHook",
                "hook-name": HOOK_NAME,
                "ui-field-behaviour": UI_FIELD_BEHAVIOUR,
                "conn-fields": build_conn_fields(),
            }
        ],
        "hooks": [{"integration-name": INTEGRATION, "python-modules": ["airflow_mpulse.hooks.mpulse"]}],
        "operators": [
            {"integration-name": INTEGRATION, "python-modules": ["airflow_mpulse.operators.mpulse"]}
        ],
        "notifications": ["airflow_mpulse.notifications.mpulse.MPulseNotifier"],
        "extra-links": ["airflow_mpulse.plugins.links.MPulseDashboardLink"],
        # No "plugins": Airflow finds ours by its entry point, and a name met twice makes Airflow 3.3 pass
        # over the plugins of the providers after it, in tasks, where providers are not discovered lazily.
        "config": describe_section(),
        # From Airflow 3.2; others do not know the key.
        "cli": ["airflow_mpulse.cli.definition.get_mpulse_cli_commands"],
    }

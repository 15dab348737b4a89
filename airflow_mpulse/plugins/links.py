# SPDX-License-Identifier: Apache-2.0
"""Links from the Airflow UI to the mPulse dashboard of a DAG's page group; built from options alone."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

from airflow_mpulse.exceptions import MPulseError
from airflow_mpulse.option_readers import read_dashboard_url, read_report_settings
from airflow_mpulse.reporting.dashboards import (
    build_dashboard_template,
    build_dashboard_url,
    cut_before_fields,
)
from airflow_mpulse.reporting.facts import RunFacts
from airflow_mpulse.version_compat import utc_now

_LOG = logging.getLogger(__name__)

NAME = "mPulse"

#: The beginnings of the IDs that Airflow gives to runs, which say the run's type.
_RUN_TYPES = ("scheduled", "backfill", "asset_triggered", "dataset_triggered")


class MPulseDashboardLink(BaseOperatorLink):
    """A button on every task that opens the dashboard of its DAG's page group."""

    name = NAME

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """
        Give the address of the dashboard.

        :param operator: The task.
        :param ti_key: The key of the task instance.
        :return: The address; empty where none is set, so that no button is shown.
        """
        try:
            pattern = read_dashboard_url()
            if not pattern:
                return ""
            run_type = next((t for t in _RUN_TYPES if ti_key.run_id.startswith(f"{t}__")), "manual")
            run = _a_run(operator.dag_id, ti_key.run_id, run_type)
            return build_dashboard_url(pattern, read_report_settings().page_group, run)
        except (MPulseError, AttributeError) as error:
            _LOG.warning("The link to the mPulse dashboard of %s is left out: %s", operator.dag_id, error)
            return ""


def build_external_views(dashboard_url: str, page_group: str) -> list[dict[str, Any]]:  # noqa: DOC502
    """
    Build the tabs on the pages of a DAG and of a run, for Airflow 3, which shows the address in a frame.

    :param dashboard_url: The pattern of the address.
    :param page_group: The pattern of the page group of runs.
    :return: External views; none where the page group depends on the run.
    :raises MPulseSettingsError: If a pattern cannot be used.
    """
    href = build_dashboard_template(dashboard_url, page_group, "{DAG_ID}")
    if href is None:
        return []
    # Without a route of its own Airflow shows no tab.
    return [
        {"name": NAME, "href": href, "destination": place, "url_route": f"mpulse-{place.replace('_', '-')}"}
        for place in ("dag", "dag_run")
    ]


def build_menu_items(dashboard_url: str) -> list[dict[str, Any]]:  # noqa: DOC502
    """
    Build the entry of the menu bar of Airflow 2.11, where pages of DAGs take no links of plugins.

    :param dashboard_url: The pattern of the address.
    :return: Menu items that open what is the same for every DAG.
    :raises MPulseSettingsError: If the pattern cannot be used.
    """
    return [{"name": NAME, "href": cut_before_fields(dashboard_url), "category": "Browse"}]


def _a_run(dag_id: str, run_id: str, run_type: str) -> RunFacts:
    return RunFacts(dag_id=dag_id, run_id=run_id, started_at=utc_now(), run_type=run_type)

# SPDX-License-Identifier: Apache-2.0
"""
The plugin that Airflow finds through the entry point ``airflow.plugins``.

Every Airflow process imports this module, so it imports little, and nothing in it may raise. What is switched
off is not there at all: a listener that is merely registered makes Airflow refuse DAGs with tasks that
end in a trigger.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import AirflowPlugin

from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS

_LOG = logging.getLogger(__name__)


def _build_listeners() -> list[Any]:
    try:
        from airflow_mpulse.option_readers import (
            is_reporting,
            read_delivery_settings,
            read_listener_settings,
        )

        if not is_reporting():
            return []
        settings = read_listener_settings()
        read_delivery_settings()
        from airflow_mpulse.plugins.listener import MPulseListener
        from airflow_mpulse.reporter.preload import preload

        preload(settings)
        return [MPulseListener(settings)]
    except Exception as error:  # noqa: BLE001 - whatever is wrong with us must not keep Airflow from starting
        _LOG.warning("Nothing reports itself to mPulse: %s", error)
        return []


def _build_links() -> tuple[list[Any], list[Any], list[Any]]:
    try:
        from airflow_mpulse.option_readers import read_dashboard_url, read_report_settings

        dashboard_url = read_dashboard_url()
        if not dashboard_url:
            return [], [], []
        from airflow_mpulse.plugins.links import MPulseDashboardLink, build_external_views, build_menu_items

        pattern = read_report_settings().page_group
        views = build_external_views(dashboard_url, pattern) if AIRFLOW_V_3_0_PLUS else []
        items = [] if AIRFLOW_V_3_0_PLUS else build_menu_items(dashboard_url)
        return views, items, [MPulseDashboardLink()]
    except Exception as error:  # noqa: BLE001 - a link is nothing to stop for
        _LOG.warning("No link to an mPulse dashboard is shown: %s", error)
        return [], [], []


class MPulsePlugin(AirflowPlugin):
    """The listener while ``[mpulse] report`` is on, and links while ``[mpulse] dashboard_url`` is set."""

    name = "mpulse"
    listeners = _build_listeners()
    external_views, appbuilder_menu_items, global_operator_extra_links = _build_links()

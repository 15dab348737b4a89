# SPDX-License-Identifier: Apache-2.0
"""
The mPulse app that the sandbox plays: its key, its domain and what its administrator has defined.

Only values live here. How the app is told to a client is in ``configuration``, how beacons are held against
it in ``judge``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

API_KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"
DOMAIN = "pipelines.local"
# Published on purpose: it guards nothing but this stand-in.
REST_API_SECRET = "sandbox-secret"  # noqa: S105

#: Of each kind. Source: WIB, MCP.
MAX_DEFINITIONS = 10
_FAILURES_METRIC = "Airflow Failures"


def _default_timers() -> dict[str, str]:
    names = (
        "Airflow Queue Wait",
        "Extract Time",
        "Transform Time",
        "Load Time",
        "Slowest Region",
        "Checksum Time",
    )
    return {name: f"custom{index}" for index, name in enumerate(names)}


def _default_metrics() -> dict[str, str]:
    return {
        _FAILURES_METRIC: "cmet.AirflowFailures",
        "Airflow Retries": "cmet.AirflowRetries",
        "Airflow Tasks Succeeded": "cmet.AirflowTasksSucceeded",
        "Airflow Tasks Failed": "cmet.AirflowTasksFailed",
        "Airflow Tasks Skipped": "cmet.AirflowTasksSkipped",
        "Airflow Tasks Upstream Failed": "cmet.AirflowTasksUpstreamFailed",
        "Rows Loaded": "cmet.RowsLoaded",
        # Label and name differ on purpose: a client that builds labels is found out here.
        "Files Checked": "cmet.FileCount",
    }


def _default_dimensions() -> dict[str, str]:
    return {
        "Airflow State": "cdim.AirflowState",
        "Airflow Operator": "cdim.AirflowOperator",
        "Airflow Run Type": "cdim.AirflowRunType",
        "Airflow DAG": "cdim.AirflowDAG",
        "Airflow Task": "cdim.AirflowTask",
        "Airflow Try": "cdim.AirflowTry",
        "Warehouse": "cdim.Warehouse",
        "Region": "cdim.SalesRegion",
    }


@dataclass(frozen=True, slots=True)
class SandboxApp:
    """
    One mPulse app, as its administrator has set it up.

    :param api_key: API key of the app.
    :param domain: Registered domain; its sub-domains are accepted too.
    :param rest_api_secret: REST API secret key that signs v2 configuration requests.
    :param timers: Custom timers, name to label, in the order of their index.
    :param metrics: Custom metrics, name to label, in the order of their index.
    :param dimensions: Custom dimensions, name to label, in the order of their index.
    :param include_bot_beacons: False refuses User-Agents that look like a bot, as the app's option
        *Include Bot Beacons* does when it is off.
    :param unknown_key_status: HTTP status for a missing or unknown API key; not documented by mPulse.
    :param bots_refused_status: HTTP status for a refused bot; not documented by mPulse.
    :param session_expiry_s: Session inactivity expiry in seconds, told as ``RT.session_exp``.
    :raises ValueError: If there are more than ten definitions of a kind, two with one label, or a label of
        another kind.

    Source: WIB, MCP (ten of each kind, indexes 0 to 9); IOS, MPJS, JL (form of the labels).
    """

    api_key: str = API_KEY
    domain: str = DOMAIN
    rest_api_secret: str = REST_API_SECRET
    timers: Mapping[str, str] = field(default_factory=_default_timers)
    metrics: Mapping[str, str] = field(default_factory=_default_metrics)
    dimensions: Mapping[str, str] = field(default_factory=_default_dimensions)
    include_bot_beacons: bool = True
    unknown_key_status: int = 404
    bots_refused_status: int = 403
    session_expiry_s: int = 1800

    def __post_init__(self) -> None:
        _check_definitions("timer", self.timers, r"custom[0-9]")
        _check_definitions("metric", self.metrics, r"cmet\..+")
        _check_definitions("dimension", self.dimensions, r"cdim\..+")

    def owns(self, domain: str) -> bool:
        """
        Tell whether a domain is the registered one or lies below it.

        :param domain: Domain as a client sent it.
        :return: True where mPulse would hand out a configuration.

        Source: C403.
        """
        asked = domain.lower()
        return asked == self.domain or asked.endswith(f".{self.domain}")

    def is_failure(self, metrics: Mapping[str, float]) -> bool:
        """
        Tell whether a beacon counts as a failure.

        :param metrics: The beacon's custom metrics, name to value.
        :return: True where the metric ``Airflow Failures`` is 1 or more.
        """
        return metrics.get(_FAILURES_METRIC, 0) >= 1


def _check_definitions(kind: str, definitions: Mapping[str, str], label_form: str) -> None:
    if len(definitions) > MAX_DEFINITIONS:
        message = f"An mPulse app has at most {MAX_DEFINITIONS} custom {kind}s, not {len(definitions)}"
        raise ValueError(message)
    if len(set(definitions.values())) < len(definitions):
        message = f"Two custom {kind}s have the same label"
        raise ValueError(message)
    for name, label in definitions.items():
        if not re.fullmatch(label_form, label):
            message = f"{label!r} is not a label of a custom {kind} (of {name!r})"
            raise ValueError(message)

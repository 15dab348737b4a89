# SPDX-License-Identifier: Apache-2.0
"""
Readers of the ``[mpulse]`` section.

Every read passes its default, because Airflow 2.11 and 3.1 do not know a provider's defaults everywhere.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import conf

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.options import OPTIONS, SECTION
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.dashboards import check_dashboard_url
from airflow_mpulse.reporting.filters import Filters
from airflow_mpulse.reporting.page_groups import check_run_pattern, check_task_pattern
from airflow_mpulse.reporting.well_known import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.protocol.config import Kind

REPORTS = ("none", "runs", "tasks", "all")

DELIVERIES = ("direct", "outbox")

#: Airflow ends a task that lingers for 20 seconds after its work; this stays far below.
MAX_WAIT_S = 10.0
MAX_OUTBOX_AGE_S = 7 * 86_400.0
MAX_OUTBOX_BEACONS = 1_000_000


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """
    What reports itself, over which connection, and how.

    :param runs: Whether runs do.
    :param tasks: Whether tasks do.
    :param filters: Which of them.
    :param report: How they are reported.
    :param report_retries: Whether a try that will be tried again is reported.
    :param mpulse_conn_id: The connection's ID.
    """

    runs: bool
    tasks: bool
    filters: Filters
    report: ReportSettings
    report_retries: bool
    mpulse_conn_id: str


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """
    How beacons leave, and where they wait.

    :param uses_outbox_only: Whether a task only writes its beacon into the outbox.
    :param wait_s: How long a task waits at most for its beacon, in seconds.
    :param cache_folders: Where processes share the configuration: folders, the preferred one first.
    :param outbox: Where beacons wait; ``None`` in the folder that is chosen of these.
    :param is_outbox_on: Whether beacons wait at all.
    :param outbox_max_age: How long a beacon waits at most.
    :param outbox_max_beacons: How many wait at most.
    """

    uses_outbox_only: bool
    wait_s: float
    cache_folders: tuple[Path, ...]
    outbox: Path | None
    is_outbox_on: bool
    outbox_max_age: timedelta
    outbox_max_beacons: int


def is_reporting() -> bool:  # noqa: DOC502
    """
    Tell whether anything reports itself.

    :return: Whether ``[mpulse] report`` is something else than ``none``.
    :raises MPulseSettingsError: If it is none of the known values.
    """
    return _read_report() != "none"


def read_listener_settings() -> ListenerSettings:  # noqa: DOC502
    """
    Read what reports itself, and how.

    :return: The settings of the section.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    report = _read_report()
    return ListenerSettings(
        runs=report in {"runs", "all"},
        tasks=report in {"tasks", "all"},
        filters=Filters(
            include=_read_list("include_dags") or ("*",),
            exclude=_read_list("exclude_dags"),
            exclude_tag=_read("exclude_tag").strip(),
            sample_rate=_read_number("sample_rate", 1.0),
        ),
        report=read_report_settings(),
        report_retries=_read_flag("report_retries"),
        mpulse_conn_id=read_conn_id(),
    )


def read_report_settings() -> ReportSettings:  # noqa: DOC502
    """
    Read how facts are to be reported.

    :return: The settings of the section.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    return ReportSettings(
        page_group=_read_checked("page_group", check_run_pattern),
        task_page_group=_read_checked("task_page_group", check_task_pattern),
        send_url=_read_flag("send_url"),
        fact_timers=_read_fact_map("timers", "timer"),
        fact_metrics=_read_fact_map("metrics", "metric"),
        fact_dimensions=_read_fact_map("dimensions", "dimension"),
    )


def read_conn_id() -> str:
    """
    Read over which connection runs and tasks report themselves.

    :return: The connection's ID.
    :raises MPulseSettingsError: If the option is empty.
    """
    value = _read("mpulse_conn_id").strip()
    if not value:
        msg = f"The option [{SECTION}] mpulse_conn_id is empty; it must be the ID of a connection."
        raise MPulseSettingsError(msg)
    return value


def read_wait_s() -> float:  # noqa: DOC502
    """
    Read how long a task waits for its beacon.

    :return: Seconds, from 0 to :data:`MAX_WAIT_S`.
    :raises MPulseSettingsError: If the option has a value that cannot be used.
    """
    return _read_number("wait_s", MAX_WAIT_S)


def read_delivery_settings() -> DeliverySettings:  # noqa: DOC503
    """
    Read how beacons leave, and where they wait.

    :return: The settings of the section.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    delivery = _read_choice("delivery", DELIVERIES)
    outbox = _read("outbox").strip()
    is_outbox_on = outbox.lower() != "off"
    if delivery == "outbox" and not is_outbox_on:
        msg = f"The option [{SECTION}] delivery is 'outbox' while outbox is 'off'; one of them must change."
        raise MPulseSettingsError(msg)
    return DeliverySettings(
        uses_outbox_only=delivery == "outbox",
        wait_s=read_wait_s(),
        cache_folders=_read_cache_folders(),
        outbox=_read_folder("outbox") if is_outbox_on else None,
        is_outbox_on=is_outbox_on,
        outbox_max_age=timedelta(seconds=_read_number("outbox_max_age_s", MAX_OUTBOX_AGE_S, least=1.0)),
        outbox_max_beacons=int(_read_number("outbox_max_beacons", MAX_OUTBOX_BEACONS, least=1.0)),
    )


def read_dashboard_url() -> str:  # noqa: DOC502
    """
    Read the pattern of the dashboard's address.

    :return: The pattern, empty where none is set.
    :raises MPulseSettingsError: If it is no web address, or has an unknown field.
    """
    pattern = _read("dashboard_url").strip()
    if not pattern:
        return ""
    parts = urlsplit(pattern)
    if parts.scheme not in {"http", "https"} or not parts.netloc or "{" in parts.netloc:
        msg = (
            f"The option [{SECTION}] dashboard_url is {pattern!r}; it must be a web address, such as "
            f"{OPTIONS['dashboard_url'].example}."
        )
        raise MPulseSettingsError(msg)
    return _checked("dashboard_url", pattern, check_dashboard_url)


def _read(name: str) -> str:
    return str(conf.get(SECTION, name, fallback=OPTIONS[name].default))


def _read_report() -> str:
    return _read_choice("report", REPORTS)


def _read_choice(name: str, choices: tuple[str, ...]) -> str:
    value = _read(name).strip().lower()
    if value not in choices:
        msg = f"The option [{SECTION}] {name} is {value!r}; it must be one of {', '.join(choices)}."
        raise MPulseSettingsError(msg)
    return value


def _read_cache_folders() -> tuple[Path, ...]:
    from airflow.configuration import get_airflow_home

    chosen = _read_folder("cache_dir")
    if chosen is not None:
        return (chosen,)
    return Path(get_airflow_home()) / "mpulse", Path(tempfile.gettempdir()) / f"mpulse-{os.geteuid()}"


def _read_folder(name: str) -> Path | None:
    value = os.path.expandvars(_read(name).strip())
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_absolute():
        msg = f"The option [{SECTION}] {name} is {value!r}; it must be an absolute path of a folder."
        raise MPulseSettingsError(msg)
    return path


def _read_list(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _read(name).split(",") if part.strip())


def _read_number(name: str, greatest: float, *, least: float = 0.0) -> float:
    value = _read(name).strip()
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not least <= number <= greatest:
        bounds = f"from {least:g} to {greatest:.0f}"
        msg = f"The option [{SECTION}] {name} is {value!r}; it must be a number {bounds}."
        raise MPulseSettingsError(msg)
    return number


def _read_flag(name: str) -> bool:
    value = _read(name).strip().lower()
    if value not in {"true", "t", "1", "false", "f", "0"}:
        msg = f"The option [{SECTION}] {name} is {value!r}; it must be True or False."
        raise MPulseSettingsError(msg)
    return value in {"true", "t", "1"}


def _read_checked(name: str, check: Callable[[str], None]) -> str:
    return _checked(name, _read(name), check)


def _checked(name: str, value: str, check: Callable[[str], None]) -> str:
    try:
        check(value)
    except MPulseSettingsError as error:
        msg = f"The option [{SECTION}] {name} cannot be used: {error}"
        raise MPulseSettingsError(msg) from None
    return value


def _read_fact_map(name: str, kind: Kind) -> dict[str, str]:
    text = _read(name).strip() or "{}"
    facts = ", ".join(FACTS[kind])
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(fact, str) for fact in value.values()):
        msg = f"The option [{SECTION}] {name} must be a JSON object of names to facts; facts are {facts}."
        raise MPulseSettingsError(msg)
    for label, fact in value.items():
        if fact not in FACTS[kind]:
            msg = f"The option [{SECTION}] {name} puts {fact!r} under {label!r}; facts are {facts}."
            raise MPulseSettingsError(msg)
    return value

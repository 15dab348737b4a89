# SPDX-License-Identifier: Apache-2.0
"""
The command ``airflow-mpulse check``: what this process finds of the connection, the app and the settings.

It sends nothing to the collector unless it is told to, and says what it has proved and what it cannot prove.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_mpulse.cli.check_options import show_options
from airflow_mpulse.cli.check_storage import show_storage
from airflow_mpulse.cli.connection import choose_conn_id, find, make_hook
from airflow_mpulse.cli.terminal import Terminal
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.reporting.well_known import WELL_KNOWN_NAMES
from airflow_mpulse.version_compat import utc_now

if TYPE_CHECKING:
    import argparse

    from airflow_mpulse.cli.connection import Search
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.hooks.mpulse import MPulseHook
    from airflow_mpulse.protocol.config import BeaconConfig, Kind

#: The page group of the beacon that ``--send`` sends.
PAGE_GROUP = "airflow-mpulse check"

_KINDS: tuple[Kind, ...] = ("timer", "metric", "dimension")


@dataclass(slots=True)
class _Findings:
    proved: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    service: ServiceSettings | None = None
    reached_collector: bool = False


def run(arguments: argparse.Namespace) -> int:
    """
    Check connection, configuration and settings.

    :param arguments: Parsed arguments of the command.
    :return: Exit status; 1 where beacons cannot be sent.
    """
    terminal, findings = Terminal(), _Findings()
    try:
        hook = make_hook(choose_conn_id(arguments.conn_id))
    except MPulseSettingsError as error:
        findings.problems.append(str(error))
    else:
        try:
            _check_service(terminal, findings, hook, send=arguments.send)
        finally:
            hook.close()
    _show_settings(terminal, findings)
    return _conclude(terminal, findings)


def _show_settings(terminal: Terminal, findings: _Findings) -> None:
    try:
        settings = read_delivery_settings()
    except MPulseSettingsError:
        pass  # The sentence comes with the options.
    else:
        findings.problems += show_storage(terminal, settings, findings.service)
    findings.problems += show_options(terminal)


def _check_service(terminal: Terminal, findings: _Findings, hook: MPulseHook, *, send: bool) -> None:
    try:
        findings.service = _show_connection(terminal, hook)
        findings.proved.append("This process can read the connection.")
        duration_ms = _show_configuration(terminal, hook)
        findings.proved.append(
            "mPulse knows its API key and its domain, and gives a configuration to send with."
        )
        if send:
            _send_beacon(terminal, hook, duration_ms)
            findings.proved.append("The collector received a beacon.")
            findings.reached_collector = True
    except MPulseError as error:
        findings.problems.append(str(error))


def _show_connection(terminal: Terminal, hook: MPulseHook) -> ServiceSettings:
    terminal.title(f"Connection {hook.mpulse_conn_id}")
    terminal.facts(_describe_search(find(hook.mpulse_conn_id)))
    settings = hook.get_conn().settings
    terminal.hide(settings.secrets)
    terminal.facts(_describe_settings(settings))
    return settings


def _describe_search(search: Search) -> list[tuple[str, str]]:
    if search.found is None:
        return [("looked in", place) for place in search.asked]
    return [("found in", search.found), *(("looked before", place) for place in search.asked[:-1])]


def _describe_settings(settings: ServiceSettings) -> list[tuple[str, str]]:
    return [
        ("service", settings.base_url),
        ("domain", settings.domain),
        ("API key", "set"),
        ("request", "signed (v2)" if settings.rest_api_secret else "plain (v1), no REST API secret is set"),
        ("User-Agent", settings.user_agent),
        ("timeout", f"{settings.timeout_s:g} s"),
        ("authorities", "the system's" if settings.verify is True else str(settings.verify)),
    ]


def _show_configuration(terminal: Terminal, hook: MPulseHook) -> int:
    started_s = time.perf_counter()
    config = hook.get_config(refresh=True)
    duration_ms = round((time.perf_counter() - started_s) * 1000)
    terminal.hide((config.h_cr,))
    terminal.title("Configuration of the app")
    terminal.facts(
        [
            ("fetched", f"in {duration_ms} ms"),
            ("domain", config.h_d),
            ("collector", config.beacon_url),
            ("defines", ", ".join(_count(config, kind) for kind in _KINDS)),
        ]
    )
    rows = _list_names(config)
    if rows:
        terminal.table(("Kind", "Name", "Label", "Filled in with"), rows)
        terminal.say("  Names with a fact beside them are well known: they are filled in by themselves.")
    missing = [known.name for known in WELL_KNOWN_NAMES if known.name not in config.labels(known.kind)]
    if missing:
        terminal.say(f"  Well known, too, once the app defines them: {', '.join(missing)}.")
    return duration_ms


def _count(config: BeaconConfig, kind: Kind) -> str:
    number = len(config.labels(kind))
    return f"{number} custom {kind}{'' if number == 1 else 's'}"


def _list_names(config: BeaconConfig) -> list[tuple[str, str, str, str]]:
    facts = {(known.kind, known.name): known.fact for known in WELL_KNOWN_NAMES}
    return [
        (kind, name, label, facts.get((kind, name), ""))
        for kind in _KINDS
        for name, label in config.labels(kind).items()
    ]


def _send_beacon(terminal: Terminal, hook: MPulseHook, duration_ms: int) -> None:
    # A duration that was really measured: one that is made up would bend somebody's percentiles.
    now = utc_now()
    hook.send_beacon(Beacon(PAGE_GROUP, now - timedelta(milliseconds=duration_ms), now))
    terminal.say(f"  Sent a beacon: page group {PAGE_GROUP!r}, {duration_ms} ms.")


def _conclude(terminal: Terminal, findings: _Findings) -> int:
    not_proved = ["That mPulse accepts a beacon: it answers 204 to each one. Its dashboards show it."]
    if not findings.reached_collector:
        not_proved.append("That the collector can be reached: --send sends it a beacon.")
    not_proved.append(
        "What other machines and users find: run this as Airflow's user wherever tasks and schedulers run."
    )
    terminal.title("What this proves, and what not")
    terminal.facts(
        [("proved", sentence) for sentence in findings.proved]
        + [("not proved", sentence) for sentence in not_proved]
    )
    return terminal.complain(findings.problems[0]) if findings.problems else 0

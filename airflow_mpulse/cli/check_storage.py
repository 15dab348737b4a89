# SPDX-License-Identifier: Apache-2.0
"""The part of ``airflow-mpulse check`` about what processes of this machine share: cache and outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.delivery.moments import system_moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.exceptions import OutboxError
from airflow_mpulse.shared_state import find_cache_folder, open_breaker, open_outbox, open_store
from airflow_mpulse.version_compat import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.cli.terminal import Terminal
    from airflow_mpulse.delivery.outbox import OutboxState
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.option_readers import DeliverySettings


def show_storage(
    terminal: Terminal, settings: DeliverySettings, service: ServiceSettings | None
) -> list[str]:
    """
    Show what is in the cache and in the outbox.

    :param terminal: Where it is shown.
    :param settings: What the options say.
    :param service: The connection's settings, ``None`` where it cannot be used.
    :return: A sentence about what keeps beacons from waiting.
    """
    terminal.title("Shared by the processes of this machine")
    facts = [("cache", _describe_folder(find_cache_folder(settings)))]
    if service is not None:
        facts += [("configuration", _describe_configuration(service)), ("pause", _describe_pause(service))]
    outbox = open_outbox(settings)
    if outbox is None:
        terminal.facts([*facts, ("outbox", "off: what cannot be sent is dropped")])
        return []
    facts += [("outbox", _describe_folder(outbox.path))]
    problems = []
    try:
        facts += _describe_outbox(outbox.describe())
    except OutboxError as error:
        problems.append(str(error))
    terminal.facts(facts)
    return problems


def _describe_folder(path: Path) -> str:
    try:
        PrivateFolder(path).ensure()
    except OSError as error:
        return f"{path} (cannot be used: {error.strerror or error})"
    return str(path)


def _describe_configuration(service: ServiceSettings) -> str:
    stored = open_store(service).load()
    now = system_moment()
    if stored is not None and stored.answer is not None:
        age_s = now.elapsed_s(stored.answer.arrived)
        if age_s is not None:
            return f"kept, {age_s:.0f} s old; asked for anew after {stored.answer.fresh_s:.0f} s"
    if stored is not None and stored.error is not None:
        age_s = now.elapsed_s(stored.error.met)
        if age_s is not None and age_s < stored.error.lasts_s:
            return f"refused; not asked for again for {stored.error.lasts_s - age_s:.0f} s"
    return "none is kept"


def _describe_pause(service: ServiceSettings) -> str:
    left_s = open_breaker(service).left_s()
    if left_s is None or left_s <= 0:
        return "none"
    return f"mPulse is left alone for {left_s:.0f} s more by tasks, because it has just failed"


def _describe_outbox(state: OutboxState) -> list[tuple[str, str]]:
    waiting = str(state.waiting)
    if state.oldest_at is not None:
        waiting += f", the oldest for {(utc_now() - state.oldest_at).total_seconds():.0f} s"
    facts = [("waiting", waiting)]
    if state.taken:
        facts.append(("being sent", str(state.taken)))
    if state.unreadable:
        facts.append(("unreadable", f"{state.unreadable}, set aside in its folder unreadable"))
    return facts

# SPDX-License-Identifier: Apache-2.0
"""The command ``airflow-mpulse send``: one beacon, made of what is written on the command line."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_mpulse.cli.connection import choose_conn_id, make_hook
from airflow_mpulse.cli.terminal import Terminal
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.reporting.arguments import Arguments

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import datetime


def run(arguments: argparse.Namespace) -> int:
    """
    Send one beacon.

    :param arguments: Parsed arguments of the command.
    :return: Exit status; 1 where the beacon was not received.
    """
    from airflow_mpulse.version_compat import utc_now

    terminal = Terminal()
    try:
        reader = Arguments("the command")
        beacon = build_beacon(arguments, reader, utc_now())
        for remark in reader.remarks:
            terminal.warn(remark)
        hook = make_hook(choose_conn_id(arguments.conn_id))
        try:
            terminal.hide(hook.get_conn().settings.secrets)
            hook.send_beacon(beacon)
        finally:
            hook.close()
    except MPulseError as error:
        return terminal.complain(str(error))
    terminal.say(
        f"Sent a beacon to mPulse: page group {beacon.page_group!r}, {beacon.duration_ms} ms. "
        "It was received; whether it is accepted, mPulse never says."
    )
    return 0


def build_beacon(  # noqa: DOC503
    arguments: argparse.Namespace, reader: Arguments, now: datetime
) -> Beacon:
    """
    Build the beacon.

    :param arguments: Parsed arguments of the command.
    :param reader: Reads the values, and collects remarks about those that are left out.
    :param now: The present, with a time zone.
    :return: The beacon; it ends now, or as long after ``started_at`` as it lasts.
    :raises MPulseSettingsError: If a name stands twice, a value cannot be sent, or it would end after 9999.
    :raises BeaconError: If another part of it cannot be sent.
    """
    duration = timedelta(milliseconds=arguments.duration_ms)
    try:
        started_at = arguments.started_at or now - duration
        ended_at = started_at + duration
    except OverflowError:
        msg = f"The beacon would end after the year 9999, as --started-at is {arguments.started_at}."
        raise MPulseSettingsError(msg) from None
    return Beacon(
        page_group=arguments.page_group,
        started_at=started_at,
        ended_at=ended_at,
        url=arguments.url,
        ab_test=arguments.ab_test,
        site_version=arguments.site_version,
        timers=reader.timers("--timer", _by_name("--timer", arguments.timer)),
        metrics=reader.metrics("--metric", _by_name("--metric", arguments.metric)),
        dimensions=reader.dimensions("--dimension", _by_name("--dimension", arguments.dimension)),
    )


def _by_name(flag: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            msg = f"The argument {flag} of the command names {name!r} twice; a beacon holds one value of it."
            raise MPulseSettingsError(msg)
        values[name] = value
    return values

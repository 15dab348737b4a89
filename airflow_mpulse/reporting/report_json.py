# SPDX-License-Identifier: Apache-2.0
"""
A report as JSON, for one that has to wait until mPulse can be reached.

It holds facts, not a beacon: which names the app defines is asked when it is sent. No key and no token
is in it.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings
from airflow_mpulse.reporting.facts import RunFacts, TaskCounts, TaskFacts
from airflow_mpulse.reporting.report import Report

T = TypeVar("T")

#: How a decimal number is told from text, since JSON has no decimals.
_DECIMAL = "decimal"

_NAMES = {
    kind: [each.name for each in fields(kind)] for kind in (RunFacts, TaskFacts, TaskCounts, ReportSettings)
}

#: What the types of facts and settings are called there.
_KINDS: Mapping[str, type] = {
    "bool": bool,
    "datetime": datetime,
    "int": int,
    "None": type(None),
    "str": str,
    "TaskCounts": TaskCounts,
}

_INSTANTS = ("started_at", "ended_at", "queued_at")


def report_to_json(report: Report) -> dict[str, Any]:
    """
    Write a report as plain values.

    :param report: The report.
    :return: What JSON can hold.
    """
    return {
        "run": _write(report.run),
        "task": None if report.task is None else _write(report.task),
        "mpulse_conn_id": report.mpulse_conn_id,
        "settings": _write(report.settings),
        "values": _write_values(report.values),
        "measured": _write_values(report.measured),
    }


def report_from_json(written: object) -> Report:
    """
    Read a report.

    :param written: What :func:`report_to_json` gave, after JSON.
    :return: The report.
    :raises BeaconError: If it is none.
    """
    try:
        return _read_report(written)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        msg = "What was kept is no report of this package's, or of a version of it that writes another form."
        raise BeaconError(msg) from None


def _read_report(written: Any) -> Report:
    run = _read_instants(written["run"])
    if run["counts"] is not None:
        run["counts"] = _make(TaskCounts, run["counts"])
    task = written["task"]
    conn_id = written["mpulse_conn_id"]
    if not isinstance(conn_id, str):
        raise TypeError
    return Report(
        run=_make(RunFacts, run),
        task=None if task is None else _make(TaskFacts, _read_instants(task)),
        mpulse_conn_id=conn_id,
        settings=_make(ReportSettings, written["settings"]),
        values=_read_values(written["values"]),
        measured=_read_values(written["measured"]),
    )


def _write(facts: RunFacts | TaskFacts | TaskCounts | ReportSettings) -> dict[str, Any]:
    return {name: _write_fact(getattr(facts, name)) for name in _NAMES[type(facts)]}


def _write_fact(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, TaskCounts):
        return _write(value)
    # Whatever kind of mapping the settings hold.
    return dict(value) if isinstance(value, Mapping) else value


def _read_instants(written: Mapping[str, Any]) -> dict[str, Any]:
    instants = {
        name: None if written[name] is None else _read_instant(written[name])
        for name in _INSTANTS
        if name in written
    }
    return {**written, **instants}


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError
    return instant


def _make(kind: type[T], values: Mapping[str, Any]) -> T:
    # A field that a later version has added is passed over, so that an older one can still send the rest.
    known = {each.name: str(each.type).split(" | ") for each in fields(kind)}  # type: ignore[arg-type]
    for name in known.keys() & values.keys():
        if not any(_is(each, values[name]) for each in known[name]):
            raise TypeError
    return kind(**{name: value for name, value in values.items() if name in known})


def _is(kind: str, value: Any) -> bool:
    if kind == "NameMap":
        return isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values())
    return isinstance(value, _KINDS[kind])


def _write_values(values: AuthorValues) -> dict[str, Any]:
    return {
        "timers": {name: _write_value(value) for name, value in values.timers.items()},
        "metrics": {name: _write_value(value) for name, value in values.metrics.items()},
        "dimensions": {name: _write_value(value) for name, value in values.dimensions.items()},
    }


def _write_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    # A value of another kind is sent as an error's cause would say it: the beacon refuses it by its type.
    return float(value) if isinstance(value, numbers.Real) else str(value)


def _read_values(written: Mapping[str, Mapping[str, Any]]) -> AuthorValues:
    return AuthorValues(
        **{
            kind: {name: _read_value(value) for name, value in written[kind].items()}
            for kind in ("timers", "metrics", "dimensions")
        }
    )


def _read_value(value: Any) -> Any:
    return Decimal(value[_DECIMAL]) if isinstance(value, Mapping) else value

# SPDX-License-Identifier: Apache-2.0
"""What each field of a beacon means, in which unit it is, and where that is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.custom_data import split_timers
from airflow_mpulse.sandbox.numbers import parse_whole
from airflow_mpulse.sandbox.views.sessions import to_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.sandbox.app import SandboxApp

_EPOCH_MS = "ms since the Unix epoch"

#: Meaning, unit and source, by the name on the wire.
_FIELDS: Mapping[str, tuple[str, str, str]] = {
    "api": ("the beacon is sent by an API, not by a browser", "", "POSTB"),
    "api.v": ("version of the configuration request: 2 when it was signed", "", "POSTB"),
    "api.l": ("name of the sending library", "", "MPJS"),
    "api.lv": ("version of the sending library", "", "MPJS"),
    "v": ("version of boomerang", "", "WIB"),
    "h.key": ("API key of the app", "", "POSTB"),
    "h.d": ("registered domain of the app", "", "POSTB"),
    "d": ("domain of the page", "", "WIB"),
    "h.t": ("when the configuration's token was made", _EPOCH_MS, "POSTB"),
    "h.cr": ("token that belongs to h.t", "", "POSTB"),
    "h.pg": ("page group", "", "WIB"),
    "h.ab": ("A/B bucket", "", "WIB"),
    "h.v": ("site version", "", "WIB"),
    "rt.start": ("how the timing began", "", "POSTB"),
    "rt.tstart": ("start of the page load", _EPOCH_MS, "WIB"),
    "rt.end": ("end of the page load", _EPOCH_MS, "POSTB"),
    "rt.si": ("session ID", "", "WIB"),
    "rt.ss": ("start of the session", _EPOCH_MS, "WIB"),
    "rt.sl": ("session length: pages so far", "pages", "WIB"),
    "rt.tt": ("sum of the session's page load times", "ms", "WIB"),
    "rt.obo": ("pages of the session without a page load time", "pages", "WIB"),
    "t_done": ("page load time", "ms", "WIB"),
    "t_resp": ("time to the first byte", "ms", "WIB"),
    "t_page": ("time from the first byte to the end", "ms", "WIB"),
    "t_other": ("custom timers, label|duration, joined by commas", "ms", "WIB"),
    "u": ("address of the page", "", "WIB"),
    "pgu": ("address that the page group is made of", "", "WIB"),
    "r": ("referrer", "", "WIB"),
    "nu": ("address of the next page", "", "WIB"),
    "pid": ("page ID", "", "WIB"),
    "n": ("number of the beacon on its page", "", "WIB"),
    "http.initiator": ("beacon type", "", "WIB"),
    "http.method": ("HTTP method", "", "WIB"),
    "http.errno": ("HTTP status or network error", "", "WIB"),
    "mob.ct": ("connection type", "", "WIB"),
}

_FAMILIES: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (r"cmet\..+", ("custom metric", "", "WIB")),
    (r"cdim\..+", ("custom dimension", "", "WIB")),
    (r"custom[0-9]_st", ("start of a custom timer", _EPOCH_MS, "WIB")),
)


def explain(name: str) -> dict[str, object]:
    """
    Explain a field.

    :param name: Its name on the wire.
    :return: ``meaning``, ``unit`` and ``source``; None each for a field that is not known, and for a unit
        that there is not.
    """
    known = _FIELDS.get(name) or next(
        (entry for form, entry in _FAMILIES if re.fullmatch(form, name, re.DOTALL)), (None, None, None)
    )
    meaning, unit, source = known
    return {"meaning": meaning, "unit": unit or None, "source": source}


def show(name: str, value: str, app: SandboxApp) -> str | None:
    """
    Write a value as a person reads it.

    :param name: The field's name on the wire.
    :param value: Its value.
    :param app: The app whose names are used.
    :return: An instant, a duration, or the app's own name; None where the value speaks for itself.
    """
    unit = explain(name)["unit"]
    number = parse_whole(value)
    if unit == _EPOCH_MS and number is not None:
        return to_iso(number)
    if name == "t_other":
        names = {label: timer for timer, label in app.timers.items()}
        parts = [(names.get(label, label), elapsed or "") for label, elapsed in split_timers(value)]
        return ", ".join(f"{timer} {elapsed} ms" for timer, elapsed in parts)
    if unit == "ms" and number is not None:
        return _show_duration(number)
    labels = {**app.metrics, **app.dimensions}
    return next((own for own, label in labels.items() if label == name), None)


def _show_duration(duration_ms: int) -> str | None:
    if duration_ms < 1000:
        return None
    minutes, rest_ms = divmod(duration_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest_ms / 1000:g} s")
    return " ".join(part for part in parts if part)

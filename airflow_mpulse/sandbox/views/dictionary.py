# SPDX-License-Identifier: Apache-2.0
"""What each field of a beacon means, in which unit it is, and where that is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.custom_data import split_timers
from airflow_mpulse.sandbox.judge.vocabulary import is_browser_only
from airflow_mpulse.sandbox.numbers import parse_whole
from airflow_mpulse.sandbox.views.sessions import to_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.sandbox.app import SandboxApp

_EPOCH_MS = "ms since the Unix epoch"

# Meaning, unit and source, by the name on the wire. Where a field has more to it than fits a line, the judge
# says so when it matters.
_FIELDS: Mapping[str, tuple[str, str, str]] = {
    "api": ("sent by an API, not by a browser", "", "POSTB, WIB"),
    "api.v": ("version of the API: 1, or 2 with a signed configuration", "", "POSTB, MPJS"),
    "api.l": ("name of the sending library", "", "MPJS, PP"),
    "api.lv": ("version of the sending library", "", "MPJS"),
    "v": ("version of boomerang", "", "WIB"),
    "h.key": ("API key of the app", "", "POSTB"),
    "h.d": ("domain under which the beacon is filed", "", "POSTB"),
    "h.t": ("when the token h.cr was made, by the server's clock", _EPOCH_MS, "POSTB, WIB"),
    "h.cr": ("token that belongs to h.t", "", "POSTB, WIB"),
    "d": ("registered domain, as JavaScript clients repeat it", "", "MPJS, PP"),
    "h.pg": ("page group", "", "WIB"),
    "h.ab": ("A/B bucket", "", "MPJS"),
    "h.v": ("version of the site", "", "WIB"),
    "http.initiator": ("beacon type; a page view where it is missing", "", "WIB, MPJS"),
    "rt.start": ("how the start was found", "", "POSTB, WIB"),
    "rt.tstart": ("start of what was measured", _EPOCH_MS, "BOOM, JL"),
    "rt.end": ("end of what was measured, by the sender's clock", _EPOCH_MS, "POSTB, WIB"),
    "rt.si": ("session ID", "", "WIB, POSTB"),
    "rt.ss": ("start of the session", _EPOCH_MS, "WIB"),
    "rt.sl": ("session length: pages so far, this one included", "pages", "WIB"),
    "rt.tt": ("sum of the session's page load times", "ms", "WIB"),
    "rt.obo": ("pages of the session without a page load time", "pages", "WIB"),
    "rt.subres": ("does not count towards the session length", "", "WIB"),
    "t_done": ("page load time", "ms", "WIB, SLATE"),
    "t_resp": ("time to the first byte", "ms", "WIB"),
    "t_page": ("time from the first byte to the end", "ms", "WIB"),
    "t_other": ("custom timers: label|duration, joined by commas", "ms", "WIB"),
    "u": ("address of the page", "", "WIB"),
    "pgu": ("address of the page where u is another", "", "WIB"),
    "r": ("address of the page before", "", "WIB"),
    "r2": ("referrer where r is another", "", "WIB"),
    "nu": ("address of the next page", "", "WIB"),
    "pid": ("page ID", "", "WIB"),
    "n": ("number of the beacon on its page, from 1", "", "WIB, PP"),
    "http.method": ("HTTP method; GET where it is missing", "", "WIB"),
    "http.errno": ("HTTP status, or a negative network error", "", "WIB"),
    "http.hdr": ("a detail of an XHR", "", "WIB"),
    "http.type": ("f for a request by fetch", "", "WIB"),
    "xhr.sync": ("a synchronous XHR", "", "WIB"),
    "fetch.bnu": ("a fetch whose body was not used", "", "WIB"),
    "err": ("errors of the application, compressed", "", "BOOM, WIB"),
    "mob.ct": ("type of the mobile connection", "", "WIB"),
    "ua.os": ("operating system of a mobile sender", "", "SLATE"),
    "ua.osv": ("version of that operating system", "", "SLATE"),
}

_FAMILIES: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (r"cmet\..+", ("custom metric", "", "WIB, CUSTOM")),
    (r"cdim\..+", ("custom dimension", "", "WIB")),
    (r"custom[0-9]_st", ("start of a custom timer", _EPOCH_MS, "WIB")),
)

_BROWSERS_OWN = ("what a browser measures or a CDN adds; a server sends none of it", "", "WIB")


def explain(name: str) -> dict[str, object]:
    """
    Explain a field.

    :param name: Its name on the wire.
    :return: ``meaning``, ``unit`` and ``source``; None each for a field that is not known, and for a unit
        that there is not.
    """
    meaning, unit, source = _find(name) or (None, None, None)
    return {"meaning": meaning, "unit": unit or None, "source": source}


def _find(name: str) -> tuple[str, str, str] | None:
    if name in _FIELDS:
        return _FIELDS[name]
    for form, entry in _FAMILIES:
        if re.fullmatch(form, name, re.DOTALL):
            return entry
    return _BROWSERS_OWN if is_browser_only(name) else None


def show(name: str, value: str, app: SandboxApp) -> str | None:
    """
    Write a value as a person reads it.

    :param name: The field's name on the wire.
    :param value: Its value.
    :param app: The app whose names are used.
    :return: An instant, a duration, or the app's own name; None where the value speaks for itself.
    """
    unit, number = explain(name)["unit"], parse_whole(value)
    if name == "t_other":
        return _show_timers(value, app)
    if unit == _EPOCH_MS and number is not None:
        return to_iso(number)
    if unit == "ms" and number is not None:
        return _show_duration(number)
    labels = {**app.metrics, **app.dimensions}
    return next((own for own, label in labels.items() if label == name), None)


def _show_timers(value: str, app: SandboxApp) -> str:
    names = {label: name for name, label in app.timers.items()}
    timers = ((names.get(label, label), elapsed) for label, elapsed in split_timers(value))
    return ", ".join(f"{name} {elapsed} ms" if elapsed else name for name, elapsed in timers)


def _show_duration(duration_ms: int) -> str | None:
    if duration_ms < 1000:
        return None
    minutes, rest_ms = divmod(duration_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    parts = ((f"{hours}", "h"), (f"{minutes}", "min"), (f"{rest_ms / 1000:g}", "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0")

# SPDX-License-Identifier: Apache-2.0
"""
Scripted faults: what they are called, what they take, and the script that hands them out in order.

What a fault answers is in ``fault_replies``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLACES = ("configuration", "beacon")
"""Where a fault can be."""

_TOKENS = ("h.key", "h.d", "h.t", "h.cr")
_MAX_DELAY_S = 600
_MAX_SIZE_BYTES = 64 * 1024 * 1024

EVERYWHERE_KINDS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"status", "body", "retry_after"}),
    "delay": frozenset(),
    "html": frozenset({"status", "body"}),
    "redirect": frozenset({"status", "location", "retry_after"}),
    "huge": frozenset({"size_bytes"}),
    "drop": frozenset(),
}
"""Kinds for configuration and beacon alike, with the settings that they take beyond the common ones."""

CONFIGURATION_KINDS: Mapping[str, frozenset[str]] = {
    "rate_limited": frozenset({"retry_after"}),
    "rate_limited_420": frozenset({"body", "retry_after"}),
    "suspended": frozenset(),
    "bots_refused": frozenset({"status"}),
    "not_an_object": frozenset({"body"}),
    "no_beacon_url": frozenset(),
    "empty_beacon_url": frozenset(),
    "beacon_url": frozenset({"beacon_url"}),
    "missing_token": frozenset({"field"}),
    "non_string_token": frozenset({"field"}),
    "full_refresh": frozenset(),
}
"""Kinds for the configuration only, with the settings that they take beyond the common ones."""

_COMMON = frozenset({"on", "kind", "times", "delay_s"})


class FaultError(ValueError):
    """A fault cannot be scripted as asked; the message is one sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One scripted fault. ``None`` leaves a setting to the kind.

    :param on: ``configuration`` or ``beacon``.
    :param kind: One of the kinds above.
    :param times: Number of requests that it spoils; None for all until it is deleted.
    :param status: HTTP status.
    :param delay_s: Seconds to wait before the answer.
    :param retry_after: Value of ``Retry-After``, in either of its forms.
    :param location: Value of ``Location``.
    :param body: Text of the body.
    :param beacon_url: Text to give as ``beacon_url``.
    :param field: Token to spoil.
    :param size_bytes: Number of bytes to add to the body.
    """

    on: str
    kind: str
    times: int | None = 1
    status: int | None = None
    delay_s: float = 0
    retry_after: str | None = None
    location: str | None = None
    body: str | None = None
    beacon_url: str | None = None
    field: str | None = None
    size_bytes: int | None = None

    def keeps_beacon(self) -> bool:
        """
        Tell whether the collector still takes the beacon.

        :return: True where the beacon is remembered: a mere delay, or a status below 300. Anything else
            stands for a beacon that never reached mPulse.
        """
        return self.kind == "delay" or (self.kind == "status" and (self.status or 503) < 300)

    def as_json(self) -> dict[str, object]:
        """
        Write the fault for the inspection interface.

        :return: The settings that are set.
        """
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if value is not None or name == "times"}


def _is_count(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_header_text(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _is_delay(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MAX_DELAY_S


_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "times": (
        lambda value: value is None or _is_count(value, 1, 1_000_000),
        "a whole number from 1, or null",
    ),
    "status": (lambda value: _is_count(value, 200, 599), "an HTTP status from 200 to 599"),
    "delay_s": (_is_delay, f"a number of seconds from 0 to {_MAX_DELAY_S}"),
    "retry_after": (_is_header_text, "seconds or an HTTP date"),
    "location": (_is_header_text, "printable ASCII text"),
    "body": (lambda value: isinstance(value, str), "text"),
    "beacon_url": (lambda value: isinstance(value, str), "text"),
    "field": (lambda value: value in _TOKENS, f"one of {', '.join(_TOKENS)}"),
    "size_bytes": (
        lambda value: _is_count(value, 1, _MAX_SIZE_BYTES),
        f"a whole number from 1 to {_MAX_SIZE_BYTES}",
    ),
}


def read_fault(request: object) -> Fault:
    """
    Read a fault from JSON.

    :param request: Decoded JSON.
    :return: The fault.
    :raises FaultError: If it is not an object, or a setting is unknown, missing or out of range.
    """
    if not isinstance(request, dict):
        message = "A fault is a JSON object with at least on and kind."
        raise FaultError(message)
    settings = dict(request)
    if isinstance(settings.get("retry_after"), int) and not isinstance(settings["retry_after"], bool):
        settings["retry_after"] = str(settings["retry_after"])
    kind, own_settings = _find_kind(settings.get("on"), settings.get("kind"))
    for name, value in settings.items():
        _check_setting(name, value, _COMMON | own_settings, kind)
    fault = Fault(**settings)
    _check_needs(fault)
    return fault


def settings_by_kind(place: str) -> dict[str, list[str]]:
    """
    List the kinds of a place.

    :param place: One of :data:`PLACES`.
    :return: Of each kind the settings that it takes beyond the common ones, by name.
    """
    return {kind: sorted(settings) for kind, settings in _kinds(place).items()}


def _kinds(place: object) -> dict[str, frozenset[str]]:
    return {**EVERYWHERE_KINDS, **(CONFIGURATION_KINDS if place == "configuration" else {})}


def _find_kind(place: object, kind: object) -> tuple[str, frozenset[str]]:
    if place not in PLACES:
        message = f"on must be configuration or beacon, not {place!r}."
        raise FaultError(message)
    known = _kinds(place)
    if not isinstance(kind, str) or kind not in known:
        message = f"kind must be one of {', '.join(known)} on {place}, not {kind!r}."
        raise FaultError(message)
    return kind, known[kind]


def _check_setting(name: str, value: object, allowed: frozenset[str], kind: str) -> None:
    if name not in allowed:
        message = f"A fault of kind {kind} takes no {name!r}; it takes {', '.join(sorted(allowed))}."
        raise FaultError(message)
    if name in _CHECKS:
        is_fine, form = _CHECKS[name]
        if not is_fine(value):
            message = f"{name} must be {form}, not {value!r}."
            raise FaultError(message)


def _check_needs(fault: Fault) -> None:
    if fault.kind == "delay" and not fault.delay_s:
        message = "A fault of kind delay needs delay_s."
        raise FaultError(message)
    if fault.kind == "beacon_url" and fault.beacon_url is None:
        message = "A fault of kind beacon_url needs beacon_url, the text to give out."
        raise FaultError(message)


class FaultScript:
    """The scripted faults, used in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[tuple[Fault, int | None]] = []
        self._changes = 0
        self._lock = threading.Lock()

    @property
    def changes(self) -> int:
        """
        Count what has happened.

        :return: A number that grows with each fault that is scripted, used or forgotten.
        """
        return self._changes

    def add(self, fault: Fault) -> None:
        """
        Script a fault behind those already there.

        :param fault: The fault to add.
        """
        with self._lock:
            self._faults.append((fault, fault.times))
            self._changes += 1

    def take(self, on: str, *, is_refresh: bool = False) -> Fault | None:
        """
        Use up one turn of the first fault that fits a request.

        :param on: ``configuration`` or ``beacon``.
        :param is_refresh: True where a configuration request asks for new tokens only.
        :return: The fault; None where none fits.
        """
        with self._lock:
            for index, (fault, left) in enumerate(self._faults):
                if fault.on != on or (fault.kind == "full_refresh" and not is_refresh):
                    continue
                if left == 1:
                    del self._faults[index]
                elif left is not None:
                    self._faults[index] = (fault, left - 1)
                self._changes += 1
                return fault
        return None

    def as_json(self) -> list[dict[str, object]]:
        """
        List the faults that are still to come.

        :return: One object per fault, with the number of turns ``left``.
        """
        with self._lock:
            return [{**fault.as_json(), "left": left} for fault, left in self._faults]

    def clear(self) -> int:
        """
        Forget all faults.

        :return: Number of faults forgotten.
        """
        with self._lock:
            count = len(self._faults)
            self._faults.clear()
            self._changes += 1
            return count

    def remove(self, index: int) -> bool:
        """
        Forget one fault.

        :param index: Its place among those still to come, from 0.
        :return: Whether there was one.
        """
        with self._lock:
            if not 0 <= index < len(self._faults):
                return False
            del self._faults[index]
            self._changes += 1
            return True

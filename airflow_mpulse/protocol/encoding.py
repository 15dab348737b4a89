# SPDX-License-Identifier: Apache-2.0
"""
From a beacon to the form that mPulse reads: which fields, in which order, and how they are written.

The table of all fields with their meaning stands in ``docs/beacon-fields.md``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_mpulse.protocol.instants import to_epoch_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig, Kind

#: What ``encodeURIComponent`` leaves as it is, beside letters and digits (BOOM, MPJS).
_UNESCAPED = "-_.!~*'()"
_PLAIN = re.compile(rf"[A-Za-z0-9{re.escape(_UNESCAPED)}]*")

Field = tuple[str, str]


def build_fields(  # noqa: DOC502
    beacon: Beacon, config: BeaconConfig, *, api_version: int
) -> list[Field]:
    """
    Build the fields of one beacon.

    :param beacon: The beacon.
    :param config: The configuration that the tokens and labels come from.
    :param api_version: 1, or 2 with a signed configuration.
    :return: Names and values in the order in which they are sent; ``h.cr`` is the last, so that a form that
        was cut off lacks its token.
    :raises UnknownNameError: If the app does not define a timer, a metric or a dimension of the beacon.

    Source: POSTB for the fourteen fields of the operation; WIB for ``rt.tstart``, ``t_done``, ``t_other``,
    ``h.v``, ``cmet.*`` and ``cdim.*``; BOOM and LBLOG 5f8682af for the order. ``rt.start`` is ``manual`` as
    POSTB says, where MPJS sends ``api``; ``http.initiator`` is left out, since WIB lists no plain ``api``.
    """
    ended_ms = to_epoch_ms(beacon.ended_at)
    fields: list[Field] = [
        ("h.d", config.h_d),
        ("h.key", config.h_key),
        ("h.t", str(config.h_t)),
        ("api", "1"),
        ("api.v", str(api_version)),
        ("rt.start", "manual"),
        ("rt.tstart", str(ended_ms - beacon.duration_ms)),
        ("rt.end", str(ended_ms)),
        ("t_done", str(beacon.duration_ms)),
        *_session_fields(beacon),
        ("h.pg", beacon.page_group),
    ]
    optional = (("h.ab", beacon.ab_test), ("h.v", beacon.site_version), ("u", beacon.url))
    fields += [(name, value) for name, value in optional if value is not None]
    timers = _labelled(beacon.timers, config, "timer")
    if timers:
        fields.append(("t_other", ",".join(f"{label}|{round(value)}" for label, value in timers)))
    others = [
        *_labelled(beacon.metrics, config, "metric"),
        *_labelled(beacon.dimensions, config, "dimension"),
    ]
    fields += [(label, format_value(value)) for label, value in others]
    fields.append(("h.cr", config.h_cr))
    return fields


def encode_form(fields: Iterable[Field]) -> str:
    """
    Write fields as ``application/x-www-form-urlencoded``, the way ``encodeURIComponent`` does.

    :param fields: Names and values.
    :return: ASCII text; a space is ``%20``, because it is not documented whether ``+`` is read as one.

    Source: BOOM, MPJS.
    """
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in fields)


def format_value(value: Any) -> str:
    """
    Write the value of a metric or a dimension.

    :param value: Text, a finite number or a boolean.
    :return: Text; numbers without an exponent, booleans as ``true`` and ``false``.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Through the shortest text that names the same number, so that 0.1 stays 0.1; first made a plain
        # float, since kinds of it such as NumPy's write themselves in another way.
        return format(Decimal(repr(float(value))), "f").removesuffix(".0")
    if isinstance(value, Decimal):
        return format(value, "f")
    # Members of an enumeration are sent as what they are, not as what they are called.
    return str(int(value)) if isinstance(value, int) else str.__str__(value)


def _escape(text: str) -> str:
    # Most names and values need nothing, and to see that costs a fifth of quoting them.
    return text if _PLAIN.fullmatch(text) else quote(text, safe=_UNESCAPED)


def _session_fields(beacon: Beacon) -> list[Field]:
    session = beacon.session
    if session is None:
        return []
    fields = [("rt.si", session.session_id), ("rt.ss", str(to_epoch_ms(session.started_at)))]
    if session.length is not None:
        fields.append(("rt.sl", str(session.length)))
    return fields


def _labelled(values: Mapping[str, Any], config: BeaconConfig, kind: Kind) -> list[tuple[str, Any]]:
    config.check_names(kind, values)
    labels = config.labels(kind)
    return [(labels[name], value) for name, value in values.items()]

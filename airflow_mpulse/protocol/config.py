# SPDX-License-Identifier: Apache-2.0
"""
The beacon configuration: tokens, the collector's address, and the names that the app defines.

Built from an answer that :mod:`airflow_mpulse.protocol.config_answer` has read. How long it may be used is
delivery's business.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from airflow_mpulse.exceptions import BeaconUrlError, TokenError, UnknownNameError
from airflow_mpulse.protocol.text import quote_remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_mpulse.protocol.config_answer import Answer

Kind = Literal["timer", "metric", "dimension"]

#: Where the app's definitions stand in the answer, and what a label begins with (IOS, MPJS, JL, PP). A label
#: of another form is not used: it could stand for one of the beacon's own fields.
_PAGE_PARAMS: Mapping[Kind, tuple[str, str]] = {
    "timer": ("customTimers", "custom"),
    "metric": ("customMetrics", "cmet."),
    "dimension": ("customDimensions", "cdim."),
}


@dataclass(frozen=True, slots=True)
class BeaconConfig:
    """
    What is needed to send beacons for one app and domain.

    :param h_key: ``h.key``, sent back verbatim.
    :param h_d: ``h.d``, the domain under which beacons are filed, sent back verbatim.
    :param h_t: ``h.t``, the server's time of the tokens, milliseconds since the Unix epoch.
    :param h_cr: ``h.cr``, the token that belongs to ``h_t``.
    :param beacon_url: The collector's absolute address.
    :param raw_beacon_url: The same as the service gave it, which a refresh repeats.
    :param site_domain: The registered domain, where the answer names it.
    :param timers: Labels of the custom timers by the name that the app's administrator gave.
    :param metrics: Labels of the custom metrics by name.
    :param dimensions: Labels of the custom dimensions by name.

    Source: protocol 1.3; WIB for the tokens.
    """

    h_key: str = field(repr=False)
    h_d: str
    h_t: int
    h_cr: str = field(repr=False)
    beacon_url: str
    raw_beacon_url: str
    site_domain: str | None
    timers: Mapping[str, str]
    metrics: Mapping[str, str]
    dimensions: Mapping[str, str]

    def labels(self, kind: Kind) -> Mapping[str, str]:
        """
        Give the labels of one kind.

        :param kind: ``timer``, ``metric`` or ``dimension``.
        :return: Labels by name.
        """
        return {"timer": self.timers, "metric": self.metrics, "dimension": self.dimensions}[kind]

    def check_names(self, kind: Kind, names: Iterable[str]) -> None:
        """
        Refuse names that the app does not define, since mPulse would swallow them silently.

        :param kind: ``timer``, ``metric`` or ``dimension``.
        :param names: Names as a user wrote them.
        :raises UnknownNameError: If the app does not define one; it lists the defined names and the nearest.

        Source: MPJS issues 14 and 15.
        """
        defined = self.labels(kind)
        for name in names:
            if name not in defined:
                raise UnknownNameError(_describe_unknown(kind, name, list(defined)))


def build_config(  # noqa: DOC502
    answer: Answer, *, scheme: str, allow_http: bool, secrets: tuple[str, ...] = ()
) -> BeaconConfig:
    """
    Build the configuration from the service's answer.

    :param answer: A complete answer, or one with its refreshes merged.
    :param scheme: The scheme for a protocol-relative ``beacon_url``, ``https`` or ``http``.
    :param allow_http: Whether beacons may go over plain HTTP to hosts that are not loopback.
    :param secrets: Values that no error may repeat.
    :return: The configuration.
    :raises BeaconUrlError: If ``beacon_url`` is absent, empty, or not an address to send beacons to.
    :raises TokenError: If a token is missing or of the wrong type.

    Source: protocol 1.3 and 1.5: an answer without ``beacon_url`` or a token means "cannot send".
    """
    beacon_url = _read_beacon_url(answer, scheme, allow_http=allow_http, secrets=secrets)
    page_params = answer.get("PageParams")
    site_domain = answer.get("site_domain")
    return BeaconConfig(
        h_key=_read_token(answer, "h.key"),
        h_d=_read_token(answer, "h.d"),
        h_t=read_token_time(answer),
        h_cr=_read_token(answer, "h.cr"),
        beacon_url=beacon_url,
        raw_beacon_url=answer["beacon_url"],
        site_domain=site_domain if isinstance(site_domain, str) else None,
        timers=_read_labels(page_params, "timer"),
        metrics=_read_labels(page_params, "metric"),
        dimensions=_read_labels(page_params, "dimension"),
    )


def read_token_time(answer: Answer) -> int:
    """
    Read ``h.t``.

    :param answer: An answer, complete or a refresh.
    :return: Milliseconds since the Unix epoch, on the server's clock.
    :raises TokenError: If it is missing or no positive whole number.

    Source: WIB ``h.t``.
    """
    value = answer.get("h.t")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**16:
        raise TokenError(_describe_token("h.t", value, "a whole number of milliseconds"))
    return value


def _read_token(answer: Answer, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise TokenError(_describe_token(name, value, "text"))
    return value


def _describe_token(name: str, value: object, expected: str) -> str:
    # The value is not repeated: it may be a token.
    state = "is missing" if value is None else f"is of the type {type(value).__name__} or of no usable form"
    return (
        f"The configuration's {name} {state}, where mPulse gives {expected}; beacons cannot be sent with it, "
        "and host and port of the connection may lead to another service."
    )


def _read_beacon_url(answer: Answer, scheme: str, *, allow_http: bool, secrets: tuple[str, ...]) -> str:
    raw = answer.get("beacon_url")
    if raw is None:
        msg = (
            "The configuration has no beacon_url, which means that mPulse takes no beacons from this app "
            "now; ask its administrator whether beacons are switched off."
        )
        raise BeaconUrlError(msg)
    if not isinstance(raw, str) or not raw.strip():
        msg = "The configuration's beacon_url is empty, so there is no collector to send to."
        raise BeaconUrlError(msg)
    url = f"{scheme}:{raw}" if raw.startswith("//") else raw
    problem = _find_url_problem(url, allow_http=allow_http)
    if problem:
        shown = quote_remote(problem, secrets=secrets)
        msg = f"The configuration's beacon_url {shown}; no beacon is sent there."
        raise BeaconUrlError(msg)
    return url


def _find_url_problem(url: str, *, allow_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "cannot be read as an address"
    if parts.username is not None or parts.password is not None:
        return "holds credentials"
    if parts.scheme not in {"https", "http"}:
        return f"has the scheme {parts.scheme!r} instead of https"
    if not host or not re.fullmatch(r"[\x21-\x7e]+", url) or "\\" in url or parts.fragment:
        return f"is not an address of a host: {url!r}"
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        return f"needs the connection's extra allow_http, since it would send over plain http to {host!r}"
    return None


def is_loopback(host: str) -> bool:
    """
    Tell whether a host is this machine by its name alone, without a look-up.

    :param host: A host name or an IP address, without brackets.
    :return: Whether it is ``localhost``, of 127.0.0.0/8, or ``::1``.
    """
    name = host.rstrip(".").lower()
    return name in {"localhost", "::1"} or bool(re.fullmatch(r"127(\.[0-9]{1,3}){3}", name))


def _read_labels(page_params: object, kind: Kind) -> Mapping[str, str]:
    key, prefix = _PAGE_PARAMS[kind]
    entries: Any = page_params.get(key) if isinstance(page_params, dict) else None
    labels: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else []:
        name, label = (entry.get("name"), entry.get("label")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(label, str) or not label.isprintable():
            continue
        if label.startswith(prefix) and not set(label) & set("|,"):
            labels.setdefault(name, label)
    return labels


def _describe_unknown(kind: Kind, name: str, defined: list[str]) -> str:
    if not defined:
        return (
            f"The mPulse app defines no custom {kind}s at all, so {name!r} cannot be sent; define it in the "
            "app first."
        )
    nearest = difflib.get_close_matches(name, defined, n=1, cutoff=0.5)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    listed = ", ".join(repr(other) for other in sorted(defined))
    return f"The mPulse app defines no custom {kind} {name!r}{hint}; it defines {listed}."

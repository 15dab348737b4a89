# SPDX-License-Identifier: Apache-2.0
"""
What the configuration service answered: a JSON object, or the reason why it is none.

An answer is kept as the mapping that came, so that a refresh can be merged into it; what it means stands in
:mod:`airflow_mpulse.protocol.config`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from airflow_mpulse.exceptions import (
    ConfigurationMessageError,
    ConfigurationNotJsonError,
    ConfigurationNotObjectError,
    ConfigurationRefusedError,
    DeliveryError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ServiceSuspendedError,
    UnexpectedReplyError,
    UnknownApiKeyError,
)
from airflow_mpulse.protocol.text import quote_remote

Answer = Mapping[str, Any]

RATE_LIMITED = (
    "mPulse limits the rate of this app and takes no beacons for now; the cap follows from the beacons "
    "bought, and sending goes on by itself when it lifts."
)


_NO_JSON = object()


def read_answer(  # noqa: DOC503
    status: int,
    body: bytes,
    *,
    location: str | None = None,
    retry_after_s: float | None = None,
    secrets: tuple[str, ...] = (),
) -> Answer:
    """
    Read the configuration service's answer.

    :param status: The HTTP status.
    :param body: The body.
    :param location: The ``Location`` header, for the error about a redirect.
    :param retry_after_s: Seconds that the service asked to wait.
    :param secrets: Values that no error may repeat.
    :return: The JSON object, complete or a refresh.
    :raises DeliveryError: If the answer is none; each case of protocol 1.5 has a class of its own.

    Source: RL for 420, C403 for 403, LBLOG for 204, PR29 for ``rate_limited``, IOS for ``message``.
    """
    if status != 200:
        raise _error_for_status(status, body, location, retry_after_s, secrets)
    answer = _load_object(body, secrets)
    # Its value is not documented; clients test for its presence. An explicit false is taken at its word.
    if answer.get("rate_limited", False) not in (False, None, "false", 0):
        raise MPulseRateLimitedError(RATE_LIMITED, status_code=status, retry_after_s=retry_after_s)
    message = answer.get("message")
    if isinstance(message, str) and "beacon_url" not in answer and "h.cr" not in answer:
        msg = f"mPulse gave a message instead of a configuration: {quote_remote(message, secrets=secrets)}"
        raise ConfigurationMessageError(msg, status_code=status)
    return answer


def merge_answers(older: Answer, newer: Answer) -> Answer:
    """
    Merge a refresh into the configuration in use.

    :param older: The answer in use.
    :param newer: The refresh; it may hold the two tokens only, or everything.
    :return: One answer. ``h.t`` and ``h.cr`` come from the same side, since they belong together.

    Source: LOGN (2198cd22, cd6d4469) and MOCK: a refresh may lack ``session_id``, ``PageParams`` and
    ``beacon_url``, so it is merged and never replaces.
    """
    if "h.t" in newer and "h.cr" in newer:
        return {**older, **newer}
    kept = {name: value for name, value in newer.items() if name not in {"h.t", "h.cr"}}
    return {**older, **kept}


def _load_object(body: bytes, secrets: tuple[str, ...]) -> Answer:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        # Told out of here: the error of the JSON library holds the whole answer, tokens included.
        answer = _NO_JSON
    if answer is _NO_JSON:
        # Cut after secrets are replaced: half a key would not be recognised.
        start = quote_remote(body.decode("utf-8", "replace"), secrets=secrets)[:80]
        kind = "a web page (HTML)" if start.lstrip().startswith("<") else "something that is not JSON"
        msg = (
            f"The configuration service answered with {kind} instead of JSON ({start!r}); often a proxy or a "
            "login page stands in between, or host and port of the connection lead elsewhere."
        )
        raise ConfigurationNotJsonError(msg, status_code=200)
    if not isinstance(answer, dict):
        msg = (
            f"The configuration service answered with a JSON {type(answer).__name__} instead of an object; "
            "host and port of the connection may lead to another service."
        )
        raise ConfigurationNotObjectError(msg, status_code=200)
    return answer


def _error_for_status(
    status: int, body: bytes, location: str | None, retry_after_s: float | None, secrets: tuple[str, ...]
) -> DeliveryError:
    said = _message_of(body, secrets)
    if status == 204:
        return ServiceSuspendedError(
            "mPulse answered 204 without a configuration: the account is suspended or beacons are switched "
            "off for this app; ask its administrator.",
            status_code=status,
        )
    if status == 403:
        return ConfigurationRefusedError(
            f"mPulse refused the configuration (403){said}; check that the connection's domain is registered "
            "for this API key, that the REST API secret (if set) is right, and that the app does not exclude "
            "the User-Agent as a bot.",
            status_code=status,
        )
    if status in {400, 401, 404}:
        return UnknownApiKeyError(
            f"mPulse does not know the API key ({status}){said}; copy it from the app's General tab into the "
            "connection's password.",
            status_code=status,
        )
    if status in {420, 429}:
        return MPulseRateLimitedError(RATE_LIMITED, status_code=status, retry_after_s=retry_after_s)
    if 300 <= status < 400:
        return RedirectRefusedError(
            describe_redirect("configuration service", status, location, secrets=secrets),
            status_code=status,
        )
    return UnexpectedReplyError(
        f"The configuration service answered {status}{said}, which is no documented answer.",
        status_code=status,
        retry_after_s=retry_after_s,
    )


def describe_redirect(who: str, status: int, location: str | None, *, secrets: tuple[str, ...] = ()) -> str:
    """
    Say where a redirect pointed, without what its address may hold.

    :param who: Who answered.
    :param status: The HTTP status.
    :param location: The ``Location`` header.
    :param secrets: Values that must not be repeated.
    :return: One sentence.
    """
    try:
        host = urlsplit(location or "").hostname
    except ValueError:
        host = None
    target = f" to the host {quote_remote(host, secrets=secrets)!r}" if host else ""
    return (
        f"The {who} answered {status}, a redirect{target}; redirects are never followed, because they would "
        "carry the API key elsewhere."
    )


def _message_of(body: bytes, secrets: tuple[str, ...]) -> str:
    try:
        message = json.loads(body)["message"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return ""
    return f" and said {quote_remote(message, secrets=secrets)!r}" if isinstance(message, str) else ""

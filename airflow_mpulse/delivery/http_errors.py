# SPDX-License-Identifier: Apache-2.0
"""The HTTP library's errors as ours, in one table. Imported with the library, on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests  # noqa: TID251 - the transport imports this module when it imports the library
from urllib3 import exceptions as low

from airflow_mpulse.exceptions import (
    CertificateError,
    ConnectionFailedError,
    ConnectionLostError,
    ReplyTimeoutError,
    TransportError,
)
from airflow_mpulse.protocol.text import quote_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNUSABLE = "The address of {host}, or of a proxy on the way to it, cannot be used."

#: From the narrow to the broad, because some of these are kinds of others. What stands in no row was cut off
#: at an unknown point and counts as maybe received, which is never tried again.
ERRORS: tuple[tuple[type[Exception], type[TransportError], str], ...] = (
    # Not there in urllib3 1.26, which requests still takes: it tells this by the row that follows.
    *(
        [(low.NameResolutionError, ConnectionFailedError, "The host name of {host} cannot be resolved.")]
        if hasattr(low, "NameResolutionError")
        else []
    ),
    # An address is read before anything is sent.
    (low.LocationValueError, ConnectionFailedError, _UNUSABLE),
    (requests.exceptions.InvalidURL, ConnectionFailedError, _UNUSABLE),
    (requests.exceptions.InvalidSchema, ConnectionFailedError, _UNUSABLE),
    (low.NewConnectionError, ConnectionFailedError, "{host} refused the connection or cannot be reached."),
    (low.ConnectTimeoutError, ConnectionFailedError, "{host} took no connection within {timeout_s:.3g} s."),
    (low.ReadTimeoutError, ReplyTimeoutError, "{host} gave no whole answer within {timeout_s:.3g} s."),
    (low.ProxyError, ConnectionFailedError, "The proxy on the way to {host} made no connection."),
    (low.SSLError, CertificateError, "TLS with {host} failed: {detail}."),
    (
        low.ProtocolError,
        ConnectionLostError,
        "The connection to {host} was lost before the whole answer came.",
    ),
)


def translate(error: Exception, host: str, timeout_s: float) -> TransportError:
    """
    Give an error of the HTTP library as one of ours.

    :param error: What the library raised.
    :param host: The host that was asked.
    :param timeout_s: Seconds that were allowed.
    :return: Our error, without the address that was asked, since its query holds the API key.
    """
    for cause in _causes(error):
        for kind, ours, sentence in ERRORS:
            if isinstance(cause, kind):
                detail = quote_remote(str(cause.args[0] if cause.args else cause)).rstrip(".")
                return ours(sentence.format(host=host, timeout_s=timeout_s, detail=detail))
    return ConnectionLostError(f"The exchange with {host} failed ({type(error).__name__}).")


def _causes(error: Exception) -> Iterator[Exception]:
    # requests wraps what urllib3 raised, and urllib3 wraps the reason why it gave up.
    current: object = error
    while isinstance(current, Exception):
        yield current
        if isinstance(current, low.MaxRetryError):
            current = current.reason
        elif isinstance(current, requests.RequestException) and current.args:
            current = current.args[0]
        else:
            return

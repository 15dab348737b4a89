# SPDX-License-Identifier: Apache-2.0
"""An error as JSON, so that one process can tell others what it met instead of having them meet it, too."""

from __future__ import annotations

from typing import Any

from airflow_mpulse import exceptions
from airflow_mpulse.exceptions import DeliveryError, TransportError


def error_to_json(error: DeliveryError) -> dict[str, Any]:
    """
    Write an error as plain values.

    :param error: The error; its message holds no secret.
    :return: What JSON can hold.
    """
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "status_code": error.status_code,
        "retry_after_s": error.retry_after_s,
        "retryable": error.retryable,
        "maybe_received": isinstance(error, TransportError) and error.maybe_received,
    }


def error_from_json(written: Any) -> DeliveryError:
    """
    Read an error.

    :param written: What :func:`error_to_json` gave, after JSON.
    :return: An error of the same class and with the same message.
    :raises ValueError: If it is none of this package's.
    """
    match written:
        case {
            "kind": str() as kind,
            "message": str() as message,
            "status_code": int() | None as status_code,
            "retry_after_s": int() | float() | None as retry_after_s,
            "retryable": bool() as retryable,
            "maybe_received": bool() as maybe_received,
        }:
            found = getattr(exceptions, kind, None)
            if isinstance(found, type) and issubclass(found, DeliveryError):
                error: DeliveryError = found(message, status_code=status_code, retry_after_s=retry_after_s)
                error.retryable = retryable
                if isinstance(error, TransportError):
                    error.maybe_received = maybe_received
                return error
    sentence = "not an error of this package's"
    raise ValueError(sentence)

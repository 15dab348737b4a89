# SPDX-License-Identifier: Apache-2.0
"""
Everything that this package raises, as one tree.

::

    MPulseError
    ├─ MPulseSettingsError (ValueError)     connection, option or argument is wrong
    ├─ BeaconError (ValueError)             a beacon cannot be sent as it was built
    │  ├─ NoStartError                      Airflow does not tell when it started
    │  └─ UnknownNameError                  the app defines no such timer, metric or dimension
    ├─ OutboxError                          a beacon could not be kept for later
    │  └─ OutboxFullError                   as many wait as may
    └─ DeliveryError                        an exchange with mPulse did not do what it should
       ├─ TransportError                    no whole answer arrived
       │  ├─ ConnectionFailedError          nothing was sent
       │  │  └─ CertificateError            TLS did not accept the other side
       │  ├─ ConnectionLostError            cut off after the request left
       │  ├─ ReplyTimeoutError              no whole answer in time
       │  └─ ReplyTooLargeError             the answer was longer than we read
       ├─ UnexpectedReplyError              a status that the protocol does not name
       │  └─ RedirectRefusedError           an answer that points somewhere else
       ├─ MPulseRateLimitedError            429, 420, or a configuration that says so
       ├─ ServicePausedError                not tried, since it has just failed
       └─ ConfigurationError                the configuration does not let us send
          ├─ ConfigurationRefusedError      403: domain, signature or User-Agent refused
          ├─ UnknownApiKeyError             mPulse does not know the API key
          ├─ ServiceSuspendedError          204: the tenant or the app is suspended
          ├─ ConfigurationNotJsonError      for instance a login page of a proxy
          ├─ ConfigurationNotObjectError    JSON, but not an object
          ├─ ConfigurationMessageError      an answer that only holds a message
          ├─ TokenError                     h.key, h.d, h.t or h.cr missing or of the wrong type
          └─ BeaconUrlError                 beacon_url absent, empty or not acceptable

``retryable`` tells whether the same call may succeed later without a person changing anything; the operator
turns the others into a failure that is not tried again.
"""

from __future__ import annotations


class MPulseError(Exception):
    """Anything that this package raises."""

    retryable = False


class MPulseSettingsError(MPulseError, ValueError):
    """A connection, an option or an argument is wrong; the sentence says which, and what would be right."""


class BeaconError(MPulseError, ValueError):
    """A beacon cannot be sent as it was built."""


class NoStartError(BeaconError):
    """Airflow does not tell when a task or a run started, and a beacon is not made up."""


class UnknownNameError(BeaconError):
    """The mPulse app defines no custom timer, metric or dimension of this name."""


class OutboxError(MPulseError):
    """A beacon could not be kept for later; the sentence says what is wrong with the outbox."""


class OutboxFullError(OutboxError):
    """As many beacons wait in the outbox as the options allow."""


class DeliveryError(MPulseError):
    """
    An exchange with mPulse did not do what it should.

    :param message: One sentence for the user, without any secret.
    :param status_code: The HTTP status, where there was an answer.
    :param retry_after_s: Seconds that mPulse asked to wait, where it said so.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after_s = retry_after_s


class TransportError(DeliveryError):
    """No whole answer arrived."""

    #: Whether the other side may have received the request; a beacon that may have been counted is never
    #: sent again, because mPulse has no way to recognise a repeat.
    maybe_received = False


class ConnectionFailedError(TransportError):
    """No connection could be made, so nothing was sent."""

    retryable = True


class CertificateError(ConnectionFailedError):
    """TLS did not accept the other side's certificate, so nothing was sent."""

    retryable = False


class ConnectionLostError(TransportError):
    """The connection was cut off after the request had left."""

    maybe_received = True


class ReplyTimeoutError(TransportError):
    """The whole answer did not arrive in time."""

    maybe_received = True


class ReplyTooLargeError(TransportError):
    """The answer was longer than this package reads."""

    maybe_received = True


class UnexpectedReplyError(DeliveryError):
    """
    The answer has a status that the protocol does not name.

    :param message: One sentence for the user, without any secret.
    :param status_code: The HTTP status.
    :param retry_after_s: Seconds that mPulse asked to wait, where it said so.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, status_code=status_code, retry_after_s=retry_after_s)
        self.retryable = status_code is not None and (status_code == 408 or status_code >= 500)


class RedirectRefusedError(UnexpectedReplyError):
    """The answer points somewhere else; redirects are never followed."""


class MPulseRateLimitedError(DeliveryError):
    """mPulse takes no more for the moment: 429, 420, or a configuration that says ``rate_limited``."""

    retryable = True


class ServicePausedError(DeliveryError):
    """mPulse has just failed to answer, here or in another process of this machine, and is left alone."""

    retryable = True


class ConfigurationError(DeliveryError):
    """The configuration that mPulse gave does not let us send."""


class ConfigurationRefusedError(ConfigurationError):
    """403: the domain, the signature or the User-Agent was refused."""


class UnknownApiKeyError(ConfigurationError):
    """mPulse does not know the API key."""


class ServiceSuspendedError(ConfigurationError):
    """204: the tenant is suspended, or beacons are switched off for the app."""


class ConfigurationNotJsonError(ConfigurationError):
    """The answer is not JSON; often it is a page of a proxy in between."""

    retryable = True


class ConfigurationNotObjectError(ConfigurationError):
    """The answer is JSON, but not an object."""


class ConfigurationMessageError(ConfigurationError):
    """The answer holds a message instead of a configuration."""


class TokenError(ConfigurationError):
    """A token (``h.key``, ``h.d``, ``h.t``, ``h.cr``) is missing or of the wrong type."""


class BeaconUrlError(ConfigurationError):
    """``beacon_url`` is absent, empty, or of a form that beacons must not be sent to."""

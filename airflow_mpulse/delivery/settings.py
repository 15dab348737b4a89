# SPDX-License-Identifier: Apache-2.0
"""
A connection's fields as checked settings.

Takes plain values rather than Airflow's ``Connection``, so that every rule is tested with a table. Each error
names the connection and the field.
"""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_mpulse import __version__
from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.protocol.config import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOST = "c.go-mpulse.net"
DEFAULT_USER_AGENT = f"airflow-provider-mpulse/{__version__}"
DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 60.0

# "y" is what the Test button of Airflow 2.11's form sends for a ticked box.
_TRUE = {"true", "yes", "y", "on", "1"}
_FALSE = {"false", "no", "n", "off", "0", ""}


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """
    How to reach mPulse for one app.

    :param conn_id: The connection that the settings come from, for errors.
    :param api_key: The API key.
    :param domain: The app's domain.
    :param base_url: Scheme, host and port of the configuration service, without a trailing slash.
    :param rest_api_secret: The REST API secret key; when set, the signed configuration request is used.
    :param user_agent: The ``User-Agent`` of every request.
    :param timeout_s: Seconds for one exchange, above 0 and at most :data:`MAX_TIMEOUT_S`.
    :param verify: Whether certificates are checked against the system's authorities, or a file of them.
    :param allow_http: Whether plain HTTP is allowed beyond loopback.
    """

    conn_id: str
    api_key: str = field(repr=False)
    domain: str
    base_url: str = f"https://{DEFAULT_HOST}"
    rest_api_secret: str | None = field(default=None, repr=False)
    user_agent: str = DEFAULT_USER_AGENT
    timeout_s: float = DEFAULT_TIMEOUT_S
    verify: bool | str = True
    allow_http: bool = False

    @property
    def scheme(self) -> str:
        """
        The scheme of the configuration service, which a protocol-relative ``beacon_url`` takes on.

        :return: ``https`` or ``http``.
        """
        return self.base_url.partition(":")[0]

    @property
    def secrets(self) -> tuple[str, ...]:
        """
        Values that no message may repeat.

        :return: The API key and, when set, the REST API secret.
        """
        return (self.api_key, self.rest_api_secret) if self.rest_api_secret else (self.api_key,)


def read_settings(  # noqa: DOC503
    conn_id: str,
    *,
    password: str | None,
    host: str | None = None,
    schema: str | None = None,
    port: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> ServiceSettings:
    """
    Read the settings from a connection's fields.

    :param conn_id: The connection's ID.
    :param password: The API key.
    :param host: Host of the configuration service, with or without ``https://``.
    :param schema: ``https`` or ``http``.
    :param port: Port of the configuration service.
    :param extra: ``domain``, ``rest_api_secret``, ``user_agent``, ``timeout_s``, ``verify``, ``allow_http``.
    :return: The settings.
    :raises MPulseSettingsError: If a field is missing or of no usable form.
    """
    fields = _Fields(conn_id, extra or {})
    api_key = (password or "").strip()
    if not api_key:
        msg = "has no API key"
        raise fields.error(msg, "set the connection's password to the key on the app's General tab")
    if not re.fullmatch(r"[A-Za-z0-9-]+", api_key):
        msg = "has a password that is no API key"
        raise fields.error(
            msg,
            "a key consists of letters, digits and hyphens, such as XXXXX-XXXXX-XXXXX-XXXXX-XXXXX",
        )
    allow_http = fields.flag("allow_http", default=False)
    return ServiceSettings(
        conn_id=conn_id,
        api_key=api_key,
        domain=_read_domain(fields),
        base_url=_read_base_url(fields, host, schema, port, allow_http=allow_http),
        rest_api_secret=fields.text("rest_api_secret") or None,
        user_agent=_read_user_agent(fields),
        timeout_s=_read_timeout_s(fields),
        verify=_read_verify(fields),
        allow_http=allow_http,
    )


class _Fields:
    """
    A connection's extra fields, read with errors that name connection and field.

    :param conn_id: The connection's ID.
    :param extra: Its extra fields.
    """

    def __init__(self, conn_id: str, extra: Mapping[str, Any]) -> None:
        self.conn_id = conn_id
        self.extra = extra

    def error(self, wrong: str, right: str) -> MPulseSettingsError:
        return MPulseSettingsError(f"The connection {self.conn_id!r} {wrong}; {right}.")

    def text(self, name: str) -> str:
        value = self.extra.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.isprintable():
            # The value is not repeated: it may be a secret in the wrong field.
            msg = f"has an extra {name!r} that is no plain text"
            raise self.error(msg, "write it as one line of text")
        return value.strip()

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.extra.get(name)
        if value is None:
            return default
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            msg = f"has {value!r} as extra {name!r}"
            raise self.error(msg, "it must be true or false")
        return word in _TRUE


def _read_domain(fields: _Fields) -> str:
    domain = fields.text("domain")
    if not domain:
        msg = "has no domain"
        raise fields.error(
            msg, 'set the extra field "domain" to a domain of the app, such as www.example.com'
        )
    if not re.fullmatch(r"[\w.-]+", domain):
        msg = f"has {domain!r} as extra 'domain'"
        raise fields.error(msg, "it must be a bare domain such as www.example.com, no https://")
    return domain


def _read_user_agent(fields: _Fields) -> str:
    user_agent = fields.text("user_agent") or DEFAULT_USER_AGENT
    if not user_agent.isascii():
        msg = f"has {user_agent!r} as extra 'user_agent'"
        raise fields.error(msg, "a header can only hold ASCII characters")
    return user_agent


def _read_base_url(
    fields: _Fields, host: str | None, schema: str | None, port: int | None, *, allow_http: bool
) -> str:
    text = _bracket((host or "").strip() or DEFAULT_HOST)
    if "://" not in text:
        text = f"{(schema or '').strip() or 'https'}://{text}"
    try:
        parts = urlsplit(text)
        name, number = parts.hostname, port or parts.port or 0
    except ValueError:
        name, number, parts = None, 0, urlsplit("")
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if not (name and re.fullmatch(r"[\w.:-]+", name) and bare) or parts.scheme not in {"https", "http"}:
        msg = "has a host or schema that cannot be used"
        raise fields.error(
            msg,
            f"the host must be a name such as {DEFAULT_HOST}, without a path, and the schema https or http",
        )
    if parts.username is not None or parts.password is not None:
        msg = "has credentials in its host"
        raise fields.error(msg, "put the API key into the password and nothing else")
    if parts.scheme == "http" and not (allow_http or is_loopback(str(name))):
        msg = f"would send the API key to {name!r} over plain http"
        raise fields.error(
            msg,
            'use https, or set the extra field "allow_http" to true if that network is yours',
        )
    if not 0 <= number <= 65535:
        msg = f"has {number} as port"
        raise fields.error(msg, "it must be 1 to 65535, or empty for the one of the schema")
    bracketed = f"[{name}]" if ":" in str(name) else name
    return f"{parts.scheme}://{bracketed}" + (f":{number}" if number else "")


def _bracket(host: str) -> str:
    # Airflow gives the host of a connection in URI form without the brackets of an IPv6 address.
    try:
        return f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        return host


def _read_timeout_s(fields: _Fields) -> float:
    value = fields.extra.get("timeout_s")
    if value is None or value == "":
        return DEFAULT_TIMEOUT_S
    try:
        timeout_s = float(value)
    except (TypeError, ValueError, OverflowError):
        timeout_s = math.nan
    if isinstance(value, bool) or not 0 < timeout_s <= MAX_TIMEOUT_S:
        msg = f"has {value!r} as extra 'timeout_s'"
        raise fields.error(msg, f"it must be above 0, at most {MAX_TIMEOUT_S:g} seconds")
    return timeout_s


def _read_verify(fields: _Fields) -> bool | str:
    value = fields.extra.get("verify")
    if value is None or value == "" or value is True:
        return True
    if isinstance(value, str) and value.strip().lower() in _TRUE:
        return True
    if not isinstance(value, str) or value.strip().lower() in _FALSE:
        msg = "switches off the check of certificates (extra 'verify')"
        raise fields.error(
            msg,
            "it must be true, or the path of a file with the authorities to trust",
        )
    return value.strip()

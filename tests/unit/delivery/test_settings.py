# SPDX-License-Identifier: Apache-2.0
"""Tests of a connection's fields: each rule, and an error that names connection and field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_mpulse import __version__
from airflow_mpulse.delivery.settings import ServiceSettings, read_settings
from airflow_mpulse.exceptions import MPulseSettingsError
from tests.support.values import API_KEY


def read(*, extra: dict[str, Any] | None = None, **fields: Any) -> ServiceSettings:
    values = {"password": API_KEY, **fields}
    return read_settings("mpulse_default", extra={"domain": "www.example.com", **(extra or {})}, **values)


def refuse(*, extra: dict[str, Any] | None = None, **fields: Any) -> str:
    with pytest.raises(MPulseSettingsError) as caught:
        read(extra=extra, **fields)
    assert isinstance(caught.value, ValueError)
    assert not caught.value.retryable
    sentence = str(caught.value)
    assert sentence.startswith("The connection 'mpulse_default' ")
    return sentence


def test_key_and_domain_are_enough() -> None:
    """With an API key and a domain alone, everything else has the documented default."""
    assert read() == ServiceSettings(
        conn_id="mpulse_default",
        api_key=API_KEY,
        domain="www.example.com",
        base_url="https://c.go-mpulse.net",
        rest_api_secret=None,
        user_agent=f"airflow-provider-mpulse/{__version__}",
        timeout_s=5.0,
        verify=True,
        allow_http=False,
    )


def test_settings_are_strict_by_themselves() -> None:
    """Settings made without a connection check certificates and allow no plain HTTP."""
    settings = ServiceSettings("mpulse_default", API_KEY, "www.example.com")
    assert (settings.verify, settings.allow_http, settings.scheme) == (True, False, "https")


def test_uri_form_gives_text_everywhere() -> None:
    """A connection in URI form, whose extra fields are all text, gives the same settings as in JSON form."""
    uri = read(extra={"timeout_s": "2.5", "verify": "true", "allow_http": "true", "rest_api_secret": "s"})
    json = read(extra={"timeout_s": 2.5, "verify": True, "allow_http": True, "rest_api_secret": "s"})
    assert uri == json


def test_secrets_stay_out_of_the_repr() -> None:
    """Settings in a log line show neither the key nor the secret, and list both for masking."""
    settings = read(extra={"rest_api_secret": "rest-secret"})
    assert API_KEY not in repr(settings)
    assert "rest-secret" not in repr(settings)
    assert settings.secrets == (API_KEY, "rest-secret")
    assert read().secrets == (API_KEY,)


@pytest.mark.parametrize("password", [None, "", "  "], ids=["none", "empty", "blank"])
def test_missing_key_names_connection_and_field(password: str | None) -> None:
    """Without an API key the error names the connection and the password."""
    assert refuse(password=password) == (
        "The connection 'mpulse_default' has no API key; set the connection's password to the key on the "
        "app's General tab."
    )


@pytest.mark.parametrize("password", ["secret key", "a/b", "ключ", "a\nb", "a&d=x"])
def test_password_that_is_no_key_is_refused_unseen(password: str) -> None:
    """A password of another form is refused without being repeated."""
    sentence = refuse(password=password)
    assert "has a password that is no API key; a key consists of letters, digits and hyphens" in sentence
    assert password not in sentence


def test_key_is_trimmed() -> None:
    """Blanks and line breaks around a pasted key do no harm."""
    assert read(password=f" {API_KEY}\n").api_key == API_KEY


@pytest.mark.parametrize("extra", [{}, {"domain": ""}, {"domain": " "}, {"domain": None}])
def test_missing_domain_names_connection_and_field(extra: dict[str, Any]) -> None:
    """Without a domain the error names the connection and the extra field."""
    with pytest.raises(MPulseSettingsError) as caught:
        read_settings("sales", password=API_KEY, extra=extra)
    assert str(caught.value) == (
        "The connection 'sales' has no domain; set the extra field \"domain\" to a domain of the app, such "
        "as www.example.com."
    )


def test_connection_without_extra_lacks_its_domain() -> None:
    """A connection that has no extra fields at all is told about the domain."""
    with pytest.raises(MPulseSettingsError, match="has no domain"):
        read_settings("sales", password=API_KEY)


@pytest.mark.parametrize(
    "domain", ["https://www.example.com", "www.example.com/", "a b", "a?b", "host:80", "me@host"]
)
def test_domain_is_a_bare_name(domain: str) -> None:
    """A domain with a scheme, a path, a port or blanks is refused."""
    assert f"has {domain!r} as extra 'domain'; it must be a bare domain such as www.example.com" in refuse(
        extra={"domain": domain}
    )


@pytest.mark.parametrize("name", ["domain", "rest_api_secret", "user_agent"])
@pytest.mark.parametrize("value", [7, ["x"], "a\nb", "a\x00", True], ids=repr)
def test_field_of_another_kind_is_refused_unseen(name: str, value: object) -> None:
    """A text field that holds something else is refused by its name, without its value."""
    assert refuse(extra={name: value}) == (
        f"The connection 'mpulse_default' has an extra {name!r} that is no plain text; write it as one line "
        "of text."
    )


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({"host": None}, "https://c.go-mpulse.net"),
        ({"host": ""}, "https://c.go-mpulse.net"),
        ({"host": "config.example.com"}, "https://config.example.com"),
        ({"host": "config.example.com/"}, "https://config.example.com"),
        ({"host": " config.example.com "}, "https://config.example.com"),
        ({"host": "https://config.example.com"}, "https://config.example.com"),
        ({"host": "https://config.example.com:8443/"}, "https://config.example.com:8443"),
        ({"host": "config.example.com:8443"}, "https://config.example.com:8443"),
        ({"host": "config.example.com", "port": 8443}, "https://config.example.com:8443"),
        ({"host": "config.example.com:1", "port": 8443}, "https://config.example.com:8443"),
        ({"port": 8443}, "https://c.go-mpulse.net:8443"),
        ({"port": 65535}, "https://c.go-mpulse.net:65535"),
        ({"port": 0}, "https://c.go-mpulse.net"),
        ({"host": "Config.Example.Com", "schema": "HTTPS"}, "https://config.example.com"),
        ({"host": "https://config.example.com", "schema": "http"}, "https://config.example.com"),
        ({"host": "localhost", "schema": "http", "port": 8095}, "http://localhost:8095"),
        ({"host": "http://127.0.0.1:8095"}, "http://127.0.0.1:8095"),
        ({"host": "http://[::1]:8095"}, "http://[::1]:8095"),
        ({"host": "[::1]", "schema": "http", "port": 8095}, "http://[::1]:8095"),
        ({"host": "::1", "schema": "http", "port": 8095}, "http://[::1]:8095"),
        ({"host": "2001:db8::7"}, "https://[2001:db8::7]"),
        ({"host": "https://[2001:db8::7]:8443"}, "https://[2001:db8::7]:8443"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_host_schema_and_port_make_an_address(fields: dict[str, Any], base_url: str) -> None:
    """Host, schema and port, given in any of the ways that people do, make one address."""
    settings = read(**fields)
    assert settings.base_url == base_url
    assert settings.scheme == base_url.split(":")[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "config.example.com/api"},
        {"host": "https://config.example.com/?a=b"},
        {"host": "https://config.example.com/#a"},
        {"host": "https://"},
        {"host": "ftp://config.example.com"},
        {"host": "config.example.com", "schema": "mpulse"},
        {"host": "https://[::1"},
        {"host": "config.example.com:port"},
        {"host": "config.example.com:99999"},
        {"host": "con fig"},
        {"host": "a%2eb"},
        {"host": "fe80::1%eth0"},
    ],
    ids=repr,
)
def test_host_that_is_no_name_is_refused(fields: dict[str, Any]) -> None:
    """A host with a path, a query, blanks or another scheme is refused, and the error says what is right."""
    assert refuse(**fields) == (
        "The connection 'mpulse_default' has a host or schema that cannot be used; the host must be a name "
        "such as c.go-mpulse.net, without a path, and the schema https or http."
    )


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_port_out_of_range_is_refused(port: int) -> None:
    """A port that no service can have is refused."""
    assert f"has {port} as port; it must be 1 to 65535" in refuse(port=port)


@pytest.mark.parametrize("host", ["me:pa55@config.example.com", "https://pa55@config.example.com"])
def test_credentials_in_the_host_are_refused_unseen(host: str) -> None:
    """A host with credentials is refused without repeating them."""
    sentence = refuse(host=host)
    assert "has credentials in its host; put the API key into the password and nothing else." in sentence
    assert "pa55" not in sentence


@pytest.mark.parametrize(
    "host", ["http://config.example.com", "http://10.0.0.1:80", "http://127.0.0.1.example"]
)
def test_plain_http_beyond_loopback_is_refused(host: str) -> None:
    """Plain HTTP to another machine is refused, with the reason and the way out."""
    sentence = refuse(host=host)
    assert re.search(r"would send the API key to '[\w.]+' over plain http; use https, or set", sentence)
    assert '"allow_http" to true' in sentence


@pytest.mark.parametrize("flag", [True, "true", "True", "yes", "y", "on", "1", 1, " TRUE "], ids=repr)
def test_plain_http_can_be_allowed(flag: object) -> None:
    """With allow_http, in any way to write true, plain HTTP to another machine is used."""
    settings = read(host="http://config.example.com", extra={"allow_http": flag})
    assert settings.base_url == "http://config.example.com"
    assert settings.allow_http


@pytest.mark.parametrize("flag", [False, None, "false", "no", "n", "off", "0", "", 0], ids=repr)
def test_plain_http_stays_refused_when_denied(flag: object) -> None:
    """With allow_http written as false in any way, plain HTTP stays refused."""
    assert "over plain http" in refuse(host="http://config.example.com", extra={"allow_http": flag})


@pytest.mark.parametrize("flag", ["maybe", 2, [], "tru"], ids=repr)
def test_flag_of_another_word_is_refused(flag: object) -> None:
    """A flag that is neither true nor false is refused by its name."""
    assert f"has {flag!r} as extra 'allow_http'; it must be true or false." in refuse(
        extra={"allow_http": flag}
    )


@pytest.mark.parametrize(
    ("value", "timeout_s"), [(None, 5.0), ("", 5.0), (1, 1.0), ("0.5", 0.5), (60, 60.0), ("1e1", 10.0)]
)
def test_timeout_is_seconds(value: object, timeout_s: float) -> None:
    """timeout_s is a number of seconds, as a number or as text, 5 where it is empty."""
    assert read(extra={"timeout_s": value}).timeout_s == timeout_s


@pytest.mark.parametrize(
    "value", [0, -1, 61, "nan", "inf", "five", True, [], 10**400], ids=lambda v: repr(v)[:9]
)
def test_timeout_out_of_bounds_is_refused(value: object) -> None:
    """A time-out that is no number above 0 and at most 60 is refused."""
    assert "as extra 'timeout_s'; it must be above 0, at most 60 seconds." in refuse(
        extra={"timeout_s": value}
    )


@pytest.mark.parametrize("value", [None, "", True, "true", "True", "yes", "1"], ids=repr)
def test_certificates_are_checked_by_default(value: object) -> None:
    """An extra verify left empty or true means the system's authorities."""
    assert read(extra={"verify": value}).verify is True


def test_authorities_may_come_from_a_file() -> None:
    """An extra verify that is a path names the file of authorities."""
    assert read(extra={"verify": " /etc/ssl/own-ca.pem "}).verify == "/etc/ssl/own-ca.pem"


@pytest.mark.parametrize("value", [False, "false", "False", "no", "off", "0", 0], ids=repr)
def test_certificates_cannot_be_left_unchecked(value: object) -> None:
    """Switching the check of certificates off is refused, however it is written."""
    assert refuse(extra={"verify": value}) == (
        "The connection 'mpulse_default' switches off the check of certificates (extra 'verify'); it must be "
        "true, or the path of a file with the authorities to trust."
    )


def test_user_agent_can_be_changed() -> None:
    """An app that refuses our own User-Agent can be given another."""
    assert read(extra={"user_agent": " Mozilla/5.0 (X11) "}).user_agent == "Mozilla/5.0 (X11)"


@pytest.mark.parametrize("user_agent", ["Füße/1", "監視/1"])
def test_user_agent_that_no_header_holds_is_refused(user_agent: str) -> None:
    """A User-Agent beyond ASCII is refused here, rather than by the HTTP library in the middle of a task."""
    assert "as extra 'user_agent'; a header can only hold ASCII characters." in refuse(
        extra={"user_agent": user_agent}
    )


@pytest.mark.parametrize("secret", [None, "", "  "], ids=repr)
def test_empty_secret_is_none(secret: str | None) -> None:
    """An empty REST API secret means the plain configuration request, and is no value to mask."""
    assert read(extra={"rest_api_secret": secret}).rest_api_secret is None

# SPDX-License-Identifier: Apache-2.0
"""Tests of what the configuration service's answers mean: each case has its own class and sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
from airflow_mpulse.protocol.config_answer import describe_redirect, merge_answers, read_answer
from tests.support.values import API_KEY, CRUMB

NOT_REGISTERED = b'{"message":"Domain is not a subdomain registered with this API Key"}'

#: Name: status, body, class, part of the sentence, whether another try may help.
ANSWERS: dict[str, tuple[int, bytes, type[DeliveryError], str, bool]] = {
    "403-with-message": (
        403,
        NOT_REGISTERED,
        ConfigurationRefusedError,
        (
            "mPulse refused the configuration (403) and said 'Domain is not a subdomain registered with this "
            "API Key'; check that the connection's domain is registered for this API key"
        ),
        False,
    ),
    "403-without": (403, b"", ConfigurationRefusedError, "(403); check that the connection's domain", False),
    "403-html": (403, b"<html>", ConfigurationRefusedError, "(403); check", False),
    "403-odd-message": (403, b'{"message":{"a":1}}', ConfigurationRefusedError, "(403); check", False),
    "403-array": (403, b"[1]", ConfigurationRefusedError, "(403); check", False),
    "404-unknown-key": (404, b"Not found", UnknownApiKeyError, "does not know the API key (404);", False),
    "401-unknown-key": (401, b"", UnknownApiKeyError, "does not know the API key (401);", False),
    "400-unknown-key": (
        400,
        b'{"message":"bad key"}',
        UnknownApiKeyError,
        "(400) and said 'bad key';",
        False,
    ),
    "204-suspended": (204, b"", ServiceSuspendedError, "the account is suspended", False),
    "420": (420, b"", MPulseRateLimitedError, "mPulse limits the rate of this app", True),
    "429": (429, b"slow down", MPulseRateLimitedError, "mPulse limits the rate of this app", True),
    "200-rate-limited": (
        200,
        b'{"site_domain":"www.example.com","rate_limited":true}',
        MPulseRateLimitedError,
        "mPulse limits the rate of this app",
        True,
    ),
    "200-message": (
        200,
        NOT_REGISTERED,
        ConfigurationMessageError,
        "mPulse gave a message instead of a configuration: Domain is not a subdomain registered",
        False,
    ),
    "200-html": (
        200,
        b"\r\n <!DOCTYPE html><html><title>Log in</title>",
        ConfigurationNotJsonError,
        (
            "answered with a web page (HTML) instead of JSON ('<!DOCTYPE html><html><title>Log in</title>'); "
            "often a proxy or a login page stands in between"
        ),
        True,
    ),
    "200-empty": (200, b"", ConfigurationNotJsonError, "something that is not JSON", True),
    "200-cut-off": (200, b'{"h.key":', ConfigurationNotJsonError, "something that is not JSON", True),
    "200-binary": (200, b"\xff\xfe\x00\x80", ConfigurationNotJsonError, "is not JSON", True),
    "200-deep": (200, b"[" * 200_000, ConfigurationNotJsonError, "is not JSON", True),
    "200-huge-number": (200, b"1" * 5000, ConfigurationNotJsonError, "is not JSON", True),
    "200-array": (200, b"[]", ConfigurationNotObjectError, "with a JSON list instead of an object", False),
    "200-text": (200, b'"hello"', ConfigurationNotObjectError, "with a JSON str instead", False),
    "200-null": (200, b"null", ConfigurationNotObjectError, "with a JSON NoneType instead", False),
    "200-nan": (200, b"NaN", ConfigurationNotObjectError, "with a JSON float instead", False),
    "301": (301, b"", RedirectRefusedError, "The configuration service answered 301, a redirect;", False),
    "300": (300, b"", RedirectRefusedError, "answered 300, a redirect", False),
    "399": (399, b"", RedirectRefusedError, "answered 399, a redirect", False),
    "299": (299, b"", UnexpectedReplyError, "answered 299, which is no documented answer.", False),
    "304": (304, b"", RedirectRefusedError, "answered 304, a redirect", False),
    "500": (500, b"", UnexpectedReplyError, "answered 500, which is no documented answer.", True),
    "503-message": (503, b'{"message":"later"}', UnexpectedReplyError, "503 and said 'later', which", True),
    "408": (408, b"", UnexpectedReplyError, "answered 408, which is no documented answer.", True),
    "418": (418, b"", UnexpectedReplyError, "answered 418, which is no documented answer.", False),
    "201": (201, b"{}", UnexpectedReplyError, "answered 201, which is no documented answer.", False),
}


@pytest.mark.parametrize(("status", "body", "kind", "sentence", "retryable"), ANSWERS.values(), ids=ANSWERS)
def test_answer_without_configuration_has_its_own_error(
    status: int, body: bytes, kind: type[DeliveryError], sentence: str, retryable: bool
) -> None:
    """Each answer that is no configuration has a class of its own, a sentence, and a word on trying again."""
    with pytest.raises(DeliveryError) as caught:
        read_answer(status, body)
    assert type(caught.value) is kind
    assert sentence in str(caught.value)
    assert caught.value.retryable is retryable
    assert caught.value.status_code == status


@pytest.mark.parametrize("status", [420, 429, 500, 503])
def test_wait_that_was_asked_for_travels_along(status: int) -> None:
    """Seconds that the service asked to wait stand on the error."""
    with pytest.raises(DeliveryError) as caught:
        read_answer(status, b"", retry_after_s=17.0)
    assert caught.value.retry_after_s == 17.0


@pytest.mark.parametrize("said", ["true", "1", '"yes"', '"true"', "{}", "[]", '""'])
def test_presence_of_rate_limited_is_enough(said: str) -> None:
    """A configuration that is rate limited is refused whatever value says so, since none is documented."""
    with pytest.raises(MPulseRateLimitedError):
        read_answer(200, b'{"beacon_url":"//x.akstat.io/","rate_limited":%s}' % said.encode())


@pytest.mark.parametrize("said", ["false", "null", '"false"', "0"])
def test_explicit_denial_of_rate_limit_is_believed(said: str) -> None:
    """An answer that says it is not rate limited is not."""
    assert "beacon_url" in read_answer(200, b'{"beacon_url":"//x/","rate_limited":%s}' % said.encode())


@pytest.mark.parametrize(
    "answer",
    [
        {"beacon_url": "//x.akstat.io/", "message": "welcome"},
        {"h.t": 1, "h.cr": CRUMB, "message": "refreshed"},
        {"message": 7},
        {},
    ],
    ids=["beside-a-url", "beside-tokens", "number", "empty"],
)
def test_message_beside_a_configuration_is_no_error(answer: dict[str, Any]) -> None:
    """A message matters only where it stands instead of a configuration."""
    assert read_answer(200, json.dumps(answer).encode()) == answer


ECHOES = {
    "403": (403, b'{"message":"key %s is bad"}'),
    "404": (404, b'{"message":"%s"}'),
    "500": (500, b'{"message":"oh %s"}'),
    "200-message": (200, b'{"message":"no app for %s"}'),
    "200-html": (200, b"<html>/api/config.json?key=%s&d=x</html>"),
    "200-html-cut-within-the-key": (200, b"<html>" + b"x" * 60 + b"%s</html>"),
    "200-broken": (200, b'{"h.cr":"%s'),
}


@pytest.mark.parametrize(("status", "body"), ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize(
    "secret", [API_KEY, API_KEY.lower(), "rest-secret", CRUMB], ids=["key", "lower-case", "secret", "token"]
)
def test_echoed_secret_is_not_repeated(status: int, body: bytes, secret: str) -> None:
    """An answer that echoes the key, the secret or a token does not bring any part of it into the error."""
    with pytest.raises(DeliveryError) as caught:
        read_answer(status, body % secret.encode(), secrets=(API_KEY, "rest-secret"))
    assert secret[:8].lower() not in f"{caught.value!r} {caught.value}".lower()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_page_in_between_is_quoted_briefly() -> None:
    """Of an answer that is no JSON, the first eighty characters are told."""
    with pytest.raises(ConfigurationNotJsonError) as caught:
        read_answer(200, b"<" + b"x" * 100_000)
    assert f"('<{'x' * 79}')" in str(caught.value)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (None, "a redirect; redirects"),
        ("", "a redirect; redirects"),
        ("/login?key=ABCDE", "a redirect; redirects"),
        (
            "https://proxy.example.com/login?key=ABCDE",
            "a redirect to the host 'proxy.example.com'; redirects",
        ),
        ("https://me:pa55@proxy.example.com/", "a redirect to the host 'proxy.example.com'; redirects"),
        ("https://[::1", "a redirect; redirects"),
        (f"https://{API_KEY}.example.com/", "a redirect to the host '***.example.com'; redirects"),
    ],
    ids=["none", "empty", "relative", "other-host", "credentials", "broken", "key-as-host"],
)
def test_redirect_tells_the_host_alone(location: str | None, shown: str) -> None:
    """Of a redirect's address the host is told, and nothing that may be a secret."""
    sentence = describe_redirect("collector", 302, location, secrets=(API_KEY,))
    assert sentence.startswith("The collector answered 302, ")
    assert shown in sentence
    assert "ABCDE" not in sentence
    assert "pa55" not in sentence


OLDER = {"h.t": 1, "h.cr": "a" * 40, "beacon_url": "//old/", "session_id": "s", "PageParams": {"xhr": "all"}}


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ({"h.t": 2, "h.cr": "b" * 40}, {**OLDER, "h.t": 2, "h.cr": "b" * 40}),
        (
            {"h.t": 2, "h.cr": "b" * 40, "beacon_url": "//new/", "PageParams": {}, "more": 1},
            {
                "h.t": 2,
                "h.cr": "b" * 40,
                "beacon_url": "//new/",
                "session_id": "s",
                "PageParams": {},
                "more": 1,
            },
        ),
        ({"h.t": 2}, OLDER),
        ({"h.cr": "b" * 40, "beacon_url": "//new/"}, {**OLDER, "beacon_url": "//new/"}),
        ({}, OLDER),
    ],
    ids=["tokens-only", "everything", "time-alone", "token-alone", "nothing"],
)
def test_refresh_is_merged_with_tokens_together(newer: dict[str, Any], expected: dict[str, Any]) -> None:
    """A refresh replaces what it holds, keeps the rest, and brings h.t and h.cr together or neither."""
    assert merge_answers(OLDER, newer) == expected


def test_merging_changes_neither_side() -> None:
    """A merge makes a new answer, so that a refresh that turns out unusable leaves the one in use alone."""
    older, newer = dict(OLDER), {"h.t": 2, "h.cr": "b" * 40}
    merge_answers(older, newer)
    assert older == OLDER
    assert newer == {"h.t": 2, "h.cr": "b" * 40}

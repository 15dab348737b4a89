# SPDX-License-Identifier: Apache-2.0
"""Properties of what reads the configuration: whatever comes, it is a configuration or one of our errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_mpulse.exceptions import DeliveryError
from airflow_mpulse.protocol.config import BeaconConfig, build_config, is_loopback, read_token_time
from airflow_mpulse.protocol.config_answer import merge_answers, read_answer
from airflow_mpulse.protocol.text import quote_remote
from tests.support.properties import REST_API_SECRET, SECRETS, answers, bodies, json_values, texts
from tests.support.values import API_KEY, CRUMB, make_answer

if TYPE_CHECKING:
    from collections.abc import Iterator


def _assert_tells_no_secret(error: BaseException) -> None:
    for told in _chain(error):
        text = f"{told} {told!r}".lower()
        assert not [secret for secret in (*SECRETS, CRUMB) if secret.lower() in text]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


def _build(answer: Any, *, allow_http: bool = False) -> BeaconConfig | None:
    try:
        return build_config(answer, scheme="https", allow_http=allow_http, secrets=SECRETS)
    except DeliveryError as error:
        _assert_tells_no_secret(error)
        return None


@given(bodies)
@example(b'{"beacon_url": "//[::1"}')
@example(b'{"h.key": "\\ud800"}')
@example(b"\xff\xfe\x00")
def test_any_bytes_are_an_object_or_our_error(body: bytes) -> None:
    """Whatever bytes come with 200, they are read as an object or end in an error without any secret."""
    try:
        answer = read_answer(200, body, secrets=SECRETS)
    except DeliveryError as error:
        _assert_tells_no_secret(error)
    else:
        assert isinstance(answer, dict)
        _build(answer)


@given(
    st.integers(100, 599).filter(lambda status: status != 200),
    bodies,
    st.one_of(st.none(), texts),
    st.one_of(st.none(), st.floats(0, 1e9)),
)
def test_any_other_status_is_our_error(
    status: int, body: bytes, location: str | None, retry_after_s: float | None
) -> None:
    """Every status but 200 is an error of ours with that status, whatever comes with it, without a secret."""
    with pytest.raises(DeliveryError) as caught:
        read_answer(status, body, location=location, retry_after_s=retry_after_s, secrets=SECRETS)
    assert caught.value.status_code == status
    _assert_tells_no_secret(caught.value)


@given(answers, st.booleans())
def test_any_object_is_a_configuration_or_our_error(answer: dict[str, Any], allow_http: bool) -> None:
    """Whatever an object holds, a configuration made of it can be sent with, or there is none."""
    config = _build(answer, allow_http=allow_http)
    if config is None:
        return
    parts = urlsplit(config.beacon_url)
    assert parts.hostname
    assert parts.username is None
    assert parts.scheme == "https" or (parts.scheme == "http" and (allow_http or is_loopback(parts.hostname)))
    assert all(token.isprintable() for token in (config.h_key, config.h_d, config.h_cr))
    assert config.h_t == read_token_time(answer)
    for labels, form in (
        (config.timers, r"custom[^|,]*"),
        (config.metrics, r"cmet\.[^|,]*"),
        (config.dimensions, r"cdim\.[^|,]*"),
    ):
        assert all(re.fullmatch(form, label) and label.isprintable() for label in labels.values())


@given(answers)
def test_configuration_does_not_show_its_tokens(answer: dict[str, Any]) -> None:
    """A configuration in a log line shows neither the key nor the token that it is sent with."""
    config = _build({**make_answer(), **{k: v for k, v in answer.items() if k in {"h.t", "PageParams"}}})
    if config is not None:
        assert API_KEY not in repr(config)
        assert CRUMB not in repr(config)


@given(answers, st.one_of(answers, st.dictionaries(texts, json_values, max_size=3)))
def test_tokens_come_from_one_answer(older: dict[str, Any], newer: dict[str, Any]) -> None:
    """Whatever a refresh holds, h.t and h.cr are both its own or both the older answer's."""
    merged = merge_answers(older, newer)
    pair = [merged.get(name, ...) for name in ("h.t", "h.cr")]
    assert pair in [[answer.get(name, ...) for name in ("h.t", "h.cr")] for answer in (older, newer)]
    assert set(merged) <= {*older, *newer}
    _build(merged)


@given(
    st.fixed_dictionaries({"h.t": st.integers(1, 10**15), "h.cr": st.text("0123456789abcdef", min_size=1)})
)
def test_refresh_of_two_tokens_keeps_the_rest(refresh: dict[str, Any]) -> None:
    """A refresh with two tokens leaves everything else of the configuration as it was."""
    before, after = _build(make_answer()), _build(merge_answers(make_answer(), refresh))
    assert before is not None
    assert after is not None
    assert (after.h_t, after.h_cr) == (refresh["h.t"], refresh["h.cr"])
    for name in ("h_key", "h_d", "beacon_url", "raw_beacon_url", "timers", "metrics", "dimensions"):
        assert getattr(before, name) == getattr(after, name)


@given(texts, st.sampled_from([*SECRETS, CRUMB]), texts)
@example("", "a secret with blanks".replace(" ", "\n"), "")
@example("x" * 190, API_KEY, "")
def test_quoted_text_holds_no_secret(before: str, secret: str, after: str) -> None:
    """Text from outside is quoted on one line of bounded length, without the secrets that stand in it."""
    quoted = quote_remote(before + secret + after, secrets=SECRETS)
    assert len(quoted) <= 200
    assert quoted.isprintable()
    assert not [word for word in (API_KEY, REST_API_SECRET, CRUMB) if word.lower() in quoted.lower()]

# SPDX-License-Identifier: Apache-2.0
"""Properties of what processes leave each other in files: whatever stands there, nobody stumbles over it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from airflow_mpulse.delivery.breaker import Breaker
from airflow_mpulse.delivery.config_store import FileStore, Stored, StoredAnswer, StoredError
from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.delivery.error_json import error_from_json, error_to_json
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.outbox import Kept, read_kept
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.exceptions import DeliveryError, MPulseRateLimitedError, ServicePausedError
from airflow_mpulse.protocol.config import BeaconConfig
from tests.support.properties import answers, json_values
from tests.support.values import API_KEY, make_answer

NOW = Moment(1_772_366_400.0, 1000.0, "boot")
HUGE = b'[%s, 1, "boot"]' % (b"9" * 400)

_numbers = st.one_of(st.floats(), st.integers(), st.just(10**400))
_moments = st.one_of(
    json_values,
    st.tuples(_numbers, _numbers, st.sampled_from(["boot", "", "other"])).map(list),
    st.just(NOW.to_json()),
)
_errors = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {
            "kind": st.one_of(
                json_values, st.sampled_from(["MPulseRateLimitedError", "BeaconError", "annotations"])
            ),
            "message": st.one_of(json_values, st.just("no")),
            "status_code": st.one_of(json_values, st.none(), st.just(429)),
            "retry_after_s": st.one_of(json_values, st.none(), _numbers),
            "retryable": st.one_of(json_values, st.booleans()),
        }
    ),
)
_stored = st.fixed_dictionaries(
    {
        "version": st.one_of(st.just(1), json_values),
        "answer": st.one_of(
            st.none(),
            json_values,
            st.fixed_dictionaries(
                {"answer": answers, "arrived": _moments, "fresh_s": _numbers, "usable_s": _numbers}
            ),
        ),
        "error": st.one_of(
            st.none(),
            json_values,
            st.fixed_dictionaries({"error": _errors, "met": _moments, "lasts_s": _numbers}),
        ),
    }
)
_pauses = st.fixed_dictionaries(
    {
        "since": _moments,
        "lasts_s": _numbers,
        "failures": st.one_of(st.integers(), json_values),
        "reason": st.one_of(st.text(), json_values),
    }
)


def _files(near: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    written = st.one_of(near, json_values).map(lambda value: json.dumps(value).encode())
    return st.one_of(
        written, st.binary(), st.builds(lambda file, length: file[:length], written, st.integers(0, 300))
    )


@given(_files(_stored))
@example(b'{"version":1,"answer":{"answer":{},"arrived":%s,"fresh_s":1,"usable_s":1},"error":null}' % HUGE)
def test_any_file_is_a_configuration_or_passed_over(content: bytes) -> None:
    """Whatever stands in the file of the configuration, a process has one, that one or its own."""
    with TemporaryDirectory() as path:
        folder = PrivateFolder(Path(path))
        folder.write("key.json", content)
        store = FileStore(folder, "key", lambda _: None)
        assert isinstance(store.load(), Stored | None)
        keeper = ConfigurationKeeper(
            ServiceSettings("mpulse_test", API_KEY, "www.example.com"),
            lambda *_: Fetched(make_answer(), 300.0, 540.0),
            lambda: 0.0,
            lambda _: None,
            store=store,
            moment=lambda: NOW,
        )
        try:
            config = keeper.get()
        except DeliveryError:
            return  # What the file says that mPulse has refused.
        assert isinstance(config, BeaconConfig)


@given(_files(_pauses))
@example(b'{"since":%s,"lasts_s":1,"failures":1,"reason":""}' % HUGE)
def test_any_file_is_a_pause_or_none(content: bytes) -> None:
    """Whatever stands in the file of a pause, mPulse is tried or left alone, and a failure can be noted."""
    with TemporaryDirectory() as path:
        folder = PrivateFolder(Path(path))
        folder.write("key.away", content)
        breaker = Breaker(folder, "key", lambda: NOW, lambda: 1.0)
        try:
            breaker.check()
        except ServicePausedError:
            assert breaker.left_s() is not None
        breaker.note_failure(MPulseRateLimitedError("no", status_code=429))
        breaker.note_success()
        breaker.check()


@given(answers, st.floats(0, 300), st.floats(0, 540))
def test_answer_is_read_back(answer: dict[str, Any], fresh_s: float, usable_s: float) -> None:
    """An answer of any content that one process shares is what another one reads."""
    stored = Stored(answer=StoredAnswer(answer, NOW, fresh_s, usable_s))
    with TemporaryDirectory() as path:
        store = FileStore(PrivateFolder(Path(path)), "key", lambda _: None)
        store.save(stored)
        read = store.load()
    assert read is not None
    assert read.answer is not None
    # NaN is not equal to itself.
    assert json.dumps(read.answer.answer) == json.dumps(answer)
    assert (read.answer.fresh_s, read.answer.usable_s, read.answer.arrived) == (fresh_s, usable_s, NOW)


@given(st.text(), st.one_of(st.none(), st.integers(100, 599)), st.one_of(st.none(), st.floats(0, 1e6)))
def test_error_is_read_back(message: str, status: int | None, retry_after_s: float | None) -> None:
    """An error that one process tells is the same one for another, of the same class."""
    error = MPulseRateLimitedError(message, status_code=status, retry_after_s=retry_after_s)
    with TemporaryDirectory() as path:
        store = FileStore(PrivateFolder(Path(path)), "key", lambda _: None)
        store.save(Stored(error=StoredError(error, NOW, 60.0)))
        read = store.load()
    assert read is not None
    assert read.error is not None
    assert error_to_json(read.error.error) == error_to_json(error)
    assert type(error_from_json(error_to_json(error))) is MPulseRateLimitedError


@given(
    _files(
        st.fixed_dictionaries({"version": st.just(1), "mpulse_conn_id": st.text(), "content": json_values})
    )
)
def test_any_file_of_the_outbox_is_kept_or_unreadable(content: bytes) -> None:
    """Whatever stands in a file of the outbox, it is what was kept, or the one error that sets it aside."""
    try:
        kept = read_kept(content)
    except ValueError:
        return
    assert isinstance(kept, Kept)
    assert isinstance(kept.mpulse_conn_id, str)

# SPDX-License-Identifier: Apache-2.0
"""Tests of the file that processes share a configuration in."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.config_store import (
    FileStore,
    NothingShared,
    Stored,
    StoredAnswer,
    StoredError,
    name_service,
)
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.exceptions import ConfigurationRefusedError
from tests.support.clocks import MovedClock
from tests.support.locks import is_locked_for_others, locked_elsewhere
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = Moment(1_772_366_400.0, 1000.0, "this start")
ANSWER = Stored(answer=StoredAnswer(make_answer(), NOW, fresh_s=300.0, usable_s=540.0))
REFUSAL = Stored(error=StoredError(ConfigurationRefusedError("no", status_code=403), NOW, lasts_s=60.0))


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    return PrivateFolder(tmp_path / "cache")


@pytest.fixture
def store(folder: PrivateFolder) -> FileStore:
    return FileStore(folder, "key", MovedClock().wait)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_answer_is_shared(folder: PrivateFolder, store: FileStore) -> None:
    """What one process shares another one finds, in a file that only this user can read."""
    assert store.load() is None
    store.save(ANSWER)
    assert FileStore(folder, "key", MovedClock().wait).load() == ANSWER
    assert FileStore(folder, "other-key", MovedClock().wait).load() is None
    assert (folder.path / "key.json").stat().st_mode & 0o777 == 0o600


def test_error_replaces_the_answer(store: FileStore) -> None:
    """What is shared last is what is found, an error in the place of an answer, too."""
    store.save(ANSWER)
    store.save(REFUSAL)
    found = store.load()
    assert found is not None
    assert found.answer is None
    assert found.error is not None
    assert (found.error.met, found.error.lasts_s) == (NOW, 60.0)
    assert isinstance(found.error.error, ConfigurationRefusedError)
    assert found.error.error.status_code == 403


GOOD: dict[str, Any] = {
    "version": 1,
    "answer": {"answer": {}, "arrived": NOW.to_json(), "fresh_s": 1, "usable_s": 1},
    "error": None,
}
DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "cut off": json.dumps(GOOD).encode()[:-10],
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "list": b"[]",
    "later version": json.dumps({**GOOD, "version": 2}).encode(),
    "no version": json.dumps({"answer": None, "error": None}).encode(),
    "answer is a list": json.dumps({**GOOD, "answer": []}).encode(),
    "answer without a time": json.dumps({**GOOD, "answer": {**GOOD["answer"], "arrived": None}}).encode(),
    "no number": json.dumps({**GOOD, "answer": {**GOOD["answer"], "usable_s": "540"}}).encode(),
    "error is text": json.dumps({**GOOD, "error": "no"}).encode(),
    "foreign error": json.dumps(
        {**GOOD, "error": {"error": {}, "met": NOW.to_json(), "lasts_s": 1}}
    ).encode(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_file_is_passed_over(
    folder: PrivateFolder, store: FileStore, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    """A file that is damaged or of another version counts as none, without a warning, and is replaced."""
    folder.write("key.json", content)
    assert store.load() is None
    assert warnings(caplog) == []
    store.save(ANSWER)
    assert store.load() == ANSWER


def too_long(path: Path) -> None:
    path.write_bytes(b" " * (2 * 1024 * 1024 + 1))


def writable_for_all(path: Path) -> None:
    path.write_text(json.dumps(GOOD))
    path.chmod(0o666)


@pytest.mark.parametrize("spoil", [too_long, writable_for_all, os.mkfifo], ids=lambda each: each.__name__)
def test_foreign_file_is_not_believed(
    folder: PrivateFolder,
    store: FileStore,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], object],
) -> None:
    """A file that others could have written counts as none; that is said once, and it is replaced."""
    folder.ensure()
    spoil(folder.path / "key.json")
    assert [store.load(), store.load()] == [None, None]
    (warning,) = warnings(caplog)
    assert "key.json" in warning or str(folder.path) in warning
    assert "Set [mpulse] cache_dir to a folder of the user that runs Airflow." in warning
    store.save(ANSWER)
    assert store.load() == ANSWER


def test_folder_that_cannot_be_used_is_no_harm(
    folder: PrivateFolder, store: FileStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the folder cannot be used, each process asks by itself, and that is said once."""
    folder.path.write_text("a file")
    for _ in range(2):
        assert store.load() is None
        store.save(ANSWER)
        with store.lock(3600.0) as is_alone:
            assert is_alone
    assert len(warnings(caplog)) == 1


def test_answer_that_is_nested_too_deeply_is_not_shared(store: FileStore) -> None:
    """An answer that cannot be written as JSON is not shared, and what was shared before stays."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    store.save(ANSWER)
    store.save(Stored(answer=StoredAnswer(deep, NOW, 300.0, 540.0)))
    assert store.load() == ANSWER


def test_one_process_asks_at_a_time(folder: PrivateFolder) -> None:
    """Who asks the service keeps others from it, and waits for one that asks for as long as it may."""
    clock = MovedClock()
    store = FileStore(folder, "key", clock.wait)
    path = folder.path / "key.lock"
    with store.lock(0.0) as is_alone:
        assert is_alone
        assert is_locked_for_others(path)
    with locked_elsewhere(path):
        with store.lock(0.0) as is_alone:
            assert not is_alone
        with store.lock(1.0) as is_alone:
            assert not is_alone
    assert clock.elapsed_s == pytest.approx(1.0)


def test_error_of_who_asks_ends_the_lock(folder: PrivateFolder, store: FileStore) -> None:
    """An error within the lock goes on to the caller, and others can ask."""
    with pytest.raises(KeyError), store.lock(0.0):
        raise KeyError
    assert not is_locked_for_others(folder.path / "key.lock")


def test_nothing_is_shared_without_a_folder() -> None:
    """A process without a folder finds nothing, shares nothing, and is always alone."""
    store = NothingShared()
    store.save(ANSWER)
    assert store.load() is None
    with store.lock(0.0) as is_alone:
        assert is_alone


SETTINGS = ServiceSettings("mpulse_default", API_KEY, "www.example.com")


def test_services_have_names_of_their_own() -> None:
    """Service, key, domain and secret make the name, which tells none of them; other fields do not."""
    others = [
        replace(SETTINGS, base_url="https://other.example.com"),
        replace(SETTINGS, api_key="OTHER-KEY"),
        replace(SETTINGS, domain="other.example.com"),
        replace(SETTINGS, rest_api_secret="secret"),
        replace(SETTINGS, rest_api_secret="other secret"),
    ]
    names = {name_service(each) for each in [SETTINGS, *others]}
    assert len(names) == 6
    assert all(name.isalnum() and len(name) == 32 for name in names)
    same = replace(SETTINGS, conn_id="mpulse_other", timeout_s=1.0, user_agent="another")
    assert name_service(same) == name_service(SETTINGS)

# SPDX-License-Identifier: Apache-2.0
"""
The configuration as the processes of one machine share it: a file that one of them writes and all read.

A file that is damaged, foreign or of another version is passed over, as if there were none: whoever reads it
then asks mPulse, and writes a good one.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_mpulse.delivery.error_json import error_from_json, error_to_json
from airflow_mpulse.delivery.moments import Moment, read_seconds
from airflow_mpulse.delivery.transport import MAX_REPLY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from airflow_mpulse.delivery.private_folder import PrivateFolder
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.exceptions import DeliveryError
    from airflow_mpulse.protocol.config_answer import Answer

_LOG = logging.getLogger(__name__)

_VERSION = 1
#: An answer of the greatest size, written as JSON that escapes every character.
_MAX_FILE_BYTES = 8 * MAX_REPLY_BYTES


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """
    An answer of the configuration service.

    :param answer: The answer.
    :param arrived: When it came.
    :param fresh_s: Seconds from its arrival until a refresh is due.
    :param usable_s: Seconds from its arrival until its token is too old.
    """

    answer: Answer
    arrived: Moment
    fresh_s: float
    usable_s: float


@dataclass(frozen=True, slots=True)
class StoredError:
    """
    An error that a request for the configuration ended with.

    :param error: The error.
    :param met: When it was met.
    :param lasts_s: Seconds from then for which nobody asks again.
    """

    error: DeliveryError
    met: Moment
    lasts_s: float = 0.0

    def is_met_since(self, began: Moment) -> bool:
        """
        Tell whether it is a failure of somebody whom others have waited for.

        :param began: When these began to wait.
        :return: Whether it was met later than that; never for one that lasts.
        """
        return self.lasts_s == 0 and self.met.elapsed_s(began) not in {None, 0.0}


@dataclass(frozen=True, slots=True)
class Stored:
    """
    What processes share: either an answer or an error.

    :param answer: The answer that is in use.
    :param error: Why there is none.
    """

    answer: StoredAnswer | None = None
    error: StoredError | None = None


class ConfigurationStore(Protocol):
    """Where processes share a configuration."""

    def load(self) -> Stored | None:
        """
        Give what is shared.

        :return: It, ``None`` where there is nothing that can be believed.
        """

    def save(self, stored: Stored) -> None:
        """
        Share something. What cannot be written is not shared.

        :param stored: What is shared from now on.
        """

    def lock(self, wait_s: float) -> AbstractContextManager[bool]:
        """
        Be the one who asks the service.

        :param wait_s: Seconds to wait for whoever asks at this moment.
        :return: A context that tells whether nobody else asks meanwhile.
        """


class NothingShared:
    """Shares nothing: the configuration of a process that has no folder for it."""

    def load(self) -> Stored | None:
        """
        Give what is shared.

        :return: Nothing.
        """

    def save(self, stored: Stored) -> None:
        """
        Share nothing.

        :param stored: What is not shared.
        """

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[bool]:  # noqa: ARG002, DOC404
        """
        Be alone.

        :param wait_s: Not waited for.
        :yield: True.
        """
        yield True


class FileStore:
    """
    Shares a configuration in a file. Errors of the file system are logged once and are no harm.

    :param folder: The folder of the file.
    :param key: Names the service, the app and its domain; see :func:`name_service`.
    :param wait: Waits for seconds.
    """

    def __init__(self, folder: PrivateFolder, key: str, wait: Callable[[float], object]) -> None:
        self._folder = folder
        self._file = f"{key}.json"
        self._lock_file = f"{key}.lock"
        self._wait = wait
        self._has_complained = False

    def load(self) -> Stored | None:
        """
        Give what is shared.

        :return: It, ``None`` where there is nothing that can be believed.
        """
        try:
            content = self._folder.read(self._file, max_bytes=_MAX_FILE_BYTES)
            return None if content is None else _from_json(json.loads(content))
        except OSError as error:
            self._complain(error)
        except (ValueError, RecursionError, TypeError):
            _LOG.debug("The file of the configuration was damaged or of another version; it is made anew.")
        return None

    def save(self, stored: Stored) -> None:
        """
        Share something. What cannot be written is not shared.

        :param stored: What is shared from now on.
        """
        try:
            self._folder.write(self._file, json.dumps(_to_json(stored)).encode())
        except OSError as error:
            self._complain(error)
        except RecursionError:
            _LOG.debug("The configuration is nested too deeply to be shared.")

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[bool]:  # noqa: DOC404
        """
        Be the one who asks the service.

        :param wait_s: Seconds to wait for whoever asks at this moment.
        :yield: Whether nobody else asks meanwhile; also where the folder cannot be used.
        """
        locking = self._folder.lock(self._lock_file, wait_s, self._wait)
        try:
            held = locking.__enter__()
        except OSError as error:
            self._complain(error)
            yield True
            return
        try:
            yield held
        finally:
            locking.__exit__(None, None, None)

    def _complain(self, error: OSError) -> None:
        if not self._has_complained:
            self._has_complained = True
            _LOG.warning(
                "The configuration of mPulse is not shared with other processes of this machine, and each of "
                "them asks for it: %s. Set [mpulse] cache_dir to a folder of the user that runs Airflow.",
                error,
            )


def name_service(settings: ServiceSettings) -> str:
    """
    Name a service, an app and a domain, without telling the key.

    :param settings: The connection's settings.
    :return: Letters and digits that are the same for the same three.
    """
    # The secret is part of it as well: a wrong one must not be answered with what the right one has got.
    parts = (settings.base_url, settings.api_key, settings.domain, settings.rest_api_secret or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _to_json(stored: Stored) -> dict[str, Any]:
    answer, error = stored.answer, stored.error
    return {
        "version": _VERSION,
        "answer": answer
        and {
            "answer": answer.answer,
            "arrived": answer.arrived.to_json(),
            "fresh_s": answer.fresh_s,
            "usable_s": answer.usable_s,
        },
        "error": error
        and {"error": error_to_json(error.error), "met": error.met.to_json(), "lasts_s": error.lasts_s},
    }


def _from_json(written: Any) -> Stored | None:
    match written:
        case {"version": 1, "answer": answer, "error": error}:
            return Stored(
                answer=None if answer is None else _read_answer(answer),
                error=None if error is None else _read_error(error),
            )
    return None


def _read_answer(written: Mapping[str, Any]) -> StoredAnswer:
    match written:
        case {"answer": dict() as answer, "arrived": arrived, "fresh_s": fresh_s, "usable_s": usable_s}:
            return StoredAnswer(
                answer, Moment.from_json(arrived), read_seconds(fresh_s), read_seconds(usable_s)
            )
    message = "not an answer"
    raise ValueError(message)


def _read_error(written: Mapping[str, Any]) -> StoredError:
    match written:
        case {"error": error, "met": met, "lasts_s": lasts_s}:
            return StoredError(error_from_json(error), Moment.from_json(met), read_seconds(lasts_s))
    message = "not an error"
    raise ValueError(message)

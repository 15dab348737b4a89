# SPDX-License-Identifier: Apache-2.0
"""
Leaves a service alone for a while after it has failed, and looks again.

What one process has met is shared with the others of the machine, since a task's process lives too short to
learn it by itself: without this each task would wait in vain for as long as it may.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.moments import Moment, read_seconds
from airflow_mpulse.exceptions import (
    CertificateError,
    DeliveryError,
    MPulseRateLimitedError,
    ServicePausedError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.private_folder import PrivateFolder

#: The first pause; each failure that follows doubles it.
FIRST_PAUSE_S = 1.0
#: The longest pause that is chosen here.
MAX_PAUSE_S = 30.0
#: The longest that is, whatever mPulse asks for.
MAX_ASKED_PAUSE_S = 3600.0
#: How long others wait for whoever has a look; longer than a look takes with usual limits.
LOOK_S = 10.0

_MAX_FILE_BYTES = 4096
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pause:
    """
    A service that is left alone.

    :param since: When the pause began.
    :param lasts_s: Seconds that it lasts.
    :param failures: How many tries have failed one after another.
    :param reason: What the last one failed with.
    """

    since: Moment
    lasts_s: float
    failures: int
    reason: str


class Breaker:
    """
    Tells whether a service is to be tried.

    :param folder: Where processes share what they met; ``None`` to keep it to this one.
    :param key: Names the service.
    :param moment: The present.
    :param jitter: A random number from 0 to 1, so that many machines do not come back at once.
    """

    def __init__(
        self,
        folder: PrivateFolder | None,
        key: str,
        moment: Callable[[], Moment],
        jitter: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._file = f"{key}.away"
        self._moment = moment
        self._jitter = jitter
        self._own: Pause | None = None
        self._has_a_look = False

    def check(self) -> None:
        """
        Refuse to try a service that has just failed.

        The first who comes after the pause has a look, and the others wait for what he finds.

        :raises ServicePausedError: If it is not to be tried yet.
        """
        pause = self._find_pause()
        if pause is None:
            return
        left_s = self._left_s(pause)
        if left_s > 0:
            left = f"{max(left_s, 0.1):.1f} s"
            msg = f"mPulse is left alone for {left}, because it has just failed: {pause.reason}"
            raise ServicePausedError(msg, retry_after_s=left_s)
        self._has_a_look = True
        self._save(Pause(self._moment(), LOOK_S, pause.failures, pause.reason))

    def left_s(self) -> float | None:
        """
        Tell how long the service is still to be left alone.

        :return: Seconds, 0 or less when somebody may have a look; ``None`` where nothing has failed, and for
            whoever has a look: the pause meanwhile is for the others.
        """
        pause = self._find_pause()
        return None if pause is None else self._left_s(pause)

    def note_failure(self, error: DeliveryError) -> None:
        """
        Note how a try ended; only what says that the service is away begins a pause.

        :param error: What it ended with.
        """
        if not means_away(error):
            self.note_success()
            return
        self._has_a_look = False
        pause = self._load()
        failures = 1 if pause is None else pause.failures + 1
        chosen_s = min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30), MAX_PAUSE_S) * (0.5 + self._jitter() / 2)
        asked_s = min(error.retry_after_s or 0.0, MAX_ASKED_PAUSE_S)
        self._save(Pause(self._moment(), max(chosen_s, asked_s), failures, str(error)))

    def note_success(self) -> None:
        """Note that the service has answered; a pause is over."""
        self._has_a_look = False
        if self._load() is not None:
            self._own = None
            if self._folder is not None:
                with suppress(OSError):
                    self._folder.remove(self._file)

    def _find_pause(self) -> Pause | None:
        return None if self._has_a_look else self._load()

    def _left_s(self, pause: Pause) -> float:
        elapsed_s = self._moment().elapsed_s(pause.since)
        return 0.0 if elapsed_s is None else pause.lasts_s - elapsed_s

    def _load(self) -> Pause | None:
        own, shared = self._own, self._load_shared()
        if own is None or shared is None:
            return own or shared
        # The own one could not be shared; another process may have met something since.
        return shared if own.since.elapsed_s(shared.since) is None else own

    def _load_shared(self) -> Pause | None:
        try:
            content = self._folder and self._folder.read(self._file, max_bytes=_MAX_FILE_BYTES)
            return _from_json(json.loads(content)) if content else None
        except (OSError, ValueError, RecursionError):
            return None

    def _save(self, pause: Pause) -> None:
        self._own = pause
        if self._folder is None:
            return
        content = {
            "since": pause.since.to_json(),
            "lasts_s": pause.lasts_s,
            "failures": pause.failures,
            "reason": pause.reason[:1000],
        }
        try:
            self._folder.write(self._file, json.dumps(content).encode())
            self._own = None
        except OSError as error:
            _LOG.debug("That mPulse is away is not shared with other processes: %s", error)


def means_away(error: DeliveryError) -> bool:
    """
    Tell whether an error says that the service is away, rather than that it does not want what was sent.

    :param error: What a try ended with.
    :return: Whether other tries would most likely end in the same way for a while.
    """
    if isinstance(error, TransportError):
        return not isinstance(error, CertificateError)
    if isinstance(error, MPulseRateLimitedError):
        return True
    return error.status_code is not None and (error.status_code == 408 or error.status_code >= 500)


def _from_json(written: Any) -> Pause:
    match written:
        case {"since": since, "lasts_s": lasts_s, "failures": int() as failures, "reason": str() as reason}:
            return Pause(Moment.from_json(since), read_seconds(lasts_s), max(failures, 1), reason)
    message = "not a pause"
    raise ValueError(message)

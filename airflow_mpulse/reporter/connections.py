# SPDX-License-Identifier: Apache-2.0
"""The connections of one process: read when they are needed, kept for a while, and read again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.hooks.mpulse import MPulseHook
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.shared_state import open_breaker, open_store
from airflow_mpulse.version_compat import mask_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.exceptions import DeliveryError
    from airflow_mpulse.option_readers import DeliverySettings
    from airflow_mpulse.reporter.environment_connection import EnvironmentConnection

#: How long a connection is used without being read again, so that a changed key is taken up by a scheduler
#: that runs for weeks.
MAX_AGE_S = 300.0


class BackgroundHook(MPulseHook):
    """
    The hook of whoever must not be held up: it leaves mPulse alone while that is away.

    :param mpulse_conn_id: The connection's ID.
    :param delivery: What the options say; read where it is not given.
    :param known: What the connection says, where that need not be asked for.
    """

    def __init__(
        self,
        mpulse_conn_id: str,
        delivery: DeliverySettings | None = None,
        known: ServiceSettings | None = None,
    ) -> None:
        super().__init__(mpulse_conn_id)
        self._delivery = delivery
        if known is not None:
            # Each task's supervisor begins without masks, so that those of the parent are not inherited.
            for secret in known.secrets:
                mask_secret(secret)
            self._client = self._open_client(known)

    def _client_parts(self, settings: ServiceSettings) -> dict[str, Any]:
        delivery = self._delivery or read_delivery_settings()
        # What fails waits in the outbox, from where it is tried again; only without one is it tried here.
        attempts = 1 if delivery.is_outbox_on else None
        return {
            "store": open_store(settings, delivery),
            "breaker": open_breaker(settings, delivery),
            "policy": RetryPolicy(deadline_s=3 * settings.timeout_s, max_attempts=attempts),
        }


class Connections:
    """
    Gives the client of a connection. Safe in threads.

    :param clock: Monotonic seconds.
    :param delivery: Gives what the options say about delivery.
    :param ahead: A connection that a parent of this process may have read from the environment.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        delivery: Callable[[], DeliverySettings] = read_delivery_settings,
        ahead: EnvironmentConnection | None = None,
    ) -> None:
        self._clock = clock
        self._delivery = delivery
        self._ahead = ahead
        self._lock = threading.RLock()
        self._hooks: dict[str, tuple[MPulseHook, float]] = {}

    def client(self, mpulse_conn_id: str) -> MPulseClient:  # noqa: DOC502
        """
        Give the client of a connection.

        :param mpulse_conn_id: The connection's ID.
        :return: The client.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        """
        with self._lock:
            hook, read_at_s = self._hooks.get(mpulse_conn_id, (None, 0.0))
            if hook is None or self._clock() - read_at_s > MAX_AGE_S:
                self._forget(mpulse_conn_id)
                hook = BackgroundHook(mpulse_conn_id, self._delivery(), self._find_known(mpulse_conn_id))
                client = hook.get_conn()
                self._hooks[mpulse_conn_id] = hook, self._clock()
                return client
            return hook.get_conn()

    def find_trouble(self) -> DeliveryError | None:
        """
        Tell what keeps a connection from sending at this moment.

        :return: What its last exchange failed with, ``None`` where nothing is known.
        """
        clients = [hook.get_conn() for hook, _ in list(self._hooks.values())]
        return next((client.trouble for client in clients if client.trouble is not None), None)

    def _find_known(self, mpulse_conn_id: str) -> ServiceSettings | None:
        ahead = self._ahead
        if ahead is None or ahead.mpulse_conn_id != mpulse_conn_id or not ahead.is_inherited:
            return None
        return ahead.settings

    def _forget(self, mpulse_conn_id: str) -> None:
        hook, _ = self._hooks.pop(mpulse_conn_id, (None, 0.0))
        if hook is not None:
            hook.close()

# SPDX-License-Identifier: Apache-2.0
"""The hook: an Airflow connection on one side, the client of mPulse on the other."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_mpulse.connection_form import (
    CONN_TYPE,
    DEFAULT_CONN_NAME,
    HOOK_NAME,
    build_ui_field_behaviour,
    build_widgets,
)
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError
from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.report import DeliveryReport, DrainReport
    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig


class MPulseHook(BaseHook):
    """
    Sends beacons to the mPulse app of a connection.

    The connection is read when it is first needed, and the HTTP library is imported when the first request is
    made.

    :param mpulse_conn_id: The connection's ID.
    """

    conn_name_attr = "mpulse_conn_id"
    default_conn_name = DEFAULT_CONN_NAME
    conn_type = CONN_TYPE
    hook_name = HOOK_NAME

    def __init__(self, mpulse_conn_id: str = DEFAULT_CONN_NAME) -> None:
        super().__init__()
        self.mpulse_conn_id = mpulse_conn_id
        self._client: MPulseClient | None = None

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """
        Give the extra fields of the connection form of Airflow 2.11.

        :return: WTForms fields by name.
        """
        return build_widgets()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """
        Give what the connection form of Airflow 2.11 does with the standard fields.

        :return: Hidden fields, labels and placeholders.
        """
        return build_ui_field_behaviour()

    def get_conn(self) -> MPulseClient:  # noqa: DOC502
        """
        Give the client of the connection; the same one each time.

        :return: The client.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        """
        if self._client is None:
            self._check_conn_id()
            try:
                connection = self._read_connection()
            except AirflowNotFoundException:
                connection = None
            self._client = self._build_client(connection)
        return self._client

    async def aget_conn(self) -> MPulseClient:  # noqa: DOC502
        """
        Give the client of the connection without blocking an event loop, such as a triggerer's.

        :return: The client; what it sends blocks.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        """
        if self._client is None:
            self._check_conn_id()
            try:
                connection = await self.aget_connection(self.mpulse_conn_id)
            except AirflowNotFoundException:
                connection = None
            self._client = self._build_client(connection)
        return self._client

    def get_config(self, refresh: bool = False) -> BeaconConfig:  # noqa: DOC502, FBT001, FBT002
        """
        Give the beacon configuration, from memory while it is fresh.

        :param refresh: Whether to fetch it anew, whatever is known.
        :return: The configuration.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        :raises DeliveryError: If the configuration cannot be fetched or does not let us send.
        """
        return self.get_conn().get_config(refresh=refresh)

    def send_beacon(self, beacon: Beacon) -> None:  # noqa: DOC503
        """
        Send one beacon.

        Returning means that mPulse received it. Whether it was accepted, mPulse never says.

        :param beacon: The beacon.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        :raises BeaconError: If the beacon ends in the far future, or holds a name the app does not define.
        :raises DeliveryError: If it was not received, or nobody knows whether it was.
        """
        from airflow_mpulse.accounting import count_dropped, count_sent, time_delivery
        from airflow_mpulse.delivery.report import reason_of

        started_s = time.perf_counter()
        try:
            self.get_conn().send(beacon)
        except MPulseError as error:
            count_dropped(reason_of(error))
            raise
        count_sent()
        time_delivery((time.perf_counter() - started_s) * 1000)

    def send_beacons(self, beacons: Iterable[Beacon]) -> DeliveryReport:  # noqa: DOC502
        """
        Send many beacons over a few connections that are kept open.

        :param beacons: The beacons; an iterator is read as they are sent, so that memory stays bounded.
        :return: How many were sent, and how many were not, by reason.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        """
        from airflow_mpulse.accounting import count_dropped, count_sent

        report = self.get_conn().send_many(beacons)
        count_sent(report.sent)
        for reason, number in report.not_sent.items():
            count_dropped(reason, number)
        return report

    def flush_outbox(self) -> DrainReport:  # noqa: DOC502
        """
        Send what waits in the outbox for this connection.

        :return: How many beacons were sent, how many were dropped, by reason, and how many wait on.
        :raises MPulseSettingsError: If the connection is missing, a field of it or an option cannot be used.
        :raises OutboxError: If the outbox cannot be used.
        """
        from airflow_mpulse.accounting import count_drained
        from airflow_mpulse.delivery.report import DrainReport
        from airflow_mpulse.option_readers import read_delivery_settings
        from airflow_mpulse.shared_state import open_drainer, open_outbox

        settings = read_delivery_settings()
        outbox = open_outbox(settings)
        if outbox is None:
            return DrainReport()
        drainer = open_drainer(outbox, settings, self.log.warning)
        tidied = drainer.tidy()
        count_drained(tidied)
        return tidied.plus(drainer.drain(self.mpulse_conn_id, self.get_conn(), on_progress=count_drained))

    def close(self) -> None:
        """Close the connections to mPulse that are kept open; sending again opens new ones."""
        if self._client is not None:
            self._client.close()

    def test_connection(self) -> tuple[bool, str]:
        """
        Fetch the configuration and say what that proves.

        :return: Whether it worked, and one sentence for the user.
        """
        try:
            config = self.get_config(refresh=True)
        except MPulseError as error:
            return False, _for_the_form(str(error))
        finally:
            self.close()
        counts = [
            f"{len(labels)} custom {kind}{'' if len(labels) == 1 else 's'}"
            for kind, labels in (
                ("timer", config.timers),
                ("metric", config.metrics),
                ("dimension", config.dimensions),
            )
        ]
        return True, _for_the_form(
            f"Fetched the configuration of the domain {config.h_d!r}, which defines {counts[0]}, {counts[1]} "
            f"and {counts[2]}; that a beacon is accepted cannot be tested, because mPulse confirms none."
        )

    def _read_connection(self) -> Any:
        try:
            return self.get_connection(self.mpulse_conn_id)
        except ImportError:
            # A scheduler of Airflow 3.1 looks for the supervisor of a task, which it does not have.
            from airflow.models.connection import Connection

            return Connection.get_connection_from_secrets(self.mpulse_conn_id)

    def _check_conn_id(self) -> None:
        if not isinstance(self.mpulse_conn_id, str) or not self.mpulse_conn_id.strip():
            msg = f"The mpulse_conn_id is {self.mpulse_conn_id!r}; it must be the ID of a connection."
            raise MPulseSettingsError(msg)

    def read_settings(self, connection: Any) -> ServiceSettings:
        """
        Read what a connection of Airflow says, and have its secrets masked in logs.

        :param connection: Airflow's object; ``None`` where it has none.
        :return: The settings.
        :raises MPulseSettingsError: If there is none, or a field of it cannot be used.
        """
        from airflow_mpulse.delivery.settings import read_settings

        if connection is None:
            msg = (
                f"The connection {self.mpulse_conn_id!r} is not defined or cannot be read; create it in the "
                f"UI, with `airflow connections add`, or as AIRFLOW_CONN_{self.mpulse_conn_id.upper()}."
            )
            raise MPulseSettingsError(msg)
        settings = read_settings(
            self.mpulse_conn_id,
            password=connection.password,
            host=connection.host,
            schema=connection.schema,
            port=connection.port,
            extra=_read_extra(self.mpulse_conn_id, connection.extra),
        )
        for secret in settings.secrets:
            # Airflow masks a password itself, and telling a task's supervisor costs a round trip.
            if secret != connection.password:
                _mask(secret)
        return settings

    def _build_client(self, connection: Any) -> MPulseClient:
        return self._open_client(self.read_settings(connection))

    def _open_client(self, settings: ServiceSettings) -> MPulseClient:
        from airflow_mpulse.accounting import count_configuration
        from airflow_mpulse.delivery.client import MPulseClient

        return MPulseClient(
            settings, on_config=_mask_tokens, on_fetch=count_configuration, **self._client_parts(settings)
        )

    def _client_parts(self, settings: ServiceSettings) -> dict[str, Any]:
        from airflow_mpulse.shared_state import open_store

        return {"store": open_store(settings)}


def _read_extra(mpulse_conn_id: str, extra: str | None) -> dict[str, Any]:
    # Not by Airflow's own property, which has a task's supervisor mask the whole each time it is read.
    try:
        read = json.loads(extra or "{}")
    except ValueError:
        read = None
    if not isinstance(read, dict):
        msg = f'The extra of the connection {mpulse_conn_id!r} is no JSON object such as {{"domain": "…"}}.'
        # Not with the decoder's error as its context, which holds the whole text.
        raise MPulseSettingsError(msg)
    return read


def _for_the_form(sentence: str) -> str:
    # Airflow 2.11's form takes the sentence for HTML once the warning above it has been closed, and it may
    # hold what somebody has typed into the connection or what a server has said.
    return sentence if AIRFLOW_V_3_0_PLUS else sentence.translate({ord("<"): "(", ord(">"): ")"})


def _mask_tokens(config: BeaconConfig) -> None:
    # On Airflow 3 masking talks to the task's supervisor, which only the task's own thread may do: before 3.2
    # the answers of two threads get mixed up. Nothing here logs a token; the mask is for what others might.
    if threading.current_thread() is threading.main_thread():
        _mask(config.h_cr)


def _mask(secret: str) -> None:
    from airflow_mpulse.version_compat import mask_secret

    # An empty value would mask the space between all characters.
    if secret:
        mask_secret(secret)

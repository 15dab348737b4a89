# SPDX-License-Identifier: Apache-2.0
"""What the processes of one machine share, where the options put it: configuration, pauses, the outbox."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.breaker import Breaker
from airflow_mpulse.delivery.config_store import FileStore, name_service
from airflow_mpulse.delivery.drain import Drainer
from airflow_mpulse.delivery.moments import system_moment
from airflow_mpulse.delivery.outbox import Outbox
from airflow_mpulse.delivery.private_folder import PrivateFolder, choose_folder
from airflow_mpulse.exceptions import BeaconError, MPulseError, MPulseSettingsError
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.reporting.report_json import report_from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.delivery.settings import ServiceSettings
    from airflow_mpulse.option_readers import DeliverySettings
    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig

# Once a process: whether a folder can be used is found out by making it.
_choose_folder = lru_cache(maxsize=4)(choose_folder)


def find_cache_folder(settings: DeliverySettings) -> Path:
    """
    Find the folder where processes share the configuration.

    :param settings: What the options say.
    :return: The first folder that can be used, else the last.
    """
    return _choose_folder(*settings.cache_folders)


def open_store(  # noqa: DOC502
    service: ServiceSettings, settings: DeliverySettings | None = None
) -> FileStore:
    """
    Open where the configuration of a service is shared.

    :param service: The connection's settings.
    :param settings: What the options say; read where it is not given.
    :return: The store.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    folder = find_cache_folder(settings or read_delivery_settings())
    return FileStore(PrivateFolder(folder), name_service(service), time.sleep)


def open_breaker(  # noqa: DOC502
    service: ServiceSettings, settings: DeliverySettings | None = None
) -> Breaker:
    """
    Open where pauses of a service are shared.

    :param service: The connection's settings.
    :param settings: What the options say; read where it is not given.
    :return: The breaker.
    :raises MPulseSettingsError: If an option has a value that cannot be used.
    """
    folder = find_cache_folder(settings or read_delivery_settings())
    return Breaker(PrivateFolder(folder), name_service(service), system_moment, random.random)


def find_outbox_folder(settings: DeliverySettings) -> Path | None:
    """
    Find the folder where beacons wait.

    :param settings: What the options say.
    :return: The folder; ``None`` where the outbox is off.
    """
    if not settings.is_outbox_on:
        return None
    return settings.outbox or find_cache_folder(settings) / "outbox"


def open_outbox(settings: DeliverySettings) -> Outbox | None:
    """
    Open the outbox.

    :param settings: What the options say.
    :return: The outbox; ``None`` where it is off.
    """
    folder = find_outbox_folder(settings)
    if folder is None:
        return None
    return Outbox(folder, max_beacons=settings.outbox_max_beacons, now_ns=time.time_ns)


def open_drainer(outbox: Outbox, settings: DeliverySettings, on_remark: Callable[[str], None]) -> Drainer:
    """
    Make what sends the reports that wait in an outbox.

    :param outbox: The outbox.
    :param settings: What the options say.
    :param on_remark: Is told of what a beacon goes without.
    :return: It.
    """

    def build(content: Any, config: BeaconConfig) -> Beacon:
        try:
            return report_from_json(content).build(config, on_remark)
        except MPulseSettingsError as error:
            # Such as its pattern of a page group: of this one alone, which is no reason for others to wait.
            msg = str(error)
        except MPulseError:
            raise
        except Exception as error:  # noqa: BLE001 - one that nobody foresaw would hold up the others for good
            msg = f"No beacon can be made of what was kept ({type(error).__name__})."
        raise BeaconError(msg)

    return Drainer(outbox, build, max_age=settings.outbox_max_age, now=lambda: datetime.now(UTC))

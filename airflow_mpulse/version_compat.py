# SPDX-License-Identifier: Apache-2.0
"""Which major of Airflow this is, for what ``airflow.providers.common.compat.sdk`` does not even out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow import __version__ as airflow_version

if TYPE_CHECKING:
    from datetime import datetime

AIRFLOW_V_3_0_PLUS = int(airflow_version.partition(".")[0]) >= 3


def utc_now() -> datetime:
    """
    Tell the present by the clock that Airflow uses.

    :return: The present, in UTC.
    """
    from airflow.providers.common.compat.sdk import timezone  # type: ignore[attr-defined]

    now: datetime = timezone.utcnow()
    return now


def mask_secret(secret: str) -> None:
    """
    Mask a secret in the logs of this process.

    :param secret: The secret, not empty.
    """
    # common.compat has it from 1.22; many an Airflow 2.11 is held at an older one by its constraints.
    places = ("airflow.sdk.execution_time.secrets_masker", "airflow.utils.log.secrets_masker")
    for place in ("airflow.providers.common.compat.sdk", *places):
        try:
            mask = import_module(place).mask_secret
        except (ImportError, AttributeError):
            continue
        mask(secret)
        return

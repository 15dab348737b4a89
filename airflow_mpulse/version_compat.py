# SPDX-License-Identifier: Apache-2.0
"""Which major of Airflow this is, for what ``airflow.providers.common.compat.sdk`` does not even out."""

from __future__ import annotations

from airflow import __version__ as airflow_version

AIRFLOW_V_3_0_PLUS = int(airflow_version.partition(".")[0]) >= 3

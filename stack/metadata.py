# SPDX-License-Identifier: Apache-2.0
"""What Airflow's own database says where it is PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from demo.metadata import Metadata


class PostgresMetadata(Metadata):
    """
    A reader of Airflow's PostgreSQL database.

    :param url: `[database] sql_alchemy_conn`, with psycopg2 as the driver.
    """

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg2://", "postgresql://", 1)

    def select(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """
        Ask the database anything.

        :param query: The query; a question mark stands for a parameter.
        :param parameters: The parameters.
        :return: The rows.
        """
        with closing(psycopg2.connect(self._url)) as connection:
            connection.set_session(readonly=True, autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(query.replace("?", "%s"), parameters)
                return list(cursor.fetchall())

    def _select(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        return self.select(query, parameters)

# SPDX-License-Identifier: Apache-2.0
"""Addresses of mPulse dashboards, from a pattern such as ``https://…?page_group={page_group}``."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow_mpulse.reporting.page_groups import RUN_FIELDS, run_page_group
from airflow_mpulse.reporting.patterns import fill, parse_pattern

if TYPE_CHECKING:
    from airflow_mpulse.reporting.facts import RunFacts

FIELDS = ("page_group", "dag_id")


def check_dashboard_url(pattern: str) -> None:  # noqa: DOC502
    """
    Make sure that the pattern of an address can be filled in.

    :param pattern: The pattern.
    :raises MPulseSettingsError: If it cannot be read or has a field that is none of :data:`FIELDS`.
    """
    _parse(pattern)


def build_dashboard_url(pattern: str, page_group_pattern: str, run: RunFacts) -> str:  # noqa: DOC502
    """
    Build the address of the dashboard of a DAG's page group.

    :param pattern: The pattern of the address.
    :param page_group_pattern: The pattern of the page group of runs.
    :param run: A run of the DAG.
    :return: The address; what is filled in is encoded.
    :raises BeaconError: If the page group is empty or holds control characters.
    """
    values = {"page_group": run_page_group(page_group_pattern, run), "dag_id": run.dag_id}
    return fill(_parse(pattern), values, lambda value: quote(value, safe=""))


def build_dashboard_template(pattern: str, page_group_pattern: str, dag_id_field: str) -> str | None:  # noqa: DOC502
    """
    Build the address with a field for the DAG's ID that somebody else fills in.

    :param pattern: The pattern of the address.
    :param page_group_pattern: The pattern of the page group of runs.
    :param dag_id_field: The field, such as ``{DAG_ID}``.
    :return: The address; ``None`` where the page group has a field of the run, which is not known there.
    :raises MPulseSettingsError: If a pattern cannot be read or has an unknown field.
    """
    parts = parse_pattern(page_group_pattern, RUN_FIELDS, what="page-group pattern", of="a run")
    if any(field not in {None, "dag_id"} for _, field in parts):
        return None
    quoted = [(quote(text, safe=""), field) for text, field in parts]
    page_group = fill(quoted, {"dag_id": dag_id_field}, str)
    return fill(_parse(pattern), {"page_group": page_group, "dag_id": dag_id_field}, str)


def cut_before_fields(pattern: str) -> str:  # noqa: DOC502
    """
    Give the part of an address that is the same for every DAG.

    :param pattern: The pattern of the address.
    :return: The address up to the last whole part of it before the first field.
    :raises MPulseSettingsError: If it cannot be read or has a field that is none of :data:`FIELDS`.
    """
    parts = _parse(pattern)
    before = list(takewhile(lambda part: part[1] is None, parts))
    head = "".join(text for text, _ in parts[: len(before) + 1])
    if len(before) == len(parts):
        return head
    # A query or a fragment that begins before the field says nothing without it.
    stem = re.split("[?#]", head, maxsplit=1)[0]
    return stem if stem != head else head.rpartition("/")[0]


def _parse(pattern: str) -> list[tuple[str, str | None]]:
    return parse_pattern(pattern, FIELDS, what="address", of="a dashboard")

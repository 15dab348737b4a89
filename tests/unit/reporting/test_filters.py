# SPDX-License-Identifier: Apache-2.0
"""Tests of which runs report themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.reporting.filters import Filters
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

RUN_IDS = [f"scheduled__2026-03-01T{number:05}" for number in range(10_000)]


def no_tags() -> list[str]:
    return []


def unreadable_tags() -> list[str]:
    pytest.fail("The tags were read though they decide nothing.")


def accepted(filters: Filters, dag_id: str = "sales") -> set[str]:
    """Give the runs that report themselves."""
    return {run_id for run_id in RUN_IDS if filters.accepts(dag_id, run_id, no_tags)}


@pytest.mark.parametrize(
    ("include", "exclude", "dag_ids"),
    [
        (("*",), (), ["sales.daily", "sales.hourly", "ops", "Sales"]),
        ((), (), []),
        (("ops",), (), ["ops"]),
        (("sales.*", "ops"), (), ["sales.daily", "sales.hourly", "ops"]),
        (("sales",), (), []),
        (("sales*",), (), ["sales.daily", "sales.hourly"]),
        (("?ales.[dx]*",), (), ["sales.daily"]),
        (("*",), ("sales.*",), ["ops", "Sales"]),
        (("sales.daily",), ("sales.daily",), []),
        (("sales.daily",), ("*",), []),
        (("*",), ("S*", "op?"), ["sales.daily", "sales.hourly"]),
    ],
    ids=repr,
)
def test_globs_choose_dags(include: tuple[str, ...], exclude: tuple[str, ...], dag_ids: list[str]) -> None:
    """A DAG reports itself when a whole glob includes it, letter for letter, and none excludes it."""
    filters = Filters(include=include, exclude=exclude)
    given = ["sales.daily", "sales.hourly", "ops", "Sales"]
    assert [dag_id for dag_id in given if filters.accepts(dag_id, "r", no_tags)] == dag_ids


@pytest.mark.parametrize(
    ("tags", "reported"),
    [
        (["no-mpulse"], False),
        (["nightly", "no-mpulse"], False),
        (["nightly"], True),
        (["No-mPulse"], True),
        (["no-mpulse-today"], True),
        ([], True),
    ],
    ids=repr,
)
def test_tag_excludes_a_dag(tags: list[str], reported: bool) -> None:
    """A DAG with the very tag does not report itself, whichever collection its tags come in."""
    filters = Filters(exclude_tag="no-mpulse")
    for collection in (list, set, tuple, iter):
        assert filters.accepts("sales", "r", lambda collection=collection: collection(tags)) is reported


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(include=("ops",), exclude_tag="no-mpulse"),
        Filters(exclude=("sal*",), exclude_tag="no-mpulse"),
        Filters(sample_rate=0.0, exclude_tag="no-mpulse"),
    ],
    ids=["no-tag-excludes", "not-included", "excluded", "not-in-the-sample"],
)
def test_tags_are_read_only_where_they_decide(filters: Filters) -> None:
    """Tags, which may cost a query, are not read where no tag excludes or something else does already."""
    assert filters.accepts("sales", "r", unreadable_tags) is (filters == Filters())


def test_default_reports_every_run() -> None:
    """Without any filter every run of every DAG reports itself, also one that has an empty tag."""
    assert accepted(Filters()) == set(RUN_IDS)
    assert Filters().accepts("sales", "r", lambda: [""])


def test_rates_of_all_and_none_are_exact() -> None:
    """A rate of 1 takes every run, and a rate of 0 takes none."""
    assert accepted(Filters(sample_rate=1.0)) == set(RUN_IDS)
    assert accepted(Filters(sample_rate=0.0)) == set()


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("dag_id", ["sales", "ops.nightly"])
def test_share_of_many_runs_is_near_the_rate(rate: float, dag_id: str) -> None:
    """Of ten thousand runs that follow each other, about the wanted share reports itself."""
    assert len(accepted(Filters(sample_rate=rate), dag_id)) / len(RUN_IDS) == pytest.approx(rate, abs=0.015)


def test_greater_rate_keeps_the_runs_of_a_smaller_one() -> None:
    """A raised rate adds runs and gives up none, so that a change of it never tears a run apart."""
    smaller, greater = accepted(Filters(sample_rate=0.2)), accepted(Filters(sample_rate=0.6))
    assert smaller < greater


def test_dags_are_sampled_each_by_itself() -> None:
    """Runs of the same name of two DAGs are not taken together."""
    half = Filters(sample_rate=0.5)
    both = accepted(half, "sales") & accepted(half, "ops")
    assert len(both) / len(RUN_IDS) == pytest.approx(0.25, abs=0.015)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_sample_is_the_same_in_every_process(tmp_path: Path, seed: str) -> None:
    """Another process, whose hashes differ, takes the very same runs, and so does the next call."""
    half = Filters(sample_rate=0.5)
    elsewhere = run_python(
        """
        import json
        from airflow_mpulse.reporting.filters import Filters
        half = Filters(sample_rate=0.5)
        run_ids = [f"scheduled__2026-03-01T{number:05}" for number in range(10_000)]
        print(json.dumps([run_id for run_id in run_ids if half.accepts("sales", run_id, list)]))
        """,
        clean_environment(tmp_path, PYTHONHASHSEED=seed),
    )
    assert set(elsewhere) == accepted(half) == accepted(half)


@pytest.mark.parametrize("run_id", ["", "r\ud800", "売上", "r" * 250, "a\nb"], ids=ascii)
def test_any_name_of_a_run_is_placed(run_id: str) -> None:
    """Whatever a run is called, it is decided on and nothing is raised."""
    half = Filters(sample_rate=0.5)
    assert half.accepts("d\udcff", run_id, no_tags) is half.accepts("d\udcff", run_id, no_tags)

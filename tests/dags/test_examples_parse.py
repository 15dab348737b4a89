# SPDX-License-Identifier: Apache-2.0
"""The example DAGs as Airflow's DAG processor meets them."""

from __future__ import annotations

from pathlib import Path

from demo.expected import EXPECTED_BEACONS, run_page_group
from tests.support.subprocesses import clean_environment, run_python

ROOT = Path(__file__).parents[2]


def test_examples_parse_without_a_connection(tmp_path: Path) -> None:
    """Every example parses without any connection or database, on a schedule, and imports no HTTP library."""
    found = run_python(
        f"""
        import json, sys
        try:
            from airflow.dag_processing.dagbag import DagBag
        except ImportError:
            from airflow.models import DagBag
        before = set(sys.modules)
        bag = DagBag({str(ROOT / "dags")!r})
        dags = {{
            dag_id: [dag.timetable.can_be_scheduled, bool(dag.catchup), bool(dag.doc_md)]
            for dag_id, dag in bag.dags.items()
        }}
        loaded = {{name.split(".")[0] for name in set(sys.modules) - before}}
        print(json.dumps([dags, bag.import_errors, sorted(loaded & {{"requests", "urllib3", "sqlite3"}})]))
        """,
        clean_environment(tmp_path),
        cwd=tmp_path,
    )
    dags, errors, heavy = found
    assert errors == {}
    assert set(dags) == {path.stem for path in (ROOT / "dags").glob("*.py")}
    assert set(map(tuple, dags.values())) == {(True, False, True)}
    assert heavy == []


def test_demo_knows_what_each_example_leaves_behind() -> None:
    """Every example has its expected beacons, the run's page group among them."""
    assert set(EXPECTED_BEACONS) == {path.stem for path in (ROOT / "dags").glob("*.py")}
    assert all(run_page_group(dag_id) in groups for dag_id, groups in EXPECTED_BEACONS.items())


def test_each_example_is_in_the_docs() -> None:
    """The page about the demonstration names every example."""
    text = (ROOT / "docs" / "demo.md").read_text()
    assert [dag_id for dag_id in EXPECTED_BEACONS if f"`{dag_id}`" not in text] == []


def test_one_example_knows_nothing_of_mpulse() -> None:
    """The inventory count has no word of mPulse in it: what reports it is switched on elsewhere."""
    assert "mpulse" not in (ROOT / "dags" / "example_inventory_count.py").read_text().lower()

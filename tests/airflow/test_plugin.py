# SPDX-License-Identifier: Apache-2.0
"""What Airflow's processes load of the plugin: nothing while it is off, and each part once while it is on."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.subprocesses import clean_environment, run_airflow, run_python

if TYPE_CHECKING:
    from pathlib import Path

ON_2 = version("apache-airflow").startswith("2.")

LOAD = """
    import json, logging, sys
    import airflow.settings
    from airflow.listeners.listener import get_listener_manager
    import airflow.plugins_manager as manager
    lines = []
    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())
    logging.getLogger("airflow_mpulse").addHandler(Keep())
    listeners = [type(l).__name__ for l in get_listener_manager().pm.get_plugins()]
    plugins = manager._get_plugins()[0] if hasattr(manager, "_get_plugins") else manager.plugins
    (ours,) = [plugin for plugin in plugins if plugin.name == "mpulse"]
"""

HEAVY = tuple(
    f"airflow_mpulse.{name}"
    for name in ("plugins.l", "reporter", "hooks", "delivery.client", "delivery.background", "measurements")
)


def _load(tmp_path: Path, code: str, **options: str) -> Any:
    variables = {f"AIRFLOW__MPULSE__{name.upper()}": value for name, value in options.items()}
    return run_python(LOAD + f"    print(json.dumps({code}))", clean_environment(tmp_path, **variables))


def test_nothing_is_loaded_while_reporting_is_off(tmp_path: Path) -> None:
    """With `report = none` no listener is registered and no module of the delivery is imported."""
    listeners, loaded = _load(tmp_path, "[listeners, sorted(sys.modules)]")
    assert "MPulseListener" not in listeners
    assert "airflow_mpulse.plugins.mpulse" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_listener_is_registered_once(tmp_path: Path) -> None:
    """With reporting on there is one listener, and what sending needs is imported for forks to inherit."""
    listeners, inherited = _load(
        tmp_path,
        "[listeners, ['requests' in sys.modules, 'airflow_mpulse.delivery.bounded_http' in sys.modules]]",
        report="all",
    )
    assert listeners.count("MPulseListener") == 1
    assert inherited == [True, True]


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        (
            "report",
            "everything",
            "The option [mpulse] report is 'everything'; it must be one of none, runs, tasks, all.",
        ),
        ("sample_rate", "1.5", "The option [mpulse] sample_rate is '1.5'; it must be a number from 0 to 1."),
        ("wait_s", "soon", "The option [mpulse] wait_s is 'soon'; it must be a number from 0 to 10."),
        (
            "report_retries",
            "maybe",
            "The option [mpulse] report_retries is 'maybe'; it must be True or False.",
        ),
        (
            "mpulse_conn_id",
            " ",
            "The option [mpulse] mpulse_conn_id is empty; it must be the ID of a connection.",
        ),
        (
            "page_group",
            "{dag}",
            (
                "The option [mpulse] page_group cannot be used: The page-group pattern '{dag}' has the "
                "unknown field 'dag'; fields of a run: {dag_id}, {run_type}."
            ),
        ),
    ],
)
def test_broken_option_is_one_warning(tmp_path: Path, option: str, value: str, sentence: str) -> None:
    """An option that cannot be used is one sentence in the log, and nothing is registered."""
    options = {"report": "all", option: value}
    listeners, lines = _load(tmp_path, "[listeners, lines]", **options)
    assert "MPulseListener" not in listeners
    assert [line for line in lines if sentence in line] == [f"Nothing reports itself to mPulse: {sentence}"]


def test_links_are_there_while_a_dashboard_is_set(tmp_path: Path) -> None:
    """With `dashboard_url` each place that an Airflow can link from has a link; without it none has."""
    code = (
        "[ours.external_views, ours.appbuilder_menu_items, "
        "[type(link).__name__ for link in ours.global_operator_extra_links]]"
    )
    assert _load(tmp_path, code) == [[], [], []]
    url = "https://mpulse.example.com/boards?filter={page_group}"
    views, items, links = _load(tmp_path, code, dashboard_url=url, page_group="ETL {dag_id}")
    assert links == ["MPulseDashboardLink"]
    if ON_2:
        assert views == []
        assert [(item["name"], item["href"]) for item in items] == [
            ("mPulse", "https://mpulse.example.com/boards")
        ]
    else:
        assert items == []
        assert [(view["destination"], view["href"]) for view in views] == [
            (place, "https://mpulse.example.com/boards?filter=ETL%20{DAG_ID}") for place in ("dag", "dag_run")
        ]
        # Airflow shows no tab for a view without a route, and passes over a route that is taken.
        assert len({view["url_route"] for view in views} - {None}) == len(views)


@pytest.mark.parametrize(
    "url", ["mpulse.example.com", "https://mpulse.example.com/{run}", "ftp://example.com"]
)
def test_broken_dashboard_url_is_one_warning(tmp_path: Path, url: str) -> None:
    """An address that cannot be used is one sentence, no link is shown, and the listener works on."""
    listeners, links, lines = _load(
        tmp_path, "[listeners, ours.global_operator_extra_links, lines]", report="all", dashboard_url=url
    )
    assert "MPulseListener" in listeners
    assert links == []
    assert len([line for line in lines if line.startswith("No link to an mPulse dashboard is shown: ")]) == 1


@pytest.mark.parametrize(("report", "parses"), [("none", True), ("all", False)])
def test_tasks_that_end_in_a_trigger(tmp_path: Path, report: str, parses: bool) -> None:
    """While reporting is off, Airflow parses tasks that end in a trigger; with a listener it refuses them."""
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "ends.py").write_text(
        "from datetime import datetime, timedelta, timezone\n"
        "from airflow.providers.common.compat.sdk import DAG\n"
        "from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync\n"
        "with DAG('ends', schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):\n"
        "    DateTimeSensorAsync(task_id='t', target_time='2026-01-01T00:00:00', end_from_trigger=True)\n"
    )
    where = "airflow.models.dagbag" if ON_2 else "airflow.dag_processing.dagbag"
    found = run_python(
        f"""
        import json
        from {where} import DagBag
        bag = DagBag({str(folder)!r})
        print(json.dumps([list(bag.dags), list(bag.import_errors.values())]))
        """,
        clean_environment(tmp_path, AIRFLOW__MPULSE__REPORT=report),
    )
    assert found[0] == (["ends"] if parses else [])
    assert len(found[1]) == (0 if parses else 1)


def test_commands_show_every_part(tmp_path: Path) -> None:
    """`airflow providers` lists the notifier and the link, `airflow plugins` the plugin."""
    env = clean_environment(tmp_path, AIRFLOW__MPULSE__REPORT="all")
    run_airflow("db", "migrate", env=env)
    shown = run_airflow("providers", "notifications", "-o", "json", env=env)
    assert "airflow_mpulse.notifications.mpulse.MPulseNotifier" in shown
    shown = run_airflow("providers", "links", "-o", "json", env=env)
    assert "airflow_mpulse.plugins.links.MPulseDashboardLink" in shown
    assert "mpulse" in run_airflow("plugins", "-o", "json", env=env)


@pytest.mark.skipif(ON_2, reason="Airflow 2.11 has one loader of plugins")
def test_plugin_stands_in_no_ones_way(tmp_path: Path) -> None:
    """Where providers are discovered at once, tasks still get every plugin: ours is not named twice."""
    found = run_python(
        """
        import json
        import airflow.settings
        import airflow.sdk.plugins_manager as manager
        from airflow_mpulse.get_provider_info import get_provider_info
        names = [plugin.name for plugin in manager._get_plugins()[0]]
        print(json.dumps([names.count("mpulse"), "plugins" in get_provider_info()]))
        """,
        clean_environment(tmp_path, AIRFLOW__CORE__LAZY_DISCOVER_PROVIDERS="False"),
    )
    assert found == [1, False]

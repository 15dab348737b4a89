# SPDX-License-Identifier: Apache-2.0
"""Tests of the addresses of dashboards."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.reporting.dashboards import (
    build_dashboard_template,
    build_dashboard_url,
    check_dashboard_url,
    cut_before_fields,
)
from airflow_mpulse.reporting.facts import RunFacts
from airflow_mpulse.reporting.page_groups import RUN_PATTERN
from tests.support.clocks import START

ADDRESS = "https://mpulse.example.com/dashboard?page_group={page_group}"


def run(dag_id: str, run_type: str | None = None) -> RunFacts:
    return RunFacts(dag_id, "r", START, run_type=run_type)


@pytest.mark.parametrize(
    ("pattern", "page_group", "dag_id", "url"),
    [
        ("https://h/x?g={page_group}", "{dag_id}", "sales", "https://h/x?g=sales"),
        ("https://h/x?g={page_group}&d={dag_id}", "{dag_id}", "a.b", "https://h/x?g=a-b&d=a.b"),
        ("https://h/{dag_id}/x", "{dag_id}", "a/b?c#d&e=f", "https://h/a%2Fb%3Fc%23d%26e%3Df/x"),
        ("https://h/?g={page_group}", "ETL: {dag_id} & co", "a", "https://h/?g=ETL%3A%20a%20%26%20co"),
        ("https://h/?g={page_group}", "{dag_id}", "売上", "https://h/?g=%E5%A3%B2%E4%B8%8A"),
        ("https://h/?g={page_group}", "{dag_id} ({run_type})", "a", "https://h/?g=a%20%28manual%29"),
        ("https://h/?g={page_group}", "100 % {{x}} +", "a", "https://h/?g=100%20%25%20%7Bx%7D%20%2B"),
        ("https://h/%20+?{{g}}={page_group}#t=ä", "{dag_id}", "a", "https://h/%20+?{g}=a#t=ä"),
        ("https://h/all", "{dag_id}", "a", "https://h/all"),
        ("{dag_id}", "{dag_id}", "{page_group}", "%7Bpage_group%7D"),
    ],
)
def test_what_is_filled_in_is_encoded(pattern: str, page_group: str, dag_id: str, url: str) -> None:
    """Page group and DAG are encoded, and the address around them is the administrator's."""
    assert build_dashboard_url(pattern, page_group, run(dag_id, "manual")) == url


@pytest.mark.parametrize("dag_id", ["sales", "sales.daily", "a-b_c", "売上", "x" * 250])
def test_page_group_arrives_as_it_was_sent(dag_id: str) -> None:
    """What a browser reads from the address is the page group that the run's beacons carry."""
    query = urlsplit(build_dashboard_url(ADDRESS, "ETL | {dag_id}", run(dag_id))).query
    assert parse_qs(query) == {"page_group": [f"ETL | {dag_id.replace('.', '-')}"]}


@pytest.mark.parametrize("page_group", ["", "{run_type}", "{dag_id}\n"], ids=["empty", "unknown", "control"])
def test_page_group_that_cannot_be_sent_has_no_address(page_group: str) -> None:
    """Where the page group could not be sent, there is no dashboard to point to."""
    with pytest.raises(BeaconError, match="The page group made from the pattern "):
        build_dashboard_url(ADDRESS, page_group, run("sales"))


@pytest.mark.parametrize(
    "pattern", [ADDRESS, "https://h/{dag_id}", "https://h/{dag_id}?g={page_group}", "https://h", "{{}}", ""]
)
def test_known_fields_and_text_are_fine(pattern: str) -> None:
    """An address may have the known fields, or none."""
    check_dashboard_url(pattern)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        (
            "https://h/{task_id}",
            (
                "The address 'https://h/{task_id}' has the unknown field 'task_id'; fields of a dashboard: "
                "{page_group}, {dag_id}."
            ),
        ),
        ("https://h/{DAG_ID}", "has the unknown field 'DAG_ID'; fields of a dashboard: "),
        ("https://h/{}", "has the unknown field ''; "),
        ("https://h/{dag_id", "The address 'https://h/{dag_id' cannot be read ("),
        (
            "https://h/{dag_id!r}",
            "asks for a format of 'dag_id'; write the bare field, one of {page_group}, ",
        ),
        (None, "The address must be text, not NoneType."),
    ],
    ids=["unknown", "letters", "no-name", "unbalanced", "format", "none"],
)
def test_wrong_address_is_refused_everywhere(pattern: str, sentence: str) -> None:
    """An address that cannot be filled in is refused by the check and by all that would fill it in."""
    for use in (
        lambda: check_dashboard_url(pattern),
        lambda: build_dashboard_url(pattern, RUN_PATTERN, run("sales")),
        lambda: build_dashboard_template(pattern, RUN_PATTERN, "{DAG_ID}"),
        lambda: cut_before_fields(pattern),
    ):
        with pytest.raises(MPulseSettingsError) as caught:
            use()
        assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "page_group", "template"),
    [
        ("https://h/?g={page_group}", "{dag_id}", "https://h/?g={DAG_ID}"),
        ("https://h/{dag_id}?g={page_group}", "{dag_id}", "https://h/{DAG_ID}?g={DAG_ID}"),
        ("https://h/?g={page_group}", "ETL: {dag_id} ü", "https://h/?g=ETL%3A%20{DAG_ID}%20%C3%BC"),
        ("https://h/?g={page_group}", "all & sundry", "https://h/?g=all%20%26%20sundry"),
        ("https://h/?g={page_group}", "{{x}} {dag_id}", "https://h/?g=%7Bx%7D%20{DAG_ID}"),
        ("https://h/{dag_id}/%20ä", "{dag_id}", "https://h/{DAG_ID}/%20ä"),
        ("https://h/", "{dag_id}", "https://h/"),
    ],
)
def test_template_leaves_the_dag_to_somebody_else(pattern: str, page_group: str, template: str) -> None:
    """A template is the address with the text of the page group encoded and a field for the DAG."""
    assert build_dashboard_template(pattern, page_group, "{DAG_ID}") == template


@pytest.mark.parametrize("dag_id", ["sales", "daily-sales_2"])
def test_filled_in_template_is_the_address(dag_id: str) -> None:
    """A template that somebody fills in gives the address of the DAG."""
    template = build_dashboard_template(ADDRESS, "ETL {dag_id}", "{DAG_ID}")
    assert template is not None
    assert template.replace("{DAG_ID}", dag_id) == build_dashboard_url(ADDRESS, "ETL {dag_id}", run(dag_id))


@pytest.mark.parametrize("page_group", ["{run_type}", "{dag_id} - {run_type}", "{run_type}{dag_id}"])
@pytest.mark.parametrize("pattern", [ADDRESS, "https://h/{dag_id}"])
def test_page_group_of_a_run_has_no_template(pattern: str, page_group: str) -> None:
    """Where the page group depends on the run, a link that knows the DAG only is left out."""
    assert build_dashboard_template(pattern, page_group, "{DAG_ID}") is None


def test_template_refuses_a_wrong_page_group() -> None:
    """A page group with a field that runs do not have is refused as such."""
    with pytest.raises(MPulseSettingsError, match=r"unknown field 'task_id'; fields of a run: "):
        build_dashboard_template(ADDRESS, "{task_id}", "{DAG_ID}")


@pytest.mark.parametrize(
    ("pattern", "head"),
    [
        ("https://h/dashboard?page_group={page_group}", "https://h/dashboard"),
        ("https://h/dashboard?tab=1&page_group={page_group}", "https://h/dashboard"),
        ("https://h/#/dashboard/{dag_id}", "https://h/"),
        ("https://h?g={page_group}", "https://h"),
        ("https://h/a/b/{dag_id}/c", "https://h/a/b"),
        ("https://h/a/dag-{dag_id}/c?x=1", "https://h/a"),
        ("https://h/{dag_id}", "https://h"),
        ("https://h/all?tab=1#top", "https://h/all?tab=1#top"),
    ],
)
def test_address_is_cut_before_its_fields(pattern: str, head: str) -> None:
    """What is the same for every DAG ends with the last whole part before the first field."""
    assert cut_before_fields(pattern) == head


@pytest.mark.parametrize(
    ("pattern", "head"),
    [
        ("https://h/{{x}}/y", "https://h/{x}/y"),
        ("https://h/{{x}}/y?g={page_group}", "https://h/{x}/y"),
        ("https://h/x?{{g}}={page_group}", "https://h/x"),
        ("", ""),
    ],
)
def test_doubled_braces_are_no_field(pattern: str, head: str) -> None:
    """Doubled braces belong to the text, and an empty address stays one."""
    assert cut_before_fields(pattern) == head

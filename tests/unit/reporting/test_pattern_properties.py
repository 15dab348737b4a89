# SPDX-License-Identifier: Apache-2.0
"""Properties of patterns: whatever is written, it is filled in, or an error names the fields there are."""

from __future__ import annotations

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.protocol.text import check_text
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
from airflow_mpulse.reporting.page_groups import TASK_FIELDS, check_task_pattern, task_page_group
from tests.support.clocks import START
from tests.support.properties import sendable, texts

_fields = st.sampled_from(
    [*(f"{{{name}}}" for name in TASK_FIELDS), "{nope}", "{", "}", "{{", "}}", "{dag_id!r}"]
)
patterns = st.lists(st.one_of(_fields, texts), max_size=5).map("".join)
_ids = st.one_of(st.text(min_size=1), sendable)


def _run(dag_id: str) -> RunFacts:
    return RunFacts(dag_id, "r1", START, START + timedelta(seconds=1), state="success", run_type="manual")


def _task(task_id: str, operator: str | None) -> TaskFacts:
    return TaskFacts(task_id, "success", started_at=START, ended_at=START, operator=operator)


def _is_readable(pattern: str) -> bool:
    try:
        check_task_pattern(pattern)
    except MPulseSettingsError as refusal:
        told = str(refusal)
    else:
        return True
    assert "{dag_id}" in told
    return False


@given(patterns, _ids, _ids, st.one_of(st.none(), _ids))
def test_any_pattern_is_filled_in_or_our_error(
    pattern: str, dag_id: str, task_id: str, operator: str | None
) -> None:
    """Whatever a pattern and the names hold, a page group that can be sent comes out, or our error."""
    if not _is_readable(pattern):
        return
    try:
        filled = task_page_group(pattern, _run(dag_id), _task(task_id, operator))
    except BeaconError:
        return
    assert check_text("page group", filled) == filled


@given(sendable, sendable, sendable, sendable)
def test_own_text_is_kept_and_names_are_cleaned(before: str, dag_id: str, between: str, task_id: str) -> None:
    """What stands around the fields stays as written; of a name only letters, digits, _, blank and - do."""
    written = [text.replace("{", "{{").replace("}", "}}") for text in (before, between)]
    filled = task_page_group(
        f"{written[0]}{{dag_id}}{written[1]}{{task_id}}", _run(dag_id), _task(task_id, None)
    )
    assert filled.startswith(before)
    rest = filled[len(before) :]
    assert rest[len(dag_id) : len(dag_id) + len(between)] == between
    names = rest[: len(dag_id)] + rest[len(dag_id) + len(between) :]
    assert len(names) == len(dag_id) + len(task_id)
    assert re.fullmatch(r"[\w -]+", names)
    assert all(
        old in {new, *(() if re.match(r"[\w -]", old) else (old,))}
        for old, new in zip(dag_id + task_id, names, strict=True)
    )

# SPDX-License-Identifier: Apache-2.0
"""The hook with real connections, in fresh processes of a real Airflow."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.airflow.scheduler import APP
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.sandbox.server import SandboxServer

ON_2 = version("apache-airflow").startswith("2.")

SEND = """
    import json, logging
    from datetime import datetime, timedelta, timezone
    from airflow_mpulse.exceptions import MPulseError
    from airflow_mpulse.hooks.mpulse import MPulseHook
    from airflow_mpulse.protocol.beacon import Beacon
    now = datetime.now(timezone.utc)
    hook = MPulseHook("mpulse_probe")
    try:
        hook.send_beacon(Beacon("By hand", now - timedelta(seconds=2), now, metrics={"Rows Loaded": 3}))
        report = hook.send_beacons(Beacon("Many", now, now) for _ in range(20))
        assert hook.get_conn() is hook.get_conn()
        print(json.dumps([report.sent, dict(report.not_sent), *hook.test_connection()]))
    except MPulseError as error:
        print(json.dumps([type(error).__name__, str(error)]))
"""

TEST = """
    import json
    from airflow_mpulse.hooks.mpulse import MPulseHook
    print(json.dumps(MPulseHook("mpulse_probe").test_connection()))
"""


def _json_connection(port: int, **changes: Any) -> str:
    fields = {
        "conn_type": "mpulse",
        "host": "127.0.0.1",
        "schema": "http",
        "port": port,
        "password": APP.api_key,
    }
    return json.dumps({**fields, "extra": {"domain": APP.domain}, **changes})


def _uri_connection(port: int) -> str:
    return f"mpulse://:{APP.api_key}@127.0.0.1:{port}/http?domain={APP.domain}"


@pytest.mark.parametrize(
    "connection",
    [
        _json_connection,
        lambda port: _uri_connection(port),
        lambda port: _uri_connection(port) + "&rest_api_secret=sandbox-secret",
        lambda port: _json_connection(port, extra={"domain": f"sub.{APP.domain}", "timeout_s": "2.5"}),
    ],
    ids=["JSON", "URI", "URI, signed", "sub-domain"],
)
def test_environment_connection_sends(tmp_path: Path, sandbox: SandboxServer, connection: Any) -> None:
    """A connection from the environment, in either form, sends one beacon and many, all valid."""
    env = clean_environment(tmp_path, AIRFLOW_CONN_MPULSE_PROBE=connection(sandbox.port))
    sent, not_sent, worked, sentence = run_python(SEND, env)
    assert (sent, not_sent, worked) == (20, {}, True)
    assert sentence == (
        "Fetched the configuration of the domain 'pipelines.local', which defines 6 custom timers, 8 custom "
        "metrics and 8 custom dimensions; that a beacon is accepted cannot be tested, because mPulse "
        "confirms none."
    )
    beacons = sandbox.store.beacons()
    assert len(beacons) == 21
    assert all(beacon.verdict.valid for beacon in beacons)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": None}, "The connection 'mpulse_probe' has no API key"),
        ({"extra": {}}, "The connection 'mpulse_probe' has no domain"),
        ({"host": "mpulse.example.com"}, "would send the API key to 'mpulse.example.com' over plain http"),
        ({"extra": {"domain": "www.example.com"}}, "mPulse refused the configuration (403)"),
        ({"password": "NO-SUCH-KEY"}, "mPulse does not know the API key (404)"),
    ],
    ids=["no key", "no domain", "plain http", "other domain", "unknown key"],
)
def test_connection_test_says_what_is_wrong(
    tmp_path: Path, sandbox: SandboxServer, changes: dict[str, Any], sentence: str
) -> None:
    """The connection's test fails with one sentence, and without the key."""
    env = clean_environment(tmp_path, AIRFLOW_CONN_MPULSE_PROBE=_json_connection(sandbox.port, **changes))
    worked, said = run_python(TEST, env)
    assert worked is False
    assert sentence in said
    assert APP.api_key not in said


def test_sentence_holds_no_markup_where_it_would_be_taken_for_such(tmp_path: Path) -> None:
    """In Airflow 2.11, whose form may take the sentence for HTML, it holds no tags; elsewhere it is kept."""
    extra = {"domain": APP.domain, "user_agent": "<b>ü</b>"}
    env = clean_environment(tmp_path, AIRFLOW_CONN_MPULSE_PROBE=_json_connection(1, extra=extra))
    _, said = run_python(TEST, env)
    assert ("'(b)ü(/b)'" if ON_2 else "'<b>ü</b>'") in said


def test_missing_connection_is_named(tmp_path: Path) -> None:
    """A connection that is not defined is one sentence that says how to define it."""
    home = tmp_path / "home"
    run_python(
        "import json\nfrom airflow.utils.db import initdb\ninitdb()\nprint(json.dumps(0))",
        clean_environment(home),
    )
    error, sentence = run_python(SEND, clean_environment(home))
    assert error == "MPulseSettingsError"
    assert sentence.startswith(
        "The connection 'mpulse_probe' is not defined or cannot be read; create it in the UI"
    )
    assert "AIRFLOW_CONN_MPULSE_PROBE" in sentence


def test_empty_secret_is_not_masked(tmp_path: Path) -> None:
    """A connection without a password does not make Airflow mask the space between all characters."""
    code = """
        import json
        from airflow_mpulse.hooks.mpulse import MPulseHook
        from airflow.providers.common.compat.sdk import redact
        MPulseHook("mpulse_probe").test_connection()
        print(json.dumps(redact("nothing secret")))
    """
    env = clean_environment(tmp_path, AIRFLOW_CONN_MPULSE_PROBE=_json_connection(1, password=""))
    assert run_python(code, env) == "nothing secret"

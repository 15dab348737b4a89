# SPDX-License-Identifier: Apache-2.0
"""``airflow-mpulse check`` and ``send`` as a person calls them, with real connections of a real Airflow."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.options import OPTIONS
from airflow_mpulse.reporting.well_known import WELL_KNOWN_NAMES
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.server import SandboxServer
from tests.airflow.scheduler import APP, connection_variables
from tests.support.commands import run_command
from tests.support.subprocesses import clean_environment, run_airflow

if TYPE_CHECKING:
    from pathlib import Path


def _environment(home: Path, sandbox: SandboxServer, **changes: str) -> dict[str, str]:
    return clean_environment(home, **{**connection_variables(sandbox.port), **changes})


def _facts(shown: str) -> dict[str, str]:
    """Give the lines of the form `  name   value`; the last one of each name."""
    found = (re.fullmatch(r"  (\S.*?) {2,}(\S.*?) *", line) for line in shown.splitlines())
    return {match[1]: match[2] for match in found if match}


def test_check_shows_what_it_finds(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A check tells where the connection is, what the app defines, and every option; it sends nothing."""
    done = run_command("check", env=_environment(tmp_path, sandbox, AIRFLOW__MPULSE__REPORT="runs"))
    assert (done.returncode, done.stderr) == (0, "")
    facts = _facts(done.stdout)
    assert facts["found in"] == "the environment variable AIRFLOW_CONN_MPULSE_DEFAULT"
    assert facts["service"] == f"http://127.0.0.1:{sandbox.port}"
    assert facts["defines"] == "6 custom timers, 8 custom metrics, 8 custom dimensions"
    assert facts["waiting"] == "0"
    assert facts["configuration"].startswith("kept, ")
    rows = [line.split("  ") for line in done.stdout.splitlines()]
    words = {tuple(part.strip() for part in row if part.strip()) for row in rows}
    assert {("timer", "Extract Time", "custom1"), ("dimension", "Region", "cdim.SalesRegion")} <= words
    marked = {(row[0], row[1], row[3]) for row in words if len(row) == 4 and row[0] != "Kind"}
    assert marked == {(known.kind, known.name, known.fact) for known in WELL_KNOWN_NAMES}
    assert ("report", "runs", "set; the default is none") in words
    assert ("wait_s", "2.0", "default") in words
    assert {row[0] for row in words if row} >= set(OPTIONS)
    counts = sandbox.requests.counts()
    assert (counts["config_v1"], counts["beacon_post"]) == (1, 0)


def test_check_says_what_is_not_proved(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A check never claims that a beacon is accepted, and says that the collector was not tried."""
    shown = run_command("check", env=_environment(tmp_path, sandbox)).stdout
    lines = [line.strip() for line in shown.splitlines()]
    proved = [line.split(maxsplit=1)[1] for line in lines if line.startswith("proved")]
    assert proved == [
        "This process can read the connection.",
        "mPulse knows its API key and its domain, and gives a configuration to send with.",
    ]
    assert "not proved     That mPulse accepts a beacon: it answers 204 to each one." in shown
    assert "not proved     That the collector can be reached: --send sends it a beacon." in shown


def test_check_sends_one_beacon_when_told_to(tmp_path: Path, sandbox: SandboxServer) -> None:
    """With `--send` one valid beacon arrives, with a page group of its own."""
    done = run_command("check", "--send", env=_environment(tmp_path, sandbox))
    (beacon,) = sandbox.store.beacons()
    assert beacon.verdict.valid, beacon.verdict.problems
    assert beacon.page_group == "airflow-mpulse check"
    assert (done.returncode, "The collector received a beacon." in done.stdout) == (0, True)
    assert "That the collector can be reached" not in done.stdout


@pytest.mark.parametrize(
    ("conn_id", "sentence"),
    [
        ("nowhere", "The connection 'nowhere' is not defined or cannot be read; create it in the UI"),
        ("", "The mpulse_conn_id is ''; it must be the ID of a connection."),
        ("mpulse_no_key", "The connection 'mpulse_no_key' has no API key;"),
        ("mpulse_wrong_key", "mPulse does not know the API key (404);"),
        ("mpulse_wrong_domain", "mPulse refused the configuration (403)"),
        ("mpulse_wrong_secret", "mPulse refused the configuration (403)"),
        ("mpulse_unreachable", "The configuration could not be fetched: 127.0.0.1:"),
    ],
)
def test_check_fails_with_the_reason(
    tmp_path: Path, sandbox: SandboxServer, conn_id: str, sentence: str
) -> None:
    """A check that fails ends with 1 and one sentence, and shows everything that it could still find."""
    done = run_command("check", "--conn-id", conn_id, "--send", env=_environment(tmp_path, sandbox))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(sentence)
    assert "Options of [mpulse]" in done.stdout
    assert "Shared by the processes of this machine" in done.stdout
    assert sandbox.store.beacons() == []


def test_check_names_every_broken_option(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Options that cannot be used fail the check; each is told in a sentence."""
    broken = {"REPORT": "everything", "SEND_URL": "maybe", "DASHBOARD_URL": "x", "OUTBOX_MAX_AGE_S": "0"}
    options = {f"AIRFLOW__MPULSE__{name}": value for name, value in broken.items()}
    done = run_command("check", env=_environment(tmp_path, sandbox, **options))
    assert done.returncode == 1
    assert done.stderr.startswith("The option [mpulse] outbox_max_age_s is '0'; it must be a number from 1")
    for name in broken:
        assert f"The option [mpulse] {name.lower()} is " in done.stdout


def test_check_tells_misspelt_options(tmp_path: Path, sandbox: SandboxServer) -> None:
    """An option that nobody reads is told with the name that it may stand for, and fails nothing."""
    done = run_command("check", env=_environment(tmp_path, sandbox, AIRFLOW__MPULSE__EXCLUDE_DAG="x"))
    assert done.returncode == 0
    sentence = "The option exclude_dag is unknown, and has no effect; did you mean exclude_dags?"
    assert done.stdout.count("is unknown") == done.stdout.count(sentence) == 1


def test_connection_is_found_in_the_database(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A connection of `airflow connections add` is found in the database, checked, and sent over."""
    env = clean_environment(tmp_path)
    run_airflow("db", "migrate", env=env)
    run_airflow(
        *("connections", "add", "mpulse_stored", "--conn-type", "mpulse", "--conn-password", APP.api_key),
        *("--conn-host", "127.0.0.1", "--conn-schema", "http", "--conn-port", str(sandbox.port)),
        *("--conn-extra", json.dumps({"domain": APP.domain})),
        env=env,
    )
    done = run_command("check", "--conn-id", "mpulse_stored", env=env)
    assert (done.returncode, _facts(done.stdout)["found in"]) == (0, "Airflow's metadata database")
    assert _facts(done.stdout)["looked before"] == "the environment variable AIRFLOW_CONN_MPULSE_STORED"
    env = {**env, "AIRFLOW__MPULSE__MPULSE_CONN_ID": "mpulse_stored"}
    assert run_command("send", "--page-group", "Stored", "--duration-ms", "7", env=env).returncode == 0
    assert [beacon.page_group for beacon in sandbox.store.beacons()] == ["Stored"]


def test_secrets_backend_is_named_by_its_class(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A connection of a secrets backend is found there, by the class of the backend."""
    stored = json.loads(connection_variables(sandbox.port)["AIRFLOW_CONN_MPULSE_DEFAULT"])
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"mpulse_kept": {**stored, "extra": stored["extra"]}}))
    backend = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
    env = clean_environment(
        tmp_path,
        AIRFLOW__SECRETS__BACKEND=backend,
        AIRFLOW__SECRETS__BACKEND_KWARGS=json.dumps({"connections_file_path": str(file)}),
    )
    done = run_command("check", "--conn-id", "mpulse_kept", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert _facts(done.stdout)["found in"] == f"the secrets backend {backend}"


def test_failing_backend_is_told_without_its_words(tmp_path: Path, sandbox: SandboxServer) -> None:
    """A backend that fails is named with the kind of its error, whose text may hold anything."""
    (tmp_path / "vault_of_ours.py").write_text(
        "from airflow.secrets import BaseSecretsBackend\n"
        "class Vault(BaseSecretsBackend):\n"
        "    def get_connection(self, conn_id, *args, **kwargs):\n"
        "        raise PermissionError('token s.very-secret is refused')\n"
        "    def get_config(self, key):\n"
        "        return None\n"
    )
    env = _environment(
        tmp_path, sandbox, PYTHONPATH=str(tmp_path), AIRFLOW__SECRETS__BACKEND="vault_of_ours.Vault"
    )
    done = run_command("check", env=env)
    assert done.returncode == 0
    assert "the secrets backend vault_of_ours.Vault (fails with PermissionError)" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr


def test_no_command_shows_a_secret(tmp_path: Path) -> None:
    """Neither key nor secret nor token is shown, at the log level DEBUG and where fields hold them."""
    app = SandboxApp(dimensions={f"Like {APP.api_key}": "cdim.Like"})
    with SandboxServer(app=app) as sandbox:
        stored = json.loads(connection_variables(sandbox.port)["AIRFLOW_CONN_MPULSE_SIGNED"])
        stored["extra"]["user_agent"] = f"agent {APP.rest_api_secret} {APP.api_key.lower()}"
        env = clean_environment(
            tmp_path,
            AIRFLOW_CONN_MPULSE_DEFAULT=json.dumps(stored),
            AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG",
            AIRFLOW__MPULSE__PAGE_GROUP=APP.api_key,
        )
        shown = run_command("check", "--send", env=env)
        sent = run_command("send", "--page-group", f"P {APP.api_key}", "--duration-ms", "5", env=env)
        crumbs = {beacon.as_json()["fields"]["h.cr"] for beacon in sandbox.store.beacons()}
    assert (shown.returncode, sent.returncode, len(crumbs) > 0) == (0, 0, True)
    everything = "".join([shown.stdout, shown.stderr, sent.stdout, sent.stderr]).lower()
    for secret in (APP.api_key, APP.rest_api_secret, *crumbs):
        assert secret.lower() not in everything


def test_send_sends_what_is_written(tmp_path: Path, sandbox: SandboxServer) -> None:
    """`send` sends one valid beacon with all that stands on the command line, and says what it proves."""
    done = run_command(
        *("send", "--conn-id", "mpulse_signed", "--page-group", "Nightly export", "--duration-ms", "1500"),
        *("--timer", "Load Time=250", "--metric", "Rows Loaded=12", "--dimension", "Region=EMEA"),
        *("--ab-test", "new", "--site-version", "4.1", "--url", "https://ci.example.com/7"),
        env=_environment(tmp_path, sandbox),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Sent a beacon to mPulse: page group 'Nightly export', 1500 ms. It was received; whether it is "
        "accepted, mPulse never says.\n"
    )
    (beacon,) = [beacon.as_json() for beacon in sandbox.store.beacons()]
    assert beacon["verdict"]["valid"], beacon["verdict"]
    assert (beacon["page_group"], beacon["t_done_ms"]) == ("Nightly export", 1500)
    assert beacon["timers"] == {"Load Time": 250}
    assert beacon["metrics"] == {"Rows Loaded": 12}
    assert beacon["dimensions"] == {"Region": "EMEA"}
    assert [beacon["fields"][name] for name in ("h.ab", "h.v", "u")] == [
        "new",
        "4.1",
        "https://ci.example.com/7",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--metric", "Rows=1"],
            "The mPulse app defines no custom metric 'Rows' (did you mean 'Rows Loaded'?)",
        ),
        (["--metric", "Rows Loaded=many"], "The argument --metric of the command cannot be sent:"),
        (["--conn-id", "nowhere"], "The connection 'nowhere' is not defined or cannot be read;"),
        (["--conn-id", "mpulse_unreachable"], "The configuration could not be fetched:"),
    ],
)
def test_send_fails_with_the_reason(
    tmp_path: Path, sandbox: SandboxServer, arguments: list[str], sentence: str
) -> None:
    """A beacon that is not sent ends the command with 1 and one sentence."""
    done = run_command(
        *("send", "--page-group", "P", "--duration-ms", "5"), *arguments, env=_environment(tmp_path, sandbox)
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(sentence)
    assert sandbox.store.beacons() == []

# SPDX-License-Identifier: Apache-2.0
"""Tests of the console script and of its sandbox command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from airflow_mpulse import __version__
from airflow_mpulse.cli.main import main
from airflow_mpulse.cli.sandbox import connection

ROOT = Path(__file__).parents[3]
START = "import sys; from airflow_mpulse.cli.main import main; sys.exit(main(sys.argv[1:]))"


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the console script in a process of its own."""
    command = [sys.executable, "-m", "airflow_mpulse.cli.main", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` prints the package's version and ends well."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"airflow-mpulse {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["send"], "the following arguments are required: --page-group, --duration-ms"),
        (["sandbox", "--port", "99999"], "'99999' is not a port from 0 to 65535"),
        (["sandbox", "--port", "-1"], "'-1' is not a port from 0 to 65535"),
        (["sandbox", "--port", "x"], "'x' is not a port from 0 to 65535"),
    ],
)
def test_bad_arguments_are_told(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Arguments that cannot be read end with status 2 and a sentence."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err


def test_used_port_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use ends the command with status 1 and one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status = main(["sandbox", "--port", str(port)])
    sentence = f"The sandbox cannot listen on 127.0.0.1 port {port}: that port is in use.\n"
    assert (status, capsys.readouterr().err) == (1, sentence)


@pytest.mark.parametrize("missing", ["uvicorn", "starlette"])
def test_missing_web_server_is_told(missing: str) -> None:
    """Without the extra the command says in one sentence what to install."""
    done = run(f"import sys; sys.modules[{missing!r}] = None\n{START}", "sandbox")
    sentence = "The sandbox needs a web server: install airflow-provider-mpulse[sandbox].\n"
    assert (done.returncode, done.stderr, done.stdout) == (1, sentence, "")


def test_script_is_cheap_to_import() -> None:
    """Importing the console script loads neither a web framework nor Airflow."""
    code = (
        "import sys, airflow_mpulse.cli.main\n"
        "print(sorted({'starlette', 'uvicorn', 'airflow', 'requests', 'asyncio', 'rich'} & set(sys.modules)))"
    )
    assert run(code).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("host", "told_host", "extra"),
    [
        ("127.0.0.1", "127.0.0.1", {"domain": "pipelines.local"}),
        ("0.0.0.0", "127.0.0.1", {"domain": "pipelines.local"}),
        ("10.1.2.3", "10.1.2.3", {"domain": "pipelines.local", "allow_http": True}),
    ],
)
def test_connection_can_be_pasted(host: str, told_host: str, extra: dict[str, object]) -> None:
    """The connection leads to an address that can be called, and allows plain HTTP only where it must."""
    assert connection(host, 8095, "KEY", "pipelines.local") == {
        "conn_type": "mpulse",
        "host": told_host,
        "schema": "http",
        "port": 8095,
        "password": "KEY",
        "extra": extra,
    }


def test_sandbox_runs_until_interrupted() -> None:
    """The command says where it listens and how to connect, answers there, and Ctrl-C ends it well."""
    with start("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(8)]
        url = lines[0].split()[3]
        value = json.loads(lines[7].split("=", 1)[1].strip().strip("'"))
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            health = json.load(answer)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert [line.split()[-1] for line in lines[1:4]] == [
        "SNDBX-LOCAL-MPULS-AIRFL-00000",
        "pipelines.local",
        "sandbox-secret",
    ]
    assert f"http://{value['host']}:{value['port']}" == url
    assert (health, process.returncode, out, err) == ({"status": "ok"}, 0, "Stopped.\n", "")


def test_open_address_is_warned_about() -> None:
    """Listening for other machines works when asked for, with a warning."""
    with start("sandbox", "--host", "0.0.0.0", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("mPulse sandbox on http://0.0.0.0:")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert err == "Warning: other machines can reach 0.0.0.0, and the sandbox asks for no password.\n"

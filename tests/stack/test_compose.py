# SPDX-License-Identifier: Apache-2.0
"""`docker-compose.yml` without an engine: the format, Airflow's own opinion of it, and what it promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_mpulse.cli.main import build_parser
from airflow_mpulse.sandbox.app import API_KEY
from stack.compose import COMPLETED, HEALTHY, read_services
from stack.local_stack import CELERY, CHECKOUT, resolve_command
from stack.programs import POSTGRES
from tests.support.programs import CURL, REDIS, require

if TYPE_CHECKING:
    from collections.abc import Collection

    from stack.compose import Service

FILE = CHECKOUT / "docker-compose.yml"
DESCRIBED = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, Service] = read_services(FILE, {"COMPOSE_PROFILES": CELERY})
LASTING = {
    name for name in SERVICES if COMPLETED not in {other.depends_on.get(name) for other in SERVICES.values()}
}
VERSION = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")


def _ask_airflow(**asked: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("airflow_reading.py"))],
        input=json.dumps({"commands": [], "options": [], **asked}),
        env={**os.environ, "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_file_keeps_to_the_schema() -> None:
    """The file is valid by the schema of the Compose specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("profile", ["", CELERY])
def test_docker_reads_the_same(profile: str) -> None:
    """`docker compose config` accepts the file, and reads from it what the processes are made of."""
    asked = ["docker", "compose", "version"]
    if shutil.which("docker") is None or subprocess.run(asked, check=False).returncode:
        pytest.skip("docker compose is not here; the schema is checked all the same")
    variables = {"COMPOSE_PROFILES": profile} if profile else {}
    done = subprocess.run(
        ["docker", "compose", "--file", str(FILE), "config", "--format", "json"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    theirs = {name: _as_docker_says(found, services) for name, found in services.items()}
    assert theirs == {name: _as_we_say(service) for name, service in read_services(FILE, variables).items()}


def _as_docker_says(found: dict[str, Any], services: Collection[str]) -> dict[str, Any]:
    kind, *test = (word.replace("$$", "$") for word in found.get("healthcheck", {}).get("test", [""]))
    others = found.get("depends_on", {})
    return {
        "command": [*(found["entrypoint"] or []), *(found["command"] or [])],
        "environment": found.get("environment", {}),
        "mounts": {
            (mount["source"].removeprefix(f"{CHECKOUT}/"), mount["target"])
            for mount in found.get("volumes", [])
        },
        "ports": {int(port["target"]) for port in found.get("ports", [])}.union(
            map(int, found.get("expose", []))
        ),
        "health": [*(["/bin/sh", "-c"] if kind == "CMD-SHELL" else []), *test],
        "depends_on": {name: how["condition"] for name, how in others.items() if name in services},
    }


def _as_we_say(service: Service) -> dict[str, Any]:
    return {
        "command": [*(service.entrypoint or []), *service.command],
        "environment": dict(service.environment),
        "mounts": {(mount.source.removeprefix("./"), mount.target) for mount in service.mounts},
        "ports": set(service.ports),
        "health": list(service.health.command) if service.health else [],
        "depends_on": dict(service.depends_on),
    }


def test_every_image_is_pinned() -> None:
    """Each image is one exact version, or is built here on top of one: the Airflow that the tests run on."""
    built = {name["image"] for name in DESCRIBED["services"].values() if "build" in name}
    images = {service.image for service in SERVICES.values()}
    assert built < images
    assert [image for image in images - built if not VERSION.fullmatch(image)] == []
    (base,) = re.findall(r"^FROM (\S+)", (CHECKOUT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    pins = (CHECKOUT / "constraints/airflow-3.3.txt").read_text()
    (pinned,) = re.findall(r"^apache-airflow==(.+)$", pins, re.MULTILINE)
    assert re.fullmatch(rf"apache/airflow:{re.escape(pinned)}-python3\.\d+", base)


def test_ports_are_published_on_loopback_only() -> None:
    """What can be reached from outside the containers can be reached from this machine alone."""
    published = [text for service in DESCRIBED["services"].values() for text in service.get("ports", [])]
    assert len(published) == 2
    assert [text for text in published if not re.fullmatch(r"127\.0\.0\.1:(\d+):\1", text)] == []
    assert not {"network_mode", "privileged"} & {
        key for found in DESCRIBED["services"].values() for key in found
    }


def test_every_lasting_service_has_a_health_check() -> None:
    """Each service that goes on running has a health check, and is started again when it fails."""
    assert len(LASTING) > 8
    for name in LASTING:
        assert SERVICES[name].health is not None, name
        assert DESCRIBED["services"][name]["restart"] == "on-failure", name


def test_conditions_can_be_met() -> None:
    """Who is waited for to be healthy has a health check, and who is waited for to complete has none."""
    for name, service in SERVICES.items():
        for other, condition in service.depends_on.items():
            assert condition in {HEALTHY, COMPLETED}, name
            assert (SERVICES[other].health is not None) == (condition == HEALTHY), (name, other)


def test_health_checks_are_commands_of_the_machine() -> None:
    """Each health check is a program that is there, or a line that the shell can read."""
    for program in (POSTGRES, REDIS, CURL):
        require(program)
    found = POSTGRES.find()
    assert found is not None
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), str(found.resolve().parent), os.environ["PATH"]]
    )
    for name in LASTING:
        health = SERVICES[name].health
        assert health is not None
        command = health.command
        assert shutil.which(command[0], path=path), name
        if command[0] == "/bin/sh":
            subprocess.run(["/bin/sh", "-n", "-c", command[2]], check=True)
            programs = re.findall(r"(?:^|\||&&|\$\()\s*([\w-]+)", command[2])
            assert programs, name
            assert [program for program in programs if not shutil.which(program, path=path)] == [], name


def test_no_secret_stands_in_the_file() -> None:
    """Whatever is secret is read from a file that was made up; the one key that stands there is public."""
    for name, service in SERVICES.items():
        for variable, text in service.environment.items():
            if re.search("SECRET|PASSWORD|_KEY|TOKEN|SQL_ALCHEMY_CONN", variable):
                assert variable.endswith(("_CMD", "_FILE")), (name, variable)
                assert "/opt/airflow/secrets/" in text, (name, variable)
            credentials = re.findall(r"//([^@/]*)@", text)
            assert credentials in ([], [f":{API_KEY}"]), (name, variable)


def test_every_option_is_one() -> None:
    """Airflow and its providers know each option, and all that they hold for secret come from commands."""
    names = {
        variable.removeprefix("AIRFLOW__")
        for service in SERVICES.values()
        for variable in service.environment
        if variable.startswith("AIRFLOW__")
    }
    assert len(names) > 15
    assert any(name.startswith("MPULSE__") for name in names)
    answer = _ask_airflow(options=sorted(name.removesuffix("_CMD") for name in names))
    assert answer["options"] == []
    # Airflow asks no command for others. Redis has no password: only services can reach it.
    from_commands = {name.removesuffix("_CMD") for name in names if name.endswith("_CMD")}
    assert set(answer["secret"]) == from_commands | {"CELERY__BROKER_URL"}


def test_every_command_is_one() -> None:
    """Airflow's parser and ours take each command line."""
    lines = {name: resolve_command(service) for name, service in SERVICES.items()}
    airflow = [words[1:] for words in lines.values() if words[:1] == ["airflow"]]
    assert len(airflow) == 7
    assert _ask_airflow(commands=airflow)["commands"] == []
    assert _ask_airflow(commands=[["scheduler", "--skip-logs"]])["commands"] == [["scheduler", "--skip-logs"]]
    ours = [words[1:] for words in lines.values() if words[:1] == ["airflow-mpulse"]]
    assert [build_parser().parse_args(words).command for words in ours] == ["sandbox", "flush", "flush"]
    others = {words[0] for words in lines.values() if words} - {"airflow", "airflow-mpulse"}
    assert others == {"python", "redis-server"}


def test_every_mount_is_there() -> None:
    """Each path that is mounted exists and is read only; each volume is declared, and none in vain."""
    mounts = [mount for service in SERVICES.values() for mount in service.mounts]
    paths = {mount.source for mount in mounts if not mount.is_volume}
    assert paths == {"./dags", "./deploy"}
    assert all((CHECKOUT / path).is_dir() for path in paths)
    for text in (text for service in DESCRIBED["services"].values() for text in service.get("volumes", [])):
        assert text.endswith(":ro") or not text.startswith((".", "$")), text
    assert {mount.source for mount in mounts if mount.is_volume} == set(DESCRIBED["volumes"])


def test_workers_are_machines_of_their_own() -> None:
    """Each worker shares its outbox with the process that empties it, and with nobody else."""
    folder = "/opt/airflow/mpulse"
    volumes = {
        name: [mount.source for mount in service.mounts if mount.target == folder]
        for name, service in SERVICES.items()
    }
    assert {name: found for name, found in volumes.items() if found} == {
        f"{kind}-{number}": [f"worker-{number}"] for kind in ("worker", "flusher") for number in (1, 2)
    }
    for name in ("worker-1", "worker-2"):
        assert SERVICES[name].environment["AIRFLOW__MPULSE__DELIVERY"] == "outbox"


def test_executor_follows_the_profile() -> None:
    """Without a profile Airflow runs tasks itself; with `celery` it leaves them to the workers."""
    executors = {
        profile: {
            service.environment.get("AIRFLOW__CORE__EXECUTOR", "none")
            for service in read_services(FILE, {"COMPOSE_PROFILES": profile} if profile else {}).values()
        }
        for profile in ("", CELERY)
    }
    assert executors == {"": {"LocalExecutor", "none"}, CELERY: {"CeleryExecutor", "none"}}


def test_image_takes_what_the_package_is_made_of(tmp_path: Path) -> None:
    """What `.dockerignore` lets into the image is enough to build the package, and all of it is there."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    taken = [line.removeprefix("!") for line in lines if line.startswith("!")]
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in taken:
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, checkout / name)
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--wheel-dir", str(tmp_path), str(checkout)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("airflow_provider_mpulse-*.whl"))) == 1

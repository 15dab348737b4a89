# SPDX-License-Identifier: Apache-2.0
"""How the compose file is read, put on this machine and started; on files of a few lines."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from demo.components import Component, ComponentDiedError, stop_all
from demo.loopback import wait_until
from stack.compose import HealthCheck, read_services
from stack.interpolation import ComposeError, interpolate
from stack.launching import Health, Launch, Launched
from stack.local_stack import CHECKOUT
from stack.places import Places
from stack.programs import Program, ProgramMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from stack.compose import Service

TWO = """
services:
  web:
    image: web
    env_file: ${PROFILE:-plain}.env
    environment:
      ADDRESS: http://127.0.0.1:80
      STORE: store:9000
      FOLDER: /data/${NAME:-x}/in
      OWN: "7000"
    ports: ["127.0.0.1:80:7000"]
    volumes: ["data:/data", "./shelf:/shelf:ro"]
    depends_on:
      store: {condition: service_healthy}
      extra: {condition: service_healthy, required: false}
  store:
    image: store
    entrypoint: [store]
    command: [--listen, 0.0.0.0, --port, "9000", "price: 9000 $$"]
    expose: ["9000"]
    healthcheck: {test: [CMD-SHELL, "ask localhost:9000"], timeout: 1m30s, start_interval: 2s}
  extra:
    image: extra
    profiles: [more]
"""


def _read(folder: Path, text: str = TWO, **variables: str) -> dict[str, Service]:
    (folder / "plain.env").write_text("# none\n\nKIND=plain=1\n")
    (folder / "compose.yml").write_text(text)
    return read_services(folder / "compose.yml", variables)


@pytest.mark.parametrize(
    ("text", "filled_in"),
    [
        ("${NAME}", "value"),
        ("a ${NAME:-other} b", "a value b"),
        ("${ABSENT:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("${ABSENT}", ""),
        ("$${NAME} costs 1$$", "${NAME} costs 1$"),
    ],
)
def test_variables_are_filled_in(text: str, filled_in: str) -> None:
    """A variable gives its value or its default, and two dollars give one."""
    assert interpolate({"key": [text, 1]}, {"NAME": "value", "EMPTY": ""}) == {"key": [filled_in, 1]}


@pytest.mark.parametrize("text", ["$NAME", "${NAME:?sentence}", "${NAME:+more}", "5 $", "${A:-${B}}"])
def test_other_forms_are_refused(text: str) -> None:
    """A form of variable that is not understood is an error rather than text."""
    with pytest.raises(ComposeError, match="is not understood"):
        interpolate(text, {"NAME": "value"})


def test_services_are_read(tmp_path: Path) -> None:
    """A service is what the file says of it, with the variables of its files and without absent services."""
    services = _read(tmp_path, NAME="y")
    assert list(services) == ["web", "store"]
    web, store = services.values()
    assert web.environment["KIND"] == "plain=1"
    assert web.environment["FOLDER"] == "/data/y/in"
    assert web.ports == {7000: 80}
    assert web.depends_on == {"store": "service_healthy"}
    assert store.command[-1] == "price: 9000 $"
    assert store.health == HealthCheck(("/bin/sh", "-c", "ask localhost:9000"), timeout_s=90, pause_s=2)
    assert list(_read(tmp_path, COMPOSE_PROFILES="more")) == ["web", "store", "extra"]


def test_what_is_not_understood_is_refused(tmp_path: Path) -> None:
    """A command in one text, a dependency that is not started and a time in other units are errors."""
    for text, message in [
        (
            TWO.replace("entrypoint: [store]", "entrypoint: store"),
            "store: entrypoint must be a list of texts",
        ),
        (TWO.replace(", required: false", ""), "web depends on ..extra"),
        (TWO.replace("1m30s", "90"), "90 is no time"),
    ]:
        with pytest.raises(ComposeError, match=message):
            _read(tmp_path, text)


def test_places_are_those_of_this_machine(tmp_path: Path) -> None:
    """Addresses and paths of the containers become those of this machine, and nothing else is changed."""
    services = _read(tmp_path)
    places = Places(services, tmp_path, tmp_path / "stack")
    web, store = places.port("web", 7000), places.port("store", 9000)
    assert [places.translate("store", word) for word in services["store"].command] == [
        *("--listen", "127.0.0.1", "--port", str(store), "price: 9000 $")
    ]
    translated = {name: places.translate("web", text) for name, text in services["web"].environment.items()}
    assert translated == {
        "KIND": "plain=1",
        "ADDRESS": f"http://127.0.0.1:{web}",
        "STORE": f"127.0.0.1:{store}",
        "FOLDER": f"{tmp_path}/stack/volumes/data/x/in",
        "OWN": str(web),
    }
    assert places.translate("store", "localhost:9000 localhost:7000") == f"127.0.0.1:{store} localhost:7000"
    assert places.translate("web", "mystore:9000 store:90001 /data-x") == "mystore:9000 store:90001 /data-x"
    assert places.translate("web", "/opt/airflow/x") == f"{tmp_path}/stack/homes/web/x"
    assert places.path("web", "/shelf/a") == tmp_path / "./shelf" / "a"
    with pytest.raises(ComposeError, match="Nothing is mounted at /data-x of the service web"):
        places.path("web", "/data-x")
    places.make_folders()
    assert stat.S_IMODE((tmp_path / "stack/volumes/data").stat().st_mode) == 0o700


def test_services_wait_for_each_other(tmp_path: Path) -> None:
    """A service is started when those that it depends on are healthy or have ended well, and not before."""
    text = """
services:
  last: {image: x, depends_on: {server: {condition: service_healthy}}}
  server: {image: x, depends_on: {once: {condition: service_completed_successfully}}}
  once: {image: x}
"""
    sign = tmp_path / "healthy"
    components: list[Component] = []

    def start(service: Service) -> Launched:
        script = "pass" if service.name == "once" else "import signal; signal.pause()"
        command = [sys.executable, "-c", script]
        component = Component(service.name, command, env={}, log_file=tmp_path / service.name)
        component.start()
        components.append(component)
        look = HealthCheck(("/usr/bin/test", "-e", str(sign)), timeout_s=10, pause_s=0)
        return Launched(component, Health(look, {}) if service.name == "server" else None)

    launch = Launch(_read(tmp_path, text), start)
    try:
        wait_until(lambda: launch.go_on() or len(components) == 2, limit_s=20, what="the server")
        assert [component.name for component in components] == ["once", "server"]
        assert not launch.go_on()
        sign.touch()
        wait_until(launch.go_on, limit_s=20, what="the last")
        assert [component.name for component in components] == ["once", "server", "last"]
    finally:
        launch.end_looks()
        stop_all(components)
    with pytest.raises(ComponentDiedError, match="server ended with"):
        launch.go_on()


def test_look_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    """A health check that does not come back is ended, with all that it started, and begun anew."""
    slow = HealthCheck(("/bin/sh", "-c", f"echo x >> {tmp_path}/looks; cat {tmp_path}/pipe"), 0.2, 0.0)
    subprocess.run(["mkfifo", str(tmp_path / "pipe")], check=True)
    health = Health(slow, {})

    def looked_twice() -> bool:
        assert not health.look()
        looks = tmp_path / "looks"
        return looks.exists() and len(looks.read_text().split()) >= 2

    try:
        wait_until(looked_twice, limit_s=20, what="a second look")
    finally:
        health.end()


def test_secrets_are_made_up_once(tmp_path: Path) -> None:
    """Each secret is new, for its owner's eyes only, and stays as it is when the stack is started again."""
    command = [sys.executable, str(CHECKOUT / "deploy/write_secrets.py"), str(tmp_path), "postgres:5432"]
    subprocess.run(command, check=True)
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(first) == len(set(first.values())) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert f":{first['postgres-password']}@postgres:5432/" in first["database-url"]
    (tmp_path / "jwt-secret").unlink()
    subprocess.run(command, check=True)
    second = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert second.pop("jwt-secret") != first.pop("jwt-secret")
    assert second == first


def test_missing_program_is_named() -> None:
    """A program that is not there is an error that says what brings it."""
    with pytest.raises(ProgramMissingError, match="no-such-program is missing: apt-get install its-package"):
        Program(("no-such-program",), "its-package").locate()

# SPDX-License-Identifier: Apache-2.0
"""
The services of a compose file, as far as the one of this repository uses the format.

Source: Compose specification. Whether the file keeps to it as a whole, a test asks its schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # a dependency of every Airflow

from stack.interpolation import ComposeError, interpolate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEALTHY = "service_healthy"
COMPLETED = "service_completed_successfully"

_DURATION = re.compile(r"(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class HealthCheck:
    """
    How to see that a service works.

    :param command: Program and arguments.
    :param timeout_s: Seconds after which one look counts as failed.
    :param pause_s: Seconds between two looks while the service starts.
    """

    command: tuple[str, ...]
    timeout_s: float
    pause_s: float


@dataclass(frozen=True)
class Mount:
    """
    A folder in a service.

    :param source: A path of the checkout, or the name of a volume.
    :param target: Where the service sees it.
    :param is_volume: Whether the source is a volume.
    """

    source: str
    target: str
    is_volume: bool


@dataclass(frozen=True)
class Service:
    """
    One service.

    :param name: Its name, by which other services reach it.
    :param image: Its image.
    :param entrypoint: What is put before the command; None for what the image has.
    :param command: Its command; empty for what the image has.
    :param environment: Its environment, from files and from the service itself.
    :param ports: Ports that it listens on; with the port of this machine where it is published.
    :param mounts: What it sees of the checkout and of the volumes.
    :param depends_on: Services that come first, with the condition.
    :param health: How to see that it works; None where nothing is said.
    """

    name: str
    image: str
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ports: Mapping[int, int | None]
    mounts: tuple[Mount, ...]
    depends_on: Mapping[str, str]
    health: HealthCheck | None


def read_services(file: Path, variables: Mapping[str, str]) -> dict[str, Service]:
    """
    Read the services that `docker compose up` would start.

    :param file: The compose file; paths in it are relative to its folder.
    :param variables: The environment of the command; `COMPOSE_PROFILES` chooses profiles.
    :return: The services by name.
    :raises ComposeError: If the file uses the format in a way that is not understood, or a service depends on
        one that is not started.
    """
    content = interpolate(yaml.safe_load(file.read_text()), variables)
    profiles = set(variables.get("COMPOSE_PROFILES", "").split(","))
    chosen = {
        name: described
        for name, described in content["services"].items()
        if "profiles" not in described or profiles.intersection(described["profiles"])
    }
    return {name: _service(name, described, file.parent, chosen) for name, described in chosen.items()}


def _service(name: str, described: dict[str, Any], folder: Path, chosen: Mapping[str, Any]) -> Service:
    entrypoint = described.get("entrypoint")
    health = described.get("healthcheck")
    return Service(
        name=name,
        image=described["image"],
        entrypoint=None if entrypoint is None else _words(entrypoint, f"{name}: entrypoint"),
        command=_words(described.get("command", []), f"{name}: command"),
        environment={**_env_file(described.get("env_file"), folder), **described.get("environment", {})},
        ports=_ports(described),
        mounts=tuple(_mount(text) for text in described.get("volumes", [])),
        depends_on=_dependencies(name, described.get("depends_on", {}), chosen),
        health=None if health is None else _health(name, health),
    )


def _words(value: Any, where: str) -> tuple[str, ...]:
    # A text would have to be taken apart as a shell does it.
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        message = f"{where} must be a list of texts, not {value!r}."
        raise ComposeError(message)
    return tuple(value)


def _env_file(name: str | None, folder: Path) -> dict[str, str]:
    if name is None:
        return {}
    lines = (folder / name).read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {variable: value for variable, _, value in pairs}


def _ports(described: dict[str, Any]) -> dict[int, int | None]:
    published = [text.split(":") for text in described.get("ports", [])]
    return {
        **{int(port): None for port in described.get("expose", [])},
        **{int(inside): int(outside) for _, outside, inside in published},
    }


def _mount(text: str) -> Mount:
    source, target, *_ = text.split(":")
    return Mount(source, target, is_volume="/" not in source)


def _dependencies(name: str, described: dict[str, Any], chosen: Mapping[str, Any]) -> dict[str, str]:
    absent = [other for other, how in described.items() if other not in chosen and how.get("required", True)]
    if absent:
        message = f"The service {name} depends on {absent}, which no profile that is chosen starts."
        raise ComposeError(message)
    return {other: how["condition"] for other, how in described.items() if other in chosen}


def _health(name: str, described: dict[str, Any]) -> HealthCheck:
    kind, *words = _words(described["test"], f"{name}: healthcheck")
    return HealthCheck(
        command=tuple(words) if kind == "CMD" else ("/bin/sh", "-c", *words),
        timeout_s=_seconds(described["timeout"]),
        pause_s=_seconds(described["start_interval"]),
    )


def _seconds(text: object) -> float:
    match = _DURATION.fullmatch(str(text))
    if match is None or not text:
        message = f"{text!r} is no time; write it like 1m30s."
        raise ComposeError(message)
    return 60.0 * int(match[1] or 0) + int(match[2] or 0)

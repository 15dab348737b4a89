# SPDX-License-Identifier: Apache-2.0
"""
Where the services of a compose file are when they run as processes: one machine instead of many containers.

In the compose file `scheduler:8974` is a port of another service, `localhost:8974` one of the service itself,
and `127.0.0.1:8080` one that is published. Each becomes a free port of loopback. Paths in a container become
the folders that are mounted there. Nothing else in a command or an environment is changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from demo.loopback import HOST, free_port
from stack.interpolation import ComposeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stack.compose import Mount, Service

#: `AIRFLOW_HOME` in Airflow's own image. Source: Dockerfile of apache/airflow.
AIRFLOW_HOME = "/opt/airflow"
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - what is replaced


class Places:
    """
    The addresses and folders of all services.

    :param services: The services.
    :param checkout: The folder of the compose file.
    :param folder: Where volumes and homes are made.
    """

    def __init__(self, services: Mapping[str, Service], checkout: Path, folder: Path) -> None:
        self._services = services
        self._checkout = checkout
        self._folder = folder
        self._ports = {(name, port): free_port() for name, found in services.items() for port in found.ports}

    def make_folders(self) -> None:
        """Make a home for each service, and the volumes; nobody else may look into them."""
        for name, service in self._services.items():
            self.home(name).mkdir(parents=True, mode=0o700)
            for mount in service.mounts:
                if mount.is_volume:
                    self._source(mount).mkdir(parents=True, exist_ok=True, mode=0o700)

    def home(self, name: str) -> Path:
        """
        Give the folder that stands for the service's own disk.

        :param name: The service.
        :return: The folder.
        """
        return self._folder / "homes" / name

    def port(self, name: str, port: int) -> int:
        """
        Give a port of this machine.

        :param name: The service.
        :param port: The port on which it listens in the compose file.
        :return: The port on which it listens here.
        """
        return self._ports[name, port]

    def url(self, name: str, port: int) -> str:
        """
        Give the address of a web server.

        :param name: The service.
        :param port: The port on which it listens in the compose file.
        :return: Its address here.
        """
        return f"http://{HOST}:{self.port(name, port)}"

    def path(self, name: str, inside: str) -> Path:
        """
        Find a path that a service sees.

        :param name: The service.
        :param inside: The path as the service would see it in its container.
        :return: Where it is here.
        :raises ComposeError: If nothing is mounted there.
        """
        for mount in self._services[name].mounts:
            if inside == mount.target or inside.startswith(f"{mount.target}/"):
                return self._source(mount) / inside[len(mount.target) :].lstrip("/")
        message = f"Nothing is mounted at {inside} of the service {name}."
        raise ComposeError(message)

    def translate(self, name: str, text: str) -> str:
        """
        Say here what a text says in a service.

        :param name: The service whose command or environment it belongs to.
        :param text: A whole argument, or the whole value of a variable.
        :return: The same with the places of this machine.
        """
        if text == _ANY_ADDRESS:
            return HOST
        if text.isdecimal() and (name, int(text)) in self._ports:
            return str(self._ports[name, int(text)])
        replaced = self._replacements(name)
        longest_first = sorted(replaced, key=len, reverse=True)
        places = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
        return places.sub(lambda match: replaced[match[0]], text)

    def _replacements(self, name: str) -> dict[str, str]:
        found = {AIRFLOW_HOME: str(self.home(name))}
        for mount in self._services[name].mounts:
            found[mount.target] = str(self._source(mount))
        for (other, port), here in self._ports.items():
            address = f"{HOST}:{here}"
            found[f"{other}:{port}"] = address
            if (published := self._services[other].ports[port]) is not None:
                found[f"{HOST}:{published}"] = address
            if other == name:
                found[f"localhost:{port}"] = address
        return found

    def _source(self, mount: Mount) -> Path:
        return self._folder / "volumes" / mount.source if mount.is_volume else self._checkout / mount.source

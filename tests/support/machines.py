# SPDX-License-Identifier: Apache-2.0
"""A machine whose processes share a configuration, for tests that move its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.config_store import FileStore
from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.delivery.settings import ServiceSettings
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.protocol.config import BeaconConfig

SETTINGS = ServiceSettings("mpulse_default", API_KEY, "www.example.com")
EVERYTHING = None
REFRESH = "//17de4c15.akstat.io/"
NOON_S = 1_772_366_400.0


def crumb(number: int) -> str:
    return f"{number:040x}"


@dataclass
class Machine:
    """
    A machine with a clock that may be set, whose processes ask one service.

    Each answer of the service bears a number, from 1; what it ends with may be told beforehand.
    """

    path: Path
    elapsed_s: float = 0.0
    wall_s: float = NOON_S
    boot_id: str = "first start"
    asked: list[str | None] = field(default_factory=list)
    ends: dict[int, Exception | dict[str, Any] | Fetched] = field(default_factory=dict)
    #: What is done while the service is being asked.
    meanwhile: Callable[[], object] = lambda: None

    def go_on(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.wall_s += seconds

    def moment(self) -> Moment:
        return Moment(self.wall_s, 5000.0 + self.elapsed_s, self.boot_id)

    def fetch(self, refreshed_beacon_url: str | None, persist: bool) -> Fetched:
        self.asked.append(refreshed_beacon_url)
        number = len(self.asked)
        self.meanwhile()
        end = self.ends.get(number, {})
        if isinstance(end, Exception):
            raise end
        if isinstance(end, Fetched):
            return end
        tokens = {"h.t": number, "h.cr": crumb(number)}
        answer = tokens if refreshed_beacon_url else make_answer(h__t=number, h__cr=crumb(number))
        return Fetched({**answer, **end}, fresh_s=300.0, usable_s=540.0)

    def process(self, *, clock_from_s: float = 0.0, max_wait_s: float = 15.0) -> ConfigurationKeeper:
        """Start a process, whose own clock began at some time of its own."""
        return ConfigurationKeeper(
            SETTINGS,
            self.fetch,
            lambda: clock_from_s + self.elapsed_s,
            lambda _: None,
            store=FileStore(PrivateFolder(self.path), "key", self.go_on),
            moment=self.moment,
            max_wait_s=max_wait_s,
        )

    @property
    def file(self) -> Path:
        return self.path / "key.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "key.lock"


def is_whole(config: BeaconConfig) -> bool:
    return config.h_cr == crumb(config.h_t)

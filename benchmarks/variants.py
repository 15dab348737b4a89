# SPDX-License-Identifier: Apache-2.0
"""The listeners that are measured side by side, and what switches each of them on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class Variant:
    """
    One way to report a task, or none.

    :param key: Its short name.
    :param title: Its name in tables.
    :param arrives: What the service receives of each task: beacons, events, or nothing.
    :param number: How many of them.
    :param settings: Environment variables that switch it on.
    :param peer: The module of a listener of these benchmarks.
    """

    key: str
    title: str
    arrives: Literal["beacons", "events", "nothing"]
    number: int
    settings: Mapping[str, str] = field(default_factory=dict)
    peer: str | None = None

    def environment(self, home: Path, lineage: str) -> dict[str, str]:
        """
        Give what switches this variant on, and make its plugins folder.

        :param home: The home of its Airflow; it exists.
        :param lineage: The transport of OpenLineage, as JSON.
        :return: Environment variables.
        """
        plugins = home / "plugins"
        plugins.mkdir(exist_ok=True)
        if self.peer is not None:
            (plugins / "peer.py").write_text(f"from {self.peer} import PeerPlugin  # noqa: F401\n")
        found = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins), **self.settings}
        if self.arrives == "events":
            found["AIRFLOW__OPENLINEAGE__TRANSPORT"] = lineage
        return found


CONTROL = Variant("control", "no listener", "nothing", 0)
BARE = Variant("bare", "one bare POST, http.client", "beacons", 1, peer="benchmarks.peers.bare")
NAIVE = Variant("naive", "naive: GET and POST, requests", "beacons", 1, peer="benchmarks.peers.naive")
# Two events each: a task's start, and its end.
LINEAGE_FORK = Variant("lineage-fork", "OpenLineage, default (fork)", "events", 2)
LINEAGE_THREAD = Variant(
    "lineage-thread",
    "OpenLineage, thread",
    "events",
    2,
    settings={"AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True"},
)
DIRECT = Variant("direct", "mPulse, direct", "beacons", 1, settings={"AIRFLOW__MPULSE__REPORT": "tasks"})
OUTBOX = Variant(
    "outbox",
    "mPulse, outbox",
    "nothing",
    0,
    settings={"AIRFLOW__MPULSE__REPORT": "tasks", "AIRFLOW__MPULSE__DELIVERY": "outbox"},
)

VARIANTS = (CONTROL, BARE, NAIVE, LINEAGE_FORK, LINEAGE_THREAD, DIRECT, OUTBOX)

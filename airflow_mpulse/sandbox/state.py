# SPDX-License-Identifier: Apache-2.0
"""
Everything that one running sandbox holds, in one value that the endpoints share.

No behaviour beyond waiting: each part looks after itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.beacons import BeaconStore, RequestCounts
from airflow_mpulse.sandbox.clock import Clock, epoch_ms, system_clock
from airflow_mpulse.sandbox.faults import FaultScript
from airflow_mpulse.sandbox.tokens import TokenMint


@dataclass(slots=True)
class SandboxState:
    """
    The parts of a running sandbox.

    :param app: The app that is played.
    :param clock: Gives the present as an aware datetime.
    :param tokens: Mint of the tokens.
    :param beacons: The last beacons.
    :param requests: Counts of requests.
    :param faults: Scripted faults.
    :param app_changes: How often the app was changed.
    :param closing: Set when the server stops, so that delayed answers do not hold it up; new at each start.
    """

    app: SandboxApp = field(default_factory=SandboxApp)
    clock: Clock = system_clock
    tokens: TokenMint = field(default_factory=TokenMint)
    beacons: BeaconStore = field(default_factory=BeaconStore)
    requests: RequestCounts = field(default_factory=RequestCounts)
    faults: FaultScript = field(default_factory=FaultScript)
    app_changes: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def version(self) -> int:
        """
        Number what the page shows.

        :return: A number that grows with each change of beacons, faults or the app.
        """
        return self.beacons.changes + self.faults.changes + self.app_changes

    def change_app(self, app: SandboxApp) -> None:
        """
        Play another app from now on.

        :param app: The app; beacons that have arrived keep what the one before made of them.
        """
        self.app = app
        self.app_changes += 1

    def now_ms(self) -> int:
        """
        Read the clock.

        :return: Whole milliseconds since the Unix epoch.
        """
        return epoch_ms(self.clock())

    async def wait(self, delay_s: float) -> None:
        """
        Wait, unless the server stops.

        :param delay_s: Seconds to wait at most.
        """
        if delay_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), delay_s)

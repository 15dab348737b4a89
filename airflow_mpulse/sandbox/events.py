# SPDX-License-Identifier: Apache-2.0
"""
Tells the page when there is something new to see, as server-sent events.

What there is to see the page asks for itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_mpulse.sandbox.state import SandboxState

LOOK_EVERY_S = 0.25
"""Seconds from one look for changes to the next."""

SIGN_EVERY_S = 15.0
"""Seconds without a change after which a sign of life is sent."""

# A sandbox that was started again is found within a second.
_GREETING = "retry: 1000\n\n"


class Events:
    """
    What happens, told to whoever listens.

    :param state: The running sandbox.
    :param sign_every_s: Seconds without a change after which a sign of life is sent.
    """

    def __init__(self, state: SandboxState, sign_every_s: float = SIGN_EVERY_S) -> None:
        self._state = state
        self._sign_every_s = sign_every_s

    async def events(self, request: Request) -> Response:
        """
        Tell of changes until the listener goes away or the server stops.

        :param request: The request.
        :return: Server-sent events: ``changed`` at once, then after each change, four a second at most.
        """
        return StreamingResponse(
            self._tell(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _tell(self, request: Request) -> AsyncIterator[str]:
        yield _GREETING
        told, quiet_s = -1, 0.0
        while not (self._state.closing.is_set() or await request.is_disconnected()):
            version = self._state.version
            if version != told:
                told, quiet_s = version, 0.0
                data = json.dumps({"version": version, "beacons": len(self._state.beacons)})
                yield f"event: changed\ndata: {data}\n\n"
            elif quiet_s >= self._sign_every_s:
                quiet_s = 0.0
                # Without it neither side notices a connection that is dead.
                yield ": still here\n\n"
            await self._state.wait(LOOK_EVERY_S)
            quiet_s += LOOK_EVERY_S

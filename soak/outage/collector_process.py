# SPDX-License-Identifier: Apache-2.0
"""
The process behind `soak.outage.collector`: a sandbox that writes down what it received when it is stopped.

Like mPulse itself it knows the tokens that it gave out before it was stopped.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from airflow_mpulse.sandbox.server import SandboxServer
from airflow_mpulse.sandbox.tokens import TokenMint


def _serve(port: int, secret: bytes, beacons_file: Path) -> None:
    server = SandboxServer(port=port)
    server.state.tokens = TokenMint(secret)
    # The web server ends in good order and then raises the signal again, which must not end this process yet.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run(lambda: None)
    beacons_file.write_text(json.dumps([beacon.as_json() for beacon in server.store.beacons()]))


if __name__ == "__main__":
    _serve(int(sys.argv[1]), bytes.fromhex(sys.argv[2]), Path(sys.argv[3]))

# SPDX-License-Identifier: Apache-2.0
"""
The command ``airflow-mpulse sandbox``: start the local mPulse and say how to connect to it.

The server itself is in ``airflow_mpulse.sandbox``.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from airflow_mpulse.sandbox.server import SandboxServer

_NEEDED = frozenset({"starlette", "uvicorn"})


def run(arguments: argparse.Namespace) -> int:
    """
    Run the sandbox until it is interrupted.

    :param arguments: Parsed arguments with ``host`` and ``port``.
    :return: Exit status; 1 where the sandbox cannot start.
    :raises ModuleNotFoundError: If a module is missing that the ``sandbox`` extra does not bring.
    """
    try:
        # Only here, so that the console script starts quickly and works without the extra.
        from airflow_mpulse.sandbox.server import SandboxStartError, serve
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] not in _NEEDED:
            raise
        return _complain("The sandbox needs a web server: install airflow-provider-mpulse[sandbox].")
    try:
        serve(arguments.host, arguments.port, on_ready=_announce)
    except SandboxStartError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        pass  # Depending on the moment, Ctrl-C arrives as this or as an ordinary end.
    print("Stopped.")
    return 0


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def connection(host: str, port: int, api_key: str, domain: str) -> dict[str, object]:
    """
    Write the Airflow connection that leads to a sandbox.

    :param host: Address that the sandbox listens on.
    :param port: Port that it listens on.
    :param api_key: API key of its app.
    :param domain: Domain of its app.
    :return: The connection in the form that ``AIRFLOW_CONN_…`` takes as JSON.
    """
    from airflow_mpulse.sandbox.server import is_loopback

    # A wildcard address is for listening, not for calling.
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    extra: dict[str, object] = {"domain": domain}
    if not is_loopback(reachable):
        extra["allow_http"] = True
    return {
        "conn_type": "mpulse",
        "host": reachable,
        "schema": "http",
        "port": port,
        "password": api_key,
        "extra": extra,
    }


def _announce(server: SandboxServer) -> None:
    from airflow_mpulse.sandbox.server import is_loopback

    app = server.state.app
    value = json.dumps(connection(server.host, server.port, app.api_key, app.domain), separators=(",", ":"))
    if not is_loopback(server.host):
        warning = f"Warning: other machines can reach {server.host}, and the sandbox asks for no password."
        print(warning, file=sys.stderr, flush=True)
    print(
        f"mPulse sandbox on {server.url} (Ctrl-C stops it)\n"
        f"  API key          {app.api_key}\n"
        f"  domain           {app.domain}\n"
        f"  REST API secret  {app.rest_api_secret}\n"
        f"\n"
        f"Connect Airflow to it with\n"
        f"\n"
        f"  export AIRFLOW_CONN_MPULSE_DEFAULT='{value}'",
        flush=True,
    )

# SPDX-License-Identifier: Apache-2.0
"""Run the stack of `docker-compose.yml` as processes of this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from demo.interruption import treat_ends_as_interrupts
from stack.local_stack import CELERY, CHECKOUT, LocalStack


def main() -> int:
    """
    Run the stack.

    :return: Exit status: 0 after Ctrl-C, 1 when a service does not start or ends.
    """
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    parser.add_argument("--celery", action="store_true", help="the profile celery: Redis, two workers")
    parser.add_argument("--dags", type=Path, help="a folder of DAGs of your own instead of the examples")
    arguments = parser.parse_args()
    treat_ends_as_interrupts()
    try:
        _run(CELERY if arguments.celery else "", arguments.dags)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 0
    except RuntimeError as error:
        print(f"\nThe stack failed: {error}", file=sys.stderr)
        return 1
    return 0


def _run(profile: str, dags_folder: Path | None) -> None:
    started_s = time.monotonic()
    folder = CHECKOUT / ".demo"
    folder.mkdir(exist_ok=True)
    stack = LocalStack(folder / "stack", profile=profile, dags_folder=dags_folder)
    print(f"Starting {', '.join(stack.services)} ...", flush=True)
    with stack:
        print(
            f"All healthy after {time.monotonic() - started_s:.0f} s.\n"
            f"  Airflow         {stack.url}   user admin, password {stack.password}\n"
            f"  mPulse sandbox  {stack.sandbox_url}\n"
            f"Logs are in {stack.logs_folder}. Ctrl-C stops everything.",
            flush=True,
        )
        stack.watch()


if __name__ == "__main__":
    sys.exit(main())

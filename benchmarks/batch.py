# SPDX-License-Identifier: Apache-2.0
"""A process that sends many beacons, for as long as a `with` block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.helper import Helper
from demo.components import stop_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.surroundings import Surroundings
    from benchmarks.variants import Variant


@contextmanager
def batch_sender(surroundings: Surroundings, home: Path, variant: Variant) -> Iterator[Helper]:
    """
    Start a process of `benchmarks.batch_sender`, and stop it.

    :param surroundings: Where to measure.
    :param home: The home of its Airflow.
    :param variant: What is switched on.
    :yield: The process.
    """
    env = surroundings.environment(home, variant)
    helper = Helper("benchmarks.batch_sender", env=env, log_file=surroundings.folder / f"{home.name}.log")
    try:
        helper.start()
        yield helper
    finally:
        stop_all([helper])

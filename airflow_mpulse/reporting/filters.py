# SPDX-License-Identifier: Apache-2.0
"""Which runs report themselves: globs, a tag, and a share of all runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Filters:
    """
    Tells whether a run reports itself, and its tasks with it.

    :param include: Globs of DAG IDs that do.
    :param exclude: Globs of DAG IDs that do not; they win.
    :param exclude_tag: DAGs with this tag do not; empty for no such tag.
    :param sample_rate: The share of runs that do, from 0 to 1.
    """

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    exclude_tag: str = ""
    sample_rate: float = 1.0

    def accepts(self, dag_id: str, run_id: str, read_tags: Callable[[], Iterable[str]]) -> bool:
        """
        Tell whether a run reports itself.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param read_tags: Gives the DAG's tags; asked only where they decide.
        :return: Whether it does; the same for every task of the run, in every process.
        """
        return (
            any(fnmatchcase(dag_id, glob) for glob in self.include)
            and not any(fnmatchcase(dag_id, glob) for glob in self.exclude)
            and _share_of(dag_id, run_id) < self.sample_rate
            and not (self.exclude_tag and self.exclude_tag in read_tags())
        )


def _share_of(dag_id: str, run_id: str) -> float:
    """
    Place a run among all runs.

    :param dag_id: The DAG.
    :param run_id: The run.
    :return: From 0 to less than 1, evenly spread.
    """
    # Not Python's own hash, which differs from process to process.
    digest = hashlib.sha256(f"{dag_id}\n{run_id}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:6], "big")) / 2**48

# SPDX-License-Identifier: Apache-2.0
"""What the demonstration shows: progress while it waits, and the page groups as a table."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demo.running_airflow import Progress

_HEADINGS = ("page group", "beacons", "median ms", "p95 ms", "failures", "verdict")
_TO_THE_LEFT = {0, len(_HEADINGS) - 1}
_CLEAR_LINE = "\r\x1b[K"


class ProgressLine:
    """
    How far the runs are: one line that changes on a terminal, a line per change elsewhere.

    :param stream: Where to write.
    """

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._on_terminal = stream.isatty()
        self._last = ""

    def show(self, progress: Progress) -> None:
        """
        Show where the runs are now.

        :param progress: What the waiting found.
        """
        parts = [
            f"{_short(run.dag_id)} {run.state if run.ended else f'{done}/{tasks}'}"
            for run, done, tasks in progress.runs
        ]
        text = ", ".join(parts) or "waiting for the first run"
        if self._on_terminal:
            # A line that wraps could not be cleared.
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(_CLEAR_LINE + f"{progress.elapsed_s:5.1f} s  {text}"[:width])
        elif text != self._last:
            self._stream.write(f"{progress.elapsed_s:5.1f} s  {text}\n")
        self._last = text
        self._stream.flush()

    def end(self) -> None:
        """Leave the line, so that what follows starts on its own."""
        if self._on_terminal and self._last:
            self._stream.write("\n")


def page_group_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """
    Lay the page groups out as a table.

    :param rows: Rows of the sandbox's `GET /api/page-groups`.
    :return: Aligned lines with a heading.
    """
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _short(dag_id: str) -> str:
    return dag_id.removeprefix("example_").removeprefix("mpulse_")


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    verdict = f"{row['invalid']} invalid" if row["invalid"] else "valid"
    durations = [_milliseconds(row["median_ms"]), _milliseconds(row["p95_ms"])]
    return (row["page_group"], str(row["beacons"]), *durations, str(row["failures"]), verdict)


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if column in _TO_THE_LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()

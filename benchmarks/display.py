# SPDX-License-Identifier: Apache-2.0
"""The figures on the terminal, and as a page of the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from benchmarks.figure import Bar, Figure

_BAR_COLUMNS = ("", "what", "wanted", "found")

_HEAD = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by `make bench`; do not edit. -->
# Benchmarks

What the package costs, measured beside its peers: all in one run on one machine, in turns, so that whatever
else went on there touched all of them alike. In brackets stands the interval that the value would lie in for
95 of 100 repetitions (bootstrap). `make bench` runs it anew and writes this page.
"""


def show_figure(figure: Figure, console: Console) -> None:
    """
    Show a table on the terminal.

    :param figure: The table.
    :param console: The terminal.
    """
    console.print()
    console.print(_table(figure.title, figure.columns, figure.rows))


def show_bars(figures: Iterable[Figure], console: Console) -> None:
    """
    Show what was to be reached, and what is missed.

    :param figures: All tables.
    :param console: The terminal.
    """
    bars = _bars(figures)
    missed = [bar for bar in bars if not bar.is_met]
    console.print()
    console.print(_table("What it must reach", _BAR_COLUMNS, [_row(bar) for bar in bars]))
    console.print(_sum_up(bars, missed), style="bold red" if missed else "bold green")


def write_page(
    figures: Sequence[Figure], machine: Sequence[tuple[str, str]], *, took_s: float, day: str
) -> str:
    """
    Write the page of the docs.

    :param figures: All tables.
    :param machine: What they were measured on.
    :param took_s: How long the run took, in seconds.
    :param day: When it was.
    :return: Markdown.
    """
    bars = _bars(figures)
    missed = [bar for bar in bars if not bar.is_met]
    parts = [
        _HEAD,
        f"Measured on {day}, in {took_s / 60:.0f} minutes.\n",
        _markdown(("measured on", ""), machine),
        "## What it must reach\n",
        _sum_up(bars, missed) + "\n",
        _markdown(_BAR_COLUMNS, [_row(bar) for bar in bars]),
    ]
    for figure in figures:
        parts += [f"## {figure.title}\n", f"{figure.how}\n", _markdown(figure.columns, figure.rows)]
    return "\n".join(parts)


def _bars(figures: Iterable[Figure]) -> list[Bar]:
    return [bar for figure in figures for bar in figure.bars]


def _row(bar: Bar) -> tuple[str, ...]:
    return "reached" if bar.is_met else "MISSED", bar.what, bar.wanted, bar.found


def _sum_up(bars: Sequence[Bar], missed: Sequence[Bar]) -> str:
    if not missed:
        return f"All {len(bars)} bars are reached."
    return f"{len(bars) - len(missed)} of {len(bars)} bars are reached, {len(missed)} missed."


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row, style="red" if row[0] == "MISSED" else None)
    return table


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )

# SPDX-License-Identifier: Apache-2.0
"""
What the commands show: sentences, facts and tables, without a secret in any of them.

Results go to standard output, reasons for a failure to standard error. Where standard output is no terminal,
lines are as long as they need to be, so that they can be searched.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Shorter values are not hidden, since they would tear holes into ordinary words; Airflow's masking has the
#: same limit.
_MIN_SECRET_CHARACTERS = 5

#: The names of facts take as much, so that the values of a command stand below each other.
_NAME_WIDTH = 15

#: The width of an output that nobody looks at.
_UNLIMITED = 10_000


class Terminal:
    """
    Shows what a command has to say. Text is shown as it is: nothing in it is taken for mark-up.
    """

    def __init__(self) -> None:
        self.console = _console(stderr=False)
        self._secrets: set[str] = set()

    def hide(self, secrets: Iterable[str]) -> None:
        """
        Have secrets replaced wherever they turn up, such as in a field that they were typed into by mistake.

        :param secrets: The secrets.
        """
        self._secrets.update(secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARACTERS)

    def title(self, text: str) -> None:
        """
        Begin a part.

        :param text: Its title.
        """
        self.console.print()
        self.console.print(self.clean(text), style="bold")

    def say(self, sentence: str, *, style: str | None = None) -> None:
        """
        Show a sentence.

        :param sentence: The sentence.
        :param style: A style of rich's.
        """
        _print(self.console, self.clean(sentence), style=style)

    def complain(self, sentence: str) -> int:
        """
        Tell on standard error why a command fails.

        :param sentence: The reason.
        :return: 1, the command's exit status.
        """
        self.warn(sentence)
        return 1

    def warn(self, sentence: str) -> None:
        """
        Tell something on standard error.

        :param sentence: What there is to tell.
        """
        # What was said before comes first, wherever both streams end up.
        sys.stdout.flush()
        _print(_console(stderr=True), self.clean(sentence))

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """
        Show facts below each other.

        :param facts: Their names and values.
        """
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, min_width=_NAME_WIDTH)
        grid.add_column(overflow="fold")
        for name, value in facts:
            grid.add_row(f"  {name}", self.clean(value))
        self.console.print(grid)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """
        Show a table.

        :param headings: Its headings.
        :param rows: Its rows, as long as the headings.
        """
        table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=True, header_style="bold")
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(*map(self.clean, row))
        self.console.print(table)

    @contextmanager
    def progress(  # noqa: DOC404
        self, text: str, total: int
    ) -> Iterator[Callable[[int], None]]:
        """
        Show a bar for as long as something is done, where somebody looks.

        :param text: What is done.
        :param total: How many there are to do; without any there is no bar.
        :yield: What is told how many more are done.
        """
        if not total or not self.console.is_terminal:
            yield lambda _: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(text, total=total)
            yield lambda number: progress.advance(task, number)

    def clean(self, text: str) -> str:
        """
        Take out of a text what must not reach a terminal.

        :param text: The text.
        :return: The text in one line, its secrets as ``***`` and its control characters as spaces.
        """
        for secret in self._secrets:
            text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
        return "".join(character if character.isprintable() else " " for character in text)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else _UNLIMITED
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def _print(console: Console, text: str, *, style: str | None = None) -> None:
    console.print(text, style=style, soft_wrap=console.width == _UNLIMITED)

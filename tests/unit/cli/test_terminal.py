# SPDX-License-Identifier: Apache-2.0
"""Tests of how commands show things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.cli.terminal import Terminal

if TYPE_CHECKING:
    import pytest

SECRET = "ABCDE-FGHIJ-KLMNO"


def test_secrets_are_hidden_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret is replaced in sentences, facts, tables and complaints, in any case of letters."""
    terminal = Terminal()
    terminal.hide([SECRET])
    for text in (SECRET, SECRET.lower()):
        terminal.title(f"Title {text}")
        terminal.say(f"Sentence {text}")
        terminal.facts([("fact", text)])
        terminal.table(("Heading",), [(f"cell {text}",)])
        assert terminal.complain(f"Complaint {text}") == 1
    shown = capsys.readouterr()
    assert SECRET.lower() not in (shown.out + shown.err).lower()
    assert (shown.out.count("***"), shown.err.count("***")) == (8, 2)


def test_short_secrets_tear_no_holes(capsys: pytest.CaptureFixture[str]) -> None:
    """A value of fewer than five characters is not looked for, so that words stay whole."""
    terminal = Terminal()
    terminal.hide(["", "a", "beac"])
    terminal.say("A beacon was sent")
    assert capsys.readouterr().out == "A beacon was sent\n"


def test_text_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and colons of others are no mark-up, and control characters do not reach the terminal."""
    terminal = Terminal()
    terminal.say("[mpulse] [bold]x[/bold] :smile: \x1b[31mred\x07")
    terminal.table(("Name",), [("[red]a[/red]\n\x1b[2J",)])
    out = capsys.readouterr().out
    assert "[mpulse] [bold]x[/bold] :smile:  [31mred \n" in out
    assert "[red]a[/red]  [2J" in out
    assert "\x1b" not in out


def test_lines_are_whole_where_nobody_looks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the output is no terminal, a sentence stays in one line unless a width is asked for."""
    monkeypatch.delenv("COLUMNS", raising=False)
    sentence = " ".join(["word"] * 60)
    Terminal().say(sentence)
    assert capsys.readouterr().out == f"{sentence}\n"
    monkeypatch.setenv("COLUMNS", "40")
    Terminal().say(sentence)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_narrow_terminal_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a narrow terminal the cells of a table are folded, not cut."""
    monkeypatch.setenv("COLUMNS", "30")
    name = "abcdefghijklmnopqrstuvwxyz0123456789"
    Terminal().table(("Kind", "Name", "Label"), [("metric", name, "cmet.Something")])
    shown = "".join(capsys.readouterr().out.split())
    assert "…" not in shown
    assert set(name) <= set(shown)

# SPDX-License-Identifier: Apache-2.0
"""Tests of text that crosses the wire, and of what is repeated of an answer."""

from __future__ import annotations

import pytest

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.text import check_text, quote_remote


@pytest.mark.parametrize(
    "value",
    ["a", " padded ", "日本語", "é", "a|b,c;d", "x" * 10_000, "👩‍👩‍👧", "\u00a0a", "a\u2028b"],
    ids=["one", "padded", "japanese", "accent", "separators", "long", "emoji", "nbsp", "line-separator"],
)
def test_ordinary_text_is_given_back(value: str) -> None:
    """Text without control characters comes back as it was, however long and of whatever script."""
    assert check_text("page group", value) == value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "The page group is empty; give it at least one visible character."),
        (" \u2003", "The page group is empty; give it at least one visible character."),
        (None, "The page group must be text, not NoneType."),
        (b"a", "The page group must be text, not bytes."),
        ("a\nb", "holds the character '\\n' at position 1; control characters"),
        ("a\0", "holds the character '\\x00' at position 1; control characters"),
        ("\x7fa", "holds the character '\\x7f' at position 0; control characters"),
        ("a\x85", "holds the character '\\x85' at position 1; control characters"),
        ("ab\ud800", "holds the character '\\ud800' at position 2; control characters and lone surrogates"),
    ],
    ids=["empty", "blank", "none", "bytes", "line-break", "nul", "delete", "c1-control", "surrogate"],
)
def test_unsendable_text_is_refused(value: object, sentence: str) -> None:
    """Text that cannot be sent is refused with a sentence that says what it is and where."""
    with pytest.raises(BeaconError) as caught:
        check_text("page group", value)
    assert sentence in str(caught.value)


def test_quote_is_one_short_line() -> None:
    """Another side's text is repeated as one line of at most 200 characters."""
    assert quote_remote("a\r\n\tb\0c\u202ed") == "a b c d"
    quoted = quote_remote("word " * 100_000)
    assert len(quoted) == 200
    assert quoted.endswith("…")
    assert quote_remote("x" * 200) == "x" * 200


@pytest.mark.parametrize(
    "said",
    ["key AB-CD refused", "key=ab-cd&AB-CD", "<b>AB-CD</b>"],
    ids=["plain", "other-case-and-twice", "markup"],
)
def test_quote_hides_secrets(said: str) -> None:
    """A secret is replaced wherever it stands, in any case of letters."""
    assert "ab-cd" not in quote_remote(said, secrets=("AB-CD",)).lower()


def test_quote_takes_secrets_literally() -> None:
    """A secret with characters that mean something in patterns is replaced as it is, and an empty one not."""
    assert quote_remote("s.e(c is here, sxe(c is not", secrets=("s.e(c", "")) == "*** is here, sxe(c is not"


def test_quote_hides_tokens_without_being_told() -> None:
    """Forty hexadecimal digits are never repeated, while a shorter commit-like number is."""
    assert quote_remote('{"h.cr":"23a0384939e93bbc22af11b74654a82f180f5910"') == '{"h.cr":"***"'
    assert quote_remote("ref 23a0384939e93bb") == "ref 23a0384939e93bb"


def test_secret_is_hidden_where_the_quote_is_cut() -> None:
    """No half of a secret stays where the quote reaches its greatest length."""
    quoted = quote_remote("x" * 195 + "ABCDE-FGHIJ-KLMNO", secrets=("ABCDE-FGHIJ-KLMNO",))
    assert quoted == "x" * 195 + "***"

# SPDX-License-Identifier: Apache-2.0
"""Tests of patterns of bare fields in braces."""

from __future__ import annotations

import pytest

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.reporting.patterns import fill, parse_pattern

VALUES = {"city": "Köln", "street": "Am Hof", "nothing": ""}


def parse(pattern: object) -> list[tuple[str, str | None]]:
    return parse_pattern(pattern, VALUES, what="line", of="an envelope")  # type: ignore[arg-type]


def refuse(pattern: object) -> str:
    with pytest.raises(MPulseSettingsError) as caught:
        parse(pattern)
    # What Python said stands in the sentence, and not once more as a chain of errors.
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("", []),
        ("c/o", [("c/o", None)]),
        ("{city}", [("", "city")]),
        ("{street}, {city}!", [("", "street"), (", ", "city"), ("!", None)]),
        ("{city}{city}", [("", "city"), ("", "city")]),
        ("{city:}", [("", "city")]),
        ("%s $city {{", [("%s $city {", None)]),
    ],
)
def test_pattern_is_taken_apart(pattern: str, parts: list[tuple[str, str | None]]) -> None:
    """A pattern becomes pairs of text and the field after it."""
    assert parse(pattern) == parts


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("", ""),
        ("c/o", "c/o"),
        ("to {street}, {city}!", "to AM HOF, KÖLN!"),
        ("{city} {city}", "KÖLN KÖLN"),
        ("[{nothing}]", "[]"),
        ("{{city}} is {city}", "{city} is KÖLN"),
        ("}}{{", "}{"),
    ],
)
def test_values_are_cleaned_and_text_is_kept(pattern: str, filled: str) -> None:
    """Each value is cleaned as told, the text around it stays, and doubled braces stand for themselves."""
    assert fill(parse(pattern), VALUES, str.upper) == filled


def test_value_is_no_pattern() -> None:
    """Braces within a value are not filled in once more."""
    assert fill([("", "city")], {"city": "{street}", "street": "Am Hof"}, str) == "{street}"


def test_known_fields_may_come_from_an_iterator() -> None:
    """The known fields are read once, for the check of every field and for the error."""
    assert parse_pattern("{b}{a}", iter(["a", "b"]), what="line", of="it") == [("", "b"), ("", "a")]
    with pytest.raises(MPulseSettingsError, match=r"fields of it: {a}, {b}\.$"):
        parse_pattern("{a}{c}", iter(["a", "b"]), what="line", of="it")


@pytest.mark.parametrize("field", ["country", "0", "", "City", "city.x", "city[0]", " city"])
def test_unknown_field_is_refused(field: str) -> None:
    """Another field is refused with the pattern, the field, and the fields that there are."""
    pattern = f"{{street}} {{{field}}}"
    assert refuse(pattern) == (
        f"The line {pattern!r} has the unknown field {field!r}; fields of an envelope: "
        "{city}, {street}, {nothing}."
    )


@pytest.mark.parametrize("pattern", ["{city!r}", "{city:>9}", "{city!s:>9}", "{city:{street}}"])
def test_format_is_refused(pattern: str) -> None:
    """A conversion or a format is refused, with the bare fields."""
    assert refuse(pattern) == (
        f"The line {pattern!r} asks for a format of 'city'; write the bare field, one of "
        "{city}, {street}, {nothing}."
    )


@pytest.mark.parametrize("pattern", ["{", "}", "{city", "city}", "{city!}"])
def test_unreadable_pattern_is_refused(pattern: str) -> None:
    """A pattern with lonely braces is refused with Python's reason and the fields that there are."""
    refusal = refuse(pattern)
    assert refusal.startswith(f"The line {pattern!r} cannot be read (")
    assert refusal.endswith("); fields of an envelope: {city}, {street}, {nothing}.")


@pytest.mark.parametrize(
    ("pattern", "kind"), [(None, "NoneType"), (7, "int"), (b"{city}", "bytes"), (["{city}"], "list")]
)
def test_pattern_must_be_text(pattern: object, kind: str) -> None:
    """Anything but text is refused by its type."""
    assert refuse(pattern) == f"The line must be text, not {kind}."

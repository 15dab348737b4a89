# SPDX-License-Identifier: Apache-2.0
"""The form of the connection, from the list of types to what is stored."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from airflow_mpulse.connection_form import FIELDS, HOOK_NAME, UI_FIELD_BEHAVIOUR
from tests.browser.airflow.pages import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.airflow.pages import AirflowPages
    from tests.browser.airflow.running import RunningAirflow

UNUSUAL = """Größe "double" 'single' <b>bold</b> \\ & {{ ds }} %41 😀"""
TYPED = {
    "Configuration service": "http://127.0.0.1",
    "Port": "8095",
    "Domain": "pipelines.example.com",
    "User-Agent": UNUSUAL,
    "Timeout in seconds": "7.5",
    "Certificate authorities": "/etc/ssl/some where.pem",
}
SECRETS = {"API key": "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY", "REST API secret key": "never-to-be-seen"}


def test_form_shows_every_field(pages: AirflowPages) -> None:
    """The type goes by its name, and its form has our labels, descriptions, defaults and nothing needless."""
    pages.add_connection()
    pages.choose_type("Generic")
    expect(pages.field("Login")).to_be_visible()
    pages.choose_type(HOOK_NAME)
    expect(pages.field("Login")).to_be_hidden()
    for label in UI_FIELD_BEHAVIOUR["relabeling"].values():
        expect(pages.field(label)).to_be_visible()
    expect(pages.field("Configuration service")).to_have_attribute("placeholder", "c.go-mpulse.net")
    expect(pages.field("API key")).to_have_attribute("type", "password")
    for field in FIELDS.values():
        row, shown = pages.row(field.label), pages.field(field.label)
        expect(row).to_be_visible()
        expect(row).to_contain_text(field.description)
        if field.secret:
            expect(shown).to_have_attribute("type", "password")
        if field.type == "boolean":
            expect(shown).not_to_be_checked()
        else:
            expect(shown).to_have_value("" if field.default is None else str(field.default))


def test_what_is_typed_is_stored_and_its_secrets_are_never_shown(
    pages: AirflowPages, running: RunningAirflow, browser: Browser, tmp_path: Path
) -> None:
    """A saved form reads back as typed without its secrets, and saved again untouched it keeps them."""
    pages.add_connection()
    pages.choose_type(HOOK_NAME)
    pages.field("Connection ID").fill("typed")
    for label, value in {**TYPED, **SECRETS}.items():
        pages.field(label).fill(value)
    pages.switch("Allow plain HTTP")
    pages.save()
    first = _facts(running.stored_connection("typed"))
    assert first == {
        "conn_type": "mpulse",
        "host": "http://127.0.0.1",
        "port": "8095",
        "password": SECRETS["API key"],
        "domain": "pipelines.example.com",
        "rest_api_secret": SECRETS["REST API secret key"],
        "user_agent": UNUSUAL,
        "timeout_s": "7.5",
        "verify": "/etc/ssl/some where.pem",
        "allow_http": "True",
    }

    exchanged = tmp_path / "exchanged.har"
    with browser.new_context(record_har_path=exchanged, record_har_content="embed") as context:
        again = type(pages)(context.new_page(), running.airflow.url)
        again.edit_connection("typed")
        for label, value in TYPED.items():
            expect(again.field(label)).to_have_value(value)
        expect(again.field("Allow plain HTTP")).to_be_checked()
        for label in SECRETS:
            expect(again.field(label)).to_have_attribute("type", "password")
        shown = [_everything_on(again)]
        again.field("Description").fill("Saved again")
        again.save()
        shown.append(_everything_on(again))
        again.open_audit_log()
        shown.append(_everything_on(again))
    shown.append(_everything_exchanged(exchanged))
    assert [secret for secret in SECRETS.values() if any(secret in text for text in shown)] == []
    # What is looked for would be found, had it been there.
    assert all("pipelines.example.com" in shown[place] for place in (0, 3))

    stored = running.stored_connection("typed")
    assert stored["description"] == "Saved again"
    assert _facts(stored) == first


def _facts(stored: dict[str, Any]) -> dict[str, str]:
    """Give what counts of a connection as a command of Airflow shows it, which turns all values into text."""
    kept = {name: stored[name] for name in ("conn_type", "host", "port", "password")}
    return {name: str(value) for name, value in {**kept, **stored["extra_dejson"]}.items()}


def _everything_on(pages: AirflowPages) -> str:
    """Give the text of a page, and what is in its fields."""
    values = pages.page.locator("input, textarea").evaluate_all("fields => fields.map(field => field.value)")
    return "\n".join([pages.page.content(), pages.page.locator("body").inner_text(), *values])


def _everything_exchanged(archive: Path) -> str:
    """Give the headers and bodies of all requests and answers."""
    entries = json.loads(archive.read_text())["log"]["entries"]
    assert entries
    bodies = [
        base64.b64decode(content["text"]).decode(errors="replace")
        for entry in entries
        if (content := entry["response"]["content"]).get("encoding") == "base64"
    ]
    return "\n".join([json.dumps(entries, ensure_ascii=False), *bodies])

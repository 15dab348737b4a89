# SPDX-License-Identifier: Apache-2.0
"""Tests of how the page and its files are given out."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from airflow_mpulse.sandbox.page_endpoints import PageEndpoints
from airflow_mpulse.sandbox.web_files import WebFiles, bundled_files

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response

    from tests.unit.sandbox.samples import Ask

PAGE = """<!doctype html><html lang="en"><head><link rel="stylesheet" href="/static/page.css"></head>
<body><script type="module" src="/static/page.js"></script></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a small page, and beside the folder what nobody may read."""
    web = tmp_path / "web"
    web.mkdir()
    (web / "index.html").write_text(PAGE)
    (web / "page.css").write_text("body { color: black }")
    (web / "page.js").write_text('document.title = "ä";')
    (web / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (web / "notes.txt").write_text("a note")
    (tmp_path / "secret.js").write_text("secret")
    return web


def give(folder: Path, name: str, digest: str | None = None, **headers: str) -> Response:
    """Ask for a file."""
    raw = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    params = {"name": name} if digest is None else {"name": name, "digest": digest}
    scope = {"type": "http", "method": "GET", "headers": raw, "path_params": params}
    return PageEndpoints(WebFiles(folder)).static(Request(scope))


def test_page_asks_for_files_by_their_digest(folder: Path) -> None:
    """The page names its files by way of a digest, and another file makes another digest."""
    first = WebFiles(folder)
    assert re.fullmatch(r"[0-9a-f]{16}", first.digest)
    for name in ("page.css", "page.js"):
        assert f'"/static/{first.digest}/{name}"'.encode() in first.page
    (folder / "page.js").write_text("// another")
    assert WebFiles(folder).digest != first.digest


def test_page_keeps_charts_from_writing_styles(folder: Path) -> None:
    """The page holds every element that the chart library looks for before it writes styles of its own."""
    web = WebFiles(folder)
    library = web.read("plotly.min.js")
    assert library is not None
    wanted = set(re.findall(rb'getElementById\("([0-9a-f]{64})"\)', library))
    assert wanted
    assert wanted | {b"plotly.js-style-global"} == set(re.findall(rb'<template id="([^"]+)"', web.page))
    assert b'class="no-inline-styles"></template>' in web.page
    assert b'.matches(".no-inline-styles")' in library
    assert b"plotly.js-style-" in library


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [
        ("page.css", "text/css; charset=utf-8", b"body"),
        ("page.js", "text/javascript; charset=utf-8", b"document"),
        ("icon.svg", "image/svg+xml", b"<svg"),
        ("plotly.min.js", "text/javascript; charset=utf-8", b"/**"),
    ],
)
def test_files_are_given_with_type_and_policy(folder: Path, name: str, kind: str, start: bytes) -> None:
    """Each file has its type and the headers of the page, and is the same when compressed."""
    plain, packed = give(folder, name), give(folder, name, accept_encoding="br, gzip")
    assert (plain.status_code, plain.headers["content-type"]) == (200, kind)
    assert plain.headers["content-security-policy"] == POLICY
    assert (plain.headers["x-content-type-options"], plain.headers["referrer-policy"]) == (
        "nosniff",
        "no-referrer",
    )
    assert bytes(plain.body).startswith(start)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(packed.body)) == plain.body


def test_files_are_kept_by_browsers(folder: Path) -> None:
    """By its digest a file is kept for good, else it is asked for again, and 304 says that it is known."""
    digest = WebFiles(folder).digest
    for asked, cache in (
        (digest, "public, max-age=31536000, immutable"),
        (None, "no-cache"),
        ("0" * 16, "no-cache"),
    ):
        answer = give(folder, "page.js", asked)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, cache)
        again = give(folder, "page.js", asked, if_none_match=answer.headers["etag"])
        assert (again.status_code, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["missing.js", "index.html", "notes.txt", "..", "../secret.js", ".js", "PAGE.JS", "page.js/", ""]
)
def test_nothing_else_is_given(folder: Path, name: str) -> None:
    """What is no file of the page is not there, whatever lies beside it."""
    assert give(folder, name).status_code == 404


def test_browsers_get_the_page_and_consoles_text(ask: Ask) -> None:
    """Whoever asks for HTML gets the page under its policy, everyone else the endpoints as text."""
    browser = ask("GET", "/", None, {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (browser.status, browser.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert browser.headers["content-security-policy"] == POLICY
    assert (browser.headers["cache-control"], browser.headers["vary"]) == ("no-cache", "Accept")
    assert browser.body == bundled_files().page
    for accept in ("*/*", "text/plain", ""):
        text = ask("GET", "/", None, {"Accept": accept})
        assert (text.headers["content-type"], text.headers["vary"]) == ("text/plain; charset=utf-8", "Accept")


def test_files_of_the_page_are_there(ask: Ask) -> None:
    """Every file that the page names is given out, to be kept for good."""
    names = re.findall(r'"(/static/[^"]+)"', bundled_files().page.decode())
    assert names
    for name in names:
        answer = ask("GET", name)
        assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True), name
    assert ask("GET", "/static/..%2Freply.py").status == 404

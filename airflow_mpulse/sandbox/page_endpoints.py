# SPDX-License-Identifier: Apache-2.0
"""
The sandbox's page: its files, and the library that draws its charts, under a strict content security policy.

The library comes with the Python package ``plotly``; nothing is loaded from anywhere else. What the page
shows is asked for at ``view_endpoints``.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from airflow_mpulse.sandbox.reply import HTML_HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request

CHARTS: Final = "plotly.min.js"
"""File name of the library that draws charts."""

_WEB: Final = files("airflow_mpulse.sandbox") / "web"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# Names, not paths: nothing outside the folder can be asked for.
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\.(?:css|js|svg)")
_REFERENCE: Final = re.compile(rb'"/static/([a-z0-9_.-]+)"')

# The library writes styles of its own into the page, which the policy forbids, unless it finds elements with
# these IDs: the first is a name, the second, of maps that are not drawn here, changes with each version.
_MAP_STYLES: Final = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')
_GUARD: Final = b'<template id="plotly.js-style-global" class="no-inline-styles"></template>'


class PageEndpoints:
    """The page and its files. Not coroutines, so that compressing holds up no beacon."""

    def page(self, request: Request) -> Response:  # noqa: ARG002
        """
        Give the page.

        :param request: The request, of which nothing is used.
        :return: HTML, in which the names of files carry a digest of what they hold.
        """
        headers = {**HTML_HEADERS, "Cache-Control": "no-cache"}
        return Response(_page(), media_type="text/html; charset=utf-8", headers=headers)

    def static(self, request: Request) -> Response:
        """
        Give one of its files.

        :param request: The request, with the file's name in the path, and before it perhaps a digest.
        :return: The file, to be kept for good where the digest is right; 304 for one that the browser has,
            404 for one that there is not.
        """
        name = request.path_params["name"]
        content = read_file(name)
        if content is None:
            return Response("Not found", 404, headers=HTML_HEADERS, media_type="text/plain")
        is_current = request.path_params.get("digest") == _digest()
        headers = {
            **HTML_HEADERS,
            "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-cache",
            "ETag": f'"{_digest()}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = _pack(name)
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers={**headers, "Content-Type": _TYPES[name.rpartition(".")[2]]})


def wants_page(request: Request) -> bool:
    """
    Tell a browser from a console.

    :param request: The request.
    :return: Whether HTML is asked for by its name.
    """
    return "text/html" in request.headers.get("accept", "")


@lru_cache(maxsize=64)
def read_file(name: str) -> bytes | None:
    """
    Read one of the page's files.

    :param name: Its name.
    :return: What it holds; None where there is none, and for the charts where ``plotly`` is not installed.
    """
    if name != CHARTS and not _NAME.fullmatch(name):
        return None
    try:
        source = files("plotly") / "package_data" if name == CHARTS else _WEB
        return (source / name).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        return None


@lru_cache(maxsize=1)
def _page() -> bytes:
    digest = _digest().encode()
    page = _REFERENCE.sub(rb'"/static/' + digest + rb'/\1"', (_WEB / "index.html").read_bytes())
    return page.replace(b"</body>", _guard() + b"</body>")


def _guard() -> bytes:
    found = _MAP_STYLES.findall(read_file(CHARTS) or b"")
    return _GUARD + b"".join(b'<template id="%b"></template>' % each for each in sorted(set(found)))


@lru_cache(maxsize=1)
def _digest() -> str:
    names = sorted(each.name for each in _WEB.iterdir() if _NAME.fullmatch(each.name))
    contents = (read_file(name) or b"" for name in (*names, CHARTS))
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]


@lru_cache(maxsize=64)
def _pack(name: str) -> bytes:
    return gzip.compress(read_file(name) or b"", compresslevel=6, mtime=0)

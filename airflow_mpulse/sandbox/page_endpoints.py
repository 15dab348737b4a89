# SPDX-License-Identifier: Apache-2.0
"""
The sandbox's page and its files, under a strict content security policy.

What the page shows is asked for at ``view_endpoints``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from airflow_mpulse.sandbox.reply import HTML_HEADERS
from airflow_mpulse.sandbox.web_files import WebFiles, bundled_files

if TYPE_CHECKING:
    from starlette.requests import Request

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class PageEndpoints:
    """
    The page and its files. Not coroutines, so that compressing holds up no beacon.

    :param web: The files; those of the package where None.
    """

    def __init__(self, web: WebFiles | None = None) -> None:
        self._web = web or bundled_files()

    def page(self, request: Request) -> Response:  # noqa: ARG002
        """
        Give the page.

        :param request: The request, of which nothing is used.
        :return: HTML.
        """
        headers = {**HTML_HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"}
        return Response(self._web.page, media_type="text/html; charset=utf-8", headers=headers)

    def static(self, request: Request) -> Response:
        """
        Give one of its files.

        :param request: The request, with the file's name in the path, and before it perhaps a digest.
        :return: The file, to be kept for good where the digest is right; 304 for one that the browser has,
            404 for one that there is not.
        """
        name, digest = request.path_params["name"], self._web.digest
        content = self._web.read(name)
        if content is None:
            return Response("Not found", 404, headers=HTML_HEADERS, media_type="text/plain")
        is_current = request.path_params.get("digest") == digest
        headers = {
            **HTML_HEADERS,
            "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-cache",
            "ETag": f'W/"{digest}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = self._web.packed(name)
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers={**headers, "Content-Type": _TYPES[name.rpartition(".")[2]]})


def wants_page(request: Request) -> bool:
    """
    Tell a browser from a console.

    :param request: The request.
    :return: Whether HTML is asked for by its name.
    """
    return "text/html" in request.headers.get("accept", "")

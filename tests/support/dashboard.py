# SPDX-License-Identifier: Apache-2.0
"""A page that stands where a dashboard would be: it answers every address, and shows which one it was."""

from __future__ import annotations

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

from contextlib import contextmanager

#: An icon of its own, so that the browser does not ask for one.
_PAGE = '<!doctype html><html lang="en"><title>Dashboard</title><link rel="icon" href="data:,"><h1>{}</h1>'


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _PAGE.format(html.escape(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve_dashboard() -> Iterator[str]:
    """Serve it on loopback for the length of a block, which gets its address without a slash at the end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

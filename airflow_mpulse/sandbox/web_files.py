# SPDX-License-Identifier: Apache-2.0
"""
The files of the sandbox's page, and the library that draws its charts.

The library comes with the Python package ``plotly``; nothing is loaded from anywhere else. Who is
given what is decided in ``page_endpoints``.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

CHARTS: Final = "plotly.min.js"
"""File name of the library that draws charts."""

# Names, not paths: nothing outside the folder can be asked for.
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\.(?:css|js|svg)")
_REFERENCE: Final = re.compile(rb'"/static/([a-z0-9_.-]+)"')

# The library writes styles of its own into the page, which the policy forbids, unless it finds elements with
# these IDs: the first is a name, the second, of maps that are not drawn here, changes with each version.
_GUARD: Final = b'<template id="plotly.js-style-global" class="no-inline-styles"></template>'
_MAP_STYLES: Final = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')


class WebFiles:
    """
    The page's files, read once.

    :param folder: Where ``index.html`` and the files beside it are; none of them in a folder of its own.
    """

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._contents: dict[str, bytes | None] = {}
        self._packed: dict[str, bytes] = {}

    @cached_property
    def page(self) -> bytes:
        """
        The page itself.

        :return: ``index.html``, in which the names of files go by way of the digest, and with what keeps the
            charts from writing styles.
        """
        text = (self._folder / "index.html").read_bytes()
        text = _REFERENCE.sub(rb'"/static/' + self.digest.encode() + rb'/\1"', text)
        return text.replace(b"</body>", self._guard() + b"</body>")

    @cached_property
    def digest(self) -> str:
        """
        A digest of all files.

        :return: 16 hexadecimal digits, others as soon as one file is another.
        """
        names = sorted(each.name for each in self._folder.iterdir() if _NAME.fullmatch(each.name))
        contents = (self.read(name) or b"" for name in (*names, CHARTS))
        return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]

    def read(self, name: str) -> bytes | None:
        """
        Read a file.

        :param name: Its name.
        :return: What it holds; None where there is none, as of the charts where ``plotly`` is missing.
        """
        if name != CHARTS and not _NAME.fullmatch(name):
            return None
        if name not in self._contents:
            self._contents[name] = self._read(name)
        return self._contents[name]

    def packed(self, name: str) -> bytes:
        """
        Read a file that is there, compressed.

        :param name: Its name.
        :return: What it holds, as gzip.
        """
        if name not in self._packed:
            self._packed[name] = gzip.compress(self.read(name) or b"", compresslevel=6, mtime=0)
        return self._packed[name]

    def _read(self, name: str) -> bytes | None:
        try:
            folder = files("plotly") / "package_data" if name == CHARTS else self._folder
            return (folder / name).read_bytes()
        except (ModuleNotFoundError, FileNotFoundError):
            return None

    def _guard(self) -> bytes:
        found = sorted(set(_MAP_STYLES.findall(self.read(CHARTS) or b"")))
        return _GUARD + b"".join(b'<template id="%b"></template>' % each for each in found)


@lru_cache(maxsize=1)
def bundled_files() -> WebFiles:
    """
    Give the files that the package brings along.

    :return: The same for all sandboxes of a process.
    """
    return WebFiles(files("airflow_mpulse.sandbox") / "web")

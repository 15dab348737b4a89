# SPDX-License-Identifier: Apache-2.0
"""Who may change something here: the sandbox's own page and programs, no other site's page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_mpulse.sandbox.reply import Reply, json_reply

if TYPE_CHECKING:
    from starlette.requests import Request

_READING = frozenset({"GET", "HEAD"})


def refuse_foreign(request: Request) -> Reply | None:
    """
    Refuse what another site's page asks a browser to change here.

    A browser names the site in ``Origin``; a program that names none is nobody's unwitting helper.

    :param request: The request.
    :return: The refusal; None for what only reads, and where no other site is named.
    """
    origin = request.headers.get("origin")
    if request.method in _READING or origin is None:
        return None
    if _place(origin) == request.headers.get("host"):
        return None
    return json_reply({"message": "Only the sandbox's own page may change something here."}, 403)


def _place(origin: str) -> str:
    try:
        # Behind a proxy that adds TLS the scheme is not the sandbox's, so that the place alone counts.
        return urlsplit(origin).netloc
    except ValueError:
        return ""

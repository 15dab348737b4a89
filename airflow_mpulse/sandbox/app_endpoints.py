# SPDX-License-Identifier: Apache-2.0
"""The endpoint that shows and changes the app that the sandbox plays."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_mpulse.sandbox.app import MAX_DEFINITIONS
from airflow_mpulse.sandbox.faults import PLACES, settings_by_kind
from airflow_mpulse.sandbox.mpulse_endpoints import to_response
from airflow_mpulse.sandbox.origin import refuse_foreign
from airflow_mpulse.sandbox.reply import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.state import SandboxState

_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of definition.

    :param attribute: Where the app holds it.
    :param next_label: Makes a label of a name and of those that are taken.
    """

    attribute: str
    next_label: Callable[[str, Mapping[str, str]], str]


def _next_timer(name: str, taken: Mapping[str, str]) -> str:  # noqa: ARG001 - a timer's label has no name in it
    labels = (f"custom{index}" for index in range(MAX_DEFINITIONS))
    return next(label for label in labels if label not in taken.values())


def _next_named(prefix: str) -> Callable[[str, Mapping[str, str]], str]:
    def make(name: str, taken: Mapping[str, str]) -> str:
        stem = prefix + (re.sub(r"[^A-Za-z0-9]", "", name) or "Unnamed")
        labels = [stem, *(f"{stem}{number}" for number in range(2, MAX_DEFINITIONS + 2))]
        return next(label for label in labels if label not in taken.values())

    return make


KINDS: Mapping[str, Kind] = {
    "timer": Kind("timers", _next_timer),
    "metric": Kind("metrics", _next_named("cmet.")),
    "dimension": Kind("dimensions", _next_named("cdim.")),
}


class AppEndpoints:
    """
    The app as its administrator sees it.

    :param state: The running sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    async def app(self, request: Request) -> Response:  # noqa: ARG002
        """
        Show the app.

        :param request: The request, of which nothing is used.
        :return: Its key, its domain, what it defines, and which faults can be scripted.
        """
        app = self._state.app
        return to_response(
            json_reply(
                {
                    "version": self._state.version,
                    "api_key": app.api_key,
                    "domain": app.domain,
                    "rest_api_secret": app.rest_api_secret,
                    "kinds": {name: _list(getattr(app, kind.attribute)) for name, kind in KINDS.items()},
                    "max_of_a_kind": MAX_DEFINITIONS,
                    "fault_kinds": {place: settings_by_kind(place) for place in PLACES},
                },
                headers={"Cache-Control": "no-store"},
            )
        )

    async def definitions(self, request: Request) -> Response:
        """
        Add a custom timer, metric or dimension, or remove one.

        :param request: The request: ``kind`` and ``name`` and perhaps ``label``, as JSON to add, in the query
            to remove.
        :return: The definition; 400, 404 or 409 with a sentence.
        """
        refusal = refuse_foreign(request)
        if refusal is not None:
            return to_response(refusal)
        if request.method == "DELETE":
            return to_response(self._remove(dict(request.query_params)))
        try:
            wanted = json.loads(await request.body())
        except ValueError:
            return to_response(_complaint(400, "A definition is a JSON object; this is not JSON."))
        return to_response(self._add(wanted))

    def _add(self, wanted: Any) -> Reply:
        kind = KINDS.get(str(wanted.get("kind"))) if isinstance(wanted, dict) else None
        if kind is None:
            return _complaint(400, f"kind must be one of {', '.join(KINDS)}.")
        name, label = _read_text(wanted, "name"), _read_text(wanted, "label")
        if not name or label is None:
            wrong = "label" if name else "name"
            return _complaint(400, f"{wrong} must be 1 to {_MAX_NAME_LENGTH} printable characters.")
        taken = getattr(self._state.app, kind.attribute)
        if name in taken:
            return _complaint(409, f"The app has a custom {wanted['kind']} {name!r} already.")
        if len(taken) >= MAX_DEFINITIONS:
            return _complaint(409, f"An mPulse app has at most {MAX_DEFINITIONS} custom {kind.attribute}.")
        label = label or kind.next_label(name, taken)
        try:
            self._change(kind, {**taken, name: label})
        except ValueError as error:
            return _complaint(400, f"{error}.")
        return json_reply({"kind": wanted["kind"], "name": name, "label": label}, 201)

    def _remove(self, wanted: Mapping[str, str]) -> Reply:
        kind = KINDS.get(wanted.get("kind", ""))
        taken = getattr(self._state.app, kind.attribute) if kind is not None else {}
        if kind is None or wanted.get("name") not in taken:
            return _complaint(404, "The app has no such definition.")
        self._change(kind, {name: label for name, label in taken.items() if name != wanted["name"]})
        return json_reply({"removed": True})

    def _change(self, kind: Kind, definitions: Mapping[str, str]) -> None:
        changed: dict[str, Any] = {kind.attribute: definitions}
        app: SandboxApp = replace(self._state.app, **changed)
        self._state.change_app(app)


def _read_text(wanted: Mapping[str, Any], key: str) -> str | None:
    text = wanted.get(key, "")
    if not (isinstance(text, str) and len(text.strip()) <= _MAX_NAME_LENGTH and text.strip().isprintable()):
        return None
    return text.strip()


def _list(definitions: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {"name": name, "label": label, "index": index}
        for index, (name, label) in enumerate(definitions.items())
    ]


def _complaint(status: int, sentence: str) -> Reply:
    return json_reply({"message": sentence}, status)

# SPDX-License-Identifier: Apache-2.0
"""
The configuration service: what mPulse answers to a request for a beacon configuration.

Pure: it is given the question, the app and the time, and returns an answer. Scripted faults come later, in
``fault_replies``.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from airflow_mpulse.sandbox.reply import CACHE_CONTROL, Reply, json_reply
from airflow_mpulse.sandbox.tokens import TokenMint, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.sandbox.app import SandboxApp

UNKNOWN_DOMAIN: Final = "Domain is not a subdomain registered with this API Key"
"""Message to a foreign domain. Source: IOS (its test), C403 (the status)."""

# GETCFG names curl only. Default agents of HTTP libraries are taken for bots as well, which is the stricter
# reading of an open question.
_BOT = re.compile(
    r"bot\b|crawl|spider|headless|curl|wget|python-requests|python-urllib|python-httpx|aiohttp|libwww|go-http-client",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """
    A request for a configuration.

    :param query: Query of the request, decoded.
    :param signed: True for the v2 form.
    :param host: Host and port under which the client reached the sandbox.
    :param user_agent: The client's User-Agent.
    :param user_ip: The client's address.
    """

    query: Mapping[str, str]
    signed: bool
    host: str
    user_agent: str
    user_ip: str

    @property
    def is_refresh(self) -> bool:
        """
        Tell whether only new tokens are asked for.

        :return: True where ``r`` is present, even when empty.

        Source: GETCFG, LOGN.
        """
        return "r" in self.query


def refuse(question: Question, app: SandboxApp) -> Reply | None:
    """
    Find out why a client gets no configuration.

    :param question: The request.
    :param app: The app that is played.
    :return: The refusal; None where a configuration is due.

    Source: section 1.5: C403 and IOS (domain), MOCK (text for an unknown key), GETCFG (bots).
    """
    if not app.include_bot_beacons and looks_like_bot(question.user_agent):
        return bots_refused(app)
    if question.query.get("key") != app.api_key:
        return Reply(app.unknown_key_status, "Not found")
    if question.signed:
        return _refuse_signature(question.query, app)
    if not app.owns(question.query.get("d", "")):
        return json_reply({"message": UNKNOWN_DOMAIN}, 403)
    return None


def _refuse_signature(query: Mapping[str, str], app: SandboxApp) -> Reply | None:
    t, signature = query.get("t", ""), query.get("s", "")
    if not (t.isascii() and t.isdigit()):
        return json_reply({"message": "Parameter t must be milliseconds since the Unix epoch"}, 403)
    if not hmac.compare_digest(sign(app.api_key, t, app.rest_api_secret).encode(), signature.encode()):
        return json_reply({"message": "Signature does not match this API Key and t"}, 403)
    return None


def bots_refused(app: SandboxApp) -> Reply:
    """
    Build the refusal of a bot.

    :param app: The app that is played.
    :return: An answer whose status and text are the sandbox's choice; mPulse publishes neither.
    """
    return json_reply({"message": "This app does not include bot beacons"}, app.bots_refused_status)


def looks_like_bot(user_agent: str) -> bool:
    """
    Tell whether a User-Agent is one that bot filtering may refuse.

    :param user_agent: The client's User-Agent; an empty one counts as a bot.
    :return: True for curl, crawlers and the default agents of HTTP libraries.

    Source: GETCFG (curl; the rest is a guess on the strict side).
    """
    return not user_agent.strip() or _BOT.search(user_agent) is not None


def full_body(
    question: Question, app: SandboxApp, tokens: TokenMint, *, now_ms: int, session_id: str
) -> dict[str, object]:
    """
    Build a whole configuration.

    :param question: The request.
    :param app: The app that is played.
    :param tokens: Mint of the tokens.
    :param now_ms: Server time, milliseconds since the Unix epoch.
    :param session_id: Session ID to propose.
    :return: The body, in the shape of protocol section 1.3.

    Source: IOS (example of a whole answer), MPJS, JL, LOGN.
    """
    return {
        "h.key": app.api_key,
        "h.d": app.domain,
        **tokens.issue(now_ms),
        "session_id": session_id,
        "site_domain": app.domain,
        "beacon_url": f"//{question.host}/beacon/",
        "beacon_interval": 60,
        "BW": {"enabled": False},
        "RT": {"session_exp": app.session_expiry_s},
        "ResourceTiming": {"enabled": False},
        "Angular": {"enabled": False},
        "PageParams": _page_params(app),
        "user_ip": question.user_ip,
    }


def _page_params(app: SandboxApp) -> dict[str, object]:
    return {
        "pageGroups": [],
        "abTests": [],
        "customMetrics": _definitions(app.metrics, {"dataType": "Number"}),
        "customTimers": _definitions(app.timers, {}),
        "customDimensions": _definitions(app.dimensions, {"dataType": "String", "varName": ""}),
        "urlPatterns": [],
        "params": True,
        "defaultDecimal": ".",
        "defaultThousands": ",",
    }


def _definitions(labels: Mapping[str, str], extra: Mapping[str, object]) -> list[dict[str, object]]:
    return [
        {"name": name, "index": index, "type": "Programmatic", "label": label, **extra}
        for index, (name, label) in enumerate(labels.items())
    ]


def configuration_reply(body: Mapping[str, object]) -> Reply:
    """
    Build the answer around a body.

    :param body: A whole configuration or a refresh.
    :return: The answer, with the headers that mPulse sends.

    Source: IOS (``Cache-Control``).
    """
    return json_reply(body, headers={"Cache-Control": CACHE_CONTROL})

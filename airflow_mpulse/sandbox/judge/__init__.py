# SPDX-License-Identifier: Apache-2.0
"""
The judge: an opinion on every beacon, read from mPulse's documentation and its public clients.

Pure: no network, no clock, no storage. mPulse answers 204 to everything, so a sender learns nothing from it;
these rules are the sandbox's own and share no code with the sender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.judge import custom_rules, form_rules, identity_rules, text_rules, time_rules
from airflow_mpulse.sandbox.judge.reading import Reading
from airflow_mpulse.sandbox.judge.verdict import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.form import Field
    from airflow_mpulse.sandbox.tokens import TokenMint

__all__ = ["Verdict", "judge"]

_RULES = (
    *form_rules.RULES,
    *identity_rules.RULES,
    *time_rules.RULES,
    *text_rules.RULES,
    *custom_rules.RULES,
)
_FORM = "application/x-www-form-urlencoded"
_MAX_GET_CHARACTERS = 2000


def judge(
    fields: tuple[Field, ...],
    *,
    app: SandboxApp,
    tokens: TokenMint,
    now_ms: int,
    content_type: str = _FORM,
    url_characters: int = 0,
) -> Verdict:
    """
    Judge one beacon.

    :param fields: Fields in the order in which they were sent, duplicates included.
    :param app: The app that the beacon must fit.
    :param tokens: The mint that recognises its tokens.
    :param now_ms: Time of arrival, milliseconds since the Unix epoch.
    :param content_type: Content type of a POST.
    :param url_characters: Length of the URL of a GET.
    :return: The verdict.
    """
    beacon = Reading(fields, app, tokens, now_ms)
    findings = [*_transport(content_type, url_characters)]
    for rule in _RULES:
        findings.extend(rule(beacon))
    return Verdict.of(findings)


def _transport(content_type: str, url_characters: int) -> Iterator[Finding]:
    if content_type.split(";")[0].strip().lower() != _FORM:
        yield Finding("Content-Type", f"{content_type!r} is not a form", f"post as {_FORM}", "POSTB, BOOM")
    if url_characters > _MAX_GET_CHARACTERS:
        wrong = f"a GET of {url_characters} characters may be cut off on its way"
        mend = f"use POST above {_MAX_GET_CHARACTERS} characters"
        yield Finding("URL", wrong, mend, "BOOM", is_problem=False)

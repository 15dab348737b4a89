# SPDX-License-Identifier: Apache-2.0
"""
Tokens of the configuration: ``h.t`` and the ``h.cr`` that belongs to it.

How mPulse makes ``h.cr`` is not published, so its value means nothing outside this process. Expiry is the
judge's business; here a token is only made and recognised.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


class TokenMint:
    """
    Makes tokens and recognises its own.

    :param secret: What binds ``h.cr`` to ``h.t``; a new random one for each mint unless given.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret if secret is not None else secrets.token_bytes(32)

    def crumb(self, h_t: str) -> str:
        """
        Make the ``h.cr`` of an ``h.t``.

        :param h_t: Text of ``h.t``, milliseconds since the Unix epoch.
        :return: 40 lower-case hexadecimal digits.

        Source: WIB (what the two are), IOS (their form).
        """
        return hmac.new(self._secret, h_t.encode(), hashlib.sha256).hexdigest()[:40]

    def issue(self, now_ms: int) -> dict[str, object]:
        """
        Make a pair of tokens.

        :param now_ms: Server time, milliseconds since the Unix epoch.
        :return: ``h.t`` as a number and ``h.cr`` as text, as a refresh answer holds them.

        Source: MOCK (a refresh answer holds just these two).
        """
        return {"h.t": now_ms, "h.cr": self.crumb(str(now_ms))}

    def is_genuine(self, h_t: str, h_cr: str) -> bool:
        """
        Tell whether a crumb was made here for this time.

        :param h_t: Text of ``h.t``.
        :param h_cr: Text of ``h.cr``.
        :return: True if the two belong together.
        """
        return hmac.compare_digest(self.crumb(h_t).encode(), h_cr.encode())


def sign(api_key: str, t: str, secret: str) -> str:
    """
    Sign a v2 configuration request.

    :param api_key: API key, not percent-encoded.
    :param t: Text of the query's ``t``, milliseconds since the Unix epoch.
    :param secret: REST API secret key of the app.
    :return: Lower-case hexadecimal HMAC-SHA256 of ``key=<key>&t=<t>``.

    Source: MPJS, ``signConfig``.
    """
    return hmac.new(secret.encode(), f"key={api_key}&t={t}".encode(), hashlib.sha256).hexdigest()

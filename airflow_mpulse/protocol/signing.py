# SPDX-License-Identifier: Apache-2.0
"""The signature of the v2 configuration request. The secret key itself is never sent."""

from __future__ import annotations

import hashlib
import hmac


def sign_config_request(api_key: str, timestamp_ms: int, rest_api_secret: str) -> str:
    """
    Sign the v2 configuration request.

    :param api_key: The API key, as it stands in the URL.
    :param timestamp_ms: The same milliseconds since the Unix epoch that the URL holds as ``t``.
    :param rest_api_secret: The app's REST API secret key.
    :return: 64 lower-case hexadecimal digits, the parameter ``s``.

    Source: MPJS ``signConfig``: HMAC-SHA256 of ``key=<API key>&t=<t>``.
    """
    message = f"key={api_key}&t={timestamp_ms}"
    return hmac.new(rest_api_secret.encode(), message.encode(), hashlib.sha256).hexdigest()

# SPDX-License-Identifier: Apache-2.0
"""The address of the configuration request, plain (v1) and signed (v2); fetching it is delivery's."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from airflow_mpulse.protocol.signing import sign_config_request

V1_PATH = "/api/config.json"
V2_PATH = "/api/v2/config.json"


def build_config_url(
    base_url: str,
    *,
    api_key: str,
    domain: str,
    rest_api_secret: str | None,
    now_ms: int,
    refreshed_beacon_url: str | None = None,
) -> str:
    """
    Build the address that answers with the beacon configuration.

    :param base_url: Scheme and host of the configuration service, without a trailing slash.
    :param api_key: The API key.
    :param domain: The app's domain; sent by v1 only.
    :param rest_api_secret: The REST API secret key; when given, the signed v2 request is built.
    :param now_ms: Milliseconds since the Unix epoch; signed in v2, not sent in v1.
    :param refreshed_beacon_url: The ``beacon_url`` in use, as the service gave it, to ask for new tokens.
    :return: The whole address.

    Source: GETCFG for ``key``, ``d``, ``r`` and ``bcn``; MPJS for v2, which sends no ``d``.
    """
    if rest_api_secret:
        path = V2_PATH
        query = {
            "key": api_key,
            "t": str(now_ms),
            "s": sign_config_request(api_key, now_ms, rest_api_secret),
        }
    else:
        path = V1_PATH
        query = {"key": api_key, "d": domain}
    if refreshed_beacon_url is not None:
        query |= {"r": "", "bcn": refreshed_beacon_url}
    return f"{base_url}{path}?{urlencode(query, quote_via=quote, safe='')}"

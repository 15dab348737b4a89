# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration request's address, against addresses written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_mpulse.protocol.config_request import build_config_url

SIGNATURE = "fca4cc821ebafecba467b6e25fab56e73f69b88506a38ea26635751bde207225"


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        (
            {},
            "https://c.go-mpulse.net/api/config.json?key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY&d=www.example.com",
        ),
        (
            {"refreshed_beacon_url": "//60062f0a.akstat.io/"},
            (
                "https://c.go-mpulse.net/api/config.json?key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY&d=www.example.com"
                "&r=&bcn=%2F%2F60062f0a.akstat.io%2F"
            ),
        ),
        (
            {"rest_api_secret": "rest-secret"},
            (
                "https://c.go-mpulse.net/api/v2/config.json?key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY"
                f"&t=1772366400000&s={SIGNATURE}"
            ),
        ),
        (
            {"rest_api_secret": "rest-secret", "refreshed_beacon_url": "//x.akstat.io/a b+c"},
            (
                "https://c.go-mpulse.net/api/v2/config.json?key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY"
                f"&t=1772366400000&s={SIGNATURE}&r=&bcn=%2F%2Fx.akstat.io%2Fa%20b%2Bc"
            ),
        ),
        (
            {"rest_api_secret": "", "base_url": "http://127.0.0.1:8095", "domain": "bücher.example"},
            "http://127.0.0.1:8095/api/config.json?key=ABCDE-FGHIJ-KLMNO-PQRST-UVWXY&d=b%C3%BCcher.example",
        ),
    ],
    ids=["v1", "v1-refresh", "v2", "v2-refresh", "empty-secret"],
)
def test_address_equals_the_documented_one(changes: dict[str, Any], url: str) -> None:
    """The address is the documented one: ``d`` in v1 only, signature in v2 only, ``r`` to refresh."""
    arguments: dict[str, Any] = {
        "base_url": "https://c.go-mpulse.net",
        "api_key": "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY",
        "domain": "www.example.com",
        "rest_api_secret": None,
        "now_ms": 1_772_366_400_000,
    }
    assert build_config_url(**{**arguments, **changes}) == url


def test_secret_is_never_in_the_address() -> None:
    """The secret key itself does not stand in the signed address."""
    url = build_config_url(
        "https://c.go-mpulse.net", api_key="A", domain="d", rest_api_secret="rest-secret", now_ms=1
    )
    assert "rest-secret" not in url

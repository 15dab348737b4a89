# SPDX-License-Identifier: Apache-2.0
"""Tests of the signature, against values of the openssl command line."""

from __future__ import annotations

import pytest

from airflow_mpulse.protocol.signing import sign_config_request


@pytest.mark.parametrize(
    ("timestamp_ms", "secret", "signature"),
    [
        (
            1_772_366_400_000,
            "rest-secret",
            "fca4cc821ebafecba467b6e25fab56e73f69b88506a38ea26635751bde207225",
        ),
        (
            1_772_366_400_001,
            "rest-secret",
            "d50b545eb03f98a4d45f1d6e3e5d185f14ac661a869c675ce0801590ee642002",
        ),
        (
            1_772_366_400_000,
            "sécret ☃",
            "c0b4f73c8a222c69b78095488b6b209f242ef0a3c1542e40ae45adfef3b2a717",
        ),
    ],
    ids=["plain", "a-millisecond-later", "unicode-secret"],
)
def test_signature_equals_openssl(timestamp_ms: int, secret: str, signature: str) -> None:
    """The signature is what ``printf 'key=…&t=…' | openssl dgst -sha256 -hmac <secret>`` prints."""
    assert sign_config_request("ABCDE-FGHIJ-KLMNO-PQRST-UVWXY", timestamp_ms, secret) == signature

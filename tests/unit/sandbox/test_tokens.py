# SPDX-License-Identifier: Apache-2.0
"""Tests of tokens and of the signature."""

from __future__ import annotations

import re

from airflow_mpulse.sandbox.tokens import TokenMint, sign


def test_token_has_the_documented_form() -> None:
    """h.t is the given time as a number and h.cr is 40 lower-case hexadecimal digits."""
    tokens = TokenMint().issue(1428602384684)
    assert tokens["h.t"] == 1428602384684
    assert re.fullmatch("[0-9a-f]{40}", str(tokens["h.cr"]))


def test_only_its_own_pairs_are_genuine() -> None:
    """A mint recognises its own pair, and neither another time nor another mint's crumb."""
    mint, other = TokenMint(b"one"), TokenMint(b"two")
    crumb = mint.crumb("1000")
    assert mint.is_genuine("1000", crumb)
    assert not mint.is_genuine("1001", crumb)
    assert not other.is_genuine("1000", crumb)


def test_each_process_has_its_own_secret() -> None:
    """Two mints without a given secret do not accept each other's crumbs."""
    assert TokenMint().crumb("1000") != TokenMint().crumb("1000")


def test_signature_matches_a_value_made_elsewhere() -> None:
    """The signature equals what ``openssl dgst -sha256 -hmac`` gives for the same message and secret."""
    signature = sign("SNDBX-LOCAL-MPULS-AIRFL-00000", "1795435200000", "sandbox-secret")
    assert signature == "b927e5b789e8adc290a2c5829b542f62fe22f147409ce06e6801463110097c52"

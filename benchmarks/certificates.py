# SPDX-License-Identifier: Apache-2.0
"""A certificate for loopback, made for one run, and a full bundle of authorities with its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.loopback import HOST


@dataclass(frozen=True)
class Certificates:
    """
    Files of one run.

    :param chain: The server's certificate and its private key.
    :param bundle: The authorities that every web client trusts, and the one of this run.
    """

    chain: Path
    bundle: Path


def make_certificates(folder: Path) -> Certificates:
    """
    Make an authority and a certificate of it.

    :param folder: Where the files go.
    :return: The files.
    """
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, server_name = _name("authority of a benchmark"), _name("benchmark")
    authority = (
        _begin(authority_name, authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _begin(server_name, authority_name, server_key)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    chain, bundle = folder / "server.pem", folder / "authorities.pem"
    pem = serialization.Encoding.PEM
    private = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(server.public_bytes(pem) + private)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.public_bytes(pem))
    return Certificates(chain, bundle)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )

# SPDX-License-Identifier: Apache-2.0
"""
Make up the passwords and keys of the stack, once: what is there already stays as it is.

Usage: write_secrets.py FOLDER DATABASE_HOST:PORT
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path


def main(folder: Path, database_address: str) -> None:
    """
    Write what is not there.

    :param folder: Where the secrets are; each is a file.
    :param database_address: Host and port of PostgreSQL.
    """
    password = _keep(folder / "postgres-password", secrets.token_hex(16))
    _keep(folder / "database-url", f"postgresql+psycopg2://airflow:{password}@{database_address}/airflow")
    _keep(folder / "fernet-key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    _keep(folder / "jwt-secret", secrets.token_hex(32))
    _keep(folder / "api-secret-key", secrets.token_hex(16))


def _keep(file: Path, made_up: str) -> str:
    """Write a secret that nobody else can read, unless there is one; give the one that is there."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(descriptor, "w") as opened:
        opened.write(made_up)
    return made_up


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

# SPDX-License-Identifier: Apache-2.0
"""
The way to a host as the environment has it: through which proxy, and by which certificate authorities.

Loading the authorities costs more than a whole exchange, so that a context is made once a process, and a task
inherits that of the parent which has forked it.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.util.ssl_ import create_urllib3_context

from airflow_mpulse.protocol.config import is_loopback


def find_route(origin: str, verify: bool | str) -> tuple[dict[str, str], str]:  # noqa: FBT001
    """
    Find the way to an origin.

    :param origin: Scheme, host and port.
    :param verify: Whether certificates are checked against the environment's authorities, or a file or folder
        of them.
    :return: Proxies by scheme, and the file or folder of the authorities.
    """
    # Plain HTTP is fit for this machine only as long as it stays on it.
    stays_here = is_loopback(urlsplit(origin).hostname or "")
    proxies = {} if stays_here else dict(get_environ_proxies(origin))
    return proxies, verify if isinstance(verify, str) else _find_authorities()


def _find_authorities() -> str:
    # In the order in which requests itself looks.
    named = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next((each for each in named if each), DEFAULT_CA_BUNDLE_PATH)


def load_context(authorities: str) -> ssl.SSLContext:  # noqa: DOC502
    """
    Give the context that trusts some authorities, loaded once while their file stays the same.

    :param authorities: Their file, or a folder of files.
    :return: The context; it is shared, and must not be changed.
    :raises OSError: If they cannot be read.
    """
    found = os.stat(authorities)  # noqa: PTH116 - the text is the key
    return _load_context(authorities, found.st_mtime_ns, found.st_size, os.path.isdir(authorities))  # noqa: PTH112


@lru_cache(maxsize=8)
def _load_context(
    authorities: str,
    changed_ns: int,  # noqa: ARG001 - when the file changes, it is another one
    size_bytes: int,  # noqa: ARG001
    is_folder: bool,  # noqa: FBT001
) -> ssl.SSLContext:
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    if is_folder:
        context.load_verify_locations(capath=authorities)
    else:
        context.load_verify_locations(cafile=authorities)
    return context

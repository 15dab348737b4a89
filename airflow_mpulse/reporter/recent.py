# SPDX-License-Identifier: Apache-2.0
"""What was reported of late, so that nothing is reported twice by one process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_KEYS = 10_000


class RecentKeys:
    """Remembers keys, and forgets the oldest when there are :data:`MAX_KEYS`. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def add(self, key: Hashable) -> bool:
        """
        Remember a key.

        :param key: The key.
        :return: Whether it was remembered before.
        """
        with self._lock:
            known = key in self._keys
            self._keys[key] = None
            if len(self._keys) > MAX_KEYS:
                self._keys.popitem(last=False)
        return known

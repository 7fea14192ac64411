"""The published throttles as token buckets, one for each operation and environment.

They refill in real time, whatever the world's clock does: callers wait in real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from console.domain.limits import THROTTLE

from .objects import LIVE


class Throttle:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}

    def admit(self, operation: str, environment: str) -> bool:
        """Take a token; False when the bucket is empty."""
        live, sandbox = THROTTLE[operation]
        bucket = live if environment == LIVE else sandbox
        now = self._monotonic()
        level, since = self._levels.get((operation, environment), (float(bucket.burst), now))
        level = min(bucket.burst, level + (now - since) * bucket.rate)
        admitted = level >= 1
        self._levels[operation, environment] = (level - admitted, now)
        return admitted

"""Token buckets, so that the console never spends Amazon's patience."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from console.domain.limits import THROTTLE, Bucket

# One request that overtakes another on the way must not find Amazon's bucket empty.
MARGIN: Final = 1


class Throttle:
    """One bucket for each operation; `take` waits until the operation may be called.

    A bucket holds one token less than Amazon's. `now` gives seconds of a monotonic clock.
    """

    def __init__(self, environment: str, now: Callable[[], float]) -> None:
        column = 0 if environment == "live" else 1
        self._limits = {name: _with_margin(row[column]) for name, row in THROTTLE.items()}
        self._tokens = {name: float(bucket.burst) for name, bucket in self._limits.items()}
        self._filled = dict.fromkeys(self._limits, now())
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._now = now

    async def take(self, operation: str) -> float:
        """Take one token of `operation`; returns the seconds that were waited."""
        waited = 0.0
        async with self._turn[operation]:  # first come, first served
            while (missing := self._missing(operation)) > 0:
                await asyncio.sleep(missing)
                waited += missing
            self._tokens[operation] -= 1
        return waited

    def _missing(self, operation: str) -> float:
        """Fill the bucket; how many seconds until it holds a token."""
        bucket, now = self._limits[operation], self._now()
        filled = self._tokens[operation] + (now - self._filled[operation]) * bucket.rate
        self._tokens[operation] = min(float(bucket.burst), filled)
        self._filled[operation] = now
        return max(0.0, (1 - self._tokens[operation]) / bucket.rate)


def _with_margin(bucket: Bucket) -> Bucket:
    return Bucket(max(1, bucket.burst - MARGIN), bucket.rate)

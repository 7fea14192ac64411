"""The clock of a simulated world: it can be set, moved on, sped up and shifted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time that everything in one world reads.

    `speed` is how many seconds pass here for each real one; 0 stands still. `shift` is
    how many seconds this clock is ahead of the right time: Amazon's clock against the caller's.
    """

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        if speed < 0:
            raise ValueError("the speed of a clock can't be negative")
        self._origin = start or datetime.now(UTC)
        self._since = time.monotonic()
        self._speed = speed
        self.shift = 0.0

    def now(self) -> datetime:
        passed = (time.monotonic() - self._since) * self._speed
        return self._origin + timedelta(seconds=passed + self.shift)

    def set(self, moment: datetime) -> None:
        """Make it `moment` now. A moment without time zone is read as UTC."""
        at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._origin = at - timedelta(seconds=self.shift)
        self._since = time.monotonic()

    def advance(self, seconds: float) -> None:
        self._origin += timedelta(seconds=seconds)


def timestamp(moment: datetime) -> str:
    """A moment as the API writes it: `20190714T155300Z` (Charge page, type timestamp)."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

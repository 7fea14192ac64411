"""How long nobody has touched the console, also across the sleep of the machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Clock = Callable[[], float]


def _boot_clock() -> Clock:
    """A clock that never goes back, and goes on while the machine sleeps, where there is one.

    A laptop that is opened in another place must not show what it showed before.
    """
    if sys.platform.startswith("linux"):
        return lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return lambda: time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic


SECONDS: Final[Clock] = _boot_clock()


@dataclass
class Idle:
    """Seconds since the last key, mouse or paste. `limit` 0 means never too long."""

    clock: Clock = SECONDS
    limit: float = 0.0
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self.touch()

    def touch(self) -> None:
        """Somebody is there."""
        self._last = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self._last

    @property
    def is_too_long(self) -> bool:
        return self.limit > 0 and self.seconds >= self.limit

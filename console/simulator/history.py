"""What an object was at each moment: reads can lag, so the past is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """The versions of one object, oldest first."""

    def __init__(self, when: datetime, first: T) -> None:
        self._versions = [(when, first)]

    def append(self, when: datetime, version: T) -> None:
        self._versions.append((when, version))

    @property
    def latest(self) -> T:
        return self._versions[-1][1]

    def at(self, when: datetime | None) -> T | None:
        """The version in force at `when`, None before the first; the latest without `when`."""
        if when is None:
            return self.latest
        return next((version for then, version in reversed(self._versions) if then <= when), None)

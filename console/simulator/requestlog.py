"""What arrived and how it was answered: the server's own record, for tests and drills."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from .clock import timestamp


@dataclass
class Entry:
    """One request. `status` is None where the connection was closed without an answer.

    `effect` is what the world did: `executed`, `replayed` (a saved answer), `unchanged` (a
    second cancel or close that is answered with 200), `refused`, or `none` (it never got that
    far). So the writes that are `executed` are those that moved the world.
    """

    time: datetime
    method: str
    path: str
    key: str | None
    body: bytes
    request_id: str
    operation: str | None = None
    status: int | None = None
    effect: str = "none"
    reason_code: str | None = None
    faults: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        return {
            "time": timestamp(self.time),
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "idempotencyKey": self.key,
            "status": self.status,
            "effect": self.effect,
            "reasonCode": self.reason_code,
            "requestId": self.request_id,
            "body": self.body.decode("utf-8", "replace"),
            "faults": list(self.faults),
        }


class RequestLog:
    """All requests since the start, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self, operation: str | None = None) -> list[Entry]:
        """Every entry, or those of one operation (`create_refund`)."""
        with self._lock:
            return [e for e in self._entries if operation in (None, e.operation)]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

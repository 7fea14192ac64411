"""One call of an operation, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ApiError


@dataclass(frozen=True)
class Call:
    """What an operation is asked to do.

    `refusal` and `decline` come from faults: the error to answer with instead of acting
    (`refusal_saved`: under the idempotency key too), and the reason code with which the
    accepted refund dies later. `query` is the raw query, `origin` the scheme and host that
    were asked.
    """

    operation: str
    environment: str
    target: str = ""
    path: str = ""
    query: bytes = b""
    origin: str = ""
    body: bytes = b""
    key: str | None = None
    simulation: str | None = None
    refusal: ApiError | None = None
    refusal_saved: bool = True
    decline: str | None = None


@dataclass(frozen=True)
class Answer:
    """An answer, and what the world did for it: `executed`, `replayed` or `refused`."""

    status: int
    body: Mapping[str, Any]
    effect: str = "executed"

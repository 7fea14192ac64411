"""One call of an operation, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ApiError


@dataclass(frozen=True)
class Call:
    """What an operation is asked to do.

    These come from faults: `refusal`, the error to answer with instead of acting
    (`refusal_saved`: under the idempotency key too); `decline_now`, the code with which Amazon
    declines at once; `decline`, the reason code with which what was accepted dies later;
    `pending`, that what could be done at once is only initiated. `query` is the raw query,
    `origin` the scheme and host that were asked.
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
    decline_now: str | None = None
    decline: str | None = None
    pending: bool = False


@dataclass(frozen=True)
class Answer:
    """An answer, and what the world did for it.

    `executed`, `replayed` (a saved answer), `unchanged` (a success that found it already so) or
    `refused`.
    """

    status: int
    body: Mapping[str, Any]
    effect: str = "executed"

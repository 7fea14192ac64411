"""What came of an action, in the contract's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from console.domain.money import Money


class Result(StrEnum):
    ACCEPTED = "accepted"
    ALREADY_SO = "already_so"
    ABSORBED = "absorbed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    STALE = "stale"
    CONFLICT = "conflict"
    BLOCKED = "blocked"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class Outcome:
    """What is known at the end of an action; `message` says it to the operator.

    `object` is what Amazon gave, `code` Amazon's reason code where it refused; `pending` means
    that Amazon has begun it and is not done. `half_done`: of two steps only the first stands;
    None where it was one step.
    """

    action: str
    target: str
    result: Result
    message: str
    amount: Money | None = None
    object: dict[str, Any] | None = None
    idempotency_key: str | None = None
    attempts: int = 0
    intent: int | None = None
    code: str | None = None
    hint: str | None = None
    facts: tuple[str, ...] = field(default=())
    pending: bool = False
    half_done: bool | None = None


class Held(Exception):
    """A guard held the action back before anything was planned or sent."""

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        result: Result = Result.BLOCKED,
        intent: int | None = None,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.result = result
        self.intent = intent

"""What an answer to a write proves, as pure code (protocol, step 9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.actions.operations.base import Made, Operation
from console.amazon.client import Answer
from console.amazon.phrases import told
from console.domain.errorcodes import is_documented
from console.domain.language import _
from console.store.decisions import Intent


class Verdict(StrEnum):
    MADE = "made"  # 2xx that echoes our object and amount
    SAYS_NO = "says_no"  # a documented refusal
    KEY_TAKEN = "key_taken"  # DuplicateIdempotencyKey
    THROTTLED = "throttled"  # nothing was executed
    PROVES_NOTHING = "proves_nothing"


@dataclass(frozen=True)
class Reading:
    """The verdict on one answer, with what it made and why; the journal keeps that in English."""

    verdict: Verdict
    why: str
    made: Made | None = None
    code: str | None = None


# Codes whose answer leaves open what became of the request.
_OPEN_CODES = frozenset({"RequestTimeout", "InternalServerError", "ServiceUnavailable"})


def read_answer(operation: Operation, intent: Intent, answer: Answer) -> Reading:
    """Classify the answer to a write. What proves nothing is never called a refusal."""
    if answer.ok:
        return _read_success(operation, intent, answer)
    code, why = answer.reason_code, told(answer.error())
    if answer.status == 429:
        return Reading(Verdict.THROTTLED, why, code=code or "TooManyRequests")
    if code == "DuplicateIdempotencyKey" and answer.status == 400 and operation.keyed:
        return Reading(Verdict.KEY_TAKEN, why, code=code)
    if is_documented(answer.status, code) and code not in _OPEN_CODES:
        return Reading(Verdict.SAYS_NO, why, code=code)
    return Reading(Verdict.PROVES_NOTHING, why, code=code)


def _read_success(operation: Operation, intent: Intent, answer: Answer) -> Reading:
    if answer.data is None:
        why = _("Amazon answered {status} with no readable body", status=answer.status)
        return Reading(Verdict.PROVES_NOTHING, why)
    made = operation.read(intent, answer.data)
    if made is None:
        why = _("Amazon answered {status}, but not with what was asked for", status=answer.status)
        return Reading(Verdict.PROVES_NOTHING, why)
    why = _("Amazon answered with {object}, {state}", object=made.id, state=made.state)
    return Reading(Verdict.MADE, why, made=made)

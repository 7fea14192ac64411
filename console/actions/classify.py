"""What an answer to a write proves, as pure code (protocol, step 9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.amazon.client import Answer
from console.domain.errorcodes import is_documented
from console.domain.model import Refund
from console.store.decisions import Intent


class Verdict(StrEnum):
    MADE = "made"  # 2xx that echoes our object and amount
    SAYS_NO = "says_no"  # a documented refusal
    KEY_TAKEN = "key_taken"  # DuplicateIdempotencyKey
    THROTTLED = "throttled"  # nothing was executed
    PROVES_NOTHING = "proves_nothing"


@dataclass(frozen=True)
class Reading:
    """The verdict on one answer, with the refund it made and the words for the journal."""

    verdict: Verdict
    why: str
    refund: Refund | None = None
    code: str | None = None


# Codes whose answer leaves open what became of the request.
_OPEN_CODES = frozenset({"RequestTimeout", "InternalServerError", "ServiceUnavailable"})


def read_refund_answer(intent: Intent, answer: Answer) -> Reading:
    """Classify the answer to Create Refund. What proves nothing is never called a refusal."""
    if answer.ok:
        return _read_success(intent, answer)
    code, why = answer.reason_code, answer.error().sentence
    if answer.status == 429:
        return Reading(Verdict.THROTTLED, why, code=code or "TooManyRequests")
    if code == "DuplicateIdempotencyKey" and answer.status == 400:
        return Reading(Verdict.KEY_TAKEN, why, code=code)
    if is_documented(answer.status, code) and code not in _OPEN_CODES:
        return Reading(Verdict.SAYS_NO, why, code=code)
    return Reading(Verdict.PROVES_NOTHING, why, code=code)


def _read_success(intent: Intent, answer: Answer) -> Reading:
    if answer.data is None:
        return Reading(
            Verdict.PROVES_NOTHING, f"Amazon answered {answer.status} with no readable body"
        )
    refund = Refund.from_api(answer.data)
    echoes = refund.id and refund.charge_id == intent.object and refund.amount == intent.amount
    if not echoes:
        return Reading(
            Verdict.PROVES_NOTHING,
            f"Amazon answered {answer.status}, but for {refund.charge_id or 'no charge'} and"
            f" {refund.amount or 'no amount'}",
        )
    return Reading(Verdict.MADE, f"Amazon made refund {refund.id}", refund=refund)

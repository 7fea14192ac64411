"""Every failure of a lookup or an action as a message with a next step.

Imported once the session is open: it knows the core's exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from console.actions.outcome import Held, Outcome, Result
from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotAllowed,
    NotSent,
    Unreadable,
    WrongEnvironment,
)
from console.domain.explain import Tone, explain_error
from console.domain.ids import NotAnId
from console.domain.model import parse_status
from console.domain.plural import counted
from console.domain.rules import BY_NAME
from console.domain.text import clean, clean_line
from console.lookup import NotFoundHere, Several
from console.store.database import StoreFailed
from console.store.decisions import JournalBroken
from console.tui.messages import Said

READ_FAILURES = (
    NotAnId,
    Several,
    NotFoundHere,
    AmazonError,
    NoAnswer,
    NotSent,
    Unreadable,
    WrongEnvironment,
    Held,
    JournalBroken,
    StoreFailed,
)


def say_failure(error: Exception) -> Said:
    """What is said about one of `READ_FAILURES`."""
    if isinstance(error, NotAnId):
        return Said("Not an Amazon Pay id", str(error), error.hint, "warning")
    if isinstance(error, NotFoundHere):
        return Said("Not found", str(error), error.hint, "warning")
    if isinstance(error, Held):
        so = error.result is Result.ALREADY_SO
        title, tone = _OTHER_TITLES[error.result] if so else ("Held back", "warning")
        return Said(title, str(error), error.hint or "Nothing was sent.", tone)
    if isinstance(error, AmazonError):
        return _amazon(error)
    if isinstance(error, JournalBroken):
        hint = "Actions are blocked. `payconsole journal verify` tells more; keep the file."
        return Said("The journal does not verify", str(error), hint, "bad")
    if isinstance(error, StoreFailed):
        return Said("The data can't be used", str(error), error.hint, "bad")
    title, hint = _OTHERS[type(error)]
    return Said(title, clean_line(str(error), 500), hint, "warning")


_OTHERS = {
    Several: ("Several orders", "Choose one of them."),
    NoAnswer: ("No answer", "Amazon was asked four times. Press g to ask again."),
    NotSent: ("No connection", "Check the network, then press g to ask again."),
    Unreadable: ("Unreadable answer", "Something between here and Amazon may have changed it."),
    WrongEnvironment: (
        "The other environment",
        "Nothing was sent. Start payconsole with a profile for it: --profile NAME.",
    ),
}


def _amazon(error: AmazonError) -> Said:
    explained = explain_error(
        error.reason_code, "get_charge", error.status, today=datetime.now(UTC).date()
    )
    title = "Not let in by Amazon" if isinstance(error, NotAllowed) else "Amazon says no"
    # What the echo proves says more than the general meaning.
    facts = (explained.meaning,) if explained.meaning and error.verdict is None else ()
    return Said(title, error.sentence, error.hint or explained.next_step, "bad", facts)


# The core's hints name commands; on the screen there is a shorter way.
_HINTS: Final[dict[Result, str]] = {
    Result.UNKNOWN: (
        "Look at the order in Seller Central. The ways out are among the open intents (key i):"
        " ask Amazon again{same}, it happened, it did not."
    ),
    Result.REFUSED: "To try again, ask for the same once more: it is the same decision{key}.",
    Result.NOT_SENT: "To try again, ask for the same once more: it is the same decision{key}.",
    Result.BLOCKED: "Open intents (i) shows what stands in the way.",
}


@dataclass(frozen=True)
class _Titles:
    """What an action's outcome is called: done, only begun, refused, and made by somebody."""

    done: str
    begun: str
    refused: str
    absorbed: str = "Already so: nothing new was made"


_TITLES: Final = {
    "refund": _Titles(
        "Refund done", "Refund initiated", "nothing was refunded",
        "Already refunded: nothing new was made",
    ),
    "capture": _Titles("Capture done", "Capture initiated", "nothing was captured"),
    "cancel": _Titles("Canceled", "Cancel initiated", "not canceled"),
    "authorize": _Titles(
        "Authorized", "Authorization initiated", "nothing was authorized",
        "Already authorized: nothing new was made",
    ),
    "close": _Titles("Closed", "Close initiated", "not closed"),
    "extend": _Titles("Frequency changed", "Renewal initiated", "not extended"),
    "update": _Titles("Updated", "Update initiated", "nothing was changed"),
    "complete": _Titles("Completed", "Completed, its charge is initiated", "not completed"),
}  # fmt: skip
_RENEWED: Final = "Renewed"
# By the state of the charge that an action made, or a step of a renewal changed.
_OF_CHARGE: Final = {
    "Authorized": "Authorized",
    "Captured": "Captured",
    "Canceled": "Canceled",
    "AuthorizationInitiated": "Authorization initiated",
    "CaptureInitiated": "Capture initiated",
}
_OTHER_TITLES: Final[dict[Result, tuple[str, Tone]]] = {
    Result.ALREADY_SO: ("Already so", "neutral"),
    Result.UNKNOWN: ("OUTCOME UNKNOWN", "bad"),
    Result.NOT_SENT: ("Not sent: nothing reached Amazon", "warning"),
    Result.CONFLICT: ("Conflict: yours was not made", "warning"),
}


def say_outcome(outcome: Outcome, *, finishes: bool = False) -> Said:
    """An outcome in the dialog's last step and in the messages of the screen.

    `finishes` is for the second step of a renewal: with it the renewal is done.
    """
    title, tone = _title(outcome, finishes=finishes)
    facts = [*outcome.facts]
    if outcome.code:
        operation = None if outcome.action == "extend" else BY_NAME[outcome.action].operation
        explained = explain_error(outcome.code, operation, today=datetime.now(UTC).date())
        facts.append(f"{outcome.code}: {explained.meaning}")
    if outcome.intent is not None:
        tries = counted(outcome.attempts, "attempt")
        key = f"key {outcome.idempotency_key}" if outcome.idempotency_key else "no key"
        facts.append(f"Intent {outcome.intent}, {tries}, {key}")
    return Said(
        title, clean(outcome.message), clean(_hint(outcome)), tone, tuple(clean(f) for f in facts)
    )


def _hint(outcome: Outcome) -> str:
    hint = outcome.hint or ""
    if outcome.half_done:
        return "Open intents (i) shows where it stands, with both ways on."
    if not hint or (outcome.result is Result.REFUSED and "journal retry" not in hint):
        return hint
    keyed = bool(outcome.idempotency_key)
    template = _HINTS.get(outcome.result, hint)
    if template is hint:
        return hint
    return template.format(
        same=" with the same key" if keyed else "", key=" and key" if keyed else ""
    )


def _title(outcome: Outcome, *, finishes: bool) -> tuple[str, Tone]:
    """Requested, initiated, done: three words that are never mixed."""
    titles, result = _TITLES[outcome.action], outcome.result
    if outcome.half_done:
        return _half_done(outcome)
    if result is Result.ACCEPTED:
        return _accepted(outcome, titles, finishes=finishes), "good"
    if result is Result.ABSORBED:
        return titles.absorbed, "warning"
    if result is Result.REFUSED:
        what = "Declined" if outcome.object is not None else "Refused"
        return f"{what}: {titles.refused}", "bad"
    if result is Result.STALE:
        what = "look again" if outcome.attempts else "nothing was sent"
        return f"The order had changed: {what}", "warning"
    if result is Result.BLOCKED:
        return "Blocked" if outcome.attempts else "Blocked: nothing was sent", "warning"
    return _OTHER_TITLES.get(result, (result.value, "neutral"))


def _accepted(outcome: Outcome, titles: _Titles, *, finishes: bool) -> str:
    raw = outcome.object or {}
    state = parse_status(raw.get("statusDetails")).state
    renewed = outcome.half_done is False or finishes
    if outcome.action == "refund":  # the end of a refund shows in its state alone
        return titles.done if state == "Refunded" else titles.begun
    if outcome.pending and (renewed or outcome.action == "complete"):
        return titles.begun
    if renewed:
        return _RENEWED
    if outcome.action in ("authorize", "extend") and "chargeId" in raw:
        return _OF_CHARGE.get(state, clean_line(state, 60))
    return titles.begun if outcome.pending else titles.done


def _half_done(outcome: Outcome) -> tuple[str, Tone]:
    """Only the first of two steps stands; what the second came to is in the message."""
    if outcome.pending:
        return "Half renewed: the first step is initiated", "warning"
    if outcome.result is Result.UNKNOWN:
        return "HALF RENEWED: THE SECOND STEP'S OUTCOME IS UNKNOWN", "bad"
    return "Half renewed: the first step is done, the second is not", "bad"

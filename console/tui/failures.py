"""Every failure of a lookup or an action as a message with a next step.

Imported once the session is open: it knows the core's exceptions.
"""

from __future__ import annotations

from datetime import UTC, datetime

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
        return Said("Held back", str(error), error.hint or "Nothing was sent.", "warning")
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
_HINTS: dict[Result, str] = {
    Result.UNKNOWN: (
        "Look at the charge in Seller Central. The ways out are among the open intents (key i):"
        " ask Amazon again with the same key, it happened, it did not."
    ),
    Result.REFUSED: "To try again, refund the same amount: it is the same decision and key.",
    Result.NOT_SENT: "To try again, refund the same amount: it is the same decision and key.",
    Result.BLOCKED: "Open intents (i) shows what stands in the way.",
}

_TITLES: dict[Result, tuple[str, Tone]] = {
    Result.ACCEPTED: ("Refund initiated", "good"),
    Result.ALREADY_SO: ("Already so", "neutral"),
    Result.ABSORBED: ("Already refunded: nothing new was made", "warning"),
    Result.REFUSED: ("Refused: nothing was refunded", "bad"),
    Result.UNKNOWN: ("OUTCOME UNKNOWN", "bad"),
    Result.NOT_SENT: ("Not sent: nothing reached Amazon", "warning"),
    Result.STALE: ("The order had changed: not refunded", "warning"),
    Result.CONFLICT: ("Conflict: not refunded", "warning"),
    Result.BLOCKED: ("Blocked: nothing was sent", "warning"),
}


def say_outcome(outcome: Outcome) -> Said:
    """An outcome in the dialog's last step and in the messages of the screen."""
    title, tone = _TITLES.get(outcome.result, (outcome.result.value, "neutral"))
    state = parse_status((outcome.object or {}).get("statusDetails")).state
    if outcome.result is Result.ACCEPTED and state == "Refunded":
        title = "Refund done"
    facts = [*outcome.facts]
    if outcome.code:
        explained = explain_error(outcome.code, "create_refund", today=datetime.now(UTC).date())
        facts.append(f"{outcome.code}: {explained.meaning}")
    if outcome.intent is not None:
        tries = f"{outcome.attempts} attempt{'' if outcome.attempts == 1 else 's'}"
        facts.append(f"Intent {outcome.intent}, {tries}, key {outcome.idempotency_key or 'none'}")
    hint = _HINTS.get(outcome.result, outcome.hint) if outcome.hint else ""
    if outcome.result is Result.REFUSED and "journal retry" not in (outcome.hint or ""):
        hint = outcome.hint or ""
    return Said(title, clean(outcome.message), clean(hint), tone, tuple(clean(f) for f in facts))

"""Every failure of a lookup or an action as a message with a next step.

Imported once the session is open: it knows the core's exceptions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from console.amazon.phrases import told
from console.domain.action_table import BY_NAME
from console.domain.explain import Tone, explain_error
from console.domain.explained import said_to_buyer
from console.domain.ids import NotAnId
from console.domain.intent import Move
from console.domain.language import N_, _, english, many
from console.domain.model import Refund, parse_status
from console.domain.money import Money
from console.domain.text import clean, clean_line
from console.lookup import NotFoundHere, Several
from console.store.database import StoreFailed
from console.store.decisions import JournalBroken
from console.tui import keymap
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
        return Said(_("Not an Amazon Pay id"), str(error), error.hint, "warning")
    if isinstance(error, NotFoundHere):
        return Said(_("Not found"), str(error), error.hint, "warning")
    if isinstance(error, Held):
        so = error.result is Result.ALREADY_SO
        title, tone = _OTHER_TITLES[error.result] if so else _HELD_BACK
        return Said(_(title), str(error), error.hint or _("Nothing was sent."), tone)
    if isinstance(error, AmazonError):
        return _amazon(error)
    if isinstance(error, JournalBroken):
        hint = _("Actions are blocked. `payconsole journal verify` tells more; keep the file.")
        return Said(_("The journal does not verify"), str(error), hint, "bad")
    if isinstance(error, StoreFailed):
        return Said(_("The data can't be used"), str(error), error.hint, "bad")
    title, hint = _OTHERS[type(error)]
    said = _(hint, key=keymap.written("general.again"))
    return Said(_(title), clean_line(told(error), 500), said, "warning")


_OTHERS = {
    Several: (N_("Several orders"), N_("Choose one of them.")),
    NoAnswer: (N_("No answer"), N_("Amazon was asked four times. Press {key} to ask again.")),
    NotSent: (N_("No connection"), N_("Check the network, then press {key} to ask again.")),
    Unreadable: (
        N_("Unreadable answer"),
        N_("Something between here and Amazon may have changed it."),
    ),
    WrongEnvironment: (
        N_("The other environment"),
        N_("Nothing was sent. Start payconsole with a profile for it: --profile NAME."),
    ),
}


def say_ended_by_fault(moves: Sequence[str] | None) -> Said:
    """What is known of a plan that a fault of ours has ended.

    `moves` are the kinds of the journal's lines of its order since the plan was made; None where
    it can't be read. An attempt is written down before a byte of it leaves, so without one
    nothing was sent.
    """
    key = keymap.written("general.intents")
    if moves is None or Move.ARM in moves:
        return Said(
            _("OUTCOME UNKNOWN"),
            _("An unexpected fault of the console; it may have been sent."),
            _("Press {key} in the console: the open intents. What is not open there has ended; the"
              " journal says how.", key=key),
            "bad",
        )  # fmt: skip
    title = _("Nothing was sent: a fault of the console came before it")
    if moves:
        text = _("The journal has the decision, and no attempt to send it.")
        hint = _("Press {key} in the console: the open intents.", key=key)
        return Said(title, text, hint, "bad")
    text = _("The journal has no line of it.")
    return Said(title, text, _("Look at the order again, and decide anew."), "bad")


def _amazon(error: AmazonError) -> Said:
    explained = explain_error(
        error.reason_code, "get_charge", error.status, today=datetime.now(UTC).date()
    )
    let_in = not isinstance(error, NotAllowed)
    title = _("Amazon says no") if let_in else _("Not let in by Amazon")
    # What the echo proves says more than the general meaning.
    facts = (explained.meaning,) if explained.meaning and error.verdict is None else ()
    return Said(title, told(error), error.hint or explained.next_step, "bad", facts)


# The core's hints name commands; on the screen there is a shorter way. With a key, and without.
_AGAIN: Final = (
    N_("To try again, ask for the same once more: it is the same decision and key."),
    N_("To try again, ask for the same once more: it is the same decision."),
)
_HINTS: Final[dict[Result, tuple[str, str]]] = {
    Result.UNKNOWN: (
        N_(
            "Look at the order in Seller Central. The ways out are among the open intents (key"
            " {key}): ask Amazon again with the same key, it happened, it did not."
        ),
        N_(
            "Look at the order in Seller Central. The ways out are among the open intents (key"
            " {key}): ask Amazon again, it happened, it did not."
        ),
    ),
    Result.REFUSED: _AGAIN,
    Result.NOT_SENT: _AGAIN,
    Result.BLOCKED: (N_("Open intents ({key}) shows what stands in the way."),) * 2,
}


@dataclass(frozen=True)
class _Titles:
    """What an action's outcome is called: done, only begun, declined by Amazon later or refused
    at once, and made by somebody."""

    done: str
    begun: str
    declined: str
    refused: str
    absorbed: str = N_("Already so: nothing new was made")


_TITLES: Final = {
    "refund": _Titles(
        N_("Refund done"), N_("Refund initiated"),
        N_("Declined: nothing was refunded"), N_("Refused: nothing was refunded"),
        N_("Already refunded: nothing new was made"),
    ),
    "capture": _Titles(
        N_("Capture done"), N_("Capture initiated"),
        N_("Declined: nothing was captured"), N_("Refused: nothing was captured"),
    ),
    "cancel": _Titles(
        N_("Canceled"), N_("Cancel initiated"),
        N_("Declined: not canceled"), N_("Refused: not canceled"),
    ),
    "authorize": _Titles(
        N_("Authorized"), N_("Authorization initiated"),
        N_("Declined: nothing was authorized"), N_("Refused: nothing was authorized"),
        N_("Already authorized: nothing new was made"),
    ),
    "close": _Titles(
        N_("Closed"), N_("Close initiated"),
        N_("Declined: not closed"), N_("Refused: not closed"),
    ),
    "extend": _Titles(
        N_("Frequency changed"), N_("Renewal initiated"),
        N_("Declined: not extended"), N_("Refused: not extended"),
    ),
    "update": _Titles(
        N_("Updated"), N_("Update initiated"),
        N_("Declined: nothing was changed"), N_("Refused: nothing was changed"),
    ),
    "complete": _Titles(
        N_("Completed"), N_("Completed, its charge is initiated"),
        N_("Declined: not completed"), N_("Refused: not completed"),
    ),
}  # fmt: skip
_RENEWED: Final = N_("Renewed")
# By the state of the charge that an action made, or a step of a renewal changed.
_OF_CHARGE: Final = {
    "Authorized": N_("Authorized"),
    "Captured": N_("Captured"),
    "Canceled": N_("Canceled"),
    "AuthorizationInitiated": N_("Authorization initiated"),
    "CaptureInitiated": N_("Capture initiated"),
}
_OTHER_TITLES: Final[dict[Result, tuple[str, Tone]]] = {
    Result.ALREADY_SO: (N_("Already so"), "neutral"),
    Result.UNKNOWN: (N_("OUTCOME UNKNOWN"), "bad"),
    Result.NOT_SENT: (N_("Not sent: nothing reached Amazon"), "warning"),
    Result.CONFLICT: (N_("Conflict: yours was not made"), "warning"),
}
# By whether something had been sent.
_STALE: Final = {
    False: N_("The order had changed: nothing was sent"),
    True: N_("The order had changed: look again"),
}
_BLOCKED: Final = {False: N_("Blocked: nothing was sent"), True: N_("Blocked")}
_HELD_BACK: Final[tuple[str, Tone]] = (N_("Held back"), "warning")


def say_outcome(outcome: Outcome, *, finishes: bool = False) -> Said:
    """An outcome in the dialog's last step and in the messages of the screen.

    `finishes` is for the second step of a renewal: with it the renewal is done.
    """
    title, tone = _title(outcome, finishes=finishes)
    facts = [*outcome.facts]
    if outcome.action == "refund" and outcome.object is not None:
        refund = Refund.from_api(outcome.object)
        facts += to_the_buyer(refund.state, refund.status.reason_codes, refund.amount)
    if outcome.code:
        operation = None if outcome.action == "extend" else BY_NAME[outcome.action].operation
        explained = explain_error(outcome.code, operation, today=datetime.now(UTC).date())
        facts.append(f"{outcome.code}: {explained.meaning}")
    if outcome.intent is not None:
        facts.append(_intent(outcome))
    cleaned = tuple(clean(fact) for fact in facts)
    return Said(_(title), clean(outcome.message), clean(_hint(outcome)), tone, cleaned)


def to_the_buyer(state: str, reasons: Collection[str], amount: Money | None) -> tuple[str, ...]:
    """What can be said to the buyer of a refund in this state; nothing where that isn't known."""
    said = said_to_buyer(state, reasons, amount)
    return (_("To the buyer: “{sentence}”", sentence=said),) if said else ()


def _intent(outcome: Outcome) -> str:
    """Where the journal has it: the number, how often it was tried, the key if it has one."""
    attempts = many("{count} attempt", "{count} attempts", outcome.attempts)
    number, key = outcome.intent, outcome.idempotency_key
    if not key:
        return _("Intent {intent}, {attempts}, no key", intent=number, attempts=attempts)
    said = N_("Intent {intent}, {attempts}, key {key}")
    return _(said, intent=number, attempts=attempts, key=key)


def _hint(outcome: Outcome) -> str:
    hint, key = outcome.hint or "", keymap.written("general.intents")
    if outcome.half_done:
        return _("Open intents ({key}) shows where it stands, with both ways on.", key=key)
    if not hint or (outcome.result is Result.REFUSED and "journal retry" not in english(hint)):
        return hint
    if outcome.result not in _HINTS:
        return hint
    keyed, keyless = _HINTS[outcome.result]
    return _(keyed if outcome.idempotency_key else keyless, key=key)


def _title(outcome: Outcome, *, finishes: bool) -> tuple[str, Tone]:
    """Requested, initiated, done: three words that are never mixed. In English."""
    titles, result = _TITLES[outcome.action], outcome.result
    if outcome.half_done:
        return _half_done(outcome)
    if result is Result.ACCEPTED:
        return _accepted(outcome, titles, finishes=finishes), "good"
    if result is Result.ABSORBED:
        return titles.absorbed, "warning"
    if result is Result.REFUSED:
        return titles.refused if outcome.object is None else titles.declined, "bad"
    if result is Result.STALE:
        return _STALE[outcome.attempts > 0], "warning"
    if result is Result.BLOCKED:
        return _BLOCKED[outcome.attempts > 0], "warning"
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
        return N_("Half renewed: the first step is initiated"), "warning"
    if outcome.result is Result.UNKNOWN:
        return N_("HALF RENEWED: THE SECOND STEP'S OUTCOME IS UNKNOWN"), "bad"
    return N_("Half renewed: the first step is done, the second is not"), "bad"

"""The engine's outcomes in the operator's words: what came of it, and what can be done now."""

from __future__ import annotations

from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made
from console.actions.outcome import Outcome, Result
from console.actions.plan import Plan
from console.store.decisions import Intent


def outcome_of(
    intent: Intent,
    result: Result,
    message: str,
    *,
    facts: tuple[str, ...] = (),
    code: str | None = None,
    hint: str | None = None,
    made: Made | None = None,
) -> Outcome:
    """How an intent ended, `message` in one sentence or more; `made` is what Amazon made."""
    if hint is None and intent.can_retry:
        hint = retry_hint(intent)
    return Outcome(
        action=intent.action,
        target=intent.object,
        result=result,
        message=message,
        amount=intent.amount,
        object=dict(made.raw) if made is not None and made.raw is not None else None,
        idempotency_key=intent.key,
        attempts=intent.attempts,
        intent=intent.id,
        code=code,
        hint=hint,
        facts=facts,
        pending=made is not None and made.pending,
    )


def nothing_sent(plan: Plan, result: Result, message: str, intent: int | None = None) -> Outcome:
    """Why a confirmed plan was not begun; `intent` is the open one that stands in its way."""
    draft = plan.draft
    return Outcome(
        action=draft.action,
        target=draft.object,
        result=result,
        message=message,
        amount=draft.amount,
        idempotency_key=draft.key,
        intent=intent,
        hint="`payconsole journal recover` resolves what is open." if intent else None,
    )


def unknown_outcome(
    intent: Intent, message: str | None = None, facts: tuple[str, ...] = ()
) -> Outcome:
    """An end that nothing proves yet; `message` where more is known than that."""
    said = message or (
        f"It is not known whether {intent.summary} was made. It may have happened, or may"
        " still happen. Don't do it again by another way."
    )
    same = " with the same key" if intent.key else ""
    hint = (
        f"`payconsole journal recover` asks Amazon again{same};"
        f" `payconsole journal show {intent.id}` tells what was tried."
    )
    return outcome_of(intent, Result.UNKNOWN, said, facts=facts, hint=hint)


def ask_a_person(intent: Intent, moved: list[str], disputed: list[str]) -> Outcome:
    """What has happened since, with the words that go on all the same: one for each."""
    said, words = [], []
    if moved:
        said.append(
            f"The order has moved since this was sent ({intent.summary} on {intent.object}), so"
            f" nothing was sent again: it may be this very {intent.action}, or somebody may have"
            " acted by hand."
        )
        words.append(("nobody else did it", "--nobody-else"))
    if disputed:
        said.append(
            f"{intent.object} has been disputed since this was sent, or may have been, so nothing"
            " was sent again: if the refund was not made yet, it would be made beside the dispute"
            " and can pay the buyer twice."
        )
        words.append(("the refund is meant beside the dispute all the same", "--disputed"))
    number = intent.id
    where = "at the charge and at the dispute" if disputed else "at the order"
    hint = (
        f"Look {where} in Seller Central. If {' and '.join(why for why, _ in words)}:"
        f" `payconsole journal recover {number} {' '.join(flag for _, flag in words)}`. If this"
        f" {intent.action} is there: `payconsole journal resolve {number} --happened --evidence"
        " TEXT`. If not: --did-not."
    )
    facts = tuple(dict.fromkeys([*disputed, *moved]))
    return outcome_of(intent, Result.UNKNOWN, " ".join(said), facts=facts, hint=hint)


def accepted_outcome(intent: Intent, made: Made, changes: tuple[str, ...], left: str) -> Outcome:
    """Amazon has made it; `changes` is what else moved, `left` what can be done with the rest."""
    operation = OPERATIONS[intent.operation]
    if made.dead:
        message = operation.declined(intent, made)
        return outcome_of(intent, Result.REFUSED, message, made=made, code=made.code, facts=changes)
    message = f"{operation.accepted(intent, made)} {left}".rstrip()
    facts = () if operation.name == "create_refund" else changes
    return outcome_of(intent, Result.ACCEPTED, message, made=made, facts=facts)


def absorbed_outcome(intent: Intent, made: Made, earlier: Intent | None) -> Outcome:
    """It was there before this decision, which made nothing; `earlier` is the one that did."""
    operation = OPERATIONS[intent.operation]
    by = f" It stands under intent {earlier.id}." if earlier else ""
    message = f"{operation.was_there(intent, made)}{by}"
    if made.dead and operation.once:
        return outcome_of(
            intent, Result.REFUSED, operation.declined(intent, made), made=made, code=made.code
        )
    if operation.once or not operation.keyed:
        return outcome_of(intent, Result.ALREADY_SO, f"{message} Nothing was changed.", made=made)
    message += f" No new {intent.action} was made."
    hint = f"If a further {intent.action} is meant, decide anew and say why in the reason."
    if earlier is not None and earlier.key == intent.key:
        hint = f"Amazon doesn't count it yet: for a further {intent.action} wait until it is done."
    if made.dead:
        message += f" That one is {made.state} ({made.code})."
        hint = "Decide anew: the next attempt has a key of its own."
    return outcome_of(intent, Result.ABSORBED, message, hint=hint, made=made)


def retry_hint(intent: Intent) -> str:
    return f"`payconsole journal retry {intent.id}` tries the same decision again."


def asking_again(intent: Intent, wait: float) -> str:
    if OPERATIONS[intent.operation].keyed:
        return f"No proof yet: asking again with the same key in {wait:.0f} s"
    return f"No proof yet: asking again in {wait:.0f} s"

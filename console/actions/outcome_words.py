"""The engine's outcomes in the operator's words: what came of it, and what can be done now."""

from __future__ import annotations

from typing import Final

from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made
from console.actions.outcome import Outcome, Result
from console.actions.plan import Plan
from console.domain.language import N_, _, sentences, together
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
        hint=_("`payconsole journal recover` resolves what is open.") if intent else None,
    )


def unknown_outcome(
    intent: Intent, message: str | None = None, facts: tuple[str, ...] = ()
) -> Outcome:
    """An end that nothing proves yet; `message` where more is known than that."""
    said = message or together(
        _("It is not known whether {action} was made.", action=intent.summary),
        _("It may have happened, or may still happen. Don't do it again by another way."),
    )
    if intent.key:
        hint = _(
            "`payconsole journal recover` asks Amazon again with the same key;"
            " `payconsole journal show {intent}` tells what was tried.",
            intent=intent.id,
        )
    else:
        hint = _(
            "`payconsole journal recover` asks Amazon again;"
            " `payconsole journal show {intent}` tells what was tried.",
            intent=intent.id,
        )
    return outcome_of(intent, Result.UNKNOWN, said, facts=facts, hint=hint)


def ask_a_person(intent: Intent, moved: list[str], disputed: list[str]) -> Outcome:
    """What has happened since, with the words that go on all the same: one for each."""
    said = []
    if moved:
        said.append(
            _(
                "The order has moved since this was sent ({action} on {object}), so nothing was"
                " sent again: it may be this very {kind}, or somebody may have acted by hand.",
                action=intent.summary,
                object=intent.object,
                kind=intent.action,
            )
        )
    if disputed:
        said.append(
            _(
                "{object} has been disputed since this was sent, or may have been, so nothing was"
                " sent again: if the refund was not made yet, it would be made beside the dispute"
                " and can pay the buyer twice.",
                object=intent.object,
            )
        )
    hint = together(
        _(_ALL_THE_SAME[bool(moved), bool(disputed)], intent=intent.id),
        _(
            "If this {action} is there: `payconsole journal resolve {intent} --happened --evidence"
            " TEXT`.",
            action=intent.action,
            intent=intent.id,
        ),
        _("If not: --did-not."),
    )
    facts = tuple(dict.fromkeys([*disputed, *moved]))
    return outcome_of(intent, Result.UNKNOWN, together(*said), facts=facts, hint=hint)


# Where to look and the words that go on, by whether the order has moved and was disputed.
_ALL_THE_SAME: Final = {
    (True, False): sentences(
        N_("Look at the order in Seller Central."),
        N_("If nobody else did it: `payconsole journal recover {intent} --nobody-else`."),
    ),
    (False, True): sentences(
        N_("Look at the charge and at the dispute in Seller Central."),
        N_(
            "If the refund is meant beside the dispute all the same:"
            " `payconsole journal recover {intent} --disputed`."
        ),
    ),
    (True, True): sentences(
        N_("Look at the charge and at the dispute in Seller Central."),
        N_(
            "If nobody else did it and the refund is meant beside the dispute all the same:"
            " `payconsole journal recover {intent} --nobody-else --disputed`."
        ),
    ),
}


def accepted_outcome(intent: Intent, made: Made, changes: tuple[str, ...], left: str) -> Outcome:
    """Amazon has made it; `changes` is what else moved, `left` what can be done with the rest."""
    operation = OPERATIONS[intent.operation]
    if made.dead:
        message = operation.declined(intent, made)
        return outcome_of(intent, Result.REFUSED, message, made=made, code=made.code, facts=changes)
    message = together(operation.accepted(intent, made), left)
    facts = () if operation.name == "create_refund" else changes
    return outcome_of(intent, Result.ACCEPTED, message, made=made, facts=facts)


def absorbed_outcome(intent: Intent, made: Made, earlier: Intent | None) -> Outcome:
    """It was there before this decision, which made nothing; `earlier` is the one that did."""
    operation = OPERATIONS[intent.operation]
    by = _("It stands under intent {intent}.", intent=earlier.id) if earlier else ""
    message = together(operation.was_there(intent, made), by)
    if made.dead and operation.once:
        return outcome_of(
            intent, Result.REFUSED, operation.declined(intent, made), made=made, code=made.code
        )
    if operation.once or not operation.keyed:
        message = together(message, _("Nothing was changed."))
        return outcome_of(intent, Result.ALREADY_SO, message, made=made)
    message = together(message, _("No new {action} was made.", action=intent.action))
    hint = _(
        "If a further {action} is meant, decide anew and say why in the reason.",
        action=intent.action,
    )
    if earlier is not None and earlier.key == intent.key:
        hint = _(
            "Amazon doesn't count it yet: for a further {action} wait until it is done.",
            action=intent.action,
        )
    if made.dead:
        dead = _("That one is {state} ({code}).", state=made.state, code=made.code)
        message = together(message, dead)
        hint = _("Decide anew: the next attempt has a key of its own.")
    return outcome_of(intent, Result.ABSORBED, message, hint=hint, made=made)


def retry_hint(intent: Intent) -> str:
    return _("`payconsole journal retry {intent}` tries the same decision again.", intent=intent.id)


def asking_again(intent: Intent, wait: float) -> str:
    if OPERATIONS[intent.operation].keyed:
        return _(
            "No proof yet: asking again with the same key in {seconds} s", seconds=f"{wait:.0f}"
        )
    return _("No proof yet: asking again in {seconds} s", seconds=f"{wait:.0f}")

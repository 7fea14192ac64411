"""What is still open after a crash or a lost answer: resolved as far as that is safe."""

from __future__ import annotations

from console.actions.engine import Engine, Tell, blocking, silent
from console.actions.outcome import Held, Outcome
from console.actions.plan import Snapshot
from console.domain.intent import LIVE_STATES, OPEN_STATES, Move, State
from console.domain.money import Money
from console.lookup import NotFoundHere, ReadFailure
from console.store.journal import Intent


async def recover(
    engine: Engine,
    *,
    scope: str | None = None,
    number: int | None = None,
    nobody_else: bool = False,
    tell: Tell = silent,
) -> list[Outcome]:
    """Resolve open intents: all, those of one order, or one. Returns what came of each.

    The order is read first. Where money has moved since the intent was planned, nothing is
    sent by itself: a person has to say whether somebody acted by hand. `nobody_else` is that
    person's "no", for one intent.
    """
    outcomes = []
    for intent in await blocking(engine.journal.intents, scope=scope, states=OPEN_STATES):
        if number is None or intent.id == number:
            outcomes.append(await engine.resume(intent, nobody_else=nobody_else, tell=tell))
    return outcomes


async def resolve_by_hand(engine: Engine, number: int, *, happened: bool, evidence: str) -> Intent:
    """A person's word on an unknown outcome (step 14). It sends nothing.

    Raises Held unless the intent is unknown and some evidence is given.
    """
    intent = await blocking(engine.journal.intent, number)
    if intent.state is not State.UNKNOWN:
        raise Held(
            f"Intent {number} is {intent.state}; only an unknown outcome can be resolved by hand.",
            "`payconsole journal recover` first asks Amazon itself.",
        )
    if not evidence.strip():
        raise Held("Say what the evidence is, such as what Seller Central shows.")
    move = Move.HAPPENED if happened else Move.DID_NOT
    data = {"evidence": evidence, "by": engine.journal.actor}
    return await blocking(engine.journal.move, number, move, data)


async def give_up_key(engine: Engine, number: int, evidence: str) -> Intent:
    """Let the next decision use a new key, where Amazon keeps refusing the old one.

    Only for an intent that was refused at least twice under its key and of which no attempt
    is without an answer; a late or a colleague's request can still make a second refund.
    """
    intent = await blocking(engine.journal.intent, number)
    if intent.state is not State.REFUSED or intent.refusals < 2 or intent.unanswered:
        raise Held(
            f"Intent {number} is {intent.state} with {intent.refusals} refusals: its key can't be"
            " given up.",
            f"`payconsole journal retry {number}` tries it again with its own key.",
        )
    if not evidence.strip():
        raise Held("Say why the key is given up.")
    return await blocking(engine.journal.give_up_key, number, evidence)


async def follow(engine: Engine, intent: Intent, *, last_look: bool = False) -> Intent:
    """One look at an accepted refund; settles or declines it where Amazon is done (11, 13).

    With `last_look` a final refund is settled even if the total disagrees, which is recorded.
    """
    if intent.state is not State.ACCEPTED or intent.result is None:
        return intent
    try:
        snapshot, _ = await engine.snapshot(intent)
    except (*ReadFailure, NotFoundHere):
        return intent
    state, _ = snapshot.data["refunds"].get(intent.result, (None, None))
    if state == "Declined":
        return await blocking(engine.journal.move, intent.id, Move.DECLINE, {"code": None})
    if state != "Refunded":
        return intent
    total = Money.from_text(snapshot.data["charge"]["refunded"] or f"0 {intent.observed[-3:]}")
    later = await blocking(_later_refunds, engine, intent)
    lowest = expected_total(intent, snapshot)
    agrees = lowest <= total <= lowest + later
    if not agrees and not last_look:
        return intent
    data = {
        "total": str(total),
        "expected": str(lowest),
        "agrees": agrees,
        "said": _settled(total, lowest, agrees),
    }
    return await blocking(engine.journal.move, intent.id, Move.SETTLE, data)


def _settled(total: Money, expected: Money, agrees: bool) -> str:
    if agrees:
        return f"done, {total} refunded in all"
    return (
        f"done, but {total} is refunded in all where {expected} was expected: somebody else"
        " changed this charge, by hand in Seller Central or from another console"
    )


def expected_total(intent: Intent, now: Snapshot) -> Money:
    """Total at the plan + our amount - refunds known at the plan that have died since."""
    assert intent.amount is not None
    total = Money.from_text(intent.observed) + intent.amount
    for refund_id, (state, amount) in intent.snapshot["refunds"].items():
        now_state, _ = now.data["refunds"].get(refund_id, (None, None))
        if state != "Declined" and now_state == "Declined" and amount:
            total -= Money.from_text(amount)
    return total


def _later_refunds(engine: Engine, intent: Intent) -> Money:
    """Our own later refunds of the charge: Amazon's total may count them already, or not yet."""
    assert intent.amount is not None
    total = Money.zero(intent.amount.currency)
    for other in engine.journal.intents(obj=intent.object, states=LIVE_STATES):
        if other.id > intent.id and other.amount is not None:
            total += other.amount
    return total

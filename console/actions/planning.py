"""From what the operator asks for to a plan (protocol, steps 1 to 3). Nothing is sent."""

from __future__ import annotations

from dataclasses import replace

from console.actions.engine import Engine, blocking
from console.actions.outcome import Held, Result
from console.actions.plan import (
    Plan,
    Snapshot,
    confirmation_phrase,
    refund_body,
    refund_changes,
)
from console.actions.recovery import recover
from console.domain.disputes import doubts
from console.domain.ids import Identifier, parse
from console.domain.intent import LIVE_STATES, Move, State, derive_key
from console.domain.model import Charge
from console.domain.money import Money, parse_typed
from console.domain.order import Order
from console.domain.rules import BY_NAME, offer
from console.domain.text import clean_line
from console.lookup import scope_of
from console.store.decisions import Draft, Intent

_REFUND = BY_NAME["refund"]
_SETTLED_READS = 3


async def plan_refund(engine: Engine, target: Identifier, typed: str, reason: str) -> Plan:
    """Plan a refund of the amount `typed` on the charge that `target` leads to.

    Raises AmountError for a text that is no amount, Held with the reason where it is not
    possible now, and whatever a lookup raises.
    """
    await engine.require_sound_journal()
    order, charge, version = await _fresh(engine, target)
    await _require_nothing_open(engine, charge)
    amount = _amount(typed, charge)
    earlier = await _same_decision(engine, charge, amount)
    if earlier is None:
        _require_allowed(order, charge, amount)
    return await _compose(engine, order, charge, version, amount, clean_line(reason, 500), earlier)


async def plan_again(engine: Engine, number: int, reason: str) -> Plan:
    """Plan the same decision again: its key, its bytes, whatever total is seen now.

    Raises Held unless intent `number` was refused, not sent, given up or denied by a person.
    """
    await engine.require_sound_journal()
    intent = await blocking(engine.journal.intent, number)
    if intent.amount is None or number not in {
        waiting.id for waiting in await blocking(_waiting, engine, intent.object)
    }:
        raise Held(
            f"Intent {number} is {intent.state}: only what was refused, not sent or given up"
            " can be tried again, as long as its key was not used for something else.",
            "`payconsole journal recover` resolves what is open.",
            intent=number,
        )
    order, charge, version = await _fresh(engine, parse(intent.object))
    await _require_nothing_open(engine, charge)
    await _same_decision(engine, charge, intent.amount)  # none of another amount may be waiting
    said = clean_line(reason, 500) or intent.reason
    return await _compose(engine, order, charge, version, intent.amount, said, intent)


async def _fresh(engine: Engine, target: Identifier) -> tuple[Order, Charge, int]:
    """The order as it is now, and the journal's version of it that belongs to this look."""
    for _ in range(_SETTLED_READS):
        mark = await blocking(engine.journal.last)
        order = await engine.lookup.look_up(target)
        charge = choose_charge(order, target)
        own = await blocking(engine.own_refunds, charge.id)
        if not set(own) <= {refund.id for refund in order.refunds}:
            order = await engine.lookup.look_up(target, also=own)
            charge = choose_charge(order, target)
        declined = await _record_declined(engine, order, charge)
        version = await blocking(engine.journal.version, scope_of(charge))
        if version <= mark or declined:
            order = await _with_journal(engine, order, charge)
            if version <= mark or version == await blocking(
                engine.journal.version, scope_of(charge)
            ):
                return order, charge, version
    raise Held(
        "Something is being done to this order right now.",
        "Try again in a moment.",
        result=Result.STALE,
    )


async def _with_journal(engine: Engine, order: Order, charge: Charge) -> Order:
    if charge.currency is None:
        return order
    live = await blocking(engine.journal.live_refunds, charge.id, charge.currency)
    return replace(order, journal_refunds={**order.journal_refunds, charge.id: live})


async def _record_declined(engine: Engine, order: Order, charge: Charge) -> bool:
    """A refund of ours that Amazon declined leaves the sum, before the sum is used."""
    dead = {refund.id: refund for refund in order.refunds_of(charge.id) if refund.is_dead}
    found = False
    for intent in await blocking(engine.journal.intents, obj=charge.id, states=LIVE_STATES):
        if intent.result in dead and intent.state is not State.SETTLED:
            code = dead[intent.result].status.reason_code
            await engine.conclude(intent, Move.DECLINE, {"code": code})
            found = True
    return found


def choose_charge(order: Order, target: Identifier) -> Charge:
    """The charge that is meant: the one named, or the only one that can be refunded."""
    named = order.charge(target.v2.id)
    if named is not None:
        return named
    refund = next((r for r in order.refunds if r.id == target.v2.id), None)
    dispute = next((d for d in order.disputes if d.id == target.v2.id), None)
    member = refund or dispute
    above = order.charge(member.charge_id or "") if member else None
    if above is not None:
        return above
    captured = [c for c in order.charges if c.state == "Captured"]
    if len(captured) == 1:
        return captured[0]
    if not captured:
        raise Held(
            f"{target.id} has no captured charge that this console knows.",
            "Paste the charge's own id, from the shop or from Seller Central.",
        )
    ids = ", ".join(c.id for c in captured)
    raise Held(f"{target.id} has several captured charges: {ids}.", "Name one of them.")


async def _require_nothing_open(engine: Engine, charge: Charge) -> None:
    """Open intents are resolved first; whatever comes of it, the operator looks again."""
    scope = scope_of(charge)
    holder = await blocking(engine.journal.open_on, scope, charge.id)
    if holder is None:
        return
    outcomes = await recover(engine, scope=scope)
    said = " ".join(o.message for o in outcomes)
    still = await blocking(engine.journal.open_on, scope, charge.id)
    if still is not None:
        raise Held(
            f"Intent {still.id} ({still.summary}, by {still.actor}) is open on this order and"
            f" has to be resolved first. {said}",
            f"Resolve it: `payconsole journal recover {still.id}`, or key i in the screen.",
            intent=still.id,
        )
    raise Held(
        f"Intent {holder.id} ({holder.summary}, by {holder.actor}) was open on this order."
        f" {said} Nothing new was planned.",
        "Look at the order, then decide anew.",
        intent=holder.id,
    )


def _amount(typed: str, charge: Charge) -> Money:
    if charge.currency is None:
        raise Held("Amazon doesn't say in which currency this charge is.", "See Seller Central.")
    return parse_typed(typed, charge.currency)


def _require_allowed(order: Order, charge: Charge, amount: Money) -> None:
    """Step 2, local law."""
    can = offer(order, "refund", charge.id)
    if not can.allowed:
        raise Held(can.why)
    if can.max_amount is not None and amount > can.max_amount:
        raise Held(f"{amount} is too much. {can.why}")


async def _same_decision(engine: Engine, charge: Charge, amount: Money) -> Intent | None:
    """The earlier intent that this is, if it was refused, not sent, given up or denied.

    Trying again is the same intent, with its key and its bytes. Another amount is a new
    decision, which has to wait while anything of the old one could still be executed.
    """
    waiting = await blocking(_waiting, engine, charge.id)
    for intent in waiting:
        if intent.amount != amount and not intent.never_left:
            raise Held(
                f"Intent {intent.id} ({intent.summary}) ended {intent.state}, and its key can"
                f" still be used. Another amount could be paid beside it.",
                f"`payconsole journal retry {intent.id}` tries it again as it was;"
                f" `payconsole journal show {intent.id}` tells what is known.",
                intent=intent.id,
            )
    return next((intent for intent in waiting if intent.amount == amount), None)


def _waiting(engine: Engine, charge_id: str) -> list[Intent]:
    """The refunds that can still be tried again.

    Not those whose key was given up, or was spent on another decision since: Amazon will
    never make anything else under it.
    """
    intents = engine.journal.intents(obj=charge_id)
    spent = {intent.key for intent in intents if intent.result is not None}
    return [
        intent
        for intent in intents
        if intent.action == _REFUND.name
        and intent.can_retry
        and intent.human != "next_key"
        and intent.key not in spent
    ]


async def _compose(
    engine: Engine,
    order: Order,
    charge: Charge,
    version: int,
    amount: Money,
    reason: str,
    earlier: Intent | None,
) -> Plan:
    environment = engine.client.account.environment
    snapshot = Snapshot.of(charge, order)
    floor = order.refund_floor(charge)
    if floor is None or charge.captured is None:
        raise Held(
            offer(order, _REFUND.name, charge.id).why, intent=earlier.id if earlier else None
        )
    if earlier is not None:
        draft: Draft = replace(earlier, reason=reason)
    else:
        generation = await blocking(
            engine.journal.generation, _REFUND.operation, charge.id, str(floor)
        )
        draft = Draft(
            environment=environment,
            action=_REFUND.name,
            operation=_REFUND.operation,
            object=charge.id,
            scope=scope_of(charge),
            lock=charge.id,
            amount=amount,
            observed=str(floor),
            generation=generation,
            key=derive_key(environment, _REFUND.operation, charge.id, floor, generation),
            method="POST",
            path="/refunds",
            body=refund_body(charge.id, amount),
            reason=reason,
            snapshot=snapshot.data,
        )
    before, after = refund_changes(order, charge, amount)
    above = floor + amount > charge.captured
    return Plan(
        draft=draft,
        order=order,
        snapshot=snapshot,
        version=version,
        url=engine.client.account.origin + engine.client.account.path(draft.path),
        phrase=confirmation_phrase(environment, charge.id, amount),
        before=before,
        after=after,
        buyer_sees=(
            f"{amount} back on the payment method of the order, once Amazon has done it;"
            " Amazon writes to the buyer."
        ),
        undo="No. A refund can't be taken back.",
        warnings=tuple(await _warnings(engine, order, charge, amount, above, earlier)),
        above_captured=above,
        doubts=doubts(order, charge.id),
        reopens=earlier.id if earlier else None,
    )


async def _warnings(
    engine: Engine, order: Order, charge: Charge, amount: Money, above: bool, earlier: Intent | None
) -> list[str]:
    found = list(dict.fromkeys([*doubts(order, charge.id), *order.warnings]))
    if above:
        found.append("With this, more is refunded than was captured.")
    if earlier is not None:
        found.append(
            f"This is intent {earlier.id} again ({earlier.state}): the same key, the same bytes."
        )
    for refund in order.refunds_of(charge.id):
        if refund.is_dead:
            found.append(
                f"Amazon declined an earlier refund of {refund.amount}: {refund.id}"
                f" ({refund.status.reason_code})."
            )
    for intent in await blocking(engine.journal.intents, obj=charge.id, states=LIVE_STATES):
        if intent.amount == amount and intent.action == _REFUND.name:
            found.append(
                f"The same amount was refunded before, by {intent.actor} on {intent.created[:16]}"
                f" UTC (intent {intent.id}). This is a second refund."
            )
    return found

"""From what the operator asks for to a plan. Nothing is sent."""

from __future__ import annotations

from dataclasses import replace

from console.actions.composing import (
    compose,
    fresh,
    plan_one,
    require_nothing_open,
    same_decision,
    waiting,
)
from console.actions.engine import Engine, blocking
from console.actions.operations import OPERATIONS
from console.actions.outcome import Held
from console.actions.plan import Plan, Wish
from console.actions.renewal import plan_renewal
from console.domain.ids import Identifier, parse
from console.domain.language import _
from console.domain.text import clean_line


async def plan_action(engine: Engine, action: str, target: Identifier, wish: Wish) -> Plan:
    """Plan an action of `action_table.ACTIONS` on the object that `target` leads to.

    To extend a charge is to renew its authorization, in two steps. Raises AmountError for a
    text that is no amount, Held with the reason where it is not possible now (its result is
    `already_so` where nothing is left to do), and whatever a lookup raises.
    """
    if action == "extend" and target.v2.kind == "charge":
        return await plan_renewal(engine, target, wish)
    return await plan_one(engine, action, target, wish)


async def plan_again(engine: Engine, number: int, reason: str, ticket: str = "") -> Plan:
    """Plan the same decision again: its key, its bytes, whatever total is seen now.

    Raises Held unless intent `number` was refused, not sent, given up or denied by a person.
    """
    await engine.require_sound_journal()
    intent = await blocking(engine.journal.intent, number)
    operation = OPERATIONS[intent.operation]
    if number not in {one.id for one in await blocking(waiting, engine, operation, intent.object)}:
        raise Held(
            _(
                "Intent {intent} is {state}: only what was refused, not sent or given up can be"
                " tried again, as long as its key was not used for something else.",
                intent=number,
                state=intent.state,
            ),
            _("`payconsole journal recover` resolves what is open."),
            intent=number,
        )
    order, obj, version = await fresh(engine, operation, parse(intent.object))
    await require_nothing_open(engine, operation, order, obj)
    await same_decision(engine, operation, intent)  # none of another amount may be waiting
    said = clean_line(reason.strip(), 500) or intent.reason
    draft = replace(intent, reason=said, ticket=ticket or intent.ticket)
    return await compose(engine, operation, order, version, draft, intent, None)

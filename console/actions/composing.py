"""The steps from what the operator asks for to a plan of one request (protocol, 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from console.actions.engine import Engine, blocking
from console.actions.operations import OPERATIONS
from console.actions.operations.base import Operation
from console.actions.outcome import Held, Result
from console.actions.plan import NextStep, Plan, Wish, confirmation_phrase
from console.actions.recovery import recover
from console.domain.action_table import BY_NAME
from console.domain.ids import Identifier
from console.domain.in_v1 import V1Call, either, v1_calls
from console.domain.intent import Move, State, derive_key
from console.domain.language import _, together
from console.domain.money import Money
from console.domain.order import Order
from console.domain.text import clean_line
from console.store.decisions import Draft, Intent

_SETTLED_READS = 3


async def plan_one(
    engine: Engine,
    action: str,
    target: Identifier,
    wish: Wish,
    *,
    link: Mapping[str, Any] | None = None,
    by: str | None = None,
    then: NextStep | None = None,
) -> Plan:
    """Plan one request of an action of `action_table.ACTIONS` on the object that `target` leads to.

    `by` names the operation where the action is done by another one than its own, `link` ties
    it to another step, `then` is what follows. Raises AmountError for a text that is no amount,
    Held with the reason where it is not possible now (its result is `already_so` where nothing
    is left to do), and whatever a lookup raises.
    """
    await engine.require_sound_journal()
    _require_text(wish)
    operation = OPERATIONS[by or BY_NAME[action].operation]
    order, obj, version = await fresh(engine, operation, target)
    await require_nothing_open(engine, operation, order, obj)
    amount = operation.amount(order, obj, wish)
    clean = replace(wish, reason=_typed(wish.reason, 500), ticket=_typed(wish.ticket, 100))
    draft = await _draft(engine, operation, action, order, obj, amount, clean)
    earlier = await same_decision(engine, operation, draft)
    if earlier is None or not operation.keyed or _nothing_came(operation, earlier):
        _require_something_to_do(operation, order, obj, amount, clean)
        operation.require_allowed((by and operation.action) or action, order, obj, amount, clean)
    if earlier is None:
        draft = await _with_key(engine, operation, order, replace(draft, link=link))
    else:
        part_of = link if link is not None else earlier.link
        draft = replace(earlier, reason=draft.reason, ticket=draft.ticket, link=part_of)
    return await compose(engine, operation, order, version, draft, earlier, then)


# --- the order, as it is now ---------------------------------------------------------------------


async def fresh(engine: Engine, operation: Operation, target: Identifier) -> tuple[Order, str, int]:
    """The order as it is now, and the journal's version of it that belongs to this look."""
    for _attempt in range(_SETTLED_READS):
        mark = await blocking(engine.journal.last)
        order = await engine.lookup.look_up(target)
        obj = operation.choose(order, target)
        scope = operation.scope(order, obj)
        own = await blocking(engine.own, scope, obj)
        known = {r.id for r in order.refunds} | {c.id for c in order.charges}
        if not set(own) <= known:
            order = await engine.lookup.look_up(target, also=own)
            obj = operation.choose(order, target)
        await _record_declined(engine, order, obj)
        version = await blocking(engine.journal.version, scope)
        if version <= mark:  # else the look may be older than what was written since
            return order, obj, version
    raise Held(
        _("Something is being done to this order right now."),
        _("Try again in a moment."),
        result=Result.STALE,
    )


async def _record_declined(engine: Engine, order: Order, obj: str) -> None:
    """What was made here and has died since leaves the sums, before they are used."""
    dead = {r.id: r.status.reason_code for r in order.refunds_of(obj) if r.is_dead}
    alive = (State.ACCEPTED, State.ABSORBED)
    for intent in await blocking(engine.journal.intents, obj=obj, states=alive):
        if intent.result in dead:
            await engine.conclude(intent, Move.DECLINE, {"code": dead[intent.result]})


async def require_nothing_open(
    engine: Engine, operation: Operation, order: Order, obj: str
) -> None:
    """Open intents are resolved first; whatever comes of it, the operator looks again."""
    scope, lock = operation.scope(order, obj), operation.lock(order, obj)
    holder = await blocking(engine.journal.open_on, scope, lock)
    if holder is None:
        return
    outcomes = await recover(engine, scope=scope)
    said = together(*(o.message for o in outcomes))
    still = await blocking(engine.journal.open_on, scope, lock)
    if still is not None:
        raise Held(
            together(
                _(
                    "Intent {intent} ({action}, by {operator}) is open on this order and has to be"
                    " resolved first.",
                    intent=still.id,
                    action=still.summary,
                    operator=still.actor,
                ),
                said,
            ),
            _(
                "Resolve it: `payconsole journal recover {intent}`, or in the screen among the open"
                " intents.",
                intent=still.id,
            ),
            intent=still.id,
        )
    raise Held(
        together(
            _(
                "Intent {intent} ({action}, by {operator}) was open on this order.",
                intent=holder.id,
                action=holder.summary,
                operator=holder.actor,
            ),
            said,
            _("Nothing new was planned."),
        ),
        _("Look at the order, then decide anew."),
        intent=holder.id,
    )


# --- the decision --------------------------------------------------------------------------------


def _require_something_to_do(
    operation: Operation, order: Order, obj: str, amount: Money | None, wish: Wish
) -> None:
    already = operation.already(order, obj, amount, wish)
    if already is not None:
        raise Held(already, _("Nothing had to be sent."), result=Result.ALREADY_SO)


async def _draft(
    engine: Engine,
    operation: Operation,
    action: str,
    order: Order,
    obj: str,
    amount: Money | None,
    wish: Wish,
) -> Draft:
    """The decision, without its key."""
    request = operation.request(order, obj, amount, wish)
    snapshot = operation.snapshot(order, obj)
    assert snapshot is not None  # the object was chosen from this very order
    return Draft(
        environment=engine.client.account.environment,
        action=action,
        operation=operation.name,
        object=obj,
        scope=operation.scope(order, obj),
        lock=operation.lock(order, obj),
        amount=amount,
        observed="",
        generation=0,
        key=None,
        method=operation.method,
        path=request.path,
        body=request.body,
        reason=wish.reason,
        ticket=wish.ticket,
        profile=engine.profile,
        snapshot=snapshot.data,
    )


def _require_text(wish: Wish) -> None:
    """Raise Held for bytes that are no text: they could neither be sent nor kept as they are."""
    for said in (wish.amount, wish.reason, wish.ticket, wish.frequency, *wish.merchant.values()):
        try:
            said.encode()
        except UnicodeEncodeError:
            raise Held(
                _("What was given holds bytes that are no text."), _("Type it anew.")
            ) from None


def _typed(text: str, limit: int) -> str:
    """What was typed, cleaned; nothing where nothing of it can be seen: that is no reason."""
    seen = any(char.isprintable() and not char.isspace() for char in text)
    return clean_line(text.strip(), limit) if seen else ""


async def _with_key(engine: Engine, operation: Operation, order: Order, draft: Draft) -> Draft:
    """The key is derived from what was observed, not from what is wanted (step 5)."""
    if not operation.keyed:
        return draft
    past = await blocking(engine.journal.intents, obj=draft.object)
    observed = operation.observed(order, draft.object, past)
    name = operation.name
    generation = await blocking(engine.journal.generation, name, draft.object, observed)
    key = derive_key(draft.environment, name, draft.object, observed, generation)
    return replace(draft, observed=observed, generation=generation, key=key)


async def same_decision(engine: Engine, operation: Operation, draft: Draft) -> Intent | None:
    """The earlier intent that this is, if it was refused, not sent, given up or denied.

    Trying again is the same intent, with its key and its bytes. Another amount is a new
    decision, which has to wait while anything of the old one could still be executed.
    """
    found = await blocking(waiting, engine, operation, draft.object)
    for intent in found:
        if operation.keyed and not _is_same(intent, draft) and not intent.never_left:
            raise Held(
                together(
                    _(
                        "Intent {intent} ({action}) ended {state}, and its key can still be used.",
                        intent=intent.id,
                        action=intent.summary,
                        state=intent.state,
                    ),
                    _("Another one could be made beside it."),
                ),
                _(
                    "`payconsole journal retry {intent}` tries it again as it was;"
                    " `payconsole journal show {intent}` tells what is known.",
                    intent=intent.id,
                ),
                intent=intent.id,
            )
    return next((intent for intent in found if _is_same(intent, draft)), None)


def _is_same(earlier: Intent, draft: Draft) -> bool:
    """Whether `draft` wants what `earlier` wanted.

    A step of a renewal is not taken again as an action by itself, or it would seem half done.
    """
    return earlier.body == draft.body and _meant(draft) in (_meant(earlier), "extend")


def _meant(draft: Draft) -> str:
    """The action, or that of the renewal which took it up as its step."""
    return "extend" if "renews" in (draft.link or {}) else draft.action


def _nothing_came(operation: Operation, earlier: Intent) -> bool:
    """Whether every attempt is proved to have made nothing, so that the rules hold again.

    Of what can be made more than once a replay is still the safer way to ask.
    """
    return operation.once and not earlier.unanswered and earlier.human is None


def waiting(engine: Engine, operation: Operation, obj: str) -> list[Intent]:
    """The decisions by this operation that can still be tried again.

    Not those whose key was given up, or was spent on another decision since: Amazon will
    never make anything else under it.
    """
    intents = engine.journal.intents(obj=obj)
    spent = {intent.key for intent in intents if intent.result is not None and intent.key}
    return [
        intent
        for intent in intents
        if intent.operation == operation.name
        and intent.can_retry
        and intent.human != "next_key"
        and intent.key not in spent
    ]


async def compose(
    engine: Engine,
    operation: Operation,
    order: Order,
    version: int,
    draft: Draft,
    earlier: Intent | None,
    then: NextStep | None,
) -> Plan:
    snapshot = operation.snapshot(order, draft.object)
    assert snapshot is not None
    past = await blocking(engine.journal.intents, obj=draft.object)
    words = operation.words(order, draft, past)
    words = replace(words, facts=(*words.facts, *_in_v1(order, draft)))
    if earlier is not None:
        words = replace(words, warnings=(*words.warnings, _again(earlier)))
    engine.require_policy(draft, above_captured=words.above_captured)
    if engine.policy.has_daily:  # looked at again inside the transaction that reserves
        spent = await blocking(engine.journal.spent_today, draft)
        engine.require_sums(draft, spent, above_captured=words.above_captured)
    return Plan(
        draft=draft,
        order=order,
        snapshot=snapshot,
        version=version,
        url=engine.client.account.origin + engine.client.account.path(draft.path),
        phrase=confirmation_phrase(draft.environment, draft.action, draft.object, draft.amount),
        words=words,
        reopens=earlier.id if earlier else None,
        then=then,
    )


def _again(earlier: Intent) -> str:
    if earlier.key:
        return _(
            "This is intent {intent} again ({state}): the same key, the same bytes.",
            intent=earlier.id,
            state=earlier.state,
        )
    return _(
        "This is intent {intent} again ({state}): the same bytes.",
        intent=earlier.id,
        state=earlier.state,
    )


def _in_v1(order: Order, draft: Draft) -> tuple[tuple[str, str], ...]:
    """For an order of Checkout v1: the v1 call that did this, and the state that it asked for."""
    if not is_v1(order):
        return ()
    rows = [row for row in v1_calls(order, {draft.object}) if row.action == draft.action]
    said = [_with_needs(call) for row in rows for call in row.v1]
    return ((_("in Checkout v1"), "; ".join(said)),) if said else ()


def _with_needs(call: V1Call) -> str:
    needs, now = either(call.needs), either(call.now)
    if not needs:
        return call.call
    if not now:
        return _("{call} (needed {states})", call=call.call, states=needs)
    return _("{call} (needed {states}, is {now})", call=call.call, states=needs, now=now)


def is_v1(order: Order) -> bool:
    """Whether the order was pasted by an id that only v1 has."""
    return order.query.id != order.query.v2.id

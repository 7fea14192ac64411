"""Renewing an authorization: two linked intents, each by the protocol.

A charge can't be prolonged; a new one takes its place. Where the permission's balance has room
for both, the new one is made first and the old one canceled once the new one stands: nothing
can be lost. Else the old one has to go first, and what follows can fail. Whatever happens
between the two, the journal knows: the first carries what it is for, and `standing_of` says how
far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from console.actions.composing import plan_one
from console.actions.engine import Engine, blocking
from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan, Wish
from console.amazon.phrases import told
from console.domain.ids import Identifier, parse
from console.domain.intent import LIVE_STATES, OPEN_STATES, State
from console.domain.language import N_, _, english, sentences, together
from console.domain.model import Charge
from console.domain.money import Money
from console.domain.order import Order
from console.domain.rules import offer
from console.lookup import NotFoundHere, ReadFailure
from console.store.decisions import Draft, Intent, JournalBroken

_CANCEL, _CREATE = "cancel_charge", "create_charge"


class Way(StrEnum):
    """Which of the two comes first."""

    CREATE_FIRST = "create_first"
    CANCEL_FIRST = "cancel_first"

    @property
    def steps(self) -> tuple[str, str]:
        return (_CREATE, _CANCEL) if self is Way.CREATE_FIRST else (_CANCEL, _CREATE)


@dataclass(frozen=True)
class Renewal:
    """What both steps of one renewal carry: the old charge and its amount, the way, the step.

    `after` is the number of the first step's intent, in the second.
    """

    old: str
    amount: str
    way: Way
    step: int = 1
    after: int | None = None

    @classmethod
    def of(cls, intent: Draft) -> Renewal | None:
        """The renewal that a decision is a step of, if it is one."""
        if intent.link is None or "renews" not in intent.link:
            return None
        link = intent.link
        return cls(
            link["renews"], link["amount"], Way(link["way"]), link["step"], link.get("after")
        )

    @property
    def link(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {
            "renews": self.old,
            "amount": self.amount,
            "way": str(self.way),
            "step": self.step,
        }
        return found if self.after is None else {**found, "after": self.after}

    @property
    def said(self) -> str:
        """The second step, as it is announced with the first."""
        if self.way is Way.CREATE_FIRST:
            return _("Then, once the new one is Authorized: cancel {charge}.", charge=self.old)
        return _("Then, once it is canceled: authorize {amount} anew.", amount=self.amount)

    async def go_on(self, engine: Engine, first: Outcome, tell: Callable[[str], None]) -> Outcome:
        """The second step, at once after the first and under its confirmation."""
        first = replace(first, target=self.old)  # it is the renewal of that
        if first.pending:
            return replace(first, message=together(first.message, _waits(self)), half_done=True)
        assert first.intent is not None
        tell(_("The first step stands. Now the second"))
        try:
            plan = await plan_second(engine, self, first.intent)
        except (Held, *ReadFailure, NotFoundHere, JournalBroken) as error:
            if isinstance(error, Held) and error.result is Result.ALREADY_SO:
                message = together(first.message, told(error))
                return replace(first, message=message, half_done=False)
            return _half_done(self, first, error)
        second = await engine.perform_confirmed(plan, tell)
        return _of_both(self, first, second)


async def plan_renewal(engine: Engine, target: Identifier, wish: Wish) -> Plan:
    """Plan the renewal of an authorized charge, or what is left of one that was begun.

    Raises Held where it can't be renewed, and what a lookup raises.
    """
    await engine.require_sound_journal()
    order = await engine.lookup.look_up(target)
    charge = order.charge(target.v2.id)
    if charge is None:
        raise Held(
            _("{id} is no charge that can be renewed.", id=target.id),
            _("Paste the charge's own id."),
        )
    begun = await blocking(unfinished, engine, charge.id)
    if begun is not None:
        return await _plan_rest(engine, begun, wish)
    can = offer(order, "extend", charge.id)
    if not can.allowed:
        raise Held(can.why)
    return await _plan_first(engine, order, charge, wish)


async def _plan_rest(engine: Engine, begun: Intent, wish: Wish) -> Plan:
    """What is left of a renewal that was begun."""
    renewal = Renewal.of(begun)
    assert renewal is not None
    return await plan_second(engine, renewal, begun.id, wish.reason, wish.ticket)


async def _plan_first(engine: Engine, order: Order, charge: Charge, wish: Wish) -> Plan:
    if charge.amount is None or charge.permission_id is None:
        raise Held(_("Amazon doesn't say what was authorized, so it can't be authorized anew."))
    way = way_of(order, charge)
    renewal = Renewal(charge.id, str(charge.amount), way)
    wished = Wish(amount=str(charge.amount), reason=wish.reason, ticket=wish.ticket)
    if way is Way.CANCEL_FIRST:
        _require_room_after(order, charge, charge.amount)
    target, by = parse(charge.id), way.steps[0]
    plan = await plan_one(engine, "extend", target, wished, link=renewal.link, by=by, then=renewal)
    await _require_policy_for_both(engine, plan, charge.amount)
    phrase = str(charge.amount)
    if engine.client.account.environment == "live":
        phrase = f"{phrase} {charge.id[-4:]}"
    warnings = (*at_stake(way, charge), *plan.words.warnings)
    words = replace(
        plan.words,
        warnings=warnings,
        facts=((_("renews"), charge.id), *plan.words.facts),
        undo=together(
            _("No: once {charge} is canceled it stays canceled.", charge=charge.id),
            _("The new charge can be canceled."),
        ),
    )
    return replace(plan, phrase=phrase, words=words)


def _require_room_after(order: Order, charge: Charge, amount: Money) -> None:
    """Nothing is canceled unless the new charge would be allowed once it is.

    Raises Held otherwise, or where what was captured leaves too little of the limit: whether
    the balance counts open authorizations is not documented, so canceling need not free any.
    """
    permission = order.permission
    assert permission is not None  # a permission that is not known has no balance to fall short
    assert permission.balance is not None
    freed = replace(permission, balance=permission.balance + amount)
    others = tuple(c for c in order.charges if c.id != charge.id)
    can = offer(replace(order, permission=freed), "authorize", permission.id)
    left = permission.limit - _captured(others, amount) if permission.limit else None
    if not can.allowed:
        why = can.why
    elif can.max_amount is not None and amount > can.max_amount:
        why = _("Up to {amount} can be authorized.", amount=can.max_amount)
    elif left is not None and permission.is_one_time and amount > left:
        why = _("What was captured leaves {amount} of its limit.", amount=left)
    else:
        return
    raise Held(
        together(
            _(
                "{charge} would have to be canceled first, and {amount} could not be authorized"
                " after that.",
                charge=charge.id,
                amount=amount,
            ),
            why,
        ),
        _("Capture it before it expires: `payconsole capture {charge}`.", charge=charge.id),
    )


def _captured(charges: Sequence[Charge], amount: Money) -> Money:
    same = [c.captured for c in charges if c.captured and c.captured.currency == amount.currency]
    return sum(same, Money.zero(amount.currency))


async def _require_policy_for_both(engine: Engine, plan: Plan, amount: Money) -> None:
    """Raise Held where the policy would stop the second step: then the first isn't done either."""
    draft = replace(plan.draft, amount=amount)
    engine.require_policy(draft, above_captured=False)
    if not engine.policy.has_daily:
        return
    spent = await blocking(engine.journal.spent_today, draft)
    engine.require_sums(draft, spent, above_captured=False)


def way_of(order: Order, charge: Charge) -> Way:
    """Create first where the balance has room for both; where Amazon gives none, it may."""
    balance = order.permission.balance if order.permission else None
    if balance is None or charge.amount is None or balance >= charge.amount:
        return Way.CREATE_FIRST
    return Way.CANCEL_FIRST


def at_stake(way: Way, charge: Charge) -> tuple[str, ...]:
    """What the operator has to mind between the two steps, and what can be lost."""
    if way is Way.CREATE_FIRST:
        return (_("Until the second step both amounts are reserved with the buyer."),)
    return (
        together(
            _("There is no room for both: {charge} is canceled first.", charge=charge.id),
            _(
                "If the new authorization is declined after that, {amount} can't be collected with"
                " this order any more without the buyer.",
                amount=charge.amount,
            ),
        ),
    )


async def plan_second(
    engine: Engine, renewal: Renewal, first: int, reason: str = "", ticket: str = ""
) -> Plan:
    """Plan the second step of a renewal whose first was accepted.

    Raises Held where it isn't possible any more. Where it isn't needed any more its result is
    `already_so`, and that is written down: the renewal is told no more.
    """
    intent = await blocking(engine.journal.intent, first)
    second = replace(renewal, step=2, after=first)
    wish = Wish(
        amount=renewal.amount, reason=reason or intent.reason, ticket=ticket or intent.ticket
    )
    by = renewal.way.steps[1]
    if by == _CANCEL:
        await _require_the_new_one(engine, intent)
        target = renewal.old
    else:
        target = intent.scope
    link = {**_part_of(intent), **second.link}
    try:
        return await plan_one(engine, "extend", parse(target), wish, link=link, by=by)
    except Held as held:
        if held.result is Result.ALREADY_SO:
            await blocking(engine.journal.end_renewal, first, english(held))
        raise


def _part_of(first: Intent) -> Mapping[str, Any]:
    """The batch and the line that both steps are done for, if they are."""
    link = first.link or {}
    return {name: link[name] for name in ("batch", "line") if name in link}


async def _require_the_new_one(engine: Engine, first: Intent) -> None:
    """The old charge goes only while the new one stands: else the buyer would owe nothing."""
    if first.result is None:
        raise Held(
            _(
                "Which charge intent {intent} made is not known, so the old one is kept.",
                intent=first.id,
            ),
            _("Look the order up; cancel the old charge by itself if the new one is Authorized."),
            intent=first.id,
        )
    order = await engine.lookup.look_up(parse(first.result))
    new = order.charge(first.result)
    if new is not None and new.state in ("Canceled", "Declined"):
        why = _kept_because(new)
        await blocking(engine.journal.end_renewal, first.id, english(why))
        raise Held(why, _("Extend the old one again to begin anew."), intent=first.id)
    if new is None or new.state not in ("Authorized", "Captured"):
        unread = _(
            "The new charge {charge} is not readable, so the old one is kept.", charge=first.result
        )
        raise Held(
            _kept_because(new) if new is not None else unread,
            _(
                "Wait until it is Authorized, then extend the old one again: only what is left is"
                " done."
            ),
            intent=first.id,
        )


def _kept_because(new: Charge) -> str:
    return _(
        "The new charge {charge} is {state}, so the old one is kept.",
        charge=new.id,
        state=new.state,
    )


# --- where it stands ------------------------------------------------------------------------------


def unfinished(engine: Engine, charge_id: str) -> Intent | None:
    """The accepted first step of a renewal of this charge whose second was not done; blocks."""
    return next((i for i in half_done(engine.journal.intents()) if _renews(i, charge_id)), None)


def half_done(intents: Sequence[Intent]) -> list[Intent]:
    """The accepted first steps among all `intents` that nothing has followed up yet."""
    begun = LIVE_STATES - {State.ABSORBED}
    return [
        intent
        for intent in intents
        if (renewal := Renewal.of(intent)) is not None
        and renewal.step == 1
        and intent.state in begun
        and intent.link is not None
        and not intent.link.get("over")
        and not any(_follows_up(later, intent, renewal) for later in intents)
    ]


def _follows_up(later: Intent, first: Intent, renewal: Renewal) -> bool:
    """Whether a later intent did what the second step wanted, undid the first, or is at it."""
    if later.id == first.id or later.state not in LIVE_STATES | OPEN_STATES:
        return False
    if renewal.way is Way.CANCEL_FIRST:
        part = Renewal.of(later)  # an older one, tried again, follows it too
        after = later.id > first.id or (part is not None and part.after == first.id)
        return after and later.operation == _CREATE and later.scope == first.scope
    if later.object == renewal.old:
        return later.operation in (_CANCEL, "capture_charge")
    # Capturing the new one leaves the old one reserved beside it.
    return later.operation == _CANCEL and later.object == first.result


def _renews(intent: Intent, charge_id: str) -> bool:
    renewal = Renewal.of(intent)
    return renewal is not None and renewal.old == charge_id


def standing_of(first: Intent) -> str:
    """Where a half-done renewal stands, and both ways on, in sentences."""
    renewal = Renewal.of(first)
    assert renewal is not None
    return _(_HALF[renewal.way], new=first.result, amount=renewal.amount, old=renewal.old)


_HALF: Final = {
    Way.CREATE_FIRST: sentences(
        N_(
            "Half renewed: the new charge {new} was made over {amount}, and the old one {old} was"
            " not canceled."
        ),
        N_("To finish: `payconsole extend {old}`."),
        N_("To undo: `payconsole cancel {new}`."),
    ),
    Way.CANCEL_FIRST: sentences(
        N_("Half renewed: {old} was canceled, and no new charge was made over {amount}."),
        N_("To finish: `payconsole extend {old}`."),
        N_("It can't be undone: what was canceled stays canceled."),
    ),
}


def _waits(renewal: Renewal) -> str:
    return together(
        _("The old charge {charge} is kept until then.", charge=renewal.old),
        _(
            "To finish, once the new one is Authorized: `payconsole extend {charge}`.",
            charge=renewal.old,
        ),
    )


def _half_done(renewal: Renewal, first: Outcome, why: Exception) -> Outcome:
    """The first step is done and stays done, so it is told as that."""
    not_done = _("The second step was not done: {why}", why=told(why))
    message = together(first.message, not_done, _finish(renewal))
    return replace(first, result=Result.STALE, message=message, half_done=True)


def _of_both(renewal: Renewal, first: Outcome, second: Outcome) -> Outcome:
    ok = second.result in (Result.ACCEPTED, Result.ALREADY_SO, Result.ABSORBED)
    message = together(first.message, second.message)
    if not ok:
        but = _("But the second step: {message}", message=second.message)
        # What is unknown is resolved first, by its own hint.
        finish = _finish(renewal) if second.result is not Result.UNKNOWN else ""
        message = together(first.message, but, finish)
    made = first if renewal.way is Way.CREATE_FIRST else second
    return replace(
        second,
        message=message,
        target=renewal.old,
        object=made.object,
        amount=first.amount or second.amount,
        facts=(*first.facts, *second.facts),
        half_done=not ok,
    )


def _finish(renewal: Renewal) -> str:
    return _("To finish it: `payconsole extend {charge}`.", charge=renewal.old)

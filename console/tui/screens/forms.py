"""What each action asks for and shows of its object: one table for the dialog's first step.

It reads an order and what was typed, and gives lines and sentences; it draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from textual.content import Content

from console.actions.operations.update import MERCHANT_FIELDS, UNITS, parse_frequency
from console.actions.plan import Wish
from console.actions.renewal import Renewal, at_stake, standing_of, way_of
from console.actions.snapshot import merchant_part, recurring_part
from console.domain.clocks import clocks
from console.domain.disputes import doubts
from console.domain.guides import over_charge, reduce_charge
from console.domain.ids import parse
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission
from console.domain.money import AmountError, Money, parse_typed
from console.domain.order import Order, clamp
from console.domain.policy import Policy
from console.domain.remains import remains
from console.domain.rules import Offer
from console.domain.text import clean_line
from console.store.decisions import Intent
from console.tui.words import TONES, literal, quiet, state_word, whole

MOST_OTHERS: Final = 4
NEVER_FILLED: Final = "It is never filled in for you."
YES: Final = "yes"

Values = Mapping[str, str]  # by the fields' names; of a choice `yes` or nothing
Facts = list[tuple[str, Content | str]]


@dataclass(frozen=True)
class Subject:
    """What an action is about. `begun` is the first step of a renewal that is to be finished."""

    order: Order
    offer: Offer
    begun: Intent | None = None
    policy: Policy = field(default_factory=Policy)

    @property
    def charge(self) -> Charge:
        found = self.order.charge(self.offer.target)
        assert found is not None  # the offer was made from this very order
        return found

    @property
    def permission(self) -> ChargePermission:
        assert self.order.permission is not None
        return self.order.permission

    @property
    def currency(self) -> str:
        """The currency of what is acted on; empty where Amazon gives none."""
        charge = self.order.charge(self.offer.target)
        session = self.order.session
        if charge is not None:
            return charge.currency or ""
        if session is not None and session.id == self.offer.target and session.amount:
            return session.amount.currency
        return self.order.currency or ""


@dataclass(frozen=True)
class Checked:
    """What was read of the fields. `against` stands in the way, in the field `at`.

    `good` is what was understood, `mind` what to think of. Nothing typed yet is no mistake:
    then `aside` is shown instead of `against`.
    """

    against: str = ""
    at: str = ""
    good: str = ""
    mind: tuple[str, ...] = ()
    aside: str = ""


@dataclass(frozen=True)
class Field:
    """One field. `hint` stands in it while it is empty; beside a choice it says what yes means."""

    name: str
    label: str
    hint: str = ""
    is_choice: bool = False
    starts: Callable[[Subject], str] = lambda _subject: ""


@dataclass(frozen=True)
class Form:
    """The fields of one action, what is shown above them, and how they are read, if at all.

    `told` is whether Amazon is told the reason, too.
    """

    facts: Callable[[Subject, Values], Facts]
    check: Callable[[Subject, Values], Checked] | None = None
    fields: tuple[Field, ...] = ()
    told: bool = False


def form_of(subject: Subject) -> Form:
    """The form of an action on this kind of object."""
    kind = parse(subject.offer.target).v2.kind
    return _FORMS[subject.offer.action, kind]


def all_fields(subject: Subject) -> tuple[Field, ...]:
    """An action's own fields, and those that every action has."""
    form, policy = form_of(subject), subject.policy
    why = "why, for the journal and for Amazon" if form.told else "why, for the journal"
    reason = f"{why}; this profile asks for it" if policy.require_reason else why
    ticket = "the case's number" + ("; this profile asks for it" if policy.require_ticket else "")
    return (*form.fields, Field("reason", "Reason", reason), Field("ticket", "Ticket", ticket))


def wish_of(subject: Subject, values: Values) -> Wish:
    """What was asked for, as the engine takes it."""
    return Wish(
        amount=values.get("amount", "").strip(),
        reason=values.get("reason", ""),
        ticket=values.get("ticket", ""),
        capture_now=values.get("now") == YES,
        pending_allowed=values.get("pending") == YES,
        cancel_pending=values.get("ends") == YES,
        merchant=_changed(subject, values),
        frequency=values.get("frequency", ""),
    )


# --- reading what was typed ----------------------------------------------------------------------


def _said(subject: Subject, _values: Values) -> Checked:
    return Checked(aside=subject.offer.why)


def _read(
    subject: Subject, values: Values, then: Callable[[Subject, Money, Values], Checked]
) -> Checked:
    """The amount, and what `then` says of one that could be read."""
    typed = values.get("amount", "")
    try:
        amount = parse_typed(typed, subject.currency)
    except AmountError as error:
        aside = "" if typed.strip() else NEVER_FILLED
        return Checked(clean_line(str(error)), "amount", aside=aside)
    return then(subject, amount, values)


def _too_much(amount: Money, most: Money, can: str, *guide: str) -> Checked:
    return Checked(f"{amount} is too much: up to {most} can be {can}.", "amount", mind=guide)


def _refund(subject: Subject, amount: Money, _values: Values) -> Checked:
    most, charge = subject.offer.max_amount, subject.charge
    if most is not None and amount > most:
        return _too_much(amount, most, "refunded")
    floor, captured = subject.order.refund_floor(charge), charge.captured
    above = floor is not None and captured is not None and floor + amount > captured
    mind = ("More than was captured: needs a second confirmation.",) if above else ()
    return Checked(good=str(amount), mind=mind)


def _capture(subject: Subject, amount: Money, _values: Values) -> Checked:
    authorized, charge = subject.offer.max_amount, subject.charge
    if authorized is None or amount == authorized:
        return Checked(good=f"{amount}, all that was authorized" if authorized else str(amount))
    if amount > authorized:
        guide = over_charge(subject.order, charge, amount)
        return _too_much(amount, authorized, "captured", guide)
    return Checked(good=str(amount), mind=(reduce_charge(charge),))


def _authorize(subject: Subject, amount: Money, values: Values) -> Checked:
    most = subject.offer.max_amount
    if most is not None and amount > most:
        guide = "The limit was set at the checkout: for more, ask the buyer for a new one."
        return _too_much(amount, most, "authorized", guide)
    how = "collected at once" if values.get("now") == YES else "reserved, to be captured later"
    return Checked(good=f"{amount}, {how}")


def _complete(subject: Subject, amount: Money, _values: Values) -> Checked:
    agreed = subject.offer.max_amount
    if agreed is not None and amount != agreed:
        said = f"The buyer agreed to {agreed}, not to {amount}: Amazon answers AmountMismatch."
        return Checked(said, "amount")
    return Checked(good=f"{amount}, as agreed" if agreed else str(amount))


def _frequency(subject: Subject, values: Values) -> Checked:
    typed, amount = values.get("frequency", ""), values.get("amount", "")
    try:
        found = parse_frequency(typed)
    except AmountError as error:
        aside = "" if typed.strip() else f"Type a number and a unit: {', '.join(UNITS)}."
        return Checked(clean_line(str(error)), "frequency", aside=aside)
    often = found["unit"] if found["unit"] == "Variable" else f"{found['value']} {found['unit']}"
    good = f"every {often}" if often != "Variable" else "variable"
    if not amount.strip():
        return Checked(good=good)
    return _read(subject, values, lambda _s, money, _v: Checked(good=f"{good}, {money}"))


def _merchant(subject: Subject, values: Values) -> Checked:
    changed, now = _changed(subject, values), merchant_part(subject.permission)
    closed = subject.permission.state == "Closed"
    for name, value in changed.items():
        called, most = MERCHANT_FIELDS[name]
        if closed and now[name]:
            said = f"The permission is Closed: its {called} can't be changed any more."
            return Checked(said, name)
        if most is not None and len(value) > most:
            said = f"The {called} has {len(value)} characters; Amazon takes {most}."
            return Checked(said, name)
    if not changed:
        said = "Nothing is changed yet."
        aside = f"{said} {subject.offer.why}"
        return Checked(said, next(iter(MERCHANT_FIELDS)), aside=aside)
    names = ", ".join(MERCHANT_FIELDS[name][0] for name in changed)
    return Checked(good=f"to be changed: {names}")


def _changed(subject: Subject, values: Values) -> dict[str, str]:
    """The merchant's fields that say something else than what was filled in."""
    if subject.offer.action != "update":
        return {}
    return {
        name: values[name].strip()
        for name in MERCHANT_FIELDS
        if name in values and values[name].strip() != _present(name)(subject).strip()
    }


def _present(name: str) -> Callable[[Subject], str]:
    """What stands in a field now, as a field can show it."""
    return lambda subject: clean_line(str(merchant_part(subject.permission)[name] or ""), 300)


# --- what is known of the object -----------------------------------------------------------------


def _charge_facts(subject: Subject) -> Facts:
    charge = subject.charge
    state = state_word("charge", charge.state, charge.status.reason_codes)
    return [("Charge", Content.assemble(literal(charge.id), "  ", state))]


def _clock_facts(subject: Subject, names: Mapping[str, str]) -> Facts:
    """What runs out on the object: how much is left of it, and what that means."""
    return [
        (names[clock.what], Content.styled(f"{clock.count}. {clock.sentence}", TONES[clock.tone]))
        for clock in clocks(subject.order)
        if clock.object == subject.offer.target and clock.what in names
    ]


_AGES: Final = MappingProxyType(
    {"capture_without_delay": "Without delay", "authorization": "Authorization"}
)


def _room_facts(subject: Subject) -> Facts:
    permission = subject.order.permission
    if permission is None:
        return []
    if permission.limit is None or permission.balance is None:
        return [("Room left", "Amazon gives no limit for this order")]
    return [("Room left", f"{permission.balance} of {permission.limit}")]


def _others_facts(subject: Subject) -> Facts:
    """The charges beside it that hold or held money."""
    alive = (*OPEN_CHARGE_STATES, "Captured")
    others = [
        charge
        for charge in subject.order.charges
        if charge.id != subject.offer.target and charge.state in alive
    ]
    facts: Facts = [
        ("Beside it" if not number else "", _charge_line(charge))
        for number, charge in enumerate(others[:MOST_OTHERS])
    ]
    if len(others) > MOST_OTHERS:
        facts.append(("", quiet(f"and {len(others) - MOST_OTHERS} more")))
    return facts


def _charge_line(charge: Charge) -> Content:
    state = state_word("charge", charge.state, charge.status.reason_codes)
    return Content.assemble(literal(charge.id), "  ", state, f"  {whole(charge.amount)}")


def _refund_facts(subject: Subject, _values: Values) -> Facts:
    order, charge = subject.order, subject.charge
    floor, captured, most = order.refund_floor(charge), charge.captured, subject.offer.max_amount
    limit = f"up to {whole(most)}"
    if most is not None and floor is not None and captured is not None:
        above = most - clamp(captured - floor)
        limit += f", {above} of it above what was captured" if above.is_positive else ""
    facts: Facts = [
        *_charge_facts(subject),
        ("Captured", whole(captured)),
        ("Refunded", whole(floor)),
        ("Refundable", limit),
    ]
    if doubts(order, charge.id):  # the plan says which disputes, and what they ask for
        said = "yes, or it may be: a refund can pay twice, so it needs a second confirmation"
        facts.append(("Disputed", Content.styled(said, TONES["warning"])))
    return facts


def _capture_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_charge_facts(subject),
        ("Authorized", whole(subject.charge.amount)),
        *_clock_facts(subject, _AGES),
        *_room_facts(subject),
        *_others_facts(subject),
    ]


def _cancel_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_charge_facts(subject),
        ("Authorized", whole(subject.charge.amount)),
        *_clock_facts(subject, {"authorization": "Authorization"}),
        *_others_facts(subject),
    ]


def _renew_facts(subject: Subject, _values: Values) -> Facts:
    charge = subject.charge
    facts = [*_charge_facts(subject), ("Authorized", whole(charge.amount))]
    if subject.begun is not None:
        return [*facts, ("It stands", standing_of(subject.begun))]
    way = way_of(subject.order, charge)
    creates = way.steps[0] == "create_charge"
    first = f"authorize {whole(charge.amount)} anew" if creates else f"cancel {charge.id}"
    return [
        *facts,
        *_clock_facts(subject, {"authorization": "Authorization"}),
        *_room_facts(subject),
        ("Two steps", f"First: {first}. {Renewal(charge.id, str(charge.amount), way).said}"),
        *(("Mind", Content.styled(said, TONES["warning"])) for said in at_stake(way, charge)),
    ]


def _permission_facts(subject: Subject) -> Facts:
    permission = subject.permission
    reasons, paid = permission.status.reason_codes, subject.order.fully_captured
    state = state_word("charge_permission", permission.state, reasons, paid)
    return [("Order", Content.assemble(literal(permission.id), "  ", state))]


def _authorize_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_permission_facts(subject),
        *_room_facts(subject),
        *_clock_facts(subject, {"permission": "Permission"}),
        *_others_facts(subject),
    ]


def _close_facts(subject: Subject, values: Values) -> Facts:
    """Each charge that is open, and what becomes of it."""
    ends = values.get("ends") == YES
    facts = _permission_facts(subject)
    for charge in subject.order.charges:
        if charge.state not in OPEN_CHARGE_STATES:
            continue
        dies = ends and charge.state in ("AuthorizationInitiated", "Authorized")
        label, tone = ("Is canceled", TONES["warning"]) if dies else ("Is kept", "")
        facts.append((label, _charge_line(charge).stylize(tone) if tone else _charge_line(charge)))
    if len(facts) == 1:
        facts.append(("Charges", "none that is open is known here"))
    return facts


def _update_facts(subject: Subject, _values: Values) -> Facts:
    return _permission_facts(subject)


def _extend_facts(subject: Subject, _values: Values) -> Facts:
    now = recurring_part(subject.permission)
    return [
        *_permission_facts(subject),
        ("Frequency", f"{now['frequency'] or 'not told'}, {now['amount'] or 'no amount'}"),
        *_clock_facts(subject, {"permission": "Permission"}),
    ]


def _session_facts(subject: Subject, _values: Values) -> Facts:
    session = subject.order.session
    assert session is not None
    state = state_word("checkout_session", session.state, session.status.reason_codes)
    return [
        ("Session", Content.assemble(literal(session.id), "  ", state)),
        ("Agreed", whole(session.amount) if session.amount else "not told"),
        ("Left", " ".join(remains(session, subject.order.observed)[1:2])),
    ]


# --- the table -----------------------------------------------------------------------------------

_AMOUNT: Final = Field("amount", "Amount", "in {currency}")
_FORMS: Final = MappingProxyType(
    {
        ("refund", "charge"): Form(
            _refund_facts, lambda s, v: _read(s, v, _refund), (_AMOUNT,)
        ),
        ("capture", "charge"): Form(
            _capture_facts, lambda s, v: _read(s, v, _capture), (_AMOUNT,)
        ),
        ("cancel", "charge"): Form(_cancel_facts, _said, told=True),
        ("authorize", "charge_permission"): Form(
            _authorize_facts,
            lambda s, v: _read(s, v, _authorize),
            (
                _AMOUNT,
                Field("now", "Capture", "collect it at once", is_choice=True),
                Field("pending", "Pending", "it may stay pending, for up to 24 hours",
                      is_choice=True),
            ),
        ),
        ("close", "charge_permission"): Form(
            _close_facts,
            _said,
            (Field("ends", "Charges", "cancel what is open", is_choice=True),),
            told=True,
        ),
        ("update", "charge_permission"): Form(
            _update_facts,
            _merchant,
            tuple(
                Field(name, label[0].upper() + label[1:], "empty", starts=_present(name))
                for name, label in (
                    ("merchantReferenceId", "reference"),
                    ("merchantStoreName", "store name"),
                    ("noteToBuyer", "note to buyer"),
                    ("customInformation", "custom info"),
                )
            ),
        ),
        ("extend", "charge_permission"): Form(
            _extend_facts,
            _frequency,
            (
                Field("frequency", "Frequency", "such as 1 Year"),
                Field("amount", "Amount", "in {currency}; may stay empty"),
            ),
        ),
        ("extend", "charge"): Form(_renew_facts),
        ("complete", "checkout_session"): Form(
            _session_facts, lambda s, v: _read(s, v, _complete), (_AMOUNT,)
        ),
    }
)  # fmt: skip

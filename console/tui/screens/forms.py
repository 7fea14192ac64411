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
from console.domain.clocks import Clock, clocks
from console.domain.disputes import doubts
from console.domain.guides import over_charge, reduce_charge
from console.domain.ids import parse
from console.domain.language import N_, _, together
from console.domain.listed import listed
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
NEVER_FILLED: Final = N_("It is never filled in for you.")
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
    """One field. `hint` stands in it while it is empty; beside a choice it says what yes means.

    `label` and `hint` are translated where they are shown.
    """

    name: str
    label: str
    hint: str = ""
    is_choice: bool = False
    starts: Callable[[Subject], str] = lambda _subject: ""
    hint_of: Callable[[Subject], str] | None = None  # where the hint depends on the object


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
    reason = _REASONS[form.told, policy.require_reason]
    ticket = _TICKETS[policy.require_ticket]
    return (
        *form.fields,
        Field("reason", N_("Reason"), reason),
        Field("ticket", N_("Ticket"), ticket),
    )


# By whether Amazon is told the reason, and whether the profile asks for it.
_REASONS: Final = {
    (False, False): N_("why, for the journal; may be left out"),
    (False, True): N_("why, for the journal; this profile asks for it"),
    (True, False): N_("why, for the journal and for Amazon; may be left out"),
    (True, True): N_("why, for the journal and for Amazon; this profile asks for it"),
}
_TICKETS: Final = {
    False: N_("the case's number; may be left out"),
    True: N_("the case's number; this profile asks for it"),
}


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
        aside = "" if typed.strip() else _(NEVER_FILLED)
        return Checked(clean_line(str(error)), "amount", aside=aside)
    return then(subject, amount, values)


def _refund(subject: Subject, amount: Money, _values: Values) -> Checked:
    most, charge = subject.offer.max_amount, subject.charge
    if most is not None and amount > most:
        said = _("{amount} is too much: up to {most} can be refunded.", amount=amount, most=most)
        return Checked(said, "amount")
    floor, captured = subject.order.refund_floor(charge), charge.captured
    above = floor is not None and captured is not None and floor + amount > captured
    mind = (_("More than was captured: needs a second confirmation."),) if above else ()
    return Checked(good=str(amount), mind=mind)


def _capture(subject: Subject, amount: Money, _values: Values) -> Checked:
    authorized, charge = subject.offer.max_amount, subject.charge
    if authorized is None:
        return Checked(good=str(amount))
    if amount == authorized:
        return Checked(good=_("{amount}, all that was authorized", amount=amount))
    if amount > authorized:
        said = _(
            "{amount} is too much: up to {most} can be captured.", amount=amount, most=authorized
        )
        return Checked(said, "amount", mind=(over_charge(subject.order, charge, amount),))
    return Checked(good=str(amount), mind=(reduce_charge(charge),))


def _authorize(subject: Subject, amount: Money, values: Values) -> Checked:
    most = subject.offer.max_amount
    if most is not None and amount > most:
        said = _("{amount} is too much: up to {most} can be authorized.", amount=amount, most=most)
        guide = _("The limit was set at the checkout: for more, ask the buyer for a new one.")
        return Checked(said, "amount", mind=(guide,))
    if values.get("now") == YES:
        return Checked(good=_("{amount}, collected at once", amount=amount))
    return Checked(good=_("{amount}, reserved, to be captured later", amount=amount))


def _complete(subject: Subject, amount: Money, _values: Values) -> Checked:
    agreed = subject.offer.max_amount
    if agreed is not None and amount != agreed:
        said = _(
            "The buyer agreed to {agreed}, not to {amount}: Amazon answers AmountMismatch.",
            agreed=agreed,
            amount=amount,
        )
        return Checked(said, "amount")
    return Checked(good=_("{amount}, as agreed", amount=amount) if agreed else str(amount))


def _frequency(subject: Subject, values: Values) -> Checked:
    typed, amount = values.get("frequency", ""), values.get("amount", "")
    try:
        found = parse_frequency(typed)
    except AmountError as error:
        choose = _("Type a number and a unit: {units}.", units=", ".join(UNITS))
        aside = "" if typed.strip() else choose
        return Checked(clean_line(str(error)), "frequency", aside=aside)
    good = _("variable")
    if found["unit"] != "Variable":
        good = _("every {number} {unit}", number=found["value"], unit=found["unit"])
    if not amount.strip():
        return Checked(good=good)
    return _read(subject, values, lambda _s, money, _v: Checked(good=f"{good}, {money}"))


def _merchant(subject: Subject, values: Values) -> Checked:
    changed, now = _changed(subject, values), merchant_part(subject.permission)
    closed = subject.permission.state == "Closed"
    for name, value in changed.items():
        called, most = MERCHANT_FIELDS[name]
        if closed and now[name]:
            said = _(
                "The permission is Closed: its {field} can't be changed any more.", field=_(called)
            )
            return Checked(said, name)
        if most is not None and len(value) > most:
            said = _(
                "The {field} has {count} characters; Amazon takes {most}.",
                field=_(called),
                count=len(value),
                most=most,
            )
            return Checked(said, name)
    if not changed:
        said = _("Nothing is changed yet.")
        aside = together(said, subject.offer.why)
        return Checked(said, next(iter(MERCHANT_FIELDS)), aside=aside)
    names = listed(_(MERCHANT_FIELDS[name][0]) for name in changed)
    return Checked(good=_("to be changed: {fields}", fields=names))


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
    """What stands in a field now; nothing where the field can't show it whole.

    A text of several lines, or a long one, must not be cut because somebody edits its start.
    """

    def present(subject: Subject) -> str:
        value = str(merchant_part(subject.permission)[name] or "")
        shown = clean_line(value, 300)
        return shown if shown == value else ""

    return present


def _hint_of(name: str) -> Callable[[Subject], str]:
    """What stands in a field of the merchant's while nothing is in it."""

    def hint(subject: Subject) -> str:
        if _present(name)(subject):
            return N_("emptied: what stood here will be taken away")
        if merchant_part(subject.permission)[name]:
            return N_("too long to stand here; what is typed replaces it")
        return N_("empty")

    return hint


# --- what is known of the object -----------------------------------------------------------------


def _charge_facts(subject: Subject) -> Facts:
    charge = subject.charge
    state = state_word("charge", charge.state, charge.status.reason_codes)
    return [(_("Charge"), Content.assemble(literal(charge.id), "  ", state))]


def _clock_facts(subject: Subject, names: Mapping[str, str]) -> Facts:
    """What runs out on the object: how much is left of it, and what that means."""
    return [
        (_(names[clock.what]), Content.styled(_clock_text(clock), TONES[clock.tone]))
        for clock in clocks(subject.order)
        if clock.object == subject.offer.target and clock.what in names
    ]


def _clock_text(clock: Clock) -> str:
    return _("{left}. {what_follows}", left=clock.count, what_follows=_(clock.sentence))


_AUTHORIZATION: Final = MappingProxyType({"authorization": N_("Authorization")})
_AGES: Final = MappingProxyType({"capture_without_delay": N_("Without delay"), **_AUTHORIZATION})
_PERMISSION: Final = MappingProxyType({"permission": N_("Permission")})


def _room_facts(subject: Subject) -> Facts:
    permission = subject.order.permission
    if permission is None:
        return []
    if permission.limit is None or permission.balance is None:
        return [(_("Room left"), _("Amazon gives no limit for this order"))]
    balance = permission.balance
    said = _("{balance} of {limit}", balance=balance, limit=permission.limit)
    makes_new = subject.offer.action in ("authorize", "extend")
    free = subject.order.unreserved if makes_new else None
    if free is not None and free.currency == balance.currency and free < balance:
        counted = N_("{said} by Amazon's count; {free} of it is not authorized yet")
        said = _(counted, said=said, free=free)
    return [(_("Room left"), said)]


def _others_facts(subject: Subject) -> Facts:
    """The charges beside it that hold or held money."""
    alive = (*OPEN_CHARGE_STATES, "Captured")
    others = [
        charge
        for charge in subject.order.charges
        if charge.id != subject.offer.target and charge.state in alive
    ]
    facts: Facts = [
        (_("Other charge") if not number else "", _charge_line(charge))
        for number, charge in enumerate(others[:MOST_OTHERS])
    ]
    if len(others) > MOST_OTHERS:
        facts.append(("", quiet(_("and {count} more", count=len(others) - MOST_OTHERS))))
    return facts


def _charge_line(charge: Charge) -> Content:
    state = state_word("charge", charge.state, charge.status.reason_codes)
    return Content.assemble(literal(charge.id), "  ", state, f"  {whole(charge.amount)}")


def _refund_facts(subject: Subject, _values: Values) -> Facts:
    order, charge = subject.order, subject.charge
    floor, captured, most = order.refund_floor(charge), charge.captured, subject.offer.max_amount
    limit = _("up to {most}", most=whole(most))
    if most is not None and floor is not None and captured is not None:
        above = most - clamp(captured - floor)
        if above.is_positive:
            limit = _("up to {most}, {above} of it above what was captured", most=most, above=above)
    facts: Facts = [
        *_charge_facts(subject),
        (_("Captured"), whole(captured)),
        (_("Refunded"), whole(floor)),
        (_("Refundable"), limit),
    ]
    if doubts(order, charge.id):  # the plan says which disputes, and what they ask for
        said = _("yes, or it may be: a refund can pay twice, so it needs a second confirmation")
        facts.append((_("Disputed"), Content.styled(said, TONES["warning"])))
    return facts


def _capture_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_charge_facts(subject),
        (_("Authorized"), whole(subject.charge.amount)),
        *_clock_facts(subject, _AGES),
        *_room_facts(subject),
        *_others_facts(subject),
    ]


def _cancel_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_charge_facts(subject),
        (_("Authorized"), whole(subject.charge.amount)),
        *_lapse_facts(subject),
        *_others_facts(subject),
    ]


def _lapse_facts(subject: Subject) -> Facts:
    """When the charge would end by itself: who cancels it is not told to capture it before."""
    said = N_("{left}. Left alone, it ends by itself then, and nothing is reserved any more.")
    return [
        (_("Authorization"), _clock_text(clock) if clock.passed else _(said, left=clock.count))
        for clock in clocks(subject.order)
        if clock.object == subject.offer.target and clock.what == "authorization"
    ]


def _renew_facts(subject: Subject, _values: Values) -> Facts:
    charge = subject.charge
    facts = [*_charge_facts(subject), (_("Authorized"), whole(charge.amount))]
    if subject.begun is not None:
        return [*facts, (_("It stands"), standing_of(subject.begun))]
    way = way_of(subject.order, charge)
    if way.steps[0] == "create_charge":
        first = _("First: authorize {amount} anew.", amount=whole(charge.amount))
    else:
        first = _("First: cancel {charge}.", charge=charge.id)
    steps = together(first, Renewal(charge.id, str(charge.amount), way).said)
    return [
        *facts,
        *_clock_facts(subject, _AUTHORIZATION),
        *_room_facts(subject),
        (_("Two steps"), steps),
        *((_("Mind"), Content.styled(said, TONES["warning"])) for said in at_stake(way, charge)),
    ]


def _permission_facts(subject: Subject) -> Facts:
    permission = subject.permission
    reasons, paid = permission.status.reason_codes, subject.order.fully_captured
    state = state_word("charge_permission", permission.state, reasons, paid)
    return [(_("Order"), Content.assemble(literal(permission.id), "  ", state))]


def _authorize_facts(subject: Subject, _values: Values) -> Facts:
    return [
        *_permission_facts(subject),
        *_room_facts(subject),
        *_clock_facts(subject, _PERMISSION),
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
        label, tone = (_("Is canceled"), TONES["warning"]) if dies else (_("Is kept"), "")
        facts.append((label, _charge_line(charge).stylize(tone) if tone else _charge_line(charge)))
    if len(facts) == 1:
        facts.append((_("Charges"), _("none that is open is known here")))
    return facts


def _update_facts(subject: Subject, _values: Values) -> Facts:
    return _permission_facts(subject)


def _extend_facts(subject: Subject, _values: Values) -> Facts:
    now = recurring_part(subject.permission)
    frequency, amount = now["frequency"] or _("not told"), now["amount"] or _("no amount")
    return [
        *_permission_facts(subject),
        (_("Frequency"), _("{frequency}, {amount}", frequency=frequency, amount=amount)),
        *_clock_facts(subject, _PERMISSION),
    ]


def _session_facts(subject: Subject, _values: Values) -> Facts:
    session = subject.order.session
    assert session is not None
    state = state_word("checkout_session", session.state, session.status.reason_codes)
    return [
        (_("Session"), Content.assemble(literal(session.id), "  ", state)),
        (_("Agreed"), whole(session.amount) if session.amount else _("not told")),
        (_("Left"), together(*remains(session, subject.order.observed)[1:2])),
    ]


# --- the table -----------------------------------------------------------------------------------

_AMOUNT: Final = Field("amount", N_("Amount"), N_("in {currency}"))
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
                Field("now", N_("Capture"), N_("collect it at once"), is_choice=True),
                Field("pending", N_("Pending"), N_("it may stay pending, for up to 24 hours"),
                      is_choice=True),
            ),
        ),
        ("close", "charge_permission"): Form(
            _close_facts,
            _said,
            (Field("ends", N_("Charges"), N_("cancel what is open"), is_choice=True),),
            told=True,
        ),
        ("update", "charge_permission"): Form(
            _update_facts,
            _merchant,
            tuple(
                Field(name, label, starts=_present(name), hint_of=_hint_of(name))
                for name, label in (
                    ("merchantReferenceId", N_("Reference")),
                    ("merchantStoreName", N_("Store name")),
                    ("noteToBuyer", N_("Note to buyer")),
                    ("customInformation", N_("Custom info")),
                )
            ),
        ),
        ("extend", "charge_permission"): Form(
            _extend_facts,
            _frequency,
            (
                Field("frequency", N_("Frequency"), N_("such as 1 Year")),
                Field("amount", N_("Amount"), N_("in {currency}; may stay empty")),
            ),
        ),
        ("extend", "charge"): Form(_renew_facts),
        ("complete", "checkout_session"): Form(
            _session_facts, lambda s, v: _read(s, v, _complete), (_AMOUNT,)
        ),
    }
)  # fmt: skip

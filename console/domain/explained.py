"""What the states of one order mean, with what depends on that very order.

The tables of `explain` know no order; here come the buyer's own link to mend the payment
method, the day from which on a monthly limit is new, and whether a closed order was paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.domain.explain import (
    AFTER_HARD_DECLINE,
    ERRORS,
    NEXT_CHECKOUT,
    SAY_WITH_AMOUNT,
    Explanation,
    explain_state,
    mend_payment_url,
    wait_for_next_month,
)
from console.domain.ids import NotAnId, parse
from console.domain.language import N_, _, english, together
from console.domain.meanings import MENDABLE
from console.domain.members import Member, members
from console.domain.model import Charge, ChargePermission, Dispute, Refund, Status
from console.domain.money import Money
from console.domain.order import Order
from console.domain.rules import more_than_limit

# Reasons for which another payment method changes nothing.
_NOT_THE_METHOD: Final = frozenset(
    {"ChargeInProgress", "AmountNotSet", "AmazonRejected", "ProcessingFailure",
     "TransactionTimedOut"}
)  # fmt: skip
_NO_ROOM: Final = N_(
    "The buyer's consent stands; nothing of its limit is free, as open charges take it up."
)
_NO_ROOM_NEXT: Final = N_("Capture what is authorized, or cancel it to free its amount.")
_NO_ROOM_WAIT: Final = N_("Wait until Amazon has decided about the open charge.")
_STILL_RESERVED: Final = N_(
    "{amount} is still authorized: capture it, or cancel it to free the buyer's money."
)
# Where the whole limit was captured with other charges.
_ONLY_CANCEL: Final = N_(
    "{amount} is still authorized, but nothing of the order's limit is left: cancel it to free the"
    " buyer's money."
)
_NO_LINK: Final = N_(
    "Amazon publishes no address for one-time orders: the buyer signs in on Amazon Pay's pages, "
    "opens this order there and changes the payment method."
)


@dataclass(frozen=True)
class Explained:
    """One object of an order, its state and what that means.

    `mend_url` is where this order's buyer mends the payment method, where that would help and
    such an address is published; `mend` says the same as a sentence.
    """

    kind: str
    id: str
    status: Status
    explanation: Explanation
    mend: str | None = None
    mend_url: str | None = None


def explained(order: Order, only: Collection[str] | None = None) -> tuple[Explained, ...]:
    """Every object of `order` explained: the permission first, then what is below it.

    With `only`, an order of hundreds of objects gives those of these ids alone.
    """
    wanted = ((kind, one) for kind, one in members(order) if only is None or one.id in only)
    return tuple(_explained(order, kind, one) for kind, one in wanted)


def _explained(order: Order, kind: str, one: Member) -> Explained:
    if isinstance(one, ChargePermission):
        return _permission(order, one)
    meaning = explain_state(kind, one.state, one.status.reason_codes)
    permission = order.permission
    if permission is not None and "HardDeclined" in one.status.reason_codes:
        ends = permission.is_one_time or permission.state == "Closed"
        meaning = replace(meaning, next_step=_(AFTER_HARD_DECLINE[ends]))
    if isinstance(one, Charge):
        meaning = _with_room(order, one, meaning)
    if isinstance(one, Charge | Refund):
        meaning = _with_amount(meaning, one.captured if isinstance(one, Charge) else one.amount)
    if isinstance(one, Dispute):
        meaning = _with_filing_reason(meaning, one.filing_reason)
    found = Explained(kind, one.id, one.status, meaning)
    return _with_link(order, found) if (kind, one.state) == ("charge", "Declined") else found


def _permission(order: Order, permission: ChargePermission) -> Explained:
    meaning = explain_state(
        "charge_permission",
        permission.state,
        permission.status.reason_codes,
        fully_captured=order.fully_captured,
    )
    if _month_is_used_up(permission):
        limit = ERRORS["PeriodicAmountExceeded"].told()
        meaning = replace(
            limit,
            meaning=together(meaning.meaning, limit.meaning),
            next_step=wait_for_next_month(order.observed.date()),
        )
    elif _has_no_room(order, permission):
        meaning = replace(meaning, meaning=_(_NO_ROOM), next_step=_without_room(order))
    elif permission.state == "Closed":
        meaning = _with_reserved(order, meaning)
    one = Explained("charge_permission", permission.id, permission.status, meaning)
    return _with_link(order, one) if permission.state == "NonChargeable" else one


def _has_no_room(order: Order, permission: ChargePermission) -> bool:
    """Chargeable, with its limit taken up by what is authorized and not yet captured: by Amazon's
    balance, or by the charges that are known here.
    """
    left = [money for money in (permission.balance, order.unreserved) if money is not None]
    return (
        permission.state == "Chargeable"
        and permission.is_one_time
        and any(not money.is_positive for money in left)
        and _is_positive(order.totals.authorized_open)
    )


def _without_room(order: Order) -> str:
    held = _held(order)
    if not _is_positive(held):
        return _(_NO_ROOM_WAIT)
    return _(_ONLY_CANCEL, amount=held) if order.fully_captured else _(_NO_ROOM_NEXT)


def _held(order: Order) -> Money | None:
    """What is authorized and waits for the merchant: not what Amazon is at work on."""
    amounts = [one.amount for one in order.charges if one.state == "Authorized" and one.amount]
    if not amounts or {money.currency for money in amounts} != {order.currency}:
        return None
    return sum(amounts[1:], amounts[0])


def _is_positive(money: Money | None) -> bool:
    return money is not None and money.is_positive


def _with_reserved(order: Order, meaning: Explanation) -> Explanation:
    """Of a closed permission under which an amount is still authorized: that is what is left to do.

    Source: the Charge Permission page; closing without `cancelPendingCharges` leaves it so.
    """
    held, paid = _held(order), order.fully_captured
    if not _is_positive(held):
        return meaning
    step = _(_ONLY_CANCEL if paid else _STILL_RESERVED, amount=held)
    return replace(meaning, next_step=step if paid else together(step, _(NEXT_CHECKOUT)))


def _with_room(order: Order, charge: Charge, meaning: Explanation) -> Explanation:
    """Nobody is told to capture what the order's limit has no room for."""
    left = order.beyond_limit(charge)
    if charge.state != "Authorized" or left is None:
        return meaning
    if left.is_positive:
        return replace(meaning, next_step=together(meaning.next_step, more_than_limit(left)))
    return replace(meaning, next_step=_(_ONLY_CANCEL, amount=charge.amount))


def _month_is_used_up(permission: ChargePermission) -> bool:
    """Chargeable and recurring, with nothing left of this month's limit."""
    balance = permission.balance
    return (
        permission.state == "Chargeable"
        and not permission.is_one_time
        and balance is not None
        and not balance.is_positive
    )


def said_of_refunds(refunds: Sequence[Refund]) -> str:
    """The sentences for the buyer about the refunds of a charge, oldest first: those that stand
    alike in one, with their sum. What was declined counts only while nothing came after it.
    """
    alike: dict[tuple[str, tuple[str, ...]], list[Refund]] = {}
    for one in refunds:
        if not one.is_dead or one is refunds[-1]:
            alike.setdefault((one.state, one.status.reason_codes), []).append(one)
    return together(*(_said_of(state, codes, found) for (state, codes), found in alike.items()))


def _said_of(state: str, reasons: Collection[str], refunds: Sequence[Refund]) -> str:
    amounts = [one.amount for one in refunds if one.amount is not None]
    meaning = explain_state("refund", state, reasons)
    if len(amounts) < len(refunds) or len({money.currency for money in amounts}) > 1:
        return meaning.say_to_buyer
    return _with_amount(meaning, sum(amounts[1:], amounts[0]), len(amounts)).say_to_buyer


def said_to_buyer(state: str, reasons: Collection[str], amount: Money | None) -> str:
    """The sentence for the buyer about a refund in this state; empty where it isn't known."""
    meaning = explain_state("refund", state, reasons)
    return _with_amount(meaning, amount).say_to_buyer if meaning.known else ""


def _with_amount(meaning: Explanation, money: Money | None, parts: int = 1) -> Explanation:
    """What is said to the buyer names the amount, where the sentence has room for it."""
    said = SAY_WITH_AMOUNT.get(english(meaning.say_to_buyer))
    if said is None or money is None or not money.is_positive:
        return meaning
    amount = str(money)
    if parts > 1:
        amount = _("{amount} in {count} parts", amount=amount, count=parts)
    return replace(meaning, say_to_buyer=_(said, amount=amount))


def _with_filing_reason(meaning: Explanation, reason: str | None) -> Explanation:
    if not reason:
        return meaning
    why = explain_state("dispute_filing_reason", reason)
    return replace(
        meaning,
        meaning=together(meaning.meaning, why.meaning),
        next_step=together(meaning.next_step, why.next_step if why.known else ""),
        known=meaning.known and why.known,
    )


def _with_link(order: Order, one: Explained) -> Explained:
    """With the buyer's way to mend the payment method, where that can help."""
    permission = order.permission
    codes = set(one.status.reason_codes)
    if permission is None or permission.state == "Closed":
        return one  # gone, or not known: there is nothing to mend it on
    if codes and not codes & MENDABLE and codes <= _NOT_THE_METHOD:
        return one
    if permission.is_one_time:
        return replace(one, mend=_(_NO_LINK))
    url = mend_payment_url(permission.id, region_of(order))
    return replace(one, mend=_("The buyer's own page: {url}", url=url), mend_url=url)


def region_of(order: Order) -> str | None:
    """`na`, `eu` or `jp` by the digits of the ids, else by the yen; None where neither tells.

    The digits are read from examples, no page states them.
    """
    for hint in _region_hints(order):
        if hint:
            return hint
    return "jp" if order.currency == "JPY" else None


def _region_hints(order: Order) -> Iterator[str | None]:
    if order.permission is not None:
        try:
            yield parse(order.permission.id).region_hint
        except NotAnId:
            yield None
    yield order.query.region_hint

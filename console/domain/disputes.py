"""Disputes (chargebacks): which of them make a refund pay twice, and what each one says.

Source: Dispute page (states, resolutions, reasons) and the disputes section of the IPN page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from console.domain import moments
from console.domain.explain import explain_state
from console.domain.ids import Kind, NotAnId, parse
from console.domain.language import N_, _, many, together
from console.domain.model import Dispute
from console.domain.order import Order
from console.domain.text import clean_line

# Every other state, an unknown one too, counts as open.
OVER: Final = frozenset({"Resolved", "Closed"})
# Over, but the buyer normally gets the money through the dispute.
_BUYER_GETS_IT: Final = frozenset({"MerchantAcceptedDispute", "MerchantResponseDeadlineExpired"})

# What is said of a dispute, by whether its amount and why it was filed are known.
_SAID: Final = {
    (False, False): N_("Dispute {dispute} is {state}."),
    (True, False): N_("Dispute {dispute} is {state}, over {amount}."),
    (False, True): N_("Dispute {dispute} is {state}, filed as {reason}."),
    (True, True): N_("Dispute {dispute} is {state}, over {amount}, filed as {reason}."),
}


def disputes_of(order: Order, charge_id: str) -> tuple[Dispute, ...]:
    """The disputes of one charge; one that names no charge may be about any of them."""
    return tuple(d for d in order.disputes if d.charge_id in (charge_id, None))


def unread_disputes(order: Order) -> tuple[str, ...]:
    """The ids of disputes that are known to exist and could not be read."""
    return tuple(sorted(name for name in order.unread if _is_dispute(name)))


def is_open(dispute: Dispute) -> bool:
    return dispute.state not in OVER


def resolution(dispute: Dispute) -> str | None:
    """`BuyerWon`, `MerchantWon`, `NoFault`, or whatever Amazon says; None while undecided."""
    status = dispute.raw.get("statusDetails")
    found = status.get("resolution") if isinstance(status, Mapping) else None
    return clean_line(found, 100) if isinstance(found, str) and found else None


def can_pay_twice(dispute: Dispute) -> bool:
    """Whether a refund beside this dispute can give the buyer the money a second time.

    So while it is open, and after it was decided for the buyer, who has the money then.
    """
    if is_open(dispute) or resolution(dispute) == "BuyerWon":
        return True
    return not _BUYER_GETS_IT.isdisjoint(dispute.status.reason_codes)


def known_here(order: Order, charge_id: str) -> str:
    """What a plan says of disputes: a charge doesn't tell of its own, so silence is no no."""
    names = [d.id for d in disputes_of(order, charge_id)]
    if names:
        return _("known here: {disputes}", disputes=", ".join(names))
    return _("none known here; Seller Central would show any")


def doubts(order: Order, charge_id: str | None = None) -> tuple[str, ...]:
    """Why a refund of this charge (or of any) can pay twice, a sentence each; or nothing.

    A dispute that could not be read counts: whether it is open isn't known, nor which charge
    of the order it is about.
    """
    disputes = order.disputes if charge_id is None else disputes_of(order, charge_id)
    found = [
        together(
            in_words(dispute, order.observed), _("A refund beside it can pay the buyer twice.")
        )
        for dispute in disputes
        if can_pay_twice(dispute)
    ]
    found += [
        _(
            "Dispute {dispute} of this order could not be read, so it may be open: a refund can"
            " pay the buyer twice.",
            dispute=name,
        )
        for name in unread_disputes(order)
    ]
    return tuple(found)


def in_words(dispute: Dispute, now: datetime) -> str:
    """The dispute in sentences: state, amount, why it was filed, what is to be done by when."""
    said = [_(_SAID[dispute.amount is not None, bool(dispute.filing_reason)], **_facts(dispute))]
    codes = dispute.status.reason_codes
    decided = resolution(dispute)
    if decided is not None:
        said.append(explain_state("dispute_resolution", decided).meaning)
    elif codes:
        said.append(_("Amazon's reason: {codes}.", codes=", ".join(codes)))
    if is_open(dispute):
        said.append(deadline(dispute, now))
    return together(*said)


def _facts(dispute: Dispute) -> dict[str, object]:
    return {
        "dispute": dispute.id,
        "state": dispute.state,
        "amount": dispute.amount,
        "reason": dispute.filing_reason,
    }


def deadline(dispute: Dispute, now: datetime) -> str:
    """Until when the merchant can answer; Amazon may give no date."""
    due = dispute.deadline
    if due is None:
        return _("Amazon gives no deadline for an answer.")
    when, left = moments.said(due), due - now
    if left <= timedelta(0):
        return _("The deadline for an answer was {time}; it has passed.", time=when)
    hours = int(left.total_seconds() // 3600)
    if hours < 2:
        return _("Answer it in Seller Central by {time}: less than 2 hours left.", time=when)
    if hours < 48:
        return many(
            "Answer it in Seller Central by {time}: {count} hour left.",
            "Answer it in Seller Central by {time}: {count} hours left.",
            hours,
            time=when,
        )
    return many(
        "Answer it in Seller Central by {time}: {count} day left.",
        "Answer it in Seller Central by {time}: {count} days left.",
        left.days,
        time=when,
    )


def _is_dispute(identifier: str) -> bool:
    try:
        return parse(identifier).kind is Kind.DISPUTE
    except NotAnId:
        return False

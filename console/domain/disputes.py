"""Disputes (chargebacks): which of them make a refund pay twice, and what each one says.

Source: Dispute page (states, resolutions, reasons) and the disputes section of the IPN page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from console.domain.explain import explain_state
from console.domain.ids import Kind, NotAnId, parse
from console.domain.model import Dispute
from console.domain.order import Order
from console.domain.text import clean_line

# Every other state, an unknown one too, counts as open.
OVER: Final = frozenset({"Resolved", "Closed"})
# Over, but the buyer normally gets the money through the dispute.
_BUYER_GETS_IT: Final = frozenset({"MerchantAcceptedDispute", "MerchantResponseDeadlineExpired"})


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
        return f"known here: {', '.join(names)}"
    return "none known here; Seller Central shows them"


def doubts(order: Order, charge_id: str | None = None) -> tuple[str, ...]:
    """Why a refund of this charge (or of any) can pay twice, a sentence each; or nothing.

    A dispute that could not be read counts: whether it is open isn't known, nor which charge
    of the order it is about.
    """
    disputes = order.disputes if charge_id is None else disputes_of(order, charge_id)
    found = [
        f"{in_words(dispute, order.observed)} A refund beside it can pay the buyer twice."
        for dispute in disputes
        if can_pay_twice(dispute)
    ]
    found += [
        f"Dispute {name} of this order could not be read, so it may be open: a refund can pay the"
        " buyer twice."
        for name in unread_disputes(order)
    ]
    return tuple(found)


def in_words(dispute: Dispute, now: datetime) -> str:
    """The dispute in sentences: state, amount, why it was filed, what is to be done by when."""
    said = [f"Dispute {dispute.id} is {dispute.state}"]
    if dispute.amount is not None:
        said.append(f"over {dispute.amount}")
    if dispute.filing_reason:
        said.append(f"filed as {dispute.filing_reason}")
    sentences = [", ".join(said) + "."]
    codes = dispute.status.reason_codes
    decided = resolution(dispute)
    if decided is not None:
        sentences.append(explain_state("dispute_resolution", decided).meaning)
    elif codes:
        sentences.append(f"Amazon's reason: {', '.join(codes)}.")
    if is_open(dispute):
        sentences.append(deadline(dispute, now))
    return " ".join(sentences)


def deadline(dispute: Dispute, now: datetime) -> str:
    """Until when the merchant can answer; Amazon may give no date."""
    due = dispute.deadline
    if due is None:
        return "Amazon gives no deadline for an answer."
    when = f"{due:%Y-%m-%d %H:%M} UTC"
    left = due - now
    if left <= timedelta(0):
        return f"The deadline for an answer was {when}; it has passed."
    if left >= timedelta(days=2):
        return f"Answer it in Seller Central by {when}: {left.days} days left."
    hours = int(left.total_seconds() // 3600)
    short = f"{hours} hours left" if hours > 1 else "less than 2 hours left"
    return f"Answer it in Seller Central by {when}: {short}."


def _is_dispute(identifier: str) -> bool:
    try:
        return parse(identifier).kind is Kind.DISPUTE
    except NotAnId:
        return False

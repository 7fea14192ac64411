"""What is left of a checkout session, and what to look for where Amazon has nothing.

Sources: Checkout Session page (24 hours, states, reason codes, deletion after 30 days); the
page "Upgrading to Checkout v2" for v1 orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from console.domain.explain import explain_state
from console.domain.limits import CHECKOUT_SESSION_KEPT, CHECKOUT_SESSION_OPEN
from console.domain.model import CheckoutSession

_KEPT: Final = f"{CHECKOUT_SESSION_KEPT.days} days"
_HOURS: Final = int(CHECKOUT_SESSION_OPEN.total_seconds() // 3600)
_DIGITS: Final = (
    "Check the digits, and whether it belongs to another account, region or environment."
)

# What a 404 may mean, by the kind of object that was asked for.
_MISSING: Final = {
    "checkout_session": (
        f"Amazon deletes a checkout session {_KEPT} after it was created; what it led to stays."
        " Look for the order by its own id, which begins with P01-, S01-, B01- or C01- (or 02,"
        " 03): it stands in the shop's record of the order and in the buyer's mail from Amazon"
        " Pay. A younger session may belong to another account or environment, and a UUID may"
        " also be the number of a notification or of a request."
    ),
    "charge_permission": (
        f"{_DIGITS} A v1 order reference that the buyer never confirmed may not be there either:"
        " then there is nothing to charge or to refund. Seller Central and Amazon's reports show"
        " a payment of a recurring order as an order of its own: then paste the charge's id."
    ),
    "charge": (
        f"{_DIGITS} A v1 authorization is asked for by the id with C for A. If only the payment"
        " is missing, paste the order's id, the part before the last dash."
    ),
}


def hint_when_missing(kind: str) -> str:
    """What to do where Amazon answers 404 for an object of this kind (a v2 kind)."""
    return _MISSING.get(kind, _DIGITS)


def remains(session: CheckoutSession, now: datetime) -> tuple[str, ...]:
    """What there is to know of a session, a sentence each: its state, what is left, what next.

    `now` is Amazon's clock, for what is left of the 24 hours.
    """
    return tuple(_sentences(session, now))


def _sentences(session: CheckoutSession, now: datetime) -> Iterator[str]:
    told = explain_state("checkout_session", session.state, session.status.reason_codes)
    yield told.meaning
    if session.state == "Open":
        yield from _open(session, now)
    elif session.state == "Completed":
        yield from _completed(session)
    else:
        yield told.next_step


def _open(session: CheckoutSession, now: datetime) -> Iterator[str]:
    expires = session.expires
    if expires is None and session.created is not None:
        expires = session.created + CHECKOUT_SESSION_OPEN
    if expires is None:
        yield f"Amazon cancels it {_HOURS} hours after it was created."
    elif expires <= now:
        yield f"Its {_HOURS} hours were over at {expires:%Y-%m-%d %H:%M} UTC: Amazon cancels it."
    else:
        yield f"Until {expires:%Y-%m-%d %H:%M} UTC it can be completed: {_left(expires - now)}."
    yield (
        "The shop completes it with Complete Checkout Session once the buyer is back on its page,"
        " with the amount. If it doesn't, there is no order, and Amazon voids what the buyer"
        " agreed to. There is nothing to refund yet."
    )


def _left(left: timedelta) -> str:
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min left"


def _completed(session: CheckoutSession) -> Iterator[str]:
    ids = [
        f"{kind} {identifier}"
        for kind, identifier in (
            ("permission", session.permission_id),
            ("charge", session.charge_id),
        )
        if identifier
    ]
    if ids:
        yield f"It led to {' and '.join(ids)}: the order goes on there."
    else:
        yield "Amazon names no permission for it: look for the order's own id in the shop."
    if session.permission_id and not session.charge_id:
        yield "No charge was made with it: the buyer only confirmed."

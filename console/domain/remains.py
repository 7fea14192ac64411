"""What is left of a checkout session, and what to look for where Amazon has nothing.

Sources: Checkout Session page (24 hours, states, reason codes, deletion after 30 days); the
page "Upgrading to Checkout v2" for v1 orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from console.domain import moments
from console.domain.explain import explain_state
from console.domain.language import N_, _, sentences
from console.domain.limits import CHECKOUT_SESSION_KEPT, CHECKOUT_SESSION_OPEN
from console.domain.model import CheckoutSession

_HOURS: Final = int(CHECKOUT_SESSION_OPEN.total_seconds() // 3600)
_DIGITS: Final = N_(
    "Check the digits, and whether it belongs to another account, region or environment."
)

# What a 404 may mean, by the kind of object that was asked for.
_MISSING: Final = {
    "checkout_session": N_(
        "Amazon deletes a checkout session {days} days after it was created; what it led to stays."
        " Look for the order by its own id, which begins with P01-, S01-, B01- or C01- (or 02,"
        " 03): it stands in the shop's record of the order and in the buyer's mail from Amazon"
        " Pay. A younger session may belong to another account or environment, and a UUID may"
        " also be the number of a notification or of a request."
    ),
    "charge_permission": sentences(
        _DIGITS,
        N_(
            "A v1 order reference that the buyer never confirmed may not be there either: then"
            " there is nothing to charge or to refund. Seller Central and Amazon's reports show a"
            " payment of a recurring order as an order of its own: then paste the charge's id."
        ),
    ),
    "charge": sentences(
        _DIGITS,
        N_(
            "A v1 authorization is asked for by the id with C for A. If only the payment is"
            " missing, paste the order's id, the part before the last dash."
        ),
    ),
}


def hint_when_missing(kind: str) -> str:
    """What to do where Amazon answers 404 for an object of this kind (a v2 kind)."""
    return _(_MISSING.get(kind, _DIGITS), days=CHECKOUT_SESSION_KEPT.days)


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
        yield _("Amazon cancels it {hours} hours after it was created.", hours=_HOURS)
    elif expires <= now:
        yield _(
            "Its {hours} hours were over at {time}: Amazon cancels it.",
            hours=_HOURS,
            time=moments.said(expires),
        )
    else:
        hours, minutes = divmod(int((expires - now).total_seconds()) // 60, 60)
        yield _(
            "Until {time} it can be completed: {hours} h {minutes} min left.",
            time=moments.said(expires),
            hours=hours,
            minutes=minutes,
        )
    yield _(
        "The shop completes it with Complete Checkout Session once the buyer is back on its page,"
        " with the amount. If it doesn't, there is no order, and Amazon voids what the buyer"
        " agreed to. There is nothing to refund yet."
    )


def _completed(session: CheckoutSession) -> Iterator[str]:
    permission, charge = session.permission_id, session.charge_id
    if permission and charge:
        yield _(
            "It led to permission {permission} and charge {charge}: the order goes on there.",
            permission=permission,
            charge=charge,
        )
    elif permission:
        yield _(
            "It led to permission {permission}: the order goes on there.", permission=permission
        )
        yield _("No charge was made with it: the buyer only confirmed.")
    elif charge:
        yield _("It led to charge {charge}: the order goes on there.", charge=charge)
    else:
        yield _("Amazon names no permission for it: look for the order's own id in the shop.")

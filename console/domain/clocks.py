"""What runs out on an order: when, how much is left of it, and what follows.

A clock counts to a time that Amazon gave, or to one that is computed from its rules; each says
which. Everything is measured at the moment of the look, so the same order gives the same clocks.

Sources: the Charge, Charge Permission, Checkout Session and Dispute pages; "Asynchronous
processing" (capture within 7 days); "Advanced one-time payment options" (180 days or 13 months);
v1 Capture states (2 days in v1's sandbox).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from console.domain.explain import Tone
from console.domain.language import N_, _, many, sentences
from console.domain.limits import (
    AUTHORIZATION_LIFE,
    BUYER_DATA_LIFE,
    CHECKOUT_SESSION_KEPT,
    CHECKOUT_SESSION_OPEN,
    ONE_TIME_LIFE,
    SYNCHRONOUS_CAPTURE,
)
from console.domain.model import Charge, ChargePermission, CheckoutSession, Dispute
from console.domain.order import Order, lifetime_kind

What = Literal[
    "capture_without_delay",
    "authorization",
    "buyer_details",
    "permission",
    "dispute_response",
    "checkout_session",
    "checkout_session_kept",
]

TITLES: Final[dict[What, str]] = {
    "capture_without_delay": N_("capture without delay"),
    "authorization": N_("authorization"),
    "buyer_details": N_("buyer's details"),
    "permission": N_("permission"),
    "dispute_response": N_("answer to the dispute"),
    "checkout_session": N_("checkout"),
    "checkout_session_kept": N_("session kept"),
}

# How little must be left for a clock to warn, and to be red. The others never press.
_PRESSING: Final[dict[What, tuple[timedelta, timedelta]]] = {
    "capture_without_delay": (timedelta(days=3), timedelta(0)),
    "authorization": (timedelta(days=7), timedelta(days=2)),
    "permission": (timedelta(days=14), timedelta(days=3)),
    "dispute_response": (timedelta(days=11), timedelta(days=3)),
    "checkout_session": (timedelta(hours=6), timedelta(0)),
}
# A lapsed one of these is a loss; that the others are over is only a fact.
_LOSSES: Final[dict[What, Tone]] = {
    "authorization": "bad",
    "permission": "warning",
    "dispute_response": "bad",
}
# What `lifetime_kind` of the order says.
_MADE_FOR: Final = {
    "180 days": N_("This one was made for 180 days (deduced from its two dates)."),
    "13 months": N_("This one was made for 13 months (deduced from its two dates)."),
}
_URGENCY: Final[tuple[Tone, ...]] = ("bad", "warning", "waiting", "neutral", "good")
_DISPUTE_OVER: Final = frozenset({"Resolved", "Closed"})


@dataclass(frozen=True)
class Clock:
    """One thing of `object` that runs out at `until`, seen at `now`; all times are UTC.

    `until` is None where it has no end yet. `amazon` is whether `until` is Amazon's own
    timestamp; otherwise it is computed. `sentence` says what follows, for a reader who sees
    `until` beside it: in English, as a bundle keeps it; `_` translates it where it is shown.
    """

    what: What
    object: str
    begins: datetime | None
    until: datetime | None
    now: datetime
    amazon: bool
    sentence: str

    @property
    def left(self) -> timedelta | None:
        """What is left, never negative; None without an end."""
        return None if self.until is None else max(timedelta(0), self.until - self.now)

    @property
    def days_left(self) -> int | None:
        """Whole days that are left; 0 on the last one and once it has passed."""
        return None if self.left is None else self.left.days

    @property
    def passed(self) -> bool:
        """Whether it is over: at its very end it is."""
        return self.until is not None and self.now >= self.until

    @property
    def tone(self) -> Tone:
        if self.passed:
            return _LOSSES.get(self.what, "neutral")
        warning, bad = _PRESSING.get(self.what, (timedelta(0), timedelta(0)))
        left = self.left
        if left is None or left > warning:
            return "neutral"
        return "bad" if left <= bad else "warning"

    @property
    def title(self) -> str:
        return _(TITLES[self.what])

    @property
    def count(self) -> str:
        """`2 days left`, `over for 3 hours`, `no end yet`."""
        if self.until is None:
            return _("no end yet")
        if self.passed:
            return _("over for {length}", length=span(self.now - self.until))
        return _("{length} left", length=span(self.until - self.now))


def span(length: timedelta) -> str:
    """The length in the largest unit that it fills: `2 days`, `23 hours`, `5 minutes`."""
    minutes = int(length.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 60 // 24
    if days:
        return many("{count} day", "{count} days", days)
    if hours:
        return many("{count} hour", "{count} hours", hours)
    if minutes:
        return many("{count} minute", "{count} minutes", minutes)
    return _("less than a minute")


def clocks(order: Order) -> tuple[Clock, ...]:
    """Everything that runs out on `order` or did, at the moment that it was observed."""
    found: list[Clock] = []
    for charge in order.charges:
        found += _of_charge(charge, order)
    for dispute in order.disputes:
        found += _of_dispute(dispute, order.observed)
    if order.session is not None:
        found += _of_session(order.session, order.observed)
    if order.permission is not None:
        found += _of_permission(order.permission, order.observed)
    return tuple(found)


def most_urgent(found: Iterable[Clock]) -> Clock | None:
    """The clock that presses most; of those that press alike, the next to run out.

    What has passed, has no end or only says how long data is kept asks nobody to hurry.
    """
    running = [one for one in found if one.what in _PRESSING and one.left and not one.passed]
    return min(running, key=lambda one: (_URGENCY.index(one.tone), one.left), default=None)


def _of_charge(charge: Charge, order: Order) -> Iterator[Clock]:
    if charge.state != "Authorized":
        return
    now, permission, left = order.observed, order.permission, order.beyond_limit(charge)
    has_no_room = left is not None and not left.is_positive
    yield from _capture_without_delay(charge, now, has_no_room=has_no_room)
    until, amazon = charge.expires, True
    if until is None and charge.created is not None:
        until, amazon = charge.created + AUTHORIZATION_LIFE, False
    if until is None:
        return
    if now >= until:
        said = N_("The authorization has run out: Amazon cancels the charge (ExpiredUnused).")
    elif has_no_room:
        said = N_("It lapses then, and nothing is reserved any more.")
    else:
        said = N_("Capture it before then, or it lapses and nothing is reserved any more.")
    if not amazon:
        said = sentences(
            said,
            N_("Amazon gives no expiry here: 30 days are counted; a sandbox may be shorter."),
        )
    soon = permission is not None and permission.expires and now < permission.expires < until
    if soon and not has_no_room:
        said = sentences(
            said,
            N_(
                "The permission ends earlier: whether a capture still works after that is not"
                " confirmed, so capture before it."
            ),
        )
    yield Clock("authorization", charge.id, charge.created, until, now, amazon, said)


def _capture_without_delay(charge: Charge, now: datetime, *, has_no_room: bool) -> Iterator[Clock]:
    """Counted from when the charge was created: the authorization can't be older.

    `has_no_room` says that the whole limit of its order was captured with other charges.
    """
    if charge.created is None:
        return
    until = charge.created + SYNCHRONOUS_CAPTURE
    if charge.expires is not None and charge.expires < until:
        until = charge.expires  # a sandbox authorization may not live for 7 days
    if has_no_room:
        said = N_("Nothing of the order's limit is left, so Amazon may refuse a capture.")
    elif now >= until:
        said = N_(
            "A capture now takes a while: it begins as CaptureInitiated, and Amazon can still "
            "decline it."
        )
    else:
        said = N_("Until then a capture is answered at once; later ones are asynchronous.")
    yield Clock("capture_without_delay", charge.id, charge.created, until, now, False, said)


def _of_dispute(dispute: Dispute, now: datetime) -> Iterator[Clock]:
    if dispute.deadline is None or dispute.state in _DISPUTE_OVER:
        return
    until = dispute.deadline
    if now >= until:
        said = N_("The time to answer has passed; see in Seller Central how it was decided.")
    elif dispute.state == "ActionRequired":
        said = N_("Answer it before then: contest it with evidence, or accept it.")
    else:
        said = N_("Whatever the merchant is asked for must be there before then.")
    yield Clock("dispute_response", dispute.id, dispute.created, until, now, True, said)


def _of_session(session: CheckoutSession, now: datetime) -> Iterator[Clock]:
    created = session.created
    if session.state == "Open":
        until, amazon = session.expires, True
        if until is None and created is not None:
            until, amazon = created + CHECKOUT_SESSION_OPEN, False
        if until is not None:
            said = N_(
                "If it isn't completed within 24 hours Amazon cancels it: nothing is charged."
            )
            yield Clock("checkout_session", session.id, created, until, now, amazon, said)
    if created is not None:
        said = N_("Amazon deletes the session 30 days after it was created; its order stays.")
        until = created + CHECKOUT_SESSION_KEPT
        yield Clock("checkout_session_kept", session.id, created, until, now, False, said)


def _of_permission(permission: ChargePermission, now: datetime) -> Iterator[Clock]:
    if permission.state != "Closed":
        yield from _permission_life(permission, now)
    yield from _buyer_details(permission, now)


def _permission_life(permission: ChargePermission, now: datetime) -> Iterator[Clock]:
    until, amazon = permission.expires, True
    said = [N_("After it no new charge can be made; what was captured can still be refunded.")]
    kind = lifetime_kind(permission) if permission.is_one_time else None
    if kind is not None:
        said.append(_MADE_FOR[kind])
    if until is None:
        if not permission.is_one_time or permission.created is None:
            return
        until, amazon = permission.created + ONE_TIME_LIFE, False
        said.append(
            N_(
                "Amazon gives no expiry here: 180 days are counted; it is 13 months if the checkout"
                " asked for that."
            )
        )
    begins, sentence = permission.created, sentences(*said)
    yield Clock("permission", permission.id, begins, until, now, amazon, sentence)


def _buyer_details(permission: ChargePermission, now: datetime) -> Iterator[Clock]:
    """For a payment method on file no rule is published, so there is no clock."""
    begins, until = permission.created, None
    if permission.is_one_time:
        if begins is None:
            return
        until = begins + BUYER_DATA_LIFE
        said = N_("Amazon gives the buyer's details of a one-time order for 30 days.")
    elif permission.is_recurring:
        said = N_(
            "Amazon gives the buyer's details while it is open, and for 30 days after its end."
        )
        if permission.state == "Closed":
            begins = permission.status.updated
            if begins is None:
                return
            until = begins + BUYER_DATA_LIFE
            said = sentences(said, N_("Counted from its last change, which should be its end."))
    else:
        return
    yield Clock("buyer_details", permission.id, begins, until, now, False, said)

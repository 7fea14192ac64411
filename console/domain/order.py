"""Order: one charge permission with its charges and refunds, and what their money adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property

from console.domain.ids import Identifier
from console.domain.language import N_
from console.domain.limits import EXTENDED_LIFE, ONE_TIME_LIFE, OVER_REFUND_CAP, OVER_REFUND_SHARE
from console.domain.model import (
    OPEN_CHARGE_STATES,
    PENDING_STATES,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Refund,
)
from console.domain.money import Money, exponent


@dataclass(frozen=True)
class Event:
    """One line of an order's history, with the source that says so."""

    time: datetime
    object: str
    event: str
    source: str  # amazon, journal, seen, notification, report, file
    actor: str | None = None


@dataclass(frozen=True)
class Totals:
    """The money of an order's known charges in its currency; None where it can't be known.

    `authorized_pending` is the part of `authorized_open` that Amazon hasn't decided about;
    `refunded` is what Amazon counts, or what the known refunds add up to where that is more;
    `refund_initiated` is the part of the known refunds that has only begun,
    `refund_unseen` what Amazon counts beyond the known ones: done, or only begun. `unaccounted` is
    what charges used that this console has not seen, at least; None where Amazon gives no
    limits or where they are monthly.
    """

    currency: str | None
    authorized_open: Money | None = None
    authorized_pending: Money | None = None
    captured: Money | None = None
    refunded: Money | None = None
    refund_initiated: Money | None = None
    refund_unseen: Money | None = None
    refundable: Money | None = None
    unaccounted: Money | None = None

    @property
    def above_captured(self) -> Money | None:
        """The part of `refundable` that is more than what is left of the captured money."""
        if self.refundable is None or self.captured is None or self.refunded is None:
            return None
        return clamp(self.refundable - clamp(self.captured - self.refunded))


@dataclass(frozen=True)
class Order:
    """Everything that one look at Amazon and at our own records gave of an order.

    `observed` is the moment of the look, `amazon_date` Amazon's own clock in the answer for
    the queried object. `journal_refunds` is, by charge, the sum of live refunds that the
    journal knows; `unread` names objects that are known to exist but could not be read.
    Where Amazon was not asked, `remembered` is the time of the oldest of the looks that the
    order was put together from.
    """

    query: Identifier
    permission: ChargePermission | None
    charges: tuple[Charge, ...]
    refunds: tuple[Refund, ...]
    observed: datetime
    amazon_date: datetime | None = None
    session: CheckoutSession | None = None
    disputes: tuple[Dispute, ...] = ()
    journal_refunds: Mapping[str, Money] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    remembered: datetime | None = None
    warnings: tuple[str, ...] = ()
    history: tuple[Event, ...] = ()

    @property
    def id(self) -> str:
        """The permission's id, or that of the object through which the order was found."""
        return self.permission.id if self.permission else self.query.v2.id

    @property
    def currency(self) -> str | None:
        for charge in self.charges:
            if charge.currency:
                return charge.currency
        return self.permission.currency if self.permission else None

    def charge(self, charge_id: str) -> Charge | None:
        return next((c for c in self.charges if c.id == charge_id), None)

    def refunds_of(self, charge_id: str) -> tuple[Refund, ...]:
        return self._refunds_by_charge.get(charge_id, ())

    def last_refund_of(self, charge_id: str) -> Refund | None:
        """The newest known refund of a charge; of those without a time the last that is named."""
        earliest = datetime.min.replace(tzinfo=UTC)
        refunds = enumerate(self.refunds_of(charge_id))
        newest = max(refunds, key=lambda one: (one[1].created or earliest, one[0]), default=None)
        return None if newest is None else newest[1]

    @cached_property
    def _refunds_by_charge(self) -> Mapping[str | None, tuple[Refund, ...]]:
        found: dict[str | None, list[Refund]] = {}
        for refund in self.refunds:
            found.setdefault(refund.charge_id, []).append(refund)
        return {charge: tuple(refunds) for charge, refunds in found.items()}

    @property
    def pending(self) -> tuple[Charge | Refund, ...]:
        """What Amazon is still at work on."""
        family: tuple[Charge | Refund, ...] = (*self.charges, *self.refunds)
        return tuple(member for member in family if member.state in PENDING_STATES)

    @property
    def fully_captured(self) -> bool | None:
        """Whether a one-time order's whole limit was captured; None where limits are null."""
        if self.permission is None or not self.permission.is_one_time:
            return None
        limit, captured = self.permission.limit, self.totals.captured
        if limit is None or captured is None or limit.currency != captured.currency:
            return None
        return captured >= limit

    @property
    def uncaptured(self) -> Money | None:
        """What of a one-time order's limit no known charge has captured; None without a limit.

        Whether Amazon's own balance counts at the authorization or at the capture is not
        documented.
        """
        if self.permission is None or not self.permission.is_one_time:
            return None
        limit, captured = self.permission.limit, self.totals.captured
        if limit is None or captured is None or limit.currency != captured.currency:
            return None
        return clamp(limit - captured)

    def beyond_limit(self, charge: Charge) -> Money | None:
        """What of the limit is left for `charge`, where that is less than was authorized with it.

        None where all of it has room, or no limit is known: Amazon may refuse to capture more.
        """
        left = self.uncaptured
        if left is None or charge.amount is None or left.currency != charge.amount.currency:
            return None
        return left if left < charge.amount else None

    @property
    def unreserved(self) -> Money | None:
        """What of it is not authorized either."""
        left, reserved = self.uncaptured, self.totals.authorized_open
        if left is None or reserved is None or reserved.currency != left.currency:
            return left
        return clamp(left - reserved)

    def refund_floor(self, charge: Charge) -> Money | None:
        """What must be counted as already refunded of `charge`.

        The greater of Amazon's figure and the journal's sum of live refunds, so that a read
        that lags behind an accepted refund offers nothing twice.
        """
        return refund_floor(charge, self.journal_refunds.get(charge.id))

    def unseen_refunds(self, charge: Charge) -> Money | None:
        """What Amazon counts as refunded beyond the refunds that are known, at least."""
        if charge.refunded is None:
            return None
        known = [r.amount for r in self.refunds_of(charge.id) if not r.is_dead and r.amount]
        same = [amount for amount in known if amount.currency == charge.refunded.currency]
        return charge.refunded - sum(same, Money.zero(charge.refunded.currency))

    def refundable(self, charge: Charge) -> Money | None:
        """The most that may still be refunded of `charge`; None while nothing was captured."""
        floor = self.refund_floor(charge)
        if floor is None or charge.captured is None or charge.state != "Captured":
            return None
        if charge.captured.currency != floor.currency:
            return None  # amounts that don't fit together give no figure
        return clamp(charge.captured + over_refund(charge.captured) - floor)

    @cached_property
    def totals(self) -> Totals:
        currency = self.currency
        if currency is None:
            return Totals(None)
        if not self.charges:  # Amazon lists none, so nothing is known of their money
            return Totals(currency, unaccounted=self._unaccounted(currency))
        captured = _sum(currency, (c.captured for c in self.charges))
        open_amounts = (c.amount for c in self.charges if c.state in OPEN_CHARGE_STATES)
        return Totals(
            currency=currency,
            authorized_open=_sum(currency, open_amounts),
            authorized_pending=_sum(
                currency, (c.amount for c in self.charges if c.state == "AuthorizationInitiated")
            ),
            captured=captured,
            refunded=_sum(currency, (self._refunded(c) for c in self.charges)),
            refund_initiated=_sum(
                currency, (r.amount for r in self.refunds if r.state in PENDING_STATES)
            ),
            refund_unseen=_sum(
                currency, (clamp(m) for c in self.charges if (m := self.unseen_refunds(c)))
            ),
            refundable=_sum(currency, (self.refundable(c) for c in self.charges)),
            unaccounted=self._unaccounted(currency),
        )

    def _refunded(self, charge: Charge) -> Money | None:
        floor = self.refund_floor(charge)
        if floor is None:
            return None
        live = (r.amount for r in self.refunds_of(charge.id) if not r.is_dead)
        return max(floor, _sum(floor.currency, live), key=lambda m: m.amount)

    def _unaccounted(self, currency: str) -> Money | None:
        permission = self.permission
        if permission is None or not permission.is_one_time:
            return None
        limit, balance = permission.limit, permission.balance
        if limit is None or balance is None or {limit.currency, balance.currency} != {currency}:
            return None
        # Whether the balance falls at authorization or at capture is not documented, so the
        # known charges count with the most that they can have used.
        known = _sum(currency, (_most_used(c) for c in self.charges))
        return clamp(limit - balance - known)


def refund_floor(charge: Charge, journal: Money | None) -> Money | None:
    """max(refunded according to Amazon, journal's sum); None where no currency is known."""
    if charge.currency is None:
        return None
    amazon = clamp(charge.refunded or Money.zero(charge.currency))
    if journal is None or journal.currency != amazon.currency:
        return amazon
    return max(amazon, journal, key=lambda m: m.amount)


def over_refund(captured: Money) -> Money:
    """How far the refunds of a charge may exceed its captured amount (Refund page).

    The lesser of 15 % and 75 USD/GBP/EUR or 8,400 JPY; nothing for currencies that Amazon
    gives no figure for.
    """
    cap = OVER_REFUND_CAP.get(captured.currency, Decimal(0))
    unit = Decimal(1).scaleb(-exponent(captured.currency))
    share = (captured.amount * OVER_REFUND_SHARE).quantize(unit, rounding=ROUND_FLOOR)
    return Money(min(cap, share), captured.currency)


def clamp(money: Money) -> Money:
    """`money`, or zero where it is negative."""
    return money if money.is_positive else Money.zero(money.currency)


def lifetime_kind(permission: ChargePermission) -> str | None:
    """`180 days` or `13 months`: which life a one-time permission was created with.

    Deduced from its two timestamps; None where either is missing or neither fits. `_` translates
    it where it is shown.
    """
    if permission.created is None or permission.expires is None:
        return None
    life, slack = permission.expires - permission.created, timedelta(days=3)
    if abs(life - ONE_TIME_LIFE) <= slack:
        return N_("180 days")
    if abs(life - EXTENDED_LIFE) <= slack:
        return N_("13 months")
    return None


def _most_used(charge: Charge) -> Money | None:
    if charge.state not in OPEN_CHARGE_STATES and charge.state != "Captured":
        return None
    known = [m for m in (charge.amount, charge.captured) if m is not None]
    return max(known, key=lambda m: m.amount) if known else None


def _sum(currency: str, amounts: Iterable[Money | None]) -> Money:
    """The sum of those in `currency`; another currency is never added."""
    same = (m.amount for m in amounts if m is not None and m.currency == currency)
    return Money(sum(same, Decimal(0)), currency)

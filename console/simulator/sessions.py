"""Checkout sessions: create, get, update, complete. The buyer has always agreed already."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from console.domain.limits import (
    CHECKOUT_SESSION_KEPT,
    CHECKOUT_SESSION_OPEN,
    EXTENDED_LIFE,
    ONE_TIME_LIFE,
)
from console.domain.money import Money

from . import bodies, charges, permissions
from .bodies import JSON
from .calls import Answer, Call
from .charges import Wish
from .errors import ApiError, not_found
from .objects import DECLINED_AT_ONCE, LIVE, ChargePermission, CheckoutSession
from .render import SESSION_FIELDS, described, session_json
from .world import World

_PAYMENT_FIELDS: Final = (
    "paymentIntent",
    "canHandlePendingAuthorization",
    "chargeAmount",
    "totalOrderAmount",
    "presentmentCurrency",
    "softDescriptor",
    "allowOvercharge",
    "extendExpiration",
)
_UPDATABLE: Final = (
    "webCheckoutDetails",
    "paymentDetails",
    "recurringMetadata",
    "merchantMetadata",
    "supplementaryData",
    "providerMetadata",
    "platformId",
)
# Monthly limits, elsewhere and in yen (Monthly charge limits pages).
_MONTHLY: Final = {
    "Recurring": (Decimal(1000), Decimal(100_000)),
    "PaymentMethodOnFile": (Decimal(15_000), Decimal(2_000_000)),
}
# The least limit with allowOvercharge, else 900 % (Advanced one-time payment options page).
_OVERCHARGE: Final = (Decimal(500), Decimal(70_000))
# A test buyer's cards, by their last digits (Sandbox simulations page): the simulation code that
# each stands for, and the reason code with which a pending one ends.
_CARDS: Final = {
    "3064": ("BuyerCanceled", None),
    "3434": ("Declined", None),
    "0701": ("AuthorizationInitiated", None),
    "4354": ("AuthorizationInitiated", "HardDeclined"),
}
_CARD: Final = re.compile(r"\*+([0-9]{4})\b")
# Region digits as real ids show them; no page states them.
_REGIONS: Final = {"JPY": "03", "EUR": "02", "GBP": "02"}


def get(world: World, call: Call) -> Answer:
    return Answer(200, shown(_existing(world, call, world.seen_at())))


def shown(session: CheckoutSession) -> JSON:
    return session_json(session, session.created + CHECKOUT_SESSION_OPEN)


def _existing(world: World, call: Call, when: datetime | None = None) -> CheckoutSession:
    """A session is deleted 30 days after it was created (Checkout Session page)."""
    session = world.session(call.target, call.environment, when)
    if world.clock.now() > session.created + CHECKOUT_SESSION_KEPT:
        raise not_found("CheckoutSession", call.target)
    return session


def create(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, SESSION_FIELDS)
    if not body.get("storeId"):
        raise bodies.missing("storeId")
    if body.get("webCheckoutDetails") is None:
        raise bodies.missing("webCheckoutDetails")
    _check_details(body)
    now = world.clock.now()
    session = CheckoutSession(
        id=world.new_session_id(),
        environment=call.environment,
        created=now,
        updated=now,
        details={"chargePermissionType": "OneTime", "productType": "PayAndShip", **body},
    )
    world.put(session)
    schedule(world, session)
    return Answer(201, shown(session))


def _check_details(body: JSON) -> None:
    kind = body.get("chargePermissionType")
    if kind not in (None, "OneTime", *_MONTHLY):
        raise ApiError("InvalidParameterValue", f"chargePermissionType is not valid: {kind}")
    payment = bodies.section(body, "paymentDetails", _PAYMENT_FIELDS)
    bodies.merchant_metadata(body)
    if payment is None:
        return
    bodies.price(payment, "chargeAmount")
    bodies.price(payment, "totalOrderAmount")
    bodies.soft_descriptor(payment)
    for name in ("canHandlePendingAuthorization", "allowOvercharge", "extendExpiration"):
        bodies.flag(payment, name)


def schedule(world: World, session: CheckoutSession) -> None:
    """A session that is not completed within 24 hours is canceled."""
    if session.state == "Open":
        world.later(session.created + CHECKOUT_SESSION_OPEN, _expiring(world, session.id))


def _expiring(world: World, session_id: str) -> Callable[[datetime], None]:
    def expire(when: datetime) -> None:
        session = world.sessions[session_id].latest
        if session.state == "Open":
            _cancel(world, session, "Expired", when)

    return expire


def _cancel(world: World, session: CheckoutSession, reason: str, when: datetime) -> None:
    world.put(replace(session, state="Canceled", reason=reason, updated=when))


def update(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(body, _UPDATABLE)
    session = _existing(world, call)
    _check_details(body)
    _check_open(world, session)
    details = dict(session.details)
    for name, value in body.items():
        old = details.get(name)
        merged = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        details[name] = merged
    changed = world.put(replace(session, details=details), world.clock.now())
    return Answer(200, shown(changed))


def _check_open(world: World, session: CheckoutSession) -> None:
    if session.state == "Canceled":
        raise _canceled(world, session)
    if session.state != "Open":
        raise ApiError(
            "InvalidCheckoutSessionStatus", f"CheckoutSession {session.id} is {session.state}"
        )


def _canceled(world: World, session: CheckoutSession) -> ApiError:
    return ApiError(
        "CheckoutSessionCanceled",
        f"CheckoutSession {session.id} is Canceled",
        world.switches.canceled_session_status,
    )


# --- complete -------------------------------------------------------------------------------


def complete(world: World, call: Call) -> Answer:
    body = bodies.parse(call.body)
    bodies.only(
        body, ("chargeAmount", "totalOrderAmount", "softDescriptor", "shippingAddress",
               "billingAddress", "paymentMethodOnFileMetadata", "supplementaryData"),
    )  # fmt: skip
    session = _existing(world, call)
    amount = bodies.required_price(body, "chargeAmount")
    _check_open(world, session)
    payment = session.details.get("paymentDetails") or {}
    agreed = bodies.price(payment, "chargeAmount")
    if agreed is not None and agreed != amount:
        raise ApiError("AmountMismatch", f"chargeAmount must be {agreed}, as in the session")
    now = world.clock.now()
    code, decline = _simulated(session, call)
    _end_by_simulation(world, session, code, now)
    wish = _wish(payment, amount, code, decline, call)
    permission = _permission_of(world, session, amount, now)
    if wish:
        charges.check(world, permission, wish)
        _end_by_decline(world, session, wish, now)
    world.put(permission)
    permissions.schedule(world, permission)
    charge = charges.make(world, permission, wish) if wish else None
    done = replace(
        session,
        state="Completed",
        permission_id=permission.id,
        charge_id=charge.id if charge else None,
        updated=now,
    )
    world.put(done)
    pending = charge is not None and charge.state == "AuthorizationInitiated"
    return Answer(202 if pending else 200, shown(done))


def _simulated(session: CheckoutSession, call: Call) -> tuple[str | None, str | None]:
    """The simulation code and how a pending charge ends: the header wins, then the card."""
    if call.simulation:
        return call.simulation, None
    for method in session.details.get("paymentPreferences") or ():
        card = _CARD.search(str(method.get("paymentDescriptor")))
        if card and card[1] in _CARDS:
            return _CARDS[card[1]]
    return None, None


def _end_by_simulation(
    world: World, session: CheckoutSession, code: str | None, now: datetime
) -> None:
    if code in {"BuyerCanceled", "AmazonCanceled", "Declined"}:
        _cancel(world, session, str(code), now)
        raise _canceled(world, session)


def _end_by_decline(world: World, session: CheckoutSession, wish: Wish, now: datetime) -> None:
    """A decline ends the session, and there is no order; an internal failure leaves it open."""
    if wish.simulation not in DECLINED_AT_ONCE:
        return
    if wish.simulation != "ProcessingFailure":
        _cancel(world, session, "Declined", now)
    raise ApiError(wish.simulation, described(wish.simulation))


def _permission_of(
    world: World, session: CheckoutSession, amount: Money, now: datetime
) -> ChargePermission:
    details = session.details
    payment = details.get("paymentDetails") or {}
    kind = str(details.get("chargePermissionType") or "OneTime")
    letters = ("P", "S") if kind == "OneTime" else ("B", "C")
    letter = letters[0] if session.environment == LIVE else letters[1]
    extended = kind != "OneTime" or bool(payment.get("extendExpiration"))
    return ChargePermission(
        id=world.new_base(letter + _REGIONS.get(amount.currency, "01")),
        created=now,
        updated=now,
        limit=_limit(kind, payment, amount),
        type=kind,
        expires=now + (EXTENDED_LIFE if extended else ONE_TIME_LIFE),
        merchant=details.get("merchantMetadata") or {},
        recurring=details.get("recurringMetadata"),
    )


def _limit(kind: str, payment: JSON, amount: Money) -> Money:
    """What may be charged in all, or in a month where the buyer pays more than once."""
    yen = amount.currency == "JPY"
    if kind != "OneTime":
        return Money(_MONTHLY[kind][yen], amount.currency)
    total = bodies.price(payment, "totalOrderAmount") or amount
    if not bodies.flag(payment, "allowOvercharge"):
        return total
    return Money(max(total.amount * 9, _OVERCHARGE[yen]), total.currency)


def _wish(
    payment: JSON, amount: Money, code: str | None, decline: str | None, call: Call
) -> Wish | None:
    """The charge that completing makes; none where the buyer only confirms."""
    intent = payment.get("paymentIntent") or "Authorize"
    if intent == "Confirm":
        return None
    wish = Wish(
        amount=amount,
        capture_now=intent == "AuthorizeWithCapture",
        pending_allowed=bodies.flag(payment, "canHandlePendingAuthorization"),
        simulation=code,
        decline=decline,
    )
    wish = charges.troubled(wish, call)
    charges.first_state(wish)
    return wish

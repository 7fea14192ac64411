"""The orders of a demonstration: each tells one story that support staff meet.

Ids are fixed, so that documents and tests can name them; times count from the world's start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from console.domain.limits import CHECKOUT_SESSION_OPEN, EXTENDED_LIFE, ONE_TIME_LIFE
from console.domain.money import Money

from . import charges as charging
from . import permissions as permitting
from . import sessions as checkout
from .bodies import JSON
from .clock import Clock
from .objects import (
    SANDBOX,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Refund,
    environment_of,
)
from .switches import Switches
from .world import Delays, World

HOSTILE_NAME: Final = (
    "Ann [/ Bob [@click=app.quit]x[/] \x1b[31m\x1b]0;owned\x07\x00\x9b2J"
    " \u202etxt.exe\u202c \u200b=1+1 " + "long " * 60
)


@dataclass(frozen=True)
class Story:
    """One order in one sentence; `charge_id` is its main charge."""

    order_id: str
    charge_id: str | None
    currency: str
    story: str
    tell: Callable[[Teller], None]

    @property
    def environment(self) -> str:
        return SANDBOX if self.charge_id is None else environment_of(self.charge_id)


class Teller:
    """Puts objects with a past into a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start = world.clock.now()

    def ago(self, **span: float) -> datetime:
        return self.start - timedelta(**span)

    def permission(
        self,
        object_id: str,
        limit: str,
        created: datetime,
        *,
        reference: str,
        currency: str = "USD",
        state: str = "Chargeable",
        reasons: tuple[str, ...] = (),
        expires: datetime | None = None,
        updated: datetime | None = None,
        recurring: JSON | None = None,
        buyer: str = "Susie Smith",
        note: str | None = None,
        v1: bool = False,
    ) -> ChargePermission:
        one_time = object_id[0] in "PS"
        permission = ChargePermission(
            id=object_id,
            created=created,
            updated=updated or created,
            limit=Money(Decimal(limit), currency),
            type="OneTime" if one_time else "Recurring",
            state=state,
            reasons=reasons,
            expires=expires or created + (ONE_TIME_LIFE if one_time else EXTENDED_LIFE),
            merchant={
                "merchantReferenceId": reference,
                "merchantStoreName": "Acme Store",
                "noteToBuyer": note,
            },
            recurring=recurring,
            buyer=_buyer(buyer),
            address=_address(buyer, currency),
            v1=v1,
        )
        self.world.put(permission, created)
        permitting.schedule(self.world, permission)
        return permission

    def charge(
        self,
        object_id: str,
        amount: str,
        created: datetime,
        *,
        currency: str = "USD",
        permission: str | None = None,
        state: str = "Authorized",
        reason: str | None = None,
        captured: str | None = None,
        updated: datetime | None = None,
    ) -> Charge:
        taken = captured or (amount if state in ("Captured", "CaptureInitiated") else None)
        charge = Charge(
            id=object_id,
            permission_id=permission or object_id[:19],
            amount=Money(Decimal(amount), currency),
            created=created,
            updated=updated or created,
            expires=self.world.authorization_expiry(environment_of(object_id), created),
            state=state,
            reason=reason,
            captured=Money(Decimal(taken), currency) if taken else None,
        )
        self.world.put(charge, created)
        charging.schedule(self.world, charge)
        return charge

    def refund(
        self,
        object_id: str,
        charge_id: str,
        amount: str,
        created: datetime,
        *,
        currency: str = "USD",
        state: str = "Refunded",
        reason: str | None = None,
    ) -> Refund:
        """A refund with its state; one that is RefundInitiated stays so."""
        final = created + timedelta(minutes=3)
        refund = Refund(
            id=object_id,
            charge_id=charge_id,
            amount=Money(Decimal(amount), currency),
            created=created,
            updated=created if state == "RefundInitiated" else final,
            state=state,
            reason=reason,
        )
        return self.world.put(refund, created)

    def session(
        self,
        session_id: str,
        amount: str,
        created: datetime,
        *,
        reference: str,
        intent: str = "Authorize",
        pending_allowed: bool = False,
        card: str = "1111",
    ) -> CheckoutSession:
        """An open checkout session in the sandbox, which ends a day after `created`.

        `card` is the end of its number, by which the sandbox decides what completing does
        (Sandbox simulations page).
        """
        session = CheckoutSession(
            id=session_id,
            environment=SANDBOX,
            created=created,
            updated=created,
            details={
                "chargePermissionType": "OneTime",
                "productType": "PayAndShip",
                "storeId": "amzn1.application-oa2-client.00000000000000000000000000000000",
                "webCheckoutDetails": {
                    "checkoutResultReturnUrl": "https://shop.example.com/thanks"
                },
                "paymentDetails": {
                    "paymentIntent": intent,
                    "chargeAmount": {"amount": amount, "currencyCode": "USD"},
                    "canHandlePendingAuthorization": pending_allowed,
                },
                "merchantMetadata": {"merchantReferenceId": reference},
                "paymentPreferences": [{"paymentDescriptor": f"Visa ****{card} (Amazon Pay)"}],
            },
        )
        self.world.put(session)
        checkout.schedule(self.world, session)
        return session


def _buyer(name: str) -> JSON:
    return {
        "buyerId": "amzn1.account.AAAAEXAMPLEEXAMPLEEXAMPLE",
        "name": name,
        "email": "susie.smith@example.com",
        "phoneNumber": "800-000-0000",
        "primeMembershipTypes": None,
    }


def _address(name: str, currency: str) -> JSON:
    country = {"USD": "US", "EUR": "DE", "JPY": "JP"}[currency]
    return {
        "name": name,
        "addressLine1": "10 Example Street",
        "addressLine2": None,
        "addressLine3": None,
        "city": "Exampletown",
        "county": None,
        "district": None,
        "stateOrRegion": "CA" if country == "US" else None,
        "postalCode": "10000",
        "countryCode": country,
        "phoneNumber": "800-000-0000",
    }


# --- the stories ------------------------------------------------------------------------------


def _open_authorization(t: Teller) -> None:
    made = t.ago(days=3, hours=2)
    t.permission("S01-5797829-1888777", "85.00", made, reference="Acme-117", v1=True)
    t.charge("S01-5797829-1888777-C043451", "85.00", made)


def _captured_and_closed(t: Teller) -> None:
    made, captured = t.ago(days=9), t.ago(days=8)
    permission = t.permission("S01-4966596-9591203", "40.00", made, reference="Acme-118", v1=True)
    charge = t.charge("S01-4966596-9591203-C079366", "40.00", made)
    amount = Money(Decimal(40), "USD")
    t.world.put(replace(charge, state="Captured", captured=amount, updated=captured))
    permitting.close_as(t.world, permission, "AmazonClosed", captured)
    t.refund("S01-4966596-9591203-R022311", charge.id, "10.00", t.ago(days=2))


_MONTHLY: Final = {
    "frequency": {"unit": "Month", "value": "1"},
    "amount": {"amount": "14.00", "currencyCode": "USD"},
}


def _billing_agreement(t: Teller) -> None:
    t.permission(
        "C01-2612863-4691163", "500.00", t.ago(days=200), reference="Sub-9", recurring=_MONTHLY,
        v1=True,
    )  # fmt: skip
    permission = "C01-2612863-4691163"
    t.charge(
        "S01-6311840-7720514-C048812", "14.00", t.ago(days=35), permission=permission,
        state="Captured",
    )  # fmt: skip
    t.charge(
        "S01-5454037-1929856-C015396", "14.00", t.ago(days=5), permission=permission,
        state="Captured",
    )  # fmt: skip


def _expires_tomorrow(t: Teller) -> None:
    made = t.ago(days=179)
    t.permission("S01-7034412-2290865", "25.00", made, reference="Acme-41")
    t.charge("S01-7034412-2290865-C061177", "25.00", t.ago(days=20))


def _declined_refund(t: Teller) -> None:
    made = t.ago(days=12)
    t.permission(
        "S01-8120934-5567021", "60.00", made, reference="Acme-105", state="Closed",
        reasons=("AmazonClosed",),
    )  # fmt: skip
    charge = t.charge("S01-8120934-5567021-C033870", "60.00", made, state="Captured")
    t.refund(
        "S01-8120934-5567021-R051029", charge.id, "15.00", t.ago(days=1), state="Declined",
        reason="AmazonRejected",
    )  # fmt: skip


def _several_charges(t: Teller) -> None:
    order, made = "S01-3309177-6402958", t.ago(days=6)
    t.permission(order, "100.00", made, reference="Acme-112")
    captured = t.charge(f"{order}-C010001", "30.00", made, state="Captured")
    t.charge(f"{order}-C010002", "20.00", t.ago(days=2))
    t.charge(
        f"{order}-C010003", "50.00", t.ago(days=5), state="Canceled", reason="MerchantCanceled",
        updated=t.ago(days=4),
    )  # fmt: skip
    t.charge(f"{order}-C010004", "45.00", t.ago(days=3), state="Declined", reason="SoftDeclined")
    t.refund(f"{order}-R020001", captured.id, "5.00", t.ago(days=4))
    t.refund(f"{order}-R020002", captured.id, "3.00", t.ago(days=1))


def _yen(t: Teller) -> None:
    order, made = "S03-2045518-8837160", t.ago(days=4)
    t.permission(
        order, "5000", made, reference="Acme-JP-7", currency="JPY", state="Closed",
        reasons=("AmazonClosed",), buyer="山田 太郎",
    )  # fmt: skip
    t.charge(f"{order}-C072640", "5000", made, currency="JPY", state="Captured")


def _euro(t: Teller) -> None:
    order, made = "S02-6865442-5879427", t.ago(days=2)
    t.permission(order, "120.00", made, reference="Acme-DE-31", currency="EUR", buyer="Jörg Weiß")
    t.charge(f"{order}-C004671", "49.90", made, currency="EUR", state="Captured")


def _not_chargeable(t: Teller) -> None:
    permission = "C01-8824045-7416542"
    t.permission(
        permission, "500.00", t.ago(days=100), reference="Sub-12", state="NonChargeable",
        reasons=("PaymentMethodInvalid",), updated=t.ago(days=1), v1=True,
    )  # fmt: skip
    t.charge(
        "S01-9417730-3358126-C027744", "29.00", t.ago(days=1), permission=permission,
        state="Declined", reason="HardDeclined",
    )  # fmt: skip


def _closed_with_open_charge(t: Teller) -> None:
    order, made = "S01-1570286-9944673", t.ago(days=4)
    t.permission(
        order, "70.00", made, reference="Acme-114", state="Closed", reasons=("MerchantClosed",),
        updated=t.ago(days=1),
    )  # fmt: skip
    t.charge(f"{order}-C052210", "70.00", made)


def _hostile(t: Teller) -> None:
    order, made = "S01-6666013-1313666", t.ago(days=1)
    t.permission(
        order, "60.00", made, reference="Acme-\x1b[5m120[/]", buyer=HOSTILE_NAME,
        note="=HYPERLINK(1) [bold red]\u202egnp.exe",
    )  # fmt: skip
    t.charge(f"{order}-C066613", "12.00", made, state="Captured")


def _refund_pending(t: Teller) -> None:
    order, made = "S01-2481650-7705932", t.ago(days=15)
    t.permission(
        order, "33.00", made, reference="Acme-99", state="Closed", reasons=("AmazonClosed",)
    )
    charge = t.charge(f"{order}-C018405", "33.00", made, state="Captured")
    t.refund(f"{order}-R044871", charge.id, "33.00", t.ago(days=9), state="RefundInitiated")


def _capture_pending(t: Teller) -> None:
    order, made = "S01-7192803-4418857", t.ago(days=11)
    t.permission(order, "80.00", made, reference="Acme-103")
    t.charge(f"{order}-C080562", "80.00", made, state="CaptureInitiated", updated=t.ago(hours=3))


def _authorization_pending(t: Teller) -> None:
    order, made = "S01-5018364-2276490", t.ago(minutes=40)
    t.permission(
        order, "55.00", made, reference="Acme-121", state="NonChargeable",
        reasons=("ChargeInProgress",),
    )  # fmt: skip
    t.charge(f"{order}-C091733", "55.00", made, state="AuthorizationInitiated")


def _disputed(t: Teller) -> None:
    order, made = "S01-3947265-6081179", t.ago(days=25)
    t.permission(
        order, "95.00", made, reference="Acme-88", state="Closed", reasons=("AmazonClosed",)
    )
    charge = t.charge(f"{order}-C037518", "95.00", made, state="Captured")
    filed = t.ago(days=3)
    dispute = Dispute(
        id=f"{order}-B031187",
        charge_id=charge.id,
        amount=charge.amount,
        created=filed,
        updated=filed,
        response_due=filed + timedelta(days=11),
    )
    t.world.put(dispute)


_OPEN_SESSION: Final = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
_EXPIRED_SESSION: Final = "c70f8e15-2a94-4d6b-b3e1-58f09a7d2c46"
_DONE_SESSION: Final = "9e27a6d0-51c8-4f3b-8b92-6c7d10f4e5a8"


def _open_session(t: Teller) -> None:
    t.session(_OPEN_SESSION, "18.00", t.ago(minutes=15), reference="Acme-122")


def _expired_session(t: Teller) -> None:
    made = t.ago(days=3)
    session = t.session(_EXPIRED_SESSION, "27.00", made, reference="Acme-115")
    ended = made + CHECKOUT_SESSION_OPEN
    t.world.put(replace(session, state="Canceled", reason="Expired", updated=ended))


def _completed_session(t: Teller) -> None:
    order, made = "S01-4420597-1866304", t.ago(hours=6)
    t.permission(order, "64.00", made, reference="Acme-119")
    charge = t.charge(f"{order}-C090118", "64.00", made)
    session = t.session(_DONE_SESSION, "64.00", made - timedelta(minutes=5), reference="Acme-119")
    done = replace(
        session, state="Completed", permission_id=order, charge_id=charge.id, updated=made
    )
    t.world.put(done)


def _expired_authorization(t: Teller) -> None:
    order, made = "S01-9280461-3571128", t.ago(days=48)
    t.permission(order, "110.00", made, reference="Acme-72")
    t.charge(
        f"{order}-C045906", "110.00", made, state="Canceled", reason="ExpiredUnused",
        updated=made + timedelta(days=30),
    )  # fmt: skip


def _closed_agreement(t: Teller) -> None:
    permission, made, ended = "C01-3750922-6618403", t.ago(days=300), t.ago(days=20)
    t.permission(
        permission, "500.00", made, reference="Sub-4", state="Closed", reasons=("BuyerClosed",),
        updated=ended, recurring=_MONTHLY,
    )  # fmt: skip
    t.charge(
        "S01-8605517-2093346-C012958", "14.00", t.ago(days=45), permission=permission,
        state="Captured",
    )  # fmt: skip


def _live(t: Teller) -> None:
    order, made = "P01-1840276-5529301", t.ago(days=2)
    t.permission(order, "150.00", made, reference="Acme-L-1")
    t.charge(f"{order}-C038164", "75.00", made, state="Captured")


def _story(
    order_id: str, charge: str | None, text: str, tell: Callable[[Teller], None],
    currency: str = "USD",
) -> Story:  # fmt: skip
    """`charge` is a whole id, or the last part of one under the order's id."""
    charge_id = f"{order_id}-{charge}" if charge and len(charge) == 7 else charge
    return Story(order_id, charge_id, currency, text, tell)


STORIES: Final = (
    _story(
        "S01-5797829-1888777", "C043451",
        "A v1 order with an open authorization (…-A043451 in v1).",
        _open_authorization,
    ),
    _story(
        "S01-4966596-9591203", "C079366",
        "A v1 order, captured and closed; 10.00 of 40.00 refunded, the rest refundable.",
        _captured_and_closed,
    ),
    _story(
        "C01-2612863-4691163", "S01-5454037-1929856-C015396",
        "A v1 billing agreement: its charges' ids start with other orders' ids.",
        _billing_agreement,
    ),
    _story(
        "S01-7034412-2290865", "C061177",
        "A charge permission that expires tomorrow, with an authorization still open.",
        _expires_tomorrow,
    ),
    _story(
        "S01-8120934-5567021", "C033870",
        "A refund of 15.00 that Amazon declined: the buyer has not been paid.",
        _declined_refund,
    ),
    _story(
        "S01-3309177-6402958", "C010001",
        "Four charges on a limit of 100.00: captured, authorized, canceled, declined; two refunds.",
        _several_charges,
    ),
    _story("S03-2045518-8837160", "C072640", "An order in yen: no decimals.", _yen, "JPY"),
    _story("S02-6865442-5879427", "C004671", "An order in euro.", _euro, "EUR"),
    _story(
        "C01-8824045-7416542", "S01-9417730-3358126-C027744",
        "A billing agreement that is NonChargeable: the buyer's card was declined.",
        _not_chargeable,
    ),
    _story(
        "S01-1570286-9944673", "C052210",
        "A closed charge permission whose authorized charge can still be captured.",
        _closed_with_open_charge,
    ),
    _story(
        "S01-6666013-1313666", "C066613",
        "A buyer whose name attacks terminals: control codes, markup, bidi override, great length.",
        _hostile,
    ),
    _story(
        "S01-2481650-7705932", "C018405",
        "A refund that has been RefundInitiated for nine days.",
        _refund_pending,
    ),
    _story(
        "S01-7192803-4418857", "C080562",
        "A late capture that is still CaptureInitiated.",
        _capture_pending,
    ),
    _story(
        "S01-5018364-2276490", "C091733",
        "An authorization that Amazon is still deciding on.",
        _authorization_pending,
    ),
    _story(
        "S01-3947265-6081179", "C037518",
        "A captured charge with an open dispute (…-B031187).",
        _disputed,
    ),
    _story(
        _OPEN_SESSION, None,
        "A checkout session that is open: no order yet.",
        _open_session,
    ),
    _story(
        _EXPIRED_SESSION, None,
        "A checkout session that nobody completed within 24 hours: there is no order.",
        _expired_session,
    ),
    _story(
        "S01-4420597-1866304", "C090118",
        f"An order of today, made by the completed checkout session {_DONE_SESSION}.",
        _completed_session,
    ),
    _story(
        "S01-9280461-3571128", "C045906",
        "An authorization that expired unused after 30 days.",
        _expired_authorization,
    ),
    _story(
        "P01-1840276-5529301", "C038164",
        "A live order: real money, red frame.",
        _live,
    ),
    _story(
        "C01-3750922-6618403", "S01-8605517-2093346-C012958",
        "A subscription that the buyer has ended: nothing of it can be changed any more.",
        _closed_agreement,
    ),
)  # fmt: skip


def story_world(
    *,
    clock: Clock | None = None,
    switches: Switches | None = None,
    delays: Delays | None = None,
    seed: int = 118,
) -> World:
    """A world in which every story has just been told."""
    world = World(clock=clock, switches=switches, delays=delays, seed=seed)
    teller = Teller(world)
    for story in STORIES:
        story.tell(teller)
    return world


def orders(world: World) -> list[dict[str, str | None]]:
    """The stories of a world, with the state that each main charge has now."""
    with world.lock:
        world.catch_up()
        return [_row(world, story) for story in STORIES]


def _row(world: World, story: Story) -> dict[str, str | None]:
    history = world.charges.get(story.charge_id or "")
    return {
        "order_id": story.order_id,
        "charge_id": story.charge_id,
        "charge_state": history.latest.state if history else None,
        "environment": story.environment,
        "currency": story.currency,
        "story": story.story,
    }

"""A live shop with a past: the orders that its reports are made of.

The stories are for looking at one by one, nearly all in the sandbox; reports are of the live
environment and need many orders over months.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Final

from .stories import Teller
from .world import World

ORDERS: Final = 90  # one a day
AGREEMENT: Final = "B01-4400000-0000001"  # charged each month
_STATES: Final = ("Captured",) * 7 + ("Authorized", "Canceled", "Declined")


def open_live_shop(world: World) -> None:
    """Put the shop's orders into a world: the same ones each time, counted back from now."""
    teller = Teller(world)
    chance = random.Random(90)  # noqa: S311  nothing here is a secret
    with world.lock:
        for day in range(ORDERS, 0, -1):
            _order(teller, chance, day)
        _subscription(teller)


def _order(teller: Teller, chance: random.Random, day: int) -> None:
    order = f"P01-4100000-{day:07d}"
    made = teller.ago(days=day, hours=chance.randrange(24))
    amount = f"{chance.randrange(5, 200)}.{chance.choice(('00', '50', '99'))}"
    state = chance.choice(_STATES) if day > 1 else "Captured"
    if state == "Authorized" and day > 28:
        state = "Captured"  # an authorization lives for 30 days
    captured = state == "Captured"
    teller.permission(
        order, amount, made, reference=f"Live-{1000 + day}",
        state="Closed" if captured else "Chargeable", reasons=("AmazonClosed",) if captured else (),
        v1=day > 60,
    )  # fmt: skip
    charge = teller.charge(f"{order}-C{day:06d}", amount, made, state=state)
    if captured and chance.random() < 0.2 and day > 3:
        part = str((Decimal(amount) / 2).quantize(Decimal("0.01")))
        teller.refund(f"{order}-R{day:06d}", charge.id, part, made + timedelta(days=2))


def _subscription(teller: Teller) -> None:
    """A charge's id begins with an order of its own, not with the agreement's id."""
    teller.permission(AGREEMENT, "500.00", teller.ago(days=100), reference="Live-Sub-1", v1=True)
    for month in range(3):
        made = teller.ago(days=85 - 30 * month)
        order = f"P01-4500000-{month + 1:07d}"
        teller.charge(
            f"{order}-C{month + 1:06d}", "14.00", made, permission=AGREEMENT, state="Captured"
        )

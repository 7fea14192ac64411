"""Decisions for tests of the journal alone, with no server behind them."""

from __future__ import annotations

from console.domain.intent import derive_key
from console.domain.money import Money
from console.store.decisions import Draft

ORDER = "S01-1000001-1000001"
CHARGE = f"{ORDER}-C100001"


def draft(
    amount: str = "10.00 USD",
    observed: str = "0.00 USD",
    charge: str = CHARGE,
    generation: int = 0,
    lock: str | None = None,
) -> Draft:
    wanted, seen = Money.from_text(amount), Money.from_text(observed)
    return Draft(
        environment="sandbox",
        action="refund",
        operation="create_refund",
        object=charge,
        scope=charge[:19],
        lock=lock or charge,
        amount=wanted,
        observed=str(seen),
        generation=generation,
        key=derive_key("sandbox", "create_refund", charge, seen, generation),
        method="POST",
        path="/refunds",
        body=f'{{"chargeId":"{charge}","refundAmount":"{wanted}"}}'.encode(),
        reason="the box was damaged",
        snapshot={"charge": {"refunded": str(seen)}, "permission": None, "refunds": {}},
    )

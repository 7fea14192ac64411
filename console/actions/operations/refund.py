"""Create Refund: captured money back to the buyer."""

from __future__ import annotations

from collections.abc import Sequence

from console.actions.operations.base import Made, Operation, Request, as_body, named, typed_amount
from console.actions.operations.charge import charge_of, choose_charge
from console.actions.outcome import Held
from console.actions.plan import Rows, Wish, Words
from console.actions.snapshot import (
    Snapshot,
    charge_part,
    disputes_part,
    permission_part,
    refunds_part,
)
from console.domain.disputes import doubts, known_here
from console.domain.ids import Identifier
from console.domain.intent import LIVE_STATES
from console.domain.model import PENDING_STATES, Charge, Json, Refund
from console.domain.money import Money
from console.domain.order import Order, clamp
from console.domain.rules import offer
from console.store.decisions import Draft, Intent


class CreateRefund(Operation):
    name = "create_refund"
    action = "refund"
    target_name = "charge"
    method = "POST"
    once = False

    def choose(self, order: Order, target: Identifier) -> str:
        return choose_charge(order, target, ("Captured",), "captured").id

    def scope(self, order: Order, object_id: str) -> str:
        return charge_of(order, object_id).permission_id or object_id[:19]

    def lock(self, order: Order, object_id: str) -> str:
        return object_id  # two charges of one order can be refunded side by side

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        return typed_amount(wish.amount, charge_of(order, object_id).currency, "charge")

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        """The reason is not sent: the API has no field for it."""
        assert amount is not None
        body = {"chargeId": object_id, "refundAmount": amount.to_api()}
        return Request("POST", "/refunds", as_body(body))

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        """The floor: what must be counted as refunded already."""
        charge = charge_of(order, object_id)
        floor = order.refund_floor(charge)
        if floor is None or charge.captured is None:
            raise Held(offer(order, self.action, object_id).why)
        return str(floor)

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        charge = order.charge(object_id)
        if charge is None:
            return None
        return Snapshot(
            {
                "charge": charge_part(charge),
                "permission": permission_part(order.permission) if order.permission else None,
                "refunds": refunds_part(order, charge),
                "disputes": disputes_part(charge, order),
            }
        )

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        charge, amount = charge_of(order, draft.object), draft.amount
        assert amount is not None
        floor = order.refund_floor(charge) or Money.zero(amount.currency)
        above = charge.captured is not None and floor + amount > charge.captured
        before, after = _figures(order, charge, amount, floor)
        return Words(
            before=before,
            after=after,
            buyer_sees=(
                f"{amount} back on the payment method of the order, once Amazon has done it;"
                " Amazon writes to the buyer."
            ),
            undo="No. A refund can't be taken back.",
            facts=(("disputes", known_here(order, draft.object)),),
            warnings=tuple(_warnings(order, charge, amount, past, above=above)),
            above_captured=above,
            doubts=doubts(order, draft.object),
        )

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        refund = Refund.from_api(data)
        echoes = refund.id and refund.charge_id == intent.object and refund.amount == intent.amount
        return _made(refund) if echoes else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        refund = next((r for r in order.refunds if r.id == made.id), None)
        return _made(refund) if refund is not None else None

    def moved(self, before: Snapshot, now: Snapshot) -> bool:
        """Money moved, or a refund appeared that was not known."""
        new = now.part("refunds").keys() - before.part("refunds").keys()
        return bool(new) or before.differs(now, "charge", "state", "captured", "refunded")

    def accepted(self, intent: Intent, made: Made) -> str:
        said = (
            f"One refund of {intent.amount} exists from the total that you saw: {made.id},"
            f" {made.state}."
        )
        if made.pending:
            said += " It is initiated, not done: the buyer doesn't have the money yet."
        return said

    def declined(self, intent: Intent, made: Made) -> str:
        code = named(made.code)
        return f"Amazon made refund {made.id} and declined it{code}: the buyer gets nothing."

    def was_there(self, intent: Intent, made: Made) -> str:
        when = f" on {made.at:%Y-%m-%d at %H:%M:%S} UTC" if made.at else ""
        return f"A refund of {intent.amount} was made{when} already: {made.id}, {made.state}."


def _made(refund: Refund) -> Made:
    return Made(
        id=refund.id,
        state=refund.state,
        at=refund.created,
        pending=refund.state in PENDING_STATES,
        dead=refund.is_dead,
        code=refund.status.reason_code,
        raw=refund.raw,
    )


def _figures(order: Order, charge: Charge, amount: Money, floor: Money) -> tuple[Rows, Rows]:
    """The charge before and after a refund of `amount`."""
    left = order.refundable(charge) or Money.zero(amount.currency)
    before = (
        ("captured", str(charge.captured)),
        ("refunded so far", str(floor)),
        ("can still be refunded", str(left)),
    )
    after = (
        ("captured", str(charge.captured)),
        ("refunded, once Amazon has done it", str(floor + amount)),
        ("can still be refunded", str(clamp(left - amount))),
    )
    return before, after


def _warnings(
    order: Order, charge: Charge, amount: Money, past: Sequence[Intent], *, above: bool
) -> list[str]:
    found = list(dict.fromkeys([*doubts(order, charge.id), *order.warnings]))
    if above:
        found.append("With this, more is refunded than was captured.")
    for refund in order.refunds_of(charge.id):
        if refund.is_dead:
            found.append(
                f"Amazon declined an earlier refund of {refund.amount}: {refund.id}"
                f" ({refund.status.reason_code})."
            )
    for intent in past:
        same = intent.amount == amount and intent.operation == CreateRefund.name
        if same and intent.state in LIVE_STATES:
            found.append(
                f"The same amount was refunded before, by {intent.actor} on {intent.created[:16]}"
                f" UTC (intent {intent.id}). This is a second refund."
            )
    return found

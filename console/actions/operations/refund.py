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
from console.domain.language import _, together
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
        return Request("/refunds", as_body(body))

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
            buyer_sees=_(
                "{amount} back on the payment method of the order, once Amazon has done it; Amazon"
                " writes to the buyer.",
                amount=amount,
            ),
            undo=_("No. A refund can't be taken back."),
            facts=((_("disputes"), known_here(order, draft.object)),),
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
        said = _(
            "One new refund of {amount}: {refund}, {state}.",
            amount=intent.amount,
            refund=made.id,
            state=made.state,
        )
        if made.pending:
            begun = _("It is initiated, not done: the buyer doesn't have the money yet.")
            return together(said, begun)
        return said

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "Amazon made refund {refund} and declined it{code}: the buyer gets nothing.",
            refund=made.id,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        if made.at is None:
            return _(
                "A refund of {amount} was made already: {refund}, {state}.",
                amount=intent.amount,
                refund=made.id,
                state=made.state,
            )
        return _(
            "A refund of {amount} was made on {day} at {time} UTC already: {refund}, {state}.",
            amount=intent.amount,
            day=f"{made.at:%Y-%m-%d}",
            time=f"{made.at:%H:%M:%S}",
            refund=made.id,
            state=made.state,
        )


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
        (_("captured"), str(charge.captured)),
        (_("refunded so far"), str(floor)),
        (_("can still be refunded"), str(left)),
    )
    after = (
        (_("captured"), str(charge.captured)),
        (_("refunded, once Amazon has done it"), str(floor + amount)),
        (_("can still be refunded"), str(clamp(left - amount))),
    )
    return before, after


def _warnings(
    order: Order, charge: Charge, amount: Money, past: Sequence[Intent], *, above: bool
) -> list[str]:
    found = list(dict.fromkeys([*doubts(order, charge.id), *order.warnings]))
    if above:
        found.append(_("With this, more is refunded than was captured."))
    for refund in order.refunds_of(charge.id):
        if refund.is_dead:
            found.append(
                _(
                    "Amazon declined an earlier refund of {amount}: {refund} ({code}).",
                    amount=refund.amount,
                    refund=refund.id,
                    code=refund.status.reason_code,
                )
            )
    for intent in past:
        same = intent.amount == amount and intent.operation == CreateRefund.name
        if same and intent.state in LIVE_STATES:
            found.append(
                together(
                    _(
                        "The same amount was refunded before, by {operator} on {time} UTC (intent"
                        " {intent}).",
                        operator=intent.actor,
                        time=intent.created[:16].replace("T", " "),
                        intent=intent.id,
                    ),
                    _("This is a second refund."),
                )
            )
    return found

"""Create Charge: a further amount on a charge permission."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from console.actions.operations.base import Made, Request, as_body, body_of, named, typed_amount
from console.actions.operations.charge import new_charge
from console.actions.operations.permission import OnPermission, permission_of
from console.actions.outcome import Held
from console.actions.plan import Rows, Wish, Words
from console.actions.snapshot import Snapshot
from console.domain.intent import LIVE_STATES, State
from console.domain.language import _, together
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, Json
from console.domain.money import Money
from console.domain.order import Order, clamp
from console.domain.rules import Offer
from console.store.decisions import Draft, Intent

# A charge that was made stays made in the sum, dead or not: its key is spent either way.
_MADE_STATES: Final = LIVE_STATES | {State.DECLINED}


class CreateCharge(OnPermission):
    name = "create_charge"
    action = "authorize"
    method = "POST"
    once = False

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        return typed_amount(wish.amount, order.currency, "order")

    def too_much(self, order: Order, object_id: str, amount: Money, can: Offer) -> Held:
        return Held(
            together(_("{amount} is too much.", amount=amount), can.why),
            _(
                "The limit was set at the checkout and can't be raised: for more, ask the buyer for"
                " a new checkout."
            ),
        )

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        assert amount is not None
        body = {
            "chargePermissionId": object_id,
            "chargeAmount": amount.to_api(),
            "captureNow": wish.capture_now,
            "canHandlePendingAuthorization": wish.pending_allowed,
        }
        return Request("/charges", as_body(body))

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        """What Amazon counts as used, and what this journal has made under it, in English: the
        key is made of it.

        Amazon need not count an open authorization, and lists no charges: so what was made from
        here is counted too, each charge once, dead ones as well. Two journals that share nothing
        then walk the same chain of keys, and collide instead of charging twice.
        """
        permission = permission_of(order)
        used = "unknown"
        if permission.limit is not None and permission.balance is not None:
            used = str(permission.limit - permission.balance)
        made = {
            intent.result or f"intent {intent.id}": intent.amount.amount
            for intent in past
            if intent.operation == self.name and intent.amount and intent.state in _MADE_STATES
        }
        return f"{used} used, {sum(made.values(), Decimal(0))} made here"

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        permission, amount = permission_of(order), draft.amount
        assert amount is not None
        body = body_of(draft)
        now = bool(body["captureNow"])
        return Words(
            before=_room(permission, None),
            after=_room(permission, amount),
            buyer_sees=(
                _("{amount} is collected at once.", amount=amount) if now
                else _("{amount} is reserved with the payment method of the order.", amount=amount)
            ),
            undo=(
                _("No. What was captured can only be refunded.") if now
                else _("Yes: cancel the new charge, until it is captured.")
            ),
            facts=(
                (_("pending"), _("may stay pending for up to 24 hours")
                 if body["canHandlePendingAuthorization"]
                 else _("Amazon decides at once: authorized or declined")),
            ),
            warnings=tuple(_charge_warnings(order, draft, amount, past)),
        )  # fmt: skip

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        charge = Charge.from_api(data)
        echoes = (
            charge.id and charge.permission_id == intent.object and charge.amount == intent.amount
        )
        return new_charge(charge) if echoes else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        charge = order.charge(made.id)
        return new_charge(charge) if charge is not None else None

    def moved(self, before: Snapshot, now: Snapshot) -> bool:
        return before.part("charges") != now.part("charges") or before.differs(
            now, "permission", "balance"
        )

    def accepted(self, intent: Intent, made: Made) -> str:
        said = _(
            "One charge of {amount} exists from the state that you saw: {charge}, {state}.",
            amount=intent.amount,
            charge=made.id,
            state=made.state,
        )
        begun = ""
        if made.state == "AuthorizationInitiated":
            begun = _("It is pending: Amazon decides within 24 hours, nothing is reserved yet.")
        elif made.pending:
            begun = _("The capture has begun, it is not done.")
        return together(said, begun)

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "Amazon made charge {charge}, and it is {state}{code}.",
            charge=made.id,
            state=made.state,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        if made.at is None:
            return _(
                "A charge of {amount} was made already: {charge}, {state}.",
                amount=intent.amount,
                charge=made.id,
                state=made.state,
            )
        return _(
            "A charge of {amount} was made on {day} at {time} UTC already: {charge}, {state}.",
            amount=intent.amount,
            day=f"{made.at:%Y-%m-%d}",
            time=f"{made.at:%H:%M:%S}",
            charge=made.id,
            state=made.state,
        )


def _room(permission: ChargePermission, amount: Money | None) -> Rows:
    if permission.limit is None or permission.balance is None:
        return ((_("room left"), _("not told")),)
    # Whether the balance falls at the authorization or at the capture is not documented.
    left = permission.balance if amount is None else clamp(permission.balance - amount)
    return ((_("limit"), str(permission.limit)), (_("room, once captured"), str(left)))


def _charge_warnings(
    order: Order, draft: Draft, amount: Money, past: Sequence[Intent]
) -> list[str]:
    found = [*order.warnings]
    replaced = (draft.link or {}).get("renews")  # goes with the next step
    for charge in order.charges:
        if charge.state in OPEN_CHARGE_STATES and charge.id != replaced:
            found.append(
                together(
                    _(
                        "Charge {charge} over {amount} is {state}: with this the buyer is charged"
                        " beside it.",
                        charge=charge.id,
                        amount=charge.amount or _("an unknown amount"),
                        state=charge.state,
                    ),
                    _("Cancel it first if this replaces it."),
                )
            )
    found += _more_than_the_limit(order, amount, replaced)
    for intent in past:
        same = intent.amount == amount and intent.operation == CreateCharge.name
        if same and intent.state in LIVE_STATES:
            found.append(
                together(
                    _(
                        "The same amount was charged before, by {operator} on {time} UTC (intent"
                        " {intent}).",
                        operator=intent.actor,
                        time=intent.created[:16].replace("T", " "),
                        intent=intent.id,
                    ),
                    _("This is a second charge."),
                )
            )
    return found


def _more_than_the_limit(order: Order, amount: Money, replaced: str | None) -> list[str]:
    """Whether what is open and captured would then be more than the limit of a one-time order.

    Amazon may count an authorization only when it is captured, so it need not refuse it.
    """
    permission = order.permission
    if permission is None or not permission.is_one_time or permission.limit is None:
        return []
    others = [c for c in order.charges if c.id != replaced]
    held = [c.captured if c.state == "Captured" else c.amount for c in others if _holds(c)]
    same = [money for money in held if money is not None and money.currency == amount.currency]
    total = sum(same, amount)
    if permission.limit.currency != amount.currency or total <= permission.limit:
        return []
    return [
        _(
            "With this, {total} is captured or reserved on a limit of {limit}: not all of it can be"
            " captured.",
            total=total,
            limit=permission.limit,
        )
    ]


def _holds(charge: Charge) -> bool:
    return charge.state == "Captured" or charge.state in OPEN_CHARGE_STATES

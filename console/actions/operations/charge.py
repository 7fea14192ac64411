"""Capture Charge and Cancel Charge: the two ends of an authorization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from console.actions.operations.base import (
    Made,
    Operation,
    Request,
    Standing,
    as_body,
    named,
    reason_for_amazon,
    typed_amount,
)
from console.actions.outcome import Held
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot, charge_part, charges_part, permission_part
from console.domain.guides import over_charge
from console.domain.ids import Identifier
from console.domain.language import N_, _, many, together
from console.domain.limits import SYNCHRONOUS_CAPTURE
from console.domain.model import PENDING_STATES, Charge, Json
from console.domain.money import Money
from console.domain.order import Order, clamp
from console.domain.rules import Offer, more_than_limit
from console.store.decisions import Draft, Intent

# What can still be canceled (Charge page); a close with cancelPendingCharges ends the same.
CANCELABLE: Final = ("AuthorizationInitiated", "Authorized")


def charge_of(order: Order, charge_id: str) -> Charge:
    """The charge that was chosen before; that it is there was seen to then."""
    charge = order.charge(charge_id)
    assert charge is not None
    return charge


def choose_charge(order: Order, target: Identifier, states: Sequence[str], called: str) -> Charge:
    """The charge that is meant: the one named, or the only one in one of `states`."""
    named_one = order.charge(target.v2.id)
    if named_one is not None:
        return named_one
    refund = next((r for r in order.refunds if r.id == target.v2.id), None)
    dispute = next((d for d in order.disputes if d.id == target.v2.id), None)
    member = refund or dispute
    above = order.charge(member.charge_id or "") if member else None
    if above is not None:
        return above
    possible = [charge for charge in order.charges if charge.state in states]
    if len(possible) == 1:
        return possible[0]
    if not possible:
        raise Held(
            _(_NO_CHARGE[called], id=target.id),
            _("Paste the charge's own id, from the shop or from Seller Central."),
        )
    ids = ", ".join(charge.id for charge in possible)
    several = _(_SEVERAL_CHARGES[called], id=target.id, charges=ids)
    raise Held(several, _("Name one of them."))


_NO_CHARGE: Final = {
    "authorized": N_("{id} has no authorized charge that this console knows."),
    "captured": N_("{id} has no captured charge that this console knows."),
    "open": N_("{id} has no open charge that this console knows."),
}
_SEVERAL_CHARGES: Final = {
    "authorized": N_("{id} has several authorized charges: {charges}."),
    "captured": N_("{id} has several captured charges: {charges}."),
    "open": N_("{id} has several open charges: {charges}."),
}


class _OnCharge(Operation):
    """What capture and cancel share: the charge, its sisters, and its permission."""

    ends: ClassVar[frozenset[str]]  # the states that it can lead to

    target_name = "charge"

    def scope(self, order: Order, object_id: str) -> str:
        return charge_of(order, object_id).permission_id or object_id[:19]

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        charge = order.charge(object_id)
        if charge is None:
            return None
        return Snapshot(
            {
                "charge": charge_part(charge),
                "permission": permission_part(order.permission) if order.permission else None,
                "charges": charges_part(order, besides=object_id),
            }
        )

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        """The charge once it shows what was done; a read that lags shows nothing of it yet."""
        charge = order.charge(made.id)
        if charge is None or charge.state not in self.ends:
            return None
        return replace(self.made(charge), at=made.at)

    def made(self, charge: Charge) -> Made:
        return _made(charge)

    def moved(self, before: Snapshot, now: Snapshot) -> bool:
        """A charge beside this one: with both the buyer could pay twice."""
        return before.data.get("charges") != now.data.get("charges") or before.differs(
            now, "permission", "balance"
        )


class CaptureCharge(_OnCharge):
    name = "capture_charge"
    action = "capture"
    method = "POST"
    ends = frozenset({"CaptureInitiated", "Captured", "Declined", "Canceled"})

    def choose(self, order: Order, target: Identifier) -> str:
        return choose_charge(order, target, ("Authorized",), "authorized").id

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        return typed_amount(wish.amount, charge_of(order, object_id).currency, "charge")

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        charge = charge_of(order, object_id)
        if charge.state in ("Captured", "CaptureInitiated") and charge.captured == amount:
            return _(
                "Charge {charge} is {state} already, over {amount}.",
                charge=charge.id,
                state=charge.state,
                amount=charge.captured,
            )
        return None

    def too_much(self, order: Order, object_id: str, amount: Money, can: Offer) -> Held:
        return Held(
            together(_("{amount} is more than was authorized.", amount=amount), can.why),
            over_charge(order, charge_of(order, object_id), amount),
        )

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        assert amount is not None
        body = as_body({"captureAmount": amount.to_api()})
        return Request(f"/charges/{object_id}/capture", body)

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        """What was captured so far: nothing. Two captures of a charge collide, by any amount."""
        charge = charge_of(order, object_id)
        return str(charge.captured or Money.zero(charge.currency or ""))

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        charge, amount = charge_of(order, draft.object), draft.amount
        assert amount is not None
        authorized = charge.amount or amount
        rest = clamp(authorized - amount)
        zero = Money.zero(amount.currency)
        return Words(
            before=(
                (_("state"), charge.state),
                (_("authorized"), str(authorized)),
                (_("captured"), str(charge.captured or zero)),
            ),
            after=(
                (_("state"), _("CaptureInitiated, then Captured") if _is_late(order, charge)
                             else "Captured"),
                (_("authorized"), str(zero)),
                (_("captured"), str(amount)),
            ),
            buyer_sees=_(
                "{amount} is collected from the payment method of the order.", amount=amount
            ),
            undo=_("No. What was captured can only be refunded."),
            facts=(
                (_("released"), _("{amount}, back to the buyer", amount=rest) if rest.is_positive
                                else _("nothing")),
                (_("others"), _sisters(order, charge)),
            ),
            warnings=tuple(_capture_warnings(order, charge, amount, rest)),
        )  # fmt: skip

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        charge = Charge.from_api(data)
        if charge.id != intent.object or charge.state not in _CAPTURE_ANSWERS:
            return None
        if charge.captured is None and charge.state == "Captured":
            return None
        return _made(charge) if charge.captured in (None, intent.amount) else None

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        state, captured = now.part("charge")["state"], now.part("charge")["captured"]
        if state in ("Captured", "CaptureInitiated"):
            # While it is initiated its amount may not be shown: then nothing says that it is ours.
            return Standing.DONE if captured == str(intent.amount) else Standing.ENDED
        return _CAPTURE_STANDINGS.get(state, Standing.UNCLEAR)

    def ended(self, intent: Intent, now: Snapshot) -> str:
        state, captured = now.part("charge")["state"], now.part("charge")["captured"]
        if state == "Canceled":
            return _(
                "Charge {charge} is Canceled now: to collect, authorize a new charge.",
                charge=intent.object,
            )
        return together(
            _(
                "Charge {charge} is {state} over {captured}, not by this capture of {amount}, and"
                " can be captured once only.",
                charge=intent.object,
                state=state,
                captured=captured or _("an amount that is not shown"),
                amount=intent.amount,
            ),
            _("For more, authorize a new charge; what is too much can be refunded."),
        )

    def accepted(self, intent: Intent, made: Made) -> str:
        said = _(
            "Charge {charge} is {state}, over {amount}.",
            charge=made.id,
            state=made.state,
            amount=intent.amount,
        )
        if made.pending:
            begun = _("The capture has begun, it is not done: Amazon can still decline it.")
            return together(said, begun)
        return said

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "Amazon took the capture of {amount} on and declined it{code}: nothing was collected,"
            " and this charge can't be captured any more.",
            amount=intent.amount,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge {charge} is {state} over {amount} already.",
            charge=made.id,
            state=made.state,
            amount=intent.amount,
        )


class CancelCharge(_OnCharge):
    name = "cancel_charge"
    action = "cancel"
    method = "DELETE"
    keyed = False
    ends = frozenset({"Canceled"})

    def choose(self, order: Order, target: Identifier) -> str:
        return choose_charge(order, target, CANCELABLE, "open").id

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        charge = charge_of(order, object_id)
        if charge.state != "Canceled":
            return None
        return _(
            "Charge {charge} is Canceled already{code}.",
            charge=charge.id,
            code=named(charge.status.reason_code),
        )

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        reason = reason_for_amazon(wish, "Canceled by the merchant")
        body = as_body({"cancellationReason": reason})
        return Request(f"/charges/{object_id}/cancel", body)

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        charge = charge_of(order, draft.object)
        held = str(charge.amount) if charge.amount else _("not told")
        return Words(
            before=((_("state"), charge.state), (_("authorized"), held)),
            after=((_("state"), "Canceled"), (_("authorized"), _("nothing"))),
            buyer_sees=_(
                "{amount} is no longer reserved with the payment method of the order.", amount=held
            ),
            undo=_("No. To collect money after it, authorize a new charge."),
            facts=((_("others"), _sisters(order, charge)),),
            warnings=order.warnings,
        )

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        charge = Charge.from_api(data)
        return _done(charge) if charge.id == intent.object and charge.state == "Canceled" else None

    def made(self, charge: Charge) -> Made:
        return _done(charge)

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        return _CANCEL_STANDINGS.get(now.part("charge")["state"], Standing.UNCLEAR)

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        return now.part("charge").get("reason") == "MerchantCanceled"

    def ended(self, intent: Intent, now: Snapshot) -> str:
        state = now.part("charge")["state"]
        said = _(
            "Charge {charge} is {state}, so it was not canceled.",
            charge=intent.object,
            state=state,
        )
        return together(said, _(_NOT_CANCELED[state]))

    def accepted(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge {charge} is {state}: nothing is reserved with the buyer for it.",
            charge=made.id,
            state=made.state,
        )

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge {charge} is {state}{code}.",
            charge=made.id,
            state=made.state,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge {charge} is {state} already, not by this.", charge=made.id, state=made.state
        )


# What can be done instead, where the charge came to another end than the wanted one.
_NOT_CANCELED: Final = {
    "CaptureInitiated": N_("Its capture has begun: wait for it, then refund it."),
    "Captured": N_("To give the money back, refund it."),
    "Declined": N_("Nothing is reserved with the buyer for it."),
}
_CAPTURE_ANSWERS: Final = ("Captured", "CaptureInitiated", "Declined")
_CAPTURE_STANDINGS: Final = {
    "Authorized": Standing.BEFORE,
    "AuthorizationInitiated": Standing.BEFORE,
    "Canceled": Standing.ENDED,
    "Declined": Standing.DECLINED,
}
_CANCEL_STANDINGS: Final = {
    "AuthorizationInitiated": Standing.BEFORE,
    "Authorized": Standing.BEFORE,
    "Canceled": Standing.DONE,
    "CaptureInitiated": Standing.ENDED,
    "Captured": Standing.ENDED,
    "Declined": Standing.ENDED,
}


def _made(charge: Charge) -> Made:
    """A charge that should live: canceled or declined it is dead."""
    return Made(
        id=charge.id,
        state=charge.state,
        at=charge.status.updated,
        pending=charge.state in PENDING_STATES,
        dead=charge.state in ("Declined", "Canceled"),
        code=charge.status.reason_code,
        raw=charge.raw,
    )


def _done(charge: Charge) -> Made:
    """A charge that should be Canceled: that is no failure here."""
    return replace(_made(charge), dead=False)


def new_charge(charge: Charge) -> Made:
    """A charge that was just made: its age counts, not its last change."""
    return replace(_made(charge), at=charge.created)


def _is_late(order: Order, charge: Charge) -> bool:
    return charge.created is not None and order.observed - charge.created >= SYNCHRONOUS_CAPTURE


def _capture_warnings(order: Order, charge: Charge, amount: Money, rest: Money) -> list[str]:
    found, left = [*order.warnings], order.uncaptured
    if left is not None and left.currency == amount.currency and left < amount:
        found.append(more_than_limit(left))
    if rest.is_positive:
        found.append(
            together(
                _(
                    "A charge can be captured once: the other {amount} can't be collected with it"
                    " later.",
                    amount=rest,
                ),
                _("For more, authorize a new charge."),
            )
        )
    if _is_late(order, charge):
        found.append(
            together(
                many(
                    "It was authorized {count} day ago.",
                    "It was authorized {count} days ago.",
                    (order.observed - charge.created).days,  # type: ignore[operator]
                ),
                _(
                    "From the 7th day on Amazon captures in the background: CaptureInitiated"
                    " first, and it can still be declined."
                ),
            )
        )
    permission = order.permission
    if permission is not None and permission.state == "Closed":
        found.append(
            _(
                "The permission is Closed{code}: Amazon may refuse the capture.",
                code=named(permission.status.reason_code),
            )
        )
    return found


def _sisters(order: Order, charge: Charge) -> str:
    others = [other for other in order.charges if other.id != charge.id]
    if not others:
        return _("no other charge is known here")
    return ", ".join(f"{other.id} {other.state} {other.amount or ''}".strip() for other in others)

"""Close Charge Permission: no further charge, with or without those that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from console.actions.operations.base import (
    Made,
    Request,
    Standing,
    as_body,
    body_of,
    named,
    reason_for_amazon,
)
from console.actions.operations.permission import OnPermission, changed, permission_of
from console.actions.outcome import Held
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, Json
from console.domain.money import Money
from console.domain.order import Order
from console.store.decisions import Draft, Intent

# Which charges a close with cancelPendingCharges ends (Charge page, cancel).
_CANCELABLE: Final = ("AuthorizationInitiated", "Authorized")
# What became of one that it should have ended, and what can be done about it.
_OPEN_STILL: Final = "stayed open: look again in a minute, and cancel what is still open by itself."
_FATES: Final = {
    "AuthorizationInitiated": _OPEN_STILL,
    "Authorized": _OPEN_STILL,
    "CaptureInitiated": "is being captured: wait for it, then refund it.",
    "Captured": "was captured meanwhile: to give the money back, refund it.",
}


class CloseChargePermission(OnPermission):
    name = "close_charge_permission"
    action = "close"
    method = "DELETE"
    keyed = False

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        permission = permission_of(order)
        if permission.state != "Closed":
            return None
        still = [c for c in order.charges if c.state in _CANCELABLE] if wish.cancel_pending else []
        if still:
            ids = ", ".join(c.id for c in still)
            raise Held(
                f"The permission is Closed already, and {ids} stayed open.",
                f"Cancel what is open by itself: `payconsole cancel {still[0].id}`.",
            )
        return f"It is Closed already{named(permission.status.reason_code)}."

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        body = {
            "closureReason": reason_for_amazon(wish, "Closed by the merchant"),
            "cancelPendingCharges": wish.cancel_pending,
        }
        return Request("DELETE", f"/chargePermissions/{object_id}/close", as_body(body))

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        permission = permission_of(order)
        ends = bool(body_of(draft)["cancelPendingCharges"])
        open_charges = [c for c in order.charges if c.state in OPEN_CHARGE_STATES]
        facts = tuple(_fate(charge, ends) for charge in open_charges)
        return Words(
            before=(("state", permission.state), ("open charges", str(len(open_charges)))),
            after=(
                ("state", "Closed"),
                ("open charges", str(sum(not _dies(c, ends) for c in open_charges))),
            ),
            buyer_sees="No further payment can be made with this order.",
            undo="No. For a further payment the buyer has to check out again.",
            facts=facts or (("charges", "none that is open is known here"),),
            warnings=tuple(_close_warnings(order, ends=ends)),
        )

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        permission = ChargePermission.from_api(data)
        closed = permission.id == intent.object and permission.state == "Closed"
        return changed(permission) if closed else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        permission = order.permission
        if permission is None or permission.state != "Closed":
            return None  # the read lags
        return replace(changed(permission), at=made.at)

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        """Closed, and where pending charges were to be canceled, those that were open too."""
        state = now.part("permission").get("state")
        if state in ("Chargeable", "NonChargeable"):
            return Standing.BEFORE
        if state != "Closed":
            return Standing.UNCLEAR
        kept = self._kept(intent, now)
        if any(found not in _FATES for found in kept.values()):
            return Standing.UNCLEAR
        return Standing.ENDED if kept else Standing.DONE

    def left(self, intent: Intent, now: Snapshot) -> str:
        return " ".join(
            f"As read just now, {name} {_fate_of(state)}"
            for name, state in self._kept(intent, now).items()
        )

    def ended(self, intent: Intent, now: Snapshot) -> str:
        said = " ".join(
            f"{name} {_fate_of(state)}" for name, state in self._kept(intent, now).items()
        )
        return f"The permission is Closed, but not everything was canceled with it: {said}"

    def _kept(self, intent: Intent, now: Snapshot) -> dict[str, str]:
        """What should have been canceled with it and was not, by its state; "" is not readable."""
        if not body_of(intent)["cancelPendingCharges"]:
            return {}
        charges = now.part("charges")
        return {
            name: state
            for name, was in Snapshot(intent.snapshot).part("charges").items()
            if was[0] in _CANCELABLE
            and (state := charges.get(name, [""])[0]) not in ("Canceled", "Declined")
        }

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        reasons = str(now.part("permission").get("reasons") or "").split()
        return not {"MerchantClosed", "MerchantCanceled"}.isdisjoint(reasons)

    def accepted(self, intent: Intent, made: Made) -> str:
        return f"Charge permission {made.id} is {made.state}: no further charge can be made."

    def declined(self, intent: Intent, made: Made) -> str:
        return f"Charge permission {made.id} is {made.state}{named(made.code)}."

    def was_there(self, intent: Intent, made: Made) -> str:
        return f"Charge permission {made.id} is {made.state} already, not by this."


def _fate_of(state: str) -> str:
    """What became of a charge that a close should have canceled, by the state that was read."""
    if not state:
        return "could not be read: look at it by itself."
    return _FATES.get(state, f"is {state}, which this console doesn't know: look at it by itself.")


def _dies(charge: Charge, ends: bool) -> bool:
    return ends and charge.state in _CANCELABLE


def _fate(charge: Charge, ends: bool) -> tuple[str, str]:
    said = f"{charge.id} {charge.state} {charge.amount or ''}".strip()
    if _dies(charge, ends):
        return ("is canceled", said)
    kept = "can still be captured" if charge.state == "Authorized" else "goes on"
    return ("is kept", f"{said}, {kept}")


def _close_warnings(order: Order, *, ends: bool) -> list[str]:
    found = [*order.warnings]
    unseen = order.totals.unaccounted
    if ends and (not order.charges or (unseen is not None and unseen.is_positive)):
        found.append("Charges that are not known here are canceled with it, if they are open.")
    return found

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
from console.actions.operations.charge import CANCELABLE
from console.actions.operations.permission import OnPermission, changed, permission_of
from console.actions.outcome import Held
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot
from console.domain.language import N_, _, together
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, Json
from console.domain.money import Money
from console.domain.order import Order
from console.store.decisions import Draft, Intent

# What became of one that it should have ended, and what can be done about it: as it is told by
# itself, and right after the close.
Fate = tuple[str, str]
_OPEN_STILL: Final[Fate] = (
    N_("{charge} stayed open: look again in a minute, and cancel what is still open by itself."),
    N_(
        "As read just now, {charge} stayed open: look again in a minute, and cancel what is still"
        " open by itself."
    ),
)
_FATES: Final[dict[str, Fate]] = {
    "AuthorizationInitiated": _OPEN_STILL,
    "Authorized": _OPEN_STILL,
    "CaptureInitiated": (
        N_("{charge} is being captured: wait for it, then refund it."),
        N_("As read just now, {charge} is being captured: wait for it, then refund it."),
    ),
    "Captured": (
        N_("{charge} was captured meanwhile: to give the money back, refund it."),
        N_("As read just now, {charge} was captured meanwhile: to give the money back, refund it."),
    ),
}
_UNREAD_FATE: Final[Fate] = (
    N_("{charge} could not be read: look at it by itself."),
    N_("As read just now, {charge} could not be read: look at it by itself."),
)
_UNKNOWN_FATE: Final[Fate] = (
    N_("{charge} is {state}, which this console doesn't know: look at it by itself."),
    N_(
        "As read just now, {charge} is {state}, which this console doesn't know: look at it by"
        " itself."
    ),
)


class CloseChargePermission(OnPermission):
    name = "close_charge_permission"
    action = "close"
    method = "DELETE"
    keyed = False

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        permission = permission_of(order)
        if permission.state != "Closed":
            return None
        still = [c for c in order.charges if c.state in CANCELABLE] if wish.cancel_pending else []
        if still:
            ids = ", ".join(c.id for c in still)
            raise Held(
                _("The permission is Closed already, and {charges} stayed open.", charges=ids),
                _(
                    "Cancel what is open by itself: `payconsole cancel {charge}`.",
                    charge=still[0].id,
                ),
            )
        return _("It is Closed already{code}.", code=named(permission.status.reason_code))

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        body = {
            "closureReason": reason_for_amazon(wish, "Closed by the merchant"),
            "cancelPendingCharges": wish.cancel_pending,
        }
        return Request(f"/chargePermissions/{object_id}/close", as_body(body))

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        permission = permission_of(order)
        ends = bool(body_of(draft)["cancelPendingCharges"])
        open_charges = [c for c in order.charges if c.state in OPEN_CHARGE_STATES]
        facts = tuple(_fate(charge, ends) for charge in open_charges)
        return Words(
            before=(
                (_("state"), permission.state),
                (_("open charges"), str(len(open_charges))),
            ),
            after=(
                (_("state"), "Closed"),
                (_("open charges"), str(sum(not _dies(c, ends) for c in open_charges))),
            ),
            buyer_sees=_("No new payment can be started with this order."),
            undo=_("No. For a further payment the buyer has to check out again."),
            facts=facts or ((_("charges"), _("none that is open is known here")),),
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
        kept = self._kept(intent, now).items()
        return together(
            *(_(_fate_of(state)[1], charge=charge, state=state) for charge, state in kept)
        )

    def ended(self, intent: Intent, now: Snapshot) -> str:
        kept = self._kept(intent, now).items()
        said = together(
            *(_(_fate_of(state)[0], charge=charge, state=state) for charge, state in kept)
        )
        return _(
            "The permission is Closed, but not everything was canceled with it: {charges}",
            charges=said,
        )

    def _kept(self, intent: Intent, now: Snapshot) -> dict[str, str]:
        """What should have been canceled with it and was not, by its state; "" is not readable."""
        if not body_of(intent)["cancelPendingCharges"]:
            return {}
        charges = now.part("charges")
        return {
            name: state
            for name, was in Snapshot(intent.snapshot).part("charges").items()
            if was[0] in CANCELABLE
            and (state := charges.get(name, [""])[0]) not in ("Canceled", "Declined")
        }

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        reasons = str(now.part("permission").get("reasons") or "").split()
        return not {"MerchantClosed", "MerchantCanceled"}.isdisjoint(reasons)

    def accepted(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge permission {permission} is {state}: no further charge can be made.",
            permission=made.id,
            state=made.state,
        )

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge permission {permission} is {state}{code}.",
            permission=made.id,
            state=made.state,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        return _(
            "Charge permission {permission} is {state} already, not by this.",
            permission=made.id,
            state=made.state,
        )


def _fate_of(state: str) -> Fate:
    """What became of a charge that a close should have canceled, by the state that was read."""
    return _FATES.get(state, _UNKNOWN_FATE) if state else _UNREAD_FATE


def _dies(charge: Charge, ends: bool) -> bool:
    return ends and charge.state in CANCELABLE


def _fate(charge: Charge, ends: bool) -> tuple[str, str]:
    said = f"{charge.id} {charge.state} {charge.amount or ''}".strip()
    if _dies(charge, ends):
        return (_("is canceled"), said)
    if charge.state == "Authorized":
        return (_("is kept"), _("{charge}, can still be captured", charge=said))
    return (_("is kept"), _("{charge}, goes on", charge=said))


def _close_warnings(order: Order, *, ends: bool) -> list[str]:
    found = [*order.warnings]
    unseen = order.totals.unaccounted
    if ends and (not order.charges or (unseen is not None and unseen.is_positive)):
        found.append(_("Charges that are not known here are canceled with it, if they are open."))
    return found

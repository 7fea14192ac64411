"""Create Charge, Close and Update Charge Permission: what is done to a charge permission."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from console.actions.operations.base import (
    Made,
    Operation,
    Request,
    Standing,
    as_body,
    body_of,
    named,
    reason_for_amazon,
    typed_amount,
)
from console.actions.operations.charge import new_charge
from console.actions.outcome import Held
from console.actions.plan import Rows, Wish, Words
from console.actions.snapshot import (
    Snapshot,
    charges_part,
    merchant_part,
    permission_part,
    recurring_part,
)
from console.domain.guides import fixed_life
from console.domain.ids import Identifier
from console.domain.intent import LIVE_STATES, State
from console.domain.limits import MAX_STORE_NAME
from console.domain.model import OPEN_CHARGE_STATES, Charge, ChargePermission, Json
from console.domain.money import AmountError, Money
from console.domain.order import Order, clamp
from console.domain.rules import Offer, offer
from console.domain.text import clean_json
from console.store.decisions import Draft, Intent

# A charge that was made stays made in the sum, dead or not: its key is spent either way.
_MADE_STATES: Final = LIVE_STATES | {State.DECLINED}
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
_FREQUENCY: Final = re.compile(r"(?:(?P<value>[1-9][0-9]{0,2})\s+)?(?P<unit>[A-Za-z]+)")
UNITS: Final = ("Year", "Month", "Week", "Day", "Variable")
# The fields of merchantMetadata and what a person calls them. Only the store name's limit is
# confirmed; the others are quoted in many places and printed nowhere.
MERCHANT_FIELDS: Final = {
    "merchantReferenceId": ("reference", None),
    "merchantStoreName": ("store name", MAX_STORE_NAME),
    "noteToBuyer": ("note to the buyer", None),
    "customInformation": ("custom information", None),
}
_LONG_FIELDS: Final = ("noteToBuyer", "customInformation")  # they may have several lines
_NAMES: Final = {"merchant": "merchantMetadata", "recurring": "recurringMetadata"}


def permission_of(order: Order) -> ChargePermission:
    """The permission that was chosen before; that it is there was seen to then."""
    assert order.permission is not None
    return order.permission


class _OnPermission(Operation):
    target_name = "charge permission"

    def choose(self, order: Order, target: Identifier) -> str:
        if order.permission is None:
            raise Held(
                f"The charge permission of {target.id} could not be read.",
                "Paste the order's own id, the part before the last dash.",
            )
        return order.permission.id

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        if order.permission is None or order.permission.id != object_id:
            return None
        return Snapshot(
            {
                "permission": permission_part(order.permission),
                "charges": charges_part(order),
            }
        )


class CreateCharge(_OnPermission):
    name = "create_charge"
    action = "authorize"
    method = "POST"
    once = False

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        return typed_amount(wish.amount, order.currency, "order")

    def too_much(self, order: Order, object_id: str, amount: Money, can: Offer) -> Held:
        return Held(
            f"{amount} is too much. {can.why}",
            "The limit was set at the checkout and can't be raised: for more, ask the buyer for a"
            " new checkout.",
        )

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        assert amount is not None
        body = {
            "chargePermissionId": object_id,
            "chargeAmount": amount.to_api(),
            "captureNow": wish.capture_now,
            "canHandlePendingAuthorization": wish.pending_allowed,
        }
        return Request("POST", "/charges", as_body(body))

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        """What Amazon counts as used, and what this journal has made under it.

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
                f"{amount} is collected at once." if now
                else f"{amount} is reserved with the payment method of the order."
            ),
            undo=(
                "No. What was captured can only be refunded." if now
                else "Yes: cancel the new charge, until it is captured."
            ),
            facts=(
                ("pending", "may stay pending for up to 24 hours"
                 if body["canHandlePendingAuthorization"]
                 else "Amazon decides at once: authorized or declined"),
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
        said = (
            f"One charge of {intent.amount} exists from the state that you saw: {made.id},"
            f" {made.state}."
        )
        if made.state == "AuthorizationInitiated":
            said += " It is pending: Amazon decides within 24 hours, nothing is reserved yet."
        elif made.pending:
            said += " The capture has begun, it is not done."
        return said

    def declined(self, intent: Intent, made: Made) -> str:
        return f"Amazon made charge {made.id}, and it is {made.state}{named(made.code)}."

    def was_there(self, intent: Intent, made: Made) -> str:
        when = f" on {made.at:%Y-%m-%d at %H:%M:%S} UTC" if made.at else ""
        return f"A charge of {intent.amount} was made{when} already: {made.id}, {made.state}."


class CloseChargePermission(_OnPermission):
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
        return _changed(permission) if closed else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        permission = order.permission
        if permission is None or permission.state != "Closed":
            return None  # the read lags
        return replace(_changed(permission), at=made.at)

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


class UpdateChargePermission(_OnPermission):
    """Merchant metadata, and the frequency from which Amazon computes a recurring one's expiry."""

    name = "update_charge_permission"
    action = "update"
    method = "PATCH"
    keyed = False
    once = False

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        permission = order.permission
        if permission is None or permission.id != object_id:
            return None
        return Snapshot(
            {
                "permission": permission_part(permission),
                "merchant": merchant_part(permission),
                "recurring": recurring_part(permission),
            }
        )

    def require_allowed(
        self, action: str, order: Order, object_id: str, amount: Money | None, wish: Wish
    ) -> None:
        permission = permission_of(order)
        can = offer(order, action, object_id)
        if action == "extend" and not can.allowed and permission.is_one_time:
            raise Held(can.why, fixed_life(order))
        super().require_allowed(action, order, object_id, amount, wish)
        if action == "extend" and not wish.frequency:
            has = recurring_part(permission)["frequency"] or "not told"
            raise Held(
                "Amazon computes the expiry from the frequency, and none was given.",
                f'Give one, such as --frequency "1 Year"; now it is {has}.',
            )
        if not wish.merchant and not wish.frequency:
            raise Held("Nothing to change was given.", "Name a field and its new value.")
        for name, typed in wish.merchant.items():
            called, most = MERCHANT_FIELDS[name]
            value = typed.strip()
            if clean_json(value) != value or ("\n" in value and name not in _LONG_FIELDS):
                raise Held(
                    f"The {called} holds a character that can't be seen, such as a tab.",
                    "Type it anew: what is written must be what is read back.",
                )
            if most is not None and len(value) > most:
                raise Held(f"The {called} has {len(value)} characters; Amazon takes {most}.")
            if permission.state == "Closed" and merchant_part(permission)[name]:
                raise Held(
                    f"The permission is Closed, so its {called} can't be changed any more:"
                    " only what is still empty can be filled.",
                )

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        snapshot = self.snapshot(order, object_id)
        wanted = _wanted(self._fields(permission_of(order), wish))
        if snapshot is None or not wanted:
            return None
        return "It has these values already." if _equal(wanted, snapshot) else None

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        fields = self._fields(permission_of(order), wish)
        return Request("PATCH", f"/chargePermissions/{object_id}", as_body(fields))

    def _fields(self, permission: ChargePermission, wish: Wish) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if wish.merchant:
            fields["merchantMetadata"] = {
                name: value.strip() for name, value in wish.merchant.items()
            }
        if wish.frequency:
            fields["recurringMetadata"] = {"frequency": parse_frequency(wish.frequency)}
            if wish.amount:
                amount = typed_amount(wish.amount, permission.currency, "permission")
                fields["recurringMetadata"]["amount"] = amount.to_api()
        return fields

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        permission = permission_of(order)
        snapshot = self.snapshot(order, permission.id)
        assert snapshot is not None
        wanted = _wanted(body_of(draft))
        rows = [
            (name, str(snapshot.part(part).get(name) or "empty"), value or "empty")
            for (part, name), value in wanted.items()
        ]
        if draft.action == "extend":
            until = snapshot.part("permission")["expires"] or "not told"
            rows.append(("expires", until, "what Amazon computes from it"))
        return Words(
            before=tuple((name, before) for name, before, _ in rows),
            after=tuple((name, after) for name, _, after in rows),
            buyer_sees=_seen_by_buyer(wanted, permission),
            undo="Yes: change it back. The last one who writes wins, here and in the shop.",
            warnings=tuple(_update_warnings(order, draft)),
        )

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        permission = ChargePermission.from_api(data)
        if permission.id != intent.object:
            return None
        now = {
            "merchant": merchant_part(permission),
            "recurring": recurring_part(permission),
        }
        # The time of its state tells nothing of when a field was written.
        written = replace(_changed(permission), at=None)
        return written if _equal(_wanted(body_of(intent)), Snapshot(now)) else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        permission, now = order.permission, self.snapshot(order, intent.object)
        if permission is None or now is None or not _equal(_wanted(body_of(intent)), now):
            return None  # the read lags, or somebody wrote after it
        return replace(_changed(permission), at=made.at)

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        """As wanted, as before, or a third value, which somebody else wrote."""
        wanted = _wanted(body_of(intent))
        if not now.part("permission"):
            return Standing.UNCLEAR
        if _equal(wanted, now):
            return Standing.DONE
        before = Snapshot(intent.snapshot)
        same = all(now.part(p).get(n) == before.part(p).get(n) for p, n in wanted)
        return Standing.BEFORE if same else Standing.ENDED

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        return True  # nothing tells whose value it is

    def ended(self, intent: Intent, now: Snapshot) -> str:
        wanted = _wanted(body_of(intent))
        values = ", ".join(f"{name} {now.part(part).get(name) or 'empty'}" for part, name in wanted)
        said = (
            f"Somebody else has written meanwhile: {values}. It was not written over; the last one"
            " who writes wins, so decide anew if yours is still meant."
        )
        if intent.unanswered:
            said += " An attempt of ours has no answer: if it is only late, it still writes."
        return said

    def accepted(self, intent: Intent, made: Made) -> str:
        if intent.action != "extend":
            return f"Charge permission {made.id} has the new values."
        before = Snapshot(intent.snapshot).part("permission").get("expires")
        after = permission_part(ChargePermission.from_api(made.raw or {}))["expires"]
        if before == after:
            return (
                f"Amazon took the frequency and did not move the expiry: it is still"
                f" {after or 'not told'}."
            )
        return (
            f"It expires {after or 'at a time that is not told'}; before, {before or 'not told'}."
        )

    def declined(self, intent: Intent, made: Made) -> str:
        return f"Charge permission {made.id} is {made.state}{named(made.code)}."

    def was_there(self, intent: Intent, made: Made) -> str:
        return f"Charge permission {made.id} has these values already, not by this."


def parse_frequency(text: str) -> dict[str, str]:
    """`1 Year` as the API's frequency. Raises AmountError, with what there is to choose."""
    match = _FREQUENCY.fullmatch(text.strip())
    unit = match["unit"].capitalize().removesuffix("s") if match else ""
    if match is None or unit not in UNITS or (unit != "Variable") != bool(match["value"]):
        raise AmountError(
            f"{text!r} is no frequency. Type a number and a unit, such as 1 Year, 3 Month, 2 Week"
            " or 30 Day; or Variable."
        )
    return {"unit": unit, "value": match["value"] or "0"}


def _changed(permission: ChargePermission) -> Made:
    return Made(
        id=permission.id,
        state=permission.state,
        at=permission.status.updated,
        code=permission.status.reason_code,
        raw=permission.raw,
    )


Field = tuple[str, str]  # a part of the snapshot, and the name in it


def _wanted(body: dict[str, Any]) -> dict[Field, str]:
    """What the body sets, by the snapshot's parts and names."""
    found: dict[Field, str] = {
        ("merchant", name): value for name, value in body.get("merchantMetadata", {}).items()
    }
    recurring = body.get("recurringMetadata", {})
    if "frequency" in recurring:
        frequency = recurring["frequency"]
        found["recurring", "frequency"] = f"{frequency['value']} {frequency['unit']}"
    if "amount" in recurring:
        amount = Money.from_api(recurring["amount"])
        found["recurring", "amount"] = str(amount)
    return found


def _equal(wanted: dict[Field, str], now: Snapshot) -> bool:
    return all((now.part(part).get(name) or "") == value for (part, name), value in wanted.items())


def _room(permission: ChargePermission, amount: Money | None) -> Rows:
    if permission.limit is None or permission.balance is None:
        return (("room left", "not told"),)
    # Whether the balance falls at the authorization or at the capture is not documented.
    left = permission.balance if amount is None else clamp(permission.balance - amount)
    return (("limit", str(permission.limit)), ("room, once captured", str(left)))


def _charge_warnings(
    order: Order, draft: Draft, amount: Money, past: Sequence[Intent]
) -> list[str]:
    found = [*order.warnings]
    replaced = (draft.link or {}).get("renews")  # goes with the next step
    for charge in order.charges:
        if charge.state in OPEN_CHARGE_STATES and charge.id != replaced:
            found.append(
                f"Charge {charge.id} over {charge.amount or 'an unknown amount'} is {charge.state}:"
                " with this the buyer is charged beside it. Cancel it first if this replaces it."
            )
    found += _more_than_the_limit(order, amount, replaced)
    for intent in past:
        same = intent.amount == amount and intent.operation == CreateCharge.name
        if same and intent.state in LIVE_STATES:
            found.append(
                f"The same amount was charged before, by {intent.actor} on {intent.created[:16]}"
                f" UTC (intent {intent.id}). This is a second charge."
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
        f"With this, {total} is captured or reserved on a limit of {permission.limit}: not all of"
        " it can be captured."
    ]


def _holds(charge: Charge) -> bool:
    return charge.state == "Captured" or charge.state in OPEN_CHARGE_STATES


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


def _seen_by_buyer(wanted: dict[Field, str], permission: ChargePermission) -> str:
    if permission.state == "Closed":
        return "Nothing: mails to the buyer don't show what was changed after closing."
    if any(part == "recurring" for part, _ in wanted):
        return "The new frequency stands in Amazon's mails to the buyer."
    return "The new values stand in the buyer's Amazon Pay account, and in mails from now on."


def _update_warnings(order: Order, draft: Draft) -> list[str]:
    found = [*order.warnings]
    if draft.action == "extend" and draft.object[1:3] == "02":
        found.append(
            "In the EU and the UK a change of plan must not be made by an update (PSD2): if the"
            " buyer agreed to another plan, close this one and let them check out again."
        )
    return found

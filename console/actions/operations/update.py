"""Update Charge Permission: the merchant's own fields, and a recurring one's frequency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from console.actions.operations.base import (
    Made,
    Request,
    Standing,
    as_body,
    body_of,
    named,
    typed_amount,
)
from console.actions.operations.permission import OnPermission, changed, permission_of
from console.actions.outcome import Held
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot, merchant_part, permission_part, recurring_part
from console.domain.guides import fixed_life
from console.domain.language import N_, _, many, together
from console.domain.limits import MAX_STORE_NAME
from console.domain.model import ChargePermission, Json
from console.domain.money import AmountError, Money
from console.domain.order import Order
from console.domain.rules import offer
from console.domain.text import clean_json
from console.store.decisions import Draft, Intent

_FREQUENCY: Final = re.compile(r"(?:(?P<value>[1-9][0-9]{0,2})\s+)?(?P<unit>[A-Za-z]+)")
UNITS: Final = ("Year", "Month", "Week", "Day", "Variable")
# The fields of merchantMetadata and what a person calls them, which `_` translates where it is
# shown. Only the store name's limit is confirmed; the others are quoted in many places and
# printed nowhere.
MERCHANT_FIELDS: Final = {
    "merchantReferenceId": (N_("reference"), None),
    "merchantStoreName": (N_("store name"), MAX_STORE_NAME),
    "noteToBuyer": (N_("note to the buyer"), None),
    "customInformation": (N_("custom information"), None),
}
_LONG_FIELDS: Final = ("noteToBuyer", "customInformation")  # they may have several lines

Field = tuple[str, str]  # a part of the snapshot, and the name in it


class UpdateChargePermission(OnPermission):
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
            has = recurring_part(permission)["frequency"] or _("not told")
            raise Held(
                _("Amazon computes the expiry from the frequency, and none was given."),
                _('Give one, such as --frequency "1 Year"; now it is {frequency}.', frequency=has),
            )
        if not wish.merchant and not wish.frequency:
            raise Held(_("Nothing to change was given."), _("Name a field and its new value."))
        for name, typed in wish.merchant.items():
            called, most = MERCHANT_FIELDS[name]
            value = typed.strip()
            if clean_json(value) != value or ("\n" in value and name not in _LONG_FIELDS):
                raise Held(
                    _(
                        "The {field} holds a character that can't be seen, such as a tab.",
                        field=_(called),
                    ),
                    _("Type it anew: what is written must be what is read back."),
                )
            if most is not None and len(value) > most:
                raise Held(
                    many(
                        "The {field} has {count} character; Amazon takes {most}.",
                        "The {field} has {count} characters; Amazon takes {most}.",
                        len(value),
                        field=_(called),
                        most=most,
                    )
                )
            if permission.state == "Closed" and merchant_part(permission)[name]:
                raise Held(
                    _(
                        "The permission is Closed, so its {field} can't be changed any more: only"
                        " what is still empty can be filled.",
                        field=_(called),
                    )
                )

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        snapshot = self.snapshot(order, object_id)
        wanted = _wanted(self._fields(permission_of(order), wish))
        if snapshot is None or not wanted:
            return None
        return _("It has these values already.") if _equal(wanted, snapshot) else None

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        fields = self._fields(permission_of(order), wish)
        return Request(f"/chargePermissions/{object_id}", as_body(fields))

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
        empty = _("empty")
        before = [(name, str(snapshot.part(part).get(name) or empty)) for part, name in wanted]
        after = [(name, value or empty) for (_part, name), value in wanted.items()]
        if draft.action == "extend":
            until = snapshot.part("permission")["expires"] or _("not told")
            before.append((_("expires"), until))
            after.append((_("expires"), _("what Amazon computes from it")))
        return Words(
            before=tuple(before),
            after=tuple(after),
            buyer_sees=_seen_by_buyer(wanted, permission),
            undo=together(
                _("Yes: change it back."),
                _("The last one who writes wins, here and in the shop."),
            ),
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
        written = replace(changed(permission), at=None)
        return written if _equal(_wanted(body_of(intent)), Snapshot(now)) else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        permission, now = order.permission, self.snapshot(order, intent.object)
        if permission is None or now is None or not _equal(_wanted(body_of(intent)), now):
            return None  # the read lags, or somebody wrote after it
        return replace(changed(permission), at=made.at)

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
        empty = _("empty")
        values = ", ".join(f"{name} {now.part(part).get(name) or empty}" for part, name in wanted)
        late = _("An attempt of ours has no answer: if it is only late, it still writes.")
        return together(
            _("Somebody else has written meanwhile: {values}.", values=values),
            _(
                "It was not written over; the last one who writes wins, so decide anew if yours is"
                " still meant."
            ),
            late if intent.unanswered else "",
        )

    def accepted(self, intent: Intent, made: Made) -> str:
        if intent.action != "extend":
            return _("Charge permission {permission} has the new values.", permission=made.id)
        before = Snapshot(intent.snapshot).part("permission").get("expires")
        after = permission_part(ChargePermission.from_api(made.raw or {}))["expires"]
        if before == after:
            return _(
                "Amazon took the frequency and did not move the expiry: it is still {expiry}.",
                expiry=after or _("not told"),
            )
        return _(
            "It expires {after}; before, {before}.",
            after=after or _("at a time that is not told"),
            before=before or _("not told"),
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
            "Charge permission {permission} has these values already, not by this.",
            permission=made.id,
        )


def parse_frequency(text: str) -> dict[str, str]:
    """`1 Year` as the API's frequency. Raises AmountError, with what there is to choose."""
    match = _FREQUENCY.fullmatch(text.strip())
    unit = match["unit"].capitalize().removesuffix("s") if match else ""
    if match is None or unit not in UNITS or (unit != "Variable") != bool(match["value"]):
        raise AmountError(
            together(
                _("{typed} is no frequency.", typed=repr(text)),
                _(
                    "Type a number and a unit, such as 1 Year, 3 Month, 2 Week or 30 Day; or"
                    " Variable."
                ),
            )
        )
    return {"unit": unit, "value": match["value"] or "0"}


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


def _seen_by_buyer(wanted: dict[Field, str], permission: ChargePermission) -> str:
    """What of it the buyer gets to see. That custom information is in no buyer communication is
    told by Amazon's own SDKs, where they describe the field.
    """
    if permission.state == "Closed":
        return _("Nothing: mails to the buyer don't show what was changed after closing.")
    if any(part == "recurring" for part, _name in wanted):
        return _("The new frequency stands in Amazon's mails to the buyer.")
    if all(name == "customInformation" for _part, name in wanted):
        return _("Nothing: custom information isn't shared with the buyer.")
    said = _("The new values stand in the buyer's Amazon Pay account, and in mails from now on.")
    if ("merchant", "customInformation") in wanted:
        return together(said, _("Custom information isn't shared with the buyer."))
    return said


def _update_warnings(order: Order, draft: Draft) -> list[str]:
    found = [*order.warnings]
    if draft.action == "extend" and draft.object[1:3] == "02":
        found.append(
            _(
                "In the EU and the UK a change of plan must not be made by an update (PSD2): if the"
                " buyer agreed to another plan, close this one and let them check out again."
            )
        )
    return found

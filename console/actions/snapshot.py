"""What was seen of an order before an action: the fields that matter for it, and no others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from console.domain.disputes import can_pay_twice, disputes_of, resolution, unread_disputes
from console.domain.language import N_, _, joined
from console.domain.model import Charge, ChargePermission, CheckoutSession, show_time
from console.domain.money import Money
from console.domain.order import Order

Part = Mapping[str, Any]

# How a dispute stands in a snapshot, in English as it is kept, and in what is told of it.
TWICE: Final = N_("can pay twice")
OVER: Final = N_("over")
UNREAD: Final[list[str | None]] = [N_("could not be read")]
# The names of a snapshot's parts and of the fields in them that Amazon doesn't call so.
_NAMES: Final = frozenset(
    (
        N_("charge"), N_("permission"), N_("charges"), N_("refunds"), N_("disputes"),
        N_("merchant"), N_("recurring"), N_("session"), N_("state"), N_("amount"), N_("captured"),
        N_("refunded"), N_("expires"), N_("reason"), N_("reasons"), N_("limit"), N_("balance"),
        N_("frequency"),
    )
)  # fmt: skip
# Parts whose entries are objects by their ids: one that is gone could not be read.
_MEMBERS: Final = ("refunds", "charges")


@dataclass(frozen=True)
class Snapshot:
    """The fields that matter for one action, by part, as they were seen.

    Two snapshots differ exactly where the operator would have to look again.
    """

    data: Mapping[str, Any]

    def part(self, name: str) -> Part:
        """One part; empty where it was not looked at, or not there."""
        found: Part = self.data.get(name) or {}
        return found

    @property
    def hash(self) -> str:
        text = json.dumps(self.data, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def changes(self, now: Snapshot) -> list[str]:
        """What differs between the two, each as `charge refunded: 0.00 USD, now 5.00 USD`."""
        return [
            _(
                "{part} {name}: {before}, now {after}",
                part=_named(part),
                name=_named(name),
                before=_show(before.get(name)),
                after=_show(after.get(name)),
            )
            for part in self.data
            for before, after in [(self.part(part), now.part(part))]
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]

    def missing(self, now: Snapshot) -> list[str]:
        """What was read then and could not be read now: that is no change, but no knowledge."""
        gone = [name for part in _MEMBERS for name in self.part(part) if name not in now.part(part)]
        seen, unread = self.part("disputes"), now.part("disputes").items()
        gone += [name for name, at in unread if at == UNREAD and seen.get(name, UNREAD) != UNREAD]
        if self.part("permission") and not now.part("permission"):
            gone.append(_("the charge permission"))
        return gone

    def disputed_since(self, now: Snapshot) -> list[str]:
        """The disputes that make a refund pay twice now, and did not when this was seen."""
        before = self.part("disputes")  # older records have none
        return [
            _(
                "dispute {dispute}: {before}, now {after}",
                dispute=name,
                before=_show(before.get(name)),
                after=_show(seen),
            )
            for name, seen in now.part("disputes").items()
            if seen[0] == TWICE and before.get(name, [""])[0] != TWICE
        ]

    def differs(self, now: Snapshot, part: str, *names: str) -> bool:
        """Whether any of these fields of a part differ."""
        before, after = self.part(part), now.part(part)
        return any(before.get(name) != after.get(name) for name in names)


# --- the parts -----------------------------------------------------------------------------------


def charge_part(charge: Charge) -> Part:
    return {
        "state": charge.state,
        "amount": _text(charge.amount),
        "captured": _text(charge.captured),
        "refunded": _text(charge.refunded),
        "expires": show_time(charge.expires),
        "reason": charge.status.reason_code,
    }


def permission_part(permission: ChargePermission) -> Part:
    return {
        "state": permission.state,
        "limit": _text(permission.limit),
        "balance": _text(permission.balance),
        "expires": show_time(permission.expires),
        "reasons": " ".join(permission.status.reason_codes) or None,
    }


def merchant_part(permission: ChargePermission) -> Part:
    """The merchant's own fields, by the API's names."""
    merchant = permission.merchant
    return {
        "merchantReferenceId": merchant.reference,
        "merchantStoreName": merchant.store,
        "noteToBuyer": merchant.note,
        "customInformation": merchant.custom,
    }


def recurring_part(permission: ChargePermission) -> Part:
    """The frequency, such as `1 Month`, and the amount of a recurring permission."""
    metadata = permission.raw.get("recurringMetadata")
    recurring = metadata if isinstance(metadata, Mapping) else {}
    frequency = recurring.get("frequency")
    parts = frequency if isinstance(frequency, Mapping) else {}
    said = f"{parts.get('value') or 0} {parts.get('unit')}" if parts.get("unit") else None
    return {"frequency": said, "amount": _text(Money.from_api(recurring.get("amount")))}


def refunds_part(order: Order, charge: Charge) -> Part:
    return {r.id: [r.state, _text(r.amount)] for r in order.refunds_of(charge.id)}


def charges_part(order: Order, besides: str | None = None) -> Part:
    """The order's known charges, but for the one that the action is about."""
    return {
        c.id: [c.state, _text(c.amount), _text(c.captured)]
        for c in order.charges
        if c.id != besides
    }


def disputes_part(charge: Charge, order: Order) -> Part:
    """What is known of the charge's disputes: a dispute is money that may leave by itself."""
    read = {
        d.id: [TWICE if can_pay_twice(d) else OVER, d.state, resolution(d), _text(d.amount)]
        for d in disputes_of(order, charge.id)
    }
    return read | dict.fromkeys(unread_disputes(order), UNREAD)


def session_part(session: CheckoutSession) -> Part:
    return {
        "state": session.state,
        "amount": _text(session.amount),
        "permission": session.permission_id,
        "charge": session.charge_id,
    }


def _text(money: Money | None) -> str | None:
    return str(money) if money is not None else None


def _named(name: str) -> str:
    return _(name) if name in _NAMES else name


def _show(value: object) -> str:
    if isinstance(value, list):
        return joined((_said(part) for part in value if part is not None), " ")
    return _("nothing") if value is None else str(value)


def _said(part: object) -> str:
    """A part of an entry: how a dispute stands in the reader's words, all else as Amazon says."""
    text = str(part)
    return _(text) if text in (TWICE, OVER, *UNREAD) else text

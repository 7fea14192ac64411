"""A plan: exactly what would be sent, what was seen, and what the operator must type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from console.domain.disputes import can_pay_twice, disputes_of, resolution, unread_disputes
from console.domain.model import Charge, ChargePermission, show_time
from console.domain.money import Money
from console.domain.order import Order, clamp
from console.store.decisions import Draft

# How a dispute stands in a snapshot.
TWICE: Final = "can pay twice"
UNREAD: Final[list[str | None]] = ["could not be read"]


@dataclass(frozen=True)
class Snapshot:
    """The fields that matter for an action on one charge, as they were seen.

    Two snapshots differ exactly where the operator would have to look again.
    """

    data: Mapping[str, Any]

    @property
    def hash(self) -> str:
        text = json.dumps(self.data, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of(cls, charge: Charge, order: Order) -> Snapshot:
        return cls(
            {
                "charge": {
                    "state": charge.state,
                    "amount": _text(charge.amount),
                    "captured": _text(charge.captured),
                    "refunded": _text(charge.refunded),
                    "expires": show_time(charge.expires),
                },
                "permission": _permission(order.permission),
                "refunds": {r.id: [r.state, _text(r.amount)] for r in order.refunds_of(charge.id)},
                "disputes": _disputes(charge, order),
            }
        )

    def changes(self, now: Snapshot) -> list[str]:
        """What differs between the two, each as `charge refunded: 0.00 USD, now 5.00 USD`."""
        return [
            f"{part} {name}: {_show(before.get(name))}, now {_show(after.get(name))}"
            for part in self.data
            for before, after in [(self.data[part] or {}, now.data[part] or {})]
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]

    def missing(self, now: Snapshot) -> list[str]:
        """What was read then and could not be read now: that is no change, but no knowledge."""
        gone = [name for name in self.data["refunds"] if name not in now.data["refunds"]]
        unread = [name for name, seen in _disputes_in(now).items() if seen == UNREAD]
        gone += [name for name in unread if _disputes_in(self).get(name, UNREAD) != UNREAD]
        if self.data["permission"] and not now.data["permission"]:
            gone.append("the charge permission")
        return gone

    def disputed_since(self, now: Snapshot) -> list[str]:
        """The disputes that make a refund pay twice now, and did not when this was seen."""
        before = _disputes_in(self)
        return [
            f"dispute {name}: {_show(before.get(name))}, now {_show(seen)}"
            for name, seen in _disputes_in(now).items()
            if seen[0] == TWICE and before.get(name, [""])[0] != TWICE
        ]

    def moved(self, now: Snapshot) -> bool:
        """Whether money moved between the two, or a refund appeared that was not known."""
        before, after = self.data["charge"], now.data["charge"]
        figures = ("state", "captured", "refunded")
        new = set(now.data["refunds"]) - set(self.data["refunds"])
        return bool(new) or any(before[name] != after[name] for name in figures)


def _disputes(charge: Charge, order: Order) -> dict[str, list[str | None]]:
    """What is known of the charge's disputes: a dispute is money that may leave by itself."""
    read = {
        d.id: [TWICE if can_pay_twice(d) else "over", d.state, resolution(d), _text(d.amount)]
        for d in disputes_of(order, charge.id)
    }
    return read | dict.fromkeys(unread_disputes(order), UNREAD)


def _disputes_in(snapshot: Snapshot) -> Mapping[str, list[str | None]]:
    """Snapshots that were written down before disputes were looked at have none."""
    found: Mapping[str, list[str | None]] = snapshot.data.get("disputes") or {}
    return found


@dataclass(frozen=True)
class Plan:
    """What will be done if the operator types `phrase`. Nothing has been sent.

    `version` is the journal's version of the order that it was made from; `reopens` the
    intent that is tried again instead of a new one. `doubts` says why it can pay twice, where
    it can: then it needs a confirmation of its own.
    """

    draft: Draft
    order: Order
    snapshot: Snapshot
    version: int
    url: str
    phrase: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    buyer_sees: str
    undo: str
    warnings: tuple[str, ...] = ()
    above_captured: bool = False
    doubts: tuple[str, ...] = ()
    reopens: int | None = None

    @property
    def hash(self) -> str:
        parts = [self.draft.method, self.draft.path, self.draft.body.decode(), self.snapshot.hash]
        return hashlib.sha256("\n".join([*parts, str(self.version)]).encode()).hexdigest()


def confirmation_phrase(environment: str, object_id: str, amount: Money) -> str:
    """What must be typed: the amount with its currency; in live the id's last four too."""
    return f"{amount} {object_id[-4:]}" if environment == "live" else str(amount)


def refund_changes(
    order: Order, charge: Charge, amount: Money
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """The figures of a charge before and after a refund of `amount`."""
    floor = order.refund_floor(charge) or Money.zero(amount.currency)
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


def refund_body(charge_id: str, amount: Money) -> bytes:
    """Create Refund's exact bytes. The reason is not sent: the API has no field for it."""
    body = {"chargeId": charge_id, "refundAmount": amount.to_api()}
    return json.dumps(body, separators=(",", ":")).encode()


def _permission(permission: ChargePermission | None) -> dict[str, str | None] | None:
    if permission is None:
        return None
    return {
        "state": permission.state,
        "limit": _text(permission.limit),
        "balance": _text(permission.balance),
        "expires": show_time(permission.expires),
    }


def _text(money: Money | None) -> str | None:
    return str(money) if money is not None else None


def _show(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value if part is not None)
    return "nothing" if value is None else str(value)

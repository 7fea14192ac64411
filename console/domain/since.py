"""What has changed in an order since somebody looked at it, object by object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from console.domain.members import Member, members
from console.domain.model import Charge, ChargePermission, parse_time, show_time
from console.domain.money import Money
from console.domain.order import Order, clamp

How: TypeAlias = Literal["new", "state", "amount", "refunded"]


@dataclass(frozen=True)
class Standing:
    """How one object stood: the state and amount that its row shows, and of a charge what was
    refunded of it."""

    state: str
    amount: Money | None = None
    refunded: Money | None = None


@dataclass(frozen=True)
class Picture:
    """What somebody saw of an order at `time`, by object. It holds nothing of the buyer."""

    time: datetime
    objects: Mapping[str, Standing]

    @classmethod
    def of(cls, order: Order) -> Picture:
        found = {member.id: _standing(member) for _kind, member in members(order)}
        return cls(order.remembered or order.observed, found)

    def to_json(self) -> dict[str, Any]:
        return {
            "time": show_time(self.time),
            "objects": {
                name: [one.state, *(m and m.to_api() for m in (one.amount, one.refunded))]
                for name, one in self.objects.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Picture:
        """Raises KeyError, TypeError or ValueError where it was not made by `to_json`."""
        time = parse_time(data["time"])
        if time is None:
            raise ValueError("a picture without its time")
        found = {
            name: Standing(str(state), Money.from_api(amount), Money.from_api(refunded))
            for name, (state, amount, refunded) in data["objects"].items()
        }
        return cls(time, found)


@dataclass(frozen=True)
class Change:
    """How one object differs: the state or amount that it has `now`, and that it `was`.

    Of a new one `now` is its state, and `was` is empty.
    """

    id: str
    how: How
    now: str
    was: str = ""


@dataclass(frozen=True)
class Changes:
    """What differs between the picture of `since` and a later one, by object."""

    since: datetime
    by_id: Mapping[str, Change]


def changes(before: Picture, order: Order) -> Changes:
    """The objects of `order` that are new, or whose state or amount differs from `before`.

    What can't be read any more is no change: it is named in the order's `unread`.
    """
    now = Picture.of(order).objects
    found = {change.id: change for change in _found(before.objects, now)}
    for refund in order.refunds:  # it tells by itself what was refunded of its charge
        told = found.get(refund.charge_id or "")
        if told is not None and told.how == "refunded" and refund.id in found:
            del found[told.id]
    return Changes(before.time, found)


def _found(old: Mapping[str, Standing], new: Mapping[str, Standing]) -> Iterator[Change]:
    for name, now in new.items():
        was = old.get(name)
        if was is None:
            yield Change(name, "new", now.state)
        elif was.state != now.state:
            yield Change(name, "state", now.state, was.state)
        else:
            yield from _moved(name, was, now)


def _moved(name: str, was: Standing, now: Standing) -> Iterator[Change]:
    """Money that moved while the state stayed."""
    if was.amount is not None and now.amount is not None and was.amount != now.amount:
        yield Change(name, "amount", str(now.amount), str(was.amount))
    elif now.refunded is not None:
        refunded = was.refunded or Money.zero(now.refunded.currency)
        if now.refunded != refunded:
            yield Change(name, "refunded", str(now.refunded), str(refunded))


def _standing(member: Member) -> Standing:
    """The amount of a charge is what was captured, where something was."""
    if isinstance(member, ChargePermission):
        return Standing(member.state)
    if not isinstance(member, Charge):
        return Standing(member.state, member.amount)
    taken = member.captured if member.captured and member.captured.is_positive else member.amount
    refunded = clamp(member.refunded) if member.refunded is not None else None
    return Standing(member.state, taken, refunded)

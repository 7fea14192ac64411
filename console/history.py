"""An order's history, woven from every source there is; each line says its source.

Amazon has no call for the past of an object, so the past is what Amazon's timestamps tell,
what the journal of this console says was done, what earlier looks saw, and what imports told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from console.domain.model import (
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Refund,
    parse_time,
)
from console.domain.money import Money
from console.domain.order import Event
from console.store.decisions import Entry
from console.store.index import Look, Told

ApiObject: TypeAlias = ChargePermission | Charge | Refund | CheckoutSession | Dispute


@dataclass(frozen=True)
class Past:
    """What our own records know of a family: the journal's lines, earlier looks, imports."""

    journal: Sequence[Entry] = ()
    looks: Sequence[Look] = ()
    told: Sequence[Told] = ()


def weave(family: Iterable[ApiObject], past: Past, observed: datetime) -> tuple[Event, ...]:
    """Every event that is known, oldest first; what lies ahead (expiry) stands at the end."""
    events = [
        *_amazon_events(family),
        *_journal_events(past.journal),
        *_seen_events(past.looks, observed),
        *_told_events(past.told),
    ]
    return tuple(sorted(events, key=lambda event: event.time))


def _amazon_events(family: Iterable[ApiObject]) -> Iterable[Event]:
    """What Amazon's own timestamps tell: made, since when in the present state, until when."""
    for found in family:
        if found.created:
            yield Event(found.created, found.id, "created", "amazon")
        updated = found.status.updated
        if updated and updated != found.created:
            why = f" ({found.status.reason_code})" if found.status.reason_code else ""
            yield Event(updated, found.id, f"{found.state}{why}", "amazon")
        expires = getattr(found, "expires", None)
        if expires and found.state in _CAN_EXPIRE:
            yield Event(expires, found.id, "expires", "amazon")


# Elsewhere an expiry has no meaning any more: the object has come to its end before.
_CAN_EXPIRE: Final = frozenset(
    {"Chargeable", "NonChargeable", "AuthorizationInitiated", "Authorized", "Open"}
)


def _seen_events(looks: Sequence[Look], observed: datetime) -> Iterable[Event]:
    """What changed between two looks. A first look that was just now tells nothing new."""
    before: dict[str, Look] = {}
    for look in looks:
        time, last = parse_time(look.time), before.get(look.object)
        before[look.object] = look
        if time is None:
            continue
        if last is None:
            if (observed - time).total_seconds() >= 1:
                yield Event(time, look.object, f"seen {look.state}{_amounts(look.raw)}", "seen")
        elif changed := _changes(last, look):
            yield Event(time, look.object, "seen " + ", ".join(changed), "seen")


# The money of a charge that moves while its state stays.
_MOVING: Final = {"captureAmount": "captured", "refundedAmount": "refunded"}


def _amounts(raw: Mapping[str, Any]) -> str:
    told = [f"{word} {money}" for field, word in _MOVING.items() if (money := _money(raw, field))]
    return f", {', '.join(told)}" if told else ""


def _changes(last: Look, look: Look) -> list[str]:
    """State and moving amounts where they differ from the look before."""
    changes = []
    if look.state != last.state:
        changes.append(f"{look.state}, before that {last.state}")
    for field, word in _MOVING.items():
        old, new = _money(last.raw, field), _money(look.raw, field)
        if old != new:
            changes.append(f"{word} {new or 'nothing'}, before that {old or 'nothing'}")
    return changes


def _money(raw: Mapping[str, Any], field: str) -> Money | None:
    money = Money.from_api(raw.get(field))
    return money if money is not None and money.is_positive else None


def _told_events(lines: Iterable[Told]) -> Iterable[Event]:
    for line in lines:
        time = parse_time(line.time)
        if time is not None:
            yield Event(time, line.object, line.event, line.source)


def _journal_events(lines: Iterable[Entry]) -> Iterable[Event]:
    for line in lines:
        said = JOURNAL_WORDS.get(line.kind)
        time = parse_time(line.time)
        if said is None or time is None:
            continue
        event = said.format_map(_Words(line))
        yield Event(time, line.object or "", event, "journal", line.actor)


# A line of the journal in an order's history; kinds without words are too fine for it.
JOURNAL_WORDS: Final = {
    "reserve": "{what} decided: {why}",
    "arm": "attempt {attempt} sent",
    "accept": "accepted by Amazon{as}",
    "absorb": "was so already{as}; nothing new was made",
    "refuse": "refused: {why}",
    "not_sent": "not sent: {why}",
    "conflict": "held: {why}",
    "stale": "ended, the order had changed: {why}",
    "lose": "outcome unknown: {why}",
    "abandon": "given up before sending: {why}",
    "settle": "{said}",
    "decline": "declined by Amazon: {code}",
    "happened": "a person says that it happened: {evidence}",
    "did_not": "a person says that it did not happen: {evidence}",
    "reopen": "tried again: {reason}",
    "next_key": "a person gave the key up: {reason}",
}


class _Words(dict[str, str]):
    """A journal line's data for `JOURNAL_WORDS`; what a line doesn't have reads as `–`.

    `what` is the action with its amount, if it has one; `as` names what was made, if that is
    something else than the line's own object.
    """

    def __init__(self, line: Entry) -> None:
        data = line.data
        amount, result = Money.from_api(data.get("amount")), data.get("result")
        texts = {key: str(value) for key, value in data.items() if value not in (None, "")}
        action = texts.get("action", "–")
        texts["what"] = f"{action} of {amount}" if amount else action
        texts["as"] = f" as {result}" if result and result != line.object else ""
        texts.setdefault("why", texts.get("reason", "no reason given"))
        super().__init__(texts)

    def __missing__(self, key: str) -> str:
        return "–"

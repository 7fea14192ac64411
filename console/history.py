"""An order's history, woven from every source there is; each line says its source.

Amazon has no call for the past of an object, so the past is what Amazon's timestamps tell,
what the journal of this console says was done, what earlier looks saw, and what imports told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from console.domain.kept import Kept, kept, kept_list
from console.domain.language import N_
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


_WITHIN_A_SECOND: Final = {"journal": 0, "seen": 2}


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
    return tuple(sorted(events, key=_moment))


def _moment(event: Event) -> tuple[datetime, int, datetime, str]:
    """Its time. Amazon tells seconds only: within one, what was decided here comes before what
    Amazon made of it, and that before it was seen; looks of one moment by their objects, for the
    answers came in any order.
    """
    order = _WITHIN_A_SECOND.get(event.source, 1)
    seen = event.object if event.source == "seen" else ""
    return event.time.replace(microsecond=0), order, event.time, seen


def _amazon_events(family: Iterable[ApiObject]) -> Iterable[Event]:
    """What Amazon's own timestamps tell: made, since when in the present state, until when."""
    for found in family:
        codes = ", ".join(found.status.reason_codes)
        state = f"{found.state} ({codes})" if codes else found.state
        updated = found.status.updated
        if found.created and found.created == updated:
            yield Event(
                found.created, found.id, kept(N_("created, {state}"), state=state), "amazon"
            )
        elif found.created:
            yield Event(found.created, found.id, kept(N_("created")), "amazon")
        if updated and updated != found.created:
            yield Event(updated, found.id, state, "amazon")
        expires = getattr(found, "expires", None)
        if expires and found.state in _CAN_EXPIRE:
            yield Event(expires, found.id, kept(N_("expires")), "amazon")


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
                yield Event(time, look.object, _seen(_stands(look)), "seen")
        elif changed := _changes(last, look):
            yield Event(time, look.object, _seen(changed), "seen")


# The money of a charge that moves while its state stays: how it is said, and how a change is.
_MOVING: Final = {
    "captureAmount": (
        N_("captured {amount}"),
        N_("captured {amount}, before that {before}"),
    ),
    "refundedAmount": (
        N_("refunded {amount}"),
        N_("refunded {amount}, before that {before}"),
    ),
}


def _seen(what: Sequence[str]) -> Kept:
    return kept(N_("seen {what}"), what=kept_list(what))


def _stands(look: Look) -> list[str]:
    """State and moving amounts at one look."""
    told = [
        kept(said, amount=money)
        for field, (said, _change) in _MOVING.items()
        if (money := _money(look.raw, field))
    ]
    return [str(look.state), *told]


def _changes(last: Look, look: Look) -> list[str]:
    """State and moving amounts where they differ from the look before."""
    changes: list[str] = []
    if look.state != last.state:
        changed = kept(N_("{state}, before that {before}"), state=look.state, before=last.state)
        changes.append(changed)
    for field, (_said, change) in _MOVING.items():
        old, new = _money(last.raw, field), _money(look.raw, field)
        if old != new:
            nothing = kept(N_("nothing"))
            changes.append(kept(change, amount=new or nothing, before=old or nothing))
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
        result = line.data.get("result")
        if result and result != line.object:
            said = _AS_ANOTHER.get(line.kind, said)
        event = kept(said, **_words(line))
        yield Event(time, line.object or "", event, "journal", line.actor)


# A line of the journal in an order's history; kinds without words are too fine for it.
JOURNAL_WORDS: Final = {
    "reserve": N_("{what} decided: {why}"),
    "arm": N_("attempt {attempt} sent"),
    "accept": N_("accepted by Amazon"),
    "absorb": N_("was so already; nothing new was made"),
    "refuse": N_("refused: {why}"),
    "not_sent": N_("not sent: {why}"),
    "conflict": N_("held: {why}"),
    "stale": N_("ended, the order had changed: {why}"),
    "lose": N_("outcome unknown: {why}"),
    "abandon": N_("given up before sending: {why}"),
    "settle": "{said}",
    "decline": N_("declined by Amazon: {code}"),
    "happened": N_("a person says that it happened: {evidence}"),
    "did_not": N_("a person says that it did not happen: {evidence}"),
    "reopen": N_("tried again: {reason}"),
    "next_key": N_("a person gave the key up: {reason}"),
}
_NO_REASON: Final = kept(N_("no reason given"))
# The same where something else was made than the line's own object.
_AS_ANOTHER: Final = {
    "accept": N_("accepted by Amazon as {result}"),
    "absorb": N_("was so already as {result}; nothing new was made"),
}


# What a line may have of these, and how they read where it hasn't.
_UNSAID: Final = dict.fromkeys(("attempt", "said", "code", "evidence", "reason", "result"), "–")


def _words(line: Entry) -> dict[str, str]:
    """A journal line's data for `JOURNAL_WORDS`; what a line doesn't have reads as `–`.

    `what` is the action with its amount, if it has one. `why` and `said` can be sentences of
    ours, which are translated where they are shown.
    """
    names = (*_UNSAID, "action", "why")
    data = {name: str(line.data[name]) for name in names if line.data.get(name) not in (None, "")}
    amount, action = Money.from_api(line.data.get("amount")), data.get("action", "–")
    words = {name: data.get(name, unsaid) for name, unsaid in _UNSAID.items()}
    words["what"] = (
        kept(N_("{action} of {amount}"), action=action, amount=amount) if amount else action
    )
    words["said"] = kept(words["said"])
    words["why"] = kept(data["why"]) if "why" in data else data.get("reason", _NO_REASON)
    return words

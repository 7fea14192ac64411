"""What one record of a file says, in the words of the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from console.domain.checkout_v1 import to_v2
from console.domain.ids import Identifier, Kind, NotAnId, parse
from console.domain.language import _
from console.domain.model import parse_time, show_time
from console.domain.money import Money
from console.domain.text import clean_line
from console.store.index import Known, Told

MAX_REFERENCE: Final = 256  # merchantReferenceId's length by plugins; no page confirms it
MAX_WORD: Final = 60
# What a record says at no known time: anything with a time is newer.
NO_TIME: Final = ""


class BadRow(ValueError):
    """A record that can't be imported; the message says why."""


MAX_BAD: Final = 1_000  # bad rows that are remembered of one file; all are counted


@dataclass(frozen=True)
class Facts:
    """What one record says; `undated` where it has a time that can't be read."""

    known: tuple[Known, ...]
    told: tuple[Told, ...] = ()
    undated: bool = False

    @property
    def is_worth_keeping(self) -> bool:
        """Whether the index learns anything by it.

        That a charge or a refund exists is worth knowing: no call of the API lists what an order
        has. Of an order or a session the bare id says nothing: who knows it can look it up.
        """
        return bool(self.told) or any(map(_says_something, self.known))


def _says_something(one: Known) -> bool:
    if one.reference or one.state or one.parent or one.permission not in (None, one.id):
        return True
    return one.kind not in ("charge_permission", "checkout_session")


@dataclass(frozen=True)
class Problem:
    """Why a record can't be imported: `why` is for people.

    `mentions` where a notification is mentioned that can't be read.
    """

    why: str
    mentions: bool = False


# The line where a record begins, and what it says: None where it speaks of no order.
Record = tuple[int, Facts | Problem | None]
Records = Iterator[Record]


def order_id(text: str) -> Identifier:
    """An id of an order or of what belongs to one, in its canonical spelling, else BadRow."""
    if not text.strip():
        raise BadRow(_("The id is missing."))
    try:
        found = parse(text.strip())
    except NotAnId as error:
        raise BadRow(str(error)) from None
    if found.order_id is None:
        raise BadRow(_("{id} is not the id of an order, charge or refund.", id=found.id))
    return found


def reference(text: str) -> str | None:
    """An order number as it is stored, None for none; BadRow where it can't be one."""
    found = text.strip()
    if found.startswith('="') and found.endswith('"'):  # how Excel is told "this is a text"
        found = found[2:-1].strip()
    if len(found) > MAX_REFERENCE:
        raise BadRow(
            _(
                "The order number has {length} characters; {most} are allowed.",
                length=len(found),
                most=MAX_REFERENCE,
            )
        )
    return clean_line(found) or None


def word(text: str) -> str:
    """A short word of Amazon's, such as a state: on one line and of bounded length."""
    return clean_line(text.strip(), MAX_WORD)


@lru_cache(4096)  # the same times come again and again
def time_of(text: str) -> str | None:
    """A time as the index holds it, None where it can't be read."""
    return show_time(parse_time(text.strip()))


def amount_of(amount: str, currency: str) -> str:
    """` of 10.00 USD`, or nothing; what can't be read as money is shown as it stands."""
    amount = amount.strip()
    if not amount:
        return ""
    money = Money.from_api({"amount": amount, "currencyCode": currency.strip()})
    return f" of {money}" if money else f" of {word(amount)} {word(currency)}".rstrip()


def v2_state(kind: str, v1_state: str, reason: str | None) -> str | None:
    """The v2 state of a v1 one, as `agreed`. Source: "Upgrading to Checkout v2"."""
    return agreed((row.v2_state for row in to_v2(kind, v1_state, reason)), v1_state)


def agreed(states: Iterable[str | None], otherwise: str) -> str | None:
    """The one state on which all candidates agree; None where they don't.

    Without candidates the word is unknown to the tables and passes as it is.
    """
    found = set(states)
    if not found:
        return otherwise or None
    return found.pop() if len(found) == 1 else None


def family(ids: Sequence[Identifier], seen: str) -> dict[str, Known]:
    """The objects that stand together in one record, linked as far as that is certain.

    A billing agreement owns everything beside it. Without one, an order owns what has its id as
    base: a charge with another base belongs to a recurring permission that is not named here.
    """
    members = {one.v2.id: one for one in ids}
    owner = _owner(members.values())
    charges = [name for name, one in members.items() if one.v2.kind == "charge"]
    charge = charges[0] if len(charges) == 1 else None
    found = {}
    for name, one in members.items():
        kind = one.v2.kind
        mine = owner.v2.id if owner and _belongs(one, owner) else None
        if kind == "charge_permission":
            parent = mine if mine != name else None
            mine = mine or name
        else:
            parent = charge if kind in ("refund", "dispute") else mine
        found[name] = Known(name, kind, parent, mine, None, None, seen)
    return found


def _owner(members: Iterable[Identifier]) -> Identifier | None:
    permissions = [one for one in members if one.v2.kind == "charge_permission"]
    agreements = [one for one in permissions if one.kind is Kind.AGREEMENT]
    candidates = agreements or permissions
    return candidates[0] if len(candidates) == 1 else None


def _belongs(one: Identifier, owner: Identifier) -> bool:
    return owner.kind is Kind.AGREEMENT or one.order_id in (owner.v2.id, None)

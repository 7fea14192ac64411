"""A pasted text -> a list of orders to work through, where it is one.

**The rule.** A text is a list when at least two of its *places* lead to orders that are
certainly different. A place is a whole line, or one cell of a line (cells are parted by a tab,
a semicolon, a comma, a bar, or two and more blanks; in a line of nothing but ids by one), that is
nothing but an id or a known order number, apart from bullets, numbers, quotes and brackets around
it. A place with a label in front (`Order: S01-…`, or a field of a notification) counts only where
at least half of the lines have a place, because mails have such lines too. Ids within a sentence
make no list, and neither do several ids of one order: that is a mail about one order.

*Certainly different* are two one-time bases (P, S), two agreements (B, C), or two order numbers
of different orders. One agreement and one other base are not: the charges of an agreement have
bases of their own, so it may be one order and its payment.

In a list nothing is dropped: each line that is not empty is an entry, with its id, or with the
reason why there is none. Ids of one line belong together: several ids of one order, or an
agreement beside its payment, are one entry; different orders in one line are one entry each. An
order that comes again, under whatever id, is shown once, with a note.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from console.domain.clocks import Clock, clocks
from console.domain.ids import Identifier, NotAnId, find_all, identify, most_specific, parse
from console.domain.language import _, many
from console.domain.model import Charge, CheckoutSession, Dispute, Refund
from console.domain.money import Money
from console.domain.order import Order
from console.domain.text import clean_line

if TYPE_CHECKING:
    from console.domain.rules import Offer

# The permissions of the orders that carry an order number; none where it isn't known.
OrdersOf = Callable[[str], Sequence[str]]

MOST_ENTRIES: Final = 1000
_SHOWN: Final = 200
_LONGEST_PLACE: Final = 120
_FEWEST_DIGITS: Final = 16  # of an order's id
_CELLS: Final = re.compile(r"[\t;|,]| {2,}")
# What may stand around an id or a number that is alone in its cell.
_BEFORE: Final = re.compile(r"^[\s\"'`({\[<>*•·–—-]*(?:\d{1,4}[.)]\s+)?[\"'`({\[<]*")
_BEHIND: Final = re.compile(r"[\s\"'`)}\]>.!]*$")
_LABEL: Final = re.compile(r"^[^:=#]{1,40}[:=#]\s*")
_SAYS_SOMETHING: Final = re.compile(r"\w")


@dataclass(frozen=True)
class Entry:
    """One line to work on. `line` counts from 1 in the pasted text.

    `identifier` is what is looked up, None where the line has no id: then `why` is the reason
    and what to look for instead. `reference` is the order number that led to it. `notes` name
    the other lines and ids of the same order.
    """

    line: int
    shown: str
    identifier: Identifier | None = None
    reference: str | None = None
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def order(self) -> str | None:
        """What tells one order from another, as far as ids can."""
        return order_key(self.identifier) if self.identifier else None


def order_key(identifier: Identifier) -> str:
    return identifier.order_id or identifier.id


def as_list(text: str, orders_of: OrdersOf) -> list[Entry] | None:
    """The entries of `text` where it is a list of orders by the rule above, else None.

    `orders_of` may block on the disk: call this from a thread.
    """
    lines = [line for _number, line in _lines(text)][:MOST_ENTRIES]
    if len(lines) == 1 and not _CELLS.search(lines[0]) and not _words(lines[0]):
        return None
    bare: set[str] = set()
    labelled: set[str] = set()
    rows = 0
    for line in lines:
        here = _places(line, orders_of)
        rows += any(here)
        bare |= here[0]
        labelled |= here[1]
    if _certainly_different(bare):
        return entries(text, orders_of)
    if _certainly_different(bare | labelled) and 2 * rows >= len(lines):
        return entries(text, orders_of)
    return None


def entries(text: str, orders_of: OrdersOf) -> list[Entry]:
    """An entry for each line of `text` and each order in it, at most `MOST_ENTRIES`."""
    found: dict[str, Entry] = {}
    lines = _lines(text)
    for number, line in lines[:MOST_ENTRIES]:
        for entry in _of_line(number, line, orders_of):
            key = entry.order or f"line {number}"
            found[key] = _again(found[key], entry) if key in found else entry
    made = list(found.values())
    left = len(lines) - MOST_ENTRIES
    if left > 0:
        why = many(
            "The list is cut here: {count} more line was left out. Paste it by itself.",
            "The list is cut here: {count} more lines were left out. Paste them by themselves.",
            left,
        )
        made.append(Entry(lines[MOST_ENTRIES][0], "…", why=why))
    return made


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return [
        (number, line)
        for number, line in enumerate(plain.split("\n"), start=1)
        if _SAYS_SOMETHING.search(line)
    ]


def _again(first: Entry, entry: Entry) -> Entry:
    """The first entry of an order, with a note of where it comes again."""
    assert entry.identifier is not None
    assert first.identifier is not None
    if entry.identifier.id == first.identifier.id:
        said = _("again in line {line}", line=entry.line)
    else:
        said = _("again in line {line} as {id}", line=entry.line, id=entry.identifier.id)
    return replace(first, notes=(*first.notes, said, *entry.notes))


# --- one line ---------------------------------------------------------------------------------


def _of_line(number: int, line: str, orders_of: OrdersOf) -> Iterable[Entry]:
    shown = clean_line(line.strip(), _SHOWN)
    ids = find_all(line)
    if ids:
        for group in _by_order(ids):
            best = most_specific(group)
            others = [i.id for i in group if i is not best]
            notes = (_("with {ids}", ids=", ".join(others)),) if others else ()
            yield Entry(number, shown, best, notes=notes)
        return
    numbers = list(_numbers(line, orders_of))
    for reference, orders in numbers:
        notes = ()
        if len(orders) > 1:
            said = _("{reference} stands on {count} orders", reference=reference, count=len(orders))
            notes = (said,)
        for order in orders:
            yield Entry(number, shown, parse(order), reference, notes=notes)
    if not numbers:
        yield Entry(number, shown, why=_why_not(line))


def _why_not(line: str) -> str:
    try:
        identify(line)
    except NotAnId as refused:
        return str(refused)
    raise AssertionError("a line with an id has an entry for it")


def _by_order(ids: list[Identifier]) -> list[list[Identifier]]:
    """The ids of one line, those of one order together.

    An agreement beside one payment, or a checkout session beside an order, is no second order;
    where there are more of a kind, each stands for itself.
    """
    groups: dict[str, list[Identifier]] = {}
    for identifier in ids:
        groups.setdefault(order_key(identifier), []).append(identifier)
    if _certainly_different(set(groups)):
        return list(groups.values())
    return [[identifier for group in groups.values() for identifier in group]]


def _numbers(line: str, orders_of: OrdersOf) -> Iterable[tuple[str, Sequence[str]]]:
    """The known order numbers of a line: the whole line, else its cells."""
    whole = clean_line(_bare(line), _LONGEST_PLACE)
    orders = orders_of(whole) if whole else ()
    if orders:
        yield whole, orders
        return
    for cell in dict.fromkeys(_cells(line)):
        orders = orders_of(cell)
        if orders:
            yield cell, orders


def _cells(line: str) -> list[str]:
    cells = (clean_line(_bare(cell), _LONGEST_PLACE) for cell in _CELLS.split(line))
    return [cell for cell in cells if cell]


def _bare(text: str) -> str:
    """Without what stands around; a text that is too long for an id or a number is none."""
    text = text.strip()
    if len(text) > 2 * _LONGEST_PLACE:
        return ""
    return _BEHIND.sub("", _BEFORE.sub("", text, count=1), count=1)


# --- is it a list? ----------------------------------------------------------------------------


def _places(line: str, orders_of: OrdersOf) -> tuple[set[str], set[str]]:
    """The orders that places of a line lead to: places that are bare, and that have a label."""
    bare: set[str] = set()
    labelled: set[str] = set()
    for part in [line, *_CELLS.split(line), *_words(line)]:
        cell = _bare(part)
        unlabelled = _bare(_LABEL.sub("", cell))
        if is_id(cell):
            bare.add(order_key(find_all(cell)[0]))
        elif unlabelled != cell and is_id(unlabelled):
            labelled.add(order_key(find_all(unlabelled)[0]))
    if not bare and not labelled:
        for _number, orders in _numbers(line, orders_of):
            bare |= set(orders[:1])
    return bare, labelled


def _words(line: str) -> list[str]:
    """The words of a line that is nothing but ids."""
    words = line.split()[:MOST_ENTRIES]
    return words if all(is_id(_bare(word)) for word in words) else []


def is_id(cell: str) -> bool:
    """Whether the text is one id and nothing else, however its dashes are written."""
    could_be = len(cell) == 36 or sum(char.isdigit() for char in cell) >= _FEWEST_DIGITS
    found = find_all(cell) if could_be and len(cell) <= _LONGEST_PLACE else []
    return len(found) == 1 and _letters(cell) == _letters(found[0].id)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)  # a cell is short
    return "".join(re.findall(r"[^\W_]", plain)).upper()


def _certainly_different(orders: set[str]) -> bool:
    kinds = [
        {order for order in orders if order[0] in "PS"},
        {order for order in orders if order[0] in "BC" and len(order) == 19},
        {order for order in orders if len(order) == 36},
    ]
    return any(len(kind) > 1 for kind in kinds)


# --- what a look gave -------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """An order in one line: the state of what the entry names, and the order's money."""

    order: str
    kind: str
    state: str
    reasons: tuple[str, ...]
    authorized: Money | None
    authorized_pending: Money | None  # the part of it that Amazon hasn't decided about
    captured: Money | None
    refunded: Money | None
    refund_initiated: Money | None  # the part of it that has only begun
    refundable: Money | None
    above_captured: Money | None  # the part of `refundable` that is more than what is left
    capturable: Money | None  # what can be captured now, of the charge that the entry names
    limit_left: Money | None  # of the order's limit, where that is less
    no_capture: str  # why nothing can, or not by this line, in a sentence
    lapses: Clock | None  # when that is no longer reserved, or the permission ends before it
    prompt: Clock | None  # until when a capture of it is answered at once
    reference: str | None
    warnings: tuple[str, ...]


def summary_of(order: Order) -> Summary:
    """What stands behind an entry after its order was read."""
    asked = order.query.v2.id
    found = _named(order, asked) or order.permission
    totals = order.totals
    permission = order.permission
    captures = _captures(order, found)
    capture = captures[0] if len(captures) == 1 else None
    target = capture.target if capture is not None and capture.allowed else None
    running = {one.what: one for one in clocks(order) if one.object == target and not one.passed}
    return Summary(
        order=order.id,
        kind=order.query.v2.kind if found is not permission else "charge_permission",
        state=found.status.state if found else "Unknown",
        reasons=found.status.reason_codes if found else (),
        authorized=totals.authorized_open,
        authorized_pending=totals.authorized_pending,
        captured=totals.captured,
        refunded=totals.refunded,
        refund_initiated=totals.refund_initiated,
        refundable=totals.refundable,
        above_captured=totals.above_captured,
        capturable=capture.max_amount if capture is not None and capture.allowed else None,
        limit_left=_limit_left(order, target),
        no_capture=_why_none(captures),
        lapses=_first(running.get("authorization"), _permission_life(order)),
        prompt=running.get("capture_without_delay"),
        reference=permission.merchant.reference if permission else _reference(order.charges),
        warnings=order.warnings,
    )


def _permission_life(order: Order) -> Clock | None:
    return next((one for one in clocks(order) if one.what == "permission" and one.left), None)


def _first(lapses: Clock | None, ends: Clock | None) -> Clock | None:
    """Whether a capture still works after the permission has ended is not confirmed (domain.md)."""
    if lapses is None or ends is None or lapses.until is None or ends.until is None:
        return lapses
    return min(lapses, ends, key=lambda one: one.left or timedelta.max)


def _captures(order: Order, named: object) -> list[Offer]:
    """Of the charge that was named; where the order was, of its charges that can be captured,
    or of all of them.
    """
    from console.domain.rules import offers

    found = [offer for offer in offers(order) if offer.action == "capture"]
    if isinstance(named, Charge):
        found = [offer for offer in found if offer.target == named.id]
    elif named is not order.permission:
        return []
    return [offer for offer in found if offer.allowed] or found


def _limit_left(order: Order, target: str | None) -> Money | None:
    charge = order.charge(target) if target is not None else None
    return order.beyond_limit(charge) if charge is not None else None


def _why_none(captures: list[Offer]) -> str:
    count = len(captures)
    if count == 1:
        return "" if captures[0].allowed else captures[0].why
    if count and captures[0].allowed:
        return _("{count} charges can be captured: open the order to choose one.", count=count)
    return _("None of its {count} charges can be captured.", count=count) if count else ""


Member = Charge | Refund | Dispute | CheckoutSession


def _named(order: Order, identifier: str) -> Member | None:
    members: list[Member] = [*order.charges, *order.refunds, *order.disputes]
    if order.session is not None:
        members.append(order.session)
    return next((member for member in members if member.id == identifier), None)


def _reference(charges: Iterable[Charge]) -> str | None:
    return next((c.merchant.reference for c in charges if c.merchant.reference), None)

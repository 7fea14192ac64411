"""The tab v1 ↔ v2: an order's states and what may be done, in all three vocabularies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from textual.content import Content

from console.domain.action_table import BY_NAME
from console.domain.checkout_v1 import SellerCentralAction, reasons_to_v1, refund_state
from console.domain.in_v1 import (
    ActionInV1,
    V1Call,
    V2Call,
    charge_words,
    either,
    order_words,
    v1_calls,
)
from console.domain.language import _
from console.domain.model import Charge, Status
from console.domain.order import Order
from console.tui.words import (
    QUIET,
    TONES,
    column_for,
    hanging,
    heading,
    labelled,
    literal,
    member_id,
    padded,
    quiet,
    wrapped,
)

LABEL: Final = 14
WIDE: Final = 130  # from here on the three stand beside each other, paths unbroken
INDENT: Final = 2
ACTION: Final = 10
OBJECT: Final = 9


def vocabulary(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The chosen object and its order: their states, then every action and its v1 calls."""
    near = _near(order, chosen)
    return [
        *_states(order, near, width),
        Content(""),
        *_actions(order, near, width),
    ]


def _near(order: Order, chosen: str | None) -> frozenset[str]:
    """The ids that belong to what is chosen: itself, its charge, the order; a charge's refunds."""
    above = {refund.charge_id for refund in order.refunds if refund.id == chosen}
    below = {refund.id for refund in order.refunds if refund.charge_id == chosen}
    if chosen in (None, order.id):
        below |= {charge.id for charge in order.charges}
    session = order.session.id if order.session is not None else None
    everything = {chosen, order.id, session, *above, *below}
    return frozenset(one for one in everything if one is not None)


# --- states ----------------------------------------------------------------------------------


def _states(order: Order, near: frozenset[str], width: int) -> Iterator[Content]:
    permission = order.permission
    if permission is not None:
        words = order_words(order)
        name = "Billing Agreement" if permission.is_recurring else "Order Reference"
        rows = [(name, permission.id, words.v1), ("Seller Central", "", words.seller_central)]
        yield from _translation("Charge Permission", permission.id, permission.status, rows, width)
        yield from _reasons("charge_permission", permission.status, width)
    for charge in order.charges:
        if charge.id in near:
            yield from _charge(charge, width)
    for refund in order.refunds:
        if refund.id in near:
            word = refund_state(refund.state)
            rows = [("Refund", refund.id, (word,) if word else ())]
            yield from _translation("Refund", refund.id, refund.status, rows, width)
            yield from _reasons("refund", refund.status, width)


def _charge(charge: Charge, width: int) -> Iterator[Content]:
    told = charge_words(charge)
    rows = [("Authorization", told.authorization_id or charge.id, told.authorization)]
    if told.capture:
        rows.append(("Capture", charge.id, told.capture))
    yield from _translation("Charge", charge.id, charge.status, rows, width)
    yield from _reasons("charge", charge.status, width)


def _translation(
    name: str,
    identifier: str,
    status: Status,
    v1: list[tuple[str, str, tuple[str, ...]]],
    width: int,
) -> Iterator[Content]:
    yield from labelled("v2", _object(name, identifier, status.state), width, LABEL)
    for title, v1_id, states in v1:
        by_hand = title == "Seller Central"
        missing = _("lists its charges, not the agreement") if by_hand else _("no word for it")
        said = _object(title, v1_id, either(states) or missing)
        yield from labelled("" if by_hand else "v1", said, width, LABEL)


def _object(name: str, identifier: str, said: str) -> Content:
    return Content.assemble(
        (padded(name, 19), "bold"), literal(padded(identifier, 28)), literal(said)
    )


def _reasons(kind: str, status: Status, width: int) -> Iterator[Content]:
    for code in status.reason_codes:
        words = either(
            tuple(
                dict.fromkeys(
                    f"{row.v1_state} {row.v1_reason}"
                    if row.v1_reason
                    else _("{state} (no reason)", state=row.v1_state)
                    for row in reasons_to_v1(kind, status.state, code)
                )
            )
        )
        in_v1 = f"v1 {words}" if words else _("v1 has no word for it")
        said = Content.assemble(literal(code), " → ", literal(in_v1))
        yield from labelled(_("reason"), said, width, LABEL)


# --- actions ---------------------------------------------------------------------------------


def _actions(order: Order, near: frozenset[str], width: int) -> Iterator[Content]:
    rows = v1_calls(order, near)
    allowed = [row for row in rows if row.allowed and row.action != "read"]
    reads = [row for row in rows if row.action == "read"]
    forbidden = [row for row in rows if not row.allowed]
    parts = (
        (_("What can be done now"), allowed),
        (_("How it is read"), reads),
        (_("What can't be done now"), forbidden),
    )
    titles = column_for((_action(row) for row in rows), ACTION)
    objects = column_for((member_id(row.target) for row in rows), OBJECT)
    for title, found in parts:
        if found:
            yield heading(title)
        for row in found:
            drawn = _beside if width >= WIDE else _below
            lines = drawn(row, width, titles, objects)
            yield from lines if row.allowed else [line.stylize(QUIET) for line in lines]
        if found:
            yield Content("")


def _action(row: ActionInV1) -> str:
    return _("Read") if row.action == "read" else _(BY_NAME[row.action].title)


def _title(row: ActionInV1, width: int, titles: int, objects: int) -> list[Content]:
    """What is done to what, and why it may or may not be; `titles` and `objects` are the columns
    for the first two.
    """
    mark, tone = ("✓", TONES["good"]) if row.allowed else ("✗", TONES["neutral"])
    name = Content.assemble(
        (f"{mark} ", tone),
        (padded(_action(row), titles), "bold"),
        quiet(padded(member_id(row.target), objects)),
    )
    return hanging(name, literal("" if row.action == "read" else row.why), width)


def _below(row: ActionInV1, width: int, titles: int, objects: int) -> list[Content]:
    """The three under each other."""
    lines = _title(row, width, titles, objects)
    for call in row.v2:
        lines += labelled("  v2", _v2(call), width, LABEL)
    for number, candidate in enumerate(row.v1):
        label = f"  {_('or')}" if number and len(row.v2) == 1 else "  v1"
        for part in _v1(candidate, row.allowed):
            lines += labelled(label, part, width, LABEL)
            label = ""
    if row.why_not_one:
        lines += labelled("" if row.v1 else "  v1", quiet(row.why_not_one), width, LABEL)
    if row.allowed:
        for shown in row.seller_central:
            lines += labelled(f"  {_('by hand')}", _by_hand(shown), width, LABEL)
    return lines


def _beside(row: ActionInV1, width: int, titles: int, objects: int) -> list[Content]:
    """The three beside each other, under the action's name and why."""
    each = (width - INDENT) // 8
    widths = (each * 3, each * 3, each * 2)
    columns = (
        [_v2(call) for call in row.v2],
        [
            *(part for candidate in row.v1 for part in _v1(candidate, row.allowed)),
            *([quiet(row.why_not_one)] if row.why_not_one else []),
        ],
        [_by_hand(shown) for shown in row.seller_central if row.allowed],
    )
    cells = [
        [line for part in parts for line in wrapped(part, room - 2)]
        for parts, room in zip(columns, widths, strict=True)
    ]
    lines = _title(row, width, titles, objects)
    for beside in zip_longest(*cells, fillvalue=Content("")):
        line = Content("").join(
            cell.truncate(room, pad=True) for cell, room in zip(beside, widths, strict=True)
        )
        lines.append(line.pad_left(INDENT))
    return lines


def _v2(call: V2Call) -> Content:
    body = "".join(f"  {name} {value}" for name, value in call.body)
    return Content.assemble(
        (call.title, "bold"), f"  {call.method} ", literal(call.path), quiet(body)
    )


def _v1(call: V1Call, whole: bool) -> Iterator[Content]:
    """The call and its id; `whole` is with what else is to be known of it."""
    identifier = literal(call.id) if call.id else quiet(_("no such id"))
    flag = quiet(f"  {_('for {call}', call=call.flag)}") if call.flag else Content("")
    yield Content.assemble((call.call, "bold"), quiet(f"  {call.id_field} "), identifier, flag)
    if call.needs:
        yield literal(_asked_for(call))
    if call.note and whole:
        yield quiet(call.note)


def _asked_for(call: V1Call) -> str:
    """The states that v1 asks of the object, and what v1 calls its state where that is known."""
    needs, now = either(call.needs), either(call.now)
    if now is None:
        return _("v1 asks for {states}.", states=needs)
    return _("v1 asks for {states}; it is {state}.", states=needs, state=now)


def _by_hand(shown: SellerCentralAction) -> Content:
    return Content.assemble(
        ("Seller Central  ", QUIET), (shown.shown, "bold"), quiet(f"  {shown.note}")
    )

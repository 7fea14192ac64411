"""What a file is, by its content, and the reader for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.domain.language import N_, _, together
from console.imports import notifications, orders, reports
from console.imports.facts import Records
from console.imports.source import NotUnderstood, Piece, Text, whole_lines
from console.imports.table import Header, headers, squeezed

UNDERSTOOD: Final = N_(
    "Understood are: instant payment notifications of v1 and v2 as JSON, alone, in their SNS"
    " envelopes or in lines of a log; Amazon's transaction and settlement reports; CSV with a"
    " header that names an order number (such as order_number) and Amazon Pay ids."
)
EMPTY: Final = N_("empty")
_NO_NUMBERS: Final = N_(
    "No column of order numbers was recognised, so no order number was imported. The columns are:"
    " {columns}. Call the one with the order numbers order_number and import the file again."
)
_LINES_BEFORE: Final = 20  # of a settlement's own header, above the names of the columns
_SETTLEMENT: Final = squeezed("SettlementId")


@dataclass(frozen=True)
class Understood:
    """What a text is, its records, and what is to be said of it as a whole.

    `format` is a code, and a marked text.
    """

    format: str
    records: Records
    notes: tuple[str, ...] = ()


def read(text: Text) -> Understood:
    """What a text is by its beginning.

    Reading the records raises NotUnderstood where the text proves to be none of these.
    """
    lines = [line for line in text.head if line[1].strip()]
    if not lines:
        if text.goes_on:
            raise NotUnderstood(_("It begins with nothing but blank lines. Take them out of it."))
        return Understood(EMPTY, iter(()))
    header = _report_header(lines)
    if header is not None:
        settles = _SETTLEMENT in header.names
        name = N_("settlement report") if settles else N_("transaction report")
        records = reports.read(whole_lines(text.pieces), header)
        return Understood(name, records, _notes(header, reports.has_numbers(header.names)))
    header = _orders_header(lines)
    if header is not None:
        records = orders.read(whole_lines(text.pieces), header)
        has_numbers = not orders.ORDER_NUMBERS.isdisjoint(header.names)
        return Understood(N_("orders"), records, _notes(header, has_numbers))
    return Understood(N_("notifications"), _notifications(text))


def _notes(header: Header, has_numbers: bool) -> tuple[str, ...]:
    return () if has_numbers else (_(_NO_NUMBERS, columns=header.shown),)


def _notifications(text: Text) -> Records:
    try:
        yield from notifications.read(text.pieces)
    except notifications.NoMessage:
        raise NotUnderstood(together(_("Nothing in it is known."), _(UNDERSTOOD))) from None


def _report_header(lines: Sequence[Piece]) -> Header | None:
    """The first line with a column of ids as reports call it.

    A shop's own table may use these names too: an order number under another name than the
    report's makes it the shop's.
    """
    for header in headers(lines[:_LINES_BEFORE]):
        if reports.is_report(header.names):
            theirs = orders.ORDER_NUMBERS - {"sellerorderid", "sellerreferenceid"}
            return None if theirs & set(header.names) else header
    return None


def _orders_header(lines: Sequence[Piece]) -> Header | None:
    """The first line as a header, if a shop's table begins with it; with most columns."""
    first = 1 if lines[0][1].strip().casefold().startswith("sep=") else 0  # Excel's own line
    if len(lines) <= first or orders.mentions_an_id(lines[first][1]) or "{" in lines[first][1]:
        return None
    found = [header for header in headers(lines[first : first + 1]) if orders.is_orders(header)]
    return max(found, key=lambda header: len(header.names), default=None)

"""A shop's own CSV of order numbers and ids, whatever else stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from console.domain.ids import Identifier, NotAnId, identify, parse
from console.domain.language import _
from console.imports.facts import NO_TIME, BadRow, Facts, Problem, Records, family, reference
from console.imports.source import Piece
from console.imports.table import Header, rows
from console.store.index import Known

# What shops call the column with their own order number, squeezed.
ORDER_NUMBERS: Final = frozenset(
    {
        "order", "orderno", "ordernr", "ordernum", "ordernumber", "orderid", "ordername",
        "orderref", "orderreference", "reference", "referenceid", "referencenumber", "ref",
        "sellerorderid", "sellerreferenceid", "merchantreference", "merchantreferenceid",
        "merchantreferenceno", "merchantorderid", "merchantorderno", "shoporder",
        "shoporderid", "shopordernumber", "incrementid", "externalorderid",
        "externalreference", "bestellnummer", "bestellnr", "auftragsnummer",
        "numerodecommande", "numerocommande", "numerodordine", "numerodepedido", "注文番号",
        "受注番号",
    }
)  # fmt: skip
# What they call the columns with Amazon's ids. Beside these, ids are found wherever they are.
_ID_NAMES: Final = frozenset(
    {
        "chargeid", "chargepermissionid", "captureid", "authorizationid", "billingagreementid",
        "refundid", "checkoutsessionid",
    }
)  # fmt: skip

# Names under which ids may stand, or an amount, or a yes.
_PERHAPS_IDS: Final = frozenset(
    {
        "amazon", "amazonpay", "charge", "chargepermission", "permission", "capture", "refund",
        "authorization", "billingagreement", "agreement",
    }
)  # fmt: skip

_EXACT: Final = re.compile(r"[SPBC]\d{2}-\d{7}-\d{7}(?:-[ACRB]\d{5,7})?", re.ASCII)
# Worth a closer look: an id in a longer text, otherwise spelled, or nearly one.
_LIKE_AN_ID: Final = re.compile(
    r"[SPBC][ _.-]{0,3}\d{2}[^0-9A-Z]{1,3}\d{7}[^0-9A-Z]{1,3}\d", re.ASCII | re.IGNORECASE
)
_BEGINS_LIKE_ONE: Final = re.compile(r"[SPBC]\d{2}[ _.-]", re.ASCII | re.IGNORECASE)
_SESSION: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.I)
_MAX_NAME: Final = 60
_MAX_CELL: Final = 10_000  # characters that are searched for an id


def is_orders(header: Header) -> bool:
    """Whether a header names a column of order numbers or of Amazon's ids."""
    names = header.names
    return all(len(name) <= _MAX_NAME for name in names) and any(
        name in ORDER_NUMBERS or holds_ids(name) for name in names
    )


def holds_ids(name: str) -> bool:
    """Whether a column's squeezed name promises ids of Amazon Pay."""
    return name in _ID_NAMES or ("amazon" in name and name.endswith(("id", "ids", "reference")))


def mentions_an_id(text: str) -> bool:
    """Whether something like an id of an order stands in a text."""
    return _LIKE_AN_ID.search(text) is not None


def read(lines: Iterator[Piece], header: Header) -> Records:
    """What each row says: its ids belong together, and each carries the row's order number."""
    holding = {at for at, name in enumerate(header.names) if name in _PERHAPS_IDS}
    for number, cells in rows(lines, header):
        if isinstance(cells, Problem):
            yield number, cells
            continue
        try:
            yield number, _facts(cells, header.names, holding)
        except BadRow as error:
            yield number, Problem(str(error))


def _facts(cells: Sequence[str], names: Sequence[str], holding: set[int]) -> Facts | None:
    """What one row says. `holding` are the columns in which ids stand, as far as was seen."""
    ids: list[Identifier] = []
    numbers: list[str] = []
    for at, (name, cell) in enumerate(zip(names, cells, strict=True)):
        text = cell.strip()
        if not text:
            continue
        if name in ORDER_NUMBERS and not _EXACT.fullmatch(text):
            number = reference(text)
            numbers += [number] if number else []
        elif here := _ids(name, text, at in holding):
            holding.add(at)
            ids += here
    if not ids:
        return None  # an order that was paid otherwise
    found = family(ids, NO_TIME)
    return Facts(tuple(known for one in found.values() for known in _numbered(one, numbers)))


def _numbered(known: Known, numbers: Sequence[str]) -> Iterator[Known]:
    """The object once for each of its order numbers."""
    if not numbers:
        yield known
    for number in dict.fromkeys(numbers):
        yield replace(known, reference=number)


def _ids(name: str, text: str, holding: bool) -> list[Identifier]:
    """The ids in one cell; BadRow where it should hold one, or nearly does."""
    if _EXACT.fullmatch(text) or ("session" in name and _SESSION.fullmatch(text)):
        return [parse(text)]
    nearly = mentions_an_id(text[:_MAX_CELL]) or (holding and _BEGINS_LIKE_ONE.match(text))
    if not nearly and not holds_ids(name):
        return []
    try:
        found = identify(text[:_MAX_CELL])
    except NotAnId as error:
        raise BadRow(str(error)) from None
    orders = [one for one in (found.best, *found.others) if one.order_id]
    if not orders:
        raise BadRow(_("There is no id of an order in {text}.", text=repr(text[:40])))
    return orders

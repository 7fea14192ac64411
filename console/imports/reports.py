"""Amazon's report files: settlement, order reference, authorization, capture and refund.

Columns are found by their names, for only some of them are documented ("Settlement Report
Details"; Amazon Pay Japan FAQ QA-28 for what they mean in v2). For a recurring permission the
order reference of a report is that of one payment, not the permission: an agreement's id, where
a column holds one, is the permission.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.domain.checkout_v1 import TERMS, report_state, to_v2
from console.domain.ids import Identifier, Kind
from console.imports.facts import (
    NO_TIME,
    BadRow,
    Facts,
    Problem,
    Records,
    agreed,
    amount_of,
    family,
    order_id,
    reference,
    time_of,
    word,
)
from console.imports.source import Piece
from console.imports.table import Header, rows, squeezed
from console.store.index import Known, Told

# The columns with ids: v1's names of them, and the settlement report's own.
ID_COLUMNS: Final = frozenset(
    {squeezed(term.v1) for term in TERMS if term.topic == "id"} | {"amazontransactionid"}
)

# What a row is about, the most special first: the column of its id and v1's word for it.
_SUBJECTS: Final = (
    ("amazonrefundid", "refund"),
    ("amazoncaptureid", "capture"),
    ("amazonauthorizationid", "authorization"),
    ("amazonorderreferenceid", "order_reference"),
    ("amazonbillingagreementid", "billing_agreement"),
)
_BY_LETTER: Final = {
    Kind.AUTHORIZATION: "authorization",
    Kind.CHARGE: "capture",
    Kind.REFUND: "refund",
    Kind.DISPUTE: "dispute",
    Kind.ORDER: "order_reference",
    Kind.AGREEMENT: "billing_agreement",
}


@dataclass(frozen=True)
class _Columns:
    """Where in a row the things are that we read, by position; None where there are none."""

    subject: str
    ids: tuple[tuple[str, int], ...]
    transaction_type: int | None
    order_number: int | None
    own_number: int | None
    status: int | None
    reason: int | None
    amount: int | None
    currency: int | None
    time: int | None


def is_report(names: Sequence[str]) -> bool:
    """Whether a header's squeezed names are those of one of Amazon's reports."""
    return not ID_COLUMNS.isdisjoint(names)


def has_numbers(names: Sequence[str]) -> bool:
    """Whether a report's squeezed names have one of an order's or a transaction's own number."""
    columns = _columns(names)
    return columns.order_number is not None or columns.own_number is not None


def read(lines: Iterator[Piece], header: Header) -> Records:
    """What each row of a report says."""
    columns = _columns(header.names)
    for number, cells in rows(lines, header):
        if isinstance(cells, Problem):
            yield number, cells
            continue
        try:
            yield number, _facts(cells, columns)
        except BadRow as error:
            yield number, Problem(str(error))


def _columns(names: Sequence[str]) -> _Columns:
    present = {name: at for at, name in reversed(list(enumerate(names)))}
    subject = next((kind for column, kind in _SUBJECTS if column in present), "")
    own = squeezed(subject)

    def first(*wanted: str) -> int | None:
        """The position of the first of these names; `*` stands for anything before it."""
        for name in wanted:
            ending = name.removeprefix("*")
            for column, at in present.items():
                if column == name or (ending != name and column.endswith(ending)):
                    return at
        return None

    return _Columns(
        subject=subject,
        ids=tuple((name, at) for name, at in present.items() if name in ID_COLUMNS),
        transaction_type=first("transactiontype"),
        order_number=first("sellerorderid", "sellerbillingagreementid"),
        own_number=first("sellerreferenceid", f"{own}referenceid"),
        status=first(f"{own}status", f"{own}state", "status", "state", "*status"),
        reason=first("reasoncode", "*reasoncode", "reason"),
        amount=first(f"{own}amount", "transactionamount", "amount", "ordertotal", "*amount"),
        currency=first("currencycode", "*currencycode", "currency", "*currency"),
        time=first(
            "transactionposteddate",
            "*lastupdatetimestamp",
            "*lastupdatedtimestamp",
            "*lastupdatedate",
            "*lastupdateddate",
            "*creationtimestamp",
            "*creationdate",
            "*createddate",
        ),
    )


def _facts(cells: Sequence[str], columns: _Columns) -> Facts | None:
    def cell(at: int | None) -> str:
        return "" if at is None else cells[at].strip()

    ids = {name: order_id(cells[at]) for name, at in columns.ids if cells[at].strip()}
    if not ids:
        return None  # fees, transfers and the like
    subject, kind = _subject(ids)
    written = cell(columns.time)
    time = time_of(written) if written else None
    found = family(list(ids.values()), time or NO_TIME)
    order, own = reference(cell(columns.order_number)), reference(cell(columns.own_number))
    _name(found, subject, order, own)
    by_type = "amazontransactionid" in ids
    status = word(cell(columns.status)) if by_type or kind == columns.subject else ""
    if status:
        state = _state(kind, status, cell(columns.reason) or None)
        found[subject.v2.id] = replace(found[subject.v2.id], state=state)
    line = _line(kind, cell(columns.transaction_type), status, cell(columns.reason))
    money = amount_of(_unsigned(kind, cell(columns.amount)), cell(columns.currency))
    event = f"{line[0]}{money} {line[1]}{_as_v1_called_it(subject)}"
    told = (Told(subject.v2.id, time, event, "report"),) if time else ()
    return Facts(tuple(found.values()), told, undated=bool(written and not time))


def _subject(ids: dict[str, Identifier]) -> tuple[Identifier, str]:
    if "amazontransactionid" in ids:
        subject = ids["amazontransactionid"]
        return subject, _BY_LETTER[subject.kind]
    return next((ids[column], kind) for column, kind in _SUBJECTS if column in ids)


def _name(found: dict[str, Known], subject: Identifier, order: str | None, own: str | None) -> None:
    """The order number goes to the permission, the transaction's own to the transaction.

    Source: Amazon Pay Japan FAQ QA-28. With an agreement in the row both permissions carry it;
    with no permission at all the transaction does, or the number would be lost.
    """
    permissions = [name for name, one in found.items() if one.kind == "charge_permission"]
    for name in permissions:
        found[name] = replace(found[name], reference=order)
    mine = own if subject.v2.id not in permissions else order or own
    if not permissions:
        mine = mine or order
    found[subject.v2.id] = replace(found[subject.v2.id], reference=mine)


def _state(kind: str, status: str, reason: str | None) -> str | None:
    """The v2 state of a status. Sources: Amazon Pay Japan FAQ QA-28; the migration guide."""
    v1 = status.capitalize()  # reports may shout
    states = report_state(kind, v1, reason) or [row.v2_state for row in to_v2(kind, v1, reason)]
    return agreed(states, status)


def _line(kind: str, transaction_type: str, status: str, reason: str) -> tuple[str, str]:
    """What happened: before the amount, and behind it."""
    if transaction_type:
        return word(transaction_type), "posted"
    subject = kind.replace("_", " ").capitalize()
    said = ", ".join(part for part in (status, word(reason)) if part)
    return subject, said or "reported"


def _unsigned(kind: str, amount: str) -> str:
    """A settlement gives refunds as what is taken from the account: with a minus."""
    return amount.removeprefix("-") if kind == "refund" else amount


def _as_v1_called_it(subject: Identifier) -> str:
    return f" ({subject.id})" if subject.kind is Kind.AUTHORIZATION else ""

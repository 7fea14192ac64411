"""`lookup --list`: a list of orders, a line each."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.actions.worklist import known_orders, look_through
from console.amazon.errors import NotAllowed, NotSent
from console.cli.documents import Document, money
from console.cli.failures import WrongUsage, failure_of
from console.cli.output import Output
from console.domain.ids import MAX_PASTE, NotAnId
from console.domain.order import Order
from console.domain.text import clean_line
from console.domain.worklist import Entry, Summary, entries, summary_of

if TYPE_CHECKING:
    from console.session import Session


async def run_list(session: Session, args: argparse.Namespace, out: Output) -> int:
    """Look every line of a file up. A line without an id is named on stderr.

    Exits with 0, or as the first lookup that failed would by itself.
    """
    text = await asyncio.to_thread(_read, args.list)
    orders_of = known_orders(session.known, session.profile.environment)
    listed = await asyncio.to_thread(entries, text, orders_of)
    rows: dict[int, Document] = {}
    exits: list[int] = []

    def tell(entry: Entry, found: Order | Exception) -> None:
        rows[id(entry)] = _row(entry, found)
        out.text(_line(entry, found, out))
        if isinstance(found, Exception):
            failure = failure_of(found)
            exits.append(failure.exit if failure else 1)

    for entry in listed:
        if entry.identifier is None:
            out.tell(f"line {entry.line}: {clean_line(entry.why)}")
    if not any(entry.identifier for entry in listed):
        raise NotAnId("No line holds an id or a known order number.", "One order in a line.")
    try:
        await look_through(session.lookup, listed, tell)
    except (NotAllowed, NotSent):
        out.complain("stopped: the other lines would fail the same way.")
    out.document([rows.get(id(entry)) or _row(entry, None) for entry in listed])
    return exits[0] if exits else 0


def _read(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read(MAX_PASTE)
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_PASTE)
    except OSError as error:
        raise WrongUsage(f"{clean_line(name, 200)} can't be read: {error.strerror}") from None


def _row(entry: Entry, found: Order | Exception | None) -> Document:
    """One line of the list in JSON; what was not looked up, or not found, is null."""
    identifier = entry.identifier
    summary = summary_of(found) if isinstance(found, Order) else None
    failure = failure_of(found) if isinstance(found, Exception) else None
    return {
        "line": entry.line,
        "text": entry.shown,
        "id": identifier.id if identifier else None,
        "kind": str(identifier.kind) if identifier else None,
        "reference": (summary.reference if summary else None) or entry.reference,
        "order_id": summary.order if summary else None,
        "state": summary.state if summary else None,
        "reasons": list(summary.reasons) if summary else [],
        "captured": money(summary.captured) if summary else None,
        "refunded": money(summary.refunded) if summary else None,
        "refundable": money(summary.refundable) if summary else None,
        "notes": list(entry.notes),
        "warnings": list(found.warnings) if isinstance(found, Order) else [],
        "why": entry.why or None,
        "error": {"code": failure.code, "message": failure.message} if failure else None,
    }


def _refunded(summary: Summary) -> str | None:
    """`22.00 USD (12.00 USD initiated)`: initiated is not done."""
    begun = summary.refund_initiated
    if begun is not None and begun.is_positive:
        return f"{summary.refunded} ({begun} initiated)"
    return str(summary.refunded) if summary.refunded is not None else None


def _line(entry: Entry, found: Order | Exception, out: Output) -> str:
    assert entry.identifier is not None
    start = f"{entry.line:>5}  {entry.identifier.id:<27}  "
    if isinstance(found, Exception):
        return start + clean_line(str(found), 200)
    summary = summary_of(found)
    reasons = f" ({', '.join(summary.reasons)})" if summary.reasons else ""
    facts = [
        f"{name} {value}"
        for name, value in (
            ("captured", summary.captured),
            ("refunded", _refunded(summary)),
            ("refundable", summary.refundable),
        )
        if value is not None
    ]
    reference = [f"ref {clean_line(summary.reference, 60)}"] if summary.reference else []
    said = " · ".join([*facts, *reference, *entry.notes])
    warned = [f"         ! {clean_line(warning, 300)}" for warning in found.warnings]
    return "\n".join([f"{start}{out.paint(summary.state)}{reasons}  {said}", *warned])

"""A bundle for a ticket: what is known of an order, and how it became known, as JSON.

It leaves this machine, so it holds no secret ever, and no buyer data unless that was asked for:
then a line in the journal comes first. The text that the order was looked up by is not in it
either: it may have been a whole mail. Requests are in it without signature and body.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console import __version__
from console.domain.as_json import action_lines, clock_lines, history_lines
from console.domain.intent import Move
from console.domain.language import _, english
from console.domain.members import ids_of, members
from console.domain.model import show_time
from console.domain.order import Order
from console.domain.text import clean_line
from console.lookup import scope_of
from console.store.index import KEPT_FIELDS

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord
    from console.session import Session
    from console.store.decisions import Entry

Document = dict[str, Any]

HIDDEN: Final = "(hidden)"


class CantWrite(Exception):
    """A file that can't be written; `hint` says what helps, where something is known to."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


async def make_bundle(session: Session, order: Order, *, show_buyer: bool, by: str) -> Document:
    """The bundle of an order that was just read.

    With `show_buyer` the buyer's data is in it, and the journal has a line that says so before
    anything else happens; `by` is what asked for it, such as `export --show-buyer`.
    """
    return await asyncio.to_thread(_make_bundle, session, order, show_buyer, by)


async def export_order(
    session: Session, order: Order, path: Path, *, show_buyer: bool = False, force: bool = False
) -> None:
    """Write the bundle of the order on the screen to a file. Raises CantWrite."""
    refuse_existing(path, force=force)
    made = await make_bundle(session, order, show_buyer=show_buyer, by="export on the screen")
    await asyncio.to_thread(write_bundle, made, path, force=force)


def _make_bundle(session: Session, order: Order, show_buyer: bool, by: str) -> Document:
    if show_buyer:
        session.journal.note("reveal", {"objects": [order.id], "by": by}, obj=order.id)
    client, account, query = session.client, session.client.account, order.query
    return {
        "payconsole": __version__,
        "account": {
            "region": account.region,
            "environment": account.environment,
            "public_key_id": account.public_key_id,
            "endpoint": account.host,
            "clock_offset_seconds": round(client.clock_offset.total_seconds(), 1),
        },
        "query": {
            "id": query.id,
            "kind": str(query.kind),
            "generation": query.generation,
            "v2": {"kind": query.v2.kind, "id": query.v2.id, "path": query.v2.path},
        },
        "order": order.id,
        "observed": show_time(order.observed),
        "objects": [
            {"kind": kind, "id": member.id, "raw": _raw(member.raw, show_buyer)}
            for kind, member in members(order)
        ],
        "unread": dict(order.unread),
        "actions": action_lines(order),
        "clocks": clock_lines(order),
        "history": history_lines(order),
        "warnings": [english(warning) for warning in order.warnings],
        "journal": [_entry(entry) for entry in _entries(session, order)],
        "requests": requests_of(order, client.records),
    }


def _raw(data: Mapping[str, Any], show_buyer: bool) -> Document:
    """An object as Amazon gave it. A field that is not known may be the buyer's: it is hidden."""
    return {
        name: value if show_buyer or name in KEPT_FIELDS or not value else HIDDEN
        for name, value in data.items()
    }


def _entries(session: Session, order: Order) -> list[Entry]:
    """The journal's lines of the order: those of every decision that was made about it."""
    scopes = {scope_of(charge) for charge in order.charges} | {order.id}
    lines = [line for scope in scopes for line in session.journal.entries(scope=scope)]
    return sorted(lines, key=lambda line: line.seq)


def _entry(entry: Entry) -> Document:
    data = dict(entry.data)
    if entry.kind == Move.RESERVE:  # the request's body is stored as Base64
        data["body"] = base64.b64decode(data["body"]).decode("utf-8", "replace")
    return {
        "seq": entry.seq,
        "time": entry.time,
        "kind": entry.kind,
        "intent": entry.intent,
        "object": entry.object,
        "actor": entry.actor,
        "data": data,
    }


def requests_of(order: Order, records: Iterable[RequestRecord]) -> list[Document]:
    """The requests that belong to the order, oldest first."""
    ids = ids_of(order)
    return [_request(record) for record in records if record.object in ids]


def _request(record: RequestRecord) -> Document:
    return {
        "time": show_time(record.time),
        "operation": record.operation,
        "object": record.object,
        "method": record.method,
        "url": record.url,
        "attempt": record.attempt,
        "signed_headers": dict(record.headers),
        "string_to_sign": record.string_to_sign,
        "body": {"length": record.body_length, "sha256": record.body_sha256},
        "status": record.status,
        "reason_code": record.reason_code,
        "request_id": record.request_id,
        "answered": show_time(record.answered),
        "milliseconds": record.milliseconds,
        "failure": record.failure,
    }


def bundle_text(made: Document) -> str:
    """The bundle as one JSON document, its keys always in the same order."""
    return json.dumps(made, ensure_ascii=False, indent=2, default=str)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise CantWrite where something is there already, before any work is done."""
    if not force and os.path.lexists(path):
        raise _exists(path)


def write_bundle(made: Document, path: Path, *, force: bool) -> None:
    """Write a document as JSON, as `write_text` does."""
    write_text(bundle_text(made) + "\n", path, force=force)


def write_text(text: str, path: Path, *, force: bool) -> None:
    """Write a file for this user alone (0600); what is there already only with `force`.

    Blocks. Raises CantWrite; a file that is replaced is replaced whole or not at all.
    """
    # What UTF-8 can't hold is escaped as JSON does it.
    data = text.encode("utf-8", "backslashreplace")
    try:
        _replace(path, data) if force else _create(path, data)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        shown = clean_line(str(path), 300)
        why = error.strerror or error
        raise CantWrite(_("{file} can't be written: {why}.", file=shown, why=why)) from error


def _create(path: Path, data: bytes) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
    except BaseException:
        path.unlink()  # half a bundle is none
        raise


def _replace(path: Path, data: bytes) -> None:
    opened, beside = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise


def _exists(path: Path) -> CantWrite:
    shown = clean_line(str(path), 300)
    return CantWrite(
        _("{file} is there already.", file=shown),
        _("Choose another name; on the command line --force replaces it."),
    )

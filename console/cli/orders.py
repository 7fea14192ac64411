"""`identify` and `lookup`: what an id is, and what is known of its order."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli import documents, text
from console.cli.output import Output
from console.domain.ids import identify

if TYPE_CHECKING:
    from console.session import Session


def run_identify(args: argparse.Namespace, out: Output) -> int:
    found = identify(" ".join(args.text))
    out.document(documents.identified(found))
    for line in text.identified(found):
        out.text(line)
    return 0


async def run_lookup(session: Session, args: argparse.Namespace, out: Output) -> int:
    found = await session.lookup.resolve(" ".join(args.id))
    order = await session.lookup.look_up(found.best)
    if args.show_buyer:
        data = {"objects": [order.id], "by": "lookup --show-buyer"}
        session.journal.note("reveal", data, obj=order.id)
    out.document(documents.order(order, show_buyer=args.show_buyer))
    for line in text.order(order, out):
        out.text(line)
    if args.show_buyer and order.permission is not None:
        out.text("Buyer")
        out.text(documents.dump(documents.buyer(order.permission.raw)))
    for other in found.others:
        out.tell(f"Also in the text: {other.id}")
    return 0


def run_mapping(args: argparse.Namespace, out: Output) -> int:
    from dataclasses import asdict

    from console.domain.checkout_v1 import nearest_words, search

    rows = search(" ".join(args.term))
    out.document([asdict(row) for row in rows])
    topic = None
    for row in rows:
        if row.topic != topic:
            out.text(f"{row.topic}" if topic is None else f"\n{row.topic}")
            topic = row.topic
        out.text(f"  v1  {row.v1 or '–'}")
        out.text(f"  v2  {row.v2 or '–'}")
        if row.seller_central:
            out.text(f"  in Seller Central  {row.seller_central}")
        if row.note:
            out.text(f"      {row.note}")
    if not rows:
        near = ", ".join(nearest_words(" ".join(args.term)))
        out.complain(
            "nothing in the vocabulary matches.",
            f"The nearest words: {near}" if near else "`payconsole mapping` shows all of it.",
        )
    return 0 if rows else 7

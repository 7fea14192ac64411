"""`explain`: what a word of Amazon Pay means, for every kind of object that has it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

from console.cli import documents
from console.cli.documents import Document
from console.cli.output import Output
from console.domain.explain import wait_for_next_month
from console.domain.meanings import Meaning, alike, everything, meanings, nearest_terms, terms
from console.domain.text import clean_line

NOT_FOUND = 7


def run_explain(args: argparse.Namespace, out: Output) -> int:
    term = " ".join(args.term)
    if not term:
        out.document([_document(one) for one in everything()])
        for topic, words in terms().items():
            out.text(f"{topic.capitalize()}s")
            for word in sorted(words):
                out.text(f"  {word}")
        return 0
    found = meanings(term)
    if not found:
        return _not_known(term, out)
    out.document([_document(one) for one in found])
    for number, same in enumerate(alike(found)):
        if number:
            out.text()
        for line in _lines(same, out):
            out.text(line)
    return 0


def _not_known(term: str, out: Output) -> int:
    near = ", ".join(nearest_terms(term))
    message = f"“{clean_line(term, 80)}” is not known here; Amazon adds words now and then."
    hint = f"The nearest words: {near}" if near else "`payconsole explain` lists all words."
    out.document(documents.error("not_found", message, hint))
    out.complain(message, hint)
    return NOT_FOUND


def _document(one: Meaning) -> Document:
    return {
        "term": one.term,
        "topic": one.topic,
        "kind": one.kind,
        "state": one.state,
        "operations": list(one.operations),
        "http_statuses": list(one.statuses),
        **documents.explanation(one.explanation),
        "mend_urls": list(one.mend_urls),
    }


def _lines(same: list[Meaning], out: Output) -> Iterator[str]:
    """One explanation, and everything that it is the meaning of."""
    one, meaning = same[0], same[0].explanation
    for each in same:
        yield f"{out.paint(each.term, meaning.tone)}  {_where(each)}"
    yield f"  means         {meaning.meaning}"
    if meaning.who != "nobody needs to":
        yield f"  who acts      {meaning.who}"
    yield f"  next step     {meaning.next_step}"
    if one.term == "PeriodicAmountExceeded":
        yield f"  as of today   {wait_for_next_month(datetime.now(UTC).date())}"
    for url, place in zip(one.mend_urls, ("", " (Japan)"), strict=False):
        yield f"  buyer's link  {url}{place}, recurring or saved payments alone"
    yield f"  to the buyer  “{meaning.say_to_buyer}”"


def _where(one: Meaning) -> str:
    """`reason code of a charge that is Declined`, `error code 422 of create_refund`."""
    kind = (one.kind or "").replace("_", " ")
    if one.topic == "state":
        return f"state of {kind}"
    if one.topic == "reason code":
        state = f" that is {one.state}" if one.state else ", in any state"
        return f"reason code of {kind}{state}"
    status = "".join(f" {status}" for status in one.statuses)
    if one.v1:
        return f"error code{status} of Checkout v1"
    calls = ", ".join(call.replace("_", " ") for call in one.operations)
    return f"error code{status} of {calls or 'any call'}"

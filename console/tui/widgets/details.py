"""Three of the tabs under an order, as lines of a width. All of it from data, nothing asked.

Explain is in `explained`, v1 ↔ v2 in `side_by_side`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content

from console.domain.members import ids_of, members
from console.domain.model import without_buyer
from console.domain.order import Order
from console.domain.text import clean_line
from console.tui.words import (
    QUIET,
    TONES,
    hanging,
    heading,
    literal,
    member_id,
    quiet,
    span,
    stamp,
)

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

MOST_LINES: Final = 800
MOST_EVENTS: Final = 200
MOST_REQUESTS: Final = 100
MORE_OBJECTS: Final = "o opens all objects, to fold, search and copy."
MORE_REQUESTS: Final = "q opens them: signed headers, times, and curl to copy."


# Who says so, for a line of the history; a source that is not here stands as it is.
SOURCES: Final = {
    "amazon": "Amazon",
    "journal": "journal",
    "seen": "seen here",
    "notification": "notification",
    "report": "Amazon's report",
    "file": "imported file",
}


def timeline(order: Order, width: int) -> list[Content]:
    """What happened, newest first, and who says so; above it what lies ahead."""
    lines = []
    for event in reversed(order.history[-MOST_EVENTS:]):
        source = f"by {event.actor}" if event.actor else SOURCES.get(event.source, event.source)
        when = Content.assemble(
            (f"{stamp(event.time)}  ", "$foreground-muted"), f"{member_id(event.object):<10}"
        )
        said = literal(event.event) + Content.styled(f"  · {clean_line(source, 80)}", QUIET)
        if event.time > order.observed:
            ahead = Content.styled(f"in {span(event.time - order.observed)}: ", TONES["waiting"])
            said = ahead + said
        lines += hanging(when, said, width)
    if not lines:
        return [quiet("Nothing is known of its past.")]
    if len(order.history) > MOST_EVENTS:
        lines.append(quiet(f"… and {len(order.history) - MOST_EVENTS} earlier lines"))
    return lines


def raw(order: Order, chosen: str | None, reveal: bool) -> list[Content]:
    """The objects as Amazon gave them; buyer data is masked until it is asked for."""
    note = (
        "Buyer data is shown. b masks it again; this look is in the journal."
        if reveal
        else "Buyer data is masked. b shows it, which is a line in the journal."
    )
    lines = [quiet(note), quiet(MORE_OBJECTS)]
    for kind, found in _members(order, chosen):
        data: Mapping[str, Any] = found.raw
        shown = dict(data) if reveal else without_buyer(data)
        text = json.dumps(shown, indent=2, ensure_ascii=False, default=str)
        lines.append(heading(kind.replace("_", " ").capitalize()))
        lines += [literal(line) for line in text.splitlines()]
        if len(lines) > MOST_LINES:
            return [*lines[:MOST_LINES], quiet("… cut here")]
    return lines


def requests(
    records: Iterable[RequestRecord], width: int, order: Order | None = None
) -> list[Content]:
    """What was asked of Amazon, newest first: for `order`, and dimmed below it the rest."""
    ids = ids_of(order) if order else frozenset()
    lines: list[Content] = []
    for record in sorted_requests(records, ids)[:MOST_REQUESTS]:
        when, said = _request(record, ours=not ids or record.object in ids)
        lines += hanging(when, said, width)
    return [quiet(MORE_REQUESTS), *lines] if lines else [quiet("Nothing was asked yet.")]


def sorted_requests(records: Iterable[RequestRecord], ids: frozenset[str]) -> list[RequestRecord]:
    """Newest first, those about `ids` before the others."""
    newest = list(records)[::-1]
    return sorted(newest, key=lambda record: record.object not in ids)


def request_line(record: RequestRecord, *, ours: bool) -> Content:
    """A request in one line; dimmed where it is not about the order on the screen."""
    when, said = _request(record, ours=ours)
    return when + said


def _request(record: RequestRecord, *, ours: bool) -> tuple[Content, Content]:
    status = str(record.status) if record.status is not None else "–"
    tone = TONES["good"] if record.status and record.status < 300 else TONES["bad"]
    why = record.reason_code or record.failure or ""
    again = f" attempt {record.attempt}" if record.attempt > 1 else ""
    when = Content.assemble(
        (f"{record.time:%H:%M:%S} ", "$foreground-muted"),
        (f"{status:>3} ", tone),
        (f"{record.milliseconds:>5} ms  ", "$foreground-muted"),
        (f"{record.method:<5}", "bold"),
    )
    said = Content.assemble(
        literal(record.path),
        (again, "$text-warning"),
        " " if why else "",
        literal(why),
        "  ",
        literal(record.request_id or "").stylize("$foreground-muted"),
    )
    return (when, said) if ours else (quiet(when.plain), quiet(said.plain))


def _members(order: Order, chosen: str | None) -> Iterator[tuple[str, Any]]:
    """The chosen object, then the order itself."""
    for kind, member in members(order):
        if member.id == chosen and kind != "charge_permission":
            yield kind, member
    if order.permission is not None:
        yield "charge_permission", order.permission

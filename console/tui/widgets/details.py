"""Three of the tabs under an order, as lines of a width. All of it from data, nothing asked.

Explain is in `explained`, v1 ↔ v2 in `side_by_side`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content

from console.domain.kept import Kept, shown
from console.domain.language import N_, _, many
from console.domain.members import ids_of, members
from console.domain.model import without_buyer
from console.domain.order import Event, Order
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.words import (
    QUIET,
    TONES,
    ahead,
    column_for,
    hanging,
    heading,
    kind_title,
    literal,
    member_id,
    padded,
    quiet,
    stamp,
)

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

OBJECT: Final = 10  # cells of the column that names the object of an event
MOST_LINES: Final = 800
MOST_EVENTS: Final = 200
MOST_REQUESTS: Final = 100
MORE_OBJECTS: Final = N_("{key} opens all objects, to fold, search and copy.")
MORE_REQUESTS: Final = N_("{key} opens them: signed headers, times, and curl to copy.")


# Who says so, for a line of the history; a source that is not here stands as it is.
SOURCES: Final = {
    "amazon": "Amazon",
    "journal": N_("journal"),
    "seen": N_("seen here"),
    "notification": N_("notification"),
    "report": N_("Amazon's report"),
    "file": N_("imported file"),
}


def timeline(order: Order, width: int) -> list[Content]:
    """What happened, newest first, and who says so; above it what lies ahead."""
    lines = []
    events = order.history[-MOST_EVENTS:]
    objects = column_for((member_id(event.object) for event in events), OBJECT)
    for event in reversed(events):
        when = Content.assemble(
            (f"{stamp(event.time)}  ", "$foreground-muted"),
            padded(member_id(event.object), objects),
        )
        source = clean_line(_source(event), 80)
        # What is not marked is a literal: a state of Amazon's.
        told = shown(event.event) if isinstance(event.event, Kept) else event.event
        said = literal(told) + Content.styled(f"  · {source}", QUIET)
        if event.time > order.observed and event.source == "amazon":  # ours are never ahead
            until = ahead(event.time - order.observed)
            said = Content.styled(f"{until}: ", TONES["waiting"]) + said
        lines += hanging(when, said, width)
    if not lines:
        return [quiet(_("Nothing is known of its past."))]
    earlier = len(order.history) - MOST_EVENTS
    if earlier > 0:
        more = many("… and {count} earlier line", "… and {count} earlier lines", earlier)
        lines.append(quiet(more))
    return lines


def _source(event: Event) -> str:
    """Who says so: the operator by name, else where it was read."""
    if event.actor:
        return _("by {operator}", operator=event.actor)
    return _(SOURCES[event.source]) if event.source in SOURCES else event.source


def raw(order: Order, chosen: str | None, reveal: bool) -> list[Content]:
    """The objects as Amazon gave them; buyer data is masked until it is asked for."""
    note = (
        N_("Buyer data is shown. {key} masks it again; this look is in the journal.")
        if reveal
        else N_("Buyer data is masked. {key} shows it, which is a line in the journal.")
    )
    lines = [
        quiet(_(note, key=keymap.written("general.buyer"))),
        quiet(_(MORE_OBJECTS, key=keymap.written("general.objects"))),
    ]
    for kind, found in _members(order, chosen):
        data: Mapping[str, Any] = found.raw
        seen = dict(data) if reveal else without_buyer(data)
        text = json.dumps(seen, indent=2, ensure_ascii=False, default=str)
        lines.append(heading(kind_title(kind)))
        lines += [literal(line) for line in text.splitlines()]
        if len(lines) > MOST_LINES:
            return [*lines[:MOST_LINES], quiet(_("… cut here"))]
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
    if not lines:
        return [quiet(_("Nothing was asked yet."))]
    return [quiet(_(MORE_REQUESTS, key=keymap.written("general.requests"))), *lines]


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
    why = record.reason_code or record.failure_said or ""
    again = _("attempt {number}", number=record.attempt) if record.attempt > 1 else ""
    when = Content.assemble(
        (f"{record.time:%H:%M:%S} ", "$foreground-muted"),
        (f"{status:>3} ", tone),
        (f"{record.milliseconds:>5} ms  ", "$foreground-muted"),
        (f"{record.method:<5}", "bold"),
    )
    said = Content.assemble(
        literal(record.path),
        (f" {again}" if again else "", "$text-warning"),
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

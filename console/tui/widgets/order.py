"""One order: head, transactions, and a tab of details about the chosen transaction.

What draws them is imported with the session, behind the first paint, which shows no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from console.domain import moments
from console.domain.action_table import ACTIONS
from console.domain.kept import shown
from console.domain.language import N_, _, many, spoken
from console.tui import keymap
from console.tui.keys import RAW, TABS
from console.tui.widgets.drawn import Drawn, DrawnPane
from console.tui.widgets.rows import RowList
from console.tui.words import TONES, age, heading, literal, quiet, rough_age, spread, wrapped

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord
    from console.domain.model import Dispute, Refund
    from console.domain.order import Event, Order
    from console.domain.rules import Offer
    from console.domain.since import Changes

ASKING: Final = "…"
MINUTE: Final = timedelta(minutes=1)
# What stands in place of a state.
_NOT_READ: Final = N_("not read since")
_UNDER_WAY: Final = N_("under way")
_OF_STATES: Final = (1, 2)  # the tabs that tell what states mean
_OF_CHOSEN: Final = (*_OF_STATES, RAW)  # those of the chosen transaction, not of the order


class TabBar(Drawn):
    """One line: the tabs, and how old what is shown is."""

    class Picked(Message):
        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    def __init__(self) -> None:
        super().__init__(self._lines, id="tabs")
        self.tab = 0
        self.checked = ("", "")  # how old it is and what is done about it; the same in short
        self._ends: list[int] = []

    def change(self, tab: int | None = None, checked: tuple[str, str] | None = None) -> None:
        self.tab = self.tab if tab is None else tab
        self.checked = self.checked if checked is None else checked
        self.redraw()

    def _lines(self, width: int) -> list[Content]:
        self._ends = []
        bar, length = Content(""), 0
        for number, title in enumerate(TABS):
            style = "bold $text-primary reverse" if number == self.tab else "$foreground-muted"
            part = Content.styled(f" {number + 1} {_(title)} ", style)
            bar, length = bar + part, length + part.cell_length
            self._ends.append(length)
        long, short = map(quiet, self.checked)
        fits = bar.cell_length + 2 + long.cell_length <= width
        return [spread(bar, long if fits else short, width)]

    def on_click(self, event: events.Click) -> None:
        for number, end in enumerate(self._ends):
            if event.x < end:
                self.post_message(self.Picked(number))
                return


class OrderPane(Vertical):
    """Shows an Order; says nothing of its own accord and asks nobody."""

    class Picked(Message):
        """Another transaction is chosen, so other things can be done."""

    def __init__(self, records: Callable[[], Iterable[RequestRecord]]) -> None:
        super().__init__(id="order")
        self.order: Order | None = None
        self.revealed = False
        self.changes: Changes | None = None  # since somebody looked last: marked in the rows
        self.notes: tuple[Event, ...] = ()  # those of this machine: in the timeline alone
        self._offered: tuple[Order, list[Offer]] | None = None
        self._timeline: tuple[tuple[object, ...], list[Content]] | None = None
        self._asking = ""  # what is being done to renew the picture
        self._mark = ""  # the same where there is no room: `…`; `!` where it came to nothing
        self._touched: frozenset[str] = frozenset()  # was it since it was read
        self._under_way: frozenset[str] = frozenset()  # with which something is being done
        self._told: datetime | None = None  # the moment from which the ages in the rows count
        self._records = records
        self._tabs = TabBar()
        self._details = DrawnPane(self._detail_lines, id="details-pane")
        self._head = Drawn(self._head_lines, id="head")
        self._title = Drawn(self._title_lines, id="transactions-title")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._title
        yield RowList(id="transactions", empty=N_("No charge is known of this order yet."))
        yield self._tabs
        yield self._details

    @property
    def rows(self) -> RowList:
        return self.query_one("#transactions", RowList)

    @property
    def chosen(self) -> str | None:
        """The id under the cursor; the order's own where there is no transaction."""
        return self.rows.key or (self.order.id if self.order else None)

    def outdate(self, touched: frozenset[str]) -> None:
        """Something was done to it: until it is read again, this is how it was seen before.

        What is `touched`, with which it was done, no longer tells a state.
        """
        self._asking, self._mark = _("asking Amazon"), ASKING
        self._touched |= touched
        self._draw_states()

    def work_on(self, under_way: frozenset[str]) -> None:
        """What is being done to these ids isn't answered yet: until then they tell no state."""
        if under_way != self._under_way:
            self._under_way = under_way
            self._draw_states()

    def _draw_states(self) -> None:
        if self.order is not None:
            self._head.redraw()
            self._details.redraw()
            self._show_rows(self.order, self._told or self.order.observed)

    @property
    def _untold(self) -> dict[str, str]:
        """What tells no state now, and what stands there instead; of this order alone."""
        found = dict.fromkeys(self._touched, _(_NOT_READ))
        found |= dict.fromkeys(self._under_way, _(_UNDER_WAY))
        if not found or self.order is None:
            return {}
        from console.domain.members import ids_of

        here = ids_of(self.order)
        return {one: word for one, word in found.items() if one in here}

    def show(self, order: Order) -> None:
        """Show `order`; the cursor stays where it was if it is the same one again."""
        same = self.order is not None and self.order.id == order.id
        self.order = order
        self._asking = self._mark = ""
        if order.remembered:
            self._asking, self._mark = _("asking Amazon"), ASKING
        if not same:
            self.revealed = False
            self.notes = ()
            self._details.scroll_home(animate=False)
        self._touched = frozenset()
        self._show_rows(order, order.observed, self.rows.key if same else _first_row(order))
        self.draw()

    def _show_rows(self, order: Order, now: datetime, wanted: str | None = None) -> None:
        from console.tui.widgets.transactions import transaction_rows

        self._told = now
        self.rows.show(transaction_rows(order, now, self.changes, self._untold), wanted)

    def draw(self) -> None:
        """Draw everything but the rows."""
        self._head.redraw()
        self._title.redraw()
        self._details.redraw()

    def _head_lines(self, width: int) -> list[Content]:
        if self.order is None:
            return []
        from console.tui.widgets.head import head_lines

        untold = self._untold
        lines = head_lines(self.order, width, untold.get(self.order.id, ""))
        if self.notes:
            lines.append(_last_note(self.notes, width))
        if untold:
            lines += _read_before(untold, width)
        return lines

    def _title_lines(self, width: int) -> list[Content]:
        pending = len(self.order.pending) if self.order else 0
        said = ""
        if pending:
            said = many(
                "{count} pending: Amazon is at work", "{count} pending: Amazon is at work", pending
            )
        note = _("known here; Amazon gives no list of them")
        known = heading(_("Transactions")) + quiet(f" {note}")
        return [spread(known, Content.styled(said, TONES["waiting"]), width)]

    def _detail_lines(self, width: int) -> list[Content]:
        order = self.order
        if order is None:
            return []
        from console.tui.widgets import details
        from console.tui.widgets.explained import explain
        from console.tui.widgets.side_by_side import vocabulary

        pages: list[Callable[[], list[Content]]] = [
            lambda: self._timeline_lines(order, width),
            lambda: explain(order, self.chosen, width),
            lambda: vocabulary(order, self.chosen, width),
            lambda: details.raw(order, self.chosen, self.revealed),
            lambda: details.requests(self._records(), width, order),
        ]
        untold = self._untold
        if untold and self._tabs.tab in _OF_STATES:
            again = _("What holds now stands here once Amazon was asked; {key} asks again.",
                      key=keymap.written("general.again"))  # fmt: skip
            return [*_read_before(untold, width), *wrapped(quiet(again), width)]
        lines = pages[self._tabs.tab]()
        if untold and self._tabs.tab == RAW:
            lines = [*_read_before(untold, width), *lines]
        return lines[: details.MOST_LINES]

    def _timeline_lines(self, order: Order, width: int) -> list[Content]:
        """Drawn anew only where something that it tells of has changed: it may be 200 lines."""
        from console.tui.widgets import details

        about = (order, self.notes, width, moments.zone(), spoken())
        if self._timeline is None or self._timeline[0] != about:
            self._timeline = about, details.timeline(_with_notes(order, self.notes), width)
        return self._timeline[1]

    def checked(self, now: datetime) -> None:
        """Say how old the picture is, and what is in it."""
        order = self.order
        if order is None:
            return
        if self._told is None or now - self._told >= MINUTE:
            self._show_rows(order, now)
        if order.remembered:
            seen = _("seen {age}", age=age(order.remembered, now))
            short = f"{seen} {self._mark}"  # an old picture's age is what matters
        else:
            seen = _("checked {age}", age=rough_age(order.observed, now))
            short = self._asking if self._mark == ASKING else f"{seen} {self._mark}"
        long = seen + (f" · {self._asking}" if self._asking else "")
        self._tabs.change(checked=(long, short.rstrip()))

    def reading(self, done: int, known: int) -> None:
        """How far the look is that will renew the picture."""
        self._asking, self._mark = _("read {done} of {known}", done=done, known=known), ASKING

    def not_renewed(self) -> None:
        """The look came to nothing: what is shown stays as old as it says."""
        self._asking, self._mark = _("not renewed"), "!"

    def reveal(self, revealed: bool) -> None:
        self.revealed = revealed
        self._details.redraw()

    @property
    def shows_buyer(self) -> bool:
        """Whether the buyer's data stands on the screen at this moment: under Raw, revealed."""
        return self.revealed and self._tabs.tab == RAW

    @property
    def page(self) -> int:
        """Which of the tabs of details is shown."""
        return self._tabs.tab

    def pick_tab(self, number: int) -> None:
        self._tabs.change(tab=number)
        self._details.scroll_home(animate=False)
        self._details.redraw()

    def offers(self) -> dict[str, Offer]:
        """Per action the offer that is meant now: for what is chosen, else for the order."""
        return {name: _best(found) for name, found in self.all_offers().items()}

    def all_offers(self) -> dict[str, list[Offer]]:
        """Per action every offer for what is chosen, its charge, or the order.

        Never for another charge than the one under the cursor, unless it is the only one.
        """
        if self.order is None:
            return {}
        everything = self._offers(self.order)
        chosen = {self.chosen, self._charge_above(), self.order.id}
        meant: dict[str, list[Offer]] = {}
        for action in ACTIONS:
            found = [offer for offer in everything if offer.action == action.name]
            near = [offer for offer in found if offer.target in chosen]
            if near or len(found) == 1:
                meant[action.name] = near or found
        return meant

    def _offers(self, order: Order) -> list[Offer]:
        """All offers of it, worked out once: a key asks for them, and there may be thousands."""
        from console.domain.rules import offers

        if self._offered is None or self._offered[0] is not order:
            self._offered = order, list(offers(order))
        return self._offered[1]

    def _charge_above(self) -> str | None:
        """The charge of the refund or dispute under the cursor."""
        if self.order is None:
            return None
        below: tuple[Refund | Dispute, ...] = (*self.order.refunds, *self.order.disputes)
        return next((member.charge_id for member in below if member.id == self.rows.key), None)

    @on(RowList.Moved, "#transactions")
    def _moved(self) -> None:
        if self._tabs.tab in _OF_CHOSEN:
            self._details.redraw()
        self.post_message(self.Picked())

    @on(RowList.Paged, "#transactions")
    def _paged(self, event: RowList.Paged) -> None:
        details = self._details
        details.scroll_to(y=details.scroll_y + event.by * (details.size.height - 1), animate=False)

    @on(TabBar.Picked)
    def _picked_tab(self, event: TabBar.Picked) -> None:
        event.stop()
        self.pick_tab(event.number)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """On a small screen the details get the room while they are being read."""
        self.set_class(event.widget is self._details, "-reading")

    def on_descendant_blur(self) -> None:
        self.remove_class("-reading")


def _read_before(untold: Mapping[str, str], width: int) -> list[Content]:
    said = _("These amounts and times may have been read before what was done here.")
    if _(_UNDER_WAY) in untold.values():
        said = _("Something is under way here: these amounts and times may change.")
    return wrapped(Content.styled(said, TONES["waiting"]), width)


def _last_note(notes: tuple[Event, ...], width: int) -> Content:
    """The newest one's beginning and who wrote it when, in one line; how many more there are."""
    newest = max(notes, key=lambda note: note.time)
    by = _("by {operator}", operator=newest.actor or "")
    more = many("and {count} more", "and {count} more", len(notes) - 1) if len(notes) > 1 else ""
    when = moments.said(newest.time)
    tail = quiet("  · " + " · ".join(filter(None, (by, when, more))))
    room = max(1, width - tail.cell_length)
    text = literal(shown(newest.event)).truncate(room, ellipsis=True)
    return (text + tail).truncate(width, ellipsis=True)


def _with_notes(order: Order, notes: tuple[Event, ...]) -> Order:
    """For the timeline alone: notes are no part of an order's history, and of no export."""
    if not notes:
        return order
    history = sorted((*order.history, *notes), key=lambda event: event.time)
    return replace(order, history=tuple(history))


def _best(found: list[Offer]) -> Offer:
    """The one that is allowed; of those that are not, the one that says why."""
    return next((offer for offer in found if offer.allowed), found[0])


def _first_row(order: Order) -> str | None:
    """What was asked for; for a whole order the charge that can be acted on."""
    from console.domain.rules import offers

    asked = order.query.v2.id
    known = {charge.id for charge in order.charges} | {refund.id for refund in order.refunds}
    known |= {dispute.id for dispute in order.disputes}
    if asked in known:
        return asked
    allowed = next((o.target for o in offers(order) if o.action == "refund" and o.allowed), None)
    return allowed or next((charge.id for charge in order.charges), None)

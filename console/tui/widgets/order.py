"""One order: head, transactions, and a tab of details about the chosen transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message

from console.domain.model import Dispute, Refund
from console.domain.order import Order
from console.domain.rules import ACTIONS, Offer, offers
from console.tui.keys import TABS
from console.tui.widgets import details
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.explained import explain
from console.tui.widgets.head import head_lines
from console.tui.widgets.rows import RowList
from console.tui.widgets.side_by_side import vocabulary
from console.tui.widgets.transactions import transaction_rows
from console.tui.words import TONES, age, heading, quiet, spread

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord


class TabBar(Drawn):
    """One line: the tabs, and how old what is shown is."""

    class Picked(Message):
        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    def __init__(self) -> None:
        super().__init__(self._lines, id="tabs")
        self.tab = 0
        self.checked = ""
        self._ends: list[int] = []

    def change(self, tab: int | None = None, checked: str | None = None) -> None:
        self.tab = self.tab if tab is None else tab
        self.checked = self.checked if checked is None else checked
        self.redraw()

    def _lines(self, width: int) -> list[Content]:
        self._ends = []
        bar, length = Content(""), 0
        for number, title in enumerate(TABS):
            style = "bold $text-primary reverse" if number == self.tab else "$foreground-muted"
            part = Content.styled(f" {number + 1} {title} ", style)
            bar, length = bar + part, length + part.cell_length
            self._ends.append(length)
        return [spread(bar, quiet(self.checked), width)]

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
        self._asking = ""  # what is being done to renew the picture
        self._records = records
        self._tabs = TabBar()
        self._details = Drawn(self._detail_lines, id="details")
        self._head = Drawn(self._head_lines, id="head")
        self._title = Drawn(self._title_lines, id="transactions-title")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._title
        yield RowList(id="transactions", empty="No charge is known of this order yet.")
        yield self._tabs
        with VerticalScroll(id="details-pane"):
            yield self._details

    @property
    def rows(self) -> RowList:
        return self.query_one("#transactions", RowList)

    @property
    def chosen(self) -> str | None:
        """The id under the cursor; the order's own where there is no transaction."""
        return self.rows.key or (self.order.id if self.order else None)

    def show(self, order: Order) -> None:
        """Show `order`; the cursor stays where it was if it is the same one again."""
        same = self.order is not None and self.order.id == order.id
        self.order = order
        self._asking = "asking Amazon" if order.remembered else ""
        if not same:
            self.revealed = False
            self.query_one("#details-pane").scroll_home(animate=False)
        wanted = self.rows.key if same else _first_row(order)
        self.rows.show(transaction_rows(order), wanted)
        self.draw()

    def draw(self) -> None:
        """Draw everything but the rows."""
        self._head.redraw()
        self._title.redraw()
        self._details.redraw()

    def _head_lines(self, width: int) -> list[Content]:
        return head_lines(self.order, width) if self.order else []

    def _title_lines(self, width: int) -> list[Content]:
        pending = len(self.order.pending) if self.order else 0
        said = f"{pending} pending: Amazon is at work" if pending else ""
        known = heading("Transactions") + quiet(" known here; Amazon gives no list of them")
        return [spread(known, Content.styled(said, TONES["waiting"]), width)]

    def _detail_lines(self, width: int) -> list[Content]:
        order = self.order
        if order is None:
            return []
        pages: list[Callable[[], list[Content]]] = [
            lambda: details.timeline(order, width),
            lambda: explain(order, self.chosen, width),
            lambda: vocabulary(order, self.chosen, width),
            lambda: details.raw(order, self.chosen, self.revealed),
            lambda: details.requests(self._records(), width, order),
        ]
        return pages[self._tabs.tab]()[: details.MOST_LINES]

    def checked(self, now: datetime) -> None:
        """Say how old the picture is."""
        order = self.order
        if order is None:
            return
        if order.remembered:
            seen = f"seen {age(order.remembered, now)}"
        else:
            seen = f"checked {age(order.observed, now)}"
        self._tabs.change(checked=seen + (f" · {self._asking}" if self._asking else ""))

    def reading(self, done: int, known: int) -> None:
        """How far the look is that will renew the picture."""
        self._asking = f"read {done} of {known}"

    def not_renewed(self) -> None:
        """The look came to nothing: what is shown stays as old as it says."""
        self._asking = "Amazon could not be asked"

    def reveal(self, revealed: bool) -> None:
        self.revealed = revealed
        self._details.redraw()

    def pick_tab(self, number: int) -> None:
        self._tabs.change(tab=number)
        self.query_one("#details-pane").scroll_home(animate=False)
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
        everything = offers(self.order)
        chosen = {self.chosen, self._charge_above(), self.order.id}
        meant: dict[str, list[Offer]] = {}
        for action in ACTIONS:
            found = [offer for offer in everything if offer.action == action.name]
            near = [offer for offer in found if offer.target in chosen]
            if near or len(found) == 1:
                meant[action.name] = near or found
        return meant

    def _charge_above(self) -> str | None:
        """The charge of the refund or dispute under the cursor."""
        if self.order is None:
            return None
        below: tuple[Refund | Dispute, ...] = (*self.order.refunds, *self.order.disputes)
        return next((member.charge_id for member in below if member.id == self.rows.key), None)

    @on(RowList.Moved, "#transactions")
    def _moved(self) -> None:
        self._details.redraw()
        self.post_message(self.Picked())

    @on(TabBar.Picked)
    def _picked_tab(self, event: TabBar.Picked) -> None:
        event.stop()
        self.pick_tab(event.number)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """On a small screen the details get the room while they are being read."""
        self.set_class(event.widget.id == "details-pane", "-reading")

    def on_descendant_blur(self) -> None:
        self.remove_class("-reading")


def _best(found: list[Offer]) -> Offer:
    """The one that is allowed; of those that are not, the one that says why."""
    return next((offer for offer in found if offer.allowed), found[0])


def _first_row(order: Order) -> str | None:
    """What was asked for; for a whole order the charge that can be acted on."""
    asked = order.query.v2.id
    known = {charge.id for charge in order.charges} | {refund.id for refund in order.refunds}
    known |= {dispute.id for dispute in order.disputes}
    if asked in known:
        return asked
    allowed = next((o.target for o in offers(order) if o.action == "refund" and o.allowed), None)
    return allowed or next((charge.id for charge in order.charges), None)

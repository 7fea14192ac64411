"""One line: the orders that are open. It is there only where two or more are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual import events
from textual.content import Content
from textual.message import Message

from console.tui.browsing import Tab, Tabs
from console.tui.widgets.drawn import Drawn
from console.tui.words import TONES, ending_id, literal, quiet, symbol, tone_of

if TYPE_CHECKING:
    from console.domain.order import Order

_NUMBER: Final = 16  # cells of a shop's own number
KEPT: Final = "+"
_CURRENT: Final = "bold $text-primary reverse"


class OrderTabs(Drawn):
    """Each open order with its state; the current one stands in brackets.

    What does not fit is counted at the ends: `‹2 … 3›`. A tab that is kept has a mark; the one
    that hasn't gives way to the next order.
    """

    class Picked(Message):
        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    def __init__(self) -> None:
        super().__init__(self._lines, id="order-tabs")
        self._tabs: tuple[Tab, ...] = ()
        self._at = 0
        self._places: list[tuple[int, int]] = []  # where each ends in the line, and its number

    def on_mount(self) -> None:
        self.display = len(self._tabs) > 1

    def show(self, tabs: Tabs) -> None:
        self._tabs, self._at = tuple(tabs.open), tabs.at
        self.display = len(self._tabs) > 1
        self.redraw()

    def _lines(self, width: int) -> list[Content]:
        if not self._tabs:
            return []
        labels = [_label(tab, current=n == self._at) for n, tab in enumerate(self._tabs)]
        first, last = fitting([label.cell_length for label in labels], self._at, width)
        before, after = first, len(labels) - 1 - last
        parts = [(quiet(f"‹{before} "), first - 1)] if before else []
        parts += [(labels[number], number) for number in range(first, last + 1)]
        if after:
            parts.append((quiet(f" {after}›"), last + 1))
        self._places, end = [], 0
        for part, number in parts:
            end += part.cell_length
            self._places.append((end, number))
        return [Content("").join(part for part, _number in parts).truncate(width, ellipsis=True)]

    def on_click(self, event: events.Click) -> None:
        for end, number in self._places:
            if event.x < end:
                self.post_message(self.Picked(number))
                return


def _label(tab: Tab, *, current: bool) -> Content:
    """`[…1888777 Acme-118 ●]`"""
    order = tab.order
    kind, state = standing(order)
    number = literal(order.permission.merchant.reference or "") if order.permission else Content("")
    kept = KEPT if tab.kept else ""
    name = Content.assemble(kept, ending_id(order.id), " " if number.plain else "",
                            number.truncate(_NUMBER, ellipsis=True), " ")  # fmt: skip
    if current:
        return Content.assemble("[", name, symbol(state), "]").stylize(_CURRENT)
    mark = Content.styled(symbol(state), TONES[tone_of(kind, state)])
    return Content.assemble(" ", name.stylize("$foreground-muted"), mark, " ")


def standing(order: Order) -> tuple[str, str]:
    """Kind and state of what an order is known by: its permission, else what was asked for."""
    if order.permission is not None:
        return "charge_permission", order.permission.state
    if order.session is not None:
        return "checkout_session", order.session.state
    charge = next(iter(order.charges), None)
    return ("charge", charge.state) if charge is not None else ("charge_permission", "")


def fitting(lengths: Sequence[int], at: int, width: int) -> tuple[int, int]:
    """The first and last of some labels that fit into a width around the one at `at`.

    Beside them there is room for the counts of what is left out.
    """
    first = last = at
    used = lengths[at]
    while True:
        grown = False
        for step in (1, -1):
            number = last + 1 if step == 1 else first - 1
            if not 0 <= number < len(lengths):
                continue
            low, high = min(first, number), max(last, number)
            ends = (4 if low else 0) + (4 if high < len(lengths) - 1 else 0)
            if used + lengths[number] + ends <= width:
                first, last, used, grown = low, high, used + lengths[number], True
        if not grown:
            return first, last

"""Which orders were shown in this session, and which are open in tabs. Pure: nothing is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.domain.since import Changes

MOST_VISITS: Final = 200
MOST_TABS: Final = 20  # each keeps an order in memory


class Visit(NamedTuple):
    """An order that was shown, and the id that it was asked for by."""

    order: str
    asked: str

    @classmethod
    def of(cls, order: Order) -> Visit:
        return cls(order.id, order.query.id)

    def is_of(self, order: Order) -> bool:
        """A session that was completed since is found by what was asked for."""
        return order.id == self.order or order.query.id == self.asked


@dataclass
class Visits:
    """The orders of a session one after the other, as a browser keeps its pages.

    A visit after going back drops what was ahead. The same order twice in a row is one visit.
    """

    most: int = MOST_VISITS
    _visits: list[Visit] = field(default_factory=list)
    _at: int = -1

    def __len__(self) -> int:
        return len(self._visits)

    @property
    def current(self) -> Visit | None:
        return self._visits[self._at] if self._visits else None

    def visit(self, visit: Visit) -> None:
        if self.current is not None and self.current.order == visit.order:
            self._visits[self._at] = visit
            return
        self._visits = [*self._visits[: self._at + 1], visit][-self.most :]
        self._at = len(self._visits) - 1

    def go(self, by: int) -> Visit | None:
        """Go back (-1) or forward (1) and say where to; None where there is nothing."""
        if not 0 <= self._at + by < len(self._visits):
            return None
        self._at += by
        return self._visits[self._at]

    def rename(self, old: str, new: str) -> None:
        """An order has another id now: a checkout session that was completed."""
        self._visits = [Visit(new, v.asked) if v.order == old else v for v in self._visits]


@dataclass
class Tab:
    """An order that is open. `row` and `page` are where it was left: transaction and detail tab.

    `asks` is whether somebody wants to be told what has changed since the last look, `asked` is
    the order as it was read for that, and `changes` what came of it, until it is seen.
    """

    order: Order
    kept: bool = False
    row: str | None = None
    page: int = 0
    asks: bool = False
    asked: Order | None = None
    changes: Changes | None = None


@dataclass
class Tabs:
    """The open orders. One that is not kept gives way to the next that is opened in its place."""

    open: list[Tab] = field(default_factory=list)
    at: int = 0

    @property
    def current(self) -> Tab | None:
        return self.open[self.at] if self.open else None

    def find(self, order_id: str) -> Tab | None:
        return next((tab for tab in self.open if tab.order.id == order_id), None)

    def show(self, order: Order) -> Tab:
        """The tab for an order that was just opened; it is the current one now.

        Its own where it has one, else the current one if that isn't kept, else a new one.
        """
        found, current = self.find(order.id), self.current
        if found is not None:
            self.at = self.open.index(found)
            found.order = order
            return found
        tab = Tab(order)
        if current is not None and not current.kept:
            self.open[self.at] = tab
            return tab
        self._make_room()
        self.open.append(tab)
        self.at = len(self.open) - 1
        return tab

    def _make_room(self) -> None:
        """One that isn't kept gives way where there are too many: `keep` leaves one over."""
        if len(self.open) >= MOST_TABS:
            self.open.remove(next(tab for tab in self.open if not tab.kept))

    def keep(self) -> bool:
        """Keep the current tab, or no longer; whether there was room for it."""
        tab = self.current
        if tab is None:
            return False
        kept = sum(one.kept for one in self.open)
        if not tab.kept and kept >= MOST_TABS - 1:
            return False
        tab.kept = not tab.kept
        return True

    def step(self, by: int) -> Tab | None:
        """Go to the tab before or after, around the ends; None where there is no other."""
        if len(self.open) < 2:
            return None
        self.at = (self.at + by) % len(self.open)
        return self.current

    def go(self, tab: Tab) -> None:
        self.at = self.open.index(tab)

    def close(self) -> Tab | None:
        """Close the current tab unless it is the last; the one that is current then."""
        if len(self.open) < 2:
            return None
        del self.open[self.at]
        self.at = min(self.at, len(self.open) - 1)
        return self.current

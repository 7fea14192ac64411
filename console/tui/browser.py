"""Back, forward and tabs of a console screen, and what has changed since an order was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from console.domain.language import N_, _, many
from console.domain.listed import listed
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.browsing import MOST_TABS, Tab, Tabs, Visit, Visits
from console.tui.messages import Said
from console.tui.widgets.tabs import OrderTabs
from console.tui.words import age, member_id

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.domain.since import Change, Changes, How, Picture
    from console.tui.screens.console import ConsoleScreen

MOST_TOLD: Final = 6  # changes in one message


class Browser:
    """Which orders were shown on a console screen and are open there; `keys` are its commands."""

    def __init__(self, screen: ConsoleScreen) -> None:
        self._screen = screen
        self._visits = Visits()
        self._tabs = Tabs()
        self._going: Visit | None = None  # where back or forward leads, until it is shown
        self.keys: Mapping[str, Callable[[], None]] = {
            "before": lambda: self._go(-1),
            "after": lambda: self._go(1),
            "keep": self._keep,
            "tab_before": lambda: self._step(-1),
            "tab_after": lambda: self._step(1),
            "tab_close": self._close,
        }

    # --- what comes onto the screen --------------------------------------------------------------

    def asked(self) -> None:
        """Something else was asked for: nobody waits for where back or forward leads."""
        self._going = None

    def opened(self, order: Order) -> None:
        """An order was looked up: it gets a tab, and is a visit."""
        self._leave_place()
        known = self._tabs.find(order.id) is not None
        tab = self._tabs.show(order)
        if not known:
            tab.page = self._screen.order_pane.page
        tab.asks, tab.changes = True, None
        self._visit(order)
        self._take(tab)
        if tab.page != self._screen.order_pane.page:
            self._screen.order_pane.pick_tab(tab.page)

    def renewed(self, shown_as: str, order: Order) -> bool:
        """An order was read again; whether it is the one on the screen."""
        current = self._tabs.current
        shown = current is not None and current.order.id == shown_as
        tab = current if shown else self._tabs.find(shown_as)
        if tab is None:
            return False
        self._visits.rename(shown_as, order.id)
        tab.order = order
        if shown:
            self._take(tab)
        return shown

    def looking(self, order: Order) -> None:
        """What was just read is on the screen: how it looked before is being looked up."""
        tab = self._tabs.current
        if tab is not None and tab.asks:
            tab.asks, tab.asked = False, order

    def looked(self, order: Order, before: Picture | None) -> None:
        """Tell and mark once what is different in what was read because somebody asked for it."""
        tab = self._tabs.current
        if tab is None or tab.asked is not order:
            return
        from console.domain.since import changes

        tab.asked = None
        found = changes(before, tab.order) if before is not None else None
        told = found if found is not None and found.by_id else None
        if told is not None or tab.changes is not None:
            tab.changes = told
            self._mark(tab)
        if told is not None:
            self._screen.say_also(say_changes(told, tab.order.observed))

    def looking_again(self) -> None:
        """Somebody wants to see what is different now: from what is on the screen."""
        tab = self._tabs.current
        if tab is not None:
            tab.asks = True

    def seen(self) -> None:
        """What has changed was seen: no row is marked any more."""
        tab = self._tabs.current
        if tab is not None and tab.changes is not None:
            tab.changes = None
            self._mark(tab)

    def _mark(self, tab: Tab) -> None:
        self._take(tab)
        self._screen.order_pane.show(tab.order)

    def _visit(self, order: Order) -> None:
        going = self._going
        if going is None:
            self._visits.visit(Visit.of(order))
        elif going.is_of(order):
            self._going = None
            self._visits.rename(going.order, order.id)
        # else it is the answer to what was asked before, and stands here for a moment only

    def _take(self, tab: Tab) -> None:
        """Give the screen what it shows beside the order itself."""
        self._screen.order_pane.changes = tab.changes
        self._draw()

    def _draw(self) -> None:
        self._screen.query_one(OrderTabs).show(self._tabs)

    # --- back and forward ------------------------------------------------------------------------

    def _go(self, by: int) -> None:
        visit = self._visits.go(by)
        if visit is None:
            self._screen.say(_no_more(by))
            return
        tab = self._tabs.find(visit.order)
        if tab is not None:
            self._to(tab)
        else:
            self._screen.open(visit.asked)
            self._going = visit

    # --- tabs ------------------------------------------------------------------------------------

    def pick(self, number: int) -> None:
        """A tab was clicked."""
        if number < len(self._tabs.open) and self._tabs.open[number] is not self._tabs.current:
            self._to(self._tabs.open[number])

    def _leave_place(self) -> None:
        """Remember where the current tab is left."""
        tab, pane = self._tabs.current, self._screen.order_pane
        if tab is not None:
            tab.row, tab.page = pane.rows.key, pane.page

    def _to(self, tab: Tab) -> None:
        """Show a tab as it is in memory, and read its order again."""
        if tab is not self._tabs.current:
            self._leave_place()
        self._tabs.go(tab)
        self._show(tab)

    def _show(self, tab: Tab) -> None:
        self._going = None
        tab.asks = True
        self._visits.visit(Visit.of(tab.order))
        self._take(tab)
        self._screen.show_open(tab.order, tab.row, tab.page)

    def _step(self, by: int) -> None:
        self._leave_place()
        tab = self._tabs.step(by)
        if tab is None:
            self._screen.say(_one_tab())
        else:
            self._show(tab)

    def _keep(self) -> None:
        tab = self._tabs.current
        if tab is None:
            self._screen.say(Said(_("Keep: not now"), _("Look an order up first.")))
        elif not self._tabs.keep():
            text = _("{count} tabs are kept, which is the most.", count=MOST_TABS - 1)
            self._screen.say(Said(_("Not kept"), text, _close_hint(), "warning"))
        elif tab.kept:
            text = _("The next order opens in a tab of its own.")
            hint = _(
                "{before} and {after} go from tab to tab.",
                before=keymap.written("general.tab_before"),
                after=keymap.written("general.tab_after"),
            )
            self._screen.say(Said(_("Kept in a tab"), text, hint))
        else:
            self._screen.say(Said(_("No longer kept"), _("The next order takes its place.")))
        self._draw()

    def _close(self) -> None:
        tab = self._tabs.close()
        if tab is None:
            self._screen.say(_one_tab())
        else:
            self._show(tab)


def _no_more(by: int) -> Said:
    if by < 0:
        return Said(_("Nothing before it"), _("No order was shown before this one."))
    return Said(_("Nothing after it"), _("No order was shown after this one."))


def _one_tab() -> Said:
    text = _("No other order is open.")
    hint = _(
        "{key} keeps an order in a tab when the next one is opened.",
        key=keymap.written("general.keep"),
    )
    return Said(_("No other tab"), text, hint)


def _close_hint() -> str:
    return _("{key} closes a tab.", key=keymap.written("general.tab_close"))


# How a change is told, by what it is. Objects and states are Amazon's words.
_TOLD: Final[dict[How, str]] = {
    "new": N_("{object} is new here ({now})"),
    "state": N_("{object} {was} → {now}"),
    "amount": N_("{object} {was} → {now}"),
    "refunded": N_("{object} refunded {was} → {now}"),
}


def say_changes(found: Changes, now: datetime) -> Said:
    """`Since you looked 3 h ago: C043451 Authorized → Captured`."""
    told = [_said(change) for change in found.by_id.values()]
    if len(told) > MOST_TOLD:
        beyond = len(told) - MOST_TOLD
        told = [*told[:MOST_TOLD], many("and {count} more", "and {count} more", beyond)]
    title = _("Since you looked {age}:", age=age(found.since, now))
    seen = _("({key}: seen)", key=keymap.written("general.seen"))
    return Said(title, f"{listed(told)}  {seen}", tone="waiting")


def _said(change: Change) -> str:
    return _(
        _TOLD[change.how],
        object=member_id(change.id),
        was=clean_line(change.was, 40),
        now=clean_line(change.now, 40),
    )

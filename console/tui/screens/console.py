"""The console: search, recent orders, one order, and everything that is going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, LoadingIndicator, Static

from console.domain.rules import BY_NAME, Action, offer
from console.tui import messages
from console.tui.allowed import forbidden
from console.tui.keys import screen_bindings
from console.tui.messages import Said
from console.tui.screens.tools import ToolsScreen
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.footer import Keys
from console.tui.widgets.header import Condition, Header
from console.tui.widgets.notice import Banners, Notice
from console.tui.widgets.order import OrderPane
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import SearchInput, shown_for
from console.tui.words import (
    TONES,
    ending_id,
    literal,
    progress_bar,
    quiet,
    symbol,
    tone_of,
    wrapped,
)

if TYPE_CHECKING:
    from console.domain.ids import Identifier
    from console.domain.order import Order
    from console.domain.rules import Offer
    from console.domain.worklist import Entry
    from console.store.decisions import Intent
    from console.store.index import Known
    from console.tui.opening import Source
    from console.tui.screens.worklist import WorkList

TICK: Final = 1.0
SEVERAL_OBJECTS: Final = 8  # an order of fewer is read too soon for a progress bar
_WHAT_GOES_IN: Final = (
    "Orders, charge permissions, billing agreements, authorizations, captures, charges, refunds,"
    " disputes and checkout sessions, of Checkout v1 and v2. A whole mail, link or notification"
    " will do: the id in it is found."
)
_ORDER_NUMBER: Final = (
    "The shop's own order number is found once the order was seen or imported here."
)


class ConsoleScreen(ToolsScreen):
    """Owns what is shown. Workers post messages to it; `NewsScreen` hears those about money,
    `ToolsScreen` opens what is behind an order.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.others: tuple[Identifier, ...] = ()
        self.worklist: WorkList | None = None
        self._outdated = False  # something was done since the order was read
        self._from_list = False  # the order on the screen was opened from it
        self._source = source
        self._known: list[Known] = []
        self._asked_before_open: str | None = None
        self._doing: str | None = "Starting"
        self._share: float | None = None

    def compose(self) -> ComposeResult:
        source = self._source
        yield Header(Condition(source.title, source.region, source.environment))
        with Horizontal(id="search-line"):
            yield Static("/", id="search-mark", markup=False)
            yield SearchInput()
        yield Banners()
        yield Notice()
        with Horizontal(id="body"):
            with Vertical(id="recent-pane"):
                yield Static("Recent", id="recent-title", markup=False)
                yield RowList(id="recent", empty="Nothing was looked up yet.")
            with Vertical(id="place"):
                yield Drawn(self._empty_lines, id="empty")
                yield LoadingIndicator(id="loading")
                yield OrderPane(self.records)
        yield Keys()

    def on_mount(self) -> None:
        self.set_class(self._source.environment == "live", "-live")
        self.order_pane.display = False
        self.query_one("#loading").display = True
        self.query_one(SearchInput).focus()
        self.set_interval(TICK, self._tick)

    @property
    def order_pane(self) -> OrderPane:
        return self.query_one(OrderPane)

    @property
    def order(self) -> Order | None:
        return self.order_pane.order

    # --- the session -------------------------------------------------------------------------

    def on_opening(self, event: messages.Opening) -> None:
        self._say_empty(event.text)

    def on_opened(self, event: messages.Opened) -> None:
        from console.tui.work import Work

        self.work = Work(self.app, event.session, self)
        self.query_one("#loading").display = False
        self._say_empty(None)
        self.work.start()
        if self._asked_before_open is not None:
            self.work.look_up(self._asked_before_open)

    def on_open_failed(self, event: messages.OpenFailed) -> None:
        self.query_one("#loading").display = False
        self._say_empty(None)
        self.say(event.said)

    def _say_empty(self, doing: str | None, share: float | None = None) -> None:
        """What fills the place where no order is shown: what is going on, or what to do.

        `share` is how much of it is done, where that is known.
        """
        self._doing = doing
        self._share = share
        self.query_one("#empty", Drawn).redraw()

    def _empty_lines(self, width: int) -> list[Content]:
        width = min(width, 78)
        if self._doing is not None:
            bar = [progress_bar(self._share, width)] if self._share is not None else []
            return [*wrapped(quiet(f"{self._doing} …"), width), *bar]
        return [
            Content.styled("Paste or type any Amazon Pay id.", "bold"),
            Content(""),
            *wrapped(quiet(_WHAT_GOES_IN), width),
            Content(""),
            *wrapped(quiet(_ORDER_NUMBER), width),
        ]

    # --- looking up --------------------------------------------------------------------------

    @on(SearchInput.Asked)
    def _asked(self, event: SearchInput.Asked) -> None:
        event.stop()
        self.look_up(event.text)

    def look_up(self, text: str) -> None:
        self.notice.clear()
        self._from_list = False
        if self.work is None:
            self._asked_before_open = text
        else:
            self.work.look_up(text)

    def on_paste(self, event: events.Paste) -> None:
        """A paste that no input took: look it up, wherever the cursor is."""
        event.stop()
        self.query_one(SearchInput).value = shown_for(event.text) if event.text.strip() else ""
        self.look_up(event.text)

    def on_asking(self, event: messages.Asking) -> None:
        self.query_one(SearchInput).value = event.shown
        self.order_pane.display = False
        self.query_one("#empty").display = True
        self.query_one("#loading").display = True
        self._say_empty(f"Asking Amazon for {event.what}")

    def on_reading(self, event: messages.Reading) -> None:
        """Worth saying only where there is something to wait for."""
        if event.known < SEVERAL_OBJECTS:
            return
        if self.order is not None and self.order.id == event.order_id:
            self.order_pane.reading(event.done, event.known)
        elif event.order_id is None:
            self._say_empty(f"Read {event.done} of {event.known} objects", event.done / event.known)

    def on_found(self, event: messages.Found) -> None:
        if event.again is not None and (self.order is None or self.order.id != event.again):
            return  # another order is on the screen by now
        self._outdated = False
        self.query_one("#loading").display = False
        self.query_one("#empty").display = False
        pane = self.order_pane
        pane.display = True
        pane.show(event.order)
        if self.worklist is not None and not event.order.remembered:
            self.worklist.note(event.order)
        self._tick()
        self.update_condition()
        self._offer()
        if event.again is None:
            self.query_one(SearchInput).value = event.order.query.id
            self.others = event.others
            pane.rows.focus()
            if event.others:
                count = len(event.others)
                ids = ", ".join(other.id for other in event.others[:3])
                self.say(
                    Said(
                        f"{count} more id{'' if count == 1 else 's'} in the text",
                        ids + (" …" if count > 3 else ""),
                        "Press t to open another one.",
                    )
                )

    def on_not_found_there(self, event: messages.NotFoundThere) -> None:
        if event.order_id is not None:
            if self.order is not None and self.order.id == event.order_id:
                self.order_pane.not_renewed()
                self._tick()
                self.say(event.said)
            return
        self.query_one("#loading").display = False
        search = self.query_one(SearchInput)
        search.focus()
        search.select_all()
        shown = self.order is not None
        self.order_pane.display = shown
        self.query_one("#empty").display = not shown
        self._say_empty(None)
        self.say(event.said)

    def on_choose(self, event: messages.Choose) -> None:
        choices = [(order, f"{order}  {said}") for order, said in event.orders.items()]
        self._choose(f"{event.number} stands on {len(choices)} orders", choices)

    def _choose(self, title: str, choices: list[tuple[str, str]]) -> None:
        from console.tui.screens.choose import ChooseScreen

        self.app.push_screen(ChooseScreen(title, choices), self._chosen)

    def _chosen(self, identifier: str | None) -> None:
        if identifier is not None and self.work is not None:
            self.notice.clear()
            self._from_list = False
            self.work.open(identifier)

    def on_listed(self, event: messages.Listed) -> None:
        from console.tui.screens.worklist import WorkList

        assert self.work is not None
        self.empty_search()
        self.worklist = WorkList(event.entries, self.work.session.lookup)
        self._do_worklist()

    def _do_worklist(self) -> None:
        from console.tui.screens.worklist import WorkListScreen

        if self.worklist is None:
            self.say(Said("No work list", "Paste several orders at once, one in a line."))
        else:
            self.app.push_screen(WorkListScreen(self.worklist), self._list_chosen)

    def _list_chosen(self, chosen: Entry | str | None) -> None:
        self._from_list = False
        if isinstance(chosen, str):
            self._do_search()
        elif chosen is not None and chosen.identifier is not None and self.work is not None:
            self._from_list = True
            self.notice.clear()
            self.work.open(chosen.identifier.id)

    def on_recent_read(self, event: messages.RecentRead) -> None:
        self._known = event.recent
        rows = [Row(known.id, _recent_row(known)) for known in event.recent]
        self.query_one("#recent", RowList).show(rows, self.order.id if self.order else None)

    @on(RowList.Chosen, "#recent")
    def _recent_chosen(self, event: RowList.Chosen) -> None:
        self._chosen(event.key)

    # --- what is going on --------------------------------------------------------------------

    def _tick(self) -> None:
        order = self.order
        if order is None or self.work is None:
            return
        self.order_pane.checked(self.work.session.client.amazon_now())

    def update_condition(self) -> None:
        """The top line: pending objects of this order and refunds that are watched."""
        pending = {member.id for member in self.order.pending} if self.order else set()
        pending |= self.watched
        session = self.work.session if self.work else None
        self.query_one(Header).change(
            pending=len(pending),
            open_intents=len(self.standing.open),
            half_renewed=len(self.standing.half_done),
            offset=session.client.clock_offset if session and session.client.records else None,
        )

    # --- keys --------------------------------------------------------------------------------

    def _offer(self) -> None:
        best = self.order_pane.offers()
        self.query_one(Keys).offer({name: self._by_policy(can) for name, can in best.items()})

    @on(OrderPane.Picked)
    def _picked(self) -> None:
        self._offer()

    def action_tab(self, number: int) -> None:
        self.order_pane.pick_tab(number)

    def action_act(self, name: str) -> None:
        """An action's key: do it, or say why not."""
        action = BY_NAME[name]
        old = self.order is not None and (self.order.remembered or self._outdated)
        if old and self.order_pane.display:
            self.say(
                Said(
                    f"{action.title}: not yet",
                    "This is the order as it was seen before. Amazon is being asked.",
                    "Wait until it says `checked`; g asks again.",
                    "waiting",
                )
            )
            return
        order, offers = self.order, self._meant(name)
        allowed = [can for can in offers if can.allowed]
        if not offers or order is None:
            where = "Look an order up first." if order is None else _takes(action)
            self.say(Said(f"{action.title}: not here", where, action.tooltip))
        elif len(allowed) > 1:
            self._ask_which(order, action.title, allowed)
        elif allowed:
            self.begin(order, allowed[0])
        elif (half := self._half_done(name)) is not None:
            self.begin(order, offer(order, name, self.order_pane.chosen or ""), half)
        else:
            said = offers[0].why
            self.say(Said(f"{action.title} is not possible", said, offers[0].target, "warning"))

    def _meant(self, name: str) -> list[Offer]:
        """The offers of one action for what is chosen, as far as the profile's policy goes."""
        found = self.order_pane.all_offers().get(name, []) if self.order_pane.display else []
        found = sorted(found, key=lambda can: not can.allowed)  # that one says best why not
        return [self._by_policy(can) for can in found]

    def _by_policy(self, can: Offer) -> Offer:
        """The offer, not allowed where the policy forbids the action whatever is given for it."""
        if self.work is None or self.order is None or not can.allowed:
            return can
        against = forbidden(self.work.session.engine.policy, self.order, can.action)
        return can if against is None else replace(can, allowed=False, why=against)

    def _half_done(self, name: str) -> Intent | None:
        """The renewal that `extend` can still finish for the chosen charge."""
        links = ((first, first.link or {}) for first in self.standing.half_done)
        mine = (first for first, link in links if link.get("renews") == self.order_pane.chosen)
        return next(mine, None) if name == "extend" else None

    def _ask_which(self, order: Order, title: str, allowed: list[Offer]) -> None:
        """Both the charge and its order take this: which is meant?"""
        from console.tui.screens.choose import ChooseScreen

        by_target = {can.target: can for can in allowed}

        def chosen(target: str | None) -> None:
            if target is not None:
                self.begin(order, by_target[target])

        choices = [(can.target, f"{can.target}  {can.why}") for can in allowed]
        self.app.push_screen(ChooseScreen(f"{title}: which one?", choices), chosen)

    def action_general(self, name: str) -> None:
        getattr(self, f"_do_{name}")()

    def empty_search(self) -> None:
        self.query_one(SearchInput).value = ""

    def _do_search(self) -> None:
        search = self.query_one(SearchInput)
        search.focus()
        search.select_all()

    def _do_back(self) -> None:
        target: Widget = self.query_one("#recent", RowList)
        if self.order_pane.display or self.has_class("-narrow"):
            target = self.order_pane.rows
        if isinstance(self.focused, Input) or self.focused is None:
            self.notice.clear() if self.focused is target else target.focus()
        elif self.notice.said is not None:
            self.notice.clear()
        elif self.focused is target and self._from_list:
            self._do_worklist()  # once: from there, esc puts the list away
        else:
            target.focus()

    def _do_recent(self) -> None:
        if self.has_class("-wide"):
            self.query_one("#recent", RowList).focus()
            return
        choices = [
            (known.id, f"{symbol(known.state)} {known.id}  {known.reference or ''}")
            for known in self._known
        ]
        self._choose("Recent orders", choices)

    def _do_others(self) -> None:
        if self.others:
            self._choose("Also in the text", [(other.id, other.id) for other in self.others])
        else:
            self.say(Said("No other ids", "The text that was pasted held one id only."))

    def _do_again(self) -> None:
        if self.order is not None and self.work is not None:
            self.work.read_again(self.order)
        elif self.query_one(SearchInput).value:
            self.look_up(self.query_one(SearchInput).value)

    def _do_buyer(self) -> None:
        order, work, pane = self.order, self.work, self.order_pane
        if order is None or work is None:
            self.say(Said("Buyer data: not now", "Look an order up first."))
        elif pane.revealed:
            pane.reveal(False)
        else:
            work.note_reveal(order, lambda: self._reveal(order.id))

    def _reveal(self, order_id: str) -> None:
        if self.order is not None and self.order.id == order_id:
            self.order_pane.pick_tab(3)
            self.order_pane.reveal(True)

    def _do_copy(self) -> None:
        chosen = self.order_pane.chosen
        if chosen is not None:
            self.app.copy_to_clipboard(chosen)
            self.say(Said("Copied", chosen, "Some terminals need OSC 52 to be allowed for it."))

    def _do_seen(self) -> None:
        self.notice.clear()
        gone = self.banners.dismiss()
        if self.work is not None:
            self.work.note_seen(gone)

    def _do_help(self) -> None:
        from console.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())


def _takes(action: Action) -> str:
    """What an action is done to, where nothing that is shown takes it."""
    if action.target == "checkout_session":
        return "It is for a checkout session: paste its id, a UUID that the shop has."
    return f"It is for a {action.target.replace('_', ' ')}: choose one first."


def _recent_row(known: Known) -> Callable[[int], Content]:
    def draw(width: int) -> Content:
        return Content.assemble(
            (f"{symbol(known.state)} ", TONES[tone_of("charge_permission", known.state or "")]),
            ending_id(known.id), " ",
            literal(known.reference or "").stylize("$foreground-muted"),
        )  # fmt: skip

    return draw

"""The console: search, recent orders, one order, and everything that is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from console.domain.language import N_, _, many, together
from console.tui import keymap, messages
from console.tui.acting import Acting, not_yet
from console.tui.browser import Browser
from console.tui.keys import GENERAL, screen_bindings
from console.tui.messages import Said
from console.tui.notebook import Notebook
from console.tui.screens.tools import ToolsScreen
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.footer import Keys
from console.tui.widgets.header import Condition, Header, offline_since
from console.tui.widgets.loading import Loading
from console.tui.widgets.notice import Banners, Notice
from console.tui.widgets.order import OrderPane
from console.tui.widgets.recent import RecentPane
from console.tui.widgets.rows import RowList
from console.tui.widgets.search import SearchInput, holds_private_key, shown_for
from console.tui.widgets.tabs import OrderTabs
from console.tui.words import (
    progress_bar,
    quiet,
    wrapped,
)

if TYPE_CHECKING:
    from datetime import datetime

    from console.domain.ids import Identifier
    from console.domain.order import Order
    from console.domain.worklist import Entry
    from console.tui.app import PayConsole
    from console.tui.opening import Source
    from console.tui.screens.worklist import WorkList

TICK: Final = 1.0
# What is done to the order that is shown, or with it.
_OF_ORDER: Final = frozenset(
    {"notes", "pin", "copy", "keep", "buyer", "objects", "looks", "curl", "export"}
)
BROAD: Final = 160  # columns from which on the recent orders have room for their age
SEVERAL_OBJECTS: Final = 8  # an order of fewer is read too soon for a progress bar
_WHAT_GOES_IN: Final = N_(
    "Orders, charge permissions, billing agreements, authorizations, captures, charges, refunds,"
    " disputes and checkout sessions, of Checkout v1 and v2. A whole mail, link or notification"
    " will do: the id in it is found."
)
_ORDER_NUMBER: Final = N_(
    "The shop's own order number is found once the order was seen or imported here."
)
_NOT_OPENED: Final = N_(
    "Nothing was asked of Amazon and nothing was sent. Esc leaves the search; then {key} shows your"
    " accounts: Enter opens one, t tests its key."
)
_ACCOUNTS: Final = N_(
    "Esc leaves the search; then {key} shows your accounts, and connects another."
)
_DEMO: Final = N_(
    "This is the demo: an invented shop. No money moves, and what you do to its orders is"
    " forgotten when you leave."
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
        self._from_list = False  # the order on the screen was opened from it
        self._wants_recent = False  # the list was asked for before it was read
        self._source = source
        self.set_class(source.environment == "live", "-live", update=False)
        self.browser = Browser(self)
        self._notebook = Notebook(self)
        self._acting = Acting(self)
        self._keys = {**self.browser.keys, **self._notebook.keys}
        self._asked_before_open: str | None = None
        self._doing: str | None = _("Starting")
        self._share: float | None = None

    def compose(self) -> ComposeResult:
        source = self._source
        yield Header(
            Condition(source.title, source.region, source.environment, colour=source.colour)
        )
        with Horizontal(id="search-line"):
            yield Static("/", id="search-mark", markup=False)
            yield SearchInput()
        yield OrderTabs()
        yield Banners()
        yield Notice()
        with Horizontal(id="body"):
            yield RecentPane(self._amazon_now)
            with Vertical(id="place"):
                yield Drawn(self._empty_lines, id="empty")
                yield Loading(id="loading")
                yield OrderPane(self.records)
        yield Keys()

    def on_mount(self) -> None:
        self.order_pane.display = False
        self.query_one("#loading").display = True
        self.query_one(SearchInput).focus()
        self.set_interval(TICK, self._tick)

    def _compositor_refresh(self) -> None:
        """Nothing is drawn while Textual holds back what is: it would not be written, and what
        was drawn counts as written. The next drawing has it, at the start the first paint.
        """
        if not self.app._batch_count:
            super()._compositor_refresh()

    def label(self) -> None:
        """In another language: what was told of the order is read again."""
        self.query_one(SearchInput).label()
        self.query_one(Header).change(store=self._source.title)
        if self.order is not None and self.work is not None:
            self.work.read_again(self.order)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= BROAD, "-broad")

    def on_descendant_focus(self) -> None:
        self.query_one(Keys).type(isinstance(self.focused, Input))

    @property
    def _recent(self) -> RecentPane:
        return self.query_one(RecentPane)

    @property
    def is_demo(self) -> bool:
        return self._source.is_demo

    def _amazon_now(self) -> datetime | None:
        return self.work.session.client.amazon_now() if self.work is not None else None

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

        self.work = Work(cast("PayConsole", self.app), event.session, self)
        self.query_one("#loading").display = False
        self._say_empty(None)
        self._acting.offer()
        self.work.start()
        if self._asked_before_open is not None:
            self.work.look_up(self._asked_before_open)

    def on_open_failed(self, event: messages.OpenFailed) -> None:
        self.query_one("#loading").display = False
        self._say_empty(None)
        self.say(event.said)

    def pause(self) -> None:
        """The console is locked: nothing is asked of Amazon until `go_on`."""
        if self.work is not None:
            self.is_awaiting = False
            self.work.pause()

    def go_on(self) -> None:
        """It is unlocked: what is shown may be old by now."""
        if self.work is not None:
            self.work.go_on()
        self.refresh_order()

    def _say_empty(self, doing: str | None, share: float | None = None) -> None:
        """What fills the place where no order is shown: what is going on, or what to do.

        `share` is how much of it is done, where that is known.
        """
        self._doing = doing
        self._share = share
        self.query_one("#empty", Drawn).redraw()

    def _empty_lines(self, width: int) -> list[Content]:
        width = min(width, 78)
        key = keymap.written("general.accounts")
        if self._doing is not None:
            bar = [progress_bar(self._share, width)] if self._share is not None else []
            return [*wrapped(quiet(f"{self._doing} …"), width), *bar]
        if self.work is None:
            return [
                Content.styled(_("No account is open."), "bold"),
                Content(""),
                *wrapped(quiet(_(_NOT_OPENED, key=key)), width),
            ]
        demo = [Content(""), *wrapped(quiet(_(_DEMO)), width)] if self.is_demo else []
        return [
            Content.styled(_("Paste or type any Amazon Pay id."), "bold"),
            Content(""),
            *wrapped(quiet(_(_WHAT_GOES_IN)), width),
            Content(""),
            *wrapped(quiet(_(_ORDER_NUMBER)), width),
            Content(""),
            *wrapped(quiet(_(_ACCOUNTS, key=key)), width),
            *demo,
        ]

    # --- looking up --------------------------------------------------------------------------

    @on(SearchInput.Asked)
    def _asked(self, event: SearchInput.Asked) -> None:
        event.stop()
        self.look_up(event.text)

    def look_up(self, text: str) -> None:
        self.notice.clear()
        self._from_list = False
        self.browser.asked()
        self.query_one(SearchInput).asked()
        if self.work is None:
            self._asked_before_open = text
        else:
            self.is_awaiting = True
            self.work.look_up(text)

    def on_paste(self, event: events.Paste) -> None:
        """A paste that no input took: look it up, wherever the cursor is."""
        event.stop()
        if holds_private_key(event.text):
            self._key_refused()
            return
        self.query_one(SearchInput).value = shown_for(event.text) if event.text.strip() else ""
        self.look_up(event.text)

    @on(SearchInput.KeyRefused)
    def _key_refused(self) -> None:
        self.say(
            Said(
                _("That was a private key"),
                _("It was not looked up, not shown and not kept."),
                _("Keys go where an account is connected: Esc, then {key}, then c.",
                  key=keymap.written("general.accounts")),
                "warning",
            )
        )  # fmt: skip

    def on_asking(self, event: messages.Asking) -> None:
        search = self.query_one(SearchInput)
        if not search.is_edited:
            search.value = event.shown
        self.order_pane.display = False
        self.query_one("#empty").display = True
        self.query_one("#loading").display = True
        self._say_empty(_("Asking Amazon for {what}", what=event.what))

    def on_reading(self, event: messages.Reading) -> None:
        """Worth saying only where there is something to wait for."""
        if event.known < SEVERAL_OBJECTS:
            return
        if self.order is not None and self.order.id == event.order_id:
            self.order_pane.reading(event.done, event.known)
        elif event.order_id is None:
            said = _("Read {done} of {known} objects", done=event.done, known=event.known)
            self._say_empty(said, event.done / event.known)

    def on_found(self, event: messages.Found) -> None:
        if event.again is None:
            self.browser.opened(event.order)
        elif not self.browser.renewed(event.again, event.order):
            return  # another order is on the screen by now
        if event.again is None:
            self.is_awaiting = False
        self.outdated = False
        self._show(event.order)
        if event.again is None:  # the row that was asked for, in an order that stood here, too
            self.order_pane.rows.go(event.order.query.v2.id)
        if self.made is not None and not event.order.remembered:
            made, beside = self.made
            if self.order_pane.chosen == beside:
                self.order_pane.rows.go(made)
            self.made = None
        if not event.order.remembered:
            self._looked_at(event.order)
            self._acting.read()
        if event.again is None:
            self._notebook.read(event.order)
            self.others = event.others
            search = self.query_one(SearchInput)
            if not search.is_edited:  # else the next one is being typed
                search.value = event.order.query.id
                self.order_pane.rows.focus()
            self._say_others()

    def _looked_at(self, order: Order) -> None:
        """It was just read, and is on the screen."""
        if self.worklist is not None:
            self.worklist.note(order)
        if self.work is not None:
            self.browser.looking(order)
            self.work.desk.look(order)

    def _show(self, order: Order) -> None:
        self.query_one("#loading").display = False
        self.query_one("#empty").display = False
        pane = self.order_pane
        pane.display = True
        pane.show(order)
        self._tick()
        self.update_condition()
        self._acting.offer()

    def show_open(self, order: Order, row: str | None, page: int) -> None:
        """An order of another tab, as it was read last and left; then it is read again."""
        self.notice.clear()
        self._from_list = False
        if self.work is not None:
            self.is_awaiting = False
            self.work.drop_lookup()
        self._show(order)
        self._notebook.read(order)
        pane = self.order_pane
        pane.pick_tab(page)
        pane.rows.go(row)
        pane.rows.focus()
        self.query_one(SearchInput).value = order.query.id
        self.refresh_order()

    def _say_others(self) -> None:
        if self.others:
            count = len(self.others)
            ids = ", ".join(other.id for other in self.others[:3])
            self.say(
                Said(
                    many("{count} more id in the text", "{count} more ids in the text", count),
                    ids + (" …" if count > 3 else ""),
                    _("Press {key} to open another one.", key=keymap.written("general.others")),
                )
            )

    def say_also(self, said: Said) -> None:
        """A message that is less than the one that stands there: then it stands below that."""
        standing = self.notice.said
        if standing is None:
            self.say(said)
        else:
            fact = together(said.title, said.text)
            self.say(standing._replace(facts=(*standing.facts, fact)))

    @on(OrderTabs.Picked)
    def _tab_picked(self, event: OrderTabs.Picked) -> None:
        self.browser.pick(event.number)

    def on_notes_read(self, event: messages.NotesRead) -> None:
        self._notebook.came(event)

    def on_looked(self, event: messages.Looked) -> None:
        self.browser.looked(event.order, event.before)

    def on_pinned(self, event: messages.Pinned) -> None:
        self._notebook.pinned(event)

    def on_desk_failed(self, event: messages.DeskFailed) -> None:
        self.say(event.said)

    def on_not_found_there(self, event: messages.NotFoundThere) -> None:
        self.update_condition()
        if event.order_id is not None:
            if self.order is not None and self.order.id == event.order_id:
                self.order_pane.not_renewed()
                self._tick()
                self.say(event.said)
            return
        self.is_awaiting = False
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
        self.is_awaiting = False
        choices = [(order, f"{order}  {said}") for order, said in event.orders.items()]
        title = many(
            "{number} stands on {count} order",
            "{number} stands on {count} orders",
            len(choices),
            number=event.number,
        )
        self._choose(title, choices)

    def _choose(self, title: str, choices: list[tuple[str, str]]) -> None:
        from console.tui.screens.choose import ChooseScreen

        self.app.push_screen(ChooseScreen(title, choices), self._chosen)

    def _chosen(self, identifier: str | None) -> None:
        if identifier is not None:
            self.open(identifier)

    def open(self, identifier: str) -> None:
        """Show the order of an id that is known to be one."""
        if self.work is not None:
            self.notice.clear()
            self._from_list = False
            self.browser.asked()
            self.query_one(SearchInput).asked()
            self.is_awaiting = True
            self.work.open(identifier)

    def on_listed(self, event: messages.Listed) -> None:
        from console.tui.screens.worklist import WorkList

        assert self.work is not None
        self.is_awaiting = False
        self.empty_search()
        self.leave_search()  # for when the list is left
        self.worklist = WorkList(event.entries, self.work.session.lookup)
        self._do_worklist()

    def _do_worklist(self) -> None:
        from console.tui.screens.worklist import WorkListScreen

        if self.worklist is None:
            said = _("Paste several orders at once, one in a line.")
            self.say(Said(_("No work list"), said))
        else:
            self.app.push_screen(WorkListScreen(self.worklist), self._list_chosen)

    def _list_chosen(self, chosen: Entry | str | None) -> None:
        self._from_list = False
        if isinstance(chosen, str):
            self.look_up(chosen)
        elif chosen is not None and chosen.identifier is not None and self.work is not None:
            self.open(chosen.identifier.id)
            self._from_list = True

    def recent_orders(self) -> list[tuple[str, str]]:
        """The pinned ones and those looked at last: their ids, and how they are named in a list."""
        return self._recent.choices()

    def on_recent_read(self, event: messages.RecentRead) -> None:
        self._recent.show(event, self.order.id if self.order else None)
        if self._wants_recent and self.is_current:
            self._do_recent()
        self._wants_recent = False

    @on(RowList.Chosen, "#recent")
    def _recent_chosen(self, event: RowList.Chosen) -> None:
        self._chosen(event.key)

    # --- what is going on --------------------------------------------------------------------

    def _tick(self) -> None:
        if self.query_one(Header).condition.offline is not None:
            self.update_condition()  # until an answer comes
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
            offline=offline_since(session.client.records) if session else None,
        )

    # --- keys --------------------------------------------------------------------------------

    @on(OrderPane.Picked)
    def _picked(self) -> None:
        self._acting.moved()
        self._acting.offer()

    def action_tab(self, number: int) -> None:
        self.order_pane.pick_tab(number)

    def action_act(self, name: str) -> None:
        self._acting.act(name)

    def action_general(self, name: str) -> None:
        run = self._keys.get(name)
        if self.is_awaiting and name in _OF_ORDER:
            [general] = [general for general in GENERAL if general.name == name]
            self._acting.refuse(not_yet(_(general.title)))
        elif run is not None:
            run()
        else:
            getattr(self, f"_do_{name}")()

    def empty_search(self) -> None:
        self.query_one(SearchInput).value = ""

    def leave_search(self) -> None:
        """Put the cursor where keys are keys."""
        self._rows_here.focus()

    @property
    def _rows_here(self) -> RowList:
        """Those of the order; of the recent orders where none is shown."""
        if self.order_pane.display or self.has_class("-narrow"):
            return self.order_pane.rows
        return self._recent.rows

    def _do_search(self) -> None:
        search = self.query_one(SearchInput)
        search.focus()
        search.select_all()

    def _do_back(self) -> None:
        target = self._rows_here
        if isinstance(self.focused, Input) or self.focused is None:
            target.focus()
        elif self.notice.said is not None:
            self.notice.clear()
        elif self.focused is target and self._from_list:
            self._do_worklist()  # once: from there, esc puts the list away
        else:
            target.focus()

    def _do_recent(self) -> None:
        if self.has_class("-wide"):
            self._recent.rows.focus()
        elif self._recent.was_read:
            self._choose(_("Recent orders"), self.recent_orders())
        else:
            self._wants_recent = True  # at the start: they come in a moment

    def _do_others(self) -> None:
        if self.others:
            self._choose(_("Also in the text"), [(other.id, other.id) for other in self.others])
        else:
            self.say(Said(_("No other ids"), _("The text that was pasted held one id only.")))

    def _do_again(self) -> None:
        if self.order is not None and self.work is not None:
            self.browser.looking_again()
            self.work.read_again(self.order)
        elif self.query_one(SearchInput).value:
            self.look_up(self.query_one(SearchInput).value)

    def _do_buyer(self) -> None:
        order, work, pane = self.order, self.work, self.order_pane
        if order is None or work is None:
            self.say(Said(_("Buyer data: not now"), _("Look an order up first.")))
        elif pane.revealed:
            pane.reveal(False)
        else:
            work.note_reveal(order, lambda: self._reveal(order.id))

    def _reveal(self, order_id: str) -> None:
        if self.order is not None and self.order.id == order_id:
            self.order_pane.pick_tab(3)
            self.order_pane.reveal(True)

    def _do_seen(self) -> None:
        self.notice.clear()
        self.browser.seen()
        gone = self.banners.dismiss()
        if self.work is not None:
            self.work.note_seen(gone)

    def _do_accounts(self) -> None:
        cast("PayConsole", self.app).accounts.show()

    def _do_settings(self) -> None:
        cast("PayConsole", self.app).show_settings()

    def _do_help(self) -> None:
        from console.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

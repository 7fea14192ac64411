"""A list of orders to work through: what each line is, how its order stands, what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from console.clipboard import copy
from console.domain import moments
from console.domain.batch import Report, Standing
from console.domain.clocks import Clock
from console.domain.ids import Kind
from console.domain.language import N_, _
from console.domain.money import Money
from console.domain.text import clean_line
from console.domain.worklist import Entry, Summary, order_key, summary_of
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.filter import Filter, matches
from console.tui.words import (
    TONES,
    between,
    column_for,
    joined,
    literal,
    padded,
    quiet,
    state_word,
    wrapped,
)

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.lookup import Lookup
    from console.session import Session
    from console.tui.work import Work

DETAIL: Final = 5  # lines about the entry under the cursor
_ID: Final = 27  # columns of an id at most
_ROOMY: Final = 96  # columns from which a row has room for the kind of its id, and for sentences
GROUP: Final = "worklist"  # of the worker that looks the list through
_KINDS: Final = {
    Kind.ORDER: N_("order"),
    Kind.AGREEMENT: N_("agreement"),
    Kind.AUTHORIZATION: N_("authorization"),
    Kind.CHARGE: N_("charge"),
    Kind.REFUND: N_("refund"),
    Kind.DISPUTE: N_("dispute"),
    Kind.CHECKOUT_SESSION: N_("session"),
}
_KEYS: Final = N_("enter open  space tick  y copy  / filter  f fixes  ? all keys  esc back")
# The same for the page of all keys.
_HELP: Final = (
    ("enter", N_("open the order; back from there leads to the list")),
    ("space", N_("tick it off, or take the tick away")),
    ("n p", N_("to the next that is not ticked off, or the one before")),
    ("y", N_("copy the id")),
    ("Y", N_("copy the list: every id that is shown, with its state and amounts")),
    ("/", N_("show what matches only; an id that is not in the list is looked up")),
    ("s", N_("stop looking the orders up, or go on from here")),
    ("f", N_("one action for the orders that are shown; it asks where some are ticked off")),
    ("esc", N_("show everything again, or back to the order")),
)


class _Console(Protocol):
    @property
    def work(self) -> Work | None: ...


class _Host(Protocol):
    """The application, as far as a batch needs it."""

    session: Session | None

    @property
    def console_screen(self) -> _Console | None: ...


class WorkList:
    """The list itself. It outlives the screen that shows it, and so does its looking through.

    `changed` is called in the event loop whenever something is to be drawn anew.
    """

    def __init__(self, entries: list[Entry], lookup: Lookup) -> None:
        self.entries = tuple(entries)
        self.ticked: set[int] = set()
        self.cursor = 0
        self.filter = ""  # it is still there after an order was opened from the list
        self.looking = False
        self.stopped_by: str = ""  # why nobody looks any more, where that is a failure
        self.changed: Callable[[], None] = lambda: None
        self._in_one_line = len({entry.line for entry in entries}) == 1
        self._lookup = lookup
        self._looked: dict[str, Summary | str] = {}

    def result(self, entry: Entry) -> Summary | str | None:
        """What a look gave: the order in short, or why there was none; None before it."""
        return self._looked.get(entry.order or "")

    @property
    def waiting(self) -> list[Entry]:
        """The entries that have an id and were not looked up yet."""
        return [e for e in self.entries if e.order is not None and e.order not in self._looked]

    @property
    def orders(self) -> int:
        return sum(entry.identifier is not None for entry in self.entries)

    async def look_through(self) -> None:
        """Look up what was not looked up yet, from the cursor on; cancel it to stop."""
        from console.actions.worklist import look_through
        from console.tui.failures import READ_FAILURES, say_failure

        at = self.entries[self.cursor].line if self.entries else 0
        waiting = sorted(self.waiting, key=lambda entry: (entry.line < at, entry.line))
        self.looking, self.stopped_by = True, ""
        self.changed()
        try:
            await look_through(self._lookup, waiting, self._hear)
        except READ_FAILURES as error:
            self.stopped_by = say_failure(error).text
        finally:
            self.looking = False
            self.changed()

    def _hear(self, entry: Entry, found: Order | Exception) -> None:
        from console.tui.failures import say_failure

        assert entry.order is not None
        if isinstance(found, Exception):
            self._looked[entry.order] = clean_line(say_failure(found).text, 300)
        else:
            self._looked[entry.order] = summary_of(found)
        self.changed()

    def note(self, order: Order) -> None:
        """An order of the list was read elsewhere, such as on the screen: show it as it is now."""
        key = order_key(order.query)
        if any(entry.order == key for entry in self.entries):
            self._looked[key] = summary_of(order)
            self.changed()

    def with_id(self, among: Iterable[int]) -> tuple[list[Entry], list[Entry]]:
        """The entries `among` that have an id: those that are ticked off, and the others."""
        found = [number for number in among if self.entries[number].identifier is not None]
        return (
            [self.entries[number] for number in found if number in self.ticked],
            [self.entries[number] for number in found if number not in self.ticked],
        )

    def forget(self) -> None:
        """Nothing that was seen is certain any more: look all of it up again."""
        self._looked.clear()

    def tick(self, number: int) -> None:
        """Mark an entry as done, or as not done. A line without an id can be ticked off too."""
        self.ticked ^= {number}
        self.changed()

    def unticked(self, step: int, among: Sequence[int]) -> int:
        """Of the entries `among`, in their order, the next (`step` 1) or the one before (-1) that
        is not done and has an id; the one under the cursor where there is none.
        """
        ahead = [n for n in among if (n > self.cursor if step > 0 else n < self.cursor)]
        around = [n for n in among if n not in ahead]
        both = [*ahead, *around] if step > 0 else [*reversed(ahead), *reversed(around)]
        for number in both:
            if number not in self.ticked and self.entries[number].identifier is not None:
                return number
        return self.cursor

    def place(self, number: int) -> int:
        """The line in which an entry stands; where all stand in one, the how manieth it is."""
        return number + 1 if self._in_one_line else self.entries[number].line

    @cached_property
    def widest(self) -> int:
        """The columns that the longest place takes."""
        return len(str(self.place(len(self.entries) - 1)))

    @cached_property
    def longest(self) -> int:
        """The columns that the longest id takes."""
        ids = [one.identifier.id for one in self.entries if one.identifier is not None]
        return min(_ID, max(map(len, ids), default=_ID))

    def copied(self, number: int) -> str:
        """An entry as a line of a table: its id, and what a look gave."""
        entry, found = self.entries[number], self.result(self.entries[number])
        cells = [entry.identifier.id if entry.identifier is not None else entry.shown]
        if isinstance(found, str):
            cells.append(found)
        elif found is not None:
            cells += [found.state, *(one.plain for one in _can_be_captured(found))]
        return "\t".join(cells)

    def words(self, number: int) -> str:
        """What a filter searches in: everything that the row of an entry tells."""
        entry, found = self.entries[number], self.result(self.entries[number])
        parts = [str(self.place(number)), entry.shown, entry.reference or "", *entry.notes]
        parts += [entry.identifier.id] if entry.identifier is not None else []
        if isinstance(found, str):
            parts.append(found)
        elif found is not None:
            parts += [one.plain for one in _can_be_captured(found)]
            parts += [found.order, found.state, *found.reasons, found.reference or ""]
        return " ".join(parts)


class Rows(Widget, can_focus=True):
    """The entries, of which only those that can be seen are drawn."""

    DEFAULT_CSS = "Rows { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-100000)", "First", show=False),
        Binding("end", "move(100000)", "Last", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another entry."""

    class Opened(Message):
        """A click on the entry where the cursor already was."""

    def __init__(self, worklist: WorkList) -> None:
        super().__init__(id="work-rows", markup=False)
        self._list = worklist
        self._top = 0
        self.shown: Sequence[int] = range(len(worklist.entries))  # what no filter hides

    def narrow(self, text: str) -> None:
        """Show the entries that match; the cursor stays on its entry where that is among them."""
        everything = range(len(self._list.entries))
        worklist = self._list
        self.shown = (
            [n for n in everything if matches(worklist.words(n), text)] if text else everything
        )
        if self.shown and worklist.cursor not in self.shown:
            worklist.cursor = self.shown[0]
        self._keep_in_sight()

    @property
    def _place(self) -> int:
        """Where the cursor stands among what is shown."""
        cursor = self._list.cursor
        return self.shown.index(cursor) if cursor in self.shown else 0

    def to(self, number: int) -> None:
        """Put the cursor on an entry that is shown, and keep it in sight."""
        self._list.cursor = number
        self._keep_in_sight()
        self.post_message(self.Moved())

    def _to_place(self, place: int) -> None:
        if self.shown:
            self.to(self.shown[max(0, min(place, len(self.shown) - 1))])

    def _keep_in_sight(self) -> None:
        height, cursor = max(1, self.size.height), self._place
        self._top = min(max(self._top, cursor - height + 1), cursor)
        self._top = max(0, min(self._top, len(self.shown) - height))
        self.refresh()

    def action_move(self, by: int) -> None:
        self._to_place(self._place + by)

    def action_page(self, pages: int) -> None:
        self._to_place(self._place + pages * max(1, self.size.height - 1))

    def on_resize(self) -> None:
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y
        if place >= len(self.shown):
            return
        if self.shown[place] == self._list.cursor:
            self.post_message(self.Opened())
        else:
            self._to_place(place)

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)

    def render(self) -> Content:
        width, height = self.size
        shown = self.shown[self._top : self._top + height]
        return joined(self._line(number, width) for number in shown)

    def _line(self, number: int, width: int) -> Content:
        line = _row(self._list, number, width).truncate(width, ellipsis=True, pad=True)
        if number != self._list.cursor:
            return line
        return line.stylize("$block-cursor-foreground on $block-cursor-background")


class WorkListScreen(ModalScreen[Entry | str | None]):
    """Answers with the entry to open, or a text to look up that is not in the list; the list
    stays as it is for coming back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False),
        Binding("space", "tick", "Tick off", show=False),
        Binding("n", "unticked(1)", "Next unticked", show=False),
        Binding("p", "unticked(-1)", "Previous unticked", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("Y", "copy_all", "Copy the list", show=False),
        Binding("s", "look", "Stop or go on looking", show=False),
        Binding("f", "batch", "One action for these orders", show=False),
        Binding("slash", "filter", "Filter", show=False),
        Binding("question_mark,f1", "help", "Keys", show=False),
        Binding("escape", "leave", "Back", show=False),
    ]
    DEFAULT_CSS = f"""
    WorkListScreen #work-detail {{ height: {DETAIL}; margin-top: 1; }}
    """

    class Changed(Message):
        """The list is another than what is drawn. As a message it reaches only a screen that
        still has its parts: while it is taken away the looking through goes on.
        """

    def __init__(self, worklist: WorkList) -> None:
        super().__init__()
        self._list = worklist
        self._copied = ""  # by which way

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            hint = _("narrow the list; an id that is not in it is looked up")
            yield Filter(hint=hint, text=self._list.filter)
            yield Rows(self._list)
            with Vertical(id="work-detail"):
                yield Drawn(self._detail)
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self._list.changed = self._tell
        self.query_one(Rows).focus()
        if self._list.waiting and not self._list.looking and not self._list.stopped_by:
            self._look()
        self._draw()

    def on_unmount(self) -> None:
        self._list.changed = lambda: None

    def _tell(self) -> None:
        self.post_message(self.Changed())

    @on(Changed)
    def _draw(self) -> None:
        worklist = self._list
        done = worklist.orders - len(worklist.waiting)
        title = _(
            "Work list · {orders} orders · {looked_up} looked up · {ticked} ticked off",
            orders=worklist.orders,
            looked_up=done,
            ticked=len(worklist.ticked),
        )
        self.query_one("#dialog").border_title = Content(title)
        said = _("Copied, {way}", way=self._copied) if self._copied else _(_KEYS)
        self.query_one("#dialog-keys", Static).update(quiet(said))
        looking = _("s stop looking") if worklist.looking else _("s look on")
        waits = worklist.looking or bool(worklist.waiting)
        self.query_one("#dialog").border_subtitle = Content(looking if waits else "")
        self._narrow()
        self.query_one(Drawn).redraw()

    # --- the filter --------------------------------------------------------------------------

    @property
    def _filter(self) -> Filter:
        return self.query_one(Filter)

    def _narrow(self) -> None:
        """Show what matches now: while the list is looked through, more and more does."""
        rows = self.query_one(Rows)
        rows.narrow(self._filter.text)
        self._filter.count(len(rows.shown), len(self._list.entries))

    def action_filter(self) -> None:
        self._filter.open()

    def action_help(self) -> None:
        from console.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(N_("Work list"), _HELP))

    @on(Filter.Changed)
    def _filtered(self) -> None:
        self._list.filter = self._filter.text
        self._draw()

    @on(Filter.Left)
    def _list_again(self, event: Filter.Left) -> None:
        """`/` is the search too, from anywhere: what is not in the list is looked up."""
        if event.kept and not self.query_one(Rows).shown:
            self.dismiss(self._filter.text)
        else:
            self.query_one(Rows).focus()

    @on(Filter.Moved)
    def _move(self, event: Filter.Moved) -> None:
        self.query_one(Rows).action_move(event.by)

    def on_rows_moved(self) -> None:
        self._copied = ""
        self._draw()

    def on_rows_opened(self) -> None:
        self.action_open()

    def _detail(self, width: int) -> list[Content]:
        worklist = self._list
        if worklist.entries and not self.query_one(Rows).shown:
            none = _("Nothing in the list matches. Enter, in the filter, looks the text up.")
            return wrapped(quiet(none), width)
        if worklist.stopped_by:
            said = literal(_("Stopped: {why}", why=worklist.stopped_by))
            stopped = said.stylize(TONES["warning"])
            return [*wrapped(stopped, width)[:2], *_detail(worklist, width)][:DETAIL]
        return _detail(worklist, width)[:DETAIL]

    # --- keys --------------------------------------------------------------------------------

    @property
    def _entry(self) -> Entry | None:
        """The entry under the cursor; None where the filter hides all of them."""
        return self._list.entries[self._list.cursor] if self.query_one(Rows).shown else None

    def action_open(self) -> None:
        entry = self._entry
        if entry is not None and entry.identifier is not None:
            self.dismiss(entry)

    def action_tick(self) -> None:
        if self._entry is not None:
            self._list.tick(self._list.cursor)

    def action_unticked(self, step: int) -> None:
        if self._entry is not None:
            rows = self.query_one(Rows)
            rows.to(self._list.unticked(step, rows.shown))

    def action_copy(self) -> None:
        entry = self._entry
        if entry is not None:
            text = entry.identifier.id if entry.identifier else entry.shown
            self.run_worker(self._copying(text), group="copy", exit_on_error=False)

    def action_copy_all(self) -> None:
        """What is shown, as lines of a table: for a ticket or a spreadsheet."""
        worklist = self._list
        lines = [worklist.copied(number) for number in self.query_one(Rows).shown]
        self.run_worker(self._copying("\n".join(lines)), group="copy", exit_on_error=False)

    async def _copying(self, text: str) -> None:
        self._copied = await copy(text, self.app.copy_to_clipboard)
        self._draw()

    def action_look(self) -> None:
        """Stop looking the list through, or go on from the cursor."""
        if self._list.looking:
            self.app.workers.cancel_group(self.app, GROUP)
        else:
            self._look()

    def _look(self) -> None:
        """A worker of the program, not of this screen: it goes on while an order is open."""
        self.app.run_worker(
            self._list.look_through(), group=GROUP, exclusive=True, exit_on_error=False
        )

    def action_batch(self) -> None:
        """One action for the orders that are shown. Where some of them are ticked off, nobody knows
        whether those are done or meant: then it is asked.
        """
        ticked, others = self._list.with_id(self.query_one(Rows).shown)
        if ticked and others:
            self._ask_which(ticked, others)
        else:
            self._act(ticked or others)

    def _ask_which(self, ticked: list[Entry], others: list[Entry]) -> None:
        from console.tui.screens.choose import ChooseScreen

        which = {"others": others, "ticked": ticked, "all": [*ticked, *others]}
        said = {
            "others": _("not ticked off: {count}", count=len(others)),
            "ticked": _("ticked off: {count}", count=len(ticked)),
            "all": _("all that are shown: {count}", count=len(ticked) + len(others)),
        }

        def chosen(name: str | None) -> None:
            if name is not None:
                self._act(sorted(which[name], key=self._list.entries.index))

        title = _("One action: for which orders?")
        self.app.push_screen(ChooseScreen(title, list(said.items())), chosen)

    def _act(self, entries: list[Entry]) -> None:
        from console.tui.screens.batch import BatchScreen

        session = cast(_Host, self.app).session
        if session is not None and entries:
            self.app.push_screen(BatchScreen(session, entries), self._acted)

    def _acted(self, report: Report | None) -> None:
        """The orders are not as they were: read them again, and watch what was begun."""
        if report is None:
            return
        self._list.forget()
        self._look()
        console = cast(_Host, self.app).console_screen
        if console is not None and console.work is not None:
            self.app.run_worker(_watch(console.work, report), exit_on_error=False)

    def action_leave(self) -> None:
        if self._filter.is_on:
            self._filter.clear()
        else:
            self.dismiss(None)


async def _watch(work: Work, report: Report) -> None:
    """What the batch began is watched until Amazon is done with it."""
    for ended in report.of(Standing.INITIATED):
        assert ended.intent is not None
        work.follow(await asyncio.to_thread(work.session.journal.intent, ended.intent))
    work.stand()


def _row(worklist: WorkList, number: int, width: int) -> Content:
    entry = worklist.entries[number]
    mark = "✓" if number in worklist.ticked else " "
    head = f"{mark} {worklist.place(number):>{worklist.widest}} "
    if entry.identifier is None:
        room = worklist.longest
        shown = padded(clean_line(entry.shown, room), room + 1)
        return Content.assemble(head, quiet(f"{shown}{_('no id')}"))
    shown = padded(entry.identifier.id[:_ID], worklist.longest + 1)
    start = Content.assemble(head, (shown, "bold"))
    roomy = width >= _ROOMY
    if roomy:  # elsewhere the id alone tells its kind, by its first letter
        kinds = column_for(map(_, _KINDS.values()), 14)
        start += quiet(padded(_(_KINDS[entry.identifier.kind]), kinds))
    found = worklist.result(entry)
    if found is None:
        return start + quiet("…" if worklist.looking else _("not looked up"))
    if isinstance(found, str):
        return start + Content.styled(f"✗ {found}", TONES["warning"])
    notes = quiet(f"  {'; '.join(entry.notes)}") if entry.notes else Content("")
    state = state_word(found.kind, found.state, found.reasons)
    why = [quiet(found.no_capture)] if found.no_capture and roomy else []
    return start + between([state, *_can_be_captured(found, roomy), *why]) + notes


def _can_be_captured(found: Summary, roomy: bool = True) -> list[Content]:
    """What most lists are gone through for: `can be captured: 85.00 EUR`, and for how long.

    The amount comes first, as a cut amount would be another one; then what Amazon may refuse.
    """
    if found.capturable is None:
        return []
    said = N_("can be captured: {amount}") if roomy else N_("capturable: {amount}")
    shown = [Content(_(said, amount=found.capturable))]
    if found.limit_left is not None:
        warned = _("of the limit {amount} is left", amount=found.limit_left)
        shown.append(Content.styled(warned, TONES["warning"]))
    return [*shown, *_lapses(found, roomy)]


def _in_full(clock: Clock, end: datetime) -> Content:
    """`authorization: until 2026-12-20 04:44 UTC, 26 days left`."""
    until = _("until {day}, {count}", day=moments.said(end), count=clock.count)
    return Content.styled(f"{clock.title}: {until}", TONES[clock.tone])


def _lapses(found: Summary, roomy: bool) -> Iterator[Content]:
    """How long it can be, and where there is room, until which day."""
    clock = found.lapses
    if clock is None or clock.until is None:
        return
    count = clock.count
    if roomy:
        day = moments.local(clock.until).strftime("%Y-%m-%d")
        count = _("until {day}, {count}", day=day, count=count)
    if clock.what == "permission":
        count = f"{clock.title}: {count}"
    yield Content.styled(count, TONES[clock.tone])


def _detail(worklist: WorkList, width: int) -> list[Content]:
    """Everything about the entry under the cursor."""
    if not worklist.entries:
        return [quiet(_("The list is empty."))]
    entry = worklist.entries[worklist.cursor]
    found = worklist.result(entry)
    if entry.identifier is None:
        why = literal(entry.why).stylize(TONES["warning"])
        return [*wrapped(literal(entry.shown), width)[:1], *wrapped(why, width)]
    if isinstance(found, str):
        return wrapped(literal(found).stylize(TONES["warning"]), width)
    lines = []
    if found is not None:
        lines += wrapped(_money(found), width)
    noted = [_("order number {number}", number=entry.reference)] if entry.reference else []
    noted += entry.notes
    if noted:
        lines += wrapped(literal("; ".join(noted)), width)
    if found is not None and found.no_capture:
        lines += wrapped(quiet(_("Capture: {why}", why=found.no_capture)), width)
    return lines or wrapped(quiet(clean_line(entry.shown, 200)), width)


def _begun(part: Money | None) -> str:
    if part is None or not part.is_positive:
        return ""
    return f" {_('({amount} initiated)', amount=part)}"


def _money(found: Summary) -> Content:
    from console.domain.rules import more_than_limit

    said = [literal(found.order)]
    if found.authorized is not None and found.authorized.is_positive:
        authorized = _("authorized {amount}", amount=found.authorized)
        said.append(Content(authorized + _begun(found.authorized_pending)))
    if found.capturable is not None:
        said.append(Content(_("can be captured: {amount}", amount=found.capturable)))
    if found.limit_left is not None:
        said.append(Content.styled(more_than_limit(found.limit_left), TONES["warning"]))
    for clock in (found.lapses, found.prompt):
        if clock is not None and clock.until is not None:
            said.append(_in_full(clock, clock.until))
    if found.captured is not None:
        said.append(Content(_("captured {amount}", amount=found.captured)))
    if found.refunded is not None:
        refunded = _("refunded {amount}", amount=found.refunded)
        said.append(Content(refunded + _begun(found.refund_initiated)))
    if found.refundable is not None:
        above = found.above_captured
        if above is not None and above.is_positive:
            rest = _("{amount} above captured", amount=above)
            text = f"{_('refundable {amount}', amount=found.refundable - above)} + {rest}"
        else:
            text = _("refundable {amount}", amount=found.refundable)
        said.append(Content(text))
    if found.reference:
        said.append(literal(_("ref {number}", number=found.reference)))
    if found.warnings:
        warning, more = found.warnings[0], len(found.warnings) - 1
        if more:
            warning = _("{warning} (and {count} more)", warning=warning, count=more)
        said.append(Content.styled(f"! {warning}", TONES["warning"]))
    return between(said)

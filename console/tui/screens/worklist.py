"""A list of orders to work through: what each line is, how its order stands, what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from console.domain.batch import Report, Standing
from console.domain.ids import Kind
from console.domain.text import clean_line
from console.domain.worklist import Entry, Summary, order_key, summary_of
from console.tui.widgets.drawn import Drawn
from console.tui.words import TONES, between, joined, literal, quiet, state_word, wrapped

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.lookup import Lookup
    from console.session import Session
    from console.tui.work import Work

SEARCH: Final = "search"
GROUP: Final = "worklist"  # of the worker that looks the list through
_KINDS: Final = {
    Kind.ORDER: "order",
    Kind.AGREEMENT: "agreement",
    Kind.AUTHORIZATION: "authorization",
    Kind.CHARGE: "charge",
    Kind.REFUND: "refund",
    Kind.DISPUTE: "dispute",
    Kind.CHECKOUT_SESSION: "session",
}
_KEYS: Final = "enter open  space tick  n p next  y copy  f fixes  esc back"


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
        self.looking = False
        self.stopped_by: str = ""  # why nobody looks any more, where that is a failure
        self.changed: Callable[[], None] = lambda: None
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

    @property
    def chosen(self) -> list[Entry]:
        """The ticked entries that have an id, or all of them where none is ticked."""
        found = [entry for entry in self.entries if entry.identifier is not None]
        ticked = {self.entries[number].line for number in self.ticked}
        return [entry for entry in found if entry.line in ticked] or found

    def forget(self) -> None:
        """Nothing that was seen is certain any more: look all of it up again."""
        self._looked.clear()

    def tick(self, number: int) -> None:
        """Mark an entry as done, or as not done. A line without an id can be ticked off too."""
        self.ticked ^= {number}
        self.changed()

    def unticked(self, step: int) -> int:
        """The next entry (`step` 1) or the one before (-1) that is not done and has an id."""
        count = len(self.entries)
        for away in range(1, count + 1):
            number = (self.cursor + step * away) % count
            if number not in self.ticked and self.entries[number].identifier is not None:
                return number
        return self.cursor


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

    def to(self, number: int) -> None:
        """Put the cursor on an entry, and keep it in sight."""
        last = len(self._list.entries) - 1
        self._list.cursor = max(0, min(number, last))
        self._keep_in_sight()
        self.post_message(self.Moved())

    def _keep_in_sight(self) -> None:
        height, cursor = max(1, self.size.height), self._list.cursor
        self._top = min(max(self._top, cursor - height + 1), cursor)
        self._top = max(0, min(self._top, len(self._list.entries) - height))
        self.refresh()

    def action_move(self, by: int) -> None:
        self.to(self._list.cursor + by)

    def action_page(self, pages: int) -> None:
        self.to(self._list.cursor + pages * max(1, self.size.height - 1))

    def on_resize(self) -> None:
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        number = self._top + event.y
        if number == self._list.cursor:
            self.post_message(self.Opened())
        elif number < len(self._list.entries):
            self.to(number)

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)

    def render(self) -> Content:
        width, height = self.size
        shown = range(self._top, min(self._top + height, len(self._list.entries)))
        return joined(self._line(number, width) for number in shown)

    def _line(self, number: int, width: int) -> Content:
        line = _row(self._list, number).truncate(width, ellipsis=True, pad=True)
        if number != self._list.cursor:
            return line
        return line.stylize("$block-cursor-foreground on $block-cursor-background")


class WorkListScreen(ModalScreen[Entry | str | None]):
    """Answers with the entry to open, or SEARCH; the list stays as it is for coming back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False),
        Binding("space", "tick", "Tick off", show=False),
        Binding("n", "unticked(1)", "Next unticked", show=False),
        Binding("p", "unticked(-1)", "Previous unticked", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("s", "look", "Stop or go on looking", show=False),
        Binding("f", "batch", "One action for these orders", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("escape", "leave", "Back", show=False),
    ]
    DEFAULT_CSS = """
    WorkListScreen #work-detail { height: 4; margin-top: 1; }
    """

    def __init__(self, worklist: WorkList) -> None:
        super().__init__()
        self._list = worklist
        self._copied = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield Rows(self._list)
            with Vertical(id="work-detail"):
                yield Drawn(self._detail)
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self._list.changed = self._draw
        self.query_one(Rows).focus()
        if self._list.waiting and not self._list.looking and not self._list.stopped_by:
            self._look()
        self._draw()

    def on_unmount(self) -> None:
        self._list.changed = lambda: None

    def _draw(self) -> None:
        if not self.is_attached:
            return
        worklist = self._list
        done = worklist.orders - len(worklist.waiting)
        title = f"Work list · {worklist.orders} orders · {done} looked up"
        title += f" · {len(worklist.ticked)} ticked off"
        self.query_one("#dialog").border_title = Content(title)
        said = "copied" if self._copied else _KEYS
        if worklist.looking or worklist.waiting:
            said += "  s stop looking" if worklist.looking else "  s look on"
        self.query_one("#dialog-keys", Static).update(quiet(said))
        self.query_one(Rows).refresh()
        self.query_one(Drawn).redraw()

    def on_rows_moved(self) -> None:
        self._copied = False
        self._draw()

    def on_rows_opened(self) -> None:
        self.action_open()

    def _detail(self, width: int) -> list[Content]:
        worklist = self._list
        if worklist.stopped_by:
            said = literal(f"Stopped: {worklist.stopped_by}").stylize(TONES["warning"])
            return [*wrapped(said, width)[:2], *_detail(worklist, width)][:4]
        return _detail(worklist, width)[:4]

    # --- keys --------------------------------------------------------------------------------

    @property
    def _entry(self) -> Entry | None:
        return self._list.entries[self._list.cursor] if self._list.entries else None

    def action_open(self) -> None:
        entry = self._entry
        if entry is not None and entry.identifier is not None:
            self.dismiss(entry)

    def action_tick(self) -> None:
        if self._entry is not None:
            self._list.tick(self._list.cursor)

    def action_unticked(self, step: int) -> None:
        if self._entry is not None:
            self.query_one(Rows).to(self._list.unticked(step))

    def action_copy(self) -> None:
        entry = self._entry
        if entry is not None:
            self.app.copy_to_clipboard(entry.identifier.id if entry.identifier else entry.shown)
            self._copied = True
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
        """One action for the ticked orders, or for all where none is ticked."""
        from console.tui.screens.batch import BatchScreen

        session = cast(_Host, self.app).session
        chosen = self._list.chosen
        if session is not None and chosen:
            self.app.push_screen(BatchScreen(session, chosen), self._acted)

    def _acted(self, report: Report | None) -> None:
        """The orders are not as they were: read them again, and watch what was begun."""
        if report is None:
            return
        self._list.forget()
        self._look()
        console = cast(_Host, self.app).console_screen
        if console is not None and console.work is not None:
            self.app.run_worker(_watch(console.work, report), exit_on_error=False)

    def action_search(self) -> None:
        """`/` goes to the search from anywhere: what is typed next is no key of the list."""
        self.dismiss(SEARCH)

    def action_leave(self) -> None:
        self.dismiss(None)


async def _watch(work: Work, report: Report) -> None:
    """What the batch began is watched until Amazon is done with it."""
    for ended in report.of(Standing.INITIATED):
        assert ended.intent is not None
        work.follow(await asyncio.to_thread(work.session.journal.intent, ended.intent))
    work.stand()


def _row(worklist: WorkList, number: int) -> Content:
    entry = worklist.entries[number]
    mark = "✓" if number in worklist.ticked else " "
    head = f"{mark} {entry.line:>4}  "
    if entry.identifier is None:
        return Content.assemble(head, quiet(f"{clean_line(entry.shown, 28):<28} no id"))
    kind = _KINDS[entry.identifier.kind]
    start = Content.assemble(
        head, (f"{entry.identifier.id[:27]:<28}", "bold"), quiet(f"{kind:<14}")
    )
    found = worklist.result(entry)
    if found is None:
        return start + quiet("…" if worklist.looking else "not looked up")
    if isinstance(found, str):
        return start + Content.styled(f"✗ {found}", TONES["warning"])
    notes = quiet(f"  {'; '.join(entry.notes)}") if entry.notes else Content("")
    return start + state_word(found.kind, found.state, found.reasons) + notes


def _detail(worklist: WorkList, width: int) -> list[Content]:
    """Everything about the entry under the cursor."""
    if not worklist.entries:
        return [quiet("The list is empty.")]
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
    noted = [f"order number {entry.reference}"] if entry.reference else []
    noted += entry.notes
    if noted:
        lines += wrapped(literal("; ".join(noted)), width)
    return lines or wrapped(quiet(clean_line(entry.shown, 200)), width)


def _money(found: Summary) -> Content:
    facts = [("captured", found.captured), ("refunded", found.refunded),
             ("refundable", found.refundable)]  # fmt: skip
    said = [literal(found.order)]
    said += [Content(f"{name} {money}") for name, money in facts if money is not None]
    if found.reference:
        said.append(literal(f"ref {found.reference}"))
    if found.warnings:
        more = f" (and {len(found.warnings) - 1} more)" if len(found.warnings) > 1 else ""
        said.append(Content.styled(f"! {found.warnings[0]}{more}", TONES["warning"]))
    return between(said)

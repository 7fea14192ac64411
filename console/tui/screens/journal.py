"""The journal, line by line, however long it is: pages are read in a thread as they are seen."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from console.domain import moments
from console.domain.language import N_, _, many
from console.domain.text import clean_line
from console.tui.failures import READ_FAILURES, say_failure
from console.tui.messages import Said
from console.tui.widgets.drawn import Drawn, line_strip
from console.tui.widgets.notice import said_lines
from console.tui.words import column_for, heading, labelled, literal, padded, quiet

if TYPE_CHECKING:
    from console.store.decisions import Entry
    from console.store.journal import Journal

PAGE: Final = 200  # lines that are read at once: some 3 ms
AHEAD: Final = 80  # lines from the cursor on both sides that are read before they are seen
MOST_PAGES: Final = 20  # that are kept in memory
ROOM: Final = 40  # every line of the journal is told in as many: a key needs no layout then
MOST_STRIPS: Final = 1000  # drawn lines that are kept
_KEYS: Final = N_("↑ ↓ home end     tab  what the line says     esc  back")
_CURSOR: Final = "$block-cursor-foreground on $block-cursor-background"
_RESTING: Final = "on $surface-lighten-1"


class JournalLines(ScrollView, can_focus=True):
    """The lines, newest first, one under the cursor; only those that are seen are drawn.

    `asks` a page that it hasn't got; `take` gives it.
    """

    DEFAULT_CSS = "JournalLines { height: 1fr; min-height: 3; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", N_("Up"), show=False),
        Binding("down,j", "move(1)", N_("Down"), show=False),
        Binding("pageup", "page(-1)", N_("Page up"), show=False),
        Binding("pagedown", "page(1)", N_("Page down"), show=False),
        Binding("home,g", "go(0)", N_("First"), show=False),
        Binding("end,G", "go(-1)", N_("Last"), show=False),
    ]

    class Asks(Message):
        """A page is needed; it is asked for once."""

        def __init__(self, page: int) -> None:
            self.page = page
            super().__init__()

    def __init__(self, moved: Callable[[], None], *, id: str) -> None:
        """`moved` is called when the cursor stands on another line, or its page came: at once, so
        that what a key changes is one frame.
        """
        super().__init__(id=id)
        self._moved = moved
        self._last = 0
        self._cursor = 0  # 0 is the newest line
        self._way = 1  # where it went last: towards older lines, or -1
        self._pages: OrderedDict[int, list[Entry]] = OrderedDict()
        self._asked: set[int] = set()
        self._strips: dict[int, Strip] = {}  # lines as they were drawn last, without the cursor

    def begin(self, last: int) -> None:
        """The journal has so many lines."""
        self._last = last
        self._fit()
        self.refresh()

    def take(self, page: int, entries: list[Entry]) -> None:
        """The lines of a page, oldest first."""
        self._asked.discard(page)
        self._pages[page] = entries
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
        newest = self._last - (page + 1) * PAGE  # what comes ahead of the cursor isn't seen yet
        for number in range(newest, newest + PAGE):
            self._strips.pop(number, None)
        seen = self.scroll_offset.y + self.size.height
        if newest < seen and newest + PAGE > self.scroll_offset.y:
            self.refresh()
        if self._page_of(self._cursor) == page:
            self._moved()

    @property
    def entry(self) -> Entry | None:
        """The line under the cursor; None while it is being read."""
        return self._entry(self._cursor)

    # --- keys and mouse --------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        self._to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self._to(self._cursor + by * max(1, self.scrollable_content_region.height - 1))

    def action_go(self, number: int) -> None:
        self._to(number if number >= 0 else self._last - 1)

    def on_click(self, event: events.Click) -> None:
        self.focus()
        self._to(min(self.scroll_offset.y + event.y, self._last - 1))

    def _to(self, number: int) -> None:
        before, self._cursor = self._cursor, max(0, min(number, self._last - 1))
        self._way = 1 if self._cursor >= before else -1
        self.call_after_refresh(self._draw_ahead)
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False, force=True)
        for line in (before, self._cursor):
            self.refresh(Region(0, line - self.scroll_offset.y, self.size.width, 1))
        for line in (self._cursor - AHEAD, self._cursor + AHEAD):
            if 0 <= line < self._last:
                self._entry(line)  # asks for its page
        self._moved()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_resize(self) -> None:
        self._fit()
        self.call_after_refresh(self._to, self._cursor)

    # --- drawing ---------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Other colours."""
        self._strips.clear()
        super().notify_style_update()

    def _fit(self) -> None:
        self._strips.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, self._last)

    def _page_of(self, number: int) -> int:
        return (self._last - 1 - number) // PAGE

    def _entry(self, number: int) -> Entry | None:
        """The line that is the `number`th from the newest; its page is asked for if need be."""
        page = self._page_of(number)
        found = self._pages.get(page)
        if found is None:
            if page not in self._asked and self._last:
                self._asked.add(page)
                self.post_message(self.Asks(page))
            return None
        self._pages.move_to_end(page)
        place = (self._last - 1 - number) % PAGE
        return found[place] if place < len(found) else None

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        if number == self._cursor and self._last:
            return self._strip(number, _CURSOR if self.has_focus else _RESTING)
        if number not in self._strips:
            if len(self._strips) > MOST_STRIPS:
                self._strips.clear()
            self._strips[number] = self._strip(number)
        return self._strips[number]

    def _draw_ahead(self) -> None:
        """Have the page that comes next drawn before a key asks for it."""
        height = self.size.height
        first = self.scroll_offset.y + self._way * height
        for number in range(max(0, first), min(first + height, self._last)):
            if number not in self._strips and self._entry(number) is not None:
                self._strips[number] = self._strip(number)

    def _strip(self, number: int, style: str = "") -> Strip:
        width = self.scrollable_content_region.width
        if number >= self._last:
            line = quiet("" if self._last or number else _("The journal is empty."))
        else:
            entry = self._entry(number)
            line = quiet("…") if entry is None else entry_line(entry, width)
        line = line.truncate(width, ellipsis=True, pad=True).stylize(style)
        return line_strip(self, line, number, width)


class JournalScreen(ModalScreen[None]):
    """The journal as it was when this was opened, and everything that the chosen line says."""

    DEFAULT_CSS = """
    JournalScreen #entry-pane { height: 40%; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._failed: Said | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield JournalLines(self._tell_entry, id="journal-lines")
            with VerticalScroll(id="entry-pane"):
                yield Drawn(self._entry_lines, id="entry")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Journal"))
        self._lines.focus()
        self.run_worker(self._begin(), group="journal", exit_on_error=False)

    @property
    def _lines(self) -> JournalLines:
        return self.query_one(JournalLines)

    async def _begin(self) -> None:
        try:
            last = await asyncio.to_thread(self._journal.last)
        except READ_FAILURES as error:
            self._fail(say_failure(error))
        else:
            lines = many("{count} line", "{count} lines", last)
            self.query_one("#dialog").border_subtitle = Content(lines)
            self._lines.begin(last)

    @on(JournalLines.Asks)
    def _asked(self, event: JournalLines.Asks) -> None:
        event.stop()
        self.run_worker(self._read(event.page), group="journal", exit_on_error=False)

    async def _read(self, page: int) -> None:
        try:
            entries = await asyncio.to_thread(self._journal.page, page * PAGE + 1, PAGE)
        except READ_FAILURES as error:
            self._fail(say_failure(error))
        except ValueError:  # the data of a line is no JSON any more
            why = _("What one of its lines says can't be read.")
            hint = _("`payconsole journal verify` tells more; keep the file.")
            self._fail(Said(_("The journal does not verify"), why, hint, "bad"))
        else:
            self._lines.take(page, entries)

    def _fail(self, said: Said) -> None:
        self._failed = said
        self.query_one("#entry", Drawn).redraw()

    def _tell_entry(self) -> None:
        self.query_one("#entry", Drawn).redraw()
        self.query_one("#entry-pane").scroll_home(animate=False)

    def _entry_lines(self, width: int) -> list[Content]:
        if self._failed is not None:
            return said_lines(self._failed, width)
        entry = self._lines.entry
        lines = [] if entry is None else entry_lines(entry, width)
        return lines + [Content("")] * (ROOM - len(lines))

    def action_leave(self) -> None:
        self.dismiss(None)


def entry_line(entry: Entry, width: int) -> Content:
    """A line of the journal in one of the screen: when, what, of which intent, on what, by whom."""
    when = moments.told(entry.time, moments.SECONDS)
    intent = f"#{entry.intent}" if entry.intent is not None else ""
    by = quiet(f"  {clean_line(entry.actor, 40)}")
    kind = padded(clean_line(entry.kind, 20), 14)
    said = Content.assemble(
        quiet(f"{entry.seq:>7}  {clean_line(when, 40)}  "), (kind, "bold"), f"{intent:<6} "
    )
    about = literal(entry.object or entry.scope or "")
    room = width - said.cell_length - cell_len(about.plain)
    return said + about + (by if room >= by.cell_length else "")


def entry_lines(entry: Entry, width: int) -> list[Content]:
    """Everything that a line of the journal says. Its kind and its fields are the journal's own."""
    title = _("Line {number}: {kind}", number=entry.seq, kind=clean_line(entry.kind, 40))
    facts: dict[str, object] = {
        _("when"): moments.told(entry.time, moments.SECONDS),
        _("by"): entry.actor,
        _("intent"): entry.intent,
        _("order"): entry.scope,
        _("object"): entry.object,
        _("hash"): entry.hash,
    }
    facts = {label: value for label, value in facts.items() if value is not None}
    fields = {label: value for label, value in entry.data.items() if value is not None}
    said = [(clean_line(label, 40), value) for label, value in (*facts.items(), *fields.items())]
    column = column_for((label for label, _value in said), 12)
    lines = [heading(title)]
    for label, value in said:
        lines += labelled(label, literal(_shown(value)), width, column)
    return lines


def _shown(value: object) -> str:
    """A text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

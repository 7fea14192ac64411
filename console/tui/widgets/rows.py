"""A list of one-line rows with a cursor, drawn at once and updated in place.

With `RowList(filterable=True)` the key `f` (and `/` in a dialog) opens a line to narrow it by; it
searches in the `words` of the rows. Rows with a `section` stand under its name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from console.domain.language import N_, _, many
from console.tui.widgets.drawn import line_strip
from console.tui.widgets.filter import Filter, matches
from console.tui.words import heading, joined, quiet

MOST_ROWS: Final = 300
_CURSOR: Final = "$block-cursor-foreground on $block-cursor-background"
CHOSEN: Final = "›"  # marks the chosen row where it begins with a blank: not by colour alone


class Row(NamedTuple):
    """One line; `draw` makes it for a width. `key` is what is chosen, and survives updates.

    `words` is what a filter searches in. Rows of one `section` stand together, under its name.
    """

    key: str
    draw: Callable[[int], Content]
    words: str = ""
    section: str = ""


class RowLines(Widget):
    """The lines of a list, each drawn when it is seen: a key redraws the two that it changes."""

    DEFAULT_CSS = """
    RowLines { width: 1fr; height: auto; min-height: 1; }
    """

    class Clicked(Message):
        def __init__(self, line: int) -> None:
            self.line = line
            super().__init__()

    def __init__(self, draw: Callable[[int, int], Content]) -> None:
        """`draw` makes the line of a number for a width."""
        super().__init__(markup=False)
        self._draw = draw
        self._count = 1

    def redraw(self, count: int) -> None:
        """Draw all of them anew; they are so many now."""
        self.refresh(layout=count != self._count)
        self._count = count

    def redraw_line(self, number: int) -> None:
        self.refresh(Region(0, number, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, self._count)

    def render(self) -> Content:
        """All of them, for whoever selects them with the mouse."""
        return joined(self._draw(number, self.size.width) for number in range(self._count))

    def render_line(self, y: int) -> Strip:
        line = self._draw(y, self.size.width) if y < self._count else Content("")
        return line_strip(self, line, y, self.size.width)

    def on_click(self, event: events.Click) -> None:
        if event.chain > 1:
            event.prevent_default()  # it would select the text of the whole list
        self.post_message(self.Clicked(event.y))


class RowList(VerticalScroll, can_focus=True):
    """Rows to choose from. At most `MOST_ROWS` are drawn; what is beyond is said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", N_("Up"), show=False),
        Binding("down,j", "move(1)", N_("Down"), show=False),
        Binding("pageup", "page(-1)", N_("Page up"), show=False),
        Binding("pagedown", "page(1)", N_("Page down"), show=False),
        Binding("home", "move(-9999)", N_("First"), show=False),
        Binding("end", "move(9999)", N_("Last"), show=False),
        Binding("enter", "choose", N_("Open"), show=False),
        Binding("f", "filter", N_("Filter"), show=False),
        Binding("slash", "filter(True)", N_("Filter"), show=False),
        Binding("escape", "clear_filter", N_("Show everything"), show=False),
    ]

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: RowList, key: str) -> None:
            self.rows = rows
            self.key = key
            super().__init__()

        @property
        def control(self) -> RowList:
            return self.rows

    class Paged(Message):
        """A page up (-1) or down (1) where all rows are seen: meant for what is below them."""

        def __init__(self, rows: RowList, by: int) -> None:
            self.rows = rows
            self.by = by
            super().__init__()

        @property
        def control(self) -> RowList:
            return self.rows

    class Chosen(Moved):
        """Enter, or a click on the row where the cursor already was."""

    def __init__(self, *, id: str, empty: str, filterable: bool = False) -> None:
        super().__init__(id=id)
        self._lines = RowLines(self._draw)
        self._filter = Filter() if filterable else None
        self._all: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()  # those that are drawn
        self._places: list[int] = []  # the line that each of them is drawn in
        self._cursor = 0
        self._beyond = 0
        self._empty = empty

    def compose(self) -> ComposeResult:
        if self._filter is not None:
            yield self._filter
        yield self._lines

    def explain_empty(self, empty: str) -> None:
        """What stands there from the next `show` on while there are no rows."""
        self._empty = empty

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._rows[self._cursor].key if self._rows else None

    def show(self, rows: Sequence[Row], key: str | None = None) -> None:
        """Replace the rows; the cursor goes to `key`, or stays with the row it was on."""
        self._all = tuple(rows)
        self._narrow(key or self.key)

    def go(self, key: str | None) -> bool:
        """Put the cursor on the row of `key`; whether it is there."""
        keys = [row.key for row in self._rows]
        if key not in keys:
            return False
        self._to(keys.index(key))
        return True

    def _narrow(self, wanted: str | None) -> None:
        """Keep the rows that match the filter, and the cursor on the row of `wanted`."""
        found = self._all
        if self._filter is not None and self._filter.text:
            found = tuple(row for row in found if matches(row.words, self._filter.text))
            self._filter.count(len(found), len(self._all))
        self._rows = found[:MOST_ROWS]
        self._beyond = len(found) - len(self._rows)
        self._places = list(_places(self._rows))
        keys = [row.key for row in self._rows]
        self._cursor = keys.index(wanted) if wanted in keys else 0
        self._lines.redraw(self._count)

    # --- the filter ----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Outside a dialog `/` is the search; Esc is the screen's where nothing is narrowed."""
        if action == "filter":
            return self._filter is not None and (
                not parameters or isinstance(self.screen, ModalScreen)
            )
        if action == "clear_filter":
            return self._filter is not None and self._filter.is_on
        return super().check_action(action, parameters)

    def action_filter(self, _by_slash: bool = False) -> None:
        if self._filter is not None:
            self._filter.open()

    def action_clear_filter(self) -> None:
        if self._filter is not None:
            self._filter.clear()

    def on_filter_changed(self, event: Filter.Changed) -> None:
        event.stop()
        before = self.key
        self._narrow(before)
        self.call_after_refresh(self._show_cursor)
        if self.key is not None and self.key != before:
            self.post_message(self.Moved(self, self.key))

    def on_filter_left(self, event: Filter.Left) -> None:
        event.stop()
        self.focus()

    def on_filter_moved(self, event: Filter.Moved) -> None:
        event.stop()
        self.action_move(event.by)

    # --- the cursor ----------------------------------------------------------------------------

    def on_focus(self) -> None:
        self._redraw_row(self._cursor)

    def on_blur(self) -> None:
        self._redraw_row(self._cursor)

    def action_move(self, by: int) -> None:
        self._to(self._cursor + by)

    def action_page(self, by: int) -> None:
        if self.max_scroll_y:
            self._to(self._cursor + by * 10)
        else:
            self.post_message(self.Paged(self, by))

    def action_choose(self) -> None:
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def on_row_lines_clicked(self, event: RowLines.Clicked) -> None:
        event.stop()
        self.focus()
        if event.line not in self._places:
            return  # the name of a section, or below the rows
        number = self._places.index(event.line)
        if number == self._cursor:
            self.action_choose()
        else:
            self._to(number)

    def _to(self, number: int) -> None:
        if not self._rows:
            return
        number = min(max(number, 0), len(self._rows) - 1)
        moved = number != self._cursor
        self._redraw_row(self._cursor)
        self._redraw_row(number)
        self._cursor = number
        self._show_cursor()
        if moved:
            self.post_message(self.Moved(self, self._rows[number].key))

    def _redraw_row(self, number: int) -> None:
        if number < len(self._places):
            self._lines.redraw_line(self._places[number])

    def on_resize(self) -> None:
        """With another height the cursor must still be seen."""
        self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        """Scroll to the cursor; at the first row also to the name of its section."""
        above = self._filter is not None and self._filter.display
        line = self._places[self._cursor] if self._cursor < len(self._places) else 0
        first = 0 if self._cursor == 0 else line
        region = Region(0, first + above, 1, line - first + 1)
        # At once: what a key changes is one frame.
        self.scroll_to_region(
            region, spacing=Spacing(int(above)), animate=False, force=True, immediate=True
        )

    @property
    def _count(self) -> int:
        """How many lines there are, with the names of sections, and one at least."""
        return (self._places[-1] if self._places else 0) + 1 + bool(self._beyond)

    def _draw(self, line: int, width: int) -> Content:
        if not self._rows:
            return quiet(_("Nothing matches.") if self._all else _(self._empty))
        number = bisect_left(self._places, line)
        if number == len(self._rows):
            return quiet(many("… and {count} more", "… and {count} more", self._beyond))
        if self._places[number] > line:
            return heading(self._rows[number].section).truncate(width, ellipsis=True)
        return self._line(number, self._rows[number], width)

    def _line(self, number: int, row: Row, width: int) -> Content:
        line = row.draw(width).truncate(width, ellipsis=True, pad=True)
        if number != self._cursor:
            return line
        if line.plain.startswith(" "):
            line = Content.assemble(CHOSEN, line[1:])
        line = line.stylize(_CURSOR if self.has_focus else "on $surface-lighten-1")
        return line.stylize("reverse") if self.has_focus and self.app.no_color else line


def _places(rows: Sequence[Row]) -> Iterator[int]:
    """The line of each row: before the first row of a section stands the section's name."""
    line, section = 0, ""
    for row in rows:
        if row.section and row.section != section:
            line += 1
        section = row.section
        yield line
        line += 1

"""A list of one-line rows with a cursor, drawn at once and updated in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message

from console.tui.widgets.drawn import Drawn
from console.tui.words import quiet

MOST_ROWS: Final = 300


@dataclass(frozen=True)
class Row:
    """One line; `draw` makes it for a width. `key` is what is chosen, and survives updates."""

    key: str
    draw: Callable[[int], Content]


class _Lines(Drawn):
    """The drawn rows."""

    class Clicked(Message):
        def __init__(self, line: int) -> None:
            self.line = line
            super().__init__()

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(event.y))


class RowList(VerticalScroll, can_focus=True):
    """Rows to choose from. At most `MOST_ROWS` are drawn; what is beyond is said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("home", "move(-9999)", "First", show=False),
        Binding("end", "move(9999)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
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

    class Chosen(Moved):
        """Enter, or a click on the row where the cursor already was."""

    def __init__(self, *, id: str, empty: str) -> None:
        super().__init__(id=id)
        self._lines = _Lines(self._draw)
        self._rows: tuple[Row, ...] = ()
        self._cursor = 0
        self._beyond = 0
        self._empty = empty

    def compose(self) -> ComposeResult:
        yield self._lines

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._rows[self._cursor].key if self._rows else None

    def show(self, rows: Sequence[Row], key: str | None = None) -> None:
        """Replace the rows; the cursor goes to `key`, or stays with the row it was on."""
        wanted = key or self.key
        self._rows = tuple(rows[:MOST_ROWS])
        self._beyond = len(rows) - len(self._rows)
        keys = [row.key for row in self._rows]
        self._cursor = keys.index(wanted) if wanted in keys else 0
        self._lines.redraw()

    def on_focus(self) -> None:
        self._lines.redraw()

    def on_blur(self) -> None:
        self._lines.redraw()

    def action_move(self, by: int) -> None:
        self._to(self._cursor + by)

    def action_choose(self) -> None:
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def on__lines_clicked(self, event: _Lines.Clicked) -> None:
        event.stop()
        self.focus()
        if event.line == self._cursor:
            self.action_choose()
        elif event.line < len(self._rows):
            self._to(event.line)

    def _to(self, line: int) -> None:
        if not self._rows:
            return
        line = min(max(line, 0), len(self._rows) - 1)
        moved = line != self._cursor
        self._cursor = line
        self._lines.redraw()
        self._show_cursor()
        if moved:
            self.post_message(self.Moved(self, self._rows[line].key))

    def on_resize(self) -> None:
        """With another height the cursor must still be seen."""
        self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False, force=True)

    def _draw(self, width: int) -> list[Content]:
        lines = [self._line(number, row, width) for number, row in enumerate(self._rows)]
        if self._beyond:
            lines.append(quiet(f"… and {self._beyond} more"))
        return lines or [quiet(self._empty)]

    def _line(self, number: int, row: Row, width: int) -> Content:
        line = row.draw(width).truncate(width, ellipsis=True, pad=True)
        if number != self._cursor:
            return line
        focused = "$block-cursor-foreground on $block-cursor-background"
        return line.stylize(focused if self.has_focus else "on $surface-lighten-1")

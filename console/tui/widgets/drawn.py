"""Widgets that draw lines for their own width: as high as they are many, or scrolling them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from console.tui.words import joined

Draw = Callable[[int], Sequence[Content]]


class Drawn(Widget):
    """`draw` gives lines that fit a width.

    They are made while the layout asks for the height, so that what is shown and the room
    for it can't differ (`Static.update` in a resize now and then kept the old height). Of many
    lines only those that are seen are drawn.
    """

    DEFAULT_CSS = """
    Drawn { width: 1fr; height: auto; min-height: 1; }
    """

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._make = draw
        self._made: tuple[int, Sequence[Content]] | None = None  # width, what was drawn for it
        self._painted: tuple[int, Sequence[Content]] | None = None  # what is on the screen of it

    def redraw(self) -> None:
        """Draw anew; what is on the screen already is not painted again.

        A layout may have drawn it before, and that alone paints nothing.
        """
        before, self._made = self._painted, None
        if before is None or before[0] != self.size.width:
            self.refresh(layout=True)
            return
        lines = self._drawn(before[0])
        if len(lines) != len(before[1]):
            self.refresh(layout=True)
            return
        changed = _differing(before[1], lines)
        if changed:
            self.refresh(*(Region(0, y, before[0], 1) for y in changed))

    def render(self) -> Content:
        """All of it, for whoever selects it with the mouse."""
        return joined(self._drawn(self.size.width))

    def render_line(self, y: int) -> Strip:
        lines = self._drawn(self.size.width)
        self._painted = self._made
        return line_strip(self, lines[y] if y < len(lines) else Content(""), y, self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._drawn(width)))

    def _drawn(self, width: int) -> Sequence[Content]:
        if width <= 0:
            return ()
        if self._made is None or self._made[0] != width:
            self._made = width, tuple(self._make(width))
        return self._made[1]


class DrawnPane(ScrollView):
    """The same for lines that may be hundreds: it scrolls them, and another number of them needs
    no layout of the screen.
    """

    DEFAULT_CSS = """
    DrawnPane { overflow-x: hidden; scrollbar-gutter: stable; }
    """

    def __init__(self, draw: Draw, *, id: str) -> None:
        super().__init__(id=id)
        self._make = draw
        self._lines: tuple[int, Sequence[Content]] = (0, ())  # the width, what was drawn for it

    def redraw(self) -> None:
        """Draw anew; what is on the screen already is not painted again."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        before, self._lines = self._lines, (width, tuple(self._make(width)))
        size = Size(width, len(self._lines[1]))
        self.set_reactive(Widget.virtual_size, size)  # by itself it would lay out the screen
        self._scroll_update(size)
        changed = _differing(before[1], self._lines[1]) if before[0] == width else None
        if changed is None:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y - self.scroll_offset.y, width, 1) for y in changed))

    def on_resize(self) -> None:
        self.redraw()

    def render(self) -> Content:
        """All of it, for whoever selects it with the mouse."""
        return joined(self._lines[1])

    def render_line(self, y: int) -> Strip:
        width, lines = self._lines
        number = y + self.scroll_offset.y
        line = lines[number] if number < len(lines) else Content("")
        return line_strip(self, line, number, width)


def _differing(before: Sequence[Content], lines: Sequence[Content]) -> list[int]:
    """The numbers of the lines that are not as before."""
    nothing = Content("")
    pairs = enumerate(zip_longest(before, lines, fillvalue=nothing))
    return [number for number, (was, now) in pairs if not now.is_same(was)]


def line_strip(widget: Widget, line: Content, number: int, width: int) -> Strip:
    """The line of a number as a widget paints it, with what is selected of it by the mouse.

    What every key waits for, many times: `Visual.to_strips` would take twice as long, for wrapping,
    aligning and links, which such a line hasn't got.
    """
    span = widget.text_selection.get_span(number) if widget.text_selection is not None else None
    if span is not None:
        start, end = span
        style = Style.from_styles(widget.screen.get_component_styles("screen--selection"))
        line = line.stylize(style, start, len(line) if end == -1 else end)
    line = line.split()[0].expand_tabs().truncate(width)
    segments, column = [], 0
    for text, painted in line.render(widget.visual_style, end=""):
        segments.append(Segment(text, painted.rich_style_with_offset(column, number)))
        column += len(text)
    return Strip(segments, line.cell_length)

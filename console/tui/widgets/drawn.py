"""A widget that draws lines for its own width, and is as high as they are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from console.tui.words import joined

Draw = Callable[[int], Sequence[Content]]


class Drawn(Widget):
    """`draw` gives lines that fit a width.

    They are made while the layout asks for the height, so that what is shown and the room
    for it can't differ (`Static.update` in a resize now and then kept the old height).
    """

    DEFAULT_CSS = """
    Drawn { width: 1fr; height: auto; min-height: 1; }
    """

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._make = draw
        self._made: tuple[int, int, Content] | None = None  # width, lines, what was drawn
        self._painted: tuple[int, int, Content] | None = None  # what is on the screen of it

    def redraw(self) -> None:
        """Draw anew; what is on the screen already is not painted again.

        A layout may have drawn it before, and that alone paints nothing.
        """
        before, self._made = self._painted, None
        if before is None or before[0] != self.size.width:
            self.refresh(layout=True)
            return
        height, shown = self._drawn(before[0])
        if height != before[1]:
            self.refresh(layout=True)
        elif not shown.is_same(before[2]):
            self.refresh()

    def render(self) -> Content:
        shown = self._drawn(self.size.width)[1]
        self._painted = self._made
        return shown

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, self._drawn(width)[0])

    def _drawn(self, width: int) -> tuple[int, Content]:
        if width <= 0:
            return 0, Content("")
        if self._made is None or self._made[0] != width:
            lines = self._make(width)
            self._made = (width, len(lines), joined(lines))
        return self._made[1], self._made[2]

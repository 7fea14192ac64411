"""A Static that draws itself for its own width, again whenever that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.widgets import Static

from console.tui.words import joined

Draw = Callable[[int], Sequence[Content]]


class Drawn(Static):
    """`draw` gives the lines for a width. Nothing is shown before the width is known."""

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:
        super().__init__(Content(" "), id=id, markup=False)
        self._make = draw
        self._shown: Content | None = None

    def on_resize(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Draw anew; what comes out the same is not painted again."""
        width = self.size.width
        if width <= 0:
            return
        shown = joined(self._make(width))
        if self._shown is None or not shown.is_same(self._shown):
            self._shown = shown
            self.update(shown)

"""A terminal that is too small: a calm page over everything, which loses nothing."""

from __future__ import annotations

from typing import Any, Final

from textual import events
from textual.app import App
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen

from console.domain.language import _
from console.tui import keymap
from console.tui.widgets.drawn import Drawn
from console.tui.words import literal, quiet, wrapped

LEAST: Final = Size(72, 20)


class TooSmall(Drawn):
    """Says what is needed and what there is."""

    def __init__(self) -> None:
        super().__init__(self._lines, id="too-small")

    def _lines(self, width: int) -> list[Content]:
        size = self.app.size
        said = _("payconsole needs {least}; this terminal has {size}.",
                 least=f"{LEAST.width} × {LEAST.height}",
                 size=f"{size.width} × {size.height}")  # fmt: skip
        more = _("Enlarge it, or use the command line: {command}", command="payconsole lookup ID")
        kept = _("Nothing is lost: what stood here is still there. {key} leaves.",
                 key=keymap.written("general.leave"))  # fmt: skip
        return [
            *wrapped(literal(said).stylize("bold"), width),
            *wrapped(literal(more), width),
            *wrapped(quiet(kept), width),
        ]


class Room:
    """Lays the page over the screens while there is no room for them, and takes it away."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    @property
    def is_missing(self) -> bool:
        """Whether what is under the page can't be seen, so that no key is for it."""
        size = self._app.size
        small = size.width < LEAST.width or size.height < LEAST.height
        return small and not _is_always_seen(self._app.screen)

    def fit(self) -> None:
        """Whenever the size or the screens have changed."""
        for screen in self._app.screen_stack:
            pages = screen.query(TooSmall)
            size = self._app.size
            small = size.width < LEAST.width or size.height < LEAST.height
            if not small or _is_always_seen(screen):
                pages.remove()
            elif pages:
                for page in pages:
                    page.redraw()
            elif screen.is_attached:
                screen.mount(TooSmall())

    def class_by_size(self, screen: Screen[Any]) -> None:
        """Give `screen` the classes that Textual gives it after its first layout (`-wide`, …)."""
        app, size = self._app, self._app.size
        for breakpoints, cells in (
            (app.HORIZONTAL_BREAKPOINTS or [], size.width),
            (app.VERTICAL_BREAKPOINTS or [], size.height),
        ):
            held = max((point for point in breakpoints if cells >= point[0]), default=None)
            screen.update_classes({p[1]: p == held for p in breakpoints}, update=False)

    def takes(self, event: events.Event) -> bool:
        """Whether a key, a click or a paste is for nobody; leaving is always possible."""
        if isinstance(event, events.Key) and event.key in self._leaving:
            return False
        return isinstance(event, events.InputEvent | events.Paste) and self.is_missing

    @property
    def _leaving(self) -> set[str]:
        return set(keymap.keys_of("general.leave"))


def _is_always_seen(screen: Screen[Any]) -> bool:
    """Whether it has to be seen at any size."""
    from console.tui.screens.fault import FaultScreen
    from console.tui.screens.leave import LeaveScreen

    return isinstance(screen, LeaveScreen | FaultScreen)

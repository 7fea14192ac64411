"""Notes and pins of a console screen: its keys, its dialog, and the lines in the timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from console.domain.kept import kept
from console.domain.language import N_, _
from console.tui import messages
from console.tui.messages import Said

if TYPE_CHECKING:
    from console.domain.order import Event, Order
    from console.store.desk import Note
    from console.tui.screens.console import ConsoleScreen
    from console.tui.screens.notes import NotesScreen


class Notebook:
    """`keys` are its commands."""

    def __init__(self, screen: ConsoleScreen) -> None:
        self._screen = screen
        self._dialog: NotesScreen | None = None
        self.keys: Mapping[str, Callable[[], None]] = {"notes": self._open, "pin": self._pin}

    def read(self, order: Order) -> None:
        """An order came onto the screen: its notes are read beside it."""
        if self._screen.work is not None:
            self._screen.work.desk.read(order)

    def came(self, event: messages.NotesRead) -> None:
        """The notes as they are now: for the timeline, and for the dialog if it is open.

        Through the dialog's own queue: it may only be opening, or closing already.
        """
        if self._dialog is not None and self._dialog.order.id == event.order_id:
            self._dialog.call_later(self._dialog.came, event.notes)
            self._recount()
        pane = self._screen.order_pane
        if pane.order is not None and pane.order.id == event.order_id:
            notes = tuple(_events(event.notes))
            if notes != pane.notes:
                pane.notes = notes
                pane.draw()

    def pinned(self, event: messages.Pinned) -> None:
        title = _("Pinned") if event.pinned else _("No longer pinned")
        text = _("It stands first in the list of recent orders.") if event.pinned else ""
        self._screen.say(Said(title, text))

    def _recount(self) -> None:
        """The list of recent orders marks those that have notes."""
        if self._screen.work is not None:
            self._screen.work.recents()

    def _open(self) -> None:
        from console.tui.screens.notes import NotesScreen

        order, work = self._screen.order, self._screen.work
        if order is None or work is None:
            self._screen.say(Said(_("Notes: not now"), _("Look an order up first.")))
            return
        self._dialog = NotesScreen(order, work.desk, demo=self._screen.is_demo)
        self._screen.app.push_screen(self._dialog, self._closed)
        work.desk.read(order)

    def _closed(self, _result: None) -> None:
        self._dialog = None

    def _pin(self) -> None:
        order, work = self._screen.order, self._screen.work
        if order is None or work is None:
            self._screen.say(Said(_("Pin: not now"), _("Look an order up first.")))
        else:
            work.pin(order)


def _events(notes: Sequence[Note]) -> Iterator[Event]:
    """Lines of the timeline: `note: "…" · by ann`."""
    from console.domain.model import parse_time
    from console.domain.order import Event

    for note in notes:
        time = parse_time(note.time)
        if time is not None:
            said = kept(N_('note: "{text}"'), text=note.text)
            yield Event(time, note.object, said, "note", note.actor)

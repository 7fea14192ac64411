"""Leaving while something is being sent: what is pending, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.tui.words import quiet

CHECK_SECONDS = 0.1


class LeaveScreen(ModalScreen[bool]):
    """Waits for the request in flight and then answers True; `l` leaves without waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "Stay", show=False),
        Binding("l", "leave", "Leave now", show=False),
    ]

    def __init__(self, is_working: Callable[[], bool]) -> None:
        super().__init__()
        self._is_working = is_working

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield Static(
                "A request to Amazon is under way. payconsole leaves as soon as its outcome is"
                " known.\n\nIf you leave now, the outcome stays open in the journal;"
                " the next start reads the order first, and sends nothing twice.",
                markup=False,
            )
            yield Static(
                quiet("waiting …     l  leave now     esc  stay"), id="dialog-keys", markup=False
            )

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("Leave?")
        self.set_interval(CHECK_SECONDS, self._look)

    def _look(self) -> None:
        if not self._is_working():
            self.dismiss(True)

    def action_stay(self) -> None:
        self.dismiss(False)

    def action_leave(self) -> None:
        self.dismiss(True)

"""The calm page after a fault of ours: what happened, what is safe, what is saved."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from console.domain.language import N_, _, many
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.fault import Fault, write_report
from console.tui.widgets.drawn import Drawn
from console.tui.words import heading, literal, quiet, wrapped

if TYPE_CHECKING:
    from console.tui.fault import GuardedApp

_KEYS: Final = {
    "on": N_("enter  go on     {leave}  leave payconsole"),
    "close": N_("enter  close what failed, and go on     {leave}  leave payconsole"),
    "leave": N_("{leave}  leave payconsole"),
}
_ON: Final = {
    "on": N_("The screen is still there, with what was typed: Enter goes back to it."),
    "close": N_("What failed can't go on. Enter closes it and goes back to what was behind it."),
    "leave": N_("It can't be gone on from here: leave, and start payconsole anew."),
}
_SENDING: Final = N_(
    "What was confirmed before goes on to its end, and its outcome is written into the journal."
)
_NOT_SENDING: Final = N_("No request that writes is under way.")


def _keys(way: str) -> str:
    return _(_KEYS[way], leave=keymap.written("general.leave"))


LOOK: Final = 0.5  # seconds between two looks at whether something is still being sent


class FaultScreen(Screen[None]):
    """Covers everything, so that nothing of what failed is drawn, and holds every key.

    `broken` is the screen that can't be gone on with, if there is one. The report is written
    behind it; where that fails the page says so.
    """

    AUTO_FOCUS = "#fault-pane"
    DEFAULT_CSS = """
    FaultScreen { align: center middle; background: $background; }
    #fault { width: 96; max-width: 100%; height: auto; max-height: 100%; }
    #fault { padding: 1 2; border: round $border; }
    #fault-pane { height: auto; max-height: 1fr; background: transparent; scrollbar-size: 0 1; }
    #fault-keys { height: 1; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Go on", show=False)]

    def __init__(
        self, app: GuardedApp, fault: Fault, report: str, broken: Screen[Any] | None
    ) -> None:
        super().__init__()
        self.fault = fault
        self.broken = broken
        self.more = 0  # faults behind this page, since
        self._program = app
        self._report = report
        self._kept = _("The report is being written …")
        self._was_sending = app.is_sending
        self._way = "on"
        if broken is not None:
            self._way = "close" if app.can_close(broken) else "leave"

    def compose(self) -> ComposeResult:
        with Vertical(id="fault"):
            with VerticalScroll(id="fault-pane"):
                yield Drawn(self._lines, id="fault-text")
            yield Drawn(lambda _width: [quiet(_keys(self._way))], id="fault-keys")

    def on_mount(self) -> None:
        self.query_one("#fault").border_title = Content(_("A fault of payconsole"))
        self.run_worker(self._keep(), exit_on_error=False)
        self.set_interval(LOOK, self._look)

    def _look(self) -> None:
        """What is being sent may have come to its end."""
        if self._was_sending and not self._program.is_sending:
            self._was_sending = False
            self.redraw()

    async def _keep(self) -> None:
        folder = self._program.places.data
        try:
            path = await asyncio.to_thread(write_report, folder, self._report)
        except OSError as error:
            self._kept = _("The report can't be written: {why}.", why=error.strerror or "")
        else:
            self._kept = _("A report without values is in {file}.", file=clean_line(str(path), 300))
        self.redraw()

    def another(self) -> None:
        """One more fault behind this page: counted, not told."""
        self.more += 1
        self.redraw()

    def redraw(self) -> None:
        if self.is_mounted:
            for drawn in self.query(Drawn):
                drawn.redraw()

    def action_go_on(self) -> None:
        if self._way != "leave":
            self.dismiss(None)

    def _lines(self, width: int) -> list[Content]:
        fault = self.fault
        said = _("Something in payconsole went wrong. It is not your doing.")
        lines = wrapped(literal(said), width)
        lines += wrapped(quiet(fault.kind), width, 2)
        lines += wrapped(quiet(fault.place), width, 2)
        if self.more:
            more = many("{count} more fault followed.", "{count} more faults followed.", self.more)
            lines += wrapped(quiet(more), width)
        lines += [Content(""), heading(_("What is safe"))]
        for text in (
            _("Nothing new is sent while this page is shown."),
            _(_SENDING if self._program.is_sending else _NOT_SENDING),
        ):
            lines += wrapped(literal(text), width)
        lines += [Content(""), heading(_("What is saved"))]
        lines += wrapped(literal(_("The journal holds everything that was decided.")), width)
        lines += wrapped(literal(self._program.left_open()), width)
        lines += wrapped(literal(self._kept), width)
        said = _(
            "It holds versions, what this terminal is, places in the program and names of what was"
            " done before: nothing of an order."
        )
        lines += wrapped(quiet(said), width)
        return [*lines, Content(""), *wrapped(literal(_(_ON[self._way])), width)]

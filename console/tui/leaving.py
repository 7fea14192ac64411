"""Leaving the program: what is not done is said before, and what is left open on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text

from console.domain.language import N_, _, many
from console.domain.text import clean

if TYPE_CHECKING:
    from console.store.decisions import Intent
    from console.tui.app import PayConsole

# What the terminal says after the console was left while something was sent; nothing of an order.
ENDED_MEANWHILE: Final = N_(
    "The request that was under way has ended. Its outcome is in the journal:"
    " payconsole journal list."
)


class Leaving:
    """Ends one console in good order."""

    def __init__(self, app: PayConsole) -> None:
        self._app = app

    async def ask(self) -> None:
        """Leave; where something is not done, say first what it is."""
        from console.tui.screens.fault import FaultScreen
        from console.tui.screens.leave import LeaveScreen, Unfinished

        app = self._app
        if isinstance(app.screen, LeaveScreen):
            app.screen.action_leave_if_idle()
            return
        console = app.console_screen
        work = console.work if console is not None else None
        faulty = isinstance(app.screen, FaultScreen)  # it has said what is open; ask nothing more
        pending = await work.pending() if work is not None and not faulty else ()
        still_open = console.standing.open if console is not None and not faulty else ()
        left = Unfinished(pending, still_open, app.is_demo)
        waits = app.is_sending
        if left or waits:
            leave = LeaveScreen(lambda: app.is_sending, left, masked=app.is_locked)
            await app.push_screen(leave, partial(self._leave, waited=waits))
        else:
            self._leave(True)

    def _leave(self, leave: bool | None, waited: bool = False) -> None:
        """Go; `waited` is whether a request was still under way when that was asked for."""
        if not leave:
            return
        if self._open_intents or self._app.is_sending:
            self._app.exit(message=Text(self.left_open()))
        elif waited:
            self._app.exit(message=Text(_(ENDED_MEANWHILE)))
        else:
            self._app.exit()

    @property
    def _open_intents(self) -> Sequence[Intent]:
        console = self._app.console_screen
        return console.standing.open if console is not None else ()

    def left_open(self) -> str:
        """Which intents are open as far as this console knows, and what becomes of them."""
        if self._open_intents or self._app.is_sending:
            return clean(_left_open(self._open_intents, masked=self._app.is_locked))
        return _("Open intents: none that is known here. The next start looks again.")


def _left_open(left: Sequence[Intent], *, masked: bool) -> str:
    """What the terminal says where open intents are left; `masked` counts and names nothing."""
    if not left:
        return _(
            "Open intents: the one that was being sent. The next start reads the order first, and"
            " asks you where it can't tell what happened."
        )
    names = ", ".join(f"{intent.id} ({intent.summary})" for intent in left)
    return _(
        "Open intents: {intents}. The next start reads the order first, and asks you where it"
        " can't tell what happened.",
        intents=many("{count} intent", "{count} intents", len(left)) if masked else names,
    )

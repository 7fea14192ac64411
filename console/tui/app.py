"""The application: opens a session behind the first screen, and leaves in good order.

Nothing heavy is imported here: the first screen stands before httpx, cryptography, keyring
and SQLAlchemy are loaded. A test in a process of its own keeps it so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from console.domain.text import clean
from console.tui import messages as say
from console.tui.commands import ConsoleCommands
from console.tui.messages import Said
from console.tui.opening import DemoSource, ProfileSource, Source, say_open_failure
from console.tui.screens.console import ConsoleScreen

if TYPE_CHECKING:
    from console.session import Session

NO_TERMINAL = (
    "payconsole: the screen needs a terminal. Without one use the command line:"
    " payconsole lookup ID, payconsole refund ID --amount …, payconsole --help."
)


class PayConsole(App[None]):
    """One session and the console screen over it; without a source, the welcome screen."""

    TITLE = "payconsole"
    CSS_PATH = Path(__file__).parent / "styles.tcss"
    COMMANDS = {ConsoleCommands} | App.COMMANDS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Leave", show=False, priority=True, id="leave"),
    ]

    def __init__(self, source: Source | None) -> None:
        super().__init__()
        self.session: Session | None = None
        self.console_screen: ConsoleScreen | None = None
        self._source = source
        self._leaving = asyncio.Event()
        self._opened: asyncio.Task[None] | None = None

    def on_mount(self) -> None:
        if os.name == "posix":  # elsewhere the loop has no signal handlers
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._terminated)
        if self._source is None:
            from console.tui.screens.welcome import WelcomeScreen

            self.push_screen(WelcomeScreen(lambda: self._begin(DemoSource())))
        else:
            self._begin(self._source)

    def _terminated(self) -> None:
        """Leave the terminal as it was; what is under way is in the journal."""
        self.exit(return_code=128 + signal.SIGTERM)

    # --- the session -------------------------------------------------------------------------

    def _begin(self, source: Source) -> None:
        if self.console_screen is not None:
            return
        self.console_screen = ConsoleScreen(source)
        self.push_screen(self.console_screen)
        self.call_after_refresh(self._open_behind, source, self.console_screen)

    def _open_behind(self, source: Source, screen: ConsoleScreen) -> None:
        """The first screen stands: now the heavy things."""
        self._opened = asyncio.create_task(self._keep_open(source, screen))

    async def _keep_open(self, source: Source, screen: ConsoleScreen) -> None:
        """Open the session, hold it while the program runs, close it."""
        try:
            await asyncio.to_thread(_load_heavy)
            async with source.open(lambda text: _tell(screen, text)) as session:
                self.session = session
                screen.post_message(say.Opened(session))
                await self._leaving.wait()
        except Exception as error:
            said = say_open_failure(error) or Said(
                f"Unexpected fault ({type(error).__name__})", str(error)[:300],
                "Please report it.", "bad",
            )  # fmt: skip
            screen.post_message(say.OpenFailed(said))
        finally:
            self.session = None

    async def on_unmount(self) -> None:
        """Close what was opened; an action that was begun is in the journal."""
        self._leaving.set()
        if self._opened is not None:
            await asyncio.gather(self._opened, return_exceptions=True)

    # --- leaving -----------------------------------------------------------------------------

    async def action_quit(self) -> None:
        from console.tui.screens.leave import LeaveScreen

        if self.session is None or not self.session.engine.is_working:
            self._leave(True)
        elif not isinstance(self.screen, LeaveScreen):
            engine = self.session.engine
            await self.push_screen(LeaveScreen(lambda: engine.is_working), self._leave)

    def _leave(self, leave: bool | None) -> None:
        if not leave:
            return
        left = self.console_screen.standing.open if self.console_screen else ()
        working = self.session is not None and self.session.engine.is_working
        if left or working:
            names = ", ".join(f"{intent.id} ({intent.summary})" for intent in left)
            said = (
                f"Open intents: {names or 'the one that was being sent'}. The next start reads"
                " the order first, and asks you where it can't tell what happened."
            )
            self.exit(message=Text(clean(said)))
        else:
            self.exit()

    # --- the palette, and a crash ------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Theme and leaving; no screenshot, which would put buyer data into a file."""
        yield SystemCommand("change: theme", "Colours, also light ones", self.action_change_theme)
        yield SystemCommand("leave: payconsole", "Leave the program", self.action_quit)

    def _fatal_error(self) -> None:
        """A crash tells where, and nothing of what the variables held: one may be a key."""
        self.bell()
        error = sys.exc_info()[1]
        self._exit_renderables.append(Text(_crash_report(error)))
        self._close_messages_no_wait()


def _crash_report(error: BaseException | None) -> str:
    """Where it happened, without values: neither locals nor the exception's own text."""
    if error is None:
        return "payconsole stopped at a fault of its own."
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"  {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
             for frame in frames[-8:]]  # fmt: skip
    lines = [
        f"payconsole stopped at a fault of its own: {type(error).__name__}",
        *where,
        "Nothing is lost: the journal holds what was decided. Please report this.",
    ]
    return clean("\n".join(lines))


def _tell(screen: ConsoleScreen, text: str) -> None:
    screen.post_message(say.Opening(text))


def _load_heavy() -> None:
    """Import in a thread what the session and the jobs need, so that no key waits for it."""
    import httpx  # noqa: F401

    import console.tui.work  # noqa: F401


def run_demo() -> int:
    """The console against the embedded simulator."""
    return _run(PayConsole(DemoSource()))


def run_profile(name: str | None) -> int:
    """The console with a profile of this user, or the default one. Raises SettingsError."""
    from console.store.places import user_places
    from console.store.profiles import Profiles

    places = user_places()
    return _run(PayConsole(ProfileSource(Profiles(places).get(name), places)))


def run_welcome() -> int:
    """The first start: no profile yet."""
    return _run(PayConsole(None))


def _run(app: PayConsole) -> int:
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        print(NO_TERMINAL, file=sys.stderr)
        return 2
    app.run()
    return app.return_code or 0

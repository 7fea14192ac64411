"""The application: its screens, styles and events. Opening accounts, naming them in LIVE, locking
and leaving are parts with modules of their own.

Nothing heavy is imported here: the first screen stands before httpx, cryptography, keyring
and SQLAlchemy are loaded. A test in a process of its own keeps it so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen

from console.domain.language import N_, _, together
from console.store.places import Places, user_places
from console.store.profiles import Profiles
from console.store.screen_settings import Read
from console.tui import garbage
from console.tui.accounts import Accounts
from console.tui.appearance import Appearance, read_settings, speak_as_set
from console.tui.commands import CHANGES, ConsoleCommands, Palette
from console.tui.fault import GuardedApp
from console.tui.idle import SECONDS, Clock
from console.tui.keyboard import Keyboard, Passed
from console.tui.leaving import Leaving
from console.tui.locking import OPEN, Locking
from console.tui.messages import Said
from console.tui.mouse import clicked
from console.tui.naming import Naming
from console.tui.opening import DemoSource, ProfileSource, Source
from console.tui.room import Room
from console.tui.screens.console import ConsoleScreen
from console.tui.widgets.search import CleanInput, SearchInput, holds_private_key

if TYPE_CHECKING:
    from console.session import Session

STYLES: Final = Path(__file__).parent / "styles.tcss"
DIALOGS: Final = Path(__file__).parent / "dialogs.tcss"
SEND: Final = "send"  # the group of the workers that carry out what was confirmed
IDLE_LOOK: Final = 1.0  # seconds between two looks at the idle time

NO_TERMINAL = (
    "payconsole: the screen needs a terminal. Without one use the command line:"
    " payconsole lookup ID, payconsole refund ID --amount …, payconsole --help."
)


class _Ground(Screen[None]):
    """What all screens lie on. Never seen, so never painted: that would take as long as painting
    the first one that is. It is as new as the style sheet, or that would be parsed anew.
    """

    def __init__(self) -> None:
        super().__init__(id="_default")
        self._css_update_count = 0

    def _compositor_refresh(self) -> None:
        self._dirty_widgets.clear()


class PayConsole(GuardedApp):
    """One session and the console screen over it; without a source, the welcome screen.

    `places` is where the profiles are, `clock` gives seconds for the idle time. `settings` are
    those of the screen; without them it is English and in UTC. `zone` is the operator's, None
    that of the machine. The locked console is a stack of screens of its own, so that nothing
    behind it gets a key.
    """

    TITLE = "payconsole"
    CSS_PATH = STYLES
    COMMANDS = {ConsoleCommands}  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    MODES = {OPEN: _Ground}  # noqa: RUF012
    DEFAULT_MODE = OPEN
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", N_("Leave"), show=False, priority=True, id="general.leave"),
        Binding("ctrl+l", "lock", N_("Lock"), show=False, priority=True, id="general.lock"),
        Binding(
            "ctrl+z",
            "suspend_process",
            N_("Suspend"),
            show=False,
            priority=True,
            id="general.suspend",
        ),
    ]

    def __init__(
        self,
        source: Source | None,
        places: Places | None = None,
        *,
        clock: Clock = SECONDS,
        settings: Read | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self.places = places or user_places()
        self.appearance = Appearance(self, self.places, settings, zone)
        self.room = Room(self)
        self.keyboard = Keyboard(self, self._typed)
        self.session: Session | None = None
        self.console_screen: ConsoleScreen | None = None
        self.source = source
        self.locking = Locking(self, clock)
        self.accounts = Accounts(self)
        self.naming = Naming(self)
        self.leaving = Leaving(self)

    def on_mount(self) -> None:
        if os.name == "posix":  # elsewhere the loop has no signal handlers
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self._terminated, number)
        self.set_interval(IDLE_LOOK, self._look_at_the_clock)
        self.room.fit()
        if self.source is None:
            from console.tui.screens.welcome import WelcomeScreen

            demo = partial(self.accounts.begin, DemoSource())
            self.push_screen(WelcomeScreen(self.accounts.connect, demo))
            self.call_after_refresh(garbage.begin)
        else:
            self.accounts.begin(self.source)
        if self.appearance.problems:
            self.call_after_refresh(self._say_wrong_settings)

    def _look_at_the_clock(self) -> None:
        self.locking.look_at_the_clock()
        garbage.look(self.locking.quiet)

    def on_resize(self) -> None:
        self.call_after_refresh(self.room.fit)

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """Of every screen that comes up. What lies over the console has its own rules; with those
        that are there before the first layout, nothing is styled and laid out twice.
        """
        if not isinstance(screen, ConsoleScreen | _Ground):
            self.style_dialogs()
        self.room.class_by_size(screen)
        super()._load_screen_css(screen)

    def style_dialogs(self) -> None:
        if not self.stylesheet.has_source(str(DIALOGS)):
            self.stylesheet.read(DIALOGS)
            self.stylesheet.parse()

    @property
    def is_demo(self) -> bool:
        return self.source is not None and self.source.is_demo

    @property
    def is_sending(self) -> bool:
        """Whether something that was confirmed is under way, cooling included."""
        working = self.session is not None and self.session.engine.is_working
        return working or any(
            worker.group == SEND and not worker.is_finished for worker in self.workers
        )

    def say(self, said: Said) -> None:
        """Tell it in the console, where one is shown."""
        if self.console_screen is not None:
            self.console_screen.say(said)
        else:
            text = _("{title}. {text}", title=said.title, text=said.text)
            self.notify(text, markup=False)

    def push_screen(
        self,
        screen: Screen[Any] | str,
        callback: Callable[[Any], Any] | None = None,
        wait_for_dismiss: bool = False,
        *,
        mode: str | None = None,
    ) -> Any:
        """The one way to any dialog: what can send is opened once the account was named.

        While the console is locked, what comes up behind it stays behind it.
        """
        session = self.session
        if session is not None and not self.naming.may_send(session.profile) and _can_send(screen):
            return self.naming.ask(
                session.profile,
                lambda: self.push_screen(screen, callback),
                lambda: callback(None) if callback is not None else None,
            )
        if mode is None and self.is_locked and not _is_leaving(screen):
            mode = OPEN
        push: Any = super().push_screen  # its overloads tell a literal True from False
        pushed = push(screen, callback, wait_for_dismiss, mode=mode)
        self.call_later(self.room.fit)
        return pushed

    async def on_event(self, event: events.Event) -> None:
        """Some keys are for nobody: those that come too late, and those for what can't be seen."""
        if self.locking.comes_too_late(event) or self.room.takes(event):
            return
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.keyboard.take(event)
        else:
            await super().on_event(event)

    async def _typed(self, event: events.Event) -> None:
        if _holds_key(event) and self._shows_pastes:
            self.say(Said(_("That was a private key"), _("It was not shown and not kept.")))
        else:
            await super().on_event(event)

    def on_passed(self, mark: Passed) -> None:
        self.keyboard.passed(mark)

    @property
    def _shows_pastes(self) -> bool:
        """Whether a paste would stand on the screen. The search and connecting refuse keys
        themselves, or take them unseen.
        """
        plain = isinstance(self.focused, CleanInput) and not isinstance(self.focused, SearchInput)
        connecting = bool(self.screen.query(".connect, .connect-page"))
        return (plain and not connecting) or isinstance(self.screen, CommandPalette)

    async def on_click(self, event: events.Click) -> None:
        await clicked(self, event)

    # --- locking -------------------------------------------------------------------------------

    @property
    def is_locked(self) -> bool:
        return self.locking.is_locked

    def action_lock(self) -> None:
        against = self.locking.lock_by_hand()
        if against is not None:
            self.say(against)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On the locked console leaving is all that can be done."""
        if action in ("command_palette", "lock") and self.is_locked:
            return False
        return super().check_action(action, parameters)

    # --- leaving, and being suspended ----------------------------------------------------------

    async def action_quit(self) -> None:
        await self.leaving.ask()

    async def on_unmount(self) -> None:
        await self.accounts.close()

    def _terminated(self, number: int) -> None:
        """Leave the terminal as it was; what is under way is in the journal."""
        self.exit(return_code=128 + number)

    def left_open(self) -> str:
        return self.leaving.left_open()

    def can_close(self, screen: Screen[Any]) -> bool:
        """All but the first screens of a stack, below which nothing is."""
        first = self.screen_stack[: 1 if self.is_locked else 2]
        return screen is not self.console_screen and screen not in first

    def action_suspend_process(self) -> None:
        """Give the shell the terminal; not while a request is under way, which would wait too."""
        if os.name != "posix" or os.getpgrp() == os.getsid(0):
            said = _("Nothing is behind payconsole that could bring it back.")
            self.say(Said(_("Suspend: not here"), said))
        elif self.is_sending:
            said = _("A request is under way.")
            hint = _("Wait until its outcome is known.")
            self.say(Said(_("Suspend: not now"), said, hint, "waiting"))
        else:
            super().action_suspend_process()

    # --- the palette --------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            # Without the id that Textual gives it: the one before may still be there, being left.
            self.push_screen(Palette(placeholder=_("Search for commands…")))

    def show_settings(self, at: str | None = None) -> None:
        """The settings of the screen, `at` one of them."""
        from console.tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self.appearance, self.locking, at))

    def _say_wrong_settings(self) -> None:
        """What in the settings can't be used; the rest of them holds."""
        hint = _("Mend the file; what is wrong in it is left out.")
        problems = together(*self.appearance.problems)
        self.say(Said(_("A setting can't be used"), problems, hint, "warning"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Settings and leaving; no screenshot, which would put buyer data into a file."""
        if self.is_locked:
            return
        for name, tooltip, run in (
            (N_("lock: the console"), N_("Hide everything, drop the key"), self.action_lock),
            (N_("leave: payconsole"), N_("Leave the program"), self.action_quit),
        ):
            yield SystemCommand(_(name), _(tooltip), run)
        for setting, (name, tooltip) in CHANGES.items():
            yield SystemCommand(_(name), _(tooltip), partial(self.show_settings, setting))


def _holds_key(event: events.Event) -> bool:
    return isinstance(event, events.Paste) and holds_private_key(event.text)


def _is_leaving(screen: Screen[Any] | str) -> bool:
    from console.tui.screens.leave import LeaveScreen

    return isinstance(screen, LeaveScreen)


def _can_send(screen: Screen[Any] | str) -> bool:
    """The dialogs from which a request that writes can go out."""
    from console.tui.screens.action import ActionDialog
    from console.tui.screens.batch import BatchScreen

    return isinstance(screen, ActionDialog | BatchScreen)


def run_demo() -> int:
    """The console against the embedded simulator."""
    places = user_places()
    return _run(PayConsole(DemoSource(), places, settings=_settings(places)))


def run_profile(name: str | None) -> int:
    """The console with a profile of this user, or the default one. Raises SettingsError."""
    places = user_places()
    source = ProfileSource(Profiles(places).get(name), places)
    return _run(PayConsole(source, places, settings=_settings(places)))


def run_welcome() -> int:
    """The first start: no profile yet."""
    places = user_places()
    return _run(PayConsole(None, places, settings=_settings(places)))


def _settings(places: Places) -> Read:
    """The settings of the screen; from here on its language is spoken."""
    return speak_as_set(read_settings(places), os.environ)


def _run(app: PayConsole) -> int:
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        print(NO_TERMINAL, file=sys.stderr)
        return 2
    try:
        app.run()
    except Exception as error:  # beyond what could be told on the screen
        print(app.faults.last_words(error), file=sys.stderr)
        return 1
    return app.return_code or 0

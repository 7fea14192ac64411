"""Which account is open: opened behind the first screen, changed for another, closed at the end."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkerError

from console.domain.language import _
from console.store.profiles import Profile, Profiles, SettingsError
from console.tui import garbage
from console.tui import messages as say
from console.tui.fault import kind_and_place
from console.tui.messages import Said
from console.tui.naming import hold_back
from console.tui.opening import ProfileSource, Source, say_open_failure
from console.tui.screens.console import ConsoleScreen

if TYPE_CHECKING:
    from console.tui.app import PayConsole


class Accounts:
    """Opens one account of a console at a time."""

    def __init__(self, app: PayConsole) -> None:
        self._app = app
        self._leaving = asyncio.Event()
        self._opened: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None
        self._passphrase: asyncio.Future[str | None] | None = None

    @property
    def is_switching(self) -> bool:
        return self._switching is not None

    # --- opening and closing -----------------------------------------------------------------

    def begin(self, source: Source) -> None:
        """Show an account's console at once, and open the account behind it."""
        app = self._app
        if app.console_screen is not None:
            return
        app.source = source
        self._leaving = asyncio.Event()
        app.console_screen = ConsoleScreen(source)
        app.push_screen(app.console_screen)
        app.call_after_refresh(self._open_behind, source, app.console_screen)

    def _open_behind(self, source: Source, screen: ConsoleScreen) -> None:
        """The first screen stands: now the heavy things."""
        self._app.style_dialogs()
        self._opened = asyncio.create_task(self._keep_open(source, screen))

    async def _keep_open(self, source: Source, screen: ConsoleScreen) -> None:
        """Open the session, hold it while the program runs, close it."""
        app = self._app
        try:
            await asyncio.to_thread(_load_heavy)
            tell = partial(_tell, screen)
            async with source.open(tell, self.ask_passphrase) as session:
                await app.locking.read_limit()
                if not app.naming.may_send(session.profile):
                    hold_back(session)
                app.session = session
                screen.post_message(say.Opened(session))
                await self._leaving.wait()
        except Exception as error:
            # Of a fault of ours only its kind and place: its text may hold what it stumbled over.
            said = say_open_failure(error) or Said(
                _("The account can't be opened"),
                _("A fault of ours: {fault}", fault=kind_and_place(error)),
                _("Please report it."),
                "bad",
            )
            screen.post_message(say.OpenFailed(said))
        finally:
            app.session = None

    async def ask_passphrase(self, said: str) -> str | None:
        """Ask in a dialog; None where it is not given, or the program is left meanwhile."""
        from console.tui.screens.passphrase import PassphraseScreen

        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._passphrase = answer

        def typed(passphrase: str | None) -> None:
            if not answer.done():
                answer.set_result(passphrase)

        self._app.push_screen(PassphraseScreen(said), typed)
        return await answer

    async def close(self) -> None:
        """Close what was opened; an action that was begun is in the journal."""
        if self._passphrase is not None and not self._passphrase.done():
            self._passphrase.set_result(None)
        self._leaving.set()
        if self._app.session is None and self._opened is not None:
            self._opened.cancel()  # a keyring that doesn't answer holds nobody up
        tasks = [task for task in (self._switching, self._opened) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- another account ---------------------------------------------------------------------

    def show(self) -> None:
        """The list of accounts; what is chosen there is opened."""
        self._app.run_worker(self._show(), group="profiles", exit_on_error=False)

    async def _show(self) -> None:
        from console.tui.screens.profiles import CONNECT, ProfilesScreen, read_profiles

        app = self._app
        try:
            listed = await asyncio.to_thread(read_profiles, app.places)
        except SettingsError as error:
            app.say(Said(_("The profiles can't be read"), str(error), _("Mend the file."), "bad"))
            return
        session, demo = app.session, app.is_demo
        current = session.profile.name if session is not None and not demo else None

        def chosen(answer: Profile | str | None) -> None:
            if answer == CONNECT:
                self.connect()
            elif isinstance(answer, Profile):
                self.switch_to(answer)

        app.push_screen(ProfilesScreen(listed, current, self.ask_passphrase, demo=demo), chosen)

    def connect(self) -> None:
        """Connect another account; it is opened once it is connected."""
        from console.tui.screens.connect import ConnectScreen

        self._app.push_screen(ConnectScreen(self._app.places), self._connected)

    def _connected(self, name: str | None) -> None:
        if name is not None:
            opening = self._open_connected(name)
            self._app.run_worker(opening, group="profiles", exit_on_error=False)

    async def _open_connected(self, name: str) -> None:
        app = self._app
        try:
            profile = await asyncio.to_thread(Profiles(app.places).get, name)
        except SettingsError as error:
            app.say(Said(_("The profile can't be read"), str(error), _("Mend the file."), "bad"))
        else:
            self._open(profile)

    def switch_to(self, profile: Profile) -> None:
        """Close this account in good order and open the other one; a live one is named first."""
        against, naming = self._against_switching(profile), self._app.naming
        if against is not None:
            self._app.say(against)
        elif naming.may_send(profile):
            self._open(profile)
        else:
            naming.ask(profile, lambda: self._open(profile), lambda: None, switching=True)

    def _against_switching(self, profile: Profile) -> Said | None:
        session = self._app.session
        opening = self._opened is not None and not self._opened.done()
        if self._app.is_sending:
            return Said(_("Another account: not now"), _("A request is under way."),
                        _("Wait until its outcome is known."), "waiting")  # fmt: skip
        if self.is_switching or (session is None and opening):
            return Said(_("Another account: not now"), _("One is still being opened."),
                        _("Wait until it is open."), "waiting")  # fmt: skip
        if session is not None and session.profile == profile:
            said = _("{account} is the account that is open.", account=profile.title)
            return Said(_("It is open"), said)
        return None

    def _open(self, profile: Profile) -> None:
        against = self._against_switching(profile)
        if against is not None:
            self._app.say(against)
            return
        source = ProfileSource(profile, self._app.places)
        self._switching = asyncio.create_task(self._change(source))

    async def _change(self, source: Source) -> None:
        """One account leaves the program with everything that was shown of it."""
        app = self._app
        try:
            old, app.console_screen = app.console_screen, None
            if old is not None:
                old.work = None  # nothing is begun in it any more
                await self._end_jobs()
                self._leaving.set()
                if self._opened is not None:
                    await self._opened
                while old in app.screen_stack:
                    await app.pop_screen()
            self.begin(source)
        finally:
            self._switching = None

    async def _end_jobs(self) -> None:
        """End what looks and watches in the background; nothing is being sent."""
        jobs = [worker for worker in self._app.workers if worker.node is self._app]
        for job in jobs:
            job.cancel()
        for job in jobs:
            with contextlib.suppress(WorkerError):
                await job.wait()


def _tell(screen: ConsoleScreen, text: str) -> None:
    screen.post_message(say.Opening(text))


def _load_heavy() -> None:
    """Import in a thread what the session and the jobs need, so that no key waits for it."""
    try:
        import httpx  # noqa: F401

        import console.domain.since
        import console.tui.work  # noqa: F401
        from console.tui.screens import action, copying, fault, help, leave, lock, notes, settings  # noqa: F401
        from console.tui.widgets import details, explained, head, side_by_side, transactions  # noqa: F401
    finally:
        garbage.begin()

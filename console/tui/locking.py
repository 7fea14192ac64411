"""Locking the console: everything is hidden and the key is dropped until it is got again.

The locked console is a stack of screens of its own, so that nothing behind it gets a key.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import events
from textual.widgets import Input

from console.domain.language import _
from console.store.places import Places
from console.store.profiles import LOCK_MINUTES, Profiles, SettingsError
from console.tui.idle import Clock, Idle
from console.tui.messages import Said
from console.tui.opening import Source

if TYPE_CHECKING:
    from console.amazon.signing import Signer
    from console.tui.app import PayConsole

OPEN: Final = "open"  # the stack of screens that can be seen
LOCKED: Final = "locked"  # the stack that hides it
# Fields whose text lets something be sent.
_CONFIRMING: Final = frozenset({"phrase", "above", "disputed", "word-input"})


class Locking:
    """Locks one console, by hand or after its idle time, and unlocks it."""

    def __init__(self, app: PayConsole, clock: Clock) -> None:
        self._app = app
        self._idle = Idle(clock)

    @property
    def is_locked(self) -> bool:
        return self._app.current_mode == LOCKED

    @property
    def quiet(self) -> float:
        """Seconds since the last key, mouse or paste."""
        return self._idle.seconds

    async def read_limit(self) -> None:
        """Begin to count the idle time of the settings."""
        self._idle.limit = await asyncio.to_thread(_lock_seconds, self._app.places)
        self._idle.touch()

    @property
    def minutes(self) -> float:
        """The idle time as it was read last; 0 is never."""
        return self._idle.limit / 60

    async def change_limit(self, minutes: float | None) -> None:
        """Write another idle time, None the default, and count by it. Raises SettingsError."""
        await asyncio.to_thread(Profiles(self._app.places).change_lock_minutes, minutes)
        await self.read_limit()

    def comes_too_late(self, event: events.Event) -> bool:
        """Whether this key, click or paste found the idle time over: then it is for nobody."""
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            return False
        late = self._idle.is_too_long and not self.is_locked
        self._idle.touch()
        return late and self.lock()

    def look_at_the_clock(self) -> None:
        if self._idle.is_too_long:
            self.lock()
        if self.is_locked:
            self._drop_key()

    def lock_by_hand(self) -> Said | None:
        """Lock, or say why there is nothing to lock."""
        if self._app.session is None:
            said = _("No account is open: nothing is shown of one.")
            return Said(_("Lock: not now"), said)
        self.lock()
        return None

    def lock(self) -> bool:
        """Hide everything and drop the key; whether there was something to lock.

        Dialogs stay as they are behind it, but what was typed to confirm, and any passphrase,
        is gone: it has to be typed again, above a plan that is read again before it is sent.
        """
        from console.tui.screens.lock import LockScreen

        app = self._app
        source, console = app.source, app.console_screen
        if app.session is None or self.is_locked or source is None or console is None:
            return False
        for screen in app.screen_stack:
            for field in screen.query(Input):
                if field.password or field.id in _CONFIRMING:
                    field.value = ""
        app.keyboard.forget()
        console.pause()
        demo = source.is_demo
        app.add_mode(LOCKED, lambda: LockScreen(self._unlock, self._holds_key, demo=demo))
        app.switch_mode(LOCKED)
        app.call_later(app.room.fit)
        self._drop_key()
        return True

    def _holds_key(self) -> bool:
        """Whether the key can't be dropped yet: what was confirmed goes on to its end."""
        session, source = self._app.session, self._app.source
        if session is None or source is None or not source.drops_key:
            return False
        return session.client.has_key and self._app.is_sending

    def _drop_key(self) -> None:
        from console.tui.screens.lock import LockScreen

        session, source = self._app.session, self._app.source
        if session is None or source is None or not source.drops_key:
            return
        if session.client.has_key and not self._app.is_sending:
            session.client.forget_key()
            if isinstance(self._app.screen, LockScreen) and self._app.screen.is_mounted:
                self._app.screen.still_locked()

    async def _unlock(self, passphrase: str | None) -> None:
        """Get the key again and end the lock. Raises what `load_key` raises."""
        session, source = self._app.session, self._app.source
        signer: Signer | None = None
        if session is not None and source is not None and source.drops_key:
            from console.store.credentials import in_own_thread

            key_id = session.profile.public_key_id
            signer = await in_own_thread(_signer, source, passphrase, key_id)
        self._app.call_later(self._end, signer)

    def _end(self, signer: Signer | None) -> None:
        """In one step: while it is locked, a key that is there is dropped."""
        app = self._app
        if not self.is_locked:
            return
        self._idle.touch()
        app.switch_mode(OPEN)
        app.call_later(app.room.fit)
        if signer is not None and app.session is not None:
            app.session.client.use_key(signer)
        app.remove_mode(LOCKED)
        if app.console_screen is not None:
            app.console_screen.go_on()


def _lock_seconds(places: Places) -> float:
    """The idle time of the settings; the default where they can't be read, which is told there."""
    try:
        return Profiles(places).lock_minutes() * 60
    except SettingsError:
        return LOCK_MINUTES * 60


def _signer(source: Source, passphrase: str | None, key_id: str) -> Signer:
    from console.amazon.signing import Signer

    return Signer(source.key(passphrase), key_id)

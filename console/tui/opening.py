"""Where a session comes from: the demo, or a profile whose key is in the keyring.

The first screen stands before any of this is opened, so nothing heavy is imported above.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from console.domain.language import _, many, together
from console.store.places import Places
from console.store.profiles import Profile
from console.tui import keymap
from console.tui.messages import Said

if TYPE_CHECKING:
    from console.session import Session

Tell = Callable[[str], None]
Ask = Callable[[str], Awaitable[str | None]]  # for a passphrase; None: it is not given

TRIES: Final = 3  # with a passphrase


class Source(Protocol):
    """What can open a session; the words for the header are known before it is open.

    `is_demo`: nothing is real, and all that was done is forgotten when it is left.
    `drops_key` is whether the key is forgotten while the console is locked; then `key` gets it
    again, as PEM. It blocks, and raises what `load_key` raises.
    """

    @property
    def title(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def environment(self) -> str: ...

    @property
    def colour(self) -> str | None: ...

    @property
    def is_demo(self) -> bool: ...

    @property
    def drops_key(self) -> bool: ...

    def key(self, passphrase: str | None) -> bytes: ...

    def open(self, tell: Tell, ask: Ask) -> AbstractAsyncContextManager[Session]: ...


class DemoSource(NamedTuple):
    """The embedded simulator."""

    region: str = "na"
    environment: str = "sandbox"
    colour: str | None = None
    is_demo: bool = True
    drops_key: bool = False

    @property
    def title(self) -> str:
        return _("Demo store")

    def key(self, passphrase: str | None) -> bytes:
        """Never needed: the demo's key protects nothing, and no keyring has it."""
        raise NotImplementedError

    @asynccontextmanager
    async def open(self, tell: Tell, ask: Ask) -> AsyncIterator[Session]:
        from console.demo import open_demo

        tell(_("Starting an Amazon Pay of our own for the demo"))
        async with open_demo() as session:
            yield session


class ProfileSource(NamedTuple):
    """A profile of this user."""

    profile: Profile
    places: Places

    @property
    def title(self) -> str:
        return self.profile.title

    @property
    def region(self) -> str:
        return self.profile.region

    @property
    def environment(self) -> str:
        return self.profile.environment

    @property
    def colour(self) -> str | None:
        return self.profile.colour

    @property
    def is_demo(self) -> bool:
        return False

    @property
    def drops_key(self) -> bool:
        return True

    def key(self, passphrase: str | None) -> bytes:
        from console.store.credentials import load_key

        return load_key(self.profile, passphrase)

    @asynccontextmanager
    async def open(self, tell: Tell, ask: Ask) -> AsyncIterator[Session]:
        from console.session import open_session

        tell(_("Waiting for the keyring; it may be asking for its password in another window"))
        pem = await key_of(self.key, ask)
        tell(_("Opening the journal"))
        opening = open_session(self.profile, pem, self.places)
        del pem  # while the console is locked, nothing of it may be in memory
        async with opening as session:
            yield session


async def key_of(load: Callable[[str | None], bytes], ask: Ask) -> bytes:
    """What `load` gives, with the passphrase where it needs one: three tries, off the event loop.

    Raises PassphraseNeeded where none is given, and everything else that `load` raises.
    """
    from console.keys import WrongPassphrase
    from console.store.credentials import PassphraseNeeded, in_own_thread

    try:
        return await in_own_thread(load, None)
    except PassphraseNeeded as error:
        needed = error
    said = str(needed)
    for left in range(TRIES - 1, -1, -1):
        passphrase = await ask(said)
        if passphrase is None:
            raise needed
        try:
            return await in_own_thread(load, passphrase)
        except WrongPassphrase as error:
            if not left:
                raise
            more = many("{count} more try.", "{count} more tries.", left)
            said = together(str(error), more)
    raise needed


def say_open_failure(error: Exception) -> Said | None:
    """What is said where a session can't be opened; None for a fault of ours.

    An error's own hint is better than ours: it knows more.
    """
    from console.amazon.endpoints import AccountError
    from console.keys import KeyUnusable, WrongPassphrase
    from console.store.credentials import PassphraseNeeded
    from console.store.database import StoreFailed
    from console.store.decisions import JournalBroken
    from console.store.profiles import SettingsError
    from console.store.vault import CredentialsError

    if isinstance(error, StoreFailed):
        return Said(_("The data can't be used"), str(error), error.hint, "bad")
    again = _(
        "{key} lists the accounts: choose it again to be asked once more.",
        key=keymap.written("general.accounts"),
    )
    hints: dict[type[Exception], tuple[str, str]] = {
        PassphraseNeeded: (_("The key stays closed"), again),
        WrongPassphrase: (_("The key stays closed"), again),
        CredentialsError: (
            _("The key can't be had"),
            _("`payconsole profile list` shows the profiles."),
        ),
        KeyUnusable: (
            _("The key can't be used"),
            _("Add the profile again with the right key file."),
        ),
        AccountError: (_("The profile can't be used"), _("Mend it in the settings file.")),
        SettingsError: (_("The settings can't be used"), _("Mend the file that is named.")),
        JournalBroken: (
            _("The journal can't be opened"),
            _("Nothing can be done without it. Keep the file; `payconsole journal verify`."),
        ),
    }
    for kind, (title, hint) in hints.items():
        if isinstance(error, kind):
            own: str | None = getattr(error, "hint", None)
            return Said(title, str(error), own or hint, "bad")
    return None

"""Where a session comes from: the demo, or a profile whose key is in the keyring.

The first screen stands before any of this is opened, so nothing heavy is imported above.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from console.session import Session, open_session
from console.store.places import Places
from console.store.profiles import Profile
from console.tui.messages import Said

Tell = Callable[[str], None]


class Source(Protocol):
    """What can open a session; the three words are known before it is open."""

    @property
    def title(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def environment(self) -> str: ...

    def open(self, tell: Tell) -> AbstractAsyncContextManager[Session]: ...


@dataclass(frozen=True)
class DemoSource:
    """The embedded simulator."""

    title: str = "Demo store"
    region: str = "na"
    environment: str = "sandbox"

    @asynccontextmanager
    async def open(self, tell: Tell) -> AsyncIterator[Session]:
        from console.demo import open_demo

        tell("Starting an Amazon Pay of our own for the demo")
        async with open_demo() as session:
            yield session


@dataclass(frozen=True)
class ProfileSource:
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

    @asynccontextmanager
    async def open(self, tell: Tell) -> AsyncIterator[Session]:
        from console.store.credentials import load_key

        tell("Waiting for the keyring; it may be asking for its password in another window")
        pem = await asyncio.to_thread(load_key, self.profile)
        tell("Opening the journal")
        async with open_session(self.profile, pem, self.places) as session:
            yield session


def say_open_failure(error: Exception) -> Said | None:
    """What is said where a session can't be opened; None for a fault of ours."""
    from console.amazon.endpoints import AccountError
    from console.amazon.signing import KeyUnusable
    from console.store.credentials import CredentialsError
    from console.store.database import StoreFailed
    from console.store.decisions import JournalBroken
    from console.store.profiles import SettingsError

    if isinstance(error, StoreFailed):
        return Said("The data can't be used", str(error), error.hint, "bad")
    hints: dict[type[Exception], tuple[str, str]] = {
        CredentialsError: ("The key can't be had", "`payconsole profile list` shows the profiles."),
        KeyUnusable: ("The key can't be used", "Add the profile again with the right key file."),
        AccountError: ("The profile can't be used", "Mend it in the settings file."),
        SettingsError: ("The settings can't be used", "Mend the file that is named."),
        JournalBroken: (
            "The journal can't be opened",
            "Nothing can be done without it. Keep the file; `payconsole journal verify`.",
        ),
    }
    for kind, (title, hint) in hints.items():
        if isinstance(error, kind):
            return Said(title, str(error), hint, "bad")
    return None

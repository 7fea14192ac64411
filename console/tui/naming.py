"""LIVE needs the account's name typed once in a session, before anything can be sent.

The engine itself holds everything back until then, whichever screen is the door: its policy is
`Unnamed`. Reading stays free.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from console.domain.language import N_, _
from console.domain.policy import Policy
from console.domain.text import clean_line
from console.tui.locking import OPEN

if TYPE_CHECKING:
    from console.session import Session
    from console.store.profiles import Profile
    from console.tui.app import PayConsole

NOT_NAMED = N_(
    "In LIVE nothing is sent before the account's name was typed, once in a session. Press the"
    " action's key again and type it."
)


class Unnamed(Policy):
    """A profile's policy while its name was not typed: nothing may be sent."""

    def against_sending(self) -> str | None:
        return super().against_sending() or _(NOT_NAMED)


def hold_back(session: Session) -> None:
    """Let the session's engine send nothing until `let_go`."""
    policy = session.profile.policy
    values = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    session.engine.policy = Unnamed(**values)


def let_go(session: Session) -> None:
    session.engine.policy = session.profile.policy


class Naming:
    """Which live profiles were named in this run of one console; asks for a name once."""

    def __init__(self, app: PayConsole) -> None:
        self._app = app
        self._named: set[str] = set()

    def may_send(self, profile: Profile) -> bool:
        """Whether nothing has to be typed before this account may be acted on."""
        return profile.environment != "live" or profile.name in self._named

    def when_named(self, then: Callable[[], object], instead: Callable[[], object]) -> None:
        """Do `then`, in LIVE once the name of the open account was typed; else `instead`."""
        session = self._app.session
        if session is None or self.may_send(session.profile):
            then()
        else:
            self.ask(session.profile, then, instead)

    def ask(
        self,
        profile: Profile,
        then: Callable[[], object],
        instead: Callable[[], object],
        *,
        switching: bool = False,
    ) -> Any:
        """Ask for the name of `profile`, and do `then` once it is typed, else `instead`.

        `switching` is whether another account is to be opened by it.
        """
        from console.tui.screens.profiles import NameScreen

        def answered(named: bool | None) -> None:
            if not named:
                instead()
                return
            self._named.add(profile.name)
            session = self._app.session
            if session is not None and session.profile == profile:
                let_go(session)
            then()

        screen = NameScreen(profile, switching=switching)
        return self._app.push_screen(screen, answered, mode=OPEN)


def is_named_by(profile: Profile, typed: str) -> bool:
    """Whether `typed` is the account's title as the header shows it; case and blanks are free."""
    return bool(_plain(typed)) and _plain(typed) == _plain(clean_line(profile.title))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

"""One at a time: a lock for what two processes of the same user must not do at once."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.store.places import private_folder

_POLL: Final = 0.05  # seconds
# What there are turns for -> what is said of a turn that doesn't come.
_STILL_WRITING: Final = {
    "keyring": N_("Another payconsole, or an earlier try, is still writing to the keyring."),
    "accounts": N_("Another payconsole, or an earlier try, is still writing to the accounts."),
}


class TurnError(Exception):
    """It is another one's turn, or there is no place for the lock."""


class Turn:
    """The turn `name` of this user, held from now until `end`, or until the process ends.

    `name` is of `_STILL_WRITING`. It is per user and not per installation, as the keyring is.
    Waits up to `seconds`; raises TurnError. The lock is the system's on an empty file, so a
    crash leaves nothing behind.
    """

    def __init__(self, name: str, seconds: float) -> None:
        path = _folder() / f"{name}.lock"
        try:
            private_folder(path.parent)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            where = clean_line(str(path), 300)
            raise TurnError(
                _("The lock {file} can't be opened: {why}.", file=where, why=error.strerror)
            ) from None
        try:
            self._wait(name, time.monotonic() + seconds)
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        os.close(self._file)

    def _wait(self, name: str, until: float) -> None:
        while not _taken(self._file):
            if time.monotonic() >= until:
                raise TurnError(_(_STILL_WRITING[name]))
            time.sleep(_POLL)


def _folder() -> Path:
    """The session's folder of this user; where there is none, one in that for temporary files."""
    user = str(os.getuid()) if sys.platform != "win32" else "user"
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"payconsole-{user}"


if sys.platform == "win32":
    import msvcrt

    def _taken(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

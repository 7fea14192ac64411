"""A keyring for processes of their own: small, in a file, and slow between two entries."""

from __future__ import annotations

import time

from keyring.errors import PasswordSetError

from tests.cli.keyring_in_a_file import FileKeyring
from tests.settings.vaults import ROOM


class SmallFileKeyring(FileKeyring):
    priority = 0  # never chosen by itself

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > ROOM:
            raise PasswordSetError("too long")
        time.sleep(0.01)
        super().set_password(service, username, password)


class TalkativeKeyring(FileKeyring):
    """Repeats what it was given when it fails."""

    priority = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(f"could not store {password!r}")

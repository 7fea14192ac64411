"""Keyrings as they are on other systems: keyring's own backends over stand-ins of what they call.

`Steps` is where a test stops, hangs or refuses: it is asked before each single thing that the
system is told to do, as between two of them a process can end.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

import keyring.backend
import pytest
from keyring.backends import Windows, kwallet, macOS
from keyring.errors import KeyringLocked, PasswordSetError

ROOM: Final = 1280


class Ended(BaseException):
    """The process ended here: nothing after this happens."""


@dataclass
class Steps:
    """Counts what the system is told to do, and lets a test come between."""

    count: int = 0
    before: Callable[[int], None] = lambda number: None

    def take(self) -> None:
        self.count += 1
        self.before(self.count)

    def end_at(self, number: int) -> None:
        """The process ends before step `number`, counted from now, and does nothing after it."""
        self.count = 0

        def end(now: int) -> None:
            if now >= number:
                raise Ended

        self.before = end

    def go_on(self) -> None:
        self.before = lambda number: None


class Memory(keyring.backend.KeyringBackend):
    """Keeps what it is given. keyring itself must never choose it."""

    priority = -10

    def __init__(self) -> None:
        self.steps = Steps()
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        self.steps.take()
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.steps.take()
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.steps.take()
        del self.kept[username]


class Cutting(Memory):
    """Cuts what it has no room for, and says nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:ROOM])


class Refusing(Memory):
    """Refuses what it has no room for."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > ROOM:
            raise PasswordSetError("too long")
        super().set_password(service, username, password)


class Locked(Memory):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


class Talkative(Memory):
    """Repeats what it was given when it fails."""

    def __init__(self, say: Callable[[str], str]) -> None:
        super().__init__()
        self.say = say

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(f"could not store {self.say(password)}")


SAYING: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "as Python writes it": repr,
    "in bytes": lambda text: repr(text.encode()),
    "in part": lambda text: text.splitlines()[3][10:30] if "\n" in text else text,
    "in Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in hex": lambda text: text.encode().hex(),
}


# --- Windows -------------------------------------------------------------------------------------


class WindowsError_(Exception):
    """pywintypes.error."""

    def __init__(self, winerror: int, funcname: str, strerror: str) -> None:
        super().__init__(winerror, funcname, strerror)
        self.winerror, self.funcname, self.strerror = winerror, funcname, strerror


@dataclass
class CredentialManager:
    """win32cred: one entry for a target, and 2,560 bytes in each."""

    steps: Steps = field(default_factory=Steps)
    kept: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    CRED_TYPE_GENERIC: int = 1
    CRED_PERSIST_ENTERPRISE: int = 3

    def CredRead(self, Type: int, TargetName: str) -> dict[str, Any]:
        self.steps.take()
        if TargetName not in self.kept:
            raise WindowsError_(1168, "CredRead", "Element not found.")
        user, blob = self.kept[TargetName]
        return {"UserName": user, "CredentialBlob": blob}

    def CredWrite(self, credential: dict[str, Any], flags: int) -> None:
        self.steps.take()
        blob = credential["CredentialBlob"].encode("utf-16-le")
        if len(blob) > 2560:
            raise WindowsError_(1783, "CredWrite", "The stub received bad data.")
        self.kept[credential["TargetName"]] = (credential["UserName"], blob)

    def CredDelete(self, Type: int, TargetName: str) -> None:
        self.steps.take()
        if self.kept.pop(TargetName, None) is None:
            raise WindowsError_(1168, "CredDelete", "Element not found.")


def windows(patch: pytest.MonkeyPatch) -> Any:
    """keyring's backend for Windows over a Credential Manager in memory."""
    manager = CredentialManager()
    patch.setattr(Windows, "win32cred", manager, raising=False)
    patch.setattr(Windows, "pywintypes", SimpleNamespace(error=WindowsError_), raising=False)
    kind: Any = Windows.WinVaultKeyring  # keyring has no types for it
    backend = kind()
    backend.steps, backend.kept = manager.steps, manager.kept
    return backend


# --- macOS ---------------------------------------------------------------------------------------


class KeychainError(Exception):
    pass


class NotFound(KeychainError):
    pass


class Denied(KeychainError):
    pass


@dataclass
class Keychain:
    """keyring.backends.macOS.api: a write deletes what is there, then adds."""

    steps: Steps = field(default_factory=Steps)
    kept: dict[str, str] = field(default_factory=dict)
    Error: type = KeychainError
    NotFound: type = NotFound
    KeychainDenied: type = Denied

    def find_generic_password(self, chain: str | None, service: str, username: str) -> str:
        self.steps.take()
        if username not in self.kept:
            raise NotFound(-25300, "Item not found")
        return self.kept[username]

    def set_generic_password(
        self, chain: str | None, service: str, username: str, password: str
    ) -> None:
        self.steps.take()
        self.kept.pop(username, None)
        self.steps.take()
        self.kept[username] = password

    def delete_generic_password(self, chain: str | None, service: str, username: str) -> None:
        self.steps.take()
        if self.kept.pop(username, None) is None:
            raise NotFound(-25300, "Item not found")


def macos(patch: pytest.MonkeyPatch) -> Any:
    """keyring's backend for macOS over a Keychain in memory."""
    chain = Keychain()
    patch.setattr(macOS, "api", chain, raising=False)
    kind: Any = macOS.Keyring  # keyring has no types for it
    backend = kind()
    backend.steps, backend.kept = chain.steps, chain.kept
    return backend


# --- KDE -----------------------------------------------------------------------------------------


@dataclass
class Wallet:
    """org.kde.KWallet; `closed` gives an empty text for everything, as a closed wallet does."""

    steps: Steps = field(default_factory=Steps)
    kept: dict[str, str] = field(default_factory=dict)
    closed: bool = False

    def hasEntry(self, handle: int, folder: str, key: str, app: str) -> bool:
        self.steps.take()
        return key in self.kept

    def readPassword(self, handle: int, folder: str, key: str, app: str) -> str:
        self.steps.take()
        return "" if self.closed else self.kept.get(key, "")

    def writePassword(self, handle: int, folder: str, key: str, value: str, app: str) -> int:
        self.steps.take()
        if self.closed:
            return -1
        self.kept[key] = value
        return 0

    def removeEntry(self, handle: int, folder: str, key: str, app: str) -> int:
        self.steps.take()
        return 0 if self.kept.pop(key, None) is not None else -3


class KWallet(kwallet.DBusKeyring):  # type: ignore[misc, unused-ignore]
    priority = -10
    opens = True

    def connected(self, service: str) -> bool:
        return self.opens


def kde(patch: pytest.MonkeyPatch) -> Any:
    """keyring's backend for KWallet over a wallet in memory."""
    kind: Any = KWallet  # keyring has no types for it
    backend = kind()
    backend.iface = Wallet()
    backend.steps, backend.kept = backend.iface.steps, backend.iface.kept
    return backend


# Every vault with room for 1,280 characters.
VAULTS: Final[dict[str, Callable[[pytest.MonkeyPatch], Any]]] = {
    "roomy": lambda patch: Memory(),
    "cutting": lambda patch: Cutting(),
    "refusing": lambda patch: Refusing(),
    "Windows": windows,
    "macOS": macos,
    "KDE": kde,
}


class Prompt:
    """What nobody answers, until somebody does."""

    def __init__(self) -> None:
        self.answered = threading.Event()

    def wait_at(self, number: int) -> Callable[[int], None]:
        def wait(now: int) -> None:
            if now == number:
                self.answered.wait(20)

        return wait

"""The operating system's keyring, as it really is: small, locked, silent, or not there.

A secret is kept whole where the keyring takes it whole, and in pieces where it doesn't (the
Windows Credential Manager: 2,560 bytes in UTF-16, where a key of 2048 bits has 3,400). Some
keyrings replace an entry by deleting it first (keyring's macOS backend), so a new secret is
never written over the old one: each name has two slots, and what is written goes to the other
one. Its head is written last and counts up; an interrupted write leaves the old secret as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.keys import without_secrets
from console.store.turn import Turn, TurnError

SERVICE: Final = "payconsole"
UNLOCK_SECONDS: Final = 30.0
_VERSION: Final = 1
_ROOM: Final = 1280  # characters that every keyring has room for
_PIECE: Final = 1000  # of the secret in one piece: the head stands before the first
_MOST_PIECES: Final = 16
_MOST_COPIES: Final = 4
_SMALL: Final = frozenset({"keyring.backends.Windows.WinVaultKeyring"})

# What people call the keyrings of their platforms (keyring's own backends).
_TITLES: Final = {
    "keyring.backends.macOS.Keyring": N_("the macOS Keychain"),
    "keyring.backends.Windows.WinVaultKeyring": N_("the Windows Credential Manager"),
    "keyring.backends.SecretService.Keyring": N_("the Secret Service"),
    "keyring.backends.libsecret.Keyring": N_("the Secret Service"),
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
}
# Backends that keep nothing, and those that expose what they keep (keyring, keyrings.alt).
_USELESS: Final = {
    "keyring.backends.null.Keyring": N_("it keeps nothing"),
    "keyring.backends.fail.Keyring": N_("there is no keyring on this machine"),
    "keyring.backends.chainer.ChainerBackend": N_("nothing is behind it"),
}
_PLAINTEXT: Final = {
    "keyrings.alt.file.PlaintextKeyring": N_("it stores secrets as plain text"),
    "keyrings.alt.pyfs.PlaintextKeyring": N_("it stores secrets as plain text"),
    "keyrings.alt.Gnome.Keyring": N_("it is obsolete"),
    "keyrings.alt.Google.DocsKeyring": N_("it stores secrets as plain text"),
    "keyrings.alt.Windows.RegistryKeyring": N_("it stores secrets in the registry"),
}
# What keyring raises before anything was written: the size of the secret isn't the trouble.
_NOT_THE_SIZE: Final = frozenset(
    {"KeyringLocked", "LockedException", "PromptDismissedException", "InitError"}
)

T = TypeVar("T")


class CredentialsError(Exception):
    """A key that can't be had or kept; `hint` is the next step, for this platform."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class _Refused(CredentialsError):
    """The keyring did not take a secret, perhaps for its size."""


class _Silent(CredentialsError):
    """The keyring did not answer; `thread` still waits for it, perhaps to change something."""

    def __init__(self, thread: threading.Thread, *, writes: bool) -> None:
        from console.store.remedies import no_answer

        said = _(
            "The keyring did not answer within {seconds} seconds.", seconds=f"{UNLOCK_SECONDS:.0f}"
        )
        super().__init__(said, no_answer())
        self.thread, self.writes = thread, writes


class _Damaged(Exception):
    """What a slot holds is nothing that can be used; the text says why."""


@dataclass(frozen=True)
class _Head:
    """What stands before a secret. `label` says whose it is; `count` grows with each write."""

    label: str
    count: int
    pieces: int
    sha256: str

    def line(self) -> str:
        fields = {"v": _VERSION, "for": self.label, "n": self.count, "pieces": self.pieces}
        return json.dumps({**fields, "sha256": self.sha256}, separators=(",", ":"))


@dataclass(frozen=True)
class Kept:
    """A secret that was found: `label` is None where somebody put it there by hand."""

    text: str
    label: str | None
    count: int
    slot: str


@dataclass(frozen=True)
class _Slot:
    """One of the two places of a name: something kept, something damaged, or neither."""

    name: str
    kept: Kept | None = None
    damage: str | None = None


class Vault:
    """The keyring that is in use. Raises CredentialsError where it must not be used.

    `plaintext` is the profile's explicit word that a keyring may keep secrets in plain text.
    Every call has a limit of UNLOCK_SECONDS, and blocks until then: call it from a thread.
    """

    def __init__(self, *, plaintext: bool = False) -> None:
        import keyring

        self._backend = _call(lambda: _first_link(keyring.get_keyring()))
        self.name = _name(self._backend)
        why = _refusal(self._backend, plaintext)
        if why:
            from console.store.remedies import no_keyring

            raise CredentialsError(
                _("The keyring {keyring} is refused: {why}.", keyring=self.name, why=_(why)),
                no_keyring(),
            )

    @property
    def title(self) -> str:
        """The keyring's name for people, with the one that tells it for certain."""
        known = _TITLES.get(self.name)
        return f"{_(known)} ({self.name})" if known else self.name

    def all_kept(self, user: str) -> list[Kept]:
        """What is kept under `user`, the newest first; only what is whole.

        Raises CredentialsError where there is nothing whole, but something damaged.
        """
        slots = self._look(user)
        if not any(slot.kept for slot in slots):
            # Another process that replaces it has written the one slot after we looked there,
            # and emptied the other before we did.
            slots = self._look(user)
        found = _newest_first(slots)
        damage = next((slot.damage for slot in slots if slot.damage), None)
        if damage and not found:
            raise CredentialsError(
                _(
                    "What the keyring holds for {entry} can't be used: {why}.",
                    entry=user,
                    why=damage,
                ),
                _("Give it the key again with `payconsole profile rotate`."),
            )
        return found

    def holds(self, user: str) -> bool:
        """Whether anything is under `user`, whole or not."""
        return any(self._get(slot) is not None for slot in _slots(user))

    def keep(self, user: str, label: str, text: str, *, beside: bool = False) -> None:
        """Keep `text` beside what is there, and read it back to be sure.

        What counts stays until `drop_others` is called: the newest of the same label, or with
        `beside` the newest of another one, of which `label` is to be the successor; where there
        is no such one, the newest of all.
        """
        with self._alone():
            slots = self._look(user)
            found = _newest_first(slots)
            count = found[0].count + 1 if found else 1
            slot = _to_write(slots, found, label, beside)
            for in_pieces in [False, True] if self.name not in _SMALL else [True]:
                if self._write(slot, label, count, text, in_pieces=in_pieces):
                    return
        raise CredentialsError(
            _("The keyring ({keyring}) did not keep the key.", keyring=self.name)
        )

    def drop_others(self, user: str, label: str) -> bool:
        """Remove everything under `user` but the newest one of `label`; True if any was.

        One that was put there by hand, without a label, counts as of every label. Where there
        is none that would stay, nothing is removed.
        """
        with self._alone():
            found = _newest_first(self._look(user))
            stays = next((kept.slot for kept in found if kept.label in (label, None)), None)
            if stays is None:
                return False
            gone = [self._delete(slot) for slot in _slots(user) if slot != stays]
        return any(gone)

    def drop(self, user: str) -> bool:
        """Remove everything under `user`; False where there was nothing."""
        with self._alone():
            gone = [self._delete(slot) for slot in _slots(user)]
        return any(gone)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else of this user writes meanwhile. Raises CredentialsError."""
        try:
            turn = Turn("keyring", UNLOCK_SECONDS)
        except TurnError as error:
            raise CredentialsError(str(error)) from None
        late: threading.Thread | None = None
        try:
            yield
        except _Silent as silent:
            late = silent.thread if silent.writes else None
            raise
        finally:
            if late is None:
                turn.end()
            else:
                # It may still do what it was asked, when somebody answers its prompt: nobody
                # else writes before that.
                threading.Thread(target=_end_after, args=(late, turn), daemon=True).start()

    # --- one slot ----------------------------------------------------------------------------

    def _look(self, user: str) -> list[_Slot]:
        return [self._read(name) for name in _slots(user)]

    def _read(self, slot: str) -> _Slot:
        text = self._get(slot)
        if text is None:
            return _Slot(slot)
        head, _end, first = text.partition("\n")
        try:
            parsed = _parsed(head)
            if parsed is None:
                return _Slot(slot, Kept(text, None, 0, slot))
            rest = [self._get(name) for name in _further(slot, parsed.pieces)]
            whole = "".join([first, *(piece or "" for piece in rest)])
            if _digest(whole) != parsed.sha256:
                raise _Damaged(_("it is not whole"))
        except _Damaged as damage:
            return _Slot(slot, damage=str(damage))
        return _Slot(slot, Kept(whole, parsed.label, parsed.count, slot))

    def _write(self, slot: str, label: str, count: int, text: str, *, in_pieces: bool) -> bool:
        """Write a slot, its head last; False where it did not stay, then nothing is left."""
        size = _PIECE if in_pieces else max(len(text), 1)
        pieces = [text[start : start + size] for start in range(0, max(len(text), 1), size)]
        head = _Head(label, count, len(pieces), _digest(text)).line()
        if len(pieces) > _MOST_PIECES or len(head) >= _ROOM - _PIECE:
            raise CredentialsError(_("The key, or its id, is too large to be kept."))
        self._delete(slot)  # what an interrupted write left
        try:
            for name, piece in zip(_further(slot, len(pieces)), pieces[1:], strict=True):
                self._set(name, piece)
            self._set(slot, f"{head}\n{pieces[0]}")
            kept = self._read(slot).kept
        except _Refused:
            self._clean(slot)
            if in_pieces or len(head) + 1 + len(text) <= _ROOM:  # it isn't the size
                raise
            return False
        if kept is not None and kept.text == text:
            return True
        self._clean(slot)
        return False

    def _clean(self, slot: str) -> None:
        """Take away what was not kept whole. What is told is that it wasn't, and not this."""
        try:
            self._delete(slot)
        except _Silent:
            raise  # it may still change something
        except CredentialsError:
            return

    def _get(self, name: str) -> str | None:
        found = _call(lambda: self._backend.get_password(SERVICE, name))
        return None if found is None else str(found)

    def _set(self, name: str, text: str) -> None:
        _call(lambda: self._backend.set_password(SERVICE, name, text), writes=text)

    def _delete(self, slot: str) -> bool:
        """Remove a slot, its head first: without it the pieces are nothing.

        Pieces stand in a row and go from the last to the first, so that whatever an interruption
        leaves is found the next time.
        """
        found = self._remove(slot)
        pieces = []
        for name in _further(slot, _MOST_PIECES):
            if self._get(name) is None:
                break
            pieces.append(name)
        for name in reversed(pieces):
            self._remove(name)
        return found or bool(pieces)

    def _remove(self, name: str) -> bool:
        """Remove an entry, and its namesakes that another program made beside it."""
        for copies in range(_MOST_COPIES):
            if self._get(name) is None:
                return copies > 0
            _call(partial(self._backend.delete_password, SERVICE, name), writes="")
        raise CredentialsError(
            _("The keyring ({keyring}) did not remove the key.", keyring=self.name)
        )


def _slots(user: str) -> tuple[str, str]:
    return user, f"{user} (2)"


def _newest_first(slots: list[_Slot]) -> list[Kept]:
    return sorted((slot.kept for slot in slots if slot.kept), key=lambda kept: -kept.count)


def _to_write(slots: list[_Slot], found: list[Kept], label: str, beside: bool) -> str:
    """The slot for a new secret: an empty one, a damaged one, or the one that counts less."""
    first = found[0] if found else None
    counts = next((kept for kept in found if (kept.label != label) == beside), first)
    free = [slot for slot in slots if counts is None or slot.name != counts.slot]
    return min(free, key=lambda slot: (slot.kept is not None, slot.damage is not None)).name


def _further(slot: str, pieces: int) -> Iterator[str]:
    return (f"{slot} piece {number}" for number in range(2, pieces + 1))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(line: str) -> _Head | None:
    """A head; None where a secret was put there by hand, which has none. Raises _Damaged."""
    if not line.strip():  # KWallet gives this for an entry that it can't read any more
        raise _Damaged(_("the keyring gives nothing for it"))
    if not line.startswith('{"v":'):
        return None
    try:
        fields = json.loads(line)
        head = _Head(
            str(fields["for"]), int(fields["n"]), int(fields["pieces"]), str(fields["sha256"])
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise _Damaged(_("it is damaged")) from None
    if fields["v"] != _VERSION:
        raise _Damaged(_("it was written by another version of payconsole"))
    if not 0 < head.pieces <= _MOST_PIECES:
        raise _Damaged(_("it is damaged"))
    return head


def _first_link(backend: Any) -> Any:
    """What is really used: of a chain its first link, and never another behind that one's back.

    A chain reads from all of its links and writes to the first that doesn't object, which can be
    a plain text file.
    """
    from keyring.backends.chainer import ChainerBackend

    links = list(backend.backends) if isinstance(backend, ChainerBackend) else []
    return links[0] if links else backend


def _refusal(backend: Any, plaintext: bool) -> str | None:
    """Why a backend must not get a secret."""
    refused = _USELESS if plaintext else _USELESS | _PLAINTEXT
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(backend).__mro__)
    return next((refused[name] for name in names if name in refused), None)


def _name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _end_after(thread: threading.Thread, turn: Turn) -> None:
    thread.join()
    turn.end()


def _call(function: Callable[[], T], *, writes: str | None = None) -> T:
    """Call the keyring with a limit: a prompt that nobody sees must not hang the console.

    `writes` is what it writes, nothing where it deletes, None where it only reads. Raises
    CredentialsError; _Refused where a change is refused; _Silent. What a backend raised is not
    chained to it: its text and its frames may hold the secret.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(function())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(UNLOCK_SECONDS)
    if thread.is_alive():
        raise _Silent(thread, writes=writes is not None)
    if not failure:
        return result[0]
    if not isinstance(failure[0], Exception):
        raise failure[0]
    from console.store.remedies import trouble

    # Not only KeyringError: D-Bus, a chosen backend and its import have errors of their own.
    kind = type(failure[0]).__name__
    said = _("The keyring can't be used: {why}.", why=_reason(failure[0], writes or ""))
    refused = writes is not None and kind not in _NOT_THE_SIZE
    raise (_Refused if refused else CredentialsError)(said, trouble(failure[0]))


_SHOWN: Final = 12  # characters in a row that nobody says by chance


def _reason(error: Exception, secret: str) -> str:
    """The error's kind, and what it says, unless that repeats a part of a secret."""
    kind, said = type(error).__name__, str(error)
    if any(secret[at : at + _SHOWN] in said for at in range(len(secret) - _SHOWN + 1)):
        said = _("its words are left out, they repeat the key")
    return clean_line(without_secrets(f"{kind} {said}".strip()), 300)

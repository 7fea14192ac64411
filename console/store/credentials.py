"""Where a profile's private key comes from: the keyring, or what the profile chose instead.

Nothing here falls back: a profile with `key_command` never asks the keyring, and one without
never reads a key from anywhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from console.domain.language import N_, _, together
from console.domain.text import clean_line
from console.keys import (
    MAX_KEY_FILE,
    KeyEncrypted,
    KeyUnusable,
    load_private_key,
    plain_key,
)
from console.store.bounded import run_bounded
from console.store.profiles import Profile
from console.store.vault import CredentialsError, Kept, Vault

COMMAND_SECONDS: Final = 60.0  # a password manager may ask somebody first
_PRINT_IT: Final = N_(
    "Run it in another terminal to see what it says; it has to print the PEM and nothing else."
)

T = TypeVar("T")


class PassphraseNeeded(CredentialsError):
    """The profile's key file is encrypted: ask, then load it again with the passphrase."""


class KeyFileUnreadable(CredentialsError):
    """The profile's key file isn't there, or can't be read."""


def load_key(profile: Profile, passphrase: str | None = None) -> bytes:
    """The profile's private key as PEM; blocks, so call it from a thread.

    Raises PassphraseNeeded where the profile's key file asks for one, CredentialsError with
    the next step where there is no key, KeyUnusable for a key file that holds none.
    """
    if profile.key_command is not None:
        return _from_command(profile)
    if profile.key_file is not None:
        return _from_file(profile, passphrase)
    return _from_keyring(profile)


async def in_own_thread(load: Callable[..., T], *what: object) -> T:
    """As `asyncio.to_thread`, for what a keyring may hold up: it doesn't hold up the end.

    An executor's thread is waited for when the program is left, for as long as a keyring that
    doesn't answer may take. Nobody waits for this one.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        if not answer.done():  # somebody still waits
            settle()

    def work() -> None:
        try:
            settle = partial(answer.set_result, load(*what))
        except BaseException as error:
            settle = partial(answer.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program was left
            loop.call_soon_threadsafe(tell, settle)

    threading.Thread(target=work, name="key", daemon=True).start()
    return await answer


def store_key(profile: Profile, pem: bytes) -> None:
    """Put the profile's private key into the keyring, and read it back to be sure.

    Keys that were there before are removed once the new one is whole.
    """
    vault = Vault(plaintext=profile.plaintext_keyring)
    vault.keep(keyring_entry(profile), profile.public_key_id, _ascii(pem))
    vault.drop_others(keyring_entry(profile), profile.public_key_id)


def keep_beside(profile: Profile, pem: bytes) -> None:
    """Keep a key beside that of another key id: the first step of a rotation to `profile`.

    There is room for two: of two other keys the older one would go, so `drop_other_keys` of the
    profile as it was comes first.
    """
    vault = Vault(plaintext=profile.plaintext_keyring)
    vault.keep(keyring_entry(profile), profile.public_key_id, _ascii(pem), beside=True)


def drop_other_keys(profile: Profile) -> bool:
    """Remove every key of the profile but that of its key id; True where there was one.

    Where the keyring holds none for that id, all stay.
    """
    vault = Vault(plaintext=profile.plaintext_keyring)
    return vault.drop_others(keyring_entry(profile), profile.public_key_id)


def delete_key(profile: Profile) -> bool:
    """Take the key out of the keyring; False where there was none, or it never was there."""
    if not in_keyring(profile):
        return False
    return Vault(plaintext=profile.plaintext_keyring).drop(keyring_entry(profile))


def holds_key(profile: Profile) -> bool:
    """Whether the keyring holds anything under the profile's name, whoever put it there."""
    return Vault(plaintext=profile.plaintext_keyring).holds(keyring_entry(profile))


def backend_name(*, plaintext: bool = False) -> str:
    """The keyring in use, for people. Raises CredentialsError where it is refused."""
    return Vault(plaintext=plaintext).title


def in_keyring(profile: Profile) -> bool:
    """Whether the profile's key is in the keyring, as it is unless the profile says otherwise."""
    return profile.key_command is None and profile.key_file is None


def _from_keyring(profile: Profile) -> bytes:
    kept = Vault(plaintext=profile.plaintext_keyring).all_kept(keyring_entry(profile))
    for one in kept:
        if one.label in (profile.public_key_id, None):
            return _ascii(one.text.encode()).encode()
    raise CredentialsError(*_no_key(profile, kept))


def _no_key(profile: Profile, kept: list[Kept]) -> tuple[str, str]:
    again = _(
        "Give it one with `payconsole profile rotate {profile} --public-key-id ID"
        " --private-key-file PEM`.",
        profile=profile.name,
    )
    if kept:
        said = _(
            "The keyring holds a key for public key id {kept}, but profile {profile} names"
            " {key_id}.",
            kept=clean_line(str(kept[0].label), 100),
            profile=repr(profile.name),
            key_id=profile.public_key_id,
        )
        mend = _("Mend public_key_id in the settings, or give it the right key.")
        return said, together(mend, again)
    said = _("The keyring holds no key for profile {profile}.", profile=repr(profile.name))
    return said, again


def _from_command(profile: Profile) -> bytes:
    """What the command prints. It gets no terminal and no stdin: it must not ask in the screen."""
    command = list(profile.key_command or ())
    name = f"key_command {clean_line(command[0], 100)}"
    try:
        done = run_bounded(command, COMMAND_SECONDS, MAX_KEY_FILE)
    except TimeoutError:
        raise CredentialsError(
            _(
                "{command} did not end within {seconds} seconds.",
                command=name,
                seconds=f"{COMMAND_SECONDS:.0f}",
            ),
            _("Run it in another terminal first: it may be waiting to be unlocked."),
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        raise CredentialsError(
            _("{command} can't be started: {why}.", command=name, why=_why(error)),
            _("Mend key_command of profile {profile} in the settings.", profile=profile.name),
        ) from None
    if len(done.stdout) > MAX_KEY_FILE:
        raise CredentialsError(
            _("{command} printed more than a key has.", command=name), _(_PRINT_IT)
        )
    if done.code:
        # Nothing of what it said: any of it could be a secret.
        raise CredentialsError(
            _("{command} ended with {code}.", command=name, code=done.code), _(_PRINT_IT)
        )
    try:
        load_private_key(done.stdout)
    except KeyUnusable as error:
        raise CredentialsError(
            together(_("{command} printed no key that can be used.", command=name), str(error)),
            _(_PRINT_IT),
        ) from None
    return done.stdout


def _from_file(profile: Profile, passphrase: str | None) -> bytes:
    pem, mode = _read_file(profile)
    try:
        plain_key(pem)
    except KeyEncrypted:
        pass
    else:
        raise KeyUnusable(
            together(
                _("The profile's key file is not encrypted."),
                _(
                    "Encrypt it with `openssl pkcs8 -topk8 -in KEY -out ENCRYPTED`, or add the"
                    " profile with the keyring."
                ),
            )
        )
    if not passphrase:
        asked = _(
            "The key file of profile {profile} needs its passphrase.", profile=repr(profile.name)
        )
        raise PassphraseNeeded(asked, _others_can_read(mode))
    return plain_key(pem, passphrase)


def _read_file(profile: Profile) -> tuple[bytes, int]:
    """The profile's key file, up to a byte more than a key can have, and its mode."""
    try:
        path = Path(profile.key_file or "").expanduser()
        with open(path, "rb", opener=_without_waiting) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, _("It is no file"))
            return file.read(MAX_KEY_FILE + 1), mode
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in it; a ~name that isn't
        raise KeyFileUnreadable(
            _(
                "The key file {file} can't be read: {why}.",
                file=clean_line(str(profile.key_file), 200),
                why=_why(error),
            ),
            _("Mend key_file of profile {profile} in the settings.", profile=profile.name),
        ) from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe would wait for somebody who writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _others_can_read(mode: int) -> str | None:
    """What helps where other users of this machine can read a key file."""
    if os.name != "posix" or not mode & (stat.S_IRGRP | stat.S_IROTH):
        return None
    return _(
        "Other users of this machine can read it (its mode is {mode}), and try passphrases as long"
        " as they like: `chmod 600` it.",
        mode=f"{stat.S_IMODE(mode):04o}",
    )


def _why(error: Exception) -> str:
    """What the system says of it: never a text that could repeat what was in a file."""
    known = isinstance(error, OSError) and error.strerror
    return clean_line(known or str(error), 200)


def _ascii(pem: bytes) -> str:
    try:
        return pem.decode("ascii")
    except UnicodeDecodeError:
        raise CredentialsError(_("What was given as a private key is no PEM text.")) from None


def keyring_entry(profile: Profile) -> str:
    """The name under which the keyring holds the profile's key."""
    return f"{profile.name}/{profile.environment}"

"""Private keys, in the operating system's keyring and nowhere else."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from console.store.profiles import Profile

SERVICE: Final = "payconsole"
UNLOCK_SECONDS: Final = 30.0

# Backends that drop or expose secrets, by module and class (keyring, keyrings.alt).
_REFUSED: Final = {
    "keyring.backends.null.Keyring": "it keeps nothing",
    "keyring.backends.fail.Keyring": "there is no keyring on this machine",
    "keyrings.alt.file.PlaintextKeyring": "it stores secrets as plain text",
    "keyrings.alt.pyfs.PlaintextKeyring": "it stores secrets as plain text",
    "keyrings.alt.Gnome.Keyring": "it is obsolete",
    "keyrings.alt.Google.DocsKeyring": "it stores secrets as plain text",
    "keyrings.alt.Windows.RegistryKeyring": "it stores secrets in the registry",
}

T = TypeVar("T")


class CredentialsError(Exception):
    """The keyring can't be used, or holds no key for the profile; with the next step."""


def store_key(profile: Profile, pem: bytes) -> None:
    """Put the profile's private key into the keyring, and read it back to be sure."""
    backend = _backend()
    text = _ascii(pem)
    _call(lambda: backend.set_password(SERVICE, _user(profile), text))
    if _call(lambda: backend.get_password(SERVICE, _user(profile))) != text:
        with contextlib.suppress(CredentialsError):  # half a key is worse than none
            _call(lambda: backend.delete_password(SERVICE, _user(profile)))
        raise CredentialsError(f"The keyring ({_name(backend)}) did not keep the key.")


def load_key(profile: Profile) -> bytes:
    """The profile's private key as PEM. Raises CredentialsError with the next step."""
    backend = _backend()
    text = _call(lambda: backend.get_password(SERVICE, _user(profile)))
    if text is None:
        raise CredentialsError(
            f"The keyring holds no key for profile {profile.name!r}."
            " Remove the profile and add it again with its key file."
        )
    return _ascii(str(text).encode()).encode()


def delete_key(profile: Profile) -> bool:
    """Take the key out of the keyring; False where there was none."""
    backend = _backend()
    if _call(lambda: backend.get_password(SERVICE, _user(profile))) is None:
        return False
    _call(lambda: backend.delete_password(SERVICE, _user(profile)))
    return True


def backend_name() -> str:
    """The keyring in use, for people."""
    return _name(_backend())


def _ascii(pem: bytes) -> str:
    try:
        return pem.decode("ascii")
    except UnicodeDecodeError:
        raise CredentialsError("What was given as a private key is no PEM text.") from None


def _user(profile: Profile) -> str:
    return f"{profile.name}/{profile.environment}"


def _backend() -> Any:
    import keyring

    backend = _call(keyring.get_keyring)
    why = _refusal(backend)
    if why:
        raise CredentialsError(
            f"The keyring {_name(backend)} is refused: {why}. On a desktop, log in to it;"
            " on a server, start a Secret Service (gnome-keyring) in a D-Bus session."
        )
    return backend


def _refusal(backend: Any) -> str | None:
    """Why a backend must not get a secret; that of a chain's first link, which would get it."""
    if _name(backend) == "keyring.backends.chainer.ChainerBackend":
        links = list(backend.backends)
        return _refusal(links[0]) if links else "nothing is behind it"
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(backend).__mro__)
    return next((_REFUSED[name] for name in names if name in _REFUSED), None)


def _name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _call(function: Callable[[], T]) -> T:
    """Call the keyring with a limit: a prompt that nobody sees must not hang the console."""
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
        raise CredentialsError(
            f"The keyring did not answer within {UNLOCK_SECONDS:.0f} seconds."
            " It may be waiting for its password in another window."
        )
    if not failure:
        return result[0]
    if not isinstance(failure[0], Exception):
        raise failure[0]
    # Not only KeyringError: D-Bus, a chosen backend and its import have errors of their own.
    reason = f"{type(failure[0]).__name__} {failure[0]}".strip()
    raise CredentialsError(f"The keyring can't be used: {reason}.") from failure[0]

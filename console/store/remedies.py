"""What helps where there is no usable keyring, by platform and by what went wrong."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from typing import Final

from console.domain.language import N_, _, sentences, together

_WITHOUT: Final = N_(
    "Without one, a profile can name a command that prints the key (key_command) or a key file"
    " that is encrypted with a passphrase (key_file): see `payconsole profile add --help`."
)
# Starts a Secret Service and payconsole in it.
_COMMAND: Final = (
    '`dbus-run-session -- sh -c \'stty -echo; printf "Keyring password: " >&2; read -r p;'
    ' stty echo; echo >&2; printf %s "$p" | gnome-keyring-daemon --unlock'
    " --components=secrets >/dev/null; unset p; exec payconsole'`"
)

# What helps where no keyring can be had, by place.
_WHICH: Final = N_("`payconsole doctor` tells which is in use.")
_NO_KEYRING: Final = {
    "macos": sentences(
        N_(
            "macOS has its Keychain: was keyring installed without it, or does"
            " PYTHON_KEYRING_BACKEND name another one?"
        ),
        _WHICH,
    ),
    "windows": sentences(
        N_("Windows has its Credential Manager: does PYTHON_KEYRING_BACKEND name another keyring?"),
        _WHICH,
    ),
    "wsl": N_(
        "WSL has no keyring of its own: install gnome-keyring and start a Secret Service:"
        " {command} asks for its password."
    ),
    "ssh": N_(
        "A session over SSH has no desktop that would unlock one: start a Secret Service:"
        " {command} asks for its password."
    ),
    "desktop": N_(
        "On a desktop, log in to its keyring (GNOME Keyring, KWallet, KeePassXC's Secret Service)."
    ),
    "server": N_(
        "On a machine without a desktop, start a Secret Service: {command} asks for its password."
    ),
}

# What keyring and the Secret Service's library raise, by class.
_LOCKED: Final = frozenset({"KeyringLocked", "LockedException", "PromptDismissedException"})
_NOT_THERE: Final = frozenset(
    {
        "InitError",
        "NoKeyringError",
        "DBusErrorResponse",
        "DBusAddressError",
        "SecretServiceNotAvailableException",
        "ConnectionRefusedError",
        "ConnectionResetError",
    }
)
_NO_WINDOW: Final = "-25308"  # errSecInteractionNotAllowed: the Keychain would have to ask

_UNLOCK_HERE: Final = N_(
    "It is locked: unlock it (on a desktop by logging in, or in its own program)."
)
_UNLOCK: Final = {
    "macos": N_(
        "The Keychain is locked, or payconsole was denied: choose Allow when it asks; over SSH"
        " `security unlock-keychain` opens it first."
    ),
    "ssh": N_(
        "It is locked, and over SSH nobody sees its question: start a Secret Service: {command}"
        " asks for its password."
    ),
    "server": N_(
        "It is locked, and without a desktop nobody sees its question: start a Secret Service:"
        " {command} asks for its password."
    ),
}
_BEHIND: Final = N_(
    "It may be waiting for its password in another window; it may be behind other windows."
)
_WAITING: Final = {
    "ssh": N_("It may be waiting for its password in another window; over SSH nobody sees it."),
    "server": N_(
        "It may be waiting for its password in another window; without a desktop nobody sees it."
    ),
}


def place(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> str:
    """Where this runs: macos, windows, wsl, ssh, desktop or server (everything else)."""
    if system == "darwin":
        return "macos"
    if system == "win32":
        return "windows"
    if "WSL_DISTRO_NAME" in environment or "microsoft" in platform.release().lower():
        return "wsl"
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return "desktop"
    return "ssh" if "SSH_CONNECTION" in environment else "server"


def no_keyring() -> str:
    """There is none, or none that may be used."""
    return together(_(_NO_KEYRING[place()], command=_COMMAND), _(_WITHOUT))


def no_answer() -> str:
    """It was asked and says nothing: somebody is asked for a password, somewhere."""
    return together(_(_WAITING.get(place(), _BEHIND)), _(_WITHOUT))


def trouble(error: BaseException) -> str:
    """By the class of what keyring raised, and macOS's number for what needs a window."""
    kind = type(error).__name__
    if kind in _LOCKED or _NO_WINDOW in str(error):
        return _(_UNLOCK.get(place(), _UNLOCK_HERE), command=_COMMAND)
    if kind in _NOT_THERE:
        return no_keyring()
    return together(_("`payconsole doctor` tells which keyring is in use."), _(_WITHOUT))

"""Questions at a terminal: a line, a key that is pasted, a passphrase. All of it on stderr.

Ctrl-C and Ctrl-D leave, as KeyboardInterrupt.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from console.amazon.endpoints import AccountError
from console.cli.failures import CantRead, WrongUsage
from console.cli.streams import narrate
from console.domain.text import clean_line
from console.keys import MAX_KEY_FILE, KeyUnusable, WrongPassphrase
from console.store.bounded import ended_with_us
from console.store.credentials import PassphraseNeeded, load_key
from console.store.profiles import Profile, SettingsError

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from typing import Any

T = TypeVar("T")

_TRIES: Final = 3
_PATIENCE: Final = 1.0  # seconds
_NO_TERMINAL: Final = "There is no terminal here to ask for it."
_END: Final = re.compile(rb"-----END [^-\n]*-----")
_CTRL_D: Final = b"\x04"


def at_terminal() -> bool:
    """Whether somebody can be asked: both what is typed and what is asked are a terminal's."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, check: Callable[[str], T], default: str = "") -> T:
    """Ask until `check` takes the answer; what it raises says why not.

    An empty answer is `default`, which the question shows.
    """
    shown = f"{question} [{default}]: " if default else f"{question}: "
    while True:
        answer = _line(shown) or default
        try:
            return check(answer)
        except (AccountError, SettingsError, KeyUnusable, WrongUsage, CantRead) as error:
            _forget_typed_ahead()  # the rest of a paste is no answer to what is asked next
            narrate(f"  {error}")
            if hint := getattr(error, "hint", None):
                narrate(f"  {hint}")


def choose(question: str, choices: dict[str, str], default: str = "") -> str:
    """One of `choices`, by its key or its whole word; the text beside each says what it is."""

    def check(answer: str) -> str:
        wanted = answer.lower()
        if wanted not in choices:
            raise WrongUsage(f"Type one of: {', '.join(choices)}.")
        return wanted

    for key, meaning in choices.items():
        narrate(f"  {key:<8} {meaning}")
    return ask(question, check, default)


def agreed(question: str, *, default: bool = False) -> bool:
    """Yes or no; an empty answer is the default."""
    answer = _line(f"{question} [{'Y/n' if default else 'y/N'}]: ").lower()
    return default if not answer else answer in ("y", "yes")


def passphrase_for(load: Callable[[str], T], question: str) -> T:
    """Ask for a passphrase, without echo, until `load` takes it: three times.

    Raises WrongPassphrase after the third.
    """
    from getpass import getpass

    for left in reversed(range(_TRIES)):
        try:
            return load(_typed(getpass, f"{question}: "))
        except WrongPassphrase as error:
            if not left:
                raise
            narrate(f"  {error}")
    raise AssertionError("the last try returns or raises")


def load_key_asking(profile: Profile) -> bytes:
    """The profile's key; at a terminal its passphrase is asked where it has one.

    Raises PassphraseNeeded where there is no terminal, and what `load_key` raises. Blocks.
    """
    try:
        with _told_after_a_second(profile), ended_with_us():
            return load_key(profile)
    except PassphraseNeeded as needed:
        if not at_terminal():
            raise PassphraseNeeded(str(needed), _NO_TERMINAL) from None
    return passphrase_for(
        lambda passphrase: load_key(profile, passphrase),
        f"Passphrase of the key file of profile {profile.name}",
    )


@contextmanager
def _told_after_a_second(profile: Profile) -> Iterator[None]:
    """Say for what we wait, where it takes long: a password manager may ask in its own window."""
    if profile.key_command is None:
        yield
        return
    waiting = f"waiting for key_command {clean_line(profile.key_command[0], 100)} …"
    timer = threading.Timer(_PATIENCE, narrate, [waiting])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def pasted_key(invitation: str) -> bytes:
    """What is pasted until a PEM's END line, two empty lines before its begin, or Ctrl-D.

    Nothing of it is shown: the invitation comes once the echo is off. What comes behind the END
    line is dropped.
    """
    if termios is None:
        narrate(invitation)
        return _pasted_by_lines()
    data = b""
    with _silent() as descriptor:
        narrate(invitation)
        while len(data) <= MAX_KEY_FILE:
            chunk = os.read(descriptor, 4096)
            data += chunk
            if not chunk or _CTRL_D in chunk or _END.search(data) or _is_nothing(data):
                break
    narrate("")  # the line that the terminal did not show
    return data.replace(_CTRL_D, b"")


def _is_nothing(data: bytes) -> bool:
    return b"-----BEGIN" not in data and data.endswith(b"\n\n")


def _pasted_by_lines() -> bytes:
    """Where there is no termios: getpass reads a line without echo there, and drops nothing."""
    from getpass import getpass

    data = b""
    while len(data) <= MAX_KEY_FILE:
        data += _typed(getpass, "").encode() + b"\n"
        if _END.search(data) or _is_nothing(data):
            break
    return data


def _typed(getpass: Callable[[str], str], question: str) -> str:
    try:
        return getpass(question)
    except EOFError:
        raise KeyboardInterrupt from None


@contextmanager
def _silent() -> Iterator[int]:
    """The terminal without echo, and without the longest line that it would take (macOS: 1,024
    characters, where a key in one line has 1,700)."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    silent: list[Any] = termios.tcgetattr(descriptor)
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    silent[6][termios.VMIN], silent[6][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _forget_typed_ahead() -> None:
    if termios is not None:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _line(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        narrate("")
        raise KeyboardInterrupt
    return answer.strip()

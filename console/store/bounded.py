"""A command of the user's, run with limits: its time, what it prints, and no terminal."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

_CHUNK: Final = 65_536
_AFTER_ITS_END: Final = 2.0  # seconds for what is still in its pipes


@dataclass(frozen=True)
class Done:
    """How a command ended. `stdout` has at most a byte more than was allowed."""

    code: int
    stdout: bytes


_UNDER_WAY: Final[set[subprocess.Popen[bytes]]] = set()


def run_bounded(command: list[str], seconds: float, most: int) -> Done:
    """Run a command without a shell, a terminal or stdin.

    After `seconds` it is ended with its children. Nobody listens any more after `most` bytes on
    stdout, and never to stderr: it may hold a secret. Raises TimeoutError, OSError
    where it can't be started, ValueError for a NUL in the command.
    """
    until = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603  the user's own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # without our terminal: it can't ask into the screen
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # the same on Windows
    )
    assert process.stdout is not None
    _UNDER_WAY.add(process)
    out = _Reader(process.stdout, most + 1)
    try:
        process.wait(seconds)
        # A child that it left behind may keep the pipe open: what it printed itself is there.
        until = min(until, time.monotonic() + _AFTER_ITS_END)
        out.join(max(0.0, until - time.monotonic()))
    except BaseException as error:
        _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError from None
        raise
    finally:
        _UNDER_WAY.discard(process)
    return Done(process.returncode, out.read)


@atexit.register
def end_all() -> None:
    """End what is under way, and wait for none: whoever waited for it leaves.

    It has a session of its own, so neither the terminal's end nor ours would end it.
    """
    for process in list(_UNDER_WAY):
        _kill(process)


@contextlib.contextmanager
def ended_with_us() -> Iterator[None]:
    """What is run in here ends with a signal that ends this process. For the main thread."""

    def end(number: int, _frame: object) -> None:
        end_all()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]  # no SIGHUP: Windows
    ours = [n for n in numbers if n is not None and signal.getsignal(n) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it with its children, so that none asks on."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


class _Reader(threading.Thread):
    """Reads a pipe, and keeps the first `most` bytes of it."""

    def __init__(self, pipe: IO[bytes], most: int) -> None:
        super().__init__(name="key_command", daemon=True)
        self.read = b""
        self._pipe, self._most = pipe, most
        self.start()

    def run(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), _CHUNK):
                self.read = (self.read + chunk)[: self._most]
                if len(self.read) == self._most:
                    return

"""A terminal of its own for a process: what it shows is read, what is typed is written."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.conftest import Shell

SECONDS = 20.0


class Terminal:
    """One process at one terminal."""

    def __init__(self, process: subprocess.Popen[bytes], ours: int) -> None:
        self.process = process
        self._ours = ours
        self.shown = ""
        self._seen = 0

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def line(self, text: str = "") -> None:
        self.type(text + "\n")

    def answer(self, question: str, text: str = "") -> None:
        """Wait until a question is asked, then answer it."""
        self.expect(question)
        self.line(text)

    def expect(self, text: str) -> str:
        """Wait for `text` behind what was waited for before; returns all up to it."""
        end = time.monotonic() + SECONDS
        while (at := self.shown.find(text, self._seen)) < 0:
            if not self._read(end):
                raise AssertionError(f"never showed {text!r}:\n{self.shown[self._seen :]}")
        before = self.shown[self._seen : at]
        self._seen = at + len(text)
        return before

    def ends(self) -> int:
        """Read what is left; the exit code."""
        end = time.monotonic() + SECONDS
        while self._read(end):
            pass
        return self.process.wait(SECONDS)

    def rest(self) -> str:
        return self.shown[self._seen :]

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0, end - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the other side is gone
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@contextmanager
def at_terminal(shell: Shell, *words: str, **environment: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # getpass asks the controlling one

    process = subprocess.Popen(
        [sys.executable, "-m", "console", *words],
        env={**os.environ, **shell.environment, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()  # nothing where it has ended, as it should
        process.wait(SECONDS)
        os.close(ours)

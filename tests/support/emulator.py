"""A program at a terminal of its own, whose screen an emulator (pyte) keeps.

Everything that the program writes is read at once by a thread, kept as bytes and fed to the
emulator, as a terminal on somebody's desk would do it.
"""

from __future__ import annotations

import copy
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pyte

ROOT: Final = Path(__file__).parents[2]
_OVERRULE: Final = ("COLUMNS", "LINES")  # would stand above the terminal's own size
ALTERNATE: Final = 1049
PATIENCE: Final = 25.0  # seconds until something that should be seen is missing


class Watcher(pyte.Screen):
    """The screen, and what a program could do to the terminal around it.

    `has_another`: it has an alternate screen, which is empty whenever a program takes it (xterm's
    mode 1049). pyte knows none, and the Linux console has none.
    """

    def __init__(self, columns: int, lines: int, *, has_another: bool) -> None:
        super().__init__(columns, lines)
        self.titles: list[str] = []
        self.rung = 0
        self._has_another = has_another
        self._behind: dict[int, Any] = {}  # the lines of the shell's screen meanwhile

    def set_mode(self, *modes: int, **named: Any) -> None:
        super().set_mode(*modes, **named)
        if ALTERNATE in modes and self._has_another:
            self._behind = copy.deepcopy(dict(self.buffer))
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **named: Any) -> None:
        super().reset_mode(*modes, **named)
        if ALTERNATE in modes and self._has_another:
            self.erase_in_display(2)
            self.buffer.update(self._behind)

    def set_title(self, param: str) -> None:
        self.titles.append(param)

    def set_icon_name(self, param: str) -> None:
        self.titles.append(param)

    def bell(self, *_args: object) -> None:
        self.rung += 1

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.display)


class Emulator:
    """One process at one terminal."""

    def __init__(
        self, process: subprocess.Popen[bytes], ours: int, size: tuple[int, int], term: str
    ) -> None:
        self.process = process
        self.written = b""  # all that it wrote
        self._ours = ours
        self._lock = threading.Lock()
        self._watcher = Watcher(*size, has_another=term != "linux")
        self._stream = pyte.ByteStream(self._watcher)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # Linux says so when the other side is gone
                return
            if not data:
                return
            with self._lock:
                self.written += data
                self._stream.feed(known(data))

    @property
    def screen(self) -> str:
        with self._lock:
            return self._watcher.text

    @property
    def titles(self) -> list[str]:
        return self._watcher.titles

    def send(self, data: bytes) -> None:
        while data:  # a terminal takes what fits
            data = data[os.write(self._ours, data) :]

    def resize(self, width: int, height: int) -> None:
        with self._lock:
            self._watcher.resize(height, width)
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)  # the kernel sends SIGWINCH

    def until(self, happens: Callable[[], bool], what: str = "it") -> None:
        end = time.monotonic() + PATIENCE
        while not happens():
            if time.monotonic() > end:
                raise AssertionError(f"{what} never came; the screen is\n{self.screen}")
            time.sleep(0.02)

    def sees(self, *texts: str) -> None:
        for text in texts:
            self.until(lambda text=text: text in self.screen, repr(text))  # type: ignore[misc]

    def says(self, *texts: str) -> None:
        """Wait until it has written them, wherever the cursor was, and with wrapped lines."""
        for text in texts:
            self.until(lambda text=text: text.encode() in self.written, repr(text))  # type: ignore[misc]

    def rests(self, seconds: float = 0.15) -> None:
        """Wait until nothing was written for a moment; of what has ended, until all was read."""
        if self.process.poll() is not None:
            self._reader.join(PATIENCE)
        before = -1
        while before != len(self.written):
            before = len(self.written)
            time.sleep(seconds)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed or a connection that is lost."""
        with suppress(OSError):
            os.close(self._ours)
        self._ours = -1

    def ends(self, seconds: float = PATIENCE) -> int:
        return self.process.wait(seconds)

    @property
    def modes(self) -> int:
        """The local modes of the terminal: whether it echoes, waits for whole lines, …"""
        modes: int = termios.tcgetattr(self._ours)[3]
        return modes


# pyte shows the rest of sequences that it doesn't know: of kitty's keyboard protocol and DECRQM.
# It takes the shape of the mouse pointer (OSC 22) for a title (OSC 2).
_UNKNOWN: Final = re.compile(rb"\x1b\[(?:[><=]\d*u|\?\d+\$p)|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)")


def known(data: bytes) -> bytes:
    """`data` without the sequences that the emulator doesn't know."""
    return _UNKNOWN.sub(b"", data)


@contextmanager
def emulated(
    words: Sequence[str],
    folder: Path,
    size: tuple[int, int] = (100, 30),
    **environment: str,
) -> Iterator[Emulator]:
    """`python WORDS` at a terminal; its settings and data are in `folder`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [sys.executable, *words],
        env={
            **{name: value for name, value in os.environ.items() if name not in _OVERRULE},
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PAYCONSOLE_CONFIG_DIR": str(folder),
            "PAYCONSOLE_DATA_DIR": str(folder),
            **environment,
        },
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    terminal = Emulator(process, ours, size, environment.get("TERM", "xterm-256color"))
    try:
        yield terminal
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        process.kill()  # nothing where it has ended, as it should
        process.wait(PATIENCE)
        terminal.hang_up()

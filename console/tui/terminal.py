"""A terminal that may send anything, may be stopped, and may be gone at any time.

Textual's own driver ends at a byte that is no UTF-8 (half a character of a paste), goes on for ever
without a terminal, begins a second time when it is continued without having been stopped by a key,
hangs when a signal to stop comes while it writes, ends with the wrong size where two new sizes come
at once, leaves the screen empty when it is continued, and takes what stands behind an escape in a
paste for keys. Not imported on Windows, where there is none of this but the last.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Final, cast

from textual._parser import ParseError
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

CHUNK: Final = 4096  # bytes that are read at once
_CLEAR: Final = "\x1b[0m\x1b[2J\x1b[H"  # no colours, nothing, and the cursor at the top
LOOK: Final = 0.1  # seconds between two looks at what came in half


class _Output:
    """The terminal to write on; what is written after it is gone is for nobody."""

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._is_lost = False

    def write(self, text: str) -> None:
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, do: Callable[[], object]) -> None:
        if self._is_lost:
            return
        try:
            do()
        except OSError:
            self._is_lost = True
            self._lost()


class Terminal(LinuxDriver):
    """Textual's driver, with an end where the terminal ends."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._said_lost = False
        self._woken, self._waker = os.pipe()  # ends the wait for a key
        # In the loop's turn, not in the middle of a line: that could hold the lock of the output.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
        loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)
        if self._file is not None:
            self._file = cast("Any", _Output(self._file, self._lost))

    def start_application_mode(self) -> None:
        """Of two new sizes at once, the second would else be told in the middle of the first,
        which then came last and stayed.
        """
        super().start_application_mode()  # type: ignore[no-untyped-call]
        told = signal.getsignal(signal.SIGWINCH)
        if callable(told):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGWINCH, told, signal.SIGWINCH, None)

    def _lost(self) -> None:
        """Leave in good order, once; from whatever thread."""
        if not self._said_lost:
            self._said_lost = True
            self._app.call_later(self._app.exit, None, 1)

    def write(self, data: str) -> None:
        """Write to the terminal; nothing while it is the shell's, where nobody takes it away."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def _sigcont_application(self, *_signal: object) -> None:
        """Continued by whoever stopped it, with or without our having put the terminal back."""
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()
        self._app.call_later(self._draw_all)

    def _draw_all(self) -> None:
        """Nothing of what was drawn stands there any more, though the size is the same."""
        if self._app.screen_stack:
            self._app.screen.refresh()

    def stop_application_mode(self) -> None:
        """Give the terminal back. One without another screen, as the Linux console, would keep the
        order in front of whoever comes next.
        """
        self.write(_CLEAR)
        super().stop_application_mode()

    def disable_input(self) -> None:
        """Have the thread that reads see that it has to end."""
        os.write(self._waker, b".")
        super().disable_input()

    def run_input_thread(self) -> None:
        """Read until the driver has to end. What is no UTF-8 becomes a visible stand-in."""
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        parser, of_pastes = XTermParser(self._debug), Pastes()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                # To look ten times a second would be most of what an idle console takes. Only half
                # a sequence, as an escape that may be a key by itself, is not waited for.
                unfinished = parser._timeout_time is not None
                ready = [key.fd for key, _events in selector.select(LOOK if unfinished else None)]
                if self._woken in ready:
                    os.read(self._woken, CHUNK)
                    self.exit_event.wait(LOOK)
                    continue
                try:
                    data = os.read(self.fileno, CHUNK) if ready else b""
                except OSError:
                    data = b""
                if ready and not data:
                    self._lost()
                    return
                parser = self._feed(parser, of_pastes.clean(decode(data)))
        with suppress(EOFError, ParseError):
            for _event in parser.feed(""):
                pass

    def _feed(self, parser: XTermParser, text: str) -> XTermParser:
        """Pass on what was typed; a parser that fails at it is replaced, and the fault is told."""
        try:
            if text:
                for event in parser.feed(text):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
        except Exception as error:
            self._app.call_later(_raise, error)
            return XTermParser(self._debug)
        return parser


class Pastes:
    """What comes from the terminal, with no escape left inside of a paste.

    Textual's parser takes an escape in a paste for the start of a key, and what follows it, with
    Enter and Tab, for keys: whoever wrote the text that is pasted would press them.
    """

    def __init__(self) -> None:
        self._inside = False
        self._before = ""  # the last of what came, which a mark may have begun with

    def clean(self, text: str) -> str:
        """`text` as it goes to the parser; what may begin an end mark waits for the rest of it."""
        passed = []
        while text:
            part, text = self._in_paste(text) if self._inside else self._outside(text)
            passed.append(part)
        return "".join(passed)

    def _outside(self, text: str) -> tuple[str, str]:
        seen = self._before + text
        at = seen.find(BRACKETED_PASTE_START)
        if at < 0:
            self._before = seen[1 - len(BRACKETED_PASTE_START) :]
            return text, ""
        end = at + len(BRACKETED_PASTE_START) - len(self._before)
        self._inside, self._before = True, ""
        return text[:end], text[end:]

    def _in_paste(self, text: str) -> tuple[str, str]:
        text, self._before = self._before + text, ""
        inside, mark, behind = text.partition(BRACKETED_PASTE_END)
        if mark:
            self._inside = False
        else:
            inside, self._before = _without_begun(text, BRACKETED_PASTE_END)
        return inside.replace("\x1b", "␛") + mark, behind


def _without_begun(text: str, mark: str) -> tuple[str, str]:
    """`text` and what of its end may be the beginning of `mark`."""
    for length in range(len(mark) - 1, 0, -1):
        if text.endswith(mark[:length]):
            return text[:-length], text[-length:]
    return text, ""


def _raise(error: Exception) -> None:
    """In the program's own loop, where faults are taken."""
    raise error

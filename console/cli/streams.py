"""The standard streams: what is said where nobody can read it, and which exit code that gives.

SIGPIPE stays ignored, as Python has it: a socket that its peer has closed must not end this
process in the middle of an action.
"""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

FAULT: Final = 1
# What a shell says of a program that SIGPIPE ended, as it ends grep or cat before `head -1`.
NO_READER: Final = 141


def fill_missing() -> None:
    """A stream that the caller closed (`>&-`) is the null device, not None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def write(text: str) -> OSError | None:
    """A line of the answer on stdout; returns why it could not be written."""
    try:
        print(text)
    except OSError as error:
        return error
    return None


def narrate(text: str) -> None:
    """A line on stderr. Where that can't be written nobody is left to tell; the work goes on."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _to_nowhere(sys.stderr)


def finish(code: int, lost: OSError | None = None, *, acts: bool = False) -> int:
    """Write out what is left on stdout; returns the exit code of a command that ended in `code`.

    `lost` is what went wrong on stdout before. A failure keeps its code, and so does a command
    that `acts`: what happened with the money is told by nothing else. The answer of any other
    is lost, which is 141 where its reader has gone, and 1 where it can't be written.
    """
    if lost is None:
        try:
            sys.stdout.flush()
        except OSError as error:
            lost = error
    if lost is None:
        return code
    _to_nowhere(sys.stdout)
    gone = isinstance(lost, BrokenPipeError)
    if not gone:
        narrate(f"payconsole: can't write the output: {lost.strerror}.")
    if code or acts:
        return code
    return NO_READER if gone else FAULT


def _to_nowhere(stream: TextIO) -> None:
    """What the stream still holds would fail once more when the interpreter ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)

"""`import`: files of ids into the index, with a bar while it takes long, and what was bad."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from console.cli.failures import DONE, USAGE
from console.cli.output import Output
from console.domain.plural import counted
from console.imports import FileResult, Imported, Progress, import_files

STOPPED: Final = 130
MAX_SHOWN: Final = 50  # bad rows of one file on stderr; JSON has more
_PATIENCE: Final = 1.0  # seconds before the bar appears
_PAUSE: Final = 0.1  # seconds between two drawings
_BAR: Final = 24
_ONE_PRESS: Final = 1.0  # seconds in which Ctrl-C again is the same Ctrl-C
_FACTS: Final = " (objects, order numbers, events)"


def run_import(args: argparse.Namespace, out: Output) -> int:
    """Import `args.files`; 0, 2 where a file can't be read or `--strict` refused, 130 if stopped.

    stdout has the document of `--json` alone; bad rows are named on stderr even with `--quiet`.
    """
    from console.store.index import KnownIds
    from console.store.places import user_places

    bar = Bar(sys.stderr, shown=not out.quiet and sys.stderr.isatty())
    known = KnownIds(user_places().index)
    try:
        with _one_interrupt() as pressed:
            result = import_files(
                [_path(name) for name in args.files],
                known,
                strict=args.strict,
                tell=bar,
                stop=pressed,
            )
    finally:
        bar.clear()
        known.close()
    out.document(document(result))
    _report(result, out)
    if result.stopped:
        return STOPPED
    failed = result.refused or any(file.error for file in result.files)
    return USAGE if failed else DONE


@contextmanager
def _one_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the import, once; gives whether it was pressed.

    It often comes twice: a terminal and a wrapper such as `timeout` both send it. The second one
    must break off neither the closing of the index nor the end of Python. A press that something
    swallowed is seen when reading goes on, and one that comes later counts again.
    """
    pressed: list[float] = []

    def interrupt(signum: int, frame: object) -> None:
        now = time.monotonic()
        again = bool(pressed) and now - pressed[-1] < _ONE_PRESS
        pressed.append(now)
        if not again:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # a background job's: to be ignored
        yield lambda: False
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: bool(pressed)
    finally:
        # What is left is short, and all that this process still does.
        signal.signal(signal.SIGINT, signal.SIG_IGN if pressed else before)


def _path(name: str) -> Path:
    """`-` alone is standard input: `./-` is a file."""
    path = Path(name)
    return Path.cwd() / path if str(path) == "-" and name != "-" else path


def _report(result: Imported, out: Output) -> None:
    for file in result.files:
        for bad in file.bad[:MAX_SHOWN]:
            print(f"{file.file}:{bad.line}: {bad.why}", file=sys.stderr)
        if file.bad_count > MAX_SHOWN:
            print(f"{file.file}: … and {file.bad_count - MAX_SHOWN:,} more", file=sys.stderr)
        if file.error:
            out.complain(f"{file.file}: {file.error}")
        if file.format:
            out.tell(summary(file))
        for note in file.notes:
            out.complain(f"{file.file}: {note}")
    if result.refused:
        out.complain(
            "nothing was imported, as --strict asks.",
            "Mend what is named above, or import without --strict: the other rows are good.",
        )
    elif result.stopped:
        out.complain(
            "stopped; what is counted above is in the index.",
            "The same command again goes on; nothing is imported twice.",
        )


def summary(file: FileResult) -> str:
    """One line: `orders.csv: 4 rows, 3 imported, 1 bad; 2 new facts (objects, …)`.

    A row may tell several facts, so these stand apart from what is counted in rows.
    """
    counts = [counted(file.rows, "row"), f"{file.imported:,} imported"]
    more = (
        (file.skipped, "skipped"),
        (file.undated, "without a readable time"),
        (file.bad_count, "bad"),
    )
    counts += [f"{count:,} {what}" for count, what in more if count]
    facts = counted(file.new, "new fact") if file.new else "nothing new"
    return f"{file.file}: {', '.join(counts)}; {facts}{_FACTS if file.new else ''}"


def document(result: Imported) -> dict[str, Any]:
    """What `--json` prints. At most 1,000 bad rows of a file are listed; all are counted."""
    counted = ("rows", "imported", "new", "skipped", "undated", "bad_count")
    totals = {name: sum(getattr(file, name) for file in result.files) for name in counted}
    return {
        "files": [{**asdict(file), "bad_truncated": file.bad_truncated} for file in result.files],
        "totals": totals,
        "stopped": result.stopped,
        "refused": result.refused,
    }


class Bar:
    """A line on a terminal that shows how far a file was read, once that takes a while."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream, self._shown = stream, shown
        self._next = time.monotonic() + _PATIENCE
        self._drawn = False

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + _PAUSE
            self._draw(progress)

    def _draw(self, progress: Progress) -> None:
        line = f"{progress.file}  {counted(progress.rows, 'row')}"
        if progress.bytes_total:
            done = min(1.0, progress.bytes_read / progress.bytes_total)
            full = round(done * _BAR)
            line = f"{'█' * full}{'░' * (_BAR - full)} {done:4.0%}  {line}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{line[:width]}")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Leave no trace of the bar."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False

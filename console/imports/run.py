"""The import itself: file after file, some thousand rows in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.domain.language import _

if TYPE_CHECKING:
    from console.imports.facts import Facts, Record
    from console.imports.source import Piece, Source, Text
    from console.store.index import Known, KnownIds, Told

BATCH: Final = 5_000  # rows
_TICK: Final = 1_000  # lines between two reports of progress
# Where a packed file stops being one that anybody wrote: blank characters in a row, and how many
# characters without a row it unpacks to, in all and for each byte. Logs pack to a twentieth.
MAX_BLANK: Final = 1_000_000
MAX_IDLE: Final = 16 * 1024**2
MAX_RATIO: Final = 100


@dataclass(frozen=True)
class Progress:
    """How far a file was read; `bytes_total` is None for standard input."""

    file: str
    bytes_read: int
    bytes_total: int | None
    rows: int


@dataclass(frozen=True)
class Bad:
    """A record that could not be imported, and the line where it begins."""

    line: int
    why: str


@dataclass
class FileResult:
    """What became of one file.

    `rows` are all records that were read: the imported, the skipped (which speak of no order,
    or say nothing that the index can keep) and the bad. `new` counts objects, order numbers and
    lines of the past that the index did not know so. `undated` are imported rows whose time
    can't be read. `notes` are about the file as a whole: an assumed encoding, no column of order
    numbers. `format` is a code, and a marked text; the other texts are for people as they are.
    `error` says why the file, or the rest of it, can't be read; what was imported before stays.
    """

    file: str
    format: str | None = None
    rows: int = 0
    imported: int = 0
    new: int = 0
    skipped: int = 0
    undated: int = 0
    bad_count: int = 0
    bad: list[Bad] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def bad_truncated(self) -> bool:
        """Whether more rows are bad than are remembered."""
        return self.bad_count > len(self.bad)

    def count(self, counts: Counter[str], new: int) -> None:
        """Add the counts of a batch that is in the index."""
        self.rows += counts["imported"] + counts["skipped"]
        self.imported += counts["imported"]
        self.skipped += counts["skipped"]
        self.undated += counts["undated"]
        self.new += new

    def complain(self, line: int, why: str) -> None:
        self.rows += 1
        from console.imports.facts import MAX_BAD

        self.bad_count += 1
        if len(self.bad) < MAX_BAD:
            self.bad.append(Bad(line, why))


@dataclass
class Imported:
    """What became of all files.

    `stopped` when it was interrupted: finished batches are in the index, and the same import
    run again goes on harmlessly. `refused` when a strict import found something bad and
    imported nothing.
    """

    files: list[FileResult] = field(default_factory=list)
    stopped: bool = False
    refused: bool = False

    @property
    def complete(self) -> bool:
        """Whether every file was read to its end and what is good in it is in the index."""
        return not (self.stopped or self.refused or any(file.error for file in self.files))

    @property
    def flawless(self) -> bool:
        return self.complete and not any(file.bad_count for file in self.files)


class _Stopped(Exception):
    """The caller wants it to end."""


def _silent(_progress: Progress) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False


def import_files(
    paths: Sequence[Path],
    known: KnownIds,
    *,
    strict: bool = False,
    tell: Callable[[Progress], None] = _silent,
    stop: Callable[[], bool] = _never,
) -> Imported:
    """Read files into the index; `Path("-")` is standard input.

    Importing the same again changes nothing. A bad row is named in the result and costs no
    other row; a file that can't be read has its `error` there: nothing is raised for either.
    With `strict` all files are read once before anything is imported, and where anything in
    them is bad, nothing is. `tell` hears of progress, `stop` is asked whether to end early.
    Faults of the index itself are raised.
    """
    with ExitStack() as stack:
        result = Imported()
        found = _sources(paths, strict, stack, result)
        if strict:
            check = Imported(list(result.files))
            _read_all(found, None, check, tell, stop)
            if not check.flawless:
                return _refused(check)
        _read_all(found, known, result, tell, stop)
        return result


def _refused(check: Imported) -> Imported:
    for file in check.files:
        file.imported = file.undated = 0
    check.refused = True
    return check


def _sources(
    paths: Sequence[Path], again: bool, stack: ExitStack, result: Imported
) -> list[Source]:
    """Everything that can be opened; what can't is in the result."""
    from console.imports.source import NotUnderstood, shown, sources

    found: list[Source] = []
    for path in paths:
        try:
            found += sources(path, again=again, stack=stack)
        except NotUnderstood as error:
            result.files.append(FileResult(shown(path), error=str(error)))
        except OSError as error:
            why = error.strerror or type(error).__name__
            said = _("It can't be opened: {why}.", why=why)
            result.files.append(FileResult(shown(path), error=said))
    return found


def _read_all(
    found: Sequence[Source],
    known: KnownIds | None,
    result: Imported,
    tell: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> None:
    """Read one source after the other into the index; without one, only look for what is bad."""
    for source in found:
        file = FileResult(source.name)
        result.files.append(file)
        try:
            _read_one(source, file, known, tell, stop)
        except (KeyboardInterrupt, _Stopped):
            result.stopped = True
            return


def _read_one(
    source: Source,
    file: FileResult,
    known: KnownIds | None,
    tell: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> None:
    from dataclasses import replace

    from console.imports import formats
    from console.imports.source import DAMAGE, NotUnderstood

    batch = _Batch(file, known)
    try:
        with source.open() as text:

            def heard() -> None:
                tell(Progress(file.file, text.position(), source.size, file.rows + batch.rows))
                if stop():
                    raise _Stopped

            watched = replace(text, pieces=_watched(text, heard, lambda: file.rows + batch.rows))
            understood = formats.read(watched)
            for record in understood.records:
                file.format = understood.format
                batch.take(record)
            file.format = understood.format
            file.notes += understood.notes
            if text.decoder.assumed:
                assumed = text.decoder.assumed
                file.notes.append(
                    _("It is not UTF-8; it was read as {encoding}.", encoding=assumed)
                )
            batch.flush()
            heard()
    except NotUnderstood as error:
        file.error = str(error)
    except DAMAGE as error:
        file.error = _("The file is damaged behind row {row}: {why}.", row=file.rows, why=error)
    batch.flush()


def _watched(text: Text, heard: Callable[[], None], rows: Callable[[], int]) -> Iterator[Piece]:
    """The pieces, with a word on progress now and then; NotUnderstood where they are endless.

    Eight gigabytes of nothing pack to eight megabytes: whoever made such a file, nobody should
    wait for its end.
    """
    from console.imports.source import NotUnderstood

    blank = read = since = seen = 0
    for count, piece in enumerate(text.pieces):
        if count % _TICK == 0:
            heard()
            if rows() != seen:
                since, seen = read, rows()
        read += len(piece[1])
        blank = 0 if piece[1].strip() else blank + len(piece[1])
        if blank > MAX_BLANK:
            raise NotUnderstood(
                _(
                    "At line {line} it has been blank for {count} characters; the rest of it was"
                    " not read.",
                    line=f"{piece[0]:,}",
                    count=f"{MAX_BLANK:,}",
                )
            )
        if read - since > MAX_IDLE and read > MAX_RATIO * text.position():
            raise NotUnderstood(
                _(
                    "At line {line} it has unpacked to {size} MB without a single row; the rest of"
                    " it was not read.",
                    line=f"{piece[0]:,}",
                    size=MAX_IDLE // 1024**2,
                )
            )
        yield piece


class _Batch:
    """Records that go into the index in one transaction."""

    def __init__(self, file: FileResult, known: KnownIds | None) -> None:
        self._file, self._index = file, known
        self._known: dict[Known, None] = {}
        self._told: dict[Told, None] = {}
        self.counts: Counter[str] = Counter()

    def take(self, record: Record) -> None:
        from console.imports.facts import Problem

        line, said = record
        if isinstance(said, Problem):
            self._file.complain(line, said.why)
            return
        if said is None or not said.is_worth_keeping:
            self.counts["skipped"] += 1
        else:
            self._add(said)
        if self.rows >= BATCH:
            self.flush()

    @property
    def rows(self) -> int:
        return self.counts["imported"] + self.counts["skipped"]

    def _add(self, facts: Facts) -> None:
        self._known.update(dict.fromkeys(facts.known))
        self._told.update(dict.fromkeys(facts.told))
        self.counts["imported"] += 1
        self.counts["undated"] += facts.undated

    def flush(self) -> None:
        """Make what was gathered part of the index, and only then of the counts."""
        new = 0
        if self._index is not None and (self._known or self._told):
            new = self._index.learn(self._known, self._told)
        self._file.count(self.counts, new)
        self._known, self._told, self.counts = {}, {}, Counter()

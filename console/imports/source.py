"""A file as lines of text with their numbers: plain, gzip, a member of a zip, standard input.

Everything streams: neither a large file nor one long line is ever in memory as a whole.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from console.domain.language import _
from console.domain.text import clean_line
from console.imports.encoding import Decoder

STDIN: Final = Path("-")
HEAD: Final = 65_536  # what is looked at to find out what a file is
PIECE: Final = 65_536  # characters
MAX_LINE: Final = 1_000_000  # characters of one line of a table, or of one JSON object
MAX_UNPACKED: Final = 8 * 1024**3
_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What reading a damaged file can raise.
DAMAGE: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)

# The number of a line and its text, or a part of a long one; the last part ends in a newline.
Piece = tuple[int, str]


class NotUnderstood(Exception):
    """A file that can't be imported at all; the message says why."""


@dataclass(frozen=True)
class Text:
    """An open file: its beginning as lines, all of it as pieces, and how far it was read.

    `goes_on` where it has more than the beginning; `decoder` knows what its encoding was taken for.
    """

    head: list[Piece]
    pieces: Iterator[Piece]
    position: Callable[[], int]
    goes_on: bool
    decoder: Decoder


@dataclass(frozen=True)
class Source:
    """One text that can be opened; `size` is that of its file, None where it isn't known."""

    name: str
    size: int | None
    _open: Callable[[ExitStack], tuple[IO[bytes], Callable[[], int]]]

    @contextmanager
    def open(self) -> Iterator[Text]:
        """The text from its beginning. Raises NotUnderstood for what is no text, and `DAMAGE`."""
        with ExitStack() as stack:
            stream, position = self._open(stack)
            yield _text(stream, position)


class _Counted(io.RawIOBase):
    """A stream that counts what was read of it, and may have a limit."""

    def __init__(
        self, stream: IO[bytes] | gzip.GzipFile, head: bytes = b"", limit: int | None = None
    ) -> None:
        self._stream, self._head, self._limit = stream, head, limit
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = memoryview(buffer).nbytes
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = _some(self._stream, size)
        self.count += len(data)
        if self._limit is not None and self.count > self._limit:
            raise NotUnderstood(
                _("It unpacks to more than {most} GiB.", most=self._limit // 1024**3)
            )
        memoryview(buffer)[: len(data)] = data
        return len(data)


def _some(stream: IO[bytes] | gzip.GzipFile, size: int) -> bytes:
    """What there is now: a pipe isn't waited for until it has filled the whole buffer."""
    read = getattr(stream, "read1", stream.read)
    data: bytes = read(size)
    return data


def sources(path: Path, *, again: bool, stack: ExitStack) -> list[Source]:
    """The texts in a file: one, or every member of a zip.

    With `again` a source can be opened more than once: a pipe is then kept in an
    unnamed temporary file, which goes when `stack` is closed. Raises OSError where the file
    can't be opened, NotUnderstood for a broken or locked archive.
    """
    if path == STDIN:
        return [_stream("-", sys.stdin.buffer, again, stack)]
    if not path.is_file() and not path.is_dir() and path.exists():  # a pipe
        return [_stream(shown(path), stack.enter_context(path.open("rb")), again, stack)]
    with path.open("rb") as file:
        magic = file.read(4)
    size = path.stat().st_size
    if magic == b"PK\x03\x04":
        return _members(path, size)
    if magic == b"PK\x05\x06":
        raise NotUnderstood(_("The zip archive is empty."))

    def open_file(stack: ExitStack) -> tuple[IO[bytes], Callable[[], int]]:
        return _plain_or_gzip(stack.enter_context(path.open("rb")))

    return [Source(shown(path), size, open_file)]


def shown(path: Path) -> str:
    """A file's name as it may be printed: names of files come from outside too."""
    return clean_line(str(path))


def _stream(name: str, stream: IO[bytes], again: bool, stack: ExitStack) -> Source:
    """What can be read only once."""
    if not again:
        return Source(name, None, lambda _stack: _plain_or_gzip(stream))
    kept = tempfile.TemporaryFile(prefix="payconsole-")  # noqa: SIM115 (the stack closes it)
    stack.enter_context(kept)
    shutil.copyfileobj(stream, kept)
    size = kept.tell()

    def open_kept(_stack: ExitStack) -> tuple[IO[bytes], Callable[[], int]]:
        kept.seek(0)
        return _plain_or_gzip(kept)

    return Source(name, size, open_kept)


def _plain_or_gzip(file: IO[bytes]) -> tuple[IO[bytes], Callable[[], int]]:
    head = file.read(2)
    counted = _Counted(file, head)
    if head != b"\x1f\x8b":
        return io.BufferedReader(counted, PIECE), lambda: counted.count
    packed = io.BufferedReader(counted, PIECE)
    return _limited(gzip.GzipFile(fileobj=packed)), lambda: counted.count


def _limited(stream: IO[bytes] | gzip.GzipFile) -> IO[bytes]:
    return io.BufferedReader(_Counted(stream, limit=MAX_UNPACKED), PIECE)


def _members(path: Path, size: int) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (*DAMAGE, ValueError) as error:  # a name that is no UTF-8
        raise NotUnderstood(_("The zip archive is damaged: {why}", why=error)) from None
    names = {info.filename for info in members}
    if "[Content_Types].xml" in names:
        raise NotUnderstood(_("This is a workbook or a document. Save it as CSV and import that."))
    if any(info.flag_bits & 1 or info.compress_type not in _PACKINGS for info in members):
        raise NotUnderstood(
            _("The zip archive has a password or a rare compression. Unpack it first.")
        )

    def member(info: zipfile.ZipInfo) -> Source:
        def open_member(stack: ExitStack) -> tuple[IO[bytes], Callable[[], int]]:
            file = stack.enter_context(path.open("rb"))
            archive = stack.enter_context(zipfile.ZipFile(file))
            stream = stack.enter_context(archive.open(info))
            return _limited(stream), lambda: min(file.tell(), size)

        return Source(f"{shown(path)}/{clean_line(info.filename)}", size, open_member)

    mine = [info for info in members if not info.filename.startswith("__MACOSX/")]
    return [member(info) for info in mine]


# --- bytes to text --------------------------------------------------------------------------------

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TOO_MUCH: Final = 0.05  # a text may have a few; of random bytes a tenth are such
_RETURN: Final = re.compile(r"\x1b\([A-Z]")  # ISO-2022-JP: from here on one byte is one character


def _text(stream: IO[bytes], position: Callable[[], int]) -> Text:
    head = stream.read(HEAD)
    utf16 = head.startswith(_UTF16)
    if not utf16 and len(_NOT_TEXT.findall(head)) > len(head) * _TOO_MUCH:
        raise NotUnderstood(_("It is a binary file, or UTF-16 without a byte order mark."))
    whole = io.BufferedReader(_Counted(stream, head), PIECE)
    decoder = Decoder(head)
    beginning = list(_pieces(io.BytesIO(head), utf16, decoder))
    goes_on = len(head) == HEAD
    if goes_on and len(beginning) > 1:
        del beginning[-1]  # probably cut
    return Text(beginning, _pieces(whole, utf16, decoder), position, goes_on, decoder)


def _pieces(stream: IO[bytes], utf16: bool, decoder: Decoder) -> Iterator[Piece]:
    """The lines of a text with their numbers, long ones in parts."""
    encoding = "utf-16" if utf16 else "latin-1"  # which keeps every byte, for the decoder
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline=None)
    number, held = 1, ""
    while part := held + text.readline(PIECE):
        held = ""
        if not utf16 and not (part.isascii() and "\x1b$" not in part):
            if part[-1] != "\n":
                part, held = _before_cut(part)
            part = decoder.decode(part.encode("latin-1"))
        if number == 1:
            part = part.removeprefix("\ufeff")
        if part:
            yield number, part
        number += part.endswith("\n")


def _before_cut(part: str) -> tuple[str, str]:
    """A part of a line, and the bytes at its end that may be half a character."""
    escape = part.rfind("\x1b") if "\x1b$" in part else -1
    if escape > 0 and not _RETURN.match(part, escape):
        return part[:escape], part[escape:]
    end = len(part)
    while end > max(1, len(part) - 3) and part[end - 1] > "\x7f":
        end -= 1
    return (part[:end], part[end:]) if len(part) > 3 else (part, "")


def whole_lines(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Every line without its newline; of a line longer than MAX_LINE a little more than that."""
    parts: list[str] = []
    size = 0
    number = 0
    for number, part in pieces:
        if part[-1] == "\n" and not parts:
            yield number, part[:-1]
            continue
        if size <= MAX_LINE:
            parts.append(part)
            size += len(part)
        if part[-1] == "\n":
            yield number, "".join(parts).removesuffix("\n")
            parts, size = [], 0
    if parts:
        yield number, "".join(parts)

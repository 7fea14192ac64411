"""Tables: what their columns are called, and their rows with the lines where these begin."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from console.domain.language import _
from console.domain.text import clean_line
from console.imports.facts import Problem
from console.imports.source import MAX_LINE, Piece

_DELIMITERS: Final = ("\t", ",", ";")
_MAX_LINES: Final = 100  # of one quoted row; a quote that stays open must not swallow the file
_MAX_TITLES: Final = 30  # names of columns that are shown, and their length
_MAX_TITLE: Final = 40
_NOT_CLOSED: Final = "unexpected end of data"  # what csv says of an open quote


@dataclass(frozen=True)
class Header:
    """The line with the names of the columns, as they stand there (`titles`), and squeezed."""

    line: int
    delimiter: str
    titles: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The titles in lower case, letters and digits only."""
        return tuple(squeezed(title) for title in self.titles)

    @property
    def shown(self) -> str:
        """The titles for people: on one line and of bounded length."""
        titles = [clean_line(title.strip(), _MAX_TITLE) or "–" for title in self.titles]
        more = len(titles) - _MAX_TITLES
        first = ", ".join(titles[:_MAX_TITLES])
        return _("{columns} and {more} more", columns=first, more=more) if more > 0 else first


def squeezed(name: str) -> str:
    """A column's name in any case, with or without separators, as one word."""
    return "".join(char for char in name.casefold() if char.isalnum())


def headers(lines: Sequence[Piece]) -> Iterator[Header]:
    """What each of the lines would be as a header, by every delimiter that it holds."""
    for number, text in lines:
        for delimiter in _DELIMITERS:
            if delimiter not in text and delimiter != ",":
                continue  # a single column needs no delimiter: it is read with commas
            try:
                cells = _cells(text.rstrip("\n"), delimiter)
            except csv.Error:
                continue
            yield Header(number, delimiter, tuple(_trimmed(cells)))


def rows(lines: Iterator[Piece], header: Header) -> Iterator[tuple[int, list[str] | Problem]]:
    """The rows below the header; a quoted cell may span lines.

    A row has as many cells as the header has names. When a row of several lines can't be read,
    its first line alone is the problem and the next lines are read afresh: a quote that was
    never closed costs one row, not the rest of the file.
    """
    waiting: deque[Piece] = deque()

    def take() -> Piece | None:
        return waiting.popleft() if waiting else next(lines, None)

    width = len(header.names)
    while (line := take()) is not None:
        number, text = line
        if number <= header.line or not text.strip():
            continue
        if len(text) > MAX_LINE:
            yield (
                number,
                Problem(_("The line is longer than {most} characters.", most=f"{MAX_LINE:,}")),
            )
        elif "\0" in text:
            yield number, Problem(_("The line holds a NUL character."))
        elif '"' not in text:
            yield number, _fitting(text.split(header.delimiter), width)
        else:
            yield number, _quoted(line, header.delimiter, width, take, waiting)


def _quoted(
    first: Piece,
    delimiter: str,
    width: int,
    take: Callable[[], Piece | None],
    waiting: deque[Piece],
) -> list[str] | Problem:
    """The row that begins with `first`, with as many of the following lines as it needs."""
    more: list[Piece] = []
    text = first[1]
    while True:
        try:
            found = _fitting(_cells(text, delimiter), width)
            if isinstance(found, list) or not more:
                return found
            problem = found
            break
        except csv.Error as error:
            why = str(error)
            problem = _in_words(why)
        if why != _NOT_CLOSED or not _append(more, take):
            break
        text = "\n".join([text, more[-1][1]])
    waiting.extendleft(reversed(more))
    plain = first[1].split(delimiter)
    if delimiter == "\t" and len(plain) == width:
        return plain  # flat files with tabs don't quote: a quote is a quote
    return problem


def _in_words(why: str) -> Problem:
    """What csv complains of, for somebody who looks at the file."""
    if why == _NOT_CLOSED:
        return Problem(_("A quote is opened and never closed."))
    if why.startswith("field larger"):
        most = f"{csv.field_size_limit():,}"
        return Problem(_("A cell is longer than {most} characters.", most=most))
    return Problem(_("A quote stands where none belongs."))


def _append(more: list[Piece], take: Callable[[], Piece | None]) -> bool:
    """Take the next line; whether there was one, and the row may still grow."""
    if len(more) >= _MAX_LINES or sum(len(piece[1]) for piece in more) > MAX_LINE:
        return False
    line = take()
    if line is None:
        return False
    more.append(line)
    return True


def _cells(text: str, delimiter: str) -> list[str]:
    """Raises csv.Error; strict, or an open quote would end at the end of the line."""
    found = list(csv.reader([text], delimiter=delimiter, strict=True))
    return found[0] if found else []


def _fitting(cells: list[str], width: int) -> list[str] | Problem:
    if len(cells) > width:
        cells = _trimmed(cells, width)
    if len(cells) != width:
        return Problem(
            _("The row has {cells} cells, the header {width}.", cells=len(cells), width=width)
        )
    return cells


def _trimmed(cells: list[str], least: int = 0) -> list[str]:
    """Without empty cells at the end, which spreadsheets like to add."""
    end = len(cells)
    while end > least and not cells[end - 1].strip():
        end -= 1
    return cells[:end]

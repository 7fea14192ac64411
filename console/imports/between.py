"""The lines of a log that are no JSON: which of them are a log's own words, and which are lost.

A line is plainly a log's own where it begins as lines of logs do (a date or time, a level, a
tag in brackets, the name of a program or an exception before a colon, `key=value`, an address,
a sign of a comment), where it is indented (it goes on with the line above), or where it has no
letter or digit (an array's brackets and commas). A line on which a whole id stands between
delimiters is a row of a table, however it begins. Words beside an object that was read are
the log's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from console.domain.language import N_, _
from console.imports.facts import Problem

_KEPT: Final = 2_000  # characters of a line that are looked at
ROW: Final = N_("It is a row of a table among notifications: import tables as files of their own.")
STRAY: Final = N_("It is neither JSON nor a line of a log.")

_ID: Final = r"[SPBC]\d{2}-\d{7}-\d{7}(?:-[ACRB]\d{5,7})?"
_ROW: Final = re.compile(rf'(?:^|[,;\t])\s*"?{_ID}"?\s*(?:[,;\t]|$)', re.ASCII)
_LOG: Final = re.compile(
    r"""
      \s                                              # it goes on with the line above
    | [\W_]*$                                         # punctuation alone
    | \W*\d{4}[-/.]\d{2}[-/.]\d{2}(?!\d)              # 2026-01-02
    | \W*\d{1,2}[-/.\ ](?:\d{1,2}|[a-z]{3})[-/.\ ]\d{2,4}\b       # 02/Jan/2026
    | \W*\d{1,2}:\d{2}(?!\d)                          # 10:00
    | \W*\d{8}[T\ ]?\d{4,6}\b                         # 20260102T100000
    | \W*1\d{9}(?:\d{3})?(?!\d)                       # seconds or milliseconds since 1970
    | \W*(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*
      [,.]?\ +\d{1,2}\b                               # Jan  2
    | \W*(?:trace|debug|info|notice|warn|warning|error|err|crit|critical|fatal|severe|alert)\b
    | \[[^\]\n]+\] | <\d+>                            # [tag], <priority>
    | [\w.$/-]+(?:\[\d+\])?:\s | caused\ by:          # program[1]: words
    | traceback\ \(
    | [\w.-]+=\S                                      # key=value
    | \d{1,3}(?:\.\d{1,3}){3}\s                       # an address
    | \# | // | -- | ==                               # a comment, a heading
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def complaint(line: str) -> str | None:
    """Why a line outside of all objects can't be imported, None for a log's own words."""
    if _ROW.search(line):
        return ROW
    return None if not line.strip() or _LOG.match(line) else STRAY


class Between:
    """The words outside of objects, line by line, as they are come across."""

    def __init__(self) -> None:
        self._line, self._number = "", 0
        self._settled = False  # an object was read on this line, or it was complained of

    def words(self, text: str, line: int) -> Iterator[tuple[int, Problem]]:
        """Add words of one line; gives the line before, where it ended by this and is lost."""
        if self._number != line:
            yield from self.end()
            self._number = line
        self._line += text[: _KEPT - len(self._line)]

    def settle(self, first: int, last: int) -> Iterator[tuple[int, Problem]]:
        """On these lines stands something that is dealt with."""
        yield from self.words("", first)
        if first != last:
            self._line, self._number = "", last
        self._settled = True

    def end(self) -> Iterator[tuple[int, Problem]]:
        """The last line has ended."""
        why = None if self._settled else complaint(self._line)
        if why:
            yield self._number, Problem(_(why))
        self._line, self._settled = "", False

    def is_at_start(self, line: int) -> bool:
        """Whether on `line` there was nothing yet but objects, brackets and commas."""
        return self._number != line or not self._line.strip(" \t[,]")

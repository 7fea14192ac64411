"""A screen for terminals that show ASCII alone: each cell keeps its place, with a stand-in.

It is one filter over what has been drawn, so that nothing else has to know of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_ALIKE: Final = (
    ("*", "●◆•"), ("o", "◌"), ("~", "◐"), ("-", "○"), ("x", "✗×"), ("+", "✓"),  # states, ticks
    ("#", "█"), ("=", "▓"), ("-", "▒"), (".", "░"),  # the money bar
    ("-", "─━═╌╍┄┅┈┉−–—‐‑"), ("|", "│┃║╎╏┆┇┊┋▌▐▊▎▏▍▋▉"),  # frames
    ("+", "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬"),
    (" ", "▁▂▃▄▅▆▇▔▀▖▗▘▝▙▛▜▟\u00a0\u2007\u202f"),  # ends of scroll bars, panels
    ("~", "…"), (".", "·"), (">", "›→▸▶»"), ("<", "‹←◂◀«"), ("^", "↑▴▲"), ("v", "↓▾▼"), ("=", "↔"),
    ('"', "“”„‟″"), ("'", "‘’‚‛′"),
    ("s", "ß"), ("L", "£"), ("E", "€"), ("Y", "¥"),
)  # fmt: skip
STAND_INS: Final = {shown: stand_in for stand_in, alike in _ALIKE for shown in alike}
_UNKNOWN: Final = "?"
_LOCALES: Final = ("LC_ALL", "LC_CTYPE", "LANG")  # the first that is set counts
_PLAIN: Final = ("C", "POSIX")
_COERCED: Final = ("C.UTF-8", "C.utf8", "UTF-8")  # what Python sets LC_CTYPE to (PEP 538)


class Ascii(LineFilter):
    """Puts a stand-in of the same width for everything that is not ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii()
            else Segment(in_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(2048)
def in_ascii(text: str) -> str:
    """`text` in ASCII, as many cells wide as before."""
    return "".join(map(_stand_in, text))


def _stand_in(character: str) -> str:
    if character.isascii():
        return character
    if character in STAND_INS:
        return STAND_INS[character]
    width = cell_len(character)
    plain = unicodedata.normalize("NFKD", character)[0]  # of an accented letter the letter
    return plain if width == 1 and plain.isascii() and plain.isprintable() else _UNKNOWN * width


def needs_ascii(encoding: str | None, environ: Mapping[str, str]) -> bool:
    """Whether a terminal says of itself that it can't show more.

    `encoding` is that of what is written to it. The Linux console has a font of 256 or 512
    characters, of which none are our symbols. In the locale C, Python writes UTF-8 nevertheless
    (PEP 538 and 540), so what was asked for is looked at, too.
    """
    if environ.get("TERM") == "linux" or not _is_unicode(encoding or "utf-8"):
        return True
    locale = _locale(environ)
    _language, _dot, codeset = locale.partition(".")
    return locale in _PLAIN or not _is_unicode(codeset.partition("@")[0] or "utf-8")


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def _locale(environ: Mapping[str, str]) -> str:
    """The locale of characters as the operator set it, before Python made one of UTF-8 of C."""
    of_all, characters, general = (environ.get(name, "") for name in _LOCALES)
    if of_all:
        return of_all
    coerced = general in _PLAIN and characters in _COERCED
    return general if coerced else characters or general

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
    (".", "…·"), (">", "›→▸▶»"), ("<", "‹←◂◀«"), ("^", "↑▴▲"), ("v", "↓▾▼"), ("=", "↔"),
    ('"', "“”„‟″"), ("'", "‘’‚‛′"),
    ("s", "ß"), ("L", "£"), ("E", "€"), ("Y", "¥"),
)  # fmt: skip
STAND_INS: Final = {shown: stand_in for stand_in, alike in _ALIKE for shown in alike}
_UNKNOWN: Final = "?"


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
    characters, of which none are our symbols.
    """
    unicode = (encoding or "utf-8").lower().replace("-", "").replace("_", "").startswith("utf")
    return not unicode or environ.get("TERM") == "linux"

"""Cleaning of every text that comes from outside, once, where it is parsed.

A terminal obeys control characters, and bidi and invisible characters make a text look
like another one. They become visible stand-ins; nothing is silently dropped.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

# C0 without newline and tab's neighbours, DEL, C1, soft hyphen, Arabic letter mark, Mongolian
# vowel separator, zero width space, direction marks and overrides, invisible operators, BOM,
# interlinear annotations, line and paragraph separators, tag characters, surrogates.
# ZWNJ and ZWJ (U+200C, U+200D) stay: scripts need them.
_HIDDEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
MAX_LENGTH: Final = 4096
_TOO_DEEP: Final = 40


def _stand_in(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\t":
        return " "
    if char < " ":
        return chr(0x2400 + ord(char))  # the "symbol for" pictures: ESC is ␛
    if char == "\x7f":
        return "␡"
    return f"‹U+{ord(char):04X}›"


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` with every control, bidi and invisible character made visible, cut at `limit`.

    Newlines stay; use `clean_line` where a text must stay on one line.
    """
    shown = _HIDDEN.sub(_stand_in, text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def clean_line(text: str, limit: int = MAX_LENGTH) -> str:
    """As `clean`, and newlines are made visible too."""
    return clean(text.replace("\r\n", "\n"), limit).replace("\n", "␤")


def clean_json(value: Any, depth: int = 0) -> Any:
    """A parsed JSON value with every string in it, keys included, cleaned."""
    if depth > _TOO_DEEP:
        return "…"
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean_line(str(k)): clean_json(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [clean_json(item, depth + 1) for item in value]
    return value


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: two for a wide letter, such as 表."""
    return sum(_columns(char) for char in text)


def padded(text: str, width: int) -> str:
    """`text` with blanks behind it up to `width` columns."""
    return text + " " * (width - columns(text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def has_hidden(text: str) -> bool:
    """Whether `text` holds a character that `clean` would replace."""
    return _HIDDEN.search(text) is not None

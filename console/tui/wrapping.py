"""Lines of a width, also for Japanese: between wide characters a line may break anywhere.

Textual breaks at blanks alone, so that a Japanese sentence would be one long word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rich.cells import get_character_cell_size
from textual.content import Content

# What begins no line, and what ends none (kinsoku shori, JIS X 4051).
_NO_START: Final = frozenset("、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】%),.:;?!]}")
_NO_END: Final = frozenset("‘“（〔［｛〈《「『【([{")
_BLANK: Final = re.compile(r"[\t\n]|\s$")  # what wrapping would change in a line that fits


def wrap(text: Content, width: int) -> list[Content]:
    """`text` in lines of at most `width` cells; a word that is longer is cut."""
    if text and text.cell_length <= width and not _BLANK.search(text.plain):
        return [text]  # most lines: a list may have hundreds of them
    if text.cell_length == len(text):
        return text.wrap(width)
    return [
        line
        for paragraph in text.split("\n", allow_blank=True)
        for line in _lines(paragraph, width)
    ]


def _lines(text: Content, width: int) -> Iterator[Content]:
    plain = text.plain
    start = cells = 0
    last = 0  # the last place where a line may end
    for at, character in enumerate(plain):
        if at > start and _may_break(plain[at - 1], character):
            last = at
        size = get_character_cell_size(character)
        if cells + size > width and not character.isspace():
            end = last if last > start else at
            if end > start:
                yield _without_end_blanks(text, start, end)
                start = end
                cells = sum(map(get_character_cell_size, plain[start:at]))
        cells += size
    yield _without_end_blanks(text, start, len(plain))


def _may_break(before: str, after: str) -> bool:
    if after.isspace() or after in _NO_START or before in _NO_END:
        return False
    return before.isspace() or max(map(get_character_cell_size, (before, after))) > 1


def _without_end_blanks(text: Content, start: int, end: int) -> Content:
    return text[start : start + len(text.plain[start:end].rstrip())]

"""Several things in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from console.domain.language import _


def listed(words: Iterable[str]) -> str:
    """`a, b, c`; nothing for none."""
    found = list(words) or [""]
    return reduce(lambda first, then: _("{first}, {next}", first=first, next=then), found)


def all_of(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; nothing for none."""
    *before, last = words or ("",)
    return _("{several} and {last}", several=listed(before), last=last) if before else last


def one_of(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`; nothing for none."""
    *before, last = words or ("",)
    return _("{several} or {last}", several=listed(before), last=last) if before else last

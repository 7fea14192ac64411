"""The nearest of known words, for a word that isn't one of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MOST: Final = 5


def squeezed(word: str) -> str:
    """`word` without case, spaces, `_` and `-`: `close_charge_permission`, `Close Charge …`."""
    return word.replace(" ", "").replace("_", "").replace("-", "").casefold()


def nearest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The words of `known` that look like `word`, the nearest first; five at most."""
    from difflib import get_close_matches  # late: only a slip needs it

    by_squeezed = {squeezed(one): one for one in known}
    found = get_close_matches(squeezed(word), by_squeezed, n=_MOST)
    return tuple(by_squeezed[one] for one in found)

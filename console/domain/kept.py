"""Texts that are kept in English and shown in the language of the reader.

An order's history and the vocabulary of v1 and v2 go into exports and are searched: there they
are plain `str` in English. The screen shows them by `shown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from console.domain.language import _, together
from console.domain.listed import listed


class Kept(str):
    """A text in English, as a `str`; `say` gives it in the language of the reader."""

    say: Callable[[], str]


def kept(text: str, /, **values: object) -> Kept:
    """`text`, which `N_` marks, with `values` in place of its `{names}`.

    Values that are `Kept` are translated together with it.
    """
    made = Kept(text.format(**values) if values else text)
    made.say = lambda: _(text, **{name: _value(value) for name, value in values.items()})
    return made


def kept_together(*parts: str) -> Kept:
    """Sentences, one after the other."""
    made = Kept(" ".join(parts))
    made.say = lambda: together(*map(shown, parts))
    return made


def kept_words(*parts: str) -> Kept:
    """`a b c`."""
    made = Kept(" ".join(parts))
    made.say = lambda: " ".join(map(_said, parts))
    return made


def kept_capital(text: str) -> Kept:
    """A sentence that begins with a capital letter."""
    made = Kept(_capital(text))
    made.say = lambda: _capital(shown(text))
    return made


def kept_list(parts: Iterable[str]) -> Kept:
    """`a, b, c`."""
    found = list(parts)
    made = Kept(", ".join(found))
    made.say = lambda: listed(map(_said, found))
    return made


def shown(text: str) -> str:
    """A text that is kept, in the language of the reader; one that nobody marked as it is."""
    return text.say() if isinstance(text, Kept) else _(text)


def _said(text: str) -> str:
    """One of several parts: those that nobody marked are Amazon's own words."""
    return text.say() if isinstance(text, Kept) else text


def _value(value: object) -> object:
    return value.say() if isinstance(value, Kept) else value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

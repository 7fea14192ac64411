"""Every sentence in the language of whoever reads it; English is what stands in the code.

The sentences are the keys of the catalogues in `console/locales` (gettext). Amazon's own words,
such as states and reason codes, ids, amounts and what has to be typed are in no catalogue: they
are values that stand in a sentence. What is kept (journal, index, plan files, exports) is the
`english` of what was said.

A module that imports `_` uses that name for nothing else; a test keeps it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from gettext import NullTranslations
from typing import Final

ENGLISH: Final = NullTranslations()


class _Speaker:
    """The language of this process: its catalogue, what stands between two sentences, and what
    between the thousands of a count.
    """

    catalogue: NullTranslations = ENGLISH
    between: str = " "
    thousands: str = ","


class Sentences(str):
    """Several sentences in a table, each a key of its own; as a `str` the English text."""

    parts: tuple[str, ...]


class Translated(str):
    """A text in the language of the reader that knows its English."""

    english: str


def use(catalogue: NullTranslations, between: str = " ", thousands: str = ",") -> None:
    """Say everything by `catalogue` from now on, with `between` from one sentence to the next."""
    _Speaker.catalogue, _Speaker.between, _Speaker.thousands = catalogue, between, thousands


def spoken() -> object:
    """What everything is said by now: another object for another language."""
    return _Speaker.catalogue


def _(text: str, /, **values: object) -> str:
    """`text` in the language of the reader, with `values` in place of its `{names}`.

    `text` is a literal, or comes from a table where `N_` marks it. Where a catalogue doesn't
    have it, the English text stands.
    """
    if isinstance(text, Sentences):
        return together(*(_(part, **values) for part in text.parts))
    said = _Speaker.catalogue.gettext(text) if text else ""
    return _filled(said, text, values)


def many(one: str, several: str, count: int, /, **values: object) -> str:
    """The form that fits `count`, which stands in the text as `{count}`: `2,000 rows`."""
    plain = f"{count:,}"
    values["count"] = number = Translated(plain.replace(",", _Speaker.thousands))
    number.english = plain
    said = _Speaker.catalogue.ngettext(one, several, count)
    return _filled(said, one if count == 1 else several, values)


def _filled(said: str, text: str, values: dict[str, object]) -> str:
    """`said` with its values; where it is a translation, it knows what `text` says."""
    if _Speaker.catalogue is ENGLISH or (said == text and not values):
        return text.format(**values) if values else text
    made = Translated(said.format(**values) if values else said)
    made.english = text.format(**_in_english(values)) if values else text
    return made


def _in_english(values: dict[str, object]) -> dict[str, object]:
    return {
        name: english(value) if isinstance(value, str | BaseException) else value
        for name, value in values.items()
    }


def english(text: object) -> str:
    """The English of a text, or of what an exception says: that is what is kept."""
    if isinstance(text, BaseException) and text.args and isinstance(text.args[0], Translated):
        text = text.args[0]
    return text.english if isinstance(text, Translated) else str(text)


def N_(text: str) -> str:
    """Mark a text of a table for the catalogues; `_` translates it where it is shown."""
    return text


def sentences(*parts: str) -> Sentences:
    """Several marked sentences of a table as one."""
    made = Sentences(" ".join(parts))
    made.parts = parts
    return made


def together(*parts: str) -> str:
    """Sentences that are translated already, one after the other; empty ones are left out."""
    return joined(parts, _Speaker.between, " ")


def joined(parts: Iterable[str], between: str = ", ", in_english: str | None = None) -> str:
    """Several texts in one, without empty ones; it knows its English as they do.

    `in_english` stands between them in English, where that is something else.
    """
    found = [part for part in parts if part]
    if not any(isinstance(part, Translated) for part in found):
        return between.join(found)
    made = Translated(between.join(found))
    made.english = (between if in_english is None else in_english).join(map(english, found))
    return made

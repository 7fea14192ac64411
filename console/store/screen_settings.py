"""How the screen looks and listens: `[screen]` in the settings file, which people may edit.

A wrong entry keeps nobody from work: it is told, and the default stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from console.domain.language import N_, _
from console.domain.spelling import nearest
from console.domain.text import clean_line
from console.store.places import Places
from console.store.profiles import Profiles, SettingsError

TIMES: Final = ("local", "utc")
Keys = Mapping[str, tuple[str, ...]]
_SHOWN: Final = 40  # characters of a wrong value


class ScreenSettings(NamedTuple):
    """What `[screen]` says. None is what the machine says: its locale, or its terminal.

    `keys` holds the keys that are the operator's own, by the id of what they do.
    """

    language: str | None = None
    theme: str | None = None
    ascii: bool | None = None
    motion: bool = True
    times: str = "local"
    keys: Keys = MappingProxyType({})


class Vocabulary(NamedTuple):
    """What may stand in the file: names that the store itself doesn't know."""

    languages: tuple[str, ...]
    themes: tuple[str, ...]
    keys: tuple[str, ...]  # the ids of what can be done by a key


class Read(NamedTuple):
    """The settings as far as they can be used, and what is wrong with the rest."""

    settings: ScreenSettings
    problems: tuple[str, ...] = ()


class Wrong(ValueError):
    """An entry that can't be used; says what would be right."""


class ScreenFile:
    """The `[screen]` of one settings file. Its methods block."""

    def __init__(self, places: Places, vocabulary: Vocabulary) -> None:
        self._profiles = Profiles(places)
        self._file = places.settings
        self._vocabulary = vocabulary

    def read(self) -> Read:
        """What the file says; raises nothing, since the screen has to start."""
        try:
            table = self._profiles.screen()
        except SettingsError as error:
            return Read(ScreenSettings(), (str(error),))
        return read(table, self._file, self._vocabulary)

    def change(self, name: str, value: str | bool | tuple[str, ...] | None) -> ScreenSettings:
        """Write one setting and return all as they are now; None takes it out of the file.

        `name` is a setting, or `keys.` and the id of what a key does. Raises SettingsError where
        the file can't be used, or the value is none that could be read again.
        """
        written = list(value) if isinstance(value, tuple) else value
        key, _dot, inner = name.partition(".")
        entry = {inner: written} if inner else written
        checked = read({key: entry} if value is not None else {}, self._file, self._vocabulary)
        if checked.problems:
            raise SettingsError(checked.problems[0], key=name)
        self._profiles.change_screen((key, inner) if inner else (key,), written)
        return self.read().settings


def read(table: object, file: Path, vocabulary: Vocabulary) -> Read:
    """The settings that a parsed table holds; of what is wrong in it the file and key are named."""
    if not isinstance(table, Mapping):
        return Read(ScreenSettings(), (_("{file}: `screen` must be a table.", file=file),))
    problems: list[str] = []
    found: dict[str, Any] = {}
    for name, value in table.items():
        at = f"{file}: screen.{name}"
        try:
            if name == "keys":
                found[name] = _keys(at, value, file, vocabulary, problems)
            elif name in _READERS:
                found[name] = _READERS[name](at, value, vocabulary)
            else:
                raise Wrong(_unknown(name, (*_READERS, "keys"), _NO_SETTING, file))
        except Wrong as error:
            problems.append(str(error))
    return Read(ScreenSettings(**found), tuple(problems))


def _keys(at: str, value: object, file: Path, vocabulary: Vocabulary, problems: list[str]) -> Keys:
    """`[screen.keys]`; TOML reads `action.refund = "R"` as a table in a table."""
    if not isinstance(value, Mapping):
        example = '"action.refund" = "R"'
        raise Wrong(_("{at} must be a table, like {example}.", at=at, example=example))
    found: dict[str, tuple[str, ...]] = {}
    for name, keys in _flat(value):
        if name not in vocabulary.keys:
            problems.append(_unknown(name, vocabulary.keys, _NO_BINDING, file))
        elif texts := _texts(keys):
            found[name] = texts
        else:
            said = _(
                "{at} must be a key in quotes, or a list of them, like {example}.",
                at=f"{at}.{name}",
                example='["R", "f5"]',
            )
            problems.append(said)
    return found


def _flat(table: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        else:
            yield name, value


def _texts(value: object) -> tuple[str, ...]:
    """One text or several, else none."""
    found = value if isinstance(value, list) else [value]
    texts = [text for text in found if isinstance(text, str) and text == clean_line(text) != ""]
    return tuple(texts) if len(texts) == len(found) else ()


# Each reader gets the place as it is named to people, the value, and the names that there are. It
# raises Wrong.


def _yes_or_no(at: str, value: object, _vocabulary: Vocabulary) -> bool:
    if not isinstance(value, bool):
        raise Wrong(
            _(
                "{at} must be true or false, without quotes, not {value}.",
                at=at,
                value=_shown(value),
            )
        )
    return value


_Reader = Callable[[str, object, Vocabulary], Any]


def _one_of(names: Callable[[Vocabulary], tuple[str, ...]]) -> _Reader:
    def reader(at: str, value: object, vocabulary: Vocabulary) -> str:
        known = names(vocabulary)
        if not isinstance(value, str):
            raise Wrong(_("{at} must be a text in quotes.", at=at))
        if value in known:
            return value
        word, like = _shown(value), nearest(value, known)
        if like:
            near = repr(like[0])
            raise Wrong(
                _("{at} can't be {word}; did you mean {nearest}?", at=at, word=word, nearest=near)
            )
        raise Wrong(
            _("{at} can't be {word}. There are: {known}.", at=at, word=word, known=", ".join(known))
        )

    return reader


_READERS: Final[Mapping[str, _Reader]] = {
    "language": _one_of(lambda vocabulary: vocabulary.languages),
    "theme": _one_of(lambda vocabulary: vocabulary.themes),
    "ascii": _yes_or_no,
    "motion": _yes_or_no,
    "times": _one_of(lambda _vocabulary: TIMES),
}

# What is said of a name that isn't known: with the one that it is like, and where there is none.
_NO_SETTING: Final = (
    N_("{file}: screen has no setting {word}; did you mean {nearest}?"),
    N_("{file}: screen has no setting {word}. There are: {known}."),
)
_NO_BINDING: Final = (
    N_("{file}: screen.keys: there is nothing called {word}; did you mean {nearest}?"),
    N_("{file}: screen.keys: there is nothing called {word}. There are: {known}."),
)


def _unknown(word: str, known: tuple[str, ...], said: tuple[str, str], file: Path) -> str:
    like = nearest(word, known)
    if like:
        return _(said[0], file=file, word=_shown(word), nearest=repr(like[0]))
    return _(said[1], file=file, word=_shown(word), known=", ".join(known))


def _shown(value: object) -> str:
    text = repr(clean_line(value)) if isinstance(value, str) else clean_line(str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

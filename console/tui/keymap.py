"""The operator's own keys: which there may be, and which key does what now.

Every key of the tables in `console.tui.keys` can be another one. Those that lead out of
everything (Esc), and those that move in a list, stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key, format_key

from console.domain.action_table import ACTIONS
from console.domain.language import N_, _
from console.domain.text import clean_line
from console.tui.keys import GENERAL, TABS
from console.tui.widgets.rows import RowList

Own = Mapping[str, tuple[str, ...]]
_FIXED: Final = ("back", "palette")  # the ways out, and to everything by name
_ANYWHERE: Final = ("general.lock", "general.leave")  # before any field gets the key
_FUNCTION_KEY: Final = re.compile(r"f\d+")
_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "meta", "hyper")
_NAMED: Final = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


class Bound(NamedTuple):
    """Something that a key does: its id in the settings, what it is, and its key by default."""

    id: str
    title: str
    means: str
    keys: tuple[str, ...]
    shown: str = ""  # the default key, as it is shown

    @property
    def default(self) -> str:
        return self.shown or show_key(self.keys[0])


def _bound() -> dict[str, Bound]:
    """Everything that can have another key."""
    found = [
        Bound(f"action.{action.name}", action.title, action.tooltip, (action.key,))
        for action in ACTIONS
    ]
    found += [
        Bound(f"general.{row.name}", row.title, row.tooltip, tuple(row.key.split(",")), row.shown)
        for row in GENERAL
        if row.key and row.name not in _FIXED
    ]
    found += [
        Bound(f"tab.{number}", title, N_("A tab under the transactions"), (str(number),))
        for number, title in enumerate(TABS, 1)
    ]
    return {one.id: one for one in found}


BOUND: Final = _bound()
# What a list or a field needs for itself, and the ways out.
RESERVED: Final = frozenset(
    {"escape", "enter", "tab", "shift+tab", "space", "ctrl+p", "ctrl+c"}
    | {key for binding in RowList.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
)


class _Now:
    """The keys of this process's screen that differ from the tables."""

    own: ClassVar[Own] = {}


def use(own: Own) -> None:
    """From now on these keys, as `usable` gives them, are the operator's own."""
    _Now.own = own


def keys_of(identifier: str) -> tuple[str, ...]:
    """The keys that do it now, by Textual's names."""
    return _Now.own.get(identifier) or BOUND[identifier].keys


def shown(identifier: str, default: str) -> str:
    """The key that does it now, as people read it; `default` where it is that of the tables."""
    own = _Now.own.get(identifier)
    return show_key(own[0]) if own else default


def written(identifier: str) -> str:
    """The key that does it now as a sentence names it: `ctrl+q`, where the footer has `^q`."""
    short = shown(identifier, BOUND[identifier].default)
    return f"ctrl+{short[1:]}" if len(short) > 1 and short.startswith("^") else short


def all_shown(identifier: str) -> list[str]:
    """Every key that does it now, as people read it; none of what always has the same key."""
    return [show_key(key) for key in keys_of(identifier)] if identifier in BOUND else []


def show_key(key: str) -> str:
    """`ctrl+r` as `^r`, `question_mark` as `?`."""
    before, plus, last = key.rpartition("+")
    return ("^" if before == "ctrl" else before + plus) + format_key(last)


def textual_keymap(own: Own) -> dict[str, str]:
    """The same as `App.set_keymap` wants it."""
    return {identifier: ",".join(keys) for identifier, keys in own.items()}


def usable(own: Own) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The keys of the settings that can be used, by Textual's names, and what is wrong with others.

    A key that would do two things does what it did before; both are named.
    """
    found: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for identifier, keys in own.items():
        named = tuple(name_of(key) for key in keys)
        wrong = next((why for key in named if (why := _wrong(identifier, key))), None)
        if wrong is not None:
            problems.append(_("screen.keys.{id}: {why}", id=identifier, why=wrong))
        else:
            found[identifier] = named
    while (clash := first_clash(found)) is not None:
        key, one, other = clash
        culprit = one if one in found else other
        problems.append(
            _(
                "screen.keys: {key} is the key of two: {one} and {other}.",
                key=show_key(key),
                one=one,
                other=other,
            )
        )
        del found[culprit]
    return found, tuple(problems)


def clash_with(identifier: str, key: str) -> str | None:
    """What already has this key, or why it can't be one, as a sentence; None where it is free."""
    if key in BOUND[identifier].keys:
        return None
    wrong = _wrong(identifier, key)
    if wrong is not None:
        return wrong
    for other, bound in BOUND.items():
        if other != identifier and key in keys_of(other):
            return _("{key} is the key of {title} ({id}).", key=show_key(key),
                     title=_(bound.title), id=other)  # fmt: skip
    return None


def first_clash(own: Own) -> tuple[str, str, str] | None:
    """A key that does two things, and the two of them; the one of the operator's own first."""
    holders: dict[str, str] = {}
    by_own = sorted(BOUND, key=lambda identifier: identifier in own)
    for identifier in by_own:
        for key in own.get(identifier) or BOUND[identifier].keys:
            other = holders.setdefault(key, identifier)
            if other != identifier:
                return key, identifier, other
    return None


def name_of(key: str) -> str:
    """Textual's name of a key as people write it: `/` is `slash`, `Ctrl+R` is `ctrl+r`."""
    before, plus, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
    last = last.lower() if before or len(last) > 1 else last
    named = _character_to_key(last) if len(last) == 1 else last
    return before.lower() + plus + named


def _wrong(identifier: str, key: str) -> str | None:
    """Why this can't be the key of it."""
    *before, last = key.split("+")
    known = _character_is_one(last) or last in _NAMED
    if not known or any(modifier not in _MODIFIERS for modifier in before):
        return _("There is no key {key}.", key=repr(clean_line(key, 40)))
    if key in RESERVED:
        return _("{key} is needed in every list or field.", key=show_key(key))
    if identifier in _ANYWHERE and not before and not _FUNCTION_KEY.fullmatch(last):
        return _("It works while you type, too: choose a key with ctrl or alt, or F1 to F24.")
    return None


def _character_is_one(name: str) -> bool:
    """Whether a terminal sends this name for a character that can be typed."""
    shown_as = format_key(name)
    return len(shown_as) == 1 and _character_to_key(shown_as) == name

"""What can be clicked beside the rows of lists: words that stand for an action or a key.

`doing(content, action)` marks a text with an action of its screen, as Textual writes actions;
`PayConsole` runs it when the text is clicked. The last line of a dialog names its keys in words
(`enter  go on     esc  back`): those need no mark, each does what its key does.

No click confirms: where something is typed to let a request out, Enter has to be pressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from textual import events
from textual.app import App
from textual.content import Content
from textual.errors import NoWidget
from textual.style import Style
from textual.widgets import Input

from console.domain.language import _
from console.tui import keymap

MARK: Final = "doing"
KEYS_LINE: Final = "dialog-keys"  # the id, or a class, of the line that names a dialog's keys
# Fields whose text lets something be sent, or an account be acted on.
CONFIRMING: Final = frozenset({"phrase", "above", "disputed", "word-input", "account"})
# How a key is written in such a line, where that is not the name by which it is bound.
_WRITTEN: Final = {
    "esc": "escape", "enter": "enter", "space": "space", "tab": "tab", "/": "slash",
    "?": "question_mark", "↑": "up", "↓": "down", "←": "left", "→": "right",
    "PgUp": "pageup", "PgDn": "pagedown",
}  # fmt: skip
# A key and the words that say what it does, up to the next group: those stand two blanks apart,
# or five where the words stand two blanks from their key.
_WIDE: Final = re.compile(r"\S(?:.*?\S)??(?=\s{3,}|\s*$)")
_CLOSE: Final = re.compile(r"\S(?:.*?\S)??(?=\s{2,}|\s*$)")


def doing(content: Content, action: str) -> Content:
    """`content`, which does `action` of its screen when it is clicked."""
    return content.stylize(Style.from_meta({MARK: action}))


async def clicked(app: App[Any], event: events.Click) -> None:
    """Do what the clicked word stands for, if it stands for anything."""
    action = event.style.meta.get(MARK)
    if isinstance(action, str):
        event.stop()
        await app.run_action(action, app.screen)
    elif (key := _key_under(app, event)) is not None:
        event.stop()
        await press(app, key)


def _key_under(app: App[Any], event: events.Click) -> str | None:
    """The key that was clicked in a line of keys."""
    x, y = int(event.screen_x), int(event.screen_y)
    try:
        widget, region = app.screen.get_widget_at(x, y)
    except NoWidget:
        return None
    if widget.id != KEYS_LINE and not widget.has_class(KEYS_LINE):
        return None
    left, top = widget.gutter.left, widget.gutter.top
    return key_at(widget.render_line(y - region.y - top).text, x - region.x - left)


async def press(app: App[Any], key: str) -> None:
    """Do what `key` does here, and never write it into a field; what confirms is refused."""
    if key == "enter" and isinstance(app.focused, Input) and app.focused.id in CONFIRMING:
        for dialog in app.screen.query("#dialog"):
            dialog.border_subtitle = Content(_("Press Enter for that: a click sends nothing"))
        return
    bound = app.screen.active_bindings.get(key)
    if bound is not None:
        await app.run_action(bound.binding.action, bound.node)
    elif len(key) > 1:  # a screen that reads keys itself, such as the locked one
        app.post_message(events.Key(key, None))


def key_at(line: str, x: int) -> str | None:
    """The key whose name or words stand in the cell `x` of a dialog's last line."""
    for start, end, key in keys_in(line):
        if start <= x < end:
            return key
    return None


def keys_in(line: str) -> Iterator[tuple[int, int, str]]:
    """Each key of such a line: from which cell to which it and its words stand.

    A group may name several keys (`n p next`): the words are the first one's.
    """
    wide = re.search(r"\S {2}\S", line) is not None and re.search(r"\S {3,}\S", line) is not None
    single = re.match(r"\s*\S+ {2}\S", line) is not None
    for group in (_WIDE if wide or single else _CLOSE).finditer(line):
        words = list(re.finditer(r"\S+", group.group()))
        keys = []
        for word in words:
            name = _named(word.group().rstrip(","))
            if name is None:
                break
            keys.append((word, name))
        if not keys:
            continue
        for number, (word, name) in enumerate(keys):
            start = _cells(line, group.start() + word.start())
            yield start, _cells(line, group.start() + word.end()), name
            if number == 0:
                first = name
        said = words[len(keys) :]
        if said:
            start = _cells(line, group.start() + said[0].start())
            yield start, _cells(line, group.end()), first


def _named(word: str) -> str | None:
    """The name of the key that is written so; None for a word."""
    if word in _WRITTEN:
        return _WRITTEN[word]
    if word.startswith("^") and len(word) == 2:
        return f"ctrl+{word[1]}"
    if re.fullmatch(r"(?:ctrl|alt)\+[^\s+]|f\d+", word):
        return keymap.name_of(word)
    return word if len(word) == 1 and word.isascii() and word.isalpha() else None


def _cells(line: str, place: int) -> int:
    return Content(line[:place]).cell_length

"""Inputs that take anything: what is typed or pasted is cleaned before it is shown."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, cast

from textual import events
from textual.message import Message
from textual.widgets import Input

from console.domain.language import _
from console.domain.text import clean_line
from console.tui.widgets.cursor import RestingInput

if TYPE_CHECKING:
    from console.tui.screens.news import NewsScreen

LONGEST: Final = 300
NO_TEXT: Final = "?,"
_REST_SECONDS: Final = 0.5  # so soon after the one before, a key is still of the same paste
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File")


class CleanInput(RestingInput):
    """An Input that can hold no control, bidi or invisible character, however it came in."""

    def on_mount(self) -> None:
        self.cursor_blink = self.app.animation_level != "none"

    def validate_value(self, value: str) -> str:
        return clean_line(value, LONGEST)

    def _on_paste(self, event: events.Paste) -> None:
        """All of a paste, on one line: an Input by itself keeps only the first line of it."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(clean_line(" ".join(event.text.split()), LONGEST))


class SearchInput(CleanInput):
    """One line to look at, but a paste is taken whole: an id may stand deep in a mail."""

    class Asked(Message):
        """Look this up; `text` is everything that was typed or pasted."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class KeyRefused(Message):
        """A private key came in. It is not shown, not kept, and not part of this message."""

    def __init__(self) -> None:
        super().__init__(id="search", compact=True)
        self.label()
        self._is_touched = False
        self._is_asked = False  # what stands here is being looked up
        self._rest_until = 0.0  # what comes before is the rest of a key that was refused

    def label(self) -> None:
        """Say what goes in, in the language that is spoken now."""
        self.placeholder = _("any id, order number, link or mail text")

    @property
    def is_edited(self) -> bool:
        """Whether something is being typed here since the last thing was asked."""
        return self.has_focus and self._is_touched

    def asked(self) -> None:
        """Something is being looked up, here or from a list."""
        self._is_touched, self._is_asked = False, True

    def on_focus(self) -> None:
        self._is_touched = True

    def _begin_anew(self) -> None:
        """What is typed while something is being looked up is another one, and no more of it."""
        self._is_touched = True
        if self._is_asked and cast("NewsScreen", self.screen).is_awaiting:
            self.select_all()
        self._is_asked = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """With nothing typed yet, what no id begins with is a key as everywhere."""
        return not self._is_no_text(character) and super().check_consume_key(key, character)

    def _is_no_text(self, character: str | None) -> bool:
        nothing = self.selected_text == self.value  # none, or what a letter would replace
        return character is not None and character in NO_TEXT and nothing

    async def _on_key(self, event: events.Key) -> None:
        """`/` goes to the search from anywhere; in it, at its start, it writes no slash.

        Some terminals send a paste as if it were typed: of a private key nothing is taken.
        """
        if event.is_printable:
            self._begin_anew()
        if time.monotonic() < self._rest_until:
            event.stop()
            event.prevent_default()
            self._rest_until = time.monotonic() + _REST_SECONDS
        elif event.character == "/" and self.selected_text == self.value:
            event.stop()
            event.prevent_default()
        elif self._is_no_text(event.character):
            event.prevent_default()
        else:
            await super()._on_key(event)
            if holds_private_key(self.value):
                self._refuse_key()
                self._rest_until = time.monotonic() + _REST_SECONDS

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take(event.text)

    def action_paste(self) -> None:
        """ctrl+v: what was copied inside the program."""
        self.take(self.app.clipboard)

    def take(self, text: str) -> None:
        """A paste is looked up as it is; only a piece of a line is put at the cursor."""
        if holds_private_key(text):
            self._refuse_key()
            return
        lines = text.strip().splitlines()
        if len(lines) == 1 and self.selected_text != self.value and not holds_id(text):
            self.insert_text_at_cursor(clean_line(lines[0], LONGEST))
        elif lines:
            self.value = shown_for(text)
            self.cursor_position = len(self.value)
            self.post_message(self.Asked(text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if holds_private_key(self.value):
            self._refuse_key()
        elif self.value.strip():
            self.post_message(self.Asked(self.value))

    def _refuse_key(self) -> None:
        self.value = ""
        self.post_message(self.KeyRefused())


def holds_private_key(text: str) -> bool:
    """Whether a text has the beginning of a private key; other things in PEM are no secrets."""
    return _PRIVATE_KEY.search(text) is not None


def holds_id(text: str) -> bool:
    from console.domain.ids import NotAnId, identify

    try:
        identify(text)
    except NotAnId:
        return False
    return True


def shown_for(text: str) -> str:
    """What stands in the search for a pasted text: the id in it, else its first line."""
    from console.domain.ids import NotAnId, identify

    try:
        return identify(text).best.id
    except NotAnId:
        return clean_line(text.strip().splitlines()[0], LONGEST)

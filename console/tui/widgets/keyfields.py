"""Fields for secrets, and fields that must not show one: a key is never on the screen."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.domain.language import _, many
from console.tui.widgets.cursor import RestingInput
from console.tui.widgets.search import CleanInput
from console.tui.words import quiet

LONGEST_PASTE: Final = 200  # what these fields ask for is shorter, a key is longer
_BEGIN: Final = "-----BEGIN"
_END: Final = "-----END"
_MOST_TYPED: Final = 100_000


class KeyPasted(Message):
    """A text that is, or may be, a private key came in; it stands nowhere on the screen."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()


class TooLong(Message):
    """A paste that is no answer to any of the questions was not taken."""


def looks_like_key(text: str) -> bool:
    """Whether a text has a line as a PEM file has; it may be something else in PEM."""
    return _BEGIN in text


class PlainInput(CleanInput):
    """Takes a short answer. A pasted key goes to the screen around it instead."""

    def _on_paste(self, event: events.Paste) -> None:
        if self.takes(event.text):
            super()._on_paste(event)
        else:
            event.stop()
            event.prevent_default()

    def action_paste(self) -> None:
        """ctrl+v: what was copied inside the program."""
        if self.takes(self.app.clipboard):
            super().action_paste()

    def takes(self, text: str) -> bool:
        """Whether a text may stand in the field; where not, it is told."""
        if looks_like_key(text):
            self.post_message(KeyPasted(text))
            return False
        if len(text) > LONGEST_PASTE:
            self.post_message(TooLong())
            return False
        return True


class PathInput(PlainInput):
    """Takes the path of a file; what is dropped on the terminal is read at once."""

    class Dropped(Message):
        """A text that came in one piece; it may be the path of a file."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def takes(self, text: str) -> bool:
        """A whole path may be longer than other answers; what is none is not shown."""
        from console.imports.dropped import paths_in

        if not paths_in(text) and not super().takes(text):
            return False
        if self.value:  # a piece of a path, put at the cursor
            return True
        self.post_message(self.Dropped(text))
        return False


class MaskedInput(RestingInput):
    """Takes a passphrase. An Input with `password` copies its clear text; this one doesn't."""

    def on_mount(self) -> None:
        self.cursor_blink = self.app.animation_level != "none"

    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:
        super().__init__(password=True, id=id, compact=True)

    def action_copy(self) -> None:
        """Nothing is copied."""

    def action_cut(self) -> None:
        """Nothing is copied; what was chosen goes."""
        self.delete_selection()


class PasteBox(Widget, can_focus=True):
    """Takes a private key from the terminal's paste, and shows none of it.

    Some terminals send a paste as if it were typed: that is taken too, up to the END line.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._typed = ""

    def render(self) -> Content:
        if self._typed:
            return quiet(
                many(
                    "{count} character so far; the END line is missing",
                    "{count} characters so far; the END line is missing",
                    len(self._typed),
                )
            )
        return Content(_("Paste it now. It is taken at once, and not shown."))

    def empty(self) -> None:
        """Forget what came in so far."""
        self._typed = ""
        self.refresh()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.empty()
        self.post_message(KeyPasted(event.text))

    def on_key(self, event: events.Key) -> None:
        character = "\n" if event.key == "enter" else event.character
        if character is None or not (character == "\n" or character.isprintable()):
            return
        event.stop()
        event.prevent_default()
        self._typed = (self._typed + character)[-_MOST_TYPED:]
        self.refresh()
        _before, end, rest = self._typed.partition(_END)
        if end and rest.endswith("-----"):
            text = self._typed
            self.empty()
            self.post_message(KeyPasted(text))

"""What went wrong on the wire: English where it is kept, the reader's language on the screen.

The texts of these errors go into the journal, into exports and over `--json`, and they are shown.
"""

from __future__ import annotations

from console.domain.kept import Kept, kept


class SaidError(Exception):
    """An error whose `str` is English, for what is kept; `said` is the same for people.

    `phrase` is both, for a text that stands in another one.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        self.phrase = text if isinstance(text, Kept) else kept(text, **values)
        super().__init__(self.phrase)

    @property
    def said(self) -> str:
        return self.phrase.say()


def told(error: Exception) -> str:
    """What an exception says, in the language of the reader."""
    return error.said if isinstance(error, SaidError) else str(error)

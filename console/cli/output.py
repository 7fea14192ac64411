"""Where things are written: stdout is data, stderr is narration."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from console.cli.streams import narrate, write
from console.domain.model import PENDING_STATES

_RESET = "\x1b[0m"
_COLOURS = {"good": "\x1b[32m", "waiting": "\x1b[33m", "bad": "\x1b[31m", "dim": "\x1b[2m"}
_GOOD = frozenset({"Captured", "Refunded", "Chargeable", "Completed", "Authorized", "accepted"})
_BAD = frozenset({"Declined", "NonChargeable", "refused", "unknown"})


class OutputLost(Exception):
    """stdout can't be written any more: nobody has anything of what the command goes on to do."""


@dataclass
class Output:
    """How this run talks: JSON or text, quiet or not, with colour or without.

    `lost` is why stdout can't be written any more. That stops a command by OutputLost, unless it
    `goes_on` to its own end, as what moves money must.
    """

    json: bool = False
    quiet: bool = False
    colour: bool = True
    goes_on: bool = False
    lost: OSError | None = None

    def text(self, line: str = "") -> None:
        """A line of the text answer; nothing where the answer is JSON."""
        if not self.json:
            self.write(line)

    def document(self, document: object) -> None:
        """The JSON answer; nothing where the answer is text."""
        if self.json:
            from console.cli.documents import dump

            self.write(dump(document))

    def write(self, text: str) -> None:
        """A line on stdout, whether the answer is text or JSON."""
        if self.lost is None:
            self.lost = write(text)
        if self.lost is not None and not self.goes_on:
            raise OutputLost from self.lost

    def tell(self, message: str) -> None:
        """What is going on, for a person who waits."""
        if not self.quiet:
            narrate(message)

    def complain(self, message: str, hint: str | None = None) -> None:
        narrate(f"payconsole: {message}")
        if hint:
            narrate(f"  {hint}")

    def paint(self, word: str, tone: str | None = None) -> str:
        """A state's word in the colour of what it means; the word itself always stands."""
        colour = _COLOURS.get(tone or state_tone(word) or "")
        if not self.colour or colour is None:
            return word
        return f"{colour}{word}{_RESET}"


def state_tone(state: str) -> str | None:
    if state in PENDING_STATES:
        return "waiting"
    if state in _GOOD:
        return "good"
    return "bad" if state in _BAD else None


def wants_colour(no_color: bool) -> bool:
    return not no_color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()

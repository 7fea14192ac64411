"""Where things are written: stdout is data, stderr is narration."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from console.domain.model import PENDING_STATES

_RESET = "\x1b[0m"
_COLOURS = {"good": "\x1b[32m", "waiting": "\x1b[33m", "bad": "\x1b[31m", "dim": "\x1b[2m"}
_GOOD = frozenset({"Captured", "Refunded", "Chargeable", "Completed", "Authorized", "accepted"})
_BAD = frozenset({"Declined", "NonChargeable", "refused", "unknown"})


@dataclass(frozen=True)
class Output:
    """How this run talks: JSON or text, quiet or not, with colour or without."""

    json: bool = False
    quiet: bool = False
    colour: bool = True

    def text(self, line: str = "") -> None:
        """A line of the text answer; nothing where the answer is JSON."""
        if not self.json:
            print(line)

    def document(self, document: object) -> None:
        """The JSON answer; nothing where the answer is text."""
        if self.json:
            from console.cli.documents import dump

            print(dump(document))

    def tell(self, message: str) -> None:
        """What is going on, for a person who waits."""
        if not self.quiet:
            print(message, file=sys.stderr)

    def complain(self, message: str, hint: str | None = None) -> None:
        print(f"payconsole: {message}", file=sys.stderr)
        if hint:
            print(f"  {hint}", file=sys.stderr)

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

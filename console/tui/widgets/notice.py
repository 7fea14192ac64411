"""Where messages stay: the banner for what must not be missed, the notice for the last answer."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from console.domain.language import _, many
from console.domain.text import clean
from console.tui import keymap
from console.tui.messages import Said
from console.tui.mouse import doing
from console.tui.widgets.drawn import Drawn
from console.tui.words import TONES, literal, quiet, wrapped

MOST_BANNERS: Final = 3
MOST_BANNER_LINES: Final = 5  # of one: why it was declined and what to do must fit
MOST_LINES: Final = 6  # beside an order
MOST_ALONE: Final = 10  # where no order needs the room: the next step must fit


class Notice(Drawn):
    """The last message: an error with its next step, or why a key does nothing."""

    def __init__(self) -> None:
        super().__init__(self._lines, id="notice")
        self.said: Said | None = None

    def say(self, said: Said) -> None:
        self.said = said
        self.display = True
        for tone in TONES:
            self.set_class(tone == said.tone, f"-{tone}")
        self.redraw()

    def clear(self) -> None:
        self.said = None
        self.display = False

    def on_mount(self) -> None:
        self.display = self.said is not None

    def _lines(self, width: int) -> list[Content]:
        if self.said is None:
            return []
        beside = any(order.display for order in self.screen.query("#order"))
        return _cut(said_lines(self.said, width), MOST_LINES if beside else MOST_ALONE)


class Banners(Drawn):
    """Loud lines that stay until they are seen to, each under a key of its own."""

    def __init__(self) -> None:
        super().__init__(self._lines, id="banners")
        self._said: dict[str, tuple[Said, bool]] = {}

    def raise_(self, key: str, said: Said, *, until_solved: bool = False) -> None:
        """Show `said`; `until_solved` keeps it when messages are dismissed."""
        self._said[key] = (said, until_solved)
        self._draw()

    def lower(self, key: str) -> None:
        if self._said.pop(key, None) is not None:
            self._draw()

    def dismiss(self) -> list[str]:
        """Take away what need not be solved; returns the keys of what was taken away."""
        gone = [key for key, kept in self._said.items() if not kept[1]]
        self._said = {key: kept for key, kept in self._said.items() if kept[1]}
        self._draw()
        return gone

    def on_mount(self) -> None:
        self.display = False

    def _draw(self) -> None:
        self.display = bool(self._said)
        self.redraw()

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for said, until_solved in list(self._said.values())[-MOST_BANNERS:]:
            key = "" if until_solved else f"  {_seen_key()}"
            text = Content.assemble(
                (f"! {said.title} ", "bold"),
                literal(said.text),
                " ",
                literal(said.hint),
                doing(quiet(key), "general('seen')"),
            )
            lines += _cut(wrapped(text, width, 2), MOST_BANNER_LINES)
        if len(self._said) > MOST_BANNERS:
            beyond = len(self._said) - MOST_BANNERS
            lines.append(quiet(many("… and {count} more", "… and {count} more", beyond)))
        return lines


def _seen_key() -> str:
    return _("({key} takes this away)", key=keymap.written("general.seen"))


def _cut(lines: list[Content], most: int) -> list[Content]:
    """A text that is cut says so."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], lines[most - 1] + quiet(" …")]


def said_lines(said: Said, width: int) -> list[Content]:
    """Title and text, then the facts, then the next step."""
    head = Content.assemble(
        (said.title, TONES[said.tone] if said.tone == "bad" else f"bold {TONES[said.tone]}"),
        "  " if said.text else "",
        Content(clean(said.text).replace("\n", " ")),
    )
    lines = wrapped(head, width)
    for fact in said.facts:
        lines += wrapped(Content("· ") + literal(fact), width, 2)
    if said.hint:
        lines += wrapped(quiet("→ ") + literal(said.hint), width, 2)
    return lines

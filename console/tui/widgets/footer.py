"""The two lines of keys: what can be done to the order, and everything else."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from console.domain.rules import ACTIONS, Offer
from console.tui.keys import GENERAL
from console.tui.widgets.drawn import Drawn
from console.tui.words import QUIET


class Keys(Drawn):
    """What is not allowed stays visible, dimmed; pressed, it says why."""

    def __init__(self) -> None:
        super().__init__(self._lines, id="keys")
        self._offers: Mapping[str, Offer] = {}

    def offer(self, offers: Mapping[str, Offer]) -> None:
        """Offers by action, for what is chosen now."""
        self._offers = dict(offers)
        self.redraw()

    def _lines(self, width: int) -> list[Content]:
        actions = [self._action(action.name, action.key, action.title) for action in ACTIONS]
        general = [
            Content.assemble((key.shown, "bold $text-accent"), " ", (key.title, QUIET))
            for key in GENERAL
            if key.in_footer
        ]
        return [_line(actions, width), _line(general, width)]

    def _action(self, name: str, key: str, title: str) -> Content:
        offer = self._offers.get(name)
        if offer is None or not offer.allowed:
            return Content.styled(f"{key} {title}", "dim $foreground-muted")
        return Content.assemble((key, "bold $text-accent"), " ", (title, "bold $text"))


def _line(parts: list[Content], width: int) -> Content:
    """The parts in one line, as far apart as there is room, up to three cells."""
    room = width - sum(part.cell_length for part in parts)
    return Content(" " * max(1, min(3, room // max(1, len(parts) - 1)))).join(parts)

"""The two lines of keys: what can be done to the order, and everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from textual.content import Content

from console.domain.action_table import ACTIONS
from console.domain.language import _
from console.tui import keymap
from console.tui.keys import GENERAL, WITHOUT_ORDER, General
from console.tui.mouse import doing
from console.tui.widgets.drawn import Drawn
from console.tui.words import QUIET

if TYPE_CHECKING:
    from console.domain.rules import Offer

# What a click on a key does, where that is not the screen's.
_OF_THE_PROGRAM: Final = {
    "palette": "app.command_palette", "lock": "app.lock", "leave": "app.quit",
}  # fmt: skip
_MOST: Final = max(key.footer for key in GENERAL)


class Keys(Drawn):
    """What is not allowed stays visible, dimmed; pressed, it says why."""

    def __init__(self) -> None:
        super().__init__(self._lines, id="keys")
        self._offers: Mapping[str, Offer] = {}
        self._read_only = False
        self._typing = False

    def offer(self, offers: Mapping[str, Offer], *, read_only: bool = False) -> None:
        """Offers by action, for what is chosen now; `read_only`: the profile sends nothing."""
        self._offers = dict(offers)
        self._read_only = read_only
        self.redraw()

    def type(self, typing: bool) -> None:
        """Whether what is pressed goes into a field."""
        if typing != self._typing:
            self._typing = typing
            self.redraw()

    def _lines(self, width: int) -> list[Content]:
        actions = [
            self._action(
                action.name, keymap.shown(f"action.{action.name}", action.key), _(action.title)
            )
            for action in ACTIONS
        ]
        most = _MOST if self._offers and not self._typing else WITHOUT_ORDER
        tries = (self._general(places) for places in range(most, 1, -1))
        general = next((keys for keys in tries if _fits(keys, width)), self._general(1))
        first = _read_only(width) if self._read_only else _line(actions, width)
        return [first, _line(general, width)]

    def _general(self, places: int) -> list[Content]:
        """While something is typed letters are letters: how they become keys stands before them."""

        def wanted(key: General) -> bool:
            return 0 < key.footer <= places

        if not self._typing:
            return _general(wanted)
        back = keymap.shown("general.back", "esc")
        then = Content.assemble((back, "bold $text-accent"), " ", (_("and then:"), QUIET))
        return [
            *_general(lambda key: wanted(key) and not _is_letter(key)),
            doing(then, "general('back')"),
            *_general(lambda key: wanted(key) and _is_letter(key) and key.name != "search"),
        ]

    def _action(self, name: str, key: str, title: str) -> Content:
        offer = self._offers.get(name)
        if offer is None or not offer.allowed:
            said = Content.styled(f"{key} {title}", "dim $text-muted")
        else:
            said = Content.assemble((key, "bold $text-accent"), " ", (title, "bold $text"))
        return doing(said, f"act('{name}')")


def _read_only(width: int) -> Content:
    """What the first line says where eight dimmed words would be all that is said."""
    said = _("this profile's policy: orders are looked up, nothing is sent")
    line = Content.assemble((_("read-only"), "bold $text-warning"), "  ", (said, QUIET))
    return line.truncate(width, ellipsis=True)


def _general(wanted: Callable[[General], bool]) -> list[Content]:
    return [
        doing(
            Content.assemble((_shown(key), "bold $text-accent"), " ", (_(key.title), QUIET)),
            _OF_THE_PROGRAM.get(key.name, f"general('{key.name}')"),
        )
        for key in GENERAL
        if wanted(key)
    ]


def _fits(keys: list[Content], width: int) -> bool:
    return sum(key.cell_length + 1 for key in keys) <= width


def _is_letter(key: General) -> bool:
    return not _shown(key).startswith("^")


def _shown(key: General) -> str:
    return keymap.shown(f"general.{key.name}", key.shown)


def _line(parts: list[Content], width: int) -> Content:
    """The parts in one line, as far apart as there is room, up to three cells; cut to the width."""
    room = width - sum(part.cell_length for part in parts)
    between = Content(" " * max(1, min(3, room // max(1, len(parts) - 1))))
    return between.join(parts).truncate(width, ellipsis=True)

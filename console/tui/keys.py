"""The keys of the console screen. Those of actions stand in `domain.rules.ACTIONS`.

Bindings, footer, help and palette read these two tables; there is no third list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding

from console.domain.rules import ACTIONS


@dataclass(frozen=True)
class General:
    """A key that is no action on an order. `command` is its name in the palette.

    Without a key it is in the palette alone.
    """

    name: str
    key: str
    shown: str
    title: str
    command: str
    tooltip: str
    in_footer: bool = False


GENERAL: Final = (
    General("search", "slash", "/", "Search", "search: any id", "Go to the search", True),
    General(
        "back", "escape", "esc", "Back", "go: back to the order", "Leave the search or a dialog"
    ),
    General(
        "recent", "l", "l", "Recent", "open: a recent order", "Orders that were seen last", True
    ),
    General(
        "others", "t", "t", "Others", "open: another id of the text",
        "The other ids that stood in what was pasted",
    ),
    General(
        "worklist", "w", "w", "Work list", "open: the work list",
        "The list of orders that was pasted, with what is ticked off",
    ),
    General(
        "again", "g", "g", "Read again", "read: this order again", "Ask Amazon for the order again"
    ),
    General(
        "intents", "i", "i", "Intents", "show: open intents",
        "What was begun and is not known to be done; ways to resolve it", True,
    ),
    General(
        "buyer", "b", "b", "Buyer data", "reveal: buyer data",
        "Show or mask the buyer's data under Raw; each reveal is a line in the journal",
    ),
    General("copy", "y", "y", "Copy id", "copy: the chosen id", "Copy the chosen object's id"),
    General(
        "objects", "o", "o", "Objects", "show: the raw objects", "Fold and search the raw objects"
    ),
    General(
        "requests", "q", "q", "Requests", "show: the requests",
        "The requests behind this order; one as curl",
    ),
    General(
        "looks", "h", "h", "Changes", "show: what changed between two looks",
        "Compare two looks at the chosen object",
    ),
    General(
        "mapping", "v", "v", "Vocabulary", "show: v1 ↔ v2 ↔ Seller Central, all of it",
        "The whole vocabulary, to search in",
    ),
    General(
        "curl", "", "", "Copy as curl", "copy: the chosen object's read as curl, unsigned",
        "A skeleton that nobody has signed",
    ),
    General(
        "export", "", "", "Export", "export: this order to a file, for a ticket",
        "Objects, history, requests; no secrets, no buyer data",
    ),
    General(
        "sync", "", "", "Sync", "sync: Amazon's reports into the index",
        "So that every order is found by its number",
    ),
    General(
        "import", "", "", "Import", "import: notifications, reports or a CSV",
        "What you have, into the index",
    ),
    General(
        "seen", "d", "d", "Seen", "dismiss: banners and messages",
        "Take away the messages that you have read",
    ),
    General("help", "question_mark,f1", "?", "Keys", "show: keys of this place", "These keys",
            True),
    General("palette", "ctrl+p", "^p", "Palette", "", "Everything, by name", True),
    General("leave", "ctrl+q", "^q", "Leave", "leave: payconsole", "Leave the program", True),
)  # fmt: skip

TABS: Final = ("Timeline", "Explain", "v1 ↔ v2", "Raw", "Requests")

MOVES: Final = (
    ("↑ ↓", "another transaction, or scroll"),
    ("tab", "the next pane"),
    ("enter", "open what is chosen"),
    ("1 … 5", "timeline, explain, v1 ↔ v2, raw, requests"),
)


def screen_bindings() -> list[Binding]:
    """The bindings of the console screen, from the tables."""
    bindings = [
        Binding(action.key, f"act('{action.name}')", action.title, tooltip=action.tooltip,
                id=f"action.{action.name}")
        for action in ACTIONS
    ]  # fmt: skip
    bindings += [
        Binding(general.key, f"general('{general.name}')", general.title, show=general.in_footer,
                tooltip=general.tooltip, id=f"general.{general.name}")
        for general in GENERAL
        if general.key and not general.key.startswith("ctrl+")
    ]  # fmt: skip
    bindings += [
        Binding(str(number), f"tab({number - 1})", title, show=False, id=f"tab.{number}")
        for number, title in enumerate(TABS, start=1)
    ]
    return bindings

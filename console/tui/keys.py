"""The keys of the console screen. Those of actions stand in `domain.action_table.ACTIONS`.

Bindings, footer, help and palette read these two tables; there is no third list. Their texts are
translated where they are shown.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from textual.binding import Binding

from console.domain.action_table import ACTIONS
from console.domain.language import N_

# The highest place in the footer that is there where nothing of an order can be chosen by a key.
WITHOUT_ORDER: Final = 2


class General(NamedTuple):
    """A key that is no action on an order. `command` is its name in the palette.

    Without a key it is in the palette alone. `footer` is its place there: 0 never, 1 always, from 2
    on the highest is the first to go where it is narrow.
    """

    name: str
    key: str
    shown: str
    title: str
    command: str
    tooltip: str
    footer: int = 0


# Only where a shell can take a program back.
SUSPEND: Final = (
    General(
        "suspend", "ctrl+z", "^z", N_("Suspend"), "",
        N_("Back to the shell for a while; `fg` there brings payconsole back"),
    ),
)[: os.name == "posix"]  # fmt: skip

GENERAL: Final = (
    General(
        "search", "slash", "/", N_("Search"), N_("search: any id"), N_("Go to the search"), 1,
    ),
    General(
        "back", "escape", "esc", N_("Back"), N_("go: back to the order"),
        N_("Leave the search or a dialog"),
    ),
    General(
        "recent", "l", "l", N_("Recent"), N_("open: a recent order"),
        N_("Orders that were seen last"), 1,
    ),
    General(
        "others", "t", "t", N_("Others"), N_("open: another id of the text"),
        N_("The other ids that stood in what was pasted"),
    ),
    General(
        "worklist", "w", "w", N_("Work list"), N_("open: the work list"),
        N_("The list of orders that was pasted, with what is ticked off"),
    ),
    General(
        "before", "left_square_bracket,alt+left", "[", N_("Before"),
        N_("go: the order before"), N_("Back to the order that was shown before"),
    ),
    General(
        "after", "right_square_bracket,alt+right", "]", N_("After"),
        N_("go: the order after"), N_("Forward again, to the order that was shown after"),
    ),
    General(
        "keep", "s", "s", N_("Keep"), N_("keep: this order in a tab"),
        N_("The next order opens in another tab; once more: no longer kept (+ marks kept tabs)"),
    ),
    General(
        "tab_before", "left_curly_bracket,ctrl+pageup", "{", N_("Tab before"),
        N_("go: the tab before"), N_("The open order before this one"),
    ),
    General(
        "tab_after", "right_curly_bracket,ctrl+pagedown", "}", N_("Tab after"),
        N_("go: the tab after"), N_("The open order after this one"),
    ),
    General(
        "tab_close", "W,ctrl+w", "^w", N_("Close tab"), N_("close: this tab"),
        N_("Put this order away; the others stay open"),
    ),
    General(
        "copy", "y", "y", N_("Copy"), N_("copy: id, amount, sentence to the buyer, request id …"),
        N_("A menu of what can be copied of the chosen object; y in it is its id"), 3,
    ),
    General(
        "notes", "n", "n", N_("Notes"), N_("write: a note on this order"),
        N_("Your notes on this order; they stay on this machine"), 4,
    ),
    General(
        "pin", "asterisk", "*", N_("Pin"), N_("pin: this order, or unpin it"),
        N_("Pinned orders stand first among the recent ones"),
    ),
    General(
        "again", "g", "g", N_("Read again"), N_("read: this order again"),
        N_("Ask Amazon for the order again"), 5,
    ),
    General(
        "intents", "i", "i", N_("Intents"), N_("show: open intents"),
        N_("What was begun and is not known to be done; ways to resolve it"), 1,
    ),
    General(
        "journal", "J", "J", N_("Journal"), N_("show: the journal"),
        N_("Every line of it, the newest first: what was decided, sent and answered"),
    ),
    General(
        "buyer", "b", "b", N_("Buyer data"), N_("reveal: buyer data"),
        N_("Show or mask the buyer's data under Raw; each reveal is a line in the journal"),
    ),
    General(
        "objects", "o", "o", N_("Objects"), N_("show: the raw objects"),
        N_("Fold and search the raw objects"),
    ),
    General(
        "requests", "q", "q", N_("Requests"), N_("show: the requests"),
        N_("The requests behind this order; one as curl"),
    ),
    General(
        "looks", "h", "h", N_("Changes"), N_("show: what changed between two looks"),
        N_("Compare two looks at the chosen object"),
    ),
    General(
        "mapping", "v", "v", N_("Vocabulary"), N_("show: v1 ↔ v2 ↔ Seller Central, all of it"),
        N_("The whole vocabulary, to search in"),
    ),
    General(
        "curl", "", "", N_("Copy as curl"), N_("copy: the chosen object's read as curl, unsigned"),
        N_("A skeleton that nobody has signed"),
    ),
    General(
        "export", "", "", N_("Export"), N_("export: this order to a file, for a ticket"),
        N_("Objects, history, requests; no secrets, no buyer data"),
    ),
    General(
        "sync", "", "", N_("Sync"), N_("sync: Amazon's reports into the index"),
        N_("So that every order is found by its number"),
    ),
    General(
        "import", "", "", N_("Import"), N_("import: notifications, reports or a CSV"),
        N_("What you have, into the index"),
    ),
    General(
        "accounts", "p", "p", N_("Accounts"), N_("switch: another account"),
        N_("The profiles: switch, test a key, connect another account"), WITHOUT_ORDER,
    ),
    General(
        "seen", "d", "d", N_("Seen"), N_("dismiss: banners and messages"),
        N_("Take away the messages that you have read"),
    ),
    General(
        "settings", "comma", ",", N_("Settings"), N_("change: settings"),
        N_("Language, theme, times, your own keys"),
    ),
    General(
        "help", "question_mark,f1", "?", N_("Keys"), N_("show: keys of this place"),
        N_("These keys"), 1,
    ),
    General(
        "palette", "ctrl+p", "^p", N_("Palette"), "", N_("Everything, by name"), 1,
    ),
    General(
        "lock", "ctrl+l", "^l", N_("Lock"), N_("lock: the console"),
        N_("Hide everything, drop the key"),
    ),
    General(
        "leave", "ctrl+q", "^q", N_("Leave"), N_("leave: payconsole"),
        N_("Leave the program"), 1,
    ),
    *SUSPEND,
)  # fmt: skip

TABS: Final = (N_("Timeline"), N_("Explain"), "v1 ↔ v2", N_("Raw"), N_("Requests"))
RAW: Final = 3  # of the tabs

MOVES: Final = (
    ("↑ ↓", N_("another transaction, or scroll")),
    ("tab", N_("the next pane")),
    ("enter", N_("open what is chosen")),
    ("f", N_("in a list: narrow it by what is typed")),
)


def screen_bindings() -> list[Binding]:
    """The bindings of the console screen, from the tables."""
    bindings = [
        Binding(action.key, f"act('{action.name}')", action.title, tooltip=action.tooltip,
                id=f"action.{action.name}")
        for action in ACTIONS
    ]  # fmt: skip
    bindings += [
        Binding(general.key, f"general('{general.name}')", general.title, show=general.footer > 0,
                tooltip=general.tooltip, id=f"general.{general.name}")
        for general in GENERAL
        if general.key and not general.key.startswith("ctrl+")
    ]  # fmt: skip
    bindings += [
        Binding(str(number), f"tab({number - 1})", title, show=False, id=f"tab.{number}")
        for number, title in enumerate(TABS, start=1)
    ]
    return bindings

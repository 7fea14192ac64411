"""Texts that an attacker would put into every field that he can reach."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

# What terminals obey: colours, cursor, titles, clipboard, links, resets, answers that come back
# as if typed; in seven bits, in eight, and unfinished.
SEQUENCES: Final = (
    "\x1b[31m", "\x1b[2J", "\x1b[H", "\x1b[999;999H", "\x1b[5m", "\x1b[?1049l", "\x1b[?25l",
    "\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]52;c;b3duZWQ=\x07", "\x1b]8;;http://x\x07",
    "\x1bc", "\x1b[6n", "\x1b[c", "\x1b[21t", "\x1bP+q544e\x1b\\", "\x1b_Gq\x1b\\", "\x1b(0",
    "\x1b", "\x1b[", "\x1b]", "\x9b31m", "\x9b2J", "\x9d0;owned\x9c", "\x90q\x9c", "\x84", "\x8d",
    "\x00", "\x07", "\x08\x08\x08", "\x0b", "\x0c", "\x0e", "\x0f", "\x7f", "\r", "\r\n", "\n",
    "\t", "\x1a", "\x85", "\u2028", "\u2029",
)  # fmt: skip
LOOKS: Final = (
    "\u202etxt.exe", "\u202d", "\u2066", "\u2069", "\u200e", "\u061c", "\u200b", "\u2060",
    "\ufeff", "\u00ad", "\U000e0041", "\ufff9", "\u180e", "\u200d", "\u200c", "\ud800", "\udfff",
)  # fmt: skip
MARKUP: Final = (
    "[@click=app.quit]x[/]", "[/]", "[/ ", "[", "]", "[red]", "[link=http://x]y[/link]", "\\[",
    "[bold", "[$error]", "{count}", "{0}", "%s", "%(x)s", "<b>", "&amp;", "=1+1", "@x", "$(x)",
)  # fmt: skip
SHAPES: Final = (
    "表示", "ｗｉｄｅ", "한국어", "e\u0301", "a" + "\u0300" * 40, "Z̸̧͉̗a̴͚l̶g̵o", "नमस्ते", "🏳️‍🌈", "👩‍👩‍👧", 
    "ﷺ",
    "ا" * 5, "\u3000", "\u00a0", "１２.００", "long " * 100, "x" * 3000, "", " ", "Ann",
)  # fmt: skip
_ALL: Final = (SEQUENCES, SEQUENCES, LOOKS, MARKUP, SHAPES)


def text(dice: random.Random) -> str:
    """Some of all that, one after the other, and now and then any characters at all."""
    parts = [dice.choice(dice.choice(_ALL)) for _part in range(dice.randrange(1, 7))]
    if dice.random() < 0.2:
        parts += [chr(dice.randrange(0x110000)) for _char in range(dice.randrange(1, 9))]
        dice.shuffle(parts)
    return "".join(parts)


def poisoned(value: Any, make: Callable[[], str], spared: Mapping[str, Any]) -> Any:
    """JSON with a text of `make` for every string in it; what stands under `spared` stays."""
    if isinstance(value, dict):
        return {
            name: inner if name in spared else poisoned(inner, make, spared)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [poisoned(inner, make, spared) for inner in value]
    return make() if isinstance(value, str) or value is None else value

"""How things are said on the screen: symbol, colour and word of a state, ages, short ids.

A state is never told by its colour alone. Symbols are one cell wide in every terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from console.domain import moments
from console.domain.language import N_, _, many
from console.domain.text import clean_line
from console.tui.wrapping import wrap

if TYPE_CHECKING:
    from console.domain.explain import Tone
    from console.domain.money import Money

TONES: Final[dict[Tone, str]] = {
    "good": "$text-success",
    "neutral": "$foreground-muted",
    "waiting": "$text-primary",
    "warning": "$text-warning",
    "bad": "bold $text-error",
}
QUIET: Final = "$foreground-muted"
LOUD: Final = "bold $text-error"
HEADING: Final = "bold $text-primary"

# ● stands, ◌ reserved, ◐ Amazon is at work, ○ over, ✗ failed, ! needs somebody.
SYMBOLS: Final = {
    "Chargeable": "●",
    "NonChargeable": "!",
    "Closed": "○",
    "AuthorizationInitiated": "◐",
    "Authorized": "◌",
    "CaptureInitiated": "◐",
    "Captured": "●",
    "Canceled": "○",
    "Declined": "✗",
    "RefundInitiated": "◐",
    "Refunded": "●",
    "Open": "◌",
    "Completed": "●",
}
UNKNOWN_SYMBOL: Final = "?"
LONGEST: Final = 500  # of one field on the screen


def literal(text: str) -> Content:
    """`text` from outside on one line: nothing in it is markup, nothing in it is obeyed."""
    return Content(clean_line(text, LONGEST))


def quiet(text: str) -> Content:
    return Content.styled(text, QUIET)


def progress_bar(share: float, width: int) -> Content:
    """A bar of at most 40 cells, and the share in words."""
    room = max(4, min(40, width - 6))
    filled = round(max(0.0, min(1.0, share)) * room)
    return Content.assemble(
        ("█" * filled, "$primary"),
        ("░" * (room - filled), "$foreground-disabled"),
        (f" {int(share * 100):>3} %", QUIET),
    )


def heading(text: str) -> Content:
    return Content.styled(text, HEADING)


def symbol(state: str | None) -> str:
    return SYMBOLS.get(state or "", UNKNOWN_SYMBOL)


def tone_of(kind: str, state: str, reasons: Iterable[str] = (), paid: bool | None = None) -> Tone:
    from console.domain.explain import explain_state

    return explain_state(kind, state, reasons, fully_captured=paid).tone


def state_word(
    kind: str, state: str, reasons: Iterable[str] = (), paid: bool | None = None
) -> Content:
    """`● Captured`, in the colour of what it means."""
    said = f"{symbol(state)} {clean_line(state, 40)}"
    return Content.styled(said, TONES[tone_of(kind, state, reasons, paid)])


def short_id(identifier: str) -> str:
    """The part of an id that tells a transaction from its sisters: `C043451`."""
    if len(identifier) == 36:  # a checkout session's UUID
        return identifier[:8]
    return identifier[20:] if len(identifier) > 20 and identifier[19:20] == "-" else identifier


def member_id(identifier: str) -> str:
    """A transaction's own part, or `order` for the whole."""
    return short_id(identifier)[:8] if len(identifier) > 20 else _("order")


def ending_id(identifier: str) -> str:
    """`…1888777`: enough to know an order again in a narrow list."""
    return f"…{identifier[-7:]}" if len(identifier) > 8 else identifier


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the one unit that matters: `3 days ago`."""
    if moment is None:
        return ""
    passed = now - moment
    if passed < timedelta(0):
        return _("now") if passed > -timedelta(minutes=2) else ahead(-passed)
    return _("just now") if passed < timedelta(seconds=5) else _ago(passed)


def rough_age(moment: datetime, now: datetime) -> str:
    """The same, and `just now` for a whole minute: it changes rarely, and is drawn rarely."""
    return age(now if now - moment < timedelta(minutes=1) else moment, now)


def span(length: timedelta) -> str:
    """A length by itself: `3 days`."""
    return _in_its_unit(
        length,
        lambda n: many("{count} day", "{count} days", n),
        lambda n: _("{count} h", count=n),
        lambda n: _("{count} min", count=n),
        lambda n: _("{count} s", count=n),
    )


def ahead(length: timedelta) -> str:
    """`in 3 days`."""
    return _in_its_unit(
        length,
        lambda n: many("in {count} day", "in {count} days", n),
        lambda n: _("in {count} h", count=n),
        lambda n: _("in {count} min", count=n),
        lambda n: _("in {count} s", count=n),
    )


def _ago(length: timedelta) -> str:
    return _in_its_unit(
        length,
        lambda n: many("{count} day ago", "{count} days ago", n),
        lambda n: _("{count} h ago", count=n),
        lambda n: _("{count} min ago", count=n),
        lambda n: _("{count} s ago", count=n),
    )


def expiry(moment: datetime | None, now: datetime) -> str:
    """`expires in 12 days`, or when it did."""
    if moment is None:
        return ""
    if moment <= now:
        return _in_its_unit(
            now - moment,
            lambda n: many("expired {count} day ago", "expired {count} days ago", n),
            lambda n: _("expired {count} h ago", count=n),
            lambda n: _("expired {count} min ago", count=n),
            lambda n: _("expired {count} s ago", count=n),
        )
    return _in_its_unit(
        moment - now,
        lambda n: many("expires in {count} day", "expires in {count} days", n),
        lambda n: _("expires in {count} h", count=n),
        lambda n: _("expires in {count} min", count=n),
        lambda n: _("expires in {count} s", count=n),
    )


_Said = Callable[[int], str]


def _in_its_unit(
    length: timedelta, days: _Said, hours: _Said, minutes: _Said, seconds: _Said
) -> str:
    """What one of them says of the length, in the largest unit that it fills."""
    whole_seconds = int(length.total_seconds())
    for size, said in ((86400, days), (3600, hours), (60, minutes)):
        count = whole_seconds // size
        if count >= 1:
            return said(count)
    return seconds(whole_seconds)


# What Amazon calls the kinds of its objects, in a sentence.
_KINDS: Final = {
    "charge_permission": N_("charge permission"),
    "charge": N_("charge"),
    "refund": N_("refund"),
    "checkout_session": N_("checkout session"),
    "dispute": N_("dispute"),
}


def kind_word(kind: str) -> str:
    """`charge permission`; a kind that is not known by the words of its code."""
    return _(_KINDS[kind]) if kind in _KINDS else kind.replace("_", " ")


def kind_title(kind: str) -> str:
    """`Charge permission`, as a heading."""
    word = kind_word(kind)
    return word[:1].upper() + word[1:]


def stamp(moment: datetime) -> str:
    """`2026-01-15 23:02:11 JST`, in the zone of whoever reads it."""
    return moments.said(moment, moments.SECONDS)


def amount(money: Money | None) -> str:
    return "–" if money is None else money.plain


def whole(money: Money | None) -> str:
    return "–" if money is None else str(money)


def wrapped(text: Content, width: int, indent: int = 0) -> list[Content]:
    """`text` in lines of `width` cells, all but the first moved in by `indent`."""
    room = max(10, width - indent)
    lines = wrap(text, room)
    return [line if not number else line.pad_left(indent) for number, line in enumerate(lines)]


def hanging(prefix: Content, text: Content, width: int) -> list[Content]:
    """`text` beside `prefix`, wrapped under itself."""
    column = prefix.cell_length
    lines = wrap(text, max(10, width - column)) or [Content("")]
    return [prefix + lines[0], *(line.pad_left(column) for line in lines[1:])]


def padded(text: str, column: int) -> str:
    """`text` in a column of so many cells, or more where it needs them, and one blank."""
    return text + " " * max(1, column - cell_len(text))


def column_for(labels: Iterable[str], least: int = 0) -> int:
    """How wide a column of these labels is: at least `least` cells, and one blank after each."""
    return max(least, *(cell_len(label) + 1 for label in labels), 0)


def labelled(label: str, text: Content | str, width: int, column: int = 12) -> list[Content]:
    """A quiet label and its text beside it, wrapped under itself."""
    value = text if isinstance(text, Content) else Content(text)
    return hanging(Content.styled(padded(label, column), QUIET), value, width)


def joined(lines: Iterable[Content]) -> Content:
    return Content("\n").join(lines)


def between(parts: Iterable[Content | str], mark: str = " · ") -> Content:
    """The parts that say something, with a mark between them."""
    said = [part if isinstance(part, Content) else Content(part) for part in parts]
    return Content.styled(mark, QUIET).join(part for part in said if part.plain)


def spread(left: Content, right: Content, width: int) -> Content:
    """`left` and `right` at the two ends of a line; `left` gives way where there's no room."""
    room = width - right.cell_length - 2
    if room < min(16, left.cell_length):
        return left.truncate(width, ellipsis=True)
    kept = left.truncate(room, ellipsis=True)
    return kept + Content(" " * (width - kept.cell_length - right.cell_length)) + right

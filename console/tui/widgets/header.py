"""The top line: which account, which environment, and what is going on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual.content import Content

from console.domain import moments
from console.domain.language import _, many
from console.tui.mouse import doing
from console.tui.widgets.drawn import Drawn
from console.tui.words import LOUD, QUIET, between, literal, spread

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord


class Condition(NamedTuple):
    """What the top line tells. `journal` is the problem, None while nothing is known.

    `offset` is Amazon's clock minus ours, None before the first answer.
    `colour` is the profile's own, by its name in the settings; the style sheet knows them.
    """

    store: str
    region: str
    environment: str
    pending: int = 0
    open_intents: int = 0
    half_renewed: int = 0
    journal: str | None = None
    offset: timedelta | None = None
    colour: str | None = None
    offline: datetime | None = None  # since when Amazon can't be reached


class _Inks(NamedTuple):
    """The colours of the words. On a profile's own colour there is only its best contrast."""

    quiet: str
    good: str
    waiting: str
    loud: str


_PLAIN: Final = _Inks(QUIET, "bold $text-success", "$text-primary", LOUD)
_TINTED: Final = _Inks("", "bold", "", "bold reverse")
LOST: Final = 2  # requests in a row without an answer: then Amazon can't be reached
_LIVE: Final = "bold $text on $error"


class Header(Drawn):
    """Drawn from a Condition; LIVE is a word and a colour, never the colour alone."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(self._lines, id="header")
        self.condition = condition
        self.set_class(condition.environment == "live", "-live")
        self.set_class(condition.colour is not None, f"-colour-{condition.colour}")

    def change(self, **parts: Any) -> None:
        changed = self.condition._replace(**parts)
        if changed != self.condition:
            self.condition = changed
            self.redraw()

    def _lines(self, width: int) -> list[Content]:
        return [spread(self._where(), self._going_on(), width)]

    @property
    def _inks(self) -> _Inks:
        return _TINTED if self.condition.colour is not None else _PLAIN

    def _where(self) -> Content:
        condition, inks = self.condition, self._inks
        environment = condition.environment.upper()
        live = environment == "LIVE"
        return Content.assemble(
            ("payconsole", "bold"),
            "  ",
            literal(condition.store),
            (" · ", inks.quiet),
            condition.region.upper(),
            (" · ", inks.quiet),
            (f" {environment} " if live else environment, _LIVE if live else inks.good),
        )

    def _going_on(self) -> Content:
        condition, inks = self.condition, self._inks
        opened, half, pending = condition.open_intents, condition.half_renewed, condition.pending
        parts = (
            (_offline(condition.offline), inks.loud, ""),
            (many("{count} open intent", "{count} open intents", opened) if opened else "",
             inks.loud, "general('intents')"),
            (many("{count} half renewed", "{count} half renewed", half) if half else "",
             inks.loud, "general('intents')"),
            (many("{count} pending", "{count} pending", pending) if pending else "",
             inks.waiting, "pending"),
            (_journal(condition.journal), inks.loud if condition.journal else inks.quiet, ""),
            ("" if condition.offline else _clock(condition.offset), inks.quiet, ""),
        )  # fmt: skip
        return between(_counter(*part) for part in parts)


def _counter(said: str, ink: str, action: str) -> Content:
    """One of the counters; a click shows what it counts."""
    counter = Content.styled(said, ink)
    return doing(counter, action) if action and said else counter


def _offline(since: datetime | None) -> str:
    if since is None:
        return ""
    return _("offline since {time}", time=moments.local(since).strftime("%H:%M"))


def offline_since(records: Sequence[RequestRecord]) -> datetime | None:
    """Since when nothing is answered; None after an answer.

    One request without an answer is none yet: that happens, and it is asked again. One that was
    given up here, as its order is no longer looked for, tells nothing of Amazon.
    """
    ended = (one for one in reversed(records) if one.status is not None or one.failure is not None)
    unanswered = list(takewhile(lambda record: record.status is None, ended))
    return unanswered[-1].time if len(unanswered) >= LOST else None


def _journal(problem: str | None) -> str:
    if problem is None:
        return ""
    return _("JOURNAL BROKEN") if problem else _("journal ok")


def _clock(offset: timedelta | None) -> str:
    """Amazon's clock minus ours; below two seconds the answers can't tell."""
    if offset is None:
        return ""
    seconds = offset.total_seconds()
    if abs(seconds) < 2:
        return _("clock ok")
    return _("clock {seconds} s", seconds=f"{seconds:+.0f}")

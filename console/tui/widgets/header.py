"""The top line: which account, which environment, and what is going on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from textual.content import Content

from console.tui.widgets.drawn import Drawn
from console.tui.words import LOUD, between, literal, quiet, spread


@dataclass(frozen=True)
class Condition:
    """What the top line tells. `journal` is the problem, None while nothing is known."""

    store: str
    region: str
    environment: str
    pending: int = 0
    open_intents: int = 0
    half_renewed: int = 0
    journal: str | None = None
    offset: timedelta | None = None


class Header(Drawn):
    """Drawn from a Condition; LIVE is a word and a colour, never the colour alone."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(self._lines, id="header")
        self.condition = condition
        self.set_class(condition.environment == "live", "-live")

    def change(self, **parts: object) -> None:
        changed = replace(self.condition, **parts)  # type: ignore[arg-type]
        if changed != self.condition:
            self.condition = changed
            self.redraw()

    def _lines(self, width: int) -> list[Content]:
        return [spread(self._where(), self._going_on(), width)]

    def _where(self) -> Content:
        condition = self.condition
        environment = condition.environment.upper()
        word = "bold $text on $error" if environment == "LIVE" else "bold $text-success"
        return Content.assemble(
            ("payconsole", "bold"),
            "  ",
            literal(condition.store),
            (" · ", "$foreground-muted"),
            condition.region.upper(),
            (" · ", "$foreground-muted"),
            (f" {environment} " if environment == "LIVE" else environment, word),
        )

    def _going_on(self) -> Content:
        condition = self.condition
        return between(
            [
                Content.styled(_count(condition.open_intents, "open intent"), LOUD),
                Content.styled(
                    f"{condition.half_renewed} half renewed" if condition.half_renewed else "",
                    LOUD,
                ),
                Content.styled(f"{condition.pending} pending" if condition.pending else "",
                               "$text-primary"),
                _journal(condition.journal),
                _clock(condition.offset),
            ]
        )  # fmt: skip


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def _journal(problem: str | None) -> Content:
    if problem is None:
        return Content("")
    if problem == "":
        return quiet("journal ok")
    return Content.styled("JOURNAL BROKEN", LOUD)


def _clock(offset: timedelta | None) -> Content:
    """Amazon's clock minus ours; below two seconds the answers can't tell."""
    if offset is None:
        return Content("")
    seconds = offset.total_seconds()
    return quiet("clock ok" if abs(seconds) < 2 else f"clock {seconds:+.0f} s")

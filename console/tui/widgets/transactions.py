"""The transactions of an order as rows: charges, and under each its refunds and disputes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from console.domain.checkout_v1 import refund_state
from console.domain.clocks import Clock, What, clocks
from console.domain.in_v1 import charge_words, either
from console.domain.language import N_, _
from console.domain.model import Charge, Dispute, Refund
from console.domain.order import Order
from console.domain.since import Change, Changes, How
from console.domain.text import clean_line
from console.tui.widgets.rows import Row
from console.tui.words import (
    QUIET,
    amount,
    column_for,
    kind_word,
    padded,
    quiet,
    rough_age,
    short_id,
    state_word,
)

ROOMY = 110  # from this width on ids are shown whole
KIND: Final = 8
MARK: Final = "* "  # of a row that has changed: not by colour alone


@dataclass(frozen=True)
class _Line:
    """What a row shows, before its width is known."""

    tree: str
    id: str
    kind: str
    state: Content
    amount: str
    v1: str
    when: str
    changed: str = ""  # since somebody looked last

    def draw(self, columns: _Columns, width: int) -> Content:
        """The line for a width; v1's word gives way first."""
        room = columns.id if width >= ROOMY else 10
        shown = self.id if width >= ROOMY else short_id(self.id)[:9]
        fixed = room + columns.kind + columns.state + 1 + columns.amount + 2 + columns.changed
        v1 = min(columns.v1, max(0, width - fixed - columns.when - 2))
        return Content.assemble(
            (self.tree, QUIET),
            f"{shown:<{room - len(self.tree)}}",
            (padded(self.kind, columns.kind), QUIET),
            self.state.truncate(columns.state, pad=True, ellipsis=True),
            f" {self.amount:>{columns.amount}}  ",
            self._change(columns.changed),
            quiet(_fit(self.v1, v1) if v1 >= 6 else ""),
            self.when,
        )

    def _change(self, column: int) -> Content:
        """`* was Authorized`: a mark, and a quiet word."""
        if not self.changed:
            return Content(" " * column)
        word = padded(self.changed, column - len(MARK))
        return Content.assemble((MARK, "bold $text-accent"), (word, QUIET))


@dataclass(frozen=True)
class _Columns:
    """How wide the columns of one order's transactions are."""

    id: int
    kind: int
    state: int
    amount: int
    v1: int
    when: int
    changed: int

    @classmethod
    def of(cls, lines: list[_Line]) -> _Columns:
        return cls(
            id=max(len(line.tree + line.id) for line in lines) + 2,
            kind=column_for((line.kind for line in lines), KIND),
            state=max(line.state.cell_length for line in lines),
            amount=max(len(line.amount) for line in lines),
            v1=max(cell_len(line.v1) for line in lines),
            when=max(cell_len(line.when) for line in lines),
            changed=max(_changed_room(line.changed) for line in lines),
        )


def _changed_room(word: str) -> int:
    return len(MARK) + cell_len(word) + 2 if word else 0


def transaction_rows(
    order: Order,
    now: datetime,
    changes: Changes | None = None,
    untold: Mapping[str, str] = MappingProxyType({}),
) -> list[Row]:
    """A row for every transaction, the parent before its children.

    `now` is for how long they have been in their states, which changes with every minute. Those
    that differ since somebody looked last are marked. `untold` has the ids of those whose state is
    not known any more, as something was done with them, and what stands there instead.
    """
    found = changes.by_id if changes is not None else {}
    lines = [replace(line, changed=_changed(found.get(line.id))) for line in _lines(order, now)]
    lines = [_untold(line, untold[line.id]) if line.id in untold else line for line in lines]
    if not lines:
        return []
    columns = _Columns.of(lines)
    return [Row(line.id, partial(line.draw, columns)) for line in lines]


def _untold(line: _Line, instead: str) -> _Line:
    return replace(line, state=quiet(instead), v1="", when="")


# What a row says of a change: of what was before, for what is now stands beside it.
_CHANGED: Final[dict[How, str]] = {
    "new": N_("new here"),
    "state": N_("was {before}"),
    "amount": N_("was {before}"),
    "refunded": N_("refunded was {before}"),
}


def _changed(change: Change | None) -> str:
    if change is None:
        return ""
    return _(_CHANGED[change.how], before=clean_line(change.was, 40))


def _lines(order: Order, now: datetime) -> Iterator[_Line]:
    shown: set[str] = set()
    running: dict[str, list[Clock]] = {}
    for clock in clocks(order):
        running.setdefault(clock.object, []).append(clock)
    for charge in order.charges:
        children: list[Refund | Dispute] = [
            *order.refunds_of(charge.id),
            *(dispute for dispute in order.disputes if dispute.charge_id == charge.id),
        ]
        yield _charge(charge, now, running.get(charge.id, []))
        for number, child in enumerate(children, start=1):
            shown.add(child.id)
            tree = "└ " if number == len(children) else "├ "
            yield _child(child, tree, now, running.get(child.id, []))
    family: tuple[Refund | Dispute, ...] = (*order.refunds, *order.disputes)
    for orphan in family:
        if orphan.id not in shown:
            yield _child(orphan, "", now, running.get(orphan.id, []))
    if order.session is not None:
        session = order.session
        state = state_word("checkout_session", session.state)
        yield _Line("", session.id, _("session"), state, amount(session.amount), "",
                    _age(session.created, now))  # fmt: skip


def _charge(charge: Charge, now: datetime, running: list[Clock]) -> _Line:
    state = state_word("charge", charge.state, charge.status.reason_codes)
    taken = charge.captured if charge.captured and charge.captured.is_positive else charge.amount
    when = _countdown(running) or _since(charge, now)
    return _Line("", charge.id, kind_word("charge"), state, amount(taken), v1_word(charge), when)


# A transaction's clocks in a word: while it runs, and once it has passed (nothing: another one
# tells more).
_SHORT: Final[dict[What, tuple[str, str]]] = {
    "capture_without_delay": (N_("without delay"), ""),
    "authorization": (N_("late capture"), N_("authorization lapsed")),
    "dispute_response": (N_("answer"), N_("time to answer is over")),
}


def _countdown(running: list[Clock]) -> str:
    """`without delay: 2 days left` until a capture takes a while, then `late capture: …`."""
    for clock in running:
        name, over = _SHORT[clock.what]
        if not clock.passed:
            return f"{_(name)}: {clock.count}"
        if over:
            return _(over)
    return ""


def _child(child: Refund | Dispute, tree: str, now: datetime, running: list[Clock]) -> _Line:
    if isinstance(child, Refund):
        state = state_word("refund", child.state, child.status.reason_codes)
        v1 = refund_state(child.state)
        return _Line(tree, child.id, kind_word("refund"), state, amount(child.amount),
                     f"v1 {v1}" if v1 else "", _since(child, now))  # fmt: skip
    state = state_word("dispute", child.state, child.status.reason_codes)
    when = _countdown(running) or _since(child, now)
    return _Line(tree, child.id, kind_word("dispute"), state, amount(child.amount), "", when)


def _since(member: Charge | Refund | Dispute, now: datetime) -> str:
    """How long it has been in its state: `2 days ago`; from its creation where Amazon says no more.

    Source: `lastUpdatedTimestamp` of the status details.
    """
    return _age(member.status.updated or member.created, now)


def _age(moment: datetime | None, now: datetime) -> str:
    return rough_age(moment, now) if moment is not None else ""


def v1_word(charge: Charge) -> str:
    """The one word of v1 that matters: the capture's, where there is one."""
    words = charge_words(charge)
    said = either(words.capture or words.authorization)
    return f"v1 {said}" if said else ""


def _fit(text: str, width: int) -> str:
    """`text` in a column of so many cells, cut where it is longer, and two blanks."""
    return Content(text).truncate(width, ellipsis=True, pad=True).plain + "  "

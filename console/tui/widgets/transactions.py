"""The transactions of an order as rows: charges, and under each its refunds and disputes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from textual.content import Content

from console.domain.checkout_v1 import refund_state
from console.domain.clocks import Clock, What, clocks
from console.domain.in_v1 import charge_words, either
from console.domain.model import Charge, Dispute, Refund
from console.domain.order import Order
from console.tui.widgets.rows import Row
from console.tui.words import QUIET, age, amount, short_id, state_word

ROOMY = 110  # from this width on ids are shown whole


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

    def draw(self, columns: _Columns, width: int) -> Content:
        """The line for a width; v1's word gives way first."""
        room = columns.id if width >= ROOMY else 10
        shown = self.id if width >= ROOMY else short_id(self.id)[:9]
        fixed = room + 8 + columns.state + 1 + columns.amount + 2
        v1 = min(columns.v1, max(0, width - fixed - columns.when - 2))
        return Content.assemble(
            (self.tree, QUIET),
            f"{shown:<{room - len(self.tree)}}",
            (f"{self.kind:<8}", QUIET),
            self.state.truncate(columns.state, pad=True, ellipsis=True),
            f" {self.amount:>{columns.amount}}  ",
            (f"{_fit(self.v1, v1):<{v1}}  " if v1 >= 6 else "", QUIET),
            self.when,
        )


@dataclass(frozen=True)
class _Columns:
    """How wide the columns of one order's transactions are."""

    id: int
    state: int
    amount: int
    v1: int
    when: int

    @classmethod
    def of(cls, lines: list[_Line]) -> _Columns:
        return cls(
            id=max(len(line.tree + line.id) for line in lines) + 2,
            state=max(line.state.cell_length for line in lines),
            amount=max(len(line.amount) for line in lines),
            v1=max(len(line.v1) for line in lines),
            when=max(len(line.when) for line in lines),
        )


def transaction_rows(order: Order) -> list[Row]:
    """A row for every transaction, the parent before its children."""
    lines = list(_lines(order))
    if not lines:
        return []
    columns = _Columns.of(lines)
    return [Row(line.id, partial(line.draw, columns)) for line in lines]


def _lines(order: Order) -> Iterator[_Line]:
    shown: set[str] = set()
    running: dict[str, list[Clock]] = {}
    for clock in clocks(order):
        running.setdefault(clock.object, []).append(clock)
    for charge in order.charges:
        children: list[Refund | Dispute] = [
            *order.refunds_of(charge.id),
            *(dispute for dispute in order.disputes if dispute.charge_id == charge.id),
        ]
        yield _charge(charge, order.observed, running.get(charge.id, []))
        for number, child in enumerate(children, start=1):
            shown.add(child.id)
            tree = "└ " if number == len(children) else "├ "
            yield _child(child, tree, order.observed, running.get(child.id, []))
    family: tuple[Refund | Dispute, ...] = (*order.refunds, *order.disputes)
    for orphan in family:
        if orphan.id not in shown:
            yield _child(orphan, "", order.observed, running.get(orphan.id, []))
    if order.session is not None:
        session = order.session
        state = state_word("checkout_session", session.state)
        yield _Line("", session.id, "session", state, amount(session.amount), "",
                    age(session.created, order.observed))  # fmt: skip


def _charge(charge: Charge, now: datetime, running: list[Clock]) -> _Line:
    state = state_word("charge", charge.state, charge.status.reason_codes)
    taken = charge.captured if charge.captured and charge.captured.is_positive else charge.amount
    when = _countdown(running) or age(charge.created, now)
    return _Line("", charge.id, "charge", state, amount(taken), v1_word(charge), when)


# A transaction's clocks in a word: while it runs, and once it has passed (nothing: another one
# tells more).
_SHORT: Final[dict[What, tuple[str, str]]] = {
    "capture_without_delay": ("without delay", ""),
    "authorization": ("late capture", "authorization lapsed"),
    "dispute_response": ("answer", "time to answer is over"),
}


def _countdown(running: list[Clock]) -> str:
    """`without delay: 2 days left` until a capture takes a while, then `late capture: …`."""
    for clock in running:
        name, over = _SHORT[clock.what]
        if not clock.passed:
            return f"{name}: {clock.count}"
        if over:
            return over
    return ""


def _child(child: Refund | Dispute, tree: str, now: datetime, running: list[Clock]) -> _Line:
    if isinstance(child, Refund):
        state = state_word("refund", child.state, child.status.reason_codes)
        v1 = refund_state(child.state)
        return _Line(tree, child.id, "refund", state, amount(child.amount),
                     f"v1 {v1}" if v1 else "", age(child.created, now))  # fmt: skip
    state = state_word("dispute", child.state, child.status.reason_codes)
    when = _countdown(running) or age(child.created, now)
    return _Line(tree, child.id, "dispute", state, amount(child.amount), "", when)


def v1_word(charge: Charge) -> str:
    """The one word of v1 that matters: the capture's, where there is one."""
    words = charge_words(charge)
    said = either(words.capture or words.authorization)
    return f"v1 {said}" if said else ""


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"

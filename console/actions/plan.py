"""A plan: exactly what would be sent, what was seen, and what the operator must type."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from console.actions.outcome import Outcome
from console.actions.snapshot import Snapshot
from console.domain.model import OPEN_CHARGE_STATES
from console.domain.money import Money
from console.domain.order import Order
from console.store.decisions import Draft

if TYPE_CHECKING:
    from console.actions.engine import Engine

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wish:
    """What the operator asks for. An action takes what it needs of it.

    `amount` is as it was typed. `capture_now` and `pending_allowed` are about a new charge,
    `cancel_pending` about closing. `merchant` has the API's names of the fields to change;
    `frequency` is such as `1 Year`.
    """

    amount: str = ""
    reason: str = ""
    ticket: str = ""
    capture_now: bool = False
    pending_allowed: bool = False
    cancel_pending: bool = False
    merchant: Mapping[str, str] = field(default_factory=dict)
    frequency: str = ""


@dataclass(frozen=True)
class Words:
    """What a plan tells beside the request: figures, facts, warnings.

    `before` and `after` have the same names in the same order. `facts` are further labelled
    lines. `above_captured` and `doubts` ask for a confirmation of their own; `doubts` says why
    it can pay twice.
    """

    before: Rows
    after: Rows
    buyer_sees: str
    undo: str
    facts: Rows = ()
    warnings: tuple[str, ...] = ()
    above_captured: bool = False
    doubts: tuple[str, ...] = ()


class NextStep(Protocol):
    """What follows once a first step was accepted; `said` tells the operator beforehand."""

    @property
    def said(self) -> str: ...

    async def go_on(self, engine: Engine, first: Outcome, tell: Callable[[str], None]) -> Outcome:
        """Carry the second step out; the outcome of both."""


@dataclass(frozen=True)
class Plan:
    """What will be done if the operator types `phrase`. Nothing has been sent.

    `version` is the journal's version of the order that it was made from; `reopens` the
    intent that is tried again instead of a new one; `then` the step that follows at once when
    this one was accepted, under the same confirmation.
    """

    draft: Draft
    order: Order
    snapshot: Snapshot
    version: int
    url: str
    phrase: str
    words: Words
    reopens: int | None = None
    then: NextStep | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.words.warnings

    @property
    def touches(self) -> frozenset[str]:
        """The ids of everything whose state it may change: of a permission that is closed its open
        charges too, of a renewal both charges.
        """
        found = {self.draft.object}
        if self.draft.action == "close":
            found.update(c.id for c in self.order.charges if c.state in OPEN_CHARGE_STATES)
        if self.draft.link is not None and "renews" in self.draft.link:
            found.add(self.draft.link["renews"])
        return frozenset(found)

    @property
    def above_captured(self) -> bool:
        return self.words.above_captured

    @property
    def doubts(self) -> tuple[str, ...]:
        return self.words.doubts

    @property
    def hash(self) -> str:
        parts = [self.draft.method, self.draft.path, self.draft.body.decode(), self.snapshot.hash]
        return hashlib.sha256("\n".join([*parts, str(self.version)]).encode()).hexdigest()


def confirmation_phrase(environment: str, action: str, object_id: str, amount: Money | None) -> str:
    """What must be typed: the amount with its currency, and in live the id's last four too.

    Where there is no amount: the action and the last four.
    """
    if amount is None:
        return f"{action} {object_id[-4:]}"
    return f"{amount} {object_id[-4:]}" if environment == "live" else str(amount)

"""Watching until Amazon is done: initiated is not done (step 13).

Only the three states in which Amazon is at work are watched; everything else changes because
somebody does something. The numbers stand in `limits.WATCH`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from console.actions.engine import Engine
from console.actions.recovery import follow
from console.amazon.errors import NotFound
from console.domain.ids import NotAnId, Target, parse
from console.domain.intent import Move, State
from console.domain.limits import FIRST_LOOK, WATCH, WATCH_LOOKS_PER_MINUTE
from console.domain.model import NO_STATE, PENDING_STATES, Charge, Refund
from console.domain.money import Money
from console.domain.order import Order
from console.lookup import ReadFailure
from console.store.decisions import Intent

FIRST_WAIT: Final = FIRST_LOOK.total_seconds()
DISAGREEING_LOOKS: Final = 5
MINUTE: Final = 60.0

_REFUND: Final = "create_refund"
# The state in which what an operation made begins, where Amazon takes its time.
_PENDING: Final = {
    _REFUND: "RefundInitiated",
    "capture_charge": "CaptureInitiated",
    "create_charge": "AuthorizationInitiated",
    "complete_checkout_session": "AuthorizationInitiated",
}


class End(StrEnum):
    """Why something is not watched any more."""

    DONE = auto()  # Amazon's work came to its end, good or bad
    GONE = auto()  # Amazon doesn't know the object
    GIVEN_UP = auto()  # it was looked at often enough


@dataclass(frozen=True)
class News:
    """The end of one watch. `state` and `code` are Amazon's words, the last that were seen.

    `intent` is the decision that made a refund, where it was made here.
    """

    end: End
    kind: str
    id: str
    order: str
    state: str
    code: str | None = None
    amount: Money | None = None
    intent: Intent | None = None

    @property
    def is_bad(self) -> bool:
        return self.end is End.DONE and self.state == "Declined"


@dataclass
class _Watched:
    """One pending object, its pace, and when it is looked at next."""

    target: Target
    order: str
    state: str
    wait: float
    due: float
    looks: int = 0
    disagreeing: int = 0
    amount: Money | None = None
    intent: Intent | None = None


class Watches:
    """Everything that is watched in one session, within one budget. It draws nothing.

    What is watched goes on whatever is on the screen: the order may be left and come back to.
    `run` is one task; `tell` is told of each end. `now` gives seconds of a monotonic clock.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Callable[[News], None],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._now = now
        self._watched: dict[str, _Watched] = {}
        self._looked: deque[float] = deque(maxlen=WATCH_LOOKS_PER_MINUTE)
        self._woken = asyncio.Event()

    @property
    def ids(self) -> frozenset[str]:
        """The objects that are watched."""
        return frozenset(self._watched)

    # --- what is watched -----------------------------------------------------------------------

    def see(self, order: Order) -> None:
        """An order was just read: watch what is pending in it, and keep the pace of the rest.

        What was watched and is no longer pending is looked at once more at once, so that its
        end is told in one way, however it was first seen.
        """
        members: tuple[Charge | Refund, ...] = (*order.charges, *order.refunds)
        for member in members:
            watched = self._watched.get(member.id)
            if member.state in PENDING_STATES:
                watched = watched or self._add(member.id, order.id, member.state)
                if watched is not None:
                    watched.due = self._now() + watched.wait
                    watched.amount = member.amount
            elif watched is not None:
                watched.due = self._now()
        self._woken.set()

    def follow(self, intents: Iterable[Intent]) -> None:
        """Watch what accepted intents made: those just made, and at the start all.

        What Amazon does at once needs no watching: it was settled with its answer.
        """
        environment = self._engine.client.account.environment
        for intent in intents:
            ours = intent.state is State.ACCEPTED and intent.environment == environment
            state = _PENDING.get(intent.operation)
            if ours and intent.result is not None and state is not None:
                watched = self._add(intent.result, intent.scope, state)
                if watched is not None:
                    watched.intent, watched.amount = intent, intent.amount
        self._woken.set()

    def _add(self, identifier: str, order: str, state: str) -> _Watched | None:
        """The watch of an object; an id that can't be asked for is not watched."""
        try:
            target = parse(identifier).v2
        except NotAnId:
            return None
        new = _Watched(target, order, state, FIRST_WAIT, self._now() + FIRST_WAIT)
        return self._watched.setdefault(target.id, new)

    # --- looking -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look whenever something is due; never returns. Cancel it to stop."""
        while True:
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.wait()):
                    await self._woken.wait()
            await self.look()

    def wait(self) -> float | None:
        """Seconds until the next look may be made; None while nothing is watched."""
        if not self._watched:
            return None
        due = min(watched.due for watched in self._watched.values())
        return max(due - self._now(), self._budget_wait())

    def _budget_wait(self) -> float:
        if len(self._looked) < WATCH_LOOKS_PER_MINUTE:
            return 0.0
        return max(0.0, self._looked[0] + MINUTE - self._now())

    async def look(self) -> None:
        """Look at what is due, the longest overdue first, as far as the budget goes."""
        now = self._now()
        due = [watched for watched in self._watched.values() if watched.due <= now]
        for watched in sorted(due, key=lambda watched: watched.due):
            if self._budget_wait() > 0:
                return
            self._looked.append(self._now())
            await self._look_at(watched)

    async def _look_at(self, watched: _Watched) -> None:
        watched.looks += 1
        try:
            answer = await self._engine.client.get(watched.target)
        except NotFound:
            self._end(watched, End.GONE)
            return
        except ReadFailure:
            self._later(watched)  # no answer is no news
            return
        data = answer.data or {}
        found = Refund.from_api(data) if watched.target.kind == "refund" else Charge.from_api(data)
        watched.amount = found.amount or watched.amount
        if found.state == NO_STATE:
            self._later(watched)
        elif found.state in PENDING_STATES:
            watched.state = found.state
            self._later(watched)
        elif await self._is_concluded(watched, found):
            watched.state = found.state
            self._end(watched, End.DONE, found.status.reason_code)
        else:
            self._later(watched)

    async def _is_concluded(self, watched: _Watched, found: Charge | Refund) -> bool:
        """Write the end of our own refund down; False while its total still disagrees."""
        intent = watched.intent
        if intent is None:
            return True
        if found.state == "Declined":
            code = {"code": found.status.reason_code}
            watched.intent = await self._engine.conclude(intent, Move.DECLINE, code)
            return True
        if intent.operation != _REFUND:
            watched.intent = await follow(self._engine, intent)
            return watched.intent.state is not State.ACCEPTED
        if found.state != "Refunded":
            return True
        self._looked.append(self._now())  # it reads the whole order
        watched.disagreeing += 1
        last = watched.disagreeing > DISAGREEING_LOOKS
        watched.intent = await follow(self._engine, intent, last_look=last)
        return watched.intent.state is not State.ACCEPTED

    def _later(self, watched: _Watched) -> None:
        pace = WATCH[watched.state]
        if watched.looks >= pace.looks:
            self._end(watched, End.GIVEN_UP)
            return
        watched.wait = min(watched.wait * pace.factor, pace.longest.total_seconds())
        watched.due = self._now() + watched.wait

    def _end(self, watched: _Watched, end: End, code: str | None = None) -> None:
        del self._watched[watched.target.id]
        self._tell(
            News(
                end,
                watched.target.kind,
                watched.target.id,
                watched.order,
                watched.state,
                code,
                watched.amount,
                watched.intent,
            )
        )

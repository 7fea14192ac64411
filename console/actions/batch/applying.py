"""Applying a plan: what a crash left open first, then row after row, in waves."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, TypeVar

from console.actions.batch.report import ended_now, report_of
from console.actions.batch.row import RowWork, halt_at_open, is_over, named
from console.actions.batch.stop import Stop, Stopped
from console.actions.engine import Engine, Tell, blocking, silent
from console.actions.outcome import Held, Outcome, Result
from console.actions.recovery import follow, recover
from console.domain.batch import (
    FINISHED,
    OPEN,
    READS_TO_APPLY,
    WAVES,
    Batch,
    Progress,
    Report,
    Row,
    in_words,
    seconds_a_row,
    time_left,
)
from console.domain.intent import LIVE_STATES, State
from console.store.decisions import Intent

_REFUSALS: Final = 3  # in a row: then something is wrong with all of them

T = TypeVar("T")


@dataclass(frozen=True)
class Applied:
    """How a run ended: the report after it, and why it ended before its last row, if it did.

    `result` is that of the row that stopped it; None where it was asked to stop, or came to its
    end.
    """

    report: Report
    stopped: str = ""
    hint: str = ""
    result: Result | None = None
    asked_to_stop: bool = False


@dataclass
class _Run:
    """What a run has seen so far."""

    wave: list[int] = field(default_factory=list)  # intents that were accepted in this wave
    number: int = 0  # of the wave
    refusals: int = 0  # in a row


_HINTS: Final = {
    Result.STALE: "Somebody else is at work on this order. Look at it; apply the plan again to go"
    " on with the other rows.",
    Result.NOT_SENT: "Apply the plan again to go on.",
}


async def apply_batch(
    engine: Engine,
    batch: Batch,
    phrase: str,
    *,
    stop: Stop | None = None,
    tell: Tell = silent,
) -> Applied:
    """Do what is left of a plan, if `phrase` is exactly what had to be typed.

    Rows are done one after the other, in waves: one, five, the rest. Each row's order is read
    and compared with the plan; one that has changed is not touched. It stops at the first
    outcome that is not known, at what somebody else changed meanwhile, and where a wave did not
    end as it should. Raises Held where nothing may be begun, and JournalBroken.
    """
    require_account(engine, batch)
    if not batch.is_confirmed_by(phrase):
        raise Held(f"Not confirmed. To go on, type exactly: {batch.phrase}", "Nothing was sent.")
    against = engine.policy.against_sending()
    if against is not None:
        raise Held(against, "Nothing was sent.")
    await engine.require_sound_journal()
    applying = _Applying(engine, batch, stop or Stop(), tell)
    stopped = await applying.run()
    report = await blocking(report_of, engine.journal, batch)
    if stopped is None:
        return Applied(report)
    asked = stopped.result is None
    return Applied(report, str(stopped), stopped.hint, stopped.result, asked_to_stop=asked)


def require_account(engine: Engine, batch: Batch) -> None:
    """Raise Held unless the plan was made for this account."""
    account = engine.client.account
    here = (engine.profile, account.region, account.environment)
    if here != (batch.profile, batch.region, batch.environment):
        made = f"{batch.profile} ({batch.region.upper()} {batch.environment})"
        raise Held(
            f"This plan was made for profile {made}.",
            f"Use --profile {batch.profile}, or make a plan for this profile.",
        )


class _Applying:
    def __init__(self, engine: Engine, batch: Batch, stop: Stop, tell: Tell) -> None:
        self._engine = engine
        self._journal = engine.journal
        self._batch = batch
        self._stop = stop
        self._tell = tell
        self._run = _Run()
        self._work = RowWork(engine, batch, tell)

    async def run(self) -> Stopped | None:
        try:
            await self._recover()
            report = await blocking(report_of, self._journal, self._batch)
            left = [e.row for e in report.rows if e.standing not in FINISHED]
            self._announce(left)
            await self._rows(left)
            await self._look_at_wave(" That was the last one.")
        except Stopped as stopped:
            return stopped
        return None

    def _announce(self, left: Sequence[Row]) -> None:
        done = len(self._batch.acting) - len(left)
        if done and left:
            self._tell(f"{done} of {len(self._batch.acting)} rows are finished already.")
        if left:
            seconds = len(left) * self._a_row
            self._tell(f"{len(left)} rows to do, {in_words(seconds)} by Amazon's throttle.")

    @property
    def _a_row(self) -> Fraction:
        cooling = self._engine.policy.cooling_seconds
        return seconds_a_row(self._batch.environment, READS_TO_APPLY, cooling=cooling)

    async def _recover(self) -> None:
        """What a crash left open is resolved before anything new is begun (step 10)."""
        report = await blocking(report_of, self._journal, self._batch)
        for ended in report.of(*OPEN):
            assert ended.intent is not None
            self._tell(f"Line {ended.row.line}: resolving intent {ended.intent} first")
            outcomes = await self._within(
                recover(self._engine, number=ended.intent, tell=self._tell)
            )
            now = await blocking(ended_now, self._journal, self._batch, ended.row)
            if now.standing in OPEN:
                said = " ".join(outcome.message for outcome in outcomes)
                busy = all(outcome.result is Result.BLOCKED for outcome in outcomes)
                halt_at_open(now, said, busy=busy)

    async def _rows(self, left: Sequence[Row]) -> None:
        began = time.monotonic()
        for number, row in enumerate(left, start=1):
            if self._stop.asked:
                raise Stopped("Stopped as asked, before the next row.", None)
            elapsed = Fraction(time.monotonic() - began)
            seconds = time_left(len(left) - number + 1, number - 1, elapsed, self._a_row)
            progress = Progress(number, len(left), seconds).said
            self._tell(f"{progress}: {named(row)}")
            await self._within(self._row(row))
            wave = self._run.number
            if wave < len(WAVES) and len(self._run.wave) >= WAVES[wave]:
                await self._look_at_wave()

    async def _within(self, work: Coroutine[Any, Any, T]) -> T:
        done: list[T] = []

        async def kept() -> bool:
            done.append(await work)
            return True

        try:
            if await self._stop.during(self._engine, kept()) is None:
                raise Stopped("Stopped as asked; nothing of this row was sent.", None)
        finally:
            work.close()  # it may not even have begun
        return done[0]

    async def _row(self, row: Row) -> None:
        outcome = await self._work.do(row)
        if outcome is not None:
            await self._took(row, outcome)

    async def _took(self, row: Row, outcome: Outcome) -> None:
        """Judge what came of a row; raises Stopped where the batch must not go on."""
        line = f"Line {row.line}: {named(row)}: {outcome.result}. {outcome.message}"
        self._tell(line)
        if outcome.result is Result.ACCEPTED:
            self._run.refusals = 0
            if outcome.intent is not None:
                self._run.wave.append(outcome.intent)
            return
        if outcome.result is Result.REFUSED:
            self._run.refusals += 1
            first = self._run.number < len(WAVES)
            if first or self._run.refusals >= _REFUSALS:
                raise Stopped(
                    f"{line} A wave that is refused is no reason to begin the next one.",
                    Result.REFUSED,
                    "Look at what was refused. Apply the plan again to go on with the other rows.",
                )
            return
        if outcome.result is Result.BLOCKED:  # by another decision, or by the policy's sums
            now = await blocking(ended_now, self._journal, self._batch, row)
            is_over(now)
            return
        if outcome.result is Result.STALE and outcome.intent is None:
            now = await blocking(ended_now, self._journal, self._batch, row)
            if is_over(now):
                return
        raise Stopped(line, outcome.result, outcome.hint or _HINTS.get(outcome.result, ""))

    async def _look_at_wave(self, then: str = " Going on.") -> None:
        """Read what the wave did once more; raises Stopped unless it is as it should be."""
        done, self._run.wave = self._run.wave, []
        is_last = self._run.number >= len(WAVES)
        self._run.number += 1
        if not done or is_last:
            return
        intents = [await self._within(self._followed(number)) for number in done]
        wrong = [i for i in intents if i.state not in LIVE_STATES]
        if wrong:
            said = ", ".join(
                f"intent {i.id} ({i.summary} on {i.object}) is {i.state}" for i in wrong
            )
            raise Stopped(
                f"The wave did not end as it should: {said}.",
                Result.REFUSED,
                "Look at these orders first. Apply the plan again to go on with the other rows.",
            )
        begun = sum(intent.state is State.ACCEPTED for intent in intents)
        count = len(intents)
        rows = "The first row" if count == 1 else f"The next {count} rows"
        self._tell(
            f"{rows} ended as expected: {count - begun} done, {begun} initiated, none"
            f" declined.{then}"
        )

    async def _followed(self, number: int) -> Intent:
        intent = await blocking(self._journal.intent, number)
        return await follow(self._engine, intent)

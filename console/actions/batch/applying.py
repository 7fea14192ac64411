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
from console.domain.language import N_, _, many, together
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
    Result.STALE: N_(
        "Somebody else is at work on this order. Look at it; apply the plan again to go on with the"
        " other rows."
    ),
    Result.NOT_SENT: N_("Apply the plan again to go on."),
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
        raise Held(
            _("Not confirmed. To go on, type exactly: {phrase}", phrase=batch.phrase),
            _("Nothing was sent."),
        )
    against = engine.policy.against_sending()
    if against is not None:
        raise Held(against, _("Nothing was sent."))
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
            _("This plan was made for profile {profile}.", profile=made),
            _(
                "Use --profile {profile}, or make a plan for this profile.",
                profile=batch.profile,
            ),
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
            await self._look_at_wave(_("That was the last one."))
        except Stopped as stopped:
            return stopped
        return None

    def _announce(self, left: Sequence[Row]) -> None:
        done = len(self._batch.acting) - len(left)
        if done and left:
            self._tell(
                many(
                    "{done} of {count} row is finished already.",
                    "{done} of {count} rows are finished already.",
                    len(self._batch.acting),
                    done=f"{done:,}",
                )
            )
        if left:
            self._tell(
                many(
                    "{count} row to do, {time} by Amazon's throttle.",
                    "{count} rows to do, {time} by Amazon's throttle.",
                    len(left),
                    time=in_words(len(left) * self._a_row),
                )
            )

    @property
    def _a_row(self) -> Fraction:
        cooling = self._engine.policy.cooling_seconds
        return seconds_a_row(self._batch.environment, READS_TO_APPLY, cooling=cooling)

    async def _recover(self) -> None:
        """What a crash left open is resolved before anything new is begun (step 10)."""
        report = await blocking(report_of, self._journal, self._batch)
        for ended in report.of(*OPEN):
            assert ended.intent is not None
            self._tell(
                _(
                    "Line {line}: resolving intent {intent} first",
                    line=ended.row.line,
                    intent=ended.intent,
                )
            )
            outcomes = await self._within(
                recover(self._engine, number=ended.intent, tell=self._tell),
                _("Stopped as asked, before the next row."),
            )
            now = await blocking(ended_now, self._journal, self._batch, ended.row)
            if now.standing in OPEN:
                said = together(*(outcome.message for outcome in outcomes))
                busy = all(outcome.result is Result.BLOCKED for outcome in outcomes)
                halt_at_open(now, said, busy=busy)

    async def _rows(self, left: Sequence[Row]) -> None:
        began = time.monotonic()
        for number, row in enumerate(left, start=1):
            if self._stop.asked:
                raise Stopped(_("Stopped as asked, before the next row."), None)
            elapsed = Fraction(time.monotonic() - began)
            seconds = time_left(len(left) - number + 1, number - 1, elapsed, self._a_row)
            progress = Progress(number, len(left), seconds).said
            self._tell(_("{progress}: {row}", progress=progress, row=named(row)))
            await self._within(self._row(row), _("Stopped as asked; nothing of this row was sent."))
            wave = self._run.number
            if wave < len(WAVES) and len(self._run.wave) >= WAVES[wave]:
                await self._look_at_wave()

    async def _within(self, work: Coroutine[Any, Any, T], stopped: str) -> T:
        """Await `work`, with `stopped` to say where it was stopped with nothing being sent."""

        async def kept() -> tuple[T]:
            return (await work,)  # so that None is never what came of it

        try:
            done = await self._stop.during(self._engine, kept())
        finally:
            work.close()  # it may not even have begun
        if done is None:
            raise Stopped(stopped, None)
        return done[0]

    async def _row(self, row: Row) -> None:
        outcome = await self._work.do(row)
        if outcome is not None:
            await self._took(row, outcome)

    async def _took(self, row: Row, outcome: Outcome) -> None:
        """Judge what came of a row; raises Stopped where the batch must not go on."""
        line = together(
            _(
                "Line {line}: {row}: {result}.",
                line=row.line,
                row=named(row),
                result=outcome.result,
            ),
            outcome.message,
        )
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
                    together(line, _("A wave that is refused is no reason to begin the next one.")),
                    Result.REFUSED,
                    together(
                        _("Look at what was refused."),
                        _("Apply the plan again to go on with the other rows."),
                    ),
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
        raise Stopped(line, outcome.result, outcome.hint or _(_HINTS.get(outcome.result, "")))

    async def _look_at_wave(self, then: str | None = None) -> None:
        """Read what the wave did once more; raises Stopped unless it is as it should be.

        `then` is the sentence that says how it goes on.
        """
        done, self._run.wave = self._run.wave, []
        is_last = self._run.number >= len(WAVES)
        self._run.number += 1
        if not done or is_last:
            return
        stopped = _("Stopped as asked, during the look at what was done.")
        intents = [await self._within(self._followed(number), stopped) for number in done]
        wrong = [i for i in intents if i.state not in LIVE_STATES]
        if wrong:
            said = ", ".join(
                _(
                    "intent {intent} ({action} on {object}) is {state}",
                    intent=i.id,
                    action=i.summary,
                    object=i.object,
                    state=i.state,
                )
                for i in wrong
            )
            raise Stopped(
                _("The wave did not end as it should: {intents}.", intents=said),
                Result.REFUSED,
                together(
                    _("Look at these orders first."),
                    _("Apply the plan again to go on with the other rows."),
                ),
            )
        begun = sum(intent.state is State.ACCEPTED for intent in intents)
        count = len(intents)
        if count == 1:
            ended = _(
                "The first row ended as expected: {done} done, {begun} initiated, none declined.",
                done=count - begun,
                begun=begun,
            )
        else:
            ended = many(
                "The next {count} row ended as expected: {done} done, {begun} initiated, none"
                " declined.",
                "The next {count} rows ended as expected: {done} done, {begun} initiated, none"
                " declined.",
                count,
                done=count - begun,
                begun=begun,
            )
        self._tell(together(ended, then or _("Going on.")))

    async def _followed(self, number: int) -> Intent:
        intent = await blocking(self._journal.intent, number)
        return await follow(self._engine, intent)

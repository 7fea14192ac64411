"""Batches: many one-off fixes, each by the one way that every action goes.

A row is a plan of its own, made afresh when its turn comes and performed by the engine; the
batch adds nothing but the order, the waves and the stop. What is finished stands in the journal:
each intent names its batch and line, and a row that was held back has a note there. So any
process, at any time, can tell how far a batch is, and none does a row twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from console.actions.engine import Engine, Tell, blocking, silent
from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action
from console.actions.recovery import follow, recover
from console.actions.renewal import half_done
from console.actions.snapshot import Snapshot
from console.amazon.errors import NoAnswer, NotAllowed, NotSent, WrongEnvironment
from console.domain.batch import (
    FINISHED,
    MOST_ROWS,
    OPEN,
    READS_TO_APPLY,
    READS_TO_PLAN,
    WAVES,
    Batch,
    Ended,
    Line,
    Progress,
    Report,
    Row,
    Standing,
    Verdict,
    in_words,
    seconds_a_row,
    takes_amount,
    time_left,
)
from console.domain.ids import NotAnId, parse
from console.domain.intent import LIVE_STATES, State
from console.domain.model import show_time
from console.domain.money import AmountError, Money
from console.domain.policy import Asked
from console.domain.rules import BY_NAME
from console.domain.text import clean_line
from console.lookup import NotFoundHere, ReadFailure, Several
from console.store.decisions import Intent
from console.store.journal import Journal

NOTE: Final = "batch_row"  # a line about a row that was held back, so that no intent tells of it
_REFUSALS: Final = 3  # in a row: then something is wrong with all of them
_SHOWN: Final = 120
_LONGEST: Final = 500
_BASE: Final = 19  # characters of the order's own part of an id
# What ends a charge, or begins it anew: of these a charge takes one.
_ENDS: Final = frozenset({"capture", "cancel", "extend"})
# What would be the answer to every other row too.
_STOPPERS: Final = (NotAllowed, NotSent, NoAnswer)

Steps = Callable[[Progress], None]
T = TypeVar("T")


def _unheard(_progress: Progress) -> None:
    """Nobody listens."""


# --- the plan ------------------------------------------------------------------------------------


async def plan_batch(
    engine: Engine, lines: Sequence[Line], source: str = "", tell: Steps = _unheard
) -> Batch:
    """Plan every line of a list, one after the other within the throttle. Nothing is sent.

    `source` names the list for people. Raises what would be the answer to every line: NotAllowed,
    NotSent, JournalBroken. Whatever is wrong with one line is that line's verdict.
    """
    await engine.require_sound_journal()
    planner = _Planner(engine)
    began = time.monotonic()
    account = engine.client.account
    a_row = seconds_a_row(account.environment, READS_TO_PLAN)
    for number, line in enumerate(lines[:MOST_ROWS], start=1):
        left = len(lines) - number + 1
        elapsed = time.monotonic() - began
        seconds = time_left(left, number - 1, elapsed, a_row)
        tell(Progress(number, len(lines), seconds))
        await planner.add(line)
    await planner.look_again()
    return Batch(
        rows=tuple(planner.rows),
        profile=engine.profile,
        region=account.region,
        environment=account.environment,
        made=show_time(engine.client.amazon_now()) or "",
        by=engine.journal.actor,
        source=clean_line(source, _SHOWN),
    )


class _Refused(Exception):
    """A line whose verdict is not to act."""

    def __init__(
        self, verdict: Verdict, why: str, instead: str | None = None, target: str | None = None
    ) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.instead = instead or ""
        self.target = target


class _Planner:
    """The rows so far, and what the next one is compared with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.rows: list[Row] = []
        self._targets: dict[str, list[Row]] = defaultdict(list)
        self._spent: dict[tuple[str, str], tuple[Money, Money]] = {}
        self._mapping: dict[int, tuple[str, ...]] = {}

    async def add(self, line: Line) -> None:
        row = Row(
            line=line.line,
            id=clean_line(line.id.strip(), _SHOWN),
            action=clean_line(line.action.strip(), _SHOWN).lower(),
            verdict=Verdict.INVALID,
            reason=clean_line(line.reason.strip(), _LONGEST),
            ticket=clean_line(line.ticket.strip(), 100),
        )
        try:
            row = await self._planned(line, row)
        except _Refused as no:
            row = replace(
                row, verdict=no.verdict, why=str(no), instead=no.instead, target=no.target
            )
        self.rows.append(row)
        if row.target and row.verdict in (Verdict.WILL_ACT, Verdict.ALREADY_SO):
            self._targets[row.target].append(row)

    async def _planned(self, line: Line, row: Row) -> Row:
        amount = _checked_amount(line, row)
        target, notes = await self._resolved(line.id)
        try:
            self._require_new(row.action, target)  # before it costs a read
            return await self._of_target(row, target, notes, amount)
        except _Refused as no:
            no.target = no.target or target
            raise

    async def _resolved(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The object that an id leads to by its shape, and the mapping in words."""
        try:
            found = await self._engine.lookup.resolve(text)
        except (NotAnId, Several) as error:
            raise _Refused(Verdict.INVALID, str(error), getattr(error, "hint", None)) from None
        if found.others:
            ids = ", ".join([found.best.id, *(other.id for other in found.others)])
            raise _Refused(Verdict.INVALID, f"The cell has several ids: {ids}.", "One id in a row.")
        target = found.best.v2.id
        said = clean_line(text.strip(), _SHOWN)
        return target, (() if said == target else (f"{said} is {target} in Checkout v2",))

    async def _of_target(self, row: Row, target: str, notes: tuple[str, ...], amount: str) -> Row:
        plan = await self._plan(row, target, amount)
        obj = object_of(row.action, plan)
        if obj != target:
            notes = (*notes, f"{target} leads to {obj}")
            self._require_new(row.action, obj)
        self._mapping[row.line] = notes
        row = replace(row, target=obj)
        _require_no_further_word(plan, row)
        await self._require_within_the_day(plan, row.action)
        return _acting(row, plan, notes)

    async def look_again(self) -> None:
        """Plan the rows of one order once more: each of them may have made an object known.

        Amazon lists no charges, so a row that was planned first can't have seen the charge that
        a later one names; without this look it would seem to have appeared since.
        """
        shared = Counter(row.target[:_BASE] for row in self.rows if row.target)
        for place, row in enumerate(self.rows):
            if not row.acts or not row.target or shared[row.target[:_BASE]] == 1:
                continue
            amount = str(row.amount) if takes_amount(row.action) else ""
            try:
                plan = await self._plan(row, row.target, amount)
                _require_no_further_word(plan, row)
            except _Refused as no:  # it has changed while the list was planned
                row = Row(
                    row.line, row.id, row.action, no.verdict, str(no), no.instead, row.target,
                    amount=row.amount, reason=row.reason, ticket=row.ticket,
                )  # fmt: skip
            else:
                row = _acting(row, plan, self._mapping[row.line])
            self.rows[place] = row

    async def _plan(self, row: Row, target: str, amount: str) -> Plan:
        wish = Wish(amount=amount, reason=row.reason, ticket=row.ticket)
        try:
            return await plan_action(self._engine, row.action, parse(target), wish)
        except AmountError as error:
            raise _Refused(Verdict.INVALID, str(error)) from None
        except Held as held:
            already = held.result is Result.ALREADY_SO
            verdict = Verdict.ALREADY_SO if already else Verdict.NOT_ALLOWED
            raise _Refused(verdict, str(held), held.hint) from None
        except (NotFoundHere, WrongEnvironment) as error:
            raise _Refused(Verdict.INVALID, str(error), getattr(error, "hint", None)) from None
        except (NotAllowed, NotSent):
            raise
        except ReadFailure as error:
            why = f"The order could not be read: {error}"
            raise _Refused(Verdict.NOT_ALLOWED, why, "Plan this row once more, later.") from None

    def _require_new(self, action: str, target: str) -> None:
        """Refuse a second row for one object, under whatever id it comes."""
        for row in self._targets.get(target, ()):
            if row.action == action:
                why = f"Line {row.line} has {action} of {target} already"
                as_ = f", as {row.id}" if row.id != target else ""
                instead = "If both are meant: apply this list first, then plan the second one."
                raise _Refused(Verdict.DUPLICATE, f"{why}{as_}.", instead, target)
            if row.acts and {row.action, action} <= _ENDS:
                raise _Refused(
                    Verdict.NOT_ALLOWED,
                    f"Line {row.line} has {row.action} of {target}: only one of the two can be"
                    " done.",
                    "Keep the one that is meant.",
                    target,
                )

    async def _require_within_the_day(self, plan: Plan, action: str) -> None:
        """The policy's sums of the day, with all rows of the list that come before."""
        policy, money = self._engine.policy, plan.draft.amount
        if not policy.has_daily or money is None:
            return
        key = (action, money.currency)
        if key not in self._spent:
            spent = await blocking(self._engine.journal.spent_today, plan.draft)
            assert spent.today is not None
            assert spent.by_operator is not None
            self._spent[key] = (spent.today, spent.by_operator)
        today, own = self._spent[key]
        against = policy.against_sums(_asked(plan), today, own)
        if against is not None:
            raise _Refused(Verdict.NOT_ALLOWED, f"With the rows before it: {against}")
        self._spent[key] = (today + money, own + money)


def _acting(row: Row, plan: Plan, notes: tuple[str, ...]) -> Row:
    """The row with everything that its plan says."""
    return replace(
        row,
        verdict=Verdict.WILL_ACT,
        order=plan.draft.scope,
        amount=amount_of(plan),
        notes=(*notes, *(clean_line(warning, _LONGEST) for warning in plan.warnings)),
        method=plan.draft.method,
        path=plan.draft.path,
        body=plan.draft.body.decode(),
        then=plan.then.said if plan.then else "",
        snapshot=dict(plan.snapshot.data),
    )


def _checked_amount(line: Line, row: Row) -> str:
    """The amount to ask for, with its currency; refuses what can't be one before any read."""

    def no(why: str, instead: str = "") -> _Refused:
        return _Refused(Verdict.INVALID, why, instead)

    if line.problem:
        raise no(line.problem)
    if not row.id:
        raise no("The row has no id.")
    if row.action not in BY_NAME:
        raise no(f"{row.action or 'An empty cell'!r} is no action.", f"Use {', '.join(BY_NAME)}.")
    if row.action == "update":
        raise _Refused(
            Verdict.NOT_ALLOWED,
            "A list has no columns for the fields that update changes.",
            f"One by one: payconsole update {row.id}",
        )
    amount, currency = line.amount.strip(), line.currency.strip().upper()
    if not takes_amount(row.action):
        if amount:
            raise no(f"{row.action} takes no amount.", "Leave the cell empty.")
        return ""
    if not amount:
        raise no(f"{row.action} needs an amount.")
    if not currency or not any(char.isalpha() for char in amount):
        return f"{amount} {currency}".rstrip()
    if currency not in amount.upper():
        raise no(f"The amount is {clean_line(amount, 40)} and the currency {currency}.")
    return amount


def _require_no_further_word(plan: Plan, row: Row) -> None:
    """What asks for a confirmation of its own is no row of a list."""
    words = {"--above-captured": plan.above_captured, "--disputed": bool(plan.doubts)}
    asked = " ".join(word for word, needed in words.items() if needed)
    if asked:
        said = "; ".join(plan.doubts) or "This refunds more than was captured."
        amount = plan.draft.amount.plain if plan.draft.amount else ""
        command = f"payconsole {row.action} {row.target} --amount {amount} {asked}"
        raise _Refused(
            Verdict.NOT_ALLOWED,
            f"{said} It needs a confirmation of its own, which a list can't give.",
            f"One by one: {command}",
            row.target,
        )


def object_of(action: str, plan: Plan) -> str:
    """The object that a row is about: of a renewal the charge that is renewed."""
    link = plan.draft.link or {}
    return str(link["renews"]) if action == "extend" and "renews" in link else plan.draft.object


def amount_of(plan: Plan) -> Money | None:
    """What a row moves or reserves, in whichever of its steps."""
    link = plan.draft.link or {}
    if plan.draft.amount is None and "renews" in link:
        return Money.from_text(link["amount"])
    return plan.draft.amount


def _asked(plan: Plan) -> Asked:
    draft = plan.draft
    return Asked(draft.action, draft.amount, draft.reason, draft.ticket, plan.above_captured)


# --- what became of it ---------------------------------------------------------------------------


def report_of(journal: Journal, batch: Batch) -> Report:
    """Plan against outcome, row by row, by the journal alone. Blocks."""
    around: defaultdict[str, list[Intent]] = defaultdict(list)
    for intent in journal.intents():
        around[intent.scope].append(intent)
    notes = _notes(journal, batch)
    return Report(
        batch,
        tuple(
            _ended(journal, batch, row, around[row.order or ""], notes.get(row.line))
            for row in batch.rows
        ),
    )


def _ended_now(journal: Journal, batch: Batch, row: Row) -> Ended:
    """How one row stands at this moment, by its order's intents alone; blocks."""
    return _ended(journal, batch, row, journal.intents(scope=row.order), None)


def _ended(
    journal: Journal,
    batch: Batch,
    row: Row,
    around: Sequence[Intent],
    note: Mapping[str, Any] | None,
) -> Ended:
    if not row.acts:
        return Ended(row, Standing.WONT, row.why)
    own = [intent for intent in around if _is_of(batch, row, intent)]
    last = own[-1] if own else None
    standing = _standing(own, around)
    if note is not None and standing is Standing.LEFT:
        return Ended(row, Standing(note["standing"]), str(note["why"]), last.id if last else None)
    if last is None:
        return Ended(row, Standing.LEFT)
    made = next((i.result for i in own if i.result and i.operation != "cancel_charge"), last.result)
    why = _why(journal, last) if standing in _NEEDS_A_REASON or last.human else ""
    return Ended(row, standing, why, last.id, made)


def _is_of(batch: Batch, row: Row, intent: Intent) -> bool:
    link = intent.link or {}
    return link.get("batch") == batch.hash and link.get("line") == row.line


_BY_STATE: Final = {
    State.RESERVED: Standing.AT_WORK,
    State.SENDING: Standing.AT_WORK,
    State.UNKNOWN: Standing.UNKNOWN,
    State.ACCEPTED: Standing.INITIATED,
    State.SETTLED: Standing.DONE,
    State.DECLINED: Standing.DECLINED,
    State.STALE: Standing.STALE,
    State.CONFLICT: Standing.CONFLICT,
    State.ABSORBED: Standing.ABSORBED,
    State.REFUSED: Standing.REFUSED,
    State.NOT_SENT: Standing.LEFT,
    State.ABANDONED: Standing.LEFT,
}
_NEEDS_A_REASON: Final = frozenset(Standing) - {Standing.DONE, Standing.INITIATED}


def _standing(own: Sequence[Intent], around: Sequence[Intent]) -> Standing:
    if not own:
        return Standing.LEFT
    opened = [intent for intent in own if intent.is_open]
    if opened:
        return _BY_STATE[opened[0].state]
    halves = {intent.id for intent in half_done(around)}
    if any(intent.id in halves for intent in own):
        return Standing.HALF_DONE
    last = own[-1]
    if (last.link or {}).get("over"):
        return Standing.STALE  # a renewal that something else has ended
    if last.human == "happened":
        return Standing.DONE  # by that person's word, which the reason tells
    if any(intent.state is State.ACCEPTED for intent in own) and last.state in LIVE_STATES:
        return Standing.INITIATED
    return _BY_STATE[last.state]


def _why(journal: Journal, intent: Intent) -> str:
    """The journal's last word on why an intent ended as it did."""
    for line in reversed(journal.entries(intent=intent.id)):
        found = line.data.get("why") or line.data.get("evidence") or line.data.get("code")
        if found:
            return clean_line(str(found), _LONGEST)
    return ""


def _notes(journal: Journal, batch: Batch) -> dict[int, Mapping[str, Any]]:
    """The rows that were held back, by their lines."""
    lines = journal.entries(kind=NOTE)
    return {n.data["line"]: n.data for n in lines if n.data.get("batch") == batch.hash}


# --- carrying it out -----------------------------------------------------------------------------


class Stop:
    """A wish to stop: at once where nothing is being sent, else before the next row."""

    def __init__(self) -> None:
        self.asked = False
        self._engine: Engine | None = None
        self._task: asyncio.Task[Any] | None = None

    def ask(self) -> None:
        """From the event loop, as often as wanted."""
        self.asked = True
        idle = self._engine is not None and not self._engine.is_working
        if idle and self._task is not None:
            self._task.cancel()

    async def during(self, engine: Engine, work: Coroutine[Any, Any, T]) -> T | None:
        """Await `work`; None where it was stopped before anything was sent."""
        task = asyncio.ensure_future(work)
        self._engine, self._task = engine, task
        try:
            return await task
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if self.asked and task.cancelled() and not (own and own.cancelling()):
                return None
            task.cancel()
            raise
        finally:
            self._task = None


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


class _Stopped(Exception):
    """The rest is not begun."""

    def __init__(self, why: str, result: Result | None, hint: str = "") -> None:
        super().__init__(why)
        self.result = result
        self.hint = hint


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

    async def run(self) -> _Stopped | None:
        try:
            await self._recover()
            report = await blocking(report_of, self._journal, self._batch)
            left = [e.row for e in report.rows if e.standing not in FINISHED]
            self._announce(left)
            await self._rows(left)
            await self._look_at_wave(" That was the last one.")
        except _Stopped as stopped:
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
    def _a_row(self) -> float:
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
            now = await blocking(_ended_now, self._journal, self._batch, ended.row)
            if now.standing in OPEN:
                said = " ".join(outcome.message for outcome in outcomes)
                busy = all(outcome.result is Result.BLOCKED for outcome in outcomes)
                self._halt_at_open(now, said, busy=busy)

    def _halt_at_open(self, ended: Ended, said: str, *, busy: bool) -> None:
        """Another console is at work on the row, or its outcome isn't known."""
        line, number = ended.row.line, ended.intent
        if busy:
            raise _Stopped(
                f"Line {line}: intent {number} is being worked on right now, by another console"
                " or process that applies this plan.",
                Result.BLOCKED,
                "Let that one go on; `payconsole report PLAN` tells how far it is.",
            )
        raise _Stopped(
            f"Line {line}: the outcome of intent {number} is unknown. {said}",
            Result.UNKNOWN,
            f"`payconsole journal recover {number}` resolves it; then apply the plan again.",
        )

    async def _rows(self, left: Sequence[Row]) -> None:
        began = time.monotonic()
        for number, row in enumerate(left, start=1):
            if self._stop.asked:
                raise _Stopped("Stopped as asked, before the next row.", None)
            elapsed = time.monotonic() - began
            seconds = time_left(len(left) - number + 1, number - 1, elapsed, self._a_row)
            progress = Progress(number, len(left), seconds).said
            self._tell(f"{progress}: {_named(row)}")
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
                raise _Stopped("Stopped as asked; nothing of this row was sent.", None)
        finally:
            work.close()  # it may not even have begun
        return done[0]

    # --- one row -----------------------------------------------------------------------------

    async def _row(self, row: Row) -> None:
        before = await blocking(_ended_now, self._journal, self._batch, row)
        if self._is_over(before):
            return
        plan = await self._plan(row)
        if plan is None:
            return
        # The plan's version of the order is older than this look: whoever does the row after it
        # moves the version, and whoever did it before is seen here.
        now = await blocking(_ended_now, self._journal, self._batch, row)
        if self._is_over(now):
            return
        if now.standing is not Standing.HALF_DONE:
            changes = await self._changes(row, plan)
            if changes:
                await self._hold(row, Standing.STALE, "; ".join(changes))
                return
        mark = {**(plan.draft.link or {}), "batch": self._batch.hash, "line": row.line}
        plan = replace(plan, draft=replace(plan.draft, link=mark))
        outcome = await self._engine.perform(plan, plan.phrase, tell=self._tell)
        await self._took(row, outcome)

    def _is_over(self, ended: Ended) -> bool:
        if ended.standing in OPEN:
            self._halt_at_open(ended, "", busy=ended.standing is Standing.AT_WORK)
        return ended.standing in FINISHED  # by another process, meanwhile

    async def _plan(self, row: Row) -> Plan | None:
        """The row's plan as of now; None where it is held back, which is told."""
        assert row.target is not None
        amount = str(row.amount) if takes_amount(row.action) else ""
        wish = Wish(amount=amount, reason=row.reason, ticket=row.ticket)
        try:
            return await plan_action(self._engine, row.action, parse(row.target), wish)
        except Held as held:
            await self._held(row, held)
        except (AmountError, NotFoundHere) as error:
            await self._hold(row, Standing.STALE, str(error))
        except _STOPPERS as error:
            raise _Stopped(
                f"Line {row.line}: the order could not be read: {error}",
                Result.NOT_SENT,
                "Nothing of this row was sent. Apply the plan again when it can be read.",
            ) from None
        except ReadFailure as error:
            self._tell(f"Line {row.line} is left: the order could not be read: {error}")
        return None

    async def _held(self, row: Row, held: Held) -> None:
        """What local law says now: the order has changed, or it only has to wait."""
        if held.result is Result.ALREADY_SO:
            await self._hold(row, Standing.ALREADY_SO, str(held))
            return
        asked = Asked(row.action, row.amount, row.reason, row.ticket)
        waits = held.intent is not None or held.result is Result.STALE
        if waits or self._engine.policy.against(asked) is not None:
            now = await blocking(_ended_now, self._journal, self._batch, row)
            if not self._is_over(now):
                self._tell(f"Line {row.line} is left: {held}")
            return
        await self._hold(row, Standing.STALE, str(held))

    async def _changes(self, row: Row, plan: Plan) -> list[str]:
        """What makes the row another one than was planned; what this batch did is no change."""
        before, now = Snapshot(row.snapshot or {}), plan.snapshot
        around = await blocking(self._journal.intents, scope=row.order)
        ours = [
            intent
            for intent in around
            if (intent.link or {}).get("batch") == self._batch.hash
            and intent.state in LIVE_STATES | {State.DECLINED}
        ]
        changes = _unexplained(before, now, ours)
        draft = plan.draft
        if (draft.method, draft.path, draft.body.decode()) != (row.method, row.path, row.body):
            changes.append("the request would be another one now")
        if plan.above_captured or plan.doubts:
            changes.append("it needs a confirmation of its own now")
        return changes

    async def _hold(self, row: Row, standing: Standing, why: str) -> None:
        """Write down that a row is not done, and why: no intent would tell of it."""
        said = clean_line(why, _LONGEST)
        note = {
            "batch": self._batch.hash,
            "line": row.line,
            "standing": str(standing),
            "why": said,
        }
        await blocking(self._journal.note, NOTE, note, obj=row.target)
        is_so = standing is Standing.ALREADY_SO
        word = "is so already" if is_so else "has changed since the plan was made, so it is left"
        self._tell(f"Line {row.line}: {row.target} {word}: {said}")

    async def _took(self, row: Row, outcome: Outcome) -> None:
        """Judge what came of a row; raises _Stopped where the batch must not go on."""
        line = f"Line {row.line}: {_named(row)}: {outcome.result}. {outcome.message}"
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
                raise _Stopped(
                    f"{line} A wave that is refused is no reason to begin the next one.",
                    Result.REFUSED,
                    "Look at what was refused. Apply the plan again to go on with the other rows.",
                )
            return
        if outcome.result is Result.BLOCKED:  # by another decision, or by the policy's sums
            now = await blocking(_ended_now, self._journal, self._batch, row)
            self._is_over(now)
            return
        if outcome.result is Result.STALE and outcome.intent is None:
            now = await blocking(_ended_now, self._journal, self._batch, row)
            if self._is_over(now):
                return
        raise _Stopped(line, outcome.result, outcome.hint or _HINTS.get(outcome.result, ""))

    # --- waves -------------------------------------------------------------------------------

    async def _look_at_wave(self, then: str = " Going on.") -> None:
        """Read what the wave did once more; raises _Stopped unless it is as it should be."""
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
            raise _Stopped(
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


_HINTS: Final = {
    Result.STALE: "Somebody else is at work on this order. Look at it; apply the plan again to go"
    " on with the other rows.",
    Result.NOT_SENT: "Apply the plan again to go on.",
}


def _named(row: Row) -> str:
    amount = f" {row.amount}" if row.amount else ""
    return f"{row.action}{amount} · {row.target}"


def _unexplained(before: Snapshot, now: Snapshot, ours: Iterable[Intent]) -> list[str]:
    """The changes between the two that this batch's own rows on the same order don't explain.

    Own rows change the objects that they are about and make new ones, and with these the
    permission's balance and state.
    """
    intents = list(ours)
    touched = {name for i in intents for name in (i.object, i.result) if name is not None}
    if not intents:
        return before.changes(now)
    parts = {**before.data}
    for part in ("charges", "refunds"):
        if part in parts:
            own = {name: now.part(part)[name] for name in now.part(part) if name in touched}
            parts[part] = {**before.part(part), **own}
    if before.part("permission"):
        fields = {name: now.part("permission").get(name) for name in _OURS_TO_CHANGE}
        parts["permission"] = {**before.part("permission"), **fields}
    return Snapshot(parts).changes(now)


_OURS_TO_CHANGE: Final = ("balance", "state", "reasons")

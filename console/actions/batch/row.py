"""One row of a plan, done as it stands now: compared with the plan, then performed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from console.actions.batch import LONGEST
from console.actions.batch.report import NOTE, ended_now
from console.actions.batch.stop import Stopped
from console.actions.engine import Engine, Tell, blocking
from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action
from console.actions.snapshot import Snapshot
from console.amazon.errors import NoAnswer, NotAllowed, NotSent
from console.amazon.phrases import told
from console.domain.batch import FINISHED, OPEN, Batch, Ended, Row, Standing, takes_amount
from console.domain.ids import parse
from console.domain.intent import LIVE_STATES, State
from console.domain.language import _, english, joined, together
from console.domain.money import AmountError
from console.domain.policy import Asked
from console.domain.text import clean_line
from console.lookup import NotFoundHere, ReadFailure
from console.store.decisions import Intent

# What would be the answer to every other row too.
_STOPPERS: Final = (NotAllowed, NotSent, NoAnswer)


class RowWork:
    """Does the rows of one plan, one at a time."""

    def __init__(self, engine: Engine, batch: Batch, tell: Tell) -> None:
        self._engine = engine
        self._journal = engine.journal
        self._batch = batch
        self._tell = tell

    async def do(self, row: Row) -> Outcome | None:
        """What came of a row; None where it was finished already or is left, which is told.

        Raises Stopped where its outcome isn't known, another console is at work on it, or
        nothing can be read.
        """
        before = await blocking(ended_now, self._journal, self._batch, row)
        if is_over(before):
            return None
        plan = await self._plan(row)
        if plan is None:
            return None
        # The plan's version of the order is older than this look: whoever does the row after it
        # moves the version, and whoever did it before is seen here.
        now = await blocking(ended_now, self._journal, self._batch, row)
        if is_over(now):
            return None
        if now.standing is not Standing.HALF_DONE:
            changes = await self._changes(row, plan)
            if changes:
                await self._hold(row, Standing.STALE, joined(changes, "; "))
                return None
        mark = {**(plan.draft.link or {}), "batch": self._batch.hash, "line": row.line}
        plan = replace(plan, draft=replace(plan.draft, link=mark))
        return await self._engine.perform(plan, plan.phrase, tell=self._tell)

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
            await self._hold(row, Standing.STALE, error)
        except _STOPPERS as error:
            raise Stopped(
                _(
                    "Line {line}: the order could not be read: {error}",
                    line=row.line,
                    error=told(error),
                ),
                Result.NOT_SENT,
                together(
                    _("Nothing of this row was sent."),
                    _("Apply the plan again when it can be read."),
                ),
            ) from None
        except ReadFailure as error:
            self._tell(
                _(
                    "Line {line} is left: the order could not be read: {error}",
                    line=row.line,
                    error=told(error),
                )
            )
        return None

    async def _held(self, row: Row, held: Held) -> None:
        """What local law says now: the order has changed, or it only has to wait."""
        if held.result is Result.ALREADY_SO:
            await self._hold(row, Standing.ALREADY_SO, held)
            return
        asked = Asked(row.action, row.amount, row.reason, row.ticket)
        waits = held.intent is not None or held.result is Result.STALE
        if waits or self._engine.policy.against(asked) is not None:
            now = await blocking(ended_now, self._journal, self._batch, row)
            if not is_over(now):
                self._tell(_("Line {line} is left: {why}", line=row.line, why=held))
            return
        await self._hold(row, Standing.STALE, held)

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
            changes.append(_("the request would be another one now"))
        if plan.above_captured or plan.doubts:
            changes.append(_("it needs a confirmation of its own now"))
        return changes

    async def _hold(self, row: Row, standing: Standing, why: str | Exception) -> None:
        """Write down that a row is not done, and why: no intent would tell of it."""
        note = {
            "batch": self._batch.hash,
            "line": row.line,
            "standing": str(standing),
            "why": clean_line(english(why), LONGEST),
        }
        await blocking(self._journal.note, NOTE, note, obj=row.target)
        said = clean_line(told(why) if isinstance(why, Exception) else why, LONGEST)
        if standing is Standing.ALREADY_SO:
            line = _(
                "Line {line}: {object} is so already: {why}",
                line=row.line,
                object=row.target,
                why=said,
            )
        else:
            line = _(
                "Line {line}: {object} has changed since the plan was made, so it is left: {why}",
                line=row.line,
                object=row.target,
                why=said,
            )
        self._tell(line)


def is_over(ended: Ended) -> bool:
    """Whether another process has finished the row meanwhile; raises Stopped where it is open."""
    if ended.standing in OPEN:
        halt_at_open(ended, "", busy=ended.standing is Standing.AT_WORK)
    return ended.standing in FINISHED


def halt_at_open(ended: Ended, said: str, *, busy: bool) -> None:
    """Raise Stopped: another console is at work on the row, or its outcome isn't known."""
    line, number = ended.row.line, ended.intent
    if busy:
        raise Stopped(
            _(
                "Line {line}: intent {intent} is being worked on right now, by another console or"
                " process that applies this plan.",
                line=line,
                intent=number,
            ),
            Result.BLOCKED,
            _("Let that one go on; `payconsole report PLAN` tells how far it is."),
        )
    unknown = _("Line {line}: the outcome of intent {intent} is unknown.", line=line, intent=number)
    raise Stopped(
        together(unknown, said),
        Result.UNKNOWN,
        _(
            "`payconsole journal recover {intent}` resolves it; then apply the plan again.",
            intent=number,
        ),
    )


def named(row: Row) -> str:
    amount = f" {row.amount}" if row.amount else ""
    return f"{row.action}{amount} · {row.target}"


def _unexplained(before: Snapshot, now: Snapshot, ours: Iterable[Intent]) -> list[str]:
    """The changes between the two that this batch's own rows on the same order don't explain.

    Own rows change the charges that they are about and make new ones, and with these the
    permission's balance and state. A refund never explains one: a list has a charge's only once.
    """
    intents = list(ours)
    touched = {name for i in intents for name in (i.object, i.result) if name is not None}
    if not intents:
        return before.changes(now)
    parts = {**before.data}
    if "charges" in parts:
        own = {name: seen for name, seen in now.part("charges").items() if name in touched}
        parts["charges"] = {**before.part("charges"), **own}
    if before.part("permission"):
        fields = {name: now.part("permission").get(name) for name in _OURS_TO_CHANGE}
        parts["permission"] = {**before.part("permission"), **fields}
    return Snapshot(parts).changes(now)


_OURS_TO_CHANGE: Final = ("balance", "state", "reasons")

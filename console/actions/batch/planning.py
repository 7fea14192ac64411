"""Planning a list: a verdict for every row, and the exact request of each that will act."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from console.actions.batch import LONGEST
from console.actions.engine import Engine, blocking
from console.actions.outcome import Held, Result
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action
from console.amazon.errors import NotAllowed, NotSent, WrongEnvironment
from console.domain.action_table import BY_NAME
from console.domain.batch import (
    MOST_ROWS,
    READS_TO_PLAN,
    Batch,
    Line,
    Progress,
    Row,
    Verdict,
    seconds_a_row,
    takes_amount,
    time_left,
)
from console.domain.ids import NotAnId, parse
from console.domain.intent import LIVE_STATES
from console.domain.language import N_, english
from console.domain.model import show_time
from console.domain.money import AmountError, Money
from console.domain.policy import Asked
from console.domain.text import clean_line
from console.lookup import NotFoundHere, ReadFailure, Several

_SHOWN: Final = 120
_BASE: Final = 19  # characters of the order's own part of an id
# What ends a charge, or begins it anew: of these a charge takes one.
_ENDS: Final = frozenset({"capture", "cancel", "extend"})

Steps = Callable[[Progress], None]


def _unheard(_progress: Progress) -> None:
    """Nobody listens."""


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
        elapsed = Fraction(time.monotonic() - began)
        seconds = time_left(left, number - 1, elapsed, a_row)
        tell(Progress(number, len(lines), seconds))
        await planner.add(line)
    await planner.look_again()
    planner.require_currencies()
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
    """A line whose verdict is not to act, in English: that is what a plan file holds."""

    def __init__(
        self,
        verdict: Verdict,
        why: str | Exception,
        instead: str | None = None,
        target: str | None = None,
    ) -> None:
        super().__init__(english(why))
        self.verdict = verdict
        self.instead = english(instead or "")
        self.target = target


class _Planner:
    """The rows so far, and what the next one is compared with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.rows: list[Row] = []
        self._targets: dict[str, list[Row]] = defaultdict(list)
        self._spent: dict[tuple[str, str], tuple[Money, Money]] = {}
        # By line, to plan it again: the amount that is asked for, and the mapping in words.
        self._wanted: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._bare: set[int] = set()  # lines whose amount names no currency

    async def add(self, line: Line) -> None:
        row = Row(
            line=line.line,
            id=clean_line(line.id.strip(), _SHOWN),
            action=clean_line(line.action.strip(), _SHOWN).lower(),
            verdict=Verdict.INVALID,
            reason=clean_line(line.reason.strip(), LONGEST),
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
        if amount and not any(char.isalpha() for char in amount):
            self._bare.add(line.line)
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
            raise _Refused(Verdict.INVALID, error, error.hint) from None
        if found.others:
            ids = ", ".join([found.best.id, *(other.id for other in found.others)])
            raise _Refused(
                Verdict.INVALID, f"The cell has several ids: {ids}.", N_("One id in a row.")
            )
        target = found.best.v2.id
        said = clean_line(text.strip(), _SHOWN)
        return target, (() if said == target else (f"{said} is {target} in Checkout v2",))

    async def _of_target(self, row: Row, target: str, notes: tuple[str, ...], amount: str) -> Row:
        plan = await self._plan(row, target, amount)
        obj = _object_of(row.action, plan)
        if obj != target:
            notes = (*notes, f"{target} leads to {obj}")
            self._require_new(row.action, obj)
        self._wanted[row.line] = amount, notes
        row = replace(row, target=obj)
        _require_no_further_word(plan, row)
        await self._require_no_repeat(plan)
        await self._require_within_the_day(plan)
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
            amount, notes = self._wanted[row.line]
            try:
                plan = await self._plan(row, row.target, amount)
                _require_no_further_word(plan, row)
            except _Refused as no:  # it has changed while the list was planned
                row = Row(
                    row.line, row.id, row.action, no.verdict, str(no), no.instead, row.target,
                    amount=row.amount, reason=row.reason, ticket=row.ticket,
                )  # fmt: skip
            else:
                row = _acting(row, plan, notes)
            self.rows[place] = row

    def require_currencies(self) -> None:
        """In a list of several currencies a bare number is nobody's amount."""
        found = sorted({row.amount.currency for row in self.rows if row.acts and row.amount})
        if len(found) < 2:
            return
        for place, row in enumerate(self.rows):
            if row.acts and row.line in self._bare:
                self.rows[place] = Row(
                    row.line, row.id, row.action, Verdict.INVALID,
                    f"The rows to do are in {' and '.join(found)}, and this one names no currency.",
                    N_("Give the currency in each row."), row.target,
                    reason=row.reason, ticket=row.ticket,
                )  # fmt: skip

    async def _plan(self, row: Row, target: str, amount: str) -> Plan:
        wish = Wish(amount=amount, reason=row.reason, ticket=row.ticket)
        try:
            return await plan_action(self._engine, row.action, parse(target), wish)
        except AmountError as error:
            raise _Refused(Verdict.INVALID, error) from None
        except Held as held:
            already = held.result is Result.ALREADY_SO
            verdict = Verdict.ALREADY_SO if already else Verdict.NOT_ALLOWED
            raise _Refused(verdict, held, held.hint) from None
        except (NotFoundHere, WrongEnvironment) as error:
            raise _Refused(Verdict.INVALID, error, getattr(error, "hint", None)) from None
        except (NotAllowed, NotSent):
            raise
        except ReadFailure as error:
            why = f"The order could not be read: {english(error)}"
            instead = N_("Plan this row once more, later.")
            raise _Refused(Verdict.NOT_ALLOWED, why, instead) from None

    def _require_new(self, action: str, target: str) -> None:
        """Refuse a second row for one object, under whatever id it comes."""
        for row in self._targets.get(target, ()):
            if row.action == action:
                why = f"Line {row.line} has {action} of {target} already"
                as_ = f", as {row.id}" if row.id != target else ""
                instead = N_("If both are meant: apply this list first, then plan the second one.")
                raise _Refused(Verdict.DUPLICATE, f"{why}{as_}.", instead, target)
            if row.acts and _ENDS.issuperset((row.action, action)):
                raise _Refused(
                    Verdict.NOT_ALLOWED,
                    f"Line {row.line} has {row.action} of {target}: only one of the two can be"
                    " done.",
                    N_("Keep the one that is meant."),
                    target,
                )

    async def _require_no_repeat(self, plan: Plan) -> None:
        """Refuse what was done before: a list that is given again is a slip more often than meant.

        By itself a second refund of the same amount is honest, and its plan warns of it.
        """
        draft = plan.draft
        past = await blocking(self._engine.journal.intents, obj=draft.object, states=LIVE_STATES)
        for intent in past:
            same = (intent.operation, intent.body) == (draft.operation, draft.body)
            if same and draft.amount is not None and plan.reopens != intent.id:
                raise _Refused(
                    Verdict.DUPLICATE,
                    f"{intent.summary} was done before, by {intent.actor} on"
                    f" {intent.created[:16].replace('T', ' ')} UTC (intent {intent.id}).",
                    f"If a second one is meant, by itself: payconsole {draft.action}"
                    f" {draft.object} --amount {draft.amount.plain}",
                    draft.object,
                )

    async def _require_within_the_day(self, plan: Plan) -> None:
        """The policy's sums of the day, with all rows of the list that come before."""
        # A renewal that cancels first reserves its amount in the step that follows.
        policy, money = self._engine.policy, _amount_of(plan) if plan.then else plan.draft.amount
        if not policy.has_daily or money is None:
            return
        draft = replace(plan.draft, amount=money)
        key = (draft.action, money.currency)
        if key not in self._spent:
            spent = await blocking(self._engine.journal.spent_today, draft)
            assert spent.today is not None
            assert spent.by_operator is not None
            self._spent[key] = (spent.today, spent.by_operator)
        today, own = self._spent[key]
        against = policy.against_sums(Asked(draft.action, money), today, own)
        if against is not None:
            raise _Refused(Verdict.NOT_ALLOWED, f"With the rows before it: {english(against)}")
        self._spent[key] = (today + money, own + money)


def _acting(row: Row, plan: Plan, notes: tuple[str, ...]) -> Row:
    """The row with everything that its plan says, in English."""
    return replace(
        row,
        verdict=Verdict.WILL_ACT,
        order=plan.draft.scope,
        amount=_amount_of(plan),
        notes=(*notes, *(clean_line(english(warning), LONGEST) for warning in plan.warnings)),
        method=plan.draft.method,
        path=plan.draft.path,
        body=plan.draft.body.decode(),
        then=english(plan.then.said) if plan.then else "",
        snapshot=dict(plan.snapshot.data),
    )


def _checked_amount(line: Line, row: Row) -> str:
    """The amount to ask for, with its currency; refuses what can't be one before any read."""

    def no(why: str, instead: str = "") -> _Refused:
        return _Refused(Verdict.INVALID, why, instead)

    if line.problem:
        raise no(line.problem)
    if not row.id:
        raise no(N_("The row has no id."))
    if row.action not in BY_NAME:
        what = f"{row.action!r} is no action." if row.action else N_("The row names no action.")
        raise no(what, f"Use {', '.join(BY_NAME)}.")
    if row.action == "update":
        raise _Refused(
            Verdict.NOT_ALLOWED,
            N_("A list has no columns for the fields that update changes."),
            f"One by one: payconsole update {row.id}",
        )
    amount, currency = line.amount.strip(), line.currency.strip().upper()
    if not takes_amount(row.action):
        if amount:
            raise no(f"{row.action} takes no amount.", N_("Leave the cell empty."))
        return amount
    if not amount:
        raise no(f"{row.action} needs an amount.")
    if currency and not any(char.isalpha() for char in amount):
        return f"{amount} {currency}"
    if currency not in amount.upper():
        raise no(f"The amount is {clean_line(amount, 40)} and the currency {currency}.")
    return amount


def _require_no_further_word(plan: Plan, row: Row) -> None:
    """What asks for a confirmation of its own is no row of a list."""
    words = {"--above-captured": plan.above_captured, "--disputed": bool(plan.doubts)}
    asked = " ".join(word for word, needed in words.items() if needed)
    if asked:
        said = "; ".join(map(english, plan.doubts)) or "This refunds more than was captured."
        assert plan.draft.amount is not None  # only a refund asks for one
        amount = plan.draft.amount.plain
        command = f"payconsole {row.action} {row.target} --amount {amount} {asked}"
        raise _Refused(
            Verdict.NOT_ALLOWED,
            f"{said} It needs a confirmation of its own, which a list can't give.",
            f"One by one: {command}",
            row.target,
        )


def _object_of(action: str, plan: Plan) -> str:
    """The object that a row is about: of a renewal the charge that is renewed."""
    link = plan.draft.link or {}
    return str(link["renews"]) if action == "extend" and "renews" in link else plan.draft.object


def _amount_of(plan: Plan) -> Money | None:
    """What a row moves or reserves, in whichever of its steps."""
    link = plan.draft.link or {}
    if plan.draft.amount is None and "renews" in link:
        return Money.from_text(link["amount"])
    return plan.draft.amount

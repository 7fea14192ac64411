"""The engine: carries one decision from its plan to what can be proved about it.

However it is interrupted, the journal holds enough to go on with the same key and the same
bytes, so that money moves once. `protocol` names the steps; the comments give their numbers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar

from console.actions.classify import Reading, Verdict, read_answer
from console.actions.confirmation import check_confirmation
from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made, Standing
from console.actions.outcome import Held, Outcome, Result
from console.actions.outcome_words import (
    absorbed_outcome,
    accepted_outcome,
    ask_a_person,
    asking_again,
    nothing_sent,
    outcome_of,
    unknown_outcome,
)
from console.actions.plan import Plan
from console.actions.snapshot import Snapshot
from console.amazon.client import AmazonPay, Answer
from console.amazon.errors import NoAnswer, NotSent, WrongEnvironment
from console.amazon.phrases import told
from console.domain.ids import parse
from console.domain.intent import LIVE_STATES, IllegalMove, Move, State
from console.domain.language import _, english, joined, together
from console.domain.model import parse_time, show_time
from console.domain.order import Order
from console.domain.policy import Asked, Policy
from console.lookup import Lookup, NotFoundHere, ReadFailure
from console.store.claims import NotOurs, Owner
from console.store.database import StoreFailed
from console.store.decisions import Blocked, Draft, Intent, JournalBroken, VersionMoved
from console.store.journal import Journal, Spent
from console.store.lines import THROTTLED

ANYTHING: Final = Policy()
REPLAY_WAITS: Final = (1.0, 2.0, 4.0, 10.0, 30.0)

P = ParamSpec("P")
T = TypeVar("T")
Tell = Callable[[str], None]


def silent(_message: str) -> None:
    """Tells nobody."""


@dataclass
class _Attempts:
    """One run of attempts: what the object was before it, and who is told."""

    before: Snapshot
    seen_at: datetime | None
    tell: Tell
    moved: Snapshot | None = None  # what it was when Amazon said no although it had moved


@dataclass(frozen=True)
class _Word:
    """What a person said of an open intent: nobody else acted; it is meant beside the dispute."""

    nobody_else: bool
    disputed: bool


class Engine:
    """Performs plans for one account. One of it runs in a process."""

    def __init__(
        self,
        client: AmazonPay,
        lookup: Lookup,
        journal: Journal,
        *,
        policy: Policy = ANYTHING,
        profile: str = "",
        waits: tuple[float, ...] = REPLAY_WAITS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.client = client
        self.lookup = lookup
        self.journal = journal
        self.policy = policy
        self.profile = profile
        self._waits = waits
        self._sleep = sleep
        self._owner = Owner.current()
        self._busy: set[int] = set()
        self._armed: set[int] = set()  # of them, those of which a byte may have left
        self._stopping = False
        self._cooling: list[Plan] = []
        self._running: set[asyncio.Task[Outcome]] = set()

    # --- from a plan to an outcome -----------------------------------------------------------

    async def perform(
        self,
        plan: Plan,
        phrase: str,
        *,
        above_captured: bool = False,
        disputed: bool = False,
        tell: Tell = silent,
    ) -> Outcome:
        """Carry out `plan`, if `phrase` is exactly what had to be typed (step 4).

        `above_captured` and `disputed` are the operator's further words, for a plan that asks
        for them: to refund more than was captured, and beside a dispute. Raises Held where the
        confirmation is missing or wrong, or the profile's policy forbids it; nothing was sent
        then. Until the policy's cooling time is over, cancelling this stops everything; once
        begun it goes on to its end even if the caller is cancelled.
        """
        check_confirmation(plan, phrase, above_captured=above_captured, disputed=disputed)
        self._cooling.append(plan)
        try:
            await self.require_sound_journal()
            self.require_policy(plan.draft, above_captured=plan.above_captured)
            await self._cool(tell)
        finally:
            self._cooling.remove(plan)
        return await self._to_its_end(self.perform_confirmed(plan, tell))

    def require_policy(self, draft: Draft, *, above_captured: bool) -> None:
        """Raise Held where the profile's policy forbids it, whatever the day's sums are."""
        against = self.policy.against(_asked(draft, above_captured=above_captured))
        if against is not None:
            raise Held(against, _("Nothing was sent."))

    def require_sums(self, draft: Draft, spent: Spent, *, above_captured: bool) -> None:
        """Raise Held where the day's sums leave no room for it."""
        if spent.today is None or spent.by_operator is None:
            return
        asked = _asked(draft, above_captured=above_captured)
        against = self.policy.against_sums(asked, spent.today, spent.by_operator)
        if against is not None:
            raise Held(against, _("Nothing was sent."))

    async def _cool(self, tell: Tell) -> None:
        """The policy's cooling time, in which leaving still stops everything."""
        for left in range(self.policy.cooling_seconds, 0, -1):
            tell(_("Sending in {seconds} s: there is still time to stop", seconds=left))
            await self._sleep(1.0)

    def is_cooling(self, plan: Plan) -> bool:
        """Whether cancelling who performs `plan` stops everything: its cooling time runs."""
        return bool(self.policy.cooling_seconds) and any(plan is one for one in self._cooling)

    async def require_sound_journal(self) -> None:
        """Raise JournalBroken unless the journal's chain verifies (step 0)."""
        found = await blocking(self.journal.verify_again)
        if found.problem is not None:
            raise JournalBroken(_("The journal does not verify: {problem}.", problem=found.problem))

    async def _to_its_end(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def stop(self) -> bool:
        """Send nothing that was not sent yet, for good; whether nothing can have left.

        What is only reserved is given up. False where a request is under way: then its outcome
        is not known.
        """
        self._stopping = True
        while self._running and not self._armed:
            await asyncio.wait(self._running)
        return not self._armed

    @property
    def is_working(self) -> bool:
        """Whether an action is under way in this process."""
        return bool(self._running)

    async def perform_confirmed(self, plan: Plan, tell: Tell) -> Outcome:
        """The one way from a confirmed plan to its outcome, and to the step that follows it."""
        outcome = await self._perform(plan, tell)
        if plan.then is not None and outcome.result is Result.ACCEPTED:
            return await plan.then.go_on(self, outcome, tell)
        return outcome

    async def _perform(self, plan: Plan, tell: Tell) -> Outcome:
        try:
            intent = await self._reserve(plan)
        except Held as error:  # the policy's sums of the day
            return nothing_sent(plan, error.result, str(error))
        except Blocked as error:
            return nothing_sent(plan, Result.BLOCKED, str(error), intent=error.holder.id)
        except (VersionMoved, IllegalMove) as error:
            message = together(str(error), _("Look again and decide anew."))
            return nothing_sent(plan, Result.STALE, message)
        async with self._at_work(intent.id):
            return await self._reread_and_send(plan, intent, tell)

    async def _reserve(self, plan: Plan) -> Intent:  # step 5
        journal, draft = self.journal, plan.draft

        def allow(spent: Spent) -> None:
            self.require_sums(draft, spent, above_captured=plan.above_captured)

        if plan.reopens is not None:
            return await blocking(
                journal.reopen, plan.reopens, plan.version, self._owner, draft, allow
            )
        return await blocking(journal.reserve, draft, plan.version, self._owner, allow)

    async def _reread_and_send(self, plan: Plan, intent: Intent, tell: Tell) -> Outcome:
        tell(_("Reading the order once more before this is sent"))  # step 6
        try:
            now, date = await self.snapshot(intent)
        except (*ReadFailure, NotFoundHere) as error:
            why = _("the order could not be read again: {error}", error=told(error))
            return await self._abandon(intent, why)
        missing = plan.snapshot.missing(now)
        if missing:
            why = _("{names} could not be read again", names=joined(missing))
            return await self._abandon(intent, why)
        changes = plan.snapshot.changes(now)
        if changes:
            # What was tried before can still arrive, so it must keep its key for another try.
            move = Move.STALE if plan.reopens is None else Move.ABANDON
            ended = await self._move(intent, move, why=joined(changes, "; "))
            message = together(
                _("The order has changed since it was shown."), _("Nothing was sent.")
            )
            return outcome_of(ended, Result.STALE, message, facts=tuple(changes))
        data = {"date": show_time(date), "snapshot": now.data}
        intent = await blocking(self.journal.reread, intent.id, data)
        return await self._send_until_known(intent, now, tell)

    async def _abandon(self, intent: Intent, why: str) -> Outcome:
        ended = await self._move(intent, Move.ABANDON, why=why)
        return outcome_of(ended, Result.NOT_SENT, _("Nothing was sent: {why}.", why=why))

    # --- going on after a crash or a lost answer ---------------------------------------------

    async def resume(
        self,
        intent: Intent,
        *,
        nobody_else: bool,
        disputed: bool,
        tell: Tell,
    ) -> Outcome:
        """Resolve one open intent, as far as that is safe; see `recovery.recover`."""
        word = _Word(nobody_else, disputed)
        return await self._to_its_end(self._claim_and_resume(intent, word, tell))

    async def _claim_and_resume(self, intent: Intent, word: _Word, tell: Tell) -> Outcome:
        message = _(
            "Intent {intent} ({action}) is being worked on right now.",
            intent=intent.id,
            action=intent.summary,
        )
        if intent.id in self._busy:
            return outcome_of(intent, Result.BLOCKED, message)
        async with self._at_work(intent.id):
            if not await blocking(self.journal.claims.claim, intent.id, self._owner):
                return outcome_of(intent, Result.BLOCKED, message)
            return await self._resume(intent, word, tell)

    async def _resume(self, intent: Intent, word: _Word, tell: Tell) -> Outcome:
        intent = await blocking(self.journal.intent, intent.id)  # as it is now that it is ours
        if intent.state is State.RESERVED:
            return await self._abandon(intent, _("the console stopped before it was sent"))
        against = self.policy.against_sending()
        if against is not None:
            return unknown_outcome(intent, against)
        if intent.state is State.SENDING:
            why = "the console stopped before the answer was written down"
            intent = await self._move(intent, Move.LOSE, why=why)
        if intent.state is not State.UNKNOWN:
            message = _("Intent {intent} is {state}.", intent=intent.id, state=intent.state)
            return outcome_of(intent, Result.BLOCKED, message)
        return await self._read_first(intent, word, tell)

    async def _read_first(self, intent: Intent, word: _Word, tell: Tell) -> Outcome:
        tell(_("Intent {intent}: reading the order first", intent=intent.id))
        operation = OPERATIONS[intent.operation]
        try:
            now, _date = await self.snapshot(intent)
        except (*ReadFailure, NotFoundHere) as error:
            return unknown_outcome(
                intent, _("The order could not be read: {error}", error=told(error))
            )
        standing, before = await self._standing(intent, now), await self._last_seen(intent)
        unclear = standing is Standing.UNCLEAR and not (operation.keyed and word.nobody_else)
        if unclear or (not operation.keyed and standing is not Standing.BEFORE):
            return await self._proved(intent, standing, now, before)
        if standing is Standing.BEFORE:  # else a replay can make nothing new
            moved = (
                [] if word.nobody_else or not operation.moved(before, now) else before.changes(now)
            )
            disputed = [] if word.disputed else before.disputed_since(now)
            if moved or disputed:
                return ask_a_person(intent, moved, disputed)
        return await self._send_until_known(intent, now, tell)

    async def _proved(
        self,
        intent: Intent,
        standing: Standing,
        now: Snapshot,
        before: Snapshot,
        refusal: Reading | None = None,
    ) -> Outcome:
        """The end of an intent that a read proves: what it wanted is so, or can't be any more.

        `refusal` is Amazon's no that led to the reading, where one did.
        """
        operation = OPERATIONS[intent.operation]
        changes = tuple(before.changes(now))
        if refusal is not None:
            changes = (_("{why}.", why=refusal.why), *changes)
        if standing is Standing.UNCLEAR:
            return unknown_outcome(
                intent, _("The object is in a state that this console doesn't know."), changes
            )
        if standing is Standing.ENDED:
            ended = await self._move(intent, Move.STALE, why=joined(changes, "; "))
            seen = await self._last_seen(intent)
            message = operation.ended(replace(intent, snapshot=seen.data), now)
            code = refusal.code if refusal is not None else None
            return outcome_of(ended, Result.STALE, message, facts=changes, code=code)
        if operation.is_ours(intent, now) and intent.unanswered:
            data = {
                "result": operation.led_to(intent, now),
                "said": "seen as wanted, probably by us",
            }
            ended = await self._move(intent, Move.ACCEPT, **data)
            if not operation.keyed:  # else what it made has an end of its own
                ended = await self.conclude(ended, Move.SETTLE, {"said": "seen by a read"})
            message = _(
                "It is as wanted now, probably by this {action}: its answer was lost, and a read"
                " shows the end that it would give.",
                action=intent.action,
            )
            return outcome_of(ended, Result.ACCEPTED, message, facts=changes)
        ended = await self._move(intent, Move.ABSORB, why=joined(changes, "; "))
        message = together(
            _("It is so already, not by this {action}.", action=intent.action),
            _("Nothing was changed by it."),
        )
        return outcome_of(ended, Result.ALREADY_SO, message, facts=changes)

    async def _standing(self, intent: Intent, now: Snapshot) -> Standing:
        """How `now` stands to what the intent wants, since it was last sent from."""
        seen = await self._last_seen(intent)
        return OPERATIONS[intent.operation].standing(replace(intent, snapshot=seen.data), now)

    async def _last_seen(self, intent: Intent) -> Snapshot:
        """What the object was when the intent was last sent from."""
        lines = await blocking(self.journal.entries, intent=intent.id)
        seen = [line.data["snapshot"] for line in lines if line.kind == "reread"]
        return Snapshot(seen[-1] if seen else intent.snapshot)

    # --- sending, until it is known what came of it ------------------------------------------

    async def _send_until_known(self, intent: Intent, before: Snapshot, tell: Tell) -> Outcome:
        """Send the stored bytes until an answer proves something (steps 7 to 10).

        The first attempt follows the caller's own look. What has no key is looked at before each
        further one, after the waiting: somebody may have acted, or a late attempt arrived.
        """
        run = _Attempts(before, await self._seen_at(intent), tell)
        keyed = OPERATIONS[intent.operation].keyed
        outcome = await self._attempt(intent, run)
        for wait in self._waits:
            if outcome is not None:
                return outcome
            tell(asking_again(intent, wait))
            await self._sleep(wait)
            intent = await blocking(self.journal.intent, intent.id)
            may_send = True
            if not keyed:
                outcome, may_send = await self._look_between(intent, run)
            if outcome is None and may_send:
                outcome = await self._attempt(intent, run)
        if outcome is None:
            intent = await blocking(self.journal.intent, intent.id)
            if not keyed:
                outcome, may_send = await self._look_between(intent, run)
        return outcome or await self._give_up_for_now(intent)

    async def _look_between(self, intent: Intent, run: _Attempts) -> tuple[Outcome | None, bool]:
        """What came of it, where a read proves it; else whether it may be sent again."""
        run.tell(_("Looking at what came of it"))
        try:
            now, _date = await self.snapshot(intent)
        except (*ReadFailure, NotFoundHere):
            return None, False
        standing = await self._standing(intent, now)
        if standing is Standing.BEFORE:
            return None, True
        if standing is Standing.UNCLEAR:
            return None, False
        return await self._proved(intent, standing, now, run.before), False

    async def _attempt(self, intent: Intent, run: _Attempts) -> Outcome | None:
        """One armed attempt; None where it proved nothing."""
        if self._stopping:
            return (
                await self._abandon(intent, _("it was stopped before it was sent"))
                if intent.state is State.RESERVED
                else unknown_outcome(intent, _("It was stopped before it was asked again."))
            )
        self._armed.add(intent.id)
        try:
            reservation = await blocking(self.journal.arm, intent.id, self._owner)
        except (NotOurs, IllegalMove) as error:
            message = together(str(error), _("Its journal tells the outcome."))
            return outcome_of(intent, Result.BLOCKED, message)
        run.tell(_("Sending, attempt {number}", number=reservation.attempt))
        try:
            answer = await self.client.send(reservation)
        except (NotSent, WrongEnvironment) as error:
            return await self._never_left(intent, error)
        except NoAnswer as error:
            await self._lose(intent, f"no answer: {english(error)}")
            return None
        reading = read_answer(OPERATIONS[intent.operation], intent, answer)
        return await _HANDLERS[reading.verdict](self, intent, reading, answer, run)

    async def _never_left(self, intent: Intent, error: Exception) -> Outcome | None:
        why = english(error)
        now = await blocking(self.journal.never_left, intent.id, {"why": why})
        if now.unanswered or intent.state is State.UNKNOWN:  # an earlier attempt may have arrived
            await self._lose(intent, f"the connection failed: {why}")
            return None
        ended = await self._move(intent, Move.NOT_SENT, why=why)
        message = _("Nothing reached Amazon: {error}.", error=told(error))
        return outcome_of(ended, Result.NOT_SENT, message)

    async def _lose(self, intent: Intent, why: str) -> None:
        """Write down why an answer proves nothing: that is read in the journal only."""
        await self._move(intent, Move.LOSE, why=why)

    async def _proves_nothing(
        self, intent: Intent, reading: Reading, answer: Answer, run: _Attempts
    ) -> Outcome | None:
        await self._lose(intent, reading.why)
        return None

    async def _throttled(
        self, intent: Intent, reading: Reading, answer: Answer, run: _Attempts
    ) -> Outcome | None:
        await self._answered(intent, reading, answer)
        return None  # nothing was executed: the same bytes again, later

    async def _says_no(
        self, intent: Intent, reading: Reading, answer: Answer, run: _Attempts
    ) -> Outcome | None:
        operation = OPERATIONS[intent.operation]
        now = await self._answered(intent, reading, answer)
        try:
            seen, _date = await self.snapshot(intent)
        except (*ReadFailure, NotFoundHere) as error:
            unread = f"the order could not be read: {english(error)}"
            await self._lose(intent, f"{english(reading.why)}; {unread}")
            return None
        standing = await self._standing(intent, seen)
        if standing in (Standing.DONE, Standing.ENDED):
            return await self._proved(now, standing, seen, run.before, reading)
        if standing is Standing.UNCLEAR or (now.unanswered and standing is Standing.BEFORE):
            late = "but an earlier attempt has no answer and can still arrive"
            await self._lose(intent, f"{english(reading.why)}; {late}")
            return None
        moved = standing is not Standing.DECLINED and operation.moved(run.before, seen)
        if moved and (run.moved is None or operation.moved(run.moved, seen)):
            # It says no, and yet something moved: ask once more before believing the refusal.
            run.moved = seen
            moved_too = "but the order has changed meanwhile"
            await self._lose(intent, f"{english(reading.why)}; {moved_too}")
            return None
        ended = await self._move(intent, Move.REFUSE, why=reading.why, code=reading.code)
        changes = tuple(run.before.changes(seen)) if standing is Standing.DECLINED else ()
        message = _("{why}.", why=reading.why)
        return outcome_of(ended, Result.REFUSED, message, code=reading.code, facts=changes)

    async def _key_taken(
        self, intent: Intent, reading: Reading, answer: Answer, run: _Attempts
    ) -> Outcome | None:
        await self._answered(intent, reading, answer)
        try:
            seen, _date = await self.snapshot(intent)
            over = await self._standing(intent, seen) is not Standing.BEFORE
            moved = over or OPERATIONS[intent.operation].moved(run.before, seen)
            changes = run.before.changes(seen) if moved else []
        except (*ReadFailure, NotFoundHere):
            changes = []
        if changes:
            ended = await self._move(intent, Move.STALE, why=joined(changes, "; "))
            message = together(
                _("Somebody acted from the same starting point with another amount."),
                _("Yours was not made."),
                _("Look at the order again."),
            )
            return outcome_of(ended, Result.STALE, message, facts=tuple(changes), code=reading.code)
        ended = await self._move(intent, Move.CONFLICT, why=reading.why, code=reading.code)
        message = together(
            _(
                "Amazon already has another request from the same starting point, and the order"
                " does not show it: it may lag, or that request was refused."
            ),
            _("Yours was not made."),
            _("Look again in a few minutes before you decide."),
        )
        hint = together(
            _("Ask who else acts on this order."),
            _(
                "If it never shows the other request: `payconsole journal release {intent}"
                " --evidence TEXT` lets a new decision have another key.",
                intent=ended.id,
            ),
        )
        return outcome_of(ended, Result.CONFLICT, message, code=reading.code, hint=hint)

    async def _made(
        self, intent: Intent, reading: Reading, answer: Answer, run: _Attempts
    ) -> Outcome | None:
        assert reading.made is not None
        made = reading.made
        others = await blocking(self.journal.intents, obj=intent.object)
        earlier = next((o for o in others if _made_the_same(o, intent, made)), None)
        before_us = bool(run.seen_at and made.at and made.at < run.seen_at)
        absorbed = earlier is not None or before_us
        data = {
            "result": made.id,
            "request": answer.request_id,
            "state": made.state,
            "created": show_time(made.at),
        }  # step 12
        move = Move.ABSORB if absorbed else Move.ACCEPT
        ended = await blocking(
            self.journal.move, intent.id, move, data, answer=_answer_data(reading, answer)
        )
        fresh, seen = await self._read_back(ended, made)
        now = fresh or made
        changes = tuple(run.before.changes(seen)) if seen is not None else ()
        if now.dead:
            ended = await self.conclude(ended, Move.DECLINE, {"code": now.code})
        elif not absorbed and ends_with_its_answer(ended, now, fresh is not None):
            ended = await self.conclude(ended, Move.SETTLE, {"said": f"done, {now.state}"})
        if absorbed:
            return absorbed_outcome(ended, now, earlier)
        left = OPERATIONS[ended.operation].left(ended, seen) if seen is not None else ""
        return accepted_outcome(ended, now, changes, left)

    async def _read_back(self, intent: Intent, made: Made) -> tuple[Made | None, Snapshot | None]:
        """What became of it, and of what is around it: a replay gives the saved first answer.

        None where it can't be read, or the index can't keep it: then the answer has to do.
        """
        operation = OPERATIONS[intent.operation]
        with contextlib.suppress(StoreFailed):  # the journal has it; the index only helps to find
            made_anew = made.id != intent.object and operation.name != "complete_checkout_session"
            if made.raw is not None and is_member(made.id) and made_anew:
                remember = self.lookup.remember_made
                await blocking(remember, made.id, made.raw, intent.scope)
        with contextlib.suppress(*ReadFailure, NotFoundHere, StoreFailed):
            order = await self._look(intent)
            seen = operation.snapshot(order, intent.object)
            return operation.find(order, intent, made), seen
        return None, None

    async def _give_up_for_now(self, intent: Intent) -> Outcome:
        if intent.state is State.SENDING:  # the last attempt was throttled
            if not intent.unanswered:
                ended = await self._move(intent, Move.REFUSE, why="throttled", code=THROTTLED)
                message = together(_("Amazon is throttling."), _("Nothing was executed."))
                return outcome_of(ended, Result.REFUSED, message, code=THROTTLED)
            await self._lose(intent, "throttled, and an earlier attempt has no answer")
            intent = await blocking(self.journal.intent, intent.id)
        return unknown_outcome(intent)

    # --- shared --------------------------------------------------------------------------------

    async def snapshot(self, intent: Intent) -> tuple[Snapshot, datetime | None]:
        """The intent's object as it is now, and Amazon's clock at that answer."""
        order = await self._look(intent)
        found = OPERATIONS[intent.operation].snapshot(order, intent.object)
        if found is None:
            region = self.client.account.region
            raise NotFoundHere(parse(intent.object).v2, region, intent.environment)
        return found, order.amazon_date

    async def _look(self, intent: Intent) -> Order:
        own = await blocking(self.own, intent.scope, intent.object)
        return await self.lookup.look_up(parse(intent.object), also=own)

    def own(self, scope: str, obj: str) -> list[str]:
        """What the journal made, and must be read by id every time.

        Of a charge the refunds; of a whole order the charges.
        """
        of_charge = parse(obj).v2.kind == "charge"
        intents = self.journal.intents(obj=obj) if of_charge else self.journal.intents(scope=scope)
        return sorted({i.result for i in intents if i.result and is_member(i.result)})

    async def _seen_at(self, intent: Intent) -> datetime | None:
        """Amazon's clock at the read before the first attempt: what is older isn't ours.

        Attempts that were answered, and made nothing, don't count.
        """
        lines = await blocking(self.journal.entries, intent=intent.id)
        dates = [parse_time(line.data.get("date")) for line in lines if line.kind == "reread"]
        if not dates:
            return None
        return dates[0] if intent.unanswered else dates[-1]

    async def _answered(self, intent: Intent, reading: Reading, answer: Answer) -> Intent:
        return await blocking(self.journal.answered, intent.id, _answer_data(reading, answer))

    async def _move(self, intent: Intent, move: Move, **data: object) -> Intent:
        """A move in the journal, which is kept in English."""
        kept = {
            name: english(value) if isinstance(value, str) else value
            for name, value in data.items()
        }
        return await blocking(self.journal.move, intent.id, move, kept)

    async def conclude(self, intent: Intent, move: Move, data: Mapping[str, Any]) -> Intent:
        """Settle or decline an intent, unless another console has just done so."""
        with contextlib.suppress(IllegalMove):
            return await blocking(self.journal.move, intent.id, move, data)
        return await blocking(self.journal.intent, intent.id)

    @contextlib.asynccontextmanager
    async def _at_work(self, number: int) -> AsyncIterator[None]:
        self._busy.add(number)
        try:
            yield
        finally:
            await blocking(self.journal.claims.release, number, self._owner)
            self._busy.discard(number)
            self._armed.discard(number)


_HANDLERS: Final = {
    Verdict.MADE: Engine._made,
    Verdict.SAYS_NO: Engine._says_no,
    Verdict.KEY_TAKEN: Engine._key_taken,
    Verdict.THROTTLED: Engine._throttled,
    Verdict.PROVES_NOTHING: Engine._proves_nothing,
}


async def blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what waits for the disk in a thread, so that no key is ever held up by it."""
    return await asyncio.to_thread(function, *args, **kwargs)


def _answer_data(reading: Reading, answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "code": reading.code,
        "request": answer.request_id,
        "date": show_time(answer.date),
    }


def _asked(draft: Draft, *, above_captured: bool) -> Asked:
    return Asked(
        action=draft.action,
        amount=draft.amount,
        reason=draft.reason,
        ticket=draft.ticket,
        above_captured=above_captured,
    )


def _made_the_same(other: Intent, intent: Intent, made: Made) -> bool:
    """Whether an earlier decision made this very object by the same call."""
    same = other.result == made.id and other.operation == intent.operation and bool(intent.key)
    return same and other.id != intent.id and other.state in LIVE_STATES | {State.DECLINED}


def ends_with_its_answer(intent: Intent, made: Made, read_back: bool) -> bool:
    """Whether nothing of it is left to be watched.

    A refund ends with its total; what is pending when Amazon is done; and an answer with a key
    may be a saved one, so only a read tells how it stands.
    """
    operation = OPERATIONS[intent.operation]
    if operation.name == "create_refund" or made.pending:
        return False
    return read_back or not operation.keyed


def is_member(identifier: str) -> bool:
    """Whether an id is a charge's or a refund's, so that it can be read beside its order."""
    return parse(identifier).v2.kind in ("charge", "refund")

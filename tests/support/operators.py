"""Two operators at a simulator, for searches in which anything may happen in any order.

A state machine of hypothesis inherits `Operators`: it opens two consoles, with one journal or
with two, keeps whose request each one was, and holds what is true of every action.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan
from console.actions.planning import plan_again
from console.actions.recovery import follow, give_up_key, recover, resolve_by_hand
from console.domain.intent import LIVE_STATES, OPEN_STATES, State
from console.lookup import NotFoundHere, ReadFailure
from console.simulator.requestlog import Entry
from console.simulator.switches import Switches
from console.store.decisions import Intent
from tests.support.bench import Bench, Desk, another_living_process, read_waits
from tests.support.effort import EFFORT, budget

T = TypeVar("T")
WAITS: Final = (0.0, 0.001)
DESKS: Final = st.sampled_from(["one", "two"])
TIMES: Final = ["", ":x3", ":x5"]
# Every question that Amazon leaves open, with every answer to it.
SWITCHES: Final = st.fixed_dictionaries(
    {
        "save_errors": st.booleans(),
        "refunded_counts_initiated": st.booleans(),
        "idempotency_compares": st.sampled_from(["bytes", "values"]),
        "replay_creation_time": st.sampled_from(["original", "replay"]),
        "repeated_cancel": st.sampled_from([200, 422]),
        "repeated_close": st.sampled_from([200, 422]),
        "balance_falls_at": st.sampled_from(["authorization", "capture"]),
        "v1_limits": st.sampled_from(["given", "null", "null_fields"]),
        "v1_expiration": st.sampled_from(["given", "null"]),
        "capture_after_permission_close": st.booleans(),
        "declined_capture": st.sampled_from(["Authorized", "Declined"]),
        "initiated_capture_shows_amount": st.booleans(),
        "closure_reason": st.sampled_from(["by_flag", "MerchantCanceled", "MerchantClosed"]),
        "not_modifiable_code": st.sampled_from(
            ["ChargePermissionNotModifiable", "InvalidChargePermissionStatus"]
        ),
        "canceled_session_status": st.sampled_from([400, 422]),
        "update_moves_expiry": st.booleans(),
        "charge_restarts_expiry": st.booleans(),
        "pending_capture_status": st.sampled_from([200, 201, 202]),
    }
)
# How a request may end that reaches nobody, or whose answer does not.
BROKEN: Final = (
    "hang_up_before",
    "hang_up_after",
    "error_before:503",
    "error_after",
    "html_502",
    "garbage",
    "throttle",
)


class Crash(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Waiting:
    """A plan on an operator's screen."""

    desk: str
    plan: Plan


class Operators(RuleBasedStateMachine):
    """Two operators; what they do and what the world does is up to the machine that inherits."""

    shared: ClassVar[bool]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="operators-"))
        self.fast = read_waits((0.0, 0.0, 0.0, 0.0))
        self.fast.__enter__()
        self.desks: dict[str, Desk] = {}
        self.screens: list[Waiting] = []
        self.owners: list[tuple[Entry, str, int]] = []  # whose request each one was
        self.given_up: Counter[tuple[str, str]] = Counter()
        self.decisions: dict[str, list[Intent]] = {}

    def begin(self, switches: Mapping[str, object]) -> None:
        self.bench = Bench.start(self.folder, Switches().changed(switches))
        self.open("one")
        self.open("two")

    # --- helpers ---------------------------------------------------------------------------------

    def run_(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def open(self, name: str) -> None:
        folder = "one" if self.shared else name
        owner = another_living_process() if name == "two" else None
        self.desks[name] = self.run_(self.bench.desk(folder, owner=owner, waits=WAITS))

    def act(self, name: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Let an operator do something; None where they were held back. Keeps whose it was."""
        logged = len(self.bench.world.log.entries())
        try:
            return self.run_(work)
        except (Held, *ReadFailure, NotFoundHere, Crash):
            return None
        finally:
            for entry in self.bench.world.log.entries()[logged:]:
                if entry.method != "GET":
                    self.owners.append((entry, self.book(name), self.intent_of(name, entry)))

    def book(self, name: str) -> str:
        return "one" if self.shared else name

    def intent_of(self, name: str, entry: Entry) -> int:
        """The intent of this journal that a request was sent for: the last one armed.

        Two can have one key and body, where Amazon does not count the first one's refund yet.
        """
        same = {
            intent.id
            for intent in self.desks[name].intents()
            if (intent.operation, intent.key, intent.body)
            == (entry.operation, entry.key, entry.body)
            and entry.path.endswith(intent.path)
        }
        armed = [line for line in self.desks[name].journal.entries() if line.kind == "arm"]
        return next(line.intent for line in reversed(armed) if line.intent in same) or 0

    def books(self) -> dict[str, Desk]:
        return {self.book(name): desk for name, desk in self.desks.items()}

    def choose(
        self, name: str, data: st.DataObject, wanted: Callable[[Intent], object]
    ) -> int | None:
        numbers = [intent.id for intent in self.desks[name].intents() if wanted(intent)]
        return data.draw(st.sampled_from(numbers)) if numbers else None

    # --- what operators do ----------------------------------------------------------------------

    def go(self, name: str, planning: Coroutine[Any, Any, Plan]) -> None:
        """Plan and confirm in one breath."""

        async def both() -> Outcome:
            plan = await planning
            return await self.desks[name].engine.perform(plan, plan.phrase)

        self.told(name, self.act(name, both()))

    def look_and_plan(self, name: str, planning: Coroutine[Any, Any, Plan]) -> None:
        plan = self.act(name, planning)
        if plan is not None:
            self.screens.append(Waiting(name, plan))

    def confirms(self, data: st.DataObject) -> None:
        """A plan that is on a screen, however old; the process may die at a word it says."""
        if not self.screens:
            return
        waiting = data.draw(st.sampled_from(self.screens[-3:]))
        crash, said = data.draw(st.sampled_from([None, None, 0, 1, 2])), 0
        desk, plan = self.desks[waiting.desk], waiting.plan

        def tell(_message: str) -> None:
            nonlocal said
            if crash is not None and said == crash:
                raise Crash
            said += 1

        work = desk.engine.perform(plan, plan.phrase, tell=tell)
        self.told(waiting.desk, self.act(waiting.desk, work))

    def recovers(self, data: st.DataObject) -> None:
        name, nobody_else = data.draw(DESKS), data.draw(st.booleans())
        outcomes = self.act(name, recover(self.desks[name].engine, nobody_else=nobody_else))
        for outcome in outcomes or []:
            self.told(name, outcome)

    def tries_again(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        number = self.choose(name, data, lambda intent: intent.can_retry)
        if number is None:
            return
        plan = self.act(name, plan_again(self.desks[name].engine, number, "again"))
        if plan is not None:
            self.screens.append(Waiting(name, plan))
            self.told(name, self.act(name, self.desks[name].perform(plan)))

    def says_what_happened(self, data: st.DataObject) -> None:
        """It may well be wrong."""
        name, happened = data.draw(DESKS), data.draw(st.booleans())
        number = self.choose(name, data, lambda intent: intent.state is State.UNKNOWN)
        if number is not None:
            engine = self.desks[name].engine
            work = resolve_by_hand(engine, number, happened=happened, evidence="I looked")
            self.act(name, work)

    def gives_a_key_up(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        number = self.choose(name, data, lambda intent: intent.refusals > 1)
        if number is not None:
            given = self.act(name, give_up_key(self.desks[name].engine, number, "enough"))
            if given is not None:
                self.given_up[given.object, given.observed] += 1

    def watches(self, data: st.DataObject) -> None:
        name, last_look = data.draw(DESKS), data.draw(st.booleans())
        desk = self.desks[name]
        for intent in desk.journal.intents(states=[State.ACCEPTED]):
            self.act(name, follow(desk.engine, intent, last_look=last_look))

    def starts_again(self, data: st.DataObject) -> None:
        self.open(data.draw(DESKS))

    # --- what the world does --------------------------------------------------------------------

    def all_is_well_again(self, data: st.DataObject) -> None:
        self.bench.world.faults.clear()

    def time_passes(self, data: st.DataObject) -> None:
        self.bench.pass_time(data.draw(st.sampled_from([1.0, 15.0, 60.0])))

    def reads_lag(self, data: st.DataObject) -> None:
        self.bench.switch(read_lag=data.draw(st.sampled_from([0.0, 30.0, 3600.0])))

    def a_late_message_arrives(self, data: st.DataObject) -> None:
        lost = [
            entry
            for entry in self.bench.world.log.entries()
            if entry.method != "GET" and entry.effect == "none" and entry.status is None
        ]
        if lost:
            self.bench.arrive(data.draw(st.sampled_from(lost)))

    # --- what must hold --------------------------------------------------------------------------

    def told(self, name: str, outcome: Outcome | None) -> None:
        """What the operator is told fits what the journal holds."""
        if outcome is None or outcome.intent is None:
            return
        intent = self.desks[name].journal.intent(outcome.intent)
        fitting = {
            Result.ACCEPTED: LIVE_STATES,
            Result.ALREADY_SO: {State.ABSORBED},
            Result.ABSORBED: {State.ABSORBED, State.DECLINED},
            Result.REFUSED: {State.REFUSED, State.DECLINED},
            Result.UNKNOWN: {State.UNKNOWN},
            Result.NOT_SENT: {State.NOT_SENT, State.ABANDONED},
            # The first step of a renewal stands, and the second could not even be planned.
            Result.STALE: {State.STALE, State.ABANDONED}
            | (set(LIVE_STATES) if intent.action == "extend" else set()),
            Result.CONFLICT: {State.CONFLICT},
            Result.BLOCKED: set(State),
        }
        assert intent.state in fitting[outcome.result], (outcome, intent.state)
        assert "by you" not in outcome.message

    def executed_for(self) -> Counter[tuple[str, int]]:
        return Counter(
            (book, number) for entry, book, number in self.owners if entry.effect == "executed"
        )

    @invariant()
    def everything_holds(self) -> None:
        """After every step; each journal is read once for it."""
        if not self.desks:
            return
        self.decisions = {book: desk.intents() for book, desk in self.books().items()}
        for book, desk in self.books().items():
            self.what_is_open_blocks(desk, self.decisions[book])
            self.what_can_still_arrive_comes_first(desk, self.decisions[book])
        self.what_happened_is_right()

    def what_happened_is_right(self) -> None:
        """What the machine that inherits knows of the server's side."""
        raise NotImplementedError

    def what_is_open_blocks(self, desk: Desk, intents: list[Intent]) -> None:
        """Of what is open on an order nothing stands in the way of another."""
        holders = [intent for intent in intents if intent.state in OPEN_STATES]
        for holder in holders:
            blocker = desk.journal.open_on(holder.scope, holder.lock)
            assert blocker is not None
            assert blocker.id == holder.id or blocker.lock != holder.lock
        for scope in {holder.scope for holder in holders}:
            locks = [holder.lock for holder in holders if holder.scope == scope]
            assert len(locks) == len(set(locks))
            assert scope not in locks or len(locks) == 1

    def what_can_still_arrive_comes_first(self, desk: Desk, intents: list[Intent]) -> None:
        """While one decision with a key can be executed, no other one was armed on its object."""
        spent = {intent.key for intent in intents if intent.result is not None}
        loose = [
            intent
            for intent in intents
            if (intent.is_open or (intent.can_retry and not intent.never_left))
            and not (intent.key is None or intent.human == "next_key" or intent.key in spent)
        ]
        if not loose:
            return
        lines = desk.journal.entries()
        rivals = {intent.id: (intent.operation, intent.object) for intent in intents}
        for intent in loose:
            last = max(line.seq for line in lines if line.intent == intent.id)
            beside = [
                line
                for line in lines
                if line.kind == "arm"
                and line.intent != intent.id
                and line.seq > last
                and rivals[line.intent or 0] == rivals[intent.id]
            ]
            assert beside == [], (intent.id, intent.state, beside)

    def teardown(self) -> None:
        try:
            if self.desks:
                self.at_last_everything_can_be_resolved()
                self.run_(self.bench.close())
        finally:
            self.runner.close()
            self.fast.__exit__(None, None, None)
            shutil.rmtree(self.folder, ignore_errors=True)

    def at_last_everything_can_be_resolved(self) -> None:
        """No faults, no lag: what stays unknown has an attempt without an answer."""
        self.bench.world.faults.clear()
        self.bench.switch(read_lag=0.0)
        for name in self.books():
            self.act(name, recover(self.desks[name].engine, nobody_else=True))
            for intent in self.desks[name].journal.intents(states=OPEN_STATES):
                assert intent.state is State.UNKNOWN
                assert intent.unanswered
        self.everything_holds()
        for desk in self.books().values():
            assert desk.journal.verify().problem is None


def of_effort(short: int) -> settings:
    """`short` programs, the same ones each time; thousands of new ones in a thorough run."""
    long = int(os.environ.get("PAYCONSOLE_EXAMPLES", "2500"))
    return settings(
        max_examples=budget(short, long),
        stateful_step_count=budget(14, 10),
        derandomize=not EFFORT.thorough,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )

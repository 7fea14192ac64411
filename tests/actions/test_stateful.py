"""Everything at once: two operators, faults, foreign hands, late messages, crashes, restarts.

Hypothesis chooses what happens; after each step the journals and the server are compared.
`PAYCONSOLE_EXAMPLES=500` searches longer than the normal run does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan
from console.actions.planning import plan_again
from console.actions.recovery import follow, give_up_key, recover, resolve_by_hand
from console.domain.intent import LIVE_STATES, OPEN_STATES, State
from console.lookup import NotFoundHere, ReadFailure
from console.simulator.errors import ApiError
from console.simulator.requestlog import Entry
from console.simulator.switches import Switches
from console.store.decisions import Intent
from tests.support.bench import CHARGE, Bench, Desk, another_living_process, read_waits

T = TypeVar("T")
WAITS = (0.0, 0.001)
FAULTS = [
    "create_refund:hang_up_before",
    "create_refund:hang_up_after",
    "create_refund:error_before:503",
    "create_refund:error_after",
    "create_refund:html_502",
    "create_refund:garbage",
    "create_refund:wrong_amount",
    "create_refund:throttle",
    "create_refund:refuse:AmazonRejected",
    "create_refund:refuse:ProcessingFailure,unsaved",
    "create_refund:decline",
    "create_refund:foreign_refund:3.00",
    "get_charge:foreign_refund:2.00:after1",
    "get_charge:error_before:x3",
    "get_charge_permission:error_before:x4",
    "get_refund:error_before:x4",
]
DESKS = st.sampled_from(["one", "two"])
AMOUNTS = st.sampled_from(["10.00", "10.00", "4.00"])
TIMES = ["", ":x3", ":x5"]
STEPS = [
    *["refunds"] * 4,
    *["looks_and_plans"] * 2,
    *["confirms"] * 3,
    *["something_will_go_wrong"] * 4,
    *["recovers"] * 2,
    *["tries_again"] * 2,
    *["a_late_message_arrives"] * 2,
    *["time_passes"] * 2,
    "says_what_happened",
    "says_what_happened",
    "gives_a_key_up",
    "watches",
    "starts_again",
    "all_is_well_again",
    "reads_lag",
    "somebody_refunds_by_hand",
    "amazon_declines_a_refund",
]
LONG = int(os.environ.get("PAYCONSOLE_EXAMPLES", "0"))


class Crash(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Waiting:
    """A plan on an operator's screen."""

    desk: str
    plan: Plan


class Operators(RuleBasedStateMachine):
    """Two operators at one charge of 100.00 USD."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="operators-"))
        self.fast = read_waits((0.0, 0.0, 0.0, 0.0))
        self.fast.__enter__()
        self.desks: dict[str, Desk] = {}
        self.screens: list[Waiting] = []
        self.owners: list[tuple[Entry, str, int]] = []  # whose request each one was
        self.given_up: Counter[str] = Counter()

    @initialize(
        shared=st.booleans(),
        save_errors=st.booleans(),
        counted=st.booleans(),
        replayed=st.sampled_from(["original", "replay"]),
    )
    def start(self, shared: bool, save_errors: bool, counted: bool, replayed: str) -> None:
        switches = Switches(
            save_errors=save_errors,
            refunded_counts_initiated=counted,
            replay_creation_time=replayed,
        )
        self.shared = shared
        self.bench = Bench.start(self.folder, switches)
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
        before = len(self.bench.posts)
        try:
            return self.run_(work)
        except (Held, *ReadFailure, NotFoundHere, Crash):
            return None
        finally:
            for post in self.bench.posts[before:]:
                self.owners.append((post, self.book(name), self.intent_of(name, post)))

    def book(self, name: str) -> str:
        return "one" if self.shared else name

    def intent_of(self, name: str, post: Entry) -> int:
        """The intent of this journal that this request was sent for: the last one armed.

        Two can have one key and body, where Amazon does not count the first one's refund yet.
        """
        same = {
            intent.id
            for intent in self.desks[name].intents()
            if (intent.key, intent.body) == (post.key, post.body)
        }
        armed = [line for line in self.desks[name].journal.entries() if line.kind == "arm"]
        return next(line.intent for line in reversed(armed) if line.intent in same) or 0

    def books(self) -> dict[str, Desk]:
        return {self.book(name): desk for name, desk in self.desks.items()}

    # --- what operators do ----------------------------------------------------------------------

    def looks_and_plans(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(AMOUNTS)
        plan = self.act(name, self.desks[name].plan(amount))
        if plan is not None:
            self.screens.append(Waiting(name, plan))

    def confirms(self, data: st.DataObject) -> None:
        """A plan that is on a screen, however old; the process may die at a word it says."""
        if not self.screens:
            return self.looks_and_plans(data)
        waiting = data.draw(st.sampled_from(self.screens[-3:]))
        crash, said = data.draw(st.sampled_from([None, None, 0, 1, 2])), 0
        desk, plan = self.desks[waiting.desk], waiting.plan

        def tell(_message: str) -> None:
            nonlocal said
            if crash is not None and said == crash:
                raise Crash
            said += 1

        work = desk.engine.perform(plan, plan.phrase, tell=tell)
        return self.told(waiting.desk, self.act(waiting.desk, work))

    def refunds(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(AMOUNTS)
        self.told(name, self.act(name, self.desks[name].go(amount)))

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
                self.given_up[given.observed] += 1

    def watches(self, data: st.DataObject) -> None:
        name, last_look = data.draw(DESKS), data.draw(st.booleans())
        desk = self.desks[name]
        for intent in desk.journal.intents(states=[State.ACCEPTED]):
            self.act(name, follow(desk.engine, intent, last_look=last_look))

    def starts_again(self, data: st.DataObject) -> None:
        self.open(data.draw(DESKS))

    def choose(self, name: str, data: st.DataObject, wanted: Any) -> int | None:
        numbers = [intent.id for intent in self.desks[name].intents() if wanted(intent)]
        return data.draw(st.sampled_from(numbers)) if numbers else None

    # --- what the world does --------------------------------------------------------------------

    def something_will_go_wrong(self, data: st.DataObject) -> None:
        fault, times = data.draw(st.sampled_from(FAULTS)), data.draw(st.sampled_from(TIMES))
        self.bench.fault(fault if ":x" in fault else fault + times)

    def all_is_well_again(self, data: st.DataObject) -> None:
        self.bench.world.faults.clear()

    def time_passes(self, data: st.DataObject) -> None:
        self.bench.pass_time(data.draw(st.sampled_from([1.0, 15.0, 60.0])))

    def reads_lag(self, data: st.DataObject) -> None:
        self.bench.switch(read_lag=data.draw(st.sampled_from([0.0, 30.0, 3600.0])))

    def a_late_message_arrives(self, data: st.DataObject) -> None:
        lost = [post for post in self.bench.posts if post.effect == "none" and post.status is None]
        if lost:
            self.bench.arrive(data.draw(st.sampled_from(lost)))

    def somebody_refunds_by_hand(self, data: st.DataObject) -> None:
        with contextlib.suppress(ApiError):  # nothing is left to refund
            self.bench.by_hand(data.draw(st.sampled_from(["10.00", "1.00"])))

    def amazon_declines_a_refund(self, data: st.DataObject) -> None:
        begun = [r.id for r in self.bench.refunds() if r.state == "RefundInitiated"]
        if begun:
            self.bench.decline(data.draw(st.sampled_from(begun)))

    @rule(step=st.sampled_from(STEPS), data=st.data())
    def then(self, step: str, data: st.DataObject) -> None:
        """One rule for all, or Hypothesis would leave most of them out of most runs."""
        getattr(self, step)(data)

    # --- what must hold --------------------------------------------------------------------------

    def told(self, name: str, outcome: Outcome | None) -> None:
        """What the operator is told fits what the journal holds."""
        if outcome is None or outcome.intent is None:
            return
        intent = self.desks[name].journal.intent(outcome.intent)
        fitting = {
            Result.ACCEPTED: LIVE_STATES,
            Result.ABSORBED: {State.ABSORBED, State.DECLINED},
            Result.REFUSED: {State.REFUSED, State.DECLINED},
            Result.UNKNOWN: {State.UNKNOWN},
            Result.NOT_SENT: {State.NOT_SENT, State.ABANDONED},
            Result.STALE: {State.STALE, State.ABANDONED},
            Result.CONFLICT: {State.CONFLICT},
            Result.BLOCKED: set(State),
        }
        assert intent.state in fitting[outcome.result], (outcome, intent.state)
        assert "by you" not in outcome.message

    def executed_for(self) -> Counter[tuple[str, int]]:
        return Counter(
            (book, number) for post, book, number in self.owners if post.effect == "executed"
        )

    @invariant()
    def a_decision_moves_money_once_at_most(self) -> None:
        assert all(count == 1 for count in self.executed_for().values())

    @invariant()
    def nothing_is_paid_twice_for_the_same_total_seen(self) -> None:
        """Of all refunds that consoles made from one total, one lives, or none."""
        if not self.desks:
            return
        refunds = {refund.id: refund for refund in self.bench.refunds()}
        saved = {
            key: str(answer.body.get("refundId"))
            for (_, key), answer in self.bench.world.saved.items()
        }
        alive: Counter[str] = Counter()
        made = {
            (post.key, self.books()[book].journal.intent(number).observed)
            for post, book, number in self.owners
            if post.effect == "executed"
        }
        for key, observed in made:
            refund = refunds[saved[str(key)]]
            alive[observed] += refund.state != "Declined"
        for observed, count in alive.items():
            assert count <= 1 + self.given_up[observed], (observed, count)

    @invariant()
    def what_is_claimed_is_true(self) -> None:
        refunds = {r.id: r for r in self.bench.refunds()} if self.desks else {}
        executed = self.executed_for()
        for book, desk in self.books().items():
            for intent in desk.intents():
                count = executed[book, intent.id]
                if intent.result is not None:
                    refund = refunds[intent.result]
                    assert (refund.charge_id, refund.amount) == (CHARGE, intent.amount)
                if intent.state is State.DECLINED:
                    assert refunds[str(intent.result)].state == "Declined"
                elif intent.state is State.SETTLED:
                    assert refunds[str(intent.result)].state == "Refunded"
                elif intent.state is State.ABSORBED:
                    assert count == 0, "it was made by this very intent"
                elif intent.state in (State.REFUSED, State.NOT_SENT, State.STALE, State.CONFLICT):
                    assert count == 0, f"{intent.state}, and yet it was made"
                elif intent.state is State.ABANDONED and intent.human is None:
                    assert count == 0, "given up before it was sent, and yet it was made"
                if intent.never_left:
                    assert not [1 for _, b, n in self.owners if (b, n) == (book, intent.id)] or (
                        all(
                            post.status == 429
                            for post, b, n in self.owners
                            if (b, n) == (book, intent.id)
                        )
                    )

    @invariant()
    def what_is_open_blocks_and_what_can_still_arrive_comes_first(self) -> None:
        for desk in self.books().values():
            intents = desk.intents()
            holders = [intent for intent in intents if intent.state in OPEN_STATES]
            assert len(holders) <= 1
            for holder in holders:
                blocker = desk.journal.open_on(holder.scope, CHARGE)
                assert blocker is not None
                assert blocker.id == holder.id
            self.nothing_else_was_sent_beside(desk, intents)

    def nothing_else_was_sent_beside(self, desk: Desk, intents: list[Intent]) -> None:
        """While one decision can still be executed, no other one was armed."""
        spent = {intent.key for intent in intents if intent.result is not None}
        lines = desk.journal.entries()
        for intent in intents:
            loose = intent.is_open or (intent.can_retry and not intent.never_left)
            if not loose or intent.human == "next_key" or intent.key in spent:
                continue
            last = max(line.seq for line in lines if line.intent == intent.id)
            beside = [
                line
                for line in lines
                if line.kind == "arm" and line.intent != intent.id and line.seq > last
            ]
            assert beside == [], (intent.id, intent.state, beside)

    @invariant()
    def the_journals_verify(self) -> None:
        for desk in self.books().values():
            assert desk.journal.verify().problem is None

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
        self.a_decision_moves_money_once_at_most()
        self.nothing_is_paid_twice_for_the_same_total_seen()
        self.what_is_claimed_is_true()


TestOperators = Operators.TestCase
TestOperators.settings = settings(
    max_examples=LONG or 30,
    stateful_step_count=30 if LONG else 14,
    derandomize=not LONG,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

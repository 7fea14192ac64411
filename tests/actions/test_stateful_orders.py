"""All that can be done to one order, by two operators, while anything may go wrong.

As `test_stateful.py`, for capture, cancel, authorize, renew, close, update, complete and refund
on orders that they share; beside them a colleague in Seller Central does the same by hand.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action
from console.domain.ids import parse
from console.domain.intent import State
from console.simulator.errors import ApiError
from console.store.decisions import Intent
from tests.support.bench import ALSO_AUTHORIZED, AUTHORIZED, ROOMY, SESSION
from tests.support.operators import BROKEN, DESKS, SWITCHES, TIMES, Operators, of_effort

WRITES: Final = (
    "create_charge",
    "capture_charge",
    "cancel_charge",
    "create_refund",
    "close_charge_permission",
    "update_charge_permission",
    "complete_checkout_session",
)
FAULTS: Final = [
    *(f"{operation}:{fault}" for operation in WRITES for fault in BROKEN),
    "create_charge:wrong_amount",
    "capture_charge:wrong_amount",
    "create_charge:refuse:SoftDeclined,unsaved",
    "create_charge:refuse:ProcessingFailure",
    "create_charge:decline_now:HardDeclined",
    "create_charge:pending",
    "capture_charge:refuse:ProcessingFailure,unsaved",
    "capture_charge:decline_now",
    "capture_charge:pending",
    "capture_charge:decline",
    "cancel_charge:refuse:InvalidChargeStatus",
    "complete_checkout_session:refuse:ProcessingFailure,unsaved",
    "get_charge:error_before:x3",
    "get_charge_permission:error_before:x4",
    "get_checkout_session:error_before:x4",
]
CHARGES: Final = st.sampled_from([AUTHORIZED, AUTHORIZED, ALSO_AUTHORIZED])
REFERENCES: Final = st.sampled_from(["New-1", "New-2"])
# Each action is drawn as often as it stands here; what ends everything is rare.
STEPS: Final = [
    *["captures"] * 3,
    *["authorizes"] * 4,
    *["cancels"] * 2,
    *["renews"] * 3,
    *["refunds"] * 2,
    *["updates"] * 2,
    *["completes"] * 2,
    "closes",
    *["looks_and_plans"] * 2,
    *["confirms"] * 3,
    *["something_will_go_wrong"] * 6,
    *["recovers"] * 3,
    *["tries_again"] * 2,
    *["a_late_message_arrives"] * 2,
    *["time_passes"] * 2,
    *["somebody_acts_by_hand"] * 2,
    "says_what_happened",
    "gives_a_key_up",
    "watches",
    "starts_again",
    "all_is_well_again",
    "reads_lag",
]
NOTHING_CAME_OF_IT: Final = (State.REFUSED, State.NOT_SENT, State.CONFLICT)


class Orders(Operators):
    """Two operators at one order with two open authorizations, and at an open session."""

    @initialize(switches=SWITCHES)
    def start(self, switches: dict[str, Any]) -> None:
        self.begin(switches)

    def plan(self, name: str, action: str, target: str, **wish: Any) -> Coroutine[Any, Any, Plan]:
        engine = self.desks[name].engine
        return plan_action(engine, action, parse(target), Wish(reason="why", **wish))

    # --- what operators do ----------------------------------------------------------------------

    def captures(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(st.sampled_from(["40.00", "15.00"]))
        self.go(name, self.plan(name, "capture", data.draw(self.known()), amount=amount))

    def authorizes(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(st.sampled_from(["30.00", "30.00", "12.00"]))
        wish = {
            "capture_now": data.draw(st.booleans()),
            "pending_allowed": data.draw(st.booleans()),
        }
        self.go(name, self.plan(name, "authorize", ROOMY, amount=amount, **wish))

    def cancels(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        self.go(name, self.plan(name, "cancel", data.draw(self.known())))

    def renews(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        self.go(name, self.plan(name, "extend", data.draw(self.known())))

    def refunds(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        self.go(name, self.plan(name, "refund", data.draw(self.known()), amount="5.00"))

    def updates(self, data: st.DataObject) -> None:
        name, merchant = data.draw(DESKS), {"merchantReferenceId": data.draw(REFERENCES)}
        self.go(name, self.plan(name, "update", ROOMY, merchant=merchant))

    def completes(self, data: st.DataObject) -> None:
        name = data.draw(DESKS)
        self.go(name, self.plan(name, "complete", SESSION, amount="18.00"))

    def closes(self, data: st.DataObject) -> None:
        name, cancel = data.draw(DESKS), data.draw(st.booleans())
        self.go(name, self.plan(name, "close", ROOMY, cancel_pending=cancel))

    def looks_and_plans(self, data: st.DataObject) -> None:
        """A plan that is confirmed later, when the order may be another."""
        name, action = (
            data.draw(DESKS),
            data.draw(st.sampled_from(["capture", "authorize", "cancel"])),
        )
        target = ROOMY if action == "authorize" else data.draw(CHARGES)
        self.look_and_plan(name, self.plan(name, action, target, amount="12.00"))

    def known(self) -> st.SearchStrategy[str]:
        return st.sampled_from([charge.id for charge in self.bench.charges(ROOMY)])

    # --- what the world does --------------------------------------------------------------------

    def something_will_go_wrong(self, data: st.DataObject) -> None:
        fault, times = data.draw(st.sampled_from(FAULTS)), data.draw(st.sampled_from(TIMES))
        self.bench.fault(fault if ":x" in fault else fault + times)

    def somebody_acts_by_hand(self, data: st.DataObject) -> None:
        bench, charge = self.bench, data.draw(self.known())
        deeds: list[Callable[[], object]] = [
            lambda: bench.by_hand_capture(charge),
            lambda: bench.by_hand_cancel(charge),
            lambda: bench.by_hand_charge(ROOMY, "30.00"),
            lambda: bench.by_hand_update(ROOMY, "by hand"),
            lambda: bench.by_hand_complete(SESSION),
            lambda: bench.by_hand_close(ROOMY),
        ]
        deed = data.draw(st.sampled_from(deeds))
        with contextlib.suppress(ApiError):  # it is not possible any more
            deed()

    @rule(step=st.sampled_from(STEPS), data=st.data())
    def then(self, step: str, data: st.DataObject) -> None:
        getattr(self, step)(data)

    # --- what must hold --------------------------------------------------------------------------

    def what_happened_is_right(self) -> None:
        executed = self.executed_for()
        for book, intents in self.decisions.items():
            for intent in intents:
                count = executed[book, intent.id]
                # The same values can be written again; everything else happens once.
                assert count <= 1 or intent.operation == "update_charge_permission"
                self.its_end_is_true(intent, count)
        self.nothing_is_charged_twice_from_the_same_state()

    def its_end_is_true(self, intent: Intent, count: int) -> None:
        """What the journal says of a decision, against the server."""
        if intent.state in NOTHING_CAME_OF_IT:
            assert count == 0, f"{intent.state}, and yet it was done"
        elif intent.state is State.ABANDONED and intent.human is None:
            assert count == 0, "given up before it was sent, and yet it was done"
        elif intent.state in (State.STALE, State.ABSORBED) and _leaves_its_mark(intent):
            assert count == 0, f"{intent.state}, and yet it was done by this"
        elif intent.state in (State.SETTLED, State.DECLINED) and intent.human is None:
            self.it_is_so(intent)

    def it_is_so(self, intent: Intent) -> None:
        """A settled decision has the end that it wanted; a declined one a dead object."""
        check = getattr(self, f"_after_{intent.operation}", None)
        if check is not None:
            check(intent)

    def _after_cancel_charge(self, intent: Intent) -> None:
        assert self.bench.charge(intent.object).state == "Canceled"

    def _after_close_charge_permission(self, intent: Intent) -> None:
        assert self.bench.permission(intent.object).state == "Closed"

    def _after_complete_checkout_session(self, intent: Intent) -> None:
        assert self.bench.session(intent.object).state == "Completed"

    def _after_capture_charge(self, intent: Intent) -> None:
        charge = self.bench.charge(intent.object)
        if intent.state is State.DECLINED:
            assert charge.state in ("Declined", "Authorized")
        else:
            assert (charge.state, charge.captured) == ("Captured", intent.amount)

    def _after_create_charge(self, intent: Intent) -> None:
        charge = self.bench.charge(str(intent.result))
        assert (charge.permission_id, charge.amount) == (intent.object, intent.amount)
        if intent.state is State.DECLINED:
            assert charge.state in ("Declined", "Canceled")

    def nothing_is_charged_twice_from_the_same_state(self) -> None:
        """Of all charges that consoles made from one state that they saw, there is one at most."""
        made: Counter[tuple[str, str]] = Counter()
        keys = {
            (entry.key, self.decisions[book][number - 1].object,
             self.decisions[book][number - 1].observed)
            for entry, book, number in self.owners
            if entry.effect == "executed" and entry.operation == "create_charge"
        }  # fmt: skip
        made.update((obj, observed) for _, obj, observed in keys)
        for seen, count in made.items():
            assert count <= 1 + self.given_up[seen], (seen, count)


def _leaves_its_mark(intent: Intent) -> bool:
    """Whether its effect can't be written over: somebody's later update hides ours."""
    return intent.operation != "update_charge_permission"


class OrdersFromOneJournal(Orders):
    shared = True


class OrdersFromTwoJournals(Orders):
    shared = False


TestOneJournal = OrdersFromOneJournal.TestCase
TestTwoJournals = OrdersFromTwoJournals.TestCase
TestOneJournal.settings = TestTwoJournals.settings = of_effort(8)

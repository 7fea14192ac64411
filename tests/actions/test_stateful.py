"""Refunds of one charge: two operators, faults, foreign hands, late messages, crashes, restarts.

Hypothesis chooses what happens, under every setting of the simulator's switches; after each
step the journals and the server are compared. `pytest --thorough` searches 2,500 programs for
each of the two machines, `PAYCONSOLE_EXAMPLES` another number.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from console.domain.intent import State
from console.simulator.errors import ApiError
from tests.support.bench import CHARGE
from tests.support.operators import DESKS, SWITCHES, TIMES, Operators, of_effort

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
AMOUNTS = st.sampled_from(["10.00", "10.00", "4.00"])
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


class Refunds(Operators):
    """Two operators at one charge of 100.00 USD."""

    @initialize(switches=SWITCHES)
    def start(self, switches: dict[str, Any]) -> None:
        self.begin(switches)

    # --- what operators do, and the world --------------------------------------------------------

    def looks_and_plans(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(AMOUNTS)
        self.look_and_plan(name, self.desks[name].plan(amount))

    def refunds(self, data: st.DataObject) -> None:
        name, amount = data.draw(DESKS), data.draw(AMOUNTS)
        self.go(name, self.desks[name].plan(amount))

    def something_will_go_wrong(self, data: st.DataObject) -> None:
        fault, times = data.draw(st.sampled_from(FAULTS)), data.draw(st.sampled_from(TIMES))
        self.bench.fault(fault if ":x" in fault else fault + times)

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

    def what_happened_is_right(self) -> None:
        self.a_decision_moves_money_once_at_most()
        self.nothing_is_paid_twice_for_the_same_total_seen()
        self.what_is_claimed_is_true()

    def a_decision_moves_money_once_at_most(self) -> None:
        assert all(count == 1 for count in self.executed_for().values())

    def nothing_is_paid_twice_for_the_same_total_seen(self) -> None:
        """Of all refunds that consoles made from one total, one lives, or none."""
        refunds = {refund.id: refund for refund in self.bench.refunds()}
        saved = {
            key: str(answer.body.get("refundId"))
            for (_, key), answer in self.bench.world.saved.items()
        }
        alive: Counter[str] = Counter()
        made = {
            (post.key, self.decisions[book][number - 1].observed)
            for post, book, number in self.owners
            if post.effect == "executed"
        }
        for key, observed in made:
            refund = refunds[saved[str(key)]]
            alive[observed] += refund.state != "Declined"
        for observed, count in alive.items():
            assert count <= 1 + self.given_up[CHARGE, observed], (observed, count)

    def what_is_claimed_is_true(self) -> None:
        refunds = {r.id: r for r in self.bench.refunds()}
        executed = self.executed_for()
        for book, intents in self.decisions.items():
            for intent in intents:
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


class RefundsFromOneJournal(Refunds):
    shared = True


class RefundsFromTwoJournals(Refunds):
    shared = False


TestOneJournal = RefundsFromOneJournal.TestCase
TestTwoJournals = RefundsFromTwoJournals.TestCase
TestOneJournal.settings = TestTwoJournals.settings = of_effort(8)

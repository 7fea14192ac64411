"""A refund beside a dispute can pay the buyer twice: it needs a confirmation of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.confirmation import check_confirmation
from console.actions.outcome import Held, Result
from console.actions.plan import Wish
from console.actions.planning import plan_action
from console.domain.ids import parse
from console.domain.intent import State
from console.simulator.objects import Dispute
from console.store.index import Known
from tests.support.bench import CHARGE, ORDER, OTHER, Bench, Desk

pytestmark = pytest.mark.anyio

DISPUTE = f"{ORDER}-B031187"


def file_dispute(bench: Bench, state: str = "ActionRequired", charge: str = CHARGE) -> None:
    with bench.world.lock:
        now = bench.world.clock.now()
        amount = bench.world.charges[charge].latest.amount
        bench.world.put(Dispute(DISPUTE, charge, amount, now, now, state=state))


def know_dispute(desk: Desk, charge: str = CHARGE) -> None:
    """What a notification tells: that there is one, and not how it stands."""
    told = Known(DISPUTE, "dispute", charge, ORDER, None, None, "2026-01-01T00:00:00Z")
    desk.session.known.learn([told])


async def confirmed(desk: Desk, *, disputed: bool) -> Result:
    plan = await desk.plan()
    return (await desk.engine.perform(plan, plan.phrase, disputed=disputed)).result


async def test_a_disputed_charge_needs_its_own_word(bench: Bench, desk: Desk) -> None:
    file_dispute(bench)
    know_dispute(desk)
    plan = await desk.plan()
    assert any(DISPUTE in warning and "twice" in warning for warning in plan.warnings)
    with pytest.raises(Held) as held:
        await desk.engine.perform(plan, plan.phrase)
    assert DISPUTE in str(held.value)
    assert held.value.result is Result.BLOCKED
    assert "--disputed" in str(held.value.hint)
    assert bench.posts == []
    assert desk.intents() == []
    assert await confirmed(desk, disputed=True) is Result.ACCEPTED
    assert len(bench.executed) == 1


async def test_one_further_word_is_not_the_other(bench: Bench, desk: Desk) -> None:
    """More than was captured, on a disputed charge: both are asked for."""
    file_dispute(bench)
    know_dispute(desk)
    plan = await desk.plan("105.00")
    for given in ({}, {"above_captured": True}, {"disputed": True}):
        with pytest.raises(Held):
            check_confirmation(plan, plan.phrase, **given)
    with pytest.raises(Held):
        check_confirmation(plan, "yes", above_captured=True, disputed=True)
    check_confirmation(plan, plan.phrase, above_captured=True, disputed=True)
    assert bench.posts == []


@pytest.mark.parametrize("state", ["Resolved", "Closed"])
async def test_a_dispute_that_is_over_asks_for_nothing(
    bench: Bench, desk: Desk, state: str
) -> None:
    file_dispute(bench, state)
    know_dispute(desk)
    assert await confirmed(desk, disputed=False) is Result.ACCEPTED


async def test_a_state_that_is_not_known_counts_as_open(bench: Bench, desk: Desk) -> None:
    file_dispute(bench, "Escalated")
    know_dispute(desk)
    with pytest.raises(Held):
        await confirmed(desk, disputed=False)


async def test_another_charges_dispute_does_not_ask(bench: Bench, desk: Desk) -> None:
    file_dispute(bench, charge=OTHER)
    know_dispute(desk, OTHER)
    assert await confirmed(desk, disputed=False) is Result.ACCEPTED


async def test_a_dispute_that_cant_be_read_asks_as_an_open_one(bench: Bench, desk: Desk) -> None:
    file_dispute(bench, "Closed")
    know_dispute(desk)
    bench.fault("get_dispute:error_before:xalways")
    plan = await desk.plan()
    assert any("could not be read" in warning for warning in plan.warnings)
    with pytest.raises(Held):
        await desk.engine.perform(plan, plan.phrase)
    outcome = await desk.engine.perform(plan, plan.phrase, disputed=True)
    assert outcome.result is Result.ACCEPTED


async def test_a_dispute_that_appears_after_the_plan_stops_it(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan()
    file_dispute(bench)
    know_dispute(desk)
    outcome = await desk.engine.perform(plan, plan.phrase, disputed=True)
    assert outcome.result is Result.STALE
    assert any(DISPUTE in fact for fact in outcome.facts)
    assert bench.posts == []


async def test_a_dispute_that_changes_after_the_plan_stops_it(bench: Bench, desk: Desk) -> None:
    file_dispute(bench, "UnderReview")
    know_dispute(desk)
    plan = await desk.plan()
    file_dispute(bench, "ActionRequired")
    outcome = await desk.engine.perform(plan, plan.phrase, disputed=True)
    assert outcome.result is Result.STALE
    assert bench.posts == []


async def test_a_dispute_that_cant_be_read_again_sends_nothing(bench: Bench, desk: Desk) -> None:
    file_dispute(bench)
    know_dispute(desk)
    plan = await desk.plan()
    bench.fault("get_dispute:error_before:xalways")
    outcome = await desk.engine.perform(plan, plan.phrase, disputed=True)
    assert outcome.result is Result.NOT_SENT
    assert DISPUTE in outcome.message
    assert bench.posts == []


async def test_recovery_does_not_pay_beside_a_new_dispute(bench: Bench, desk: Desk) -> None:
    """The first request may never have arrived: asking again would make the refund now."""
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go()).result is Result.UNKNOWN
    bench.world.faults.clear()
    sent = len(bench.posts)
    file_dispute(bench)
    know_dispute(desk)
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert any(DISPUTE in fact for fact in outcome.facts)
    assert "--disputed" in str(outcome.hint)
    assert "--nobody-else" not in str(outcome.hint)
    assert len(bench.posts) == sent
    outcome = await desk.recover(desk.last.id, nobody_else=True)
    assert outcome.result is Result.UNKNOWN  # it is the answer to another question
    assert len(bench.posts) == sent
    outcome = await desk.recover(desk.last.id, disputed=True)
    assert outcome.result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_recovery_tells_of_moved_money_and_of_the_dispute_in_one_question(
    bench: Bench, desk: Desk
) -> None:
    """Each asks for a word of its own: neither answers the other."""
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go()).result is Result.UNKNOWN
    bench.world.faults.clear()
    sent = len(bench.posts)
    bench.by_hand("3.00")
    file_dispute(bench)
    know_dispute(desk)
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert any(DISPUTE in fact for fact in outcome.facts)
    assert any("refunded" in fact for fact in outcome.facts)
    assert "--nobody-else --disputed" in str(outcome.hint)
    for given, asked in (({"nobody_else": True}, DISPUTE), ({"disputed": True}, "refunded")):
        outcome = await desk.recover(desk.last.id, **given)
        assert outcome.result is Result.UNKNOWN
        assert any(asked in fact for fact in outcome.facts)
    assert len(bench.posts) == sent
    outcome = await desk.recover(desk.last.id, nobody_else=True, disputed=True)
    assert outcome.result is Result.ACCEPTED


async def test_recovery_goes_on_beside_a_dispute_that_was_confirmed(
    bench: Bench, desk: Desk
) -> None:
    file_dispute(bench)
    know_dispute(desk)
    bench.fault("create_refund:hang_up_before:xalways")
    assert await confirmed(desk, disputed=True) is Result.UNKNOWN
    bench.world.faults.clear()
    assert (await desk.recover()).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_an_intent_from_before_disputes_were_looked_at_asks_too(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    plan = await desk.plan()
    old = {part: seen for part, seen in plan.snapshot.data.items() if part != "disputes"}
    draft = replace(plan.draft, snapshot=old)
    await desk.engine.perform(replace(plan, draft=draft), plan.phrase)
    assert desk.last.state is State.UNKNOWN
    bench.world.faults.clear()
    file_dispute(bench)
    know_dispute(desk)
    assert (await desk.recover()).result is Result.UNKNOWN


async def test_a_disputes_id_leads_to_its_charge(bench: Bench, desk: Desk) -> None:
    """The order has two captured charges, so only the dispute itself can tell."""
    file_dispute(bench, charge=OTHER)
    plan = await plan_action(
        desk.engine, "refund", parse(DISPUTE), Wish(amount="1.00", reason="why")
    )
    assert plan.draft.object == OTHER
    outcome = await desk.engine.perform(plan, plan.phrase, disputed=True)
    assert outcome.result is Result.ACCEPTED

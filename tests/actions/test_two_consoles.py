"""Two operators at one order, with one journal and with none shared."""

from __future__ import annotations

import asyncio

import pytest

from console.actions.outcome import Held, Result
from console.actions.planning import plan_again
from console.actions.recovery import resolve_by_hand
from console.domain.intent import State
from console.simulator.switches import Switches
from tests.support.bench import OTHER, SEEN, Bench, until
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
SEEN_ANSWERS = pytest.mark.parametrize("answers", SEEN.values(), ids=SEEN)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])


@SHARED
@SEEN_ANSWERS
@pytest.mark.parametrize("second", ["10.00", "4.00"])
async def test_both_confirm_at_the_same_moment(bench: Bench, shared: bool, second: str) -> None:
    one, two = await bench.two(shared=shared)
    plans = await one.plan("10.00"), await two.plan(second)
    await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(bench.executed) == 1
    assert all(desk.sound() for desk in (one, two))


@SHARED
@SEEN_ANSWERS
@pytest.mark.parametrize("second", ["10.00", "4.00"])
async def test_one_confirms_after_the_other_from_a_screen_of_before(
    bench: Bench, shared: bool, second: str
) -> None:
    one, two = await bench.two(shared=shared)
    plan = await two.plan(second)
    assert (await one.go("10.00")).result is Result.ACCEPTED
    outcome = await two.perform(plan)
    assert len(bench.executed) == 1
    counted = bench.world.switches.refunded_counts_initiated
    if shared or counted:
        assert outcome.result is Result.STALE
        assert len(bench.posts) == 1
    elif second == "10.00":
        assert outcome.result in (Result.ABSORBED, Result.ACCEPTED)
    else:
        assert outcome.result is Result.CONFLICT
        assert "Yours was not made" in outcome.message


@pytest.mark.parametrize("answers", [Switches(refunded_counts_initiated=False)], ids=[""])
async def test_a_refund_of_before_our_look_was_absorbed(bench: Bench) -> None:
    """Amazon's own clock tells: it was made before we looked, so it is a colleague's."""
    one, two = await bench.two(shared=False)
    await one.go("10.00")
    bench.pass_time(15)
    outcome = await two.go("10.00")
    assert outcome.result is Result.ABSORBED
    assert "No new refund was made" in outcome.message
    assert two.states() == [State.ABSORBED]
    assert bench.paid() == "10.00 USD"
    # It counts here too now, once, so that a further one is a further one.
    assert (await two.go("10.00")).result is Result.ACCEPTED
    assert two.last.observed == "10.00 USD"
    assert bench.paid() == "20.00 USD"


async def test_a_colleagues_refund_between_our_refusal_and_our_second_try_was_absorbed(
    bench: Bench,
) -> None:
    """The refused attempt can't have made it, so the clock of the second try's look decides."""
    one, two = await bench.two(shared=False)
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await one.go("10.00")
    bench.pass_time(300)
    assert (await two.go("10.00")).result is Result.ACCEPTED
    bench.pass_time(300)
    assert (await one.again(1)).result is Result.ABSORBED
    assert bench.paid() == "10.00 USD"


async def test_a_refund_of_our_own_lost_attempt_was_not_absorbed(bench: Bench) -> None:
    """However long ago it was: an attempt without an answer may have made it."""
    desk = await bench.desk()
    bench.fault("create_refund:hang_up_after:x4")
    await desk.go("10.00")
    bench.pass_time(300)
    await resolve_by_hand(desk.engine, 1, happened=False, evidence="not there")
    assert (await desk.again(1)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize(
    "answers",
    [Switches(refunded_counts_initiated=False), Switches(read_lag=3600.0)],
    ids=["not counted", "lag"],
)
async def test_an_absorbed_refund_that_is_declined_opens_the_next_generation(
    bench: Bench,
) -> None:
    one, two = await bench.two(shared=False)
    bench.fault("create_refund:decline")
    await one.go("10.00")
    bench.pass_time(15)
    assert (await two.go("10.00")).result is Result.ABSORBED
    bench.pass_time(30)
    bench.switch(read_lag=0.0)
    assert (await two.go("10.00")).result is Result.ACCEPTED
    assert two.states() == [State.DECLINED, State.ACCEPTED]
    assert two.last.generation == 1
    assert bench.paid() == "10.00 USD"


@SHARED
async def test_lag_hides_the_others_refund_and_it_is_still_made_once(
    bench: Bench, shared: bool
) -> None:
    bench.switch(read_lag=3600.0)
    one, two = await bench.two(shared=shared)
    await one.go("10.00")
    outcome = await two.go("10.00")
    if shared:  # the journal's sum is the floor: an honest second one
        assert (outcome.result, two.last.observed) == (Result.ACCEPTED, "10.00 USD")
        assert bench.paid() == "20.00 USD"
    else:
        assert outcome.result in (Result.ABSORBED, Result.ACCEPTED)
        assert bench.paid() == "10.00 USD"


async def test_while_one_is_at_work_the_other_can_not_even_plan(bench: Bench) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:delay:1.5")
    sending = asyncio.create_task(one.go("10.00"))
    await until(lambda: bench.posts)
    with pytest.raises(Held, match="is open on this order"):
        await two.plan("10.00")
    assert (await two.go("5.00", OTHER)).result is Result.ACCEPTED
    assert (await sending).result is Result.ACCEPTED
    assert (bench.paid(), bench.paid(OTHER)) == ("10.00 USD", "5.00 USD")


async def test_both_try_the_same_refused_decision_again(bench: Bench) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await one.go("10.00")
    plans = await plan_again(one.engine, 1, "a"), await plan_again(two.engine, 1, "b")
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert sorted(outcome.result for outcome in outcomes) in (
        [Result.ACCEPTED, Result.BLOCKED],
        [Result.ACCEPTED, Result.STALE],
    )
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=[""])
async def test_a_colleagues_saved_refusal_of_another_amount_is_held_and_said(
    bench: Bench,
) -> None:
    """A lag can't be told from a saved refusal under the key."""
    one, two = await bench.two(shared=False)
    bench.fault("create_refund:refuse:AmazonRejected")
    await one.go("10.00")
    outcome = await two.go("4.00")
    assert outcome.result is Result.CONFLICT
    assert "it may lag, or that request was refused" in outcome.message
    assert bench.paid() == "0.00 USD"


async def test_recovering_in_both_at_once_sends_once(bench: Bench) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:hang_up_before:xalways")
    await one.go("10.00")
    bench.world.faults.clear()
    bench.fault("create_refund:delay:0.1")
    sent = len(bench.posts)
    outcomes = await asyncio.gather(one.recover(), two.recover())
    assert sorted(outcome.result for outcome in outcomes) == [Result.ACCEPTED, Result.BLOCKED]
    assert len(bench.posts) == sent + 1
    assert one.sound()

"""Completing a checkout session that the shop left open."""

from __future__ import annotations

import asyncio
import json

import pytest

from console.actions.outcome import Held, Result
from console.domain.intent import State
from console.domain.limits import CHECKOUT_SESSION_OPEN
from tests.support.acts import die_in_sending
from tests.support.bench import (
    EITHER,
    ROOMY,
    SESSION,
    SESSION_CAPTURE,
    SESSION_PENDING,
    Bench,
    Desk,
    ended_process,
    watch,
)

pytestmark = pytest.mark.anyio
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])


@EITHER_ANSWER
@pytest.mark.parametrize(
    ("session", "amount", "state"),
    [(SESSION, "18.00", "Authorized"), (SESSION_CAPTURE, "19.00", "Captured")],
)
async def test_a_session_is_completed_once_and_says_what_its_charge_is(
    bench: Bench, desk: Desk, session: str, amount: str, state: str
) -> None:
    plan = await desk.planned("complete", session, amount=amount)
    assert plan.phrase == f"{amount} USD"
    outcome = await desk.perform(plan)
    assert (outcome.result, outcome.pending) == (Result.ACCEPTED, False)
    assert f"{desk.last.result}, {state}." in outcome.message
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    [sent] = bench.done("complete_checkout_session")
    assert json.loads(sent.body) == {"chargeAmount": {"amount": amount, "currencyCode": "USD"}}
    assert bench.session(session).charge_id == desk.last.result
    with pytest.raises(Held, match="Completed already") as held:
        await desk.planned("complete", session, amount=amount)
    assert held.value.result is Result.ALREADY_SO


@EITHER_ANSWER
@pytest.mark.parametrize("end", ["Authorized", "Declined"])
async def test_a_pending_one_is_accepted_and_watched_until_it_is_settled(
    bench: Bench, desk: Desk, end: str
) -> None:
    if end == "Declined":
        bench.fault("complete_checkout_session:decline:SoftDeclined")
    outcome = await desk.do("complete", SESSION_PENDING, amount="20.00")
    assert (outcome.result, outcome.pending) == (Result.ACCEPTED, True)
    assert "pending" in outcome.message
    assert desk.last.state is State.ACCEPTED
    bench.pass_time(60)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is (State.SETTLED if end == "Authorized" else State.DECLINED)


async def test_a_pending_one_is_not_called_done_while_its_charge_can_not_be_read(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("get_charge:error_before:xalways")
    outcome = await desk.do("complete", SESSION_PENDING, amount="20.00")
    assert outcome.result is Result.ACCEPTED
    assert desk.last.state is State.ACCEPTED
    bench.world.faults.clear()
    assert (await watch(desk.engine, desk.last)).state is State.ACCEPTED
    bench.pass_time(60)
    assert (await watch(desk.engine, desk.last)).state is State.SETTLED


async def test_another_amount_than_the_agreed_one_is_explained_and_not_sent(
    bench: Bench, desk: Desk
) -> None:
    with pytest.raises(Held, match=r"The buyer agreed to 18\.00 USD") as held:
        await desk.planned("complete", SESSION, amount="17.00")
    assert held.value.hint is not None
    assert "--amount 18.00" in held.value.hint
    with pytest.raises(Held, match="no checkout session"):
        await desk.planned("complete", ROOMY, amount="18.00")
    assert bench.writes("complete_checkout_session") == []


async def test_a_session_that_was_open_too_long_can_not_be_completed(
    bench: Bench, desk: Desk
) -> None:
    bench.pass_time(CHECKOUT_SESSION_OPEN.total_seconds() + 60)
    with pytest.raises(Held, match="this one is Canceled"):
        await desk.planned("complete", SESSION, amount="18.00")


@EITHER_ANSWER
@pytest.mark.parametrize("how", ["completed", "canceled"])
async def test_a_stale_screen_sends_nothing(bench: Bench, desk: Desk, how: str) -> None:
    plan = await desk.planned("complete", SESSION, amount="18.00")
    if how == "completed":
        bench.by_hand_complete()
    else:
        bench.pass_time(CHECKOUT_SESSION_OPEN.total_seconds() + 60)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert any(f"now {how.capitalize()}" in fact for fact in outcome.facts)
    assert bench.writes("complete_checkout_session") == []


@EITHER_ANSWER
@pytest.mark.parametrize("lost", [True, False])
async def test_the_shop_that_completes_it_first_is_told_apart_as_far_as_that_goes(
    bench: Bench, desk: Desk, lost: bool
) -> None:
    if lost:
        bench.fault("complete_checkout_session:hang_up_before")
    bench.fault("complete_checkout_session:foreign_complete")
    outcome = await desk.do("complete", SESSION, amount="18.00")
    assert len(bench.done("complete_checkout_session")) == 0
    charge = bench.session().charge_id
    if lost:  # its key need not be kept by Amazon, so it may have been ours
        assert (outcome.result, desk.last.result) == (Result.ACCEPTED, charge)
        assert "probably by this" in outcome.message
    else:
        assert outcome.result is Result.ALREADY_SO
        assert "not by this complete" in outcome.message


async def test_a_pending_one_that_only_a_read_proves_is_still_watched(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("complete_checkout_session:hang_up_before")
    bench.fault("complete_checkout_session:foreign_complete")
    assert (await desk.do("complete", SESSION_PENDING, amount="20.00")).result is Result.ACCEPTED
    assert desk.last.state is State.ACCEPTED
    bench.pass_time(60)
    assert (await watch(desk.engine, desk.last)).state is State.SETTLED


@EITHER_ANSWER
@pytest.mark.parametrize("executed", [True, False])
async def test_after_a_crash_it_is_replayed_without_asking(bench: Bench, executed: bool) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("complete", SESSION, amount="18.00")
    await die_in_sending(dead, plan, executed=executed)
    desk = await bench.desk()
    assert (await desk.recover()).result is Result.ACCEPTED
    assert len(bench.done("complete_checkout_session")) == 1
    assert desk.last.result == bench.session().charge_id


async def test_after_a_crash_a_session_that_expired_is_stale(bench: Bench) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("complete", SESSION, amount="18.00")
    await die_in_sending(dead, plan, executed=False)
    bench.pass_time(CHECKOUT_SESSION_OPEN.total_seconds() + 60)
    desk = await bench.desk()
    outcome = await desk.recover()
    assert outcome.result is Result.STALE
    assert "has to check out again" in outcome.message


@SHARED
@EITHER_ANSWER
async def test_two_consoles_complete_it_once(bench: Bench, shared: bool) -> None:
    one, two = await bench.two(shared=shared)
    plans = [await desk.planned("complete", SESSION, amount="18.00") for desk in (one, two)]
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(bench.done("complete_checkout_session")) == 1
    assert Result.ACCEPTED in {outcome.result for outcome in outcomes}


async def test_a_read_that_lags_is_not_believed_over_the_answer(bench: Bench, desk: Desk) -> None:
    bench.switch(read_lag=600.0)
    outcome = await desk.do("complete", SESSION, amount="18.00")
    assert outcome.result is Result.ACCEPTED
    assert "Open" not in outcome.message
    assert desk.last.state is State.ACCEPTED
    bench.switch(read_lag=0.0)
    assert (await watch(desk.engine, desk.last)).state is State.SETTLED

"""DELETE and PATCH have no keys: what a read proves, and what is never sent blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from console.actions.outcome import Held, Outcome, Result
from console.domain.intent import State
from console.store.decisions import Intent
from tests.support.acts import UNKEYED, Act, die_in_sending
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    EITHER,
    ROOMY,
    Bench,
    Desk,
    ended_process,
)
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
EVERY_ACT = pytest.mark.parametrize("act", UNKEYED.values(), ids=UNKEYED)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
UPDATE = "update_charge_permission"
REFERENCE: Mapping[str, str] = {"merchantReferenceId": "New-1"}


async def rename(desk: Desk) -> Outcome:
    return await desk.do("update", ROOMY, merchant=REFERENCE)


def reference(bench: Bench) -> str:
    return str(bench.permission().merchant["merchantReferenceId"])


# --- no key, no blind repetition -----------------------------------------------------------------


@EVERY_ACT
async def test_it_carries_no_key_and_says_so(bench: Bench, desk: Desk, act: Act) -> None:
    plan = await act.plan(desk)
    assert plan.draft.key is None
    outcome = await desk.perform(plan)
    assert outcome.idempotency_key is None
    [sent] = bench.writes(act.operation)
    assert sent.key is None


@EVERY_ACT
async def test_while_the_order_can_not_be_read_it_is_sent_once_only(
    bench: Bench, desk: Desk, act: Act
) -> None:
    plan = await act.plan(desk)
    read = "get_charge" if act.action == "cancel" else "get_charge_permission"
    bench.fault(f"{act.operation}:hang_up_before:xalways", f"{read}:error_before:xalways:after1")
    outcome = await desk.perform(plan)
    assert outcome.result is Result.UNKNOWN
    assert len(bench.writes(act.operation)) == 1
    assert outcome.hint is not None
    assert "with the same key" not in outcome.hint
    assert (await desk.recover()).result is Result.UNKNOWN
    assert len(bench.writes(act.operation)) == 1
    bench.world.faults.clear()
    assert (await desk.recover()).result is Result.ACCEPTED
    assert len(bench.done(act.operation)) == 1


@EVERY_ACT
async def test_a_read_that_fails_once_between_attempts_delays_the_next(
    bench: Bench, desk: Desk, act: Act
) -> None:
    plan = await act.plan(desk)
    read = "get_charge" if act.action == "cancel" else "get_charge_permission"
    bench.fault(f"{act.operation}:hang_up_before", f"{read}:error_before:x4:after1")
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    assert len(bench.done(act.operation)) == 1


async def test_the_last_attempt_is_looked_at_too(bench: Bench, desk: Desk) -> None:
    bench.fault("cancel_charge:hang_up_before:x3", "cancel_charge:hang_up_after")
    outcome = await desk.do("cancel", AUTHORIZED)
    assert outcome.result is Result.ACCEPTED
    assert "probably by this" in outcome.message
    assert len(bench.writes("cancel_charge")) == 4


@EITHER_ANSWER
@EVERY_ACT
async def test_after_a_throttled_attempt_it_is_looked_at_before_it_is_sent_again(
    bench: Bench, desk: Desk, act: Act
) -> None:
    """The lost first attempt arrives while we wait out the throttle: nothing more is sent."""
    desk = await bench.desk("three", waits=(0.02, 0.6))
    bench.fault(f"{act.operation}:late:0.3", f"{act.operation}:throttle")
    outcome = await act.go(desk)
    assert outcome.result is Result.ACCEPTED
    assert "probably by this" in outcome.message
    assert [sent.effect for sent in bench.writes(act.operation)].count("executed") == 1
    assert len(bench.writes(act.operation)) == 2


# --- whose it was --------------------------------------------------------------------------------

BY_HAND: dict[str, Callable[[Bench], object]] = {
    "cancel": lambda b: b.by_hand_cancel(AUTHORIZED),
    "close": lambda b: b.by_hand_close(ROOMY),
    "close and cancel": lambda b: b.by_hand_close(ROOMY, cancel_pending=True),
    "update": lambda b: b.by_hand_update(ROOMY, "New-1"),
}


@EITHER_ANSWER
@pytest.mark.parametrize("name", BY_HAND)
async def test_after_a_crash_the_wanted_state_is_probably_ours_and_nothing_is_sent(
    bench: Bench, name: str
) -> None:
    act = UNKEYED[name]
    dead = await bench.desk(owner=ended_process())
    await die_in_sending(dead, await act.plan(dead), executed=True)
    sent = len(bench.writes(act.operation))
    desk = await bench.desk()
    outcome = await desk.recover()
    assert outcome.result is Result.ACCEPTED
    assert "probably by this" in outcome.message
    assert len(bench.writes(act.operation)) == sent
    assert desk.states() == [State.SETTLED]


@pytest.mark.parametrize("name", ["cancel", "close"])
async def test_after_a_crash_the_wanted_state_for_another_reason_is_not_ours(
    bench: Bench, name: str
) -> None:
    act = UNKEYED[name]
    dead = await bench.desk(owner=ended_process())
    await die_in_sending(dead, await act.plan(dead), executed=False)
    if name == "cancel":
        bench.change_charge(AUTHORIZED, state="Canceled", reason="BuyerCanceled")
    else:
        bench.change_permission(ROOMY, state="Closed", reasons=("BuyerCanceled",))
    desk = await bench.desk()
    outcome = await desk.recover()
    assert outcome.result is Result.ALREADY_SO
    assert f"not by this {act.action}" in outcome.message
    assert bench.writes(act.operation) == []
    assert desk.states() == [State.ABSORBED]


@EITHER_ANSWER
@pytest.mark.parametrize("name", ["cancel", "close", "close and cancel"])
async def test_a_colleague_between_our_look_and_our_request_is_already_so(
    bench: Bench, desk: Desk, name: str
) -> None:
    act = UNKEYED[name]
    pending = ":pending" if name == "close and cancel" else ""
    foreign = "foreign_cancel" if name == "cancel" else f"foreign_close{pending}"
    bench.fault(f"{act.operation}:{foreign}")
    outcome = await act.go(desk)
    assert bench.done(act.operation) == []
    switch = "repeated_cancel" if name == "cancel" else "repeated_close"
    if getattr(bench.world.switches, switch) == 422:
        assert outcome.result is Result.ALREADY_SO
        assert "Nothing was changed by it" in outcome.message


# --- PATCH: before, wanted, or a third value -----------------------------------------------------


@EITHER_ANSWER
async def test_a_third_value_is_stale_and_is_not_written_over(bench: Bench, desk: Desk) -> None:
    bench.fault(f"{UPDATE}:hang_up_before", f"{UPDATE}:foreign_update:theirs")
    outcome = await rename(desk)
    assert outcome.result is Result.STALE
    assert "merchantReferenceId theirs" in outcome.message
    assert "last one who writes wins" in outcome.message
    assert "if it is only late, it still writes" in outcome.message
    assert (reference(bench), len(bench.writes(UPDATE))) == ("theirs", 1)


@EITHER_ANSWER
async def test_a_value_that_somebody_wrote_over_ours_is_told_as_that(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{UPDATE}:hang_up_after", f"{UPDATE}:foreign_update:theirs:then")
    outcome = await rename(desk)
    assert outcome.result is Result.STALE
    assert "theirs" in outcome.message
    assert (reference(bench), len(bench.writes(UPDATE))) == ("theirs", 1)


@EITHER_ANSWER
async def test_an_answered_update_that_was_written_over_at_once_is_accepted_and_shown(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{UPDATE}:foreign_update:theirs:then")
    outcome = await rename(desk)
    assert outcome.result is Result.ACCEPTED
    assert "merchant merchantReferenceId: Bench-4, now theirs" in outcome.facts


@EITHER_ANSWER
async def test_while_it_is_as_before_it_is_sent_again(bench: Bench, desk: Desk) -> None:
    bench.fault(f"{UPDATE}:hang_up_before:x2")
    assert (await rename(desk)).result is Result.ACCEPTED
    assert (reference(bench), len(bench.writes(UPDATE))) == ("New-1", 3)


@EITHER_ANSWER
@pytest.mark.parametrize(
    ("value", "result"), [("theirs", "stale"), ("New-1", "accepted"), ("Bench-4", "accepted")]
)
async def test_after_a_crash_the_value_decides(bench: Bench, value: str, result: str) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("update", ROOMY, merchant=REFERENCE)
    await die_in_sending(dead, plan, executed=False)
    bench.by_hand_update(ROOMY, value)
    desk = await bench.desk()
    outcome = await desk.recover()
    assert outcome.result == result
    assert len(bench.writes(UPDATE)) == (1 if value == "Bench-4" else 0)
    assert reference(bench) == ("theirs" if value == "theirs" else "New-1")


async def test_what_is_tried_again_goes_by_what_was_seen_last(bench: Bench, desk: Desk) -> None:
    """Not by what was seen when it was first decided: that value is a third one by now."""
    bench.fault(f"{UPDATE}:refuse:InvalidParameterValue")
    assert (await rename(desk)).result is Result.REFUSED
    bench.by_hand_update(ROOMY, "theirs")
    bench.fault(f"{UPDATE}:hang_up_before")
    outcome = await rename(desk)
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    assert reference(bench) == "New-1"


async def test_a_close_that_is_tried_again_minds_the_charges_of_now(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("close_charge_permission:refuse:InvalidParameterValue")
    await desk.do("close", ROOMY, cancel_pending=True)
    await desk.planned("cancel", AUTHORIZED)  # known from now on
    bench.fault("close_charge_permission:hang_up_before", "close_charge_permission:foreign_close")
    outcome = await desk.do("close", ROOMY, cancel_pending=True)
    assert outcome.result is Result.STALE
    assert f"{AUTHORIZED} stayed open" in outcome.message


@EITHER_ANSWER
async def test_a_read_that_lags_behind_a_lost_update_is_harmless_and_no_lie(
    bench: Bench, desk: Desk
) -> None:
    """It shows the value of before, so the same value is written once more."""
    bench.switch(read_lag=3600.0)
    bench.fault(f"{UPDATE}:hang_up_after")
    outcome = await rename(desk)
    assert outcome.result is Result.ACCEPTED
    assert outcome.message == f"Charge permission {ROOMY} has the new values."
    assert reference(bench) == "New-1"


@EITHER_ANSWER
async def test_a_read_that_lags_behind_a_lost_close_is_unknown_or_answered(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(read_lag=3600.0)
    bench.fault("close_charge_permission:hang_up_after")
    outcome = await desk.do("close", ROOMY)
    again = bench.world.switches.repeated_close
    assert outcome.result is (Result.ACCEPTED if again == 200 else Result.UNKNOWN)
    assert len(bench.done("close_charge_permission")) == 1
    bench.switch(read_lag=0.0)
    if again == 422:
        assert (await desk.recover()).result is Result.ACCEPTED


# --- a state that this console doesn't know ------------------------------------------------------


@pytest.mark.parametrize("name", ["cancel", "close"])
async def test_a_state_that_nobody_knows_stays_unknown_until_a_person_looks(
    bench: Bench, name: str
) -> None:
    act = UNKEYED[name]
    dead = await bench.desk(owner=ended_process())
    await die_in_sending(dead, await act.plan(dead), executed=False)
    bench.change_charge(AUTHORIZED, state="Frozen")
    bench.change_permission(ROOMY, state="Frozen")
    desk = await bench.desk()
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert "doesn't know" in outcome.message
    assert bench.writes(act.operation) == []


# --- two consoles --------------------------------------------------------------------------------


@EITHER_ANSWER
@SHARED
@pytest.mark.parametrize("name", ["cancel", "close", "close and cancel"])
async def test_two_consoles_one_after_the_other_from_a_screen_of_before(
    bench: Bench, shared: bool, name: str
) -> None:
    act = UNKEYED[name]
    one, two = await bench.two(shared=shared)
    plan = await act.plan(two)
    assert (await act.go(one)).result is Result.ACCEPTED
    outcome = await two.perform(plan)
    assert outcome.result is Result.STALE
    assert len(bench.writes(act.operation)) == 1
    with pytest.raises(Held) as held:
        await act.plan(two)
    assert held.value.result is Result.ALREADY_SO


@EITHER_ANSWER
@SHARED
async def test_two_updates_at_once_end_with_one_of_the_two_values(
    bench: Bench, shared: bool
) -> None:
    one, two = await bench.two(shared=shared)
    plans = [
        await desk.planned("update", ROOMY, merchant={"merchantReferenceId": value})
        for desk, value in ((one, "A"), (two, "B"))
    ]
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    results = [outcome.result for outcome in outcomes]
    assert Result.ACCEPTED in results
    assert reference(bench) in ("A", "B")
    if results.count(Result.ACCEPTED) == 1:
        assert reference(bench) == ("A" if results[0] is Result.ACCEPTED else "B")


@EVERY_ACT
async def test_recovering_in_both_at_once_sends_once(bench: Bench, act: Act) -> None:
    one, two = await bench.two(shared=True)
    bench.fault(f"{act.operation}:hang_up_before:xalways")
    await act.go(one)
    bench.world.faults.clear()
    bench.fault(f"{act.operation}:delay:0.2")
    sent = len(bench.writes(act.operation))
    outcomes = await asyncio.gather(one.recover(), two.recover())
    assert sorted(outcome.result for outcome in outcomes) == [Result.ACCEPTED, Result.BLOCKED]
    assert len(bench.writes(act.operation)) == sent + 1


async def test_the_journal_tells_what_was_tried_without_a_key(bench: Bench, desk: Desk) -> None:
    bench.fault("cancel_charge:hang_up_after")
    await desk.do("cancel", ALSO_AUTHORIZED)
    last: Intent = desk.last
    assert desk.kinds(last.id) == ["reserve", "reread", "arm", "lose", "accept", "settle"]
    lines = desk.journal.entries(intent=last.id)
    assert lines[-2].data["said"] == "seen as wanted, probably by us"
    assert desk.sound()

"""Capture and cancel: the two ends of an authorization, and who gets there first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from console.actions.outcome import Held, Result
from console.domain.intent import State
from console.domain.money import AmountError
from tests.support.acts import die_in_sending
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    CLOSED_CHARGE,
    EITHER,
    OLD_AUTHORIZED,
    ORDER,
    PENDING,
    ROOMY,
    SUBSCRIBED,
    SUBSCRIPTION,
    Bench,
    Desk,
    ended_process,
    watch,
)
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])


# --- what is done, and what is said of it --------------------------------------------------------


@EITHER_ANSWER
@pytest.mark.parametrize("amount", ["60.00", "25.00"])
async def test_a_capture_is_made_once_and_settled_with_its_answer(
    bench: Bench, desk: Desk, amount: str
) -> None:
    plan = await desk.planned("capture", AUTHORIZED, amount=amount)
    assert plan.phrase == f"{amount} USD"
    outcome = await desk.perform(plan)
    assert outcome.result is Result.ACCEPTED
    assert not outcome.pending
    assert f"Charge {AUTHORIZED} is Captured, over {amount} USD." in outcome.message
    assert "charge state: Authorized, now Captured" in outcome.facts
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    [sent] = bench.done("capture_charge")
    assert json.loads(sent.body) == {"captureAmount": {"amount": amount, "currencyCode": "USD"}}
    assert str(bench.charge().captured) == f"{amount} USD"
    assert desk.last.result == AUTHORIZED


async def test_a_capture_in_part_says_what_is_lost(desk: Desk) -> None:
    plan = await desk.planned("capture", AUTHORIZED, amount="25.00")
    assert any("the other 35.00 USD" in warning for warning in plan.warnings)
    assert ("released", "35.00 USD, back to the buyer") in plan.words.facts


@EITHER_ANSWER
@pytest.mark.parametrize("end", ["Captured", "Declined"])
async def test_a_late_capture_is_initiated_and_watched_to_its_end(
    bench: Bench, desk: Desk, end: str
) -> None:
    if end == "Declined":
        bench.fault("capture_charge:decline:AmazonRejected")
    plan = await desk.planned("capture", OLD_AUTHORIZED, amount="25.00")
    assert any("10 days ago" in warning for warning in plan.warnings)
    outcome = await desk.perform(plan)
    assert (outcome.result, outcome.pending) == (Result.ACCEPTED, True)
    assert "it is not done" in outcome.message
    assert desk.last.state is State.ACCEPTED
    bench.pass_time(60)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is (State.SETTLED if end == "Captured" else State.DECLINED)


@pytest.mark.parametrize("declined", ["Authorized", "Declined"])
async def test_a_capture_that_is_declined_at_once_is_refused_with_its_reason(
    bench: Bench, desk: Desk, declined: str
) -> None:
    bench.switch(declined_capture=declined)
    bench.fault("capture_charge:decline_now:AmazonRejected")
    outcome = await desk.do("capture", AUTHORIZED, amount="60.00")
    assert (outcome.result, outcome.code) == (Result.REFUSED, "AmazonRejected")
    assert len(bench.writes("capture_charge")) == 1
    if declined == "Declined":
        assert "charge state: Authorized, now Declined" in outcome.facts
        with pytest.raises(Held, match="The charge was declined"):  # a dead one is not tried again
            await desk.planned("capture", AUTHORIZED, amount="60.00")


@EITHER_ANSWER
@pytest.mark.parametrize("charge", [AUTHORIZED, PENDING])
async def test_a_cancel_is_made_once_and_says_so(bench: Bench, desk: Desk, charge: str) -> None:
    outcome = await desk.do("cancel", charge)
    assert outcome.result is Result.ACCEPTED
    assert outcome.message == (
        f"Charge {charge} is Canceled: nothing is reserved with the buyer for it."
    )
    assert any(fact.endswith("now Canceled") for fact in outcome.facts)
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    assert bench.charge(charge).reason == "MerchantCanceled"
    assert desk.last.key is None
    assert bench.done("cancel_charge")[0].key is None


@pytest.mark.parametrize("action", ["capture", "cancel"])
@pytest.mark.parametrize("pasted", [AUTHORIZED, AUTHORIZED.replace("-C", "-A")])
async def test_every_form_of_its_id_leads_to_the_charge(
    desk: Desk, action: str, pasted: str
) -> None:
    plan = await desk.planned(action, pasted, amount="60.00")
    assert (plan.draft.object, plan.draft.scope) == (AUTHORIZED, ROOMY)


@pytest.mark.parametrize("action", ["capture", "cancel"])
async def test_an_order_leads_to_its_only_open_charge_and_several_are_not_guessed_about(
    desk: Desk, action: str
) -> None:
    for charge in (AUTHORIZED, ALSO_AUTHORIZED, SUBSCRIBED):  # Amazon lists none
        await desk.planned("cancel", charge)
    with pytest.raises(Held, match="several") as held:
        await desk.planned(action, ROOMY, amount="5.00")
    assert AUTHORIZED in str(held.value)
    assert ALSO_AUTHORIZED in str(held.value)
    plan = await desk.planned(action, SUBSCRIPTION, amount="5.00")
    assert (plan.draft.object, plan.draft.scope) == (SUBSCRIBED, SUBSCRIPTION)


# --- what is not allowed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "charge", "why"),
    [
        ("capture", CHARGE, "captured already"),
        ("capture", PENDING, "still pending"),
        ("capture", CLOSED_CHARGE, "captured already"),
        ("cancel", CHARGE, "refund it instead"),
    ],
)
async def test_what_its_state_forbids_says_why(
    bench: Bench, desk: Desk, action: str, charge: str, why: str
) -> None:
    with pytest.raises(Held, match=why) as held:
        await desk.planned(action, charge, amount="1.00")
    assert held.value.result is Result.BLOCKED
    assert desk.intents() == []


@pytest.mark.parametrize(
    ("state", "capture", "cancel"),
    [
        ("CaptureInitiated", "has already begun", "wait for it, then refund"),
        ("Canceled", "Only a new one can collect", None),
        ("Declined", "Only a new one can collect", "nothing is reserved"),
        ("Frozen", "doesn't know", "doesn't know"),
    ],
)
async def test_every_other_state_says_why(
    bench: Bench, desk: Desk, state: str, capture: str, cancel: str | None
) -> None:
    bench.change_charge(AUTHORIZED, state=state)
    with pytest.raises(Held, match=capture):
        await desk.planned("capture", AUTHORIZED, amount="60.00")
    with pytest.raises(Held, match=cancel or "Canceled already") as held:
        await desk.planned("cancel", AUTHORIZED)
    assert (held.value.result is Result.ALREADY_SO) == (cancel is None)


async def test_an_expired_authorization_and_too_much_are_not_captured(
    bench: Bench, desk: Desk
) -> None:
    with pytest.raises(Held, match="more than was authorized") as held:
        await desk.planned("capture", AUTHORIZED, amount="60.01")
    assert held.value.hint
    for wrong in ("", "0", "-1", "ten", "1.001"):
        with pytest.raises(AmountError):
            await desk.planned("capture", AUTHORIZED, amount=wrong)
    bench.change_charge(AUTHORIZED, expires=bench.world.clock.now() - timedelta(days=1))
    with pytest.raises(Held, match="expired"):
        await desk.planned("capture", AUTHORIZED, amount="60.00")


async def test_what_was_captured_or_canceled_already_is_already_so(
    bench: Bench, desk: Desk
) -> None:
    bench.by_hand_capture(AUTHORIZED)
    bench.by_hand_cancel(ALSO_AUTHORIZED)
    asked: list[tuple[str, str, Mapping[str, str]]] = [
        ("capture", AUTHORIZED, {"amount": "60.00"}),
        ("cancel", ALSO_AUTHORIZED, {}),
    ]
    for action, charge, wish in asked:
        with pytest.raises(Held, match="already") as held:
            await desk.planned(action, charge, **wish)
        assert held.value.result is Result.ALREADY_SO
    with pytest.raises(Held) as held:  # another amount than the captured one is no such thing
        await desk.planned("capture", AUTHORIZED, amount="59.00")
    assert held.value.result is Result.BLOCKED
    assert desk.intents() == []


# --- a stale screen ------------------------------------------------------------------------------

CHANGES: Mapping[str, object] = {
    "captured": lambda b: b.by_hand_capture(AUTHORIZED, "5.00"),
    "canceled": lambda b: b.by_hand_cancel(AUTHORIZED),
    "a sister captured": lambda b: b.by_hand_capture(ALSO_AUTHORIZED),
    "a sister canceled": lambda b: b.by_hand_cancel(ALSO_AUTHORIZED),
    "collected beside it": lambda b: b.by_hand_charge(ROOMY, "10.00", capture=True),
    "closed": lambda b: b.by_hand_close(ROOMY),
    "its expiry": lambda b: b.change_charge(
        AUTHORIZED, expires=b.world.clock.now() + timedelta(days=3)
    ),
}


@EITHER_ANSWER
@pytest.mark.parametrize("action", ["capture", "cancel"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_any_change_that_matters_sends_nothing(
    bench: Bench, desk: Desk, action: str, change: object
) -> None:
    await desk.planned("cancel", ALSO_AUTHORIZED)  # so that the sister is known here
    plan = await desk.planned(action, AUTHORIZED, amount="60.00")
    assert callable(change)
    change(bench)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert outcome.facts
    assert "Nothing was sent" in outcome.message
    operation = plan.draft.operation
    assert bench.writes(operation) == []


# --- somebody gets there first, between our look and our request ---------------------------------


@EITHER_ANSWER
async def test_a_cancel_that_meets_a_capture_is_stale_and_says_what_to_do(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("cancel_charge:foreign_capture")
    outcome = await desk.do("cancel", AUTHORIZED)
    assert (outcome.result, outcome.code) == (Result.STALE, "InvalidChargeStatus")
    assert "is Captured, so it was not canceled" in outcome.message
    assert "refund it" in outcome.message
    assert desk.states() == [State.STALE]
    assert bench.done("cancel_charge") == []


@EITHER_ANSWER
@pytest.mark.parametrize("lost", [False, True])
async def test_a_capture_that_meets_a_cancel_is_stale(bench: Bench, desk: Desk, lost: bool) -> None:
    if lost:
        bench.fault("capture_charge:hang_up_before")
    bench.fault("capture_charge:foreign_cancel")
    outcome = await desk.do("capture", AUTHORIZED, amount="60.00")
    assert outcome.result is Result.STALE
    assert "is Canceled now" in outcome.message
    assert "authorize a new charge" in outcome.message
    assert bench.done("capture_charge") == []


@EITHER_ANSWER
@pytest.mark.parametrize(("by_hand", "result"), [("60.00", "already_so"), ("59.00", "stale")])
async def test_a_capture_by_hand_first_is_never_called_ours(
    bench: Bench, desk: Desk, by_hand: str, result: str
) -> None:
    bench.fault(f"capture_charge:foreign_capture:{by_hand}")
    outcome = await desk.do("capture", AUTHORIZED, amount="60.00")
    assert outcome.result == result
    assert "not by this capture" in outcome.message
    if result == "stale":
        assert "59.00 USD" in outcome.message
    assert bench.done("capture_charge") == []


async def test_a_capture_by_hand_of_an_amount_that_is_not_shown_is_not_called_as_wanted(
    bench: Bench, desk: Desk
) -> None:
    """While it is initiated, the charge need not show what is captured: 5.00, not our 25.00."""
    bench.fault("capture_charge:foreign_capture:5.00")
    outcome = await desk.do("capture", OLD_AUTHORIZED, amount="25.00")
    assert outcome.result is Result.STALE
    assert "an amount that is not shown" in outcome.message


@EITHER_ANSWER
@pytest.mark.parametrize("lost", [False, True])
async def test_a_cancel_by_somebody_else_is_ours_only_where_an_answer_of_ours_was_lost(
    bench: Bench, desk: Desk, lost: bool
) -> None:
    if lost:
        bench.fault("cancel_charge:hang_up_before:x1")
    bench.fault("cancel_charge:foreign_cancel")
    outcome = await desk.do("cancel", AUTHORIZED)
    if lost:
        assert outcome.result is Result.ACCEPTED
    elif bench.world.switches.repeated_cancel == 422:
        assert outcome.result is Result.ALREADY_SO
        assert "not by this cancel" in outcome.message
    assert bench.charge().state == "Canceled"
    assert len(bench.done("cancel_charge")) == 0


# --- reads that lag ------------------------------------------------------------------------------


@EITHER_ANSWER
@pytest.mark.parametrize(("action", "state"), [("capture", "Captured"), ("cancel", "Canceled")])
async def test_a_read_that_lags_behind_the_answer_is_not_believed(
    bench: Bench, desk: Desk, action: str, state: str
) -> None:
    bench.switch(read_lag=3600.0)
    outcome = await desk.do(action, AUTHORIZED, amount="60.00")
    assert outcome.result is Result.ACCEPTED
    assert f"Charge {AUTHORIZED} is {state}" in outcome.message
    assert "Authorized" not in outcome.message
    bench.switch(read_lag=0.0)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED


async def test_a_late_capture_is_not_called_done_by_a_read_that_lags(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(read_lag=3600.0)
    outcome = await desk.do("capture", OLD_AUTHORIZED, amount="25.00")
    assert (outcome.result, outcome.pending) == (Result.ACCEPTED, True)
    assert (await watch(desk.engine, desk.last)).state is State.ACCEPTED


@EITHER_ANSWER
async def test_a_lost_cancel_whose_reads_lag_is_unknown_or_done_and_harmless(
    bench: Bench, desk: Desk
) -> None:
    """The read shows the state of before, although ours was executed."""
    bench.switch(read_lag=3600.0)
    bench.fault("cancel_charge:hang_up_after")
    outcome = await desk.do("cancel", AUTHORIZED)
    again = bench.world.switches.repeated_cancel
    assert outcome.result is (Result.ACCEPTED if again == 200 else Result.UNKNOWN)
    assert len(bench.done("cancel_charge")) == 1
    bench.switch(read_lag=0.0)
    if again == 422:
        assert (await desk.recover()).result is Result.ACCEPTED
        assert len(bench.done("cancel_charge")) == 1


# --- the whole permission is reserved ------------------------------------------------------------

OTHERS: Mapping[str, tuple[str, str, dict[str, str]]] = {
    "capture": ("capture", ALSO_AUTHORIZED, {"amount": "40.00"}),
    "cancel": ("cancel", ALSO_AUTHORIZED, {}),
    "authorize": ("authorize", ROOMY, {"amount": "10.00"}),
    "close": ("close", ROOMY, {}),
    "extend": ("extend", ALSO_AUTHORIZED, {}),
}


@pytest.mark.parametrize("first", ["capture", "cancel", "authorize"])
async def test_while_one_is_open_no_other_can_be_planned_or_reserved_by_anybody(
    bench: Bench, first: str
) -> None:
    one, two = await bench.two(shared=True)
    await one.planned("cancel", AUTHORIZED)
    plans = [await two.planned(action, target, **wish) for action, target, wish in OTHERS.values()]
    bench.fault(f"{plans[list(OTHERS).index(first)].draft.operation}:hang_up_before:xalways")
    wish = {} if first == "cancel" else {"amount": "10.00"}
    target = ROOMY if first == "authorize" else AUTHORIZED
    assert (await one.do(first, target, **wish)).result is Result.UNKNOWN
    for plan in plans:
        outcome = await two.perform(plan)
        assert outcome.result in (Result.STALE, Result.BLOCKED)
    for desk in (one, two):
        for action, other, asked in OTHERS.values():
            with pytest.raises(Held, match="is open on this order"):
                await desk.planned(action, other, **asked)
    assert [intent.id for intent in one.intents()] == [1]
    assert (await two.do("refund", f"{ORDER}-C100005", amount="5.00")).result is Result.ACCEPTED


@SHARED
@EITHER_ANSWER
async def test_a_capture_and_a_cancel_at_once_leave_one_truth(bench: Bench, shared: bool) -> None:
    one, two = await bench.two(shared=shared)
    capture = await one.planned("capture", AUTHORIZED, amount="60.00")
    cancel = await two.planned("cancel", AUTHORIZED)
    outcomes = await asyncio.gather(one.perform(capture), two.perform(cancel))
    assert len(bench.done("capture_charge")) + len(bench.done("cancel_charge")) == 1
    results = [outcome.result for outcome in outcomes]
    assert results.count(Result.ACCEPTED) == 1
    assert set(results) - {Result.ACCEPTED} <= {Result.STALE, Result.BLOCKED}
    done = bench.charge().state
    assert done == ("Captured" if results[0] is Result.ACCEPTED else "Canceled")


@SHARED
@EITHER_ANSWER
async def test_two_captures_of_different_amounts_at_once_are_one(
    bench: Bench, shared: bool
) -> None:
    one, two = await bench.two(shared=shared)
    plans = [
        await one.planned("capture", AUTHORIZED, amount="60.00"),
        await two.planned("capture", AUTHORIZED, amount="50.00"),
    ]
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(bench.done("capture_charge")) == 1
    results = [outcome.result for outcome in outcomes]
    assert results.count(Result.ACCEPTED) == 1
    assert set(results) <= {Result.ACCEPTED, Result.STALE, Result.BLOCKED}  # never a conflict


# --- after a crash -------------------------------------------------------------------------------


async def armed_and_gone(bench: Bench, action: str, *, executed: bool) -> Desk:
    """A console that died between the arming and the answer; the desk of the next one."""
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned(action, AUTHORIZED, amount="60.00")
    await die_in_sending(dead, plan, executed=executed)
    return await bench.desk()


@EITHER_ANSWER
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("action", ["capture", "cancel"])
async def test_after_a_crash_it_is_read_first_and_then_ended_or_sent_again(
    bench: Bench, action: str, executed: bool
) -> None:
    desk = await armed_and_gone(bench, action, executed=executed)
    outcome = await desk.recover()
    assert outcome.result is Result.ACCEPTED
    operation = desk.last.operation
    assert len(bench.done(operation)) == 1
    if action == "cancel":
        assert len(bench.writes(operation)) == 1
    assert desk.sound()


@EITHER_ANSWER
@pytest.mark.parametrize("action", ["capture", "cancel"])
async def test_after_a_crash_a_sister_that_moved_is_asked_about(bench: Bench, action: str) -> None:
    await (await bench.desk()).planned("cancel", ALSO_AUTHORIZED)
    desk = await armed_and_gone(bench, action, executed=False)
    bench.by_hand_capture(ALSO_AUTHORIZED)
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert outcome.hint is not None
    assert "--nobody-else" in outcome.hint
    assert bench.writes(desk.last.operation) == []
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED


@EITHER_ANSWER
async def test_a_capture_whose_charge_is_final_is_replayed_without_asking(bench: Bench) -> None:
    await (await bench.desk()).planned("cancel", ALSO_AUTHORIZED)
    desk = await armed_and_gone(bench, "capture", executed=True)
    bench.by_hand_capture(ALSO_AUTHORIZED)
    assert (await desk.recover()).result is Result.ACCEPTED
    assert len(bench.done("capture_charge")) == 1


@EITHER_ANSWER
@pytest.mark.parametrize("action", ["capture", "cancel"])
async def test_after_a_crash_the_other_end_is_stale(bench: Bench, action: str) -> None:
    desk = await armed_and_gone(bench, action, executed=False)
    if action == "capture":
        bench.by_hand_cancel(AUTHORIZED)
    else:
        bench.by_hand_capture(AUTHORIZED)
    assert (await desk.recover()).result is Result.STALE
    assert bench.done(desk.last.operation) == []
    assert desk.states() == [State.STALE]


async def test_after_a_crash_a_capture_of_an_unknown_state_needs_a_persons_word(
    bench: Bench,
) -> None:
    """With it the same key is asked again: that can make nothing twice."""
    desk = await armed_and_gone(bench, "capture", executed=False)
    bench.change_charge(AUTHORIZED, state="Frozen")
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert "doesn't know" in outcome.message
    assert outcome.facts[0] == "charge state: Authorized, now Frozen"
    assert bench.writes("capture_charge") == []
    await desk.recover(nobody_else=True)
    assert len(bench.writes("capture_charge")) > 0
    assert {sent.key for sent in bench.writes("capture_charge")} == {desk.last.key}


@pytest.mark.parametrize("action", ["capture", "cancel"])
async def test_a_refusal_while_its_state_is_unknown_is_no_end(
    bench: Bench, desk: Desk, action: str
) -> None:
    plan = await desk.planned(action, AUTHORIZED, amount="60.00")
    bench.fault(f"{action}_charge:refuse:InvalidChargeStatus,unsaved:xalways")

    def freeze(said: str) -> None:
        if said.startswith("Sending"):
            bench.change_charge(AUTHORIZED, state="Frozen")

    outcome = await desk.engine.perform(plan, plan.phrase, tell=freeze)
    assert outcome.result is Result.UNKNOWN
    assert desk.states() == [State.UNKNOWN]
    # What has no key is not sent once more from a state that says nothing.
    assert len(bench.writes(f"{action}_charge")) == (4 if action == "capture" else 1)


async def test_while_nothing_can_be_read_nothing_is_sent_without_a_key(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.planned("cancel", AUTHORIZED)
    bench.fault("cancel_charge:hang_up_before:xalways", "get_charge:error_before:xalways:after1")
    assert (await desk.perform(plan)).result is Result.UNKNOWN
    assert len(bench.writes("cancel_charge")) == 1
    assert (await desk.recover()).result is Result.UNKNOWN
    assert len(bench.writes("cancel_charge")) == 1

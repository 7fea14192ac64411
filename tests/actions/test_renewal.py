"""Renewing an authorization: two steps, and where it stands between them."""

from __future__ import annotations

import asyncio

import pytest

from console.actions.outcome import Held, Result
from console.actions.renewal import half_done, standing_of
from console.domain.intent import State
from console.simulator.objects import Charge
from tests.support.acts import Gone, die_in_sending
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    EITHER,
    OLD_AUTHORIZED,
    ROOMY,
    Bench,
    Desk,
    ended_process,
    watch,
)
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
ROOM = pytest.mark.parametrize("room", [True, False], ids=["room for both", "no room"])
CREATE, CANCEL = "create_charge", "cancel_charge"


def make_room(bench: Bench, room: bool) -> None:
    """Without room the balance is 50.00, and the charge to renew holds 60.00 of it."""
    if not room:
        bench.switch(balance_falls_at="authorization")
        bench.by_hand_charge(ROOMY, "150.00")


def steps(room: bool) -> tuple[str, str]:
    return (CREATE, CANCEL) if room else (CANCEL, CREATE)


def standing_60(bench: Bench) -> list[Charge]:
    """The charges of 60.00 that hold money of the buyer."""
    return [c for c in bench.charges() if str(c.amount) == "60.00 USD" and c.state == "Authorized"]


def renewed(bench: Bench, desk: Desk) -> None:
    """The old one is gone, one new one stands, each was done once, and nothing is left to do."""
    [new] = standing_60(bench)
    assert new.id != AUTHORIZED
    assert bench.charge().state == "Canceled"
    assert len(bench.done(CANCEL)) == 1
    assert half_done(desk.intents()) == []
    assert not any(intent.is_open for intent in desk.intents())
    assert desk.sound()


# --- both ways -----------------------------------------------------------------------------------


@EITHER_ANSWER
@ROOM
async def test_it_is_renewed_in_two_steps_that_were_announced(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    plan = await desk.planned("extend", AUTHORIZED)
    assert plan.phrase == "60.00 USD"
    assert plan.then is not None
    if room:
        assert plan.then.said == f"Then, once the new one is Authorized: cancel {AUTHORIZED}."
        assert any("both amounts are reserved" in warning for warning in plan.warnings)
    else:
        assert plan.then.said == "Then, once it is canceled: authorize 60.00 USD anew."
        assert any("can't be collected with this order" in warning for warning in plan.warnings)
    outcome = await desk.perform(plan)
    assert (outcome.result, outcome.target) == (Result.ACCEPTED, AUTHORIZED)
    assert [intent.operation for intent in desk.intents()] == list(steps(room))
    renewed(bench, desk)
    [new] = standing_60(bench)
    assert new.id in outcome.message
    assert f"Charge {AUTHORIZED} is Canceled" in outcome.message
    assert desk.intents()[1].link is not None
    assert (desk.intents()[1].link or {})["after"] == 1


async def test_what_is_not_authorized_is_not_renewed(bench: Bench, desk: Desk) -> None:
    with pytest.raises(Held, match="this one is Captured"):
        await desk.planned("extend", CHARGE)
    assert desk.intents() == []


@pytest.mark.parametrize(
    ("state", "reasons", "why"),
    [("Closed", ("AmazonClosed",), "is Closed"), ("NonChargeable", ("MFAFailed",), "MFAFailed")],
)
@ROOM
async def test_nothing_is_canceled_where_no_new_charge_would_be_allowed(
    bench: Bench, desk: Desk, room: bool, state: str, reasons: tuple[str, ...], why: str
) -> None:
    """Else the money of the old one would be lost for good."""
    make_room(bench, room)
    bench.change_permission(ROOMY, state=state, reasons=reasons)
    with pytest.raises(Held, match=why):
        await desk.planned("extend", AUTHORIZED)
    assert bench.charge().state == "Authorized"
    assert desk.intents() == []


async def test_nothing_is_canceled_where_canceling_frees_no_room(bench: Bench, desk: Desk) -> None:
    """What was captured has used the limit up; an open authorization need not count."""
    captured = bench.by_hand_charge(ROOMY, "250.00", capture=True)
    await desk.planned("refund", captured, amount="1.00")  # so that it is known here
    with pytest.raises(Held, match="would have to be canceled first") as held:
        await desk.planned("extend", AUTHORIZED)
    assert "leaves 50.00 USD of its limit" in str(held.value)
    assert bench.charge().state == "Authorized"


# --- the second step fails -----------------------------------------------------------------------


@EITHER_ANSWER
@ROOM
async def test_a_second_step_that_is_refused_is_half_done_and_finished_by_the_same_command(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    second = steps(room)[1]
    bench.fault(f"{second}:refuse:InvalidParameterValue,unsaved")
    outcome = await desk.do("extend", AUTHORIZED)
    assert outcome.result is Result.REFUSED
    assert "But the second step" in outcome.message
    assert f"To finish it: `payconsole extend {AUTHORIZED}`" in outcome.message
    [first] = half_done(desk.intents())
    assert (first.id, first.operation) == (1, steps(room)[0])
    said = standing_of(first)
    assert AUTHORIZED in said
    assert ("To undo" in said) == room
    plan = await desk.planned("extend", AUTHORIZED)
    assert plan.draft.operation == second
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    renewed(bench, desk)


@EITHER_ANSWER
async def test_a_new_charge_that_is_declined_after_the_old_one_went_is_told(
    bench: Bench, desk: Desk
) -> None:
    make_room(bench, room=False)
    bench.fault(f"{CREATE}:decline_now:SoftDeclined")
    outcome = await desk.do("extend", AUTHORIZED)
    assert (outcome.result, outcome.code) == (Result.REFUSED, "SoftDeclined")
    assert standing_60(bench) == []
    assert "no new charge was made" in standing_of(half_done(desk.intents())[0])


@EITHER_ANSWER
@ROOM
@pytest.mark.parametrize("executed", [True, False])
async def test_a_second_step_whose_outcome_is_unknown_is_recovered_and_that_is_all(
    bench: Bench, desk: Desk, room: bool, executed: bool
) -> None:
    make_room(bench, room)
    second = steps(room)[1]
    bench.fault(f"{second}:{'hang_up_after' if executed else 'hang_up_before'}:xalways")
    outcome = await desk.do("extend", AUTHORIZED)
    if second == CANCEL and executed:  # a read finds it
        assert outcome.result is Result.ACCEPTED
    else:
        assert outcome.result is Result.UNKNOWN
        assert "To finish it" not in outcome.message
        assert half_done(desk.intents()) == []  # it is open, not half done
        bench.world.faults.clear()
        assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    renewed(bench, desk)


# --- the first step ------------------------------------------------------------------------------


@EITHER_ANSWER
@ROOM
async def test_a_first_step_that_is_refused_leaves_everything_as_it_was(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    bench.fault(f"{steps(room)[0]}:refuse:InvalidParameterValue,unsaved")
    assert (await desk.do("extend", AUTHORIZED)).result is Result.REFUSED
    assert bench.charge().state == "Authorized"
    assert half_done(desk.intents()) == []
    assert bench.writes(steps(room)[1]) == []
    assert (await desk.do("extend", AUTHORIZED)).result is Result.ACCEPTED
    renewed(bench, desk)


@EITHER_ANSWER
@ROOM
@pytest.mark.parametrize("action", ["authorize", "cancel"])
async def test_a_refused_first_step_is_not_taken_up_by_an_action_of_its_own(
    bench: Bench, desk: Desk, room: bool, action: str
) -> None:
    """Else an order that somebody only canceled would be told as half renewed."""
    make_room(bench, room)
    bench.fault(f"{steps(room)[0]}:refuse:InvalidParameterValue,unsaved")
    await desk.do("extend", AUTHORIZED)
    target = AUTHORIZED if action == "cancel" else ROOMY
    amount = "60.00" if room else "50.00"
    if room and action == "authorize":  # its key can still be used, so it is held
        with pytest.raises(Held, match="its key can still be used"):
            await desk.planned(action, target, amount=amount)
    else:
        assert (await desk.do(action, target, amount=amount)).result is Result.ACCEPTED
        assert desk.last.link is None
    assert half_done(desk.intents()) == []


@EITHER_ANSWER
@pytest.mark.parametrize("end", ["Authorized", "Declined"])
async def test_a_pending_first_step_keeps_the_old_charge_until_it_stands(
    bench: Bench, desk: Desk, end: str
) -> None:
    """A new charge is not asked to be pending; where Amazon takes its time all the same."""
    plan = await desk.planned("extend", AUTHORIZED, pending_allowed=True, capture_now=True)
    assert b'"captureNow":false,"canHandlePendingAuthorization":false' in plan.draft.body
    bench.fault(f"{CANCEL}:refuse:InvalidParameterValue,unsaved")
    await desk.perform(plan)
    new = desk.intents()[0].result
    assert new is not None
    bench.change_charge(new, state="AuthorizationInitiated")
    with pytest.raises(Held, match="so the old one is kept"):
        await desk.planned("extend", AUTHORIZED)
    assert half_done(desk.intents())
    if end == "Declined":
        bench.decline_charge(new, "SoftDeclined")
        with pytest.raises(Held, match="is Declined, so the old one is kept"):
            await desk.planned("extend", AUTHORIZED)
        assert half_done(desk.intents()) == []
    else:
        bench.change_charge(new, state="Authorized")
    assert (await desk.do("extend", AUTHORIZED)).result is Result.ACCEPTED
    renewed(bench, desk)


@EITHER_ANSWER
async def test_undoing_cancels_the_new_one_and_the_old_one_can_be_renewed_again(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CANCEL}:refuse:InvalidParameterValue,unsaved")
    await desk.do("extend", AUTHORIZED)
    new = desk.intents()[0].result
    assert new is not None
    assert (await desk.do("cancel", new)).result is Result.ACCEPTED
    assert half_done(desk.intents()) == []
    assert bench.charge().state == "Authorized"
    assert (await desk.do("extend", AUTHORIZED)).result is Result.ACCEPTED
    assert bench.charge().state == "Canceled"
    [standing] = standing_60(bench)
    assert standing.id not in (AUTHORIZED, new)
    assert half_done(desk.intents()) == []


@EITHER_ANSWER
@pytest.mark.parametrize("by_hand", ["the new one", "the old one"])
async def test_what_was_ended_by_hand_is_noticed_and_not_half_done_for_ever(
    bench: Bench, desk: Desk, by_hand: str
) -> None:
    bench.fault(f"{CANCEL}:refuse:InvalidParameterValue,unsaved")
    await desk.do("extend", AUTHORIZED)
    new = desk.intents()[0].result
    assert new is not None
    bench.by_hand_cancel(new if by_hand == "the new one" else AUTHORIZED)
    with pytest.raises(Held) as held:
        await desk.planned("extend", AUTHORIZED)
    if by_hand == "the old one":
        assert held.value.result is Result.ALREADY_SO
    assert half_done(desk.intents()) == []
    assert len(standing_60(bench)) == 1


async def test_the_old_one_captured_meanwhile_is_said_and_the_new_one_stays(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CANCEL}:foreign_capture")
    outcome = await desk.do("extend", AUTHORIZED)
    assert outcome.result is Result.STALE
    assert f"Charge {AUTHORIZED} is Captured, so it was not canceled" in outcome.message
    assert bench.charge().state == "Captured"
    assert len(standing_60(bench)) == 1


async def test_capturing_the_new_one_does_not_hide_that_the_old_one_still_stands(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CANCEL}:refuse:InvalidParameterValue,unsaved")
    await desk.do("extend", AUTHORIZED)
    new = desk.intents()[0].result
    assert new is not None
    assert (await desk.do("capture", new, amount="60.00")).result is Result.ACCEPTED
    assert [first.id for first in half_done(desk.intents())] == [1]
    plan = await desk.planned("extend", AUTHORIZED)
    assert plan.draft.operation == CANCEL  # and not a third charge
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    assert half_done(desk.intents()) == []
    assert len(bench.done(CREATE)) == 1


# --- crashes -------------------------------------------------------------------------------------

BOUNDARIES = [
    *("reserved 1", "sent 1", "executed 1", "accepted 1"),
    *("reserved 2", "sent 2", "executed 2"),
]


async def crash(bench: Bench, desk: Desk, at: str) -> None:
    """Kill the console at one of the boundaries of a renewal."""
    where, step = at.split()
    count = int(step)
    journal, client = desk.journal, desk.session.client
    reserve, send, calls = journal.reserve, client.send, {"reserve": 0, "send": 0}

    def reserving(*args: object, **kwargs: object) -> object:
        calls["reserve"] += 1
        if where == "accepted" and calls["reserve"] == count + 1:
            raise Gone
        made = reserve(*args, **kwargs)  # type: ignore[arg-type]
        if where == "reserved" and calls["reserve"] == count:
            raise Gone
        return made

    async def sending(reservation: object) -> object:
        calls["send"] += 1
        if calls["send"] == count and where in ("sent", "executed"):
            if where == "executed":
                await send(reservation)  # type: ignore[arg-type]
            raise Gone
        return await send(reservation)  # type: ignore[arg-type]

    plan = await desk.planned("extend", AUTHORIZED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "reserve", reserving)
        patch.setattr(client, "send", sending)
        with pytest.raises(Gone):
            await desk.perform(plan)


@EITHER_ANSWER
@ROOM
@pytest.mark.parametrize("at", BOUNDARIES)
async def test_after_a_crash_anywhere_it_is_finished_knowingly_and_once(
    bench: Bench, room: bool, at: str
) -> None:
    make_room(bench, room)
    await crash(bench, await bench.desk(owner=ended_process()), at)
    desk = await bench.desk()
    for intent in desk.intents():
        if intent.is_open:
            await desk.recover(nobody_else=True)
    assert not any(intent.is_open for intent in desk.intents())
    begun = half_done(desk.intents())
    if at in ("reserved 1",):
        assert begun == []
    elif at in ("sent 2", "executed 2"):
        assert begun == []  # recovering finished it
        renewed(bench, desk)
        return
    else:
        assert [first.id for first in begun] == [1]
    assert (await desk.do("extend", AUTHORIZED)).result is Result.ACCEPTED
    renewed(bench, desk)


async def test_a_crash_is_no_reason_to_send_blindly(bench: Bench) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("extend", AUTHORIZED)
    await die_in_sending(dead, plan, executed=False)
    bench.by_hand_charge(ROOMY, "60.00", capture=True)
    desk = await bench.desk()
    assert (await desk.recover()).result is Result.UNKNOWN
    assert bench.done(CREATE) == []
    assert bench.charge().state == "Authorized"


# --- two consoles --------------------------------------------------------------------------------


@EITHER_ANSWER
@ROOM
@SHARED
async def test_two_consoles_that_renew_at_once_make_one_new_charge(
    bench: Bench, room: bool, shared: bool
) -> None:
    make_room(bench, room)
    one, two = await bench.two(shared=shared)
    plans = [await desk.planned("extend", AUTHORIZED) for desk in (one, two)]
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(standing_60(bench)) <= 1
    assert len(bench.done(CREATE)) <= 1
    for desk in (one, two):  # whatever was left open by the crossing is resolved, and finished
        for intent in desk.intents():
            if intent.is_open:
                await desk.recover(nobody_else=True)
        if half_done(desk.intents()):
            try:
                await desk.do("extend", AUTHORIZED)
            except Held:
                # The other one has finished it. A journal of its own can't know that: there it
                # stays half done, and is said to be.
                assert not shared
            else:
                assert half_done(desk.intents()) == []
    assert outcomes
    [new] = standing_60(bench)
    assert new.id != AUTHORIZED
    assert bench.charge().state == "Canceled"


async def test_an_old_authorization_is_renewed_and_the_new_one_watched(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(balance_falls_at="authorization")
    assert (await desk.do("extend", OLD_AUTHORIZED)).result is Result.ACCEPTED
    assert (await watch(desk.engine, desk.last)).state is State.SETTLED
    assert bench.charge(ALSO_AUTHORIZED).state == "Authorized"

"""One decision, one refund: the road from a plan to a settled refund."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from console.actions.outcome import Held, Result
from console.amazon.errors import WrongEnvironment
from console.domain.intent import State
from console.domain.money import AmountError
from console.simulator.switches import Switches
from tests.support.bench import (
    AGREEMENT,
    ANSWERS,
    CHARGE,
    ORDER,
    OTHER,
    RECURRING,
    YEN,
    Bench,
    Desk,
    until,
    watch,
)

pytestmark = pytest.mark.anyio
EVERY_ANSWER = pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)


@EVERY_ANSWER
async def test_a_refund_is_made_once_and_followed_until_it_is_done(
    bench: Bench, desk: Desk
) -> None:
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert "made by you" not in outcome.message
    assert "It is initiated, not done" in outcome.message
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept"]
    [post], [refund] = bench.posts, bench.refunds()
    assert outcome.object is not None
    assert (outcome.object["refundId"], outcome.attempts) == (refund.id, 1)
    assert (desk.last.result, desk.last.unanswered) == (refund.id, 0)
    assert (post.key, post.body) == (desk.last.key, desk.last.body)
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    [settled] = [line for line in desk.journal.entries(intent=1) if line.kind == "settle"]
    assert settled.data["agrees"] is True
    assert bench.paid() == "10.00 USD"
    assert desk.sound()


@pytest.mark.parametrize(
    ("charge", "amount", "asked", "sent"),
    [
        (YEN, "500", "500 JPY", {"amount": "500", "currencyCode": "JPY"}),
        (RECURRING, "4.5", "4.50 USD", {"amount": "4.50", "currencyCode": "USD"}),
        (CHARGE.replace("-C", "-A"), "7", "7.00 USD", {"amount": "7.00", "currencyCode": "USD"}),
    ],
    ids=["yen", "a charge of a recurring permission", "a v1 authorization"],
)
async def test_every_kind_of_charge_is_refunded_in_its_own_currency(
    bench: Bench, desk: Desk, charge: str, amount: str, asked: str, sent: dict[str, str]
) -> None:
    plan = await desk.plan(amount, charge)
    assert plan.phrase == asked
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    [post] = bench.posts
    assert json.loads(post.body)["refundAmount"] == sent
    # And an honest second one, which must not collide with the first.
    assert (await desk.go(amount, charge)).result is Result.ACCEPTED
    assert len(bench.executed) == 2
    assert desk.sound()


async def test_a_charge_of_a_recurring_permission_is_booked_under_its_permission(
    desk: Desk,
) -> None:
    await desk.go("4.00", RECURRING)
    assert (desk.last.scope, desk.last.object) == (AGREEMENT, RECURRING)


@pytest.mark.parametrize(
    "answers", [s for s in ANSWERS.values() if s.refunded_counts_initiated], ids=lambda _: ""
)
async def test_an_honest_second_refund_of_the_same_amount_is_a_second_refund(
    bench: Bench, desk: Desk
) -> None:
    await desk.go("10.00")
    plan = await desk.plan("10.00")
    assert any("This is a second refund" in warning for warning in plan.warnings)
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    first, second = desk.intents()
    assert first.key != second.key
    assert first.result != second.result
    assert bench.paid() == "20.00 USD"


@pytest.mark.parametrize("answers", [Switches(refunded_counts_initiated=False)], ids=[""])
async def test_it_is_one_even_while_amazon_does_not_count_the_first(
    bench: Bench, desk: Desk
) -> None:
    for total in ("10.00 USD", "20.00 USD", "30.00 USD"):
        assert (await desk.go("10.00")).result is Result.ACCEPTED
        assert bench.paid() == total


@EVERY_ANSWER
async def test_another_amount_after_a_refund_is_a_new_decision(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    assert (await desk.go("2.50")).result is Result.ACCEPTED
    assert [intent.observed for intent in desk.intents()] == ["0.00 USD", "10.00 USD"]
    assert bench.paid() == "12.50 USD"


@pytest.mark.parametrize("way", ["charge", "v1 authorization", "refund", "permission"])
async def test_whatever_id_is_pasted_the_decision_is_the_same(
    bench: Bench, desk: Desk, way: str
) -> None:
    refund = bench.by_hand("2.00", RECURRING)
    pasted = {
        "charge": RECURRING,
        "v1 authorization": RECURRING.replace("-C", "-A"),
        "refund": refund,
        "permission": AGREEMENT,
    }[way]
    expected = (await desk.plan("4.00", RECURRING)).draft
    found = (await desk.plan("4.00", pasted)).draft
    assert (found.key, found.body, found.object) == (expected.key, expected.body, RECURRING)
    assert (await desk.go("4.00", pasted)).result is Result.ACCEPTED


async def test_of_several_captured_charges_one_must_be_named(desk: Desk) -> None:
    await desk.plan("1.00", CHARGE)
    await desk.plan("1.00", OTHER)
    with pytest.raises(Held, match="several captured charges"):
        await desk.plan("1.00", CHARGE[:19])


async def test_an_id_of_the_other_environment_is_refused_before_any_byte(
    bench: Bench, desk: Desk
) -> None:
    with pytest.raises(WrongEnvironment, match="is a live id"):
        await desk.plan("10.00", "P01-1000001-1000001-C100001")
    assert bench.world.log.entries() == []


async def test_a_reason_is_cleaned_before_it_is_kept(desk: Desk) -> None:
    await desk.go("10.00", reason="box\x1b[2J \u202ebroken\nnow")
    assert desk.last.reason == "box␛[2J ‹U+202E›broken␤now"


async def test_ten_and_ten_point_nought_are_one_decision(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:refuse:AmazonRejected")
    await desk.go("10")
    assert (await desk.go("10.00 USD")).intent == 1
    assert len({(post.key, post.body) for post in bench.posts}) == 1


# --- confirmation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["", "\n", "10", "10.00", "USD", "10.00USD", "10.00 EUR", "10.0 USD", "10.00 usd", "y"]
)
async def test_anything_but_the_phrase_sends_nothing(bench: Bench, desk: Desk, typed: str) -> None:
    plan = await desk.plan("10.00")
    with pytest.raises(Held, match=r"type exactly: 10\.00 USD"):
        await desk.engine.perform(plan, typed)
    assert bench.posts == []
    assert desk.intents() == []


async def test_in_live_the_end_of_the_id_is_typed_too(bench: Bench) -> None:
    from console.simulator.stories import Teller

    teller = Teller(bench.world)
    teller.permission("P01-1000009-1000009", "50.00", teller.ago(days=1), reference="Live-1")
    live = teller.charge(
        "P01-1000009-1000009-C100009", "50.00", teller.ago(days=1), state="Captured"
    )
    desk = await bench.desk(environment="live")
    plan = await desk.plan("10.00", live.id)
    assert plan.phrase == "10.00 USD 0009"
    with pytest.raises(Held):
        await desk.engine.perform(plan, "10.00 USD")
    assert bench.posts == []
    assert (await desk.perform(plan)).result is Result.ACCEPTED


async def test_above_the_captured_amount_a_second_confirmation_is_asked(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.plan("115.00")
    assert plan.above_captured
    with pytest.raises(Held, match="second confirmation"):
        await desk.engine.perform(plan, plan.phrase)
    assert bench.posts == []
    assert (await desk.perform(plan, above_captured=True)).result is Result.ACCEPTED
    assert bench.paid() == "115.00 USD"


async def test_what_was_refunded_already_counts_towards_the_captured_amount(
    bench: Bench, desk: Desk
) -> None:
    await desk.go("95.00")
    assert not (await desk.plan("5.00")).above_captured
    assert (await desk.plan("5.01")).above_captured


@pytest.mark.parametrize("typed", ["115.01", "1000"])
async def test_more_than_may_be_refunded_is_not_even_planned(
    bench: Bench, desk: Desk, typed: str
) -> None:
    with pytest.raises(Held, match="too much"):
        await desk.plan(typed)
    assert desk.intents() == []


@pytest.mark.parametrize("typed", ["0", "-1", "1,50", "1.005", "1e3", "NaN", "", "10 EUR"])
async def test_what_is_no_amount_is_not_planned(desk: Desk, typed: str) -> None:
    with pytest.raises(AmountError):
        await desk.plan(typed)


async def test_yen_have_no_decimals(desk: Desk) -> None:
    with pytest.raises(AmountError, match="no decimal places"):
        await desk.plan("500.5", YEN)


# --- one press, one refund -----------------------------------------------------------------------


async def test_the_same_plan_confirmed_many_times_is_sent_once(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    outcomes = await asyncio.gather(*(desk.perform(plan) for _ in range(40)))
    results = [outcome.result for outcome in outcomes]
    assert results.count(Result.ACCEPTED) == 1
    assert set(results) == {Result.ACCEPTED, Result.BLOCKED, Result.STALE} or set(results) == {
        Result.ACCEPTED,
        Result.STALE,
    }
    assert len(bench.posts) == 1
    assert desk.sound()
    # And once more, when all is over.
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert outcome.message.startswith(f"Something was done to {ORDER} here meanwhile.")
    assert len(bench.posts) == 1


async def test_what_is_open_on_the_charge_stands_in_the_way_of_a_newer_plan_too(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.plan("3.00")
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go("10.00")).result is Result.UNKNOWN
    outcome = await desk.perform(replace(plan, version=desk.journal.version(ORDER)))
    assert (outcome.result, outcome.intent) == (Result.BLOCKED, 1)
    assert outcome.message.startswith("Intent 1 (refund 10.00 USD) by ")
    assert (outcome.attempts, outcome.pending, outcome.facts) == (0, False, ())
    assert desk.states() == [State.UNKNOWN]


async def test_what_an_earlier_decision_made_is_not_made_again_and_is_told_with_its_intent(
    bench: Bench, desk: Desk
) -> None:
    """The same starting point has the same key, and no read shows yet that it was used."""
    bench.switch(read_lag=3600.0)
    first, second = await desk.plan("10.00"), await desk.plan("10.00")
    assert (await desk.perform(first)).result is Result.ACCEPTED
    outcome = await desk.perform(replace(second, version=desk.journal.version(ORDER)))
    assert outcome.result is Result.ABSORBED
    assert "It stands under intent 1." in outcome.message
    assert len(bench.executed) == 1


async def test_two_charges_of_one_order_are_refunded_at_the_same_time_or_not_at_all(
    bench: Bench, desk: Desk
) -> None:
    first, second = await desk.plan("10.00", CHARGE), await desk.plan("10.00", OTHER)
    outcomes = await asyncio.gather(desk.perform(first), desk.perform(second))
    for outcome, charge in zip(outcomes, (CHARGE, OTHER), strict=True):
        paid = bench.paid(charge)
        assert paid == ("10.00 USD" if outcome.result is Result.ACCEPTED else "0.00 USD")
        assert outcome.result in (Result.ACCEPTED, Result.STALE)


async def test_a_caller_who_goes_away_does_not_stop_what_was_begun(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:delay:0.2")
    pressed = asyncio.create_task(desk.go("10.00"))
    await until(lambda: bench.posts)
    pressed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pressed
    assert desk.engine.is_working
    await until(lambda: not desk.engine.is_working)
    assert desk.states() == [State.ACCEPTED]
    assert bench.paid() == "10.00 USD"
    assert desk.journal.open_on(desk.last.scope, CHARGE) is None


async def test_stopped_before_it_is_sent_nothing_was_sent(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    bench.fault("get_charge:delay:0.3")
    told: list[str] = []
    running = asyncio.create_task(desk.engine.perform(plan, plan.phrase, tell=told.append))
    await until(lambda: told)
    assert await desk.engine.stop()
    assert (await running).result is Result.NOT_SENT
    assert (bench.posts, desk.states()) == ([], [State.ABANDONED])


async def test_stopped_between_two_attempts_it_is_not_asked_again(bench: Bench) -> None:
    desk = await bench.desk(waits=(0.2, 0.2))
    bench.fault("create_refund:hang_up_before:xalways")
    running = asyncio.create_task(desk.go("10.00"))
    await until(lambda: State.UNKNOWN in desk.states())
    assert not await desk.engine.stop()
    outcome = await running
    assert (outcome.result, len(bench.posts)) == (Result.UNKNOWN, 1)
    assert outcome.message == "It was stopped before it was asked again."


async def test_stopped_while_it_is_sent_it_is_not_called_unsent(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    bench.fault("create_refund:delay:0.5")
    running = asyncio.create_task(desk.engine.perform(plan, plan.phrase))
    await until(lambda: bench.posts)
    assert not await desk.engine.stop()
    assert (await running).result is Result.ACCEPTED

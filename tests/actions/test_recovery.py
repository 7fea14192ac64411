"""Trying again, recovering, and a person's word: one key and one body for one decision."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from console.actions.outcome import Held, Result
from console.actions.planning import plan_again
from console.actions.recovery import give_up_key, is_of, recover, resolve_by_hand
from console.domain.intent import Move, State
from console.simulator.stories import Teller
from console.simulator.switches import Switches
from console.store.claims import Owner
from console.store.decisions import Intent, JournalBroken
from tests.support.bench import (
    BOTH,
    CHARGE,
    CLOSED,
    CLOSED_CHARGE,
    OTHER,
    Bench,
    Desk,
    another_living_process,
    ended_process,
    until,
)

pytestmark = pytest.mark.anyio
BOTH_ANSWERS = pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)


async def lose_an_answer(bench: Bench, desk: Desk, *, executed: bool) -> int:
    """A refund of 10.00 whose answers are all lost; the number of its intent."""
    fault = "hang_up_after" if executed else "hang_up_before"
    bench.fault(f"create_refund:{fault}:xalways")
    assert (await desk.go("10.00")).result is Result.UNKNOWN
    bench.world.faults.clear()
    return desk.last.id


# --- a person's word -----------------------------------------------------------------------------


@pytest.mark.parametrize("happened", [True, False])
async def test_a_persons_word_needs_evidence(bench: Bench, desk: Desk, happened: bool) -> None:
    number = await lose_an_answer(bench, desk, executed=happened)
    for nothing in ("", "   ", "\n"):
        with pytest.raises(Held, match="evidence"):
            await resolve_by_hand(desk.engine, number, happened=happened, evidence=nothing)
    assert desk.last.state is State.UNKNOWN
    sent = len(bench.posts)
    ended = await resolve_by_hand(
        desk.engine, number, happened=happened, evidence="Seller Central says so"
    )
    assert ended.state is (State.ACCEPTED if happened else State.ABANDONED)
    assert ended.human == ("happened" if happened else "did_not")
    line = desk.journal.entries(intent=number)[-1]
    assert (line.data["evidence"], line.data["by"]) == ("Seller Central says so", line.actor)
    assert len(bench.posts) == sent
    assert desk.sound()


async def test_evidence_is_cleaned_before_it_is_kept(bench: Bench, desk: Desk) -> None:
    number = await lose_an_answer(bench, desk, executed=True)
    hostile = "seen\x1b[2J\u202eit \udcff"
    await resolve_by_hand(desk.engine, number, happened=True, evidence=hostile)
    kept = str(desk.journal.entries(intent=number)[-1].data["evidence"])
    assert kept.startswith("seen")
    assert not set(kept) & set("\x1b\u202e\udcff")


async def test_evidence_is_kept_in_short(bench: Bench, desk: Desk) -> None:
    number = await lose_an_answer(bench, desk, executed=True)
    await resolve_by_hand(desk.engine, number, happened=True, evidence="x" * 501)
    assert desk.journal.entries(intent=number)[-1].data["evidence"] == "x" * 499 + "…"


async def test_a_persons_word_waits_for_an_attempt_that_begins_at_this_moment(
    bench: Bench, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await lose_an_answer(bench, desk, executed=False)
    look = desk.journal.intent

    def look_and_arm(number: int) -> Intent:
        """Another console asks Amazon again right after we have looked."""
        found = look(number)
        desk.journal.move(number, Move.ARM, {"attempt": found.attempts + 1})
        return found

    monkeypatch.setattr(desk.journal, "intent", look_and_arm)
    with pytest.raises(Held, match="look again in a moment") as held:
        await resolve_by_hand(desk.engine, number, happened=False, evidence="not there")
    assert held.value.intent == number
    assert desk.states() == [State.SENDING]


@pytest.mark.parametrize("faults", [[], ["refuse:ProcessingFailure"]], ids=["accepted", "refused"])
async def test_a_persons_word_is_for_unknown_outcomes_only(
    bench: Bench, desk: Desk, faults: list[str]
) -> None:
    bench.fault(*(f"create_refund:{fault}" for fault in faults))
    await desk.go("10.00")
    for happened in (True, False):
        with pytest.raises(Held, match="only an unknown outcome"):
            await resolve_by_hand(desk.engine, 1, happened=happened, evidence="I saw it")


@BOTH_ANSWERS
async def test_it_happened_counts_as_refunded_and_frees_the_charge(
    bench: Bench, desk: Desk
) -> None:
    number = await lose_an_answer(bench, desk, executed=True)
    await resolve_by_hand(desk.engine, number, happened=True, evidence="it is there")
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert desk.last.observed == "10.00 USD"
    assert bench.paid() == "20.00 USD"


@BOTH_ANSWERS
async def test_it_did_not_is_believed_until_the_key_says_otherwise(
    bench: Bench, desk: Desk
) -> None:
    """The person was wrong: the refund had been made. Trying again finds it by its key."""
    number = await lose_an_answer(bench, desk, executed=True)
    await resolve_by_hand(desk.engine, number, happened=False, evidence="I don't see it")
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, number)
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1


async def test_what_an_unanswered_attempt_made_is_ours_however_late_it_is_found(
    bench: Bench, desk: Desk
) -> None:
    """It is older than the last look, but not than the look before the lost attempt."""
    bench.switch(read_lag=3600.0)
    number = await lose_an_answer(bench, desk, executed=True)
    await resolve_by_hand(desk.engine, number, happened=False, evidence="I don't see it")
    bench.pass_time(60)
    assert (await desk.again(number)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_what_was_made_between_our_refusal_and_our_next_look_is_not_ours(
    bench: Bench,
) -> None:
    """A colleague with another journal used the key that we share."""
    one, two = await bench.two(shared=False)
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    assert (await one.go("10.00")).result is Result.REFUSED
    bench.switch(read_lag=3600.0)
    bench.pass_time(5)
    assert (await two.go("10.00")).result is Result.ACCEPTED
    bench.pass_time(60)
    outcome = await one.again(1)
    assert outcome.result is Result.ABSORBED
    assert "stands under intent" not in outcome.message  # of none that we know
    assert bench.paid() == "10.00 USD"


@BOTH_ANSWERS
async def test_after_it_did_not_another_amount_is_held_back(bench: Bench, desk: Desk) -> None:
    number = await lose_an_answer(bench, desk, executed=False)
    await resolve_by_hand(desk.engine, number, happened=False, evidence="I don't see it")
    with pytest.raises(Held, match="its key can still be used") as held:
        await desk.plan("8.00")
    assert held.value.intent == number
    assert (await desk.again(number)).result is Result.ACCEPTED
    assert (await desk.go("8.00")).result is Result.ACCEPTED
    assert bench.paid() == "18.00 USD"


# --- trying again --------------------------------------------------------------------------------


@BOTH_ANSWERS
async def test_trying_again_is_the_same_key_and_bytes_whatever_total_is_seen(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await desk.go("10.00", reason="first reason")
    bench.by_hand("5.00")
    bench.pass_time(60)
    outcome = await desk.go("10.00", reason="second reason")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    first, second = bench.posts
    assert (first.key, first.body) == (second.key, second.body)
    reopened = next(line for line in desk.journal.entries(intent=1) if line.kind == "reopen")
    assert reopened.data["reason"] == "second reason"
    assert bench.paid() == "15.00 USD"


@BOTH_ANSWERS
async def test_a_stale_screen_sends_nothing_on_trying_again_either(
    bench: Bench, desk: Desk
) -> None:
    """And the decision stays one that can be tried again, with its key."""
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await desk.go("10.00")
    plan = await plan_again(desk.engine, 1, "again")
    bench.by_hand("5.00")
    bench.pass_time(60)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert any("5.00 USD" in fact for fact in outcome.facts)
    assert len(bench.posts) == 1
    assert desk.last.can_retry
    assert (await desk.again(1)).result is Result.ACCEPTED
    assert len({post.key for post in bench.posts}) == 1
    assert bench.paid() == "15.00 USD"


async def test_a_retry_that_was_planned_before_something_else_was_done_is_stale(
    bench: Bench,
) -> None:
    """Else the old key would pay beside the new one that a colleague was given."""
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:refuse:AmazonRejected,unsaved:x2")
    await one.go("10.00")
    await one.again(1)
    retry = await plan_again(one.engine, 1, "again")
    await give_up_key(two.engine, 1, "Amazon keeps refusing")
    bench.switch(read_lag=3600.0)  # so that the order itself gives no hint
    assert (await two.go("10.00")).result is Result.ACCEPTED
    assert (await one.perform(retry)).result is Result.STALE
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("state", ["accepted", "stale", "unknown", "given up"])
async def test_only_what_ended_without_a_refund_is_tried_again(
    bench: Bench, desk: Desk, state: str
) -> None:
    if state == "accepted":
        await desk.go("10.00")
    elif state == "stale":
        plan = await desk.plan("10.00")
        bench.by_hand("1.00")
        await desk.perform(plan)
    elif state == "unknown":
        await lose_an_answer(bench, desk, executed=True)
    else:
        bench.fault("create_refund:refuse:AmazonRejected:x2")
        await desk.go("10.00")
        await desk.again(1)
        await give_up_key(desk.engine, 1, "it keeps refusing")
    sent = len(bench.posts)
    with pytest.raises(Held) as held:
        await desk.again(1)
    assert held.value.intent == 1
    assert len(bench.posts) == sent


async def test_trying_again_has_a_reason_and_a_ticket_of_its_own_or_those_of_before(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:refuse:AmazonRejected,unsaved:x4")
    await desk.do("refund", CHARGE, amount="10.00", reason="first", ticket="T-1")
    for again in (("  ",), (" second ", "T-2"), ("x" * 501,)):
        await desk.perform(await plan_again(desk.engine, 1, *again))
    lines = [line.data for line in desk.journal.entries(intent=1) if line.kind == "reopen"]
    kept = [(line["reason"], line["ticket"]) for line in lines]
    assert kept == [("first", "T-1"), ("second", "T-2"), ("x" * 499 + "…", "T-1")]


@BOTH_ANSWERS
@pytest.mark.parametrize("way", ["refused", "did not"])
async def test_another_amount_is_held_while_the_old_one_can_still_be_used(
    bench: Bench, desk: Desk, way: str
) -> None:
    if way == "refused":
        bench.fault("create_refund:refuse:AmazonRejected,unsaved")
        await desk.go("10.00")
    else:
        number = await lose_an_answer(bench, desk, executed=False)
        await resolve_by_hand(desk.engine, number, happened=False, evidence="not there")
    with pytest.raises(Held, match="Another one could be made beside it"):
        await desk.plan("10.01")
    assert (await desk.plan("10.00")).reopens == 1
    assert (await desk.plan("5.00", OTHER)).reopens is None  # another charge is another matter


async def test_another_amount_is_free_where_nothing_ever_left_this_machine(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.plan("10.00")
    bench.fault("get_charge:error_before:x4")
    assert (await desk.perform(plan)).result is Result.NOT_SENT
    assert (await desk.go("5.00")).result is Result.ACCEPTED
    # The first decision is still there; its key has been used for the other amount since.
    plan = await desk.plan("10.00")
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    assert bench.paid() == "15.00 USD"


async def test_the_amount_of_an_unsent_decision_is_held_too_while_another_can_still_be_made(
    bench: Bench, desk: Desk
) -> None:
    """Two decisions wait: 10.00, which never left, and 5.00, which can still arrive."""
    plan = await desk.plan("10.00")
    bench.fault("get_charge:error_before:x4")
    await desk.perform(plan)
    bench.by_hand("3.00")
    bench.fault("create_refund:late:0.5", "create_refund:hang_up_before:xalways")
    assert (await desk.go("5.00")).result is Result.UNKNOWN
    bench.world.faults.clear()
    await resolve_by_hand(desk.engine, 2, happened=False, evidence="not there")
    with pytest.raises(Held) as held:
        await desk.plan("10.00")
    assert held.value.intent == 2
    with pytest.raises(Held):
        await plan_again(desk.engine, 1, "again")


# --- the next generation -------------------------------------------------------------------------


@BOTH_ANSWERS
async def test_nothing_but_proof_opens_the_next_generation(bench: Bench, desk: Desk) -> None:
    """A refusal, a lost answer, a failed read and a person's word are no proof."""
    key = (await desk.plan("10.00")).draft.key
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await desk.go("10.00")
    assert (await desk.plan("10.00")).draft.key == key
    plan = await desk.plan("10.00")
    bench.fault("get_charge:error_before:x4")
    await desk.perform(plan)
    assert (await desk.plan("10.00")).draft.key == key
    await lose_an_answer(bench, desk, executed=False)
    await resolve_by_hand(desk.engine, 1, happened=False, evidence="not there")
    assert (await desk.plan("10.00")).draft.key == key
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert {intent.generation for intent in desk.intents()} == {0}
    assert {post.key for post in bench.posts} == {key}


@BOTH_ANSWERS
async def test_each_declined_refund_opens_one_generation(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:decline:x2")
    for generation in range(3):
        assert (await desk.go("10.00")).result is Result.ACCEPTED
        assert (desk.last.generation, desk.last.observed) == (generation, "0.00 USD")
        bench.pass_time(30)
    assert bench.paid() == "10.00 USD"
    assert len({post.key for post in bench.posts}) == 3


@pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=[""])
async def test_a_key_is_given_up_only_after_two_refusals_and_with_a_reason(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:refuse:AmazonRejected")
    await desk.go("10.00")
    with pytest.raises(Held, match="1 refusal"):
        await give_up_key(desk.engine, 1, "it refuses")
    await desk.again(1)
    with pytest.raises(Held, match="why"):
        await give_up_key(desk.engine, 1, "  ")
    assert (await give_up_key(desk.engine, 1, "it keeps refusing")).human == "next_key"
    assert (await desk.plan("10.00")).draft.generation == 1
    assert (await desk.plan("12.00")).draft.generation == 1


async def test_throttling_is_no_refusal_for_which_a_key_could_be_given_up(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:throttle:xalways")
    await desk.go("10.00")
    await desk.again(1)
    with pytest.raises(Held):
        await give_up_key(desk.engine, 1, "it throttles")


async def test_a_key_is_not_given_up_while_an_attempt_has_no_answer(
    bench: Bench, desk: Desk
) -> None:
    number = await lose_an_answer(bench, desk, executed=False)
    await resolve_by_hand(desk.engine, number, happened=False, evidence="not there")
    with pytest.raises(Held):
        await give_up_key(desk.engine, number, "it is enough")


# --- recovering ----------------------------------------------------------------------------------


@BOTH_ANSWERS
async def test_recovery_sends_again_where_nothing_moved(bench: Bench, desk: Desk) -> None:
    await lose_an_answer(bench, desk, executed=False)
    outcome = await desk.recover()
    assert outcome.result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1


async def test_a_refund_that_is_final_when_it_is_found_is_not_settled_before_its_total_is_seen(
    bench: Bench, desk: Desk
) -> None:
    await lose_an_answer(bench, desk, executed=True)
    bench.pass_time(30)
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    assert desk.states() == [State.ACCEPTED]


async def test_recovery_asks_a_person_where_money_moved(bench: Bench, desk: Desk) -> None:
    """Trace 8, in one process: a colleague refunded by hand, so nothing is replayed."""
    await lose_an_answer(bench, desk, executed=False)
    bench.by_hand("10.00")
    sent = len(bench.posts)
    for _ in range(2):
        outcome = await desk.recover()
        assert outcome.result is Result.UNKNOWN
        assert "somebody may have acted by hand" in outcome.message
        assert outcome.facts == ("charge refunded: 0.00 USD, now 10.00 USD",)
    assert len(bench.posts) == sent
    await resolve_by_hand(desk.engine, 1, happened=True, evidence="a colleague did it")
    assert bench.paid() == "10.00 USD"


async def test_a_persons_no_is_for_one_intent(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00", CHARGE)
    await desk.go("5.00", OTHER)
    bench.world.faults.clear()
    bench.by_hand("1.00", CHARGE)
    bench.by_hand("1.00", OTHER)
    assert (await desk.recover(1, nobody_else=True)).result is Result.ACCEPTED
    assert desk.states() == [State.ACCEPTED, State.UNKNOWN]
    assert (bench.paid(CHARGE), bench.paid(OTHER)) == ("11.00 USD", "1.00 USD")


async def test_recovery_takes_nobodys_no_for_granted(bench: Bench, desk: Desk) -> None:
    """Neither that nobody acted by hand nor that it is meant beside a dispute."""
    await lose_an_answer(bench, desk, executed=False)
    bench.by_hand("10.00")
    [outcome] = await recover(desk.engine)
    assert (outcome.result, len(bench.refunds())) == (Result.UNKNOWN, 1)
    assert outcome.facts == ("charge refunded: 0.00 USD, now 10.00 USD",)


async def test_recovery_of_one_order_leaves_the_others_alone(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00", CHARGE)
    await desk.go("5.00", CLOSED_CHARGE)
    bench.world.faults.clear()
    [outcome] = await recover(desk.engine, scope=CLOSED)
    assert (outcome.intent, outcome.result) == (2, Result.ACCEPTED)
    assert desk.states() == [State.UNKNOWN, State.ACCEPTED]


async def test_recovery_of_one_intent_passes_the_earlier_ones_over(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00", CHARGE)
    await desk.go("5.00", OTHER)
    bench.world.faults.clear()
    told: list[str] = []
    [outcome] = await recover(desk.engine, number=2, tell=told.append)
    assert (outcome.intent, outcome.result) == (2, Result.ACCEPTED)
    assert desk.states() == [State.UNKNOWN, State.ACCEPTED]
    assert told[0] == "Intent 2: reading the order first"


async def test_there_is_nothing_to_recover_where_everything_has_ended(desk: Desk) -> None:
    await desk.go("10.00")
    assert await recover(desk.engine) == []


async def test_recovery_can_not_read_the_order_and_says_so(bench: Bench, desk: Desk) -> None:
    await lose_an_answer(bench, desk, executed=True)
    bench.fault("get_charge:error_before:x4")
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert "could not be read" in outcome.message
    assert desk.last.state is State.UNKNOWN


async def test_a_plan_resolves_what_is_open_first_and_then_asks_to_look_again(
    bench: Bench, desk: Desk
) -> None:
    await lose_an_answer(bench, desk, executed=False)
    with pytest.raises(Held, match="Nothing new was planned"):
        await desk.plan("10.00")
    assert desk.states() == [State.ACCEPTED]
    assert bench.paid() == "10.00 USD"


async def test_recovery_sends_nothing_from_a_journal_that_was_edited(
    bench: Bench, desk: Desk
) -> None:
    """The bytes that would be sent again stand in it."""
    await lose_an_answer(bench, desk, executed=False)
    with desk.journal._engine.begin() as connection:
        connection.execute(
            text("UPDATE intents SET body = CAST(replace(body, '10.00', '99.00') AS BLOB)")
        )
    assert b"99.00" in desk.last.body
    sent = len(bench.posts)
    with pytest.raises(JournalBroken, match="intent 1 is not what the lines say"):
        await desk.recover(nobody_else=True)
    assert len(bench.posts) == sent


async def test_an_intent_of_another_environment_is_left_to_its_own_profile(
    bench: Bench,
) -> None:
    """All profiles of a user share one journal."""
    teller = Teller(bench.world)
    teller.permission("P01-1000009-1000009", "50.00", teller.ago(days=1), reference="Live-1")
    live = teller.charge(
        "P01-1000009-1000009-C100009", "50.00", teller.ago(days=1), state="Captured"
    )
    desk = await bench.desk(environment="live")
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go("10.00", live.id)).result is Result.UNKNOWN
    bench.world.faults.clear()
    sent = len(bench.posts)
    sandbox = await bench.desk()
    assert await recover(sandbox.engine, nobody_else=True) == []
    with pytest.raises(Held, match="Intent 1 is a live one; this profile is for sandbox") as held:
        await recover(sandbox.engine, number=1)
    assert (held.value.intent, held.value.hint) == (1, "Name a live profile with --profile.")
    assert len(bench.posts) == sent
    assert (await sandbox.go("3.00")).result is Result.ACCEPTED
    assert (await desk.recover()).result is Result.ACCEPTED
    assert bench.paid(live.id) == "10.00 USD"


@pytest.mark.parametrize(
    ("made_with", "here", "ours"),
    [
        ("acme", "acme", True),
        ("acme", "beta", False),
        ("", "acme", True),  # older intents don't say with which
        ("acme", "", True),
    ],
)
async def test_an_intent_is_of_the_profile_that_made_it(
    desk: Desk, made_with: str, here: str, ours: bool
) -> None:
    desk.engine.profile = made_with
    await desk.go("10.00")
    desk.engine.profile = here
    assert is_of(desk.engine, desk.last) is ours
    assert not is_of(desk.engine, replace(desk.last, environment="live"))


async def test_a_broken_journal_sends_nothing(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    await desk.go("1.00", OTHER)
    with desk.journal._engine.begin() as connection:
        connection.execute(text("UPDATE entries SET actor = 'nobody' WHERE seq = 2"))
    sent = len(bench.posts)
    for attempt in (desk.perform(plan), desk.plan("10.00")):
        with pytest.raises(JournalBroken, match="line 2 was changed"):
            await attempt
    assert len(bench.posts) == sent


# --- who is at work ------------------------------------------------------------------------------


async def test_what_a_living_process_is_at_is_not_taken_over(bench: Bench) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:hang_up_before:xalways")
    await one.go("10.00")
    assert one.journal.claims.claim(1, one.engine._owner)
    outcome = await two.recover()
    assert outcome.result is Result.BLOCKED
    assert "being worked on right now" in outcome.message
    one.journal.claims.release(1, one.engine._owner)
    bench.world.faults.clear()
    assert (await two.recover()).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_what_a_dead_process_was_at_is_taken_over(bench: Bench) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.plan("10.00")
    number = dead.journal.reserve(plan.draft, plan.version, dead.engine._owner).id
    dead.journal.arm(number, dead.engine._owner)
    alive = await bench.desk()
    assert (await alive.recover()).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_recovering_while_the_same_process_is_sending_waits(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:delay:0.2")
    sending = asyncio.create_task(desk.go("10.00"))
    await until(lambda: bench.posts)
    assert (await desk.recover()).result is Result.BLOCKED
    assert (await sending).result is Result.ACCEPTED
    assert len(bench.posts) == 1


async def test_recovery_goes_on_when_its_caller_goes_away_and_nobody_else_joins_it(
    bench: Bench,
) -> None:
    """The caller of a recovery is cancelled: it stays claimed as long as it is at work."""
    one, two = await bench.two(shared=True)
    await lose_an_answer(bench, one, executed=False)
    bench.fault("create_refund:delay:0.3")
    sent = len(bench.posts)
    asked = asyncio.create_task(recover(one.engine))
    await until(lambda: len(bench.posts) > sent)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    for desk in (one, two):
        assert (await desk.recover()).result is Result.BLOCKED
    await until(lambda: not one.engine.is_working)
    assert one.states() == [State.ACCEPTED]
    assert len(bench.posts) == sent + 1
    assert one.sound()


async def test_a_process_that_ends_its_work_does_not_end_anothers_claim(bench: Bench) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await one.go("10.00")
    again = two.journal.reopen(1, two.journal.version(one.last.scope), two.engine._owner, one.last)
    one.journal.claims.release(1, one.engine._owner)  # what `one` does last of all
    assert again.state is State.RESERVED
    assert (await one.recover()).result is Result.BLOCKED
    assert one.last.state is State.RESERVED


async def test_two_consoles_that_notice_the_same_decline_do_not_trip_over_each_other(
    bench: Bench,
) -> None:
    one, two = await bench.two(shared=True)
    bench.fault("create_refund:decline")
    await one.go("10.00")
    bench.pass_time(30)
    plans = await asyncio.gather(one.plan("10.00"), two.plan("10.00"), return_exceptions=True)
    for plan in plans:
        assert not isinstance(plan, BaseException) or isinstance(plan, Held)
    assert one.states() == [State.DECLINED]


async def test_a_persons_word_meets_a_process_that_is_still_trying(
    bench: Bench,
) -> None:
    one = await bench.desk(waits=(0.4,))
    two = await bench.desk(owner=another_living_process())
    bench.fault("create_refund:hang_up_before")
    trying = asyncio.create_task(one.go("10.00"))
    await until(lambda: State.UNKNOWN in two.states())
    await resolve_by_hand(two.engine, 1, happened=False, evidence="not there")
    outcome = await trying
    assert outcome.result is Result.BLOCKED
    assert outcome.message.startswith("an intent that is abandoned can't arm")
    assert (len(bench.posts), bench.paid()) == (1, "0.00 USD")
    assert (await two.again(1)).result is Result.ACCEPTED


def test_an_owner_is_this_process_and_no_later_one_with_its_number() -> None:
    mine = Owner.current()
    assert mine.is_alive()
    assert Owner(mine.host, mine.process, "another start").is_alive() is False
    assert ended_process().is_alive() is False
    assert Owner("elsewhere", 1, "1").is_alive() is None


async def test_every_open_state_blocks_the_charge_and_none_other(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    intent = desk.journal.reserve(plan.draft, plan.version, desk.engine._owner)
    for move in (Move.ARM, Move.LOSE, Move.ARM):
        holder = desk.journal.open_on(intent.scope, CHARGE)
        assert holder is not None
        assert holder.id == intent.id
        assert desk.journal.open_on(intent.scope, OTHER) is None
        assert desk.journal.open_on(intent.scope, intent.scope) is not None
        desk.journal.move(intent.id, move, {})
    desk.journal.move(intent.id, Move.REFUSE, {})
    assert desk.journal.open_on(intent.scope, CHARGE) is None

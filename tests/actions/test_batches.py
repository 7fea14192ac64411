"""Batches: a verdict for every row, each row done once, and a stop where something is amiss."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from console.actions.batch.applying import Applied, apply_batch
from console.actions.batch.planning import plan_batch
from console.actions.batch.report import report_of
from console.actions.batch.stop import Stop
from console.actions.engine import Engine
from console.actions.outcome import Held, Result
from console.actions.renewal import Renewal
from console.domain.batch import Batch, Line, Progress, Report, Row, Standing, Verdict, read_plan
from console.domain.ids import parse
from console.domain.intent import State
from console.domain.policy import Policy
from console.simulator.stories import Teller
from tests.actions.test_disputes import file_dispute, know_dispute
from tests.support.bench import (
    AUTHORIZED,
    BOTH,
    CHARGE,
    CLOSED,
    OLD_AUTHORIZED,
    ORDER,
    OTHER,
    PENDING,
    RECURRING,
    ROOMY,
    SESSION,
    YEN,
    Bench,
    Desk,
    ended_process,
    until,
)

pytestmark = pytest.mark.anyio


def charges(bench: Bench, count: int) -> list[str]:
    """Captured charges of 50.00 USD, each on an order of its own."""
    teller, made = Teller(bench.world), []
    for number in range(count):
        order, past = f"S01-4000000-{number:07d}", teller.ago(days=2)
        teller.permission(order, "50.00", past, reference=f"Batch-{number}")
        charge = teller.charge(f"{order}-C{number:06d}", "50.00", past, state="Captured")
        made.append(charge.id)
    return made


def refunds(ids: list[str], amount: str = "10.00") -> list[Line]:
    return [Line(n, one, "refund", amount, "USD", "damaged", "T-1") for n, one in enumerate(ids, 2)]


async def planned(desk: Desk, *lines: Line) -> Batch:
    """A plan as it comes back from its file."""
    made = await plan_batch(desk.engine, lines, "fixes.csv")
    return read_plan(json.dumps(made.as_json()))


async def apply(desk: Desk, batch: Batch, stop: Stop | None = None) -> Applied:
    return await apply_batch(desk.engine, batch, batch.phrase, stop=stop)


def standings(report: Report) -> list[str]:
    return [str(ended.standing) for ended in report.rows]


def with_policy(desk: Desk, **values: object) -> Engine:
    engine = desk.engine
    engine.policy = Policy(**values)  # type: ignore[arg-type]
    return engine


# --- the plan ------------------------------------------------------------------------------------


async def verdict(desk: Desk, *lines: Line) -> Row:
    """The last line's row."""
    return (await planned(desk, *lines)).rows[-1]


@pytest.mark.parametrize(
    ("line", "expected", "said"),
    [
        (Line(2, CHARGE, "refund", "10.00", "USD"), Verdict.WILL_ACT, ""),
        (Line(2, CHARGE.replace("-C", "-A"), " Refund ", "10", "usd"), Verdict.WILL_ACT, ""),
        (Line(2, AUTHORIZED, "capture", "60.00"), Verdict.WILL_ACT, ""),
        (Line(2, AUTHORIZED, "cancel"), Verdict.WILL_ACT, ""),
        (Line(2, AUTHORIZED, "extend"), Verdict.WILL_ACT, ""),
        (Line(2, ROOMY, "authorize", "5.00"), Verdict.WILL_ACT, ""),
        (Line(2, ROOMY, "close"), Verdict.WILL_ACT, ""),
        (Line(2, SESSION, "complete", "18.00"), Verdict.WILL_ACT, ""),
        (Line(2, CLOSED, "close"), Verdict.ALREADY_SO, "Closed already"),
        (Line(2, PENDING, "capture", "55.00"), Verdict.NOT_ALLOWED, "still pending"),
        (Line(2, CHARGE, "cancel"), Verdict.NOT_ALLOWED, "refund it instead"),
        (Line(2, CHARGE, "refund", "101.00"), Verdict.NOT_ALLOWED, "more than was captured"),
        (Line(2, CHARGE, "refund", "900.00"), Verdict.NOT_ALLOWED, "too much"),
        (Line(2, ORDER, "extend"), Verdict.NOT_ALLOWED, "180 days or 13 months"),
        (Line(2, ROOMY, "update"), Verdict.NOT_ALLOWED, "no columns"),
        (Line(2, "junk", "refund", "1"), Verdict.INVALID, "no Amazon Pay id"),
        (Line(2, "", "refund", "1"), Verdict.INVALID, "no id"),
        (Line(2, f"{CHARGE} {YEN}", "refund", "1"), Verdict.INVALID, "several ids"),
        (Line(2, CHARGE, "pay", "1"), Verdict.INVALID, "'pay' is no action"),
        (Line(2, CHARGE, "refund"), Verdict.INVALID, "needs an amount"),
        (Line(2, CHARGE, "refund", "10,00"), Verdict.INVALID, "two ways"),
        (Line(2, CHARGE, "refund", "-1"), Verdict.INVALID, "negative"),
        (Line(2, CHARGE, "refund", "10", "EUR"), Verdict.INVALID, "in USD, not EUR"),
        (Line(2, CHARGE, "refund", "10 USD", "EUR"), Verdict.INVALID, "the currency EUR"),
        (Line(2, AUTHORIZED, "cancel", "60.00"), Verdict.INVALID, "takes no amount"),
        (Line(2, "P" + CHARGE[1:], "refund", "1"), Verdict.INVALID, "live"),
        (Line(2, "S01-9999999-9999999-C999999", "refund", "1"), Verdict.INVALID, "knows no"),
        (Line(2, problem="The row has 3 cells."), Verdict.INVALID, "3 cells"),
    ],
)
async def test_every_row_gets_a_verdict_with_its_reason(
    bench: Bench, desk: Desk, line: Line, expected: Verdict, said: str
) -> None:
    row = await verdict(desk, line)
    assert (row.verdict, said in row.why) == (expected, True), row.why
    assert row.acts == bool(row.path and row.snapshot and row.order)
    assert desk.intents() == []
    assert not [entry for entry in bench.world.log.entries() if entry.method != "GET"]


async def test_a_bad_row_never_stops_the_others(desk: Desk) -> None:
    lines = [Line(2, "junk", "refund", "1"), *refunds([CHARGE]), Line(4, "junk", "?")]
    batch = await planned(desk, *lines)
    assert [row.acts for row in batch.rows] == [False, True, False]
    assert batch.phrase == "1 row 10.00 USD"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CHARGE, CHARGE),
        (CHARGE, CHARGE.replace("-C", "-A")),
        (YEN, YEN[:19]),  # an order that leads to its only charge
        (YEN[:19], YEN),
        (YEN, "Bench-2"),  # the shop's own number
        (RECURRING, RECURRING.replace("-C", "-A")),
    ],
)
async def test_duplicates_are_found_by_object_whatever_the_id(
    desk: Desk, first: str, second: str
) -> None:
    for charge in (CHARGE, YEN):
        await desk.session.lookup.look_up((await desk.session.lookup.resolve(charge)).best)
    row = await verdict(desk, Line(2, first, "refund", "1"), Line(3, second, "refund", "2"))
    assert row.verdict is Verdict.DUPLICATE
    assert "Line 2" in row.why


async def test_a_row_that_does_nothing_makes_no_duplicate(desk: Desk) -> None:
    row = await verdict(desk, Line(2, CHARGE, "refund", "900"), Line(3, CHARGE, "refund", "2"))
    assert row.verdict is Verdict.WILL_ACT


async def test_a_charge_takes_one_end(desk: Desk) -> None:
    row = await verdict(desk, Line(2, AUTHORIZED, "cancel"), Line(3, AUTHORIZED, "capture", "5"))
    assert row.verdict is Verdict.NOT_ALLOWED
    assert "Line 2 has cancel" in row.why


async def test_a_disputed_refund_is_for_one_by_one(bench: Bench, desk: Desk) -> None:
    file_dispute(bench)
    know_dispute(desk)
    row = await verdict(desk, *refunds([CHARGE]))
    assert row.verdict is Verdict.NOT_ALLOWED
    assert "--disputed" in row.instead


async def test_the_policys_sums_of_the_day_count_the_whole_list(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 4)
    await desk.go("15.00", CHARGE)
    with_policy(desk, max_per_day={"USD": Decimal("40.00")})
    batch = await planned(desk, *refunds(ids))
    assert [row.acts for row in batch.rows] == [True, True, False, False]
    assert "With the rows before it" in batch.rows[2].why
    assert (await apply(desk, batch)).stopped == ""
    assert sum(1 for _ in bench.executed) == 3


async def test_a_policy_that_forbids_an_action_is_the_rows_reason(desk: Desk) -> None:
    with_policy(desk, actions=frozenset({"refund"}), require_ticket=True)
    lines = [Line(2, AUTHORIZED, "cancel", ticket="T"), Line(3, CHARGE, "refund", "1")]
    batch = await planned(desk, *lines)
    assert [row.verdict for row in batch.rows] == [Verdict.NOT_ALLOWED] * 2
    assert "asks for a ticket" in batch.rows[1].why


async def test_planning_tells_how_far_it_is(bench: Bench, desk: Desk) -> None:
    told: list[Progress] = []
    await plan_batch(desk.engine, refunds(charges(bench, 3)), tell=told.append)
    assert [(one.done, one.total) for one in told] == [(1, 3), (2, 3), (3, 3)]


async def test_what_would_fail_for_all_ends_the_planning(bench: Bench, desk: Desk) -> None:
    bench.fault("*:refuse:UnauthorizedAccess:xalways")
    with pytest.raises(Exception, match="UnauthorizedAccess"):
        await plan_batch(desk.engine, refunds([CHARGE]))


# --- carrying it out -----------------------------------------------------------------------------


@pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)
async def test_every_row_is_done_once_and_given_again_nothing_is(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 9)
    batch = await planned(desk, *refunds(ids))
    applied = await apply(desk, batch)
    assert (applied.stopped, applied.result) == ("", None)
    assert set(standings(applied.report)) == {"initiated"}
    assert [bench.paid(one) for one in ids] == ["10.00 USD"] * 9
    again = await apply(desk, batch)
    assert standings(again.report) == standings(applied.report)
    assert len(bench.posts) == 9
    marks = [(i.link or {})["line"] for i in desk.intents()]
    assert marks == [row.line for row in batch.rows]
    assert {i.ticket for i in desk.intents()} == {"T-1"}
    assert desk.sound()


async def test_it_goes_in_waves_of_one_and_five_and_the_rest(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, *refunds(charges(bench, 8)))
    told: list[str] = []
    await apply_batch(desk.engine, batch, batch.phrase, tell=told.append)
    done = [n for n, said in enumerate(told) if ": accepted" in said]
    first = next(n for n, said in enumerate(told) if said.startswith("The first row ended"))
    five = next(n for n, said in enumerate(told) if said.startswith("The next 5 rows ended"))
    assert done[0] < first < done[1] < done[5] < five < done[6]


async def test_a_wave_that_amazon_declined_is_the_last_one(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))

    def decline(said: str) -> None:
        if ": accepted" in said:
            bench.decline(bench.refunds(ids[0])[0].id)

    applied = await apply_batch(desk.engine, batch, batch.phrase, tell=decline)
    assert applied.result is Result.REFUSED
    assert applied.stopped == (
        f"The wave did not end as it should: intent 1 (refund 10.00 USD on {ids[0]}) is declined."
    )
    assert applied.hint == (
        "Look at these orders first. Apply the plan again to go on with the other rows."
    )
    assert standings(applied.report) == ["declined", "left", "left"]
    assert len(bench.posts) == 1


@pytest.mark.parametrize("phrase", ["", "2 rows 20.00 USD", "3 rows 30.00 EUR", "30.00 USD"])
async def test_without_the_phrase_nothing_is_sent(bench: Bench, desk: Desk, phrase: str) -> None:
    batch = await planned(desk, *refunds(charges(bench, 3)))
    with pytest.raises(Held, match=r"3 rows 30\.00 USD"):
        await apply_batch(desk.engine, batch, phrase)
    assert desk.intents() == []


async def test_a_plan_of_another_account_is_held(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, *refunds([CHARGE]))
    for other in (
        replace(batch, profile="else"),
        replace(batch, region="eu"),
        replace(batch, environment="live"),
    ):
        with pytest.raises(Held, match="made for profile"):
            await apply(desk, other)
    assert bench.posts == []


async def test_a_read_only_profile_applies_nothing(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, *refunds([CHARGE]))
    with_policy(desk, read_only=True)
    with pytest.raises(Held, match="read-only"):
        await apply(desk, batch)
    assert bench.posts == []


async def test_an_order_that_has_changed_is_left_alone_and_the_others_are_done(
    bench: Bench, desk: Desk
) -> None:
    ids = charges(bench, 4)
    batch = await planned(desk, *refunds(ids))
    bench.by_hand("3.00", ids[0])
    bench.change_permission(ids[2][:19], state="Closed", reasons=("MerchantClosed",))
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["stale", "initiated", "stale", "initiated"]
    assert "charge refunded" in applied.report.rows[0].why
    assert "3.00 USD" in applied.report.rows[0].why
    assert [line.object for line in desk.journal.entries(kind="batch_row")] == ids[::2]
    assert applied.stopped == ""
    assert [bench.paid(one) for one in ids][::2] == ["3.00 USD", "0.00 USD"]
    assert standings((await apply(desk, batch)).report) == standings(applied.report)
    assert len(bench.posts) == 2


async def test_what_the_batch_did_itself_on_an_order_is_no_foreign_change(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(
        desk,
        Line(2, AUTHORIZED, "capture", "60.00"),
        Line(3, ROOMY, "authorize", "5.00"),
        Line(4, ROOMY + "-C100011", "cancel"),
        *[replace(line, line=line.line + 5) for line in refunds([CHARGE, OTHER], "5.00")],
    )
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["done", "done", "done", "initiated", "initiated"]


async def test_a_foreign_change_beside_ones_own_is_found(bench: Bench, desk: Desk) -> None:
    sister = ROOMY + "-C100011"
    await desk.session.lookup.look_up(parse(sister))  # so it is known when the plan is made
    batch = await planned(
        desk, Line(2, ROOMY, "authorize", "5.00"), Line(3, AUTHORIZED, "capture", "60.00")
    )
    assert sister in str(batch.rows[1].snapshot)

    def meddle(said: str) -> None:
        if said.startswith("The first row ended"):
            bench.by_hand_cancel(sister)

    applied = await apply_batch(desk.engine, batch, batch.phrase, tell=meddle)
    assert standings(applied.report) == ["done", "stale"]
    assert f"charges {sister}: Authorized" in applied.report.rows[1].why


async def test_an_unknown_outcome_stops_it_and_blocks_what_follows(
    bench: Bench, desk: Desk
) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))
    bench.fault("create_refund:hang_up_after:xalways")
    applied = await apply(desk, batch)
    assert applied.result is Result.UNKNOWN
    assert standings(applied.report) == ["unknown", "left", "left"]
    again = await apply(desk, batch)  # still unknown: money moved, so a person is asked
    assert again.result is Result.UNKNOWN
    assert standings(again.report) == ["unknown", "left", "left"]
    bench.world.faults.clear()
    await desk.recover(nobody_else=True)
    last = await apply(desk, batch)
    assert set(standings(last.report)) == {"initiated"}
    assert [bench.paid(one) for one in ids] == ["10.00 USD"] * 3
    assert len(bench.executed) == 3


async def test_a_refused_first_row_is_a_reason_to_look(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))
    bench.fault("create_refund:refuse:AmazonRejected")
    applied = await apply(desk, batch)
    assert applied.result is Result.REFUSED
    assert standings(applied.report) == ["refused", "left", "left"]
    assert "AmazonRejected" in applied.report.rows[0].why
    again = await apply(desk, batch)
    assert standings(again.report) == ["refused", "initiated", "initiated"]
    assert len(bench.executed) == 2


async def test_no_connection_stops_it_and_the_row_is_left(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))
    with bench.away(desk, after=1):
        applied = await apply(desk, batch)
    assert applied.result in (Result.NOT_SENT, Result.UNKNOWN)
    assert standings(applied.report)[0] == "initiated"
    last = await apply(desk, batch)
    assert set(standings(last.report)) == {"initiated"}
    assert len(bench.executed) == 3


async def test_a_colleague_in_the_middle_of_a_row_stops_it(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))

    def meddle(said: str) -> None:
        if said.startswith("Reading the order once more") and not bench.refunds(ids[0]):
            bench.by_hand("4.00", ids[0])

    applied = await apply_batch(desk.engine, batch, batch.phrase, tell=meddle)
    assert applied.result is Result.STALE
    assert standings(applied.report) == ["stale", "left", "left"]
    assert bench.posts == []


async def test_what_a_row_did_on_its_order_explains_nothing_on_another_one(
    bench: Bench, desk: Desk
) -> None:
    ids = charges(bench, 2)
    batch = await planned(desk, *refunds(ids))
    bench.change_permission(ids[1][:19], state="Closed")
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["initiated", "stale"]


async def test_a_row_that_is_held_back_has_a_line_of_its_own_in_the_journal(
    bench: Bench, desk: Desk
) -> None:
    """No intent tells of it. The journals of before have its kind's name in them."""
    batch = await planned(desk, *refunds(charges(bench, 1)))
    bench.by_hand("4.00", str(batch.rows[0].target))
    await apply(desk, batch)
    [line] = desk.journal.entries(kind="batch_row")
    assert line.object == batch.rows[0].target
    assert line.data == {
        "batch": batch.hash,
        "line": 2,
        "standing": "stale",
        "why": "charge refunded: 0.00 USD, now 4.00 USD",
    }


async def test_a_row_that_is_so_meanwhile_is_told_as_that(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, Line(2, AUTHORIZED, "cancel"), Line(3, OLD_AUTHORIZED, "cancel"))
    bench.by_hand_cancel(AUTHORIZED)
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["already_so", "done"]
    assert len(bench.writes("cancel_charge")) == 1


async def test_another_open_decision_leaves_the_row_for_later(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 2)
    batch = await planned(desk, *refunds(ids))
    bench.fault("create_refund:hang_up_after:x4")
    await desk.go("1.00", ids[0])
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["left", "initiated"]
    assert bench.paid(ids[0]) == "1.00 USD"


async def test_a_refused_single_decision_is_tried_again_as_the_row(
    bench: Bench, desk: Desk
) -> None:
    """The same intent with its key; from then on it is the batch's."""
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    assert (await desk.go("10.00")).result is Result.REFUSED
    batch = await planned(desk, *refunds([CHARGE]))
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["initiated"]
    assert len(desk.intents()) == 1
    assert (desk.last.link or {})["batch"] == batch.hash
    assert desk.sound()


# --- renewals ------------------------------------------------------------------------------------


async def test_both_steps_of_a_renewal_belong_to_the_row(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, Line(2, AUTHORIZED, "extend"), Line(3, OLD_AUTHORIZED, "extend"))
    assert batch.phrase == "2 rows 85.00 USD"
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["done", "done"]
    renewals = [Renewal.of(intent) for intent in desk.intents()]
    assert [r.step for r in renewals if r] == [1, 2, 1, 2]
    assert {(i.link or {})["batch"] for i in desk.intents()} == {batch.hash}


async def test_a_renewal_whose_second_step_is_missing_is_finished_by_the_next_run(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, Line(2, AUTHORIZED, "extend"), Line(3, CHARGE, "refund", "1.00"))
    bench.fault("cancel_charge:refuse:InvalidChargeStatus")
    applied = await apply(desk, batch)
    assert applied.stopped
    assert standings(applied.report) == ["half_done", "left"]
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["done", "initiated"]
    assert len(bench.done("create_charge")) == 1
    assert len(bench.done("cancel_charge")) == 1


# --- stopping, crashing, two at once -------------------------------------------------------------


async def test_asked_to_stop_it_ends_the_row_and_begins_no_other(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))
    stop = Stop()

    def at_sending(said: str) -> None:
        if said.startswith("Sending"):
            stop.ask()

    applied = await apply_batch(desk.engine, batch, batch.phrase, stop=stop, tell=at_sending)
    assert applied.asked_to_stop
    assert (applied.stopped, applied.hint) == ("Stopped as asked, before the next row.", "")
    assert standings(applied.report) == ["initiated", "left", "left"]
    assert set(standings((await apply(desk, batch)).report)) == {"initiated"}
    assert len(bench.posts) == 3


async def test_in_the_cooling_time_a_stop_sends_nothing(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 2)
    with_policy(desk, cooling_seconds=30)
    batch = await planned(desk, *refunds(ids))
    stop, told = Stop(), list[str]()
    running = asyncio.create_task(
        apply_batch(desk.engine, batch, batch.phrase, stop=stop, tell=told.append)
    )
    await until(lambda: any("time to stop" in said for said in told))
    stop.ask()
    applied = await running
    assert applied.asked_to_stop
    assert desk.intents() == []
    assert bench.posts == []


async def test_while_planning_a_row_a_stop_is_at_once(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, *refunds(charges(bench, 2)))
    bench.fault("get_charge:delay:5:xalways")
    stop = Stop()
    running = asyncio.create_task(apply(desk, batch, stop))
    await asyncio.sleep(0.3)
    stop.ask()
    applied = await asyncio.wait_for(running, 2)
    assert applied.asked_to_stop
    assert bench.posts == []


async def test_while_a_wave_is_looked_at_nobody_is_told_that_nothing_was_sent(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 2)))
    bench.fault("get_refund:delay:5:xalways")
    stop, told = Stop(), list[str]()
    running = asyncio.create_task(
        apply_batch(desk.engine, batch, batch.phrase, stop=stop, tell=told.append)
    )
    await until(lambda: len(bench.posts) == 1 and any("Line 2: " in said for said in told))
    await asyncio.sleep(0.3)
    stop.ask()
    applied = await asyncio.wait_for(running, 2)
    assert applied.asked_to_stop
    assert applied.stopped == "Stopped as asked, during the look at what was done."
    assert standings(applied.report) == ["initiated", "left"]


async def test_only_who_asked_to_stop_is_told_that_it_has_stopped(desk: Desk) -> None:
    """Whoever cancels the run, or breaks it off from within, is not answered as if."""

    async def gone() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Stop().during(desk.engine, gone())
    stop = Stop()
    running = asyncio.create_task(stop.during(desk.engine, asyncio.sleep(30)))
    await asyncio.sleep(0.01)
    stop.ask()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_a_crash_left_open_is_recovered_before_anything_new(
    bench: Bench,
) -> None:
    dead = await bench.desk("one", owner=ended_process())
    ids = charges(bench, 3)
    batch = await planned(dead, *refunds(ids))
    bench.fault("create_refund:hang_up_before:xalways")
    await apply(dead, batch)
    assert dead.states() == [State.UNKNOWN]
    bench.world.faults.clear()
    alive = await bench.desk("one")
    assert standings(report_of(alive.journal, batch)) == ["unknown", "left", "left"]
    applied = await apply(alive, batch)
    assert set(standings(applied.report)) == {"initiated"}
    assert len(bench.executed) == 3
    assert len({post.key for post in bench.posts}) == 3


@pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
@pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)
async def test_two_consoles_that_apply_one_plan_do_no_row_twice(bench: Bench, shared: bool) -> None:
    one, two = await bench.two(shared=shared)
    ids = charges(bench, 12)
    batch = await planned(one, *refunds(ids))
    await asyncio.gather(apply(one, batch), apply(two, batch))
    for desk in (one, two, one):  # whoever stopped because of the other goes on
        last = await apply(desk, batch)
    assert [bench.paid(i) for i in ids] == ["10.00 USD"] * 12
    assert len(bench.executed) == 12
    assert last.report.is_finished or not shared
    assert one.sound()
    assert two.sound()


# --- the report ----------------------------------------------------------------------------------


async def test_the_report_is_the_same_to_any_process(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 4)
    batch = await planned(desk, *refunds(ids), Line(9, "junk", "refund", "1"))
    bench.by_hand("3.00", ids[1])
    await apply(desk, batch)
    other = await bench.desk("one")
    mine, theirs = report_of(desk.journal, batch), report_of(other.journal, batch)
    assert mine == theirs
    assert standings(mine)[-1] == "wont"
    assert [str(money) for money in mine.sum(Standing.INITIATED)] == ["30.00 USD"]
    assert [str(money) for money in mine.sum(Standing.STALE)] == ["10.00 USD"]


async def test_a_settled_refund_is_done(bench: Bench, desk: Desk) -> None:
    from tests.support.bench import watch

    batch = await planned(desk, *refunds([CHARGE]))
    await apply(desk, batch)
    assert standings(report_of(desk.journal, batch)) == ["initiated"]
    bench.pass_time(24 * 3600)
    await watch(desk.engine, desk.last)
    assert standings(report_of(desk.journal, batch)) == ["done"]


async def test_a_persons_word_stands_in_the_report(bench: Bench, desk: Desk) -> None:
    from console.actions.recovery import resolve_by_hand

    batch = await planned(desk, *refunds([CHARGE]))
    bench.fault("create_refund:hang_up_before:xalways")
    await apply(desk, batch)
    await resolve_by_hand(desk.engine, desk.last.id, happened=True, evidence="seen there")
    [ended] = report_of(desk.journal, batch).rows
    assert (ended.standing, ended.why) == (Standing.DONE, "seen there")


async def test_the_same_list_planned_again_does_nothing_twice(bench: Bench, desk: Desk) -> None:
    """By itself a second refund of the same amount is honest; a list is given twice by a slip."""
    first = await planned(desk, *refunds([CHARGE]))
    await apply(desk, first)
    second = await planned(desk, *refunds([CHARGE]))
    assert second.hash != first.hash
    [row] = second.rows
    assert row.verdict is Verdict.DUPLICATE
    assert "was done before" in row.why
    assert f"payconsole refund {CHARGE} --amount" in row.instead
    assert len(bench.executed) == 1


async def test_in_a_list_of_several_currencies_each_row_names_its_own(desk: Desk) -> None:
    bare = [Line(2, CHARGE, "refund", "5"), Line(3, YEN, "refund", "5"),
            Line(4, OTHER, "refund", "5.00", "USD")]  # fmt: skip
    batch = await planned(desk, *bare)
    assert [row.verdict for row in batch.rows] == [
        Verdict.INVALID, Verdict.INVALID, Verdict.WILL_ACT,
    ]  # fmt: skip
    assert "names no currency" in batch.rows[0].why
    alone = await planned(desk, bare[0])
    assert [row.verdict for row in alone.rows] == [Verdict.WILL_ACT]

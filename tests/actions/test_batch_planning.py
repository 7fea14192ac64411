"""Planning a list: what a row that acts will send, and what one that doesn't says instead."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from console.actions.batch import planning
from console.actions.batch.planning import plan_batch
from console.amazon.errors import NotSent
from console.domain.action_table import BY_NAME
from console.domain.batch import Batch, Line, Progress, Row, Verdict
from console.domain.intent import State
from console.domain.model import show_time
from console.domain.money import Money
from console.domain.policy import Policy
from console.store.index import Known
from tests.actions.test_disputes import DISPUTE, file_dispute, know_dispute
from tests.actions.test_renewal import make_room
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    CLOSED,
    OLD_AUTHORIZED,
    ORDER,
    OTHER,
    ROOMY,
    SESSION,
    YEN,
    Bench,
    Desk,
    watch,
)

pytestmark = pytest.mark.anyio
V1 = CHARGE.replace("-C", "-A")
V1_AUTHORIZED = AUTHORIZED.replace("-C", "-A")
APART = "If both are meant: apply this list first, then plan the second one."
CANCELED = "The charge was canceled. Only a new one can collect: see Authorize."
WILL = Verdict.WILL_ACT


def quiet(_progress: Progress) -> None:
    """Nobody listens."""


async def batch_of(desk: Desk, *lines: Line, tell: Callable[[Progress], None] = quiet) -> Batch:
    return await plan_batch(desk.engine, lines, "fixes.csv", tell)


async def rows_of(desk: Desk, *lines: Line) -> tuple[Row, ...]:
    return (await batch_of(desk, *lines)).rows


async def only(desk: Desk, line: Line) -> Row:
    [row] = await rows_of(desk, line)
    return row


def verdicts(rows: tuple[Row, ...]) -> list[Verdict]:
    return [row.verdict for row in rows]


def refused(row: Row) -> tuple[Verdict, str, str, str | None]:
    """What a row says that does not act."""
    return row.verdict, row.why, row.instead, row.target


def usd(amount: str) -> Money:
    return Money.from_text(f"{amount} USD")


def requests(bench: Bench) -> int:
    return len(bench.world.log.entries())


def during(place: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    """`act` happens just before the row at this place, counted from 1, is planned."""

    def tell(progress: Progress) -> None:
        if progress.done == place:
            act()

    return tell


# --- the list as a whole -------------------------------------------------------------------------


async def test_a_plan_says_for_which_account_by_whom_and_when_it_was_made(desk: Desk) -> None:
    desk.engine.profile = "berlin"
    before = show_time(desk.session.client.amazon_now()) or ""
    made = await plan_batch(desk.engine, [], "fixes\x1b[31m.csv")
    after = show_time(desk.session.client.amazon_now()) or ""
    assert made == Batch(
        rows=(),
        profile="berlin",
        region="na",
        environment="sandbox",
        made=made.made,
        by=desk.journal.actor,
        source="fixes␛[31m.csv",
    )
    assert before <= made.made <= after


async def test_a_list_may_have_no_name_and_a_long_one_is_cut(desk: Desk) -> None:
    assert (await plan_batch(desk.engine, [])).source == ""
    long = (await plan_batch(desk.engine, [], "x" * 200)).source
    assert (len(long), long[-1]) == (120, "…")


@pytest.mark.parametrize(("environment", "a_row"), [("sandbox", 1), ("live", Fraction(1, 2))])
async def test_before_each_row_is_told_how_long_the_rest_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, environment: str, a_row: Fraction
) -> None:
    """By the throttle, or as the rows before took where that is slower."""
    desk = await bench.desk(environment=environment)
    lines = [Line(number, "junk", "cancel") for number in (2, 3, 4)]
    told: list[Progress] = []
    for seconds, rest in ((0, a_row), (120, 120)):
        moments = itertools.chain([1_000], itertools.count(1_000, seconds))
        clock = SimpleNamespace(monotonic=moments.__next__)
        monkeypatch.setattr(planning, "time", clock)
        told.clear()
        await batch_of(desk, *lines, tell=told.append)
        assert told == [
            Progress(1, 3, 3 * Fraction(a_row)),
            Progress(2, 3, 2 * Fraction(rest)),
            Progress(3, 3, Fraction(rest)),
        ]


# --- a row that acts -----------------------------------------------------------------------------


async def test_a_row_that_acts_holds_the_exact_request_and_what_was_seen(desk: Desk) -> None:
    line = Line(2, f" {V1} ", " Refund ", " 10 ", " usd ", " damaged ", " T-1 ")
    alone = await desk.planned("refund", CHARGE, amount="10.00")
    assert await only(desk, line) == Row(
        2,
        V1,
        "refund",
        WILL,
        target=CHARGE,
        order=ORDER,
        amount=usd("10.00"),
        reason="damaged",
        ticket="T-1",
        notes=(f"{V1} is {CHARGE} in Checkout v2", *alone.warnings),
        method="POST",
        path="/refunds",
        body=(
            f'{{"chargeId":"{CHARGE}","refundAmount":{{"amount":"10.00","currencyCode":"USD"}}}}'
        ),
        snapshot=alone.snapshot.data,
    )


async def test_each_action_has_its_own_request_and_its_plans_warnings(desk: Desk) -> None:
    capture, authorize, complete, close = await rows_of(
        desk,
        Line(2, OLD_AUTHORIZED, "capture", "20.00 USD", "usd"),
        Line(3, ROOMY, "authorize", "5.00"),
        Line(4, SESSION, "complete", "18.00"),
        Line(5, ORDER, "close"),
    )
    assert (capture.path, capture.amount) == (f"/charges/{OLD_AUTHORIZED}/capture", usd("20.00"))
    assert (authorize.path, authorize.order) == ("/charges", ROOMY)
    assert authorize.amount == usd("5.00")
    assert (complete.path, complete.order) == (f"/checkoutSessions/{SESSION}/complete", SESSION)
    [warning] = complete.notes
    assert warning.startswith("Only if the buyer is back on the shop's page")
    assert (close.method, close.path) == ("DELETE", f"/chargePermissions/{ORDER}/close")
    assert (close.amount, close.target, close.then) == (None, ORDER, "")


async def test_a_warning_that_is_long_is_cut(bench: Bench, desk: Desk) -> None:
    """Amazon's own words stand in it."""
    file_dispute(bench)
    know_dispute(desk)
    with bench.world.lock:
        dispute = bench.world.disputes[DISPUTE].latest
        bench.world.put(replace(dispute, filing_reason="NotReceived" * 60))
    rows = await rows_of(desk, Line(2, CHARGE, "cancel"), Line(3, OTHER, "refund", "5.00"))
    [note] = rows[1].notes
    assert note.startswith(f"Dispute {DISPUTE} is ActionRequired")
    assert (len(note), note[-1]) == (500, "…")


@pytest.mark.parametrize("room", [True, False], ids=["room for both", "no room"])
async def test_a_renewal_is_a_row_of_the_charge_that_it_renews(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    row = await only(desk, Line(2, V1_AUTHORIZED, "extend"))
    assert (row.verdict, row.target, row.order) == (WILL, AUTHORIZED, ROOMY)
    assert row.amount == usd("60.00")  # of whichever step
    mapped, warning, *_more = row.notes
    assert mapped == f"{V1_AUTHORIZED} is {AUTHORIZED} in Checkout v2"
    if room:
        assert row.path == "/charges"
        assert row.then == f"Then, once the new one is Authorized: cancel {AUTHORIZED}."
        assert warning == "Until the second step both amounts are reserved with the buyer."
    else:
        assert row.path == f"/charges/{AUTHORIZED}/cancel"
        assert row.then == "Then, once it is canceled: authorize 60.00 USD anew."
        assert warning.startswith(f"There is no room for both: {AUTHORIZED} is canceled first.")


async def test_the_policy_sees_the_reason_and_the_ticket_of_a_row(desk: Desk) -> None:
    desk.engine.policy = Policy(require_reason=True, require_ticket=True)
    both, no_ticket, no_reason = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "1.00", reason="why", ticket="T-1"),
        Line(3, OTHER, "refund", "1.00", reason="why"),
        Line(4, YEN, "refund", "1", ticket="T-1"),
    )
    assert both.acts
    assert no_ticket.why.startswith("This profile asks for a ticket with every action.")
    assert no_reason.why.startswith("This profile asks for a reason with every action.")


# --- what is refused before anything is asked of Amazon ------------------------------------------


async def test_what_can_be_no_row_costs_no_read(bench: Bench, desk: Desk) -> None:
    invalid, names = Verdict.INVALID, f"Use {', '.join(BY_NAME)}."
    long = "10 dollars, or a little more than that if it is due"
    cases = [
        (Line(2, problem="The row has 3 cells."), invalid, "The row has 3 cells.", ""),
        (Line(3, " ", "refund", "1"), invalid, "The row has no id.", ""),
        (Line(4, CHARGE, "pay", "1"), invalid, "'pay' is no action.", names),
        (Line(5, CHARGE, " ", "1"), invalid, "The row names no action.", names),
        (
            Line(6, ROOMY, "update"),
            Verdict.NOT_ALLOWED,
            "A list has no columns for the fields that update changes.",
            f"One by one: payconsole update {ROOMY}",
        ),
        (
            Line(7, CHARGE, "cancel", "1"),
            invalid,
            "cancel takes no amount.",
            "Leave the cell empty.",
        ),
        (Line(8, CHARGE, "refund", " "), invalid, "refund needs an amount.", ""),
        (
            Line(9, CHARGE, "refund", "10 usd", "eur"),
            invalid,
            "The amount is 10 usd and the currency EUR.",
            "",
        ),
        (
            Line(10, CHARGE, "refund", long, "USD"),
            invalid,
            f"The amount is {long[:39]}… and the currency USD.",
            "",
        ),
    ]  # fmt: skip
    before = requests(bench)
    rows = await rows_of(desk, *(replace(line, reason="why", ticket="T") for line, *_ in cases))
    assert rows == tuple(
        Row(
            line.line, line.id.strip(), line.action.strip(), verdict, why, instead,
            reason="why", ticket="T",
        )
        for line, verdict, why, instead in cases
    )  # fmt: skip
    assert requests(bench) == before


async def test_however_long_its_cells_a_row_stays_readable(desk: Desk) -> None:
    line = Line(2, "i" * 200, "A" * 200, reason="r" * 900, ticket="t" * 900)
    row = await only(desk, line)
    assert (row.id, row.action) == ("i" * 119 + "…", "a" * 119 + "…")
    assert (row.reason, row.ticket) == ("r" * 499 + "…", "t" * 99 + "…")


async def test_an_id_in_a_long_text_is_noted_with_its_beginning(desk: Desk) -> None:
    row = await only(desk, Line(2, f" {CHARGE} {'x' * 200}", "refund", "1.00"))
    assert (row.verdict, row.target, len(row.id)) == (WILL, CHARGE, 120)
    assert row.notes[0] == f"{row.id} is {CHARGE} in Checkout v2"


async def test_a_cell_leads_to_one_object_or_says_why_not(bench: Bench, desk: Desk) -> None:
    seen = "2026-01-01T00:00:00Z"
    desk.session.known.learn(
        Known(order, "charge_permission", None, order, "Shop-7", "Chargeable", seen)
        for order in (ORDER, ROOMY)
    )
    before = requests(bench)
    several, none, twice = await rows_of(
        desk,
        Line(2, f"{CHARGE} {YEN}", "refund", "1"),
        Line(3, "junk", "refund", "1"),
        Line(4, "Shop-7", "refund", "1"),
    )
    assert refused(several) == (
        Verdict.INVALID,
        f"The cell has several ids: {CHARGE}, {YEN}.",
        "One id in a row.",
        None,
    )
    assert (none.verdict, none.why) == (
        Verdict.INVALID,
        "There is no Amazon Pay id in 'junk'.",
    )
    assert none.instead.startswith("Look for the id that begins with ")
    assert (twice.verdict, twice.instead) == (
        Verdict.INVALID,
        "Give the id of the one that is meant.",
    )
    assert twice.why.startswith(f"Shop-7 stands on 2 orders: {ORDER} (")
    assert requests(bench) == before


# --- what the order says -------------------------------------------------------------------------


async def test_what_is_not_possible_says_why_and_what_instead(desk: Desk) -> None:
    live, unknown = "P" + CHARGE[1:], "S01-9999999-9999999-C999999"
    so, captured, negative, wrong, missing, much = await rows_of(
        desk,
        Line(2, CLOSED, "close"),
        Line(3, CHARGE, "cancel"),
        Line(4, CHARGE, "refund", "-1"),
        Line(5, live, "refund", "1"),
        Line(6, unknown, "refund", "1"),
        Line(7, OTHER, "refund", "900.00"),
    )
    assert refused(so) == (
        Verdict.ALREADY_SO,
        "It is Closed already (AmazonClosed).",
        "Nothing had to be sent.",
        CLOSED,
    )
    assert refused(captured) == (
        Verdict.NOT_ALLOWED,
        "It was captured: refund it instead.",
        "",
        CHARGE,
    )
    assert refused(negative) == (Verdict.INVALID, "An amount can't be negative.", "", CHARGE)
    assert refused(wrong) == (
        Verdict.INVALID,
        f"{live} is a live id; this profile is for sandbox.",
        "",
        live,
    )
    assert (missing.verdict, missing.target) == (Verdict.INVALID, unknown)
    assert missing.why.startswith(f"Amazon knows no charge {unknown} ")
    assert missing.instead.startswith("Check the digits")
    assert refused(much) == (
        Verdict.NOT_ALLOWED,
        "900.00 USD is too much. Up to 23.00 USD can be refunded.",
        "",
        OTHER,
    )


async def test_an_order_that_can_not_be_read_is_planned_later(bench: Bench, desk: Desk) -> None:
    bench.fault("get_charge:error_before:xalways")
    charge, order = await rows_of(desk, Line(2, CHARGE, "refund", "1"), Line(3, ROOMY, "close"))
    assert (charge.verdict, charge.target) == (Verdict.NOT_ALLOWED, CHARGE)
    assert charge.why.startswith("The order could not be read: Amazon answered 500")
    assert charge.instead == "Plan this row once more, later."
    assert order.acts


async def test_without_a_connection_there_is_no_plan(desk: Desk) -> None:
    account = desk.session.client.account
    desk.session.client.account = replace(account, endpoint="http://127.0.0.1:9")
    with pytest.raises(NotSent):
        await only(desk, Line(2, CHARGE, "refund", "1"))


async def test_what_needs_a_word_of_its_own_names_the_words(bench: Bench, desk: Desk) -> None:
    file_dispute(bench)
    know_dispute(desk)
    both, above = await rows_of(
        desk, Line(2, CHARGE, "refund", "105"), Line(3, OTHER, "refund", "21.00")
    )
    assert both.verdict is above.verdict is Verdict.NOT_ALLOWED
    assert both.why.startswith(f"Dispute {DISPUTE} is ActionRequired")
    assert both.why.endswith(
        " A refund beside it can pay the buyer twice."
        " It needs a confirmation of its own, which a list can't give."
    )
    assert (both.instead, both.target) == (
        f"One by one: payconsole refund {CHARGE} --amount 105.00 --above-captured --disputed",
        CHARGE,
    )
    assert refused(above) == (
        Verdict.NOT_ALLOWED,
        "This refunds more than was captured."
        " It needs a confirmation of its own, which a list can't give.",
        f"One by one: payconsole refund {OTHER} --amount 21.00 --above-captured",
        OTHER,
    )


async def test_each_dispute_is_a_doubt_of_its_own(bench: Bench, desk: Desk) -> None:
    file_dispute(bench)
    know_dispute(desk)
    second = DISPUTE[:-1] + "8"
    with bench.world.lock:
        bench.world.put(replace(bench.world.disputes[DISPUTE].latest, id=second))
    seen = "2026-01-01T00:00:00Z"
    desk.session.known.learn([Known(second, "dispute", CHARGE, ORDER, None, None, seen)])
    row = await only(desk, Line(2, CHARGE, "refund", "1"))
    assert len(row.why.split(" twice.; Dispute ")) == 2
    assert {DISPUTE, second} <= set(row.why.split())
    assert row.instead == f"One by one: payconsole refund {CHARGE} --amount 1.00 --disputed"


# --- one object, one row -------------------------------------------------------------------------


async def test_a_second_row_for_an_object_names_the_first_and_costs_no_read(
    bench: Bench, desk: Desk
) -> None:
    read: list[int] = []
    rows = (
        await batch_of(
            desk,
            Line(2, V1, "refund", "1.00"),
            Line(3, CHARGE, "refund", "2.00"),
            Line(4, V1, "refund", "3.00"),
            Line(5, YEN, "refund", "1 JPY"),
            Line(6, YEN, "refund", "2 JPY"),
            tell=lambda _progress: read.append(requests(bench)),
        )
    ).rows
    as_ = f"Line 2 has refund of {CHARGE} already, as {V1}."
    assert refused(rows[1]) == (Verdict.DUPLICATE, as_, APART, CHARGE)
    assert refused(rows[2]) == refused(rows[1])
    itself = f"Line 5 has refund of {YEN} already."
    assert refused(rows[4]) == (Verdict.DUPLICATE, itself, APART, YEN)
    assert read[1] == read[2] == read[3] < read[4]


async def test_an_order_that_leads_to_a_charge_that_has_a_row_is_that_charge(desk: Desk) -> None:
    await desk.session.lookup.look_up((await desk.session.lookup.resolve(YEN)).best)
    order = YEN[:19]
    by_order, by_charge = await rows_of(
        desk, Line(2, order, "refund", "1"), Line(3, YEN, "refund", "2")
    )
    assert (by_order.target, by_order.notes) == (YEN, (f"{order} leads to {YEN}",))
    assert by_charge.why == f"Line 2 has refund of {YEN} already, as {order}."
    _first, again = await rows_of(desk, Line(2, YEN, "refund", "1"), Line(3, order, "refund", "2"))
    assert refused(again) == (
        Verdict.DUPLICATE,
        f"Line 2 has refund of {YEN} already.",
        APART,
        YEN,
    )


async def test_whatever_its_id_a_refused_row_names_the_object_that_it_is_about(
    desk: Desk,
) -> None:
    await desk.go("1", YEN)
    orders = YEN[:19], OLD_AUTHORIZED[:19]
    above, repeated, _cancel, ended = await rows_of(
        desk,
        Line(2, orders[0], "refund", "5500 JPY"),
        Line(3, orders[0], "refund", "1 JPY"),
        Line(4, OLD_AUTHORIZED, "cancel"),
        Line(5, orders[1], "capture", "5.00"),
    )
    assert (above.target, f"payconsole refund {YEN} " in above.instead) == (YEN, True)
    assert (repeated.verdict, repeated.target) == (Verdict.DUPLICATE, YEN)
    assert (ended.verdict, ended.target) == (Verdict.NOT_ALLOWED, OLD_AUTHORIZED)
    assert ended.why.startswith(f"Line 4 has cancel of {OLD_AUTHORIZED}: ")


async def test_what_does_nothing_is_in_nobodys_way_and_what_is_so_is_so_once(
    bench: Bench, desk: Desk
) -> None:
    bench.by_hand_cancel(AUTHORIZED)
    much, will, so, again, other = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "900"),
        Line(3, CHARGE, "refund", "2.00"),
        Line(4, AUTHORIZED, "cancel"),
        Line(5, AUTHORIZED, "cancel"),
        Line(6, AUTHORIZED, "capture", "5.00"),
    )
    assert (much.verdict, will.verdict) == (Verdict.NOT_ALLOWED, WILL)
    assert (so.verdict, again.verdict) == (Verdict.ALREADY_SO, Verdict.DUPLICATE)
    assert (other.verdict, other.why) == (Verdict.NOT_ALLOWED, CANCELED)


@pytest.mark.parametrize(
    ("first", "second"), [("cancel", "capture"), ("capture", "extend"), ("extend", "cancel")]
)
async def test_of_what_ends_a_charge_it_takes_one(desk: Desk, first: str, second: str) -> None:
    amounts = {"capture": "5.00"}
    acts, no = await rows_of(
        desk,
        Line(2, AUTHORIZED, first, amounts.get(first, "")),
        Line(3, AUTHORIZED, second, amounts.get(second, "")),
    )
    assert acts.acts
    assert refused(no) == (
        Verdict.NOT_ALLOWED,
        f"Line 2 has {first} of {AUTHORIZED}: only one of the two can be done.",
        "Keep the one that is meant.",
        AUTHORIZED,
    )


async def test_other_actions_on_one_object_are_rows_of_their_own(desk: Desk) -> None:
    rows = await rows_of(desk, Line(2, ROOMY, "authorize", "5.00"), Line(3, ROOMY, "close"))
    assert verdicts(rows) == [WILL, WILL]


# --- what was done before ------------------------------------------------------------------------


async def test_what_was_done_before_names_who_did_it_when_and_how_a_second_one_is_made(
    desk: Desk,
) -> None:
    await desk.go("10.00")
    done = desk.last
    row = await only(desk, Line(2, CHARGE, "refund", "10.00"))
    assert refused(row)[::3] == (Verdict.DUPLICATE, CHARGE)
    [(actor, day, hour)] = re.findall(
        r"^refund 10\.00 USD was done before, by (\S+) on (\S+) (\d\d:\d\d) UTC \(intent 1\)\.$",
        row.why,
    )
    assert (actor, f"{day}T{hour}") == (done.actor, done.created[:16])
    assert row.instead == (
        f"If a second one is meant, by itself: payconsole refund {CHARGE} --amount 10.00"
    )


async def test_another_amount_another_object_and_what_died_are_no_repetition(
    bench: Bench, desk: Desk
) -> None:
    await desk.do("capture", AUTHORIZED, amount="5.00")
    await desk.go("10.00")
    rows = await rows_of(
        desk, Line(2, ALSO_AUTHORIZED, "capture", "5.00"), Line(3, CHARGE, "refund", "9.00")
    )
    assert verdicts(rows) == [WILL, WILL]
    bench.decline(bench.refunds()[0].id)
    await watch(desk.engine, desk.last)
    assert desk.last.state is State.DECLINED
    assert (await only(desk, Line(2, CHARGE, "refund", "10.00"))).acts


async def test_what_was_refused_before_is_tried_again(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    await desk.go("10.00")
    assert desk.last.state is State.REFUSED
    assert (await only(desk, Line(2, CHARGE, "refund", "10.00"))).acts


async def test_what_a_renewal_took_up_is_no_row_by_itself(bench: Bench, desk: Desk) -> None:
    for action, target in (("authorize", ROOMY), ("extend", AUTHORIZED)):
        bench.fault("create_charge:refuse:AmazonRejected,unsaved")
        await desk.do(action, target, amount="60.00")
    row = await only(desk, Line(2, ROOMY, "authorize", "60.00"))
    assert (row.verdict, row.target, row.then) == (Verdict.NOT_ALLOWED, ROOMY, "")
    assert row.why.startswith("Intent 1 (")
    assert "Another one could be made beside it." in row.why


# --- the policy's sums of the day ----------------------------------------------------------------


async def test_the_sum_of_the_day_goes_on_from_row_to_row(desk: Desk) -> None:
    desk.engine.policy = Policy(max_per_day={"USD": Decimal("40.00")})
    await desk.go("15.00")
    rows = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "14.00"),
        Line(3, OTHER, "refund", "12.00"),
        Line(4, OTHER, "refund", "11.00"),
    )
    assert verdicts(rows) == [WILL, Verdict.NOT_ALLOWED, WILL]
    assert rows[1].target == OTHER
    assert rows[1].instead == ""
    assert rows[1].why.startswith(
        "With the rows before it: This profile allows refund up to 40.00 USD per day for everybody"
        " on this journal together; 29.00 USD are taken today, and this is 12.00 USD. "
    )


async def test_each_action_and_currency_has_its_own_sum_and_a_cancel_none(desk: Desk) -> None:
    desk.engine.policy = Policy(max_per_day={"USD": Decimal("20.00"), "JPY": Decimal("20")})
    rows = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "20.00 USD"),
        Line(3, YEN, "refund", "20 JPY"),
        Line(4, AUTHORIZED, "capture", "20.00 USD"),
        Line(5, ALSO_AUTHORIZED, "cancel"),
    )
    assert verdicts(rows) == [WILL] * 4


async def test_an_operators_own_sum_leaves_out_what_others_did(desk: Desk) -> None:
    desk.engine.policy = Policy(max_per_operator_and_day={"USD": Decimal("30.00")})
    me, desk.journal.actor = desk.journal.actor, "somebody else"
    await desk.go("25.00")
    desk.journal.actor = me
    rows = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "20.00"),
        Line(3, OTHER, "refund", "11.00"),
        Line(4, OTHER, "refund", "10.00"),
    )
    assert verdicts(rows) == [WILL, Verdict.NOT_ALLOWED, WILL]
    assert "20.00 USD are taken today, and this is 11.00 USD." in rows[1].why


@pytest.mark.parametrize("room", [True, False], ids=["room for both", "no room"])
async def test_a_renewal_counts_whichever_of_its_steps_reserves(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    desk.engine.policy = Policy(max_per_day={"USD": Decimal("80.00")})
    rows = await rows_of(desk, Line(2, AUTHORIZED, "extend"), Line(3, OLD_AUTHORIZED, "extend"))
    assert verdicts(rows) == [WILL, Verdict.NOT_ALLOWED]
    assert "60.00 USD are taken today, and this is 25.00 USD." in rows[1].why


async def test_what_is_left_of_a_renewal_reserves_nothing_more(bench: Bench, desk: Desk) -> None:
    desk.engine.policy = Policy(max_per_day={"USD": Decimal("80.00")})
    bench.fault("cancel_charge:refuse:InvalidChargeStatus")
    await desk.do("extend", AUTHORIZED)
    row = await only(desk, Line(2, AUTHORIZED, "extend"))
    assert (row.verdict, row.path) == (WILL, f"/charges/{AUTHORIZED}/cancel")
    assert (row.target, row.amount, row.then) == (AUTHORIZED, usd("60.00"), "")


# --- rows of one order ---------------------------------------------------------------------------


async def test_rows_of_one_order_are_planned_twice_and_others_once(
    bench: Bench, desk: Desk
) -> None:
    """The second look shows what a later row made known; it keeps everything else."""
    first, second, third, fourth = await rows_of(
        desk,
        Line(2, YEN, "refund", "5 JPY"),
        Line(3, V1_AUTHORIZED, "capture", "60", "USD", "sent", "T-1"),
        Line(4, ALSO_AUTHORIZED, "cancel"),
        Line(5, ROOMY, "refund", "900.00"),
    )
    assert (first.verdict, fourth.verdict) == (WILL, Verdict.NOT_ALLOWED)
    assert fourth.why.startswith(f"{ROOMY} has no captured charge")
    assert second == Row(
        3,
        V1_AUTHORIZED,
        "capture",
        WILL,
        target=AUTHORIZED,
        order=ROOMY,
        amount=usd("60.00"),
        reason="sent",
        ticket="T-1",
        notes=(f"{V1_AUTHORIZED} is {AUTHORIZED} in Checkout v2", *second.notes[1:]),
        method="POST",
        path=f"/charges/{AUTHORIZED}/capture",
        body='{"captureAmount":{"amount":"60.00","currencyCode":"USD"}}',
        snapshot=second.snapshot,
    )
    assert [ALSO_AUTHORIZED in (row.snapshot or {})["charges"] for row in (second, third)] == [
        True,
        False,
    ]
    assert [entry.path for entry in bench.world.log.entries("get_charge")].count(
        f"/v2/charges/{YEN}"
    ) == 1


async def test_an_orders_own_row_is_looked_at_again_beside_those_of_its_charges(
    desk: Desk,
) -> None:
    authorize, _cancel = await rows_of(
        desk, Line(2, ROOMY, "authorize", "5.00"), Line(3, ALSO_AUTHORIZED, "cancel")
    )
    assert list((authorize.snapshot or {})["charges"]) == [ALSO_AUTHORIZED]


async def test_what_has_changed_by_the_second_look_is_the_rows_verdict(
    bench: Bench, desk: Desk
) -> None:
    def meddle() -> None:
        bench.by_hand_cancel(AUTHORIZED)
        bench.by_hand("95.00", CHARGE)

    lines = [
        Line(2, V1_AUTHORIZED, "capture", "60", "USD", "sent", "T-1"),
        Line(3, ALSO_AUTHORIZED, "cancel"),
        Line(4, CHARGE, "refund", "10.00"),
        Line(5, OTHER, "refund", "5.00"),
    ]
    rows = (await batch_of(desk, *lines, tell=during(4, meddle))).rows
    assert rows[0] == Row(
        2,
        V1_AUTHORIZED,
        "capture",
        Verdict.NOT_ALLOWED,
        CANCELED,
        target=AUTHORIZED,
        amount=usd("60.00"),
        reason="sent",
        ticket="T-1",
    )
    assert refused(rows[2]) == (
        Verdict.NOT_ALLOWED,
        "This refunds more than was captured."
        " It needs a confirmation of its own, which a list can't give.",
        f"One by one: payconsole refund {CHARGE} --amount 10.00 --above-captured",
        CHARGE,
    )
    assert [row.acts for row in rows] == [False, True, False, True]


async def test_what_is_so_by_the_second_look_needs_nothing(bench: Bench, desk: Desk) -> None:
    lines = [Line(2, AUTHORIZED, "cancel"), Line(3, ALSO_AUTHORIZED, "cancel")]
    so, _will = (await batch_of(desk, *lines, tell=during(2, bench.by_hand_cancel))).rows
    assert (so.verdict, so.instead) == (Verdict.ALREADY_SO, "Nothing had to be sent.")


# --- several currencies --------------------------------------------------------------------------


async def test_in_several_currencies_what_names_none_is_nobodys_amount(desk: Desk) -> None:
    rows = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "5", "", "damaged", "T-1"),
        Line(3, OTHER, "refund", "5.00", "USD"),
        Line(4, YEN, "refund", "5 JPY"),
        Line(5, ALSO_AUTHORIZED, "cancel"),
        Line(6, OLD_AUTHORIZED, "extend"),
        Line(7, AUTHORIZED, "capture", "900"),
    )
    assert rows[0] == Row(
        2,
        CHARGE,
        "refund",
        Verdict.INVALID,
        "The rows to do are in JPY and USD, and this one names no currency.",
        "Give the currency in each row.",
        CHARGE,
        reason="damaged",
        ticket="T-1",
    )
    assert verdicts(rows[1:]) == [WILL] * 4 + [Verdict.NOT_ALLOWED]
    assert rows[5].why.startswith("900.00 USD is more than was authorized.")


async def test_in_one_currency_a_bare_number_will_do(desk: Desk) -> None:
    rows = await rows_of(
        desk,
        Line(2, CHARGE, "refund", "5"),
        Line(3, YEN, "refund", "900000 JPY"),
        Line(4, AUTHORIZED, "cancel"),
    )
    assert verdicts(rows) == [WILL, Verdict.NOT_ALLOWED, WILL]

"""Requested, initiated, done: following an accepted refund until Amazon is done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.outcome import Result
from console.actions.recovery import expected_total, follow, resolve_by_hand
from console.actions.snapshot import Snapshot
from console.actions.watch import DISAGREEING_LOOKS
from console.domain.intent import Move, State
from console.store.decisions import Intent
from console.store.index import KnownIds
from tests.support.bench import CHARGE, OTHER, ROOMY, SEEN, YEN, Bench, Desk, watch

pytestmark = pytest.mark.anyio
SEEN_ANSWERS = pytest.mark.parametrize("answers", SEEN.values(), ids=SEEN)


def settled(desk: Desk, number: int) -> dict[str, object]:
    [line] = [line for line in desk.journal.entries(intent=number) if line.kind == "settle"]
    return dict(line.data)


@SEEN_ANSWERS
async def test_initiated_is_not_done(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    for _ in range(2):
        assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED
    assert settled(desk, 1) == {
        "total": "10.00 USD",
        "expected": "10.00 USD",
        "agrees": True,
        "said": "done, 10.00 USD refunded in all",
    }


@SEEN_ANSWERS
async def test_a_declined_refund_ends_declined(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:decline:AmazonRejected")
    await desk.go("10.00")
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.DECLINED
    assert desk.journal.entries(intent=1)[-1].data == {"code": "AmazonRejected"}
    assert str(desk.journal.live_refunds(CHARGE, "USD")) == "0.00 USD"


@SEEN_ANSWERS
async def test_a_foreign_change_is_recorded_and_nothing_is_hidden(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.by_hand("5.00")
    bench.pass_time(30)
    for _ in range(DISAGREEING_LOOKS):
        assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    told = settled(desk, 1)
    assert (told["agrees"], told["total"], told["expected"]) == (False, "15.00 USD", "10.00 USD")
    seen = "done, but 15.00 USD is refunded in all where 10.00 USD was expected: somebody else"
    assert str(told["said"]).startswith(seen)


@SEEN_ANSWERS
async def test_our_own_second_refund_is_no_foreign_change(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.pass_time(5)
    if bench.world.switches.refunded_counts_initiated:
        assert (await desk.go("10.00")).result is Result.ACCEPTED
    else:
        assert (await desk.go("3.00")).result is Result.ACCEPTED
    bench.pass_time(17)  # the first one is final, the second is not
    assert (await follow(desk.engine, desk.intents()[0])).state is State.SETTLED
    assert settled(desk, 1)["agrees"] is True
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.intents()[1])).state is State.SETTLED
    assert settled(desk, 2)["agrees"] is True


async def test_all_our_later_refunds_may_be_in_the_total(bench: Bench, desk: Desk) -> None:
    for amount in ("10.00", "3.00", "4.00"):
        await desk.go(amount)
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.intents()[0])).state is State.SETTLED
    told = settled(desk, 1)
    assert (told["agrees"], told["total"], told["expected"]) == (True, "17.00 USD", "10.00 USD")


@pytest.mark.parametrize("ours", ["before it", "of another charge", "refused after it"])
async def test_another_refund_of_ours_does_not_explain_a_foreign_one_of_its_amount(
    bench: Bench, desk: Desk, ours: str
) -> None:
    if ours == "before it":
        await desk.go("5.00")
    await desk.go("10.00")
    watched = desk.last
    if ours == "of another charge":
        await desk.go("5.00", OTHER)
    elif ours == "refused after it":
        bench.fault("create_refund:refuse:AmazonRejected,unsaved")
        await desk.go("5.00")
    bench.by_hand("5.00")
    bench.pass_time(30)
    assert (await follow(desk.engine, watched)).state is State.ACCEPTED
    assert (await follow(desk.engine, watched, last_look=True)).state is State.SETTLED
    assert settled(desk, watched.id)["agrees"] is False


async def test_where_amazon_shows_no_total_nothing_counts_as_refunded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.go("10.00")
    seen = {"refunds": {desk.last.result: ("Refunded", "10.00 USD")}, "charge": {"refunded": None}}

    async def snapshot(_intent: Intent) -> tuple[Snapshot, None]:
        return Snapshot(seen), None

    monkeypatch.setattr(desk.engine, "snapshot", snapshot)
    assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    assert (await follow(desk.engine, desk.last, last_look=True)).state is State.SETTLED
    assert (settled(desk, 1)["total"], settled(desk, 1)["agrees"]) == ("0.00 USD", False)


# What was known at the plan: (state, amount) of each refund, Amazon's total and what was taken
# for it, whose refunds they are; what is expected after 10.00 more, where all of them have died.
TOTALS: dict[str, tuple[dict[str, tuple[str, str | None]], str | None, str, set[str], str]] = {
    "all of them were counted": (
        {
            "R1": ("RefundInitiated", "7.00 USD"),
            "R2": ("RefundInitiated", "3.00 USD"),
            "R3": ("Declined", "4.00 USD"),
            "R4": ("RefundInitiated", None),
        },
        "10.00 USD",
        "10.00 USD",
        set(),
        "10.00 USD",
    ),
    "only ours were counted, by the journal": (
        {"R1": ("RefundInitiated", "7.00 USD"), "R2": ("RefundInitiated", "3.00 USD")},
        "2.00 USD",
        "9.00 USD",
        {"R1", "R5"},
        "12.00 USD",
    ),
    "none was counted": (
        {"R1": ("RefundInitiated", "7.00 USD"), "R2": ("RefundInitiated", "3.00 USD")},
        "2.00 USD",
        "2.00 USD",
        {"R1"},
        "12.00 USD",
    ),
    "Amazon shows no total": (
        {"R1": ("RefundInitiated", "7.00 USD")},
        None,
        "0.00 USD",
        {"R1"},
        "10.00 USD",
    ),
}


@pytest.mark.parametrize(
    ("known", "amazons", "observed", "own", "expected"), TOTALS.values(), ids=TOTALS
)
async def test_only_what_was_in_the_total_is_taken_off_when_it_dies(
    desk: Desk,
    known: dict[str, tuple[str, str | None]],
    amazons: str | None,
    observed: str,
    own: set[str],
    expected: str,
) -> None:
    await desk.go("10.00")
    before = {"refunds": known, "charge": {"refunded": amazons}}
    intent = replace(desk.last, observed=observed, snapshot=before)
    died = Snapshot({"refunds": dict.fromkeys({*known, "R5"}, ("Declined", None))})
    assert str(expected_total(intent, died, own)) == expected


@SEEN_ANSWERS
async def test_an_older_refund_of_ours_that_dies_is_taken_off(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:decline")
    await desk.go("7.00")
    bench.pass_time(10)
    await desk.go("10.00")
    bench.pass_time(12)
    first, second = desk.intents()
    assert (await follow(desk.engine, first)).state is State.DECLINED
    assert desk.journal.entries(intent=first.id)[-1].data == {"code": None}  # no look has it
    assert (await follow(desk.engine, second)).state is State.ACCEPTED
    bench.pass_time(30)
    assert (await follow(desk.engine, second)).state is State.SETTLED
    assert settled(desk, 2)["total"] == settled(desk, 2)["expected"] == "10.00 USD"


@SEEN_ANSWERS
async def test_a_foreign_refund_that_was_known_and_dies_is_no_foreign_change(
    bench: Bench, desk: Desk
) -> None:
    """Whether Amazon's total counted it while it was initiated or not."""
    foreign = bench.by_hand("7.00")
    await desk.session.lookup.look_up((await desk.session.lookup.resolve(foreign)).best)
    await desk.go("10.00")
    bench.decline(foreign)
    bench.pass_time(30)
    assert bench.paid() == "10.00 USD"
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    assert settled(desk, 1)["agrees"] is True


async def test_under_lag_nothing_is_settled_before_it_is_seen(bench: Bench, desk: Desk) -> None:
    bench.switch(read_lag=100.0)
    await desk.go("10.00")
    bench.pass_time(60)  # final at Amazon, and nothing to be seen of it
    assert (await follow(desk.engine, desk.last, last_look=True)).state is State.ACCEPTED
    bench.pass_time(100)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED


async def test_a_read_that_fails_is_no_news(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.pass_time(30)
    for broken in ("get_charge", "get_refund"):
        bench.fault(f"{broken}:error_before:x4")
        looked = await follow(desk.engine, desk.last, last_look=True)
        assert looked.state is State.ACCEPTED


async def test_what_has_ended_is_not_asked_about(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.pass_time(30)
    ended = await follow(desk.engine, desk.last)
    requests = len(desk.session.client.records)
    assert await follow(desk.engine, ended) == ended
    assert len(desk.session.client.records) == requests


async def test_a_persons_it_happened_has_nothing_to_follow(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_after:xalways")
    await desk.go("10.00")
    await resolve_by_hand(desk.engine, 1, happened=True, evidence="it is there")
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert (ended.state, ended.result) == (State.ACCEPTED, None)


@pytest.mark.parametrize("fault", ["", "decline"])
async def test_what_another_console_has_seen_already_is_taken_as_it_is(
    bench: Bench, fault: str
) -> None:
    one, two = await bench.two(shared=True)
    if fault:
        bench.fault(f"create_refund:{fault}")
    await one.go("10.00")
    watched = one.last
    bench.pass_time(30)
    ended = await follow(two.engine, two.last)
    assert ended.state is (State.DECLINED if fault else State.SETTLED)
    assert (await follow(one.engine, watched)).state is ended.state
    assert one.kinds(1).count(ended.state.value.removesuffix("d")) <= 1
    assert one.sound()


async def test_yen_settle_too(bench: Bench, desk: Desk) -> None:
    await desk.go("500", YEN)
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED
    assert settled(desk, 1)["total"] == "500 JPY"


async def test_only_an_accepted_intent_is_followed(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:refuse:AmazonRejected")
    await desk.go("10.00")
    read = len(bench.world.log.entries())
    assert await follow(desk.engine, desk.last) == desk.last
    unknown = replace(desk.last, state=State.UNKNOWN)
    assert await follow(desk.engine, unknown) == unknown
    assert len(bench.world.log.entries()) == read
    assert Move.SETTLE not in desk.kinds(1)


# --- charges that are pending --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("pending", "settle", {"said": "done, Authorized"}),
        ("decline:SoftDeclined", "decline", {"code": "SoftDeclined"}),
    ],
    ids=["authorized", "declined"],
)
async def test_a_pending_charge_is_followed_by_its_id_also_where_the_index_is_new(
    bench: Bench,
    desk: Desk,
    tmp_path: Path,
    fault: str,
    kind: str,
    said: dict[str, str],
) -> None:
    bench.fault(f"create_charge:{fault}")
    await desk.do("authorize", ROOMY, amount="30.00", pending_allowed=True)
    assert desk.last.state is State.ACCEPTED
    desk.session.lookup._known = new = KnownIds(tmp_path / "new.db")
    assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    bench.pass_time(60)
    await follow(desk.engine, desk.last)
    new.close()
    line = desk.journal.entries(intent=1)[-1]
    assert (line.kind, line.data) == (kind, said)

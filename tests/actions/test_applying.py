"""Applying a list: what is told while it runs, and what ends it before its last row."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from types import SimpleNamespace

import pytest

from console.actions.batch import applying
from console.actions.batch.applying import Applied, apply_batch
from console.actions.batch.stop import Stop
from console.actions.outcome import Held, Result
from console.domain.batch import Batch, Line
from console.domain.intent import State
from console.domain.policy import Policy
from tests.actions.test_batches import charges, planned, refunds, standings
from tests.support.bench import AUTHORIZED, CHARGE, Bench, Desk

pytestmark = pytest.mark.anyio
HINT = "Look at what was refused. Apply the plan again to go on with the other rows."


async def applied_and_told(desk: Desk, batch: Batch) -> tuple[Applied, list[str]]:
    told: list[str] = []
    applied = await apply_batch(desk.engine, batch, batch.phrase, tell=told.append)
    return applied, told


def starts(told: list[str], *beginnings: str) -> list[str]:
    """What was told that begins in one of these ways."""
    return [said for said in told if said.startswith(beginnings)]


# --- what is told --------------------------------------------------------------------------------


async def test_waves_are_looked_at_but_not_the_rest_behind_them(bench: Bench, desk: Desk) -> None:
    applied, told = await applied_and_told(desk, await planned(desk, *refunds(charges(bench, 8))))
    assert (applied.stopped, applied.hint) == ("", "")
    assert starts(told, "The ", "8 rows") == [
        "8 rows to do, less than a minute by Amazon's throttle.",
        "The first row ended as expected: 0 done, 1 initiated, none declined. Going on.",
        "The next 5 rows ended as expected: 0 done, 5 initiated, none declined. Going on.",
    ]


async def test_a_short_list_ends_with_a_look_at_its_last_wave(bench: Bench, desk: Desk) -> None:
    [first, second] = charges(bench, 2)
    lines = [*refunds([first, second]), Line(4, AUTHORIZED, "cancel", reason="why")]
    _applied, told = await applied_and_told(desk, await planned(desk, *lines))
    assert told[-1] == (
        "The next 2 rows ended as expected: 1 done, 1 initiated, none declined."
        " That was the last one."
    )


async def test_what_is_finished_is_told_before_the_rest(bench: Bench, desk: Desk) -> None:
    ids = charges(bench, 3)
    batch = await planned(desk, *refunds(ids))
    stop = Stop()

    def asked(said: str) -> None:
        if ": accepted" in said:
            stop.ask()

    await apply_batch(desk.engine, batch, batch.phrase, stop=stop, tell=asked)
    _applied, told = await applied_and_told(desk, batch)
    assert told[:2] == [
        "1 of 3 rows are finished already.",
        "2 rows to do, less than a minute by Amazon's throttle.",
    ]
    _applied, told = await applied_and_told(desk, batch)
    assert told == []  # neither what is finished, nor that nothing is to do


async def test_the_time_is_that_of_the_throttle_and_of_the_cooling(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 3)))
    desk.engine.policy = Policy(cooling_seconds=600)
    stop = Stop()
    told: list[str] = []
    asyncio.get_running_loop().call_later(0.5, stop.ask)
    await apply_batch(desk.engine, batch, batch.phrase, stop=stop, tell=told.append)
    assert told[0] == "3 rows to do, about 30 min by Amazon's throttle."
    assert told[1].startswith("row 1 of 3, about 30 min left: ")
    assert not bench.posts


async def test_the_time_left_is_what_the_rows_before_took(
    bench: Bench, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 3)))
    clock = itertools.count(1_000, 120)  # from the beginning to the first row it takes as long
    moments = [1_000, *itertools.islice(clock, 3)]
    monkeypatch.setattr(applying, "time", SimpleNamespace(monotonic=lambda: moments.pop(0)))
    _applied, told = await applied_and_told(desk, batch)
    times = [said.partition(" left: ")[0] for said in starts(told, "row ")]
    assert times == [
        "row 1 of 3, less than a minute",
        "row 2 of 3, about 4 min",
        "row 3 of 3, about 2 min",
    ]


# --- what ends it --------------------------------------------------------------------------------


async def refusing(bench: Bench, desk: Desk, count: int, *rows: int) -> Applied:
    """A list of so many refunds, of which Amazon refuses those rows, counted from 1."""
    batch = await planned(desk, *refunds(charges(bench, count)))
    begins = {f"row {row} of {count}," for row in rows}

    def refuse(said: str) -> None:
        if any(said.startswith(begin) for begin in begins):
            bench.fault("create_refund:refuse:AmazonRejected")

    return await apply_batch(desk.engine, batch, batch.phrase, tell=refuse)


@pytest.mark.parametrize("row", [1, 2, 6])
async def test_one_refusal_in_the_first_waves_ends_it(bench: Bench, desk: Desk, row: int) -> None:
    applied = await refusing(bench, desk, 8, row)
    assert (applied.result, applied.hint) == (Result.REFUSED, HINT)
    assert applied.stopped.startswith(f"Line {row + 1}: ")
    assert applied.stopped.endswith("A wave that is refused is no reason to begin the next one.")
    done = ["initiated"] * (row - 1)
    assert standings(applied.report) == [*done, "refused", *["left"] * (8 - row)]


async def test_behind_them_three_in_a_row_end_it_and_fewer_do_not(bench: Bench, desk: Desk) -> None:
    applied = await refusing(bench, desk, 14, 7, 8, 10, 11, 12)
    assert (applied.result, applied.hint) == (Result.REFUSED, HINT)
    assert standings(applied.report)[6:] == [
        "refused", "refused", "initiated", "refused", "refused", "refused", "left", "left",
    ]  # fmt: skip


async def test_without_a_connection_the_hint_says_how_it_goes_on(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, *refunds(charges(bench, 1)))
    with bench.away(desk):
        applied = await apply_batch(desk.engine, batch, batch.phrase)
    assert applied.stopped
    assert applied.hint


async def test_only_what_the_list_left_open_is_recovered(bench: Bench, desk: Desk) -> None:
    [mine] = charges(bench, 1)
    batch = await planned(desk, *refunds([mine]))
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00", CHARGE)
    other = desk.last.id
    await apply_batch(desk.engine, batch, batch.phrase)
    bench.world.faults.clear()
    applied, told = await applied_and_told(desk, batch)
    assert standings(applied.report) == ["initiated"]
    assert desk.journal.intent(other).state is State.UNKNOWN
    assert bench.paid(CHARGE) == "0.00 USD"
    assert told[0] == "Line 2: resolving intent 2 first"
    assert len(told) > 1  # and what recovering it does


async def test_a_plan_of_another_account_names_it(bench: Bench, desk: Desk) -> None:
    batch = replace(await planned(desk, *refunds(charges(bench, 1))), profile="berlin", region="eu")
    with pytest.raises(Held, match=r"for profile berlin \(EU sandbox\)\.") as held:
        await apply_batch(desk.engine, batch, batch.phrase)
    assert held.value.hint == "Use --profile berlin, or make a plan for this profile."

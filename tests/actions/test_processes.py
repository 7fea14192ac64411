"""Real processes: killed at every durable boundary, and racing each other."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.actions.outcome import Held, Result
from console.actions.recovery import recover
from console.domain.intent import OPEN_STATES, State
from console.simulator.stories import Teller
from console.simulator.switches import Switches
from tests.support.bench import BOTH, CHARGE, Bench, keys
from tests.support.driver import MOMENTS, Job, Processes, faults_of, processes
from tests.support.effort import budget, each_once

pytestmark = [pytest.mark.anyio, each_once]
ROUNDS = budget(10, 1_000)


@pytest.fixture(scope="module")
def driver() -> Iterator[Processes]:
    with processes() as started:
        yield started


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(keys()[0])
    return path


async def carry_out(driver: Processes, job: Job) -> dict[str, Any]:
    return await asyncio.to_thread(driver.carry_out, job)


# --- kill -9 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_any_moment_and_started_again_money_moves_once(
    bench: Bench, driver: Processes, key_file: Path, moment: str
) -> None:
    bench.fault(*faults_of(moment))
    folder = bench.folder / "one"
    job = Job(bench.server.url, str(key_file), [str(folder)], [CHARGE], ["10.00"], moment)
    assert (await carry_out(driver, job))["ended"] == [-signal.SIGKILL]

    desk = await bench.desk("one")  # the restart
    assert desk.sound()
    moved_before = bench.paid()
    for outcome in await recover(desk.engine):
        if outcome.result is Result.UNKNOWN:  # money moved meanwhile: a person is asked
            assert moved_before != "0.00 USD"
            [outcome] = await recover(desk.engine, number=outcome.intent, nobody_else=True)
        if outcome.result is Result.NOT_SENT:  # a safe end, and it is true
            assert bench.posts == []
        else:
            assert outcome.result is Result.ACCEPTED
    assert len(bench.executed) <= 1
    assert not desk.journal.intents(states=OPEN_STATES)
    if State.ACCEPTED not in desk.states():
        assert bench.paid() == "0.00 USD"
        assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert desk.states() == [State.ACCEPTED]
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1
    assert len({post.key for post in bench.posts}) == 1
    assert desk.sound()


@pytest.mark.parametrize("moment", ["after arming", "during the send", "before accepting"])
async def test_killed_and_then_no_connection_is_not_called_not_sent(
    bench: Bench, driver: Processes, key_file: Path, moment: str
) -> None:
    """The first process' attempt may have arrived, so a failed replay proves nothing."""
    bench.switch(refunded_counts_initiated=False)
    bench.fault(*faults_of(moment))
    folder = bench.folder / "one"
    job = Job(bench.server.url, str(key_file), [str(folder)], [CHARGE], ["10.00"], moment)
    await carry_out(driver, job)
    desk = await bench.desk("one")
    with bench.away(desk):
        assert (await desk.recover()).result is Result.UNKNOWN
    assert desk.states() == [State.UNKNOWN]
    with pytest.raises(Held):
        await desk.plan("4.00")
    assert desk.states() == [State.ACCEPTED]  # planning resolves what is open first
    assert bench.paid() == "10.00 USD"


async def test_killed_again_while_recovering(
    bench: Bench, driver: Processes, key_file: Path
) -> None:
    """A second crash in the middle of the first one's recovery."""
    folder = bench.folder / "one"
    job = Job(bench.server.url, str(key_file), [str(folder)], [CHARGE], ["10.00"], "after arming")
    assert (await carry_out(driver, job))["ended"] == [-signal.SIGKILL]
    # Planning recovers what is open; this process dies when the answer is there.
    job = replace(job, moment="after the answer")
    assert (await carry_out(driver, job))["ended"] == [-signal.SIGKILL]
    assert bench.paid() == "10.00 USD"
    desk = await bench.desk("one")
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    assert desk.last.attempts == 3
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1
    assert desk.sound()


# --- two processes at a barrier ------------------------------------------------------------------


def charges(bench: Bench, count: int) -> list[str]:
    """Fresh charges, each on an order of its own."""
    teller, made = Teller(bench.world), []
    for number in range(count):
        order, past = f"S01-2000000-{number:07d}", teller.ago(days=2)
        teller.permission(order, "50.00", past, reference=f"Race-{number}")
        charge = teller.charge(f"{order}-C{number:06d}", "50.00", past, state="Captured")
        made.append(charge.id)
    return made


@pytest.mark.parametrize(
    "answers",
    [Switches(), Switches(refunded_counts_initiated=False, save_errors=True)],
    ids=["documented", "other way"],
)
@pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
async def test_two_processes_that_confirm_at_the_same_moment_pay_once(
    bench: Bench, driver: Processes, key_file: Path, shared: bool
) -> None:
    raced = charges(bench, ROUNDS)
    folders = [str(bench.folder / name) for name in (("one", "one") if shared else ("one", "two"))]
    amounts = ["10.00", "10.00", "7.00"]  # the same in some rounds, another in the others
    job = Job(bench.server.url, str(key_file), folders, raced, amounts)
    ended = await carry_out(driver, job)
    assert ended["ended"] == [0, 0], "\n".join(one.get("error", "") for one in ended["said"])
    first, second = (said["results"] for said in ended["said"])
    assert len(first) == len(second) == ROUNDS
    for charge, *results in zip(raced, first, second, strict=True):
        refunds = bench.refunds(charge)
        assert len(refunds) == 1, (charge, results)
        assert bench.paid(charge) == str(refunds[0].amount), (charge, results)
        assert {*results} & {"accepted", "absorbed"}
        assert {*results} <= {"accepted", "absorbed", "stale", "conflict", "blocked"}
    assert len(bench.executed) == ROUNDS, "counted at the server, over all rounds"
    for name in set(folders):
        desk = await bench.desk(Path(name).name)
        assert desk.sound()
        assert not desk.journal.intents(states=OPEN_STATES)
    ends = Counter(" and ".join(sorted(pair)) for pair in zip(first, second, strict=True))
    print(f"{ROUNDS} rounds: {len(bench.posts)} requests that write; {dict(ends)}")  # pytest -rP

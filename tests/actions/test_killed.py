"""`kill -9` of a real process at every durable boundary, for each action; then a restart.

A refund's are in `test_processes.py`. What counts is counted at the server.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Wish
from console.actions.planning import plan_action
from console.actions.recovery import recover
from console.actions.renewal import half_done
from console.domain.ids import parse
from console.domain.intent import LIVE_STATES, OPEN_STATES
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    BOTH,
    ROOMY,
    SESSION,
    SUBSCRIBED,
    SUBSCRIPTION,
    Bench,
    Desk,
    keys,
)
from tests.support.driver import MOMENTS, Job, Processes, faults_of, processes
from tests.support.effort import budget, covering, each_once

pytestmark = [pytest.mark.anyio, each_once]


@dataclass(frozen=True)
class Act:
    """One action, the operation that does it, and how its end is seen at the server."""

    action: str
    target: str
    write: str
    refusal: str
    done: Callable[[Bench], bool]
    amount: str = ""
    wish: dict[str, Any] = field(default_factory=dict)


ACTS: Final = {
    act.write if act.action != "extend" else "extend": act
    for act in (
        Act(
            "capture",
            AUTHORIZED,
            "capture_charge",
            "ProcessingFailure",
            lambda bench: str(bench.charge(AUTHORIZED).captured) == "40.00 USD",
            amount="40.00",
        ),
        Act(
            "cancel",
            ALSO_AUTHORIZED,
            "cancel_charge",
            "InvalidChargeStatus",
            lambda bench: bench.charge(ALSO_AUTHORIZED).state == "Canceled",
        ),
        Act(
            "authorize",
            ROOMY,
            "create_charge",
            "SoftDeclined",
            lambda bench: [str(c.amount) for c in bench.charges()].count("30.00 USD") == 1,
            amount="30.00",
        ),
        Act(
            "close",
            ROOMY,
            "close_charge_permission",
            "InvalidChargePermissionStatus",
            lambda bench: (
                bench.permission().state == "Closed"
                and bench.charge(AUTHORIZED).state == "Canceled"
            ),
            wish={"cancel_pending": True},
        ),
        Act(
            "update",
            ROOMY,
            "update_charge_permission",
            "InvalidChargePermissionStatus",
            lambda bench: bench.permission().merchant["merchantReferenceId"] == "New-1",
            wish={"merchant": {"merchantReferenceId": "New-1"}},
        ),
        Act(
            "extend",
            SUBSCRIPTION,
            "update_charge_permission",
            "InvalidChargePermissionStatus",
            lambda bench: (
                (bench.permission(SUBSCRIPTION).recurring or {}).get("frequency", {}).get("unit")
                == "Year"
            ),
            wish={"frequency": "1 Year"},
        ),
        Act(
            "complete",
            SESSION,
            "complete_checkout_session",
            "ProcessingFailure",
            lambda bench: bench.session().state == "Completed",
            amount="18.00",
        ),
    )
}


@pytest.fixture(scope="module")
def driver() -> Iterator[Processes]:
    with processes() as started:
        yield started


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(keys()[0])
    return path


async def kill(bench: Bench, driver: Processes, key_file: Path, act: Act, **job: Any) -> None:
    """Start a process that carries the action out, and dies at the chosen moment."""
    folder = str(bench.folder / "one")
    said = Job(
        bench.server.url, str(key_file), [folder], [act.target], [act.amount],
        action=act.action, wish=act.wish, **job,
    )  # fmt: skip
    ended = await asyncio.to_thread(driver.carry_out, said)
    assert ended["ended"] == [-signal.SIGKILL], ended["said"]


async def again(desk: Desk, act: Act) -> Outcome | Held:
    """The operator gives the same command once more."""
    wish = Wish(amount=act.amount, reason="a race", **act.wish)
    try:
        plan = await plan_action(desk.engine, act.action, parse(act.target), wish)
    except Held as held:
        return held
    return await desk.engine.perform(plan, plan.phrase)


async def restart(bench: Bench) -> Desk:
    """A new process takes over: it recovers what is open, and asks a person where it must."""
    desk = await bench.desk("one")
    assert desk.sound()
    for outcome in await recover(desk.engine):
        if outcome.result is Result.UNKNOWN:
            await recover(desk.engine, number=outcome.intent, nobody_else=True)
    assert not desk.journal.intents(states=OPEN_STATES)
    return desk


@pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
async def test_killed_at_any_moment_and_started_again_it_is_done_once(
    bench: Bench, driver: Processes, key_file: Path, act: Act, moment: str
) -> None:
    bench.fault(*faults_of(moment, act.write, act.refusal))
    await kill(bench, driver, key_file, act, moment=moment)
    desk = await restart(bench)
    live = [intent for intent in desk.intents() if intent.state in LIVE_STATES]
    assert bool(live) == act.done(bench), "what is claimed is what is so"
    if not live:
        outcome = await again(desk, act)
        assert isinstance(outcome, Outcome)
        assert outcome.result is Result.ACCEPTED, outcome
    assert act.done(bench)
    assert len(bench.done(act.write)) == 1
    assert desk.sound()


# --- a renewal: two intents ----------------------------------------------------------------------

# In each of the two steps, where the moment comes in both.
TWICE: Final = [
    (moment, passing)
    for moment in MOMENTS
    for passing in (0, 1)
    if not (passing and moment == "before the reservation's checkpoint")
]
SHORT: Final = covering([{"moment": moment, "step": step} for moment, step in TWICE])


@pytest.mark.parametrize(("moment", "passing"), budget([TWICE[n] for n in SHORT], TWICE))
@pytest.mark.parametrize("room", [True, False], ids=["room", "no room"])
async def test_a_renewal_that_was_killed_in_either_step_is_finished_by_the_same_command(
    bench: Bench, driver: Processes, key_file: Path, moment: str, passing: int, room: bool
) -> None:
    if not room:
        bench.switch(balance_falls_at="authorization")
        bench.change_permission(SUBSCRIPTION, limit=bench.charge(SUBSCRIBED).amount)
    steps = ("create_charge", "cancel_charge")
    struck = steps[passing] if room else steps[1 - passing]
    refusal = "InvalidChargeStatus" if struck == "cancel_charge" else "SoftDeclined"
    bench.fault(*faults_of(moment, struck, refusal))
    passes = passing if not faults_of(moment) or moment == "during the send" else 0
    act = Act("extend", SUBSCRIBED, struck, refusal, lambda _: True)
    await kill(bench, driver, key_file, act, moment=moment, passing=passes)

    desk = await restart(bench)
    for _ in range(2):  # what is left of it, and nothing after that
        await again(desk, act)
    assert bench.charge(SUBSCRIBED).state == "Canceled"
    assert [c.state for c in bench.charges(SUBSCRIPTION) if c.id != SUBSCRIBED] == ["Authorized"]
    assert len(bench.done("create_charge")) == len(bench.done("cancel_charge")) == 1
    assert half_done(desk.intents()) == []
    assert desk.sound()

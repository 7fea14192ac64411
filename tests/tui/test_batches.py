"""A batch at the screen: from the work list to the report, by the keys."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from console.domain.batch import read_plan
from console.domain.worklist import as_list
from console.simulator.stories import Teller
from console.tui.screens.batch import BatchScreen
from console.tui.screens.worklist import WorkList, WorkListScreen
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio


def orders(stage: Stage, count: int) -> list[str]:
    """Orders with one captured charge of 50.00 USD each; the charges' ids."""
    teller, made = Teller(stage.world), []
    for number in range(count):
        order, past = f"S01-4200000-{number:07d}", teller.ago(days=2)
        teller.permission(order, "50.00", past, reference=f"List-{number}")
        charge = teller.charge(f"{order}-C{number:06d}", "50.00", past, state="Captured")
        made.append(charge.id)
    return made


async def listed(console: Driver, ids: list[str]) -> WorkList:
    assert console.app.session is not None
    found = as_list("\n".join(ids), lambda _reference: [])
    assert found is not None
    worklist = WorkList(found, console.app.session.lookup)
    console.app.push_screen(WorkListScreen(worklist))
    await console.sees("Work list")
    await console.until(lambda: not worklist.waiting)
    return worklist


async def ask(console: Driver, action: str, amount: str, reason: str = "damaged") -> None:
    """Fill the fields in, up to the plan."""
    for text in (action, amount, reason, "T-1"):
        if text:
            await console.type(text)
        await console.press("enter")


async def to_the_phrase(console: Driver, phrase: str) -> None:
    await console.sees(f"Will be done: {phrase}")
    await console.press("enter")
    await console.sees(f"type exactly: {phrase}")


def plans(stage: Stage) -> list[Path]:
    return sorted((stage.folder / "plans").glob("*.plan"))


async def test_from_the_list_to_the_report(
    stage: Stage, golden: Callable[[str, str], None]
) -> None:
    ids = orders(stage, 4)
    async with stage.console() as console:
        await listed(console, ids)
        await console.press("space", "down", "space", "down", "space", "f")
        await console.sees("for which orders?", "›not ticked off: 1", "all that are shown: 4")
        await console.press("down")
        await console.sees("›ticked off: 3")
        await console.press("enter")
        await console.sees("One action for 3 orders", "nothing is sent before you confirm")
        dialog = console.app.screen.query_one("#dialog")
        await console.until(lambda: dialog.region.width == 80)
        golden("batch-what-80x24", console.screen)
        await ask(console, "refund", "10.00")
        await console.sees("Will be done: 3 rows 30.00 USD")
        assert stage.refunds_sent() == 0
        await to_the_phrase(console, "3 rows 30.00 USD")
        await console.type("3 rows 30.00 USD")
        await console.press("enter")
        await console.sees("All rows are through", "3 initiated, not done: 30.00 USD")
        golden("batch-ended-80x24", console.screen)
        assert stage.refunds_made() == stage.refunds_sent() == 3
        await console.press("escape")
        await console.sees("Work list")
    [file] = plans(stage)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [row.target for row in read_plan(file.read_text()).acting] == ids[:3]
    assert "buyer" not in json.dumps(json.loads(file.read_text())).lower()


async def test_nobody_is_meant_by_a_tick_that_only_says_done(stage: Stage) -> None:
    ids = orders(stage, 4)
    async with stage.console(120, 40) as console:
        await listed(console, ids)
        await console.press("space", "f")
        await console.sees("›not ticked off: 3", " ticked off: 1", "all that are shown: 4")
        await console.press("escape")
        await console.sees("1 ticked off")
        await console.press("f", "enter")
        await console.sees("One action for 3 orders")
        await ask(console, "refund", "10.00")
        await console.sees("Will be done: 3 rows 30.00 USD", *ids[1:])
        await console.sees_no(ids[0])


async def test_what_the_filter_hides_is_not_meant(stage: Stage) -> None:
    ids = orders(stage, 3)
    async with stage.console(120, 40) as console:
        await listed(console, ids)
        await console.press("slash")
        await console.type(ids[1])
        await console.press("enter")
        await console.sees("1 of 3")
        await console.press("f")
        await console.sees("One action for 1 order")
        await ask(console, "refund", "10.00")
        await console.sees("Will be done: 1 row 10.00 USD", ids[1])


async def test_without_ticks_it_is_for_all_and_a_row_that_wont_says_why(stage: Stage) -> None:
    ids = orders(stage, 3)
    async with stage.console(120, 40) as console:
        await listed(console, ids)
        await console.press("f")
        await console.sees("One action for 3 orders")
        await ask(console, "cancel", "")
        await console.sees("Nothing will be done", "refund it instead", "esc change it")
        await console.sees_no("enter go on")
        await console.press("enter")  # there is nothing to confirm
        await console.sees("Nothing will be done")


@pytest.mark.parametrize(
    ("action", "amount", "said"),
    [("pay", "1", "Type one of"), ("refund", "", "needs an amount"), ("cancel", "1", "no amount")],
)
async def test_fields_that_cant_be_planned_say_so(
    stage: Stage, action: str, amount: str, said: str
) -> None:
    async with stage.console() as console:
        await listed(console, orders(stage, 2))
        await console.press("f")
        await ask(console, action, amount)
        await console.sees(said)
        assert plans(stage) == []


async def test_a_wrong_phrase_and_a_thousand_enters_send_nothing(stage: Stage) -> None:
    async with stage.console() as console:
        await listed(console, orders(stage, 2))
        await console.press("f")
        await ask(console, "refund", "10.00")
        await to_the_phrase(console, "2 rows 20.00 USD")
        await console.type("20.00 USD")
        for _ in range(50):
            await console.press("enter")
        await console.sees("Not the phrase")
        await console.press("escape")
        await console.sees("Will be done")
        await console.press("escape")
        await console.sees("nothing is sent before you confirm")
        assert stage.refunds_sent() == 0


async def test_many_enters_after_the_phrase_do_each_row_once(stage: Stage) -> None:
    async with stage.console() as console:
        await listed(console, orders(stage, 2))
        await console.press("f")
        await ask(console, "refund", "10.00")
        await to_the_phrase(console, "2 rows 20.00 USD")
        await console.type("2 rows 20.00 USD")
        for _ in range(30):
            await console.press("enter")
        await console.sees("All rows are through")
        assert stage.refunds_made() == stage.refunds_sent() == 2


async def test_escape_stops_before_the_next_row_and_it_can_be_begun_again(stage: Stage) -> None:
    ids = orders(stage, 3)
    stage.fault("create_refund:delay:0.5:xalways")
    async with stage.console() as console:
        await listed(console, ids)
        await console.press("f")
        await ask(console, "refund", "10.00")
        await to_the_phrase(console, "3 rows 30.00 USD")
        await console.type("3 rows 30.00 USD")
        await console.press("enter")
        await console.until(lambda: stage.refunds_sent() == 1)
        await console.press("escape")
        await console.sees("Stopped", "1 initiated", "2 left: 20.00 USD", "payconsole apply")
        assert stage.refunds_made() == stage.refunds_sent() == 1


async def test_what_was_begun_goes_on_behind_another_screen(stage: Stage) -> None:
    """Leaving needs the stop key; a screen that is torn away ends no row."""
    stage.fault("create_refund:delay:0.3:xalways")
    async with stage.console() as console:
        await listed(console, orders(stage, 2))
        await console.press("f")
        await ask(console, "refund", "10.00")
        await to_the_phrase(console, "2 rows 20.00 USD")
        await console.type("2 rows 20.00 USD")
        await console.press("enter")
        await console.until(lambda: stage.refunds_sent() == 1)
        screen = console.app.screen
        assert isinstance(screen, BatchScreen)
        screen.dismiss(None)
        await console.until(lambda: stage.refunds_made() == 2)
        await console.idle()


async def test_an_unknown_outcome_is_said_and_stands_among_the_intents(stage: Stage) -> None:
    stage.fault("create_refund:hang_up_before:xalways")
    async with stage.console(120, 40) as console:
        await listed(console, orders(stage, 2))
        await console.press("f")
        await ask(console, "refund", "10.00")
        await to_the_phrase(console, "2 rows 20.00 USD")
        await console.type("2 rows 20.00 USD")
        await console.press("enter")
        await console.sees("an outcome is unknown", "UNKNOWN: it may have happened", "1 left")
        await console.press("escape")
        await console.sees("Work list")


async def test_planning_can_be_stopped(stage: Stage) -> None:
    stage.fault("get_charge:delay:1:xalways")
    async with stage.console() as console:
        ids = orders(stage, 2)
        assert console.app.session is not None
        found = as_list("\n".join(ids), lambda _reference: [])
        assert found is not None
        worklist = WorkList(found, console.app.session.lookup)
        worklist.stopped_by = "not in this test"
        console.app.push_screen(WorkListScreen(worklist))
        await console.press("f")
        await ask(console, "refund", "10.00")
        await console.sees("Planning row 1 of 2")
        await console.press("escape")
        await console.sees("nothing is sent before you confirm")
        await console.idle()
        assert plans(stage) == []

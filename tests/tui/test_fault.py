"""A fault of ours: a calm page, a report without values, and everything that can go on goes on."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from console.actions.engine import Engine
from console.amazon.client import AmazonPay
from console.domain.intent import State
from console.domain.policy import Policy
from console.store.journal import Journal
from console.tui import messages
from console.tui.fault import Fault, GuardedApp, kind_and_place
from console.tui.screens.action import ActionDialog
from console.tui.screens.console import ConsoleScreen
from console.tui.screens.fault import FaultScreen
from console.tui.screens.help import HelpScreen
from console.tui.screens.lock import LockScreen
from console.tui.screens.steps import OutcomeStep
from console.tui.widgets.notice import Notice
from console.tui.widgets.search import SearchInput
from console.tui.work import Work
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = "S01-4966596-9591203-C079366"
SECRET = "-----BEGIN PRIVATE " + "KEY----- jane@example.com"
PAGE = "A fault of payconsole"


def fail(*_values: object, **_named: object) -> Any:
    """What a fault of ours does: its text and its variables hold what must not be told."""
    buyer = SECRET
    raise RuntimeError(buyer)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Faults are expected here; everywhere else one of them fails the test that meets it."""
    monkeypatch.setattr(GuardedApp, "note_fault", lambda *_: None)
    return monkeypatch


@asynccontextmanager
async def an_order(stage: Stage, width: int = 100, height: int = 30) -> AsyncIterator[Driver]:
    async with stage.console(width, height) as console:
        await console.look_up(CHARGE)
        yield console


def said(console: Driver) -> None:
    """Something that has to be laid out anew."""
    screen = console.app.console_screen
    assert screen is not None
    screen.say(messages.Said("Something new"))


def reports(stage: Stage) -> list[Path]:
    return sorted(stage.folder.glob("fault-*.txt"))


async def the_report(console: Driver) -> str:
    """The text of the report that the page tells of."""
    await console.sees("A report without values is in", "fault-20")
    (path,) = reports(console.stage)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    for value in (SECRET, "jane@example", "PRIVATE KEY", ORDER, CHARGE, "C079366"):
        assert value not in text
        assert value not in console.screen
    return text


async def goes_on(console: Driver) -> None:
    """Enter leads back to a console that does what it did before."""
    await console.press("enter")
    await console.sees_no(PAGE)
    await console.press("question_mark")
    await console.until(lambda: isinstance(console.app.screen, HelpScreen))
    await console.press("escape")
    await console.sees("checked")


# --- wherever it is -------------------------------------------------------------------------------


async def test_in_a_key_handler(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    faulty.setattr(ConsoleScreen, "_do_mapping", fail)
    async with an_order(stage) as console:
        await console.press("v")
        await console.sees(PAGE, "RuntimeError", "test_fault.py", "Nothing new is sent",
                           "No request that writes is under way", "Open intents: none")  # fmt: skip
        text = await the_report(console)
        assert "action general('mapping')" in text
        assert "ConsoleScreen.on_found" in text
        assert "fault      RuntimeError" in text
        assert "size       100 x 30" in text
        await goes_on(console)


async def test_in_a_message_handler(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    async with an_order(stage) as console:
        with faulty.context() as once:
            once.setattr(ConsoleScreen, "on_recent_read", fail)
            await console.press("g")
            await console.sees(PAGE)
        assert "during     ConsoleScreen.on_recent_read" in await the_report(console)
        await goes_on(console)


async def test_in_a_handler_of_a_widget_of_textual(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        await console.press("slash")
        with faulty.context() as once:
            once.setattr(SearchInput, "_on_key", fail)
            await console.press("x")
            await console.sees(PAGE)
        await console.press("enter")
        await console.press("y")
        assert console.app.screen.query_one(SearchInput).value.endswith("y")


async def test_in_a_worker(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    async with an_order(stage) as console:
        session = console.app.session
        assert session is not None
        with faulty.context() as once:
            once.setattr(session.lookup, "look_up", fail)
            await console.press("g")
            await console.sees(PAGE, "RuntimeError")
        await the_report(console)
        await console.press("enter")
        await console.sees("Unexpected fault (RuntimeError) in reread")
        assert SECRET not in console.screen
        await goes_on(console)


@pytest.mark.parametrize("exit_on_error", [True, False])
async def test_in_a_worker_of_a_screen(
    stage: Stage, faulty: pytest.MonkeyPatch, exit_on_error: bool
) -> None:
    async def work() -> None:
        fail()

    async with an_order(stage) as console:
        console.app.screen.run_worker(work(), exit_on_error=exit_on_error)
        await console.sees(PAGE, "RuntimeError")
        await goes_on(console)


async def test_in_a_task_that_nobody_waits_for(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    async with an_order(stage) as console:
        asyncio.get_running_loop().call_soon(fail)
        await console.sees(PAGE, "RuntimeError")
        await goes_on(console)


async def test_in_a_timer(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    async with an_order(stage) as console:
        timer = console.app.screen.set_interval(0.05, fail)
        await console.sees(PAGE)
        timer.stop()
        await goes_on(console)


async def test_in_laying_out_once(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    async with an_order(stage) as console:
        with faulty.context() as once:
            once.setattr(Notice, "get_content_height", fail)
            said(console)
            await console.sees(PAGE)
        await the_report(console)
        await goes_on(console)


async def test_in_laying_out_every_time_leaving_is_what_is_left(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        faulty.setattr(Notice, "get_content_height", fail)
        said(console)
        await console.sees(PAGE, "Enter goes back to it")
        await console.press("enter")
        await console.sees(PAGE, "leave, and start payconsole anew")
        await console.press("enter")
        await console.sees(PAGE)
        await console.press("ctrl+q")
        await console.until(lambda: not console.app.is_running)


async def test_in_a_dialog_that_is_never_whole_it_is_closed(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        with faulty.context() as once:
            once.setattr(ActionDialog, "on_mount", fail)
            await console.press("r")
            await console.sees(PAGE, "Enter closes it")
        await console.press("enter")
        await console.sees_no(PAGE)
        assert isinstance(console.app.screen, ConsoleScreen)
        await console.idle()  # the order is read again
        await console.refund("1.00", "1.00 USD")
        await console.sees("RefundInitiated")


# --- money ----------------------------------------------------------------------------------------


async def test_while_something_is_sent_its_outcome_still_arrives(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        stage.fault("create_refund:delay:1.0")
        faulty.setattr(ActionDialog, "progress", fail)
        await console.refund("1.00", "1.00 USD")
        await console.sees(PAGE, "goes on to its end")
        await console.until(lambda: stage.refunds_made() == 1)
        await console.sees("No request that writes is under way")
        await the_report(console)
        await console.press("enter")
        await console.sees("RefundInitiated")
    journal = Journal(stage.folder / "journal.sqlite", "ann")
    try:
        assert journal.verify().problem is None
        assert [intent.state for intent in journal.intents()] in ([State.ACCEPTED], [State.SETTLED])
    finally:
        journal.close()


async def test_what_still_cools_is_not_sent(stage: Stage, faulty: pytest.MonkeyPatch) -> None:
    stage.policy = Policy(cooling_seconds=30)
    async with an_order(stage) as console:
        await console.refund("1.00", "1.00 USD")
        await console.sees("stop it: nothing is sent")
        console.app.screen.call_later(fail)
        await console.sees(PAGE)
        await console.press("enter")
        await console.sees("Stopped")
        assert stage.refunds_sent() == 0


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ((OutcomeStep, "begin"), "The journal has no line of it. → Look at the order again"),
        ((Work, "perform"), "The journal has no line of it. → Look at the order again"),
        ((Engine, "perform"), "The journal has no line of it. → Look at the order again"),
        ((Engine, "_reread_and_send"), "no attempt to send it. → Press i in the console"),
    ],
)
async def test_a_fault_before_it_is_sent_ends_the_dialog_with_that(
    stage: Stage, faulty: pytest.MonkeyPatch, where: tuple[type, str], told: str
) -> None:
    async with an_order(stage) as console:
        with faulty.context() as once:
            once.setattr(*where, fail)
            await console.refund("1.00", "1.00 USD")
            await console.sees(PAGE)
            await the_report(console)
            await console.press("enter")
            await console.sees("Nothing was sent: a fault of the console came before it", told)
        await console.sees("esc close")
        assert stage.refunds_sent() == 0
        assert "OUTCOME UNKNOWN" not in console.screen
        await console.press("escape")
        await console.sees("Transactions", "Nothing was sent: a fault")


async def test_a_fault_at_the_sending_says_that_nobody_knows(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    faulty.setattr(AmazonPay, "send", fail)
    async with an_order(stage) as console:
        await console.refund("1.00", "1.00 USD")
        await console.sees(PAGE)
        await console.press("enter")
        await console.sees("OUTCOME UNKNOWN", "it may have been sent", "Press i in the console")
        await console.press("escape", "i")
        await console.sees("Open intents", "refund 1.00 USD")


# --- the page itself ------------------------------------------------------------------------------


async def test_nothing_but_its_own_keys_does_anything(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        console.app.screen.call_later(fail)
        await console.sees(PAGE)
        for key in ("r", "escape", "g", "p", "slash", "i", "1", "question_mark"):
            await console.press(key)
        await console.paste(ORDER)
        assert isinstance(console.app.screen, FaultScreen)


async def test_over_the_locked_console_it_names_nothing_and_the_lock_stays(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        await console.press("ctrl+l")
        await console.sees("payconsole is locked")
        console.app.call_later(fail)
        await console.sees(PAGE)
        assert "9591203" not in console.screen
        await console.press("enter")
        assert isinstance(console.app.screen, LockScreen)
        await console.sees("payconsole is locked")


async def test_one_that_follows_another_is_counted_and_shows_no_second_page(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    async with an_order(stage) as console:
        for _round in range(3):
            console.app.call_later(fail)
            await console.settle()
        await console.sees(PAGE, "2 more faults followed")
        assert len(reports(stage)) == 1
        await goes_on(console)


async def test_where_the_report_cannot_be_written_the_page_says_so(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    faulty.setattr("console.tui.screens.fault.write_report", full)
    async with an_order(stage) as console:
        console.app.screen.call_later(fail)
        await console.sees(PAGE, "can't be written: No space left on device")
        await goes_on(console)


async def test_a_fault_of_the_page_itself_ends_the_program(
    stage: Stage, faulty: pytest.MonkeyPatch
) -> None:
    faulty.setattr(FaultScreen, "compose", fail)
    async with an_order(stage) as console:
        console.app.screen.call_later(fail)
        await console.until(lambda: not console.app.is_running)
        assert console.app.return_code == 1
        assert len(reports(stage)) == 1


@pytest.mark.parametrize("turns", range(3))
async def test_a_screen_that_is_left_before_it_is_whole_is_no_fault(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """Such as by an Esc right after the key that opened it."""
    async with an_order(stage) as console:
        app = console.app
        push = app.push_screen

        async def leave(screen: Screen[Any]) -> None:
            for _turn in range(turns):
                await asyncio.sleep(0)
            if app.screen is screen:
                await app.pop_screen()

        def short(screen: Screen[Any], *values: Any, **named: Any) -> Any:
            leaving.append(asyncio.create_task(leave(screen)))
            return push(screen, *values, **named)

        monkeypatch.setattr(app, "push_screen", short)
        for key in ("r", "u", "n", "v", "question_mark", "i", "p", "ctrl+p"):
            leaving: list[asyncio.Task[None]] = []
            await console.press(key)
            await asyncio.gather(*leaving)
            await console.settle()
            assert leaving, key
            assert app._exception is None
            assert isinstance(app.screen, ConsoleScreen)


@pytest.mark.parametrize("key", ["r", "n", "question_mark"])
async def test_leaving_while_a_screen_is_opened_is_no_fault(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with an_order(stage) as console:
        app = console.app
        push = app.push_screen

        def last(*values: Any, **named: Any) -> Any:
            pushed = push(*values, **named)
            app.exit()
            return pushed

        monkeypatch.setattr(app, "push_screen", last)
        await console.press(key)
        await console.until(lambda: not app.is_running)
    assert app._exception is None
    assert app.return_code == 0


async def test_a_fault_fails_the_test_that_drives_the_screen(stage: Stage) -> None:
    async def drive() -> None:
        async with stage.console() as console:
            console.app.call_later(fail)
            await console.sees(PAGE)

    with pytest.raises(RuntimeError):
        await drive()


def test_what_is_told_of_a_fault_is_its_kind_and_its_place() -> None:
    try:
        try:
            fail()
        except RuntimeError:
            int(SECRET)
    except ValueError as error:
        told, fault = kind_and_place(error), Fault.of(error)
    assert told.startswith("ValueError after RuntimeError (tui/test_fault.py:")
    assert "PRIVATE" not in repr(fault)

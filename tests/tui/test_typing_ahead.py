"""Keys that come all at once, typed ahead or over a slow line, end where they were meant to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from textual import events
from textual.command import Hits
from textual.keys import _character_to_key
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from console.tui import keyboard
from console.tui.commands import ConsoleCommands
from console.tui.screens.console import ConsoleScreen
from console.tui.screens.lock import LockScreen
from console.tui.screens.notes import NotesScreen
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
V1 = f"{ORDER}-A079366"
OTHER = "S01-5797829-1888777"
EXPLAINED = "The capture is done"


def all_at_once(console: Driver, *keys: str) -> None:
    """Each of `keys` is the name of a key, or a text that is typed."""
    for key in keys:
        if key in NAMED:
            console.app.post_message(events.Key(key, None))
            continue
        for letter in key:
            console.app.post_message(events.Key(_character_to_key(letter), letter))


NAMED = {"tab", "enter", "escape", "ctrl+l", "ctrl+p", "down", "backspace"}


async def test_an_amount_goes_into_the_dialog_that_is_only_opening(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "r", "12.50")
        await console.sees("✓ 12.50 USD")


async def test_each_field_gets_what_was_typed_for_it(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "r", "5", "tab", "damaged box", "tab", "1234")
        await console.until(lambda: _values(console)[:3] == ["5", "damaged box", "1234"])


async def test_a_paste_keeps_its_place_among_the_keys(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "r", "1")
        console.app.post_message(events.Paste("2.5"))
        all_at_once(console, "0")
        await console.sees("✓ 12.50 USD")


async def test_an_id_goes_into_the_search_whole(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "/", OTHER, "enter")
        await console.sees(f"{OTHER}  ● Chargeable")


def _paste(console: Driver) -> None:
    console.app.post_message(events.Paste(OTHER))


def _search(console: Driver) -> None:
    all_at_once(console, "/", OTHER, "enter")


def _back(console: Driver) -> None:
    all_at_once(console, "[")


def _recent(console: Driver) -> None:
    all_at_once(console, "l", "down", "enter")


@pytest.mark.parametrize("ask", [_paste, _search, _back, _recent])
@pytest.mark.parametrize("key", ["r", "n"])
async def test_a_key_right_behind_another_order_is_not_for_the_one_before(
    stage: Stage, ask: Callable[[Driver], None], key: str
) -> None:
    async with stage.console() as console:
        await console.look_up(OTHER)
        await console.look_up(V1)
        stage.fault("*:delay:1:x1")
        ask(console)
        all_at_once(console, key)
        await console.until(lambda: isinstance(console.app.screen, NotesScreen | ConsoleScreen))
        await console.until(lambda: ORDER not in console.screen)
        await console.sees_no(CHARGE)
        await console.settle()
        await console.until(lambda: isinstance(console.app.screen, NotesScreen | ConsoleScreen))
        if isinstance(console.app.screen, NotesScreen):
            assert console.app.screen.order.id == OTHER


SEVERAL = "S01-3309177-6402958"  # C010001 is captured, C010002 authorized


async def test_what_is_typed_behind_a_key_that_is_refused_is_for_nobody(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(f"{SEVERAL}-C010001")
        all_at_once(console, "x", "exchange wanted", "enter")
        await console.sees("It is possible for C010002, which is chosen now")
        await console.settle()
        assert isinstance(console.app.screen, ConsoleScreen)
        assert "It is possible" in console.screen, "and none of it was a key"
        await console.press("x")
        await console.sees(f"Cancel · charge {SEVERAL}-C010002")


async def test_nor_what_is_typed_behind_a_note_on_an_order_that_is_not_here_yet(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(V1)
        stage.fault("*:delay:1:x1")
        all_at_once(console, "/", OTHER, "enter", "escape", "n", "hello", "enter")
        await console.sees("Notes: not yet")
        await console.sees(f"{OTHER}  ● Chargeable")
        await console.settle()
        assert isinstance(console.app.screen, ConsoleScreen), "o is no key for the raw objects"


async def test_a_row_that_a_refusal_has_chosen_is_told_only_while_it_is(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(f"{SEVERAL}-C010001")
        await console.press("x")
        await console.sees("which is chosen now")
        await console.press("up")
        await console.sees_no("which is chosen now")


async def test_a_charge_of_the_order_on_the_screen_is_chosen_when_it_is_searched(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        for last in ("C010001", "C010002", "C010001"):
            await console.look_up(f"{SEVERAL}-{last}")
            assert console.app.console_screen is not None
            assert console.app.console_screen.order_pane.chosen == f"{SEVERAL}-{last}"


async def test_not_yet_is_said_until_it_is_read(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(OTHER)
        await console.look_up(V1)
        stage.fault("*:delay:1:x1")
        all_at_once(console, "/", OTHER, "enter", "escape", "r")
        await console.sees("Refund: not yet")
        await console.sees_no("Refund: not yet")
        await console.sees(f"{OTHER}  ● Chargeable")


async def test_while_one_is_looked_up_another_can_be_typed(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(V1)
        stage.fault("*:delay:1:x1")
        all_at_once(console, "/", SEVERAL, "enter", "/", OTHER, "enter")
        await console.sees(f"{OTHER}  ● Chargeable")
        assert SEVERAL not in console.screen.partition("Recent")[0]


async def test_what_is_found_takes_no_letter_of_the_next_search(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(V1)
        stage.fault("*:delay:1:x1")
        all_at_once(console, "/", OTHER, "enter", "/", "abc")
        await console.sees(f"{OTHER}  ● Chargeable", "/ abc")
        await console.type("d")
        await console.sees("/ abcd")


async def test_what_is_found_is_what_the_next_key_is_for(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "/", "nothing", "enter", "r")
        await console.sees("There is no Amazon Pay id in")
        await console.press("escape", "r")
        await console.sees("It is never filled in for you")


async def test_enter_goes_on_to_the_next_field_before_what_is_typed_behind_it(
    stage: Stage,
) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "r", "1", "enter", "2 boxes", "enter", "T9")
        await console.until(lambda: _values(console)[:3] == ["1", "2 boxes", "T9"])


@pytest.mark.parametrize(("typed", "behind"), [("1.00 US", "D"), ("1.00 USD", "x")])
async def test_enter_confirms_what_stood_there_when_it_was_pressed(
    stage: Stage, typed: str, behind: str
) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        await console.plan_refund("1.00")
        await console.press("enter")
        await console.sees("To send it, type")
        all_at_once(console, typed, "enter", behind)
        if typed == "1.00 USD":
            await console.sees("Refund initiated")
        else:
            await console.until(lambda: _focused(console) == typed + behind)
            await console.idle()
            await console.sees("To send it, type")
    assert stage.refunds_sent() == (typed == "1.00 USD")


async def test_enter_typed_ahead_passes_no_plan_that_nobody_saw(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        stage.fault("get_charge:delay:1:xalways")
        all_at_once(
            console, "r", "5", "tab", "damaged", "tab", "enter", "enter", "5.00 USD", "enter"
        )
        await console.sees("The exact request")
        await console.sees_no("To send it, type")
    assert stage.refunds_sent() == 0


async def test_the_palette_searches_for_all_that_was_typed(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "ctrl+p", "journal")
        await console.until(lambda: _focused(console) == "journal")


@pytest.mark.parametrize(
    ("asked", "behind", "shown"),
    [("refu", "12.50", "✓ 12.50 USD"), ("note", "a broken lid", "a broken lid")],
)
async def test_what_is_typed_behind_a_command_is_for_what_the_command_opens(
    stage: Stage, asked: str, behind: str, shown: str
) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "ctrl+p", asked, "enter", behind)
        await console.sees(shown)


async def test_nor_is_what_is_typed_on_behind_a_refused_key_without_a_look(stage: Stage) -> None:
    """By hand: each key long after what the one before has brought about. `b` shows buyer data."""
    async with stage.console() as console:
        await console.look_up(OTHER)
        for key in ("r", *"12.50", "enter", *"bent abc", "enter"):
            all_at_once(console, key)
            await console.settle()
        await console.sees("Refund is not possible")
        screen = console.app.screen
        assert isinstance(screen, ConsoleScreen)
        assert not screen.order_pane.revealed
        assert screen.order_pane.page == 0
        await asyncio.sleep(keyboard.PAUSE)
        await console.press("2")
        await console.sees("The amount is reserved and not captured.")


@pytest.mark.parametrize("meant", ["r", "down", "escape"])
async def test_the_key_itself_and_what_is_no_text_is_meant(stage: Stage, meant: str) -> None:
    async with stage.console() as console:
        await console.look_up(OTHER)
        await console.press("r", "2")
        await console.sees("Refund is not possible", "order created, Chargeable")
        await console.press(meant)
        if meant == "r":
            await console.press("2")
            await console.sees("order created, Chargeable")  # it was refused anew
        else:
            await console.press("2")
            await console.sees("The amount is reserved and not captured.")


async def test_enter_runs_what_is_found_for_all_that_was_typed_before_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = ConsoleCommands.search

    async def slow(self: ConsoleCommands, query: str) -> Hits:
        await asyncio.sleep(0.3)
        async for hit in search(self, query):
            yield hit

    monkeypatch.setattr(ConsoleCommands, "search", slow)
    async with stage.console() as console:
        await console.look_up(V1)
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        all_at_once(console, "note", "enter", "a broken lid")
        await console.sees("a broken lid")
        assert isinstance(console.app.screen, NotesScreen)


async def test_opening_and_leaving_takes_no_longer_than_a_key_by_a_key(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        before = time.monotonic()
        all_at_once(console, *["?", "escape", "i", "escape", "n", "escape"] * 3, "2")
        await console.sees(EXPLAINED)
        assert time.monotonic() - before < 18 * keyboard.PATIENCE, "no key was waited for in vain"


async def test_what_was_typed_ahead_is_forgotten_when_the_console_locks(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        all_at_once(console, "ctrl+l", "r", "5.00", "enter")
        await console.until(lambda: isinstance(console.app.screen, LockScreen))
        await console.settle()
        assert isinstance(console.app.screen, LockScreen)


async def test_a_key_that_is_lost_with_its_widget_holds_up_nothing_for_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyboard, "PATIENCE", 0.05)
    async with stage.console() as console:
        await console.look_up(V1)
        monkeypatch.setattr(Widget, "post_message", losing)
        all_at_once(console, "3", "2")
        await console.sees(EXPLAINED)


async def test_a_key_that_was_lost_long_ago_holds_up_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyboard, "PATIENCE", 60.0)
    async with stage.console() as console:
        await console.look_up(V1)
        monkeypatch.setattr(Widget, "post_message", losing)
        await console.press("3")
        later = events.Key("2", "2")
        later.time += 61.0
        console.app.post_message(later)
        await console.sees(EXPLAINED)


_post = Widget.post_message


def losing(self: Widget, message: Message) -> bool:
    return isinstance(message, keyboard.Passed) or _post(self, message)


def _values(console: Driver) -> list[str]:
    return [field.value for field in console.app.screen.query(Input)]


def _focused(console: Driver) -> str:
    focused = console.app.focused
    return focused.value if isinstance(focused, Input) else ""

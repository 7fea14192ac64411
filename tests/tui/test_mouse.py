"""Everything that a key does, a click does; but no click lets anything out that needs a phrase."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from console.tui.keys import TABS
from console.tui.mouse import key_at, keys_in
from console.tui.screens.action import ActionDialog
from console.tui.screens.choose import ChooseScreen
from console.tui.screens.console import ConsoleScreen
from console.tui.screens.copying import CopyScreen
from console.tui.screens.help import HelpScreen
from console.tui.screens.intents import IntentsScreen
from console.tui.screens.mapping import MappingScreen
from tests.tui.stage import Driver, Stage, drawn

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"


async def click(console: Driver, text: str, *, last: bool = False) -> None:
    """A click in the middle of `text`, as it stands on the screen once nothing moves any more."""
    await console.idle()
    strips = drawn(console.app)
    found = []
    for y, strip in enumerate(strips):
        if text in strip.text:
            before = strip.text[: strip.text.rindex(text) if last else strip.text.index(text)]
            found.append((len(before) + len(text) // 2, y))
    assert found, f"{text!r} is not on the screen\n{console.screen}"
    await console.pilot.click(offset=found[-1 if last else 0])
    await console.settle()


class TestTheFooter:
    @pytest.mark.parametrize(
        ("word", "shows"),
        [("? Keys", "Everywhere"), ("i Intents", "Open intents"), ("p Accounts", "Accounts"),
         ("r Refund", "It is never filled in for you")],
    )  # fmt: skip
    async def test_each_word_does_what_its_key_does(
        self, stage: Stage, word: str, shows: str
    ) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await click(console, word)
            await console.sees(shows)

    async def test_while_one_types_it_writes_nothing(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.press("slash")
            await console.type("S01")
            await click(console, "? Keys")
            await console.until(lambda: isinstance(console.app.screen, HelpScreen))
            screen = console.app.console_screen
            assert screen is not None
            assert screen.query_one("#search", Input).value == "S01"

    async def test_what_is_not_allowed_says_why(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await click(console, "c Capture")
            await console.sees("Capture is not possible")

    async def test_the_palette_and_leaving_are_the_programs(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await click(console, "^p Palette")
            await console.sees("Search for commands")
            await console.press("escape")
            await click(console, "^q Leave")
            await console.until(lambda: not console.app.is_running)


async def test_a_double_click_at_a_row_selects_no_text(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        strips = drawn(console.app)
        (y,) = [y for y, strip in enumerate(strips) if "C079366   charge" in strip.text]
        for kind in (events.MouseDown, events.MouseUp) * 2:
            console.app.post_message(kind(None, 60, y, 0, 0, 1, False, False, False, 60, y))
            await console.settle()
        assert not console.app.screen.selections


class TestTheHeader:
    async def test_pending_goes_to_the_row(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            await console.sees("1 pending")
            screen = console.app.console_screen
            assert screen is not None
            await console.until(lambda: screen.order_pane.chosen != CHARGE)
            screen.order_pane.rows.go(CHARGE)
            await console.settle()
            await click(console, "1 pending")
            assert screen.order is not None
            assert [screen.order_pane.chosen] == [one.id for one in screen.order.pending]

    async def test_pending_elsewhere_opens_its_order(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            await console.look_up("S01-5797829-1888777")
            screen = console.app.console_screen
            assert screen is not None
            await click(console, "1 pending")
            await console.until(lambda: screen.order is not None and screen.order.id == ORDER)

    async def test_open_intents_open_their_screen(self, stage: Stage) -> None:
        stage.fault("create_refund:hang_up_after:x3")
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("OUTCOME UNKNOWN")
            await console.press("escape")
            await click(console, "1 open intent")
            await console.until(lambda: isinstance(console.app.screen, IntentsScreen))


class TestRows:
    async def test_one_click_moves_and_a_second_opens(self, stage: Stage) -> None:
        async with stage.console() as console:
            answers: list[str | None] = []
            choices = [(name, f"order {name}") for name in ("first", "second", "third")]
            console.app.push_screen(ChooseScreen("Which?", choices), answers.append)
            await console.sees("Which?")
            await click(console, "order third")
            assert answers == []
            await click(console, "order third")
            await console.until(lambda: answers == ["third"])

    async def test_the_menu_of_copying(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.press("y")
            await click(console, "order number")
            await click(console, "order number")
            await console.sees("Copied: Acme-118")

    async def test_the_tabs(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            screen = console.app.console_screen
            assert screen is not None
            for number, title in enumerate(TABS):
                await click(console, f"{number + 1} {title}")
                assert screen.order_pane._tabs.tab == number


class TestTheWheel:
    @pytest.mark.parametrize("pane", ["#help-pane", "#mapping-pane"])
    async def test_it_scrolls_what_is_under_it(self, stage: Stage, pane: str) -> None:
        async with stage.console() as console:
            dialog = HelpScreen() if pane == "#help-pane" else MappingScreen()
            console.app.push_screen(dialog)
            await console.until(lambda: bool(dialog.query(pane)))
            shown = dialog.query_one(pane)
            await console.until(lambda: shown.max_scroll_y > 0)
            await console.pilot._post_mouse_events([events.MouseScrollDown], pane, (3, 3), 0)
            await console.until(lambda: shown.scroll_y > 0)


class TestTheFootOfDialogs:
    @pytest.mark.parametrize(
        ("line", "keys"),
        [
            ("enter  next, then plan     esc  leave", {"enter": "enter", "next, then plan": "enter",
                                                       "esc": "escape", "leave": "escape"}),
            ("enter open  space tick  n p next  / filter  esc back",
             {"enter": "enter", "open": "enter", "tick": "space", "n": "n", "p": "p",
              "next": "n", "/": "slash", "filter": "slash", "back": "escape"}),
            ("a ask again  x it did not  esc back", {"ask again": "a", "it did not": "x"}),
            ("f  finish it   u  undo it   esc  back", {"finish it": "f", "undo it": "u"}),
            ("↑ ↓ tab     c  copy as curl     esc  back", {"tab": "tab", "copy as curl": "c"}),
            ("c  connect     ^p  palette     ^q  leave", {"palette": "ctrl+p", "^q": "ctrl+q"}),
            ("enter, l or ctrl+q  leave     esc  stay", {"l": "l", "stay": "escape"}),
            ("stopping: the row that is under way ends first …", {}),
            ("", {}),
        ],
    )  # fmt: skip
    def test_the_words_stand_for_their_keys(self, line: str, keys: dict[str, str]) -> None:
        found = {line[start:end].rstrip(","): key for start, end, key in keys_in(line)}
        assert keys.items() <= found.items()
        if not keys:
            assert found == {}

    def test_cells_are_counted_where_words_are_wide(self) -> None:
        line = "enter  開く     esc  戻る"
        assert key_at(line, 7) == key_at(line, 10) == "enter"
        assert key_at(line, 13) is None
        assert key_at(line, 21) == key_at(line, 24) == "escape"

    async def test_enter_goes_on_and_esc_comes_back(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.press("y")
            await console.sees("amount")
            await click(console, "back", last=True)
            await console.until(lambda: isinstance(console.app.screen, ConsoleScreen))
            await console.press("y")
            await console.until(lambda: isinstance(console.app.screen, CopyScreen))
            await click(console, "copy it", last=True)
            await console.sees(f"Copied: {CHARGE}")

    async def test_a_click_never_sends_what_needs_a_phrase(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.plan_refund("1.00")
            await click(console, "go on", last=True)
            await console.sees("To send it, type")
            await console.type("1.00 USD")
            await click(console, "send, once", last=True)
            await click(console, "enter", last=True)
            await console.sees("a click sends nothing")
            await console.idle()
            assert stage.refunds_sent() == 0
            assert isinstance(console.app.screen, ActionDialog)
            await console.press("enter")
            await console.sees("Refund initiated")
            assert stage.refunds_sent() == 1


async def test_the_locked_console_does_nothing_by_clicks_but_unlock(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        await console.press("ctrl+l")
        await console.sees("payconsole is locked")
        for y in range(0, 40, 2):
            await console.pilot.click(offset=(20, y))
        assert console.app.is_locked
        await click(console, "unlock")
        await console.until(lambda: not console.app.is_locked)
        await console.sees("Transactions")

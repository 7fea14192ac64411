"""One filter for every list: it narrows while one types, Enter keeps it, Esc clears it first."""

from __future__ import annotations

import pytest

from console.domain.worklist import entries
from console.store.index import Look
from console.store.places import Places
from console.store.profiles import Profile, Profiles
from console.tui.screens.batch import rows_of
from console.tui.screens.choose import ChooseScreen
from console.tui.screens.diff import DiffScreen
from console.tui.screens.intents import IntentsScreen
from console.tui.screens.mapping import MappingScreen
from console.tui.screens.requests import RequestsScreen
from console.tui.screens.worklist import Rows, WorkList, WorkListScreen
from console.tui.widgets.filter import Filter, matches
from console.tui.widgets.rows import RowList
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDERS = ("S01-4966596-9591203", "S01-3309177-6402958", "S01-5797829-1888777")
CHARGE = f"{ORDERS[0]}-C079366"


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("S01-4966596 Acme-118 Captured", "acme", True),
        ("S01-4966596 Acme-118 Captured", "capt 496", True),
        ("S01-4966596 Acme-118 Captured", "capt 497", False),
        ("S01-4966596 Acme-118", "ＡＣＭＥ－１１８", True),
        ("Straße 5", "STRASSE", True),
        ("anything", "", True),
        ("[bold]x[/]", "[bold]", True),
    ],
)
def test_each_word_has_to_stand_somewhere_in_any_case_and_width(
    words: str, text: str, found: bool
) -> None:
    assert matches(words, text) is found


def choices(console: Driver, answers: list[str | None]) -> None:
    listed = [(order, f"{order}  Acme-{number}") for number, order in enumerate(ORDERS)]
    console.app.push_screen(ChooseScreen("Which?", listed), answers.append)


class TestTheSameEverywhere:
    async def test_typing_narrows_enter_keeps_and_esc_clears_before_it_leaves(
        self, stage: Stage
    ) -> None:
        async with stage.console() as console:
            answers: list[str | None] = []
            choices(console, answers)
            await console.sees("Which?")
            await console.press("f")
            await console.type("ACME-1")
            await console.sees("1 of 3", ORDERS[1])
            await console.sees_no(ORDERS[0])
            await console.press("enter")
            assert isinstance(console.app.focused, RowList)
            await console.sees("1 of 3")
            await console.press("escape")
            await console.sees(*ORDERS)
            await console.sees_no("of 3")
            assert answers == []
            await console.press("slash")
            await console.type("no such thing")
            await console.sees("none of 3")
            await console.press("escape", "escape")
            await console.until(lambda: answers == [None])

    async def test_nothing_is_typed_into_it_before_it_is_opened(self, stage: Stage) -> None:
        """Keys that come while a dialog is being built are the dialog's."""
        async with stage.console() as console:
            choices(console, [])
            await console.press("z", "z")
            await console.sees(*ORDERS)
            assert console.app.screen.query_one(Filter).text == ""
            assert not console.app.screen.query_one(Filter).display

    async def test_enter_after_it_takes_the_row_that_is_left(self, stage: Stage) -> None:
        async with stage.console() as console:
            answers: list[str | None] = []
            choices(console, answers)
            await console.press("f")
            await console.type("acme-2")
            await console.press("enter", "enter")
            await console.until(lambda: answers == [ORDERS[2]])

    async def test_the_cursor_moves_while_one_types(self, stage: Stage) -> None:
        async with stage.console() as console:
            answers: list[str | None] = []
            choices(console, answers)
            await console.press("f")
            await console.type("s01")
            await console.press("down", "enter", "enter")
            await console.until(lambda: answers == [ORDERS[1]])

    async def test_what_is_typed_is_shown_and_obeyed_nowhere(self, stage: Stage) -> None:
        async with stage.console() as console:
            choices(console, [])
            await console.press("f")
            await console.paste("\x1b[31m[@click=app.quit]x[/]\u202e")
            await console.sees("[@click=app.quit]x[/]", "none of 3")
            assert "\x1b" not in console.screen
            assert "\u202e" not in console.screen


class TestTheWorkList:
    def shown(self, console: Driver) -> WorkListScreen:
        assert console.app.session is not None
        text = "\n".join(ORDERS)
        worklist = WorkList(entries(text, lambda _text: []), console.app.session.lookup)
        screen = WorkListScreen(worklist)
        console.app.push_screen(screen)
        return screen

    async def test_by_state_as_the_list_is_looked_through(self, stage: Stage) -> None:
        async with stage.console() as console:
            screen = self.shown(console)
            await console.sees("Work list")
            await console.press("slash")
            await console.type("chargeable")
            await console.sees("3 looked up", "2 of 3")
            await console.press("escape")
            await console.sees(*ORDERS)
            await console.press("escape")
            await console.until(lambda: screen not in console.app.screen_stack)

    async def test_moving_and_ticking_stay_within_what_is_shown(self, stage: Stage) -> None:
        async with stage.console() as console:
            screen = self.shown(console)
            await console.sees("3 looked up")
            await console.press("slash")
            await console.type("6402958")
            await console.press("enter", "space", "end", "n", "pageup")
            assert screen._list.ticked == {1}
            assert screen._list.cursor == 1
            assert list(screen.query_one(Rows).shown) == [1]

    async def test_none_is_under_the_cursor_where_none_is_shown(self, stage: Stage) -> None:
        async with stage.console() as console:
            screen = self.shown(console)
            await console.sees("Work list")
            await console.press("slash")
            await console.type("no such thing")
            await console.sees("none of 3", "Nothing in the list matches")
            screen.action_tick()
            screen.action_open()
            screen.action_copy()
            await console.idle()
            assert screen._list.ticked == set()
            assert console.app.clipboard == ""
            assert console.app.screen is screen


def profiles(places: Places) -> None:
    settings = Profiles(places)
    for name, region in (("acme", "na"), ("globex", "eu"), ("initech", "jp")):
        settings.add(Profile(name, region, "sandbox", f"SANDBOX-{name.upper()}"))


class TestEachList:
    async def test_accounts(self, stage: Stage) -> None:
        async with stage.console() as console:
            profiles(console.app.places)
            console.app.accounts.show()
            await console.sees("globex", "initech")
            await console.press("f")
            await console.type("eu")
            await console.sees("1 of 3", "globex", "SANDBOX-GLOBEX")
            await console.sees_no("initech")

    async def test_requests(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.press("q")
            await console.sees("Requests")
            await console.press("f")
            await console.type("get_charge_permission")
            await console.sees("get_charge_permission, attempt 1")
            assert isinstance(console.app.screen, RequestsScreen)

    async def test_looks(self, stage: Stage) -> None:
        states = ("Authorized", "CaptureInitiated", "Captured")
        looks = [
            Look(CHARGE, "charge", f"2026-01-15T12:0{n}:00Z", state, {"state": state})
            for n, state in enumerate(states)
        ]
        async with stage.console() as console:
            console.app.push_screen(DiffScreen(CHARGE, looks))
            await console.sees("− CaptureInitiated")
            await console.press("slash")
            await console.type("authorized")
            await console.sees("1 of 3", "− Authorized")

    async def test_intents(self, stage: Stage) -> None:
        stage.fault("create_refund:hang_up_after:x3")
        async with stage.console(120, 40) as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("OUTCOME UNKNOWN")
            await console.press("escape", "i")
            await console.sees("Open intents", CHARGE)
            await console.press("f")
            await console.type("refund")
            await console.sees("1 of 1")
            await console.type(" nothing")
            await console.sees("none of 1")
            assert isinstance(console.app.screen, IntentsScreen)
            assert console.app.screen.chosen is None

    async def test_the_vocabulary(self, stage: Stage) -> None:
        async with stage.console() as console:
            console.app.push_screen(MappingScreen())
            await console.sees("v1 ↔ v2 ↔ Seller Central")
            await console.type("CancelOrderReference")
            await console.sees(" of ")
            await console.press("ctrl+u")
            assert console.app.screen.query_one(Filter).text == ""
            assert isinstance(console.app.screen, MappingScreen)
            await console.type("Close")
            await console.press("escape")
            assert not isinstance(console.app.screen, MappingScreen), "it says: esc back"

    async def test_the_rows_of_a_list_of_fixes(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.paste("\n".join(ORDERS))
            await console.sees("Work list · 3 orders", "3 looked up")
            await console.press("f")
            await console.sees("One action for 3 orders")
            await console.type("close")
            await console.press("enter", "enter", "enter", "enter")
            await console.sees("Kept in")
            await console.press("f")
            await console.type(ORDERS[1])
            await console.sees("1 of 3", ORDERS[1])
            await console.sees_no("Kept in", ORDERS[2])
            await console.press("escape")
            await console.sees("Kept in")
            await console.press("escape")
            await console.sees("The actions are")


def test_the_rows_are_those_of_the_lines_with_what_stands_under_them() -> None:
    texts = [
        "Planned: 2 rows", "",
        "  refund: 2 rows, 20.00 USD",
        "    line 1    10.00 USD  S01", "              ! a note",
        "    line 12   10.00 USD  S02",
        "Will not be done, not allowed: 1 row",
        "    line 3    refund  S03", "              why not",
        "  largest  line 1: 10.00 USD",
    ]  # fmt: skip
    assert rows_of(texts, (1, 3, 12)) == [
        ["    line 1    10.00 USD  S01", "              ! a note"],
        ["    line 12   10.00 USD  S02"],
        ["    line 3    refund  S03", "              why not"],
    ]

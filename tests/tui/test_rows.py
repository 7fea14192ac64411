"""A list of rows: its cursor, its sections, and the line that narrows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.screen import ModalScreen

from console.tui.widgets.rows import Row, RowList

pytestmark = pytest.mark.anyio

FRUIT = ("apple", "pear", "quince", "plum", "Ｐeach")


def row(name: str, section: str = "") -> Row:
    return Row(name, lambda _width: Content(f" {name}"), name, section)


class _Dialog(ModalScreen[None]):
    def __init__(self, *, filterable: bool) -> None:
        super().__init__()
        self.filterable = filterable
        self.told: list[str] = []
        self.left = False

    BINDINGS = [("escape", "leave", "Back")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield RowList(id="fruit", empty="Nothing here.", filterable=self.filterable)

    def on_mount(self) -> None:
        self.rows.focus()

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        if not isinstance(event, RowList.Chosen):
            self.told.append(event.key)

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.told.append(f"open {event.key}")

    def action_leave(self) -> None:
        self.left = True

    @property
    def shown(self) -> list[str]:
        rows = self.rows
        return [rows._draw(line, 20).plain.strip() for line in range(rows._count)]


class _Host(App[None]):
    CSS = "RowList > Filter { dock: top; } RowList { height: 6; }"


@asynccontextmanager
async def dialog(*rows: Row, filterable: bool = True) -> AsyncIterator[tuple[_Dialog, Pilot[None]]]:
    app, screen = _Host(), _Dialog(filterable=filterable)
    async with app.run_test(size=(30, 10)) as pilot:
        await app.push_screen(screen)
        screen.rows.show(list(rows or map(row, FRUIT)))
        await pilot.pause()
        yield screen, pilot


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*text)
    await pilot.pause()


class TestNarrowing:
    async def test_what_matches_stays_and_the_details_follow(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("f")
            await type_in(pilot, "p")
            assert screen.shown == ["›apple", "pear", "plum", "Ｐeach"]
            await type_in(pilot, "l")
            assert screen.shown == ["›apple", "plum"]
            await type_in(pilot, "u")
            assert screen.shown == ["›plum"]
            assert screen.told == ["plum"]

    async def test_slash_opens_it_in_a_dialog_too(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("slash")
            await type_in(pilot, "qu")
            assert screen.rows.key == "quince"

    async def test_enter_keeps_it_and_esc_first_clears_it_then_leaves(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("f")
            await type_in(pilot, "plum")
            await pilot.press("enter")
            assert screen.rows.has_focus
            await pilot.press("enter")
            await pilot.pause()
            assert screen.told == ["plum", "open plum"]
            await pilot.press("escape")
            await pilot.pause()
            assert len(screen.shown) == len(FRUIT)
            assert screen.rows.key == "plum"
            assert not screen.left
            await pilot.press("escape")
            assert screen.left

    async def test_arrows_move_while_it_is_typed(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("f", "p", "down")
            await pilot.pause()
            assert screen.rows.key == "pear"

    async def test_what_is_shown_anew_is_narrowed_too(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("f")
            await type_in(pilot, "plum")
            screen.rows.show([row("plum jam"), row("bread"), row("plum")])
            assert screen.shown == ["plum jam", "›plum"]

    async def test_nothing_matches_is_not_the_same_as_nothing_there(self) -> None:
        async with dialog() as (screen, pilot):
            await pilot.press("f")
            await type_in(pilot, "cheese")
            assert screen.shown == ["Nothing matches."]
            assert screen.rows.key is None
            screen.rows.show([])
            assert screen.shown == ["Nothing here."]

    async def test_a_list_that_can_not_be_narrowed_leaves_the_keys_alone(self) -> None:
        async with dialog(filterable=False) as (screen, pilot):
            await pilot.press("f", "slash", "escape")
            assert screen.rows.has_focus
            assert screen.left


class TestSections:
    ROWS = (row("pear", "Pinned"), row("plum", "Recent"), row("quince", "Recent"))

    async def test_each_name_stands_once_above_its_rows(self) -> None:
        async with dialog(*self.ROWS) as (screen, _pilot):
            assert screen.shown == ["Pinned", "›pear", "Recent", "plum", "quince"]

    async def test_the_cursor_steps_over_the_names(self) -> None:
        async with dialog(*self.ROWS) as (screen, pilot):
            await pilot.press("down")
            assert screen.rows.key == "plum"
            await pilot.press("up")
            assert screen.rows.key == "pear"

    async def test_a_click_on_a_name_opens_nothing(self) -> None:
        async with dialog(*self.ROWS) as (screen, pilot):
            await pilot.click("#fruit", offset=(2, 2))
            assert (screen.rows.key, screen.told) == ("pear", [])
            await pilot.click("#fruit", offset=(2, 3))
            assert screen.rows.key == "plum"

    async def test_a_section_without_a_match_is_not_named(self) -> None:
        async with dialog(*self.ROWS) as (screen, pilot):
            await pilot.press("f")
            await type_in(pilot, "quince")
            assert screen.shown == ["Recent", "›quince"]

    async def test_the_cursor_is_always_in_sight(self) -> None:
        rows = [row(f"row {n}", f"section {n // 3}") for n in range(30)]
        async with dialog(*rows) as (screen, pilot):
            await pilot.press("f", "r", "enter")
            for step, key in ((29, "row 29"), (-29, "row 0"), (13, "row 13")):
                screen.rows.action_move(step)
                await pilot.pause()
                assert screen.rows.key == key
                visible = [strip.text.rstrip() for strip in screen._compositor.render_strips()][1:6]
                assert any(key in line for line in visible)

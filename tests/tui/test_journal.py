"""The journal as a screen: however long it is, only the pages that are seen are read."""

from __future__ import annotations

import json
import sqlite3

import pytest

from console.domain.intent import Move
from console.store.journal import Journal
from console.tui.screens.journal import MOST_PAGES, PAGE, JournalLines, JournalScreen
from tests.tui.stage import Driver, Stage

CHARGE = "S01-4966596-9591203-C079366"  # 40.00 captured, 10.00 refunded

pytestmark = pytest.mark.anyio


def shown(console: Driver) -> JournalLines:
    return console.app.screen.query_one(JournalLines)


async def open_journal(console: Driver, lines: int) -> Journal:
    """A journal of so many lines on the screen."""
    journal = Journal(console.stage.folder / "other.sqlite", "ann")
    for number in range(lines):
        journal.note("seen", {"number": number}, obj=f"S01-0000000-{number:07}")
    console.app.push_screen(JournalScreen(journal))
    return journal


async def test_what_was_done_stands_there_newest_first(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        await console.refund("12.00", "12.00 USD")
        await console.sees("Refund initiated", "Intent 1, 1 attempt")
        await console.press("escape", "J")
        await console.sees("Journal", " lines", str(Move.ARM), "Line ")
        first = shown(console).entry
        assert first is not None
        await console.press("G")
        await console.sees("Line 1: reserve", "refund")
        last = shown(console).entry
        assert last is not None
        assert last.seq == 1 < first.seq
        await console.press("escape")
        await console.sees_no("Line 1:")


async def test_only_pages_that_are_seen_are_read_and_few_are_kept(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        journal = await open_journal(console, PAGE * (MOST_PAGES + 5))
        await console.sees("S01-0000000-0004999")
        lines = shown(console)
        assert len(lines._pages) == 1
        await console.press("G")
        await console.sees("Line 1:", "S01-0000000-0000000")
        assert len(lines._pages) == 2
        for at in range(0, PAGE * (MOST_PAGES + 5), PAGE):
            lines.action_go(at)
            await console.until(lambda: lines.entry is not None)
        assert len(lines._pages) <= MOST_PAGES
        await console.press("g")
        await console.sees("Line 5000:")
        journal.close()


async def test_the_cursor_stays_within_the_journal_and_on_the_screen(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        journal = await open_journal(console, 60)
        await console.sees("S01-0000000-0000059")
        for key, line in (("k", 60), ("j", 59), ("pagedown", None), ("G", 1), ("j", 1), ("g", 60)):
            await console.press(key)
            entry = shown(console).entry
            assert entry is not None
            assert line in (None, entry.seq)
            assert str(entry.object) in console.screen
        journal.close()


async def test_an_empty_journal_says_so(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        journal = await open_journal(console, 0)
        await console.sees("The journal is empty.")
        await console.press("j", "G", "pageup")
        assert shown(console).entry is None
        journal.close()


async def test_a_line_that_is_no_json_is_said(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        journal = Journal(stage.folder / "other.sqlite", "ann")
        journal.note("seen", {})
        with sqlite3.connect(journal.path) as connection:
            connection.execute("UPDATE entries SET data = '{'")
        connection.close()
        console.app.push_screen(JournalScreen(journal))
        await console.sees("The journal does not verify", "can't be read")
        journal.close()


async def test_nothing_in_a_line_is_obeyed(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        journal = Journal(stage.folder / "other.sqlite", "a\x1b[31mnn[/]")
        evil = "[@click=app.quit]x[/] \x1b]0;owned\x07 \u202etxt"
        journal.note(evil, {evil: evil, "inner": json.loads('{"a": ["\\u001b[2J"]}')}, obj=evil)
        console.app.push_screen(JournalScreen(journal))
        await console.sees("[@click=app.quit]x[/]")
        assert not {"\x1b", "\x07", "\u202e"} & set(console.screen)
        journal.close()

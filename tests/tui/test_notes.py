"""Notes and pins: beside the order, on this machine, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.demo import open_demo
from console.store.desk import Desk
from console.tui.widgets.recent import RecentPane
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDER, OTHER = "S01-4966596-9591203", "S01-5797829-1888777"


def recent(console: Driver) -> list[str]:
    """The list of recent orders as it is drawn."""
    rows = console.app.console_screen.query_one(RecentPane).rows  # type: ignore[union-attr]
    return [rows._draw(line, 40).plain.strip() for line in range(rows._count)]


async def note(console: Driver, text: str) -> None:
    await console.press("n")
    await console.sees("Notes on")
    await console.type(text)
    await console.press("enter")


async def test_a_note_stands_in_the_timeline_and_marks_the_order(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(ORDER)
        await note(console, "the buyer calls back on Monday")
        await console.sees("2026-01-15 12:00:00 UTC ann the buyer calls back on Monday")
        await console.press("escape")
        await console.sees('note: "the buyer calls back on Monday" · by ann', 'Acme-118 "')


async def test_the_last_note_stands_at_the_order_and_says_how_many_there_are(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(ORDER)
        await note(console, "the buyer calls back on Monday")
        await console.sees("ann the buyer calls back on Monday")
        await console.press("escape", "3")  # where no timeline is seen
        await console.sees('note: "the buyer calls back on Monday" · by ann · 2026-01-15 12:00 UTC')
        await console.press("n")
        await console.sees("Notes on")
        await console.type("they called")
        await console.press("enter")
        await console.sees("ann they called")
        await console.press("escape")
        await console.sees('note: "', "· by ann · 2026-01-15 12:00 UTC · and 1 more")
        await console.look_up(OTHER)
        await console.sees_no('note: "')


async def test_the_demo_says_that_it_forgets_them(stage: Stage) -> None:
    stage.is_demo = True
    async with stage.console() as console:
        await console.sees("This is the demo: an invented shop.")
        await console.look_up(ORDER)
        await console.press("n")
        await console.sees("This is the demo: its notes are forgotten")


async def test_it_is_there_the_next_time(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(ORDER)
        await note(console, "remember me")
        await console.sees("ann remember me")
    async with stage.console(120, 40) as console:
        await console.sees('Acme-118 "')
        await console.look_up(ORDER)
        await console.sees('note: "remember me" · by ann')
        await console.look_up(OTHER)
        await console.idle()
        assert "remember me" not in console.screen


async def test_what_was_removed_comes_back_while_the_dialog_is_open(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(ORDER)
        await note(console, "a slip of the pen")
        await console.sees("ann a slip of the pen")
        await console.press("shift+tab")
        await console.until(lambda: console.app.focused is not None)
        console.app.screen.query_one("#notes").focus()
        await console.press("x")
        await console.sees("Removed. u puts it back", "No note on this order yet")
        await console.press("u")
        await console.sees("It is back", "ann a slip of the pen")
        await console.press("u")
        await console.sees("Nothing was removed")


async def test_anothers_note_can_not_be_removed(stage: Stage) -> None:
    bob = Desk(stage.folder / "desk.sqlite", "sandbox", "stage", "bob")
    bob.add(ORDER, "mine", "2026-01-14T10:00:00Z")
    bob.close()
    async with stage.console() as console:
        await console.look_up(ORDER)
        await console.press("n")
        await console.sees("bob mine")
        console.app.screen.query_one("#notes").focus()
        await console.press("x")
        await console.sees("a note by bob: only they can remove it", "bob mine")


async def test_a_note_is_shown_as_it_is_and_obeyed_in_nothing(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(ORDER)
        await note(console, "[@click=app.quit]x[/] \x1b[31m")
        await console.sees("[@click=app.quit]x[/] ␛[31m")


async def test_a_private_key_is_no_note(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(ORDER)
        await note(console, "-----BEGIN PRIVATE KEY----- abc")
        await console.sees("That is a private key: it was not kept")
    desk = Desk(stage.folder / "desk.sqlite", "sandbox", "stage", "ann")
    assert desk.notes([ORDER]) == []
    desk.close()


def bundle_in(folder: Path) -> str:
    [file] = folder.glob(f"{ORDER}-*.json")
    return file.read_text(encoding="utf-8")


async def test_no_note_is_exported(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage.console() as console:
        await console.look_up(ORDER)
        await note(console, "between us")
        await console.sees("ann between us")
        await console.press("escape")
        await console.sees('note: "between us"')
        screen = console.app.console_screen
        assert screen is not None
        screen.action_general("export")
        await console.sees("Exported to")
    bundle = bundle_in(tmp_path)
    assert "between us" not in bundle
    assert json.loads(bundle)["history"]


async def test_pinned_orders_stand_first_under_their_own_heading(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(OTHER)
        await console.look_up(ORDER)
        await console.press("left_square_bracket")
        screen = console.app.console_screen
        assert screen is not None
        await console.until(lambda: screen.order is not None and screen.order.id == OTHER)
        await console.idle()
        await console.press("asterisk")
        await console.sees("Pinned It stands first in the list")
        await console.until(lambda: recent(console)[0] == "Pinned")
        lines = recent(console)
        assert "1888777" in lines[1]
        assert lines[2] == "Recent"
        assert not any("1888777" in line for line in lines[3:])
        await console.press("asterisk")
        await console.sees("No longer pinned")
        await console.until(lambda: "Pinned" not in recent(console))


async def test_without_an_order_there_is_nothing_to_pin_or_to_note(stage: Stage) -> None:
    async with stage.console() as console:
        await console.press("escape", "n")
        await console.sees("Notes: not now")
        await console.press("asterisk")
        await console.sees("Pin: not now")


async def test_a_desk_that_can_not_be_used_keeps_nobody_from_the_orders(stage: Stage) -> None:
    (stage.folder / "desk.sqlite").write_bytes(b"no database at all" * 100)
    async with stage.console(120, 40) as console:
        await console.sees("desk.sqlite is damaged", "begin anew")
        await console.look_up(ORDER)
        await console.sees("● Captured", "Acme-118")
        await console.press("asterisk")
        await console.sees("desk.sqlite is damaged")


async def test_recent_orders_are_narrowed_by_what_is_typed(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.press("escape", "l", "f")
        await console.type("acme-11")
        await console.until(lambda: len(recent(console)) == 5)
        assert all("Acme-11" in line for line in recent(console))
        await console.sees("5 of ")
        await console.type("8")
        await console.until(lambda: len(recent(console)) == 1)
        await console.press("enter", "enter")
        await console.sees("checked")
        assert console.app.console_screen.order.id == ORDER  # type: ignore[union-attr]
        await console.press("l", "escape")
        await console.until(lambda: len(recent(console)) > 10)


async def test_recent_orders_are_narrowed_by_their_state(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.press("escape", "l", "f")
        await console.type("nonchargeable")
        await console.until(lambda: len(recent(console)) == 2)
        assert all(line.startswith("!") for line in recent(console))
        await console.type("zzz")
        await console.sees("Nothing matches.")
        await console.press("escape")
        await console.until(lambda: len(recent(console)) > 10)


async def test_the_search_is_a_slash_away_from_a_list_that_can_be_narrowed(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.press("escape", "l", "slash")
        assert console.app.focused is not None
        assert console.app.focused.id == "search"


async def test_the_age_of_the_last_look_where_there_is_room(stage: Stage) -> None:
    async with stage.console(200, 60) as console:
        await console.look_up(ORDER)
        await console.sees("…9591203 Acme-118 just now")


def test_the_dialog_takes_what_the_store_keeps() -> None:
    from console.store.desk import LONGEST
    from console.tui.screens import notes

    assert notes.LONGEST == LONGEST


async def test_the_demo_keeps_its_notes_and_pins_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PAYCONSOLE_DATA_DIR", "PAYCONSOLE_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    async with open_demo() as session:
        assert session.desk.pin(ORDER, "2026-01-15T12:00:00Z")
        assert session.desk.add(ORDER, "a note", "2026-01-15T12:00:00Z") is not None
        assert session.desk.pins() == [ORDER]
    assert list_of(tmp_path) == []


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_notes_tabs_and_marks_on_one_screen(
    stage: Stage, golden: Callable[[str, str], None], width: int, height: int
) -> None:
    async with stage.console(width, height) as console:
        await console.look_up(OTHER)
        await console.press("s")
        await console.look_up(ORDER)
        await console.press("asterisk")
        await console.sees("Pinned")
        with stage.world.lock:
            charge = stage.world.charges[f"{OTHER}-C043451"].latest
            stage.world.put(replace(charge, state="Captured", captured=charge.amount))
        await console.press("left_curly_bracket")
        await console.sees("* was Authorized")
        await note(console, "the buyer calls back on Monday")
        await console.sees("ann the buyer calls back on Monday")
        await console.idle()
        golden(f"notes-{width}x{height}", console.screen)
        await console.press("escape")
        await console.sees('note: "the buyer')
        await console.idle()
        golden(f"tabs-{width}x{height}", console.screen)

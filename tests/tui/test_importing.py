"""Files that are dropped on the screen go into the index, and their orders are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.tui.screens.job import JobScreen
from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
GOOD = f"order,charge\nShop-77,{ORDER}-C079366\n"
BROKEN = f"{GOOD}Shop-78,S01-4966596-9591203-C0793\n"


def dropped(folder: Path, content: str, name: str = "orders of today.csv") -> str:
    """The path as a terminal pastes it."""
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return str(file).replace(" ", "\\ ")


async def test_nothing_is_imported_before_it_is_confirmed(stage: Stage, tmp_path: Path) -> None:
    async with stage.console() as console:
        await console.paste(dropped(tmp_path, GOOD))
        await console.sees("Import 1 file", "orders of today.csv", "enter begin")
        await console.press("escape")
        assert not isinstance(console.app.screen, JobScreen)
        assert console.app.session is not None
        assert console.app.session.known.by_reference("Shop-77") == []


async def test_the_order_number_leads_to_the_order_afterwards(stage: Stage, tmp_path: Path) -> None:
    async with stage.console() as console:
        await console.paste(dropped(tmp_path, GOOD))
        await console.sees("Import 1 file")
        await console.press("enter")
        await console.sees("1 imported")
        await console.press("escape")
        await console.look_up("Shop-77")
        await console.sees(ORDER)


async def test_a_bad_row_is_named_and_the_others_are_imported(stage: Stage, tmp_path: Path) -> None:
    async with stage.console() as console:
        await console.paste(dropped(tmp_path, BROKEN))
        await console.sees("Import 1 file")
        await console.press("enter")
        await console.sees("1 imported", "1 bad", "line 3")


async def test_a_file_that_holds_nothing_of_amazon_pay(stage: Stage, tmp_path: Path) -> None:
    async with stage.console() as console:
        await console.paste(dropped(tmp_path, "\x89PNG\r\n\x1a\n\0\0\0", "picture.png"))
        await console.sees("Import 1 file")
        await console.press("enter")
        await console.sees("not read")


async def test_a_fault_in_a_job_ends_it_and_says_so(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("console.imports.import_files", broken)
    async with stage.console() as console:
        await console.paste(dropped(tmp_path, GOOD))
        await console.sees("Import 1 file")
        await console.press("enter")
        await console.sees("Unexpected fault", "ZeroDivisionError", "esc back")
        assert "secret" not in console.words

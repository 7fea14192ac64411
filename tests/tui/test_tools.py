"""What stands behind an order, from the console's keys and its palette."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"


async def test_without_an_order_the_keys_say_so(stage: Stage) -> None:
    async with stage.console() as console:
        await console.press("escape")
        for key in ("o", "h"):
            await console.press(key)
            await console.sees("Look an order up first")


async def test_each_key_opens_its_screen_and_escape_comes_back(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        for key, words in {
            "o": "chargePermissionId",
            "q": "GET",
            "h": "Nothing has changed since",
            "v": "CancelOrderReference",
        }.items():
            await console.press(key)
            await console.sees(words)
            await console.press("escape")
            await console.sees("Transactions")


def the_file_in(folder: Path) -> Path:
    [file] = folder.glob(f"{ORDER}-*.json")
    return file


async def test_an_order_is_exported_for_a_ticket(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage.console() as console:
        await console.look_up(CHARGE)
        screen = console.app.console_screen
        assert screen is not None
        screen.action_general("export")
        await console.sees("Exported to", "no buyer data")
    file = the_file_in(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    bundle = json.loads(file.read_text(encoding="utf-8"))
    assert bundle["order"] == ORDER
    assert "Susie" not in file.read_text(encoding="utf-8")


async def test_the_read_is_copied_as_curl_that_nobody_signed(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        screen = console.app.console_screen
        assert screen is not None
        screen.action_general("curl")
        await console.sees("signed by nobody")
        assert f"/charges/{CHARGE}" in console.app.clipboard
        assert "Signature=…" in console.app.clipboard


async def test_reports_are_synced_with_a_word_on_each_step(live_stage: Stage) -> None:
    async with live_stage.console() as console:
        screen = console.app.console_screen
        assert screen is not None
        screen.action_general("sync")
        await console.sees("Sync Amazon's reports", "enter begin")
        await console.press("enter")
        await console.sees("Waiting for")
        await console.press("escape")
        await console.sees("Stopped", "sync again to go on")

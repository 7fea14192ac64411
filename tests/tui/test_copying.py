"""Copying: what of the chosen object, by which way, and what is never copied by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from console import clipboard
from console.store.journal import Journal
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
BUYER = "S02-6865442-5879427"
DISPUTED_LESS = "S01-3309177-6402958"


@pytest.fixture(autouse=True)
def _no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has: the tests leave its clipboard alone."""
    monkeypatch.setattr(clipboard, "tool", lambda: None)


async def copied(console: Driver, *keys: str) -> str:
    """What the terminal was asked to keep after the menu and `keys`."""
    await console.press("y", *keys)
    await console.sees("Copied")
    text = console.app.clipboard
    await console.press("d")
    return text


async def test_each_row_copies_what_it_shows(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        assert await copied(console, "y") == CHARGE
        assert await copied(console, "o") == ORDER
        assert await copied(console, "n") == "Acme-118"
        assert await copied(console, "a") == "40.00 USD"
        screen = console.app.console_screen
        assert screen is not None
        newest = [one for one in screen.records() if one.object == CHARGE][-1]
        assert await copied(console, "r") == newest.request_id
        assert "Signature=…" in await copied(console, "c")


async def test_the_buyer_s_link_where_it_would_help(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("C01-8824045-7416542")
        assert (await copied(console, "l")).endswith("/your-account/ba/C01-8824045-7416542")
        await console.look_up(ORDER)
        await console.press("y")
        await console.sees("No such link would help here.")


async def test_the_sentence_is_that_of_explain(stage: Stage) -> None:
    async with stage.console(200, 60) as console:
        await console.look_up(CHARGE)
        sentence = await copied(console, "s")
        payment, refund = sentence.split(" Your refund of 10.00 USD is done.")
        assert payment == "Your payment of 40.00 USD arrived."
        await console.press("2")
        await console.sees(f"“{payment}”", f"“Your refund of 10.00 USD is done.{refund}”")


async def test_every_refund_of_a_charge_is_told_the_buyer(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-3309177-6402958-C010001")
        sentence = await copied(console, "s")
        assert "Your refund of 8.00 USD in 2 parts is done." in sentence


async def test_a_session_without_an_order_has_no_order_s_id(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3")
        await console.sees("checkout session: no order yet")
        await console.press("y")
        await console.sees("There is no order of this session here.")


async def test_no_sentence_is_copied_of_what_may_hold_no_longer(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-3309177-6402958-C010002")
        await console.press("x")
        await console.sees("why, for the journal")
        await console.press("enter", "enter")
        await console.sees("The exact request")
        await console.press("enter")
        stage.fault("get_charge_permission:delay:1.5:xalways")  # whoever reads it has to wait
        await console.confirm("cancel 0002")
        await console.sees("is Canceled: nothing is reserved")
        await console.press("escape", "y")
        await console.sees("Not yet: this is how it was.")
        await console.press("s")
        await console.sees("s to the buyer")  # there is nothing to take
        await console.press("escape", "2")
        await console.sees("These amounts and times may have been read before what was done here.")
        await console.sees_no("The amount is reserved")
        await console.sees("The merchant canceled the charge", "This payment was canceled.")
        await console.sees_no("These amounts and times")
        assert (await copied(console, "s")).startswith("This payment was canceled.")


async def test_the_menu_shows_it_before_and_enter_takes_the_row(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.press("y")
        await console.sees(f"y id {CHARGE}", "n order number Acme-118", "a amount 40.00 USD")
        await console.press("down", "down", "down", "enter")
        await console.sees("Copied: 40.00 USD")
        assert console.app.clipboard == "40.00 USD"


async def test_what_is_not_there_says_why_and_copies_nothing(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up("S01-3309177-6402958")
        screen = console.app.console_screen
        assert screen is not None
        assert screen.order is not None
        screen.work.session.client.records.clear()  # type: ignore[union-attr]
        await console.press("y")
        await console.sees("request id Amazon gave none for it yet.")
        before = console.app.clipboard
        await console.press("r")
        await console.idle()
        assert console.app.clipboard == before
        await console.press("escape")
        await console.sees("Transactions")


async def test_nothing_is_copied_without_an_order(stage: Stage) -> None:
    async with stage.console() as console:
        await console.press("escape", "y")
        await console.sees("Copy: not now", "Look an order up first.")


class TestTheBuyersData:
    async def test_is_no_row_while_it_is_masked_or_not_shown(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(BUYER)
            await console.press("4", "y")
            await console.sees("order's id")
            await console.sees_no("buyer data")
            await console.press("b", "escape", "b")
            await console.sees("Buyer data is shown")
            await console.press("1", "y")
            await console.sees("order's id")
            await console.sees_no("buyer data")
        assert reveals(stage.folder) == ["screen"]

    async def test_is_copied_where_it_is_shown_and_that_is_in_the_journal(
        self, stage: Stage
    ) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(BUYER)
            await console.press("b")
            await console.sees("Buyer data is shown")
            await console.press("y")
            await console.sees("buyer data as it is shown; it is a line in the journal")
            await console.press("b")
            await console.sees("Copied")
            assert json.loads(console.app.clipboard)["buyer"]["name"] == "Jörg Weiß"
            assert BUYER not in console.app.clipboard
        assert reveals(stage.folder) == ["screen", "clipboard"]

    async def test_no_other_row_holds_any_of_it(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(BUYER)
            await console.press("b")
            await console.sees("Buyer data is shown")
            for key in "yonsc":
                await console.press("y", key)
                await console.idle()
                assert "Jörg" not in console.app.clipboard
                await console.press("escape")

    async def test_the_raw_objects_give_it_only_masked(self, stage: Stage) -> None:
        async with stage.console(120, 60) as console:
            await console.look_up(BUYER)
            await console.press("b")
            await console.sees("Buyer data is shown")
            await console.press("o")
            await console.sees("Raw objects")
            await console.press("slash")
            await console.type("Jörg")
            await console.press("enter", "y")
            await console.sees("copied under Raw only")
            assert console.app.clipboard == ""
            await console.press("escape", "home", "y")
            await console.sees("without the buyer's data")
            assert "Jörg" not in console.app.clipboard
            assert "(hidden)" in console.app.clipboard
            await console.pilot.resize_terminal(118, 60)  # nobody moved: what was said stands
            await console.settle()
            await console.sees("without the buyer's data")


def reveals(folder: Path) -> list[str]:
    """Where buyer data went, as the journal tells it."""
    journal = Journal(folder / "journal.sqlite", "test")
    try:
        return [entry.data["where"] for entry in journal.entries() if entry.kind == "reveal"]
    finally:
        journal.close()


class TestTheWay:
    async def test_a_program_of_the_platform_comes_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clipboard, "copy_with_tool", lambda text: "xclip")
        asked: list[str] = []
        assert await clipboard.copy("x", asked.append) == "with xclip."
        assert asked == []

    async def test_else_the_terminal_and_it_is_said_that_some_do_not_allow_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clipboard, "copy_with_tool", lambda text: None)
        asked: list[str] = []
        said = await clipboard.copy("x", asked.append)
        assert asked == ["x"]
        assert "OSC 52" in said
        assert "not every terminal" in said

    async def test_the_loop_goes_on_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        going_on = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(text: str) -> str:
            asyncio.run_coroutine_threadsafe(wait(), loop).result(5)
            return "slow"

        async def wait() -> None:
            going_on.set()

        monkeypatch.setattr(clipboard, "copy_with_tool", slow)
        assert await clipboard.copy("x", lambda _text: None) == "with slow."
        assert going_on.is_set()

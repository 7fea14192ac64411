"""Each state says what it is, what is known, and the next step: at three sizes, as golden files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widgets import Input

from console.amazon.client import RequestRecord
from console.domain.policy import Policy
from console.store.places import Places
from console.tui.app import PayConsole
from console.tui.screens.choose import ChooseScreen
from console.tui.screens.diff import DiffScreen
from console.tui.screens.requests import RequestsScreen
from console.tui.screens.worklist import WorkList, WorkListScreen
from console.tui.widgets.header import offline_since
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

SIZES = pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
Golden = Callable[[str, str], None]
CHARGE = "S01-4966596-9591203-C079366"
NEVER_SEEN = "S01-5797829-1888777"


async def shown(console: Driver, golden: Golden, name: str) -> None:
    """Compare the screen, once nothing moves any more; of a dialog what is in it."""
    await console.idle()
    before = ""
    while before != console.screen:
        before = console.screen
        await console.pilot.pause(0.15)
    lines = before.splitlines()
    for dialog in console.app.screen.query("#dialog"):
        box = dialog.region
        lines = [line[box.x : box.right] for line in lines[box.y : box.bottom]]
    size = console.app.size
    address = console.stage.server.url.removeprefix("http://")
    screen = "\n".join(lines).replace(address, "127.0.0.1:12345")
    golden(f"state-{name}-{size.width}x{size.height}", screen)


@SIZES
class TestTheConsole:
    async def test_offline(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        """The order stands as it was seen, with its age; the header says since when."""
        async with stage.console(width, height) as console:
            await console.look_up(CHARGE)
            stage.server.stop()
            await console.press("g")
            await console.sees("No connection", "offline since 12:00")
            await shown(console, golden, "offline")

    async def test_offline_without_an_order(
        self, stage: Stage, golden: Golden, width: int, height: int
    ) -> None:
        async with stage.console(width, height) as console:
            stage.server.stop()
            await console.press("slash")
            await console.type("S01-0042311-7777777")
            await console.press("enter")
            await console.sees("No connection", "offline since 12:00")
            await shown(console, golden, "offline-first")

    async def test_loading(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        stage.fault("get_charge_permission:delay:30:xalways")
        async with stage.console(width, height) as console:
            await console.press("slash")
            await console.type("S01-0042311-7777777")
            await console.press("enter")
            await console.sees("Asking Amazon for charge permission S01-0042311-7777777")
            await console.pilot.pause()
            console.app.screen.query_one("#loading").display = False  # it moves
            await console.settle()
            golden(f"state-loading-{width}x{height}", console.screen)

    async def test_not_found(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        async with stage.console(width, height) as console:
            await console.press("slash")
            await console.type("S01-0042311-7777777")
            await console.press("enter")
            await console.sees("Amazon knows no")
            await shown(console, golden, "not-found")

    async def test_locked(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        async with stage.console(width, height) as console:
            await console.look_up(CHARGE)
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            await shown(console, golden, "locked")

    async def test_read_only(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        stage.policy = Policy(read_only=True)
        async with stage.console(width, height) as console:
            await console.look_up(CHARGE)
            await console.press("r")
            await console.sees("read-only", "Refund is not possible")
            await shown(console, golden, "read-only")

    async def test_a_broken_journal(
        self, stage: Stage, golden: Golden, width: int, height: int
    ) -> None:
        async with stage.console(width, height) as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
        _spoil(stage.folder / "journal.sqlite")
        async with stage.console(width, height) as console:
            await console.sees("THE JOURNAL DOES NOT VERIFY")
            await shown(console, golden, "journal-broken")

    async def test_it_could_not_be_opened(
        self, stage: Stage, golden: Golden, width: int, height: int
    ) -> None:
        from console.store.vault import CredentialsError

        def locked() -> None:
            raise CredentialsError("The keyring is locked.", "Unlock it, then choose it again.")

        stage.before_open = locked
        app = PayConsole(stage, Places(stage.folder, stage.folder))
        app.animation_level = "none"
        async with app.run_test(size=(width, height)) as pilot:
            console = Driver(stage, app, pilot)
            await console.sees("The keyring is locked.")
            await shown(console, golden, "not-opened")


@SIZES
class TestEmptyLists:
    async def test_of_each_dialog(
        self, stage: Stage, golden: Golden, width: int, height: int
    ) -> None:
        async with stage.console(width, height) as console:
            assert console.app.session is not None
            lookup = console.app.session.lookup
            for name, dialog in (
                ("requests", RequestsScreen([], None)),
                ("looks", DiffScreen(CHARGE, ())),
                ("choose", ChooseScreen("Recent orders", [])),
                ("worklist", WorkListScreen(WorkList([], lookup))),
            ):
                console.app.push_screen(dialog)
                await console.until(lambda dialog=dialog: bool(dialog.query("#dialog-keys")))  # type: ignore[misc]
                await shown(console, golden, f"empty-{name}")
                await console.press("escape")
            await console.press("escape", "i")
            await console.sees("Nothing is open")
            await shown(console, golden, "empty-intents")

    async def test_of_accounts(self, stage: Stage, golden: Golden, width: int, height: int) -> None:
        async with stage.console(width, height) as console:
            console.app.accounts.show()
            await console.sees("There is no profile yet")
            await shown(console, golden, "empty-accounts")


def _spoil(path: Path) -> None:
    """Change one byte of a line, as a damaged disk or a careless hand would."""
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET actor = 'bob' WHERE seq = 1")
    connection.close()


class TestOffline:
    async def test_until_an_answer_comes(self, stage: Stage) -> None:
        stage.fault("get_charge:hang_up_before:x4")
        async with stage.console(120, 40) as console:
            await console.press("slash")
            await console.type(CHARGE)
            await console.press("enter")
            await console.sees("offline since 12:00")
            await console.press("escape", "g")
            await console.sees("checked just now")
            await console.sees_no("offline since")

    async def test_what_was_typed_stays(self, stage: Stage) -> None:
        async with stage.console() as console:
            stage.server.stop()
            await console.press("slash")
            await console.type("S01-0042311-7777777")
            await console.press("enter")
            await console.sees("offline since")
            search = console.app.screen.query_one("#search", Input)
            assert search.value == "S01-0042311-7777777"

    @pytest.mark.parametrize(
        ("statuses", "since"),
        [((), None), ((200,), None), ((None,), None), ((200, None), None), ((None, None), 0),
         ((200, None, None, None), 1), ((None, None, 200), None), ((None, None, 503), None)],
    )  # fmt: skip
    def test_two_in_a_row_without_an_answer(
        self, statuses: tuple[int | None, ...], since: int | None
    ) -> None:
        start = datetime(2026, 1, 15, 12, tzinfo=UTC)
        records = [
            RequestRecord(
                start + timedelta(minutes=n), "get_charge", CHARGE, "GET", "", "", (), "", 0, "", 1,
                status=status, failure="no answer" if status is None else None,
            )
            for n, status in enumerate(statuses)
        ]  # fmt: skip
        expected = None if since is None else start + timedelta(minutes=since)
        assert offline_since(records) == expected
        given_up = [replace(one, failure=None) for one in records if one.status is None]
        assert offline_since([*records, *given_up, *given_up]) == expected
        assert offline_since([*given_up, *given_up]) is None


async def test_read_only_is_said_before_anything_is_pressed(stage: Stage) -> None:
    stage.policy = Policy(read_only=True)
    async with stage.console() as console:
        await console.sees("read-only this profile's policy")

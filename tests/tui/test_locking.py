"""The locked console: nothing is shown, nothing is asked, the key is gone; and leaving it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.amazon.signing import Signer
from console.keys import WrongPassphrase
from console.store.credentials import PassphraseNeeded
from console.store.places import Places
from console.store.vault import CredentialsError
from console.tui import app as app_module
from console.tui.app import PayConsole
from console.tui.idle import Idle
from console.tui.leaving import ENDED_MEANWHILE
from console.tui.opening import DemoSource
from console.tui.screens.leave import LeaveScreen
from console.tui.screens.lock import LockScreen
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"


class Hands:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "IDLE_LOOK", 0.05)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@asynccontextmanager
async def console_on(
    stage: Stage, hands: Hands, minutes: str | None = None
) -> AsyncIterator[Driver]:
    """A console whose idle time goes by `hands`; the settings say after how many minutes."""
    if minutes is not None:
        (stage.folder / "settings.toml").write_text(f"lock_after_minutes = {minutes}\n")
    app = PayConsole(stage, Places(stage.folder, stage.folder), clock=hands)
    app.animation_level = "none"
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.until(lambda: app.session is not None and driver.screen != "")
        await driver.sees("journal")
        yield driver


def reads(stage: Stage) -> int:
    return len(stage.world.log.entries())


def reachable_from(root: Any) -> list[Any]:
    """Every object that can be reached from `root`, but for modules, types and the loop."""
    seen: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        here = waiting.pop()
        skipped = isinstance(here, type | type(gc) | asyncio.AbstractEventLoop)
        if id(here) in seen or skipped or callable(here):
            continue
        seen[id(here)] = here
        waiting += gc.get_referents(here)
    return list(seen.values())


def keys_in(objects: list[Any]) -> list[str]:
    """The names of what is a key, or a text of one."""
    return [
        type(one).__name__
        for one in objects
        if isinstance(one, Signer)
        or "RSAPrivateKey" in type(one).__name__
        or (isinstance(one, bytes) and b"PRIVATE KEY" in one)
        or (isinstance(one, str) and "PRIVATE KEY" in one)
    ]


class TestWhen:
    async def test_nobody_touches_it_for_the_minutes_of_the_settings(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands, "2") as console:
            hands.seconds += 119
            await asyncio.sleep(0.2)
            assert not console.app.is_locked
            hands.seconds += 1
            await console.sees("payconsole is locked")

    async def test_without_a_setting_after_a_quarter_of_an_hour(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands) as console:
            hands.seconds += 14 * 60
            await console.press("escape")  # somebody is there: it begins anew
            hands.seconds += 14 * 60
            await asyncio.sleep(0.2)
            assert not console.app.is_locked
            hands.seconds += 60
            await console.sees("payconsole is locked")

    async def test_never_with_zero(self, stage: Stage, hands: Hands) -> None:
        async with console_on(stage, hands, "0") as console:
            hands.seconds += 1e7
            await asyncio.sleep(0.2)
            assert not console.app.is_locked

    async def test_a_paste_is_somebody(self, stage: Stage, hands: Hands) -> None:
        async with console_on(stage, hands, "1") as console:
            hands.seconds += 50
            await console.paste(CHARGE)
            hands.seconds += 50
            await asyncio.sleep(0.2)
            assert not console.app.is_locked

    async def test_whoever_opens_the_lid_later_finds_it_locked_and_types_into_nothing(
        self, stage: Stage, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(app_module, "IDLE_LOOK", 3600.0)  # the machine slept: no tick came
        async with console_on(stage, hands, "1") as console:
            await console.look_up(CHARGE)
            hands.seconds += 3600
            await console.press("r")
            await console.sees("payconsole is locked")
            await console.press("x", "escape")
            assert console.app.is_locked
            await console.press("enter")
            await console.until(lambda: not console.app.is_locked)
            assert len(console.app.screen_stack) == 2  # neither r nor x opened a dialog

    def test_the_clock_goes_on_while_the_machine_sleeps(self) -> None:
        first = Idle().clock()
        time.sleep(0.01)
        assert 0 < Idle().clock() - first < 5


class TestLocked:
    async def test_nothing_of_the_order_is_on_the_screen(self, stage: Stage, hands: Hands) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            before = set(console.screen.split())
            await console.press("ctrl+l")
            await console.sees("payconsole is locked", "enter unlock", "lock your desktop too")
            shown = set(console.screen.split())
            known = {word for word in before & shown if any(c.isdigit() for c in word)}
            assert not known
            for secret in (ORDER, "9591203", "Acme", "USD", "Captured", "SANDBOX"):
                assert secret in " ".join(before)
                assert secret not in console.screen
            assert ORDER not in f"{console.app.title} {console.app.sub_title}"

    async def test_no_key_can_be_reached_from_the_client(self, stage: Stage, hands: Hands) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            session = console.app.session
            assert session is not None
            assert keys_in(reachable_from(session.client.__dict__))  # else this proves nothing
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            assert not session.client.has_key
            assert not keys_in(reachable_from(session.client.__dict__))

    async def test_watching_stops_and_goes_on(self, stage: Stage, hands: Hands) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape", "ctrl+l")
            await console.sees("payconsole is locked")
            await asyncio.sleep(0.3)
            asked = reads(stage)
            await asyncio.sleep(0.7)
            assert reads(stage) == asked
            await console.press("enter")
            await console.until(lambda: not console.app.is_locked)
            await console.until(lambda: reads(stage) > asked + 3)

    async def test_what_is_typed_reaches_nothing_behind_it(
        self, stage: Stage, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_keyring(_passphrase: str | None) -> bytes:
            raise CredentialsError("The keyring is locked.", "Unlock it in the settings.")

        monkeypatch.setattr(stage, "key", no_keyring)
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            await console.plan_refund("10.00")
            await console.press("enter")
            await console.sees("To send it, type")
            await console.press("ctrl+l")
            for key in "10.00 USD":
                await console.press({" ": "space"}.get(key, key))
            await console.press("escape", "ctrl+p", "r", "slash")
            await console.paste("10.00 USD\n")
            await console.press("enter", "enter")
            await console.sees("The keyring is locked", "Unlock it in the settings")
            assert console.app.is_locked
            assert [type(screen) for screen in console.app.screen_stack] == [LockScreen]
        assert stage.refunds_sent() == 0

    async def test_a_half_typed_confirmation_is_asked_again_and_a_stale_plan_sends_nothing(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            await console.plan_refund("10.00")
            await console.press("enter")
            await console.sees("To send it, type")
            await console.type("10.00 USD")
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            stage.fault("get_charge:foreign_refund:5.00")  # a colleague, while we are away
            await console.press("enter")
            await console.sees("To send it, type")
            await console.press("enter")
            await console.sees("Not confirmed")
            await console.type("10.00 USD")
            await console.press("enter")
            await console.sees("The order has changed since it was shown")
            assert stage.refunds_sent() == 0

    async def test_a_dialog_that_comes_up_meanwhile_stays_behind(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            screen = console.app.console_screen
            assert screen is not None
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            screen.action_general("objects")
            await console.pilot.pause()
            assert ORDER not in console.screen
            await console.press("enter")
            await console.sees("chargePermissionId")

    async def test_a_request_under_way_goes_on_and_the_key_is_dropped_then(
        self, stage: Stage, hands: Hands
    ) -> None:
        stage.fault("create_refund:delay:1")
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            session = console.app.session
            assert session is not None
            await console.until(lambda: session.engine.is_working)
            await console.press("ctrl+l")
            await console.sees("payconsole is locked", "goes on to its end")
            assert session.client.has_key
            await console.until(lambda: not session.client.has_key)
            await console.sees_no("goes on to its end")
            assert stage.refunds_made() == 1
            await console.press("enter")
            await console.sees("Refund initiated")


class TestUnlocking:
    async def test_only_enter_does_it_and_locking_twice_stays_locked(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands) as console:
            await console.press("ctrl+l", "ctrl+l", "space", "escape", "x", "ctrl+l")
            await console.pilot.pause(0.3)
            await console.sees("payconsole is locked", "enter unlock")
            assert console.app.is_locked
            await console.press("enter")
            await console.until(lambda: not console.app.is_locked)

    async def test_the_keyring_is_asked_again_and_the_order_is_read_anew(
        self, stage: Stage, hands: Hands
    ) -> None:
        async with console_on(stage, hands) as console:
            await console.look_up(CHARGE)
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            asked = reads(stage)
            await console.press("enter")
            await console.sees(ORDER, "checked")
            await console.until(lambda: reads(stage) > asked)
            session = console.app.session
            assert session is not None
            assert session.client.has_key

    async def test_a_keyring_that_refuses_is_told_and_can_be_asked_again(
        self, stage: Stage, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[Callable[[], bytes]] = []

        def key(_passphrase: str | None) -> bytes:
            if not answers:
                answers.append(lambda: b"")
                raise CredentialsError("The keyring did not answer.", "Unlock it elsewhere.")
            return Stage.key(stage, None)

        monkeypatch.setattr(stage, "key", key)
        async with console_on(stage, hands) as console:
            await console.press("ctrl+l", "enter")
            await console.sees("The keyring did not answer", "Unlock it elsewhere", "try again")
            await console.press("space")  # a stray key asks nobody
            await console.sees("try again")
            await console.press("enter")
            await console.until(lambda: not console.app.is_locked)

    async def test_a_key_file_asks_for_its_passphrase_and_shows_it_nowhere(
        self, stage: Stage, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def key(passphrase: str | None) -> bytes:
            if passphrase is None:
                raise PassphraseNeeded("The key file of profile 'acme' needs its passphrase.")
            if passphrase != "open sesame":
                raise WrongPassphrase("This passphrase does not open the key.")
            return Stage.key(stage, None)

        monkeypatch.setattr(stage, "key", key)
        async with console_on(stage, hands) as console:
            await console.press("ctrl+l", "enter")
            await console.sees("needs its passphrase")
            await console.type("wrong one")
            assert "wrong" not in console.screen
            await console.press("enter")
            await console.sees("does not open the key")
            await console.type("open sesame")
            await console.press("shift+home", "ctrl+c", "ctrl+x")
            assert console.app.clipboard == ""
            await console.type("open sesame")
            await console.press("enter")
            await console.until(lambda: not console.app.is_locked)

    async def test_the_demo_unlocks_with_enter_and_keeps_its_key(self, tmp_path: Path) -> None:
        app = PayConsole(DemoSource(), Places(tmp_path, tmp_path))
        async with app.run_test(size=(80, 24)) as pilot:
            console = Driver(None, app, pilot)  # type: ignore[arg-type]
            await console.until(lambda: app.session is not None, 20)
            await console.sees("journal")
            await console.press("ctrl+l")
            await console.sees("payconsole is locked", "no key to ask for")
            await console.press("space")
            assert app.is_locked
            await console.press("enter")
            await console.until(lambda: not app.is_locked)


class TestLeaving:
    async def test_the_demo_says_that_it_forgets_what_is_pending(self, tmp_path: Path) -> None:
        app = PayConsole(DemoSource(), Places(tmp_path, tmp_path))
        async with app.run_test(size=(100, 30)) as pilot:
            console = Driver(None, app, pilot)  # type: ignore[arg-type]
            await console.until(lambda: app.session is not None, 20)
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape", "ctrl+q")
            await console.sees("Pending: begun here", "RefundInitiated",
                               "The demo forgets it; a real account's next start")  # fmt: skip
            assert "The next start looks again" not in console.words

    async def test_what_is_pending_is_told_and_the_second_time_it_leaves(
        self, stage: Stage
    ) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape", "ctrl+q")
            await console.sees("Pending: begun here", f"refund {ORDER}-R", "10.00 USD",
                               "RefundInitiated", "The next start looks again")  # fmt: skip
            await console.press("escape")
            await console.sees("Transactions")
            await console.press("ctrl+q")
            await console.sees("Pending: begun here")
            await console.press("ctrl+q")
            await console.until(lambda: not console.app.is_running)

    async def test_an_open_intent_is_named_with_what_the_next_start_does(
        self, stage: Stage
    ) -> None:
        stage.fault("create_refund:hang_up_before:xalways")
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("OUTCOME UNKNOWN")
            await console.press("escape", "ctrl+q")
            await console.sees("intent 1", "refund 10.00 USD", "The next start reads the order")
            await console.press("l")
            await console.until(lambda: not console.app.is_running)

    async def test_the_locked_console_counts_and_names_nothing(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape", "ctrl+l", "ctrl+q")
            await console.until(lambda: isinstance(console.app.screen, LeaveScreen))
            await console.pilot.pause(0.2)
            painted = console.app.export_screenshot()  # with what is behind the dialog
            assert "pending" in painted
            assert ORDER not in painted
            assert "10.00" not in painted
            await console.sees("1 object pending at Amazon")
            await console.press("escape")
            await console.sees("payconsole is locked")
            await console.press("ctrl+q", "enter")
            await console.until(lambda: not console.app.is_running)

    async def test_a_request_that_ended_meanwhile_is_told_on_the_terminal(
        self, stage: Stage
    ) -> None:
        stage.fault("create_refund:delay:1")
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.until(lambda: console.app.is_sending)
            await console.press("escape", "ctrl+l", "ctrl+q")
            await console.sees("leaves as soon as its outcome is known")
            await console.until(lambda: not console.app.is_running)
            told = " ".join(str(said) for said in console.app._exit_renderables)
            assert told == ENDED_MEANWHILE
        assert stage.refunds_made() == 1

    async def test_nothing_pending_leaves_at_once(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.press("ctrl+q")
            await console.until(lambda: not console.app.is_running)

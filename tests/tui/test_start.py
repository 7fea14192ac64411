"""The start and the end: what is loaded before the first paint, and what a crash tells."""

from __future__ import annotations

import gc
import os
import pty
import select
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from pathlib import Path

import pytest
from textual import events

from console.store.places import Places
from console.store.profiles import Profile
from console.store.vault import CredentialsError
from console.tui import garbage
from console.tui.app import NO_TERMINAL, PayConsole
from console.tui.opening import ProfileSource
from console.tui.widgets.search import SearchInput
from tests.tui.stage import Driver, Stage, drawn

pytestmark = pytest.mark.anyio

HEAVY = ("httpx", "cryptography", "keyring", "sqlalchemy", "starlette", "uvicorn")


def test_the_first_paint_needs_nothing_heavy() -> None:
    code = f"""
        import sys
        import console.tui.app
        from console.tui.screens import help, welcome, choose, leave
        print([name for name in {HEAVY!r} if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_first_paint_needs_nothing_of_an_order() -> None:
    """Nor the rules of what may be done to one, which the table of actions stands apart from."""
    later = ("order", "model", "rules", "ids", "since", "explain", "disputes", "clocks", "limits")
    assert not _loaded_for_the_first_paint() & {f"console.domain.{name}" for name in later}


def test_the_first_paint_needs_no_dialog() -> None:
    """Neither its code nor its rules of style."""
    loaded = _loaded_for_the_first_paint()
    screens = {name for name in loaded if name.startswith("console.tui.screens.")}
    assert screens == {f"console.tui.screens.{name}" for name in ("console", "news", "tools")}
    assert "styles: styles.tcss" in loaded


def _loaded_for_the_first_paint() -> set[str]:
    """What a process of its own has loaded of ours when the console screen stands."""
    code = """
        import asyncio, sys
        from pathlib import Path
        from console.tui.app import PayConsole
        from console.tui.opening import DemoSource
        async def run():
            app = PayConsole(DemoSource())
            app.accounts._open_behind = lambda *_: None  # what comes after the paint
            async with app.run_test(size=(120, 40)) as pilot:
                await pilot.pause()
                assert "Recent" in str(app.screen.query_one("#recent-title").render())
                print(*(name for name in sys.modules if name.startswith("console.")), sep="\\n")
                found = [Path(path) for path, _name in app.stylesheet.source]
                print("styles:", *(path.name for path in found if path.suffix == ".tcss"))
        asyncio.run(run())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines())


class _Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_all_garbage_is_looked_for_while_nobody_types() -> None:
    ring = _Ring()
    gone = weakref.ref(ring)
    for _again in range(11):
        gc.collect(1)  # now it is old, and Python would look through all that is
    del ring
    garbage.look(0.0)
    assert gone() is not None
    garbage.look(garbage.REST)
    assert gone() is None


async def test_garbage_is_looked_for_once_all_is_loaded(stage: Stage) -> None:
    gc.disable()  # as the command does before it loads anything
    try:
        async with stage.console():
            assert gc.isenabled()
            assert gc.get_threshold()[2] > 10  # a full look waits for a pause
    finally:
        gc.enable()


def test_without_a_terminal_it_says_what_to_use_instead() -> None:
    code = "from console.tui.app import run_demo; raise SystemExit(run_demo())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.strip() == NO_TERMINAL


async def test_the_welcome_offers_the_demo_and_says_how_to_connect() -> None:
    app = PayConsole(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(strip.text for strip in drawn(app))
        assert "payconsole profile add NAME" in text
        assert "d  the demo" in text
        await pilot.press("d")
        end = time.monotonic() + 15
        while app.session is None and time.monotonic() < end:
            await pilot.pause(0.05)
        assert app.session is not None
        assert app.session.profile.name == "demo"


async def test_what_is_pasted_before_the_session_is_open_is_looked_up_then(stage: Stage) -> None:
    stage.before_open = lambda: time.sleep(0.3)
    app = PayConsole(stage)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.paste("see S01-4966596-9591203-A079366\nplease")
        await driver.sees("made with Checkout v1")


async def test_a_session_that_cannot_be_opened_is_said_with_the_next_step(stage: Stage) -> None:
    def locked() -> None:
        raise CredentialsError("The keyring did not answer within 30 seconds.")

    stage.before_open = locked
    app = PayConsole(stage)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.sees("The key can't be had", "did not answer", "payconsole profile list")


@pytest.mark.parametrize("focused", [True, False])
async def test_a_private_key_in_the_search_is_neither_shown_nor_kept(
    stage: Stage, focused: bool
) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n"
    app = PayConsole(stage)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.sees("Esc leaves the search; then p shows your accounts", "p Accounts")
        await driver.press("slash" if focused else "escape")
        asked = len(stage.world.log.entries())
        await driver.paste(f"S01-4966596-9591203 and my key\n{key}")
        await driver.sees("That was a private key", "not kept", "Esc, then p, then c")
        assert "BEGIN" not in driver.screen
        assert "9591203" not in driver.screen
        assert app.screen.query_one(SearchInput).value == ""
        assert len(stage.world.log.entries()) == asked
        await driver.press("escape", "escape", "p")
        await driver.sees("Accounts", "connect another")


async def test_a_key_that_comes_as_if_typed_is_refused_to_its_end(stage: Stage) -> None:
    app = PayConsole(stage)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.sees("Paste or type any")
        for character in "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ\nS01-4966596-9591203\n":
            name = {"\n": "enter", " ": "space", "-": "minus"}.get(character, character)
            app.post_message(events.Key(name, character))
        await driver.sees("That was a private key")
        await driver.settle()
        assert app.screen.query_one(SearchInput).value == ""
        await driver.sees("That was a private key")
        await driver.pilot.pause(0.6)
        await driver.press("x")  # it goes on after the paste
        assert app.screen.query_one(SearchInput).value == "x"


async def test_a_signed_mail_is_no_private_key(stage: Stage) -> None:
    app = PayConsole(stage)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.paste("-----BEGIN PGP SIGNED MESSAGE-----\nS01-4966596-9591203-A079366")
        await driver.sees("made with Checkout v1")


@pytest.mark.anyio
async def test_a_keyring_that_never_answers_holds_nobody_up(tmp_path: Path) -> None:
    """Its own limit is half a minute; who leaves meanwhile has left."""
    asked, answer = threading.Event(), threading.Event()

    class Asleep(ProfileSource):
        def key(self, passphrase: str | None) -> bytes:
            asked.set()
            answer.wait(60)
            raise CredentialsError("nobody answered")

    places = Places(tmp_path, tmp_path)
    app = PayConsole(Asleep(Profile("acme", "na", "sandbox", "SANDBOX-ACME"), places), places)
    async with app.run_test() as pilot:
        while not asked.is_set():
            await pilot.pause(0.05)
        await pilot.press("ctrl+q")
        left = time.monotonic()
    assert time.monotonic() - left < 10
    answer.set()


CRASH = """
    from console.tui.app import PayConsole
    class Crashing(PayConsole):
        def on_mount(self):
            secret = "-----BEGIN PRIVATE " + "KEY-----"
            raise RuntimeError(secret)
    app = Crashing(None)
    app.run()
    raise SystemExit(app.return_code)
"""


def test_a_crash_tells_where_and_shows_no_value(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    script = tmp_path / "crashing.py"
    script.write_text(textwrap.dedent(CRASH), encoding="utf-8")
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=follower, stdout=follower, stderr=follower, cwd=root,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": root,
             "PAYCONSOLE_DATA_DIR": str(tmp_path)},
    )  # fmt: skip
    os.close(follower)
    seen = b""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                seen += os.read(leader, 65536)
            except OSError:
                break
        elif process.poll() is not None:
            break
    os.close(leader)
    assert process.wait(5) == 1
    text = seen.decode("utf-8", "replace")
    assert "payconsole stopped at a fault of its own: RuntimeError" in text
    assert "on_mount" in text
    assert "PRIVATE KEY" not in text
    assert "secret" not in text


@pytest.mark.anyio
@pytest.mark.parametrize("keys", [("ctrl+p",), ("escape", "v", "f")], ids=["palette", "filter"])
async def test_a_private_key_is_not_shown_in_any_other_field(
    stage: Stage, keys: tuple[str, ...]
) -> None:
    async with stage.console(120, 40) as console:
        await console.press(*keys)
        await console.paste("-----BEGIN PRIVATE KEY-----\nMIIEvQ")
        await console.sees_no("PRIVATE", "MIIEvQ")
        await console.press("escape")
        await console.sees("That was a private key")

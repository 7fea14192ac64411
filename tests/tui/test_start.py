"""The start and the end: what is loaded before the first paint, and what a crash tells."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from console.store.credentials import CredentialsError
from console.tui.app import NO_TERMINAL, PayConsole
from tests.tui.stage import Driver, Stage

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
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
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


CRASH = """
    from console.tui.app import PayConsole
    class Crashing(PayConsole):
        def on_ready(self):
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
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": root},
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
    assert "on_ready" in text
    assert "PRIVATE KEY" not in text
    assert "secret" not in text

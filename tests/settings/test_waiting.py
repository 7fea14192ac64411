"""A keyring that doesn't answer holds up the key, and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import keyring.core
import pytest

from console.keys import make_key
from console.store import vault
from console.store.credentials import in_own_thread, load_key, store_key
from console.store.places import Places
from console.store.profiles import Profile
from console.store.vault import CredentialsError
from console.tui.app import PayConsole
from console.tui.opening import ProfileSource
from tests.tui.stage import Driver, Stage

from .conftest import profile
from .vaults import Memory, Prompt

pytestmark = pytest.mark.anyio
WAITING = "Waiting for the keyring"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.stop()


@pytest.fixture
def mine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(keyring.core, "_keyring_backend", Memory())
    mine = profile(endpoint=stage.server.url)
    store_key(mine, make_key()[0])
    return mine


async def test_the_screen_goes_on_while_the_keyring_waits(
    mine: Profile, stage: Stage, places: Places
) -> None:
    backend, prompt = keyring.core._keyring_backend, Prompt()
    assert isinstance(backend, Memory)
    backend.steps.count, backend.steps.before = 0, prompt.wait_at(1)
    app = PayConsole(ProfileSource(mine, places), places)
    app.animation_level = "none"
    async with app.run_test(size=(100, 30)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.sees(WAITING)
        slowest = await press_about(driver)
        assert slowest < 1, "no key waits for the keyring"
        assert app.session is None
        await driver.sees(WAITING)
        prompt.answered.set()
        await driver.until(lambda: app.session is not None)


async def press_about(driver: Driver) -> float:
    """Open the help, close it, type a search; the seconds that the slowest key took."""
    slowest = 0.0
    for key, seen in (("question_mark", "Keys"), ("escape", WAITING), ("slash", WAITING)):
        began = time.monotonic()
        await driver.press(key)
        await driver.sees(seen)
        slowest = max(slowest, time.monotonic() - began)
    return slowest


async def test_it_says_so_when_the_keyring_never_answers(
    mine: Profile, stage: Stage, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "UNLOCK_SECONDS", 0.3)
    backend, prompt = keyring.core._keyring_backend, Prompt()
    assert isinstance(backend, Memory)
    backend.steps.count, backend.steps.before = 0, prompt.wait_at(1)
    app = PayConsole(ProfileSource(mine, places), places)
    app.animation_level = "none"
    async with app.run_test(size=(100, 30)) as pilot:
        await Driver(stage, app, pilot).sees("The keyring did not answer within")
    prompt.answered.set()


async def test_the_event_loop_goes_on(mine: Profile) -> None:
    backend, prompt = keyring.core._keyring_backend, Prompt()
    assert isinstance(backend, Memory)
    backend.steps.count, backend.steps.before = 0, prompt.wait_at(1)
    waiting = asyncio.create_task(in_own_thread(load_key, mine))
    turns = 0
    for _ in range(50):
        await asyncio.sleep(0.002)
        turns += 1
    assert not waiting.done()
    prompt.answered.set()
    assert (await waiting).startswith(b"-----BEGIN")
    assert turns == 50


async def test_who_stops_waiting_is_not_told(mine: Profile) -> None:
    backend, prompt = keyring.core._keyring_backend, Prompt()
    assert isinstance(backend, Memory)
    backend.steps.count, backend.steps.before = 0, prompt.wait_at(1)
    waiting = asyncio.create_task(in_own_thread(load_key, mine))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    prompt.answered.set()
    assert (await in_own_thread(load_key, mine)).startswith(b"-----BEGIN")


async def test_no_key_is_told_as_it_is(mine: Profile) -> None:
    with pytest.raises(CredentialsError, match="holds no key"):
        await in_own_thread(load_key, profile("another"))


def test_the_program_ends_without_its_answer() -> None:
    """The control is an executor's thread, which Python waits for."""
    code = """
        import asyncio, sys, time
        import console.store.credentials as credentials

        async def leave():
            ways = {"soon": credentials.in_own_thread, "late": asyncio.to_thread}
            with_limit = asyncio.wait_for(ways[sys.argv[1]](time.sleep, 4), 0.2)
            try: await with_limit
            except TimeoutError: pass

        asyncio.run(leave())
        """
    seconds = {}
    for way in ("soon", "late"):
        began = time.monotonic()
        words = [sys.executable, "-c", dedent(code), way]
        subprocess.run(words, check=True, timeout=60)
        seconds[way] = time.monotonic() - began
    assert seconds["late"] >= 4
    assert seconds["soon"] < seconds["late"] - 2

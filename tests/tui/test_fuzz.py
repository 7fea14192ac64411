"""Anything may come from keyboard, clipboard, mouse and terminal: nothing breaks, nothing is sent.

Random keys, pastes, clicks and sizes against a console on the stage, whose Amazon fails in every
way it can. The seed of a failure is in its message; PAYCONSOLE_FUZZ_SEED repeats it.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import keyring.core
import pytest
from keyring.backends import fail
from textual import events
from textual.geometry import Size
from textual.widgets import Input

from console.domain import language
from console.domain.action_table import ACTIONS
from console.simulator.stories import HOSTILE_NAME
from console.tui import keymap
from console.tui.fault import GuardedApp
from console.tui.keys import GENERAL
from console.tui.screens.console import ConsoleScreen
from console.tui.screens.fault import FaultScreen
from console.tui.screens.lock import LockScreen
from tests.support.effort import budget
from tests.tui.stage import Driver, Stage
from tests.tui.test_hostile import CONTROL

pytestmark = pytest.mark.anyio

SECONDS: Final = budget(20.0, 3600.0)  # of each of the three walks
KEYS: Final = budget(1_000_000, 34_000)  # or so many, whichever is first
BURST: Final = 40
MOST_ESCAPES: Final = 30
LEAVING: Final = frozenset({"ctrl+q"})

ROOM: Final = (80, 24)

BOUND: Final = [key for row in GENERAL for key in row.key.split(",") if key and key not in LEAVING]
DOING: Final = [action.key for action in ACTIONS]
MOVES: Final = ["up", "down", "left", "right", "home", "end", "pageup", "pagedown",
                "tab", "shift+tab", "enter", "enter", "escape", "space", "backspace",
                "delete"]  # fmt: skip
OTHERS: Final = [*"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "f1", "f5",
                 "f12", "ctrl+a", "ctrl+c", "ctrl+d", "ctrl+e", "ctrl+k", "ctrl+u", "ctrl+v",
                 "ctrl+w", "ctrl+x", "ctrl+z", "ctrl+pageup", "ctrl+pagedown", "alt+left",
                 "alt+right", "shift+up", "shift+end", "insert", "ctrl+@", "unknown"]  # fmt: skip
TYPED: Final = ["1.00", "10", "-5", "1e9", "0.001", "99999999999999999999", "damaged box", "12,50",
                "１２", "٣", "yes", "ann", "Acme Store", "x" * 5000, "é\u0301表", "\u202e", "/",
                "refund", "~/nothing.csv", "/dev/null", ".", "SANDBOX-AAAA"]  # fmt: skip
KEY: Final = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE " + "KEY-----\n"
SECRETS: Final = ("-----BEGIN", "MIIEvQ")
IDS: Final = ["S01-4966596-9591203", "S01-4966596-9591203-C079366", "S02-6865442-5879427",
              "S01-6666013-1313666", "S01-5797829-1888777", "P01-4966596-9591203-R022311",
              "S01-0000000-0000000", "Acme-118", "C01-3571128-4693572"]  # fmt: skip
PASTES: Final = [
    *IDS,
    "\n".join(IDS),
    "".join(f"order {one};" for one in IDS),
    HOSTILE_NAME,
    KEY,
    f"{IDS[0]}\n{KEY}",
    "a\x1b]0;owned\x07\n\x1b[2J\x9b31m[@click=app.quit]x[/]\u202e[/",
    "\ud800\udfff half \ufffd\ufffd",
    "\x00" * 100,
    "",
    "\n\n\n",
    "\t",
    "https://sellercentral.amazon.com/x?orderId=S01-4966596-9591203&y=%00",
    '{"Message": "{\\"ObjectId\\": \\"S01-4966596-9591203\\"}"}',
    "a,b\n1,2\n",
    "/dev/null",
    "file:///etc/passwd",
    "x" * 1_000_000,
    "S01-4966596-9591203 " * 50_000,
    "é\u0301" * 20_000,
]
FAULTS: Final = [
    "*:hang_up_before", "*:hang_up_after:x3", "*:error_before:x2", "*:error_before:503",
    "*:garbage", "*:html_502", "*:throttle:x3", "*:delay:0.05:x5", "*:wrong_object",
    "*:refuse", "get_charge_permission:garbage", "get_charge:foreign_refund:1.00",
]  # fmt: skip
SIZES: Final = [(80, 24), (120, 40), (200, 60), (60, 20), (72, 20), (40, 10), (20, 5), (3, 2),
                (1, 1), (300, 5), (10, 100)]  # fmt: skip


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is pressed: no keyring, no browser, no network but this machine, no home."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())  # type: ignore[no-untyped-call]
    monkeypatch.setenv("BROWSER", "true")
    for name in ("HOME", "PAYCONSOLE_CONFIG_DIR", "PAYCONSOLE_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(GuardedApp, "open_url", lambda *_, **__: None)
    ask = socket.getaddrinfo

    def only_here(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", "::1", None):
            raise socket.gaierror(socket.EAI_NONAME, "no name service in tests")
        return ask(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    yield
    language.use(language.ENGLISH)  # the settings screen may have changed them
    keymap.use({})


class Walk:
    """One random walk through the console. `acts` is what was done since the last check."""

    def __init__(self, console: Driver, dice: random.Random) -> None:
        self.console = console
        self.keys = 0
        self.acts: list[str] = []
        self._dice = dice
        self._does: list[tuple[int, Callable[[], Awaitable[str]]]] = [
            (25, self._bound), (14, self._doing), (25, self._move), (15, self._other),
            (6, self._type), (7, self._paste), (4, self._resize), (6, self._click),
            (4, self._wheel), (3, self._fault), (2, self._look_up),
        ]  # fmt: skip

    async def burst(self) -> None:
        """Some acts without a pause between most of them."""
        self.acts = []
        for _round in range(BURST):
            if not self.console.app.is_running:
                return
            weights = [weight for weight, _do in self._does]
            (_weight, act), *_rest = self._dice.choices(self._does, weights)
            self.acts.append(await act())
            if self._dice.random() < 0.3:
                await self.console.settle()
        await self.console.settle()

    async def _press(self, key: str) -> str:
        self.keys += 1
        character = {"slash": "/", "question_mark": "?", "space": " ", "enter": "\r"}.get(key, key)
        self._post(events.Key(key, character if len(character) == 1 else None))
        await asyncio.sleep(0)
        return key

    def _post(self, message: Any) -> None:
        self.console.app.post_message(message)

    async def _bound(self) -> str:
        return await self._press(self._dice.choice(BOUND))

    async def _doing(self) -> str:
        return await self._press(self._dice.choice(DOING))

    async def _move(self) -> str:
        return await self._press(self._dice.choice(MOVES))

    async def _other(self) -> str:
        return await self._press(self._dice.choice(OTHERS))

    async def _type(self) -> str:
        """As typed into the field that has the focus; never the phrase that sends something."""
        text = self._dice.choice(TYPED)
        field = self.console.app.focused
        if isinstance(field, Input) and field.id != "phrase":
            field.value = text
            return f"type {text[:20]!r}"
        return "type nothing"

    async def _paste(self) -> str:
        text = self._dice.choice(PASTES)
        self._post(events.Paste(text))
        return f"paste {text[:20]!r} ({len(text)})"

    async def _look_up(self) -> str:
        """Put an order on the screen, so that the walk is not all in the empty console."""
        await self.go_back()
        identifier = self._dice.choice(IDS[:6])
        self._post(events.Paste(identifier))
        await self.console.settle()
        return f"look up {identifier}"

    async def _resize(self) -> str:
        return await self._resize_to(*self._dice.choice(SIZES))

    async def _resize_to(self, width: int, height: int) -> str:
        size = Size(width, height)
        driver = self.console.app._driver
        assert driver is not None
        driver._size = size
        self._post(events.Resize(size, size))
        return f"resize {size.width}x{size.height}"

    def _place(self) -> tuple[int, int]:
        size = self.console.app.size
        return self._dice.randrange(-1, size.width + 2), self._dice.randrange(-1, size.height + 2)

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int, button: int) -> None:
        self._post(kind(None, x, y, 0, 0, button, False, False, False, x, y))

    async def _click(self) -> str:
        (x, y), button = self._place(), self._dice.choice((1, 1, 1, 2, 3))
        for _twice in range(self._dice.choice((1, 1, 2))):
            self._mouse(events.MouseMove, x, y, 0)
            self._mouse(events.MouseDown, x, y, button)
            self._mouse(events.MouseUp, x, y, button)
        return f"click {x},{y} ({button})"

    async def _wheel(self) -> str:
        x, y = self._place()
        kind = self._dice.choice((events.MouseScrollDown, events.MouseScrollUp))
        self._mouse(kind, x, y, 0)
        return f"{kind.__name__} {x},{y}"

    async def _fault(self) -> str:
        spec = self._dice.choice(FAULTS)
        self.console.stage.fault(spec)
        return spec

    async def go_back(self) -> None:
        """Every screen is left by Esc; the lock by Enter; then the console stands."""
        app = self.console.app
        await self.console.settle()
        if not app.is_running:
            return
        if app.size.width < ROOM[0] or app.size.height < ROOM[1]:  # there it asks to be enlarged
            await self._resize_to(*ROOM)
        for _round in range(MOST_ESCAPES):
            if isinstance(app.screen, ConsoleScreen):
                return
            locked = isinstance(app.screen, LockScreen)
            await self.console.press("enter" if locked else "escape")
            if not isinstance(app.screen, ConsoleScreen):
                await self.console.pilot.pause(0.02)
        raise AssertionError(f"{app.screen} is not left by Esc\n{self.console.screen}")

    async def check(self) -> None:
        """What must be true whatever was done."""
        app, stage = self.console.app, self.console.stage
        assert app._exception is None
        if not app.is_running:  # the console was left, as by a click on that key
            assert not app.return_code
            return
        assert not any(isinstance(screen, FaultScreen) for screen in app.screen_stack)
        screen = self.console.screen
        assert "Traceback" not in screen
        assert not CONTROL.search(screen.replace("\n", "")), screen
        assert not any(part in screen for part in SECRETS)
        writes = [one for one in stage.world.log.entries() if one.method != "GET"]
        assert not writes, [one.to_json() for one in writes]
        await self.go_back()
        session = app.session
        assert session is not None
        assert (await asyncio.to_thread(session.journal.verify)).problem is None
        assert not session.journal.intents()  # nothing was confirmed, so nothing was begun


@pytest.mark.parametrize("walk", range(3))
async def test_whatever_comes_in_nothing_breaks_and_nothing_is_sent(
    stage: Stage, walk: int
) -> None:
    seed = int(os.environ.get("PAYCONSOLE_FUZZ_SEED") or random.SystemRandom().randrange(10**9))
    dice = random.Random(seed)
    end = time.monotonic() + SECONDS
    done = 0
    acts: list[str] = []
    try:
        while time.monotonic() < end and done < KEYS:
            async with stage.console(*dice.choice(SIZES[:3])) as console:
                one = Walk(console, dice)
                while time.monotonic() < end and done < KEYS and console.app.is_running:
                    keys, acts = one.keys, one.acts
                    await one.burst()
                    await one.check()
                    done += one.keys - keys
    except BaseException as error:
        error.add_note(f"PAYCONSOLE_FUZZ_SEED={seed}, after {done} keys; then {acts}")
        raise
    assert done > BURST

"""A console on a stage: the real screen over a real simulator whose clock stands still."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from textual import events
from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input
from textual.worker import WorkerCancelled

from console.actions.engine import Engine
from console.amazon.client import AmazonPay
from console.amazon.endpoints import Account
from console.amazon.signing import Signer
from console.amazon.throttle import Throttle
from console.demo import _remember_world
from console.domain.language import _
from console.domain.policy import Policy
from console.keys import make_key
from console.lookup import Lookup
from console.session import Session
from console.simulator.clock import Clock
from console.simulator.faults import Fault
from console.simulator.server import SimulatorServer
from console.simulator.stories import story_world
from console.simulator.switches import Switches
from console.simulator.world import World
from console.store.desk import Desk
from console.store.index import KnownIds
from console.store.journal import Journal
from console.store.places import Places
from console.store.profiles import Profile
from console.tui.app import PayConsole
from console.tui.opening import Ask, Tell
from console.tui.widgets.header import Header

START: Final = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
WAITS: Final = (0.05, 0.1)
_CHARACTERS: Final = {"slash": "/", "question_mark": "?", "space": " ", "enter": "\r"}
PATIENCE: Final = 8.0  # seconds until something that should be seen is missing

_KEY, _PUBLIC = make_key()


@dataclass
class Stage:
    """A world, a server on it, and the folder that a console keeps its journal in.

    It outlives the consoles that are opened on it, as Amazon outlives a crash.
    """

    folder: Path
    environment: str = "sandbox"
    waits: tuple[float, ...] = WAITS
    title: str = "Acme Store"
    region: str = "na"
    policy: Policy = field(default_factory=Policy)
    colour: str | None = None
    is_demo: bool = False
    drops_key: bool = True
    world: World = field(init=False)
    server: SimulatorServer = field(init=False)
    before_open: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        switches = Switches(throttling=False)
        self.world = story_world(clock=Clock(start=START, speed=0), switches=switches)
        self.world.keys.register(_PUBLIC)
        self.server = SimulatorServer(self.world)

    def fault(self, spec: str) -> None:
        self.world.faults.add(Fault.parse(spec))

    def switch(self, **values: object) -> None:
        """Answer one of the open questions about Amazon another way."""
        self.world.switches = self.world.switches.changed(values)

    def refunds_sent(self) -> int:
        """POSTs for a refund that reached the server."""
        return len(self.world.log.entries("create_refund"))

    def refunds_made(self) -> int:
        """How many of them moved money."""
        return sum(e.effect == "executed" for e in self.world.log.entries("create_refund"))

    @asynccontextmanager
    async def open(self, tell: Tell, ask: Ask) -> AsyncIterator[Session]:
        """A session as `open_session` makes it, on the world's clock and with short waits."""
        tell("Opening the journal")
        self.before_open()
        session = self._session()
        await asyncio.to_thread(_remember_world, session, self.world)
        try:
            yield session
        finally:
            await session.client.aclose()
            session.journal.close()
            session.known.close()
            session.desk.close()

    def key(self, passphrase: str | None) -> bytes:
        """What a keyring would give when the console is unlocked."""
        return _KEY

    def _session(self) -> Session:
        key_id = f"{self.environment.upper()}-STAGE"
        profile = Profile("stage", self.region, self.environment, key_id, self.server.url,
                          store_name=self.title, policy=self.policy)  # fmt: skip
        account = Account(self.region, self.environment, key_id, self.server.url)
        client = AmazonPay(account, Signer(_KEY, key_id), now=self.world.clock.now)
        client._throttle = Throttle(self.environment, lambda: time.monotonic() * 1000)
        places = Places(self.folder, self.folder)
        journal, known = Journal(places.journal, "ann"), KnownIds(places.index)
        lookup = Lookup(client, known, journal)
        engine = Engine(client, lookup, journal, policy=self.policy, waits=self.waits)
        desk = Desk(places.desk, self.environment, "stage", "ann")
        return Session(profile, client, known, journal, lookup, engine, desk)

    @asynccontextmanager
    async def console(self, width: int = 80, height: int = 24) -> AsyncIterator[Driver]:
        """The screen, open and ready."""
        app = PayConsole(self, Places(self.folder, self.folder))
        app.animation_level = "none"
        async with app.run_test(size=(width, height)) as pilot:
            driver = Driver(self, app, pilot)
            await driver.until(lambda: app.session is not None and driver.screen != "")
            await driver.until(lambda: driver.journal_was_read)
            yield driver

    def stop(self) -> None:
        self.server.stop()


@dataclass
class Driver:
    """What a person does at the screen, so that a test reads like a story."""

    stage: Stage
    app: PayConsole
    pilot: Pilot[None]

    @property
    def screen(self) -> str:
        """The screen's text, line by line."""
        return "\n".join(strip.text.rstrip() for strip in drawn(self.app))

    @property
    def journal_was_read(self) -> bool:
        """Whether the top line tells how the journal is, in whichever language."""
        console = self.app.console_screen
        if console is None:
            return False
        return any(header.condition.journal is not None for header in console.query(Header))

    @property
    def words(self) -> str:
        """The same in one line, for texts that are wrapped; of a dialog what is in it."""
        lines = self.screen.splitlines()
        for dialog in self.app.screen.query("#dialog"):
            box = dialog.region
            lines = [line[box.x : box.right] for line in lines[box.y : box.bottom]]
        return squeeze(" ".join(lines))

    async def until(self, happens: Callable[[], bool], patience: float = PATIENCE) -> None:
        end = time.monotonic() + patience
        while not happens():
            if time.monotonic() > end:
                raise AssertionError(f"it did not happen; the screen is\n{self.screen}")
            await self.pilot.pause(0.04)

    async def sees(self, *texts: str) -> None:
        """Wait until all of `texts` are on the screen."""
        for text in texts:
            try:
                await self.until(lambda text=text: squeeze(text) in self.words)  # type: ignore[misc]
            except AssertionError:
                raise AssertionError(f"{text!r} is not on the screen\n{self.screen}") from None

    async def sees_no(self, *texts: str) -> None:
        for text in texts:
            await self.until(lambda text=text: squeeze(text) not in self.words)  # type: ignore[misc]

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each once the one before has been taken."""
        for key in keys:
            character = _CHARACTERS.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(key, character))
            await self.settle()

    async def settle(self) -> None:
        """Wait until every widget has handled what it was sent. `Pilot.press` also waits for
        an idle processor, which takes ten times as long."""
        for _again in range(3):  # a key goes to the program, its input, and the dialog around it
            taken = asyncio.Event()
            self.app.call_later(taken.set)
            while not taken.is_set() or self.app.keyboard.is_waiting:
                if not self.app.is_running:
                    return
                await asyncio.sleep(0.001)
            await self.pilot._wait_for_screen()

    async def type(self, text: str) -> None:
        """Type into the input that has the focus."""
        focused = self.app.focused
        assert isinstance(focused, Input), f"no input has the focus but {focused}\n{self.screen}"
        focused.replace(text, *focused.selection)
        await self.settle()

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def look_up(self, text: str) -> None:
        """Search for `text`, and wait until an order is shown."""
        screen = self.app.console_screen
        assert screen is not None
        before = screen.order
        await self.press("slash")
        await self.type(text)
        await self.press("enter")
        await self.until(lambda: screen.order is not before and screen.order_pane.display)
        await self.sees(_("checked {age}", age="").strip())

    async def plan_refund(self, amount: str, reason: str = "damaged box") -> None:
        """From the order to the plan."""
        await self.press("r")
        await self.sees("It is never filled in for you")
        await self.type(amount)
        await self.press("enter")
        await self.type(reason)
        await self.press("enter", "enter")
        await self.sees("The exact request")

    async def confirm(self, phrase: str) -> None:
        """From the plan to the outcome."""
        await self.press("enter")
        await self.sees("To send it, type")
        await self.type(phrase)
        await self.press("enter")

    async def refund(self, amount: str, phrase: str) -> None:
        await self.plan_refund(amount)
        await self.confirm(phrase)

    async def name_the_account(self) -> None:
        """What LIVE asks for once, before anything can be sent."""
        await self.sees("Type its name to go on")
        await self.type(self.stage.title)
        await self.press("enter")

    async def idle(self) -> None:
        """Wait until no request and no drawing is under way."""
        at_work = [worker for worker in self.app.workers if worker.group != "watch"]
        for worker in at_work:
            with suppress(WorkerCancelled):  # another one has taken its place
                await worker.wait()
        await self.pilot.pause()


def drawn(app: App[Any]) -> list[Strip]:
    """The lines of the screen with their colours.

    What is not drawn yet is drawn here: a dialog is told before, as the program does it, what
    stands behind it.
    """
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()


def squeeze(text: str) -> str:
    """Words only: without frames, and wherever the lines break."""
    return re.sub(r"[\s│▌▐┃]+", " ", text)


_VOLATILE: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC by"), "<time> UTC by"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<request id>"),
    (re.compile(r" +\d+ ms "), "    9 ms "),
)


def steady(screen: str) -> str:
    """The screen without what differs from run to run."""
    for pattern, stand_in in _VOLATILE:
        screen = pattern.sub(stand_in, screen)
    return screen + "\n"

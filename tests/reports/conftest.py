"""A live shop at the simulator, and a console that asks for its reports without long waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console import sync as syncing
from console.amazon import client as wire
from console.amazon import reports as reporting
from console.session import Session
from console.simulator.clock import Clock
from console.simulator.requestlog import Entry
from console.simulator.server import SimulatorServer
from console.simulator.shop import open_live_shop
from console.simulator.stories import story_world
from console.simulator.world import Delays, World
from console.store.index import KnownIds
from console.sync import Counts, NotAReport, Progress, Synced, sync
from tests.support.bench import close, console_in, keys, profile, quick

START = datetime(2026, 9, 15, 10, tzinfo=UTC)  # six settlements in the 90 days before it
SPEED = 20.0  # seconds of Amazon's time for each of ours


@dataclass
class Reader:
    """In the place of the import: keeps what it was given, and says how it lay on the disk."""

    files: list[str] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    broken: str | None = None  # a file with this text in it can't be imported
    waits_at: int | None = None  # at this file, until it is told to stop
    started: threading.Event = field(default_factory=threading.Event)
    was_stopped: bool = False

    def __call__(self, path: Path, known: KnownIds, stop: Callable[[], bool]) -> Counts:
        self.paths.append(path)
        self.modes.append(path.stat().st_mode & 0o777)
        self.files.append(path.read_text(encoding="utf-8", errors="replace"))
        if len(self.files) == self.waits_at:
            self.started.set()
            while not stop():
                time.sleep(0.005)
        self.was_stopped = stop()
        if self.broken is not None and self.broken in self.files[-1]:
            raise NotAReport("This is no report.")
        rows = max(0, len(self.files[-1].splitlines()) - 1)
        return Counts(rows=rows, imported=rows, new=rows, skipped=0, bad=0)


@dataclass
class Desk:
    """One console with its own index."""

    session: Session
    world: World
    reader: Reader = field(default_factory=Reader)
    told: list[Progress] = field(default_factory=list)

    async def sync(
        self, since: datetime | None = None, synced: Synced | None = None, patience: float = 20.0
    ) -> Synced:
        return await sync(
            self.session,
            since=since,
            tell=self.told.append,
            synced=synced,
            read=self.reader,
            patience=patience,
        )

    async def stop_at(self, file: int) -> Synced:
        """Sync until so many files were begun to be read, then press ctrl+c."""
        synced = Synced()
        self.reader.waits_at = file
        task = asyncio.ensure_future(self.sync(synced=synced))
        assert await asyncio.to_thread(self.reader.started.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return synced

    def asked(self, operation: str) -> list[Entry]:
        return self.world.log.entries(operation)

    def pass_time(self, seconds: float) -> None:
        with self.world.lock:
            self.world.clock.advance(seconds)
            self.world.catch_up()

    def mark(self, what: str) -> str | None:
        return self.session.known.watermark(f"reports/LIVE-BENCH/na/live/{what}")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_WAITS", (0.0, 0.01, 0.01, 0.01))
    monkeypatch.setattr(reporting, "REQUEST_WAITS", (0.0, 0.01, 0.01, 0.01))
    monkeypatch.setattr(reporting, "FETCH_WAITS", (0.0, 0.0, 0.01, 0.01))
    monkeypatch.setattr(syncing, "POLL_WAITS", (0.02, 0.05))


@pytest.fixture
def world() -> World:
    """The live shop, whose reports are ready as soon as they are requested."""
    made = story_world(clock=Clock(START, speed=0), delays=Delays(report=0))
    made.keys.register(keys()[1])
    open_live_shop(made)
    return made


@pytest.fixture
def server(world: World) -> Iterator[SimulatorServer]:
    started = SimulatorServer(world)
    yield started
    threading.Thread(target=started.stop).start()  # takes a tenth of a second: nobody waits


Open = Callable[..., Desk]


@pytest.fixture
async def desks(server: SimulatorServer, world: World, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens consoles; the same folder is the same index."""
    opened: list[Session] = []

    def open_desk(folder: str = "one", environment: str = "live") -> Desk:
        session = quick(console_in(tmp_path / folder, profile(server.url, environment)))
        session.client._now = world.clock.now  # or the seconds of a test would be seen
        opened.append(session)
        return Desk(session, world)

    yield open_desk
    for session in opened:
        await close(session)


@pytest.fixture
def desk(desks: Open) -> Desk:
    return desks()

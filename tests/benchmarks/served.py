"""A simulator in a process of its own, so that it takes no time from what is measured."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from console.amazon.client import AmazonPay
from console.amazon.endpoints import Account
from console.amazon.signing import Signer
from console.lookup import Lookup
from console.store.index import KnownIds
from console.store.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from console.simulator.world import World

WorldMaker = Callable[[], "World"]


@contextmanager
def served(make: WorldMaker, public_key: bytes, *faults: str) -> Iterator[Connection]:
    """Serve a world; the connection gives the URL first, then the log's answers to `status`."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(make, public_key, faults, there), daemon=True)
    process.start()
    try:
        yield here
    finally:
        here.send("stop")
        process.join(10)
        process.kill()


def _serve(make: WorldMaker, public_key: bytes, faults: tuple[str, ...], pipe: Connection) -> None:
    from console.simulator.server import SimulatorServer

    world = make()
    world.keys.register(public_key)
    for fault in faults:
        world.add_fault(fault)
    server = SimulatorServer(world)
    pipe.send(server.url)
    while pipe.recv() != "stop":
        pipe.send([entry.status for entry in world.log.entries()])
    server.stop()


@asynccontextmanager
async def lookup_at(url: str, key: bytes, folder: Path, environment: str) -> AsyncIterator[Lookup]:
    """A console's lookup with an index that knows nothing."""
    key_id = f"{environment.upper()}-BENCHMARK"
    client = AmazonPay(Account("na", environment, key_id, url), Signer(key, key_id))
    known, journal = KnownIds(folder / "index.sqlite"), Journal(folder / "journal.sqlite", "bench")
    try:
        yield Lookup(client, known, journal)
    finally:
        await client.aclose()
        known.close()
        journal.close()

"""A lookup costs no more than its longest chain of dependent requests.

The simulator answers each request after 100 ms. The floor is the same chain, asked one after
the other by the bare client in the same run.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from console.domain.ids import parse
from console.keys import make_key
from console.lookup import Lookup
from console.simulator.stories import Teller, story_world
from console.simulator.world import World
from tests.benchmarks.figures import Figure
from tests.benchmarks.served import lookup_at, served

LIMIT: Final = 1.15
ROUNDS: Final = 9
ORDER: Final = "S01-4966596-9591203"
REFUND: Final = "S01-5454037-1929856-R000007"
RECURRING: Final = "S01-5454037-1929856-C015396"
AGREEMENT: Final = "C01-2612863-4691163"
# What is looked up -> the chain of ids of which each is named by the answer before.
CHAINS: Final = {
    f"{ORDER}-R022311": [f"{ORDER}-R022311", f"{ORDER}-C079366"],
    f"{ORDER}-C079366": [f"{ORDER}-C079366"],
    RECURRING: [RECURRING, AGREEMENT],
    REFUND: [REFUND, RECURRING, AGREEMENT],
}


def world() -> World:
    made = story_world()
    teller = Teller(made)
    teller.refund(REFUND, RECURRING, "2.00", teller.ago(days=1))
    return made


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    private, public = make_key()
    with served(world, public, "*:delay:0.1:xalways") as pipe:
        url = pipe.recv()
        return [await _one(url, private, text, chain) for text, chain in CHAINS.items()]


async def _one(url: str, key: bytes, text: str, chain: list[str]) -> Figure:
    floors, times = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            async with lookup_at(url, key, Path(folder), "sandbox") as lookup:
                await _warm(lookup)
                floors.append(await _timed(_ask(lookup, chain)))
                times.append(await _timed(lookup.look_up(parse(text))))
    floor, took = statistics.median(floors), statistics.median(times)
    return Figure(
        f"{text}, never seen before: time of its chain of {len(chain)}",
        took / floor,
        LIMIT,
        f"median {took * 1000:.0f} ms, chain {floor * 1000:.0f} ms, {ROUNDS} rounds",
    )


async def _warm(lookup: Lookup) -> None:
    """Connections and modules are there before anything is measured."""
    await asyncio.gather(*(lookup._client.get(parse(name).v2) for name in (ORDER, RECURRING)))


async def _ask(lookup: Lookup, chain: list[str]) -> None:
    for name in chain:
        await lookup._client.get(parse(name).v2)


async def _timed(job: object) -> float:
    started = time.perf_counter()
    await job  # type: ignore[misc]
    return time.perf_counter() - started
